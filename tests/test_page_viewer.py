"""Looking at motions in a real browser: the viewer and what it can do, two motions in step, with WebGL and without."""

import hashlib
import re
from pathlib import Path

import pytest

from chromium import PICTURE, moves, running_browser, wait_until
from fake_encoder import FakeEncoder, write_numbered
from pages import QUICK, opened
from served import served
from tmr.search.index import Index
from tmr.search.server import create_app
from tmr.search.service.answers import identifier

PAGE = Path(__file__).parents[1] / "src" / "tmr" / "search" / "page"
PLAYING = {"reduced_motion": "no-preference", "viewport": {"width": 760, "height": 620}}
SHORT, OTHER, TAKE = "drift_01.npz", "drift_02.npz", "take_04.npz"
# Keeps the context that the page draws with, so that a test can take it away.
KEEP_CONTEXT = """
    const original = HTMLCanvasElement.prototype.getContext;
    HTMLCanvasElement.prototype.getContext = function (kind, ...rest) {
        const context = original.call(this, kind, ...rest);
        if (kind === "webgl2") window.webgl = context;
        return context;
    };
"""


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Where a service of two short clips and a take of 100 seconds listens; the take shows 4 + t at t seconds."""
    folder = tmp_path_factory.mktemp("viewer")
    write_numbered(folder / "library" / SHORT, 1, seconds=3, drift=0.8)
    write_numbered(folder / "library" / OTHER, 2, seconds=2, drift=0.3)
    write_numbered(folder / "library" / TAKE, 4, seconds=100, drift=0.1)
    with (
        Index.build(folder / "library", folder / "index", FakeEncoder(), workers=0) as index,
        served(create_app(index, settings=QUICK)) as address,
    ):
        yield address


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


@pytest.fixture
def page(browser, address):
    """A page on which motions stand still until they are told to play."""
    with opened(browser, address, viewport={"width": 1000, "height": 700}) as page:
        yield page


def look_at(page, name: str, at: float = 0.0, more: str = "") -> None:
    """Open the viewer and wait until its motion is there."""
    page.goto(f"/?view={identifier(name)}&at={at:g}{more}")
    wait_until(page, lambda: page.locator("#viewer-time").text_content())


def seconds(page, name: str = "viewer") -> float:
    """Return the time that is shown."""
    minutes, rest = re.fullmatch(r"(?:(\d+):)?([\d.]+) of .*", page.locator(f"#{name}-time").text_content()).groups()
    return 60 * int(minutes or 0) + float(rest)


def frame(page) -> int:
    """Return the number of the frame that is shown."""
    return int(page.locator("#viewer-frame-number").text_content().removeprefix("frame "))


def changes(page, canvas, act) -> None:
    """Assert that an act changes what the canvas shows."""
    before = canvas.evaluate(PICTURE)
    act()
    wait_until(page, lambda: canvas.evaluate(PICTURE) != before)


def test_it_plays_pauses_steps_and_scrubs(browser, address):
    with opened(browser, address, **PLAYING) as page:
        look_at(page, SHORT)
        canvas, play = page.locator("#viewer-canvas"), page.locator("#viewer-play")
        wait_until(page, lambda: moves(canvas))
        page.keyboard.press(" ")
        assert play.get_attribute("aria-label") == "Play"
        page.wait_for_timeout(150)
        assert not moves(canvas)
        page.locator("#viewer-scrub").fill("0.5")
        # Where it stopped may be shown as 0.5 seconds too: only the frame tells that it was moved.
        wait_until(page, lambda: frame(page) == 15 and seconds(page) == 0.5)
        changes(page, canvas, lambda: page.keyboard.press("."))
        wait_until(page, lambda: frame(page) == 16)
        page.locator("#viewer-back").click()
        page.keyboard.press(",")
        wait_until(page, lambda: frame(page) == 14)
        page.keyboard.press("End")
        wait_until(page, lambda: page.locator("#viewer-time").text_content() == "3.0 of 3.0 s")
        page.keyboard.press("Home")
        wait_until(page, lambda: seconds(page) == 0)


def test_it_is_looked_at_from_all_sides_and_in_all_ways(page):
    look_at(page, SHORT)
    canvas = page.locator("#viewer-canvas")
    wait_until(page, lambda: seconds(page) == 1.5 and not moves(canvas))
    first = canvas.evaluate(PICTURE)
    box = canvas.bounding_box()
    middle = (box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)

    def drag(button: str = "left") -> None:
        page.mouse.move(*middle)
        page.mouse.down(button=button)
        page.mouse.move(middle[0] + 60, middle[1] + 10, steps=2)
        page.mouse.up(button=button)

    changes(page, canvas, drag)
    changes(page, canvas, lambda: drag("right"))
    changes(page, canvas, lambda: page.mouse.wheel(0, 200))
    canvas.focus()
    for key in ("ArrowLeft", "Shift+ArrowUp", "+"):
        changes(page, canvas, lambda key=key: page.keyboard.press(key))
    page.keyboard.press("r")
    wait_until(page, lambda: canvas.evaluate(PICTURE) == first)
    for key, name in {"g": "ghosts", "s": "bones", "o": "floor"}.items():
        button = page.locator(f"#viewer-{name}")
        was = button.get_attribute("aria-pressed")
        changes(page, canvas, lambda key=key: page.keyboard.press(key))
        assert button.get_attribute("aria-pressed") != was
        button.click()
        wait_until(page, lambda: canvas.evaluate(PICTURE) == first)


def test_a_camera_that_stays_sees_the_figure_go(page):
    look_at(page, SHORT)
    middle = """canvas => {
        const { data } = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height);
        let sum = 0, count = 0;
        for (let i = 0; i < data.length; i += 4) {
            if (data[i + 3] > 200 && data[i + 2] > data[i] + 60) { sum += (i / 4) % canvas.width; count++; }
        }
        return sum / count / canvas.width;
    }"""
    canvas = page.locator("#viewer-canvas")

    def way() -> float:
        """Return how far the figure's left side goes over the picture from the beginning to the end."""
        places = []
        for key, time in (("Home", 0), ("End", 3)):
            page.keyboard.press(key)
            wait_until(page, lambda time=time: seconds(page) == time)
            page.wait_for_timeout(100)
            places.append(canvas.evaluate(middle))
        return abs(places[1] - places[0])

    canvas.focus()
    for _ in range(6):
        page.keyboard.press("-")
    followed = way()
    page.keyboard.press("v")
    assert page.locator("#viewer-follow").get_attribute("aria-pressed") == "false"
    assert way() > 0.05 + 1.5 * followed
    page.keyboard.press("v")
    assert way() == pytest.approx(followed, abs=0.02)


