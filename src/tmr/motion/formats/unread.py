"""Unread: formats of motion that are not read, and how to turn each into one that is."""

from collections.abc import Sequence
from pathlib import Path

_IN_BLENDER = "convert it to BVH, in Blender say: File > Import, then File > Export > Motion Capture (.bvh)"

ADVICE = {
    ".fbx": _IN_BLENDER,
    ".glb": _IN_BLENDER,
    ".gltf": _IN_BLENDER,
    ".dae": _IN_BLENDER,
    ".usd": _IN_BLENDER,
    ".usda": _IN_BLENDER,
    ".usdc": _IN_BLENDER,
    ".usdz": _IN_BLENDER,
    ".c3d": "it holds markers and no skeleton: solve it in the program that captured it, and export BVH there",
    ".trc": "it holds markers and no skeleton: solve it in the program that captured it, and export BVH there",
    ".pkl": "it is pickled, which could run any code: save its arrays with numpy.savez, under the same names",
    ".pt": "it is pickled, which could run any code: save its arrays with numpy.savez, under the same names",
}
"""What to do with a file, by its suffix in lower case."""

MOTION_ONLY = frozenset(ADVICE) - {".pkl", ".pt"}
"""Suffixes that only files of motion or of figures have: in a folder they are worth a word."""


def note_unread(files: Sequence[Path], folder: Path) -> str:
    """Return one sentence a suffix on files that are left out, with what to do; empty if there are none.

    Args:
        files: Files with suffixes of `ADVICE`.
        folder: Where they were looked for.
    """
    by_suffix: dict[str, list[Path]] = {}
    for file in files:
        by_suffix.setdefault(file.suffix.lower(), []).append(file)
    return "; ".join(
        f"{len(alike):,} {suffix} {'file is' if len(alike) == 1 else 'files are'} not read "
        f"({alike[0].relative_to(folder).as_posix()}{', …' if len(alike) > 1 else ''}): {ADVICE[suffix]}"
        for suffix, alike in by_suffix.items()
    )
