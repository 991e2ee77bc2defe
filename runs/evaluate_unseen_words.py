"""Ask for motions in words that no training caption has: the table of docs/unseen_words.md.

    python runs/evaluate_unseen_words.py --data PACKS [--cache FOLDER] [--model NAME] [-o FOLDER] [--judged FILE]
        [--page docs/unseen_words.md]

Each query has a word whose family (stroll, strolls, strolling) stands in no caption of the packs, whatever its split,
in no sentence written from labels, in no caption or wording of the library and not among the words that were put to
what captions call a thing by hand (runs/near_words.txt); this is checked before anything is asked. The gallery is what
was not trained on: takes of Bandai's test split, two an action and style, the captioned segments of the CMU test
subjects, and the library, of which other variations were trained on.

Whether a hit is sensible is judged by looking, and kept in runs/unseen_words.json by query and hit, so that another
model needs judgements of new hits only. Unjudged hits are `?` in the table. With -o FOLDER they are written to
FOLDER/unjudged.json, and the five hits of each query are drawn on FOLDER/unseen_words_1.png and so on: look, turn each
"?" into true or false, and give the file back with --judged.
"""

import argparse
import itertools
import json
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from find_near_words import read_list
from tmr.evaluation.captioned import KINDS, LIBRARY, WEAK_KINDS, CaptionedMotion, load_captioned
from tmr.model.known_words import family_of
from tmr.model.tmr import load_model
from tmr.motion import captions as templates
from tmr.motion.captions import captions_from_labels
from tmr.motion.dataset import find_packs, read_infos, read_sentences
from tmr.motion.label_wordings import wordings_from_labels
from tmr.motion.procedural import other_wordings, procedural_library
from tmr.training import distil_sentences
from tmr.training.composed import BLENDED_SENTENCES, JOINED_SENTENCES

QUERIES = (
    "a person ambles along",
    "a person saunters",
    "a person struts",
    "a person plods",
    "a person lumbers",
    "a person shambles",
    "a person totters",
    "a person lurches",
    "a tipsy person",
    "an undead corpse",
    "a recruit goosesteps",
    "a person patrols",
    "a person promenades",
    "a burglar prowls",
    "a person skulks",
    "a person backpedals",
    "a person retreats",
    "a person sidles to the left",
    "a person trots",
    "a person bolts",
    "a person flees",
    "a person scurries",
    "a person charges ahead",
    "a person swerves to the right",
    "a person pivots to the left",
    "a person swivels around to the right",
    "a person clambers upwards",
    "a person salutes",
    "a person bids farewell",
    "a person surrenders",
    "a person cheers",
    "a person flags down a taxi",
    "arms akimbo",
    "a person guzzles lemonade",
    "a person polishes a mirror with the right hand",
    "a person kowtows",
    "a person genuflects",
    "a person faints",
    "a person takes a nap",
    "a person perches",
    "a person retrieves a coin from the carpet",
    "a person shadowboxes",
    "a person pummels somebody with the right fist",
    "a samurai strikes",
    "a footballer volleys with the left foot",
    "a person lobs a pebble",
    "a person vaults",
    "a person moonwalks",
    "a person boogies",
    "a burpee",
)
HITS, TAKES, FRAMES, ROWS = 5, 2, 6, 10
JUDGEMENTS, NEAR_WORDS = (Path(__file__).with_name(name) for name in ("unseen_words.json", "near_words.txt"))
HEAD = """# Words that no training caption has

Made by `runs/evaluate_unseen_words.py` with model {model}. Each of {num_queries} queries has a word, set in bold, whose
family of forms stands in no caption of the packs, of any split, in no sentence written from labels and in no caption of
the library; the script checks that. What the model knows of such a word comes from its language model, or from WordNet:
a verb that it has not learnt is read as the nearest one that it has, which then stands below the query
(`tmr.model.near_words`). By hand none of the words in bold was given a meaning; the script checks that too. But their
readings were seen while the rules for all verbs were made. That definitions tell ways to walk (with a swagger, with
heavy steps, tiredly, sneaking) is a rule since this table had shown that those who strut, plod, lumber, prowl and skulk
were read as walking: before it, 0333008d4ef2 had a sensible best hit for 20 and one in five for 29, and what it gained
since are these. *Written* counts the sentences of HumanML3D that have the word: the recipe of the package's models
learns from these that two sentences of one clip belong together, without its motion. Words of no caption that fewer
than three of these have are words that the model says it does not know (`tmr.model.known_words`); that stands below the
query too. A † marks words on the list that compact text towers are distilled on, without motion too.

Searched are {gallery}: none was trained on, but other variations of the library were."""