def test_what_was_found_is_marked_in_the_whole_take_and_played(page):
    page.goto("/?q=number+24")
    page.locator(".card").first.click()
    mark = page.locator("#viewer-marks .mark").first
    wait_until(page, lambda: mark.get_attribute("aria-pressed") == "true")
    words = mark.get_attribute("aria-label")
    start, end, similarity = map(float, re.fullmatch(r"Play (.*) s to (.*) s, similarity (.*)", words).groups())
    assert 14 <= start <= 21
    assert 22 <= end <= 32
    assert 0 < similarity <= 1
    wait_until(page, lambda: start - 0.1 <= seconds(page) <= end + 0.1)
    timeline, box = page.locator("#viewer-lane").bounding_box(), mark.bounding_box()
    assert (box["x"] - timeline["x"]) / timeline["width"] == pytest.approx(start / 100, abs=0.02)
    # Elsewhere in the take, in another piece of it than the service gives at once.
    page.locator("#viewer-scrub").fill("90")
    wait_until(page, lambda: seconds(page) == 90)
    assert mark.get_attribute("aria-pressed") == "false"
    assert page.locator("#viewer-time").text_content() == "1:30.0 of 1:40.0"
    mark.click()
    wait_until(page, lambda: page.locator("#viewer-play").get_attribute("aria-label") == "Pause")
    wait_until(page, lambda: start < seconds(page) < end)


def test_a_take_goes_on_from_piece_to_piece(browser, address):
    with opened(browser, address, **PLAYING) as page:
        look_at(page, TAKE, more="&drawing=plain")
        page.locator("#viewer-whole").click()
        page.locator("#viewer-scrub").fill("59.7")
        wait_until(page, lambda: seconds(page) == 59.7)
        page.locator("#viewer-play").click()
        wait_until(page, lambda: seconds(page) > 60.1)
        assert page.locator("#viewer-play").get_attribute("aria-label") == "Pause"


