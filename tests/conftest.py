"""What several tests need: where the project's shared folder is, if it is there."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile("tmr", deadline=None, derandomize=True)
settings.load_profile("tmr")


@pytest.fixture
def shared() -> Path:
    """Return the shared folder beside the checkout; without it the test is skipped, by name."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    return SHARED


NOBODY = 65534


@pytest.fixture
def open_folder() -> Iterator[Path]:
    """Return a new folder that every user may enter; the folders of `tmp_path` are for their owner only."""
    if sys.platform == "win32":
        pytest.skip("Windows has no file modes")
    folder = Path(tempfile.mkdtemp())
    folder.chmod(0o777)
    yield folder
    shutil.rmtree(folder)


@contextlib.contextmanager
def as_ordinary_user() -> Iterator[None]:
    """Be a user to whom file modes apply: the administrator may read and write everywhere."""
    administrator = os.geteuid() == 0
    if administrator:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        if administrator:
            os.seteuid(0)
