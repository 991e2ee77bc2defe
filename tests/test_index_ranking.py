"""The fast ranking equals a slow obvious one, ties and windows included."""

import tracemalloc

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tmr.errors import IndexFolderError
from tmr.search import ranking
from tmr.search.item import Item
from tmr.search.ranking import nearest
from tmr.search.storage.manifest import SegmentEntry
from tmr.search.storage.segment import ROW, Segment, write_segment


def unit(vectors: np.ndarray) -> np.ndarray:
    return (vectors / np.linalg.norm(vectors, axis=-1, keepdims=True)).astype(np.float32)


def make_segment(folder, name, item_names, counts, embeddings, removed=()):
    rows = np.zeros(sum(counts), dtype=ROW)
    rows["item"] = np.repeat(np.arange(len(counts)), counts)
    rows["end_seconds"] = 1
    items = [Item(item, "", "", True, 1.0, 30.0, "somaskel30") for item in item_names]
    entry = write_segment(folder, name, items, len(items), rows, [embeddings])
    return Segment(folder, SegmentEntry(**{**vars(entry), "removed": tuple(removed)}))


def slow_ranking(segments, query, k, all_windows):
    found = []
    for segment in segments:
        for row in range(segment.entry.rows):
            number = int(segment.rows["item"][row])
            if not segment.removed[number]:
                similarity = round(float(segment.embeddings[row].astype(float) @ query.astype(float)), 6)
                found.append((-similarity, segment.item(number).item, row))
    found.sort()
    if not all_windows:
        seen = set()
        found = [match for match in found if not (match[1] in seen or seen.add(match[1]))]
    return found[:k]


@settings(max_examples=25, deadline=None)
@given(st.integers(0, 2**32 - 1), st.integers(1, 12), st.booleans(), st.integers(2, 40))
def test_ranking_equals_the_slow_obvious_one(tmp_path_factory, seed, k, all_windows, block_rows):
    random = np.random.default_rng(seed)
    folder = tmp_path_factory.mktemp("ranking")
    # Few directions, so that there are many exact ties between items and within takes.
    directions = unit(random.normal(size=(6, 256)))
    segments = []
    for number in range(random.integers(1, 4)):
        counts = random.integers(1, 5 if seed % 2 else 2, size=random.integers(1, 20))
        names = [f"{random.integers(10**6):06d}-{number}-{place}" for place in range(len(counts))]
        embeddings = directions[random.integers(0, 6, size=counts.sum())]
        removed = np.flatnonzero(random.random(len(counts)) < 0.2)
        segments.append(make_segment(folder, f"{number:06d}", names, counts, embeddings, removed.tolist()))
    queries = unit(random.normal(size=(3, 256)))
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(ranking, "_BLOCK_ROWS", block_rows)
        results = nearest(segments, queries, k, all_windows=all_windows)
    for query, matches in zip(queries, results, strict=True):
        expected = slow_ranking(segments, query, k, all_windows)
        assert [(match.similarity, match.item.item, match.row) for match in matches] == [
            (pytest.approx(-similarity, abs=1.1e-6), item, row) for similarity, item, row in expected
        ]


def test_thousands_of_equal_motions_are_ranked_by_name_in_bounded_memory(tmp_path, monkeypatch):
    monkeypatch.setattr(ranking, "_SPARE_CANDIDATES", 50)
    monkeypatch.setattr(ranking, "_BLOCK_ROWS", 64)
    count = 1000
    vector = unit(np.ones((1, 256)))
    names = [f"{(number * 389) % count:04d}" for number in range(count)]
    segment = make_segment(tmp_path, "000001", names, [1] * count, np.repeat(vector, count, axis=0))
    [matches] = nearest([segment], vector, 5)
    assert [match.item.item for match in matches] == ["0000", "0001", "0002", "0003", "0004"]


def test_one_query_and_many_get_the_same_answers(tmp_path):
    random = np.random.default_rng(1)
    embeddings = unit(random.normal(size=(500, 256)))
    segment = make_segment(tmp_path, "000001", [str(n) for n in range(500)], [1] * 500, embeddings)
    queries = unit(random.normal(size=(64, 256)))
    together = nearest([segment], queries, 10)
    alone = [nearest([segment], query[None], 10)[0] for query in queries]
    assert [[(m.similarity, m.row) for m in matches] for matches in together] == [
        [(m.similarity, m.row) for m in matches] for matches in alone
    ]


def test_vectors_that_are_no_embeddings_are_found_out(tmp_path):
    broken = np.full((3, 256), np.nan, dtype=np.float32)
    segment = make_segment(tmp_path, "000001", ["a", "b", "c"], [1] * 3, broken)
    with pytest.raises(IndexFolderError, match="not of length 1"):
        nearest([segment], unit(np.ones((1, 256))), 1)


def test_the_memory_does_not_grow_with_the_number_of_queries(tmp_path, monkeypatch):
    monkeypatch.setattr(ranking, "_MOST_QUERIES", 32)
    random = np.random.default_rng(2)
    segment = make_segment(
        tmp_path, "000001", [str(n) for n in range(4000)], [1] * 4000, unit(random.normal(size=(4000, 256)))
    )
    queries = unit(random.normal(size=(256, 256)))
    nearest([segment], queries[:1], 1)
    tracemalloc.start()
    try:
        results = nearest([segment], queries, 1)
        _, most_bytes = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert len(results) == 256
    # All scores together have 4 MB, and looking at them takes as much again.
    assert most_bytes < 3_000_000
