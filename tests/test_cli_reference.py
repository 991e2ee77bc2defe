"""docs/cli.md says what the commands say."""

from pathlib import Path

from tmr.commands.reference import reference

PAGE = Path(__file__).parents[1] / "docs" / "cli.md"


def test_the_page_is_what_the_commands_say():
    assert PAGE.read_text(encoding="utf-8") == reference(), "run: python -m tmr.commands.reference > docs/cli.md"
