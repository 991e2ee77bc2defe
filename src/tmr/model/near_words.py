"""What a person does, told in words that a model has learnt: `a person saunters` becomes `a person walks`."""

import itertools
import json
import re
from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator
from functools import lru_cache
from pathlib import Path
from typing import NamedTuple

LEAST_SENTENCES = 3
"""A word is learnt that so many sentences of different wording have."""

_FILE = Path(__file__).with_name("near_words.json")
_BASE, _THIRD, _ING, _PAST = range(4)
_DOUBLED = re.compile(r"(?:^|qu|[^aeiou])[aeiou][bdgklmnprt]$")
# Of more than one syllable, and doubled all the same.
_STRESSED_LAST = ("begin", "sidestep", "uppercut")
_TOKEN = re.compile(r"[A-Za-z]+(?:-[A-Za-z]+)*")
# A longer text is no sentence.
_LONGEST = 500
_SUBJECTS = frozenset((
    "person", "persons", "people", "man", "men", "woman", "women", "boy", "girl", "figure", "guy", "human", "child",
    "kid", "someone", "somebody", "he", "she", "it", "they", "who", "that", "which", "character", "actor", "dancer",
    "player", "subject", "individual", "lady", "robot",
))  # fmt: skip
# After these stands no verb: `a jab`, `with a scoop`, `two hops`.
_NO_VERB_AFTER = frozenset((
    "a", "an", "the", "this", "these", "those", "his", "her", "their", "its", "my", "your", "with", "of", "for", "in",
    "on", "at", "from", "into", "onto", "by", "no", "some", "any", "two", "three", "four", "several", "many", "few",
    "both", "each", "every", "another",
))  # fmt: skip
_BEFORE_BASE = frozenset((
    "to", "and", "then", "will", "can", "could", "should", "must", "people", "men", "women", "they", "persons",
))  # fmt: skip
_CLAUSE_STARTS = frozenset(("and", "then", "while", "before", "after", "but", "or", "as", "first", "also", "when"))
_OWN = frozenset(("his", "her", "their", "its", "my", "your"))


class Form(NamedTuple):
    """A form of a verb: the verb, and which of do, does, doing and did it is."""

    verb: str
    place: int


class _Things(NamedTuple):
    """What is in the file: how each thing is told, the thing of each verb, all forms, and the verbs telling needs."""

    told: list[tuple[str, ...]]
    of: dict[str, int]
    forms: dict[str, Form]
    needed: list[frozenset[str]]
    most_words: int


def in_learnt_words(text: str, learnt: Collection[str]) -> str:
    """Return a sentence in which verbs that a model has not learnt are told by the nearest one that it has.

    A small text encoder can do little with a verb that none of its captions had: its language model puts "ambles" near
    "standing" (docs/lab-notes.md). WordNet knows that it is a kind of walking. Only English verbs for what a body does
    are told otherwise (`near_words.json`), where they stand as verbs, in the same form; what is nearest is told only if
    the model has learnt that. A text in which nothing is to be told otherwise comes back as it is.

    Args:
        text: Any text.
        learnt: The verbs that the model has learnt, as `learnt_words` returns them.

    Source:
        Fellbaum (ed.): WordNet, 1998; the verbs of version 3.0, found by `runs/find_near_words.py`.
    """
    if len(text) > _LONGEST:
        return text
    learnt = frozenset(learnt)
    tokens = list(_TOKEN.finditer(text))
    told, end = [], 0
    for form, place, count in _verbs(text, tokens):
        following = tokens[place + count : place + count + 1]
        if _is_strange(form, learnt) and _is_verb(text, tokens, place, form.place) and not _moves_a_part(following):
            first, last = tokens[place], tokens[place + count - 1]
            words = _without_repeat(_things().told[_things().of[form.verb]][form.place], following)
            told += [text[end : first.start()], words.capitalize() if first.group().istitle() else words]
            end = last.end()
    return "".join([*told, text[end:]])


def learnt_words(texts: Iterable[str], least: int = LEAST_SENTENCES) -> tuple[str, ...]:
    """Return the verbs for what a body does that sentences have, in alphabetical order.

    Args:
        texts: What is said of the motions that are learnt from; the same sentence counts once.
        least: In how many sentences a verb stands at least; one is enough for those by which others are told.
    """
    found: Counter[str] = Counter()
    for text in set(texts):
        found.update({form.verb for form, _, _ in _verbs(text, list(_TOKEN.finditer(text)))})
    needed = frozenset().union(*_things().needed)
    return tuple(sorted(verb for verb, count in found.items() if count >= least or verb in needed))


