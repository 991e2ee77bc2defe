"""HumanML3D: 22 SMPL joints, or the 263 features that are made of them, turned back into joints."""

import numpy as np
from jaxtyping import Float

from tmr.motion.rotation import yaw_to_matrix

RATE = 20.0
JOINTS = 22
FEATURES = 263


def joints_from_features(features: Float[np.ndarray, "frame 263"]) -> Float[np.ndarray, "frame 22 3"]:
    """Return joint positions in metres, y up, from the features of HumanML3D.

    The first four numbers of a frame are the turn to the next one (half its angle), the step to the next one along x
    and z as the body faces then, and the height of the root; 63 numbers are the other joints as seen by the body.

    Source:
        Guo et al., "Generating Diverse and Natural 3D Human Motions from Text", CVPR 2022, section 3.
    """
    values = features[:, : 4 + 3 * (JOINTS - 1)].astype(np.float64)
    turns = 2 * np.concatenate([[0.0], np.cumsum(values[:-1, 0])])
    to_world = yaw_to_matrix(-turns)
    steps = np.zeros((len(values), 3))
    steps[1:, 0], steps[1:, 2] = values[:-1, 1], values[:-1, 2]
    root = np.cumsum((to_world @ steps[..., None])[..., 0], axis=0)
    root[:, 1] = 0
    others = values[:, 4:].reshape(len(values), JOINTS - 1, 3) @ np.swapaxes(to_world, 1, 2) + root[:, None]
    root[:, 1] = values[:, 3]
    return np.concatenate([root[:, None], others], axis=1)
