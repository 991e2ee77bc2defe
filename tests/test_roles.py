"""Joint roles: every naming school, any letter case, helpers left alone, shape where names fail, clear errors."""

import numpy as np
import pytest

from bodies import SCHOOLS, make_skeleton, school_names, standing, swinging
from tmr.errors import SkeletonError
from tmr.motion.motion import Motion
from tmr.motion.naming import read_names, split_words
from tmr.motion.procedural import procedural_library
from tmr.motion.roles import REQUIRED, find_roles
from tmr.motion.skeleton import Skeleton, built_in_skeleton

ENDS = {"left_thumb": "left_thumb_end", "right_thumb": "right_thumb_end"}
ENDS |= {"left_middle": "left_middle_end", "right_middle": "right_middle_end"}


def named(skeleton: Skeleton, roles: dict[str, int]) -> dict[str, str]:
    """Return joint names by role."""
    return {role: skeleton.joints[joint] for role, joint in roles.items()}


@pytest.mark.parametrize("school", SCHOOLS)
@pytest.mark.parametrize("case", [str, str.lower, str.upper])
def test_roles_of_every_school(school: str, case) -> None:
    names = {role: case(name) for role, name in school_names(school).items()}
    motion, _ = standing(names)
    found = named(motion.skeleton, find_roles(motion.skeleton, motion.joints))
    for role, name in names.items():
        key = ENDS.get(role, role)
        # Finger ends are only a direction: Rokoko's finger numbers need not be read.
        if not role.startswith("spine") and (key not in ENDS.values() or key in found):
            assert found[key] == name, f"{key} of {school}"
    spine = [name for role, name in found.items() if role.startswith("spine")]
    assert spine == [names[role] for role in ("spine1", "spine2", "chest") if role in names]


@pytest.mark.parametrize("school", ["motionbuilder", "unreal", "fifteen", "soma", "theia", "optitrack"])
def test_names_alone_are_enough(school: str) -> None:
    skeleton, roles = make_skeleton(school_names(school))
    found = find_roles(skeleton)
    assert all(found[role] == roles.index(role) for role in REQUIRED)


def test_helpers_take_no_roles() -> None:
    names = school_names("unreal")
    skeleton, _ = make_skeleton(names)
    extra = (
        "ik_foot_root",
        "ik_foot_l",
        "ik_hand_l",
        "thigh_twist_01_l",
        "lowerarm_twist_01_l",
        "LeftForeArmTwist",
        "calf_pole_l",
    )
    # Helpers come first in the file, so that the order does not decide.
    joints = (*extra, *skeleton.joints)
    root = len(extra) + skeleton.parents.index(-1)
    parents = (*[root] * len(extra), *(-1 if parent < 0 else parent + len(extra) for parent in skeleton.parents))
    found = find_roles(Skeleton("unreal", joints, parents))
    assert all(joints[found[role]] == names[role] for role in REQUIRED)


def test_ankles_below_feet_and_wrists_below_hands_are_helpers() -> None:
    motion, _ = standing(school_names("unreal"))
    skeleton, joints, parents = motion.skeleton, [motion.joints], list(motion.skeleton.parents)
    names = {"ankle_bck_l": "foot_l", "ankle_bck_r": "foot_r", "wrist_inner_l": "hand_l", "wrist_inner_r": "hand_r"}
    for parent in names.values():
        parents.append(skeleton.index(parent))
        joints.append(motion.joints[:, [skeleton.index(parent)]] + np.float32([0, 0, -0.04]))
    metahuman = Skeleton("metahuman", (*skeleton.joints, *names), tuple(parents))
    found = named(metahuman, find_roles(metahuman, np.concatenate(joints, axis=1)))
    assert [found[f"left_{part}"] for part in ("ankle", "toe", "wrist")] == ["foot_l", "ball_l", "hand_l"]
    assert [found[f"right_{part}"] for part in ("ankle", "toe", "wrist")] == ["foot_r", "ball_r", "hand_r"]


def test_toes_that_are_named_like_fingers_are_no_hand() -> None:
    motion, _ = standing(school_names("motionbuilder"))
    skeleton = motion.skeleton
    feet = [skeleton.index("LeftFoot"), skeleton.index("RightFoot")]
    names = ("LeftFootMiddle1", "RightInFootMiddle")
    # They come first in the file, and hang nearer to the root than the hands' fingers do.
    joints = np.concatenate([motion.joints[:, feet] + np.float32([0, -0.05, 0.1]), motion.joints], axis=1)
    parents = (*(foot + 2 for foot in feet), *(parent + 2 if parent >= 0 else -1 for parent in skeleton.parents))
    humanik = Skeleton("humanik", (*names, *skeleton.joints), parents)
    found = named(humanik, find_roles(humanik, joints))
    assert (found["left_middle_end"], found["right_middle_end"]) == ("LeftHandMiddle1", "RightHandMiddle1")


