"""Files that are given for many motions: a skeleton with --asf, a body model with --body-model; and --skeleton."""

import io
import json
import os
import sys
import zipfile
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from command_line import save_small_model, tmr
from fake_encoder import FakeEncoder, write_library, write_numbered
from served import BEARER, TOKEN, small_service
from tmr.cli import tmr as tmr_group
from tmr.commands import options as command_options
from tmr.errors import IndexFolderError, MotionFileError
from tmr.motion.formats.skeletons import KNOWN
from tmr.motion.skeleton import built_in_skeleton
from tmr.search import reading
from tmr.search.index import Index
from tmr.search.reading import ReadingOptions
from tmr.search.readings import load_readings
from tmr.search.server import create_app
from tmr.search.service.desk import Settings
from tmr.training.data.store import MotionStore
from training_folders import write_amass

# The middle and the left half of a body: name, parent, direction, length in CMU's unit of 1/0.45 inch.
MIDDLE = [("lowerback", "root", (0, 1, 0), 6), ("neck", "lowerback", (0, 1, 0), 4), ("head", "neck", (0, 1, 0), 2)]
LEFT = [
    ("lhipjoint", "root", (1, -0.4, 0), 1.8),
    ("lfemur", "lhipjoint", (0, -1, 0), 7.3),
    ("ltibia", "lfemur", (0, -1, 0), 7.2),
    ("lfoot", "ltibia", (0, -0.3, 1), 2.3),
    ("lclavicle", "lowerback", (1, 0.6, 0), 3.5),
    ("lhumerus", "lclavicle", (1, 0, 0), 5),
    ("lradius", "lhumerus", (1, 0, 0), 4),
    ("lhand", "lradius", (1, 0, 0), 1),
]

ROOT_ONLY = ":root\norder TX TY TZ RX RY RZ\n:bonedata\n:hierarchy\n"


def write_asf(path: Path, thigh: float = 7.3) -> Path:
    def right(name: str) -> str:
        return name if name in ("root", "lowerback") else f"r{name[1:]}"

    bones = MIDDLE + LEFT + [(right(name), right(parent), (-x, y, z), n) for name, parent, (x, y, z), n in LEFT]
    lines = [":units", "length 0.45", ":root", "order TX TY TZ RX RY RZ", "axis XYZ", "position 0 0 0", ":bonedata"]
    for name, _, (x, y, z), length in bones:
        length = thigh if name.endswith("femur") else length
        lines += ["begin", f"name {name}", f"direction {x} {y} {z}", f"length {length}", "axis 0 0 0 XYZ", "end"]
    lines += [":hierarchy", *(f"{parent} {name}" for name, parent, _, _ in bones)]
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("\n".join([*lines, ""]))
    return path


