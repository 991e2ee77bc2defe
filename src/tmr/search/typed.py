"""Typed: commands in messages, quoted as the shell of this machine wants them."""

import os
import shlex
import subprocess


def as_typed(*words: str) -> str:
    """Return a command that can be typed as it stands, wherever its words have spaces or quotes."""
    return subprocess.list2cmdline(words) if os.name == "nt" else shlex.join(words)
