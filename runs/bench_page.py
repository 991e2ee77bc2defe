"""What moving figures cost a browser: cards painted with Three.js against the plain canvas, in one run.

tmr serve demo/index &
python runs/bench_page.py http://127.0.0.1:8000

Both run in a headless Chromium that computes WebGL on the processor (SwiftShader); on a machine with a graphics card
Three.js costs a fraction. Prints pictures a second and card, the share of the page's own thread that is busy, and the
processor time of all the browser's processes for each second.
"""

import shutil
import time

import click
from playwright.sync_api import Browser, Page, sync_playwright

_SOFTWARE = ("--disable-gpu-compositing", "--use-angle=swiftshader", "--enable-unsafe-swiftshader")
_PAINTERS = {"Three.js": _SOFTWARE, "plain canvas": ("--disable-gpu", "--disable-3d-apis")}
_CARDS = """async ({count, pixels, isLarge}) => {
    const {Player} = await import("/page/player.js");
    const {begin} = await import("/page/stage/begin.js");
    const api = await import("/page/api.js");
    const colours = Object.assign(document.createElement("link"), {rel: "stylesheet", href: "/page/page.css"});
    const arrived = new Promise((resolve) => (colours.onload = resolve));
    document.head.append(colours);
    await arrived;
    document.body.replaceChildren();
    await begin();
    const found = (await (await fetch(`/api/items?k=${count}`)).json()).items;
    window.painted = 0;
    window.players = [];
    for (let number = 0; number < count; number++) {
        const canvas = document.createElement("canvas");
        canvas.style.cssText = `width: ${pixels}px; height: ${pixels}px`;
        document.body.append(canvas);
        const player = new Player(canvas, {onFrame: () => window.painted++, isLarge});
        player.show(await api.motion(found[number % found.length]));
        window.players.push(player);
    }
}"""


class Meter:
    """Reads how busy the page's thread and the browser's processes have been."""

    def __init__(self, browser: Browser, page: Page) -> None:
        self._page = page.context.new_cdp_session(page)
        self._browser = browser.new_browser_cdp_session()
        self._page.send("Performance.enable")

    def read(self) -> tuple[float, float]:
        """Return seconds that the page's thread was busy, and processor seconds of all processes, so far."""
        metrics = {entry["name"]: entry["value"] for entry in self._page.send("Performance.getMetrics")["metrics"]}
        processes = self._browser.send("SystemInfo.getProcessInfo")["processInfo"]
        return metrics["TaskDuration"], sum(process["cpuTime"] for process in processes)


def measure(meter: Meter, page: Page, count: int, seconds: float) -> tuple[float, float, float]:
    """Return pictures a second and player, and for how much of a while the two that a meter reads were busy."""
    # Each is timed by a clock read with it: on a busy machine the answers themselves take a while.
    counted, clock = "[window.painted, performance.now() / 1000]", time.perf_counter
    (painted, began), busy, start = page.evaluate(counted), meter.read(), clock()
    page.wait_for_timeout(1000 * seconds)
    (painted_now, ended), busy_now, end = page.evaluate(counted), meter.read(), clock()
    thread, processors = ((after - before) / (end - start) for after, before in zip(busy_now, busy, strict=True))
    return (painted_now - painted) / count / (ended - began), thread, processors


@click.command()
@click.argument("address")
@click.option("--cards", default=48, help="Small figures in sight.")
@click.option("--pixels", default=215, help="Width and height of a card's picture.")
@click.option("--seconds", default=8.0, help="How long each is measured.")
def main(address: str, cards: int, pixels: int, seconds: float) -> None:
    """Measure the page's figures, served at ADDRESS."""
    print(f"{cards} cards of {pixels} pixels, {seconds:g} s each, WebGL in software\n")
    print("| painter | what | pictures a second | page's thread busy | processors busy |\n|---|---|---:|---:|---:|")
    with sync_playwright() as playwright:
        for name, arguments in _PAINTERS.items():
            flags = ["--headless", "--no-sandbox", "--disable-dev-shm-usage", *arguments]
            browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=flags)
            for what, count, side, is_large in (
                (f"{cards} cards", cards, pixels, False),
                ("one large figure", 1, 700, True),
            ):
                page = browser.new_page(viewport={"width": 1800, "height": 1400})
                meter = Meter(browser, page)
                # Any answer of the service will do: the search page's own figures would be measured with these.
                page.goto(f"{address}/api/live?drawing={'plain' if name == 'plain canvas' else 'webgl'}")
                page.evaluate(_CARDS, {"count": count, "pixels": side, "isLarge": is_large})
                page.wait_for_timeout(2000)
                for state in ("moving", "paused"):
                    rate, thread, processors = measure(meter, page, count, seconds)
                    print(f"| {name} | {what}, {state} | {rate:.1f} | {thread:.0%} | {processors:.0%} |", flush=True)
                    page.evaluate("for (const player of window.players) player.isPlaying = false")
                    page.wait_for_timeout(1000)
                page.close()
            browser.close()


if __name__ == "__main__":
    main()
