"""BVH: the hierarchy and channels of any exporter, and the joint positions by forward kinematics."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tmr.errors import MotionFileError
from tmr.motion.formats.loading import LARGEST, MOST_JOINTS, decode, parse_numbers, read_bytes
from tmr.motion.formats.names import unique_names
from tmr.motion.formats.options import GIVE_FPS, ReadOptions, choose_fps
from tmr.motion.motion import Motion
from tmr.motion.rotation import euler_to_matrix, forward_kinematics, inner_joints
from tmr.motion.skeleton import FLOAT, Skeleton
from tmr.motion.units import STATURE_OF_SPAN, body_span, normalise_axes_and_units

# Channels of so many frames are turned into positions at a time: it bounds memory, and the processor's cache likes it.
BLOCK = 1024

SETUP_FRAMES = 12
FASTEST = 5.0  # statures a second that a joint moves against the body's middle; a thrown punch has 4

# Repetitions of groups are bounded: the matcher keeps hundreds of bytes for each, gigabytes for a hostile file.
_TOKEN = re.compile(
    r"(?P<space>\s+)|(?P<open>\{)|(?P<close>\})"
    r"|(?P<joint>(?:ROOT|JOINT)\b[ \t]*(?P<name>[^{}\r\n]*))"
    r"|(?P<end>END[ \t]*SITE\b[^{}\r\n]*)"
    r"|(?P<offset>OFFSET\b(?P<numbers>(?:\s+[-+.,\d][-+.,\de]*){0,8}))"
    r"|(?P<channels>CHANNELS\b\s*(?P<count>\d{1,9})(?P<kinds>(?:\s+[XYZxyz](?:position|rotation)\b){0,32}))"
    r"|(?P<title>HIERARCHY\b)",
    re.IGNORECASE,
)
_MOTION = re.compile(r"^[ \t]*MOTION\b", re.IGNORECASE | re.MULTILINE)
_MOTION_HEADER = re.compile(
    r"\s*(?:(?P<time>Frame[ \t]*Time)|(?P<frames>Frames))[ \t]*:?[ \t]*(?P<value>\S*)", re.IGNORECASE
)


@dataclass
class _Joint:
    name: str
    parent: int
    offset: tuple[float, float, float] = (0.0, 0.0, 0.0)
    channels: tuple[str, ...] = ()  # `Xposition`, `Zrotation`, …, in the order of the file
    first: int = 0  # the place of its first channel in a frame
    is_end: bool = False


@dataclass
class _Hierarchy:
    joints: list[_Joint] = field(default_factory=list)
    num_channels: int = 0


def read_bvh(path: Path, options: ReadOptions) -> Motion:
    """Return the motion of a BVH file.

    Channels are taken in the order of the file, three, six or any number a joint; position channels replace the
    joint's OFFSET, unless they only make sense as what is added to it. End sites become joints named `<parent>_end`
    unless they are placeholders.

    Raises:
        MotionFileError: If the file is no BVH, is damaged beyond a partial last frame, or tells no usable frame time.
    """
    text, notes = decode(read_bytes(path), path)
    motion_line = _MOTION.search(text)
    if motion_line is None:
        what = (
            "a hierarchy but no MOTION section" if "HIERARCHY" in text[:200].upper() else "no HIERARCHY and no MOTION"
        )
        raise MotionFileError(f"{path}: has {what}; expected a BVH file")
    hierarchy = _parse_hierarchy(text[: motion_line.start()], path)
    joints, dropped = _drop_placeholders(hierarchy.joints)
    names, renamed = unique_names([joint.name for joint in joints])
    skeleton = Skeleton(f"bvh:{names[0]}", names, tuple(joint.parent for joint in joints))
    frames, fps, more = _parse_motion(text, motion_line.end(), hierarchy.num_channels, path, options)
    if frames.shape[0] * len(joints) * 12 > LARGEST:
        raise MotionFileError(
            f"{path}: {frames.shape[0]} frames of {len(joints)} joints are over {LARGEST / 2**20:.0f} MiB of "
            "positions; cut the motion into several files"
        )
    adds = _adds_to_offsets(frames, joints)
    if adds:
        more = (*more, "The joints' positions are added to their OFFSETs: they are nearer to nothing than to them.")
    positions = _place_joints(frames, joints, adds)
    may_have_setup = not options.keep_setup and _is_near_rest(frames[0], joints)
    setup = _count_setup_frames(positions, fps, skeleton) if may_have_setup else 0
    if setup:
        positions = positions[setup:]
        more = (*more, f"The body jumps from a setup pose into the motion: frames left out at the start: {setup}.")
    notes = (*notes, *dropped, *renamed, *more)
    return normalise_axes_and_units(
        positions, fps, skeleton, name=str(path), unit=options.unit, up=options.up, notes=notes
    )


def _parse_hierarchy(text: str, path: Path) -> _Hierarchy:
    """Return the joints in the order of the file, which is the order of their channels."""
    found = _Hierarchy()
    stack: list[int] = []  # the joints whose braces are open
    pending = -1  # the joint that was named, before its brace opens
    place = 0

    def fail(what: str) -> MotionFileError:
        return MotionFileError(f"{path}: line {text.count(chr(10), 0, place) + 1}: {what}")

    while place < len(text):
        token = _TOKEN.match(text, place)
        if token is None:
            rest = text[place : place + 40].split("\n")[0]
            raise fail(f"{rest!r} is unknown; expected ROOT, JOINT, End Site, OFFSET, CHANNELS or a brace")
        kind = token.lastgroup
        if kind == "open":
            if pending < 0:
                raise fail("a brace opens without a joint before it")
            stack.append(pending)
            pending = -1
        elif kind == "close":
            if not stack:
                raise fail("a brace closes that was never opened")
            stack.pop()
        elif kind in ("joint", "end"):
            pending = _add_joint(found, token, stack, fail)
        elif kind in ("offset", "channels"):
            if not stack:
                raise fail(f"{token[0].strip()[:60]!r} stands outside a joint")
            _add_property(found, found.joints[stack[-1]], token, fail)
        place = token.end()
    if stack or pending >= 0:
        raise fail("the hierarchy ends before its braces are closed")
    if not found.joints:
        raise fail("the hierarchy has no joints")
    if found.num_channels == 0:
        raise fail("no joint has channels")
    return found


def _add_joint(
    found: _Hierarchy, token: re.Match[str], stack: list[int], fail: Callable[[str], MotionFileError]
) -> int:
    """Add the joint that a line names, and return its place."""
    if len(found.joints) >= MOST_JOINTS:
        raise fail(f"more than {MOST_JOINTS} joints; expected a body")
    parent = stack[-1] if stack else -1
    is_end = token["end"] is not None
    if is_end and parent < 0:
        raise fail("an End Site stands outside a joint")
    name = f"{found.joints[parent].name}_end" if is_end else token["name"].strip() or f"joint_{len(found.joints)}"
    found.joints.append(_Joint(name, parent, is_end=is_end))
    return len(found.joints) - 1


def _add_property(
    found: _Hierarchy, joint: _Joint, token: re.Match[str], fail: Callable[[str], MotionFileError]
) -> None:
    """Set the offset or the channels of a joint."""
    if token["offset"] is not None:
        words = [word.strip(",") for word in token["numbers"].split()]
        try:
            numbers = [float(word.replace(",", ".")) for word in words]
        except ValueError:
            numbers = []
        if len(numbers) != 3 or not np.isfinite(numbers).all():
            raise fail(f"joint {joint.name[:60]!r} has {token[0].strip()[:60]!r}; expected OFFSET and three numbers")
        joint.offset = (numbers[0], numbers[1], numbers[2])
        return
    kinds = tuple(token["kinds"].split())
    if len(kinds) != int(token["count"]):
        raise fail(
            f"joint {joint.name[:60]!r} tells {token['count'][:20]} channels but names {len(kinds)}: "
            f"{' '.join(kinds)[:120]}; expected Xposition, Zrotation and the like"
        )
    if joint.channels:
        raise fail(f"joint {joint.name[:60]!r} has CHANNELS twice")
    joint.channels, joint.first = kinds, found.num_channels
    found.num_channels += len(kinds)


def _drop_placeholders(joints: list[_Joint]) -> tuple[list[_Joint], tuple[str, ...]]:
    """Leave out end sites that tell nothing: of no length, or all alike because the exporter wrote a constant."""
    ends = {joint.offset for joint in joints if joint.is_end}
    constant = len(ends) == 1 and sum(joint.is_end for joint in joints) > 1
    kept = [place for place, joint in enumerate(joints) if not (joint.is_end and (constant or not any(joint.offset)))]
    place_of = {old: new for new, old in enumerate(kept)} | {-1: -1}
    notes = ("The end sites are all alike, so they are left out as placeholders.",) if constant and any(*ends) else ()
    for place in kept:
        joints[place].parent = place_of[joints[place].parent]
    return [joints[place] for place in kept], notes


def _parse_motion(
    text: str, place: int, num_channels: int, path: Path, options: ReadOptions
) -> tuple[np.ndarray, float, tuple[str, ...]]:
    """Return the channels (frame, channel), frames per second and notes."""
    header: dict[str, str] = {}
    while (line := _MOTION_HEADER.match(text, place)) is not None:
        header["time" if line["time"] else "frames"] = line["value"]
        place = line.end()
    told = None
    if "time" in header:
        seconds = _to_float(header["time"])
        if not 0 < seconds <= 1 and options.fps is None:
            raise MotionFileError(
                f"{path}: Frame Time is {header['time']!r}; expected seconds a frame, over 0 and at most 1: {GIVE_FPS}"
            )
        told = 1 / seconds if seconds > 0 else None
    fps, notes = choose_fps(options, path, told=told)
    frames, more = _parse_frames(text[place:], num_channels, path, text.count("\n", 0, place) + 1)
    if header.get("frames", "") != str(len(frames)):
        more = (*more, f"The file tells {header.get('frames') or 'no number of'} frames; it has {len(frames)}.")
    return frames, fps, (*notes, *more)


def _to_float(word: str) -> float:
    """Return a number written with a point or a comma; NaN if it is none."""
    try:
        return float(word.replace(",", "."))
    except ValueError:
        return float("nan")


def _parse_frames(text: str, num_channels: int, path: Path, first_line: int) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the numbers as (frame, channel), without a partial last frame.

    Raises:
        MotionFileError: If there is not one whole frame, or a line does not fit the channels or is not numbers.
    """
    if "," in text:  # a decimal comma where no point is used, else a separator
        text = text.replace(",", " " if "." in text or ", " in text else ".")
    start = text.lstrip()
    width = len(start.split("\n", 1)[0].split())
    try:
        numbers = parse_numbers(text)
        whole = len(numbers) % num_channels == 0 and width <= num_channels
    except ValueError:
        numbers, whole = np.empty(0), False
    notes: tuple[str, ...] = ()
    if not whole:
        numbers = _parse_lines(text.split("\n"), num_channels, path, first_line)
        notes = ("The last frame is cut off and left out.",)
    if len(numbers) == 0:
        raise MotionFileError(f"{path}: has no whole frame; expected at least {num_channels} numbers after Frame Time")
    frames = numbers.reshape(-1, num_channels)
    bad = ~np.isfinite(frames).all(1)
    if bad.any():
        raise MotionFileError(
            f"{path}: frame {int(bad.argmax())} holds a value that is not a finite number; "
            "repair or cut the motion there"
        )
    return frames, notes


