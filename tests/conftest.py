"""What several tests need: where the project's shared folder is, if it is there."""

import contextlib
import os
import shutil
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import jaxtyping
import pytest
from hypothesis import settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser

    from tmr.training.examples import Groups
    from tmr.training.loop import Trainer

SHARED = Path(__file__).resolve().parents[2] / "shared"

settings.register_profile("tmr", deadline=None, derandomize=True)
settings.load_profile("tmr")


@pytest.fixture
def shared() -> Path:
    """Return the shared folder beside the checkout; without it the test is skipped, by name."""
    if not SHARED.is_dir():
        pytest.skip(f"{SHARED} is not there")
    return SHARED


@pytest.fixture
def unchecked() -> Iterator[None]:
    """Types are not checked at run time, as for a user."""
    jaxtyping.config.update("jaxtyping_disable", True)
    yield
    jaxtyping.config.update("jaxtyping_disable", False)


@pytest.fixture(scope="module")
def browser() -> Iterator["Browser"]:
    """Give a browser without WebGL, which a processor would have to compute; without a browser the test is skipped."""
    from chromium import running_browser

    with running_browser(webgl=False) as browser:
        yield browser


@pytest.fixture(scope="module")
def address(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """Give the address of a service of the page's library."""
    from pages import page_service

    with page_service(tmp_path_factory.mktemp("page")) as address:
        yield address


@pytest.fixture(scope="session")
def groups() -> "Groups":
    """Return the examples of the procedural library, each motion once."""
    from tmr.training.examples import build_examples

    return build_examples([], procedural_variations=1, seed=0)


@pytest.fixture(scope="module")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the packs of the toy dataset that trainings are tested on."""
    from toy_training import write_packs

    return write_packs(tmp_path_factory.mktemp("packs"))


@pytest.fixture(scope="module")
def cache(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return what the trainings of a module keep of them."""
    return tmp_path_factory.mktemp("cache")


@pytest.fixture(scope="module")
def begun(data: Path, cache: Path, tmp_path_factory: pytest.TempPathFactory) -> "Trainer":
    """Return a toy training that has taken no step."""
    from toy_training import trainer

    return trainer(data, tmp_path_factory.mktemp("begun"), cache)


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
