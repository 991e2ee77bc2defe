"""Phrases: what a motion may show, in a word or two, with the sentence that the model is asked."""

import json
from functools import cache
from pathlib import Path


@cache
def phrases() -> dict[str, str]:
    """Return the sentence of each phrase: `{"walking": "a person walks", …}`."""
    return json.loads(Path(__file__).with_name("phrases.json").read_text(encoding="utf-8"))