def _verbs(text: str, tokens: list[re.Match[str]]) -> Iterator[tuple[Form, int, int]]:
    """Yield each verb of a text, the longest where several begin, with its first token and how many it takes."""
    forms, most = _things().forms, _things().most_words
    place = 0
    while place < len(tokens):
        for count in range(min(most, len(tokens) - place), 0, -1):
            words = text[tokens[place].start() : tokens[place + count - 1].end()].lower()
            if (form := forms.get(" ".join(words.split()))) is not None:
                yield form, place, count
                break
        else:
            count = 1
        place += count


def _is_strange(form: Form, learnt: frozenset[str]) -> bool:
    """Return whether a verb is to be told by another one: itself not learnt, the other one learnt.

    `runs off` is left to a model that has learnt `run`.
    """
    things = _things()
    if form.verb in learnt or form.verb not in things.of or form.verb.split(" ")[0] in learnt:
        return False
    return things.needed[things.of[form.verb]] <= learnt


def _is_verb(text: str, tokens: list[re.Match[str]], place: int, form: int) -> bool:
    """Return whether a word that can be a verb stands as one, by the word before it; nouns are left alone."""
    before = tokens[place - 1].group().lower() if place else ""
    between = text[tokens[place - 1].end() : tokens[place].start()].strip() if place else ""
    begins = place == 0 or before in _CLAUSE_STARTS or between != ""
    if before in _NO_VERB_AFTER and not begins:
        return False
    if form == _ING:
        return True
    if form == _BASE:
        return place == 0 or before in _BEFORE_BASE
    # `a burglar prowls`: the third word of a sentence that begins with an article.
    named = place == 2 and tokens[0].group().lower() in ("a", "an", "the")
    return begins or named or before in _SUBJECTS or before.endswith("ly")


def _moves_a_part(following: list[re.Match[str]]) -> bool:
    """Return whether a verb is told of a part of the body or a thing: who swivels his hips does not turn around."""
    return bool(following) and following[0].group().lower() in _OWN


def _without_repeat(words: str, following: list[re.Match[str]]) -> str:
    """Return the words without the last one if the sentence goes on with it: `glances around` looks around once."""
    last = words.rsplit(" ", 1)
    return last[0] if following and len(last) == 2 and last[1] == following[0].group().lower() else words


@lru_cache(maxsize=1)
def _things() -> _Things:
    stored = json.loads(_FILE.read_text(encoding="utf-8"))
    told = [tuple(thing["forms"]) for thing in stored["things"]]
    of = {verb: number for number, thing in enumerate(stored["things"]) for verb in thing["words"]}
    irregular: dict[str, list[str]] = defaultdict(list)
    for form, verb in stored["irregular"].items():
        irregular[verb].append(form)
    heads = [forms[_BASE].split(" ")[0].rstrip(",") for forms in told]
    forms: dict[str, Form] = {}
    for verb in itertools.chain(of, heads):
        for form, place in _forms(verb, irregular[verb.split(" ")[0]]):
            forms.setdefault(form, Form(verb, place))
    # `stagger, swaying from side to side` is of no use to a model that has not learnt to sway.
    needed = []
    for head, words in zip(heads, told, strict=True):
        pairs = itertools.pairwise(words[_BASE].replace(",", "").split(" "))
        others = (forms[word].verb for before, word in pairs if word in forms and before not in _NO_VERB_AFTER)
        needed.append(frozenset((head, *others)))
    return _Things(told, of, forms, needed, max(len(verb.split(" ")) for verb in of))


def ing_stems(verb: str) -> list[str]:
    """Return what -ing may be put to, the likeliest first: `clapp` of `clap`, `stagger` and `staggerr` of `stagger`."""
    stem = verb[:-1] if verb.endswith("e") and not verb.endswith(("ee", "oe")) else verb
    if not _DOUBLED.search(verb):
        return [stem]
    # Who hops is hopping, not hoping.
    doubled = verb + verb[-1]
    one_syllable = len(re.findall(r"[aeiouy]+", verb.replace("qu", "q"))) == 1
    return [doubled] if one_syllable or verb in _STRESSED_LAST else [stem, doubled]


def _forms(verb: str, irregular: Iterable[str]) -> list[tuple[str, int]]:
    """Return the forms of a verb; of a longer one rather too many than too few: `galloped` and `gallopped`."""
    head, *rest = verb.split(" ")
    if re.search(r"(?:s|x|z|ch|sh|o)$", head):
        third = f"{head}es"
    else:
        third = f"{head[:-1]}ies" if re.search(r"[^aeiou]y$", head) else f"{head}s"
    found = [(head, _BASE), (third, _THIRD)]
    for stem in ing_stems(head):
        past = f"{stem[:-1]}ied" if re.search(r"[^aeiou]y$", stem) else f"{stem.removesuffix('e')}ed"
        found += [(f"{stem}ing", _ING), (past, _PAST)]
    found += [(form, _ING if form.endswith("ing") else _PAST) for form in irregular]
    return [(" ".join([form, *rest]), place) for form, place in found]
