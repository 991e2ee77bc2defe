"""The demo library: captioned motions that are computed, not captured."""

from tmr.motion.procedural.library import DEMO_QUERIES, LabelledMotion, procedural_library

__all__ = ["DEMO_QUERIES", "LabelledMotion", "procedural_library"]
