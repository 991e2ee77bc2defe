"""No serious fault for those who cannot see, point or tell colours: axe-core over every face of the page."""

import pytest

from chromium import wait_until
from pages import names, opened

axe = pytest.importorskip("axe_playwright_python.sync_playwright", reason="axe-playwright-python is not installed")

FACES = {
    "start": ("/", ()),
    "results": ("/?q=number+4&fold=1", ()),
    "filters": ("/?q=number+4&is.style=tired", ("f",)),
    "mix": ("/?with=1~text~number+7&with=-1~text~number+9", ()),
    "basket": ("/?q=number+4", ("k", "b")),
    "help": ("/?q=number+4", ("?",)),
    "viewer": ("/?q=number+4", ("Enter",)),
    "compare": ("/?q=number+4", ("x", "ArrowRight", "x", "c")),
    "map": ("/?q=number+4", ("m",)),
}
LOOKS = {
    "light": {"color_scheme": "light", "viewport": {"width": 1100, "height": 700}},
    "dark phone": {"color_scheme": "dark", "viewport": {"width": 390, "height": 740}},
}


def serious_faults(page) -> list[str]:
    """Return what axe finds that is serious or critical, with the first element of each."""
    found = axe.Axe().run(page).response["violations"]
    return [
        f"{fault['id']}: {fault['help']} ({node['html'][:120]} {node.get('failureSummary', '')[:160]})"
        for fault in found
        if fault["impact"] in ("serious", "critical")
        for node in fault["nodes"][:2]
    ]


@pytest.mark.slow
@pytest.mark.parametrize("look", LOOKS)
def test_no_face_of_the_page_has_a_serious_fault(browser, address, look):
    with opened(browser, address, **LOOKS[look]) as page:
        faults = {}
        for face, (path, keys) in FACES.items():
            page.goto(path)
            wait_until(page, lambda: names(page))
            page.locator(".card").first.focus()
            for key in keys:
                page.keyboard.press(key)
            page.wait_for_timeout(500)
            faults[face] = serious_faults(page)
        assert not {face: found for face, found in faults.items() if found}
