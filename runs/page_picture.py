"""Take the picture of the page for the documents, in a headless browser.

tmr serve demo/index &
python runs/page_picture.py http://127.0.0.1:8000 docs/images/serve.png "a person waves with the left hand"
python runs/page_picture.py --keys "Enter g Space" --wait 5 "http://127.0.0.1:8000/?drawing=webgl" \\
    docs/images/viewer.png "a person walks in a circle"
"""

import shutil
from pathlib import Path
from urllib.parse import quote

import click
from playwright.sync_api import sync_playwright


@click.command()
@click.argument("address")
@click.argument("picture", type=click.Path(path_type=Path))
@click.argument("text")
@click.option("--width", default=1180, help="Of the window, in pixels.")
@click.option("--height", default=760, help="Of the window, in pixels.")
@click.option("--keys", default="", help="Pressed on the best hit, with spaces between.")
@click.option("--wait", default=3.0, help="Seconds until the figures are where the picture shows them.")
def main(address: str, picture: Path, text: str, width: int, height: int, keys: str, wait: float) -> None:
    """Write PICTURE of the page at ADDRESS after TEXT was searched."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(f"{address}{'&' if '?' in address else '/?'}q={quote(text)}")
        page.wait_for_timeout(1000 * wait)
        if keys:
            page.locator(".tile button").first.focus()
        for key in keys.split():
            page.keyboard.press(key)
            page.wait_for_timeout(1000 * wait)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
