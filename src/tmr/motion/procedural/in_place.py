"""Entries on the spot: gestures, exercises, floor work, and one thing after another, with their captions."""

from collections.abc import Iterator
from functools import partial

from tmr.motion.procedural import gestures, legs, whole_body
from tmr.motion.procedural.entry import Entry, after, gait, on_right, one, pair


def in_place() -> Iterator[Entry]:
    """Yield everything that stays where it is."""
    yield from _arms()
    yield from _signs()
    yield from _exercises()
    yield from _jumps()
    yield from _floor()
    yield from _sports()


def _arms() -> Iterator[Entry]:
    yield from pair(
        "wave",
        gestures.wave,
        """a person waves with the {side} hand
        a man waves his {side} hand in greeting
        someone raises the {side} hand and waves hello
        a figure is waving goodbye with its {side} arm""",
    )
    yield from one(
        "wave_both",
        gestures.wave_both,
        """a person waves both arms above the head
        a man waves with both hands to get attention
        someone signals by swinging both raised arms from side to side""",
        action="wave",
        side="both",
    )
    yield from pair(
        "raise_arm",
        gestures.raise_arm,
        """a person raises the {side} arm
        a man lifts his {side} hand straight up and lowers it
        someone puts the {side} arm up in the air
        a figure reaches up with the {side} hand""",
        direction="up",
    )
    yield from one(
        "raise_both_arms",
        gestures.raise_both,
        """a person raises both arms overhead
        a man lifts both hands straight up and lowers them
        someone puts both arms up in the air""",
        action="raise_arm",
        side="both",
        direction="up",
    )
    yield from one(
        "spread_arms",
        gestures.raise_side,
        """a person lifts both arms out to the sides
        a man stretches his arms sideways like a T
        someone raises both arms to shoulder height at the sides""",
        side="both",
        direction="sideways",
    )
    yield from pair(
        "point",
        gestures.point,
        """a person points forward with the {side} hand
        a man points at something in front of him with his {side} arm
        someone stretches out the {side} arm to point ahead""",
        direction="forward",
    )
    yield from one(
        "clap",
        gestures.clap,
        """a person claps their hands
        a man applauds
        someone is clapping in front of the chest
        a figure claps the hands together several times""",
        side="both",
        count=5,
    )
    yield from pair(
        "drink",
        gestures.drink,
        """a person drinks with the {side} hand
        a man lifts a cup to his mouth with his {side} hand and drinks
        someone takes a sip from a glass held in the {side} hand""",
    )
    yield from pair(
        "wipe",
        gestures.wipe,
        """a person wipes a wall with the {side} hand
        a man scrubs a window using his {side} hand
        someone is cleaning a surface with the {side} arm""",
    )


def _signs() -> Iterator[Entry]:
    yield from one(
        "stand",
        gestures.stand,
        """a person stands still
        a man is standing in place with his arms at his sides
        someone stands idle and waits""",
    )
    yield from one(
        "bow",
        gestures.bow,
        """a person bows
        a man bends forward at the waist and comes up again
        someone takes a deep bow
        a figure bows politely""",
        direction="forward",
    )
    yield from one(
        "nod",
        gestures.nod,
        """a person nods
        a man nods his head in agreement
        someone moves the head up and down to say yes""",
        count=3,
    )
    yield from one(
        "shrug",
        gestures.shrug,
        """a person shrugs
        a man lifts his shoulders and turns up his palms
        someone shrugs as if they do not know""",
        side="both",
    )
    yield from one(
        "cross_arms",
        gestures.cross_arms,
        """a person crosses their arms
        a man folds his arms in front of his chest
        someone stands with crossed arms""",
        side="both",
    )
    yield from one(
        "hands_on_hips",
        gestures.hands_on_hips,
        """a person puts both hands on the hips
        a man stands with his hands on his hips
        someone places the hands at the waist and looks about""",
        side="both",
    )
    yield from one(
        "stretch",
        gestures.stretch,
        """a person stretches both arms overhead and bends from side to side
        a man stretches his body to the left and to the right
        someone reaches up and leans sideways to stretch""",
        side="both",
        order="left, right",
    )
    yield from one(
        "look_around",
        gestures.look_around,
        """a person looks around
        a man turns his head to the left and then to the right
        someone looks both ways""",
        order="left, right",
    )


