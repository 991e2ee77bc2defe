"""The map of a library: like ones near each other, nobody moves when others come, and regions have names."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from fake_encoder import direction, numbered_motion, write_numbered
from pages import AnyTextEncoder
from tmr.errors import IndexFolderError, TMRError
from tmr.search.index import Index
from tmr.search.map.islands import islands, middle
from tmr.search.map.labels import Label, label
from tmr.search.map.layout import lay_out
from tmr.search.map.library_map import LibraryMap
from tmr.search.map.making import make_map
from tmr.search.map.naming import Naming
from tmr.search.map.neighbours import nearest
from tmr.search.map.phrases import phrases
from tmr.search.map.placing import place
from tmr.search.map.repulsion import exact_repulsion, grid_repulsion
from tmr.search.map.source import Source
from tmr.search.map.view import NONE, OTHER, STEPS, coloured, fields_to_colour_by, inside
from tmr.search.map.words import count_words, words_of


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def kinds(count: int, each: int, seed: int = 0, spread: float = 0.5) -> np.ndarray:
    """Return vectors of several kinds of motions, each kind around a direction of its own."""
    random = np.random.default_rng(seed)
    centres = np.repeat(random.normal(size=(count, 256)), each, axis=0)
    return unit(centres + spread * random.normal(size=centres.shape))


def kept(vectors: np.ndarray, places: np.ndarray, k: int = 10) -> float:
    """Return the share of the k nearest in the space that are among the k nearest on the map, the slow way."""
    shares = []
    for one in range(len(vectors)):
        similar = np.argsort(-(vectors @ vectors[one]), kind="stable")
        near = np.argsort(((places - places[one]) ** 2).sum(axis=1), kind="stable")
        shares.append(len(set(similar[similar != one][:k]) & set(near[near != one][:k])) / k)
    return float(np.mean(shares))


def flat(vectors: np.ndarray) -> np.ndarray:
    centred = vectors - vectors.mean(axis=0)
    return centred @ np.linalg.svd(centred, full_matrices=False)[2][:2].T


@pytest.fixture(scope="module")
def some() -> tuple[np.ndarray, np.ndarray]:
    vectors = kinds(24, 8)
    return vectors, lay_out(vectors)


def test_the_nearest_are_those_of_a_full_sort_and_equals_stand_in_order():
    vectors = np.vstack([kinds(3, 20), kinds(3, 20)])
    asked = np.arange(40)
    numbers, similarity = nearest(vectors[asked], vectors, 7, leave_out=asked)
    for one in asked:
        row = vectors @ vectors[one]
        row[one] = -np.inf
        assert row[numbers[one]] == pytest.approx(np.sort(row)[::-1][:7], abs=1e-6)
        assert list(similarity[one]) == sorted(similarity[one], reverse=True)
    equal = np.repeat(vectors[:1], 5, axis=0)
    assert nearest(equal, equal, 9, leave_out=np.arange(5))[0].tolist()[2] == [0, 1, 3, 4]


@pytest.mark.parametrize(("spread", "tolerance"), [(0.01, 1e-4), (1.0, 1e-3), (6.0, 0.03)])
def test_the_grid_pushes_as_all_pairs_do(spread, tolerance):
    places = spread * np.random.default_rng(1).normal(size=(600, 2))
    slow, slow_total = exact_repulsion(places)
    quick, quick_total = grid_repulsion(places)
    assert np.linalg.norm(quick - slow) <= tolerance * np.linalg.norm(slow)
    assert quick_total == pytest.approx(slow_total, rel=3e-3)


def test_a_layout_keeps_neighbours_that_a_plane_does_not_and_is_always_the_same(some):
    vectors, places = some
    assert kept(vectors, places, k=7) > 0.85
    assert kept(vectors, places, k=7) > kept(vectors, flat(vectors), k=7) + 0.05
    assert np.array_equal(places, lay_out(vectors))


@pytest.mark.parametrize("count", [0, 1, 2, 3, 4, 7])
def test_few_and_equal_items_have_finite_places(count):
    same = np.repeat(kinds(1, 1), count, axis=0)
    for vectors in (same, kinds(1, count) if count else same):
        places = lay_out(vectors)
        assert places.shape == (count, 2)
        assert np.isfinite(places).all()
    if count > 3:
        assert len({tuple(spot) for spot in lay_out(same)}) == count


def test_a_newcomer_stands_among_its_kind_and_never_in_the_water_between(some):
    vectors, places = some
    newcomers = kinds(24, 8, spread=0.4)[::8]
    found = place(newcomers, vectors, places)
    for kind, spot in enumerate(found):
        own = places[8 * kind : 8 * kind + 8]
        assert np.linalg.norm(spot - own.mean(axis=0)) < np.linalg.norm(own - own.mean(axis=0), axis=1).max() + 1
    between = unit((vectors[0] + vectors[8])[None].astype(float))
    gap = np.linalg.norm(places - place(between, vectors, places)[0], axis=1).min()
    assert gap < np.linalg.norm(places[0] - places[8]) / 4
    assert place(newcomers, vectors[:0], places[:0]).tolist() == [[0.0, 0.0]] * 24


def test_islands_are_what_lies_together_and_the_largest_is_first():
    random = np.random.default_rng(0)
    groups = [((0.2, 0.2), 30), ((0.8, 0.7), 50), ((0.2, 0.9), 10)]
    places = np.vstack([np.array(at) + 0.015 * random.normal(size=(count, 2)) for at, count in groups])
    number = islands(places, 0.05)
    assert [set(part) for part in np.split(number, [30, 80])] == [{1}, {0}, {2}]
    assert np.linalg.norm(middle(places[30:80]) - (0.8, 0.7)) < 0.02
    # Nothing comes in over the edge from the other side.
    assert len(set(islands(np.array([[0.0, 0.5], [1.0, 0.5]]), 0.05))) == 2


def test_words_are_those_of_the_path_and_of_short_texts():
    said = words_of(
        "walks/walkTired_02.bvh", ("indoors", 3.5, ("Old Man", "x"), "a sentence that is far too long for a tag")
    )
    assert said == ("walks", "walk", "tired", "indoors", "old", "man")
    assert words_of("03_07.bvh") == ()
    assert words_of("Gehen-Übermütig.bvh") == ("gehen", "übermütig")
    words = count_words([("walk", "left"), ("walk",), ("kick", "left"), ()])
    assert words.vocabulary == ["left", "walk"]
    assert count_words([("all",), ("all",)]).vocabulary == []


def named(names: list[str], nearness: np.ndarray | None = None, said: list[str] | None = None) -> Naming:
    nearness = np.zeros((len(names), 0), dtype=np.float32) if nearness is None else nearness
    return Naming(count_words(words_of(name) for name in names), said or [], nearness)


def test_a_region_is_called_by_what_is_said_there_and_not_elsewhere():
    names = [f"x/kick_left_{n}.bvh" for n in range(5)] + [f"x/walk_slow_{n}.bvh" for n in range(5)]
    names += [f"x/jump_left_{n}.bvh" for n in range(4)] + [f"x/sit_{n}.bvh" for n in range(6)]
    naming = named(names)
    assert naming.name(np.arange(5)) == ("kick left", False)
    assert naming.name(np.arange(5, 10)) == ("walk slow", False)
    assert naming.name(np.array([0, 1, 2, 14, 15, 16])) == ("kick left · sit", False)
    # What all share says nothing, and a side alone is no name.
    assert naming.name(np.arange(20)) == ("", True)
    assert named([f"left_{n}" for n in range(3)] + ["", ""]).name(np.arange(3)) == ("", True)


def test_where_words_say_nothing_a_phrase_does_if_most_look_like_it():
    random = np.random.default_rng(0)
    nearness = 0.1 * random.normal(size=(60, 3)).astype(np.float32) + np.float32([0.5, 0.0, 0.2])
    nearness[:8, 1] += 0.5
    nearness[8, 2] += 5
    naming = named([f"{n:03d}.bvh" for n in range(60)], nearness, ["standing", "waving", "running"])
    assert naming.name(np.arange(8)) == ("waving", True)
    assert naming.name(np.arange(8, 16)) == ("", True), "one of eight runs"
    assert naming.name(np.arange(40)) == ("", True), "no phrase is true of so many"


def test_labels_go_from_wide_to_narrow_and_repeat_nothing():
    random = np.random.default_rng(0)
    groups = [(0.2, 0.2), (0.25, 0.2), (0.8, 0.8)]
    places = np.vstack([np.array(at) + 0.006 * random.normal(size=(12, 2)) for at in groups])
    names = [f"{what}_{n}.bvh" for what in ("wave_left", "wave_right", "run") for n in range(12)]
    labels = label(places, named(names))
    assert [(one.text, one.level) for one in labels] == [
        ("wave", 0),
        ("run", 0),
        ("wave left", 2),
        ("wave right", 2),
    ] or {one.text for one in labels} == {"wave", "run", "wave left", "wave right"}
    texts = [one.text for one in labels]
    assert len(texts) == len(set(texts))
    assert all(0 <= one.x <= 1 and 0 <= one.y <= 1 and one.count >= 3 for one in labels)
    assert label(places[:0], named([])) == []


def test_the_phrases_are_short_and_each_has_a_sentence():
    assert 120 <= len(phrases()) <= 250
    assert all(len(name) <= 30 and sentence for name, sentence in phrases().items())
    assert len(set(phrases().values())) == len(phrases())


class NearKinds(AnyTextEncoder):
    """Motions whose numbers have the same tens look alike."""

    def encode_motion(self, motions):
        ones, tens = super().encode_motion(motions), []
        for motion in motions:
            number = round(float(motion.joints[0, 0, 0]) * 10)
            tens.append(direction(1000 + number // 10))
        return unit(np.array(tens) + 0.5 * ones)


@pytest.fixture
def index(tmp_path):
    for number in range(40):
        write_numbered(tmp_path / "library" / f"kind{'abcd'[number // 10]}" / f"{number:02d}.npz", number)
    with Index.build(tmp_path / "library", tmp_path / "index", NearKinds(), workers=0) as index:
        yield index


def places_of(made: LibraryMap) -> dict[bytes, tuple[float, float]]:
    return {bytes(one): (float(x), float(y)) for one, (x, y) in zip(made.ids, made.places, strict=True)}


def test_who_comes_later_moves_nobody_and_who_goes_vanishes(index, tmp_path):
    first = make_map(Source(index.content))
    assert len(first.ids) == 40
    assert (first.places.min(), first.places.max()) == (pytest.approx(0.03, abs=1e-3), pytest.approx(0.97, abs=1e-3))
    before = places_of(first)
    index.add([numbered_motion(12, name="newcomer")])
    index.remove(["kinda/03.npz"])
    second = make_map(Source(index.content), LibraryMap.from_bytes(first.to_bytes()))
    after = places_of(second)
    assert len(after) == 40
    assert len(set(before) - set(after)) == 1
    assert all(after[one] == before[one] for one in set(before) & set(after))
    (newcomer,) = set(after) - set(before)
    own = np.array(
        [spot for one, spot in zip(Source(index.content).items, second.places, strict=True) if "kindb" in one.item]
    )
    assert np.linalg.norm(np.array(after[newcomer]) - own.mean(axis=0)) < 0.2
    assert second.laid_out == 40


def test_an_item_whose_content_changed_is_placed_anew(index, tmp_path):
    first = make_map(Source(index.content))
    write_numbered(tmp_path / "library" / "kinda" / "03.npz", 33)
    index.close()
    with Index.build(tmp_path / "library", tmp_path / "index", NearKinds(), workers=0) as again:
        second = make_map(Source(again.content), first)
        moved = [
            one.item for one in Source(again.content).items if places_of(first)[_id(one)] != places_of(second)[_id(one)]
        ]
    assert moved == ["kinda/03.npz"]


def _id(item) -> bytes:
    from tmr.search.identifier import identifier

    return bytes.fromhex(identifier(item.item))


def test_all_are_laid_out_anew_when_many_have_come_and_the_order_of_coming_does_not_matter(index, tmp_path):
    with Index.open(tmp_path / "index", NearKinds()) as short:
        small = make_map(Source(short.content))
    index.add([numbered_motion(number, name=f"later {number}") for number in range(40, 65)])
    grown = make_map(Source(index.content), small)
    assert grown.laid_out == 65
    assert places_of(grown) == places_of(make_map(Source(index.content)))
    with Index.open(index.folder, NearKinds()) as reordered:
        segments = reordered.content.segments
        reordered.content.segments = segments[::-1]
        backwards = make_map(Source(reordered.content))
    assert places_of(backwards) == places_of(grown)


def test_another_model_has_another_map(index):
    first = make_map(Source(index.content))
    other = LibraryMap(**{**vars(first), "checkpoint_hash": "e" * 64, "places": first.places[::-1]})
    assert places_of(make_map(Source(index.content), other)) == places_of(first)


def test_a_large_library_is_laid_out_in_part_and_the_rest_placed(index, monkeypatch):
    monkeypatch.setattr("tmr.search.map.making.MOST_LAID_OUT", 25)
    made = make_map(Source(index.content))
    assert len(made.places) == 40
    kinds_of = np.array([one.item[4] for one in Source(index.content).items])
    for kind in "abcd":
        own = made.places[kinds_of == kind]
        others = made.places[kinds_of != kind]
        centre = np.median(own, axis=0)
        assert np.median(np.linalg.norm(own - centre, axis=1)) < np.median(np.linalg.norm(others - centre, axis=1)) / 2


@pytest.mark.parametrize("count", [0, 1, 2, 3])
def test_tiny_libraries_have_maps(tmp_path, count):
    (tmp_path / "library").mkdir()
    for number in range(max(count, 1)):
        write_numbered(tmp_path / "library" / f"{number}.npz", 1)
    with Index.build(tmp_path / "library", tmp_path / "index", AnyTextEncoder(), workers=0) as index:
        if count == 0:
            index.remove(["0.npz"])
        made = make_map(Source(index.content))
        assert LibraryMap.from_bytes(made.to_bytes()).places.shape == (count, 2)
        assert ((made.places >= 0) & (made.places <= 1)).all()
        assert made.labels == []


def test_a_map_comes_back_from_its_file_and_a_broken_file_is_refused(index):
    made = make_map(Source(index.content))
    made = LibraryMap(**{**vars(made), "labels": [Label("é", 1, 0.5, 0.25, 7, True)]})
    content = made.to_bytes()
    back = LibraryMap.from_bytes(content)
    assert back.to_bytes() == content == made.to_bytes()
    assert back.labels == made.labels
    for end in range(0, len(content), 97):
        with pytest.raises(IndexFolderError, match="made anew"):
            LibraryMap.from_bytes(content[:end])
    outside = LibraryMap(**{**vars(made), "places": made.places + np.float32(np.nan)}).to_bytes()
    with pytest.raises(IndexFolderError, match="do not fit together"):
        LibraryMap.from_bytes(outside)


@given(content=st.binary(max_size=300))
@settings(max_examples=50)
def test_no_bytes_at_all_are_more_than_a_broken_map(content):
    with pytest.raises(IndexFolderError):
        LibraryMap.from_bytes(content)


def test_colours_and_filters_are_in_the_order_of_the_map(tmp_path):
    for number in range(12):
        write_numbered(
            tmp_path / "library" / f"{'ab'[number % 2]}" / f"{number:02d}.npz", number, seconds=1 + number % 3
        )
    rows = [f"{'ab'[n % 2]}/{n:02d}.npz,{'xyz'[n % 3]},{n}" for n in range(11)]
    (tmp_path / "library" / "metadata.csv").write_text("\n".join(["file,style,score", *rows, ""]))
    with Index.build(tmp_path / "library", tmp_path / "index", AnyTextEncoder(), workers=0) as index:
        index.remove(["a/00.npz"])
        content = index.content
        names = [item.item for item in Source(content).items]
        style = coloured(content, "style")
        told = [text for text, _ in style.values]
        assert [None if code == NONE else told[code] for code in style.codes] == [
            None if name == "b/11.npz" else "xyz"[int(name[2:4]) % 3] for name in names
        ]
        score = coloured(content, "score")
        assert score.kind == "number"
        assert score.codes[names.index("b/11.npz")] == NONE
        assert score.codes[names.index("a/10.npz")] == STEPS
        assert list(inside(content, "style = 'x'")) == [
            name != "b/11.npz" and int(name[2:4]) % 3 == 0 for name in names
        ]
        assert fields_to_colour_by(content) == ["folder", "score", "seconds", "style"]
        with pytest.raises(TMRError, match="has the field"):
            coloured(content, "colour")


def test_rare_values_share_a_colour(tmp_path):
    for number in range(20):
        write_numbered(tmp_path / "library" / f"folder {min(number, 9)}" / f"{number:02d}.npz", number)
    with Index.build(tmp_path / "library", tmp_path / "index", AnyTextEncoder(), workers=0) as index:
        colouring = coloured(index.content, "folder")
        assert colouring.values[0] == ("folder 9", 11)
        assert len(colouring.values) == 7
        assert (colouring.codes == OTHER).sum() == 3
