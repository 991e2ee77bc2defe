"""Entries of exercise, dance and sport, and of one thing after another, with their captions."""

from functools import partial

from tmr.motion.procedural import gestures, legs, whole_body
from tmr.motion.procedural.entry import Entry, after, gait, on_right, one, pair

EXERCISES: tuple[Entry, ...] = (
    *one(
        "squat",
        legs.squat,
        """a person squats down and stands up
        a man does one squat
        someone bends the knees deeply and rises again""",
        count=1,
    ),
    *one(
        "squat_three_times",
        partial(legs.squat, count=3),
        """a person does three squats
        a man squats down and up three times
        someone is doing squats with the arms held forward""",
        action="squat",
        count=3,
    ),
    *pair(
        "lunge",
        legs.lunge,
        """a person does a lunge with the {side} leg
        a man steps far forward with his {side} foot, sinks down and steps back
        someone lunges forward onto the {side} leg""",
        direction="forward",
    ),
    *pair(
        "knee_raise",
        legs.knee_raise,
        """a person raises the {side} knee
        a man lifts his {side} knee to the height of the hip
        someone brings the {side} knee up and puts the foot down again""",
        direction="up",
    ),
    *pair(
        "balance",
        on_right(legs.balance),
        """a person balances on the {side} leg
        a man stands on his {side} leg with his arms spread
        someone lifts the {other} foot and balances on one leg, the {side}""",
    ),
    *one(
        "jumping_jacks",
        legs.jumping_jacks,
        """a person does jumping jacks
        a man jumps while opening and closing arms and legs
        someone is doing star jumps""",
        side="both",
        count=4,
    ),
    *one(
        "dance",
        whole_body.dance,
        """a person dances from side to side
        a man is dancing, swinging his hips and arms
        someone grooves to music with steps to both sides""",
        direction="in place",
    ),
)
"""Squats, lunges, balance, a dance."""

JUMPS: tuple[Entry, ...] = (
    *one(
        "jump",
        legs.jump,
        """a person jumps up once
        a man jumps straight up in place
        someone crouches and leaps into the air""",
        count=1,
        direction="up",
    ),
    *one(
        "jump_twice",
        partial(legs.jump, count=2, height=0.2),
        """a person jumps up two times
        a man jumps twice in place
        someone does two jumps on the spot""",
        action="jump",
        count=2,
        direction="up",
    ),
    *one(
        "jump_three_times",
        partial(legs.jump, count=3, height=0.18),
        """a person jumps up three times
        a man jumps up and down thrice
        someone does three jumps in a row on the spot""",
        action="jump",
        count=3,
        direction="up",
    ),
    *one(
        "jump_forward",
        partial(legs.jump, forward=0.95, height=0.22),
        """a person jumps forward
        a man does a standing long jump
        someone leaps ahead with both feet""",
        action="jump",
        count=1,
        direction="forward",
    ),
    *pair(
        "jump_sideways",
        partial(legs.jump, left=0.55, height=0.18),
        """a person jumps sideways to the {side}
        a man hops with both feet to his {side}
        someone makes a jump to the {side}""",
        action="jump",
        count=1,
        direction="{side}",
    ),
    *pair(
        "hop",
        legs.hop,
        """a person hops on the {side} leg
        a man hops three times on his {side} foot
        someone is jumping on one leg, the {side} one""",
        count=3,
        direction="in place",
    ),
)
"""Jumps and hops, counted."""

SPORTS: tuple[Entry, ...] = (
    *pair(
        "kick",
        legs.kick,
        """a person kicks with the {side} leg
        a man kicks forward with his {side} foot
        someone kicks something in front using the {side} foot
        a figure does a front kick with its {side} leg""",
        count=1,
        direction="forward",
    ),
    *pair(
        "punch",
        whole_body.punch,
        """a person punches with the {side} hand
        a man throws two punches with his {side} fist
        someone boxes forward with the {side} arm""",
        count=2,
        direction="forward",
    ),
    *pair(
        "throw",
        whole_body.throw,
        """a person throws something with the {side} hand
        a man throws a ball overhand with his {side} arm
        someone winds up and hurls an object forward with the {side} hand""",
        count=1,
        direction="forward",
    ),
)
"""Kicks, punches, throws."""

COMPOSED: tuple[Entry, ...] = (
    *pair(
        "walk_then_wave",
        after(gait("walk_short"), gestures.wave),
        """a person walks forward, then waves with the {side} hand
        a man walks ahead, stops and waves his {side} hand
        someone takes a few steps and then greets with the {side} arm""",
        order="walk, wave",
    ),
    *one(
        "wave_then_walk",
        after(on_right(gestures.wave), gait("walk_short")),
        """a person waves with the right hand, then walks forward
        a man waves his right hand and then walks away
        someone greets with the right arm before walking ahead""",
        side="right",
        order="wave, walk",
    ),
    *one(
        "squat_then_jump",
        after(legs.squat, legs.jump),
        """a person squats, then jumps
        a man does a squat and after that a jump
        someone bends down once, stands up and leaps into the air""",
        order="squat, jump",
    ),
    *one(
        "walk_then_bow",
        after(gait("walk_short"), gestures.bow),
        """a person walks forward and bows
        a man steps ahead, stops and takes a bow
        someone walks a few steps, then bends forward politely""",
        order="walk, bow",
    ),
    *pair(
        "turn_then_kick",
        after(gait("turn"), legs.kick),
        """a person turns to the {side} and then kicks with the {side} leg
        a man makes a quarter turn {side} and kicks with his {side} foot
        someone turns {side}, then does a kick""",
        order="turn, kick",
    ),
)
"""One thing after another."""