def _exercises() -> Iterator[Entry]:
    yield from one(
        "squat",
        legs.squat,
        """a person squats down and stands up
        a man does one squat
        someone bends the knees deeply and rises again""",
        count=1,
    )
    yield from one(
        "squat_three_times",
        partial(legs.squat, count=3),
        """a person does three squats
        a man squats down and up three times
        someone is doing squats with the arms held forward""",
        action="squat",
        count=3,
    )
    yield from pair(
        "lunge",
        legs.lunge,
        """a person does a lunge with the {side} leg
        a man steps far forward with his {side} foot, sinks down and steps back
        someone lunges forward onto the {side} leg""",
        direction="forward",
    )
    yield from pair(
        "knee_raise",
        legs.knee_raise,
        """a person raises the {side} knee
        a man lifts his {side} knee to the height of the hip
        someone brings the {side} knee up and puts the foot down again""",
        direction="up",
    )
    yield from pair(
        "balance",
        on_right(legs.balance),
        """a person balances on the {side} leg
        a man stands on his {side} leg with his arms spread
        someone lifts the {other} foot and balances on one leg, the {side}""",
    )
    yield from one(
        "jumping_jacks",
        legs.jumping_jacks,
        """a person does jumping jacks
        a man jumps while opening and closing arms and legs
        someone is doing star jumps""",
        side="both",
        count=4,
    )
    yield from one(
        "dance",
        whole_body.dance,
        """a person dances from side to side
        a man is dancing, swinging his hips and arms
        someone grooves to music with steps to both sides""",
        direction="in place",
    )


def _jumps() -> Iterator[Entry]:
    yield from one(
        "jump",
        legs.jump,
        """a person jumps up once
        a man jumps straight up in place
        someone crouches and leaps into the air""",
        count=1,
        direction="up",
    )
    yield from one(
        "jump_twice",
        partial(legs.jump, count=2, height=0.2),
        """a person jumps up two times
        a man jumps twice in place
        someone does two jumps on the spot""",
        action="jump",
        count=2,
        direction="up",
    )
    yield from one(
        "jump_three_times",
        partial(legs.jump, count=3, height=0.18),
        """a person jumps up three times
        a man jumps up and down thrice
        someone does three jumps in a row on the spot""",
        action="jump",
        count=3,
        direction="up",
    )
    yield from one(
        "jump_forward",
        partial(legs.jump, forward=0.95, height=0.22),
        """a person jumps forward
        a man does a standing long jump
        someone leaps ahead with both feet""",
        action="jump",
        count=1,
        direction="forward",
    )
    yield from pair(
        "jump_sideways",
        partial(legs.jump, left=0.55, height=0.18),
        """a person jumps sideways to the {side}
        a man hops with both feet to his {side}
        someone makes a jump to the {side}""",
        action="jump",
        count=1,
        direction="{side}",
    )
    yield from pair(
        "hop",
        legs.hop,
        """a person hops on the {side} leg
        a man hops three times on his {side} foot
        someone is jumping on one leg, the {side} one""",
        count=3,
        direction="in place",
    )


