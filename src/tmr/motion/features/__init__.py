"""Feature sets: what an encoder sees of a motion; FEATURES maps a name to one."""

from tmr.motion.features.feature_set import FeatureSet
from tmr.motion.features.soma30_186 import SOMA30_186

FEATURES: dict[str, FeatureSet] = {feature_set.name: feature_set for feature_set in (SOMA30_186,)}

__all__ = ["FEATURES", "FeatureSet"]
