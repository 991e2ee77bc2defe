"""Skeleton: joint names, parents and rest pose; the built-in ones are SOMA-30, SOMA-77 and the SMPL body."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import SkeletonError

FLOAT = np.float32


@dataclass(frozen=True)
class Skeleton:
    """The joints of a body, in the order in which a motion's arrays hold them.

    Args:
        name: What the skeleton is called in messages and metadata, `somaskel30` or `bvh:Hips`, say.
        joints: Joint names as the source spells them.
        parents: Index of each joint's parent; -1 for a root. A parent may come after its child.
        rest: Joint positions of the T-pose in metres, y up, +z forward; None where the source has none.

    Raises:
        SkeletonError: If the parents are not a forest over the joints.
    """

    name: str
    joints: tuple[str, ...]
    parents: tuple[int, ...]
    rest: Float[np.ndarray, "joint 3"] | None = field(default=None, compare=False, repr=False)

    def __post_init__(self) -> None:
        if len(self.joints) != len(self.parents):
            raise SkeletonError(
                f"skeleton {self.name!r} has {len(self.joints)} joint names but {len(self.parents)} parents; "
                "give one parent index a joint, -1 for the root"
            )
        for joint, parent in enumerate(self.parents):
            if not -1 <= parent < len(self.joints):
                raise SkeletonError(
                    f"skeleton {self.name!r}: joint {self.joints[joint]!r} has parent index {parent}; "
                    f"expected -1 for a root or 0 to {len(self.joints) - 1}"
                )
        for joint in range(len(self.joints)):
            steps, ancestor = 0, joint
            while ancestor != -1:
                ancestor, steps = self.parents[ancestor], steps + 1
                if steps > len(self.joints):
                    raise SkeletonError(
                        f"skeleton {self.name!r}: joint {self.joints[joint]!r} is its own ancestor; "
                        "the parents must form a tree"
                    )

    def index(self, joint: str) -> int:
        """Return the place of a joint in the arrays.

        Raises:
            SkeletonError: If there is no such joint.
        """
        if joint not in self.joints:
            raise SkeletonError(f"skeleton {self.name!r} has no joint {joint!r}; it has {', '.join(self.joints)}")
        return self.joints.index(joint)


BUILT_IN = ("somaskel30", "somaskel77", "smplx22")


@cache
def built_in_skeleton(name: str) -> Skeleton:
    """Return one of the skeletons that the package knows: `somaskel30`, `somaskel77` or `smplx22`.

    Source:
        nv-tlabs/kimodo (Apache-2.0), as written in `skeletons.json` beside this file.
    """
    if name not in BUILT_IN:
        raise SkeletonError(f"no built-in skeleton {name!r}; there are {', '.join(BUILT_IN)}")
    table = json.loads(Path(__file__).with_name("skeletons.json").read_text(encoding="utf-8"))
    joints = table[name]["joints"]
    names = tuple(joint["name"] for joint in joints)
    parents = tuple(-1 if joint["parent"] is None else names.index(joint["parent"]) for joint in joints)
    rest = np.array([joint["rest"] for joint in joints], dtype=FLOAT)
    rest.setflags(write=False)
    return Skeleton(name, names, parents, rest)


def skeleton_of_names(names: Sequence[str], parents: Sequence[int]) -> Skeleton:
    """Return the built-in skeleton with these joints, whose T-pose is known; if there is none, one without a T-pose.

    Raises:
        SkeletonError: If the parents are not a forest over the joints.
    """
    own = Skeleton("joints:" + (names[0] if len(names) else ""), tuple(names), tuple(int(p) for p in parents))
    known = (built_in_skeleton(name) for name in BUILT_IN)
    return next((each for each in known if (each.joints, each.parents) == (own.joints, own.parents)), own)
