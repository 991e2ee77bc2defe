"""Published datasets, each in its exact layout with small files: HumanML3D, KIT-ML, BABEL, TMR's own, BONES-SEED."""

import numpy as np
import pytest

from fake_encoder import numbered_motion
from tmr.errors import DatasetError
from tmr.motion.formats import write_bvh
from tmr.training.data.amass import Amass
from tmr.training.data.find import find_data
from tmr.training.data.listing import FrameSpan
from training_folders import write_amass, write_json, write_lines, write_table


def prepare(folder, tmp_path, **places):
    found = find_data(folder, **places)
    return found, found.prepare(tmp_path / "cache", workers=0)


def by_id(prepared):
    return {clip.info.id: clip for clip in prepared.clips}


def said(clip):
    return [
        (caption.text, round(caption.start_seconds, 2), round(caption.end_seconds, 2)) for caption in clip.info.captions
    ]


@pytest.mark.parametrize(
    ("written", "there"),
    [
        ("KIT/3/kick_high_left02_poses.npz", "KIT/3/kick_high_left02_poses.npz"),
        ("./pose_data/KIT/3/kick_high_left02_poses.npy", "AMASS/KIT/KIT/3/kick_high_left02_stageii.npz"),
        ("BioMotionLab_NTroje/rub103/0014_throwing_soft2_poses.npz", "BMLrub/rub103/0014_throwing_soft2_stageii.npz"),
        (
            "BMLrub/BioMotionLab_NTroje/rub103/0014_throwing_poses.npz",
            "BioMotionLab_NTroje/rub103/0014_throwing_poses.npz",
        ),
        ("ACCAD/Female1General_c3d/A1 - Stand_poses.npz", "ACCAD/Female1General_c3d/A1_-_Stand_stageii.npz"),
        ("MPI_mosh/50002/misc2_poses.npz", "MoSh/50002/misc2_stageii.npz"),
        ("KIT/3/kick_high_left02", "KIT/3/kick_high_left02_poses.npz"),
    ],
)
def test_a_file_of_amass_is_found_by_any_of_its_names(tmp_path, written, there):
    file = tmp_path / there
    file.parent.mkdir(parents=True)
    file.write_bytes(b"")
    (tmp_path / "KIT" / "4").mkdir(parents=True)
    (tmp_path / "KIT" / "4" / "kick_high_left02_poses.npz").write_bytes(b"")
    amass = Amass(tmp_path)
    assert amass.find(written) == file
    assert amass.find("KIT/5/kick_high_left02_poses.npz") is None


def test_frames_of_a_dataset_are_counted_as_it_thins_its_sources():
    assert FrameSpan(20, 40, 20.0).seconds(120.0) == (1.0, 2.0)
    assert FrameSpan(20, None, 20.0).seconds(100.0) == (1.0, None)
    # 250 is thinned by 12, and 59.94 by 2: HumanML3D's frames are not all a twentieth of a second.
    assert FrameSpan(125, 250, 20.0).seconds(250.0) == (6.0, 12.0)
    assert FrameSpan(0, 60, 20.0).seconds(59.94) == pytest.approx((0.0, 2.002), abs=1e-3)


INDEX = [
    {"source_path": f"./pose_data/{path}.npy", "start_frame": first, "end_frame": end, "new_name": f"00000{number}.npy"}
    for number, (path, first, end) in enumerate([
        ("KIT/3/kick_poses", 20, 80),
        ("MPI_HDM05/bk/HDM_poses", 0, 40),
        ("humanact12/humanact12/P01", 0, -1),
        ("CMU/01/01_01_poses", 0, 40),
    ])
]  # fmt: skip
TEXTS = {
    "000000": [
        "a man kicks with his left leg.#a/DET man/NOUN kick/VERB#0.0#0.0",
        "he steps back#he/PRON step/VERB back/ADV#2.0#1.0",
        "he waits#he/PRON wait/VERB#nan#nan",
    ],
    "000001": ["someone walks#someone/PRON walk/VERB#0.0#0.0", "no tokens here"],
    "000002": ["a person jumps#a/DET person/NOUN jump/VERB#0.0#0.0"],
    "000003": ["a person runs#a/DET person/NOUN run/VERB#0.0#0.0"],
}


