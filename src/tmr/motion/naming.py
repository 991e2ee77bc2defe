"""What a joint's name says: its side and its part of the body, in the spellings of the common naming schools."""

import re
import unicodedata
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache

SIDES = {"left": "left", "l": "left", "lft": "left", "lf": "left", "right": "right", "r": "right", "rgt": "right"}
SIDES |= {"rt": "right", "links": "left", "rechts": "right", "左": "left", "右": "right"}

# Words that make a joint a helper of another one: it moves with it, or is not a part of the body at all.
HELPERS = frozenset(
    """
    twist roll ik pole ctrl control controller helper target effector corrective muscle weapon prop socket attach
    cloth skirt hair breast bust pec boob tail wing ear brow lip tongue cheek nose eyelid lid heel marker camera light
    mesh mch vis gizmo locator driver null bulge slide rib pad holster metacarpal carpal latissimus
    捩 捩り 髪 前髪 後髪 耳 舌 眉 胸 乳 袖 スカート ネクタイ
    """.split()  # noqa: SIM905
)
# A robot's joints turn about one axis each, and its links are named after it.
AXES = frozenset(["pitch", "yaw", "roll"])
FINGERS = frozenset(["thumb", "index", "middle", "ring", "pinky", "finger"])
ENDS = frozenset(["end", "ee", "site", "tip", "nub", "top", "leaf", "effector", "eff", "terminator", "vertex"])

_PARTS: dict[str, str] = {
    "thumb": "thumb",
    "middle": "middle",
    "mid": "middle",
    "index": "index",
    "ring": "ring",
    "pinky": "pinky",
    "pinkie": "pinky",
    "little": "pinky",
    "finger": "finger",
    "fingers": "finger",
    "toe": "toe",
    "toes": "toe",
    "toebase": "toe",
    "ball": "toe",
    "ankle": "ankle",
    "foot": "foot",
    "feet": "foot",
    "knee": "shin",
    "shin": "shin",
    "calf": "shin",
    "shank": "shin",
    "tibia": "shin",
    "crus": "shin",
    "thigh": "thigh",
    "femur": "thigh",
    "buttock": "hipjoint",
    "butt": "hipjoint",
    "wrist": "wrist",
    "forearm": "forearm",
    "elbow": "forearm",
    "radius": "forearm",
    "ulna": "forearm",
    "hand": "hand",
    "palm": "hand",
    "humerus": "upperarm",
    "shldr": "upperarm",
    "clavicle": "clavicle",
    "clav": "clavicle",
    "collar": "clavicle",
    "scapula": "clavicle",
    "eye": "eye",
    "jaw": "jaw",
    "chin": "jaw",
    "head": "head",
    "skull": "head",
    "neck": "neck",
    "shoulder": "shoulder",
    "arm": "arm",
    "leg": "leg",
    "hips": "hips",
    "pelvis": "hips",
    "hip": "hip",
    "spine": "spine",
    "back": "spine",
    "chest": "spine",
    "thorax": "spine",
    "torso": "spine",
    "waist": "spine",
    "abdomen": "spine",
    "stomach": "spine",
    "belly": "spine",
    "lumbar": "spine",
    "root": "root",
    # MikuMikuDance's, whose `足` is the thigh and whose `下半身` hangs beside the spine.
    "親指": "thumb",
    "中指": "middle",
    "人指": "index",
    "人差指": "index",
    "薬指": "ring",
    "小指": "pinky",
    "つま先": "toe",
    "足首": "ankle",
    "ひざ": "shin",
    "膝": "shin",
    "足": "thigh",
    "手首": "wrist",
    "ひじ": "forearm",
    "肘": "forearm",
    "腕": "upperarm",
    "肩": "clavicle",
    "目": "eye",
    "頭": "head",
    "首": "neck",
    "下半身": "hips",
    "腰": "hips",
    "上半身": "spine",
    "センター": "root",
}
_QUALIFIERS = frozenset(["up", "upper", "low", "lower", "fore", "base", "joint", "in", "link", "bend", "quick"])
_VOCABULARY = frozenset(_PARTS) | frozenset(SIDES) | HELPERS | AXES | ENDS | _QUALIFIERS
# OptiTrack's and Theia's short words: `LUArm`, `RFArm`, `l_uarm`, `r_larm`.
_SHORT_ARM = re.compile(r"(?<![a-z])(?:([lr]?)_?([uf])|([lr])_l)arm(?![a-z])", re.IGNORECASE)
_PIECE = re.compile(r"[A-Z]+(?![a-z])|[A-Z]?[a-z]+|[0-9]+|[^\W\d_a-zA-Z]+")


@dataclass(frozen=True)
class JointName:
    """What one joint's name says.

    Args:
        side: `left`, `right`, or empty.
        part: The part of the body (`thigh`, `spine`, …), or empty where the name tells none.
        unknown: How many of its words say nothing, the words that most joints of the skeleton share left out.
        words: All its words in lower case.
    """

    side: str
    part: str
    unknown: int
    words: frozenset[str]


