"""How well the map of a library keeps neighbours, and what making it costs, by the size of the library.

    python runs/bench_map.py 100 2500 10000 100000
    python runs/bench_map.py --embeddings FILE.npz

Made-up libraries: kinds of 40 motions around random directions. `--embeddings` takes the array `vecs` (unit vectors,
one a row) of a file instead. Kept: the share of the 10 nearest in 256 dimensions that are among the 10 (or 30) nearest
on the map, over at most 500 items drawn at random (seed 1), for the map and for the plane of the principal components.
`--others` takes places on maps that other programs made of the same embeddings, an array a map, in the same order.
Times are of the processor, on one thread: a machine that does other things too changes them, but not much.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import argparse
import resource
import time

import numpy as np

from tmr.search.map.layout import lay_out
from tmr.search.map.making import MOST_LAID_OUT
from tmr.search.map.placing import place

_ASKED = 500


def made_up(count: int) -> np.ndarray:
    """Return unit vectors of a library of kinds, each of about 40 motions."""
    random = np.random.default_rng(0)
    centres = random.normal(size=(max(count // 40, 1), 256))
    vectors = centres[random.integers(0, len(centres), count)] + 0.7 * random.normal(size=(count, 256))
    return (vectors / np.linalg.norm(vectors, axis=1, keepdims=True)).astype(np.float32)


def kept(vectors: np.ndarray, places: np.ndarray, asked: np.ndarray, shown: int) -> float:
    """Return the share of the 10 nearest in the space that are among the nearest `shown` on the map."""
    shares = []
    for one in asked:
        similar, near = -(vectors @ vectors[one]), ((places - places[one]) ** 2).sum(axis=1)
        similar[one] = near[one] = np.inf
        k = min(10, len(vectors) - 1)
        among = np.argpartition(near, min(shown, len(near) - 1))[:shown]
        shares.append(len(np.intersect1d(np.argpartition(similar, k)[:k], among)) / k)
    return float(np.mean(shares))


def plane(vectors: np.ndarray) -> np.ndarray:
    """Return the vectors in the plane of their largest variance."""
    centred = vectors - vectors.mean(axis=0)
    return centred @ np.linalg.eigh(centred.T @ centred)[1][:, -2:]


def measure(name: str, vectors: np.ndarray) -> None:
    """Print a row of the table."""
    begin = time.process_time()
    laid = lay_out(vectors[:MOST_LAID_OUT])
    middle = time.process_time()
    rest = vectors[MOST_LAID_OUT:]
    places = np.vstack([laid, place(rest, vectors[:MOST_LAID_OUT], laid)]) if len(rest) else laid
    end = time.process_time()
    asked = np.random.default_rng(1).permutation(len(vectors))[:_ASKED]
    shares = [kept(vectors, where, asked, shown) for where in (places, plane(vectors)) for shown in (10, 30)]
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
    cells = [name, f"{len(vectors):,}", *(f"{share:.2f}" for share in shares)]
    cells += [f"{middle - begin:.1f} s", f"{end - middle:.1f} s", f"{memory:.0f} MB"]
    print("| " + " | ".join(cells) + " |", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("sizes", nargs="*", type=int, help="of made-up libraries")
    parser.add_argument("--embeddings", help="an .npz with unit vectors in `vecs`")
    parser.add_argument("--others", help="an .npz with places of the embeddings, an array (items, 2) for each map")
    arguments = parser.parse_args()
    print("| library | items | map 10 in 10 | 10 in 30 | plane 10 in 10 | 10 in 30 | layout | placing | peak memory |")
    print("|---|---:|---:|---:|---:|---:|---:|---:|---:|")
    for size in sorted(arguments.sizes):
        measure("made up", made_up(size))
    if arguments.embeddings:
        vectors = np.load(arguments.embeddings)["vecs"]
        measure("given", vectors)
        for name, places in (np.load(arguments.others) if arguments.others else {}).items():
            shares = [kept(vectors, places, np.arange(len(vectors)), shown) for shown in (10, 30)]
            print(f"{name}: {shares[0]:.3f} in 10, {shares[1]:.3f} in 30")


if __name__ == "__main__":
    main()