def test_clavicles_that_hang_on_the_neck_leave_it_the_neck() -> None:
    motion, roles = standing(school_names("biped"))
    neck = roles.index("neck")
    hung = {roles.index(f"{side}_clavicle") for side in ("left", "right")}
    parents = tuple(neck if joint in hung else parent for joint, parent in enumerate(motion.skeleton.parents))
    found = find_roles(Skeleton("biped", motion.skeleton.joints, parents), motion.joints)
    assert (found["neck"], found["chest"]) == (neck, roles.index("chest"))
    assert "spine3" in found
    assert found["spine3"] == roles.index("chest")


def test_acclaim_joints_stand_where_their_bones_end() -> None:
    end = {
        "hips": "root", "left_hip": "lhipjoint", "left_knee": "lfemur", "left_ankle": "ltibia", "left_toe": "lfoot",
        "right_hip": "rhipjoint", "right_knee": "rfemur", "right_ankle": "rtibia", "right_toe": "rfoot",
        "spine1": "lowerback", "spine2": "upperback", "chest": "thorax", "neck": "lowerneck", "head": "upperneck",
        "head_end": "head", "left_shoulder": "lclavicle", "left_elbow": "lhumerus", "left_wrist": "lradius",
        "right_shoulder": "rclavicle", "right_elbow": "rhumerus", "right_wrist": "rradius",
        "left_middle": "lwrist", "right_middle": "rwrist",
    }  # fmt: skip
    motion, _ = standing(end)
    skeleton = motion.skeleton
    toes = [skeleton.joints.index(name) for name in ("lfoot", "rfoot")]
    skeleton = Skeleton("acclaim", (*skeleton.joints, "ltoes", "rtoes"), (*skeleton.parents, *toes))
    joints = np.concatenate([motion.joints, motion.joints[:, toes] + np.float32([0, 0, 0.06])], axis=1)
    found = named(skeleton, find_roles(skeleton, joints))
    assert {role: found[role] for role in REQUIRED} == {role: end[role] for role in REQUIRED}
    assert (found["left_toe"], found["head"], found["head_end"]) == ("lfoot", "upperneck", "head")


@pytest.mark.parametrize("school", ["motionbuilder", "smpl", "fifteen"])
def test_shape_decides_where_names_say_nothing(school: str) -> None:
    motion, roles = swinging(school_names(school))
    numbered = Skeleton("numbered", tuple(f"joint_{n}" for n in range(len(roles))), motion.skeleton.parents)
    found = find_roles(numbered, motion.joints)
    assert {role: roles[found[role]] for role in REQUIRED} == {role: role for role in REQUIRED}


def test_shape_turned_round_still_knows_left() -> None:
    motion, roles = swinging(school_names("motionbuilder"))
    numbered = Skeleton("numbered", tuple(f"joint_{n}" for n in range(len(roles))), motion.skeleton.parents)
    found = find_roles(numbered, motion.joints * np.float32([-1, 1, -1]))
    assert roles[found["left_knee"]] == "left_knee"


def library_motion(name: str) -> Motion:
    """Return one motion of the procedural library."""
    return next(item.motion for item in procedural_library() if item.name == name)


@pytest.mark.parametrize("name", ["push_ups", "sit_on_floor", "walk_turning_left"])
def test_shape_knows_left_from_right_in_any_posture(name: str) -> None:
    motion = library_motion(name)
    soma = motion.skeleton
    numbered = Skeleton("numbered", tuple(f"joint_{n}" for n in range(len(soma.joints))), soma.parents)
    named = find_roles(soma)
    assert {role: joint for role, joint in find_roles(numbered, motion.joints).items() if role in REQUIRED} == {
        role: named[role] for role in REQUIRED
    }


def test_bones_that_are_split_to_twist_are_one_bone_to_shape() -> None:
    motion = library_motion("wave_left")
    soma, joints = motion.skeleton, motion.joints
    parents, halves = list(soma.parents), []
    for side in ("Left", "Right"):
        for end in ("ForeArm", "Hand", "Shin", "Foot"):
            joint = soma.index(side + end)
            halves.append((joints[:, joint] + joints[:, parents[joint]]) / 2)
            parents.append(parents[joint])
            parents[joint] = len(parents) - 1
    numbered = Skeleton("numbered", tuple(f"joint_{n}" for n in range(len(parents))), tuple(parents))
    found = find_roles(numbered, np.concatenate([joints, np.stack(halves, axis=1)], axis=1))
    named = find_roles(soma)
    assert {role: found[role] for role in REQUIRED} == {role: named[role] for role in REQUIRED}


