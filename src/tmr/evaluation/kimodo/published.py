"""What the benchmark's authors published: ground truth and two generators, scored by TMR-SOMA-RP-v1."""

from collections.abc import Mapping
from typing import NamedTuple

GROUND_TRUTH = "Ground Truth"

SIZES: Mapping[str, tuple[int, int, int]] = {"content": (917, 917, 789), "repetition": (2380, 2380, 1779)}
"""Motions in overview, timeline single and timeline multi. R@k and FID depend on them: compare equal sizes only."""


class TextFollowing(NamedTuple):
    """One group of a row: R@3 in percent, FID to the ground truth, skate in cm/s, contact consistency."""

    recall: float
    distance: float
    skate: float
    contact: float


class Constrained(NamedTuple):
    """One group of a row, in cm: full body, end effectors, root on the floor, and its 95th percentile."""

    full_body: float
    end_effector: float
    root: float
    root_p95: float


TEXT_FOLLOWING: Mapping[str, Mapping[str, tuple[TextFollowing, TextFollowing, TextFollowing]]] = {
    "content": {
        GROUND_TRUTH: (
            TextFollowing(89.09, 0.000, 1.849, 1.000),
            TextFollowing(86.26, 0.000, 1.789, 1.000),
            TextFollowing(88.47, 0.000, 1.711, 1.000),
        ),
        "Kimodo-SOMA-SEED-v1.1": (
            TextFollowing(81.13, 0.035, 4.077, 0.977),
            TextFollowing(73.17, 0.028, 3.873, 0.980),
            TextFollowing(80.10, 0.032, 3.685, 0.981),
        ),
        "Kimodo-SOMA-RP-v1.1": (
            TextFollowing(83.32, 0.025, 3.641, 0.982),
            TextFollowing(78.08, 0.026, 3.523, 0.984),
            TextFollowing(84.79, 0.028, 3.278, 0.985),
        ),
    },
    "repetition": {
        GROUND_TRUTH: (
            TextFollowing(93.91, 0.000, 2.106, 1.000),
            TextFollowing(90.13, 0.000, 2.037, 1.000),
            TextFollowing(94.49, 0.000, 1.931, 1.000),
        ),
        "Kimodo-SOMA-SEED-v1.1": (
            TextFollowing(90.92, 0.004, 4.573, 0.972),
            TextFollowing(80.38, 0.007, 4.442, 0.976),
            TextFollowing(92.58, 0.006, 4.199, 0.974),
        ),
        "Kimodo-SOMA-RP-v1.1": (
            TextFollowing(87.90, 0.008, 4.103, 0.977),
            TextFollowing(77.02, 0.011, 3.938, 0.981),
            TextFollowing(88.59, 0.009, 3.727, 0.980),
        ),
    },
}
"""Overview, timeline single, timeline multi.

Source:
    nv-tlabs/kimodo, the page "Kimodo Results" of its benchmark's documentation (May 2026).
"""

CONSTRAINED: Mapping[str, Mapping[str, tuple[Constrained, Constrained]]] = {
    "content": {
        GROUND_TRUTH: (Constrained(0.000, 0.000, 2.362, 3.30), Constrained(0.000, 0.000, 2.408, 3.33)),
        "Kimodo-SOMA-SEED-v1.1": (Constrained(1.316, 1.762, 3.064, 5.62), Constrained(1.277, 1.691, 2.952, 5.56)),
        "Kimodo-SOMA-RP-v1.1": (Constrained(1.126, 1.398, 2.819, 4.78), Constrained(1.129, 1.382, 2.714, 4.54)),
    },
    "repetition": {
        GROUND_TRUTH: (Constrained(0.000, 0.000, 2.220, 3.35), Constrained(0.000, 0.000, 2.195, 3.34)),
        "Kimodo-SOMA-SEED-v1.1": (Constrained(1.226, 1.778, 2.913, 5.65), Constrained(1.200, 1.620, 2.624, 4.85)),
        "Kimodo-SOMA-RP-v1.1": (Constrained(1.078, 1.377, 2.621, 4.69), Constrained(1.088, 1.370, 2.478, 4.44)),
    },
}
"""With text, without text; of the same source."""
