"""Load on the service: open loop, so many typed queries a second, each a sentence of its own, as a Markdown table.

`python runs/bench_serve.py [--items 10000] [--rate 100] [--seconds 60]`

The index has real items (names, times, measures, metadata) and random unit vectors: what a search costs does not depend
on them. The sentences go through the real text encoder, all of them different, so nothing is answered from memory. A
query's time runs from when it was due, not from when it could be sent. Client and service share the machine.
"""

import argparse
import asyncio
import itertools
import json
import os
import random
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path
from urllib.parse import quote

import numpy as np

from tmr.search.item import Item
from tmr.search.query import Encoders
from tmr.search.storage.manifest import Manifest, save_manifest
from tmr.search.storage.segment import ROW, WIDTH, write_segment

WHO = ("a person", "someone", "a man", "a woman", "an old man", "a child", "a dancer", "a soldier")
WHAT = ("walks", "runs", "jumps", "turns around", "sits down", "stands up", "waves", "kicks", "bows", "crawls")
HOW = ("slowly", "quickly", "carefully", "happily", "like a robot", "with a limp", "while tired", "on tiptoe")
WHERE = ("to the left", "to the right", "forwards", "backwards", "in a circle", "on the spot", "up the stairs", "away")
THEN = ("", " and stops", " and looks back", " and claps", " and falls over")


def make_index(folder: Path, count: int) -> None:
    """Write an index of items with random unit vectors, of the model in the package."""
    random_numbers = np.random.default_rng(0)
    vectors = random_numbers.standard_normal((count, WIDTH), dtype=np.float32)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    rows = np.zeros(count, dtype=ROW)
    rows["item"], rows["end_seconds"] = np.arange(count), 5.0
    items = (
        Item(
            f"walks/day_{n % 50:02d}/take_{n:06d}.bvh",
            f"{n:064x}",
            "0" * 12,
            True,
            5.0,
            120.0,
            "bvh:Hips",
            speed=float(n % 17) / 10,
            hand=("left", "right", "both")[n % 3],
            foot="both",
        )
        for n in range(count)
    )
    folder.mkdir()
    entry = write_segment(folder, "000001", items, count, rows, [vectors])
    checkpoint = Encoders(None).text().checkpoint_hash
    save_manifest(folder, Manifest(None, checkpoint, None, 10.0, 5.0, 2, (entry,)))


def sentences(count: int) -> list[str]:
    """Return so many different sentences."""
    parts = [
        f"{who} {what} {where} {how}{then}"
        for who, what, how, where, then in itertools.product(WHO, WHAT, HOW, WHERE, THEN)
    ]
    random.Random(0).shuffle(parts)
    if count > len(parts):
        sys.exit(f"there are {len(parts)} different sentences, too few for {count} queries; lower --rate or --seconds")
    return parts[:count]


class Connections:
    """Connections that are kept open, as many as are needed at a time."""

    def __init__(self, port: int) -> None:
        self._port, self._idle = port, []

    async def get(self, path: str) -> int:
        """Ask for a path and return the status; 0 if the connection broke."""
        while self._idle:
            # The service closes one that was idle for a few seconds.
            reader, writer = self._idle.pop()
            if not reader.at_eof():
                break
            writer.close()
        else:
            reader, writer = await asyncio.open_connection("127.0.0.1", self._port)
        try:
            writer.write(f"GET {path} HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n".encode())
            head = (await reader.readuntil(b"\r\n\r\n")).decode().lower()
            length = int(head.partition("content-length:")[2].split()[0])
            await reader.readexactly(length)
        except (OSError, asyncio.IncompleteReadError):
            return 0
        self._idle.append((reader, writer))
        return int(head.split()[1])

    def close(self) -> None:
        """Close all."""
        for _, writer in self._idle:
            writer.close()


async def load(port: int, texts: list[str], rate: float) -> tuple[list[float], list[int]]:
    """Send a query whenever it is due, whatever came of those before.

    Returns:
        Seconds and status of each.
    """
    connections = Connections(port)
    start = time.perf_counter() + 0.1

    async def ask(number: int, text: str) -> tuple[float, int]:
        due = start + number / rate
        await asyncio.sleep(max(due - time.perf_counter(), 0))
        status = await connections.get(f"/api/search?k=12&q={quote(text)}")
        return time.perf_counter() - due, status

    answers = await asyncio.gather(*(ask(number, text) for number, text in enumerate(texts)))
    connections.close()
    return [seconds for seconds, _ in answers], [status for _, status in answers]


def metric(address: str, name: str) -> float:
    """Return one of the service's counters."""
    with urllib.request.urlopen(f"{address}/metrics") as answer:
        lines = answer.read().decode().splitlines()
    return next(float(line.split()[-1]) for line in lines if line.startswith(f"{name} "))


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--items", type=int, default=10_000)
    parser.add_argument("--rate", type=float, default=100.0, help="queries a second")
    parser.add_argument("--seconds", type=float, default=60.0)
    arguments = parser.parse_args()
    texts = sentences(round(arguments.rate * arguments.seconds) + 200)
    with tempfile.TemporaryDirectory() as folder:
        make_index(Path(folder) / "index", arguments.items)
        command = [sys.executable, "-m", "tmr", "serve", "index", "--port", "0"]
        with subprocess.Popen(command, cwd=folder, stdout=subprocess.PIPE, text=True) as service:
            assert service.stdout is not None
            address = service.stdout.readline().split()[0]
            port = int(address.rpartition(":")[2])
            asyncio.run(load(port, texts[:200], min(arguments.rate, 20.0)))
            before = metric(address, "process_resident_memory_bytes")
            processor = metric(address, "process_cpu_seconds_total")
            batches = metric(address, "tmr_batch_queries_count")
            busy = os.getloadavg()[0]
            seconds, statuses = asyncio.run(load(port, texts[200:], arguments.rate))
            used = metric(address, "process_cpu_seconds_total") - processor
            batches = metric(address, "tmr_batch_queries_count") - batches
            after = metric(address, "process_resident_memory_bytes")
            service.terminate()
    p50, p95, p99 = 1000 * np.percentile(seconds, [50, 95, 99])
    errors = {status: statuses.count(status) for status in sorted(set(statuses)) if status != 200}
    print(f"{os.cpu_count()} processors; load average before: {busy:.1f}\n")
    print(
        "| items | queries a second | for | p50 | p95 | p99 | longest | not answered | together | processor | memory |"
    )
    print("|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|---:|")
    print(
        f"| {arguments.items:,} | {arguments.rate:g} | {arguments.seconds:g} s | {p50:.0f} ms | {p95:.0f} ms "
        f"| {p99:.0f} ms | {1000 * max(seconds):.0f} ms | {json.dumps(errors) if errors else 0} "
        f"| {statuses.count(200) / batches:.1f} | {1000 * used / len(seconds):.1f} ms a query "
        f"| {before / 1e6:.0f} to {after / 1e6:.0f} MB |"
    )


if __name__ == "__main__":
    main()