def test_shape_is_believed_where_few_names_are_known() -> None:
    # In Chinese the words of the Japanese thigh and upper arm are those of the foot and the wrist.
    motion = library_motion("walk_turning_left")
    soma = motion.skeleton
    words = {"Leg": "大腿", "Shin": "小腿", "Foot": "足", "Arm": "上臂", "ForeArm": "前臂", "Hand": "腕"}
    names = {
        f"{side}{part}": sign + word for side, sign in (("Left", "左"), ("Right", "右")) for part, word in words.items()
    }
    chinese = Skeleton("chinese", tuple(names.get(name, f"骨{n}") for n, name in enumerate(soma.joints)), soma.parents)
    found, named = find_roles(chinese, motion.joints), find_roles(soma)
    assert {role: found[role] for role in REQUIRED} == {role: named[role] for role in REQUIRED}


def test_sides_that_are_named_win_over_shape() -> None:
    motion = library_motion("walk_turning_left")
    soma = motion.skeleton
    sides = ["Left" if name.startswith("Left") else "Right" if name.startswith("Right") else "" for name in soma.joints]
    sided = Skeleton("sided", tuple(f"Knochen{n}_{side}" for n, side in enumerate(sides)), soma.parents)
    named = find_roles(soma)
    for sign in (1, -1):  # left-handed axes too
        found = find_roles(sided, motion.joints * np.float32([sign, 1, 1]))
        assert {role: found[role] for role in REQUIRED} == {role: named[role] for role in REQUIRED}


def test_shape_that_mixes_up_the_named_sides_is_not_believed() -> None:
    # A spider: its two hindmost legs look like the legs of a body, two others like arms.
    names, parents, joints = ["body"], [-1], [(0.0, 0.5, 0.0)]
    for side, sign in (("Left", 1.0), ("Right", -1.0)):
        for leg in range(4):
            for part, place in enumerate([(0.1, 0.5), (0.4, 0.7), (0.7, 0.4), (0.8, 0.1)]):
                parents.append(len(names) - 1 if part else 0)
                names.append(f"{side}leg{leg}{'abcd'[part]}")
                joints.append((sign * place[0], place[1] - 0.01 * leg, 0.1 * leg))
    with pytest.raises(SkeletonError):
        find_roles(Skeleton("spider", tuple(names), tuple(parents)), np.float32([joints]))


def test_fingers_that_are_numbered_count_from_the_thumb() -> None:
    motion, roles = standing(school_names("blender"))
    ends = {"thumb": "finger1-1", "middle": "finger3-1"}
    names = {f"{side}_{part}": f"{name}.{side[0].upper()}" for part, name in ends.items() for side in ("left", "right")}
    joints, parents = list(motion.skeleton.joints), list(motion.skeleton.parents)
    joints = [names.get(role, joint) for role, joint in zip(roles, joints, strict=True)]
    places = [motion.joints]
    for side in ("left", "right"):
        for number in (2, 4, 5):
            joints.append(f"finger{number}-1.{side[0].upper()}")
            parents.append(roles.index(f"{side}_wrist"))
            places.append(motion.joints[:, [roles.index(f"{side}_middle")]] + np.float32([0, 0, 0.02 * (3 - number)]))
    hand = Skeleton("makehuman", tuple(joints), tuple(parents))
    found = named(hand, find_roles(hand, np.concatenate(places, axis=1)))
    assert (found["left_thumb_end"], found["left_middle_end"]) == ("finger1-1.L", "finger3-1.L")
    assert (found["right_thumb_end"], found["right_middle_end"]) == ("finger1-1.R", "finger3-1.R")


def test_what_one_hand_holds_is_no_part_of_it() -> None:
    motion, _ = standing(school_names("lafan1"))
    skeleton, hand = motion.skeleton, motion.skeleton.index("RightHand")
    held = Skeleton("held", (*skeleton.joints, "RightHand_Sword"), (*skeleton.parents, hand))
    joints = np.concatenate([motion.joints, motion.joints[:, [hand]] + np.float32([0, 0, 0.3])], axis=1)
    assert "right_middle_end" not in find_roles(held, joints)


