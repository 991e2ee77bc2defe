"""The map in a real browser: points and names, closer and away, what a point shows, and all of it by keys."""

import pytest

from chromium import PICTURE, moves, running_browser, wait_until
from pages import asked, opened


@pytest.fixture(scope="module")
def browser():
    with running_browser() as browser:
        yield browser


def is_there(page) -> bool:
    return page.locator("#map-stage").is_visible() and not page.locator("#map-note").is_visible() and spots(page) > 0


def spots(page) -> int:
    return page.locator(".map-spot").count()


def open_map(page, question: str = "") -> None:
    page.goto(f"/?map=1{question}")
    page.set_default_timeout(60_000)
    page.locator(".map-spot").first.wait_for(state="attached")
    wait_until(page, lambda: is_there(page))


def box_at_rest(page, locator):
    """Return where something is once it stays there: the buttons are chosen anew after the picture has come to rest."""
    boxes = [None]

    def rests():
        boxes.append(locator.bounding_box())
        return boxes[-1] is not None and boxes[-1] == boxes[-2]

    wait_until(page, rests)
    return boxes[-1]


def test_the_map_opens_marks_hits_and_shows_what_a_point_is(browser, address):
    with opened(browser, address, reduced_motion="no-preference") as page:
        open_map(page, "&q=number+7")
        assert page.locator("#map-count").text_content() == "34 motions"
        assert page.locator("#map-marks").evaluate(PICTURE) != 0
        assert page.locator("#map-legend li").count() >= 2

        before = page.locator("#map-canvas").evaluate(PICTURE)
        page.locator("#map-in").click()
        wait_until(page, lambda: page.locator("#map-canvas").evaluate(PICTURE) != before)
        page.locator("#map-all").click()
        wait_until(page, lambda: page.locator("#map-canvas").evaluate(PICTURE) == before)

        box = box_at_rest(page, page.locator(".map-spot").first)
        left, top = box["x"] + box["width"] / 2, box["y"] + box["height"] / 2
        page.mouse.move(left, top)
        preview = page.locator("#map-preview")
        preview.wait_for()
        wait_until(page, lambda: moves(preview.locator("canvas")))
        name = preview.locator(".map-preview-name").text_content()
        page.mouse.click(left, top)
        page.locator("#viewer").wait_for()
        assert page.locator("#viewer-name").text_content() == name
        page.keyboard.press("Escape")
        wait_until(page, lambda: not page.locator("#viewer").is_visible())
        assert page.locator("#map").is_visible()
        page.keyboard.press("Escape")
        wait_until(page, lambda: not page.locator("#map").is_visible())
        wait_until(page, lambda: "map" not in asked(page))


def test_everything_can_be_reached_by_keys(browser, address):
    with opened(browser, address) as page:
        open_map(page)
        canvas = page.locator("#map-canvas")
        assert canvas.evaluate("canvas => canvas === document.activeElement")
        for key in ("+", "ArrowLeft", "ArrowUp"):
            before = canvas.evaluate(PICTURE)
            page.keyboard.press(key)
            wait_until(page, lambda before=before: canvas.evaluate(PICTURE) != before)
        page.keyboard.press("0")
        page.wait_for_timeout(400)
        page.locator(".map-spot").first.focus()
        said = page.locator("#map-said")
        wait_until(page, lambda: said.text_content())
        first = said.text_content()
        for key in ("ArrowRight", "ArrowLeft", "ArrowUp", "ArrowDown"):
            page.keyboard.press(key)
        wait_until(page, lambda: said.text_content() != first or page.locator(".map-spot:focus").count())
        page.keyboard.press("Enter")
        page.locator("#viewer").wait_for()


def test_colours_filters_and_a_phone(browser, address):
    with opened(browser, address, viewport={"width": 390, "height": 700}) as page:
        open_map(page)
        page.locator("#map-colour").select_option("style")
        wait_until(page, lambda: "tired" in page.locator("#map-legend").text_content())
        assert "not known" in page.locator("#map-legend").text_content()
        page.locator("#map-colour").select_option("score")
        wait_until(page, lambda: page.locator(".map-scale").count() == 1)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_while_the_map_is_made_it_says_so_and_a_failure_can_be_tried_again(browser, address):
    with opened(browser, address) as page:
        making = {"state": "making", "share": 0.4, "items": 0}
        page.route("**/api/map?*", lambda route: route.fulfill(status=202, json=making, headers={"Retry-After": "1"}))
        page.goto("/?map=1")
        page.locator("#map-note").wait_for()
        assert page.locator("#map-note-title").text_content() == "The map is being made"
        assert page.locator("#map-note-bar").evaluate("bar => bar.value") == 0.4
        page.unroute("**/api/map?*")
        page.route("**/api/map?*", lambda route: route.abort())
        wait_until(page, lambda: page.locator("#map-retry").is_visible())
        assert "still running" in page.locator("#map-note-text").text_content()
        page.unroute("**/api/map?*")
        page.locator("#map-retry").click()
        page.locator(".map-spot").first.wait_for(state="attached", timeout=60_000)
        assert not page.locator("#map-note").is_visible()


def test_a_rectangle_selects_what_is_in_it(browser, address):
    with opened(browser, address) as page:
        open_map(page)
        box = page.locator("#map-canvas").bounding_box()

        def drag() -> None:
            page.keyboard.down("Control")
            page.mouse.move(box["x"] + 2, box["y"] + 2)
            page.mouse.down()
            page.mouse.move(box["x"] + box["width"] - 2, box["y"] + box["height"] - 2, steps=4)
            page.mouse.up()
            page.keyboard.up("Control")

        drag()
        page.locator("#selection").wait_for()
        assert page.locator("#selection-count").text_content() == "34 selected"
        assert page.locator(".tile.selected").count() == 24
        assert not page.locator("#map").is_visible()


def test_no_name_stands_over_the_rank_of_a_hit(page_of_the_map):
    places = page_of_the_map.evaluate("""async () => {
        const { Names } = await import("/page/map/names.js");
        const place = document.body.appendChild(document.createElement("div"));
        const names = new Names(place, () => {});
        names.set([{ text: "sit", level: 0, x: 0, y: 0, count: 3, guessed: false }]);
        const sight = { zoom: 1, width: 400, height: 400, left: (x) => 200 + x, top: (y) => 200 + y };
        const tops = (hits) => {
            names.draw(sight, hits);
            return [...names.buttons.values()].map((name) => Number(/, (-?\\d+)px/.exec(name.style.transform)[1]));
        };
        const above = { x: 0, y: -20 };
        const all = Array.from({ length: 10 }, (_, i) => ({ x: 0, y: -90 + 18 * i, rank: i + 1 }));
        return [tops([]), tops([{ ...above, rank: 11 }]), tops([{ ...above, rank: 1 }]), tops(all)];
    }""")
    free, beside_a_ring, beside_a_rank, among_ranks = places
    assert free == beside_a_ring == [166]
    assert beside_a_rank == [208]
    assert among_ranks == []


@pytest.fixture
def page_of_the_map(browser, address):
    with opened(browser, address) as page:
        page.goto("/")
        yield page
