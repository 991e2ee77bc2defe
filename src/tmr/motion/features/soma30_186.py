"""soma30_186: the 186 features of SOMA-30: root, heading, joints around the root, velocities, foot contacts.

A frame holds, in this order: the root's position (3), the heading as cosine and sine (2), the 29 other joints relative
to the root's place on the floor (87) and the velocities of all 30 (90, metres per second, the last one repeated), both
turned by minus the heading of their own frame, and the contacts of left ankle, left toe, right ankle, right toe (4,
zero or one).

Source:
    The motion representation of the TMR of Kimodo (nv-tlabs/kimodo, Apache-2.0), from its description and its numbers.
"""

import torch
from jaxtyping import Bool, Float
from torch import Tensor

from tmr.motion.features.feature_set import FeatureSet
from tmr.motion.skeleton import built_in_skeleton

WIDTH = 186
ROOT = slice(0, 3)
HEADING = slice(3, 5)
JOINTS = slice(5, 92)
VELOCITIES = slice(92, 182)
CONTACTS = slice(182, 186)

CONTACT_SPEED = 0.15  # metres per second
CONTACT_HEIGHT = 0.10  # metres

_SKELETON = built_in_skeleton("somaskel30")
_LEFT_HIP, _RIGHT_HIP = _SKELETON.index("LeftLeg"), _SKELETON.index("RightLeg")
_FEET = [_SKELETON.index(name) for name in ("LeftFoot", "LeftToeBase", "RightFoot", "RightToeBase")]


def heading(joints: Float[Tensor, "batch frame 30 3"]) -> Float[Tensor, "batch frame 2"]:
    """Return cosine and sine of where the body faces: square to the line through the hips, seen from above.

    Zero (1, 0) faces +z and a positive angle turns towards +x. Hips that stand exactly above each other have no
    direction; they count as zero.
    """
    line = joints[..., _LEFT_HIP, :] - joints[..., _RIGHT_HIP, :]
    x, z = line[..., 0], line[..., 2]
    length = torch.hypot(x, z)
    known = length > 0
    length = torch.where(known, length, 1)
    return torch.stack((torch.where(known, x / length, 1), torch.where(known, -z / length, 0)), dim=-1)


def velocities(
    joints: Float[Tensor, "batch frame joint 3"], mask: Bool[Tensor, "batch frame"], fps: float
) -> Float[Tensor, "batch frame joint 3"]:
    """Return velocities in metres per second: to the next frame, a motion's last one repeated, 0 for a single frame."""
    steps = torch.zeros_like(joints)
    steps[:, :-1] = (joints[:, 1:] - joints[:, :-1]) * fps
    row = torch.arange(len(joints), device=joints.device)
    last = mask.sum(dim=1) - 1
    previous = steps[row, (last - 1).clamp_min(0)]
    steps[row, last] = torch.where(last[:, None, None] > 0, previous, 0)
    return steps


def extract(
    joints: Float[Tensor, "batch frame 30 3"], mask: Bool[Tensor, "batch frame"], fps: float
) -> Float[Tensor, "batch frame 186"]:
    """Return the features before canonicalisation, zero where the mask is False.

    Args:
        joints: Global joint positions of SOMA-30 in metres, y up.
        mask: True for a motion's frames, which come first; at least one in every row.
        fps: Frames per second.
    """
    batch, frames = joints.shape[:2]
    facing = heading(joints)
    velocity = velocities(joints, mask, fps)
    features = joints.new_empty(batch, frames, WIDTH)
    features[..., ROOT] = joints[:, :, 0]
    features[..., HEADING] = facing
    _turn_back(joints[:, :, 1:], facing, around=joints[:, :, :1], out=features[..., JOINTS])
    _turn_back(velocity, facing, out=features[..., VELOCITIES])
    slow = velocity[:, :, _FEET].norm(dim=-1) < CONTACT_SPEED
    features[..., CONTACTS] = (slow & (joints[:, :, _FEET, 1] < CONTACT_HEIGHT)).to(features.dtype)
    # A batch without padding, which most are, is spared the pass over all numbers.
    return features if mask.all() else features.masked_fill_(~mask[..., None], 0)


def canonicalise(
    features: Float[Tensor, "batch frame 186"], mask: Bool[Tensor, "batch frame"]
) -> Float[Tensor, "batch frame 186"]:
    """Return the features of the same motion begun at the origin, facing +z; the height stays.

    Only the root and the heading know of the room, so only the first five numbers change.
    """
    facing = features[:, :1, HEADING]
    root, start = features[..., None, ROOT], features[:, :1, None, ROOT]
    first = torch.empty_like(features[..., :5])
    _turn_back(root, facing, around=start, out=first[..., ROOT])
    cosine, sine = features[..., 3], features[..., 4]
    first[..., 3] = cosine * facing[..., 0] + sine * facing[..., 1]
    first[..., 4] = sine * facing[..., 0] - cosine * facing[..., 1]
    return torch.cat((first.masked_fill_(~mask[..., None], 0), features[..., 5:]), dim=-1)


def _turn_back(
    points: Float[Tensor, "batch frame joint 3"],
    facing: Float[Tensor, "batch _frame 2"],
    *,
    around: Float[Tensor, "batch _frame 1 3"] | None = None,
    out: Float[Tensor, "batch frame number"],
) -> None:
    """Turn points about the up axis by minus the heading, into a part of the features.

    Args:
        points: Or vectors.
        facing: Cosine and sine, of each frame or of all alike.
        around: What stands on the axis afterwards; None leaves the axis where it is.
        out: Three numbers a point.
    """
    cosine, sine = facing[..., 0, None], facing[..., 1, None]
    x, y, z = points.unbind(-1)
    if around is not None:
        x, z = x - around[..., 0], z - around[..., 2]
    turned = out.unflatten(-1, (-1, 3))
    turned[..., 0] = torch.addcmul(cosine * x, sine, z, value=-1)
    turned[..., 1] = y
    turned[..., 2] = torch.addcmul(sine * x, cosine, z)


SOMA30_186 = FeatureSet("soma30_186", WIDTH, "somaskel30", extract, canonicalise)
