"""The demo library: exact bones, planted feet, smooth curves, and labels that are true of the motion."""

import itertools
from collections import Counter

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from curves import count_above
from tmr.motion.procedural import DEMO_QUERIES, LabelledMotion, procedural_library
from tmr.motion.procedural.body import Take, mirrored, then
from tmr.motion.procedural.curves import bump, ease, flight, glide, keys
from tmr.motion.procedural.gestures import wave
from tmr.motion.procedural.legs import kick, squat
from tmr.motion.procedural.library import ENTRIES
from tmr.motion.procedural.solve import SKELETON, solve

VARIATIONS = 2
SIDES = ("left", "right")
REST = np.asarray(SKELETON.rest, dtype=float)
PARENTS = np.array(SKELETON.parents)
BASE = [entry.name for entry in ENTRIES]


@pytest.fixture(scope="module")
def library() -> dict[str, LabelledMotion]:
    return {item.name: item for item in procedural_library(variations=VARIATIONS)}


def takes(name: str) -> list[str]:
    """Return the names of all variations of a motion."""
    return [name, *(f"{name}_{number:02d}" for number in range(1, VARIATIONS))]


def joint(item: LabelledMotion, name: str) -> np.ndarray:
    return item.motion.joints[:, SKELETON.index(name)].astype(float)


def limb(item: LabelledMotion, side: str, part: str) -> np.ndarray:
    return joint(item, side.capitalize() + part)


def speed_of(item: LabelledMotion) -> float:
    """Return how fast the hips travel over the floor in the middle third, in metres per second."""
    hips = joint(item, "Hips")[:, [0, 2]]
    third = len(hips) // 3
    return float(np.linalg.norm(np.diff(hips[third : 2 * third], axis=0), axis=1).mean() * item.motion.fps)


def facing(item: LabelledMotion) -> np.ndarray:
    """Return where the hips face, in unwrapped degrees to the left of +z."""
    across = limb(item, "left", "Leg") - limb(item, "right", "Leg")
    return np.degrees(np.unwrap(np.arctan2(-across[:, 2], across[:, 0])))


def towards(item: LabelledMotion, side: str) -> float:
    """Return how far the motion ends to one side of where it faced at first, in metres."""
    hips, angle = joint(item, "Hips"), np.radians(facing(item)[0])
    gone = hips[-1] - hips[0]
    left = gone[0] * np.cos(angle) - gone[2] * np.sin(angle)
    return float(left if side == "left" else -left)


def ahead(item: LabelledMotion) -> np.ndarray:
    """Return how far the hips have come in the direction first faced, in metres."""
    gone, angle = joint(item, "Hips") - joint(item, "Hips")[0], np.radians(facing(item)[0])
    return gone[:, 0] * np.sin(angle) + gone[:, 2] * np.cos(angle)


# What is in the library


def test_library_is_large_and_every_item_is_complete(library: dict[str, LabelledMotion]) -> None:
    assert len(BASE) >= 60
    assert len(set(BASE)) == len(BASE)
    assert set(library) == set(itertools.chain.from_iterable(takes(name) for name in BASE))
    for item in library.values():
        assert item.motion.name == item.name
        assert item.motion.fps == 30
        assert item.motion.skeleton is SKELETON
        assert 2 <= item.motion.seconds <= 9
        assert item.planted.shape == (item.motion.num_frames, 2)
        assert 3 <= len(item.captions) <= 6
        assert item.labels["action"]
        assert item.labels["side"] in {"left", "right", "both", ""}


def test_no_caption_is_used_twice() -> None:
    captions = Counter(caption for entry in ENTRIES for caption in entry.captions)
    assert [caption for caption, times in captions.items() if times > 1] == []


