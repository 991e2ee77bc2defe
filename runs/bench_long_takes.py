"""Moments in long takes: how often the true one is found, beside the old rule; and what an hour of motion costs.

`python runs/bench_long_takes.py [--takes 20] [--seed 1] [--minutes 60] [--data FOLDER --cache FOLDER]`

A take is a dozen clips, drawn at random and joined (`tmr.motion.join`), a minute or so. Every clip's caption is a
query, and the place of every clip of the take that has this caption is right. A moment is found if it shares half with
a right place (intersection over union). Without `--data` the clips are those of the demo library; with it, those of the
test split of the packs there. Intervals: 95%, from takes drawn again with replacement.
"""

import argparse
import resource
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from itertools import islice
from pathlib import Path

import numpy as np

from tmr.motion.join import join
from tmr.motion.motion import Motion
from tmr.motion.prepare import prepare, select
from tmr.motion.procedural import procedural_library
from tmr.motion.skeleton import built_in_skeleton
from tmr.search.index import Index
from tmr.search.moments import find_moments
from tmr.search.query import Encoders
from tmr.search.windows import WindowSettings, cut_windows
from tmr.search.within import SETTINGS as WITHIN

CLIPS_A_TAKE = 12
ENOUGH_SHARED = 0.5
Span = tuple[float, float]


@dataclass(frozen=True)
class Clip:
    """A motion and what people say of it."""

    motion: Motion
    captions: tuple[str, ...]


@dataclass(frozen=True)
class Take:
    """Clips after one another, and the queries with the places that are right."""

    motion: Motion
    queries: tuple[tuple[str, tuple[Span, ...]], ...]


def demo_clips() -> list[Clip]:
    """Return the demo library."""
    return [Clip(made.motion, made.captions) for made in procedural_library()]


def captured_clips(data: Path, cache: Path) -> list[Clip]:
    """Return the clips of the test split that last up to 10 seconds and have a caption."""
    skeleton = built_in_skeleton("somaskel30")
    clips = [
        Clip(Motion(clip.joints, 30.0, skeleton), tuple(caption.text for caption in clip.info.captions))
        for clip in select(prepare(data, cache), "test")
    ]
    return [clip for clip in clips if clip.captions and clip.motion.seconds < 10]


def make_take(clips: Sequence[Clip], rng: np.random.Generator) -> Take:
    """Join some clips in a random order."""
    chosen = [clips[number] for number in rng.permutation(len(clips))[:CLIPS_A_TAKE]]
    motion, places = chosen[0].motion, [(0.0, chosen[0].motion.seconds)]
    for clip in chosen[1:]:
        motion = join(motion, clip.motion)
        places.append((motion.seconds - clip.motion.seconds, motion.seconds))
    queries = []
    for clip in chosen:
        text = clip.captions[int(rng.integers(len(clip.captions)))]
        right = tuple(place for place, other in zip(places, chosen, strict=True) if text in other.captions)
        queries.append((text, right))
    return Take(replace(motion, name="take"), tuple(queries))


def shared(one: Span, other: Span) -> float:
    """Return intersection over union."""
    together = max(min(one[1], other[1]) - max(one[0], other[0]), 0.0)
    return together / (one[1] - one[0] + other[1] - other[0] - together)


def window_rule(starts: np.ndarray, ends: np.ndarray, similarities: np.ndarray) -> list[Span]:
    """Return the five best windows, as the index did before there were moments."""
    best = np.argsort(-similarities, kind="stable")[:5]
    return [(float(starts[window]), float(ends[window])) for window in best]


def moment_rule(starts: np.ndarray, ends: np.ndarray, similarities: np.ndarray) -> list[Span]:
    """Return the five best moments."""
    moments = islice(find_moments(starts, ends, similarities), 5)
    return [(moment.start_seconds, moment.end_seconds) for moment in moments]


Rule = Callable[[np.ndarray, np.ndarray, np.ndarray], list[Span]]
RULES: tuple[tuple[str, WindowSettings, Rule], ...] = (
    ("windows of 10 s (the rule before)", WindowSettings(10.0, 5.0, ()), window_rule),
    ("the best windows of 10, 5 and 2.5 s", WindowSettings(), window_rule),
    ("moments from windows of 10, 5 and 2.5 s", WindowSettings(), moment_rule),
    ("moments, windows twice as close (--within)", WITHIN, moment_rule),
)


