"""Another body's traces: a motion of SOMA-30 as it comes back from a skeleton that is built otherwise."""

import numpy as np
from jaxtyping import Float

from tmr.motion.body import SOMA
from tmr.motion.frames import Points, cross, length, unit
from tmr.motion.rotation import axis_angle_to_matrix

# Deviations of the angles in degrees about a part's left, up and forward, so of nodding, turning and leaning.
_PELVIS, _LOWER_SPINE, _UPPER_SPINE = (1.5, 0.0, 0.6), (3.0, 0.0, 0.8), (3.5, 0.0, 0.8)
_CHEST, _NECK, _FACE = (1.5, 0.8, 0.8), (8.0, 0.0, 3.0), (6.0, 1.5, 3.0)
_CLAVICLE, _FOOT = (0.0, 3.0, 4.0), (2.0, 6.0, 0.0)
# How alike the angles of the two sides are, in a mirror: their correlation.
_ALIKE = 0.9
# How far outwards each foot stands, metres: hips that are narrow for the legs bring them inwards.
_STANCE = 0.015
# How much higher the body is over the floor, metres, and how much farther it goes, a part of its way.
_HEIGHT, _WAY = 0.006, 0.01
_MOST_DEVIATIONS = 2.0
# A knee that bends less than this off the line from hip to ankle, metres, bends to where the pelvis faces.
_STRAIGHT = 2e-3

# By joint, a row of `_SIZES`: what turns in the pelvis' frame, in the chest's, and in the feet's own.
_IN_PELVIS = {"Spine1": 0, "LeftLeg": 0, "RightLeg": 0, "Spine2": 1, "Chest": 2}
_IN_CHEST = {"Neck1": 3, "LeftShoulder": 3, "RightShoulder": 3, "Neck2": 4, "Head": 4}
_IN_CHEST |= {"Jaw": 5, "LeftEye": 5, "RightEye": 5, "LeftArm": 6, "RightArm": 8}
_IN_FEET = {"LeftToeBase": 7, "RightToeBase": 9}
_SIZES = np.array([_PELVIS, _LOWER_SPINE, _UPPER_SPINE, _CHEST, _NECK, _FACE, _CLAVICLE, _FOOT, _CLAVICLE, _FOOT])
_MIRRORED = np.array([1.0, -1.0, -1.0])
_MOVES = np.array([_STANCE, _HEIGHT, _WAY], dtype=np.float32)

# Joints come first here, so that a bone's vectors lie together.
Vectors = Float[np.ndarray, "*joint frame 3"]


def vary_body(joints: Float[np.ndarray, "frame 30 3"], random: np.random.Generator) -> Float[np.ndarray, "frame 30 3"]:
    """Return the motion as it would come back from another body, differing alike in all frames.

    Skeletons differ in where the root and the spine joints are, how clavicles, neck and feet point at rest, and how
    wide the hips are for the legs; what retargeting cannot tell from a bend of the body stays. So pelvis, spine, chest,
    neck, face, clavicles and feet are each turned by an angle that is drawn once for the clip, the feet stand nearer
    together or farther apart, and the whole body is a little higher and goes a little farther. Upper arms and forearms
    keep their directions, and feet that stand do not slide more. The sizes are what the bodies of the invariance probe
    show when they are retargeted back.

    Args:
        joints: Of SOMA-30, metres, y up.
        random: Draws the body: the same numbers of it in each call.

    Returns:
        Float32, with bones as long as before.
    """
    joints = joints.transpose(1, 0, 2).astype(np.float32)
    bones = joints - joints[_PARENTS]
    middle = bones[_LEGS].mean(axis=0)
    pelvis = _frames(bones[_LEGS[0]] - bones[_LEGS[1]], bones[_SPINE] - middle)
    chest = _frames(bones[_CLAVICLES[0]] - bones[_CLAVICLES[1]], bones[_NECK_BONE])
    feet = _frames(cross(bones[_TOES], bones[_ANKLES]), -bones[_ANKLES])
    turns, (stance, height, way) = _draw_body(random)
    for names, frames in ((_IN_PELVIS, pelvis), (_IN_CHEST, chest), (_IN_FEET, feet)):
        places = _places(*names)
        bones[places] = _turn(bones[places], turns[list(names.values())], frames)
    bones[0] = joints[0] + middle - bones[_LEGS].mean(axis=0)
    outwards = stance * unit(pelvis[0] * _LEVEL, pelvis[2])
    lines = joints[_ANKLES] + np.stack([outwards, -outwards]) - bones[0] - bones[_LEGS]
    bones[_KNEES], bones[_ANKLES] = bend_legs(lines, bones[_KNEES], bones[_ANKLES], pelvis[2])
    bones[0] += height * _UP + way * _LEVEL * (joints[0] - joints[0, :1])
    summed = (_ANCESTORS @ bones.reshape(len(bones), -1)).reshape(bones.shape)
    return np.ascontiguousarray(summed.transpose(1, 0, 2))


