"""What is told in another order than it is done, told in the order it is done: `B after A` becomes `A, then B`."""

import re

_HASTE = r"(?:(?:only|right|just|immediately|shortly|directly|soon|straight|and)\s+)*"
_SUBJECT = (
    r"(?:(?:a|an|the|this|that|another)\s+(?:[a-z-]+\s+){0,2}?"
    r"(?:person|man|woman|boy|girl|figure|guy|human|child|kid|actor|dancer|soldier|player|character|subject|individual|"
    r"lady|zombie|robot)|someone|somebody|he|she|it|they)"
)
_NO_DEED = (
    r"(?:morning|evening|spring|ceiling|something|anything|everything|nothing|thing|king|during|string|wing|ring)\b"
)
_PAST = (
    r"(?:sat|stood|ran|fell|got|went|threw|took|made|knelt|bent|lay|did|had|was|swung|hit|put|kept|held|came|leapt)\b"
)
# What can be done: `sitting down`, `having jumped`, `the person kicks`; not `the dog`, after which one can walk, too.
_DEED = rf"(?:(?:[a-z]+ly\s+)?(?!{_NO_DEED})[a-z]+ing\b|{_SUBJECT}\s+(?:[a-z]+ly\s+)?(?:[a-z]+(?:s|ed)\b|{_PAST}))"
_TURNED = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        rf"{_HASTE}(?:after|once|as soon as)\s+(?P<first>{_DEED}[^,]*?)(?:\s*,\s*|\s+(?={_SUBJECT}\s))(?P<second>.+)",
        rf"before\s+(?P<second>{_DEED}[^,]*?)(?:\s*,\s*|\s+(?={_SUBJECT}\s))(?P<first>.+)",
        rf"(?P<second>.+?)(?:\s*,)?\s+(?:but\s+)?{_HASTE}after\s+(?P<first>{_DEED}.*)",
        r"(?P<second>.+?)(?:\s*,)?\s+but\s+first(?:\s*,)?\s+(?P<first>.+)",
    )
)
# With a second word of order it is not clear what stands before what.
_ORDER_WORDS = re.compile(r"\b(?:after|before|then|while|until|first|next|finally|once|as soon as)\b", re.IGNORECASE)

_LONGEST = 500


def in_order_done(text: str) -> str:
    """Return a sentence that tells two things in the order in which they are done; any other sentence as it is.

    A small text encoder takes what is named first for what comes first: no training taught it `B after A`
    (docs/lab-notes.md), and with words turned round there is nothing to learn. Only English sentences with one word of
    order are turned, and only where a deed follows it: `walks after the dog` stays as it is.

    Args:
        text: Any text.
    """
    # A longer text is no sentence, and patterns take the square of its length.
    if len(text) > _LONGEST:
        return text
    told = " ".join(text.split()).rstrip(".!").rstrip()
    if len(_ORDER_WORDS.findall(told)) != 1 or re.search(r"[.!?]", told):
        return text
    for pattern in _TURNED:
        if (match := pattern.fullmatch(told)) is not None:
            return f"{match['first'].strip(' ,')}, then {match['second'].strip(' ,')}"
    return text
