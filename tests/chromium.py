"""The browser that pages are tested in: how it is started, and what tells two of a canvas's pictures apart."""

import contextlib
import shutil
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Locator, Page

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
# WebGL is computed on the processor: machines that run tests have no graphics card.
_ARGUMENTS = (
    "--headless",
    "--no-sandbox",
    "--disable-dev-shm-usage",
    # All but WebGL is still painted the quick way.
    "--disable-gpu-compositing",
    "--use-angle=swiftshader",
    "--enable-unsafe-swiftshader",
)
_PATIENCE_SECONDS = 15.0

# One pixel in the middle tells nothing; the whole picture, as a number, does.
PICTURE = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) sum = (sum * 31 + pixels[i] + pixels[i + 3]) % 1000000007;
    return sum;
}"""


@contextlib.contextmanager
def running_browser(*, webgl: bool = False, beside: "Browser | None" = None) -> Iterator["Browser"]:
    """Give a headless Chromium; the test is skipped where there is none.

    Args:
        webgl: True for one that computes WebGL on the processor, which makes all it paints slow; else it has none.
        beside: A browser that runs already; Playwright itself is started once only.
    """
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    arguments = _ARGUMENTS if webgl else (*_ARGUMENTS[:3], "--disable-gpu", "--disable-3d-apis")
    with contextlib.ExitStack() as stack:
        kind = beside.browser_type if beside else stack.enter_context(playwright.sync_playwright()).chromium
        browser = kind.launch(executable_path=CHROMIUM, args=list(arguments))
        yield browser
        browser.close()


def wait_until(page: "Page", condition: Callable[[], object]) -> None:
    """Return once the condition holds; the test fails after 15 seconds."""
    end = time.monotonic() + _PATIENCE_SECONDS
    while not condition():
        assert time.monotonic() < end, "it did not happen within 15 s"
        # Not time.sleep: the browser's events arrive only while Playwright is waiting.
        page.wait_for_timeout(50)


def moves(canvas: "Locator", seconds: float = 0.3) -> bool:
    """Return whether two moments look different."""
    first = canvas.evaluate(PICTURE)
    canvas.page.wait_for_timeout(1000 * seconds)
    return canvas.evaluate(PICTURE) != first
