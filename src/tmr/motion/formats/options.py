"""What a caller can tell a reader about a motion file that the file does not say itself."""

from dataclasses import dataclass
from pathlib import Path

from tmr.errors import MotionFileError

# A rate below would make gigabytes of a few frames when it is resampled; BVH's Frame Time has the same bound.
SLOWEST, FASTEST = 1.0, 100_000.0
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
    """Return frames per second and a note where they are not the file's own.

    Args:
        options: A rate given there wins.
        path: For messages.
        told: The file's own rate; a common rate is meant where it is off by rounding only.
        assumed: What the format is recorded at where the file does not tell; None if there is no such thing.

    Raises:
        MotionFileError: If no rate is known, or it is not from 1 to 100,000.
    """
    if options.fps is not None:
        if not SLOWEST <= options.fps <= FASTEST:
            raise MotionFileError(f"{path}: fps {options.fps:g} was given; expected 1 to 100,000 frames per second")
        return float(options.fps), (f"{options.fps:g} frames per second, as given.",)
    if told is not None:
        if not SLOWEST <= told <= FASTEST:
            raise MotionFileError(
                f"{path}: the frame rate is {told:g}; expected 1 to 100,000 frames per second: give fps (--fps)"
            )
        nearest = min(COMMON_RATES, key=lambda rate: abs(rate - told))
        return (nearest if abs(nearest - told) < 2e-4 * told else told), ()
    if assumed is not None:
        return assumed, (f"The file tells no frame rate; {assumed:g} frames per second are assumed.",)
    raise MotionFileError(f"{path}: tells no frame rate; give fps (--fps), the frames per second")
