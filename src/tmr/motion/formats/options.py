"""What a caller can tell a reader about a motion file that the file does not say itself."""

import math
from dataclasses import dataclass
from pathlib import Path

from tmr.errors import MotionFileError
from tmr.motion.units import UNITS

# A rate below would make gigabytes of a few frames when it is resampled; BVH's Frame Time has the same bound.
SLOWEST, FASTEST = 1.0, 100_000.0
# What follows the advice in a folder of many files says the rate of all of them, also of those that tell their own.
GIVE_FPS = "give fps (--fps), the frames per second; --fps holds for all files that a command reads"
COMMON_RATES = (23.976, 24.0, 25.0, 29.97, 30.0, 48.0, 50.0, 59.94, 60.0, 90.0, 100.0, 119.88, 120.0, 240.0)


@dataclass(frozen=True)
class ReadOptions:
    """What the caller gives; None leaves it to the file and the data.

    Args:
        fps: Frames per second; wins over the file's.
        unit: Metres in one unit of the data, or a name of `tmr.motion.units.UNITS`.
        up: The axis that points up, a key of `tmr.motion.units.UP_AXES`.
        skeleton: The name of a known skeleton, for arrays whose shape does not tell.
        asf: The skeleton file of an `.amc` file.
        body_model: A SMPL, SMPL-H or SMPL-X model as `.npz`, for the joints of a shaped body.
        keep_setup: Whether frames of a setup pose in front of a BVH file's motion stay, for callers that count frames.
    """

    fps: float | None = None
    unit: float | str | None = None
    up: str | None = None
    skeleton: str | None = None
    asf: Path | None = None
    body_model: Path | None = None
    keep_setup: bool = False


def choose_fps(
    options: ReadOptions, path: Path, *, told: float | None, assumed: float | None = None
) -> tuple[float, tuple[str, ...]]:
    """Return frames per second and notes where they are not the file's own, or overrule it.

    Args:
        options: A rate given there wins.
        path: For messages.
        told: The file's own rate; a common rate is meant where it is off by rounding only.
        assumed: What the format is recorded at where the file does not tell; None if there is no such thing.

    Raises:
        MotionFileError: If no rate is known, or it is not from 1 to 100,000.
    """
    usable = told is not None and SLOWEST <= told <= FASTEST
    if options.fps is not None:
        if not SLOWEST <= options.fps <= FASTEST:
            raise MotionFileError(f"{path}: fps {options.fps:g} was given; expected 1 to 100,000 frames per second")
        given = (f"{options.fps:g} frames per second, as given.",)
        if told is None or not usable or _is_same_rate(_common_rate(told), options.fps):
            return float(options.fps), given
        own = f"The file tells {_common_rate(told):g} frames per second, but the {options.fps:g} given win (--fps)."
        return float(options.fps), (*given, own)
    if told is not None:
        if not usable:
            raise MotionFileError(
                f"{path}: the frame rate is {told:g}; expected 1 to 100,000 frames per second: {GIVE_FPS}"
            )
        return _common_rate(told), ()
    if assumed is not None:
        return assumed, (f"The file tells no frame rate; {assumed:g} frames per second are assumed.",)
    raise MotionFileError(f"{path}: tells no frame rate; {GIVE_FPS}")


def note_overruled(options: ReadOptions, *, unit: float | None = None, up: str | None = None) -> tuple[str, ...]:
    """Return notes on a unit and an up axis that the file or its format has, where others were given.

    Args:
        options: What was given.
        unit: Metres in one unit as the file or its format has it; None if it does not tell.
        up: The axis that points up in the format; None if any may.
    """
    notes: list[str] = []
    given = UNITS.get(options.unit) if isinstance(options.unit, str) else options.unit
    if unit is not None and given is not None and not math.isclose(unit, given, rel_tol=1e-3):
        notes.append(f"One unit of the file is {unit:.6g} m, but the {given:.6g} m given win (--unit).")
    if up is not None and options.up not in (None, up):
        notes.append(f"The format's {up} axis points up, but the {options.up} axis given wins (--up).")
    return tuple(notes)


def _common_rate(told: float) -> float:
    """Return the common rate that is meant where one is off by rounding only, or the rate itself."""
    nearest = min(COMMON_RATES, key=lambda rate: abs(rate - told))
    return nearest if _is_same_rate(nearest, told) else told


def _is_same_rate(rate: float, other: float) -> bool:
    return abs(rate - other) < 2e-4 * other
