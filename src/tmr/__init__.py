"""Text-to-motion retrieval: type a sentence, find the human motions that show it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tmr.client import Client as Client
    from tmr.model.tmr import load_model as load_model
    from tmr.motion.formats import read_motion as read_motion
    from tmr.motion.motion import Motion as Motion
    from tmr.search.index import Hit as Hit
    from tmr.search.index import Index as Index
    from tmr.search.mix import Like as Like
    from tmr.search.mix import Mix as Mix

__version__ = "0.1.0"
__all__ = ["Client", "Hit", "Index", "Like", "Mix", "Motion", "load_model", "read_motion"]

_HOME = {
    "Client": "tmr.client",
    "Hit": "tmr.search.index",
    "Index": "tmr.search.index",
    "Like": "tmr.search.mix",
    "Mix": "tmr.search.mix",
    "Motion": "tmr.motion.motion",
    "load_model": "tmr.model.tmr",
    "read_motion": "tmr.motion.formats",
}


# A type checker that saw it would take any name for one of the package's.
if not TYPE_CHECKING:

    def __getattr__(name: str) -> object:
        """Import a public name when it is first used: `import tmr` and `tmr --help` stay instant, torch comes later."""
        if name not in _HOME:
            raise AttributeError(f"module 'tmr' has no attribute {name!r}; it has {', '.join(__all__)}")
        from importlib import import_module

        return getattr(import_module(_HOME[name]), name)


def __dir__() -> list[str]:
    """Return the public names too, imported or not: what Tab offers in a notebook."""
    return sorted({*globals(), *__all__})