def write_humanml3d(folder):
    """Write HumanML3D as its repository has it: `index.csv` beside `HumanML3D/` with texts and splits."""
    write_table(folder / "index.csv", INDEX)
    for id, lines in TEXTS.items():
        write_lines(folder / "HumanML3D" / "texts" / f"{id}.txt", lines)
        write_lines(folder / "HumanML3D" / "texts" / f"M{id}.txt", lines)
    for name, ids in {
        "train": ["000000", "M000000", "000002"],
        "val": ["000001", "M000001"],
        "test": ["000003"],
    }.items():
        write_lines(folder / "HumanML3D" / f"{name}.txt", ids)
    return folder


def test_humanml3d_over_amass_is_cut_from_its_files_at_twenty_frames_a_second(tmp_path):
    folder = write_humanml3d(tmp_path / "h3d")
    write_amass(tmp_path / "AMASS" / "KIT" / "3" / "kick_poses.npz", seconds=5.0, fps=100.0)
    write_amass(tmp_path / "AMASS" / "HDM05" / "bk" / "HDM_stageii.npz", seconds=6.0, fps=120.0)
    found, prepared = prepare(folder, tmp_path, motions=tmp_path / "AMASS")
    assert found.sources == ("humanml3d",)
    assert "HumanML3D, 2 clips" in found.title
    clips = by_id(prepared)
    kick, walk = clips["humanml3d/000000"], clips["humanml3d/000001"]
    assert (kick.info.split, walk.info.split) == ("train", "validation")
    assert kick.info.subject == "KIT/3"
    # Frames 20 to 80 at 20 a second are the seconds 1 to 4; the body drifts one metre a second along x.
    assert len(kick.joints) == 90
    start, end = kick.joints[[0, -1], 0, 0]
    whole = find_data(
        write_own(tmp_path / "whole", tmp_path / "AMASS" / "KIT" / "3" / "kick_poses.npz")
    ).prepare(tmp_path / "cache", workers=0)  # fmt: skip
    np.testing.assert_array_equal(kick.joints, whole.clips[0].joints[30:120])
    assert end - start == pytest.approx(89 / 30, abs=0.4)
    # Three seconds of HDM05 are cut off before its frames are counted.
    assert len(walk.joints) == 60
    assert said(kick) == [("a man kicks with his left leg.", 0, 3), ("he steps back", 1, 2), ("he waits", 0, 3)]
    reasons = {row.name: row.reason for row in prepared.left_out}
    assert reasons["000002"] == "it is from HumanAct12, which is no part of AMASS"
    assert reasons["000003"] == "CMU/01/01_01_poses is not among the AMASS files"
    assert "000001.txt, line 2: 'no tokens here' is not caption#tokens#start#end" in reasons["000001"]
    assert any(note.startswith("2 mirror images") for note in prepared.notes)


def write_own(folder, file):
    write_table(folder / "captions.csv", [{"file": str(file), "text": "kicks"}])
    return folder


def test_humanml3d_s_trimmed_start_is_the_start_of_its_frames(tmp_path):
    folder = write_humanml3d(tmp_path / "h3d")
    file = write_amass(folder / "amass_data" / "MPI_HDM05" / "bk" / "HDM_poses.npz", seconds=6.0, fps=120.0)
    _, prepared = prepare(folder, tmp_path)
    (walk,) = prepared.clips
    whole = find_data(write_own(tmp_path / "whole", file)).prepare(tmp_path / "cache", workers=0).clips[0]
    np.testing.assert_array_equal(walk.joints, whole.joints[90:150])


