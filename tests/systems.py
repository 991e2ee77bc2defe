"""What not every system has: tests that need it are skipped by name, and files have names that all take."""

import os

import pytest

needs_links = pytest.mark.skipif(os.name == "nt", reason="on Windows links need a privilege")
needs_pipes = pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
needs_signals = pytest.mark.skipif(os.name == "nt", reason="Windows has no signals for another process")

# No name on Windows has a question mark.
ODD_NAME = "é #.npz" if os.name == "nt" else "é ?#.npz"
