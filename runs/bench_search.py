"""Exact search: ours (NumPy over a memory-mapped index) beside faiss.IndexFlatIP, as a Markdown table.

`OMP_NUM_THREADS=1 OPENBLAS_NUM_THREADS=1 python runs/bench_search.py [--sizes 100 10000 1000000]`

On one thread, since the threads of the two libraries get in each other's way. The largest takes 1 GB of disk and, for
faiss, of memory.
"""

import argparse
import os
import platform
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np

from tmr.search.item import Item
from tmr.search.ranking import nearest
from tmr.search.storage.segment import ROW, WIDTH, Segment, write_segment

K = 10
QUERIES = (1, 64)


def unit_vectors(count: int, seed: int) -> np.ndarray:
    """Return random unit vectors."""
    vectors = np.random.default_rng(seed).standard_normal((count, WIDTH), dtype=np.float32)
    return vectors / np.linalg.norm(vectors, axis=1, keepdims=True)


def make_segment(folder: Path, embeddings: np.ndarray) -> Segment:
    """Write embeddings as a segment of an index, an item a row."""
    rows = np.zeros(len(embeddings), dtype=ROW)
    rows["item"] = np.arange(len(embeddings))
    items = (Item(f"{n:07d}.bvh", "0" * 64, "", True, 5.0, 30.0, "somaskel30") for n in range(len(embeddings)))
    return Segment(folder, write_segment(folder, "000001", items, len(embeddings), rows, [embeddings]))


def milliseconds(search: Callable[[], object], at_least_seconds: float = 2.0) -> float:
    """Return the time of the fastest of several searches: what else the machine does only makes it slower."""
    search()
    times = []
    while sum(times) < at_least_seconds or len(times) < 3:
        start = time.perf_counter()
        search()
        times.append(time.perf_counter() - start)
    return 1000 * min(times)


def main() -> None:
    """Measure and print."""
    import faiss

    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=[100, 10_000, 1_000_000])
    sizes = parser.parse_args().sizes
    print(f"{os.cpu_count()} processors, {platform.machine()}, k = {K}, milliseconds (the fastest of several)\n")
    print(
        "| items | queries | ours, memory-mapped | faiss IndexFlatIP, in memory | same hits | open ours | fill faiss |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|")
    for size in sizes:
        embeddings = unit_vectors(size, seed=0)
        with tempfile.TemporaryDirectory() as folder:
            written = make_segment(Path(folder), embeddings)
            opening = milliseconds(lambda written=written: Segment(written.folder, written.entry))
            start = time.perf_counter()
            flat = faiss.IndexFlatIP(WIDTH)
            flat.add(embeddings)  # pyright: ignore[reportCallIssue]
            filling = 1000 * (time.perf_counter() - start)
            for count in QUERIES:
                queries = unit_vectors(count, seed=1)
                ours = nearest([written], queries, K)
                _, rows = flat.search(queries, K)  # pyright: ignore[reportCallIssue]
                same = np.mean([[m.row for m in matches] == list(row) for matches, row in zip(ours, rows, strict=True)])
                our_time = milliseconds(lambda w=written, q=queries: nearest([w], q, K))
                their_time = milliseconds(lambda i=flat, q=queries: i.search(q, K))
                print(
                    f"| {size:,} | {count} | {our_time:.2f} | {their_time:.2f} | {same:.0%} "
                    f"| {opening:.2f} | {filling:.1f} |"
                )


if __name__ == "__main__":
    main()
