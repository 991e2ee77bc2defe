"""Writing: a motion as BVH, its rotations solved from the joint positions, or as Kimodo's NPZ."""

import io
from collections.abc import Sequence
from pathlib import Path

import numpy as np

from tmr.errors import MotionFileError
from tmr.files import replacing
from tmr.motion.formats.skeletons import KNOWN, known_skeleton
from tmr.motion.motion import Motion
from tmr.motion.rotation import fit_rotation, forward_kinematics, matrix_to_euler, parents_first, rotation_between
from tmr.motion.units import UNITS

RIGID = 1e-3  # metres that joints may be off after their bones are made rigid
ORDER = "ZYX"


def write_bvh(path: str | Path, motion: Motion, *, unit: str = "cm") -> None:
    """Write a motion as BVH; read back, every joint is where it was to a tenth of a millimetre.

    Args:
        path: The file to write; it appears whole or not at all.
        motion: Bones must not change their length.
        unit: The unit of lengths in the file, a name of `tmr.motion.units.UNITS`.

    Raises:
        MotionFileError: If the motion is not rigid, the unit is unknown, or the file cannot be written.
    """
    if unit not in UNITS:
        raise MotionFileError(f"unit {unit!r} is unknown; expected one of {', '.join(UNITS)}")
    rest, rotations = solve_rotations(motion)
    scale, parents = UNITS[unit], motion.skeleton.parents
    lines, order = ["HIERARCHY"], []
    for root in (joint for joint, parent in enumerate(parents) if parent == -1):
        _write_joint(motion, rest / scale, root, lines, order)
    angles = np.rad2deg(matrix_to_euler(rotations, ORDER))
    columns = []
    for joint in order:
        if parents[joint] == -1:
            columns.append(motion.joints[:, joint] / scale)
        columns.append(angles[:, joint])
    rows = np.concatenate(columns, axis=1)
    lines += ["MOTION", f"Frames: {len(rows)}", f"Frame Time: {1 / motion.fps:.10g}"]
    row_format = " ".join(["%.6f"] * rows.shape[1])
    lines += [row_format % tuple(row) for row in rows.tolist()]
    _write_whole(Path(path), ("\n".join(lines) + "\n").encode())


def write_npz(path: str | Path, motion: Motion, text: str | Sequence[str] | None = None) -> None:
    """Write a motion as NPZ: Kimodo's `posed_joints`, `fps` and `text`; with `names` and `parents` for other bodies.

    Args:
        path: The file to write; it appears whole or not at all.
        motion: Any motion.
        text: What the motion shows, a sentence or several.

    Raises:
        MotionFileError: If the file cannot be written.
    """
    skeleton = motion.skeleton
    arrays: dict[str, np.ndarray] = {"fps": np.float64(motion.fps)}  # pyright: ignore[reportAssignmentType]
    if skeleton.name in KNOWN and skeleton == known_skeleton(skeleton.name, str(path)):
        arrays["posed_joints"] = motion.joints
    else:
        arrays |= {"joints": motion.joints, "names": np.array(skeleton.joints), "parents": np.array(skeleton.parents)}
    if text is not None:
        arrays["text"] = np.array(text)
    buffer = io.BytesIO()
    np.savez_compressed(buffer, allow_pickle=False, **arrays)
    _write_whole(Path(path), buffer.getvalue())


def solve_rotations(motion: Motion) -> tuple[np.ndarray, np.ndarray]:
    """Return a rest pose (joint, 3) and the local rotations (frame, joint, 3, 3) that give the motion's positions.

    The rest pose is the skeleton's where the motion has its proportions, else the pose of the first frame. A joint with
    children in several directions is turned by the best fit to them; with one, by the smallest turn, so without twist.

    Raises:
        MotionFileError: If the bones are not rigid.
    """
    worst = (np.inf, 0)
    for rest in (motion.skeleton.rest, motion.joints[0]):
        if rest is None:
            continue
        rest = rest.astype(np.float64)
        rotations = _turn_rest(rest, motion)
        moves = np.repeat((rest - rest[list(motion.skeleton.parents)])[None], motion.num_frames, axis=0)
        roots = [joint for joint, parent in enumerate(motion.skeleton.parents) if parent == -1]
        moves[:, roots] = motion.joints[:, roots]
        placed = forward_kinematics(rotations, moves, motion.skeleton.parents)
        error = np.abs(placed - motion.joints).max((0, 2))
        worst = (float(error.max()), int(error.argmax()))
        if worst[0] <= RIGID:
            return rest, rotations
    raise MotionFileError(
        f"{motion.name or 'the motion'}: is not rigid, joint {motion.skeleton.joints[worst[1]]!r} would be off by "
        f"{worst[0]:.3g} m; in a BVH file the children of a joint keep their places to it: write .npz instead"
    )