def test_a_part_is_chosen_played_again_and_taken_away(browser, address):
    with opened(browser, address, **PLAYING) as page:
        look_at(page, SHORT)
        for time, key in (("0.5", "["), ("1.0", "]")):
            page.locator("#viewer-scrub").fill(time)
            wait_until(page, lambda time=time: frame(page) == 30 * float(time))
            page.keyboard.press(key)
        page.locator("#viewer-speed").select_option("2")
        page.locator("#viewer-play").click()
        seen = set()
        wait_until(page, lambda: seen.add(seconds(page)) or {min(seen) < 0.7, max(seen) > 0.9, len(seen) > 3} == {True})
        page.wait_for_timeout(800)
        assert 0.5 <= seconds(page) <= 1.0
        page.keyboard.press("i")
        assert page.locator("#viewer-extent").input_value() == "part"
        with page.expect_download() as download:
            page.locator("#viewer-bvh").click()
        assert download.value.suggested_filename == "drift_01_from_0.50s_to_1.00s.bvh"
        frames = re.search(r"Frames:\s+(\d+)", Path(download.value.path()).read_text())
        assert 15 <= int(frames[1]) <= 16
        page.keyboard.press("l")
        wait_until(page, lambda: page.locator("#viewer-play").get_attribute("aria-label") == "Play")
        assert seconds(page) == 1.0
        page.keyboard.press("\\")
        assert page.locator("#viewer-extent").input_value() == "whole"
        for name, expected in {"file": "drift_01.npz", "npz": "drift_01.npz", "bvh": "drift_01.bvh"}.items():
            with page.expect_download() as download:
                page.locator(f"#viewer-{name}").click()
            assert download.value.suggested_filename == expected


def test_a_drag_over_the_timeline_plays_that_part(page):
    look_at(page, SHORT)
    lane = page.locator("#viewer-lane").bounding_box()
    at = lane["y"] + lane["height"] / 2
    page.mouse.move(lane["x"] + 0.3 * lane["width"], at)
    page.mouse.down()
    page.mouse.move(lane["x"] + 0.6 * lane["width"], at, steps=3)
    page.mouse.up()
    wait_until(page, lambda: page.locator("#viewer-extent option").count() == 2)
    told = page.locator("#viewer-extent option").nth(1).text_content()
    start, end = map(float, re.fullmatch(r"Part, (.*) s to (.*) s", told).groups())
    assert (start, end) == pytest.approx((0.9, 1.8), abs=0.12)
    page.mouse.click(lane["x"] + 0.9 * lane["width"], at)
    wait_until(page, lambda: 2.5 < seconds(page) < 2.9)
    assert page.locator("#viewer-whole").is_hidden()


def test_its_keys_and_facts_are_shown_and_it_fits_a_phone(browser, address):
    with opened(browser, address, viewport={"width": 390, "height": 760}) as page:
        look_at(page, SHORT)
        assert page.locator("#viewer-panel").is_hidden()
        page.keyboard.press("i")
        assert "drift_01.npz" in page.locator("#viewer-fields").text_content()
        page.keyboard.press("?")
        assert "ghosts and the way" in page.locator("#viewer-help").text_content()
        page.keyboard.press("Escape")
        assert page.locator("#viewer-help").is_hidden()
        assert page.locator("#viewer").is_visible()
        assert page.locator("#viewer").evaluate("dialog => dialog.scrollWidth <= innerWidth")
        for name in page.locator("#viewer button:visible, #viewer a:visible, #viewer select:visible").all():
            box = name.bounding_box()
            assert box["x"] >= 0, name
            assert box["x"] + box["width"] <= 391 or name.get_attribute("class") == "action", name
        page.keyboard.press("Escape")
        wait_until(page, lambda: page.locator("#viewer").is_hidden())


def test_a_motion_that_cannot_be_had_says_so(page):
    page.route("**/motion*", lambda route: route.fulfill(status=409, json={"error": "the file has changed"}))
    page.goto(f"/?view={identifier(SHORT)}&at=0")
    page.locator("#viewer-trouble").wait_for()
    assert page.locator("#viewer-trouble").text_content() == "The file has changed."
    page.unroute("**/motion*")
    page.locator("#viewer-next").click()
    wait_until(page, lambda: page.locator("#viewer-time").text_content())
    assert page.locator("#viewer-trouble").is_hidden()


