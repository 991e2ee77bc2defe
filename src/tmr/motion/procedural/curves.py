"""Curves over time that choreography is written with: all are smooth to the second derivative."""

from itertools import pairwise

import numpy as np
from jaxtyping import Float

Curve = Float[np.ndarray, "frame"]

Number = float | int
"""Choreography is written with whole numbers where they are enough."""


def ease(progress: Curve) -> Curve:
    """Return a minimum-jerk transition: 0 before 0, 1 after 1, at rest at both ends."""
    u = np.clip(progress, 0.0, 1.0)
    return u**3 * (10 - 15 * u + 6 * u**2)


def glide(progress: Curve, ramp: Number = 0.35) -> Curve:
    """Return a transition from 0 to 1 that cruises between two ramps, like a foot that swings.

    Args:
        progress: Progress; values outside 0 … 1 are held.
        ramp: The part of the transition in which it gathers speed, and again in which it slows down; up to 0.5.
    """
    u = np.clip(progress, 0.0, 1.0)
    first = np.minimum(u, ramp) / ramp
    last = np.maximum(u - (1 - ramp), 0.0) / ramp
    gathered = ramp * (first**3 - first**4 / 2)  # the integral of 3w² − 2w³
    lost = ramp * (last**3 - last**4 / 2)
    return (gathered + np.maximum(u - ramp, 0.0) - lost) / (1 - ramp)


def bump(time: Curve, start: Number, end: Number, peak: Number = 0.5) -> Curve:
    """Return a curve that rises from 0 at `start` to 1 and is back at 0 at `end`.

    Args:
        time: Seconds.
        start: When it leaves 0, in seconds.
        end: When it is back, in seconds.
        peak: Where in between it is highest, as a fraction.
    """
    u = np.clip((time - start) / (end - start), 0.0, 1.0)
    power = 3.0 * max(peak, 1 - peak) / min(peak, 1 - peak)
    low, high = (3.0, power) if peak <= 0.5 else (power, 3.0)
    top = peak**low * (1 - peak) ** high
    return u**low * (1 - u) ** high / top


def keys(time: Curve, *points: tuple[Number, Number]) -> Curve:
    """Return a curve through key values: it rests on each extreme and flows through the keys between extremes.

    Each piece is a quintic that meets the slopes at its two keys with zero acceleration; values before the first and
    after the last key are held.

    Args:
        time: Seconds.
        points: (seconds, value) in rising order of time.
    """
    at = np.array([point[0] for point in points], dtype=float)
    value = np.array([point[1] for point in points], dtype=float)
    slopes = np.diff(value) / np.diff(at)
    velocity = np.zeros(len(at))
    flowing = slopes[:-1] * slopes[1:] > 0
    total = np.where(flowing, slopes[:-1] + slopes[1:], 1.0)
    velocity[1:-1] = np.where(flowing, 2 * slopes[:-1] * slopes[1:] / total, 0.0)
    curve = np.full(len(time), value[0])
    for piece, (start, end) in enumerate(pairwise(at)):
        duration = end - start
        u = (time - start) / duration
        inside = (u >= 0) & (u <= 1)
        s = u[inside]
        change = value[piece + 1] - value[piece]
        v0, v1 = velocity[piece] * duration, velocity[piece + 1] * duration
        cubic, quartic, quintic = (
            10 * change - 6 * v0 - 4 * v1,
            -15 * change + 8 * v0 + 7 * v1,
            6 * change - 3 * (v0 + v1),
        )
        curve[inside] = value[piece] + v0 * s + s**3 * (cubic + s * (quartic + s * quintic))
    curve[time > at[-1]] = value[-1]
    return curve


def flight(time: Curve, *points: tuple[Number, Number, Number, Number]) -> Curve:
    """Return a curve through keys whose velocity and acceleration are given, as a jump needs them.

    Args:
        time: Seconds.
        points: (seconds, value, velocity, acceleration) in rising order of time; held outside.
    """
    curve = np.full(len(time), float(points[0][1]))
    for (start, x0, v0, a0), (end, x1, v1, a1) in pairwise(points):
        duration = end - start
        s = (time - start) / duration
        inside = (s >= 0) & (s <= 1)
        s = s[inside]
        v0, v1, a0, a1 = v0 * duration, v1 * duration, a0 * duration**2, a1 * duration**2
        gap, slope, bend = x1 - x0 - v0 - a0 / 2, v1 - v0 - a0, a1 - a0
        cubic = 10 * gap - 4 * slope + bend / 2
        quartic = -15 * gap + 7 * slope - bend
        quintic = 6 * gap - 3 * slope + bend / 2
        curve[inside] = x0 + v0 * s + a0 / 2 * s**2 + s**3 * (cubic + s * (quartic + s * quintic))
    curve[time > points[-1][0]] = points[-1][1]
    return curve


def wobble(time: Curve, rng: np.random.Generator, period: Number) -> Curve:
    """Return the slow, never repeating unrest of a living body, within about −1 … 1.

    Args:
        time: Seconds.
        rng: Where the phases come from.
        period: The length of its main wave in seconds.
    """
    phases = rng.uniform(0, 2 * np.pi, 3)
    waves = [
        weight * np.sin(2 * np.pi * time * rate / period + phase)
        for weight, rate, phase in zip((0.6, 0.3, 0.2), (1.0, 1.73, 0.57), phases, strict=True)
    ]
    return np.sum(waves, axis=0)


def smooth(curve: Float[np.ndarray, "frame"], width: Number) -> Curve:
    """Return a curve blurred by a Gaussian.

    Args:
        curve: One value a frame.
        width: Standard deviation in frames.
    """
    radius = max(1, int(np.ceil(3 * width)))
    kernel = np.exp(-0.5 * (np.arange(-radius, radius + 1) / width) ** 2)
    padded = np.pad(curve, radius, mode="edge")
    return np.convolve(padded, kernel / kernel.sum(), mode="valid")


def delayed(time: Curve, curve: Curve, seconds: Number) -> Curve:
    """Return a curve some seconds late: what follows through after what leads."""
    return np.interp(time - seconds, time, curve)
