"""Stand-ins for a model in tests of the probes: one that reads the labels, one that is blind, one that errs always."""

import re
from collections.abc import Sequence

import numpy as np

from tmr.errors import ModelError
from tmr.evaluation.captioned import CaptionedMotion
from tmr.evaluation.probes.sentences import COUNTS, WAYS, deed, doing, neutral_captions, verb_phrase
from tmr.motion.captions import swap_sides
from tmr.motion.motion import Motion

_COUNTED = {word: count for count, word in COUNTS.items()}
_TURNS = {"left": 70, "half left": 180, "whole left": 360, "counterclockwise": 350}
_TURNS |= {swap_sides(way): -degrees for way, degrees in _TURNS.items()}
_ORDERS = (
    (r"first a person (.+), and then the person (.+)", (1, 2)),
    (r"a person (.+), then (.+)", (1, 2)),
    (r"a person (.+) before the person (.+)", (1, 2)),
    (r"a person (.+) after the person (.+)", (2, 1)),
)


def direction_of(meaning: object) -> np.ndarray:
    """Return a random direction that belongs to a meaning: two meanings are almost square to each other."""
    seed = [*repr(meaning).encode()]
    vector = np.random.default_rng(seed).normal(size=256)
    return vector / np.linalg.norm(vector)


class Oracle:
    """Reads what a motion shows from its name, and what a sentence says from the items' captions.

    Args:
        items: The items that the probes are made of, of different deeds.
        sign: -1 for one that takes the opposite of what is right.
    """

    def __init__(self, items: Sequence[CaptionedMotion], sign: float = 1.0) -> None:
        self.sign = sign
        self.names = {caption: item.name for item in items for caption in neutral_captions(item)}
        self.names |= {caption: item.name for item in items for caption in item.captions}
        self.deeds = {phrase: item.name for item in items if (phrase := deed(item))}
        phrases = [(verb_phrase(caption), item.name) for item in items for caption in neutral_captions(item)]
        self.doings = {doing(phrase): name for phrase, name in phrases if phrase}

    def shown(self, name: str) -> object:
        if " + " in name:
            return tuple(self.shown(part) for part in name.split(" + "))
        if " with the arms of " in name:
            return tuple(self.shown(part) for part in name.split(" with the arms of "))
        if name.endswith(" mirrored"):
            return swap_sides(name.removesuffix(" mirrored").replace("_", "-"))
        return name.replace("_", "-")

    def said(self, text: str) -> object:
        for pattern, (first, second) in _ORDERS:
            match = re.fullmatch(pattern, text)
            if match and match[first] in self.deeds and match[second] in self.deeds:
                return (self.shown(self.deeds[match[first]]), self.shown(self.deeds[match[second]]))
        if text in self.names:
            return self.shown(self.names[text])
        match = re.fullmatch(r"a person (.+) (once|twice|three times)", text)
        if match and match[1] in self.deeds:
            return self.shown(f"{self.deeds[match[1]]} done {_COUNTED[match[2]]} times")
        match = re.fullmatch(r"a person (.+) (slow|quick)ly", text)
        if match and match[1] in self.deeds:
            return self.shown(f"{self.deeds[match[1]]} {'slower' if match[2] == 'slow' else 'faster'}")
        match = re.fullmatch(r"a person (.+) while (.+)", text)
        if match and match[1] in self.deeds and match[2] in self.doings:
            return self.shown(f"{self.deeds[match[1]]} with the arms of {self.doings[match[2]]}")
        for way, told in WAYS.items():
            phrase = text.removeprefix("a person ").removesuffix(f" {told}")
            if text.endswith(told) and phrase in self.deeds:
                return self.shown(f"{self.deeds[phrase]} bent by {_TURNS.get(way, 0)}")
        raise AssertionError(f"{text!r} says nothing that is known")

    def encode_motion(self, motions: Sequence[Motion]) -> np.ndarray:
        return np.stack([direction_of(self.shown(motion.name)) for motion in motions])

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        return self.sign * np.stack([direction_of(self.said(text)) for text in texts])


class Blind:
    """Maps everything to one point."""

    def encode_motion(self, motions: Sequence[Motion]) -> np.ndarray:
        return np.tile(direction_of("one point"), (len(motions), 1))

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        return np.tile(direction_of("one point"), (len(texts), 1))


class Named:
    """Knows each clip by its name, and its captions; may give up on a motion, or return NaN for it."""

    def __init__(self, items: Sequence[CaptionedMotion], refuses: str = "", breaks: str = "") -> None:
        self.names = {caption: item.name for item in items for caption in item.captions}
        self.refuses, self.breaks = refuses, breaks

    def encode_motion(self, motions: Sequence[Motion]) -> np.ndarray:
        names = [motion.name for motion in motions]
        if self.refuses and self.refuses in names:
            raise ModelError(f"{self.refuses} cannot be embedded")
        rows = np.stack([direction_of(self._where(motion)) for motion in motions])
        rows[[bool(self.breaks) and self.breaks == name for name in names]] = np.nan
        return rows

    def _where(self, motion: Motion) -> object:
        return motion.name

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        return np.stack([direction_of(self.names.get(text, text)) for text in texts])


class FromTheOrigin(Named):
    """Knows a clip only where it was captured: it takes the place on the floor for a part of the motion."""

    def _where(self, motion: Motion) -> object:
        return motion.name, round(float(motion.joints[0, 0, 0]), 2)
