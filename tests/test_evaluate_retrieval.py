"""Retrieval of models end to end: what a model cannot embed, several side by side, the files and the command."""

import json

import numpy as np
import pytest

from command_line import save_small_model, tmr
from fake_encoder import SOMA, FakeEncoder, numbered_motion, write_numbered
from tmr.errors import DatasetError, ModelError, SkeletonError, TMRError
from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.embeddings import embed_motions, embed_texts, read_embeddings
from tmr.evaluation.result import Result
from tmr.evaluation.retrieval_files import write_embeddings, write_played
from tmr.evaluation.retrieval_result import embed_gallery, gallery_of_embeddings, measure_retrieval


def item(number, *captions, clip="", start=0.0, **metadata):
    name = f"motion {number}"
    return CaptionedMotion(name, numbered_motion(number), captions, metadata, clip or name, start)


def items_of(count):
    return [item(number, f"number {number}", f"it is {number}", style="ab"[number % 2]) for number in range(count)]


class Choosy(FakeEncoder):
    """Refuses motion 3 and gives motion 5 and the text of 7 no finite embedding."""

    def encode_motion(self, motions):
        if any(motion.name == "motion 3" for motion in motions):
            raise SkeletonError("motion 3 has three legs")
        vectors = super().encode_motion(motions)
        vectors[[motion.name == "motion 5" for motion in motions]] = np.nan
        return vectors

    def encode_text(self, texts):
        vectors = super().encode_text(texts)
        vectors[[text.endswith(" 7") for text in texts]] = np.inf
        return vectors


def measure(embedded, **options):
    return measure_retrieval(embedded, hashes=dict.fromkeys(embedded.text, "0"), data={"source": "toy"}, **options)


def test_one_motion_that_cannot_be_embedded_stops_no_other():
    vectors, reasons = embed_motions(Choosy(), [numbered_motion(number) for number in range(9)])
    assert sorted(reasons) == [3, 5]
    assert "three legs" in reasons[3]
    assert "not a finite vector" in reasons[5]
    assert np.isfinite(vectors).all(axis=1).tolist() == [number not in (3, 5) for number in range(9)]
    with pytest.raises(ModelError, match="embeds none of the 1 motions"):
        embed_motions(Choosy(), [numbered_motion(3)])


def test_equal_texts_are_embedded_once():
    encoder = FakeEncoder()
    asked = []
    encoder.encode_text = lambda texts: asked.extend(texts) or FakeEncoder().encode_text(texts)
    vectors, _ = embed_texts(encoder, ["number 1", "number 2", "number 1"])
    assert asked == ["number 1", "number 2"]
    assert (vectors[0] == vectors[2]).all()


def test_what_one_model_cannot_embed_is_left_out_of_all():
    embedded = embed_gallery({"good": FakeEncoder(), "choosy": Choosy()}, items_of(40))
    assert [row.name for row in embedded.left_out] == ["motion 3", "motion 5", "caption 'number 7'"]
    assert len(embedded.gallery.clips) == 38
    assert len(embedded.gallery.captions) == 37
    names = [embedded.items[owner].name.split()[-1] for owner in embedded.gallery.owner]
    assert [caption.split()[-1] for caption in embedded.gallery.captions] == names
    result = measure(embedded, protocols=("all", "small_batches"))
    for table in result.tables:
        assert table.rows["text_to_motion · good"]["recall_at_1"].value == 1
    assert result.left_out == embedded.left_out
    assert result.tables[0].rules["without caption"].startswith("1 motions")


def test_every_caption_can_be_a_query_and_groups_are_told():
    embedded = embed_gallery({"good": FakeEncoder()}, items_of(30), captions="all")
    assert len(embedded.gallery.captions) == 60
    result = measure(embedded, protocols=("all",), by="style")
    assert [table.name for table in result.tables] == ["all", "all_by_style"]
    assert list(result.tables[1].rows) == ["a", "b", "spread", "spread by chance"]
    assert result.tables[1].rows["a"]["recall_at_1"].count == 30
    with pytest.raises(TMRError, match="a column 'age' to group by; the columns: style"):
        measure(embedded, by="age")


def test_several_models_have_a_mean_and_a_spread():
    class Blind(FakeEncoder):
        def encode_motion(self, motions):
            return np.ones((len(motions), 256))

    embedded = embed_gallery({"a": FakeEncoder(), "b": Blind()}, items_of(40))
    rows = measure(embedded, protocols=("all",)).tables[0].rows
    good, blind = (rows[f"text_to_motion · {name}"]["recall_at_10"].value for name in "ab")
    assert (good, blind) == (1, pytest.approx(0.25))
    assert rows["text_to_motion · chance"]["recall_at_10"].value == pytest.approx(0.25)
    assert rows["text_to_motion · mean of 2"]["recall_at_10"].value == pytest.approx(0.625)
    assert rows["text_to_motion · standard deviation"]["recall_at_10"].value == pytest.approx(0.75 / np.sqrt(2))


