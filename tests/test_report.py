"""The report: one page that needs nothing but itself, tables and figures, and a baseline beside them."""

import math
import re
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from chromium import CHROMIUM, PICTURE
from command_line import tmr
from report_runs import SCRIPT, write_embedding_run, write_probes, write_run
from tmr.errors import DatasetError
from tmr.evaluation.report import writing
from tmr.evaluation.report.comparison import table_changes
from tmr.evaluation.report.overview import chance_picture
from tmr.evaluation.report.page import report_html
from tmr.evaluation.report.run import read_run
from tmr.evaluation.report.sample import sample_of
from tmr.evaluation.report.writing import write_report
from tmr.evaluation.result import Measure, Result, Table


@pytest.fixture(scope="module")
def run_folder(tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("runs") / "new", caption=SCRIPT)
    return write_probes(folder)


@pytest.fixture(scope="module")
def baseline_folder(tmp_path_factory):
    folder = write_run(tmp_path_factory.mktemp("runs") / "old", noise=6.0, caption=SCRIPT)
    return write_probes(folder, 0.7)


@pytest.fixture(scope="module")
def report(run_folder, baseline_folder, tmp_path_factory):
    """The folder of a report with everything in it."""
    folder = tmp_path_factory.mktemp("report")
    with pytest.MonkeyPatch.context() as patch:
        # Figures take seconds, and no test but one needs them.
        patch.setattr(writing, "find_spec", lambda name: None)
        written = write_report(read_run(run_folder), folder, read_run(baseline_folder))
    assert [path.name for path in written.files] == ["report.html", "tables.md", "tables.tex"]
    assert "matplotlib" in written.without_figures
    assert "\n" not in written.without_figures
    return folder


def page_of(folder: Path) -> str:
    run = read_run(folder)
    assert run.space is not None
    return report_html(run, sample_of(run.space))


