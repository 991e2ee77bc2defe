"""Several bodies in one file: which joints are whose, and a motion of one of them."""

from collections.abc import Mapping
from dataclasses import replace

import numpy as np

from tmr.errors import SkeletonError
from tmr.motion.motion import Motion
from tmr.motion.naming import read_names
from tmr.motion.roles import REQUIRED, find_roles
from tmr.motion.skeleton import Skeleton
from tmr.motion.telling import first_few

# Rigs keep copies of their body (Rigify's ORG and DEF bones): their hips are never farther apart, metres.
_SAME_PLACE = 0.05


def one_body(motion: Motion, joint_names: Mapping[str, str] | None = None) -> Motion:
    """Return the motion of one body where there is more, its notes saying which; else the motion as it is.

    Limbs of two actors would otherwise become one body, or the arms of a chair an actor's. Bodies are told apart by the
    names of their joints.

    Args:
        motion: As it was read.
        joint_names: Role to joint name, as `retarget` takes it; the body is taken that has the first of these joints.
    """
    if motion.skeleton.rest is not None:  # a known body
        return motion
    bodies, things = _find_bodies(motion)
    if not bodies:
        return motion
    names = motion.skeleton.joints
    given = {name.lower() for name in (joint_names or {}).values()}
    if things and not given <= {names[joint].lower() for joint in bodies[0]}:
        return motion
    chosen = next((body for body in bodies if given & {names[joint].lower() for joint in body}), bodies[0])
    place = {joint: new for new, joint in enumerate(chosen)}
    parents = tuple(place.get(motion.skeleton.parents[joint], -1) for joint in chosen)
    others = [names[body[0]] for body in bodies if body is not chosen]
    if others:
        note = (
            f"There are {len(bodies)} bodies: that of {names[chosen[0]]!r} is taken, {first_few(others)} left out "
            f"(--joint hips={others[0]} takes another)."
        )
    else:
        left_out = first_few([names[thing] for thing in things])
        note = f"The body of {names[chosen[0]]!r} is taken; what is beside it is left out: {left_out}."
    skeleton = Skeleton(motion.skeleton.name, tuple(names[joint] for joint in chosen), parents)
    return replace(motion, joints=motion.joints[:, chosen], skeleton=skeleton, notes=(*motion.notes, note))


def _find_bodies(motion: Motion) -> tuple[list[list[int]], list[int]]:
    """Return the joints of each body, its topmost first, and the topmost joints of things beside the only one.

    Returns:
        Nothing where there is one body alone, or nothing beside it has the name of a part of one.
    """
    skeleton = motion.skeleton
    children: dict[int, list[int]] = {}
    for joint, parent in enumerate(skeleton.parents):
        children.setdefault(parent, []).append(joint)
    parts = [name.part not in ("", "root") for name in read_names(skeleton.joints)]
    tops = children.get(-1, [])
    while tops:
        trees = [tree for tree in (_below(top, children) for top in tops) if any(parts[joint] for joint in tree)]
        large = [tree for tree in trees if len(tree) >= len(REQUIRED)]
        if len(trees) == 1 and large:
            tops = children.get(large[0][0], [])
            continue
        bodies = [(tree, hips) for tree in large if (hips := _hips(motion, tree)) is not None]
        if len(bodies) == 1:
            return [bodies[0][0]], [tree[0] for tree in trees if tree is not bodies[0][0]]
        apart = [tree for tree, hips in bodies[1:] if np.abs(hips - bodies[0][1]).max() > _SAME_PLACE]
        return ([bodies[0][0], *apart] if apart else []), []
    return [], []


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
