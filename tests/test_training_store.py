"""What is kept between runs: motions and word vectors in shards, whole after a kill, mapped and not loaded."""

import json
import os
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from command_line import environment
from fake_encoder import write_library, write_numbered
from tmr.errors import DatasetError
from tmr.model.config import ModelConfig
from tmr.training import texts as texts_module
from tmr.training.data import store as store_module
from tmr.training.data.store import MotionStore
from tmr.training.shards import Shards
from tmr.training.texts import TextTable


def no_reading(*_, **__):
    raise AssertionError("nothing should be read")


def test_a_motion_is_read_once_and_mapped_from_the_disk(tmp_path, monkeypatch):
    files = write_library(tmp_path / "takes", range(3))
    seen = []
    first, reasons = MotionStore(tmp_path / "store").read(files, workers=0, show_progress=seen.append)
    assert reasons == {}
    assert [(progress.done, progress.total) for progress in seen] == [(1, 3), (2, 3), (3, 3)]
    monkeypatch.setattr(store_module, "read_in_parallel", no_reading)
    monkeypatch.setattr(store_module, "content_sha256", no_reading)
    again, _ = MotionStore(tmp_path / "store").read(files)
    for file in files:
        np.testing.assert_array_equal(again[file].joints, first[file].joints)
        assert again[file].source_fps == 30.0
        assert isinstance(again[file].joints, np.memmap)
        assert not again[file].joints.flags.writeable


def test_a_moved_file_is_known_by_its_content_and_a_changed_one_is_not(tmp_path, monkeypatch):
    (file,) = write_library(tmp_path / "takes", [1])
    before = MotionStore(tmp_path / "store").read([file], workers=0)[0][file].joints
    moved = tmp_path / "elsewhere.npz"
    shutil.move(file, moved)
    os.utime(moved, (1, 1))
    with monkeypatch.context() as patched:
        patched.setattr(store_module, "read_in_parallel", no_reading)
        known = MotionStore(tmp_path / "store").read([moved])[0][moved]
    np.testing.assert_array_equal(known.joints, before)
    write_numbered(moved, 9, drift=1.0)
    changed = MotionStore(tmp_path / "store").read([moved], workers=0)[0][moved]
    assert not np.array_equal(changed.joints, before)


def test_files_that_cannot_be_read_are_named_and_the_others_go_on(tmp_path):
    good, bad = write_library(tmp_path, [1, 2])
    bad.write_bytes(b"nothing")
    gone = tmp_path / "gone.npz"
    found, reasons = MotionStore(tmp_path / "store").read([bad, gone, good], workers=1)
    assert list(found) == [good]
    assert "not an .npz archive" in reasons[bad]
    assert "there is no such file" in reasons[gone]


def test_a_killed_run_loses_at_most_a_shard(tmp_path):
    write_library(tmp_path / "takes", range(40))
    code = (
        "import sys; from pathlib import Path\n"
        "from tmr.training.data import store\n"
        "store.FRAMES_A_SHARD = 90\n"
        "files = sorted(Path(sys.argv[1]).glob('*.npz'))\n"
        "def tell(progress):\n"
        "    print(progress.done, flush=True)\n"
        "    import time; time.sleep(0.02)\n"
        "store.MotionStore(Path(sys.argv[2])).read(files, workers=0, show_progress=tell)\n"
    )
    run = subprocess.Popen(
        [sys.executable, "-c", code, str(tmp_path / "takes"), str(tmp_path / "store")],
        stdout=subprocess.PIPE, text=True, env=environment(),
    )  # fmt: skip
    assert run.stdout is not None
    done = 0
    while done < 10:
        done = int(run.stdout.readline())
    run.send_signal(signal.SIGKILL if sys.platform != "win32" else signal.SIGTERM)
    run.communicate()
    files = sorted((tmp_path / "takes").glob("*.npz"))
    seen = []
    found, _ = MotionStore(tmp_path / "store").read(files, workers=0, show_progress=seen.append)
    assert len(found) == 40
    assert 0 < seen[-1].total <= 40 - done + 3


