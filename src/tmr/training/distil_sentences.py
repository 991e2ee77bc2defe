"""The sentences that a compact text tower is distilled on: what people write, short queries, and words nobody wrote."""

import itertools
import json
import re
from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from tmr.evaluation.probes.sentences import tells_count, tells_pace, verb_phrase
from tmr.motion.captions import captions_from_labels, captions_from_name, swap_sides, unique_texts
from tmr.motion.dataset import ClipInfo, find_packs, read_infos, read_sentences
from tmr.motion.procedural import procedural_library
from tmr.training.composed import COUNTED_SENTENCES, PACED_SENTENCES
from tmr.training.examples import LABEL_KINDS, paraphrases

# The second of so many clips without motion is kept back: what is said of it is a measure, never a lesson.
HELD_OUT_STRIDE = 99
# Of every hundred whole sentences: so many joined pairs, so many with a slip of the keyboard, and so many of which a
# number or a pace is told.
JOINED_PERCENT, TYPOS_PERCENT, AMOUNTS_PERCENT = 25, 15, 20
_CONNECTIVES = ("{0}, then {1}", "{0} and then {1}", "{0} and {1}", "first {0}, then {1}", "{0}, {1}", "{0} while {1}")
_OPENING = re.compile(
    r"^(?:(?:a|an|the|this|one|another)\s+)?(?:(?:standing|young|old|stick)\s+)?"
    r"(?:person|man|woman|figure|someone|somebody|human|guy|he|she|they|it|subject|character|individual)\s+"
    r"(?:(?:is|was|appears to be|seems to be)\s+)?"
)
_FIRST_PART = re.compile(r"\s*(?:[,.;]|\b(?:and|then|while|before|after|as|with|so)\b)")
# One template a kind of word, told by its ending; any other word stands alone.
_BY_ENDING = (
    ("ing", "a person is {}"), ("ly", "a person moves {}"), ("ed", "a {} person"), ("s", "a person {}"),
)  # fmt: skip
_WORDS = Path(__file__).with_name("distil_words.json")


@dataclass(frozen=True)
class Sentences:
    """Sentences to learn from, and sentences that are kept back to measure with; none stands in both."""

    training: tuple[str, ...]
    held_out: tuple[str, ...]


def read_lessons(
    data: Path, vocabulary: Sequence[str], validation_subjects: Collection[str], *, stride: int = 3, seed: int = 0
) -> Sentences:
    """Return what to distil on and what to measure with, of a folder of packs and of the procedural library.

    Args:
        data: The folder, as `tmr train` takes it.
        vocabulary: Words of the tower.
        validation_subjects: People of `train` who were held out when the teacher was trained.
        stride: As for `distillation_sentences`.
        seed: Of what is drawn.

    Raises:
        DatasetError: If the data cannot be read.
    """
    infos = [info for pack in find_packs(data) for info in read_infos(pack.with_suffix(".jsonl"))]
    known = [info for info in infos if info.split == "train" and info.subject not in validation_subjects]
    names = {info.id for info in known}
    hidden = [caption.text for info in infos if info.id not in names for caption in info.captions]
    library = (text for item in procedural_library(seed=seed + 1, variations=1) for text in item.captions)
    captions = [*caption_sentences(known), *library]
    return distillation_sentences(captions, read_sentences(data), hidden, vocabulary, stride=stride, seed=seed)


def caption_sentences(infos: Iterable[ClipInfo]) -> list[str]:
    """Return what is said of clips: their captions, or the sentences that are written from their labels."""
    found: list[str] = []
    for info in infos:
        found += [text for caption in info.captions for text in _written(caption.text, caption.kind)]
        if info.action:
            found += [text for text, _ in captions_from_labels(info.action, info.style)]
    return list(dict.fromkeys(found))


def distillation_sentences(
    captions: Sequence[str],
    written: Sequence[Sequence[str]],
    hidden: Collection[str],
    vocabulary: Sequence[str],
    *,
    stride: int = 3,
    seed: int = 0,
) -> Sentences:
    """Return what to distil on and what to measure with.

    Args:
        captions: Of the motions that may be learnt from.
        written: The sentences of each clip whose motion is not there, as `read_sentences` returns them.
        hidden: Captions of validation and test: neither they nor a clip that one of them is said of is learnt from.
        vocabulary: Words; those of letters alone become queries of one word and sentences about a person.
        stride: Every so-manieth clip without motion gives whole sentences; all give short queries. A language model
            reads some hundred sentences a second.
        seed: Of what is drawn.
    """
    random = np.random.default_rng([seed, 5])
    held_out = list(dict.fromkeys(itertools.chain(*paraphrases(written[1::HELD_OUT_STRIDE], hidden))))
    kept_back = {_key(text) for text in (*hidden, *held_out)}
    whole = itertools.chain(captions, *paraphrases(written[::stride], hidden))
    natural = [text for text in dict.fromkeys(whole) if _key(text) not in kept_back]
    others = [text for text in itertools.chain(*paraphrases(written, hidden)) if _key(text) not in kept_back]
    made = itertools.chain(
        _short_queries([*natural, *others]), _joined(natural, random), _typos(natural, random),
        _amounts(natural, random), motion_phrases(), _word_queries(vocabulary),
    )  # fmt: skip
    training = unique_texts(itertools.chain(natural, made))
    return Sentences(tuple(text for text in training if _key(text) not in kept_back), tuple(held_out))