def test_humanml3d_s_own_joints_are_read_where_they_are(tmp_path):
    folder = write_humanml3d(tmp_path / "h3d")
    random = np.random.default_rng(0)
    for id in ("000000", "000002", "M000000"):
        body = np.array(amass_joints(tmp_path))
        path = folder / "HumanML3D" / "new_joints" / f"{id}.npy"
        path.parent.mkdir(parents=True, exist_ok=True)
        np.save(path, np.repeat(body[None], 40, axis=0) + random.normal(0, 1e-3, (40, 22, 3)))
    _, prepared = prepare(folder, tmp_path)
    clips = by_id(prepared)
    assert set(clips) == {"humanml3d/000000", "humanml3d/000002"}
    assert len(clips["humanml3d/000000"].joints) == pytest.approx(60, abs=2)
    assert {row.name for row in prepared.left_out} == {"000001", "000003"}


def amass_joints(tmp_path):
    """Return the 22 joints of a standing body, y up."""
    from tmr.motion.formats import read_motion

    return read_motion(write_amass(tmp_path / "one.npz", seconds=0.1)).joints[0]


def test_humanml3d_without_motions_is_told_what_to_do(tmp_path):
    folder = write_humanml3d(tmp_path / "h3d")
    with pytest.raises(DatasetError, match="give the folder of AMASS with --motions, or put new_joints/"):
        find_data(folder)
    (folder / "index.csv").unlink()
    with pytest.raises(DatasetError, match=r"has neither new_joints/ nor index.csv"):
        find_data(folder)
    write_lines(folder / "index.csv", ["source_path,new_name", "a,000000.npy"])
    with pytest.raises(DatasetError, match=r"index.csv, line 2: .*expected source_path,start_frame"):
        find_data(folder)
    write_lines(folder / "HumanML3D" / "test.txt", ["000000"])
    with pytest.raises(DatasetError, match=r"test.txt: 000000 is in train too"):
        find_data(folder)


def label(text, **more):
    return {"raw_label": text, "proc_label": text.lower(), "seg_id": "x", "act_cat": ["walk"], **more}


def test_babel_s_labels_are_said_of_their_seconds(tmp_path):
    folder = tmp_path / "babel_v1.0_release"
    annotated = {
        "babel_sid": 7, "dur": 4.0, "feat_p": "BMLrub/BioMotionLab_NTroje/rub103/0014_poses.npz",
        "seq_ann": {"babel_lid": "a", "mul_act": True, "labels": [label("Walks and throws")]},
        "frame_ann": {"labels": [
            label("walk forward", start_t=0.0, end_t=1.5), label("transition", start_t=1.5, end_t=1.7),
            label("throw", start_t=1.7, end_t=4.0), label("bad", start_t=3, end_t=2),
        ]},
    }  # fmt: skip
    extra = {
        "feat_p": "KIT/KIT/3/kick_poses.npz",
        "dur": 2.0,
        "seq_anns": [{"labels": [label("kick")]}],
        "frame_anns": None,
    }
    unlabelled = {"feat_p": "KIT/KIT/3/kick_poses.npz", "seq_ann": {"labels": [label("transition")]}, "frame_ann": None}
    missing = {"feat_p": "CMU/CMU/01/01_01_poses.npz", "seq_ann": {"labels": [label("run")]}, "frame_ann": None}
    write_json(folder / "train.json", {"7": annotated, "8": missing})
    write_json(folder / "val.json", {"9": unlabelled})
    write_json(folder / "extra_train.json", {"10": extra, "7": unlabelled})
    write_amass(tmp_path / "AMASS" / "BMLrub" / "rub103" / "0014_stageii.npz", seconds=4.0, fps=120.0)
    write_amass(tmp_path / "AMASS" / "KIT" / "3" / "kick_poses.npz", seconds=2.0)
    found, prepared = prepare(tmp_path, tmp_path)
    assert "BABEL over AMASS, 2 clips" in found.title
    clips = by_id(prepared)
    assert said(clips["babel/7"]) == [
        ("walk forward", 0, 1.5), ("throw", 1.7, 4), ("Walks and throws", 0, 4), ("walks and throws", 0, 4)
    ]  # fmt: skip
    assert [caption.kind for caption in clips["babel/7"].info.captions] == ["babel"] * 2 + ["babel_sequence"] * 2
    assert clips["babel/7"].info.subject == "BioMotionLab_NTroje/rub103"
    assert said(clips["babel/10"]) == [("kick", 0, 2)]
    reasons = {row.name: row.reason for row in prepared.left_out}
    assert reasons["train.json: 8"] == "CMU/01/01_01_poses is not among the AMASS files"
    assert reasons["val.json: 9"] == "it has no label of a movement"


