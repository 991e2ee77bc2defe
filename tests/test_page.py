"""The page in a real browser: what is asked, how it is answered, and what is said when it cannot be."""

import contextlib
import re
from pathlib import Path

import pytest

from chromium import moves, wait_until
from fake_encoder import write_library
from pages import HEBREW_NAME, HTML_NAME, QUICK, AnyTextEncoder, asked, names, opened, page_index, page_service
from served import served
from tmr.search import server
from tmr.search.index import Index
from tmr.search.query import NOT_KNOWN
from tmr.search.server import create_app
from tmr.search.service.desk import Settings


@pytest.fixture
def page(browser, address):
    with opened(browser, address) as page:
        yield page


def summary(page) -> str:
    return page.locator("#summary").text_content()


def test_every_id_of_the_page_is_given_once():
    text = (Path(server.__file__).parent / "page" / "index.html").read_text(encoding="utf-8")
    given = re.findall(r'\bid="([^"]+)"', text)
    assert sorted(given) == sorted(set(given))


def test_typing_finds_and_the_hits_move(browser, address):
    with opened(browser, address, reduced_motion="no-preference", viewport={"width": 700, "height": 700}) as page:
        page.goto("/")
        wait_until(page, lambda: len(names(page)) == 24)
        assert summary(page) == "34 motions in the library"
        page.keyboard.press("/")
        page.keyboard.type("number 17")
        wait_until(page, lambda: names(page)[:1] == ["drift_17"])
        assert asked(page) == {"q": ["number 17"]}
        first = page.locator(".card").first
        assert first.locator(".number").text_content() == "1.00"
        assert first.locator(".seconds").text_content() == "4.0 s"
        assert summary(page) == "24 of 34 motions, most like “number 17” first"
        wait_until(page, lambda: moves(first.locator("canvas")))


def test_what_is_read_in_other_words_is_said(page):
    page.goto("/?q=figure+17")
    wait_until(page, lambda: names(page)[:1] == ["drift_17"])
    assert summary(page) == "24 of 34 motions, most like “figure 17” (read as “number 17”) first"


def test_words_that_the_model_never_read_are_said(page):
    page.goto("/?q=goblin+figure+17")
    wait_until(page, lambda: names(page)[:1] == ["drift_17"])
    never = "is in no caption that the model learnt from: hits for it are guesses"
    assert never.removeprefix("is ") == NOT_KNOWN
    assert summary(page) == (
        f"24 of 34 motions, most like “goblin figure 17” (read as “goblin number 17”; “goblin” {never}) first"
    )


def test_only_what_is_in_sight_is_fetched_and_a_phone_is_wide_enough(browser, address):
    with opened(browser, address, viewport={"width": 390, "height": 700}) as page:
        motions: list[str] = []
        page.on("request", lambda request: motions.append(request.url) if "/motion" in request.url else None)
        page.goto("/?q=number+3&is.style=tired")
        wait_until(page, lambda: len(names(page)) == 10)
        page.wait_for_timeout(500)
        assert 2 <= len(motions) <= 6
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_an_old_answer_never_takes_the_place_of_a_newer_one(page):
    page.goto("/")
    wait_until(page, lambda: len(names(page)) == 24)
    held: list = []

    def hold_first(route):
        if "number 5" in (route.request.post_data or ""):
            held.append(route)
        else:
            route.continue_()

    page.route("**/api/search*", hold_first)
    page.locator("#query").fill("number 5")
    wait_until(page, lambda: held)
    page.locator("#query").fill("number 6")
    wait_until(page, lambda: names(page)[:1] == ["drift_06"])
    # The browser has given the first one up; an answer to it must change nothing.
    held[0].abort()
    page.wait_for_timeout(300)
    assert names(page)[:1] == ["drift_06"]
    assert not page.locator("#notice").is_visible()


def test_more_hits_follow_on_demand(page):
    page.goto("/?q=number+1")
    wait_until(page, lambda: len(names(page)) == 24)
    page.locator("#more").click()
    wait_until(page, lambda: len(names(page)) == 34)
    assert len(set(names(page))) == 34
    assert not page.locator("#more").is_visible()