def write_amc(path: Path) -> Path:
    """Write a second of a body that glides ahead."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(":DEGREES\n" + "".join(f"{frame}\nroot 0 17 {frame / 9} 0 0 0\n" for frame in range(1, 121)))
    return path


def write_shaped(path: Path) -> Path:
    """Write a second of pose parameters of a body with a shape."""
    write_amass(path, seconds=1)
    with np.load(path) as arrays:
        np.savez(path, **{**arrays, "betas": np.array([2.0, 0.0])})
    return path


def write_body_model(path: Path, longer: float = 0.1) -> Path:
    """Write a model of 22 vertices, its joints; the first number of a shape makes the legs longer."""
    rest = built_in_skeleton("smplx22").rest
    assert rest is not None
    directions = np.zeros((22, 3, 2))
    directions[[4, 5, 7, 8, 10, 11], 1, 0] = -longer  # knees, ankles, feet
    np.savez(path, v_template=rest, shapedirs=directions, J_regressor=np.eye(22))
    return path


@pytest.fixture
def library(tmp_path):
    """An .amc, two files of AMASS with a shape, and one that needs neither; the given files lie elsewhere."""
    write_amc(tmp_path / "library" / "glide.amc")
    for name in ("a", "b"):
        write_shaped(tmp_path / "library" / f"{name}.npz")
    write_numbered(tmp_path / "library" / "soma.npz", 3)
    write_asf(tmp_path / "given" / "cmu.asf")
    write_body_model(tmp_path / "given" / "smpl.npz")
    return tmp_path / "library"


def given(library: Path, **options) -> ReadingOptions:
    folder = library.parent / "given"
    return ReadingOptions(**{"asf": folder / "cmu.asf", "body_model": folder / "smpl.npz", **options})


def test_an_amc_is_added_over_http_with_the_skeleton_that_is_sent_beside_it(tmp_path):
    sent = tmp_path / "sent"
    motion = ("file", ("glide.amc", write_amc(sent / "glide.amc").read_bytes()))
    skeleton = ("file", ("skeleton.asf", write_asf(sent / "skeleton.asf").read_bytes()))
    with small_service(tmp_path) as place:
        client = place.client(tokens=(TOKEN,), writable=True)
        # Without a motion that it belongs to, a skeleton is of no use.
        alone = client.post("/api/items", files=[skeleton], headers=BEARER).json()
        assert [row["item"] for row in alone["skipped"]] == ["skeleton.asf"]
        assert not (place.library / "uploaded").exists()
        answer = client.post("/api/items", files=[motion, skeleton], headers=BEARER).json()
        assert (len(answer["added"]), answer["skipped"]) == (1, [])
        assert sorted(path.name for path in (place.library / "uploaded").iterdir()) == ["glide.amc", "skeleton.asf"]
        assert client.get(f"/api/items/{answer['added'][0]}/motion", headers=BEARER).status_code == 200


def build(library: Path, options: ReadingOptions | None = None, encoder: FakeEncoder | None = None) -> Index:
    return Index.build(library, library.parent / "index", encoder or FakeEncoder(), options=options, workers=0)


def run(*arguments: str) -> tuple[int, str]:
    """Return the exit status and all output of a command that runs in this process: torch is imported once."""
    result = CliRunner().invoke(tmr_group, list(arguments), catch_exceptions=False)
    return result.exit_code, result.output


def test_an_amc_is_indexed_with_a_skeleton_that_lies_elsewhere_and_again_when_that_changes(tmp_path, monkeypatch):
    save_small_model(tmp_path / "model")
    write_amc(tmp_path / "library" / "glide.amc")
    write_library(tmp_path / "library", range(2))
    asf = write_asf(tmp_path / "given" / "cmu.asf")
    index = ("index", "library", "-o", "index", "--model", "model", "-q")
    without = tmr(*index, "--workers", "1", cwd=tmp_path)
    assert without.status == 3
    assert "give asf (--asf)" in without.err
    done = tmr(*index, "--workers", "1", "--asf", "given/cmu.asf", cwd=tmp_path)
    assert (done.status, done.out) == (0, "index: 3 items (1 added, 2 replaced)\n"), done

    monkeypatch.chdir(tmp_path)
    again = (*index, "--workers", "0", "--asf", "given/cmu.asf")
    assert run(*again) == (0, "index: 3 items (3 unchanged)\n")
    query = ("search", "index", "--motion", "library/glide.amc", "--json", "-q", "--asf", "given/cmu.asf")
    status, answer = run(*query)
    best = json.loads(answer)["hits"][0]
    assert (status, best["item"], best["skeleton"]) == (0, "glide.amc", "asf:cmu")
    assert best["similarity"] == pytest.approx(1, abs=1e-5)
    [row] = [json.loads(line) for line in (tmp_path / "index" / "readings.jsonl").read_text().splitlines()]
    assert (row["asf"], "body_model" in row) == (str(asf), False)

    write_asf(asf, thigh=5.5)
    assert run(*again) == (0, "index: 3 items (1 replaced, 2 unchanged)\n")
    assert run(*again) == (0, "index: 3 items (3 unchanged)\n")


def test_a_body_model_gives_shaped_bodies_other_embeddings_and_nothing_else(library, monkeypatch):
    save_small_model(library.parent / "model")
    monkeypatch.chdir(library.parent)

    def embed(*options: str) -> dict[str, np.ndarray]:
        names = [f"library/{name}.npz" for name in ("a", "soma")]
        assert run("embed", *names, "-o", "out.npz", "--model", "model", "--workers", "0", "-q", *options)[0] == 0
        with np.load("out.npz") as arrays:
            return {Path(item).stem: row for item, row in zip(arrays["items"], arrays["embeddings"], strict=True)}

    mean, shaped = embed(), embed("--body-model", "given/smpl.npz")
    assert np.abs(mean["a"] - shaped["a"]).max() > 1e-3
    np.testing.assert_array_equal(mean["soma"], shaped["soma"])


def test_what_depends_on_a_given_file_is_read_again_when_its_content_changes_and_nothing_else(library):
    options = given(library)
    assert len(build(library, options)) == 4
    assert len(build(library, options).report.unchanged) == 4
    write_body_model(library.parent / "given" / "smpl.npz", longer=0.05)
    report = build(library, options).report
    assert (report.replaced, report.unchanged) == (("a.npz", "b.npz"), ("glide.amc", "soma.npz"))
    write_asf(library.parent / "given" / "cmu.asf", thigh=7)
    report = build(library, options).report
    assert (report.replaced, report.unchanged) == (("glide.amc",), ("a.npz", "b.npz", "soma.npz"))
    # Written anew as it was: only the content counts.
    write_asf(library.parent / "given" / "cmu.asf", thigh=7)
    assert len(build(library, options).report.unchanged) == 4


def test_a_given_file_is_hashed_once_for_all_motions(library, monkeypatch):
    hashed = []
    digest = reading.file_sha256
    monkeypatch.setattr(reading, "file_sha256", lambda path: hashed.append(path.name) or digest(path))
    build(library, given(library))
    assert sorted(hashed) == ["a.npz", "b.npz", "cmu.asf", "glide.amc", "smpl.npz", "soma.npz"]


def test_a_body_model_is_loaded_once_for_all_motions(library, monkeypatch):
    from tmr.motion.formats import smpl

    loaded = []
    archive = smpl.ArrayArchive
    monkeypatch.setattr(smpl, "ArrayArchive", lambda path: loaded.append(path.name) or archive(path))
    build(library, given(library))
    assert loaded == ["smpl.npz"]


@pytest.mark.parametrize("what", ["another skeleton", "none"])
def test_a_skeleton_that_fits_not_takes_no_items_out_of_the_index(library, what):
    build(library, given(library))
    wrong = library.parent / "wrong.asf"
    wrong.write_text(ROOT_ONLY)
    options = given(library, asf=wrong if what == "another skeleton" else None)
    index = build(library, options)
    assert [row.item for row in index.report.skipped] == ["glide.amc"]
    assert (index.report.removed, len(index)) == ((), 4)
    # The file itself has changed as well: what the index has is of content that is no more.
    (library / "glide.amc").write_text("broken")
    assert build(library, options).report.removed == ("glide.amc",)


def test_a_given_file_that_is_gone_takes_no_items_out_of_the_index_and_is_named(library):
    build(library, given(library))
    for name in ("cmu.asf", "smpl.npz"):
        (library.parent / "given" / name).unlink()
    index = build(library, given(library))
    assert (len(index), index.report.unchanged) == (4, ("soma.npz",))
    reasons = {row.item: row.reason for row in index.report.skipped}
    asf, model = (library.parent / "given" / name for name in ("cmu.asf", "smpl.npz"))
    assert f"{asf}, given as asf (--asf), cannot be read (No such file or direc" in reasons["glide.amc"]
    assert f"{model}, given as body_model (--body-model), cannot be read" in reasons["a.npz"]
    # Even if another file is given now that does not fit either.
    asf.with_name("wrong.asf").write_text(ROOT_ONLY)
    assert len(build(library, given(library, asf=asf.with_name("wrong.asf")))) == 4


@pytest.mark.parametrize("processes", [0, 1])
def test_the_service_names_a_given_file_that_is_gone_or_changed(library, processes):
    index = build(library, given(library))
    service = create_app(index, settings=Settings(reading_processes=processes))
    with TestClient(service) as client:
        ids = {row["item"]: row["id"] for row in client.get("/api/items").json()["items"]}

        def answers(item: str) -> dict[str, tuple[int, str]]:
            parts = {part: client.get(f"/api/items/{ids[item]}/{part}") for part in ("motion?end=1", "file")}
            assert all(str(library.parent) not in answer.text for answer in parts.values())
            return {part: (answer.status_code, answer.text) for part, answer in parts.items()}

        # A motion that was played is kept, so the item that is played here is another one.
        assert [status for status, _ in answers("b.npz").values()] == [200, 200]
        write_body_model(library.parent / "given" / "smpl.npz", longer=0.05)
        for status, text in answers("a.npz").values():
            assert status == 409
            assert "smpl.npz" in text
            assert "changed since it was indexed" in text
        (library.parent / "given" / "cmu.asf").unlink()
        (library.parent / "given" / "smpl.npz").unlink()
        for item, file in (("glide.amc", "cmu.asf"), ("a.npz", "smpl.npz")):
            for status, text in answers(item).values():
                assert status == 404
                assert f"{file}, given as" in text
                assert "cannot be read (No such file or directory); put it back, or index again" in text
        assert [status for status, _ in answers("soma.npz").values()] == [200, 200]


def test_a_zip_has_the_given_skeleton_only_if_that_lies_in_the_library(library):
    def packed(asf: Path) -> tuple[list[str], str]:
        with TestClient(create_app(build(library, given(library, asf=asf)))) as client:
            ids = {row["item"]: row["id"] for row in client.get("/api/items").json()["items"]}
            answer = client.post("/api/zip", json={"items": [{"item": ids["glide.amc"]}]})
        with zipfile.ZipFile(io.BytesIO(answer.content)) as archive:
            names = archive.namelist()
            return names, archive.read("not included.txt").decode() if "not included.txt" in names else ""

    inside = write_asf(library / "skeletons" / "mine.asf")
    assert packed(inside) == (["glide.amc", "mine.asf"], "")
    names, report = packed(library.parent / "given" / "cmu.asf")
    assert names == ["glide.amc", "not included.txt"]
    assert "cmu.asf lies outside the library" in report


@pytest.mark.parametrize(
    ("arguments", "part"),
    [
        (["--asf", "gone.asf"], "'gone.asf' does not exist"),
        (["--asf", "folder"], "'folder' is a directory"),
        (["--body-model", "gone.npz"], "'gone.npz' does not exist"),
        (["--body-model", "SMPL.pkl"], "'SMPL.pkl' does not end in .npz; a pickled model"),
        (["--skeleton", "coco"], "'coco' is not one of 'somaskel30'"),
        pytest.param(
            ["--asf", "pipe"],
            "'pipe' is a pipe",
            marks=pytest.mark.skipif(sys.platform == "win32", reason="Windows has no named pipes in folders"),
        ),
    ],
    ids=lambda value: " ".join(value) if isinstance(value, list) else "",
)
def test_a_given_file_that_cannot_be_used_is_told_at_once(tmp_path, monkeypatch, arguments, part):
    (tmp_path / "folder").mkdir()
    (tmp_path / "SMPL.pkl").touch()
    if hasattr(os, "mkfifo"):
        os.mkfifo(tmp_path / "pipe")
    monkeypatch.chdir(tmp_path)
    for command in (
        ("index", "library"),
        ("embed", "a.npz", "-o", "out.npz"),
        ("search", "index", "walk"),
        ("serve", "index"),
        ("train", "--data", "library", "--out", "out"),
        ("evaluate", "generation", "library", "--reference", "library", "-o", "out"),
    ):
        status, output = run(*command, *arguments)
        assert status == 2, output
        # The message is set into lines.
        assert part in " ".join(output.split())


def test_skeleton_names_are_those_that_the_readers_know(library, monkeypatch):
    assert command_options._SKELETONS == KNOWN
    save_small_model(library.parent / "model")
    monkeypatch.chdir(library.parent)
    embed = ("embed", "library/soma.npz", "-o", "out.npz", "--model", "model", "--workers", "0", "-q")
    assert run(*embed, "--skeleton", "somaskel30") == (0, "out.npz: 1 embedding\n")
    status, output = run(*embed, "--skeleton", "smplx22")
    assert status == 3
    assert "has 30 joints; expected 22 (smplx22)" in output


def test_options_that_name_no_files_are_as_an_earlier_version_wrote_them(tmp_path):
    told = ReadingOptions(fps=30.0, up="z", joint_names=(("hips", "Hips"),))
    assert ReadingOptions().fingerprint == "3f32187b7ed5"
    assert told.fingerprint == "d28538ec49fc"
    assert set(told.to_json()) == {"fps", "unit", "up", "skeleton", "joint_names"}
    row = {"fps": 30.0, "unit": None, "up": "z", "skeleton": None, "joint_names": [["hips", "Hips"]]}
    (tmp_path / "readings.jsonl").write_text(json.dumps(row) + "\n")
    assert load_readings(tmp_path)["d28538ec49fc"] == told


def test_given_files_are_kept_by_their_full_paths_and_other_paths_are_other_options(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    options = ReadingOptions(asf="a.asf", body_model=Path("sub", "..", "b.npz"))
    assert (options.asf, options.body_model) == (str(tmp_path / "a.asf"), str(tmp_path / "b.npz"))
    others = [ReadingOptions(), ReadingOptions(asf="a.asf"), ReadingOptions(body_model="a.asf")]
    assert len({other.fingerprint for other in (options, *others)}) == 4
    (tmp_path / "readings.jsonl").write_text(json.dumps(options.to_json()) + "\n")
    assert load_readings(tmp_path)[options.fingerprint] == options


@pytest.mark.parametrize("row", [{"asf": 5}, {"body_model": ["a"]}, {"body_modle": "a.npz"}])
def test_a_reading_that_no_version_writes_is_told(tmp_path, row):
    (tmp_path / "readings.jsonl").write_text(json.dumps(row) + "\n")
    with pytest.raises(IndexFolderError, match=r"readings\.jsonl has a line that cannot be used"):
        load_readings(tmp_path)


def test_training_data_heeds_given_files_and_their_content(library):
    files = [library / name for name in ("glide.amc", "a.npz", "soma.npz")]

    def read(options: ReadingOptions) -> dict[str, np.ndarray]:
        found, reasons = MotionStore(library.parent / "store", options).read(files, workers=0)
        assert not reasons
        return {file.name: np.array(motion.joints) for file, motion in found.items()}

    before = read(given(library))
    write_asf(library.parent / "given" / "cmu.asf", thigh=5.5)
    write_body_model(library.parent / "given" / "smpl.npz", longer=0.02)
    after = read(given(library))
    assert [name for name in before if np.array_equal(before[name], after[name])] == ["soma.npz"]
    (library.parent / "given" / "cmu.asf").unlink()
    with pytest.raises(MotionFileError, match=r"cmu\.asf, given as asf"):
        MotionStore(library.parent / "store", given(library))
