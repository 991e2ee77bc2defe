"""What legs do on the spot: squats, lunges, kicks, jumps, hops. Sided ones are written for the left side."""

import numpy as np

from tmr.motion.procedural.body import SIDES, SIGNED, STANDING_HEIGHT, TOE_AHEAD, Act, Take
from tmr.motion.procedural.curves import Curve, Number, bump, delayed, ease, flight
from tmr.motion.procedural.feet import Step, walk_through
from tmr.motion.procedural.phrases import stand_on_right

GRAVITY = 9.81


def squat(take: Take, count: int = 1) -> Act:
    """Squat down and stand up again, some times, with the arms stretched forward for balance."""
    each = 2.1
    act = Act(0.9 + each * count, take)
    down = np.sum([act.hold(0.4 + each * n, 1.35 + each * n, 1.5 + each * n, 2.45 + each * n) for n in range(count)], 0)
    _crouch(act, down * take.size**0.5, 0.42)
    for side in SIDES:
        arm = act.arms[side]
        arm.forward += 104 * delayed(act.t, down, -0.05)
        arm.elbow -= 4 * down
        arm.roll += 60 * down
    return act


def _crouch(act: Act, down: Curve, metres: Number) -> None:
    """Lower the hips between the feet by some metres where `down` is 1, the chest bent forward for balance."""
    deep = metres / 0.42
    act.y = act.y - metres * down
    act.z = act.z - 0.12 * deep * down
    act.pitch += 30 * deep * down
    act.bend += 14 * deep * delayed(act.t, down, 0.03)
    act.nod -= 4 * down
    for side, sign in SIGNED:
        act.feet[side].knee_out += sign * 12 * deep * down


def lunge(take: Take) -> Act:
    """Step far forward with the left leg, sink down, and push back to standing."""
    act = Act(4.2, take)
    foot, far = act.feet["left"], 0.78 * take.size**0.5
    home = (float(foot.x[0]), float(foot.z[0]), float(foot.yaw[0]))
    walk_through(
        act,
        "left",
        [
            Step(0.55, 1.15, home[0], home[1] + far, 4.0, height=0.09, push=20, strike=16),
            Step(2.7, 3.35, *home, height=0.07, push=14, tiptoe=10),
        ],
    )
    out = act.hold(0.6, 1.3, 2.5, 3.4)
    deep = act.hold(0.9, 1.75, 2.0, 2.8)
    act.feet["right"].heel += 52 * act.hold(0.8, 1.4, 2.4, 3.1)
    act.z = act.z + 0.52 * far * out
    act.x = act.x + act.keys((0.1, 0), (0.6, -0.06), (1.2, 0.0), (2.4, 0.0), (2.9, -0.06), (3.7, 0))
    act.y = act.y - 0.1 * out - 0.27 * deep
    act.pitch += 5 * out
    act.bend += 4 * out
    for arm in act.arms.values():
        arm.out += 12 * out
        arm.elbow += 12 * out
    act.arms["right"].forward += 20 * out
    act.arms["left"].forward -= 14 * out
    return act