def test_signs_make_a_mix_that_can_be_weighed_turned_and_taken_apart(page):
    page.goto("/")
    page.locator("#query").fill("number 7 + number 9 - number 11")
    page.keyboard.press("Enter")
    chips = page.locator("#mix .chip")
    wait_until(page, lambda: chips.count() == 3)
    assert [words.strip() for words in page.locator("#mix .words").all_text_contents()] == [
        "number 7",
        "number 9",
        "number 11",
    ]
    assert page.locator("#query").input_value() == ""
    wait_until(page, lambda: sorted(names(page)[:2]) == ["drift_07", "drift_09"])
    assert asked(page)["with"] == ["1~text~number 7", "1~text~number 9", "-1~text~number 11"]
    chips.nth(1).get_by_title("More weight").click()
    wait_until(page, lambda: names(page)[:2] == ["drift_09", "drift_07"])
    assert chips.nth(1).locator(".weight").text_content() == "×1.5"
    chips.nth(0).get_by_title("Turn into without").click()
    wait_until(page, lambda: "drift_07" not in names(page))
    chips.nth(0).get_by_title("Remove").click()
    wait_until(page, lambda: chips.count() == 2)
    page.go_back()
    wait_until(page, lambda: chips.count() == 3)
    page.reload()
    wait_until(page, lambda: chips.count() == 3 and names(page)[:1] == ["drift_09"])


def test_the_buttons_keep_what_was_typed_and_begin_a_part(page):
    page.goto("/?q=number+4")
    wait_until(page, lambda: names(page)[:1] == ["drift_04"])
    page.locator("#without").click()
    assert page.locator("#mix .words").all_text_contents() == ["number 4"]
    page.keyboard.type("number 5")
    wait_until(page, lambda: asked(page).get("q") == ["- number 5"])
    page.keyboard.press("Enter")
    wait_until(page, lambda: page.locator("#mix .chip.away").count() == 1)
    page.keyboard.press("Backspace")
    wait_until(page, lambda: page.locator("#mix .chip").count() == 1)


def test_more_and_less_like_an_item(page):
    page.goto("/?q=number+8")
    wait_until(page, lambda: names(page)[:1] == ["drift_08"])
    page.locator(".tile").first.hover()
    page.locator(".tile .like").first.click()
    wait_until(page, lambda: summary(page).endswith("most like drift_08 first"))
    assert "drift_08" not in names(page)
    assert page.locator("#mix .words").all_text_contents() == ["drift_08"]
    page.locator("#query").fill("number 12")
    wait_until(page, lambda: names(page)[:1] == ["drift_12"])
    page.locator(".tile").first.hover()
    page.locator(".tile .unlike").first.click()
    wait_until(page, lambda: page.locator("#mix .chip").count() == 3)
    assert page.locator("#mix .chip.away .words").text_content() == "drift_12"
    page.go_back()
    page.go_back()
    wait_until(page, lambda: names(page)[:1] == ["drift_08"])


def test_a_score_says_what_it_means(page):
    page.goto("/?q=number+5")
    wait_until(page, lambda: names(page)[:1] == ["drift_05"])
    score = page.locator(".card .similarity").first
    assert "Place 1 of 34" in score.get_attribute("title")
    assert "Half of the library reaches" in score.get_attribute("title")
    # Nobody has measured what similarities of this model mean, so no word is given.
    assert score.locator(".band").text_content() == ""
    assert page.locator("#histogram rect.shown").count() > 0


def test_the_bar_of_a_score_needs_a_library_to_be_measured_by(page):
    page.goto("/")
    bars = page.evaluate("""async () => {
        const { reach } = await import("/page/score.js");
        const many = { items: 96, median: 0.2, highest: 0.8 };
        const few = { ...many, items: 6, median: 0.77 };
        return [reach(0.5, many), reach(0.1, many), reach(0.7, few), reach(-0.1, few)];
    }""")
    assert bars == [pytest.approx(0.5), 0, 0.7, 0]