def _turn_rest(rest: np.ndarray, motion: Motion) -> np.ndarray:
    """Return the local rotations that bring the rest pose closest to each frame."""
    parents, frames = motion.skeleton.parents, motion.num_frames
    joints = motion.joints.astype(np.float64)
    world = np.empty((frames, len(parents), 3, 3))
    local = np.empty_like(world)
    for joint in parents_first(parents):
        above = np.broadcast_to(np.eye(3), (frames, 3, 3)) if parents[joint] == -1 else world[:, parents[joint]]
        offsets = {
            child: rest[child] - rest[joint]
            for child, parent in enumerate(parents)
            if parent == joint and np.linalg.norm(rest[child] - rest[joint]) > 1e-9
        }
        world[:, joint] = above
        if offsets:
            start = np.array(list(offsets.values()))
            end = joints[:, list(offsets)] - joints[:, joint, None]
            sizes = np.linalg.svd(start, compute_uv=False)
            if len(sizes) > 1 and sizes[1] > 0.02 * sizes[0]:
                world[:, joint] = fit_rotation(start, end)
            else:
                longest = int(np.linalg.norm(start, axis=1).argmax())
                turned = np.ascontiguousarray(above @ start[longest])
                world[:, joint] = rotation_between(turned, np.ascontiguousarray(end[:, longest])) @ above
        local[:, joint] = np.swapaxes(above, 1, 2) @ world[:, joint]
    return local


def _write_joint(motion: Motion, rest: np.ndarray, root: int, lines: list[str], order: list[int]) -> None:
    """Append the lines of a joint and all below it, and the joints in the order of their channels."""
    parents = motion.skeleton.parents
    waiting: list[tuple[int, int]] = [(root, 0)]  # a joint and its depth; ~joint closes its brace
    while waiting:
        joint, depth = waiting.pop()
        tab = "\t" * depth
        if joint < 0:
            lines.append(tab + "}")
            continue
        order.append(joint)
        is_root = parents[joint] == -1
        name = "".join("_" if letter in "{}\r\n\t" else letter for letter in motion.skeleton.joints[joint])
        offset = rest[joint] if is_root else rest[joint] - rest[parents[joint]]
        turns = " ".join(f"{axis}rotation" for axis in ORDER)
        channels = f"6 Xposition Yposition Zposition {turns}" if is_root else f"3 {turns}"
        lines += [f"{tab}{'ROOT' if is_root else 'JOINT'} {name}", tab + "{"]
        lines += [f"{tab}\tOFFSET {offset[0]:.6f} {offset[1]:.6f} {offset[2]:.6f}", f"{tab}\tCHANNELS {channels}"]
        children = [child for child, parent in enumerate(parents) if parent == joint]
        if not children:
            lines += [f"{tab}\tEnd Site", tab + "\t{", f"{tab}\t\tOFFSET 0.000000 0.000000 0.000000", tab + "\t}"]
        waiting.append((~joint, depth))
        waiting.extend((child, depth + 1) for child in reversed(children))


def _write_whole(path: Path, content: bytes) -> None:
    """Write a file so that it is there whole or not at all."""
    try:
        with replacing(path) as new:
            new.write_bytes(content)
    except (OSError, ValueError) as error:
        reason = error.strerror if isinstance(error, OSError) else error
        raise MotionFileError(f"{path}: cannot be written: {reason}") from None
