"""Captions written from labels, and captions with left and right swapped."""

import math
import re
from collections.abc import Iterable

SUBJECTS = ("a person", "someone", "a man", "the person", "a figure", "")

# Bandai's action words → (verb phrases in the third person). `SIDE` stands for the side of the action.
ACTION_PHRASES: dict[str, tuple[str, ...]] = {
    "raise-up-left-hand": ("raises the left hand", "lifts their left arm up", "puts up the left hand"),
    "raise-up-right-hand": ("raises the right hand", "lifts their right arm up", "puts up the right hand"),
    "raise-up-both-hands": ("raises both hands", "lifts both arms up", "puts both hands up in the air"),
    "wave-left-hand": ("waves with the left hand", "waves the left arm", "greets by waving their left hand"),
    "wave-right-hand": ("waves with the right hand", "waves the right arm", "greets by waving their right hand"),
    "wave-both-hands": ("waves with both hands", "waves both arms", "swings both hands in the air to greet"),
    "run": ("runs forward", "is running", "jogs straight ahead"),
    "walk": ("walks forward", "is walking", "walks straight ahead"),
    "walk-turn-left": ("walks and turns left", "walks forward, then turns to the left", "makes a left turn walking"),
    "walk-turn-right": (
        "walks and turns right",
        "walks forward, then turns to the right",
        "makes a right turn walking",
    ),
    "walk-back": ("walks backwards", "steps back", "is walking backward"),
    "walk-left": ("walks sideways to the left", "side steps to the left", "steps to their left"),
    "walk-right": ("walks sideways to the right", "side steps to the right", "steps to their right"),
    "dash": ("dashes forward", "sprints", "runs very fast"),
    "bye": ("waves goodbye", "says goodbye with a wave", "waves bye"),
    "byebye": ("waves goodbye", "waves bye-bye", "says goodbye waving a hand"),
    "bow": ("bows", "takes a bow", "bends forward to bow"),
    "guide": ("shows the way with a hand", "guides somebody with a gesture", "points out the way"),
    "call": ("beckons somebody", "calls someone over with a gesture", "waves somebody to come"),
    "kick": ("kicks", "performs a kick", "kicks forward with a leg"),
    "punch": ("punches", "throws a punch", "punches forward with a fist"),
    "slash": ("slashes with a sword", "swings a weapon", "makes a slashing movement"),
    "dance-long": ("dances", "performs a dance", "is dancing"),
    "dance-short": ("dances", "does a short dance", "is dancing"),
    "respond": ("responds with a gesture", "reacts with a gesture", "answers with a gesture"),
}
STYLE_PHRASES: dict[str, tuple[str, ...]] = {
    "normal": ("",),
    "active": ("energetically", "in an active way", "with a lot of energy"),
    "angry": ("angrily", "in an angry way", "as if furious"),
    "childish": ("like a child", "childishly", "in a childish way"),
    "chimpira": ("like a thug", "with a swagger", "in a rough way"),
    "elderly": ("like an elderly person", "like an old person", "slowly and feebly"),
    "exhausted": ("as if exhausted", "in a tired way", "wearily"),
    "feminine": ("in a feminine way", "gracefully like a woman", "femininely"),
    "giant": ("like a giant", "heavily", "as if huge and heavy"),
    "happy": ("happily", "in a happy way", "joyfully"),
    "masculine": ("in a masculine way", "like a tough man", "in a manly way"),
    "masculinity": ("in a masculine way", "like a tough man", "in a manly way"),
    "musical": ("like in a musical", "theatrically", "as if on a stage"),
    "not-confident": ("without confidence", "shyly", "hesitantly"),
    "old": ("like an old person", "like an elderly person", "slowly and feebly"),
    "proud": ("proudly", "in a proud way", "with pride"),
    "sad": ("sadly", "in a sad way", "as if depressed"),
    "tired": ("tiredly", "as if exhausted", "wearily"),
    "youthful": ("in a youthful way", "like a young person", "lively"),
}
# HDM05's class names and AnimatedDrawings' file names → sentences.
LABEL_CAPTIONS: dict[str, tuple[str, ...]] = {
    "deposit floor r": (
        "a person puts something on the floor with the right hand",
        "bends down to place an object on the ground with the right hand",
    ),
    "elbow to knee 1 reps lelbow start": (
        "a person touches the right knee with the left elbow",
        "brings the left elbow to the raised knee, then the other side",
    ),
    "grab high r": (
        "a person grabs something high up with the right hand",
        "reaches up high with the right hand",
    ),
    "hop both legs 1 hops": ("a person hops once with both legs", "jumps on the spot once with both feet"),
    "jog left circle 4 steps rstart": (
        "a person jogs in a circle to the left",
        "runs slowly in a left curve for four steps",
    ),
    "kick lfront 1 reps": (
        "a person kicks forward with the left leg",
        "a left front kick",
        "kicks once with the left foot",
    ),
    "lie down floor": ("a person lies down on the floor", "gets down and lies on the ground"),
    "rotate arms both backward 1 reps": ("a person rotates both arms backwards", "circles both arms backward once"),
    "sneak 2 steps lstart": ("a person sneaks forward two steps", "tiptoes carefully, sneaking"),
    "squat 1 reps": ("a person squats once", "does one squat, bending the knees and standing up"),
    "throw basketball": ("a person throws a basketball", "shoots a ball with both hands"),
    "jumping jacks": ("a person does jumping jacks", "jumping jacks"),
    "dab": ("a person dabs", "does the dab dance move"),
    "jumping": ("a person jumps", "jumping up and down"),
    "wave hello": ("a person waves hello", "waving to greet"),
    "zombie": ("a person walks like a zombie", "zombie walk with the arms stretched forward"),
    "jesse dance": ("a person dances", "dancing with the whole body"),
}

