"""How much of the recall on CMU's test subjects is the kind of motion, and how much is telling those of a kind apart.

    python runs/cmu_kinds.py --data PACKS [--cache FOLDER] [--model FOLDER ...]

A segment's kind is the first of `KINDS` whose words one of its captions has. The first row knows the kinds and nothing
else: what it reaches no model surpasses but by telling apart motions of one kind. Gallery and queries of the first
table are those of `compare_recipes.py`, every caption a query; of the second those of the model card: segments of the
same frames are one, and each is asked by its first caption. Beside the recall stands how often the best hit is of the
right kind, and which share of the others of its kind the right segment is ranked above (50 %: by chance).

The third table asks what can be known from sentences at all: in place of a segment's motion stands what the others who
saw it wrote, for the segments with two sentences of HumanML3D or more. Every sentence is a query; its similarity to a
segment is the mean of those to the segment's sentences, the query itself left out, by each model's text encoder.
"""

import argparse
import re
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Bool, Float, Int

from compare_recipes import KS, queries
from tmr.evaluation.development import segments_with_captions
from tmr.evaluation.retrieval import hit_chances, small_batches_recall
from tmr.model.tmr import TMR, load_model
from tmr.motion.motion import Motion
from tmr.motion.prepare import prepare, select

KINDS = {
    "basketball signals": r"basketball|signals|crosses one arm|crossing them over",
    "dances": r"danc|ballet|sashay|skipping",
    "walks backwards": r"backward|side to side and turn",
    "runs": r"\b(?:run|jog|sprint|sprits)",
    "walks": r"walk|steps|moving forward",
}


def kinds_of(captions: Sequence[Sequence[str]]) -> list[str]:
    """Return the kind of each segment; one of none of `KINDS` is a kind of its own."""
    return [
        next(
            (kind for kind, words in KINDS.items() if any(re.search(words, text, re.IGNORECASE) for text in texts)),
            f"segment {number}",
        )
        for number, texts in enumerate(captions)
    ]


def row(
    name: str, similarity: Float[np.ndarray, "query item"], owners: Int[np.ndarray, " query"], kinds: Sequence[str]
) -> str:
    """Return the table's row of what similarities reach."""
    right = owners[:, None] == np.arange(len(kinds))
    of_kind = np.array(kinds)[owners][:, None] == np.array(kinds)
    firsts = np.unique(owners, return_index=True)[1]
    numbers = [hit_chances(similarity, right, k).mean() for k in KS]
    numbers.append(small_batches_recall(similarity[firsts], 3)[0])
    numbers.append(hit_chances(similarity, of_kind, 1).mean())
    numbers.append(ranked_above(similarity, right, of_kind))
    return f"| {name} | {' | '.join(f'{100 * number:.1f}' for number in numbers)} |"


def ranked_above(
    similarity: Float[np.ndarray, "query item"],
    right: Bool[np.ndarray, "query item"],
    of_kind: Bool[np.ndarray, "query item"],
) -> float:
    """Return the share of the others of its kind that the right item is ranked above, ties half; of kinds of two on."""
    shares = []
    for scores, answer, alike in zip(similarity, right, of_kind & ~right, strict=True):
        others = scores[alike]
        if len(others):
            shares.append(np.mean(others < scores[answer]) + np.mean(others == scores[answer]) / 2)
    return float(np.mean(shares))


def as_others_told(
    texts: Float[np.ndarray, "query width"], owners: Int[np.ndarray, " query"]
) -> Float[np.ndarray, "query item"]:
    """Return the mean similarity of each sentence to those of each segment, without the sentence itself.

    Args:
        texts: Embeddings of the sentences.
        owners: The segment of each, of which each has two sentences or more.
    """
    similarity = texts @ texts.T
    counted = 1.0 - np.eye(len(texts))
    of_segment = (owners[:, None] == np.arange(owners.max() + 1)).astype(np.float64)
    return ((similarity * counted) @ of_segment) / (counted @ of_segment)


def main() -> None:
    """Print the table of each gallery."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--data", type=Path, required=True, help="folder of packs")
    parser.add_argument("--cache", type=Path, default=Path(".cache"))
    parser.add_argument("--model", default=["default"], nargs="+", help="names or folders [default: default]")
    options = parser.parse_args()
    test = select(prepare(options.data, options.cache), "test")
    encoders = {name: load_model(name) for name in options.model}
    motions, captions = queries(test)
    table(motions, captions, kinds_of(captions), encoders)
    print()
    motions, captions = map(list, zip(*segments_with_captions(test), strict=True))
    table(motions, [texts[:1] for texts in captions], kinds_of(captions), encoders)
    print()
    told = [(motion, list(dict.fromkeys(texts))) for motion, texts in segments_with_captions(test, ["humanml3d"])]
    motions, captions = map(list, zip(*[each for each in told if len(each[1]) > 1], strict=True))
    table(motions, captions, kinds_of(captions), encoders, others=True)


def table(
    motions: Sequence[Motion],
    captions: Sequence[Sequence[str]],
    kinds: Sequence[str],
    encoders: Mapping[str, TMR],
    *,
    others: bool = False,
) -> None:
    """Print how many there are of each kind, and what kinds alone and each model reach.

    Args:
        motions: The gallery.
        captions: What each motion is asked by.
        kinds: The kind of each motion.
        encoders: The models by their names.
        others: Also what the other sentences of a segment reach in the place of its motion.
    """
    owners = np.repeat(np.arange(len(motions)), [len(texts) for texts in captions])
    count = Counter(kinds)
    print(
        ", ".join(f"{kind}: {count[kind]}" for kind in KINDS),
        f"others: {len(motions) - sum(count[kind] for kind in KINDS)}\n",
    )
    heads = ["", *(f"R@{k}" for k in KS), "batches of 32, R@3", "right kind at rank 1", "above others of its kind"]
    print(f"| {' | '.join(heads)} |\n|{'---|' * len(heads)}")
    known = np.array(kinds)[owners][:, None] == np.array(kinds)
    print(row("only the kind known", known.astype(np.float32), owners, kinds))
    for model, encoder in encoders.items():
        texts = encoder.encode_text([text for texts in captions for text in texts])
        print(row(f"`{model}`", texts @ encoder.encode_motion(motions).T, owners, kinds), flush=True)
        if others:
            print(row(f"what others wrote, read by `{model}`", as_others_told(texts, owners), owners, kinds))


if __name__ == "__main__":
    main()
