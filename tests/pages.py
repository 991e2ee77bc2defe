"""What tests of the page share: a small library of all kinds of items, and a page that may not fail unseen."""

import contextlib
import shutil
import zlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from fake_encoder import FakeEncoder, direction, write_numbered
from served import served
from tmr.search.index import Index
from tmr.search.server import create_app
from tmr.search.service.desk import Settings

if TYPE_CHECKING:
    from playwright.sync_api import Browser, Page

QUICK = Settings(reading_processes=0)
HTML_NAME = "<b onclick=alert(1)>bold</b>.npz".replace("/", "∕")
HEBREW_NAME = "אדם הולך לאט.npz"


class AnyTextEncoder(FakeEncoder):
    """Takes half a sentence too, as a page asks for one while it is typed; reads `figure 17` as `number 17`.

    It does not know goblins.
    """

    def as_read(self, text: str) -> str:
        return text.replace("figure", "number")

    def unknown_words(self, text: str) -> list[str]:
        return [word for word in text.split() if word == "goblin"]

    def encode_text(self, texts: Sequence[str]) -> np.ndarray:
        words = [text.split()[-1] for text in texts]
        numbers = [int(word) if word.isdigit() else zlib.crc32(word.encode()) % 10_000 + 500 for word in words]
        return np.array([direction(number) for number in numbers])


def write_page_library(folder: Path) -> None:
    """Write 30 drifting figures, a copy, a long take, two odd names, and what is known of them."""
    for number in range(30):
        write_numbered(folder / "walks" / f"drift_{number:02d}.npz", number, seconds=2 + number % 3, drift=0.8)
    shutil.copy(folder / "walks" / "drift_03.npz", folder / "walks" / "same_as_03.npz")
    write_numbered(folder / "takes" / "long.npz", 50, seconds=32, drift=0.5)
    write_numbered(folder / "odd" / HTML_NAME, 60)
    write_numbered(folder / "odd" / HEBREW_NAME, 61)
    styles = ["tired", "happy", "it's old"]
    rows = [f"walks/drift_{number:02d}.npz,{styles[number % 3]},{number / 10}" for number in range(30)]
    (folder / "metadata.csv").write_text("\n".join(["file,style,score", *rows, ""]), encoding="utf-8")


@contextlib.contextmanager
def page_index(folder: Path) -> Iterator[Index]:
    """Give an index of such a library."""
    write_page_library(folder / "library")
    with Index.build(folder / "library", folder / "index", AnyTextEncoder(), workers=0) as index:
        yield index


@contextlib.contextmanager
def page_service(folder: Path, settings: Settings = QUICK) -> Iterator[str]:
    """Give the address of a service of such a library."""
    with page_index(folder) as index, served(create_app(index, settings=settings)) as address:
        yield address


@contextlib.contextmanager
def opened(browser: "Browser", address: str, **context: Any) -> Iterator["Page"]:
    """Give a page that fails the test if a script fails or anything but the service is asked."""
    wanted = {"viewport": {"width": 1100, "height": 800}, "base_url": address, "reduced_motion": "reduce"}
    surroundings = browser.new_context(**{**wanted, **context})
    page = surroundings.new_page()
    page.set_default_timeout(15_000)
    problems: list[str] = []
    own = (address, f"blob:{address}")
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: problems.append(asked.url) if not asked.url.startswith(own) else None)
    yield page
    surroundings.close()
    assert not problems


def names(page: "Page") -> list[str]:
    """Return what the cards are called."""
    return page.locator(".card .name").all_text_contents()


def asked(page: "Page") -> dict[str, list[str]]:
    """Return what stands in the address bar."""
    from urllib.parse import parse_qs, urlsplit

    return parse_qs(urlsplit(page.url).query)