@dataclass(frozen=True)
class Asked:
    """A query with its words that no training caption has.

    Args:
        text: The query.
        unseen: Those words.
        written: Sentences of HumanML3D, known to some recipes as text without motion, that have a word of the family.
        listed: Whether the list of words that a compact text tower is distilled on has one.
    """

    text: str
    unseen: tuple[str, ...]
    written: int
    listed: bool


@dataclass(frozen=True)
class Answer:
    """One of the best hits of a query."""

    item: CaptionedMotion
    similarity: float


def families(text: str) -> set[str]:
    """Return the families of a text's words, and of neighbouring words written as one: shadow boxing, shadow-boxing."""
    words = re.findall(r"[a-z]+", text.lower())
    joined = (one + other for one, other in itertools.pairwise(words) if min(len(one), len(other)) >= 3)
    return {family_of(word) for word in (*words, *joined)}


def training_sentences(data: Path) -> Iterable[str]:
    """Yield every sentence that any recipe could draw with a motion, of all splits, and more."""
    for pack in find_packs(data):
        for info in read_infos(pack.with_suffix(".jsonl")):
            yield from (caption.text for caption in info.captions)
            yield from (text for text, _ in captions_from_labels(info.action, info.style) if info.action)
            yield from wordings_from_labels(info.action, info.style)
    for written in (templates.ACTION_PHRASES, templates.STYLE_PHRASES, templates.LABEL_CAPTIONS):
        yield from (text for texts in written.values() for text in texts)
    yield from (*templates.SUBJECTS, *JOINED_SENTENCES, *BLENDED_SENTENCES)
    yield from (text for item in procedural_library() for text in (*item.captions, *other_wordings(item.name)))


def check_queries(data: Path) -> list[Asked]:
    """Return the queries with their unseen words.

    Raises:
        SystemExit: If a query has none.
    """
    seen = set().union(*map(families, training_sentences(data)))
    written = [families(text) for texts in read_sentences(data) for text in texts]
    words = Path(distil_sentences.__file__).with_name("distil_words.json").read_text(encoding="utf-8")
    listed = families(words)
    by_hand = {family_of(word) for thing in read_list(NEAR_WORDS)[0] for words in thing.words for word in words.split()}
    asked = []
    for text in QUERIES:
        unseen = tuple(word for word in re.findall(r"[a-z]+", text) if family_of(word) not in seen)
        if not unseen:
            raise SystemExit(f"{text!r} has no word that training captions lack; ask something else")
        family = {family_of(word) for word in unseen}
        if given := family & by_hand:
            raise SystemExit(f"{text!r} has a word that {NEAR_WORDS} gives a meaning by hand: {', '.join(given)}")
        asked.append(Asked(text, unseen, sum(not family.isdisjoint(has) for has in written), bool(family & listed)))
    return asked


def gallery(data: Path, cache: Path) -> list[CaptionedMotion]:
    """Return the motions that are searched."""
    kinds = [kind for kind in KINDS if kind not in WEAK_KINDS]
    test = load_captioned(data, split="test", cache=cache, kinds=kinds)[0]
    taken: dict[tuple[str, str], int] = {}
    chosen = []
    for item in sorted(test, key=lambda item: item.name):
        pair = (item.metadata.get("action", ""), item.metadata.get("style", ""))
        if pair[0]:
            taken[pair] = taken.get(pair, 0) + 1
        if item.captions and (not pair[0] or taken[pair] <= TAKES):
            chosen.append(item)
    return chosen + load_captioned(LIBRARY)[0]