def kick(take: Take) -> Act:
    """Shift the weight to the right leg, draw the left leg back, kick it forward, and put it down again."""
    act = Act(3.4, take)
    foot, size = act.feet["left"], take.size
    act.x = act.x + act.keys((0.2, 0), (0.75, -0.085), (2.0, -0.085), (2.8, 0.0))
    foot.x += act.keys((0.7, 0), (1.2, -0.07), (1.8, -0.07), (2.35, 0))
    foot.z += act.keys((0.7, 0), (1.05, -0.32), (1.46, 1.03 * size), (1.6, 0.86 * size), (1.95, 0.12), (2.4, 0))
    foot.y += act.keys((0.68, 0), (1.05, 0.16), (1.2, 0.22), (1.47, 0.64 * size), (1.62, 0.6 * size), (2.4, 0))
    foot.heel += act.keys((0.5, 0), (1.0, 58), (1.38, 0))
    foot.toe += act.keys((1.2, 0), (1.45, 52), (1.65, 40), (2.2, 0))
    foot.planted &= ~((act.t > 0.66) & (act.t < 2.42))
    act.pitch += act.keys((0.5, 0), (1.05, 8), (1.46, -14), (1.65, -12), (2.3, 0))
    act.bend += act.keys((0.5, 0), (1.05, -4), (1.48, 14), (1.7, 10), (2.4, 0))
    act.yaw += act.keys((0.5, 0), (1.05, 12), (1.46, -12), (2.2, 0))
    act.twist += act.keys((0.5, 0), (1.05, -18), (1.46, 16), (2.3, 0))
    act.side += act.keys((0.4, 0), (1.05, -3), (1.46, -5), (2.3, 0))
    act.y = act.y - 0.02 * act.hold(0.4, 0.9, 1.8, 2.6)
    act.arms["right"].forward += act.keys((0.5, 0), (1.05, -24), (1.5, 46), (1.8, 40), (2.9, 0))
    act.arms["left"].forward += act.keys((0.5, 0), (1.05, 34), (1.5, -30), (1.8, -26), (2.9, 0))
    for arm in act.arms.values():
        arm.out += 24 * act.hold(0.5, 1.1, 1.8, 2.8)
        arm.elbow += 22 * act.hold(0.5, 1.1, 1.8, 2.8)
    return act


def knee_raise(take: Take) -> Act:
    """Raise the left knee to the height of the hips and put the foot down again."""
    act = Act(3.2, take)
    foot = act.feet["left"]
    up = act.hold(0.6, 1.35, 1.75, 2.5)
    _stand_on_right(act, act.hold(0.15, 0.75, 2.2, 2.9))
    foot.y += 0.42 * take.size * up
    foot.z += 0.22 * up
    foot.x -= 0.03 * up
    foot.heel += 24 * act.hold(0.5, 0.95, 1.9, 2.45)
    foot.planted &= ~((act.t > 0.58) & (act.t < 2.52))
    act.pitch -= 4 * up
    act.arms["right"].forward += 24 * up
    return act


def _stand_on_right(act: Act, weight: Curve) -> None:
    stand_on_right(act, weight)
    for arm in act.arms.values():
        arm.out += 8 * weight


def balance(take: Take) -> Act:
    """Stand on the right leg only, arms spread, the left knee lifted, swaying a little."""
    act = Act(5.6, take)
    foot = act.feet["left"]
    up = act.hold(0.7, 1.5, 4.2, 5.0)
    _stand_on_right(act, act.hold(0.2, 0.9, 4.6, 5.4))
    shake = up * (np.sin(2 * np.pi * act.t / 0.9) + 0.6 * np.sin(2 * np.pi * act.t / 0.53 + 1))
    foot.y += 0.34 * up + 0.006 * shake
    foot.z += 0.08 * up
    foot.x -= 0.02 * up
    foot.heel += 34 * up
    foot.planted &= ~((act.t > 0.68) & (act.t < 5.02))
    act.lean += 1.5 * shake
    act.side -= 0.6 * shake
    for side, sign in SIGNED:
        arm = act.arms[side]
        arm.out += 58 * up + sign * 5 * delayed(act.t, shake, 0.1)
        arm.elbow += 4 * up
        arm.roll += 40 * up
    return act


