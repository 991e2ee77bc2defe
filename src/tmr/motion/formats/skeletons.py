"""The skeletons that arrays without joint names may be of."""

from tmr.errors import MotionFileError
from tmr.motion.skeleton import Skeleton, built_in_skeleton

KNOWN = ("somaskel30", "somaskel77", "smplx22", "smpl24")
"""Names that `--skeleton` takes; each has another number of joints, so a shape tells which is meant."""


def known_skeleton(name: str, where: str) -> Skeleton:
    """Return a known skeleton by its name.

    Raises:
        MotionFileError: If there is no such skeleton.
    """
    if name == "smpl24":
        body = built_in_skeleton("smplx22")
        wrists = (body.index("left_wrist"), body.index("right_wrist"))
        return Skeleton("smpl24", (*body.joints, "left_hand", "right_hand"), (*body.parents, *wrists))
    if name not in KNOWN:
        raise MotionFileError(f"{where}: skeleton {name!r} is unknown; expected one of {', '.join(KNOWN)}")
    return built_in_skeleton(name)


def skeleton_of(num_joints: int, name: str | None, where: str) -> Skeleton:
    """Return the skeleton that a caller names, or else the one with so many joints.

    Raises:
        MotionFileError: If there is none, or the named one has another number of joints.
    """
    known = [known_skeleton(each, where) for each in (KNOWN if name is None else (name,))]
    for skeleton in known:
        if len(skeleton.joints) == num_joints:
            return skeleton
    expected = ", ".join(f"{len(skeleton.joints)} ({skeleton.name})" for skeleton in known)
    raise MotionFileError(
        f"{where}: has {num_joints} joints; expected {expected}, "
        "or an .npz with the arrays joints, names, parents and fps"
    )