def _floor() -> Iterator[Entry]:
    yield from one(
        "sit_down",
        whole_body.sit,
        """a person sits down on a chair
        a man takes a seat
        someone lowers himself onto a chair and stays seated""",
        action="sit",
        direction="down",
    )
    yield from one(
        "stand_up",
        whole_body.rise_from_chair,
        """a person stands up from a chair
        a seated man gets up
        someone who is sitting rises to his feet""",
        direction="up",
    )
    yield from one(
        "sit_down_and_stand_up",
        whole_body.sit_and_rise,
        """a person sits down and then stands up again
        a man takes a seat, waits, and gets up
        someone sits on a chair for a moment and rises""",
        order="sit, stand up",
    )
    yield from one(
        "sit_on_floor",
        whole_body.sit_on_floor,
        """a person sits down on the floor
        a man sits down on the ground with bent knees
        someone lowers himself to the floor and hugs his knees""",
        action="sit",
        direction="down",
        style="floor",
    )
    yield from one(
        "lie_down",
        whole_body.lie_down,
        """a person lies down on the floor
        a man sits down on the ground and lies on his back
        someone lies down on their back""",
        direction="down",
        order="sit, lie",
    )
    yield from one(
        "get_up",
        whole_body.get_up,
        """a person gets up from the floor
        a man who lies on his back sits up and stands up
        someone rises from lying on the ground""",
        direction="up",
        order="sit up, stand up",
    )
    yield from pair(
        "kneel",
        whole_body.kneel,
        """a person kneels down on the {side} knee
        a man goes down on one knee, the {side}
        someone kneels with the {side} knee on the floor""",
        direction="down",
    )
    yield from one(
        "kneel_and_rise",
        whole_body.kneel_and_rise,
        """a person kneels down and stands up again
        a man goes down on one knee and gets up
        someone kneels for a moment and rises""",
        action="kneel",
        side="left",
        order="kneel, stand up",
    )
    yield from pair(
        "pick_up",
        whole_body.pick_up,
        """a person picks something up from the floor with the {side} hand
        a man bends down and grabs an object off the ground with his {side} hand
        someone lifts a thing from the floor using the {side} arm""",
        direction="up",
    )


def _sports() -> Iterator[Entry]:
    yield from pair(
        "kick",
        legs.kick,
        """a person kicks with the {side} leg
        a man kicks forward with his {side} foot
        someone kicks something in front using the {side} foot
        a figure does a front kick with its {side} leg""",
        count=1,
        direction="forward",
    )
    yield from pair(
        "punch",
        whole_body.punch,
        """a person punches with the {side} hand
        a man throws two punches with his {side} fist
        someone boxes forward with the {side} arm""",
        count=2,
        direction="forward",
    )
    yield from pair(
        "throw",
        whole_body.throw,
        """a person throws something with the {side} hand
        a man throws a ball overhand with his {side} arm
        someone winds up and hurls an object forward with the {side} hand""",
        count=1,
        direction="forward",
    )


def composed() -> Iterator[Entry]:
    """Yield one thing after another."""
    walk = gait("walk_and_stop")
    yield from pair(
        "walk_then_wave",
        after(walk, gestures.wave),
        """a person walks forward, then waves with the {side} hand
        a man walks ahead, stops and waves his {side} hand
        someone takes a few steps and then greets with the {side} arm""",
        order="walk, wave",
    )
    yield from one(
        "wave_then_walk",
        after(on_right(gestures.wave), walk),
        """a person waves with the right hand, then walks forward
        a man waves his right hand and then walks away
        someone greets with the right arm before walking ahead""",
        side="right",
        order="wave, walk",
    )
    yield from one(
        "squat_then_jump",
        after(legs.squat, legs.jump),
        """a person squats, then jumps
        a man does a squat and after that a jump
        someone bends down once, stands up and leaps into the air""",
        order="squat, jump",
    )
    yield from one(
        "walk_then_bow",
        after(walk, gestures.bow),
        """a person walks forward and bows
        a man steps ahead, stops and takes a bow
        someone walks a few steps, then bends forward politely""",
        order="walk, bow",
    )
    yield from pair(
        "turn_then_kick",
        after(gait("turn"), legs.kick),
        """a person turns to the {side} and then kicks with the {side} leg
        a man makes a quarter turn {side} and kicks with his {side} foot
        someone turns {side}, then does a kick""",
        order="turn, kick",
    )
