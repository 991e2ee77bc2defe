"""Batches: examples drawn by the mixture, cropped, sped up, jittered and mirrored, from (seed, step) alone."""

from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Bool, Float, Int

from tmr.errors import DatasetError
from tmr.motion.captions import SUBJECTS, side_words, swap_sides, without_sides
from tmr.motion.mirror import mirror
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton
from tmr.motion.vary import vary_body
from tmr.training.examples import FPS, Example, Groups, Sentence, change_speed
from tmr.training.fragments import fragments
from tmr.training.recipes import TrainConfig

_ANYBODY = tuple(f"{subject} " for subject in SUBJECTS if subject)


@dataclass(frozen=True, eq=False)
class Cut:
    """How a row's joints are made of a clip; making them waits until they are needed, and by whom.

    Args:
        joints: The whole clip on SOMA-30 at 30 fps, metres.
        first: First frame of the crop.
        last: One past its last frame.
        speed: How many times as fast it is played.
        max_frames: What is longer after that is cut off.
        offset: Added to each joint in every frame, metres.
        body: Seed of another body, as which the clip comes back (`tmr.motion.vary`); None leaves the body as it is.
    """

    joints: Float[np.ndarray, "frame 30 3"]
    first: int
    last: int
    speed: float
    max_frames: int
    offset: Float[np.ndarray, "1 30 3"]
    body: int | None = None

    @property
    def num_frames(self) -> int:
        """How many frames the row has."""
        return min(max(1, round((self.last - self.first) / self.speed)), self.max_frames)

    def make(self) -> Float[np.ndarray, "new_frame 30 3"]:
        """Return the joints, metres."""
        joints = change_speed(self.joints[self.first : self.last], self.speed)[: self.max_frames]
        if self.body is not None:
            joints = vary_body(joints, np.random.default_rng(self.body))
        return joints + self.offset


@dataclass(frozen=True, eq=False)
class Row:
    """One pair of a batch: how its joints are made, the sentence, and what tells it from the other rows.

    `rival` is the take of the row that it is most easily taken for, or empty.
    """

    cut: Cut
    text: str
    style: str | None
    action: str
    take: str
    first: int
    last: int
    mirrored: bool
    rival: str = ""

    @property
    def joints(self) -> Float[np.ndarray, "frame 30 3"]:
        """The joints as augmented, metres; made anew at each call."""
        joints = self.cut.make()
        if not self.mirrored:
            return joints
        return mirror(Motion(joints, float(FPS), built_in_skeleton("somaskel30"))).joints


class Sampler:
    """Draws the rows of a step by the mixture, from (seed, step) alone.

    Args:
        groups: What there is to draw from.
        config: The mixture, the twins and how rows are augmented.
        max_frames: The longest row.

    Raises:
        DatasetError: If the mixture names a source that the data does not have.
    """

    def __init__(self, groups: Groups, config: TrainConfig, max_frames: int) -> None:
        self._config, self._max_frames = config, max_frames
        self._shares = source_shares(groups, config.mixture)
        self._groups = {name: groups[name] for name in self._shares}
        # A row is drawn in the logarithm of the number of groups, not by walking through all of them.
        self._ends = {name: _cumulative_weights(found) for name, found in self._groups.items()}

    def rows(self, step: int) -> list[Row]:
        """Return the rows of a step: `batch_size` of them, the mirrored twins last."""
        config, random = self._config, np.random.default_rng([self._config.seed, step])
        num_twins = round(config.batch_size * config.twin_share)
        shares = self._shares
        names = random.choice(list(shares), size=config.batch_size - num_twins, p=list(shares.values()))
        rows: list[Row] = []
        for name in names:
            if len(rows) < len(names):
                rows += self._draw_rows(name, random)
        rows = rows[: len(names)]
        # A twin teaches most where the sentence names a side.
        order = sorted(range(len(rows)), key=lambda place: (not side_words(rows[place].text), random.random()))
        return rows + [_mirrored(rows[place]) for place in order[:num_twins]]

    def _draw_rows(self, source: str, random: np.random.Generator) -> list[Row]:
        """Return the row of an example, or its row and its rival's."""
        group = self._groups[source][int(self._ends[source].searchsorted(random.random(), side="right"))]
        example = group[int(random.integers(len(group)))]
        examples = [example] if example.rival is None else [example, example.rival]
        # Rivals are told by sentences at one place, in which little differs but what tells them apart.
        place = int(random.integers(len(example.sentences)))
        sentences = [each.sentences[place] for each in examples]
        # The other arm is what tells some rivals apart.
        if self._config.untold_sides and example.rival is None and random.random() < self._config.untold_sides:
            sentences = [replace(sentence, text=without_sides(sentence.text)) for sentence in sentences]
        if self._config.wordings and example.wordings and random.random() < self._config.wordings:
            sentences = [example.wordings[int(random.integers(len(example.wordings)))]]
        if self._config.fragments and example.rival is None and random.random() < self._config.fragments:
            sentences = [_fragment(sentence, random) for sentence in sentences]
        rows = [
            _augment(each, sentence, self._config, self._max_frames, random)
            for each, sentence in zip(examples, sentences, strict=True)
        ]
        return [_mirrored(row) for row in rows] if random.random() < 0.5 else rows


def _cumulative_weights(groups: Sequence[Sequence[Example]]) -> Float[np.ndarray, " group"]:
    weights = np.array([group[0].weight for group in groups])
    ends = (weights / weights.sum()).cumsum()
    return ends / ends[-1]


