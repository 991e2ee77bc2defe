"""FeatureSet: the numbers a frame that one kind of encoder takes, and how they are computed."""

from collections.abc import Callable
from dataclasses import dataclass

from jaxtyping import Bool, Float
from torch import Tensor

Joints = Float[Tensor, "batch frame joint 3"]
Features = Float[Tensor, "batch frame feature"]
Mask = Bool[Tensor, "batch frame"]


@dataclass(frozen=True)
class FeatureSet:
    """A way to turn joints into features.

    Args:
        name: What a configuration calls it.
        width: Numbers a frame.
        skeleton: Name of the built-in skeleton whose joints it takes.
        extract: From joints (metres), mask and frames per second to features that still know where in the room the
            motion is.
        canonicalise: From those features and the mask to features of a motion that starts at the origin and faces +z.
    """

    name: str
    width: int
    skeleton: str
    extract: Callable[[Joints, Mask, float], Features]
    canonicalise: Callable[[Features, Mask], Features]

    def compute(self, joints: Joints, mask: Mask, fps: float) -> Features:
        """Return canonical features, zero where the mask is False.

        Args:
            joints: Global joint positions in metres, y up; what stands past a motion's end does not matter.
            mask: True for a motion's frames, which come first; at least one in every row.
            fps: Frames per second of the joints.
        """
        return self.canonicalise(self.extract(joints, mask, fps), mask)
