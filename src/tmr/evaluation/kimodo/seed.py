"""BONES-SEED: the benchmark's ground-truth motions and constraints, cut from its BVH files."""

import io
import os
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np
from jaxtyping import Bool, Float

from tmr.errors import DatasetError, MotionFileError, SkeletonError
from tmr.evaluation.kimodo.measure import FPS
from tmr.evaluation.kimodo.pose import local_rotations
from tmr.evaluation.kimodo.smooth import smooth_root
from tmr.evaluation.kimodo.storage import write_atomically, write_json
from tmr.evaluation.kimodo.testcases import (
    CONSTRAINTS,
    GROUND_TRUTH,
    SEED_CONSTRAINTS,
    SEED_MOTION,
    discover_seed_cases,
    read_json,
)
from tmr.evaluation.quality import CONTACT_HEIGHT, CONTACT_SPEED, find_feet
from tmr.evaluation.result import LeftOut
from tmr.motion.formats.bvh import read_bvh
from tmr.motion.formats.options import ReadOptions
from tmr.motion.motion import Motion
from tmr.motion.resample import resample
from tmr.motion.rotation import yaw_to_matrix
from tmr.motion.skeleton import FLOAT, built_in_skeleton
from tmr.search.report import Progress, ShowProgress

_SAME = 0.002  # metres by which a bone may differ from SOMA's; actors differ by centimetres
_SLACK = 2  # frames by which a crop may end after the motion, from rounding


@dataclass(frozen=True, eq=False)
class Take:
    """A whole BVH file on SOMA-77 at 30 fps, in metres, y up.

    Args:
        joints: Global joint positions.
        smooth: The smooth root; its height is that of the hips.
        heading: Where the body faces, radians about y, zero towards +z.
        contacts: Of left ankle, left toe, right ankle, right toe with the floor.
    """

    joints: Float[np.ndarray, "frame 77 3"]
    smooth: Float[np.ndarray, "frame 3"]
    heading: Float[np.ndarray, " frame"]
    contacts: Bool[np.ndarray, "frame 4"]


def build_ground_truth(
    suite: Path,
    seed: Path,
    output: Path | None = None,
    *,
    only: Sequence[str] = (),
    force: bool = False,
    show_progress: ShowProgress | None = None,
) -> tuple[int, list[LeftOut]]:
    """Write `gt_motion.npz` and `constraints.json` of a test suite's cases from the BVH files of BONES-SEED.

    Each file is read once for all cases that are cut from it; a case that has its ground truth already is not touched.

    Args:
        suite: The test suite; `seed_motion.json` tells a case's file and frames, `seed_constraints.json` what is
            constrained when.
        seed: The folder of BONES-SEED that holds `bvh/`, or that folder; of the bodies of one shape, `soma_uniform`.
        output: Where the files go, in the same places; None is the suite itself.
        only: Patterns of which a case's name must match one; empty takes all.
        force: Write also what is there.
        show_progress: Called after each case.

    Returns:
        How many cases were written, and those that could not be.

    Raises:
        DatasetError: If the suite or the folder is missing, or the suite has no such cases.
    """
    if not seed.is_dir():
        raise DatasetError(f"there is no folder {str(seed)!r}; expected BONES-SEED's BVH files, such as soma_uniform/")
    cases = discover_seed_cases(suite, only)
    places = {name: (suite if output is None else output) / folder.relative_to(suite) for name, folder in cases}
    wanted = [(name, folder) for name, folder in cases if force or not _is_built(folder, places[name])]
    left_out: list[LeftOut] = []
    by_file: dict[Path, list[tuple[str, Path, tuple[int, int]]]] = {}
    for name, folder in wanted:
        try:
            path, crop = _read_seed_motion(folder / SEED_MOTION, seed)
            by_file.setdefault(path, []).append((name, folder, crop))
        except DatasetError as error:
            left_out.append(LeftOut(name, str(error).replace(f"{folder}{os.sep}", "")))
    done, start = len(cases) - len(wanted) + len(left_out), time.monotonic()
    for path, rows in by_file.items():
        for left in _cut_all(path, rows, places):
            done += 1
            left_out += [left] if left is not None else []
            if show_progress is not None:
                show_progress(Progress(done, len(cases), len(left_out), time.monotonic() - start))
    return len(wanted) - len(left_out), left_out


