"""Small synthetic motion files of every format, for the tests of the readers."""

import numpy as np

from tmr.motion.skeleton import built_in_skeleton

# name, parent, offset in centimetres, channels; an upright body of 1.7 m that has all kinds of channels
BODY = [
    ("Hips", None, (0, 0, 0), "Xposition Yposition Zposition Zrotation Yrotation Xrotation"),
    ("Spine", "Hips", (0, 20, 0), "Zrotation Xrotation Yrotation"),
    ("Head", "Spine", (0, 45, 0), "Yrotation"),
    ("LeftArm", "Spine", (18, 30, 0), "Xposition Yposition Zposition Yrotation Zrotation Xrotation"),
    ("LeftHand", "LeftArm", (60, 0, 0), "Xrotation Yrotation Zrotation"),
    ("RightArm", "Spine", (-18, 30, 0), "Yrotation Zrotation Xrotation"),
    ("RightHand", "RightArm", (-60, 0, 0), "Xrotation Yrotation Zrotation"),
    ("LeftLeg", "Hips", (10, -5, 0), "Zrotation Yrotation Xrotation"),
    ("LeftFoot", "LeftLeg", (0, -85, 0), "Zrotation Yrotation Xrotation"),
    ("RightLeg", "Hips", (-10, -5, 0), "Zrotation Yrotation Xrotation"),
    ("RightFoot", "RightLeg", (0, -85, 0), "Zrotation Yrotation Xrotation"),
]
ENDS = {
    "Head": (0, 20, 0),
    "LeftHand": (9, 0, 0),
    "RightHand": (-9, 0, 0),
    "LeftFoot": (0, -5, 12),
    "RightFoot": (0, 0, 0),
}


def bvh_frames(num_frames: int = 6) -> np.ndarray:
    """Return channels (frame, channel): small turns, the hips at 95 cm, the left arm's own position near its offset."""
    num_channels = sum(len(channels.split()) for _, _, _, channels in BODY)
    frames = np.cumsum(np.random.default_rng(7).uniform(-3, 3, (num_frames, num_channels)), axis=0)
    place = 0
    for name, _, offset, channels in BODY:
        if channels.startswith("Xposition"):
            base = (0.0, 95.0, 0.0) if name == "Hips" else offset
            frames[:, place : place + 3] = np.array(base) + frames[:, place : place + 3] / 10
        place += len(channels.split())
    return frames.round(6)


def bvh_hierarchy() -> str:
    """Return the HIERARCHY section."""
    lines = ["HIERARCHY"]

    def add(name: str, depth: int) -> None:
        tab = "  " * depth
        _, parent, offset, channels = next(row for row in BODY if row[0] == name)
        lines.extend([f"{tab}{'JOINT' if parent else 'ROOT'} {name}", tab + "{"])
        lines.append(f"{tab}  OFFSET {offset[0]} {offset[1]} {offset[2]}")
        lines.append(f"{tab}  CHANNELS {len(channels.split())} {channels}")
        for child in [row[0] for row in BODY if row[1] == name]:
            add(child, depth + 1)
        if name in ENDS:
            x, y, z = ENDS[name]
            lines.extend([f"{tab}  End Site", tab + "  {", f"{tab}    OFFSET {x} {y} {z}", tab + "  }"])
        lines.append(tab + "}")

    add("Hips", 0)
    return "\n".join(lines) + "\n"


def bvh_motion(frames: np.ndarray) -> str:
    """Return the MOTION section."""
    rows = "".join(" ".join(f"{value:.6f}" for value in row) + "\n" for row in frames)
    return f"MOTION\nFrames: {len(frames)}\nFrame Time: 0.0333333\n{rows}"


def bvh_text() -> str:
    """Return a whole BVH file."""
    return bvh_hierarchy() + bvh_motion(bvh_frames())


ASF = """# a comment
:version 1.10
:name test
:units
  mass 1.0
  length 0.45
  angle deg
:root
   order TX TY TZ RX RY RZ
   axis XYZ
   position 0 0 0
   orientation 0 0 0
:bonedata
  begin
     id 1
     name back
     direction 0 1 0
     length 9
     axis 0 0 0 XYZ
    dof rx ry rz
    limits (-20.0 45.0)
           (-30.0 30.0)
           (-30.0 30.0)
  end
  begin
     id 2
     name head
     direction 0 1 0
     length 4
     axis 0 0 0 XYZ
  end
  begin
     id 3
     name lfemur
     direction 0.34202 -0.939693 0
     length 8
     axis 0 0 20 XYZ
    dof rx rz
  end
  begin
     id 4
     name lfoot
     direction 0.34202 -0.939693 0
     length 8
     axis 10 -30 20 XYZ
    dof rx
  end
  begin
     id 5
     name rfemur
     direction -0.34202 -0.939693 0
     length 8
     axis 0 0 -20 XYZ
    dof rx ry rz
  end
  begin
     id 6
     name rfoot
     direction -0.34202 -0.939693 0
     length 8
     axis 0 0 -20 XYZ
    dof rx
  end
:hierarchy
  begin
    root back lfemur rfemur
    back head
    lfemur lfoot
    rfemur rfoot
  end
"""
AMC_BONES = {"root": 6, "back": 3, "lfemur": 2, "lfoot": 1, "rfemur": 3, "rfoot": 1}


def amc_frames(num_frames: int = 5) -> np.ndarray:
    """Return values (frame, value): small turns in degrees, the root at 15 units."""
    frames = np.cumsum(np.random.default_rng(8).uniform(-4, 4, (num_frames, sum(AMC_BONES.values()))), axis=0)
    frames[:, :3] = [0, 15, 0] + frames[:, :3] / 10
    return frames.round(6)


def amc_text(frames: np.ndarray | None = None) -> str:
    """Return a whole AMC file."""
    lines = ["#!OML:ASF", ":FULLY-SPECIFIED", ":DEGREES"]
    for number, row in enumerate(amc_frames() if frames is None else frames, 1):
        lines.append(str(number))
        place = 0
        for bone, width in AMC_BONES.items():
            lines.append(" ".join([bone, *(f"{value:.6f}" for value in row[place : place + width])]))
            place += width
    return "\n".join(lines) + "\n"


def soma_joints(num_frames: int = 4, name: str = "somaskel30") -> np.ndarray:
    """Return a body of a built-in skeleton that walks stiffly ahead, its feet on the floor."""
    rest = built_in_skeleton(name).rest
    assert rest is not None
    steps = np.arange(num_frames)[:, None, None] * np.array([0.0, 0.0, 0.03])
    return (rest - [0, rest[:, 1].min(), 0] + steps).astype(np.float32)
