"""The model card beside a checkpoint: under which licence the weights may be used, which is said once a process.

Whoever loads a model learns what its card says under `license:`, in one line of the logger `tmr.licence`; Python prints
it on stderr where nothing else is set up. It is silenced as any logger is:

    logging.getLogger("tmr.licence").setLevel(logging.ERROR)
"""

import logging
import re
from pathlib import Path

from tmr.model.checkpoint import DEFAULT, folder_in_package, models_of_package

LOGGER = "tmr.licence"
CARD = "README.md"

_LICENCE = re.compile(r"^license:\s*([\w. +-]{1,60}?)\s*$", re.MULTILINE)
_OWN_NAME = re.compile(r"^license_name:\s*([\w. +-]{1,60}?)\s*$", re.MULTILINE)
_MOST_BYTES = 4096
# As SPDX has them, by the identifier of the hub: that of a card is in small letters.
_SPELT = {"apache-2.0": "Apache-2.0", "mit": "MIT", "bsd-2-clause": "BSD-2-Clause", "bsd-3-clause": "BSD-3-Clause"}
_CREATIVE_COMMONS = re.compile(r"cc-((?:by|nc|sa|nd)(?:-(?:nc|sa|nd))*)-(\d\.\d)")
_LIMITS = {
    "nc": "not for commercial use",
    "nd": "not to be changed",
    "sa": "what is made of it has the same licence",
}
_FREE = "free for commercial use"

_told: set[Path] = set()


def licence_of(folder: Path) -> str | None:
    """Return what the card of a checkpoint says at its top in `license:`, as on the Hugging Face hub; None if nothing.

    A licence that the hub has no identifier for, `other`, is what `license_name:` calls it.

    Args:
        folder: The checkpoint's.
    """
    try:
        with (folder / CARD).open("rb") as file:
            text = file.read(_MOST_BYTES).decode("utf-8", "replace")
    except OSError:
        return None
    if not text.startswith("---"):
        return None
    top = text.split("\n---", 1)[0]
    found = _LICENCE.search(top)
    if found and found.group(1) == "other":
        found = _OWN_NAME.search(top) or found
    return found.group(1) if found else None


def spelt(licence: str) -> str:
    """Return a licence as people write it: `cc-by-nc-4.0` is CC BY-NC 4.0."""
    creative = _CREATIVE_COMMONS.fullmatch(licence.lower())
    return f"CC {creative[1].upper()} {creative[2]}" if creative else _SPELT.get(licence.lower(), licence)


def meaning(licence: str) -> str:
    """Return what a licence means to who uses the weights, in a few words."""
    creative = _CREATIVE_COMMONS.fullmatch(licence.lower())
    limits = [_LIMITS[part] for part in creative[1].split("-") if part in _LIMITS] if creative else []
    if limits:
        return ", ".join(limits)
    known = creative is not None or licence.lower() in _SPELT
    return _FREE if known else "read what it allows in the model's README.md"


def licence_line(folder: Path, name: str) -> str | None:
    """Return the line that is said of a model; None if no card tells its licence.

    Args:
        folder: The checkpoint's.
        name: What the model is called.
    """
    licence = licence_of(folder)
    if licence is None:
        return None
    line = f"model {name}: {spelt(licence)}, {meaning(licence)}"
    if meaning(licence) == _FREE:
        return line
    for other in models_of_package():
        its = licence_of(folder_in_package(other) or folder)
        if its is not None and meaning(its) == _FREE:
            return f"{line}; --model {other} is {spelt(its)}"
    return line


def tell_licence(folder: Path, name_or_folder: str | Path | None = None) -> None:
    """Say the licence of a model that is loaded, once a process; a model without a licence in its card is silent.

    Args:
        folder: The checkpoint's.
        name_or_folder: What it was asked for by.
    """
    if folder in _told:
        return
    _told.add(folder)
    name = folder.name if folder_in_package(folder.name) == folder else str(name_or_folder or DEFAULT)
    line = licence_line(folder, name)
    if line is not None:
        # A warning, so that it is printed where no logging is set up: who uses the weights has to know.
        logging.getLogger(LOGGER).warning("%s", line)
