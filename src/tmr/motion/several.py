"""Several bodies in one file: which joints are whose, and a motion of one of them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tmr.errors import SkeletonError
from tmr.motion.motion import Motion
from tmr.motion.roles import REQUIRED, find_roles
from tmr.motion.skeleton import Skeleton
from tmr.motion.telling import first_few

# Rigs keep copies of their body (Rigify's ORG and DEF bones): their hips are never farther apart, metres.
_SAME_PLACE = 0.05


def one_body(motion: Motion, joint_names: Mapping[str, str] | None = None) -> Motion:
    """Return the motion of one body where there are several, its notes saying which; else the motion as it is.

    Limbs of two actors would otherwise become one body. Bodies are told apart by the names of their joints.

    Args:
        motion: As it was read.
        joint_names: Role to joint name, as `retarget` takes it; the body is taken that has the first of these joints.
    """
    if motion.skeleton.rest is not None:  # a known body
        return motion
    bodies = _find_bodies(motion)
    if len(bodies) < 2:
        return motion
    given = {name.lower() for name in (joint_names or {}).values()}
    names = motion.skeleton.joints
    chosen = next((body for body in bodies if given & {names[joint].lower() for joint in body}), bodies[0])
    place = {joint: new for new, joint in enumerate(chosen)} | {-1: -1}
    parents = tuple(place.get(motion.skeleton.parents[joint], -1) for joint in chosen)
    others = [names[body[0]] for body in bodies if body is not chosen]
    note = (
        f"There are {len(bodies)} bodies: that of {names[chosen[0]]!r} is taken, {first_few(others)} left out "
        f"(--joint hips={others[0]} takes another)."
    )
    skeleton = Skeleton(motion.skeleton.name, tuple(names[joint] for joint in chosen), parents)
    return replace(motion, joints=motion.joints[:, chosen], skeleton=skeleton, notes=(*motion.notes, note))


def _find_bodies(motion: Motion) -> list[list[int]]:
    """Return the joints of each body, its topmost first, if there are several; else nothing."""
    skeleton = motion.skeleton
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(skeleton.parents):
        children.setdefault(parent, []).append(joint)
    tops = children.get(-1, [])
    while tops:
        trees = [tree for top in tops if len(tree := _below(top, children)) >= len(REQUIRED)]
        if len(trees) == 1:
            tops = children.get(trees[0][0], [])
            continue
        bodies = [(tree, hips) for tree in trees if (hips := _hips(motion, tree)) is not None]
        apart = [tree for tree, hips in bodies[1:] if np.abs(hips - bodies[0][1]).max() > _SAME_PLACE]
        if apart:
            return [bodies[0][0], *apart]
        tops = children.get(bodies[0][0][0], []) if bodies else []
    return []


def _below(top: int, children: Mapping[int, list[int]]) -> list[int]:
    """Return a joint and all below it, the joint first."""
    tree = [top]
    for joint in tree:  # grows while it is walked
        tree.extend(children.get(joint, []))
    return [top, *sorted(tree[1:])]


def _hips(motion: Motion, tree: list[int]) -> np.ndarray | None:
    """Return the way of the point between the hips of what hangs on a joint, or None if its names are no body's."""
    place = {joint: new for new, joint in enumerate(tree)}
    parents = tuple(place.get(motion.skeleton.parents[joint], -1) for joint in tree)
    try:
        roles = find_roles(Skeleton("part", tuple(motion.skeleton.joints[joint] for joint in tree), parents))
    except SkeletonError:
        return None
    return motion.joints[:, [tree[roles["left_hip"]], tree[roles["right_hip"]]]].mean(axis=1)
