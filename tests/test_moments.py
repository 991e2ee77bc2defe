"""Moments of long takes: one peak is one moment, several lengths of windows vote, and one file is searched alone."""

import json
from itertools import combinations, islice, pairwise

import numpy as np
import pytest

from command_line import save_small_model, tmr
from fake_encoder import FakeEncoder, numbered_motion, write_numbered
from tmr.errors import MotionFileError, TMRError
from tmr.search.index import Index
from tmr.search.mix import Like
from tmr.search.moments import find_moments
from tmr.search.windows import WindowSettings
from tmr.search.within import moments_within

SETTINGS = WindowSettings()


def like_spans(bounds, spans):
    """Similarities as a model gives them: the larger, the more of a window and of a span is shared."""
    starts, ends = bounds
    best = np.zeros(len(starts))
    for place, (start, end) in enumerate(spans):
        together = np.maximum(np.minimum(ends, end) - np.maximum(starts, start), 0)
        best = np.maximum(best, (0.7 - 0.2 * place) * together / (ends - starts + end - start - together))
    return best


def overlap(moment, span):
    together = max(min(moment.end_seconds, span[1]) - max(moment.start_seconds, span[0]), 0)
    return together / (moment.end_seconds - moment.start_seconds + span[1] - span[0] - together)


@pytest.mark.parametrize("length", [2.0, 3.0, 4.0, 6.0, 8.0])
@pytest.mark.parametrize("start", [0.0, 11.3, 33.1])
def test_moments_of_any_length_are_found_where_they_are(start, length):
    bounds = np.array(SETTINGS.bounds(60.0, 30.0)).T
    spans = [(start, start + length), (45.0, 45.0 + length)]
    moments = list(islice(find_moments(*bounds, like_spans(bounds, spans)), 5))
    assert overlap(moments[0], spans[0]) > 0.6
    # What is weaker may come after the flanks of what is stronger.
    assert max(overlap(moment, spans[1]) for moment in moments[1:]) > 0.6
    # The old rule could not have done so: windows of 10 seconds only.
    coarse = np.array(WindowSettings(10.0, 5.0, ()).bounds(60.0, 30.0)).T
    [moment] = islice(find_moments(*coarse, like_spans(coarse, spans)), 1)
    assert overlap(moment, spans[0]) < 0.81


def test_moments_lie_in_the_take_come_best_first_and_end():
    bounds = np.array(SETTINGS.bounds(61.7, 30.0)).T
    similarities = np.random.default_rng(0).uniform(-0.2, 0.5, len(bounds[0]))
    moments = list(find_moments(*bounds, similarities))
    assert 6 <= len(moments) <= len(bounds[0])
    assert [moment.similarity for moment in moments] == sorted((m.similarity for m in moments), reverse=True)
    assert moments[0].window == similarities.argmax()
    assert all(0 <= moment.start_seconds < moment.end_seconds <= 61.71 for moment in moments)


def test_one_place_is_one_moment():
    # What lasts 4 seconds is shown by windows of 2.5 seconds at its beginning and at its end, about as well.
    starts, ends = np.array(SETTINGS.bounds(40.0, 30.0)).T
    inside = (starts >= 12.0) & (ends <= 17.8)
    similarities = np.where(inside, 0.8 - 0.01 * (starts - 12.0), 0.1)
    similarities[(ends - starts > 4) & inside] = 0.6
    assert (similarities > 0.75).sum() >= 3
    moments = list(find_moments(starts, ends, similarities))
    assert len(moments) > 3
    for one, other in combinations(moments, 2):
        together = min(one.end_seconds, other.end_seconds) - max(one.start_seconds, other.start_seconds)
        lengths = (moment.end_seconds - moment.start_seconds for moment in (one, other))
        assert together <= 0.5 * min(lengths) + 1e-9


def test_windows_of_one_length_stay_as_they_are():
    bounds = np.array(WindowSettings(10.0, 5.0, ()).bounds(42.0, 30.0)).T
    for moment in find_moments(*bounds, np.linspace(0.1, 0.2, len(bounds[0]))):
        assert (moment.start_seconds, moment.end_seconds) == (bounds[0][moment.window], bounds[1][moment.window])


@pytest.fixture
def index(tmp_path):
    # Drifts a metre a second, so that the window that starts at second s is number 100 + 10 s.
    write_numbered(tmp_path / "library" / "long.npz", 100, seconds=60, drift=1.0)
    write_numbered(tmp_path / "library" / "short.npz", 7)
    return Index.build(tmp_path / "library", tmp_path / "index", FakeEncoder(), workers=0)


