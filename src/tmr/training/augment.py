"""Batches: examples drawn by the mixture, cropped, sped up, jittered and mirrored, from (seed, step) alone."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import DatasetError
from tmr.motion.captions import side_words, swap_sides
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.examples import FPS, Example, Groups
from tmr.training.recipes import TrainConfig


@dataclass(frozen=True, eq=False)
class Row:
    """One pair of a batch: joints as augmented, the sentence, and what tells it from the other rows."""

    joints: Float[np.ndarray, "frame 30 3"]
    text: str
    style: str | None
    action: str
    take: str
    first: int
    last: int
    mirrored: bool


def draw_batch(groups: Groups, config: TrainConfig, max_frames: int, step: int) -> list[Row]:
    """Return the rows of a step: `batch_size` of them, the mirrored twins last.

    Raises:
        DatasetError: If the mixture names a source that the data does not have.
    """
    random = np.random.default_rng([config.seed, step])
    num_twins = round(config.batch_size * config.twin_share)
    sources = source_shares(groups, config.mixture)
    names = random.choice(list(sources), size=config.batch_size - num_twins, p=list(sources.values()))
    rows: list[Row] = []
    for name in names:
        if len(rows) < len(names):
            rows += _draw_rows(groups[name], config, max_frames, random)
    rows = rows[: len(names)]
    # A twin teaches most where the sentence names a side.
    order = sorted(range(len(rows)), key=lambda place: (not side_words(rows[place].text), random.random()))
    return rows + [_mirrored(rows[place]) for place in order[:num_twins]]


def draw_paraphrases(clips: Sequence[Sequence[str]], count: int, seed: int, step: int) -> tuple[list[str], list[str]]:
    """Return two different sentences of each of `count` clips; in half of the pairs left and right are swapped."""
    random = np.random.default_rng([seed, step, 1])
    first, second = [], []
    for place in random.choice(len(clips), size=count, replace=False):
        sentences = clips[int(place)]
        one, other = random.choice(len(sentences), size=2, replace=False)
        pair = sentences[int(one)], sentences[int(other)]
        if random.random() < 0.5:
            pair = swap_sides(pair[0]), swap_sides(pair[1])
        first.append(pair[0])
        second.append(pair[1])
    return first, second


def source_shares(groups: Groups, mixture: Mapping[str, float]) -> dict[str, float]:
    """Return the share of each source of a mixture, summing to 1; those of no share are left out.

    Raises:
        DatasetError: If the mixture names a source that the data does not have, or nothing at all.
    """
    if missing := [name for name, share in mixture.items() if share > 0 and not groups.get(name)]:
        there = sorted(name for name, found in groups.items() if found)
        listed = f"only {', '.join(there)}" if there else "nothing"
        raise DatasetError(
            f"the mixture asks for {', '.join(missing)}, but the data to train on has {listed}; add the packs, "
            f"or say what to draw from with --share, as in --share {there[0] if there else 'NAME'}=1"
        )
    total = sum(mixture.values())
    if total <= 0:
        raise DatasetError("no source has a share over 0; there would be nothing to train on")
    return {name: share / total for name, share in mixture.items() if share > 0}


def _draw_rows(
    groups: Sequence[Sequence[Example]], config: TrainConfig, max_frames: int, random: np.random.Generator
) -> list[Row]:
    """Return the row of an example, or the two rows of a joined one."""
    weights = np.array([group[0].weight for group in groups])
    group = groups[int(random.choice(len(groups), p=weights / weights.sum()))]
    example = group[int(random.integers(len(group)))]
    examples = [example] if example.other_order is None else [example, example.other_order]
    rows = [_augment(example, config, max_frames, random) for example in examples]
    return [_mirrored(row) for row in rows] if random.random() < 0.5 else rows


def _augment(example: Example, config: TrainConfig, max_frames: int, random: np.random.Generator) -> Row:
    sentence = example.sentences[int(random.integers(len(example.sentences)))]
    length = example.last - example.first
    longest = min(length, max_frames)
    shortest = max(1, int(config.crop_share * longest))
    frames = int(random.integers(shortest, longest + 1))
    first = example.first + int(random.integers(0, length - frames + 1))
    joints = _change_speed(example.joints[first : first + frames], 1 + config.speed_change * random.uniform(-1, 1))
    joints = joints[:max_frames] + random.normal(0, config.joint_noise_metres, size=(1, 30, 3)).astype(np.float32)
    return Row(joints, sentence.text, sentence.style, example.action, example.take, first, first + frames, False)


def _change_speed(joints: Float[np.ndarray, "frame 30 3"], speed: float) -> Float[np.ndarray, "new_frame 30 3"]:
    count = max(1, round(len(joints) / speed))
    times = np.linspace(0, len(joints) - 1, count)
    low = np.floor(times).astype(int)
    high = np.minimum(low + 1, len(joints) - 1)
    share = (times - low).astype(np.float32)[:, None, None]
    return joints[low] * (1 - share) + joints[high] * share


def _mirrored(row: Row) -> Row:
    motion = mirror(Motion(row.joints, float(FPS), built_in_skeleton("somaskel30")))
    return replace(
        row, joints=motion.joints, text=swap_sides(row.text), action=swap_sides(row.action), mirrored=not row.mirrored
    )


def same_content(rows: Sequence[Row]) -> Bool[np.ndarray, "item item"]:
    """Return which rows show the same: the same action in the same or an untold style, or the same moment of a take."""
    result = np.zeros((len(rows), len(rows)), dtype=bool)
    for i, a in enumerate(rows):
        for j, b in enumerate(rows[:i]):
            untold = a.style is None or b.style is None
            labels = a.action != "" and a.action == b.action and (untold or a.style == b.style)
            moment = a.take == b.take and a.mirrored == b.mirrored and a.first < b.last and b.first < a.last
            result[i, j] = result[j, i] = labels or moment
    return result


def other_orders(rows: Sequence[Row]) -> Bool[np.ndarray, "item item"]:
    """Return which rows are two motions joined in one order and in the other: these are never the same."""
    parts = [row.take.split(" + ") for row in rows]
    return np.array([[len(a) == 2 and a == b[::-1] for b in parts] for a in parts])
