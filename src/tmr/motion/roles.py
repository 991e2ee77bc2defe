"""Joint roles: which joint of any skeleton is the left knee, from names, and from hierarchy where names fail."""

import re
from collections.abc import Iterable, Mapping, Sequence

import numpy as np
from jaxtyping import Float

from tmr.errors import SkeletonError
from tmr.motion.naming import AXES, ENDS, JointName, body_joints, read_names
from tmr.motion.naming import SIDES as SIDE_WORDS
from tmr.motion.skeleton import Skeleton

SIDES = ("left", "right")
LIMB = ("hip", "knee", "ankle", "shoulder", "elbow", "wrist")
REQUIRED = tuple(f"{side}_{part}" for part in LIMB for side in SIDES)
ROLES = (
    *("hips", "chest", "neck", "head", "head_end", "jaw"),
    *(f"{side}_{part}" for side in SIDES for part in (*LIMB, "toe", "clavicle", "thumb_end", "middle_end", "eye")),
)

# Two joints nearer to each other than this part of a leg's length are one place: the bone between has no direction.
COINCIDENT = 0.02
_FINGER_NUMBER = re.compile(r"finger[ _.-]*(\d)", re.IGNORECASE)


def find_roles(
    skeleton: Skeleton,
    joints: Float[np.ndarray, "frame joint 3"] | None = None,
    overrides: Mapping[str, str] | None = None,
) -> dict[str, int]:
    """Return which joint has which role.

    Names decide first (`LeftUpLeg`, `lThigh`, `lfemur`, `thigh_l`, `mixamorig:LeftUpLeg`, …, in any letter case). Where
    they leave a joint open that is needed, hierarchy and shape decide. A role means a place of the body: `left_hip` is
    where the thigh begins, even where the source names its joints after the bones that end in them (Acclaim).

    Args:
        skeleton: The joints and parents.
        joints: The motion in metres, y up. Without it the skeleton's rest pose serves; without both, only names do.
        overrides: Role to joint name, instead of what would be found.

    Returns:
        Joint index by role: those of `ROLES` that there are, and `spine1`, `spine2`, … from the hips up to below the
        neck. All of `REQUIRED` are there, each side's on joints of its own.

    Raises:
        SkeletonError: If a needed joint cannot be found, or an override names a role or joint that there is not.
    """
    if joints is None and skeleton.rest is not None:
        joints = skeleton.rest[None]
    given = _read_overrides(skeleton, overrides or {})
    finder = _Finder(skeleton, joints)
    roles = finder.find() | given
    missing = [role for role in REQUIRED if role not in roles]
    if missing and joints is not None:
        from tmr.motion.shape import find_roles_by_shape

        roles = _complete(roles, _as_named(find_roles_by_shape(skeleton, joints), finder.names))
        missing = [role for role in REQUIRED if role not in roles]
    if missing:
        raise SkeletonError(
            f"skeleton {skeleton.name!r}: no joint found for {', '.join(missing)}; it has "
            f"{list_joints(skeleton.joints)} — name {'it' if len(missing) == 1 else 'each'} with --joint "
            f"{missing[0]}={_example(skeleton, missing[0], roles)}"
        )
    _check_distinct(skeleton, roles)
    return roles | finder.spine(roles)


def list_joints(names: Iterable[str], limit: int = 60) -> str:
    """Return joint names for a message, the rest counted where there are many."""
    names = list(names)
    shown = ", ".join(names[:limit])
    return f"{shown}, … ({len(names)} joints)" if len(names) > limit else shown


def _example(skeleton: Skeleton, role: str, roles: Mapping[str, int]) -> str:
    """Return a joint's name to show in `--joint ROLE=NAME`: one that has no role yet, if there is one."""
    free = [name for index, name in enumerate(skeleton.joints) if index not in roles.values()]
    side = role.split("_")[0]
    named = [name for name in free if side in name.lower()]
    return (named or free or list(skeleton.joints) or ["NAME"])[0]


def _read_overrides(skeleton: Skeleton, overrides: Mapping[str, str]) -> dict[str, int]:
    """Return the user's roles as joint indices."""
    result = {}
    for role, name in overrides.items():
        if role not in ROLES:
            raise SkeletonError(f"no joint role {role!r} (--joint {role}={name}); there are {', '.join(ROLES)}")
        alike = [index for index, joint in enumerate(skeleton.joints) if joint.lower() == name.lower()]
        if name in skeleton.joints:
            alike = [skeleton.joints.index(name)]
        if len(alike) != 1:
            raise SkeletonError(
                f"skeleton {skeleton.name!r} has no joint {name!r} for {role!r} (--joint {role}={name}); "
                f"it has {list_joints(skeleton.joints)}"
            )
        result[role] = alike[0]
    return result


