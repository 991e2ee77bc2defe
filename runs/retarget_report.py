"""Write docs/retargeting.md: source and retargeted skeletons side by side, and how far they differ over all clips.

python runs/retarget_report.py --data ../shared/data --samples ../shared/samples --out docs
"""

import argparse
import importlib.util
import time
from collections import defaultdict
from pathlib import Path

import matplotlib
import numpy as np

from tmr.errors import TMRError
from tmr.motion.body import SIDES, SOMA, Source
from tmr.motion.formats import read_motion
from tmr.motion.ground import ANKLE_HEIGHT, find_ground
from tmr.motion.handedness import has_left_handed_axes
from tmr.motion.motion import Motion
from tmr.motion.naming import read_names
from tmr.motion.resample import resample
from tmr.motion.retarget import FPS, retarget
from tmr.motion.roles import find_roles
from tmr.motion.skeleton import Skeleton

matplotlib.use("Agg")
from matplotlib import pyplot as plt  # the backend has to be chosen first

PACKS = ("cmu", "hdm05", "ad_head", "bandai")
SOMA_ROLES = find_roles(SOMA)
LIMBS = {
    "upper arm": ("shoulder", "elbow"),
    "forearm": ("elbow", "wrist"),
    "thigh": ("hip", "knee"),
    "shin": ("knee", "ankle"),
    "foot": ("ankle", "toe"),
}
COLORS = {"left": "tab:red", "right": "tab:blue", "": "black"}
FRAMES_SHOWN = 4
SAMPLES_A_PICTURE = 7


