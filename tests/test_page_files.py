"""Motion files on the page in a real browser: dropped or chosen, shown as understood, searched with, mixed, refused."""

from base64 import b64encode

import pytest

from chromium import wait_until
from fake_encoder import write_numbered
from pages import asked, names, opened

DROP = """async ([name, content, event]) => {
    const transfer = new DataTransfer();
    transfer.items.add(new File([Uint8Array.from(atob(content), c => c.charCodeAt(0))], name));
    window.dispatchEvent(new DragEvent(event, { dataTransfer: transfer, bubbles: true, cancelable: true }));
}"""


@pytest.fixture
def page(browser, address):
    with opened(browser, address, viewport={"width": 900, "height": 700}) as page:
        yield page


def dropped(page, path, event: str = "drop") -> None:
    page.evaluate(DROP, [path.name, b64encode(path.read_bytes()).decode(), event])


def test_a_dropped_file_is_shown_searched_with_and_stands_in_the_address(page, tmp_path):
    page.goto("/")
    wait_until(page, lambda: len(names(page)) == 24)
    path = write_numbered(tmp_path / "my take.npz", 12, seconds=3, drift=0.8)
    dropped(page, path, "dragenter")
    assert page.locator("#drop").is_visible()
    dropped(page, path)
    wait_until(page, lambda: names(page)[:1] == ["drift_12"])
    assert not page.locator("#drop").is_visible()
    assert page.locator("#sent-facts").text_content().startswith("3.0 s · 30 fps")
    assert page.locator("#sent-stage").is_visible()
    assert page.locator("#mix .words").all_text_contents() == ["my take.npz"]
    assert page.locator(".card .number").first.text_content() == "1.00"
    page.reload()
    wait_until(page, lambda: names(page)[:1] == ["drift_12"])
    page.locator("#query").fill("number 20")
    wait_until(page, lambda: sorted(names(page)[:2]) == ["drift_12", "drift_20"])
    assert len(asked(page)["with"]) == 1


def test_a_file_can_be_chosen_by_button(page, tmp_path):
    page.goto("/")
    path = write_numbered(tmp_path / "chosen.npz", 21)
    with page.expect_file_chooser() as chooser:
        page.locator("#choose").click()
    chooser.value.set_files(path)
    wait_until(page, lambda: names(page)[:1] == ["drift_21"])
    page.locator("#sent-close").click()
    assert not page.locator("#sent").is_visible()
    assert names(page)[:1] == ["drift_21"]


@pytest.mark.parametrize(
    ("name", "said"),
    [("notes.txt", "must end in one of"), ("broken.bvh", "cannot be read"), ("empty.npz", "cannot be read")],
)
def test_what_is_no_motion_is_refused_in_the_services_words(page, tmp_path, name, said):
    page.goto("/?q=number+5")
    wait_until(page, lambda: names(page)[:1] == ["drift_05"])
    (tmp_path / name).write_text("HIERARCHY and then nothing" if name.startswith("broken") else "")
    dropped(page, tmp_path / name)
    page.locator("#sent.wrong", has_text=said).wait_for()
    # A file keeps its name where a sentence would begin with a capital.
    assert name.capitalize() not in page.locator("#sent").text_content()
    assert names(page)[:1] == ["drift_05"]
    assert page.locator("#mix .chip").count() == 0


def test_a_file_that_cannot_be_sent_is_told(page, tmp_path):
    page.goto("/")
    wait_until(page, lambda: len(names(page)) == 24)
    page.route("**/api/embed/file*", lambda route: route.abort())
    dropped(page, write_numbered(tmp_path / "take.npz", 1))
    page.locator("#sent.wrong", has_text="could not be sent").wait_for()