def _parse_lines(lines: list[str], num_channels: int, path: Path, first_line: int) -> np.ndarray:
    """Return the numbers of the lines up to a partial last one; the slow way, to find and name what is wrong."""
    filled = [(number, line.split()) for number, line in enumerate(lines, first_line) if line.strip()]
    rows: list[np.ndarray] = []
    for number, words in filled:
        is_last = number == filled[-1][0]
        try:
            row = np.array(words, dtype=np.float64)
        except ValueError:
            if is_last:
                break
            raise MotionFileError(
                f"{path}: line {number} holds something that is no number: {_first_bad(words)!r}"
            ) from None
        if len(row) != num_channels:
            if is_last and len(row) < num_channels:
                break
            raise MotionFileError(
                f"{path}: line {number} has {len(row)} numbers; the hierarchy has {num_channels} channels"
            )
        rows.append(row)
    return np.concatenate(rows) if rows else np.empty(0)


def _first_bad(words: list[str]) -> str:
    return next((word[:40] for word in words if not np.isfinite(_to_float(word))), words[0][:40])


def _adds_to_offsets(frames: np.ndarray, joints: list[_Joint]) -> bool:
    """Return whether the positions of joints below the root are what some exporters write: displacements, mostly zero.

    By the format they stand in OFFSET's place. Zeros there would draw the whole body together into one point.
    """
    votes = []
    for joint in joints:
        channels = {
            kind[0].upper(): channel
            for channel, kind in enumerate(joint.channels, joint.first)
            if kind[1:].lower() == "position"
        }
        if joint.parent >= 0 and len(channels) == 3 and any(joint.offset):
            middle = np.median(frames[:BLOCK, [channels[axis] for axis in "XYZ"]], axis=0)
            votes.append(bool(np.linalg.norm(middle) < np.linalg.norm(middle - joint.offset)))
    # One joint alone, hips below a root on the floor, may well come near that root.
    return sum(votes) >= 3 and 2 * sum(votes) > len(votes)