def read_take(path: Path) -> Take:
    """Return a BVH file of BONES-SEED.

    Only the joints' positions are used: with one body for all files they are what the reference's rotations give.

    Raises:
        MotionFileError: If the file cannot be read.
        SkeletonError: If it has not SOMA's 77 joints and bones.
    """
    skeleton = built_in_skeleton("somaskel77")
    motion = read_bvh(path, ReadOptions(unit="cm", up="y", keep_setup=True))
    missing = [joint for joint in skeleton.joints if joint not in motion.skeleton.joints]
    if missing:
        raise SkeletonError(f"{path.name}: has no joint {missing[0]!r}; expected the 77 joints of SOMA")
    order = [motion.skeleton.index(joint) for joint in skeleton.joints]
    motion = resample(Motion(motion.joints[:, order], motion.fps, skeleton), FPS)
    joints = motion.joints.astype(np.float64)
    _check_bones(joints[0], path.name)
    left, right = skeleton.index("LeftLeg"), skeleton.index("RightLeg")
    across = joints[:, right] - joints[:, left]
    smooth = joints[:, 0].copy()
    smooth[:, [0, 2]] = smooth_root(joints[:, 0][:, [0, 2]])
    feet = joints[:, list(find_feet(skeleton))]
    speed = np.linalg.norm(np.diff(feet, axis=0), axis=-1) * FPS
    speed = np.concatenate([speed, speed[-1:]]) if len(speed) else np.full(feet.shape[:2], np.inf)
    contacts = (speed < CONTACT_SPEED) & (feet[..., 1] < CONTACT_HEIGHT)
    return Take(joints, smooth, np.arctan2(across[:, 2], -across[:, 0]), contacts)


def cut_take(take: Take, first: int, end: int) -> dict[str, np.ndarray]:
    """Return a part of a take as the benchmark's ground truth: from the origin, facing +z.

    Args:
        take: The take.
        first: Its first frame, at 30 fps.
        end: The frame after its last.

    Returns:
        The arrays of `gt_motion.npz`, float32: `posed_joints`, `root_positions`, `smooth_root_pos`, `foot_contacts` and
        `global_root_heading` (cosine, sine). Kimodo's rotations are not among them: nothing here measures them.

    Raises:
        DatasetError: If the take has not these frames.
    """
    if not 0 <= first < end <= len(take.joints) + _SLACK or first >= len(take.joints):
        raise DatasetError(
            f"frames {first} to {end} are to be cut from a motion of {len(take.joints)} frames at 30 fps"
        )
    turn = yaw_to_matrix(-take.heading[[first]])[0]
    origin = take.smooth[first] * [1, 0, 1]
    joints, smooth = (take.joints[first:end] - origin) @ turn.T, (take.smooth[first:end] - origin) @ turn.T
    heading = take.heading[first:end] - take.heading[first]
    arrays = {
        "posed_joints": joints,
        "root_positions": joints[:, 0],
        "smooth_root_pos": smooth,
        "foot_contacts": take.contacts[first:end],
        "global_root_heading": np.stack([np.cos(heading), np.sin(heading)], axis=-1),
    }
    return {name: array.astype(FLOAT) for name, array in arrays.items()}


