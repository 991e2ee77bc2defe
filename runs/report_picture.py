"""Take the picture of a report for the documents, in a headless browser: its summary, then its worst query.

tmr evaluate retrieval --data PACKS --split test -o RUN
tmr evaluate probes --data PACKS --split test -o RUN
tmr evaluate report RUN
python runs/report_picture.py RUN/report/report.html docs/images/report.png
"""

import shutil
from pathlib import Path

import click
from playwright.sync_api import sync_playwright

# All of the page is there: what stands between the summary and the worst query is left out of the picture.
_LEAVE_OUT = """height => {
  for (const section of document.querySelectorAll("section"))
    if (!["summary", "queries"].includes(section.id)) section.style.display = "none";
  for (const part of document.querySelectorAll("#queries > .lead, #queries > #stop")) part.style.display = "none";
  const summary = document.querySelector("#summary");
  Object.assign(summary.style, { maxHeight: `${height}px`, overflow: "hidden" });
}"""


@click.command()
@click.argument("report", type=click.Path(path_type=Path, exists=True))
@click.argument("picture", type=click.Path(path_type=Path))
@click.option("--width", default=1120, help="Of the window, in pixels.")
@click.option("--height", default=1270, help="Of the picture, in pixels.")
@click.option("--summary", default=530, help="How much of the summary is shown, in pixels.")
@click.option("--wait", default=4.0, help="Seconds until the figures are where the picture shows them.")
def main(report: Path, picture: Path, width: int, height: int, summary: int, wait: float) -> None:
    """Write PICTURE of REPORT."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu", "--disable-quic"]
        )
        page = browser.new_page(viewport={"width": width, "height": height})
        page.goto(report.resolve().as_uri())
        page.evaluate(_LEAVE_OUT, summary)
        page.wait_for_timeout(wait * 1000)
        page.screenshot(path=picture)
        browser.close()


if __name__ == "__main__":
    main()