def test_measured_limits_give_words_and_say_if_nothing_fits(page):
    def with_bands(route):
        told = route.fetch().json()
        told["indexes"][0]["bands"] = {"strong": 0.9, "fair": 0.5, "queries": 200}
        route.fulfill(json=told)

    page.route("**/api/indexes*", with_bands)
    page.goto("/?q=number+5")
    wait_until(page, lambda: page.locator(".card .band").all_text_contents()[:2] == ["strong", "weak"])
    assert "measured on 200 sentences" in page.locator(".card .similarity").first.get_attribute("title")
    assert not page.locator("#advice").is_visible()
    page.locator("#query").fill("something else")
    wait_until(page, lambda: page.locator("#advice").is_visible())
    page.locator("#query").fill("number 5 + number 6")
    wait_until(page, lambda: page.locator(".card .band").first.text_content() == "")


def test_names_are_text_whatever_they_hold(page):
    page.goto("/?q=number+60")
    wait_until(page, lambda: names(page)[:1] == [HTML_NAME.removesuffix(".npz")])
    assert page.locator(".name b").count() == 0
    page.goto("/?q=number+61")
    wait_until(page, lambda: names(page)[:1] == [HEBREW_NAME.removesuffix(".npz")])
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_the_keyboard_goes_everywhere(page):
    page.goto("/?q=number+2")
    wait_until(page, lambda: names(page)[:1] == ["drift_02"])
    page.keyboard.press("/")
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("[...document.querySelectorAll('.card')].indexOf(document.activeElement)") == 1
    page.keyboard.press("x")
    assert page.locator(".tile.selected").count() == 1
    assert page.locator("#selection").is_visible()
    page.keyboard.press("ArrowUp")
    assert page.evaluate("document.activeElement.id") == "query"
    page.keyboard.press("Escape")
    wait_until(page, lambda: "q" not in asked(page))
    page.locator(".card").first.focus()
    page.keyboard.press("?")
    assert page.locator("#help").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("b")
    assert page.locator("#basket").is_visible()
    page.keyboard.press("Escape")
    page.keyboard.press("f")
    assert page.locator("#filters").is_visible()


def test_where_no_card_has_the_focus_keys_mean_the_one_under_the_pointer(page):
    page.goto("/?q=number+2")
    wait_until(page, lambda: names(page)[:1] == ["drift_02"])
    page.keyboard.press("x")
    assert page.locator(".tile.selected").count() == 0
    page.locator(".tile").nth(2).hover()
    page.keyboard.press("x")
    assert page.locator(".tile").nth(2).evaluate("tile => tile.classList.contains('selected')")
    page.locator(".card").nth(1).focus()
    page.keyboard.press("x")
    assert page.locator(".tile").nth(1).evaluate("tile => tile.classList.contains('selected')")


def test_the_theme_is_chosen_kept_and_told(browser, address):
    with opened(browser, address, color_scheme="dark") as page:
        page.goto("/")
        theme = "document.documentElement.dataset.theme"
        assert page.evaluate(theme) == "dark"
        page.evaluate("window.changes = 0; document.addEventListener('themechange', () => changes++)")
        page.emulate_media(color_scheme="light")
        wait_until(page, lambda: page.evaluate(theme) == "light")
        page.keyboard.press("t")
        page.keyboard.press("t")
        assert page.evaluate(theme) == "dark"
        assert page.evaluate("changes") == 2
        page.reload()
        assert page.evaluate(theme) == "dark"
        assert page.locator("#theme").get_attribute("aria-label") == "Colours: dark"


def test_what_was_asked_last_is_offered_and_can_be_forgotten(page):
    page.goto("/")
    page.locator("#query").fill("number 3")
    page.keyboard.press("Enter")
    wait_until(page, lambda: names(page)[:1] == ["drift_03"])
    page.locator("#clear").click()
    page.locator("#recent button", has_text="number 3").click()
    wait_until(page, lambda: names(page)[:1] == ["drift_03"])
    page.reload()
    page.locator("#clear").click()
    page.locator("#recent .forget").click()
    assert not page.locator("#recent").is_visible()
    assert page.evaluate("localStorage.getItem('tmr-recent')") == "[]"


def test_a_service_that_is_gone_is_waited_for(page):
    page.goto("/")
    wait_until(page, lambda: len(names(page)) == 24)
    page.route("**/api/**", lambda route: route.abort())
    page.locator("#query").fill("number 4")
    page.locator("#notice").wait_for()
    assert "Is `tmr serve` still running?" in page.locator("#notice").text_content()
    page.unroute("**/api/**")
    wait_until(page, lambda: names(page)[:1] == ["drift_04"])
    assert not page.locator("#notice").is_visible()