def test_sided_captions_say_the_side(library: dict[str, LabelledMotion]) -> None:
    for item in library.values():
        if item.name.startswith("kneel_and_rise"):
            continue  # which knee does not matter to what people say
        if item.labels["side"] in SIDES:
            for caption in item.captions:
                assert item.labels["side"] in caption, item.name
        assert "{" not in "".join((*item.captions, *(str(value) for value in item.labels.values())))


def test_demo_queries_are_eight_new_sentences_with_known_answers() -> None:
    captions = {caption for entry in ENTRIES for caption in entry.captions}
    assert len(DEMO_QUERIES) == 8
    for query, names in DEMO_QUERIES:
        assert query not in captions
        assert names
        assert set(names) <= set(BASE)


def test_same_seed_same_library_and_another_seed_another(library: dict[str, LabelledMotion]) -> None:
    again, another = procedural_library(0), procedural_library(1)
    for same, changed in zip(again, another, strict=True):
        first = library[same.name].motion.joints
        assert np.array_equal(first, same.motion.joints)  # also: it does not matter how many variations follow
        assert not np.array_equal(first, changed.motion.joints)


def test_variations_differ_in_time_and_heading(library: dict[str, LabelledMotion]) -> None:
    lengths = [[library[take].motion.num_frames for take in takes(name)] for name in BASE]
    assert np.mean([first != second for first, second in lengths]) > 0.8
    assert np.std([facing(library[takes(name)[1]])[0] for name in BASE]) > 60


# How it moves


def test_bone_lengths_are_exact(library: dict[str, LabelledMotion]) -> None:
    expected = np.linalg.norm(REST - REST[np.maximum(PARENTS, 0)], axis=1)
    for item in library.values():
        joints = item.motion.joints.astype(float)
        lengths = np.linalg.norm(joints - joints[:, np.maximum(PARENTS, 0)], axis=2)
        assert np.abs(lengths - expected)[:, 1:].max() < 1e-5, item.name


def test_nothing_goes_through_the_floor(library: dict[str, LabelledMotion]) -> None:
    for item in library.values():
        assert item.motion.joints[..., 1].min() > -0.005, item.name


def test_standing_feet_stand_on_the_floor(library: dict[str, LabelledMotion]) -> None:
    for item in library.values():
        for column, side in enumerate(SIDES):
            heights = limb(item, side, "ToeBase")[item.planted[:, column], 1]
            if item.labels["action"] != "stairs" and len(heights):
                assert np.abs(heights - 0.03).max() < 0.02, item.name


def test_planted_feet_do_not_slide(library: dict[str, LabelledMotion]) -> None:
    for item in library.values():
        assert item.planted.any(axis=0).all(), item.name
        for column, side in enumerate(SIDES):
            toes, stands = limb(item, side, "ToeBase")[:, [0, 2]], item.planted[:, column]
            metres_per_second = np.linalg.norm(np.diff(toes, axis=0), axis=1) * item.motion.fps
            assert (metres_per_second[stands[1:] & stands[:-1]] < 0.01).all(), item.name


def test_motion_is_smooth(library: dict[str, LabelledMotion]) -> None:
    trunk = [SKELETON.index(name) for name in ("Hips", "Chest", "Neck1", "Head")]
    for item in library.values():
        change = np.diff(item.motion.joints.astype(float), 2, axis=0) * item.motion.fps**2
        acceleration = np.linalg.norm(change, axis=2)
        assert acceleration.max() < 220, item.name  # the finger tips of a punch
        assert acceleration[:, trunk].max() < 80, item.name


def test_knees_bend_forward(library: dict[str, LabelledMotion]) -> None:
    for item in library.values():
        for side in SIDES:
            hip, knee, ankle, toe = (limb(item, side, part) for part in ("Leg", "Shin", "Foot", "ToeBase"))
            along = (ankle - hip) / np.linalg.norm(ankle - hip, axis=1, keepdims=True)
            out = (knee - hip) - along * np.sum((knee - hip) * along, axis=1, keepdims=True)
            shin, foot = ankle - knee, toe - ankle
            # Seen from the side, the shin turns back from the thigh, and the foot turns forward from the shin.
            assert np.sum(np.cross(knee - hip, shin) * np.cross(shin, foot), axis=1).max() < 1e-3, item.name
            assert np.linalg.norm(out, axis=1).max() < 0.43


