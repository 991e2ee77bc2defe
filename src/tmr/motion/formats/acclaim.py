"""Acclaim: the skeleton of an `.asf` file and the motion of its `.amc` files."""

import re
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from tmr.errors import MotionFileError
from tmr.motion.formats.loading import LARGEST, MOST_JOINTS, decode, parse_numbers, read_bytes
from tmr.motion.formats.options import ReadOptions, choose_fps, note_overruled
from tmr.motion.motion import Motion
from tmr.motion.rotation import euler_to_matrix, forward_kinematics, parents_first
from tmr.motion.skeleton import FLOAT, Skeleton
from tmr.motion.units import BELIEVED, STATURE_OF_SPAN, body_span, normalise_axes_and_units

CAPTURE_RATE = 120.0  # of the CMU and HDM05 libraries; the format does not tell
BLOCK = 4096

_BONE_LINE = re.compile(r"^[ \t]*([A-Za-z_]\S*)", re.MULTILINE)
_KEYWORD_LINE = re.compile(r"^[ \t]*[:#][^\n]*\n?", re.MULTILINE)


@dataclass
class _Bone:
    name: str
    direction: np.ndarray = field(default_factory=lambda: np.zeros(3))
    length: float = 0.0
    axis: np.ndarray = field(default_factory=lambda: np.zeros(3))
    axis_order: str = "XYZ"
    dof: tuple[str, ...] = ()
    parent: int = -1


@dataclass
class _Body:
    """An `.asf` file: its first bone is the root, which is a point."""

    bones: list[_Bone]
    inches: float  # what `length` in `:units` says: so many units are an inch
    radians: bool

    def place(self, name: str, path: Path) -> int:
        """Return the place of a bone."""
        for place, bone in enumerate(self.bones):
            if bone.name == name:
                return place
        raise MotionFileError(f"{path}: bone {name!r} is not in :bonedata")


def read_amc(path: Path, options: ReadOptions) -> Motion:
    """Return the motion of an `.amc` file with the skeleton of its `.asf` file.

    A joint has the name of its bone and lies at that bone's far end: `lfemur` is the left knee.

    Raises:
        MotionFileError: If the skeleton is not found, one of the two files is damaged, or they do not fit together.
    """
    asf = options.asf if options.asf is not None else find_asf(path)
    body = _parse_asf(asf)
    values, order, notes = _parse_amc(path, body)
    skeleton = Skeleton("asf:" + asf.stem, tuple(bone.name for bone in body.bones), tuple(b.parent for b in body.bones))
    joints = _place_joints(values, order, body)
    fps, more = choose_fps(options, path, told=None, assumed=CAPTURE_RATE)
    own = _own_unit(body, joints, skeleton)
    unit = own if options.unit is None else options.unit
    more = (*more, *note_overruled(options, unit=own))
    notes = (f"The skeleton is that of {asf.name}.", *notes, *more)
    return normalise_axes_and_units(joints, fps, skeleton, name=str(path), unit=unit, up=options.up, notes=notes)


def _own_unit(body: _Body, joints: np.ndarray, skeleton: Skeleton) -> float | None:
    """Return the metres in one unit as the skeleton file has it, if that makes a human of the body.

    Some files have a meaningless default.
    """
    if body.inches <= 0:
        return None
    told = 0.0254 / body.inches
    low, high = BELIEVED["cm"]
    return told if low < told * STATURE_OF_SPAN * body_span(joints[:1].astype(np.float64), skeleton) < high else None


def read_asf(path: Path, options: ReadOptions) -> Motion:
    """Refuse: an `.asf` file holds a skeleton and no motion.

    Raises:
        MotionFileError: Always.
    """
    raise MotionFileError(f"{path}: is a skeleton without motion; read the .amc files that belong to it")


def skeletons_beside(path: Path) -> list[Path]:
    """Return the skeleton files in the folder of a file, in the order of their names.

    Raises:
        OSError: If the folder cannot be listed.
    """
    return sorted(other for other in path.parent.iterdir() if other.suffix.lower() == ".asf")


def find_asf(path: Path) -> Path:
    """Return the skeleton file beside an `.amc` file: the one whose name begins its name, or the only one.

    Raises:
        MotionFileError: If there is none, or none fits.
    """
    try:
        beside = skeletons_beside(path)
    except OSError as error:
        raise MotionFileError(f"{path.parent}: cannot be listed: {error.strerror}") from None
    fitting = [
        file for file in beside if re.match(re.escape(file.stem) + r"($|[^0-9A-Za-z])", path.stem, re.IGNORECASE)
    ]
    if fitting:
        return max(fitting, key=lambda file: len(file.stem))
    if len(beside) == 1:
        return beside[0]
    what = (
        f"none of {', '.join(file.name for file in beside[:8])} begins its name"
        if beside
        else "there is none beside it"
    )
    raise MotionFileError(f"{path}: an .amc file needs the .asf file of its skeleton, and {what}; give asf (--asf)")


