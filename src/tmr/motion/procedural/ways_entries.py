"""Entries of the whole body: ducking, leaning, steps, and other ways to walk, run, fall, with their captions."""

from functools import partial

from tmr.motion.procedural import mishaps, ways
from tmr.motion.procedural.entry import Entry, one, pair
from tmr.motion.procedural.gaits import travel

WAYS: tuple[Entry, ...] = (
    *one(
        "duck",
        mishaps.duck,
        """a person ducks
        a man quickly ducks down and comes up again
        someone ducks under something that comes at the head
        the figure suddenly crouches to dodge something and rises
        a person lowers the head and body fast to avoid being hit""",
        direction="down",
    ),
    *pair(
        "lean",
        mishaps.lean,
        """a person leans to the {side}
        a man bends his upper body sideways to the {side}
        someone tilts the trunk to the {side} and straightens up again
        the figure leans over to its {side} side with hanging arms
        a person does a side bend to the {side}""",
        direction="{side}",
    ),
    *one(
        "step_forward",
        mishaps.step_forward,
        """a person takes one step forward
        a man makes a single step ahead and stands still
        someone steps forward once
        the figure steps up and brings the feet together
        a person moves ahead by one step and stops""",
        direction="forward",
    ),
    *one(
        "step_back",
        mishaps.step_back,
        """a person takes one step back
        a man makes a single step backwards and stands still
        someone steps back once
        the figure moves back by one step and stops
        a person steps away to the rear, then stands""",
    ),
    *pair(
        "spin",
        partial(travel, ways.SPIN),
        """a person spins around once to the {side}
        a man makes a full turn to his {side} on the spot
        someone turns 360 degrees to the {side}
        the figure rotates once all the way round to the {side}
        a person twirls around in place, turning {side}""",
        direction="{side}",
    ),
    *one(
        "skip",
        ways.skip,
        """a person skips forward
        a man is skipping along happily
        someone skips ahead with a hop on every step
        the figure moves forward by stepping and hopping on each foot in turn
        a person goes skipping like a child""",
        direction="forward",
    ),
    *one(
        "jog_backwards",
        partial(travel, ways.JOG_BACKWARDS),
        """a person jogs backwards
        a man runs backward
        someone is running backwards while facing ahead
        the figure jogs in reverse
        a person trains by running backwards at an easy pace""",
        action="run",
        speed="slow",
        direction="backward",
    ),
    *one(
        "walk_crouched",
        partial(travel, ways.CROUCHED),
        """a person walks crouched
        a man walks forward bent low with deeply bent knees
        someone moves ahead in a crouch
        the figure stays low while walking, as if under a low ceiling
        a person walks stooped down with the knees bent""",
        action="walk",
        speed="slow",
        direction="forward",
        style="crouched",
    ),
    *one(
        "walk_on_toes",
        ways.walk_on_toes,
        """a person walks on the toes
        a man walks on tiptoe with a straight body
        someone tiptoes forward, standing tall
        the figure walks upright on the balls of its feet
        a person walks ahead with the heels off the floor""",
        action="walk",
        speed="slow",
        direction="forward",
        style="on tiptoe",
    ),
    *one(
        "walk_hands_on_head",
        ways.walk_hands_on_head,
        """a person walks with both hands on the head
        a man walks forward holding his hands on top of his head
        someone is walking with the hands on the head like a prisoner
        the figure strides ahead with both palms on its head
        a person puts the hands on the head while walking""",
        action="walk",
        side="both",
        speed="normal",
        direction="forward",
        style="hands on head",
    ),
    *one(
        "stairs_down",
        mishaps.stairs_down,
        """a person walks down the stairs
        a man descends five steps of a staircase
        someone is going downstairs
        the figure steps down a flight of stairs
        a person climbs down some steps""",
        action="stairs",
        direction="down",
        count=5,
    ),
    *one(
        "fall",
        mishaps.fall,
        """a person falls down
        a man loses his balance and falls backwards to the floor
        someone falls over and stays on the ground
        the figure topples over backward and lands on its back
        a person slips and falls onto the back""",
        direction="down",
    ),
    *one(
        "trip",
        mishaps.trip,
        """a person trips while walking
        a man stumbles over something, catches himself and walks on
        someone trips and almost falls
        the figure catches its foot on an obstacle while walking and regains its balance
        a person loses footing for a moment, throws the arms forward and keeps walking""",
        direction="forward",
    ),
    *one(
        "high_steps",
        partial(travel, ways.HIGH_STEPS),
        """a person walks with high steps as if through deep snow
        a man wades forward through snow
        someone slowly walks ahead, raising each knee high
        the figure stalks forward with its arms out and its feet lifted high
        a person plows through deep snow or tall grass""",
        action="walk",
        speed="slow",
        direction="forward",
        style="high steps",
    ),
    *one(
        "shuffle_left_and_right",
        ways.shuffle_left_and_right,
        """a person steps to the left and then to the right
        a man takes two side steps to his left and two side steps back to his right
        someone shuffles sideways to the left, then returns to the right
        the figure sidesteps left and right
        a person moves sideways to the left and comes back to the right""",
        order="left, right",
    ),
)
"""What moves the whole body."""