def test_sides_are_mirror_images(library: dict[str, LabelledMotion]) -> None:
    checked = 0
    for name in BASE:
        if name.endswith("_left"):
            left, right = library[name], library[name.removesuffix("left") + "right"]
            for part in ("Hand", "Foot", "ForeArm", "Shin"):
                seen_in_mirror = limb(right, "right", part) * np.array([-1, 1, 1])
                assert np.abs(limb(left, "left", part) - seen_in_mirror).max() < 0.09, (name, part)
            checked += 1
    assert checked > 15


# What is true of it


@pytest.mark.parametrize("side", SIDES)
@pytest.mark.parametrize("name", ["wave", "raise_arm", "point", "drink", "throw", "punch", "wipe"])
def test_the_labelled_hand_is_the_one_that_rises(library: dict[str, LabelledMotion], name: str, side: str) -> None:
    for take in takes(f"{name}_{side}"):
        item = library[take]
        other = "right" if side == "left" else "left"
        body = joint(item, "Chest")
        far, near = (np.linalg.norm(limb(item, which, "Hand") - body, axis=1).max() for which in (side, other))
        high, low = (limb(item, which, "Hand")[:, 1].max() for which in (side, other))
        assert far > near + 0.02 or high > low + 0.1, take


@pytest.mark.parametrize("side", SIDES)
def test_the_labelled_foot_kicks_forward_and_high(library: dict[str, LabelledMotion], side: str) -> None:
    for take in takes(f"kick_{side}"):
        item = library[take]
        other = "right" if side == "left" else "left"
        assert limb(item, side, "Foot")[:, 1].max() > 0.5
        assert limb(item, other, "Foot")[:, 1].max() < 0.15
        peak = int(limb(item, side, "Foot")[:, 1].argmax())
        angle = np.radians(facing(item)[0])
        out = (limb(item, side, "Foot") - joint(item, "Hips"))[peak]
        assert out[0] * np.sin(angle) + out[2] * np.cos(angle) > 0.5


@pytest.mark.parametrize(("name", "count"), [("squat", 1), ("squat_three_times", 3)])
def test_squats_are_counted(library: dict[str, LabelledMotion], name: str, count: int) -> None:
    for take in takes(name):
        assert library[take].labels["count"] == count
        assert count_above(-joint(library[take], "Hips")[:, 1], -0.75) == count


@pytest.mark.parametrize(("name", "count"), [("jump", 1), ("jump_twice", 2), ("jump_three_times", 3)])
def test_jumps_are_counted(library: dict[str, LabelledMotion], name: str, count: int) -> None:
    for take in takes(name):
        toes = np.minimum(limb(library[take], "left", "ToeBase")[:, 1], limb(library[take], "right", "ToeBase")[:, 1])
        assert library[take].labels["count"] == count
        assert count_above(toes, 0.08) == count


@pytest.mark.parametrize("side", SIDES)
def test_hops_are_counted_on_one_leg(library: dict[str, LabelledMotion], side: str) -> None:
    for take in takes(f"hop_{side}"):
        item = library[take]
        both = np.minimum(limb(item, "left", "ToeBase")[:, 1], limb(item, "right", "ToeBase")[:, 1])
        assert count_above(both, 0.07) == 3
        hopping, free = (item.planted[:, SIDES.index(which)] for which in (side, "right" if side == "left" else "left"))
        assert hopping.mean() > free.mean()


def test_jumping_jacks_are_counted(library: dict[str, LabelledMotion]) -> None:
    for take in takes("jumping_jacks"):
        item = library[take]
        assert count_above(limb(item, "left", "Hand")[:, 1], 1.55) == item.labels["count"]