@pytest.mark.parametrize("status", [429, 503])
def test_a_service_with_too_much_to_do_is_asked_again_after_its_pause(page, status):
    page.goto("/")
    wait_until(page, lambda: len(names(page)) == 24)
    tries: list[str] = []

    def refuse_twice(route):
        tries.append(route.request.url)
        if len(tries) > 2:
            route.continue_()
        else:
            route.fulfill(status=status, headers={"Retry-After": "1"}, json={"error": "too much"})

    page.route("**/api/search*", refuse_twice)
    page.locator("#query").fill("number 6")
    page.locator("#toast", has_text="trying again in 1 second").wait_for()
    wait_until(page, lambda: names(page)[:1] == ["drift_06"])
    assert len(tries) == 3


def test_what_the_service_refuses_is_said_in_its_words_and_can_be_tried_again(page):
    page.goto("/")
    wait_until(page, lambda: len(names(page)) == 24)
    page.route("**/api/search*", lambda route: route.fulfill(status=500, json={"error": "it broke"}))
    page.locator("#query").fill("number 4")
    page.locator("#notice").wait_for()
    assert page.locator("#notice-text").text_content() == "It broke."
    # What is still there answers another question.
    assert page.locator("#grid.waiting").count() == 1
    page.unroute("**/api/search*")
    page.locator("#retry").click()
    wait_until(page, lambda: names(page)[:1] == ["drift_04"])
    assert page.locator("#grid.waiting").count() == 0


def test_a_slow_answer_shows_where_the_hits_will_be(page):
    held: list = []
    page.route("**/api/items?*", lambda route: held.append(route))
    page.goto("/")
    page.locator(".skeleton").first.wait_for()
    assert page.locator(".skeleton").count() == 12
    held[0].continue_()
    wait_until(page, lambda: len(names(page)) == 24)
    assert page.locator(".skeleton").count() == 0


def test_a_motion_that_cannot_be_had_says_so_on_its_card(page):
    page.route("**/motion*", lambda route: route.fulfill(status=409, json={"error": "the file has changed"}))
    page.goto("/?q=number+1")
    wait_until(page, lambda: page.locator(".card .trouble").first.is_visible())
    assert page.locator(".card .trouble").first.text_content() == "The file has changed."


def test_an_item_that_is_not_there_is_told_as_such(page):
    page.goto("/?view=0123456789")
    page.locator("#notice").wait_for()
    assert "no such item" in page.locator("#notice").text_content()


def test_an_empty_library_says_how_to_fill_it(browser, tmp_path):
    write_library(tmp_path / "library", [1])
    with Index.build(tmp_path / "library", tmp_path / "index", AnyTextEncoder(), workers=0) as index:
        index.remove("001.npz")
    with (
        Index.open(tmp_path / "index", AnyTextEncoder()) as index,
        served(create_app(index, settings=QUICK)) as address,
        opened(browser, address) as page,
    ):
        page.goto("/")
        page.locator("#notice").wait_for()
        assert "tmr index" in page.locator("#notice").text_content()
        page.locator("#query").fill("number 1")
        wait_until(page, lambda: asked(page).get("q") == ["number 1"])
        assert page.locator("#notice-title").text_content() == "The index is empty"


def test_a_service_with_a_token_works_with_the_browsers_own_question(browser, tmp_path):
    settings = Settings(reading_processes=0, tokens=("a-token-for-the-tests",))
    credentials = {"username": "me", "password": "a-token-for-the-tests"}
    with page_service(tmp_path, settings) as address, opened(browser, address, http_credentials=credentials) as page:
        page.goto("/?q=number+9")
        wait_until(page, lambda: names(page)[:1] == ["drift_09"])
        page.route("**/api/search*", lambda route: route.fulfill(status=401, json={"error": "a token is needed"}))
        page.locator("#query").fill("number 10")
        page.locator("#notice", has_text="Reload the page to give one").wait_for()