def test_the_page_needs_nothing_and_is_small(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    assert len(page) < 5_000_000
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert not re.search(r"""@import|url\(|^import |https?://""", page, re.M)
    assert "prefers-color-scheme: dark" in page


def test_the_page_says_what_was_measured_and_what_was_left_out(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    for told in (
        "Text to motion, R@10",
        "95 % interval",
        "broken.bvh",
        "frame 3 is NaN &lt;b&gt;",
        "few &amp; small",
        "1 note",
    ):
        assert told in page
    assert "40 motions, 40 captions" in page
    assert "Left or right" in page
    assert (
        page.index('id="summary"')
        < page.index('id="retrieval"')
        < page.index('id="queries"')
        < page.index('id="probes"')
    )
    for section in re.findall(r'<a href="#([^"]+)"', page):
        assert page.count(f'<section id="{section}"') == 1


def test_no_caption_can_break_the_page(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    assert SCRIPT not in page
    assert "document.title" in page
    assert page.count("<script") == 3


def test_tables_are_written_beside_the_page(report):
    markdown = (report / "tables.md").read_text(encoding="utf-8")
    assert markdown.startswith("# Evaluation of small\n")
    assert "## Probes" in markdown
    assert r"\begin{tabular}" in (report / "tables.tex").read_text(encoding="utf-8")


@pytest.mark.slow
def test_figures_are_written_the_same_each_time(run_folder, baseline_folder, tmp_path):
    pytest.importorskip("matplotlib")
    run, baseline = read_run(run_folder), read_run(baseline_folder)
    first, second = (write_report(run, tmp_path / name, baseline) for name in ("one", "two"))
    names = {path.name for path in first.files[3:]}
    assert names == {
        f"{name}.{kind}" for name in ("recall", "ranks", "similarities", "matrix", "map") for kind in ("svg", "pdf")
    }
    for one, other in zip(first.files, second.files, strict=True):
        assert one.read_bytes() == other.read_bytes(), one
    assert (tmp_path / "one" / "figures" / "map.pdf").read_bytes().startswith(b"%PDF")
    assert "baseline" in (tmp_path / "one" / "figures" / "ranks.svg").read_text(encoding="utf-8")


def test_the_command_writes_a_report_and_says_where(baseline_folder, tmp_path):
    run = write_probes(tmp_path / "run")
    done = tmr("evaluate", "report", run, "--baseline", baseline_folder, "-o", tmp_path / "out")
    assert done.status == 0
    assert done.out.splitlines() == [
        str(tmp_path / "out" / name) for name in ("report.html", "tables.md", "tables.tex")
    ]
    assert done.err == "no figures: the run has no embeddings (retrieval.npz)\n"
    assert "Against the baseline" in (tmp_path / "out" / "report.html").read_text(encoding="utf-8")


def test_without_embeddings_there_are_tables(tmp_path):
    written = write_report(read_run(write_probes(tmp_path / "run")), tmp_path / "report")
    page = written.files[0].read_text(encoding="utf-8")
    assert "Left or right" in page
    assert 'id="space"' not in page
    assert "no embeddings" in written.without_figures


def test_without_motions_the_queries_are_still_told(run_folder, tmp_path):
    for name in ("retrieval.json", "retrieval.npz"):
        shutil.copy(run_folder / name, tmp_path)
    page = page_of(tmp_path)
    assert "keeps no motions" in page
    assert 'class="query"' in page


@pytest.mark.parametrize("given", [(), ("captions",), ("clips",), ("names", "captions", "clips")], ids=", ".join)
def test_embeddings_of_another_model_are_reported(tmp_path, given):
    known = {
        "captions": np.array([f"caption {text // 2}" for text in range(80)]),
        "clips": np.array([f"clip {row // 2}" for row in range(40)]),
        "names": np.array([f"take {row}" for row in range(40)]),
    }
    page = page_of(write_embedding_run(tmp_path / "run", **{key: known[key] for key in given}))
    caption = "caption 3" if "captions" in given else "text 6"
    name = "take 3" if "names" in given else "motion 3"
    assert f"<h4><q>{caption}</q><small>rank 40 of 40</small></h4>" in page
    assert f'title="{name}"' in page
    assert "then the three that the model puts first" in page
    for absent in ("not kept", "<canvas data-motion", "a figure to look", 'id="stop"'):
        assert absent not in page


@pytest.mark.parametrize("name", ["retrieval.json", "retrieval.npz", "played.npz"])
@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 no archive", b"\x00" * 100], ids=["empty", "cut", "zeros"])
def test_a_broken_file_of_a_run_is_told(run_folder, tmp_path, name, content):
    for path in run_folder.iterdir():
        if path.is_file():
            shutil.copy(path, tmp_path)
    (tmp_path / name).write_bytes(content)
    with pytest.raises(DatasetError, match=re.escape(name)):
        read_run(tmp_path)


def test_arrays_that_do_not_fit_are_told(run_folder, tmp_path):
    shutil.copy(run_folder / "retrieval.json", tmp_path)
    arrays = dict(np.load(run_folder / "retrieval.npz"))
    np.savez(tmp_path / "retrieval.npz", **{**arrays, "owner": arrays["owner"] + 1})
    with pytest.raises(DatasetError, match="do not fit"):
        read_run(tmp_path)
    arrays["text_0"][3] = math.nan
    np.savez(tmp_path / "retrieval.npz", **arrays)
    with pytest.raises(DatasetError, match="not finite"):
        read_run(tmp_path)
    del arrays["rank_0"]
    np.savez(tmp_path / "retrieval.npz", **arrays)
    with pytest.raises(DatasetError, match="rank_0"):
        read_run(tmp_path)


def test_motions_of_another_run_are_told(run_folder, tmp_path):
    for name in ("retrieval.json", "retrieval.npz"):
        shutil.copy(run_folder / name, tmp_path)
    arrays = dict(np.load(run_folder / "played.npz"))
    np.savez(tmp_path / "played.npz", **{**arrays, "motions": arrays["motions"] + 1000})
    with pytest.raises(DatasetError, match="does not belong"):
        read_run(tmp_path)


def test_a_folder_without_a_run_is_told(tmp_path):
    done = tmr("evaluate", "report", tmp_path / "nothing")
    assert done.status == 1
    assert "does not exist; run `tmr evaluate retrieval" in done.err
    assert len(done.err.splitlines()) == 1


@pytest.mark.skipif(sys.platform == "win32", reason="Windows names files otherwise")
def test_a_report_that_cannot_be_written_is_told(tmp_path):
    (tmp_path / "file").write_text("here")
    with pytest.raises(DatasetError, match="cannot be written"):
        write_report(read_run(write_probes(tmp_path / "run")), tmp_path / "file")


def test_several_models_are_side_by_side(tmp_path):
    folder = write_run(tmp_path, models=("one", "two"))
    assert read_run(folder).models == {"one": "a" * 64, "two": "a" * 64}
    assert "curve own model1" in page_of(folder)


def test_a_gallery_of_one_is_reported(tmp_path):
    assert "rank 1 of 1" in page_of(write_run(tmp_path, count=1))


def test_changes_are_found_and_unlike_rules_are_told(run_folder, baseline_folder):
    run, baseline = read_run(run_folder), read_run(baseline_folder)
    (sides,) = table_changes(run, baseline)["probes"]
    (change,) = sides.changes
    assert (change.before.value, change.after.value, change.apart) == (0.7, 0.9, True)
    assert sides.unlike == ()
    other = Table("sides", "Left or right", {"clips": 50}, {"left": {"side_accuracy": Measure(0.8, 0.7, 0.9)}})
    smaller = type(baseline)("old", {"probes": Result("probes", {}, {}, (other,))})
    (sides,) = table_changes(run, smaller)["probes"]
    assert sides.unlike == ("clips: 60 here, 50 in the baseline",)
    assert sides.changes[0].apart is False


def test_rows_named_after_models_are_laid_beside_each_other(run_folder):
    def result(model: str, value: float) -> Result:
        rows = {f"text_to_motion · {model}": {"recall_at_1": Measure(value)}}
        return Result("retrieval", {model: "0"}, {}, (Table("all", "All", {}, rows),))

    kind = type(read_run(run_folder))
    new, old = kind("new", {"retrieval": result("b", 0.5)}), kind("old", {"retrieval": result("a", 0.4)})
    ((changed,),) = table_changes(new, old).values()
    assert [(change.before.value, change.after.value) for change in changed.changes] == [(0.4, 0.5)]


def test_the_picture_has_rows_of_enough_comparisons_and_their_chance():
    rows = {f"row {count}": {"text_to_motion": Measure(0.8, 0.7, 0.9, count=count)} for count in (5, 30, 20, 40, 50)}
    rows["broken"] = {"text_to_motion": Measure(math.nan, count=90)}
    rows["chance"] = {"text_to_motion": Measure(0.5)}
    by_group = Table("side_by_source", "By source", {}, rows)
    picture = chance_picture(Result("probes", {}, {}, (Table("side", "Side: left or right", {}, rows), by_group)))
    assert re.findall(r'"row-name">([^<]+)', picture) == ["row 30", "row 40", "row 50"]
    assert "--low:70.0%;--high:90.0%;--value:80.0%" in picture
    assert "--chance:50.0%" in picture
    assert chance_picture(Result("probes", {}, {}, (by_group,))) == ""


def test_a_result_of_any_kind_has_a_headline(tmp_path):
    page = report_html(read_run(write_probes(tmp_path)))
    assert "Left or right: side accuracy" in page
    assert "95 % interval 85.0 to 95.0" in page


@pytest.fixture(scope="module")
def browser():
    playwright = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    if CHROMIUM is None:
        pytest.skip("no Chromium on this machine")
    with playwright.sync_playwright() as player:
        browser = player.chromium.launch(
            executable_path=CHROMIUM, args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
        )
        yield browser
        browser.close()


@pytest.fixture
def page(browser, report):
    """The report, opened as a file; a script that fails, or anything asked of a network, fails the test."""
    context = browser.new_context(viewport={"width": 390, "height": 844})
    page = context.new_page()
    page.set_default_timeout(15_000)
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("request", lambda asked: problems.append(asked.url) if not asked.url.startswith("file:") else None)
    page.goto((report / "report.html").as_uri())
    yield page
    context.close()
    assert not problems


def test_the_page_fits_a_phone_and_shows_a_caption_as_text(page):
    assert page.title() == "Evaluation of small"
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    told = page.evaluate("JSON.parse(document.getElementById('space-data').textContent).captions[0]")
    assert told == f"number 0 {SCRIPT}"


def test_the_figures_move_and_stop(page):
    canvas = page.locator("#queries canvas").first
    canvas.scroll_into_view_if_needed()
    moves(page, canvas, True)
    page.locator("#stop").click()
    assert page.locator("#stop").text_content() == "Let all motions play"
    moves(page, canvas, False)
    before = canvas.evaluate(PICTURE)
    canvas.press("ArrowLeft")
    page.wait_for_timeout(200)
    assert canvas.evaluate(PICTURE) != before
    canvas.press(" ")
    moves(page, canvas, True)


def moves(page, canvas, wanted: bool) -> None:
    end = time.monotonic() + 10
    while True:
        page.wait_for_timeout(120)
        first = canvas.evaluate(PICTURE)
        page.wait_for_timeout(300)
        if (canvas.evaluate(PICTURE) != first) is wanted:
            return
        assert time.monotonic() < end, "it did not happen within 10 s"


def test_the_map_tells_captions_and_can_be_searched(page):
    chart = page.locator("#map")
    chart.scroll_into_view_if_needed()
    chart.press("ArrowRight")
    assert page.locator("#map-told").text_content().startswith("“number 0 </script>")
    page.locator("#map-find").fill("number 13")
    assert "“number 13” finds motion 13 at rank" in page.locator("#map-told").text_content()
    page.locator("#map-find").fill("number 1")
    assert page.locator("#map-told").text_content() == "11 of 40 fit."
    before = chart.evaluate(PICTURE)
    page.locator("input[value=flat]").check()
    assert chart.evaluate(PICTURE) != before
    page.locator("#matrix").hover(position={"x": 5, "y": 5})
    assert "with motion" in page.locator("#matrix-told").text_content()
