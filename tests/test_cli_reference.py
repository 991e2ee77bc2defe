"""docs/cli.md says what the commands say, and docs/evaluation/data.md which of them take data."""

import re
from pathlib import Path

from tmr.commands.evaluate import evaluate
from tmr.commands.reference import reference

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"


def test_the_page_is_what_the_commands_say():
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m tmr.commands.reference > docs/cli.md"


def test_the_page_on_data_names_the_commands_that_take_it():
    opening = (PAGE.parent / "evaluation" / "data.md").read_text(encoding="utf-8").split("\n\n")[1]
    sentence = opening.split(".")[0]
    taking = {
        name for name, command in evaluate.commands.items() if any("--data" in option.opts for option in command.params)
    }
    assert set(re.findall(r"`tmr evaluate (\w+)`", sentence)) == taking
