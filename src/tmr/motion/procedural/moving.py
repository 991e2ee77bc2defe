"""Entries that travel: walks, runs, turns, stairs, with their captions."""

from tmr.motion.procedural import floor, legs, whole_body
from tmr.motion.procedural.entry import Entry, gait, on_right, one, pair

WALKING: tuple[Entry, ...] = (
    *one(
        "walk",
        gait("walk"),
        """a person walks forward
        a man walks straight ahead at a normal pace
        someone is walking forward in a relaxed way
        a figure takes several steps forward""",
        speed="normal",
        direction="forward",
    ),
    *one(
        "walk_and_stop",
        gait("walk_and_stop"),
        """a person starts walking forward and then stops
        a man who stands still walks a few steps forward and comes to a stop
        someone walks ahead and stands still again""",
        action="walk",
        speed="normal",
        direction="forward",
        order="walk, stop",
    ),
    *one(
        "walk_slow",
        gait("walk_slow"),
        """a person walks forward slowly
        a man is slowly walking ahead
        someone strolls forward at a slow pace
        a figure takes slow steps forward""",
        action="walk",
        speed="slow",
        direction="forward",
    ),
    *one(
        "walk_fast",
        gait("walk_fast"),
        """a person walks forward quickly
        a man walks fast with swinging arms
        someone hurries forward at a brisk walk
        a person is power walking ahead""",
        action="walk",
        speed="fast",
        direction="forward",
    ),
    *one(
        "walk_tired",
        gait("walk_tired"),
        """a tired person walks slowly with a hanging head
        an exhausted man drags himself forward
        someone trudges forward, bent and weary
        a sad person shuffles ahead looking at the floor""",
        action="walk",
        speed="slow",
        direction="forward",
        style="tired",
    ),
    *one(
        "sneak",
        gait("sneak"),
        """a person sneaks forward on tiptoes
        a man creeps ahead, crouched and quiet
        someone is stealthily walking with bent knees
        a thief sneaks forward carefully""",
        action="walk",
        speed="slow",
        direction="forward",
        style="sneaking",
    ),
    *one(
        "march",
        gait("march"),
        """a person marches forward, lifting the knees high
        a soldier is marching
        a man marches ahead with swinging straight arms
        someone walks like in a parade""",
        action="march",
        speed="normal",
        direction="forward",
        style="marching",
    ),
    *one(
        "walk_backwards",
        gait("walk_backwards"),
        """a person walks backwards
        a man is walking backward slowly
        someone takes several steps back
        a figure steps backwards while facing ahead""",
        action="walk",
        speed="normal",
        direction="backward",
    ),
    *pair(
        "limp",
        on_right(gait("limp")),
        """a person limps, sparing the {side} leg
        a man with a hurt {side} leg hobbles forward
        someone walks with a limp because the {side} foot hurts""",
        action="walk",
        speed="slow",
        direction="forward",
        style="limping",
    ),
    *one(
        "stagger",
        gait("stagger"),
        """a drunk person staggers forward
        a man stumbles ahead, swaying from side to side
        someone walks unsteadily as if drunk
        a dizzy person reels while walking""",
        action="walk",
        speed="slow",
        direction="forward",
        style="drunk",
    ),
    *one(
        "zombie",
        gait("zombie"),
        """a person walks like a zombie with both arms stretched out in front
        a zombie shuffles forward
        a man walks stiffly, holding his arms straight ahead""",
        action="walk",
        speed="slow",
        direction="forward",
        style="zombie",
    ),
)
"""Walks of all styles."""

RUNNING: tuple[Entry, ...] = (
    *one(
        "jog",
        gait("jog"),
        """a person jogs forward
        a man is jogging at an easy pace
        someone runs slowly ahead""",
        action="run",
        speed="slow",
        direction="forward",
    ),
    *one(
        "run",
        gait("run"),
        """a person runs forward
        a man is running straight ahead
        someone runs with bent arms""",
        speed="normal",
        direction="forward",
    ),
    *one(
        "sprint",
        gait("sprint"),
        """a person sprints forward as fast as possible
        a man runs very fast
        someone is sprinting in a race
        an athlete dashes ahead""",
        action="run",
        speed="fast",
        direction="forward",
    ),
    *one(
        "run_on_the_spot",
        gait("run_on_the_spot"),
        """a person runs on the spot
        a man jogs in place, lifting his knees
        someone is running in place without moving forward""",
        action="run",
        direction="in place",
    ),
    *pair(
        "run_circle",
        gait("run_circle"),
        """a person runs in a circle to the {side}
        a man is running around in a circle, turning {side}
        someone runs round and round to the {side}""",
        action="run",
        speed="normal",
        direction="{side}",
        style="circle",
    ),
)
"""Jogs, runs and sprints."""

TURNING: tuple[Entry, ...] = (
    *pair(
        "walk_turning",
        gait("walk_turning"),
        """a person walks forward and turns {side}
        a man walks ahead, then makes a {side} turn and walks on
        someone is walking and turns to the {side} around a corner""",
        action="walk",
        speed="normal",
        direction="{side}",
        order="walk, turn, walk",
    ),
    *one(
        "walk_turning_back",
        gait("walk_turning_back"),
        """a person walks forward, turns around and walks back
        a man walks ahead, makes a u-turn and returns to where he began
        someone walks away, turns 180 degrees and comes back""",
        action="walk",
        speed="normal",
        direction="back",
        order="walk, turn, walk",
    ),
    *pair(
        "walk_circle",
        gait("walk_circle"),
        """a person walks in a circle to the {side}
        a man walks around in a circle, turning {side}
        someone is walking a full circle with the {side} side inwards""",
        action="walk",
        speed="normal",
        direction="{side}",
        style="circle",
    ),
    *pair(
        "side_steps",
        gait("side_steps"),
        """a person steps sideways to the {side}
        a man takes several side steps to his {side}
        someone shuffles to the {side} while facing ahead""",
        direction="{side}",
    ),
    *pair(
        "turn",
        gait("turn"),
        """a person turns to the {side} on the spot
        a man makes a quarter turn to his {side}
        someone standing turns 90 degrees {side}""",
        direction="{side}",
    ),
    *pair(
        "turn_around",
        gait("turn_around"),
        """a person turns around over the {side} shoulder
        a man turns 180 degrees to the {side} on the spot
        someone turns {side} until he faces the other way""",
        direction="{side}",
        style="around",
    ),
    *one(
        "stairs",
        whole_body.stairs,
        """a person walks up the stairs
        a man climbs five steps of a staircase
        someone is going upstairs""",
        direction="up",
        count=5,
    ),
    *one(
        "obstacle",
        legs.obstacle,
        """a person steps over an obstacle
        a man lifts his feet high to step over something on the floor
        someone carefully steps over a low barrier""",
        direction="forward",
    ),
    *one(
        "crawl",
        floor.crawl,
        """a person crawls on hands and knees
        a man is crawling forward on all fours
        someone crawls along the floor like a baby""",
        direction="forward",
    ),
)
"""Turns, side steps, and other ways to get on."""