def jump(
    take: Take, count: int = 1, forward: Number = 0.0, left: Number = 0.0, turn: Number = 0.0, height: Number = 0.26
) -> Act:
    """Crouch, jump off both feet, and land in the knees again, some times.

    Args:
        take: How it is played.
        count: How many jumps.
        forward: Metres gained by each jump.
        left: The same to the left.
        turn: Degrees turned to the left in each jump.
        height: How far the hips rise in the air, in metres.
    """
    height = height * take.size
    air = 2 * np.sqrt(2 * height / GRAVITY)
    cycle = 0.95 + air
    act = Act(1.5 + cycle * count, take)
    spring = np.zeros(act.num_frames)
    swing = np.zeros(act.num_frames)
    for n in range(count):
        off = 1.05 + n * cycle
        _leap(act, off, air, height, last=n + 1 == count, first=n == 0)
        land = off + air
        part = ease((act.t - off + 0.12) / (air + 0.24))
        act.z, act.x = act.z + forward * part, act.x + left * part
        act.heading = act.heading + turn * part
        for side in SIDES:
            foot = act.feet[side]
            x, z = _turned(float(foot.x[0]), float(foot.z[0]), turn * n)
            x_next, z_next = _turned(float(foot.x[0]), float(foot.z[0]), turn * (n + 1))
            moved = ease((act.t - off) / air)
            foot.z = foot.z + (forward + z_next - z) * moved
            foot.x = foot.x + (left + x_next - x) * moved
            foot.yaw, foot.knee_out = foot.yaw + turn * moved, foot.knee_out + turn * moved
            foot.y = foot.y + (height * 0.8 + 0.03) * bump(act.t, off, land)
            foot.heel = foot.heel + act.keys((off - 0.16, 0), (off + 0.06, 46), (land - 0.02, 16), (land + 0.1, 0))
            foot.planted &= ~((act.t > off) & (act.t < land))
        spring += act.hold(off - 0.55, off - 0.18, off - 0.18, off) + act.hold(
            land - 0.02, land + 0.2, land + 0.2, land + 0.7
        )
        swing += act.keys((off - 0.75, 0), (off - 0.36, -1), (off + 0.2, 1.6), (land + 0.6, 0))
    act.pitch += 24 * spring * (1 + 0.3 * (forward > 0.2))
    act.bend += 12 * delayed(act.t, spring, 0.03)
    act.z = act.z - 0.06 * spring
    for arm in act.arms.values():
        arm.forward += 38 * swing * (1 + 0.15 * (forward > 0.2))
        arm.elbow += 12 * np.abs(swing)
        arm.out += 5 * spring
    return act


def _turned(x: Number, z: Number, degrees: Number) -> tuple[float, float]:
    angle = np.radians(degrees)
    return float(x * np.cos(angle) + z * np.sin(angle)), float(z * np.cos(angle) - x * np.sin(angle))


def _leap(act: Act, off: Number, air: Number, height: Number, *, first: bool, last: bool) -> None:
    """Let the hips crouch before `off`, fly as a thrown body does for `air` seconds, and land softly."""
    speed, top = GRAVITY * air / 2, 0.07
    deep = 0.2 + 0.25 * height
    land = off + air
    start = off - 0.75 if first else off - 0.5
    path = [(start, 0.0, 0.0, 0.0)] if first else [(start, -0.06, 0.0, 0.0)]
    path += [(off - 0.2, -deep, 0.0, 12.0), (off, top, speed, -GRAVITY)]
    path += [(off + air / 2, top + height, 0.0, -GRAVITY), (land, top, -speed, -GRAVITY)]
    path += [(land + 0.2, -deep, 0.0, 10.0)]
    path += [(land + 0.75, 0.0, 0.0, 0.0)] if last else [(land + 0.45, -0.06, 0.0, 0.0)]
    inside = (act.t >= path[0][0]) & (act.t <= path[-1][0])
    act.y = np.where(inside, STANDING_HEIGHT + flight(act.t, *path), act.y)