def test_parts_of_a_clip_that_overlap_are_counted():
    parts = [item(0, "number 0", clip="take"), item(1, "number 1", clip="take", start=0.5), item(2, "number 2")]
    result = measure(embed_gallery({"good": FakeEncoder()}, parts), protocols=("all", "small_batches"))
    assert "2 motions overlap" in result.tables[0].rules["overlap"]
    assert result.data["clips"] == 2
    assert result.notes == ("protocol small_batches needs 32 captioned motions; there are 3: it is not measured",)


def test_nothing_to_search_with_is_refused():
    with pytest.raises(DatasetError, match="none of the 1 motions has a caption"):
        embed_gallery({"good": FakeEncoder()}, [item(0)])
    with pytest.raises(DatasetError, match="every one is broken"):
        embed_gallery({"choosy": Choosy()}, [item(5, "number 5"), item(6)])
    with pytest.raises(TMRError, match="no caption rule 'any'"):
        embed_gallery({"good": FakeEncoder()}, items_of(2), captions="any")


def test_the_files_of_a_run_say_what_their_docstrings_do(tmp_path):
    items = [*items_of(40), item(40)]
    embedded = embed_gallery({"good": FakeEncoder()}, items)
    text = embedded.text["good"].copy()
    text[4] = -embedded.motion["good"][4]
    embedded.text["good"][:] = text
    write_embeddings(embedded, tmp_path / "retrieval.npz")
    write_played(embedded, tmp_path / "played.npz")
    with np.load(tmp_path / "retrieval.npz") as run:
        assert run["models"].tolist() == ["good"]
        assert run["names"].tolist() == [row.name for row in items]
        assert json.loads(run["metadata"][1]) == {"style": "b"}
        assert run["text_0"].shape == (40, 256)
        assert run["motion_0"].shape == (41, 256)
        assert run["rank_0"][[3, 4]].tolist() == [1, 41]
        assert run["motion_rank_0"][4] == 40
        assert np.isnan(run["motion_rank_0"][40])
    with np.load(tmp_path / "played.npz") as played:
        assert played["queries"].shape == (24,)
        assert played["best"].tolist() == [True] * 12 + [False] * 12
        assert played["queries"][12] == 4
        assert (played["rank"][:12] == 1).all()
        assert (played["hits"][:12, 0] == played["right"][:12]).all()
        assert set(played["right"]) <= set(played["motions"])
        assert played["joints"].shape == (played["frames"].sum(), 30, 3)
        assert played["joints"].dtype == np.float16
        first = numbered_motion(int(played["motions"][0])).joints[0] - numbered_motion(0).joints[0, 0] * [1, 0, 1]
        np.testing.assert_allclose(played["joints"][0, 0], [0, SOMA.rest[0, 1], 0], atol=1e-3)
        assert first.shape == (30, 3)


def test_a_gallery_of_two_has_fewer_hits_to_play(tmp_path):
    write_played(embed_gallery({"good": FakeEncoder()}, items_of(2)), tmp_path / "played.npz")
    with np.load(tmp_path / "played.npz") as played:
        assert sorted(played["queries"]) == [0, 1]
        assert (played["hits"][:, 2] == -1).all()
        assert np.isnan(played["hit_similarity"][:, 2]).all()


def write_embedding_file(path, **changes):
    random = np.random.default_rng(0)
    motion = random.normal(size=(40, 8))
    arrays = {
        "text": 3 * np.repeat(motion, 2, axis=0),
        "motion": motion,
        "owner": np.repeat(np.arange(40), 2),
        **changes,
    }
    np.savez(path, **{key: value for key, value in arrays.items() if value is not None})
    return path


def test_embeddings_of_any_model_are_scored(tmp_path):
    motion = np.random.default_rng(0).normal(size=(40, 8))
    motion[7] = np.nan
    stored = read_embeddings(write_embedding_file(tmp_path / "theirs.npz", motion=motion))
    np.testing.assert_allclose(np.linalg.norm(stored.text, axis=1), 1, atol=1e-6)
    embedded = gallery_of_embeddings(stored, "theirs")
    assert [row.name for row in embedded.left_out] == ["motion 7"]
    result = measure(embedded)
    assert [table.name for table in result.tables] == ["all", "small_batches"]
    assert result.tables[0].rows["text_to_motion"]["recall_at_1"].value == 1
    assert result.tables[0].rows["text_to_motion"]["recall_at_1"].count == 78
    assert len(result.notes) == 3
    assert len(gallery_of_embeddings(stored, "theirs", captions="first").gallery.captions) == 39


