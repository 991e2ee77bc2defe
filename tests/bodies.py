"""Made-up bodies in the joint names of each school, and motions for them."""

from dataclasses import replace
from itertools import pairwise

import numpy as np

from tmr.motion.motion import Motion
from tmr.motion.skeleton import Skeleton

# Where the joints of a standing body are, metres, arms out, facing +z; the left half, mirrored for the right.
MIDDLE = {
    "hips": (0, 0.98, 0),
    "spine1": (0, 1.08, 0),
    "spine2": (0, 1.2, -0.01),
    "chest": (0, 1.3, -0.01),
    "neck": (0, 1.46, 0),
    "head": (0, 1.56, 0.02),
    "head_end": (0, 1.75, 0.02),
}
LEFT = {
    "hip": (0.09, 0.9, 0),
    "knee": (0.09, 0.5, 0.01),
    "ankle": (0.09, 0.09, -0.02),
    "toe": (0.09, 0.02, 0.11),
    "clavicle": (0.03, 1.4, 0.01),
    "shoulder": (0.18, 1.42, -0.01),
    "elbow": (0.46, 1.42, -0.02),
    "wrist": (0.72, 1.42, -0.01),
    "thumb": (0.76, 1.41, 0.03),
    "middle": (0.81, 1.42, -0.01),
}
PLACES = {role: np.array(place, dtype=float) for role, place in MIDDLE.items()}
PLACES |= {f"left_{part}": np.array(place, dtype=float) for part, place in LEFT.items()}
PLACES |= {f"right_{part}": np.array(place, dtype=float) * [-1, 1, 1] for part, place in LEFT.items()}
CHAINS = (
    ("hips", "spine1", "spine2", "chest", "neck", "head", "head_end"),
    *(("hips", *(f"{side}_{part}" for part in ("hip", "knee", "ankle", "toe"))) for side in ("left", "right")),
    *(
        ("chest", *(f"{side}_{part}" for part in ("clavicle", "shoulder", "elbow", "wrist", end)))
        for side in ("left", "right")
        for end in ("middle", "thumb")
    ),
)