def _fragment(sentence: Sentence, random: np.random.Generator) -> Sentence:
    """Return one of the fragments of a sentence; the sentence as it is if there are none."""
    found = fragments(sentence.text)
    if not found:
        return sentence
    # Of "an old person bows" the style is gone with the person.
    style = sentence.style if sentence.text.startswith(_ANYBODY) else None
    return Sentence(found[int(random.integers(len(found)))], style)


def draw_paraphrases(
    clips: Sequence[Sequence[str]], count: int, seed: int, step: int, share_fragments: float = 0.0
) -> tuple[list[str], list[str]]:
    """Return two different sentences of each of `count` clips; in half of the pairs left and right are swapped.

    Of so many pairs the second one is told as its first fragment.
    """
    random = np.random.default_rng([seed, step, 1])
    first, second = [], []
    for place in random.choice(len(clips), size=count, replace=False):
        sentences = clips[int(place)]
        one, other = random.choice(len(sentences), size=2, replace=False)
        swapped = random.random() < 0.5
        told, again = sentences[int(one)], sentences[int(other)]
        # Before the sides are swapped: of a misspelt "lefts his arm" come "righting" and "lefting", which is no side.
        if share_fragments and random.random() < share_fragments:
            again = next(iter(fragments(again)), again)
        first.append(swap_sides(told) if swapped else told)
        second.append(swap_sides(again) if swapped else again)
    return first, second


def draw_rival_sentences(
    with_rivals: Sequence[Example], count: int, seed: int, step: int
) -> tuple[list[str], list[str]]:
    """Return two sentences of each of `count` examples and, at the next place, the same two of its rival.

    Args:
        with_rivals: To draw from.
        count: How many examples are drawn.
        seed: Of the run.
        step: Of the run.

    Returns:
        Two lists of twice `count` sentences: row by row they say the same, and rows 2n and 2n + 1 do not.
    """
    random = np.random.default_rng([seed, step, 2])
    first, second = [], []
    for place in random.choice(len(with_rivals), size=count, replace=len(with_rivals) < count):
        example = with_rivals[int(place)]
        one, other = random.choice(len(example.sentences), size=2, replace=len(example.sentences) < 2)
        swapped = random.random() < 0.5
        for each in (example, example.rival):
            assert each is not None
            told = each.sentences[int(one)].text, each.sentences[int(other)].text
            first.append(swap_sides(told[0]) if swapped else told[0])
            second.append(swap_sides(told[1]) if swapped else told[1])
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


def _augment(
    example: Example, sentence: Sentence, config: TrainConfig, max_frames: int, random: np.random.Generator
) -> Row:
    length = example.last - example.first
    longest = min(length, max_frames)
    shortest = max(1, int(config.crop_share * longest))
    frames = int(random.integers(shortest, longest + 1))
    first = example.first + int(random.integers(0, length - frames + 1))
    speed = 1 + config.speed_change * random.uniform(-1, 1)
    offset = random.normal(0, config.joint_noise_metres, size=(1, 30, 3)).astype(np.float32)
    body = int(random.integers(1 << 62)) if random.random() < config.body_share else None
    cut = Cut(example.joints, first, first + frames, speed, max_frames, offset, body)
    rival = example.rival.take if example.rival else ""
    return Row(cut, sentence.text, sentence.style, example.action, example.take, first, first + frames, False, rival)


def _mirrored(row: Row) -> Row:
    return replace(row, text=swap_sides(row.text), action=swap_sides(row.action), mirrored=not row.mirrored)


def same_content(rows: Sequence[Row]) -> Bool[np.ndarray, "item item"]:
    """Return which rows show the same: the same action in the same or an untold style, or the same moment of a take."""
    action, take = numbered([row.action for row in rows]), numbered([(row.take, row.mirrored) for row in rows])
    style, told = numbered([row.style for row in rows]), np.array([row.style is not None for row in rows])
    named = np.array([row.action != "" for row in rows])
    first, last = np.array([row.first for row in rows]), np.array([row.last for row in rows])
    labels = (action[:, None] == action) & named[:, None] & ((style[:, None] == style) | ~(told[:, None] & told))
    moment = (take[:, None] == take) & (first[:, None] < last) & (first < last[:, None])
    return (labels | moment) & ~np.eye(len(rows), dtype=bool)


def numbered(values: Sequence[Hashable]) -> Int[np.ndarray, " item"]:
    """Return a number for each value, the same for the same ones, so that all pairs can be compared at once."""
    known: dict[Hashable, int] = {}
    return np.array([known.setdefault(value, len(known)) for value in values])


def rivals(rows: Sequence[Row]) -> Int[np.ndarray, " item"]:
    """Return for each row the one that it is most easily taken for, or its own place where there is none.

    That is the rival that it was drawn with, or the row's mirror image if its text names a side.
    """
    shown: dict[Hashable, int] = {}
    for place, row in enumerate(rows):
        shown.setdefault((row.take, row.first, row.last, row.mirrored), place)
    taken = {(row.take, row.mirrored): place for place, row in enumerate(rows)}
    result = np.arange(len(rows))
    for place, row in enumerate(rows):
        rival = taken.get((row.rival, row.mirrored)) if row.rival else None
        if rival is None and side_words(row.text):
            rival = shown.get((row.take, row.first, row.last, not row.mirrored))
        if rival is not None:
            result[place] = rival
    return result


def drawn_rivals(rows: Sequence[Row]) -> Bool[np.ndarray, "item item"]:
    """Return which rows are rivals by what they are made of, whatever their mirroring: these are never the same."""
    numbers = numbered([*(row.take for row in rows), *(row.rival for row in rows)])
    named = np.array([row.rival != "" for row in rows])
    return (numbers[len(rows) :, None] == numbers[: len(rows)]) & named[:, None]