@lru_cache(maxsize=4096)
def split_words(name: str) -> tuple[str, ...]:
    """Return the lower-case words of a joint name: `mixamorig:LeftUpLeg` → (`left`, `up`, `leg`).

    A name space before `:` or `|` is left out. Words are found at separators, digits and capitals, and, where a name is
    written without any (`LEFTUPLEG`, `lfemur`, `左足首`), by the vocabulary. Wide letters (`左足ＩＫ`) are plain ones.
    """
    name = re.split(r"[:|]", unicodedata.normalize("NFKC", name))[-1]
    name = _SHORT_ARM.sub(
        lambda arm: f"{arm[1] or arm[3] or ''}_{'upper' if arm[2] and arm[2] in 'uU' else 'fore'}_arm", name
    )
    words: list[str] = []
    for piece in _PIECE.findall(name.replace("_", " ")):
        piece = piece.lower()
        known = () if piece in _VOCABULARY or not piece.isalpha() else _split_by_vocabulary(piece)
        words.extend(known or (piece,))
    return tuple(words)


def _split_by_vocabulary(piece: str) -> tuple[str, ...]:
    """Return the words that a run of letters is made of, an unknown beginning allowed; empty if its end is unknown."""
    # best[i] is the split of piece[i:] into known words with the fewest words.
    best: dict[int, tuple[str, ...]] = {len(piece): ()}
    for start in range(len(piece) - 1, -1, -1):
        for end in range(start + 1, len(piece) + 1):
            word = piece[start:end]
            # One letter is a side only at either end of the run, or every `r` would be one.
            if word not in _VOCABULARY or end not in best:
                continue
            if len(word) == 1 and word.isascii() and start > 0 and end < len(piece):
                continue
            split = (word, *best[end])
            if start not in best or len(split) < len(best[start]):
                best[start] = split
    start = min(best)
    words = best[start]
    if start == 0:
        return words
    # `armature` must not become an arm, nor `under` a right one: what is left over has to be a prefix before words.
    return (piece[:start], *words) if len("".join(words)) > 3 else ()


@lru_cache(maxsize=64)
def read_names(names: tuple[str, ...]) -> tuple[JointName, ...]:
    """Return what each joint's name says, judged among the names of its skeleton.

    Remembered, since several questions are asked of every file, and files of a library share their skeleton.
    """
    split = _without_prefix([split_words(name) for name in names])
    counts = Counter(word for words in split for word in set(words))
    articulated = any(word in counts for word in ("pitch", "yaw"))
    result = []
    for words in split:
        sides = {SIDES[word] for word in words if word in SIDES}
        side = sides.pop() if len(sides) == 1 else ""
        unknown = sum(
            1 for word in words if word not in _VOCABULARY and not word.isdigit() and 2 * counts[word] < len(names)
        )
        result.append(JointName(side, _part(frozenset(words), bool(side), articulated), unknown, frozenset(words)))
    return tuple(result)


def body_joints(names: Sequence[JointName], parents: Sequence[int]) -> list[int]:
    """Return the joints that are surely of the body: those whose names say a part of it, but for a root on the floor.

    Args:
        names: What the joints' names say.
        parents: Index of each joint's parent; -1 for a root.

    Returns:
        All but the roots where fewer than half of the names say a part: they are of another language. At least one.
    """
    known = [joint for joint, name in enumerate(names) if name.part not in ("", "root")]
    below = [joint for joint, parent in enumerate(parents) if parent >= 0]
    return known if 2 * len(known) >= max(len(names), 1) else below or list(range(len(names)))


def joints_aside(names: Sequence[JointName], parents: Sequence[int]) -> frozenset[int]:
    """Return the joints that are no part of the body, nor lead to one: weapons, hair, targets of inverse kinematics.

    Args:
        names: What the joints' names say.
        parents: Index of each joint's parent; -1 for a root.
    """
    leading: set[int] = set()
    for joint in body_joints(names, parents):
        while joint >= 0 and joint not in leading:
            leading.add(joint)
            joint = parents[joint]
    return frozenset(range(len(names))) - leading


def _without_prefix(split: list[tuple[str, ...]]) -> list[tuple[str, ...]]:
    """Return the words of names without those that nearly all begin with: `R_LeftHand` of an actor R is a left hand.

    A few names alone may all be of one limb; so many are a body.
    """
    while len(split) >= 12:
        first = Counter(words[0] for words in split if len(words) > 1).most_common(1)
        if not first or first[0][1] <= 0.75 * len(split):
            return split
        split = [words[1:] if words[:1] == (first[0][0],) and len(words) > 1 else words for words in split]
    return split


def _part(words: frozenset[str], sided: bool, articulated: bool) -> str:
    """Return the part of the body that the words name; the more exact word wins (`LeftHandThumb1` is a thumb).

    Args:
        words: The words of the name.
        sided: Whether it names a side; only then can it be a finger, and a `hip` a joint of the leg.
        articulated: Whether the skeleton's joints are named after their axes, so that `roll` is no helper's name.
    """
    helpers = words & (HELPERS - AXES if articulated else HELPERS)
    # Character Creator's neck is a chain of `NeckTwist`s.
    if helpers and not (helpers == {"twist"} and "neck" in words):
        return ""
    upper, lower = bool(words & {"up", "upper"}), bool(words & {"low", "lower", "fore"})
    if "foot" in words and words & FINGERS:
        return "toe"  # HumanIK's `LeftFootIndex1`
    if sided and {"hip", "joint"} <= words:
        return "hipjoint"
    if "arm" in words and (upper or lower):
        return "upperarm" if upper else "forearm"
    if "leg" in words and (upper or lower):
        return "thigh" if upper else "shin"
    for word, part in _PARTS.items():
        if word in words and (sided or part not in FINGERS):
            return "hips" if part == "hip" and not sided else part
    return ""