def test_a_damaged_shard_is_told_and_an_unfinished_one_is_not_read(tmp_path):
    shards = Shards(tmp_path, "kind", (2,), np.float16)
    rows = [{"name": "a"}, {"name": "b"}]
    shards.write(rows, [np.ones((3, 2), np.float32), np.zeros((1, 2), np.float32)])
    (tmp_path / "kind-torn.npy").write_bytes(b"half")
    read = list(shards.read())
    assert [(row["name"], len(values)) for row, values in read] == [("a", 3), ("b", 1)]
    assert read[0][1].dtype == np.float16
    (stored,) = tmp_path.glob("kind-*.json")
    stored.write_text(json.dumps([{"name": "a", "count": 3}]), encoding="utf-8")
    with pytest.raises(DatasetError, match=r"cannot be read: it holds \(4, 2\) of float16; remove both"):
        list(shards.read())


def test_a_full_disk_is_told_and_leaves_nothing_half(tmp_path, monkeypatch):
    def full(*_, **__):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(np, "save", full)
    with pytest.raises(DatasetError, match="No space left on device; make room or give another --cache"):
        Shards(tmp_path, "kind", (2,), np.float16).write([{}], [np.ones((3, 2))])
    assert list(tmp_path.iterdir()) == []


def test_two_runs_that_write_the_same_share_a_shard_that_windows_does_not_let_replace(tmp_path, monkeypatch):
    replace = os.replace

    def mapped(new, path):
        if Path(path).exists():
            raise PermissionError(13, "Access is denied")
        replace(new, path)

    monkeypatch.setattr(os, "replace", mapped)
    one, other = (Shards(tmp_path, "kind", (2,), np.float32) for _ in range(2))
    [(row, first)] = one.write([{"name": "a"}], [np.ones((3, 2))])
    [(again, second)] = other.write([{"name": "a"}], [np.ones((3, 2))])
    assert row == again == {"name": "a", "count": 3}
    np.testing.assert_array_equal(first, second)


class CountingBackbone:
    width = 384

    def __init__(self):
        self.asked = []

    def tokens(self, texts):
        self.asked += texts
        return [np.full((len(text.split()), self.width), len(text), np.float32) for text in texts]


def test_only_new_sentences_are_computed_and_no_shard_is_written_again(tmp_path, monkeypatch):
    backbone = CountingBackbone()
    monkeypatch.setattr(texts_module, "load_backbone", lambda config: backbone)
    monkeypatch.setattr(texts_module, "TEXTS_A_SHARD", 2)
    config = ModelConfig()
    TextTable(["a man walks", "he sits", "she runs far"], config, tmp_path)
    before = {path: path.stat().st_mtime_ns for path in tmp_path.rglob("*.npy")}
    assert len(before) == 2
    table = TextTable(["he sits", "someone jumps"], config, tmp_path)
    assert backbone.asked == ["he sits", "a man walks", "she runs far", "someone jumps"]
    assert {path: path.stat().st_mtime_ns for path in before} == before
    vectors, mask = table.tokens(["he sits", "someone jumps"])
    assert mask.tolist() == [[True, True], [True, True]]
    assert vectors[0, 0, 0] == len("he sits")
    assert table.num_tokens("he sits") == 2
    np.testing.assert_allclose(table.similarity(["he sits"], ["someone jumps"]), 1.0, atol=1e-6)


def test_half_a_million_sentences_stay_on_the_disk(tmp_path, monkeypatch):
    """The memory that a table takes is that of its texts: a tenth of the vectors' here."""
    import tracemalloc

    backbone = CountingBackbone()
    monkeypatch.setattr(texts_module, "load_backbone", lambda config: backbone)
    texts = [f"a person does movement number {number} with both arms and then stands still" for number in range(2000)]
    TextTable(texts, ModelConfig(), tmp_path)
    tracemalloc.start()
    table = TextTable(texts, ModelConfig(), tmp_path)
    taken = tracemalloc.get_traced_memory()[0]
    tracemalloc.stop()
    on_disk = sum(path.stat().st_size for path in tmp_path.rglob("*.npy"))
    assert table.num_tokens(texts[0]) == 13
    assert on_disk == pytest.approx(2000 * 13 * 384 * 2, rel=0.01)
    assert taken < on_disk / 10