_SIDES = {
    "left": "right", "right": "left", "lefts": "rights", "rights": "lefts",
    "leftward": "rightward", "rightward": "leftward", "leftwards": "rightwards", "rightwards": "leftwards",
    "clockwise": "counterclockwise", "counterclockwise": "clockwise", "counter-clockwise": "clockwise",
    "anticlockwise": "clockwise", "anti-clockwise": "clockwise",
    "lefthand": "righthand", "righthand": "lefthand", "left-handed": "right-handed", "right-handed": "left-handed",
}  # fmt: skip
# "right" is no side in "stops right before the wall", unlike "steps to the right before the wall", and "left" is none
# in "no energy left". Both are for either word, so that swapping twice gives the text back.
_TURNED = "".join(
    rf"(?<!\b{word} )"
    for word in (
        "the", "his", "her", "their", "its", "to", "turn", "turns", "turned", "turning", "left and", "right and",
    )
)  # fmt: skip
_UNUSED = "".join(
    rf"(?<!\b{word} )"
    for word in (
        "no energy", "no strength", "no power", "no breath", "no air", "no time", "nothing", "any energy",
        "any strength", "little energy", "little strength",
    )
)  # fmt: skip
_SIDE_WORD = re.compile(
    rf"(?!(?:left|right) (?:away|angles?)\b){_UNUSED}"
    rf"(?!{_TURNED}(?:left|right) (?:after|before|in front|at the start)\b)"
    r"\b(?:anti-?clockwise|counter-?clockwise|clockwise|(?:left|right)-handed|(?:left|right)(?:wards?|hand|s)?)\b",
    re.IGNORECASE,
)