def test_two_motions_are_compared_in_step(browser, address):
    with opened(browser, address, **PLAYING) as page:
        first, second = identifier(SHORT), identifier(OTHER)
        page.goto(f"/?compare={first}&at=0&compare={second}&at=0")
        canvases = [page.locator(f"#compare-{name}") for name in ("first", "second")]
        for canvas in canvases:
            wait_until(page, lambda canvas=canvas: moves(canvas))
        page.keyboard.press(" ")
        assert page.locator("#compare-time").text_content().endswith("of 3.0 s")
        page.locator("#compare-scrub").fill("1")
        wait_until(page, lambda: seconds(page, "compare") == 1)
        # A frame on changes both; beyond its end the shorter one stands still.
        before = [canvas.evaluate(PICTURE) for canvas in canvases]
        page.locator("#compare-on").click()
        wait_until(page, lambda: all(c.evaluate(PICTURE) != b for c, b in zip(canvases, before, strict=True)))
        page.locator("#compare-scrub").fill("2.3")
        wait_until(page, lambda: seconds(page, "compare") == 2.3)
        page.wait_for_timeout(100)
        still = canvases[1].evaluate(PICTURE)
        changes(page, canvases[0], lambda: page.locator("#compare-scrub").fill("2.8"))
        assert canvases[1].evaluate(PICTURE) == still
        changes(page, canvases[1], lambda: page.locator("#compare-offset").fill("1.5"))
        assert page.locator("#compare-time").text_content().endswith("of 3.5 s")
        page.locator("#compare-offset").fill("0")
        canvases[0].focus()
        changes(page, canvases[1], lambda: page.keyboard.press("ArrowLeft"))
        changes(page, canvases[0], lambda: page.locator("#compare-overlay").click())
        assert not canvases[1].is_visible()
        page.locator("#compare-overlay").click()
        names = page.locator(".pair-name").all_text_contents()
        page.locator("#compare-swap").click()
        assert page.locator(".pair-name").all_text_contents() == names[::-1] == [OTHER, SHORT]
        page.keyboard.press("Escape")
        wait_until(page, lambda: "compare" not in page.url)


def test_with_webgl_it_is_lost_and_comes_back(browser, address):
    small = {"reduced_motion": "no-preference", "viewport": {"width": 340, "height": 430}}
    with running_browser(webgl=True, beside=browser) as other, opened(other, address, **small) as page:
        page.add_init_script(KEEP_CONTEXT)
        # One small motion: this browser computes every pixel on the processor.
        look_at(page, SHORT, more="&q=number+1&k=1&drawing=webgl")
        canvas = page.locator("#viewer-canvas")
        wait_until(page, lambda: canvas.get_attribute("data-drawing") == "webgl")
        wait_until(page, lambda: moves(canvas, 0.6))
        page.evaluate("window.lost = webgl.getExtension('WEBGL_lose_context'); lost.loseContext()")
        wait_until(page, lambda: canvas.get_attribute("data-drawing") == "plain")
        wait_until(page, lambda: moves(canvas))
        page.evaluate("lost.restoreContext()")
        wait_until(page, lambda: canvas.get_attribute("data-drawing") == "webgl")
        page.locator("#viewer-play").click()
        for key in ("g", "s"):
            changes(page, canvas, lambda key=key: page.keyboard.press(key))


def test_without_webgl_the_plain_drawing_moves(browser, address):
    with opened(browser, address, **PLAYING) as page:
        asked: list[str] = []
        page.on("request", lambda request: asked.append(request.url))
        look_at(page, SHORT)
        canvas = page.locator("#viewer-canvas")
        wait_until(page, lambda: moves(canvas))
        assert canvas.get_attribute("data-drawing") == "plain"
        assert not [url for url in asked if "three" in url]


def test_what_is_vendored_is_what_its_readme_says():
    folder = PAGE / "vendor" / "three"
    told = dict(re.findall(r"\| `([\w.]+)` \|.*\| `([0-9a-f]{64})` \|", (folder / "README.md").read_text()))
    assert set(told) == {path.name for path in folder.iterdir()} - {"README.md"}
    for name, digest in told.items():
        assert hashlib.sha256((folder / name).read_bytes()).hexdigest() == digest, name


def test_at_twice_the_size_no_button_hides_behind_the_timeline(browser, address):
    with opened(browser, address, viewport={"width": 720, "height": 450}) as page:
        look_at(page, SHORT)
        button, stage = page.locator("#viewer-keys").bounding_box(), page.locator(".viewer-stage").first.bounding_box()
        assert button["y"] + button["height"] <= stage["y"] + stage["height"]
