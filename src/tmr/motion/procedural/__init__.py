"""The demo library: captioned motions that are computed, not captured."""

from tmr.motion.procedural.library import DEMO_QUERIES, LabelledMotion, procedural_library
from tmr.motion.procedural.wordings import other_wordings

__all__ = ["DEMO_QUERIES", "LabelledMotion", "other_wordings", "procedural_library"]
