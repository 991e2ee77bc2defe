"""Joint roles by hierarchy and shape, for skeletons whose names tell nothing."""

from itertools import combinations, pairwise

import numpy as np
from jaxtyping import Float

from tmr.motion.skeleton import Skeleton

# Of a pair of limbs, the shorter is at least that part of the longer.
_ALIKE = 0.8
# Likewise of a limb's halves, at the joints that bend.
_HALVES_ALIKE = 0.6
_STRAIGHT = float(np.cos(np.deg2rad(2)))


def find_roles_by_shape(skeleton: Skeleton, joints: Float[np.ndarray, "frame joint 3"]) -> dict[str, int]:
    """Return the roles that hierarchy and shape tell.

    The two chains that end lowest are the legs, the longest other pair of chains the arms, what is left on top the
    head. A limb's two longest bones in a row are its upper and lower half; what never bends is no joint of it. Toes and
    bent knees tell which side is left.

    Args:
        skeleton: The parents; the names are not looked at.
        joints: The motion in metres, y up.

    Returns:
        Joint index by role; empty where the shape is not that of a body or does not tell left from right.
    """
    few = joints[:: max(len(joints) // 50, 1)].astype(np.float64)
    body = _Body(skeleton.parents, few)
    legs = body.pair(body.leaves, lowest=True)
    if legs is None:
        return {}
    taken = {joint for leg in legs for joint in leg[1:]}
    arms = body.pair([leaf for leaf in body.leaves if not taken & set(body.line(leaf))], lowest=False)
    if arms is None:
        return {}
    limbs = [(_limb(body, leg), _limb(body, arm)) for leg, arm in zip(legs, arms, strict=True)]
    if any(limb is None for pair in limbs for limb in pair):
        return {}
    leg_roles = [_named(("hip", "knee", "ankle", "toe"), leg) for leg, _ in limbs if leg]
    arm_roles = [_named(("shoulder", "elbow", "wrist", "middle_end"), arm) for _, arm in limbs if arm]
    left = _left(few, leg_roles)
    if left is None:
        return {}
    roles = {"hips": legs[0][0]} | _top(body, legs, arms)
    for parts, key in ((leg_roles, "hip"), (arm_roles, "shoulder")):
        across = np.einsum("ti,ti->t", few[:, parts[0][key]] - few[:, parts[1][key]], left)
        if abs(np.mean(np.sign(across))) < 0.6:
            return {}
        order = parts if np.mean(np.sign(across)) > 0 else parts[::-1]
        for side, limb in zip(("left", "right"), order, strict=True):
            roles |= {f"{side}_{part}": joint for part, joint in limb.items()}
    return roles


def _named(parts: tuple[str, ...], limb: list[int]) -> dict[str, int]:
    """Return a limb's joints by part, as many as it has."""
    return dict(zip(parts, limb, strict=False))


class _Body:
    """A hierarchy with the lengths of its bones and the mean heights of its joints."""

    def __init__(self, parents: tuple[int, ...], joints: Float[np.ndarray, "frame joint 3"]) -> None:
        self.parents, self.joints = parents, joints
        above = [max(parent, 0) for parent in parents]
        self.lengths = np.median(np.linalg.norm(joints - joints[:, above], axis=-1), axis=0)
        self.lengths[[joint for joint, parent in enumerate(parents) if parent < 0]] = 0.0
        self.heights = joints[..., 1].mean(axis=0)
        self.leaves = [joint for joint in range(len(parents)) if joint not in parents]

    def line(self, joint: int) -> list[int]:
        """Return the joints from the root to a joint."""
        line = [joint]
        while self.parents[line[-1]] >= 0:
            line.append(self.parents[line[-1]])
        return line[::-1]

    def pair(self, leaves: list[int], *, lowest: bool) -> tuple[list[int], list[int]] | None:
        """Return two equally long chains from the joint where they part: the lowest ending, or the longest ones."""
        best, found = -np.inf, None
        for first, second in combinations(leaves, 2):
            one, two = self.line(first), self.line(second)
            shared = [joint for joint in one if joint in two]
            if not shared:
                continue
            one, two = one[len(shared) - 1 :], two[len(shared) - 1 :]
            reach = [float(self.lengths[chain[1:]].sum()) for chain in (one, two)]
            tall = 0.25 * np.ptp(self.heights)
            if min(len(one), len(two)) < 4 or min(reach) < max(_ALIKE * max(reach), tall):
                continue
            # Of the fingers of two hands, the middle ones reach farthest; of the ends of two feet, either does.
            score = -max(self.heights[first], self.heights[second]) if lowest else min(reach)
            if score > best:
                best, found = score, (one, two)
        return found


def _limb(body: _Body, chain: list[int]) -> list[int] | None:
    """Return where a limb begins, bends and ends, and the joint after that if there is one."""
    bending = _without_straight_joints(body, chain)
    sizes = _bone_sizes(body, chain)
    if bending != chain and len(inner := _bone_sizes(body, bending)) >= 2:
        start = _start(inner)
        if min(inner[start - 1 : start + 1]) > _HALVES_ALIKE * max(inner[start - 1 : start + 1]):
            chain, sizes = bending, inner
    if len(sizes) < 2:
        return None
    start = _start(sizes)
    return chain[start : start + 4]


def _bone_sizes(body: _Body, chain: list[int]) -> list[float]:
    """Return the lengths of a limb's bones but for the first.

    That one leads from the middle of the body to the limb, however long it is.
    """
    bones = body.joints[:, chain[2:]] - body.joints[:, chain[1:-1]]
    return np.median(np.linalg.norm(bones, axis=-1), axis=0).tolist()


def _start(sizes: list[float]) -> int:
    """Return the place in the chain where the limb begins, by its bones' lengths."""
    halves = [min(sizes[place], sizes[place + 1]) for place in range(len(sizes) - 1)]
    # A long clavicle and an upper arm are as alike as the two halves of the arm: the outer pair is meant.
    return max(place for place, half in enumerate(halves) if half > 0.85 * max(halves)) + 1


def _without_straight_joints(body: _Body, chain: list[int]) -> list[int]:
    """Return a chain without the joints at which it is straight in all frames, as where a bone is split to twist."""
    kept = chain[:2]
    for joint, below in pairwise(chain[2:]):
        before = body.joints[:, joint] - body.joints[:, kept[-1]]
        after = body.joints[:, below] - body.joints[:, joint]
        sizes = np.linalg.norm(before, axis=-1) * np.linalg.norm(after, axis=-1)
        if (np.einsum("ti,ti->t", before, after) < _STRAIGHT * sizes).any():
            kept.append(joint)
    return [*kept, *chain[2:][-1:]]


def _left(
    joints: Float[np.ndarray, "frame joint 3"], legs: list[dict[str, int]]
) -> Float[np.ndarray, "frame 3"] | None:
    """Return the direction to the body's left in each frame, or None.

    It is the axis about which knees bend and feet stand out from the shins, whether the body stands, sits or crawls.
    """
    left = np.zeros((len(joints), 3))
    for leg in legs:
        thigh, shin = (joints[:, leg[end]] - joints[:, leg[start]] for start, end in pairwise(("hip", "knee", "ankle")))
        left += np.cross(thigh, shin)
        if "toe" in leg:
            left += np.cross(joints[:, leg["toe"]] - joints[:, leg["ankle"]], shin)
    size = np.linalg.norm(left, axis=-1, keepdims=True)
    thigh = np.linalg.norm(joints[:, legs[0]["knee"]] - joints[:, legs[0]["hip"]], axis=-1).mean()
    if np.median(size) < 0.1 * thigh**2:
        return None
    return left / np.maximum(size, 1e-9)


def _top(body: _Body, legs: tuple[list[int], list[int]], arms: tuple[list[int], list[int]]) -> dict[str, int]:
    """Return chest, neck and head: the highest chain that is neither leg nor arm."""
    limbs = {joint for chain in (*legs, *arms) for joint in chain[1:]}
    ends = [leaf for leaf in body.leaves if not limbs & set(body.line(leaf))]
    chest = arms[0][0]
    roles = {} if chest == legs[0][0] else {"chest": chest}
    if ends:
        line = body.line(max(ends, key=lambda leaf: body.heights[leaf]))
        above = line[line.index(chest) + 1 :] if chest in line else line[-2:]
        if above:
            roles["neck"] = above[0]
        if len(above) > 1:
            roles["head"] = above[1]
    return roles
