"""Listing: what a dataset's annotations say of each clip, before any motion is read."""

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from tmr.evaluation.result import LeftOut
from tmr.motion.dataset import ClipInfo


@dataclass(frozen=True)
class Places:
    """Where a dataset is.

    Args:
        data: The folder that was given.
        captions: A captions file elsewhere; None if there is none.
        motions: A folder of motion files elsewhere; None if they are with the annotations.
    """

    data: Path
    captions: Path | None = None
    motions: Path | None = None


@dataclass(frozen=True)
class ListedCaption:
    """A sentence about a part of a clip.

    Args:
        text: The sentence.
        kind: Where it is from: a key of `tmr.training.examples.SEGMENT_WEIGHTS`.
        start_seconds: Where the part begins, from the clip's start.
        end_seconds: Where it ends; None at the end of the clip.
        where: The place in the annotations, for messages: `line 7`, say.
    """

    text: str
    kind: str
    start_seconds: float = 0.0
    end_seconds: float | None = None
    where: str = ""


@dataclass(frozen=True)
class FrameSpan:
    """A part of a file in a dataset's own frames: every so-manieth frame of the source, nearest above a rate.

    Args:
        first: The first frame.
        end: One past the last; None at the end of the file.
        rate: Frames per second that the dataset means to have. A source of 59.94 is thinned to 29.97 for a rate of 20,
            as HumanML3D does it, so that its frames do not last a twentieth of a second.
    """

    first: int
    end: int | None
    rate: float

    def seconds(self, source_fps: float) -> tuple[float, float | None]:
        """Return where the part begins and ends in the source, in seconds."""
        frame_seconds = max(1, int(source_fps / self.rate)) / source_fps
        return self.first * frame_seconds, None if self.end is None else self.end * frame_seconds


@dataclass(frozen=True)
class ListedClip:
    """A clip that is to be read.

    Args:
        info: Its id, split and labels; its captions come from `captions` once it is known how long the motion is.
        file: The motion file that it is, or is a part of.
        captions: What is said of it.
        span: Which part of the file it is; None is all of it.
    """

    info: ClipInfo
    file: Path
    captions: tuple[ListedCaption, ...]
    span: FrameSpan | None = None


@dataclass(frozen=True)
class Listing:
    """The clips of a dataset.

    Args:
        source: The name that a recipe's mixture calls it by; every clip's id begins with it.
        clips: What is to be read.
        left_out: What the annotations name and is not there, or cannot be used.
        notes: What else is worth knowing, one sentence each.
    """

    source: str
    clips: Sequence[ListedClip]
    left_out: Sequence[LeftOut] = ()
    notes: Sequence[str] = ()