def motion_phrases() -> list[str]:
    """Return sentences of words for motions, manners and parts of the body, most of which no caption has."""
    words: dict[str, list[str]] = json.loads(_WORDS.read_text(encoding="utf-8"))
    verbs, manners = words["verbs"], words["adverbs"]
    found = [f"a person {verb}" for verb in verbs]
    found += [f"{verb} {manners[place % len(manners)]}" for place, verb in enumerate(verbs)]
    found += [f"someone {verb} {manners[(7 * place + 3) % len(manners)]}" for place, verb in enumerate(verbs)]
    found += [f"a person walks {manner}" for manner in manners]
    for verb, part in itertools.product(words["body_part_verbs"], words["body_parts"]):
        found += [f"a person {verb} the left {part}", f"{verb} the right {part}", f"{verb} the {part}"]
    return found


def _written(text: str, kind: str) -> list[str]:
    return captions_from_name(text) if kind in LABEL_KINDS else [text]


def _key(text: str) -> str:
    """Return what two spellings of a sentence have in common, its sides left out: a mirrored one counts as known."""
    return min(text := " ".join(text.lower().split()).rstrip(" ."), swap_sides(text))


def _short_queries(sentences: Sequence[str]) -> list[str]:
    """Return what people type into a search box: the first thing that a sentence tells, without who does it."""
    found: dict[str, None] = {}
    for sentence in sentences:
        words = _OPENING.sub("", sentence.lower().strip())
        first = _FIRST_PART.split(words, maxsplit=1)[0]
        if 0 < len(first.split()) <= 6:
            found[first] = None
    return list(found)


def _joined(sentences: Sequence[str], random: np.random.Generator) -> list[str]:
    short = [text.rstrip(" .") for text in sentences if len(text) <= 70]
    if len(short) < 2:
        return []
    pairs = random.integers(len(short), size=(len(sentences) * JOINED_PERCENT // 100, 2))
    forms = random.integers(len(_CONNECTIVES), size=len(pairs))
    return [_CONNECTIVES[form].format(short[one], short[two]) for (one, two), form in zip(pairs, forms, strict=True)]


def _amounts(sentences: Sequence[str], random: np.random.Generator) -> list[str]:
    """Return some sentences with a number, and some with a pace, each in the wordings that motions are trained with."""
    forms = [*itertools.chain(*COUNTED_SENTENCES.values()), *itertools.chain(*PACED_SENTENCES)]
    short = [text.rstrip(" .") for text in sentences if verb_phrase(text)]
    able = [text for text in short if not (tells_count(text) or tells_pace(text))]
    places = random.permutation(len(able))[: len(sentences) * AMOUNTS_PERCENT // 100]
    chosen = random.integers(len(forms), size=len(places))
    return [forms[int(form)].format(able[int(place)]) for place, form in zip(places, chosen, strict=True)]


def _typos(sentences: Sequence[str], random: np.random.Generator) -> list[str]:
    """Return some sentences with a letter left out, doubled, or changed with the next."""
    found = []
    for place in random.permutation(len(sentences))[: len(sentences) * TYPOS_PERCENT // 100]:
        text = sentences[int(place)]
        at, slip = int(random.integers(max(len(text) - 1, 1))), int(random.integers(3))
        pair = text[at : at + 2]
        found.append(text[:at] + (pair[1:], pair[:1] + pair, pair[::-1])[slip] + text[at + 2 :])
    return found


def _word_queries(vocabulary: Sequence[str]) -> list[str]:
    """Return each word alone, and in a sentence about a person: a word that no caption has means what it meant."""
    words = [word for word in vocabulary if len(word) > 2 and word.isascii() and word.isalpha()]
    forms = ((word, form) for word in words for ending, form in _BY_ENDING if word.endswith(ending))
    return [*words, *(form.format(word) for word, form in forms)]
