"""Cutting long takes into overlapping windows that the model can see whole."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import pairwise

from tmr.errors import TMRError
from tmr.model.batch import windows
from tmr.motion.motion import Motion

LONGEST_SECONDS = 10.0
# What motions longer than that have beside windows of 10 seconds: a moment in them is rarely so long.
FINER_SECONDS = (5.0, 2.5)
_MOST_LENGTHS = 6


@dataclass(frozen=True)
class WindowSettings:
    """How long takes are cut.

    Args:
        seconds: Longest piece of a motion that gets one embedding, at most the 10 s that the model sees whole.
        hop_seconds: From the start of one piece to the start of the next.
        finer_seconds: Lengths of the shorter pieces that motions longer than `seconds` have as well, longest first;
            their hops are to them as `hop_seconds` is to `seconds`.

    Raises:
        TMRError: If pieces would leave gaps, never end or are longer than the model sees.
    """

    seconds: float = LONGEST_SECONDS
    hop_seconds: float = LONGEST_SECONDS / 2
    finer_seconds: tuple[float, ...] = FINER_SECONDS

    def __post_init__(self) -> None:
        lengths = (self.seconds, *self.finer_seconds)
        if len(lengths) > _MOST_LENGTHS:
            raise TMRError(f"windows of {len(lengths)} lengths are asked for; expected at most {_MOST_LENGTHS}")
        if not 0 < self.seconds <= LONGEST_SECONDS:
            raise TMRError(
                f"the window is {self.seconds} seconds; expected over 0 and at most {LONGEST_SECONDS:g}, "
                "the longest motion that the model sees whole"
            )
        if not min(0.1, self.seconds) <= self.hop_seconds <= self.seconds:
            raise TMRError(
                f"the hop is {self.hop_seconds} seconds; expected between 0.1 and the window of {self.seconds:g} "
                "seconds"
            )
        for longer, shorter in pairwise(lengths):
            if not 0.5 <= shorter < longer:
                raise TMRError(
                    f"a window of {shorter:g} seconds is asked for; expected 0.5 to under {longer:g} seconds"
                )

    @classmethod
    def of(cls, lengths: Sequence[float] | float | None, hop_seconds: float | None) -> "WindowSettings":
        """Return the settings for windows of some lengths.

        Args:
            lengths: In seconds, in any order; one is the only one. None takes 10, 5 and 2.5.
            hop_seconds: Of the longest; None takes half of it, at most 5.
        """
        if lengths is None:
            lengths = (LONGEST_SECONDS, *FINER_SECONDS)
        elif isinstance(lengths, int | float):
            lengths = (lengths,)
        if not lengths:
            raise TMRError("no length of windows is given; expected at least one, in seconds")
        longest, *finer = sorted({float(length) for length in lengths}, reverse=True)
        hop = longest / 2 if hop_seconds is None else hop_seconds
        return cls(longest, hop, tuple(finer))

    @property
    def longest_only(self) -> "WindowSettings":
        """The same without the shorter windows."""
        return replace(self, finer_seconds=())

    def bounds(self, seconds: float, fps: float) -> list[tuple[float, float]]:
        """Return start and end in seconds of the windows that cover a motion, the longest windows first.

        A motion no longer than a window is one window. The last window of each length is aligned with the end, so all
        are of one length and every frame is in at least one.

        Args:
            seconds: How long the motion lasts.
            fps: Frames per second; windows begin and end on frames.
        """
        num_frames = max(round(seconds * fps), 1)
        found = []
        for length in (self.seconds, *self.finer_seconds):
            window = max(round(length * fps), 1)
            hop = max(round(self.hop_seconds * length / self.seconds * fps), 1)
            found += [(first / fps, end / fps) for first, end in windows(num_frames, window, hop)]
            if len(found) == 1:
                break
        return found


def cut_windows(motion: Motion, bounds: list[tuple[float, float]]) -> list[Motion]:
    """Return the parts of a motion between the given bounds; a single window is the motion itself."""
    if len(bounds) == 1:
        return [motion]
    return [motion.cut(start, end) for start, end in bounds]
