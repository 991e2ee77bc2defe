"""Sentences: what a caption says that somebody does, and the same told in another order, number, pace or way."""

import re

from tmr.evaluation.captioned import CaptionedMotion
from tmr.model.near_words import ing_stems
from tmr.motion.captions import STYLE_PHRASES, side_words

SUBJECT = re.compile(
    r"^(?:(?:a|an|the|this) )?(?:[a-z]+ )?"
    r"(?:person|man|woman|figure|someone|somebody|human|guy|subject|individual|he|she)\s+(?=\w)",
    re.IGNORECASE,
)
"""Whom a sentence begins with: `a person `, `the old man `."""

# Words that tell of more than one deed, or when it is done.
_SEVERAL = re.compile(
    r"[,;:/]|\b(?:then|and|after|before|while|as|first|next|finally|followed|until|again|repeat\w*|times?|twice|once)\b",
    re.IGNORECASE,
)
_PACE = re.compile(
    r"\b(?:slow\w*|fast\w*|quick\w*|rapid\w*|brisk\w*|sprint\w*|dash\w*|hurr\w+|leisure\w*|speed\w*|normal\w*|stroll\w*|"
    r"run\w*|jog\w*|pace|still|idle)\b",
    re.IGNORECASE,
)
_NUMBER = re.compile(r"\b(?:one|two|three|four|five|six|several|few|many|\d+)\b", re.IGNORECASE)
_AUXILIARY = ("is", "are", "was", "starts", "begins", "does", "makes", "takes", "performs", "puts")
# Other words for one thing, by their beginnings.
_ALIKE = {
    "jog": "run",
    "spr": "run",
    "das": "run",
    "str": "wal",
    "ste": "wal",
    "mar": "wal",
    "lif": "rai",
    "put": "rai",
}
_MOST_WORDS = 12
_BASES = {"has": "have", "lies": "lie", "ties": "tie", "dies": "die"}
_AHEAD = re.compile(r"\b(?:forwards?|straight ahead|ahead)\b", re.IGNORECASE)
_BACK = re.compile(r"\bbackwards?\b", re.IGNORECASE)
_GOES = re.compile(r"^(?:is )?(?:walk|step|jog|run)(?!.*\b(?:without|not|never|place|spot)\b)", re.IGNORECASE)
# Deeds of the legs; of the arms; what these are busy with; what tells of more than arms; what only looks so with arms
# of its own.
_GOING = re.compile(r"^(?:is )?(?:walk|step|jog|run|sprint|dash|march|limp|stagger|sneak|tiptoe|hop|jump|squat|lunge)")
_ARMS = re.compile(r"\b(?:arm|hand|elbow|shoulder|wav|clap|drink|point|shrug|stretch|wip|greet|bye|goodbye)")
_HELD = re.compile(r"\b(?:carr|hold|box|rope|package)")
_BODY = re.compile(r"\b(?:leg|foot|feet|knee|head|back|step|walk|stand|still|place|spot|bend|bow|lean)")
_ACTS = re.compile(r"\b(?:zombie|drunk\w*|pretend\w*|like|as)\b")
_PATH = re.compile(
    r"\b(?:straight|line|circ\w+|curv\w+|arc|bend|turn\w*|diagonal\w*|veer\w*|around|round|path|side\w*|back\w*|"
    r"forth|spot|place|stair\w*|jump\w*|hop\w*|squat\w*|lung\w+)\b",
    re.IGNORECASE,
)

ORDER_TEMPLATES = {
    "then": "a person {first}, then {second}",
    "first": "first a person {first}, and then the person {second}",
    "before": "a person {first} before the person {second}",
    "after": "a person {second} after the person {first}",
}
"""Row name → sentence. In the last one what is done second is named first: who goes by the order of words is wrong."""

COUNTS = {1: "once", 2: "twice", 3: "three times"}
WAYS = {
    "straight": "straight on",
    "left": "around a bend to the left",
    "right": "around a bend to the right",
    "clockwise": "round and round clockwise",
    "counterclockwise": "round and round counterclockwise",
    "half left": "half a circle round to the left",
    "half right": "half a circle round to the right",
    "whole left": "once round a whole circle to the left",
    "whole right": "once round a whole circle to the right",
}
SLOWLY, QUICKLY = "slowly", "quickly"


def neutral_captions(item: CaptionedMotion) -> list[str]:
    """Return the captions without the words of the item's style that `captions_from_labels` ends them with."""
    manners = [manner for manner in STYLE_PHRASES.get(item.metadata.get("style", ""), ()) if manner]
    found = {}
    for caption in item.captions:
        for manner in manners:
            caption = caption.removesuffix(f" {manner}")
        found[caption] = None
    return list(found)


