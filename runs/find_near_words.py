"""Find other words for what people do, with WordNet: what `tmr.model.near_words` reads.

    python runs/find_near_words.py --wordnet FOLDER [--list runs/near_words.txt] [-o src/tmr/model/near_words.json]

FOLDER has `data.verb`, `index.verb`, `verb.exc` and `cntlist.rev` of WordNet 3.0; on Debian the package wordnet-base
puts them into /usr/share/wordnet.

The list says by hand what captions call a thing, and some other words for it. Each of these is held to be meant in its
first sense that is of one of the given lexicographer files (with a + behind it, in its first two). Every verb of which
a sense is that one, or up to two steps below it (a kind of it), is another word for the thing: `saunter` is a kind of
`walk`. Senses further down a verb's entry count less, and those that are not about what a body does not at all.

A thing may be a way to do another: what would be another word for that one is another word for the way if a word that
the list names stands in the definition of its sense. Who skulks, "move stealthily", does not walk but sneaks.
"""

import argparse
import json
import re
from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

# The lexicographer files of WordNet that are about what a body does: the number of each, and how far it is from that.
FILES = {
    "motion": (38, 0.0), "body": (29, 0.3), "consumption": (34, 0.3), "contact": (35, 0.5), "competition": (33, 0.6),
    "stative": (42, 0.8), "communication": (32, 0.8), "perception": (39, 0.8), "change": (30, 1.0),
    "creation": (36, 1.0),
}  # fmt: skip
STEPS, COST_OF_A_SENSE, COST_OF_A_STEP = 2, 0.6, 1.0
# Verbs have up to fifty senses: only the most frequent are meant, of those for motions some more.
SENSES, SENSES_OF_MOTION = 2, 4
OUT = Path(__file__).parents[1] / "src" / "tmr" / "model" / "near_words.json"


@dataclass(frozen=True)
class Sense:
    """A set of synonyms: the number of its file, the senses that it is a kind of, and the words of its definition."""

    file: int
    kinds_of: tuple[str, ...]
    definition: frozenset[str]


@dataclass(frozen=True)
class Thing:
    """What is done: do, does, doing, did; where its other words are looked for; and those by hand; which mean two.

    If it is a way to do another thing: which, and the words that stand in definitions of it.
    """

    forms: tuple[str, ...]
    files: tuple[int, ...]
    words: tuple[str, ...]
    in_two_senses: frozenset[str]
    way_to: str
    defined_by: frozenset[str]


def read_list(path: Path) -> tuple[list[Thing], frozenset[str]]:
    """Return the things of a list, and the verbs that are never another word for one.

    Raises:
        SystemExit: If a line is none.
    """
    things, never = [], frozenset[str]()
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
        if not line.strip() or line.startswith("#"):
            continue
        parts = [part.strip() for part in line.split("|")]
        if parts[0] == "NEVER" and len(parts) == 2:
            never |= {word.strip() for word in parts[1].split(",")}
            continue
        forms = tuple(form.strip() for form in parts[0].split(" / "))
        names = [name.strip() for name in parts[1].split(",")] if len(parts) in (3, 4) else []
        way_to, colon, defined_by = parts[3].partition(":") if len(parts) == 4 else ("", ":", "")
        if len(forms) != 4 or not names or not colon or any(name not in FILES for name in names):
            files = ", ".join(FILES)
            raise SystemExit(
                f"{path}, line {number}: expected DO / DOES / DOING / DID | FILES | WORDS, files of {files}, and for a "
                "way to do another thing | THING: WORDS OF DEFINITIONS"
            )
        marked = [word.strip() for word in parts[2].split(",") if word.strip()]
        words, twice = (word.rstrip("+") for word in marked), (word[:-1] for word in marked if word.endswith("+"))
        defined = frozenset(word.strip() for word in defined_by.split(",") if word.strip())
        files = tuple(FILES[name][0] for name in names)
        things.append(Thing(forms, files, tuple(words), frozenset(twice), way_to.strip(), defined))
    if unknown := {thing.way_to for thing in things} - {thing.forms[0] for thing in things} - {""}:
        raise SystemExit(f"{path}: ways to do what is no thing of the list: {', '.join(sorted(unknown))}")
    return things, never


def read_senses(path: Path) -> dict[str, Sense]:
    """Return the senses of `data.verb` by their offset."""
    senses = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        if line.startswith("  "):
            continue
        synonyms, gloss = line.split(" | ", 1)
        fields = synonyms.split(" ")
        at = 4 + 2 * int(fields[3], 16)
        pointers = [fields[at + 1 + 4 * place :][:2] for place in range(int(fields[at]))]
        kinds_of = tuple(target for symbol, target in pointers if symbol == "@")
        # Behind the definition stand sentences in which the word is used.
        senses[fields[0]] = Sense(int(fields[1]), kinds_of, frozenset(re.findall("[a-z]+", gloss.split('"')[0])))
    return senses


def read_index(path: Path) -> dict[str, list[str]]:
    """Return the senses of each verb of `index.verb`, the most frequent first."""
    found = {}
    for line in path.read_text(encoding="latin-1").splitlines():
        if not line.startswith("  "):
            fields = line.split()
            found[fields[0].replace("_", " ")] = fields[6 + int(fields[3]) :]
    return found


