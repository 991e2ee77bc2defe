"""Motion: global joint positions (frame, joint, 3) in metres, with their frame rate and skeleton."""

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from jaxtyping import Float

from tmr.errors import MotionFileError
from tmr.motion.skeleton import FLOAT, Skeleton, skeleton_of_names


@dataclass(frozen=True, eq=False)
class Motion:
    """A clip of motion. NumPy, not torch: reading and retargeting run in worker processes that never import torch.

    Args:
        joints: Global joint positions in metres, y up, right-handed, float32, all finite, at least one frame.
        fps: Frames per second, from 1. Never guessed from a shape.
        skeleton: Whose joints these are, in the same order.
        name: Where the motion is from: a file path or an item name; empty if unknown.
        notes: What the reader found or assumed, one sentence each (units, up axis, dropped frames).

    Raises:
        MotionFileError: If the array is not what is documented here.
    """

    joints: Float[np.ndarray, "frame joint 3"]
    fps: float
    skeleton: Skeleton
    name: str = ""
    notes: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        where = f"{self.name}: " if self.name else ""
        if not isinstance(self.joints, np.ndarray):
            raise MotionFileError(
                f"{where}joints are a {type(self.joints).__name__}; expected a NumPy array: np.asarray(joints), and of "
                "a tensor joints.detach().cpu().numpy()"
            )
        if not isinstance(self.fps, int | float):
            # An `.npz` holds a rate as an array of one number, which neither JSON nor a comparison takes.
            try:
                object.__setattr__(self, "fps", float(self.fps))
            except (TypeError, ValueError) as error:
                raise MotionFileError(f"{where}the frame rate is {self.fps!r}; expected a number") from error
        expected = len(self.skeleton.joints)
        if self.joints.ndim != 3 or self.joints.shape[1:] != (expected, 3):
            raise MotionFileError(
                f"{where}joints have shape {self.joints.shape}; expected (frames, {expected}, 3) "
                f"for skeleton {self.skeleton.name!r}"
            )
        if len(self.joints) == 0:
            raise MotionFileError(f"{where}the motion has no frames; expected at least one")
        if self.joints.dtype != FLOAT:
            object.__setattr__(self, "joints", self.joints.astype(FLOAT))
        if not np.isfinite(self.joints).all():
            frame, joint = np.argwhere(~np.isfinite(self.joints))[0][:2]
            raise MotionFileError(
                f"{where}joint {self.skeleton.joints[joint]!r} is not a finite number in frame {frame}; "
                "repair or cut the motion there"
            )
        # A rate near 0 would become millions of frames at 30 fps.
        if not 1 <= self.fps <= 100_000:
            raise MotionFileError(f"{where}the frame rate is {self.fps}; expected frames per second, 1 to 100000")

    @classmethod
    def from_joints(
        cls,
        joints: Float[np.ndarray, "frame joint 3"],
        *,
        fps: float,
        names: Sequence[str],
        parents: Sequence[int],
        name: str = "",
        unit: float | str | None = None,
        up: str | None = None,
    ) -> "Motion":
        """Return a motion from the arrays of any skeleton, as `read_motion` does from a file of them.

        Of the skeletons that the package knows (`built_in_skeleton`) the T-pose is known too, which retargeting needs
        to tell a posture from how a body is built: they are told by their names and parents.

        Args:
            joints: Global joint positions.
            fps: Frames per second.
            names: Joint names, in the order of the arrays.
            parents: Parent index of each joint, -1 for the root.
            name: Where the motion is from, for messages.
            unit: Metres in one unit of the data, or a name of `tmr.motion.units.UNITS`; None finds it from the body.
            up: The axis that points up, `x`, `y` or `z`, or with a minus; None finds it from the body.
        """
        from tmr.motion.units import normalise_axes_and_units

        skeleton = skeleton_of_names(names, parents)
        return normalise_axes_and_units(np.asarray(joints), fps, skeleton, name=name, unit=unit, up=up)

    @property
    def num_frames(self) -> int:
        """The number of frames."""
        return len(self.joints)

    @property
    def seconds(self) -> float:
        """How long the motion lasts, in seconds: frames divided by frames per second."""
        return len(self.joints) / self.fps

    def cut(self, start_seconds: float, end_seconds: float) -> "Motion":
        """Return the part between two times, at least one frame.

        Args:
            start_seconds: Where the part begins, from the motion's start; before 0 counts as 0.
            end_seconds: Where it ends (exclusive); past the end counts as the end.
        """
        first, last = self.frames_between(start_seconds, end_seconds)
        return replace(self, joints=self.joints[first:last])

    def frames_between(self, start_seconds: float, end_seconds: float) -> tuple[int, int]:
        """Return the first frame of the part between two times, and one past its last, as `cut` takes them."""
        # Of infinity there is no nearest frame.
        start_seconds, end_seconds = (min(max(time, 0.0), self.seconds) for time in (start_seconds, end_seconds))
        first = min(round(start_seconds * self.fps), self.num_frames - 1)
        return first, max(round(end_seconds * self.fps), first + 1)
