"""The page in a real browser: type, see the hits move, open one, look around, take it away."""

import contextlib
import socket
import threading
import time

import pytest
import uvicorn

from chromium import CHROMIUM, PICTURE
from fake_encoder import FakeEncoder, write_numbered
from tmr.search.index import Index
from tmr.search.server import create_app

playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium on this machine")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a service of 30 drifting figures listens."""
    folder = tmp_path_factory.mktemp("page")
    for number in range(30):
        write_numbered(folder / "library" / "walks" / f"drift_{number:02d}.npz", number, seconds=2, drift=0.8)
    index = Index.build(folder / "library", folder / "index", FakeEncoder(), workers=0)
    with running(index) as address:
        yield address
    index.close()


@contextlib.contextmanager
def running(index: Index):
    listening = socket.create_server(("127.0.0.1", 0))
    server = uvicorn.Server(uvicorn.Config(create_app(index), log_level="error", access_log=False))
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]})
    thread.start()
    yield f"http://127.0.0.1:{listening.getsockname()[1]}"
    server.should_exit = True
    thread.join(10)
    listening.close()
    assert not thread.is_alive()


@pytest.fixture(scope="module")
def browser():
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser, address):
    """A page that fails the test if a script fails or anything but the service is asked."""
    context = browser.new_context(viewport={"width": 1100, "height": 800}, base_url=address)
    page = context.new_page()
    page.set_default_timeout(15_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: problems.append(asked.url) if not asked.url.startswith(address) else None)
    yield page
    context.close()
    assert not problems


def names(page) -> list[str]:
    return page.locator(".card .name").all_text_contents()


def wait_until(page, condition) -> None:
    end = time.monotonic() + 15
    while not condition():
        assert time.monotonic() < end, "it did not happen within 15 s"
        # Not time.sleep: the browser's events arrive only while Playwright is waiting.
        page.wait_for_timeout(50)


def moves(canvas) -> bool:
    """Whether two moments look different."""
    first = canvas.evaluate(PICTURE)
    time.sleep(0.3)
    return canvas.evaluate(PICTURE) != first


def test_typing_finds_and_the_hits_move(page):
    page.goto("/")
    wait_until(page, lambda: len(names(page)) == 12)
    assert page.locator("#summary").text_content() == "30 motions in the library"
    page.keyboard.press("/")
    page.keyboard.type("number 17")
    wait_until(page, lambda: names(page)[:1] == ["drift_17"])
    assert page.url.endswith("?q=number+17")
    first = page.locator(".card").first
    assert first.locator(".number").text_content() == "1.00"
    assert first.locator(".seconds").text_content() == "2.0 s"
    wait_until(page, lambda: moves(first.locator("canvas")))
    page.locator("#more").click()
    wait_until(page, lambda: len(names(page)) == 24)


def test_only_what_is_in_sight_is_fetched(page):
    asked: list[str] = []
    page.on("request", lambda request: asked.append(request.url) if "/motion" in request.url else None)
    page.set_viewport_size({"width": 390, "height": 600})
    page.goto("/?q=number+3")
    wait_until(page, lambda: len(names(page)) == 12)
    wait_until(page, lambda: moves(page.locator(".card canvas").first))
    assert 2 <= len(asked) <= 6
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_viewer_plays_pauses_scrubs_orbits_and_goes_on(page):
    page.goto("/?q=number+5")
    page.locator(".card").first.wait_for()
    page.locator("#query").focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    canvas = page.locator("#viewer-canvas")
    assert page.locator("#viewer-name").text_content() == "drift_05.npz"
    wait_until(page, lambda: moves(canvas))
    page.keyboard.press(" ")
    assert page.locator("#viewer-play").get_attribute("aria-label") == "Play"
    time.sleep(0.2)
    assert not moves(canvas)
    before = canvas.evaluate(PICTURE)
    page.locator("#viewer-scrub").fill("0.5")
    wait_until(page, lambda: canvas.evaluate(PICTURE) != before)
    assert page.locator("#viewer-time").text_content() == "0.5 of 2.0 s"
    before = canvas.evaluate(PICTURE)
    page.mouse.move(500, 400)
    page.mouse.down()
    page.mouse.move(600, 420, steps=3)
    page.mouse.up()
    wait_until(page, lambda: canvas.evaluate(PICTURE) != before)
    page.locator("#viewer-next").click()
    wait_until(page, lambda: page.locator("#viewer-name").text_content() != "drift_05.npz")
    assert "view=" in page.url
    page.keyboard.press("Escape")
    wait_until(page, lambda: page.url.endswith("?q=number+5"))
    assert not page.locator("#viewer").is_visible()


def test_download_and_more_like_this(page):
    page.goto("/?q=number+8")
    page.locator(".card").first.click()
    with page.expect_download() as download:
        page.locator("#viewer-file").click()
    assert download.value.suggested_filename == "drift_08.npz"
    page.locator("#viewer-like").click()
    wait_until(page, lambda: page.locator("#summary").text_content() == "Most like drift_08")
    assert "drift_08" not in names(page)
    page.go_back()
    wait_until(page, lambda: names(page)[:1] == ["drift_08"])


def test_what_is_in_the_address_bar_comes_back(page):
    page.goto("/?q=number+9")
    page.locator(".card").first.click()
    wait_until(page, lambda: "view=" in page.url)
    page.reload()
    wait_until(page, lambda: page.locator("#viewer").is_visible())
    assert page.locator("#viewer-name").text_content() == "drift_09.npz"
    assert page.locator("#query").input_value() == "number 9"


def test_what_goes_wrong_is_said_and_can_be_tried_again(page):
    page.goto("/")
    page.locator(".card").first.wait_for()
    page.route("**/api/search*", lambda route: route.abort())
    page.locator("#query").fill("number 4")
    page.locator("#notice").wait_for()
    assert "Is `tmr serve` still running?" in page.locator("#notice").text_content()
    page.unroute("**/api/search*")
    page.locator("#retry").click()
    wait_until(page, lambda: names(page)[:1] == ["drift_04"])
    assert not page.locator("#notice").is_visible()
    page.goto("/?view=0123456789")
    page.locator("#notice").wait_for()
    assert "no such item" in page.locator("#notice").text_content()


def test_a_motion_that_cannot_be_had_says_so_on_its_card(page):
    page.route("**/motion*", lambda route: route.fulfill(status=409, json={"error": "the file has changed"}))
    page.goto("/?q=number+1")
    wait_until(page, lambda: page.locator(".trouble").first.is_visible())
    assert page.locator(".trouble").first.text_content() == "The file has changed."
