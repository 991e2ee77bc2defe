"""Tables: the same numbers for the terminal, for Markdown and for a paper."""

import math
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tmr.evaluation.result import LeftOut, Measure, Result, Table
from tmr.evaluation.tables import (
    column_head,
    escape_latex,
    format_measure,
    head_with_unit,
    latex,
    markdown,
    shown_width,
    terminal,
)

ALL = Table(
    "all",
    "Whole gallery",
    {"gallery": 60, "tie_rule": "expected hit"},
    {
        "text_to_motion": {
            "recall_at_10": Measure(0.7123, 0.59, 0.831, count=60),
            "median_rank": Measure(4.0, unit="rank"),
        },
        "motion_to_text": {"recall_at_10": Measure(0.05, 0.0, 0.1), "speed": Measure(math.nan, unit="m/s")},
    },
)
RESULT = Result("retrieval", {"m": "0" * 8}, {"source": "x"}, (ALL,), (LeftOut("broken.bvh", "NaN"),), ("few clips",))


@pytest.mark.parametrize(
    ("measure", "text"),
    [
        (Measure(0.7123), "71.2"),
        (Measure(0.7123, 0.59, 0.831), "71.2 (59.0–83.1)"),
        (Measure(-0.01, -0.031, 0.0112), "-1.0 (-3.1 to 1.1)"),
        (Measure(-0.0001), "0.0"),
        (Measure(math.nan, 0.0, 1.0), "–"),
        (Measure(4.5, unit="rank"), "4.5"),
        (Measure(0.8423, unit="similarity"), "0.842"),
        (Measure(1234, unit="count"), "1234"),
        (Measure(12.5, unit="count"), "12.5"),
        (Measure(0.012345, unit="distance"), "0.01235"),
        (Measure(123.4567, 100.0, 150.0, unit="distance"), "123.5 (100.0–150.0)"),
        (Measure(0.0, unit="distance"), "0.0000"),
    ],
)
def test_a_measure_is_written_as_people_do(measure, text):
    assert format_measure(measure) == text


def test_a_column_says_its_unit():
    assert column_head("small_batches_recall_at_3") == "small batches R@3"
    assert column_head("fid_gen_gt") == "FID gen gt"
    assert column_head("ndcg") == "nDCG"
    assert head_with_unit(ALL, "recall_at_10") == "R@10 (%)"
    assert head_with_unit(ALL, "median_rank") == "median rank"
    assert head_with_unit(ALL, "speed") == "speed (m/s)"
    mixed = Table("m", "", {}, {"a": {"x": Measure(1.0, unit="m")}, "b": {"x": Measure(1.0, unit="seconds")}})
    assert head_with_unit(mixed, "x") == "x"


def test_the_terminal_table_is_aligned():
    assert terminal(RESULT, 100).splitlines() == [
        "Whole gallery",
        "",
        "                        R@10 (%)  median rank  speed (m/s)",
        "─" * 58,
        "text_to_motion  71.2 (59.0–83.1)          4.0",
        "motion_to_text    5.0 (0.0–10.0)                         –",
        "",
        "  gallery: 60; tie rule: expected hit",
        "",
        "Note: few clips",
        "",
        "1 left out:",
        "  broken.bvh: NaN",
    ]


def test_a_narrow_terminal_has_intervals_below_and_columns_in_blocks():
    lines = terminal(RESULT, 52).splitlines()
    assert lines[2:9] == [
        "                 R@10 (%)  median rank  speed (m/s)",
        "─" * 51,
        "text_to_motion       71.2          4.0",
        "                59.0–83.1",
        "motion_to_text        5.0                         –",
        "                 0.0–10.0",
        "",
    ]
    for width in (20, 40, 51, 80):
        narrow = terminal(RESULT, width)
        assert all(number in narrow for number in ("71.2", "59.0–83.1", "4.0", "speed (m/s)"))
        assert max(map(len, narrow.splitlines())) <= max(width, 40)


def test_rules_of_all_tables_are_said_once():
    other = Table("none", "Other", {"gallery": 30, "tie_rule": "expected hit"}, ALL.rows)
    text = terminal(Result("retrieval", {}, {}, (ALL, other)), 100)
    assert text.count("expected hit") == 1
    assert "  gallery: 60\n" in text
    assert "  gallery: 30\n\nIn every table: tie rule: expected hit\n" in text


def test_markdown_keeps_its_columns_whatever_a_name_holds():
    nasty = Table("t", "a *b*", {}, {"a|b\nc": {"x": Measure(1.0)}})
    text = markdown(Result("probes", {}, {}, (nasty,), (LeftOut("`x`\n# no head", "<b>"),)))
    assert "| a\\|b c | 100.0 |" in text
    assert r"a \*b\*" in text
    assert "\n# no head" not in text
    assert r"\<b>" in text
    assert "| | R@10 (%) | median rank | speed (m/s) |\n|---|---:|---:|---:|\n" in markdown(RESULT)


def test_latex_is_booktabs_with_the_rules_in_the_caption():
    text = latex(RESULT)
    assert r"text\_to\_motion & 71.2 {\scriptsize[59.0, 83.1]} & 4.0 &  \\" in text
    assert r"\caption{Whole gallery. gallery: 60; tie rule: expected hit.}" in text
    assert r"R@10 (\%)" in text
    assert r"\label{tab:retrieval-all}" in text
    assert text.count("&") == 9
    assert text.count(r"\begin{tabular}{lrrr}") == 1


@given(st.text())
def test_what_latex_reads_as_a_command_is_escaped(text):
    escaped = escape_latex(text)
    plain = re.sub(r"\\[a-zA-Z]+\{3?\}|\\[&%$#_{}]|\$\\?[a-z]+\$|\$-\$", "", escaped)
    assert not set("\\&%$#_{}~^") & set(plain)


def test_wide_letters_take_two_places():
    assert shown_width("歩く") == 4
    assert shown_width("e\u0301") == 1
