"""Selecting, comparing and the basket of the page in a real browser: kept, listed, and taken away as one zip."""

import json
import zipfile

import pytest

from chromium import wait_until
from pages import asked, names, opened


@pytest.fixture
def page(browser, address):
    with opened(browser, address, viewport={"width": 900, "height": 700}) as page:
        yield page


def put_into_basket(page, *numbers: int) -> None:
    for number in numbers:
        page.goto(f"/?q=number+{number}")
        wait_until(page, lambda number=number: names(page)[:1] == [f"drift_{number:02d}"])
        page.locator(".card").first.focus()
        page.keyboard.press("k")


def test_what_is_kept_stays_and_is_taken_away_as_one_zip(page):
    put_into_basket(page, 3, 5)
    assert page.locator("#basket-count").text_content() == "2"
    page.reload()
    wait_until(page, lambda: page.locator("#basket-count").text_content() == "2")
    page.keyboard.press("b")
    assert page.locator("#basket-list .link").all_text_contents() == ["drift_03", "drift_05"]
    page.locator("#basket-format").select_option("bvh")
    with page.expect_download() as download:
        page.locator("#basket-zip").click()
    with zipfile.ZipFile(download.value.path()) as archive:
        assert archive.namelist() == ["walks/drift_03.bvh", "walks/drift_05.bvh"]
    page.get_by_label("Remove drift_03").click()
    assert page.locator("#basket-list .link").all_text_contents() == ["drift_05"]
    page.locator("#basket-empty").click()
    assert page.locator("#basket-nothing").is_visible()


def test_a_zip_that_cannot_be_had_says_why(page):
    put_into_basket(page, 3)
    page.keyboard.press("b")
    page.route("**/api/zip*", lambda route: route.fulfill(status=422, json={"error": "too many"}))
    page.locator("#basket-zip").click()
    page.locator("#basket-said", has_text="Too many.").wait_for()
    assert page.locator("#basket-zip").is_enabled()


@pytest.mark.parametrize("kind", ["text", "csv", "json"])
def test_the_list_is_copied_with_its_times(browser, address, kind):
    with opened(browser, address, permissions=["clipboard-read", "clipboard-write"]) as page:
        page.goto("/?q=number+50&is.folder=takes")
        wait_until(page, lambda: names(page) == ["long"])
        page.locator(".card").first.focus()
        page.keyboard.press("k")
        page.keyboard.press("b")
        page.locator("#basket-list-format").select_option(kind)
        page.locator("#basket-copy").click()
        page.locator("#basket-said", has_text="Copied 1 line").wait_for()
        copied = page.evaluate("navigator.clipboard.readText()")
    if kind == "json":
        [row] = json.loads(copied)
        assert (row["item"], row["seconds"]) == ("takes/long.npz", 32)
        assert row["end_seconds"] > row["start_seconds"]
    else:
        line = copied.splitlines()[-1]
        name, start, end, *_ = line.split("," if kind == "csv" else "\t")
        assert name == "takes/long.npz"
        assert float(end) > float(start)


def test_what_is_selected_can_be_kept_asked_for_and_let_go(page):
    page.goto("/?q=number+7")
    wait_until(page, lambda: names(page)[:1] == ["drift_07"])
    boxes = page.locator(".pick input")
    boxes.nth(0).check()
    boxes.nth(1).check()
    assert page.locator("#selection-count").text_content() == "2 selected"
    page.locator("#selection-keep").click()
    assert page.locator("#basket-count").text_content() == "2"
    assert not page.locator("#selection").is_visible()
    boxes.nth(0).check()
    page.locator("#selection-like").click()
    wait_until(page, lambda: page.locator("#mix .words").all_text_contents() == ["drift_07"])


def test_two_that_are_selected_are_compared_and_stand_in_the_address(page):
    page.goto("/?q=number+7")
    wait_until(page, lambda: names(page)[:1] == ["drift_07"])
    page.locator(".card").first.focus()
    page.keyboard.press("x")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("x")
    page.keyboard.press("c")
    wait_until(page, lambda: page.locator("#compare").is_visible())
    wait_until(page, lambda: len(asked(page).get("compare", [])) == 2)
    page.reload()
    wait_until(page, lambda: page.locator("#compare").is_visible())
    page.keyboard.press("Escape")
    wait_until(page, lambda: "compare" not in asked(page))


def test_a_basket_that_was_spoilt_is_survived(page):
    page.goto("/")
    page.evaluate("localStorage.setItem('tmr-basket', '[{\"id\": 1}, null, 5]')")
    page.reload()
    wait_until(page, lambda: len(names(page)) == 24)
    assert page.locator("#basket-count").text_content() == ""


def test_the_viewer_offers_the_basket_and_more_like_it(page):
    page.goto("/?q=number+9")
    wait_until(page, lambda: names(page)[:1] == ["drift_09"])
    page.locator(".card").first.click()
    wait_until(page, lambda: "view" in asked(page))
    page.locator("#viewer-keep").click()
    assert page.locator("#basket-count").text_content() == "1"
    page.locator("#viewer-like").click()
    wait_until(page, lambda: page.locator("#mix .words").all_text_contents() == ["drift_09"])
    wait_until(page, lambda: "view" not in asked(page))