def read_irregular(path: Path) -> dict[str, str]:
    """Return the verb of each form of `verb.exc`."""
    rows = (line.split() for line in path.read_text(encoding="latin-1").splitlines())
    return {row[0].replace("_", " "): row[1].replace("_", " ") for row in rows if len(row) > 1}


def seldom_verbs(path: Path) -> set[str]:
    """Return the words that stand as an adjective or adverb as often as a verb, or more, by `cntlist.rev`."""
    verbs, others = Counter[str](), Counter[str]()
    for line in path.read_text(encoding="latin-1").splitlines():
        key, _, count = line.split()
        word, kind = key.split("%")
        if kind[0] in "2345":
            (verbs if kind[0] == "2" else others)[word.replace("_", " ")] += int(count)
    return {word for word, count in others.items() if count >= verbs[word]}


def meant(things: Sequence[Thing], senses: Mapping[str, Sense], index: Mapping[str, Sequence[str]]) -> dict[str, int]:
    """Return the senses in which the words of the list are meant, each with the number of its thing."""
    found: dict[str, int] = {}
    for number, thing in enumerate(things):
        for word in thing.words:
            fitting = [sense for sense in index.get(word, ()) if senses[sense].file in thing.files]
            for sense in fitting[: 2 if word in thing.in_two_senses else 1]:
                found.setdefault(sense, number)
    return found


def nearest(
    offsets: Sequence[str], anchors: Mapping[str, int], senses: Mapping[str, Sense]
) -> tuple[int, Sense] | None:
    """Return the number of the thing that a verb of these senses is another word for, and in which sense, or None."""
    costs = dict(FILES.values())
    found: list[tuple[float, int, Sense]] = []
    for place, offset in enumerate(offsets):
        file = senses[offset].file
        if file not in costs or place >= (SENSES_OF_MOTION if file == FILES["motion"][0] else SENSES):
            continue
        ring, seen = [offset], {offset}
        for step in range(STEPS + 1):
            reached = [anchors[sense] for sense in ring if sense in anchors]
            if reached:
                cost = costs[file] + COST_OF_A_SENSE * place + COST_OF_A_STEP * step
                found.append((cost, reached[0], senses[offset]))
                break
            above = [kind for sense in ring for kind in senses[sense].kinds_of]
            ring = [sense for sense in above if sense in senses and sense not in seen]
            seen |= set(ring)
    return min(found, key=lambda row: row[0])[1:] if found else None


def in_its_way(number: int, sense: Sense, things: Sequence[Thing]) -> int:
    """Return the number of the first way to do a thing that stands in the definition of a sense; else the thing's."""
    for way, thing in enumerate(things):
        if thing.way_to == things[number].forms[0] and thing.defined_by & sense.definition:
            return way
    return number


def find(things: Sequence[Thing], never: Collection[str], wordnet: Path) -> tuple[list[list[str]], dict[str, str]]:
    """Return the words of each thing, and their irregular forms."""
    senses, index = read_senses(wordnet / "data.verb"), read_index(wordnet / "index.verb")
    by_hand = {word: number for number, thing in enumerate(things) for word in thing.words}
    anchors = meant(things, senses, index)
    irregular = read_irregular(wordnet / "verb.exc")
    # `single`, `well`: seldom a verb. `putt`: what `putting` is a form of as well.
    other = seldom_verbs(wordnet / "cntlist.rev") | set(never)
    other |= {form[:-3] for form, verb in irregular.items() if form.endswith("ing") and form[:-3] != verb}
    words: dict[str, int] = dict(by_hand)
    for word, offsets in index.items():
        if word not in words and word not in other and re.fullmatch(r"[a-z]+(?:-[a-z]+)?", word):
            near = nearest(offsets, anchors, senses)
            if near is not None:
                words[word] = in_its_way(*near, things)
    of_things = [sorted(word for word, of in words.items() if of == number) for number in range(len(things))]
    return of_things, {form: verb for form, verb in sorted(irregular.items()) if verb in words}


def main() -> None:
    """Write the file and say how much is in it."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--wordnet", type=Path, required=True)
    parser.add_argument("--list", type=Path, default=Path(__file__).with_name("near_words.txt"))
    parser.add_argument("--output", "-o", type=Path, default=OUT)
    options = parser.parse_args()
    things, never = read_list(options.list)
    words, irregular = find(things, never, options.wordnet)
    rows = [
        json.dumps({"forms": thing.forms, "words": found}, ensure_ascii=False)
        for thing, found in zip(things, words, strict=True)
    ]
    text = '{"things": [\n' + ",\n".join(rows) + f'\n],\n"irregular": {json.dumps(irregular, ensure_ascii=False)}}}\n'
    options.output.write_text(text, encoding="utf-8")
    by_hand, in_all = sum(len(thing.words) for thing in things), sum(map(len, words))
    print(f"{len(things)} things, {by_hand} words by hand, {in_all} in all: {options.output}")


if __name__ == "__main__":
    main()