_PART = (
    r"(?:hand|arm|leg|foot|knee|fist|elbow|shoulder|wrist|ear|side|heel|thigh|hip|forearm|palm|shin|ankle|eye|toes?)s?"
)
_WHOSE = r"(?:the|his|her|their|its)"
# What names a side, and what stands there if the side is not told; each on what those before it have left.
_UNTOLD: tuple[tuple[re.Pattern[str], str], ...] = tuple(
    (re.compile(told, re.IGNORECASE), untold)
    for told, untold in (
        (rf",? (?:with|using) {_WHOSE} (?:left|right) (?:hand|arm|leg|foot|fist)(?=$|[,.]| and | then )", ""),
        (r", the (?:left|right)(?: one)?$| (?:left|right)-handed", ""),
        (rf"\b(?:a|the) (?:left|right) (?=[aeiou])(?={_PART}\b)", "an "),
        (rf"\b(?:a|the) (?:left|right) (?={_PART}\b)", "a "),
        (rf"\b(?:left|right) (?={_PART}\b)", ""),
        (r",? (?:to|towards?|over) (?:the|his|her|their|its|one's) (?:left|right)\b", ""),
        (r",? (?:counter|anti)?-?clockwise\b", ""),
        (r",? ?\b(?:left|right)(?:wards?)?\b", ""),
    )
)


def without_sides(text: str) -> str:
    """Return a text that names one side without it, as people mostly tell it: `a person waves`, `raises a hand`.

    A text that names both sides, or none, comes back as it is.
    """
    if len({word[-4:] for word in side_words(text)}) != 1:
        return text
    for told, untold in _UNTOLD:
        text = told.sub(untold, text)
    return text.strip()


def swap_sides(text: str) -> str:
    """Return the text with left and right (and clockwise and counterclockwise) exchanged, letter case kept.

    Swapping twice gives the text back, but for the spelling of `anti-clockwise`.
    """
    return _SIDE_WORD.sub(_other_side, text)


def _other_side(match: re.Match[str]) -> str:
    word = match.group(0)
    other = _SIDES[word.lower()]
    if word.isupper():
        return other.upper()
    return other.capitalize() if word[0].isupper() else other


def side_words(text: str) -> tuple[str, ...]:
    """Return the words of a text that name a side, in order and in lower case; empty if it names none."""
    return tuple(match.group(0).lower() for match in _SIDE_WORD.finditer(text))


def captions_from_labels(action: str, style: str) -> list[tuple[str, bool]]:
    """Return sentences for an action in a style, each with whether it tells the style.

    An action or style without phrases of its own is spelt out as a person would read the label.
    """
    phrases = ACTION_PHRASES.get(action, (action.replace("-", " "),))
    styles = STYLE_PHRASES.get(style, (f"in a {style.replace('-', ' ')} way",)) if style else ("",)
    sentences = []
    for number, phrase in enumerate(phrases):
        for subject in SUBJECTS[number % 2 :: 2]:
            for manner in dict.fromkeys((*styles, "")):
                sentence = " ".join(part for part in (subject, phrase, manner) if part)
                sentences.append((sentence, bool(manner) or style == "normal"))
    return list(dict.fromkeys(sentences))


def whole_captions_from_labels(action: str, style: str) -> tuple[str, ...]:
    """Return the sentences for an action in a style that tell all that is known: the style too, where there is one."""
    return tuple(text for text, tells_style in captions_from_labels(action, style) if tells_style or not style)


def tagged_times(start: str, end: str) -> tuple[float, float]:
    """Return the seconds from which to which a caption of HumanML3D tells, by the last two tags of its line.

    Some are nan, and some the wrong way round: the published loaders read them so too. Of the whole both are equal.

    Raises:
        ValueError: If they are no times.
    """
    first, last = sorted(0.0 if math.isnan(float(time)) else float(time) for time in (start, end))
    if not 0 <= first <= last < math.inf:
        raise ValueError(f"{start!r} and {end!r} are no times")
    return first, last


def captions_from_name(name: str) -> list[str]:
    """Return sentences for a class or file name; the name itself if it has none of its own."""
    return list(LABEL_CAPTIONS.get(name, (name,)))


def unique_texts(texts: Iterable[str]) -> list[str]:
    """Return the texts with every side-swapped twin, each once, in order of first appearance.

    A twin swapped back may be spelt otherwise (`anti-clockwise`) and is there too.
    """
    found: dict[str, None] = {}
    for text in texts:
        swapped = swap_sides(text)
        found |= dict.fromkeys((text, swapped, swap_sides(swapped)))
    return list(found)