def _place_joints(frames: np.ndarray, joints: list[_Joint], adds: bool) -> np.ndarray:
    """Return global joint positions (frame, joint, 3), float32, in the file's unit.

    Args:
        frames: The channels (frame, channel).
        joints: The hierarchy.
        adds: Whether positions of joints below the root are added to their OFFSETs.
    """
    parents = [joint.parent for joint in joints]
    offsets = np.array([joint.offset for joint in joints])
    moved: list[tuple[int, int, int]] = []  # joint, axis, channel
    turned: dict[str, list[tuple[int, list[int]]]] = {}  # rotation order: joints, and the channels of each
    inner = set(inner_joints(parents).tolist())
    for place, joint in enumerate(joints):
        order, channels = "", []
        for channel, kind in enumerate(joint.channels, joint.first):
            if kind[1:].lower() == "position":
                moved.append((place, "XYZ".index(kind[0].upper()), channel))
            else:
                order += kind[0].upper()
                channels.append(channel)
        if place in inner:
            turned.setdefault(order, []).append((place, channels))
    result = np.empty((len(frames), len(joints), 3), dtype=FLOAT)
    for first in range(0, len(frames), BLOCK):
        values = np.ascontiguousarray(frames[first : first + BLOCK].T)
        rotations = np.zeros((3, 3, len(joints), values.shape[1]))
        for order, group in turned.items():
            which = np.array([channels for _, channels in group], dtype=np.int64).reshape(len(group), len(order))
            matrices = euler_to_matrix(np.moveaxis(np.deg2rad(values[which]), 1, 2), order)
            rotations[:, :, [place for place, _ in group]] = np.moveaxis(matrices, (2, 3), (0, 1))
        moves = np.repeat(offsets.T[:, :, None], values.shape[1], axis=2)
        for place, axis, channel in moved:
            moves[axis, place] = values[channel] + (joints[place].offset[axis] if adds and parents[place] >= 0 else 0)
        with np.errstate(over="ignore", invalid="ignore"):  # absurd values are refused where units are found
            result[first : first + BLOCK] = forward_kinematics(
                rotations.transpose(3, 2, 0, 1), moves.transpose(2, 1, 0), parents
            )
    return result


