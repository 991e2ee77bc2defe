"""The report: one page that needs nothing but itself, tables and figures, and a baseline beside them."""

import math
import re
import shutil
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from command_line import tmr
from report_runs import SCRIPT, write_probes, write_run
from tmr.errors import DatasetError
from tmr.evaluation.report import writing
from tmr.evaluation.report.comparison import paired, table_changes
from tmr.evaluation.report.layout import chain_order, kept_neighbours, neighbour_map, principal_components
from tmr.evaluation.report.markup import Markup, data, tag
from tmr.evaluation.report.page import report_html
from tmr.evaluation.report.players import MOST_BYTES, packed_motions
from tmr.evaluation.report.run import read_run
from tmr.evaluation.report.sample import sample_of
from tmr.evaluation.report.space import (
    Space,
    pair_similarities,
    rank_bins,
    rank_shares,
    recall_curve,
    worst_and_best,
)
from tmr.evaluation.report.writing import write_report
from tmr.evaluation.result import Measure, Result, Table

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
PICTURE = """canvas => {
    const pixels = canvas.getContext("2d").getImageData(0, 0, canvas.width, canvas.height).data;
    let sum = 0;
    for (let i = 0; i < pixels.length; i += 4) sum = (sum * 31 + pixels[i] + pixels[i + 3]) % 1000000007;
    return sum;
}"""


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
    write_report(read_run(run_folder), folder, read_run(baseline_folder))
    return folder


def page_of(folder: Path) -> str:
    run = read_run(folder)
    assert run.space is not None
    return report_html(run, sample_of(run.space))


def space_of(rank: list[float], *, owner: list[int] | None = None, items: int | None = None) -> Space:
    random = np.random.default_rng(1)
    count = items or len(rank)
    rows = random.normal(size=(len(rank) + count, 16))
    rows = (rows / np.linalg.norm(rows, axis=1, keepdims=True)).astype(np.float32)
    owner_array = np.array(owner if owner is not None else range(len(rank)))
    captions = [f"caption {number}" for number in range(len(rank))]
    names = [f"motion {number}" for number in range(count)]
    return Space(
        "m", rows[: len(rank)], rows[len(rank) :], owner_array, captions, names, names, np.array(rank, dtype=float)
    )