def test_kitml_s_sentences_are_said_of_the_files_that_a_list_names(tmp_path):
    folder = tmp_path / "kit-mocap"
    write_json(folder / "00001_annotations.json", ["A person walks.", "A person walks.", "Someone goes ahead."])
    write_json(folder / "00002_annotations.json", [])
    write_json(folder / "00003_annotations.json", ["A person runs."])
    write_json(folder / "00001_meta.json", {"nb_annotations": 2})
    with pytest.raises(DatasetError, match=r"not amass-path2kitml.json or kitml_amass_path.json, which tells"):
        find_data(folder)
    names = {
        "00001": {"path": "3/kick_poses.npz", "identifier": "kit"},
        "00003": {"path": "9/x.npz", "identifier": "cmu"},
    }
    write_json(folder / "kitml_amass_path.json", names)
    write_amass(tmp_path / "AMASS" / "EKUT" / "3" / "kick_poses.npz", seconds=2.0)
    found, prepared = prepare(folder, tmp_path, motions=tmp_path / "AMASS")
    assert found.sources == ("kitml",)
    (clip,) = prepared.clips
    assert said(clip) == [("A person walks.", 0, 2), ("Someone goes ahead.", 0, 2)]
    assert {row.name: row.reason for row in prepared.left_out} == {
        "00002": "it has no sentence",
        "00003": "9/x.npz is not among the AMASS files",
    }
    write_json(folder / "amass-path2kitml.json", {"00001": "EKUT/3/kick_poses.npz"})
    assert len(prepare(folder, tmp_path, motions=tmp_path / "AMASS")[1].clips) == 1


def test_tmr_s_annotations_have_times_of_the_whole_file(tmp_path):
    folder = tmp_path / "annotations" / "humanml3d"
    entry = {"seg_id": "000000_0", "text": "a man kicks", "start": 1.0, "end": 3.0}
    write_json(
        folder / "annotations.json",
        {
            "000000": {"path": "KIT/3/kick_poses", "duration": 4.0, "fps": 20.0, "annotations": [entry]},
            "M000000": {"path": "M/KIT/3/kick_poses", "duration": 4.0, "annotations": [entry]},
            "000001": {
                "path": "KIT/3/kick_poses",
                "duration": 4.0,
                "annotations": [{"text": "bad", "start": 2, "end": 1}],
            },
            "000002": {"path": "KIT/3/kick_poses", "duration": 4.0, "annotations": [entry]},
        },
    )
    write_lines(folder / "splits" / "train.txt", ["000000", "M000000", "000001"])
    write_lines(folder / "splits" / "test.txt", ["000009"])
    write_amass(tmp_path / "AMASS" / "KIT" / "3" / "kick_poses.npz", seconds=4.0)
    found, prepared = prepare(folder, tmp_path, motions=tmp_path / "AMASS")
    assert found.sources == ("humanml3d",)
    (clip,) = prepared.clips
    assert said(clip) == [("a man kicks", 1, 3)]
    assert clip.info.captions[0].kind == "humanml3d"
    reasons = {row.name: row.reason for row in prepared.left_out}
    assert reasons == {
        "000001": "none of its annotations has a text with a start before its end",
        "000002": "no split names it",
    }


