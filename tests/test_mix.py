"""A mix is the unit vector along a weighted sum; what cancels or cannot be weighed is refused."""

import numpy as np
import pytest

from command_line import save_small_model, tmr
from fake_encoder import FakeEncoder, direction, numbered_motion, write_library, write_numbered
from tmr.errors import IndexFolderError, TMRError
from tmr.search.index import Index
from tmr.search.mix import Like, Mix, mixed


@pytest.fixture
def index(tmp_path):
    write_library(tmp_path / "library", range(6))
    write_numbered(tmp_path / "library" / "long.npz", 100, seconds=23, drift=1.0)
    return Index.build(tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0)


def unit(vector):
    return vector / np.linalg.norm(vector)


def test_the_similarity_is_the_cosine_with_the_mixed_unit_vector(index):
    mix = Mix([(1, "number 1"), (0.5, "number 2"), (-0.75, "number 3")])
    wanted = unit(1.0 * direction(1) + 0.5 * direction(2) - 0.75 * direction(3))
    hits = {hit.item: hit.similarity for hit in index.search(mix, k=6)}
    for number in range(6):
        assert hits.get(f"{number:03d}.npz", -1.0) == pytest.approx(
            float(wanted @ direction(number)) if number != 3 else -1.0, abs=2e-6
        )
    assert index.search(mix, k=7)[-1].item == "003.npz"
    # Only the ratios of the weights matter.
    assert index.search(Mix([(2 * weight, part) for weight, part in mix.parts])) == index.search(mix)


def test_every_kind_of_part_is_taken_and_a_part_alone_is_the_query_itself(index):
    file = index.root / "004.npz"
    for part in ("number 4", numbered_motion(4), file, direction(4), Like("004.npz")):
        assert index.search(Mix([(3.0, part)]), k=1)[0].item == "004.npz"
        assert index.search(part, k=1)[0].similarity == pytest.approx(1, abs=2e-6)
    together = Mix([(1, "number 1"), (1, numbered_motion(2)), (1, file), (1, direction(3)), (1, Like("000.npz"))])
    assert {hit.item for hit in index.search(together, k=5)} == {f"{number:03d}.npz" for number in range(5)}


def test_an_item_as_a_query_finds_itself_and_of_a_long_take_the_part_that_is_meant(index):
    assert index.search(Like("002.npz"), k=1)[0].item == "002.npz"
    hit = index.search(Like("long.npz", 7.4, 12.5), k=1)[0]
    assert (hit.item, hit.similarity) == ("long.npz", pytest.approx(1, abs=2e-6))
    with pytest.raises(IndexFolderError, match="no item 'none'"):
        index.search(Like("none"))
    for start, end in ((500, 510), (23.1, None), (-1, None), (float("nan"), None), (5, 5), (5, float("nan"))):
        with pytest.raises(TMRError, match=r"lasts 23\.000 s, so no part|expected an end after the start"):
            index.search(Like("long.npz", start, end))
        with pytest.raises(TMRError, match=r"'long\.npz'"):
            index.search(Mix([(1, "number 1"), (1, Like("long.npz", start, end))]))


def test_a_part_of_several_windows_counts_by_their_mean_direction():
    windows = np.stack([direction(1), direction(2)])
    expected = unit(unit(windows.sum(axis=0)) - 0.5 * direction(3))
    assert mixed([1, -0.5], [windows, direction(3)[None]])[0] == pytest.approx(expected, abs=1e-6)


def test_parts_that_cancel_each_other_are_told(index):
    with pytest.raises(TMRError, match="points nowhere"):
        index.search(Mix([(1, "number 1"), (-1, "number 1")]))
    with pytest.raises(TMRError, match="windows of part 2 of the mix cancel"):
        mixed([1, 1], [direction(1)[None], np.stack([direction(2), -direction(2)])])
    # Nearly is not wholly.
    assert index.search(Mix([(1, "number 1"), (-0.9, "number 1")]), k=1)[0].item == "001.npz"


@pytest.mark.parametrize(
    ("parts", "message"),
    [
        ([], "0 parts"),
        ([(1, "a")] * 33, "33 parts"),
        ([(0, "a")], "weight of part 1"),
        ([(1, "a"), (float("nan"), "b")], "weight of part 2"),
        ([(1e9, "a")], "weight of part 1"),
        ([(True, "a")], "weight of part 1"),
    ],
)
def test_a_mix_that_cannot_be_weighed_is_told(parts, message):
    with pytest.raises(TMRError, match=message):
        Mix(parts)


def test_the_command_line_adds_and_takes_away(tmp_path):
    model = save_small_model(tmp_path / "model")
    write_library(tmp_path / "library", range(3))
    assert tmr("index", tmp_path / "library", "--model", model, "--workers", "0", "-q").status == 0
    run = tmr("search", tmp_path / "library", "walk", "--plus", "tired", "--minus", "limp", "--json", "-k", "2")
    assert run.status == 0, run.err
    import json

    [answer] = map(json.loads, run.out.splitlines())
    assert [(part["text"], part["weight"]) for part in answer["mix"]] == [("walk", 1.0), ("tired", 1.0), ("limp", -1.0)]
    assert [hit["rank"] for hit in answer["hits"]] == [1, 2]
    run = tmr("search", tmp_path / "library", "walk", "--minus", "walk")
    assert (run.status, run.out) == (1, "")
    assert "points nowhere" in run.err
    assert len(run.err.splitlines()) == 1