def test_speeds_are_in_order(library: dict[str, LabelledMotion]) -> None:
    order = ["walk_slow", "walk", "walk_fast", "jog", "run", "sprint"]
    speeds = [[speed_of(library[take]) for take in takes(name)] for name in order]
    for slower, faster in itertools.pairwise(speeds):
        assert max(slower) < min(faster)
    for take in takes("run_on_the_spot"):
        assert speed_of(library[take]) < 0.15


def test_runs_fly_and_walks_do_not(library: dict[str, LabelledMotion]) -> None:
    for name, flies in (("walk", False), ("walk_fast", False), ("jog", True), ("run", True), ("sprint", True)):
        for take in takes(name):
            item = library[take]
            low = np.minimum(limb(item, "left", "ToeBase")[:, 1], limb(item, "right", "ToeBase")[:, 1])
            ankles = np.minimum(limb(item, "left", "Foot")[:, 1], limb(item, "right", "Foot")[:, 1])
            assert bool((np.minimum(low, ankles - 0.05) > 0.035).any()) is flies, take


@pytest.mark.parametrize(("name", "degrees"), [("turn", 90), ("turn_around", 180), ("walk_turning", 90)])
@pytest.mark.parametrize("side", SIDES)
def test_turns_go_to_the_labelled_side(
    library: dict[str, LabelledMotion], name: str, degrees: float, side: str
) -> None:
    for take in takes(f"{name}_{side}"):
        angle = facing(library[take])
        turned = angle[-1] - angle[0]
        assert turned == pytest.approx(degrees if side == "left" else -degrees, abs=4)


@pytest.mark.parametrize("side", SIDES)
def test_circles_and_side_steps_go_to_the_labelled_side(library: dict[str, LabelledMotion], side: str) -> None:
    sign = 1 if side == "left" else -1
    for take in (*takes(f"walk_circle_{side}"), *takes(f"run_circle_{side}")):
        angle = facing(library[take])
        assert (angle[-1] - angle[0]) * sign == pytest.approx(360, abs=4)
    for take in takes(f"side_steps_{side}"):
        assert towards(library[take], side) > 0.8
        assert abs(ahead(library[take])[-1]) < 0.1
    for take in takes(f"jump_sideways_{side}"):
        assert towards(library[take], side) > 0.4


def test_forward_is_forward_and_backward_is_backward(library: dict[str, LabelledMotion]) -> None:
    for name in BASE:
        for take in takes(name):
            item = library[take]
            if item.labels.get("direction") == "forward" and item.labels["action"] in {"walk", "run", "march"}:
                assert ahead(item)[-1] > 0.8, take
            if item.labels.get("direction") == "backward":
                assert ahead(item)[-1] < -1.5, take


def test_heights_tell_what_is_on_the_floor(library: dict[str, LabelledMotion]) -> None:
    for name, low, high in (("lie_down", 0.0, 0.2), ("sit_on_floor", 0.0, 0.25), ("sit_down", 0.45, 0.6)):
        for take in takes(name):
            hips = joint(library[take], "Hips")[:, 1]
            assert hips[0] > 0.95
            assert low < hips[-1] < high, take
    for take in (*takes("get_up"), *takes("stand_up")):
        assert joint(library[take], "Hips")[-1, 1] > 0.95
    for take in takes("crawl"):
        assert joint(library[take], "Head")[:, 1].max() < 0.9
        assert ahead(library[take])[-1] > 1
    for take in takes("stairs"):
        assert joint(library[take], "Hips")[-1, 1] - joint(library[take], "Hips")[0, 1] == pytest.approx(
            0.825, abs=0.05
        )