def _complete(named: dict[str, int], shaped: dict[str, int]) -> dict[str, int]:
    """Return the named roles with those added that shape found, unless the two contradict each other.

    Names of which few are known may be of a language that shares a word with a known one: then shape is believed.
    """
    contradict = [role for role in REQUIRED if role in named and role in shaped and named[role] != shaped[role]]
    if not contradict:
        return shaped | named
    return shaped if sum(role in named for role in REQUIRED) < len(REQUIRED) / 2 else named


def _as_named(shaped: dict[str, int], names: Sequence[JointName]) -> dict[str, int]:
    """Return the roles that shape found with the sides that the joints are named after, or none if they are mixed up.

    A name is its maker's word for which side is left; in left-handed axes the shape is the other way round.
    """
    agree = {
        names[joint].side == role.split("_")[0]
        for role, joint in shaped.items()
        if role.startswith(SIDES) and names[joint].side
    }
    if agree == {False}:
        other = {"left": "right", "right": "left"}
        return {"_".join(other.get(word, word) for word in role.split("_")): joint for role, joint in shaped.items()}
    return {} if len(agree) > 1 else shaped


def _check_distinct(skeleton: Skeleton, roles: Mapping[str, int]) -> None:
    """Raise if one joint has two of the roles that limbs are made of."""
    taken: dict[int, str] = {}
    for role in REQUIRED:
        other = taken.setdefault(roles[role], role)
        if other != role:
            raise SkeletonError(
                f"skeleton {skeleton.name!r}: joint {skeleton.joints[roles[role]]!r} was found for both {other} and "
                f"{role}; it has {list_joints(skeleton.joints)} — name the right one with --joint "
                f"{role}={_example(skeleton, role, roles)}"
            )