def what(item: CaptionedMotion) -> str:
    """Return what a motion is: its label, or the first thing that people said of it."""
    if item.metadata["source"] != LIBRARY and "action" in item.metadata:
        return f"{item.metadata['action'].replace('-', ' ')}, {item.metadata['style'].replace('-', ' ')}"
    return item.captions[0].replace("|", "/").strip(" .")


def read_judgements(path: Path) -> dict[str, dict[str, bool]]:
    """Return what was judged, by query and hit; a file that is not there holds nothing."""
    return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else {}


def add_judgements(path: Path, judged: Path) -> None:
    """Add the judgements of a filled unjudged.json; what is still open in it stays out."""
    known = read_judgements(path)
    for query, hits in read_judgements(judged).items():
        known.setdefault(query, {}).update({name: value for name, value in hits.items() if isinstance(value, bool)})
    ordered = {query: dict(sorted(known[query].items())) for query in sorted(known)}
    path.write_text(json.dumps(ordered, indent=1, ensure_ascii=False) + "\n", encoding="utf-8")


def page(
    asked: Sequence[Asked],
    answers: Sequence[Sequence[Answer]],
    judgements: Mapping[str, Mapping[str, bool]],
    read: Mapping[str, str],
    unread: Mapping[str, Sequence[str]],
    head: Mapping[str, str],
) -> str:
    """Return the page in Markdown.

    Args:
        asked: The queries.
        answers: The hits of each.
        judgements: Whether a hit is sensible, by query and hit.
        read: How the model reads queries that it reads otherwise.
        unread: Queries with words that the model says it does not know, and these.
        head: What the page's head names.
    """
    verdicts = [
        [judgements.get(query.text, {}).get(answer.item.name) for answer in hits]
        for query, hits in zip(asked, answers, strict=True)
    ]
    every = [verdict for row in verdicts for verdict in row]
    warned = [row for query, row in zip(asked, verdicts, strict=True) if query.text in unread]
    open_ = every.count(None)
    lines = [
        HEAD.format(num_queries=len(asked), **head),
        "Sensible is what a person who typed this would be content with, judged once, from pictures and captions"
        + (f"; {open_} of {len(every)} hits are not judged yet (?)." if open_ else "."),
        "",
        "| | |",
        "|---|---|",
        f"| queries whose best hit is sensible | {sum(row[0] is True for row in verdicts)} of {len(asked)} |",
        f"| queries with a sensible one among five | {sum(True in row for row in verdicts)} of {len(asked)} |",
        f"| sensible hits | {every.count(True)} of {len(every)} |",
        "| best hits sensible where the model says that it does not know a word "
        f"| {sum(row[0] is True for row in warned)} of {len(warned)} |",
        *([f"| not judged yet | {open_} |"] if open_ else []),
        "",
        "| query | written | hit | what it is | similarity | sensible |",
        "|---|---|---|---|---|---|",
    ]
    for query, hits, row in zip(asked, answers, verdicts, strict=True):
        text = " ".join(f"**{word}**" if word in query.unseen else word for word in query.text.split())
        first = f"{text}{' †' if query.listed else ''} | {query.written}"
        for rank, (answer, verdict) in enumerate(zip(hits, row, strict=True), start=1):
            sensible = {True: "yes", False: "no", None: "?"}[verdict]
            found = f"{what(answer.item)} ({answer.item.metadata['source']})"
            notes = [f"read: {read[query.text]}"] if query.text in read else []
            notes += [f"not known: {', '.join(unread[query.text])}"] if query.text in unread else []
            told = first if rank == 1 else f"{dict(enumerate(notes, start=2)).get(rank, '')} | "
            lines.append(f"| {told} | {rank} | {found} | {answer.similarity:.2f} | {sensible} |")
    return "\n".join(lines) + "\n"