@pytest.mark.parametrize(
    ("given", "names", "clips", "left_out"),
    [
        ({}, "motion 39", "motion 39", "motion 7"),
        ({"clips": np.repeat(["walk", "run"], 20)}, "motion 39", "run", "motion 7"),
        ({"names": np.array([f"take {row}" for row in range(40)])}, "take 39", "take 39", "take 7"),
    ],
    ids=["neither", "clips", "names"],
)
def test_the_files_of_embeddings_name_each_motion(tmp_path, given, names, clips, left_out):
    motion = np.random.default_rng(0).normal(size=(40, 8))
    motion[7] = np.nan
    stored = read_embeddings(write_embedding_file(tmp_path / "theirs.npz", motion=motion, **given))
    embedded = gallery_of_embeddings(stored, "theirs")
    assert [row.name for row in embedded.left_out] == [left_out]
    write_embeddings(embedded, tmp_path / "retrieval.npz")
    with np.load(tmp_path / "retrieval.npz") as run:
        assert len(run["names"]) == len(run["clips"]) == len(run["metadata"]) == len(run["motion_0"]) == 39
        assert (run["names"][-1], run["clips"][-1], run["metadata"][-1]) == (names, clips, "{}")
        assert run["captions"][-1] == "text 79"


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"owner": None}, "'owner' is missing"),
        ({"text": np.zeros((80, 7))}, "text has shape"),
        ({"owner": np.full(80, 40)}, "the owner of text 0 is 40; expected the row of its motion, 0 to 39"),
        ({"owner": np.where(np.arange(80) == 5, -1, 0)}, "the owner of text 5 is -1; expected"),
        ({"owner": np.zeros(3, dtype=int)}, "owner has shape"),
        ({"owner": np.zeros(80)}, "owner has shape .* and type float64; expected 80 whole numbers"),
        ({"names": np.array(["a"])}, "names are 1 values; expected 40 strings"),
        ({"names": np.repeat("a", 40)}, "the name 'a' stands twice"),
        ({"captions": np.array(["a"])}, "captions are 1 values; expected 80 strings"),
        ({"clips": np.zeros(40)}, "clips are 40 values; expected 40 strings"),
        ({"text": np.array(["a"])}, "expected numbers"),
    ],
)
def test_embeddings_that_do_not_fit_are_refused(tmp_path, changes, message):
    with pytest.raises(DatasetError, match=message):
        read_embeddings(write_embedding_file(tmp_path / "theirs.npz", **changes))


def test_the_command_measures_models_side_by_side(tmp_path):
    for number in range(3):
        write_numbered(tmp_path / "data" / f"{number}.npz", number)
    (tmp_path / "data" / "broken.npz").write_bytes(b"nothing")
    rows = "".join(f"{name}.npz,walks {name}\n" for name in ("0", "1", "2", "broken"))
    (tmp_path / "data" / "captions.csv").write_text("file,text\n" + rows, encoding="utf-8")
    models = [save_small_model(tmp_path / name, seed) for seed, name in enumerate(("one", "two"))]
    run = tmp_path / "runs" / "run"
    options = [part for model in models for part in ("--model", str(model))]
    done = tmr("evaluate", "retrieval", "--data", tmp_path / "data", *options, "--protocol", "all", "-o", run)
    assert (done.status, "left out broken.npz: " in done.err) == (3, True), done.err
    assert "R@10" in done.out
    assert "3 motions, 3 captions" in done.out
    result = Result.read(run / "retrieval.json")
    assert list(result.models) == [str(model) for model in models]
    assert [row.name for row in result.left_out] == ["broken.npz"]
    assert {path.name for path in run.iterdir()} == {"retrieval.json", "retrieval.npz", "played.npz"}


def test_the_command_scores_embeddings_and_tells_wrong_use(tmp_path):
    path = write_embedding_file(tmp_path / "theirs.npz")
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "played.npz").write_bytes(b"motions of an earlier run")
    done = tmr("evaluate", "retrieval", "--embeddings", path, "-o", tmp_path / "run")
    assert done.status == 0, done.err
    assert {path.name for path in (tmp_path / "run").iterdir()} == {"retrieval.json", "retrieval.npz"}
    assert Result.read(tmp_path / "run" / "retrieval.json").tables[0].rows["text_to_motion"]["recall_at_1"].value == 1
    wrong = tmr("evaluate", "retrieval", "-o", tmp_path / "run")
    assert (wrong.status, "give either --data or --embeddings" in wrong.err) == (2, True)
    gone = tmr("evaluate", "retrieval", "--embeddings", tmp_path / "gone.npz", "-o", tmp_path / "run")
    assert (gone.status, gone.err.count("\n")) == (1, 1)
    blocked = tmr("evaluate", "retrieval", "--embeddings", path, "-o", path / "run")
    assert (blocked.status, "cannot be made" in blocked.err) == (1, True)
