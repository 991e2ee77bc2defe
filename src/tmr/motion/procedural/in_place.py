"""Entries on the spot: what arms and head do, sitting, kneeling and lying, with their captions."""

from tmr.motion.procedural import floor, gestures, whole_body
from tmr.motion.procedural.entry import Entry, one, pair

ARMS: tuple[Entry, ...] = (
    *pair(
        "wave",
        gestures.wave,
        """a person waves with the {side} hand
        a man waves his {side} hand in greeting
        someone raises the {side} hand and waves hello
        a figure is waving goodbye with its {side} arm""",
    ),
    *one(
        "wave_both",
        gestures.wave_both,
        """a person waves both arms above the head
        a man waves with both hands to get attention
        someone signals by swinging both raised arms from side to side""",
        action="wave",
        side="both",
    ),
    *pair(
        "raise_arm",
        gestures.raise_arm,
        """a person raises the {side} arm
        a man lifts his {side} hand straight up and lowers it
        someone puts the {side} arm up in the air
        a figure reaches up with the {side} hand""",
        direction="up",
    ),
    *one(
        "raise_both_arms",
        gestures.raise_both,
        """a person raises both arms overhead
        a man lifts both hands straight up and lowers them
        someone puts both arms up in the air""",
        action="raise_arm",
        side="both",
        direction="up",
    ),
    *one(
        "spread_arms",
        gestures.raise_side,
        """a person lifts both arms out to the sides
        a man stretches his arms sideways like a T
        someone raises both arms to shoulder height at the sides""",
        side="both",
        direction="sideways",
    ),
    *pair(
        "point",
        gestures.point,
        """a person points forward with the {side} hand
        a man points at something in front of him with his {side} arm
        someone stretches out the {side} arm to point ahead""",
        direction="forward",
    ),
    *one(
        "clap",
        gestures.clap,
        """a person claps their hands
        a man applauds
        someone is clapping in front of the chest
        a figure claps the hands together several times""",
        side="both",
        count=5,
    ),
    *pair(
        "drink",
        gestures.drink,
        """a person drinks with the {side} hand
        a man lifts a cup to his mouth with his {side} hand and drinks
        someone takes a sip from a glass held in the {side} hand""",
    ),
    *pair(
        "wipe",
        gestures.wipe,
        """a person wipes a wall with the {side} hand
        a man scrubs a window using his {side} hand
        someone is cleaning a surface with the {side} arm""",
    ),
)
"""What one arm or both do."""

SIGNS: tuple[Entry, ...] = (
    *one(
        "stand",
        gestures.stand,
        """a person stands still
        a man is standing in place with his arms at his sides
        someone stands idle and waits""",
    ),
    *one(
        "bow",
        gestures.bow,
        """a person bows
        a man bends forward at the waist and comes up again
        someone takes a deep bow
        a figure bows politely""",
        direction="forward",
    ),
    *one(
        "nod",
        gestures.nod,
        """a person nods
        a man nods his head in agreement
        someone moves the head up and down to say yes""",
        count=3,
    ),
    *one(
        "shrug",
        gestures.shrug,
        """a person shrugs
        a man lifts his shoulders and turns up his palms
        someone shrugs as if they do not know""",
        side="both",
    ),
    *one(
        "cross_arms",
        gestures.cross_arms,
        """a person crosses their arms
        a man folds his arms in front of his chest
        someone stands with crossed arms""",
        side="both",
    ),
    *one(
        "hands_on_hips",
        gestures.hands_on_hips,
        """a person puts both hands on the hips
        a man stands with his hands on his hips
        someone places the hands at the waist and looks about""",
        side="both",
    ),
    *one(
        "stretch",
        gestures.stretch,
        """a person stretches both arms overhead and bends from side to side
        a man stretches his body to the left and to the right
        someone reaches up and leans sideways to stretch""",
        side="both",
        order="left, right",
    ),
    *one(
        "look_around",
        gestures.look_around,
        """a person looks around
        a man turns his head to the left and then to the right
        someone looks both ways""",
        order="left, right",
    ),
)
"""Ways to stand, and signs given with head and trunk."""

FLOOR: tuple[Entry, ...] = (
    *one(
        "sit_down",
        floor.sit,
        """a person sits down on a chair
        a man takes a seat
        someone lowers himself onto a chair and stays seated""",
        action="sit",
        direction="down",
    ),
    *one(
        "stand_up",
        floor.rise_from_chair,
        """a person stands up from a chair
        a seated man gets up
        someone who is sitting rises to his feet""",
        direction="up",
    ),
    *one(
        "sit_down_and_stand_up",
        floor.sit_and_rise,
        """a person sits down and then stands up again
        a man takes a seat, waits, and gets up
        someone sits on a chair for a moment and rises""",
        order="sit, stand up",
    ),
    *one(
        "sit_on_floor",
        floor.sit_on_floor,
        """a person sits down on the floor
        a man sits down on the ground with bent knees
        someone lowers himself to the floor and hugs his knees""",
        action="sit",
        direction="down",
        style="floor",
    ),
    *one(
        "lie_down",
        floor.lie_down,
        """a person lies down on the floor
        a man sits down on the ground and lies on his back
        someone lies down on their back""",
        direction="down",
        order="sit, lie",
    ),
    *one(
        "get_up",
        floor.get_up,
        """a person gets up from the floor
        a man who lies on his back sits up and stands up
        someone rises from lying on the ground""",
        direction="up",
        order="sit up, stand up",
    ),
    *pair(
        "kneel",
        floor.kneel,
        """a person kneels down on the {side} knee
        a man goes down on one knee, the {side}
        someone kneels with the {side} knee on the floor""",
        direction="down",
    ),
    *one(
        "kneel_and_rise",
        floor.kneel_and_rise,
        """a person kneels down and stands up again
        a man goes down on one knee and gets up
        someone kneels for a moment and rises""",
        action="kneel",
        side="left",
        order="kneel, stand up",
    ),
    *pair(
        "pick_up",
        whole_body.pick_up,
        """a person picks something up from the floor with the {side} hand
        a man bends down and grabs an object off the ground with his {side} hand
        someone lifts a thing from the floor using the {side} arm""",
        direction="up",
    ),
)
"""What goes down to a chair or the floor."""