@pytest.mark.parametrize("side", SIDES)
def test_the_labelled_knee_and_leg(library: dict[str, LabelledMotion], side: str) -> None:
    other = "right" if side == "left" else "left"
    for take in takes(f"kneel_{side}"):
        assert limb(library[take], side, "Shin")[-1, 1] < 0.12 < limb(library[take], other, "Shin")[-1, 1]
    for take in takes(f"knee_raise_{side}"):
        assert limb(library[take], side, "Shin")[:, 1].max() > limb(library[take], other, "Shin")[:, 1].max() + 0.2
    for take in takes(f"balance_{side}"):
        assert limb(library[take], other, "Foot")[:, 1].max() > 0.3 > limb(library[take], side, "Foot")[:, 1].max()
    for take in takes(f"pick_up_{side}"):
        assert limb(library[take], side, "Hand")[:, 1].min() < 0.25 < limb(library[take], other, "Hand")[:, 1].min()


def test_one_thing_comes_after_another(library: dict[str, LabelledMotion]) -> None:
    for name, hand in (
        ("walk_then_wave_left", "left"),
        ("walk_then_wave_right", "right"),
        ("wave_then_walk", "right"),
    ):
        for take in takes(name):
            item = library[take]
            waves = np.flatnonzero(limb(item, hand, "Hand")[:, 1] > joint(item, "Neck1")[:, 1])
            come = ahead(item) / ahead(item)[-1]
            walks = np.flatnonzero((come > 0.1) & (come < 0.9))
            early, late = (waves, walks) if name == "wave_then_walk" else (walks, waves)
            assert early.max() < late.min(), take
    for take in takes("squat_then_jump"):
        hips = joint(library[take], "Hips")[:, 1]
        assert hips.argmin() < hips.argmax()


# The pieces


@given(st.lists(st.tuples(st.floats(0.1, 2), st.floats(-5, 5)), min_size=2, max_size=6))
def test_keys_meet_their_values_and_do_not_overshoot(pieces: list[tuple[float, float]]) -> None:
    at = np.cumsum([piece[0] for piece in pieces])
    values = [piece[1] for piece in pieces]
    points = list(zip(at.tolist(), values, strict=True))
    assert np.allclose(keys(at, *points), values)
    curve = keys(np.linspace(0, 14, 700), *points)
    assert curve.min() >= min(values) - 1e-9
    assert curve.max() <= max(values) + 1e-9


@pytest.mark.parametrize(
    "curve",
    [
        lambda t: ease(t - 0.5),
        lambda t: glide(t - 0.5),
        lambda t: bump(t, 0.3, 1.4, 0.4),
        lambda t: keys(t, (0.2, 0.0), (0.6, 0.7), (1.1, 1.0), (1.8, -0.3)),
        lambda t: flight(t, (0.2, 0, 0, 0), (0.9, 0.1, 2.0, -9.81), (1.3, 0.1, -2.0, -9.81), (1.8, 0, 0, 0)),
    ],
    ids=["ease", "glide", "bump", "keys", "flight"],
)
def test_curves_are_smooth_to_the_second_derivative(curve) -> None:
    coarse, fine = (np.gradient(np.gradient(curve(t), t), t) for t in (np.linspace(0, 2, n) for n in (1001, 4001)))
    # A jump of the second derivative keeps its height as the steps get finer; a smooth curve's steps shrink.
    assert np.abs(np.diff(fine[8:-8])).max() < 0.5 * np.abs(np.diff(coarse[4:-4])).max()


def test_mirrored_twice_is_the_same() -> None:
    plain, twice = solve(kick(Take())), solve(mirrored(mirrored(kick(Take()))))
    assert np.allclose(plain, twice)


def test_then_begins_the_second_where_the_first_ends() -> None:
    first, second = squat(Take()), wave(Take())
    frames = first.num_frames
    joined = then(first, second)
    assert joined.num_frames == frames + wave(Take()).num_frames - 1
    step = np.linalg.norm(np.diff(solve(joined)[frames - 5 : frames + 5], axis=0), axis=2)
    assert step.max() < 0.02
