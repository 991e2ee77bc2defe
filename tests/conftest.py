"""What several tests need: where the project's shared folder is, if it is there."""

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