def main() -> None:
    """Measure all clips, draw all samples, write the page."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, required=True, help="folder with the packs and mocap_pack.py")
    parser.add_argument("--samples", type=Path, required=True, help="folder with one real file of each format")
    parser.add_argument("--out", type=Path, required=True, help="folder for retargeting.md and images/")
    options = parser.parse_args()
    pictures = draw_samples(options.samples, options.out / "images")
    groups, failures, speed = measure_packs(options.data)
    template = Path(__file__).with_name("retarget_report.md").read_text(encoding="utf-8")
    page = template.replace("{pictures}", pictures).replace("{table}", table(groups)).replace("{speed}", speed)
    page = page.replace("{failures}", "none" if not failures else "; ".join(failures))
    (options.out / "retargeting.md").write_text(page, encoding="utf-8")


def angles(first: np.ndarray, second: np.ndarray) -> np.ndarray:
    """Return the angles between vectors, in degrees."""
    dot = np.einsum("ti,ti->t", first, second)
    return np.degrees(np.arctan2(np.linalg.norm(np.cross(first, second), axis=1), dot))


def measure(motion: Motion) -> dict[str, np.ndarray]:
    """Return what retargeting changes, a value a frame: angles in degrees, speeds in m/s, heights in metres."""
    roles = find_roles(motion.skeleton, motion.joints)
    result = retarget(motion)
    source = Source(resample(motion, FPS).joints.astype(np.float64), roles)
    output = Source(result.joints.astype(np.float64), SOMA_ROLES)
    # The first frame may have been replaced (a stray T-pose), so it is not compared.
    rest = slice(1, None) if result.num_frames > 1 else slice(None)
    values: dict[str, list[np.ndarray]] = defaultdict(list)
    for limb, (start, end) in LIMBS.items():
        for side in SIDES:
            if f"{side}_{start}" in source and f"{side}_{end}" in source:
                bones = [body[f"{side}_{end}"][rest] - body[f"{side}_{start}"][rest] for body in (source, output)]
                values[limb].append(angles(*bones))
    values["trunk"].append(angles((source.neck - source.hips)[rest], (output.neck - output.hips)[rest]))
    if "head" in source:
        values["neck"].append(angles((source["head"] - source.neck)[rest], (output["head"] - output.neck)[rest]))
    ground = find_ground(source, FPS)
    for side in SIDES:
        before, after = source[f"{side}_ankle"][rest], output[f"{side}_ankle"][rest]
        expected = ground.foot_height(before[:, 1])
        speeds = [
            FPS * np.hypot(*np.diff(foot[:, [0, 2]], axis=0).T) * size
            for foot, size in ((before, ground.scale), (after, 1.0))
        ]
        contact = (expected[1:] < ANKLE_HEIGHT + 0.03) & (speeds[0] < 0.4)
        values["skate before"].append(speeds[0][contact])
        values["skate after"].append(speeds[1][contact])
        values["contact height"].append(np.abs(after[1:, 1] - expected[1:])[contact])
    values["lowest"].append(result.joints[..., 1].min(axis=1))
    return {name: np.concatenate(parts) for name, parts in values.items()}


def measure_packs(data: Path) -> tuple[dict[str, dict[str, np.ndarray]], list[str], str]:
    """Return the measures by pack and skeleton, what failed, and how long retargeting took."""
    spec = importlib.util.spec_from_file_location("mocap_pack", data / "mocap_pack.py")
    if spec is None or spec.loader is None:
        raise SystemExit(f"{data} has no mocap_pack.py")
    reader = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(reader)
    collected: dict[str, dict[str, list[np.ndarray]]] = defaultdict(lambda: defaultdict(list))
    failures, seconds, frames = [], 0.0, 0
    for pack in PACKS:
        for clip in reader.read_pack(data / f"{pack}.npz"):
            skeleton = Skeleton(pack, tuple(clip.names), tuple(clip.parents))
            motion = Motion(clip.joints, clip.fps, skeleton, clip.id)
            try:
                begin = time.process_time()
                result = retarget(motion)
                seconds, frames = seconds + time.process_time() - begin, frames + result.num_frames
                measures = measure(motion)
            except TMRError as error:
                failures.append(f"{clip.id}: {error}")
                continue
            group = collected[f"{pack}, {len(clip.names)} joints ({clip.names[0]} …)"]
            for name, values in measures.items():
                group[name].append(values)
            group["clips"].append(np.ones(1))
            group["replaced"].append(np.array([float(any("first frame" in note for note in result.notes))]))
            mirrored = has_left_handed_axes(
                Source(motion.joints * np.float32([-1, 1, 1]), find_roles(skeleton, motion.joints))
            )
            group["told"].append(np.array([float(mirrored)]))
            group["turned"].append(np.array([float(any("left-handed" in note for note in result.notes))]))
    speed = f"{1e3 * seconds / frames * 300:.1f} ms for 300 frames ({frames} frames in {seconds:.0f} s of one core)"
    return (
        {key: {name: np.concatenate(v) for name, v in group.items()} for key, group in collected.items()},
        failures,
        speed,
    )


def table(groups: dict[str, dict[str, np.ndarray]]) -> str:
    """Return the Markdown tables of the measures."""
    heads = (
        "clips of",
        "number",
        "skate before",
        "after",
        "contact off: mean, most",
        "lowest, 1 %",
        "first replaced",
    )
    lines = [f"| {' | '.join(heads)} |", "|---" * len(heads) + "|"]
    for key, group in groups.items():
        cells = (
            key,
            str(len(group["clips"])),
            f"{group['skate before'].mean():.4f} m/s",
            f"{group['skate after'].mean():.4f} m/s",
            f"{1e3 * group['contact height'].mean():.2f} mm, {1e3 * group['contact height'].max():.0f} mm",
            f"{1e2 * np.quantile(group['lowest'], 0.01):.1f} cm",
            str(int(group["replaced"].sum())),
        )
        lines.append(f"| {' | '.join(cells)} |")
    parts = [*LIMBS, "trunk", "neck"]
    lines += [
        "",
        f"| direction error in degrees: median / 95 % / largest | {' | '.join(parts)} |",
        "|---" * (len(parts) + 1) + "|",
    ]
    for key, group in groups.items():
        cells = [
            "/".join(f"{value:.1f}" for value in (*np.quantile(group[part], [0.5, 0.95]), group[part].max()))
            if part in group
            else "–"
            for part in parts
        ]
        lines.append(f"| {key} | {' | '.join(cells)} |")
    total = sum(len(group["clips"]) for group in groups.values())
    told = int(sum(group["told"].sum() for group in groups.values()))
    turned = int(sum(group["turned"].sum() for group in groups.values()))
    lines += ["", f"Taken for left-handed axes: {turned} of the {total} clips, and {told} of them mirrored on purpose."]
    return "\n".join(lines)


def draw_samples(samples: Path, images: Path) -> str:
    """Draw every sample file, and return the Markdown that shows the pictures."""
    images.mkdir(parents=True, exist_ok=True)
    files = sorted(path for path in samples.rglob("*") if path.suffix in (".bvh", ".amc", ".npy", ".npz"))
    shown = []
    for number, start in enumerate(range(0, len(files), SAMPLES_A_PICTURE), 1):
        part = files[start : start + SAMPLES_A_PICTURE]
        figure, axes = plt.subplots(len(part), 2 * FRAMES_SHOWN, figsize=(15, 2.4 * len(part)), squeeze=False)
        for row, path in zip(axes, part, strict=True):
            draw_motion(row, read_motion(path), path.relative_to(samples).as_posix())
        figure.subplots_adjust(0.005, 0.005, 0.995, 0.97, 0, 0.08)
        name = f"retarget_{number}.png"
        figure.savefig(images / name, dpi=60)
        plt.close(figure)
        shown.append(f"![source and retargeted, part {number}](images/{name})")
    return "\n\n".join(shown)


def draw_motion(row: np.ndarray, motion: Motion, title: str) -> None:
    """Draw a few frames of a motion, the source on the left of each pair, seen from the front left."""
    roles = find_roles(motion.skeleton, motion.joints)
    result = retarget(motion)
    source = resample(motion, FPS)
    body = Source(source.joints.astype(np.float64), roles)
    ground = find_ground(body, FPS)
    if has_left_handed_axes(body):
        source.joints[..., 0] *= -1
    scaled = ground.scale * (source.joints - [0, ground.floor, 0])
    frames = np.linspace(0, result.num_frames - 1, FRAMES_SHOWN + 2).round().astype(int)[1:-1]
    for place, frame in enumerate(frames):
        line = scaled[frame, roles["left_hip"]] - scaled[frame, roles["right_hip"]]
        left = line * [1, 0, 1] / max(float(np.hypot(line[0], line[2])), 1e-9)
        across = 0.75 * left - 0.66 * np.cross(left, [0, 1, 0])
        pairs = ((scaled[frame], motion.skeleton, roles["hips"]), (result.joints[frame], SOMA, 0))
        for axis, pair in zip(row[2 * place : 2 * place + 2], pairs, strict=True):
            draw_skeleton(axis, *pair, across)
        row[2 * place].set_title(f"{frame / FPS:.1f} s", fontsize=8)
        row[2 * place + 1].set_title("SOMA-30", fontsize=8)
    row[0].text(0.02, 0.97, title, fontsize=8, transform=row[0].transAxes, va="top")


def draw_skeleton(axis: plt.Axes, joints: np.ndarray, skeleton: Skeleton, hips: int, across: np.ndarray) -> None:
    """Draw one pose, left red and right blue, on a grey floor line; a root above the hips is left out."""
    center = joints.mean(axis=0)
    x = (joints - center) @ across
    for name, joint, parent in zip(read_names(skeleton.joints), range(len(joints)), skeleton.parents, strict=True):
        if parent >= 0 and joint != hips:
            axis.plot(x[[joint, parent]], joints[[joint, parent], 1], "-", color=COLORS[name.side], lw=1.4)
    axis.axhline(0, color="0.7", lw=0.8)
    axis.set(xlim=(-1, 1), ylim=(-0.15, 2.1), aspect="equal")
    axis.axis("off")


if __name__ == "__main__":
    main()
