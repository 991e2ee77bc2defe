"""The script that trains recipes side by side: its tables."""

import numpy as np

from compare_recipes import KS, table


def run(hits: list[list[float]], owners: list[int], **others: float) -> dict:
    return {"owners": owners, "hits": hits, "small_batches_recall_at_3": 0.5, **others}


def test_table_has_means_deviations_and_ratios():
    owners = [0, 0, 1, 2]
    first = [[0, 0, 1, 0]] * len(KS)
    better = [[1, 1, 1, 0]] * len(KS)
    text = table(
        {
            "plain": [run(first, owners), run(first, owners)],
            "ours": [run(better, owners, side_accuracy=1.0), run(first, owners, side_accuracy=0.5)],
        }
    )
    rows = {line.split("|")[1].strip(): line for line in text.splitlines() if line.startswith("| `")}
    assert len(rows) == 2
    reached, beside = text.split("divided by `plain`")
    assert "| `plain` | 2 | 25.0 ± 0.0 (0.0 to " in reached
    assert "| `ours` | 2 | 50.0 ± 35.4 (" in reached
    assert "75.0 ± 35.4" in reached
    assert beside.count("1.00 (1.00 to 1.00)") == len(KS)
    assert beside.count("2.00 (1.00 to ") == len(KS)
    assert "4 queries, 3 segments" in text


def test_a_first_recipe_without_a_right_answer_is_no_number():
    owners = [0, 1, 2]
    none, some = [[0, 0, 0]] * len(KS), np.eye(3)[[0] * len(KS)].tolist()
    beside = table({"plain": [run(none, owners)], "ours": [run(some, owners)]}).split("divided by `plain`")[1]
    assert "| `ours` | inf (" in beside
    assert "nan" not in beside