class _Finder:
    """Finds roles by what the names say, along the hierarchy."""

    def __init__(self, skeleton: Skeleton, joints: Float[np.ndarray, "frame joint 3"] | None) -> None:
        self.skeleton = skeleton
        self.names: tuple[JointName, ...] = read_names(skeleton.joints)
        self.lines = [_line(skeleton.parents, joint) for joint in range(len(skeleton.joints))]
        # A few frames tell lengths: bones are rigid.
        self.joints = None if joints is None else joints[:: max(len(joints) // 8, 1)].astype(np.float64)
        self.bone_ends = False

    def find(self) -> dict[str, int]:
        """Return the roles that names tell."""
        roles: dict[str, int] = {}
        for side in SIDES:
            found = self._leg(side) | self._arm(side) | {"eye": self._pick(side, "eye")}
            roles |= {f"{side}_{part}": joint for part, joint in found.items() if joint is not None}
        self.bone_ends = self._named_after_bones(roles)
        if self.bone_ends:
            roles = {role: self._bone_start(role, joint) for role, joint in roles.items()}
        for role, joint in self._trunk(roles).items():
            if joint is not None:
                roles[role] = joint
        return roles

    def spine(self, roles: Mapping[str, int]) -> dict[str, int]:
        """Return `spine1`, `spine2`, …: the joints between the hips and the neck, from below."""
        top = next((roles[role] for role in ("neck", "chest", "head") if role in roles), None)
        if top is None or "hips" not in roles:
            return {}
        line = self.lines[top]
        # MikuMikuDance hangs lower and upper body side by side below the centre.
        shared = [joint for joint in self.lines[roles["hips"]] if joint in line]
        if not shared:
            return {}
        between = line[line.index(shared[-1]) + 1 :]
        if "neck" in roles or "chest" not in roles:
            between = between[:-1]
        return {f"spine{number}": joint for number, joint in enumerate(between, 1)}

    def _pick(self, side: str, part: str, under: int | None = None) -> int | None:
        """Return the joint whose name says the part best: fewest strange words, no end, nearest to the root."""
        fitting = [j for j, name in enumerate(self.names) if name.side == side and name.part == part]
        below = [joint for joint in fitting if under is None or under in self.lines[joint][:-1]]
        if below or under is None:
            fitting = below
        if not fitting:
            return None
        axes = [joint for joint in fitting if self.names[joint].words & AXES]
        if len(axes) == len(fitting) > 1:
            # A ball joint of a robot is three hinges in a row; the middle one is next to where they meet.
            return sorted(axes, key=lambda joint: len(self.lines[joint]))[len(axes) // 2]
        return min(fitting, key=lambda j: (self.names[j].unknown, len(self.names[j].words & ENDS), len(self.lines[j])))

    def _leg(self, side: str) -> dict[str, int | None]:
        thigh, hip, leg = self._pick(side, "thigh"), self._pick(side, "hip"), self._pick(side, "leg")
        shin = self._pick(side, "shin")
        start = thigh if thigh is not None else hip
        # `LeftLeg` is the knee below a `LeftUpLeg`, and the hip above a `LeftShin`.
        if start is None and shin is not None:
            start = leg if leg is not None else self._pick(side, "hipjoint")
        legs = [joint for joint in self._all(side, ["leg"]) if not self.names[joint].words & ENDS]
        if start is None and len(legs) > 1 and legs[0] in self._above(legs[1]):
            start, leg = legs[:2]  # `Leg1` above `Leg2`
        knee = shin if shin is not None else (leg if leg != start else None)
        ankle, foot = self._pick(side, "ankle", knee), self._pick(side, "foot", knee)
        if ankle is None or foot in self._above(ankle):
            ankle = foot  # below the foot are MetaHuman's bones that correct the skin: `ankle_bck_l`
        toe = self._pick(side, "toe", ankle)
        if toe is None:
            # SMPL's foot is the ball of the foot, and an end site after the foot points there too.
            beyond = [
                joint for joint in self._all(side, ["foot"]) if joint != ankle and joint not in self._above(ankle)
            ]
            toe = self._first_apart(beyond, ankle)
        return {"hip": start, "knee": knee, "ankle": ankle, "toe": toe}

    def _arm(self, side: str) -> dict[str, int | None]:
        shoulder, clavicle = self._pick(side, "shoulder"), self._pick(side, "clavicle")
        upper = self._pick(side, "upperarm")
        if upper is None:
            upper = self._pick(side, "arm")
        if upper is not None:
            clavicle = clavicle if clavicle is not None else shoulder
            shoulder = upper
        elbow = self._pick(side, "forearm", shoulder)
        arm = self._pick(side, "arm", shoulder)
        if elbow is None and arm != shoulder:
            elbow = arm  # an `Arm` below an `UpperArm`
        wrist, hand = self._pick(side, "wrist", elbow), self._pick(side, "hand", elbow)
        end = hand if wrist is None or hand in self._above(wrist) else wrist
        thumbs, fingers = self._fingers(side)
        # What one hand has and the other has not is something that it holds: `RightHand_Sword`.
        hands = [
            joint
            for joint in self._all(side, ["hand"])
            if joint != end and (self.names[joint].unknown == 0 or self._is_paired(joint))
        ]
        return {
            "clavicle": clavicle,
            "shoulder": shoulder,
            "elbow": elbow,
            "wrist": end,
            "middle_end": self._first_apart(fingers + hands, end),
            "thumb_end": self._first_apart(thumbs[::-1], end),
        }

    def _fingers(self, side: str) -> tuple[list[int], list[int]]:
        """Return the joints of the thumb, and of the middle finger or the one nearest to it, from the hand outwards."""
        thumbs = self._all(side, ["thumb"])
        for part in ("middle", "index", "ring"):
            if self._pick(side, part) is not None:
                return thumbs, self._all(side, [part])
        unnamed = self._all(side, ["finger"])
        numbered: dict[str, list[int]] = {}
        for joint in unnamed:
            if number := _FINGER_NUMBER.search(self.skeleton.joints[joint]):
                numbered.setdefault(number[1], []).append(joint)
        fingers = [numbered[number] for number in sorted(numbered)]
        if any(one[0] in self._above(other[0]) for one in fingers for other in fingers) or not fingers:
            return thumbs, unnamed  # the numbers, if any, count the joints of one finger
        # 3ds Max counts fingers from 0, MakeHuman and Rokoko from 1, all from the thumb if it has no name.
        if not thumbs and len(fingers) > 1:
            thumbs, *fingers = fingers
        return thumbs, fingers[min(1, len(fingers) - 1)]

    def _is_paired(self, joint: int) -> bool:
        """Return whether the other side has a joint of the same name."""
        name = self.names[joint]
        words = name.words - set(SIDE_WORDS)
        return any(other.side not in ("", name.side) and other.words - set(SIDE_WORDS) == words for other in self.names)

    def _trunk(self, roles: Mapping[str, int]) -> dict[str, int | None]:
        meeting = self._meeting(roles, "hip")
        hips = self._pick("", "hips")
        if hips is None or (
            meeting is not None and hips not in self.lines[meeting] and meeting not in self.lines[hips]
        ):
            hips = meeting if meeting is not None else hips
        chest = self._meeting(roles, "shoulder")
        if chest == hips:
            chest = None
        necks, heads = self._all("", ["neck"]), self._all("", ["head"])
        ends = [joint for joint in heads if self.names[joint].words & ENDS]
        heads = [joint for joint in heads if joint not in ends and self.names[joint].unknown == 0] or heads[:1]
        if chest in necks:
            # 3ds Max hangs the clavicles on the neck.
            neck, chest = chest, self.skeleton.parents[chest]
            chest = None if chest in (-1, hips) else chest
        else:
            neck = self._first_apart(necks, chest)
        head = heads[0] if heads and heads[0] not in ends else None
        head_end = ends[0] if ends else None
        if head is not None and self.bone_ends and (parent := self.skeleton.parents[head]) in necks and parent != neck:
            head, head_end = parent, head
        if neck is None and head is None and chest is not None:
            neck, head = self._over_chest(chest, roles)
        return {
            "hips": hips,
            "chest": chest,
            "neck": neck,
            "head": head,
            "head_end": head_end,
            "jaw": self._pick("", "jaw"),
        }

    def _over_chest(self, chest: int, roles: Mapping[str, int]) -> tuple[int | None, int | None]:
        """Return neck and head of a trunk whose joints are all called spine: what goes on above the shoulders."""
        arms = {joint for role in ("left_shoulder", "right_shoulder") for joint in self.lines[roles[role]]}
        line = [
            joint
            for joint, line in enumerate(self.lines)
            if chest in line[:-1]
            and not arms & set(line[line.index(chest) + 1 :])
            and self.names[joint].part == "spine"
        ]
        return (line[0], line[-1]) if len(line) > 1 else (None, line[0] if line else None)

    def _meeting(self, roles: Mapping[str, int], part: str) -> int | None:
        """Return the lowest common ancestor of the left and right joint, or None."""
        if f"left_{part}" not in roles or f"right_{part}" not in roles:
            return None
        right = self.lines[roles[f"right_{part}"]]
        shared = [joint for joint in self.lines[roles[f"left_{part}"]] if joint in right]
        return shared[-1] if shared else None

    def _above(self, joint: int | None) -> list[int]:
        """Return a joint's ancestors."""
        return [] if joint is None else self.lines[joint][:-1]

    def _all(self, side: str, parts: list[str]) -> list[int]:
        """Return every joint of a part, nearest to the root first."""
        fitting = [j for j, name in enumerate(self.names) if name.side == side and name.part in parts]
        return sorted(fitting, key=lambda joint: len(self.lines[joint]))

    def _distance(self, first: int, second: int) -> float:
        """Return how far two joints are apart on average, in metres; infinite where no positions are known."""
        if self.joints is None:
            return np.inf
        return float(np.linalg.norm(self.joints[:, first] - self.joints[:, second], axis=-1).mean())

    def _size(self) -> float:
        """Return about how long a leg is, in metres: half of the longest way between two of the body's joints."""
        if self.joints is None:
            return 0.0
        body = body_joints(self.names, self.skeleton.parents)
        return float(np.ptp(self.joints[:, body], axis=1).max() / 2)

    def _first_apart(self, candidates: list[int], start: int | None) -> int | None:
        """Return the first candidate that is not at the same place as `start`."""
        least = COINCIDENT * self._size()
        return next((j for j in candidates if start is None or (j != start and self._distance(j, start) > least)), None)

    def _named_after_bones(self, roles: Mapping[str, int]) -> bool:
        """Return whether a joint called femur is where the femur ends, as in Acclaim files read bone by bone."""
        if self.joints is None or any(f"left_{part}" not in roles for part in LIMB):
            return False
        hip, knee, ankle = (roles[f"left_{part}"] for part in ("hip", "knee", "ankle"))
        parent = self.skeleton.parents[hip]
        return (
            parent >= 0
            and self.names[parent].part == "hipjoint"
            and self._distance(knee, ankle) < 0.6 * self._distance(hip, knee)
        )

    def _bone_start(self, role: str, joint: int) -> int:
        """Return the joint where the bone begins that ends in `joint`; fingers are only a direction and stay."""
        return joint if role.endswith(("_end", "_eye")) else self.skeleton.parents[joint]


def _line(parents: tuple[int, ...], joint: int) -> list[int]:
    """Return the joints from the root to a joint, both included."""
    line = [joint]
    while parents[line[-1]] >= 0:
        line.append(parents[line[-1]])
    return line[::-1]
