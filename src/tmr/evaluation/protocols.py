"""Protocols: the galleries and rules under which captions and motions are retrieved; PROTOCOLS maps a name to one."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cached_property

import numpy as np
from jaxtyping import Float, Int

from tmr.errors import TMRError
from tmr.evaluation.answers import Answers, SameTexts, alike, count_merged, letter_for_letter, only_itself
from tmr.evaluation.bootstrap import DRAWS
from tmr.evaluation.retrieval import place_queries
from tmr.evaluation.scored import Scored, scored_of
from tmr.evaluation.sentences import ENCODER, most_unlike, sentence_vectors
from tmr.evaluation.small_batches import BATCH, SHUFFLES, score_small_batches

SAME_TEXT_COSINE = 0.90
"""Captions above it say the same: similarity 0.95 on the scale 0 … 1, which is (1 + cosine) / 2."""
UNLIKE = 100
TIES = "equal similarities in random order: the expected value over the orders"

Rules = dict[str, str | int | float]
Embedding = Float[np.ndarray, "_row width"]
Score = Callable[[Embedding, Embedding], dict[str, Scored]]
"""Takes the embeddings of all texts and of all motions of a gallery; returns both directions."""


@dataclass(frozen=True, eq=False)
class Gallery:
    """Captions and motions that are to find each other.

    Args:
        captions: One a text.
        owner: The motion of each text.
        clips: The clip that each motion is cut from, as a number.
        caption_rule: `first` or `all`: which captions of a motion are among the texts.
        overlapping: How many motions overlap in time with another part of their clip.
    """

    captions: tuple[str, ...]
    owner: Int[np.ndarray, " text"]
    clips: Int[np.ndarray, " motion"]
    caption_rule: str = "first"
    overlapping: int = 0

    def __post_init__(self) -> None:
        fits = (
            len(self.captions) == len(self.owner) and (self.owner >= 0).all() and (self.owner < len(self.clips)).all()
        )
        if not self.captions or not fits:
            raise TMRError(
                f"{len(self.captions)} captions, {len(self.owner)} owners and {len(self.clips)} motions do not fit; "
                "expected one caption at least, and the number of a motion as the owner of each"
            )

    @cached_property
    def captioned(self) -> Int[np.ndarray, " motion"]:
        """The motions that have a text."""
        return np.unique(self.owner)

    @cached_property
    def first_texts(self) -> Int[np.ndarray, " motion"]:
        """The first text of each captioned motion."""
        return np.unique(self.owner, return_index=True)[1]

    @cached_property
    def independent(self) -> Int[np.ndarray, " motion"]:
        """The group of each motion: those that share a clip or a caption, directly or through others, are in one.

        Forty takes of one action with one caption are asked for by one query: they are one observation, not forty.
        """
        known: dict[str, int] = {}
        words = np.array([known.setdefault(caption, len(known)) for caption in self.captions])
        group = np.arange(len(self.clips))
        while True:
            before = group
            for motion, shared in ((np.arange(len(group)), self.clips), (self.owner, words)):
                least = np.full(int(shared.max()) + 1, len(group))
                np.minimum.at(least, shared, group[motion])
                group = group.copy()
                np.minimum.at(group, motion, least[shared])
            group = group[group]
            if (group == before).all():
                return group

    @cached_property
    def vectors(self) -> Float[np.ndarray, "caption width"]:
        """Sentence vectors of the different captions, in order of first appearance, by the outside encoder."""
        return sentence_vectors(list(dict.fromkeys(self.captions)))


@dataclass(frozen=True, eq=False)
class Protocol:
    """A protocol on a gallery, ready for the embeddings of any model.

    Args:
        name: Of `PROTOCOLS`.
        title: For people.
        rules: Whatever its numbers depend on.
        score: Measures one model.
    """

    name: str
    title: str
    rules: Rules
    score: Score


def _all(gallery: Gallery, seed: int) -> Protocol:
    rules = {"right": "a caption's own motion, and a motion's own captions", "merge": "none"}
    return _whole("all", "All: the whole gallery, only the own motion is right", gallery, rules, only_itself)


def _threshold(gallery: Gallery, seed: int) -> Protocol:
    pairs, other_sides = count_merged(gallery.captions, gallery.vectors, SAME_TEXT_COSINE)
    rules: Rules = {
        "right": "any motion with a caption that says the same, and the other way round",
        "merge": f"cosine above {SAME_TEXT_COSINE} between captions ({(1 + SAME_TEXT_COSINE) / 2} on the scale 0 … 1)",
        "sentence encoder": ENCODER,
        "merged pairs of captions": f"{pairs}, of which {other_sides} differ in the side that they name",
    }
    same = alike(gallery.captions, gallery.vectors, SAME_TEXT_COSINE)
    return _whole("threshold", "Threshold: captions that are nearly alike count as the same", gallery, rules, same)


def _lenient(gallery: Gallery, seed: int) -> Protocol:
    rules: Rules = {
        "right": "any motion with an equal caption, and the other way round",
        "merge": "captions that are equal letter for letter",
    }
    same = letter_for_letter(gallery.captions)
    return _whole("lenient", "Lenient: any motion with the same caption is right", gallery, rules, same)


def _dissimilar(gallery: Gallery, seed: int) -> Protocol:
    """The part of the gallery whose captions are most unlike; one caption a motion."""
    place = {caption: number for number, caption in enumerate(dict.fromkeys(gallery.captions))}
    firsts = gallery.first_texts
    texts = firsts[most_unlike(gallery.vectors[[place[gallery.captions[text]] for text in firsts]], UNLIKE)]
    motions = gallery.owner[texts]
    words = tuple(gallery.captions[text] for text in texts)
    part = Gallery(words, np.arange(len(texts)), gallery.independent[motions])
    rules: Rules = {
        "right": "only the own motion",
        "merge": "none",
        "selection": f"the {len(texts)} captions with the smallest sum of cosines between them, found by swaps",
        "sentence encoder": ENCODER,
    }
    if len(texts) < UNLIKE:
        rules["selection"] = f"all {len(texts)} captioned motions: there are no {UNLIKE} to choose from"
    whole = _whole("dissimilar", f"Dissimilar: the {len(texts)} most unlike captions", part, rules, only_itself)

    def score(text: Embedding, motion: Embedding) -> dict[str, Scored]:
        found = whole.score(text[texts], motion[motions])
        return {name: Scored(each.values, motions[each.motion], each.chance) for name, each in found.items()}

    return Protocol(whole.name, whole.title, whole.rules, score)


def _small_batches(gallery: Gallery, seed: int) -> Protocol:
    count = len(gallery.captioned)
    if count < BATCH:
        raise TMRError(f"protocol small_batches needs {BATCH} captioned motions; there are {count}")
    rules: Rules = {
        "gallery": f"{BATCH} motions and captions, one a motion, drawn from {count}",
        "captions": "one of the motion's, drawn at random" if gallery.caption_rule == "all" else "first",
        "draws": f"{SHUFFLES} shuffles, seed {seed}; a rest under {BATCH} is dropped",
        "right": "only the own motion",
        "merge": "none",
        "ties": TIES,
        "interval": interval_rule(gallery),
        "median_rank": "mean over the batches of the median in the batch",
    }

    def score(text: Embedding, motion: Embedding) -> dict[str, Scored]:
        return score_small_batches(text, motion, gallery.owner, seed=seed)

    return Protocol("small_batches", f"Small batches of {BATCH}", rules, score)


PROTOCOLS: dict[str, Callable[[Gallery, int], Protocol]] = {
    "all": _all,
    "threshold": _threshold,
    "dissimilar": _dissimilar,
    "small_batches": _small_batches,
    "lenient": _lenient,
}
"""Each takes a gallery and the seed of what it draws, and raises TMRError where the gallery is too small for it."""


def _whole(
    name: str, title: str, gallery: Gallery, rules: Mapping[str, str | int | float], same: SameTexts
) -> Protocol:
    """Return the protocol that ranks the whole of a gallery by a rule of which captions say the same."""
    answers = Answers(gallery.owner, same)
    captioned = gallery.captioned
    if same is not only_itself:
        share = answers.most_often_right() / len(gallery.captions)
        rules = {
            **rules,
            "constant answer": f"the motion that is right most often is so for {share:.1%} of the captions",
        }

    def score(text: Embedding, motion: Embedding) -> dict[str, Scored]:
        to_motion = place_queries(text, motion, answers.of_texts)
        to_text = place_queries(motion[captioned], text, answers.of_motions)
        return {
            "text_to_motion": scored_of(to_motion, gallery.owner),
            "motion_to_text": scored_of(to_text, captioned),
        }

    return Protocol(name, title, {**_gallery_rules(gallery), **rules, "ties": TIES}, score)


def _gallery_rules(gallery: Gallery) -> Rules:
    rules: Rules = {
        "gallery": f"{len(gallery.clips)} motions, {len(gallery.captions)} captions",
        "captions": "the first of each motion" if gallery.caption_rule == "first" else "every caption is a query",
        "interval": interval_rule(gallery),
    }
    if silent := len(gallery.clips) - len(gallery.captioned):
        rules["without caption"] = f"{silent} motions, which are in the gallery but no queries"
    if gallery.overlapping:
        rules["overlap"] = (
            f"{gallery.overlapping} motions overlap in time with another part of their clip; each is an item of its own"
        )
    return rules


def interval_rule(gallery: Gallery) -> str:
    """Return what an interval resamples, in words."""
    count = len(np.unique(gallery.independent[gallery.captioned]))
    return f"95 %, bootstrap over {count} groups of motions that share a clip or a caption, {DRAWS} draws"
