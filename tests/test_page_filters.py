"""The filters of the page in a real browser: what is offered, what is on, what is wrong, and what keeps all out."""

import pytest

from chromium import wait_until
from pages import asked, names, opened


@pytest.fixture
def page(browser, address):
    with opened(browser, address, viewport={"width": 1100, "height": 700}) as page:
        yield page


def test_ranges_and_values_narrow_the_hits_and_stand_in_the_address(page):
    page.goto("/?q=number+4")
    wait_until(page, lambda: len(names(page)) == 24)
    page.keyboard.press("f")
    page.get_by_label("Duration from").fill("3")
    wait_until(page, lambda: asked(page).get("between.seconds") == ["3.."])
    page.get_by_label("Duration to").fill("10")
    page.get_by_label("tired").check()
    page.get_by_label("it's old").check()
    wait_until(page, lambda: asked(page).get("is.style") == ["it's old", "tired"])
    wait_until(page, lambda: len(names(page)) == 10)
    assert page.locator("#clauses .words").all_text_contents() == ["Duration 3 – 10 s", "style: it's old or tired"]
    assert page.locator("#filters-count").text_content() == "2"
    assert page.locator("#summary").text_content().startswith("10 of 10 motions")
    page.reload()
    wait_until(page, lambda: len(names(page)) == 10)
    page.get_by_label("Drop the filter Duration 3 – 10 s").click()
    wait_until(page, lambda: "between.seconds" not in asked(page) and len(names(page)) == 20)
    page.locator("#clauses").get_by_label("Drop the filter style").click()
    wait_until(page, lambda: not page.locator("#clauses").is_visible())


def test_the_panel_offers_what_there_is_with_counts(page):
    page.goto("/")
    page.keyboard.press("f")
    page.get_by_label("Duration from").wait_for()
    assert page.evaluate("document.activeElement.id") == "filters-close"
    style = page.locator("fieldset", has_text="style")
    counts = zip(style.locator(".words").all_text_contents(), style.locator(".count").all_text_contents(), strict=True)
    assert dict(counts) == {"happy": "10", "it's old": "10", "tired": "10"}
    legends = page.locator("#fields legend").all_text_contents()
    assert legends[0].startswith("Duration")
    assert "item " not in legends
    page.keyboard.press("Escape")
    assert not page.locator("#filters").is_visible()
    assert page.evaluate("document.activeElement.id") == "filters-button"


def test_a_typed_filter_is_tried_and_its_fault_is_told_where_it_stands(page):
    page.goto("/?q=number+4")
    wait_until(page, lambda: len(names(page)) == 24)
    page.keyboard.press("f")
    where = page.locator("#where")
    where.fill("seconds >")
    page.locator("#where-said.wrong", has_text="at place 10").wait_for()
    assert where.get_attribute("aria-invalid") == "true"
    assert len(names(page)) == 24
    where.fill("item like '*_1?.npz' or item like '*_2?.npz'")
    wait_until(page, lambda: page.locator("#where-said").text_content() == "20 motions pass")
    wait_until(page, lambda: len(names(page)) == 20)
    assert asked(page)["where"] == ["item like '*_1?.npz' or item like '*_2?.npz'"]
    page.locator("#filters-clear").click()
    wait_until(page, lambda: len(names(page)) == 24)
    assert where.input_value() == ""


def test_an_empty_result_names_the_filter_that_empties_it(page):
    page.goto("/?q=number+4&is.style=tired&between.seconds=100..")
    page.locator("#notice").wait_for()
    buttons = page.locator("#notice-actions button")
    wait_until(page, lambda: buttons.count() == 2)
    assert buttons.all_text_contents() == [
        "Without “Duration from 100 s”: 10 motions",
        "Without “style: tired”: 0 motions",
    ]
    buttons.first.click()
    wait_until(page, lambda: len(names(page)) == 10)
    assert not page.locator("#notice").is_visible()


def test_a_typed_filter_that_is_wrong_can_be_dropped(page):
    page.goto("/?q=number+4&where=secnds+%3E+1")
    page.locator("#notice").wait_for()
    assert "no item of the index has the field 'secnds'" in page.locator("#notice-text").text_content().lower()
    page.get_by_role("button", name="Without “secnds > 1”").click()
    wait_until(page, lambda: len(names(page)) == 24)
    assert not page.locator("#notice").is_visible()
    assert "where" not in asked(page)


def test_duplicates_are_hidden_and_can_be_seen(page):
    page.goto("/?q=number+3")
    wait_until(page, lambda: names(page)[:2] == ["drift_03", "same_as_03"])
    page.keyboard.press("f")
    page.get_by_label("Hide near duplicates").check()
    wait_until(page, lambda: "same_as_03" not in names(page))
    assert asked(page)["fold"] == ["1"]
    alike = page.locator(".alike").first
    assert alike.text_content() == "+ 1 alike"
    alike.click()
    assert page.locator(".folded").first.text_content() == "same_as_03 same content"
    page.locator(".folded button").first.click()
    wait_until(page, lambda: page.locator("#viewer").is_visible())


def test_moments_of_a_take_are_one_card_or_many(page):
    page.goto("/?q=number+50&is.folder=takes&moments=apart")
    wait_until(page, lambda: len(names(page)) > 1)
    assert set(names(page)) == {"long"}
    count = len(names(page))
    wait_until(page, lambda: page.locator("#summary").text_content().startswith(f"{count} hits in 1 motion, most like"))
    page.goto("/?q=number+50&is.folder=takes&moments=together")
    wait_until(page, lambda: names(page) == ["long"])
    assert page.locator(".parts button").count() == count
    assert page.locator(".card .seconds").text_content() == f"{count} moments"
    page.keyboard.press("f")
    page.get_by_label("Of a long take").select_option("its best moment")
    wait_until(page, lambda: "moments" not in asked(page))
    wait_until(page, lambda: page.locator(".card .seconds").text_content() != f"{count} moments")


def test_on_a_phone_the_filters_cover_the_page_and_tell_how_many_are_left(browser, address):
    with opened(browser, address, viewport={"width": 390, "height": 740}) as page:
        page.goto("/?q=number+4")
        wait_until(page, lambda: len(names(page)) == 24)
        page.locator("#filters-button").click()
        page.get_by_label("tired").check()
        page.locator("#filters-done", has_text="Show 10 motions").click()
        assert not page.locator("#filters").is_visible()
        wait_until(page, lambda: len(names(page)) == 10)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