def fill_constraints(seeds: Any, truth: dict[str, np.ndarray], where: str) -> list[dict[str, Any]]:
    """Return the content of `constraints.json`: the kinds and frames of `seed_constraints.json`, with their targets.

    The rotations put every joint where it is. That of a joint with a single bone, a foot say, is known but for a turn
    about this bone, which no position tells; the smallest is taken. The reference's files have the recorded turn.

    Args:
        seeds: What `seed_constraints.json` holds.
        truth: What `cut_take` returns.
        where: The file, for messages.

    Raises:
        DatasetError: If an entry is no such constraint or lies outside the motion.
    """
    if not isinstance(seeds, list):
        raise DatasetError(f"{where}: holds a {type(seeds).__name__}; expected a list of constraints")
    filled = []
    for place, entry in enumerate(seeds):
        frames = entry.get("frame_indices") if isinstance(entry, dict) else None
        count = len(truth["posed_joints"])
        if not isinstance(frames, list) or not all(type(frame) is int and 0 <= frame < count for frame in frames):
            raise DatasetError(f"{where}: constraint {place} has no frame_indices from 0 to {count - 1}")
        new = {**entry, "smooth_root_2d": truth["smooth_root_pos"][frames][:, [0, 2]].tolist()}
        if entry.get("type") != "root2d":
            joints = truth["posed_joints"][frames].astype(np.float64)
            new["local_joints_rot"] = local_rotations(joints, built_in_skeleton("somaskel77")).tolist()
            new["root_positions"] = truth["root_positions"][frames].tolist()
        elif entry.get("use_global_orient", False):
            new["global_root_heading"] = truth["global_root_heading"][frames].tolist()
        filled.append(new)
    return filled


def _is_built(folder: Path, place: Path) -> bool:
    """Return whether a case has all that is built here."""
    needed = [GROUND_TRUTH] + [CONSTRAINTS] * (folder / SEED_CONSTRAINTS).is_file()
    return all((place / file).is_file() or (folder / file).is_file() for file in needed)


def _cut_all(
    path: Path, rows: Sequence[tuple[str, Path, tuple[int, int]]], places: dict[str, Path]
) -> Iterator[LeftOut | None]:
    """Write the cases of one BVH file; give for each why it could not be, or None."""
    try:
        take = read_take(path)
    except (MotionFileError, SkeletonError) as error:
        yield from (LeftOut(name, str(error).replace(f"{path.parent}{os.sep}", "")) for name, _, _ in rows)
        return
    for name, folder, crop in rows:
        try:
            truth = cut_take(take, *crop)
            constraints = folder / SEED_CONSTRAINTS
            if constraints.is_file():
                filled = fill_constraints(read_json(constraints), truth, SEED_CONSTRAINTS)
                write_json(places[name] / CONSTRAINTS, filled)
        except DatasetError as error:
            yield LeftOut(name, str(error).replace(f"{folder}{os.sep}", ""))
            continue
        content = io.BytesIO()
        np.savez(content, allow_pickle=False, **truth)
        write_atomically(places[name] / GROUND_TRUTH, content.getvalue())
        yield None


def _read_seed_motion(path: Path, seed: Path) -> tuple[Path, tuple[int, int]]:
    """Return the BVH file and the frames at 30 fps that a `seed_motion.json` names."""
    raw = read_json(path)
    try:
        written = PurePosixPath(raw["bvh_path"])
        first, end = raw["crop_start_frame_index"], raw["crop_end_frame_index"]
    except (TypeError, KeyError) as error:
        raise DatasetError(f"{path}: has no {error}; expected bvh_path and the crop's first and end frame") from None
    if type(first) is not int or type(end) is not int or written.is_absolute() or ".." in written.parts:
        raise DatasetError(
            f"{path}: names frames {first!r} to {end!r} of {str(written)!r}; expected frames of a file below"
        )
    below = PurePosixPath(*written.parts[1:]) if written.parts[0].lower() == "bvh" else written
    for folder in ("bvh", "BVH", "."):
        if (file := seed / folder / below).is_file():
            return file, (first, end)
    raise DatasetError(f"{path}: there is no {below} in the folder of BONES-SEED")


def _check_bones(joints: Float[np.ndarray, "77 3"], name: str) -> None:
    """Raise if a bone has not SOMA's length."""
    skeleton = built_in_skeleton("somaskel77")
    if skeleton.rest is None:
        raise SkeletonError("SOMA-77 has no rest pose")
    parents = np.maximum(skeleton.parents, 0)
    lengths = np.linalg.norm(joints - joints[parents], axis=-1)
    off = np.abs(lengths - np.linalg.norm(skeleton.rest - skeleton.rest[parents], axis=-1))
    worst = int(off.argmax())
    if off[worst] > _SAME:
        raise SkeletonError(
            f"{name}: the bone to {skeleton.joints[worst]} is {off[worst] * 100:.1f} cm off SOMA's; the benchmark is "
            "cut from bodies of one shape, BONES-SEED's soma_uniform"
        )