def test_a_take_is_one_hit_by_default_and_several_when_asked(index):
    assert len(index.search("number 300", k=9)) == 2
    hits = [hit for hit in index.search("number 300", k=9, moments=4) if hit.item == "long.npz"]
    assert len(hits) == 4
    assert hits[0].start_seconds == pytest.approx(20.0, abs=0.1)
    assert hits[0].similarity == pytest.approx(1.0)
    similarities = [hit.similarity for hit in index.search("number 300", k=9, moments=4)]
    assert similarities == sorted(similarities, reverse=True)
    assert [hit.rank for hit in index.search("number 300", k=2, offset=2, moments=4)] == [3, 4]
    assert index.search("number 300", k=2, offset=2, moments=4) == index.search("number 300", k=4, moments=4)[2:]


def test_a_hit_leads_to_what_is_like_it(index):
    hit = index.search("number 300", k=1)[0]
    found = index.search(Like(hit.item, hit.start_seconds, hit.end_seconds), k=1)[0]
    assert (found.item, found.start_seconds) == (hit.item, pytest.approx(hit.start_seconds, abs=0.5))


@pytest.mark.parametrize(
    ("lengths", "hop", "message"),
    [
        ((), None, "no length"),
        ((10, 12), None, "at most 10"),
        ((10, 0.2), None, r"0\.5 to under"),
        ((9, 8, 7, 6, 5, 4, 3), None, "7 lengths"),
        ((10, 5), 11, "hop"),
        ((float("nan"), 5.0), None, "seconds"),
    ],
)
def test_lengths_of_no_use_are_told(lengths, hop, message):
    with pytest.raises(TMRError, match=message):
        WindowSettings.of(lengths, hop)


def test_lengths_are_kept_and_another_choice_is_told(tmp_path):
    write_numbered(tmp_path / "library" / "long.npz", 100, seconds=23, drift=1.0)
    build = {"source": tmp_path / "library", "folder": tmp_path / "index", "model": FakeEncoder(), "workers": 0}
    index = Index.build(**build, window_seconds=[4.0, 8.0], hop_seconds=2.0)
    assert index.settings == WindowSettings(8.0, 2.0, (4.0,))
    assert Index.build(**build).settings == index.settings
    assert len(Index.build(**build, window_seconds=(8, 4)).report.unchanged) == 1
    with pytest.raises(TMRError, match="windows of 8 and 4 seconds, not 8"):
        Index.build(**build, window_seconds=8.0)


def test_every_frame_is_in_a_window_of_every_length():
    for seconds in (10.03, 11.0, 25.0, 61.77):
        bounds = SETTINGS.bounds(seconds, 30.0)
        for length in (10.0, 5.0, 2.5):
            some = [(start, end) for start, end in bounds if end - start == pytest.approx(length, abs=0.02)]
            assert some[0][0] == 0.0
            assert some[-1][1] == pytest.approx(seconds, abs=0.02)
            assert all(later[0] <= earlier[1] for earlier, later in pairwise(some))
    assert SETTINGS.bounds(10.0, 30.0) == [(0.0, 10.0)]


def test_one_motion_is_searched_without_an_index(tmp_path):
    motion = numbered_motion(100, seconds=40, drift=1.0)
    moments = moments_within(motion, ["number 300", "number 100"], 3, model=FakeEncoder())
    assert [len(some) for some in moments] == [3, 3]
    assert moments[0][0].start_seconds == pytest.approx(20.0, abs=0.1)
    assert moments[1][0].start_seconds == pytest.approx(0.0, abs=0.1)
    [[whole]] = moments_within(numbered_motion(3), ["number 3"], model=FakeEncoder())
    assert (whole.start_seconds, whole.end_seconds) == (0.0, 1.0)
    with pytest.raises(TMRError, match="there is no item 'x'"):
        moments_within(motion, [Like("x")], model=FakeEncoder())
    with pytest.raises(TMRError, match="0 moments"):
        moments_within(motion, ["number 1"], 0, model=FakeEncoder())
    (tmp_path / "bad.bvh").write_text("HIERARCHY")
    with pytest.raises(MotionFileError):
        moments_within(tmp_path / "bad.bvh", ["number 1"], model=FakeEncoder())


def test_the_command_line_finds_moments_in_a_file(tmp_path):
    model = save_small_model(tmp_path / "model")
    file = write_numbered(tmp_path / "long.npz", 3, seconds=24, drift=0.5)
    run = tmr("search", "--within", file, "sits down", "--model", model, "-k", "3", "--json")
    assert run.status == 0, run.err
    answer = json.loads(run.out)
    assert answer["text"] == "sits down"
    assert [moment["rank"] for moment in answer["moments"]] == [1, 2, 3]
    run = tmr("search", "--within", tmp_path / "none.bvh", "sits down", "--model", model)
    assert (run.status, len(run.err.splitlines())) == (1, 1)
    run = tmr("search", "--within", file, "sits down", "--where", "seconds > 1")
    assert run.status == 2