def draw(asked: Sequence[Asked], answers: Sequence[Sequence[Answer]], folder: Path) -> list[Path]:
    """Draw the hits of each query, a row a query, and return the pictures."""
    import matplotlib

    matplotlib.use("Agg")
    import matplotlib.pyplot as plt

    from procedural_sheet import draw_row

    paths = []
    for first in range(0, len(asked), ROWS):
        shown = range(first, min(first + ROWS, len(asked)))
        figure, grid = plt.subplots(
            len(shown), HITS, figsize=(0.62 * FRAMES * HITS, 1.35 * len(shown)), squeeze=False, layout="constrained"
        )
        for row, number in enumerate(shown):
            grid[row, 0].annotate(asked[number].text, (0, 1.32), xycoords="axes fraction", fontsize=9, weight="bold")
            for axes, answer in zip(grid[row], answers[number], strict=True):
                draw_row(axes, answer.item.motion, frames=FRAMES, view=35)
                # The figures stand side by side at even distances: how far they go has to be said.
                motion = answer.item.motion
                metres = float(np.linalg.norm((motion.joints[-1, 0] - motion.joints[0, 0])[[0, 2]]))
                title = f"{answer.similarity:.2f} {what(answer.item)[:40]}, {metres:.1f} m, {motion.seconds:.1f} s"
                axes.set_title(title, fontsize=6.5, loc="left", pad=1)
        figure.suptitle(" ", fontsize=10)  # room for the first query
        paths.append(folder / f"unseen_words_{first // ROWS + 1}.png")
        figure.savefig(paths[-1], dpi=90)
        plt.close(figure)
    return paths


def main() -> None:
    """Check the queries, ask them, write the page, and say what is not judged."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--cache", type=Path, default=Path(".cache"), help="keeps retargeted packs")
    parser.add_argument("--model", default="default", help="name or folder")
    parser.add_argument("--output", "-o", type=Path, help="folder for the pictures and unjudged.json")
    parser.add_argument("--judged", type=Path, help="a filled unjudged.json")
    parser.add_argument("--page", type=Path, help="write the table there, docs/unseen_words.md say; else it is printed")
    options = parser.parse_args()
    if options.judged:
        add_judgements(JUDGEMENTS, options.judged)
    asked = check_queries(options.data)
    items = gallery(options.data, options.cache)
    model = load_model(options.model)
    similarity = model.encode_text([query.text for query in asked]) @ model.encode_motion([i.motion for i in items]).T
    answers = [
        [Answer(items[place], float(row[place])) for place in np.argsort(-row, kind="stable")[:HITS]]
        for row in similarity
    ]
    judgements = read_judgements(JUDGEMENTS)
    sources = [item.metadata["source"] for item in items]
    counts = ", ".join(f"{sources.count(source)} of {source}" for source in dict.fromkeys(sources))
    head = {"model": f"{options.model} ({model.checkpoint_hash[:12]})", "gallery": f"{len(items)} motions ({counts})"}
    read = {query.text: told for query in asked if (told := model.as_read(query.text)) != query.text}
    unread = {query.text: words for query in asked if (words := model.unknown_words(query.text))}
    text = page(asked, answers, judgements, read, unread, head)
    if options.page:
        options.page.write_text(text, encoding="utf-8")
    else:
        print(text)
    unjudged = {
        query.text: {hit.item.name: "?" for hit in hits if hit.item.name not in judgements.get(query.text, {})}
        for query, hits in zip(asked, answers, strict=True)
    }
    unjudged = {query: names for query, names in unjudged.items() if names}
    for query, names in unjudged.items():
        print(f"not judged: {query}: {', '.join(names)}")
    print(f"{sum(map(len, unjudged.values()))} hits are not judged")
    if options.output:
        options.output.mkdir(parents=True, exist_ok=True)
        (options.output / "unjudged.json").write_text(json.dumps(unjudged, indent=1) + "\n", encoding="utf-8")
        print(*draw(asked, answers, options.output), options.output / "unjudged.json", sep="\n")


if __name__ == "__main__":
    main()