def test_one_of_several_libraries_is_chosen_and_the_model_is_named(browser, tmp_path):
    other = tmp_path / "other"
    write_library(other / "library", range(3))
    with (
        page_index(tmp_path / "first") as first,
        Index.build(other / "library", other / "index", AnyTextEncoder(), workers=0) as second,
        served(create_app({"walks": first, "dances": second}, settings=QUICK)) as address,
        opened(browser, address) as page,
    ):
        page.goto("/?q=number+2")
        wait_until(page, lambda: names(page)[:1] == ["drift_02"])
        assert page.locator("#index option").all_text_contents() == ["walks (34)", "dances (3)"]
        page.locator("#index").select_option("dances")
        wait_until(page, lambda: names(page)[:1] == ["002"])
        assert asked(page) == {"q": ["number 2"], "index": ["dances"]}
        # No search waits for what is said of the service.
        about = page.locator("#about")
        wait_until(page, lambda: about.text_content().endswith(" 3 motions · model AnyTextEncoder (ffffff)"))
        page.reload()
        wait_until(page, lambda: names(page)[:1] == ["002"])
        assert page.locator("#index").input_value() == "dances"


def test_a_choice_of_libraries_with_long_names_fits_a_phone(browser, tmp_path):
    names_of_libraries = [f"the_captured_takes_of_{year}_and_all_that_was_cut_from_them" for year in (2024, 2025)]
    with contextlib.ExitStack() as stack:
        indexes = {}
        for name in names_of_libraries:
            write_library(tmp_path / name / "library", range(3))
            index = Index.build(tmp_path / name / "library", tmp_path / name / "index", AnyTextEncoder(), workers=0)
            indexes[name] = stack.enter_context(index)
        address = stack.enter_context(served(create_app(indexes, settings=QUICK)))
        for width in (390, 700, 1100):
            with opened(browser, address, viewport={"width": width, "height": 700}) as page:
                page.goto("/?q=number+2")
                wait_until(page, lambda page=page: names(page)[:1] == ["002"])
                page.locator("#index").wait_for()
                assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
                assert page.locator("#help-button").evaluate(
                    "button => button.getBoundingClientRect().right <= innerWidth"
                )


def test_a_motion_s_folder_is_told_once(page):
    page.goto("/?q=number+2")
    wait_until(page, lambda: names(page)[:1] == ["drift_02"])
    page.locator(".card").first.click()
    page.locator("#viewer-name", has_text="drift_02").wait_for()
    assert page.locator("#viewer-fields dt").all_text_contents().count("folder") == 1


def test_going_back_while_the_service_is_gone_says_so_and_is_made_good(page):
    page.goto("/?q=number+2")
    wait_until(page, lambda: names(page)[:1] == ["drift_02"])
    page.locator("#query").fill("number 3")
    page.keyboard.press("Enter")
    page.locator("#query").fill("number 4")
    page.keyboard.press("Enter")
    wait_until(page, lambda: names(page)[:1] == ["drift_04"])
    page.route("**/api/**", lambda route: route.abort())
    page.go_back()
    page.locator("#notice", has_text="The service is not there").wait_for()
    page.unroute("**/api/**")
    wait_until(page, lambda: not page.locator("#notice").is_visible() and names(page)[:1] == [back_to(page)])


def back_to(page) -> str:
    return f"drift_{int(asked(page)['q'][0].split()[-1]):02d}"


def test_a_view_whose_script_does_not_come_says_why_and_opens_later(page):
    page.goto("/?q=number+2")
    wait_until(page, lambda: names(page)[:1] == ["drift_02"])
    page.route("**/page/map.js*", lambda route: route.abort())
    page.locator("#map-button").click()
    page.locator("#toast", has_text="The service does not answer").wait_for()
    page.unroute("**/page/map.js*")
    page.locator("#map-button").click()
    page.locator("#map").wait_for()


def test_an_address_that_was_cut_short_or_made_up_is_survived(page):
    page.goto("/?with=1~item&with=x~text~a&with=1~file~abc~wave.bvh&between.seconds=a..b&moments=odd&at=x&q=number+2")
    wait_until(page, lambda: names(page)[:1] == ["drift_02"])
    assert page.locator("#mix .chip").count() == 0
    page.goto("/?with=1~item~0123456789")
    page.locator("#notice", has_text="no such item").wait_for()