def _count_setup_frames(positions: np.ndarray, fps: float, skeleton: Skeleton) -> int:
    """Return how many frames at the start lead from a T-pose into the capture, faster than a body moves.

    Exporters put the pose in front of the capture, once or for some time; where they smoothed afterwards, the jump
    takes some frames. A motion that goes on as fast is no jump.
    """
    held = 0
    while held + 1 < len(positions) and np.array_equal(positions[held + 1], positions[0]):
        held += 1
    start = positions[held : held + SETUP_FRAMES].astype(np.float64)
    stature = STATURE_OF_SPAN * body_span(start, skeleton)
    start = start - start.mean(1, keepdims=True)
    speeds = fps * np.linalg.norm(np.diff(start, axis=0), axis=-1).max(1, initial=0)
    slow = np.flatnonzero(speeds <= FASTEST * stature)
    jump = int(slow[0]) if len(slow) else 0
    return held + jump if jump and speeds[:jump].mean() > 3 * speeds[jump:].mean() else 0


def _is_near_rest(frame: np.ndarray, joints: list[_Joint]) -> bool:
    """Return whether at least three quarters of a frame's angles are within 1.5 degrees of zero."""
    turns = [
        channel
        for joint in joints
        for channel, kind in enumerate(joint.channels, joint.first)
        if kind[1:].lower() == "rotation"
    ]
    return bool(np.count_nonzero(np.abs(frame[turns]) < 1.5) >= 0.75 * len(turns))
