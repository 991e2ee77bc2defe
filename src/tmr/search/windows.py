"""Cutting long takes into overlapping windows that the model can see whole."""

from tmr.errors import TMRError
from tmr.model.batch import windows
from tmr.motion.motion import Motion

WINDOW_SECONDS = 10.0
HOP_SECONDS = 5.0


def check_window_settings(window_seconds: float, hop_seconds: float) -> None:
    """Refuse window settings that leave gaps or never end.

    Raises:
        TMRError: If the window is not over 0 and at most 10 seconds, or the hop is not between 0.1 s and the window.
    """
    if not 0 < window_seconds <= WINDOW_SECONDS:
        raise TMRError(
            f"the window is {window_seconds} seconds; expected over 0 and at most {WINDOW_SECONDS:g}, "
            "the longest motion that the model sees whole"
        )
    if not min(0.1, window_seconds) <= hop_seconds <= window_seconds:
        raise TMRError(
            f"the hop is {hop_seconds} seconds; expected between 0.1 and the window of {window_seconds:g} seconds"
        )


def window_bounds(
    seconds: float, fps: float, *, window_seconds: float = WINDOW_SECONDS, hop_seconds: float = HOP_SECONDS
) -> list[tuple[float, float]]:
    """Return start and end in seconds of the windows that cover a motion.

    A motion no longer than a window is one window. The last window is aligned with the end, so all are of one length
    and every frame is in at least one.

    Args:
        seconds: How long the motion lasts.
        fps: Frames per second; windows begin and end on frames.
        window_seconds: Length of a window.
        hop_seconds: From the start of a window to the start of the next.
    """
    num_frames = max(round(seconds * fps), 1)
    window = max(round(window_seconds * fps), 1)
    hop = max(round(hop_seconds * fps), 1)
    return [(first / fps, end / fps) for first, end in windows(num_frames, window, hop)]


def cut_windows(motion: Motion, bounds: list[tuple[float, float]]) -> list[Motion]:
    """Return the parts of a motion between the given bounds; a single window is the motion itself."""
    if len(bounds) == 1:
        return [motion]
    return [motion.cut(start, end) for start, end in bounds]
