"""Near duplicates, equal files and mirror images stand under the best hit, and only when that is asked for."""

import json
import shutil

import numpy as np
import pytest

from fake_encoder import SOMA, FakeEncoder, direction, numbered_motion, write_library
from tmr.errors import IndexFolderError, TMRError
from tmr.motion.mirror import mirror
from tmr.search.folding import Folding
from tmr.search.index import Index


class NearEncoder(FakeEncoder):
    """Numbers of one ten lie close together; what leans to the right is the mirror image of what leans to the left."""

    def encode_motion(self, motions):
        self.num_motions += len(motions)
        return np.array([self.vector(round(float(m.joints[0, 0, 0] - SOMA.rest[0, 0]) * 10)) for m in motions])

    def encode_text(self, texts):
        return np.array([self.vector(int(text.split()[-1])) for text in texts])

    @staticmethod
    def vector(number):
        ten, one = divmod(abs(number), 10)
        vector = direction(ten + (500 if number < 0 else 0)).astype(np.float64) + 0.02 * one * direction(900 + one)
        return (vector / np.linalg.norm(vector)).astype(np.float32)


@pytest.fixture
def index(tmp_path):
    write_library(tmp_path / "library", [0, 1, 9, 10, 11, 30])
    return Index.build(tmp_path / "library", tmp_path / "index", NearEncoder(), workers=0, mirrors=True)


def folded(hit):
    return {one.item: one.why for one in hit.folded}


def test_near_duplicates_stand_under_the_best_of_them_and_the_ranks_close_up(index):
    plain = index.search("number 10", k=9)
    assert [hit.item for hit in plain[:2]] == ["010.npz", "011.npz"]
    assert all(hit.folded == () for hit in plain)
    hits = index.search("number 10", k=9, fold=True)
    assert [hit.rank for hit in hits] == list(range(1, len(hits) + 1))
    assert folded(hits[0]) == {"011.npz": "near duplicate"}
    assert hits[0].folded[0].similarity == pytest.approx(
        float(NearEncoder.vector(10) @ NearEncoder.vector(11)), abs=2e-6
    )
    # 9 is further from 0 than the threshold: 0.02 × 9.
    assert {"000.npz", "009.npz", "010.npz", "030.npz"} == {hit.item for hit in hits}
    strict = index.search("number 10", k=9, fold=Folding(similarity=1.0))
    assert len(strict) == 6
    loose = index.search("number 10", k=9, fold=Folding(similarity=0.9))
    assert len(loose) == 3
    assert json.loads(json.dumps(hits[0].to_json()))["folded"][0]["item"] == "011.npz"


def test_folding_fills_the_pages_from_further_down(index):
    everything = index.search("number 1", k=9, fold=True)
    pages = [hit for offset in range(0, 6, 2) for hit in index.search("number 1", k=2, offset=offset, fold=True)]
    assert [(hit.rank, hit.item) for hit in pages] == [(hit.rank, hit.item) for hit in everything]


def test_many_duplicates_do_not_hide_what_is_behind_them(tmp_path):
    library = tmp_path / "library"
    write_library(library, [0, 20, 30])
    for number in range(150):
        shutil.copy(library / "000.npz", library / f"copy {number:03d}.npz")
    index = Index.build(library, tmp_path / "index", NearEncoder(), workers=0)
    hits = index.search("number 0", k=3, fold=True)
    assert hits[0].item == "000.npz"
    assert {hit.item for hit in hits[1:]} == {"020.npz", "030.npz"}
    assert set(folded(hits[0]).values()) == {"same content"}
    assert len(hits[0].folded) == 150


def test_motions_of_another_length_are_no_duplicates(index):
    index.add([numbered_motion(30, seconds=2.0, name="longer"), numbered_motion(30, seconds=1.1, name="as long")])
    hits = index.search("number 30", k=9, fold=True)
    assert (hits[0].item, folded(hits[0])) == ("030.npz", {"as long": "near duplicate"})
    assert hits[1].item == "longer"


def test_a_mirror_image_is_folded_where_the_index_has_mirrors(index, tmp_path):
    mirrored = mirror(numbered_motion(30, name="mirrored"))
    index.add([mirrored])
    hits = index.search("number 30", k=9, fold=True)
    assert (hits[0].item, folded(hits[0])) == ("030.npz", {"mirrored": "mirror image"})
    without = index.search("number 30", k=9, fold=Folding(mirrors=False))
    assert "mirrored" in {hit.item for hit in without}
    plain = Index.build(index.root, tmp_path / "plain", NearEncoder(), workers=0)
    plain.add([mirrored])
    assert "mirrored" in {hit.item for hit in plain.search("number 30", k=9, fold=True)}
    with pytest.raises(IndexFolderError, match="does not have the mirror images"):
        Index.build(index.root, tmp_path / "plain", NearEncoder(), workers=0, mirrors=True)


def test_mirrors_survive_merging(index):
    for number in range(20):
        index.add([numbered_motion(number * 10 + 500, name=f"m{number}")])
    index.add([mirror(numbered_motion(510, name="mirrored"))])
    assert len(list((index.folder / "segments").glob("*.mirrors.npy"))) == len(index._content.segments) < 20
    hit = index.search("number 510", k=1, fold=True)[0]
    assert (hit.item, folded(hit)) == ("m1", {"mirrored": "mirror image"})
    index.verify()
    path = next((index.folder / "segments").glob("*.mirrors.npy"))
    content = bytearray(path.read_bytes())
    content[-3] ^= 1
    path.write_bytes(content)
    with pytest.raises(IndexFolderError, match=r"mirrors\.npy: its content"):
        Index.open(index.folder)


def test_parts_of_one_take_are_not_folded_under_each_other(index):
    index.add([numbered_motion(30, seconds=30.0, name="still")])
    hits = index.search("number 30", k=4, moments=3, fold=True)
    assert [hit.item for hit in hits].count("still") == 3


@pytest.mark.parametrize("numbers", [{"similarity": 0.2}, {"similarity": 1.1}, {"shortest_share": 2.0}])
def test_folding_that_makes_no_sense_is_told(numbers):
    with pytest.raises(TMRError, match="expected"):
        Folding(**numbers)