def verb_phrase(caption: str) -> str | None:
    """Return what the caption says that somebody does, `walks forward`; None if it does not say one thing shortly."""
    text = caption.strip().rstrip(".").lower()
    match = SUBJECT.match(text)
    if match is None:
        return None
    phrase = text[match.end() :]
    if _SEVERAL.search(phrase) or len(phrase.split()) > _MOST_WORDS:
        return None
    return f"is {phrase}" if phrase.split()[0].endswith("ing") else phrase


def doing(phrase: str) -> str:
    """Return a verb phrase in the form with -ing: `waves both arms` or `is waving both arms` as `waving both arms`."""
    head, *rest = phrase.split()
    if head == "is":
        return " ".join(rest) if rest and rest[0].endswith("ing") else " ".join(["being", *rest])
    return " ".join([_ing(head), *rest])


def _ing(verb: str) -> str:
    """Return the form with -ing of a verb in the third person: `claps` becomes `clapping`."""
    return f"{verb[:-3]}ying" if verb.endswith("ies") else f"{ing_stems(base_form(verb))[0]}ing"


def base_form(verb: str) -> str:
    """Return the form without an ending of a verb in the third person: `carries` becomes `carry`."""
    if verb in _BASES:
        return _BASES[verb]
    if re.search(r"(?:^do|^go|ss|sh|ch|x|zz)es$", verb):
        return verb[:-2]
    return f"{verb[:-3]}y" if verb.endswith("ies") else verb.removesuffix("s")


def deed(item: CaptionedMotion) -> str | None:
    """Return the verb phrase of the first neutral caption that has one."""
    return next((phrase for caption in neutral_captions(item) if (phrase := verb_phrase(caption))), None)


def main_verb(phrase: str) -> str:
    """Return the beginning of the word that tells most of a phrase, the same for `runs`, `is running` and `jogs`."""
    words = phrase.split()
    while len(words) > 1 and (words[0] in _AUXILIARY or words[0].endswith("ly")):
        words = words[1:]
    return _ALIKE.get(words[0][:3], words[0][:3])


def in_order(template: str, first: str, second: str) -> str:
    """Return a sentence of two verb phrases, the first of which is done first."""
    return ORDER_TEMPLATES[template].format(first=first, second=second)


def counted(phrase: str, count: int) -> str:
    """Return the sentence that a person does something so many times."""
    return f"a person {phrase} {COUNTS[count]}"


def at_pace(phrase: str, pace: str) -> str:
    """Return the sentence that a person does something slowly or quickly."""
    return f"a person {phrase} {pace}"


def on_way(phrase: str, way: str) -> str:
    """Return the sentence that a person goes along one of `WAYS`."""
    return f"a person {phrase} {WAYS[way]}"


def tells_count(phrase: str) -> bool:
    """Return whether the phrase already says how often something is done."""
    return _NUMBER.search(phrase) is not None


def tells_pace(phrase: str) -> bool:
    """Return whether the phrase already says how fast something is done."""
    return _PACE.search(phrase) is not None


def tells_going(phrase: str) -> bool:
    """Return whether the phrase tells what legs do and leaves the arms open: `walks forward`, `is squatting`."""
    return bool(_GOING.search(phrase)) and not any(busy.search(phrase) for busy in (_ARMS, _HELD, _ACTS))


def tells_path(phrase: str) -> bool:
    """Return whether the phrase tells a way that is not just ahead: `turns left`, `walks in a circle`, `jumps`."""
    return _PATH.search(phrase) is not None or bool(side_words(phrase))


def leaves_way_open(phrase: str) -> bool:
    """Return whether the phrase tells that somebody goes, and not along which way: `walks forward`."""
    return tells_going(phrase) and not tells_path(phrase)


def tells_gesture(phrase: str) -> bool:
    """Return whether the phrase tells what arms do and nothing of the rest of the body: `waves with the left hand`."""
    return bool(_ARMS.search(phrase)) and not _BODY.search(phrase)


def at_once(goes: str, does: str) -> str:
    """Return the sentence that a person does two things at once."""
    return f"a person {goes} while {doing(does)}"


def sided_caption(item: CaptionedMotion) -> str | None:
    """Return the first neutral caption that names one side only, or None."""
    for caption in neutral_captions(item):
        words = side_words(caption)
        if words and len({_side(word) for word in words}) == 1:
            return caption
    return None


def _side(word: str) -> str:
    if "clockwise" in word:
        return word
    return "left" if "left" in word else "right"


def reversed_way(phrase: str) -> str | None:
    """Return the phrase of a walk or run with forwards and backwards exchanged; None if it is no such phrase.

    A phrase that names a side is none: whoever turns left forwards turns right in reverse.
    """
    if not _GOES.match(phrase) or side_words(phrase):
        return None
    ahead, back = _AHEAD.findall(phrase), _BACK.findall(phrase)
    if len(ahead) + len(back) != 1:
        return None
    return _AHEAD.sub("backwards", phrase) if ahead else _BACK.sub("forward", phrase)