def _draw_body(random: np.random.Generator) -> tuple[Float[np.ndarray, "part 3 3"], Float[np.ndarray, "3"]]:
    """Return a rotation for each row of `_SIZES`, and stance, height and way as the constants tell them."""
    drawn = np.clip(random.normal(size=(len(_SIZES) + 1, 3)), -_MOST_DEVIATIONS, _MOST_DEVIATIONS)
    angles = np.radians(_SIZES) * drawn[:-1]
    # Those of the right side come last.
    angles[8:] = _ALIKE * _MIRRORED * angles[6:8] + np.sqrt(1 - _ALIKE**2) * angles[8:]
    return axis_angle_to_matrix(angles).astype(np.float32), drawn[-1].astype(np.float32) * _MOVES


def _frames(left: Vectors, up: Vectors) -> Float[np.ndarray, "3 *joint frame 3"]:
    """Return the directions left, up and forward of a part: along `left`, and as near to `up` as can be."""
    left = unit(left, _ACROSS)
    up = unit(up - _along(up, left), _UP)
    return np.stack([left, up, cross(left, up)])


def _turn(
    bones: Vectors, turns: Float[np.ndarray, "bone 3 3"], frames: Float[np.ndarray, "3 *part frame 3"]
) -> Vectors:
    """Return bones turned within a part's frame."""
    within = np.einsum("...i,a...i->...a", bones, frames)
    return np.einsum("...a,a...i->...i", within @ turns.transpose(0, 2, 1), frames)


def bend_legs(lines: Vectors, thighs: Vectors, shins: Vectors, forward: Points) -> tuple[Vectors, Vectors]:
    """Return thighs and shins that reach along lines from hip to ankle, each knee to the side where it was."""
    upper, lower, size = length(thighs), length(shins), length(lines)
    reach = np.clip(size, np.abs(upper - lower) + 1e-3, (upper + lower) * 0.9999)
    direction = lines / np.maximum(size, 1e-6)[..., None]
    aside = thighs - _along(thighs, unit(thighs + shins, direction)) + _STRAIGHT * forward
    aside -= _along(aside, direction)
    along = (upper**2 - lower**2 + reach**2) / (2 * reach)
    off = np.sqrt(np.maximum(upper**2 - along**2, 0))
    bent = along[..., None] * direction + off[..., None] * unit(aside, forward)
    return bent, reach[..., None] * direction - bent


def _along(vectors: Vectors, directions: Vectors) -> Vectors:
    """Return the part of vectors that is along directions of length 1."""
    return np.einsum("...i,...i->...", vectors, directions)[..., None] * directions


def _ancestors() -> Float[np.ndarray, "joint joint"]:
    """Return 1 where the second joint is the first or above it, so that the sum of its bones is a joint."""
    result = np.eye(len(SOMA.joints), dtype=np.float32)
    for joint, parent in enumerate(SOMA.parents):
        if parent >= 0:
            result[joint] += result[parent]
    return result


def _places(*names: str) -> list[int]:
    return [SOMA.index(name) for name in names]


_ANCESTORS = _ancestors()
_PARENTS = [max(parent, 0) for parent in SOMA.parents]
_SPINE, _NECK_BONE = _places("Spine1", "Neck1")
_LEGS, _CLAVICLES = _places("LeftLeg", "RightLeg"), _places("LeftShoulder", "RightShoulder")
_KNEES, _ANKLES = _places("LeftShin", "RightShin"), _places("LeftFoot", "RightFoot")
_TOES = _places(*_IN_FEET)
_ACROSS, _UP, _LEVEL = np.array([[1.0, 0, 0], [0, 1, 0], [1, 0, 1]], dtype=np.float32)
