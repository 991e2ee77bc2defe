"""Whole-gallery retrieval beside an obvious version that sorts the whole matrix: seconds, memory.

`nice python runs/bench_retrieval.py [--items 5000] [--large 20000]`
"""

import argparse
import time
import tracemalloc
from collections.abc import Callable

import numpy as np

from tmr.evaluation.answers import Answers, letter_for_letter, only_itself
from tmr.evaluation.retrieval import place_queries
from tmr.model.batch import unit


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--items", type=int, default=5000, help="captions and motions")
    parser.add_argument(
        "--large", type=int, default=20_000, help="items of the run that is ours alone; 0 leaves it out"
    )
    parser.add_argument("--repeats", type=int, default=3)
    arguments = parser.parse_args()
    text, motion = made_up(arguments.items)
    equal = [f"caption {number // 4}" for number in range(arguments.items)]
    for rule, same in (("own motion", only_itself), ("4 right", letter_for_letter(equal))):
        answers = Answers(np.arange(arguments.items), same)
        ours = best_of(arguments.repeats, lambda answers=answers: both_directions(text, motion, answers))
        slow = best_of(arguments.repeats, lambda answers=answers: by_sorting(text, motion, answers))
        np.testing.assert_allclose(ours[1], slow[1], rtol=1e-6)
        print(
            f"{arguments.items:,} × {arguments.items:,}, {rule}, both directions: ours {ours[0]:.2f} s and "
            f"{ours[2] / 2**20:,.0f} MiB, sorting {slow[0]:.2f} s and {slow[2] / 2**20:,.0f} MiB: "
            f"{slow[0] / ours[0]:.1f} times as fast"
        )
    if arguments.large:
        text, motion = made_up(arguments.large)
        seconds, _, peak = best_of(
            1, lambda: both_directions(text, motion, Answers(np.arange(arguments.large), only_itself))
        )
        times = (100_000 / arguments.large) ** 2
        print(
            f"{arguments.large:,} × {arguments.large:,}, own motion: {seconds:.1f} s, {peak / 2**20:,.0f} MiB beside "
            f"the embeddings; {seconds * times / 60:.0f} minutes are to be expected of 100,000 × 100,000"
        )


def made_up(count: int) -> tuple[np.ndarray, np.ndarray]:
    """Return unit embeddings of captions and of motions that are near them."""
    random = np.random.default_rng(0)
    text = random.normal(size=(count, 256)).astype(np.float32)
    return unit(text), unit(text + 4 * random.normal(size=(count, 256)).astype(np.float32))


def both_directions(text: np.ndarray, motion: np.ndarray, answers: Answers) -> np.ndarray:
    """Return recall at 10, mean rank, average precision and gain of each direction."""
    rows = []
    for placed in (place_queries(text, motion, answers.of_texts), place_queries(motion, text, answers.of_motions)):
        rows.append(
            [column.mean() for column in (placed.hit_chances(10), placed.rank, placed.average_precision, placed.gain)]
        )
    return np.array(rows)


def by_sorting(text: np.ndarray, motion: np.ndarray, answers: Answers) -> np.ndarray:
    """Return the same from the whole matrix, sorted; ties are taken as they come."""
    rows = []
    for similarity, right_of in ((text @ motion.T, answers.of_texts), (motion @ text.T, answers.of_motions)):
        bounds, members = right_of(0, len(similarity))
        right = np.zeros(similarity.shape, dtype=bool)
        right[np.repeat(np.arange(len(similarity)), np.diff(bounds)), members] = True
        hits = np.take_along_axis(right, np.argsort(-similarity, axis=1), axis=1)
        ranks = np.arange(1, similarity.shape[1] + 1)
        first = 1 + hits.argmax(axis=1)
        precision = (np.cumsum(hits, axis=1) / ranks * hits).sum(axis=1) / hits.sum(axis=1)
        gains = 1 / np.log2(1 + ranks)
        gain = (hits * gains).sum(axis=1) / np.cumsum(gains)[hits.sum(axis=1) - 1]
        rows.append([(first <= 10).mean(), first.mean(), precision.mean(), gain.mean()])
    return np.array(rows)


def best_of(repeats: int, measured: Callable[[], np.ndarray]) -> tuple[float, np.ndarray, int]:
    """Return the shortest time, what came out, and the most memory that it took."""
    times = []
    for _ in range(repeats):
        start = time.perf_counter()
        found = measured()
        times.append(time.perf_counter() - start)
    tracemalloc.start()
    try:
        measured()
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    return min(times), found, peak


if __name__ == "__main__":
    main()
