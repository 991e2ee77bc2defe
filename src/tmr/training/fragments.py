"""Fragments: what people type in place of a sentence: `waving with both hands`, `wave with both hands`."""

import re

from tmr.evaluation.probes.sentences import SUBJECT, base_form, doing

_BEFORE = re.compile(r"(?:(?:[a-z]+ly|then|also|first) )*")
_THIRD = re.compile(r"(?!is\b|was\b|as\b|this\b|always\b)[a-z]+(?<![su])s\b")
_IS_DOING = re.compile(r"(?:is|are|was|were) ((?:[a-z]+ly )?[a-z]+ing\b)")
# What else is done. Other words that end in s after these are mostly things: `moves arms and legs`.
_GOES_ON = re.compile(
    r"(?P<before>(?:\band |\bthen |, )(?:then )?(?:is |[a-z]+ly )?)(?P<verb>walks|turns|jumps|steps|sits|stands|kicks|"
    r"waves|raises|lowers|puts|picks|bends|runs|throws|claps|spins|lifts|moves|looks|swings|hops|crouches|kneels|stops|"
    r"starts|stretches|crosses|returns|goes|comes|gets|lies|leans|reaches|brings|holds|places|pulls|pushes|punches|"
    r"bows|shakes|falls|twists|does|takes|makes|jogs|squats|drops|rotates|touches|catches|rests|continues|begins)\b"
)


def fragments(text: str) -> tuple[str, ...]:
    """Return what people type for a sentence: what is done without who does it, with -ing and in the base form.

    `a person waves and sits down` is `waving and sitting down` and `wave and sit down`; `is waving` has the first only.
    A text that does not begin with a subject and a verb in the present has none.
    """
    if (match := SUBJECT.match(text)) is None:
        return ()
    phrase = text[match.end() :]
    if (busy := _IS_DOING.match(phrase)) is not None:
        return (busy[1] + phrase[busy.end() :],)
    start = _BEFORE.match(phrase)
    assert start is not None
    verb = _THIRD.match(phrase, start.end())
    if verb is None:
        return ()
    rest = phrase[verb.end() :]
    return tuple(
        start[0] + form(verb[0]) + _GOES_ON.sub(lambda more: more["before"] + form(more["verb"]), rest)  # noqa: B023
        for form in (doing, base_form)
    )