def test_legs_and_arms_may_be_numbered() -> None:
    names = school_names("unreal")
    for part, name in {"hip": "Leg1", "knee": "Leg2", "shoulder": "Arm1", "elbow": "Arm2"}.items():
        names |= {f"{side}_{part}": f"{name}_{side[0].upper()}" for side in ("left", "right")}
    motion, roles = standing(names)
    found = find_roles(motion.skeleton, motion.joints)
    assert {role: roles[found[role]] for role in REQUIRED} == {role: role for role in REQUIRED}


def test_the_spine_is_found_where_the_pelvis_hangs_beside_it() -> None:
    motion, roles = standing(
        school_names("fifteen") | {"hips": "LowerBody", "spine1": "UpperBody", "chest": "UpperBody2"}
    )
    joints, parents = motion.skeleton.joints, list(motion.skeleton.parents)
    hips, center = roles.index("hips"), len(joints)
    parents[hips] = parents[roles.index("spine1")] = center
    beside = Skeleton("beside", (*joints, "Center"), (*parents, -1))
    found = find_roles(beside, np.concatenate([motion.joints, motion.joints[:, [hips]]], axis=1))
    assert (found["spine1"], found["spine2"]) == (roles.index("spine1"), roles.index("chest"))


def test_built_in_skeletons() -> None:
    soma = built_in_skeleton("somaskel30")
    found = named(soma, find_roles(soma))
    assert (found["left_hip"], found["left_knee"], found["left_shoulder"]) == ("LeftLeg", "LeftShin", "LeftArm")
    assert (found["jaw"], found["right_eye"], found["neck"]) == ("Jaw", "RightEye", "Neck1")
    smpl = built_in_skeleton("smplx22")
    assert named(smpl, find_roles(smpl))["left_toe"] == "left_foot"


def test_missing_joint_is_named_with_the_remedy() -> None:
    names = school_names("motionbuilder") | {"left_hip": "Bone7"}
    skeleton, _ = make_skeleton(names)
    with pytest.raises(SkeletonError, match=r"left_hip.*Bone7.*--joint left_hip="):
        find_roles(skeleton)
    assert skeleton.joints[find_roles(skeleton, overrides={"left_hip": "bone7"})["left_hip"]] == "Bone7"


@pytest.mark.parametrize(
    ("overrides", "message"),
    [({"left_leg": "Hips"}, "no joint role 'left_leg'"), ({"left_hip": "Nowhere"}, "no joint 'Nowhere'")],
)
def test_wrong_override(overrides: dict[str, str], message: str) -> None:
    skeleton, _ = make_skeleton(school_names("motionbuilder"))
    with pytest.raises(SkeletonError, match=message):
        find_roles(skeleton, overrides=overrides)


def test_one_joint_in_two_roles() -> None:
    skeleton, _ = make_skeleton(school_names("motionbuilder"))
    with pytest.raises(SkeletonError, match="both"):
        find_roles(skeleton, overrides={"left_hip": "RightUpLeg"})


def test_a_body_with_no_left_is_an_error() -> None:
    motion, roles = standing(school_names("fifteen"))
    numbered = Skeleton("numbered", tuple(f"joint_{n}" for n in range(len(roles))), motion.skeleton.parents)
    with pytest.raises(SkeletonError, match="--joint left_hip="):
        find_roles(numbered, motion.joints * np.float32([1, 1, 0]))


@pytest.mark.parametrize("names", [("a",), ("Hips", "LeftUpLeg"), ("",), ("左足", "右足"), ("l", "r", "_", "9")])
def test_hopeless_names_are_an_error(names: tuple[str, ...]) -> None:
    skeleton = Skeleton("odd", names, (-1, *[0] * (len(names) - 1)))
    with pytest.raises(SkeletonError):
        find_roles(skeleton, np.zeros((1, len(names), 3), dtype=np.float32))


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("mixamorig:LeftUpLeg", ("left", "up", "leg")),
        ("LEFTUPLEG", ("left", "up", "leg")),
        ("lfemur", ("l", "femur")),
        ("Bip01 R Toe0", ("bip", "01", "r", "toe", "0")),
        ("Armature", ("armature",)),
        ("mixamorigLeftForeArm", ("mixamorig", "left", "forearm")),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    joined = "".join(words)
    assert "".join(split_words(name)) == joined
    assert split_words(name)[0] == words[0]


def test_robot_roll_is_no_helper() -> None:
    assert read_names(("left_hip_roll_link", "left_hip_yaw_link"))[0].part == "hip"
    assert read_names(("LeftForeArmRoll", "LeftForeArm"))[0].part == ""