def seed_row(name, mirrored=0, **texts):
    return {
        "move_name": name, "filename": name, "is_mirror": mirrored, "take_actor": "A535",
        "move_soma_uniform_path": f"soma_uniform/bvh/230711/{name}.bvh", "content_uniform_style": "neutral",
        "content_natural_desc_1": "", "content_short_description": "",
        "content_technical_description": "the hip flexes",
    } | texts  # fmt: skip


def write_seed(folder):
    rows = [
        seed_row("walk_001__A535", content_natural_desc_1="A person walks.", content_short_description="walk"),
        seed_row("walk_001__A535_M", mirrored=1, content_natural_desc_1="A person walks."),
        seed_row("jump_001__A424", content_natural_desc_1="A person jumps."),
        seed_row("silent_001__A535"),
        seed_row("gone_001__A535", content_natural_desc_1="A person leaves."),
    ]
    write_table(folder / "metadata" / "seed_metadata_v003.csv", [seed_row("old", content_natural_desc_1="old")])
    write_table(folder / "metadata" / "seed_metadata_v004.csv", rows)
    event = '{"start_time": 0.0, "end_time": 1.0, "description": "A person starts to walk."}'
    write_lines(
        folder / "metadata" / "seed_metadata_v002_temporal_labels.jsonl",
        [f'{{"filename": "walk_001__A535", "num_events": 1, "events": [{event}]}}'],
    )
    for number, name in enumerate(("walk_001__A535", "walk_001__A535_M", "jump_001__A424", "silent_001__A535")):
        path = folder / "soma_uniform" / "bvh" / "230711" / f"{name}.bvh"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_bvh(path, numbered_motion(number, seconds=2.0, drift=0.5))
    return folder


def test_bones_seed_s_table_and_events_are_said_of_its_files(tmp_path):
    folder = write_seed(tmp_path / "bones-seed")
    found, prepared = prepare(folder, tmp_path)
    assert "BONES-SEED, 2 clips" in found.title
    walk, jump = prepared.clips
    assert said(walk) == [("A person walks.", 0, 2), ("walk", 0, 2), ("A person starts to walk.", 0, 1)]
    assert (walk.info.id, walk.info.subject, walk.info.split) == ("seed/walk_001__A535", "A535", "train")
    assert jump.info.style == "neutral"
    assert {row.name for row in prepared.left_out} == {"silent_001__A535", "gone_001__A535"}
    assert any(note.startswith("1 mirror image is") for note in prepared.notes)
    assert any("put the benchmark's splits/" in note for note in prepared.notes)


def test_bones_seed_is_split_as_the_benchmark_splits_it(tmp_path):
    folder = write_seed(tmp_path / "bones-seed")
    write_lines(folder / "splits" / "train_split_paths.txt", ["230711/walk_001__A535", "230711/walk_001__A535_M"])
    write_lines(folder / "splits" / "test_content_split_paths.txt", ["230711/jump_001__A424"])
    _, prepared = prepare(folder, tmp_path, motions=folder / "soma_uniform")
    assert [clip.info.split for clip in prepared.clips] == ["train", "test"]


def test_bones_seed_without_its_csv_or_its_files_is_told_what_to_do(tmp_path):
    folder = write_seed(tmp_path / "bones-seed")
    with pytest.raises(DatasetError, match=r"names 4 motions, but none of their BVH files is below .*soma_uniform.tar"):
        find_data(folder, motions=tmp_path)
    for table in (folder / "metadata").glob("*.csv"):
        table.rename(table.with_suffix(".parquet"))
    with pytest.raises(DatasetError, match=r"has no seed_metadata_v….csv; BONES-SEED publishes the table as .csv"):
        find_data(folder)