def test_the_page_needs_nothing_and_is_small(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    assert len(page) < 5_000_000
    assert not re.findall(r"""(?:src|href)=["'](?!#)""", page)
    assert not re.search(r"""@import|url\(|^import |https?://""", page, re.M)
    assert "prefers-color-scheme: dark" in page


def test_the_page_says_what_was_measured_and_what_was_left_out(report):
    page = (report / "report.html").read_text(encoding="utf-8")
    for told in ("Text to motion, R@10", "95 % interval", "broken.bvh", "frame 3 is NaN &lt;b&gt;", "few &amp; small"):
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


def test_tables_and_figures_are_written_beside_the_page(report):
    markdown = (report / "tables.md").read_text(encoding="utf-8")
    assert markdown.startswith("# Evaluation of small\n")
    assert "## Probes" in markdown
    assert r"\begin{tabular}" in (report / "tables.tex").read_text(encoding="utf-8")
    for name in ("recall", "ranks", "similarities", "matrix", "map"):
        assert (report / "figures" / f"{name}.pdf").read_bytes().startswith(b"%PDF")
        assert "<svg" in (report / "figures" / f"{name}.svg").read_text(encoding="utf-8")


@pytest.mark.slow
def test_the_same_run_gives_the_same_files(run_folder, baseline_folder, report, tmp_path):
    written = write_report(read_run(run_folder), tmp_path, read_run(baseline_folder))
    assert len(written.files) == 13
    for path in written.files:
        assert path.read_bytes() == (report / path.relative_to(tmp_path)).read_bytes(), path


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


def test_without_matplotlib_the_command_says_so(run_folder, tmp_path, monkeypatch):
    monkeypatch.setattr(writing, "find_spec", lambda name: None)
    written = write_report(read_run(run_folder), tmp_path)
    assert [path.name for path in written.files] == ["report.html", "tables.md", "tables.tex"]
    assert "matplotlib" in written.without_figures
    assert "\n" not in written.without_figures


def test_without_motions_the_queries_are_still_told(run_folder, tmp_path):
    for name in ("retrieval.json", "retrieval.npz"):
        shutil.copy(run_folder / name, tmp_path)
    page = page_of(tmp_path)
    assert "keeps no motions" in page
    assert 'class="query"' in page


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


def test_paired_differences_are_those_of_the_ranks():
    rank, before = [1, 1, 2, 20, 5, 1], [1, 3, 2, 2, 11, 4]
    new, old = space_of(rank, items=30), space_of(before, items=30)
    pairs = paired(new, old)
    assert not isinstance(pairs, str)
    assert (pairs.better, pairs.worse) == (3, 1)
    assert pairs.differences["recall_at_1"].value == pytest.approx(3 / 6 - 1 / 6)
    assert pairs.differences["recall_at_10"].value == pytest.approx(0)
    assert pairs.differences["mean_rank"].value == pytest.approx(np.mean(rank) - np.mean(before))
    low, high = pairs.differences["recall_at_1"].low, pairs.differences["recall_at_1"].high
    assert (low or 0) <= 2 / 6 <= (high or 0)
    again = paired(new, new)
    assert not isinstance(again, str)
    assert (again.differences["recall_at_1"].low, again.differences["recall_at_1"].high) == (0, 0)


def test_ranks_among_other_galleries_are_not_paired():
    assert "galleries differ" in paired(space_of([1, 2], items=4), space_of([1, 2], items=5))
    other = space_of([1, 2], owner=[1, 0])
    assert "no query in common" in paired(space_of([1, 2]), other)


def test_every_rank_is_in_one_bin():
    for gallery in (1, 2, 3, 7, 10, 96, 310, 5000):
        bins = rank_bins(gallery)
        assert [rank for first, last in bins for rank in range(first, last + 1)] == list(range(1, gallery + 1))
        ranks = np.arange(1, gallery + 1, dtype=float)
        assert rank_shares(ranks, bins) == pytest.approx([(last - first + 1) / gallery for first, last in bins])
    assert rank_shares(np.array([1.5, 1.0]), rank_bins(10)).tolist() == [0.5, 0.5, 0, 0]


def test_the_recall_curve_is_recall():
    ks, recall = recall_curve(np.array([1.0, 2.0, 10.0, 90.0]), 96)
    assert dict(zip(ks.tolist(), recall.tolist(), strict=True))[1] == 0.25
    assert (ks[0], ks[-1], recall[-1]) == (1, 96, 1.0)
    assert (np.diff(recall) >= 0).all()


def test_worst_and_best_share_nothing():
    space = space_of([1, 9, 9, 3, 1], owner=[0, 1, 1, 2, 3], items=10)
    worst, best = worst_and_best(space, count=2, k=3)
    numbers = [[query.number for query in queries] for queries in (worst, best)]
    assert numbers[0][0] in (1, 2)
    assert numbers[0][1] == 3
    assert set(numbers[1]) == {0, 4}
    similarity = space.motion @ space.text[worst[0].number]
    assert [item for item, _ in worst[0].hits] == np.argsort(-similarity)[:3].tolist()


def test_pairs_of_a_caption_with_others_leave_its_own_out():
    space = space_of([1.0] * 30)
    twin = Space(
        "m",
        space.motion,
        space.motion,
        *(getattr(space, name) for name in ("owner", "captions", "names", "clips", "rank")),
    )
    own, other = pair_similarities(twin)
    assert own == pytest.approx(1.0, abs=1e-5)
    assert other.max() < 0.999
    own, other = pair_similarities(space_of([1.0]))
    assert (len(own), len(other)) == (1, 0)


def clusters(count: int = 30) -> np.ndarray:
    """Two groups of points far apart, one after the other."""
    random = np.random.default_rng(0)
    points = random.normal(size=(count, 8)) * 0.1
    points[: count // 2, 0] += 1
    points[count // 2 :, 1] += 1
    return (points / np.linalg.norm(points, axis=1, keepdims=True)).astype(np.float32)


def test_the_map_keeps_groups_together():
    points = clusters()
    flat, variance = principal_components(points)
    near = neighbour_map(points, flat, perplexity=5)
    assert 0.5 < variance <= 1
    middles = near[:15].mean(axis=0), near[15:].mean(axis=0)
    sides = np.linalg.norm(near[:, None] - np.array(middles), axis=2).argmin(axis=1)
    assert sides.tolist() == [0] * 15 + [1] * 15
    assert kept_neighbours(points, near, 5) > kept_neighbours(points, np.random.default_rng(0).normal(size=(30, 2)), 5)
    assert kept_neighbours(points, points[:, :2].copy(), 29) == 1.0


def test_principal_components_are_those_of_the_covariance():
    points = clusters()
    flat, variance = principal_components(points)
    values = np.linalg.eigvalsh(np.cov(points.T.astype(float)))[::-1]
    assert np.var(flat, axis=0, ddof=1) == pytest.approx(values[:2])
    assert variance == pytest.approx(values[:2].sum() / values.sum())


@pytest.mark.parametrize("count", [1, 2, 3, 5, 20])
def test_a_collapsed_space_has_a_map_too(count):
    points = np.tile(np.array([[1.0, 0, 0]], dtype=np.float32), (count, 1))
    flat, variance = principal_components(points)
    assert np.isfinite(neighbour_map(points, flat)).all()
    assert variance == 0
    assert 0 <= kept_neighbours(points, flat) <= 1
    assert sorted(chain_order(points).tolist()) == list(range(count))


def test_the_order_puts_like_beside_like():
    shuffled = np.random.default_rng(3).permutation(30)
    groups = (shuffled[chain_order(clusters()[shuffled])] >= 15).astype(int)
    assert np.abs(np.diff(groups)).sum() == 1


def test_packed_motions_come_back_to_the_millimetre():
    joints = np.random.default_rng(0).normal(size=(40, 30, 3)).astype(np.float16)
    packed = packed_motions({"a": joints}, 15.0)
    import base64

    numbers = np.frombuffer(base64.b64decode(packed["motions"]["a"]["joints"]), "<i2").reshape(40, -1, 3)
    head = packed["names"].index("Head")
    between = numbers[:, head] - numbers[:, 0]
    from tmr.motion.skeleton import built_in_skeleton

    wanted = joints[:, built_in_skeleton("somaskel30").joints.index("Head")].astype(float) - joints[:, 0]
    assert between / 1000 == pytest.approx(wanted, abs=0.0011)
    assert packed["fps"] == 15


def test_many_motions_take_bounded_room():
    joints = np.zeros((400, 30, 3), dtype=np.float16)
    packed = packed_motions({f"{number}": joints for number in range(200)}, 30.0)
    assert sum(len(motion["joints"]) for motion in packed["motions"].values()) < 1.05 * MOST_BYTES
    assert packed["fps"] < 30
    assert packed["motions"]["0"]["num_frames"] == len(range(0, 301, round(30 / packed["fps"])))


def test_markup_escapes_what_it_did_not_make():
    assert tag("p", "<b>", tag("i", "&"), title='"x"') == '<p title="&quot;x&quot;">&lt;b&gt;<i>&amp;</i></p>'
    assert tag("input", checked=True, disabled=False, aria_label=None) == "<input checked>"
    assert isinstance(tag("p"), Markup)
    assert "</script>" not in data("x", {"a": SCRIPT})[: -len("</script>")]


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