# Names by role: `{left}` and `{right}` name the side in the school's way. A role left out has no joint.
_SIDED = ("hip", "knee", "ankle", "toe", "clavicle", "shoulder", "elbow", "wrist", "thumb", "middle")
_TRUNK = ("hips", "spine1", "spine2", "chest", "neck", "head", "head_end")
SCHOOLS = {
    "motionbuilder": (
        "Hips LowerBack Spine Spine1 Neck Head HeadEnd",
        "*UpLeg *Leg *Foot *ToeBase *Shoulder *Arm *ForeArm *Hand *HandThumb1 *HandMiddle1",
        ("Left", "Right"),
    ),
    "mixamo": (
        "mixamorig:Hips mixamorig:Spine mixamorig:Spine1 mixamorig:Spine2 mixamorig:Neck mixamorig:Head "
        "mixamorig:HeadTop_End",
        "mixamorig:*UpLeg mixamorig:*Leg mixamorig:*Foot mixamorig:*ToeBase mixamorig:*Shoulder mixamorig:*Arm "
        "mixamorig:*ForeArm mixamorig:*Hand mixamorig:*HandThumb1 mixamorig:*HandMiddle1",
        ("Left", "Right"),
    ),
    "daz": (
        "hip - abdomen chest neck head -",
        "*Thigh *Shin *Foot *Toe *Collar *Shldr *ForeArm *Hand *Thumb1 *Mid1",
        ("l", "r"),
    ),
    "smpl": (
        "Pelvis Spine1 Spine2 Spine3 Neck Head -",
        "*_Hip *_Knee *_Ankle *_Foot *_Collar *_Shoulder *_Elbow *_Wrist - -",
        ("L", "R"),
    ),
    "smplx": (
        "pelvis spine1 spine2 spine3 neck head -",
        "*_hip *_knee *_ankle *_foot *_collar *_shoulder *_elbow *_wrist *_thumb1 *_middle1",
        ("left", "right"),
    ),
    "unreal": (
        "pelvis spine_01 spine_02 spine_03 neck_01 head -",
        "thigh_* calf_* foot_* ball_* clavicle_* upperarm_* lowerarm_* hand_* thumb_01_* middle_01_*",
        ("l", "r"),
    ),
    "blender": (
        "DEF-hips DEF-spine DEF-spine.001 DEF-spine.002 DEF-neck DEF-head -",
        "DEF-thigh.* DEF-shin.* DEF-foot.* DEF-toe.* DEF-shoulder.* DEF-upper_arm.* DEF-forearm.* DEF-hand.* "
        "DEF-thumb.01.* DEF-f_middle.01.*",
        ("L", "R"),
    ),
    "biped": (
        "Bip01_Pelvis Bip01_Spine Bip01_Spine1 Bip01_Spine2 Bip01_Neck Bip01_Head Bip01_HeadNub",
        "Bip01_*_Thigh Bip01_*_Calf Bip01_*_Foot Bip01_*_Toe0 Bip01_*_Clavicle Bip01_*_UpperArm Bip01_*_Forearm "
        "Bip01_*_Hand Bip01_*_Finger0 Bip01_*_Finger1",
        ("L", "R"),
    ),
    "vrm": (
        "J_Bip_C_Hips J_Bip_C_Spine J_Bip_C_Chest J_Bip_C_UpperChest J_Bip_C_Neck J_Bip_C_Head -",
        "J_Bip_*_UpperLeg J_Bip_*_LowerLeg J_Bip_*_Foot J_Bip_*_ToeBase J_Bip_*_Shoulder J_Bip_*_UpperArm "
        "J_Bip_*_LowerArm J_Bip_*_Hand J_Bip_*_Thumb1 J_Bip_*_Middle1",
        ("L", "R"),
    ),
    "rokoko": (
        "Hips Spine1 Spine2 Spine3 Neck Head -",
        "*Thigh *Shin *Foot *Toe *Shoulder *Arm *ForeArm *Hand *Finger1Metacarpal *Digit2",
        ("Left", "Right"),
    ),
    "bandai": (
        "Hips - Spine Chest Neck Head -",
        "UpperLeg_* LowerLeg_* Foot_* Toes_* Shoulder_* UpperArm_* LowerArm_* Hand_* - -",
        ("L", "R"),
    ),
    "xsens": (
        "Pelvis L5 L3 T8 Neck Head -",
        "*UpperLeg *LowerLeg *Foot *Toe *Shoulder *UpperArm *ForeArm *Hand - -",
        ("Left", "Right"),
    ),
    "soma": (
        "Hips Spine1 Spine2 Chest Neck1 Head HeadEnd",
        "*Leg *Shin *Foot *ToeBase *Shoulder *Arm *ForeArm *Hand *HandThumbEnd *HandMiddleEnd",
        ("Left", "Right"),
    ),
    "robot": (
        "pelvis - waist_yaw_link torso_link - head_link -",
        "*_hip_yaw_link *_knee_link *_ankle_roll_link - - *_shoulder_roll_link *_elbow_link *_wrist_yaw_link - -",
        ("left", "right"),
    ),
    "lafan1": (
        "Hips Spine Spine1 Spine2 Neck Head -",
        "*UpLeg *Leg *Foot *Toe *Shoulder *Arm *ForeArm *Hand - -",
        ("Left", "Right"),
    ),
    "optitrack": (
        "Skeleton_Hip - Skeleton_Ab Skeleton_Chest Skeleton_Neck Skeleton_Head -",
        "Skeleton_*Thigh Skeleton_*Shin Skeleton_*Foot Skeleton_*Toe Skeleton_*Shoulder Skeleton_*UArm Skeleton_*FArm "
        "Skeleton_*Hand - -",
        ("L", "R"),
    ),
    "theia": (
        "pelvis - - torso - head -",
        "*_thigh *_shank *_foot *_toes - *_uarm *_larm *_hand - -",
        ("l", "r"),
    ),
    "azure kinect": (
        "PELVIS - SPINE_NAVAL SPINE_CHEST NECK HEAD -",
        "HIP_* KNEE_* ANKLE_* FOOT_* CLAVICLE_* SHOULDER_* ELBOW_* WRIST_* THUMB_* HANDTIP_*",
        ("LEFT", "RIGHT"),
    ),
    "character creator": (
        "CC_Base_Hip CC_Base_Waist CC_Base_Spine01 CC_Base_Spine02 CC_Base_NeckTwist01 CC_Base_Head -",
        "CC_Base_*_Thigh CC_Base_*_Calf CC_Base_*_Foot CC_Base_*_ToeBase CC_Base_*_Clavicle CC_Base_*_Upperarm "
        "CC_Base_*_Forearm CC_Base_*_Hand CC_Base_*_Thumb1 CC_Base_*_Mid1",
        ("L", "R"),
    ),
    "actor r": (
        "R_Hips R_Spine R_Spine1 R_Chest R_Neck R_Head -",
        "R_*UpLeg R_*Leg R_*Foot R_*Toe R_*Shoulder R_*Arm R_*ForeArm R_*Hand - -",
        ("Left", "Right"),
    ),
    "hand rig": (
        "Hand_Rig_Hips Hand_Rig_Spine Hand_Rig_Spine1 Hand_Rig_Chest Hand_Rig_Neck Hand_Rig_Head -",
        "Hand_Rig_*UpLeg Hand_Rig_*Leg Hand_Rig_*Foot Hand_Rig_*Toe Hand_Rig_*Shoulder Hand_Rig_*Arm "
        "Hand_Rig_*ForeArm Hand_Rig_*Hand - -",
        ("Left", "Right"),
    ),
    "advanced skeleton": (
        "Root_M RootPart1_M Spine1_M Chest_M Neck_M Head_M HeadEnd_M",
        "Hip_* Knee_* Ankle_* Toes_* Scapula_* Shoulder_* Elbow_* Wrist_* ThumbFinger1_* MiddleFinger1_*",
        ("L", "R"),
    ),
    "mikumikudance": (
        "腰 - 上半身 上半身2 首 頭 -",
        "*足 *ひざ *足首 *つま先 *肩 *腕 *ひじ *手首 *親指１ *中指１",
        ("左", "右"),
    ),
    "fifteen": (
        "root - - chest neck - -",
        "*_hip *_knee *_ankle - - *_shoulder *_elbow *_wrist - -",
        ("left", "right"),
    ),
}