def _parse_asf(path: Path) -> _Body:
    """Return the bones of a skeleton file."""
    text, _ = decode(read_bytes(path, LARGEST // 16), path)
    sections: dict[str, list[list[str]]] = {}
    rows: list[list[str]] = []
    for line in text.splitlines():
        words = line.split("#", 1)[0].split()
        if words and words[0].startswith(":"):
            rows = sections.setdefault(words[0].lower(), [])
        elif words:
            rows.append(words)
    for needed in (":root", ":bonedata", ":hierarchy"):
        if needed not in sections:
            raise MotionFileError(f"{path}: has no {needed} section; expected an Acclaim skeleton")
    units = {row[0].lower(): row[-1].lower() for row in sections.get(":units", [])}
    radians = units.get("angle", "deg").startswith("rad")
    root = _Bone("root")
    for row in sections[":root"]:
        _set_property(root, row, path, radians)
    bones = [root]
    for row in sections[":bonedata"]:
        if row[0].lower() == "begin":
            bones.append(_Bone(""))
        elif row[0].lower() != "end" and len(bones) > 1:
            _set_property(bones[-1], row, path, radians)
        if len(bones) > MOST_JOINTS:
            raise MotionFileError(f"{path}: more than {MOST_JOINTS} bones; expected a body")
    names = [bone.name for bone in bones]
    if len(set(names)) < len(names) or "" in names:
        raise MotionFileError(f"{path}: a bone has no name, or two have the same")
    inches = _numbers([units["length"]], 1, path)[0] if "length" in units else 0.0
    body = _Body(bones, float(inches), radians)
    _set_parents(body, sections[":hierarchy"], path)
    return body


def _set_property(bone: _Bone, row: list[str], path: Path, radians: bool) -> None:
    """Set what one line of an `.asf` file says of a bone."""
    key, values = row[0].lower(), row[1:]
    if key == "name":
        bone.name = " ".join(values)
    elif key == "direction":
        bone.direction = _numbers(values, 3, path)
        size = np.linalg.norm(bone.direction)
        bone.direction = bone.direction / size if size > 0 else bone.direction
    elif key == "length":
        bone.length = float(_numbers(values, 1, path)[0])
    elif key in ("dof", "order"):
        bone.dof = tuple(value.lower() for value in values)
        allowed = ("rx", "ry", "rz", "tx", "ty", "tz")[: 6 if bone.name == "root" else 3]
        unknown = [value for value in bone.dof if value not in allowed]
        if unknown:
            raise MotionFileError(
                f"{path}: bone {bone.name!r} has the degree of freedom {unknown[0]!r}; "
                f"expected some of {', '.join(allowed)}"
            )
    elif key == "orientation":
        bone.axis = _numbers(values, 3, path) * (1.0 if radians else np.pi / 180)
    elif key == "axis":
        if len(values) == 4:
            bone.axis = _numbers(values[:3], 3, path) * (1.0 if radians else np.pi / 180)
        bone.axis_order = values[-1].upper() if values else ""
        if sorted(bone.axis_order) != ["X", "Y", "Z"]:
            raise MotionFileError(
                f"{path}: bone {bone.name!r} has {' '.join(row)!r}; expected axis, angles and an order"
            )


def _numbers(words: list[str], count: int, path: Path) -> np.ndarray:
    try:
        numbers = np.array(words[:count], dtype=np.float64)
    except ValueError:
        numbers = np.empty(0)
    if len(numbers) != count or not np.isfinite(numbers).all():
        raise MotionFileError(f"{path}: {' '.join(words)[:60]!r} stands where {count} numbers were expected")
    return numbers


def _set_parents(body: _Body, rows: list[list[str]], path: Path) -> None:
    """Give every bone the parent that the hierarchy names."""
    for row in rows:
        if row[0].lower() in ("begin", "end") and len(row) == 1:
            continue
        parent = body.place(row[0], path)
        for name in row[1:]:
            child = body.place(name, path)
            if child == 0 or body.bones[child].parent != -1:
                raise MotionFileError(f"{path}: bone {name!r} has two parents, or is the root and has one")
            body.bones[child].parent = parent
    loose = [bone.name for bone in body.bones[1:] if bone.parent == -1]
    if loose or len(parents_first([bone.parent for bone in body.bones])) < len(body.bones):
        raise MotionFileError(f"{path}: bone {(loose or ['root'])[0]!r} does not hang on the root; expected one tree")


def _parse_amc(path: Path, body: _Body) -> tuple[np.ndarray, list[int], tuple[str, ...]]:
    """Return the values (frame, value) in file order, the bones in file order, and notes.

    Every frame is its number and one line a bone. Names and numbers are parsed apart, all frames at once.
    """
    text, notes = decode(read_bytes(path), path)
    head = text[:4096].upper()
    radians = body.radians if ":RADIANS" not in head and ":DEGREES" not in head else ":RADIANS" in head
    text = _KEYWORD_LINE.sub("", text)
    names = _BONE_LINE.findall(text)
    first = re.search(r"^[ \t]*\d+[ \t\r]*$", text, re.MULTILINE)
    if first is None or not names:
        raise MotionFileError(f"{path}: has no frames; expected a number and then one line for each bone")
    second = re.search(r"^[ \t]*\d+[ \t\r]*$", text[first.end() :], re.MULTILINE)
    pattern = _BONE_LINE.findall(text[first.end() :][: second.start()] if second else text[first.end() :])
    if len(set(pattern)) < len(pattern) or not pattern:
        raise MotionFileError(f"{path}: frame 1 names no bone, or one twice")
    order = [body.place(name, path) for name in pattern]
    width = 1 + sum(len(body.bones[bone].dof) for bone in order)
    frames, cut = _whole_frames(text, names, pattern, width, path)
    values = frames[:, 1:]
    angles = [value.startswith("r") for bone in order for value in body.bones[bone].dof]
    if not radians:
        values[:, angles] *= np.pi / 180
    return values, order, (*notes, *cut)


def _whole_frames(
    text: str, names: list[str], pattern: list[str], width: int, path: Path
) -> tuple[np.ndarray, tuple[str, ...]]:
    """Return the numbers (frame, number), the frame's own number first, without a partial last frame."""
    body = _BONE_LINE.sub("", text)
    try:
        numbers = parse_numbers(body)
    except ValueError:
        # A cut in the middle of a number: leave out the last line.
        try:
            numbers = parse_numbers(body.rstrip().rpartition("\n")[0])
        except ValueError:
            raise MotionFileError(f"{path}: holds something that is neither a bone's name nor a number") from None
    whole = min(len(numbers) // width, len(names) // len(pattern))
    extra = len(names) - whole * len(pattern)
    if whole == 0 or len(numbers) - whole * width >= width or extra > len(pattern):
        raise MotionFileError(f"{path}: the frames do not have the {width - 1} values of the skeleton's bones")
    if names != (pattern * (whole + 2))[: len(names)]:
        raise MotionFileError(f"{path}: the frames do not all name the same bones in the same order")
    frames = numbers[: whole * width].reshape(whole, width)
    if (np.diff(frames[:, 0]) != 1).any() or not np.isfinite(frames).all():
        bad = int(np.argmax(np.append(np.diff(frames[:, 0]) != 1, True)))
        raise MotionFileError(
            f"{path}: something is wrong after frame {bad + 1}: a value is missing, or is not a finite number"
        )
    cut = len(numbers) > whole * width or extra > 0
    return frames, ("The last frame is cut off and left out.",) if cut else ()


def _place_joints(values: np.ndarray, order: list[int], body: _Body) -> np.ndarray:
    """Return global joint positions (frame, joint, 3), float32, in the file's unit."""
    first_value, place = {}, 0
    for bone in order:
        first_value[bone] = place
        place += len(body.bones[bone].dof)
    parents = [bone.parent for bone in body.bones]
    result = np.empty((len(values), len(parents), 3), dtype=FLOAT)
    for first in range(0, len(values), BLOCK):
        block = values[first : first + BLOCK]
        rotations = np.empty((3, 3, len(parents), len(block)))
        moves = np.empty((3, len(parents), len(block)))
        for place, bone in enumerate(body.bones):
            dof = bone.dof if place in first_value else ()
            given = block[:, first_value.get(place, 0) :][:, : len(dof)]
            turn = [index for index, kind in enumerate(dof) if kind[0] == "r"]
            # Acclaim applies the first axis first; a product of matrices on column vectors has it last.
            motion = euler_to_matrix(given[:, turn[::-1]], "".join(dof[index][1].upper() for index in turn[::-1]))
            axis = euler_to_matrix(bone.axis[::-1], bone.axis_order[::-1])
            local = axis @ motion @ axis.T
            rotations[:, :, place] = np.moveaxis(local, 0, 2)
            # The joint is at the far end, so the bone's own rotation moves it already.
            moves[:, place] = (local @ (bone.direction * bone.length)).T
            for index, kind in enumerate(dof):
                if kind[0] == "t":
                    moves["xyz".index(kind[1]), place] += given[:, index]
        with np.errstate(over="ignore", invalid="ignore"):  # absurd values are refused where units are found
            result[first : first + BLOCK] = forward_kinematics(
                rotations.transpose(3, 2, 0, 1), moves.transpose(2, 1, 0), parents
            )
    return result
