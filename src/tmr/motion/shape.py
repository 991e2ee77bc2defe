"""Joint roles by hierarchy and shape, for skeletons whose names tell nothing."""

import numpy as np
from jaxtyping import Float

from tmr.motion.skeleton import Skeleton


def find_roles_by_shape(skeleton: Skeleton, joints: Float[np.ndarray, "frame joint 3"]) -> dict[str, int]:
    """Return the roles that hierarchy and shape tell; empty where they tell nothing for certain."""
    return {}