def found(take: Take, settings: WindowSettings, rule: Rule, encoders: Encoders) -> np.ndarray:
    """Return for each query of a take whether the first and whether one of the first five is right."""
    bounds = settings.bounds(take.motion.seconds, take.motion.fps)
    windows = encoders.motion().encode_motion(cut_windows(take.motion, bounds))
    queries = encoders.text().encode_text([text for text, _ in take.queries])
    starts, ends = np.array(bounds).T
    rows = []
    for query, (_, right) in zip(queries, take.queries, strict=True):
        places = rule(starts, ends, windows @ query)
        good = [max(shared(place, span) for span in right) >= ENOUGH_SHARED for place in places]
        rows.append((good[0], any(good)))
    return np.array(rows, dtype=float)


def with_interval(by_take: Sequence[np.ndarray], column: int, seed: int) -> str:
    """Return the mean of all queries in percent with its interval."""
    rng = np.random.default_rng(seed)
    means = np.array([rows[:, column].mean() for rows in by_take])
    again = [means[rng.integers(len(means), size=len(means))].mean() for _ in range(2000)]
    low, high = np.percentile(again, [2.5, 97.5])
    return f"{100 * means.mean():.1f} ({100 * low:.1f}–{100 * high:.1f})"


def measure_hour(minutes: float, clips: Sequence[Clip], rng: np.random.Generator) -> None:
    """Index one long take from a file, with the memory that it took, and search it."""
    parts: list[np.ndarray] = []
    while sum(map(len, parts)) < minutes * 60 * 30:
        parts.append(clips[int(rng.integers(len(clips)))].motion.joints)
    joints = np.concatenate(parts)
    with tempfile.TemporaryDirectory() as folder:
        library = Path(folder, "library")
        library.mkdir()
        np.savez(library / "long.npz", posed_joints=joints, fps=30.0)
        before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        start, processor = time.perf_counter(), time.process_time()
        index = Index.build(library, Path(folder, "index"), timeout_seconds=600)
        took, worked = time.perf_counter() - start, time.process_time() - processor
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024
        reader = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss / 1024
        rows = sum(entry.entry.rows for entry in index._content.segments)
        hits = index.search("a person waves with the left hand", k=10, moments=10)
        start = time.perf_counter()
        index.search("a person sits down", k=10, moments=10)
        searched = 1000 * (time.perf_counter() - start)
        index.close()
    print(
        f"\n{len(joints) / 30 / 60:.1f} minutes of motion, {joints.nbytes / 1e6:.0f} MB as float32: {rows:,} windows, "
        f"{took:.0f} s on the clock, {worked:.0f} s of processor time beside the reading process; memory "
        f"{before:.0f} to {most:.0f} MB, the reading process {reader:.0f} MB; a search for {len(hits)} moments "
        f"{searched:.1f} ms"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--takes", type=int, default=20)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument(
        "--minutes", type=float, default=60.0, help="length of the take that is indexed; 0 leaves it out"
    )
    parser.add_argument("--data", type=Path)
    parser.add_argument("--cache", type=Path, default=Path("cache"))
    arguments = parser.parse_args()
    clips = demo_clips() if arguments.data is None else captured_clips(arguments.data, arguments.cache)
    rng = np.random.default_rng(arguments.seed)
    takes = [make_take(clips, rng) for _ in range(arguments.takes)]
    encoders = Encoders(None)
    seconds = np.mean([take.motion.seconds for take in takes])
    print(
        f"{len(clips)} clips; {len(takes)} takes of {min(CLIPS_A_TAKE, len(clips))} clips, {seconds:.0f} s on average; "
        f"{sum(len(take.queries) for take in takes)} queries; seed {arguments.seed}; intersection over union from "
        f"{ENOUGH_SHARED}\n"
    )
    print("| moments | R@1 % | R@5 % |\n|---|---:|---:|")
    for name, settings, rule in RULES:
        by_take = [found(take, settings, rule, encoders) for take in takes]
        print(f"| {name} | {with_interval(by_take, 0, 0)} | {with_interval(by_take, 1, 0)} |", flush=True)
    if arguments.minutes > 0:
        measure_hour(arguments.minutes, clips, rng)


if __name__ == "__main__":
    main()
