"""Windows, groups by length, padding."""

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from tmr.model.batch import batches_by_length, pad, unit, windows


@given(num_frames=st.integers(1, 5000), max_frames=st.integers(1, 400))
def test_windows_cover_a_motion_and_are_whole(num_frames: int, max_frames: int) -> None:
    found = windows(num_frames, max_frames)
    covered = np.zeros(num_frames, dtype=bool)
    for first, end in found:
        assert 0 <= first < end <= num_frames
        assert end - first == min(max_frames, num_frames)
        covered[first:end] = True
    assert covered.all()
    assert found == sorted(set(found))


def test_windows_overlap_by_half() -> None:
    assert windows(300, 300) == [(0, 300)]
    assert windows(301, 300) == [(0, 300), (1, 301)]
    assert windows(600, 300) == [(0, 300), (150, 450), (300, 600)]


@given(lengths=st.lists(st.integers(1, 300), max_size=100), batch_size=st.integers(1, 20))
def test_groups_hold_everything_once_and_little_padding(lengths: list[int], batch_size: int) -> None:
    groups = list(batches_by_length(lengths, batch_size))
    assert sorted(place for group in groups for place in group) == list(range(len(lengths)))
    for group in groups:
        members = [lengths[place] for place in group]
        assert 1 <= len(group) <= batch_size
        assert 2 * min(members) >= max(members)


def test_padding_is_zero_and_masked() -> None:
    padded, mask = pad([np.ones((2, 3), dtype=np.float32), np.ones((4, 3), dtype=np.float32)])
    assert padded.shape == (2, 4, 3)
    assert padded.dtype == np.float32
    np.testing.assert_array_equal(mask, [[True, True, False, False], [True] * 4])
    np.testing.assert_array_equal(padded.sum(axis=2), 3.0 * mask)


def test_unit_vectors_and_zero() -> None:
    vectors = unit(np.array([[3, 4], [0, 0]], dtype=np.float32))
    np.testing.assert_allclose(vectors, [[0.6, 0.8], [0, 0]], rtol=1e-6)
