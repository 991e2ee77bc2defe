"""The mirror image of a motion: left and right exchanged."""

from dataclasses import replace

import numpy as np

from tmr.motion.motion import Motion
from tmr.motion.naming import SIDES, split_words
from tmr.motion.roles import find_roles
from tmr.motion.skeleton import Skeleton


def mirror(motion: Motion) -> Motion:
    """Return the motion as in a mirror that stands in the plane x = 0: what the left did, the right does.

    Twice is the motion itself. Bones keep the lengths of the other side's.

    Raises:
        SkeletonError: If the skeleton's left and right joints cannot be found.
    """
    joints = motion.joints[:, _partners(motion.skeleton)] * np.array([-1.0, 1.0, 1.0], dtype=motion.joints.dtype)
    return replace(motion, joints=joints)


def _partners(skeleton: Skeleton) -> list[int]:
    """Return for each joint the joint of the other side, itself where it has none."""
    partners = list(range(len(skeleton.joints)))
    words = [tuple(split_words(name)) for name in skeleton.joints]
    turned = {
        tuple({"left": "right", "right": "left"}.get(SIDES.get(word, ""), word) for word in split): joint
        for joint, split in enumerate(words)
    }
    plain = [tuple(SIDES.get(word, word) for word in split) for split in words]
    for joint, name in enumerate(plain):
        partners[joint] = turned.get(name, joint)
    if all(partner == joint for joint, partner in enumerate(partners)):
        roles = find_roles(skeleton)
        for role, joint in roles.items():
            other = role.replace("left", "right") if "left" in role else role.replace("right", "left")
            partners[joint] = roles.get(other, joint)
    return partners