def hop(take: Take, count: int = 3) -> Act:
    """Lift the right foot behind, hop on the left leg some times, and stand on both feet again."""
    air, cycle, height = 0.3, 0.62, 0.09
    act = Act(2.4 + cycle * count, take)
    end = 1.1 + cycle * count
    act.x = act.x + act.keys((0.2, 0), (0.8, 0.095), (end + 0.2, 0.095), (end + 0.9, 0))
    free, foot = act.feet["right"], act.feet["left"]
    up = act.hold(0.6, 1.1, end + 0.1, end + 0.7)
    free.y += 0.24 * up
    free.z -= 0.26 * up
    free.x += 0.05 * up
    free.heel += 62 * act.hold(0.5, 1.0, end + 0.1, end + 0.66)
    free.planted &= ~((act.t > 0.58) & (act.t < end + 0.72))
    lift, give = np.zeros(act.num_frames), np.zeros(act.num_frames)
    for n in range(count):
        off = 1.35 + n * cycle
        lift += bump(act.t, off - 0.1, off + air + 0.1)
        give += bump(act.t, off - 0.38, off + 0.02) + 0.6 * bump(act.t, off + air - 0.04, off + air + 0.36)
        foot.y += height * bump(act.t, off, off + air)
        foot.z += 0.02 * ease((act.t - off) / air)
        foot.heel += act.keys((off - 0.14, 0), (off + 0.05, 42), (off + air - 0.02, 18), (off + air + 0.1, 0))
        foot.planted &= ~((act.t > off) & (act.t < off + air))
    act.z = act.z + 0.02 * act.keys((1.35, 0), (1.35 + cycle * count, count))
    free.z += 0.02 * act.keys((1.35, 0), (1.35 + cycle * count, count))
    act.y = act.y + (height + 0.05) * lift - 0.085 * give
    act.pitch += 5 * up + 6 * give
    act.bend += 4 * up + 5 * delayed(act.t, give, 0.04)
    act.lean += 5 * up
    act.side -= 2 * up
    for side in SIDES:
        arm = act.arms[side]
        arm.out += 22 * up + 12 * delayed(act.t, lift, 0.05)
        arm.elbow += 42 * up
        arm.forward += 8 * up - 12 * give
    return act


def jumping_jacks(take: Take, count: int = 4) -> Act:
    """Jump the feet apart while the arms swing overhead, and together again, some times."""
    cycle = 1.1
    act = Act(1.4 + cycle * count, take)
    opened, air, spread = np.zeros(act.num_frames), np.zeros(act.num_frames), np.zeros(act.num_frames)
    for n in range(count):
        at = 0.6 + n * cycle
        for off, sign in ((at, 1.0), (at + cycle / 2, -1.0)):
            opened = opened + sign * ease((act.t - off) / 0.32)
            spread = spread + sign * ease((act.t - off + 0.06) / 0.52)
            air = air + bump(act.t, off, off + 0.32)
            for foot in act.feet.values():
                foot.planted &= ~((act.t > off) & (act.t < off + 0.32))
                foot.heel += act.keys((off - 0.12, 0), (off + 0.08, 26), (off + 0.3, 12), (off + 0.42, 0))
    give = bump(np.mod(act.t - 0.6 - 0.3, cycle / 2), 0.0, cycle / 2 - 0.06)
    give = give * act.hold(0.1, 0.5, 0.6 + cycle * count, 0.9 + cycle * count)
    for side, sign in SIGNED:
        arm, foot = act.arms[side], act.feet[side]
        foot.x = foot.x + sign * 0.22 * opened
        foot.y = foot.y + 0.05 * air
        arm.out += 146 * take.size**0.5 * spread
        arm.forward += 6 * spread
        arm.elbow += 8 * air - 2 * spread
        arm.twist -= 40 * spread
    act.y = act.y + 0.055 * air - 0.035 * opened - 0.04 * give
    act.bend += 3 * give
    return act


def obstacle(take: Take) -> Act:
    """Lift the left foot and then the right high over something on the floor in front."""
    act = Act(4.6, take)
    for side, lift in zip(SIDES, (0.7, 1.9), strict=True):
        foot = act.feet[side]
        ahead = TOE_AHEAD + 0.75
        steps = [
            Step(lift, lift + 0.95, float(foot.x[0]), ahead, float(foot.yaw[0]), height=0.36 * take.size, peak=0.5)
        ]
        walk_through(act, side, steps)
    act.z = act.z + act.keys((0.5, -0.0), (1.6, 0.33), (1.95, 0.45), (2.9, 0.75))
    act.x = act.x + act.keys((0.2, 0), (0.75, -0.08), (1.3, -0.06), (1.85, 0.08), (2.6, 0.07), (3.3, 0))
    act.y = act.y - 0.03 * act.hold(0.6, 1.4, 2.6, 3.4)
    act.pitch += 7 * act.hold(0.5, 1.2, 2.5, 3.3)
    act.nod += 14 * act.hold(0.3, 0.8, 1.9, 2.6)
    for arm in act.arms.values():
        arm.out += 18 * act.hold(0.5, 1.2, 2.5, 3.5)
        arm.elbow += 26 * act.hold(0.5, 1.2, 2.5, 3.5)
    return act