def school_names(school: str) -> dict[str, str]:
    """Return the joint name of each role that the school has."""
    trunk, sided, (left, right) = SCHOOLS[school]
    trunk_names = trunk.split()
    if len(trunk_names) < len(_TRUNK):
        trunk_names.insert(1, "-")
    names = {role: name for role, name in zip(_TRUNK, trunk_names, strict=True) if name != "-"}
    for part, name in zip(_SIDED, sided.split(), strict=True):
        if name != "-":
            names |= {f"left_{part}": name.replace("*", left), f"right_{part}": name.replace("*", right)}
    return names


def make_skeleton(names: dict[str, str]) -> tuple[Skeleton, list[str]]:
    """Return a skeleton of the named roles and the role of each of its joints; who has no parent is the next one's."""
    above: dict[str, str] = {}
    for chain in CHAINS:
        present = [role for role in chain if role in names]
        start = [] if chain[0] in names else ["hips"]
        line = [*start, *present]
        above |= {role: parent for parent, role in pairwise(line)}
    roles = [role for role in PLACES if role in names]
    parents = tuple(roles.index(above[role]) if role != "hips" else -1 for role in roles)
    return Skeleton("made up", tuple(names[role] for role in roles), parents), roles


def standing(names: dict[str, str], num_frames: int = 1, fps: float = 30.0) -> tuple[Motion, list[str]]:
    """Return a body that stands still with its arms out, and the roles of its joints."""
    skeleton, roles = make_skeleton(names)
    joints = np.repeat(np.array([PLACES[role] for role in roles])[None], num_frames, axis=0)
    return Motion(joints.astype(np.float32), fps, skeleton), roles


def swinging(names: dict[str, str], seconds: float = 2.0, fps: float = 30.0) -> tuple[Motion, list[str]]:
    """Return a body that walks on the spot, left arm up: limbs swing, bend and keep their lengths."""
    motion, roles = standing(names, max(round(seconds * fps), 1), fps)
    joints = motion.joints.astype(np.float64)
    times = np.arange(len(joints)) / fps
    for side, phase in (("left", 0.0), ("right", np.pi)):
        wave = np.sin(2 * np.pi * times + phase)
        _turn(joints, roles, f"{side}_hip", (f"{side}_knee", f"{side}_ankle", f"{side}_toe"), -0.4 * wave - 0.3)
        _turn(joints, roles, f"{side}_knee", (f"{side}_ankle", f"{side}_toe"), 0.6 + 0.4 * wave)
        ends = tuple(f"{side}_{part}" for part in ("elbow", "wrist", "middle", "thumb"))
        raised = 0.9 if side == "left" else 1.2
        _turn(joints, roles, f"{side}_shoulder", ends, raised * np.ones(len(times)), axis=2)
        _turn(joints, roles, f"{side}_elbow", ends[1:], 0.4 * wave - 0.8, axis=1 if side == "left" else 0)
    return replace(motion, joints=joints.astype(np.float32)), roles


def _turn(
    joints: np.ndarray, roles: list[str], pivot: str, moved: tuple[str, ...], angles: np.ndarray, axis: int = 0
) -> None:
    """Turn joints about a pivot by an angle a frame."""
    first, second = [(1, 2), (2, 0), (0, 1)][axis]
    center = joints[:, roles.index(pivot)].copy()
    for role in moved:
        if role in roles:
            away = joints[:, roles.index(role)] - center
            turned = away.copy()
            turned[:, first] = np.cos(angles) * away[:, first] - np.sin(angles) * away[:, second]
            turned[:, second] = np.sin(angles) * away[:, first] + np.cos(angles) * away[:, second]
            joints[:, roles.index(role)] = center + turned


def turned_and_moved(motion: Motion, angle: float, offset: tuple[float, float, float]) -> Motion:
    """Return the motion turned about the up axis and then moved, metres."""
    cosine, sine = np.cos(angle), np.sin(angle)
    rotation = np.array([[cosine, 0, sine], [0, 1, 0], [-sine, 0, cosine]])
    return replace(motion, joints=(motion.joints @ rotation.T + offset).astype(np.float32))
