"""FID at 256 dimensions and 5,000 items, ours beside SciPy's root of the product, in one run; and what else it costs.

```bash
python runs/bench_distribution.py
```
"""

import time
from collections.abc import Callable

import numpy as np
from scipy.linalg import sqrtm

from tmr.evaluation.distribution import (
    Moments,
    frechet_distance,
    frechet_from_moments,
    frechet_measures,
    null_frechet_distance,
)
from tmr.evaluation.kernel import kernel_distance
from tmr.evaluation.matching import r_precision
from tmr.evaluation.spread import coverage_of, diversity

COUNT, WIDTH = 5000, 256
REPEATS = 5


def with_the_root_of_the_product(first: np.ndarray, second: np.ndarray) -> float:
    """Return the FID as it is usually computed."""
    one, two = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    step = first.mean(axis=0) - second.mean(axis=0)
    return float(step @ step + np.trace(one) + np.trace(two) - 2 * np.trace(sqrtm(one @ two)).real)


def seconds(function: Callable[..., object], *arguments: object) -> float:
    """Return the shortest time of a few runs."""
    times = []
    for _ in range(REPEATS):
        start = time.perf_counter()
        function(*arguments)
        times.append(time.perf_counter() - start)
    return min(times)


def main() -> None:
    """Print the times."""
    random = np.random.default_rng(0)
    spectrum = np.arange(1, WIDTH + 1) ** -0.5
    first, second = (random.normal(size=(COUNT, WIDTH)) * spectrum for _ in range(2))
    first, second = (rows / np.linalg.norm(rows, axis=1, keepdims=True) for rows in (first, second))
    ours, theirs = frechet_distance(first, second), with_the_root_of_the_product(first, second)
    print(f"FID of {COUNT:,} and {COUNT:,} in {WIDTH} dimensions: ours {ours:.9f}, by sqrtm {theirs:.9f}")
    quick, slow = seconds(frechet_distance, first, second), seconds(with_the_root_of_the_product, first, second)
    print(f"whole: ours {quick:.3f} s, by sqrtm {slow:.3f} s: {slow / quick:.1f} times as fast")
    one, two = Moments.of(first), Moments.of(second)
    quick = seconds(frechet_from_moments, one, two)
    slow = seconds(lambda: np.trace(sqrtm(one.covariance @ two.covariance)))
    print(f"after the covariances: ours {quick:.3f} s, by sqrtm {slow:.3f} s: {slow / quick:.1f} times as fast")
    for name, function, arguments in (
        ("with interval and limit", frechet_measures, (first, second)),
        ("null value, 20 splits", null_frechet_distance, (first,)),
        ("kernel distance, all pairs", kernel_distance, (first, second)),
        ("precision, recall, density, coverage", coverage_of, (first, second)),
        ("diversity, all pairs", diversity, (first,)),
        ("R-precision, 20 draws", r_precision, (first, second)),
    ):
        print(f"{name}: {seconds(function, *arguments):.2f} s")


if __name__ == "__main__":
    main()
