"""Entries of what hands do with things, with their captions."""

from tmr.motion.procedural import chores, handling
from tmr.motion.procedural.entry import Entry, one, pair

HANDLING: tuple[Entry, ...] = (
    *pair(
        "eat",
        handling.eat,
        """a person eats with the {side} hand
        a man holds a plate and brings food to his mouth with his {side} hand three times
        someone takes three bites from a plate, eating with the {side} hand
        the figure has a meal standing up, spooning it into the mouth with the {side} hand""",
        count=3,
    ),
    *pair(
        "phone",
        handling.phone,
        """a person talks on the phone, holding it with the {side} hand
        a man makes a phone call with his {side} hand at his ear
        someone holds a cell phone to the {side} ear and speaks
        the figure answers a telephone with its {side} hand""",
    ),
    *pair(
        "scratch_head",
        handling.scratch_head,
        """a person scratches their head with the {side} hand
        a man scratches his head using his {side} hand, as if thinking
        someone rubs the top of the head with the {side} hand
        the figure has an itch on the head and scratches it with its {side} hand""",
    ),
    *pair(
        "stir",
        handling.stir,
        """a person stirs a pot with the {side} hand
        a man is cooking, stirring in circles with his {side} hand
        someone mixes something in a bowl, the spoon in the {side} hand
        the figure moves its {side} hand round and round in front of the belly as if stirring soup""",
    ),
    *pair(
        "pour",
        handling.pour,
        """a person pours a drink with the {side} hand
        a man lifts a bottle in his {side} hand and fills a glass in the other
        someone tilts a bottle with the {side} hand to pour into a cup
        the figure pours water out of a jug held in its {side} hand""",
    ),
    *pair(
        "take_from_shelf",
        handling.take_from_shelf,
        """a person takes something from a high shelf with the {side} hand
        a man reaches up to a shelf with his {side} hand and grabs an object
        someone gets a thing down from a cupboard using the {side} arm
        the figure stretches its {side} arm forward and up, takes something and brings it to the chest""",
    ),
    *pair(
        "place",
        handling.put_on_table,
        """a person puts something down on a table with the {side} hand
        a man places an object on a table in front of him with his {side} hand
        someone sets a cup down on the counter using the {side} hand
        the figure leans forward and lays a thing on a desk with its {side} hand""",
    ),
    *pair(
        "open_door",
        handling.open_door,
        """a person opens a door with the {side} hand
        a man turns a door handle with his {side} hand and pulls the door open
        someone grabs the doorknob with the {side} hand and steps back to open the door
        the figure pulls a door towards itself with its {side} arm""",
    ),
    *pair(
        "check_watch",
        handling.check_watch,
        """a person looks at the watch on the {side} wrist
        a man checks the time on his {side} wrist
        someone lifts the {side} forearm and glances down at a wristwatch
        the figure raises its {side} wrist in front of the chest to see what time it is""",
    ),
    *pair(
        "wipe_forehead",
        handling.wipe_forehead,
        """a person wipes their forehead with the {side} hand
        a man wipes the sweat off his brow with his {side} hand
        someone rubs the forehead using the {side} hand
        the figure brushes its {side} hand across its forehead""",
    ),
    *pair(
        "knock",
        handling.knock,
        """a person knocks on a door with the {side} hand
        a man knocks three times with his {side} fist
        someone raps at a door using the {side} hand, then waits
        the figure lifts its {side} fist and knocks on the door in front""",
        count=3,
    ),
)
"""What one hand does with things, and with the head."""

CHORES: tuple[Entry, ...] = (
    *one(
        "rub_hands",
        chores.rub_hands,
        """a person rubs their hands together
        a man washes his hands
        someone is rubbing the palms against each other in front of the belly
        the figure rubs both hands as if using soap""",
        side="both",
    ),
    *one(
        "push",
        chores.push,
        """a person pushes something heavy forward with both hands
        a man leans into a heavy object and shoves it ahead
        someone is pushing a broken down car
        the figure steps forward slowly, pushing hard with both arms""",
        side="both",
        speed="slow",
        direction="forward",
    ),
    *one(
        "pull",
        chores.pull,
        """a person pulls a rope
        a man hauls in a rope hand over hand
        someone leans back and tugs on a rope with both hands in turn
        the figure is pulling a line towards the body as in tug of war""",
    ),
    *one(
        "sweep",
        chores.sweep,
        """a person sweeps the floor with a broom
        a man is sweeping from side to side
        someone cleans the floor with a broom held in both hands
        the figure mops the ground in front, swinging a long stick to both sides""",
    ),
    *one(
        "lift_box",
        chores.lift_box,
        """a person lifts a box from the floor with both hands
        a man bends his knees and picks up a heavy box
        someone squats, takes hold of a crate on the ground and stands up with it
        the figure raises a large package off the floor and holds it in front of the belly""",
        side="both",
        direction="up",
    ),
    *one(
        "put_down_box",
        chores.put_down_box,
        """a person puts a box down on the floor
        a man who holds a heavy box bends his knees and sets it on the ground
        someone lowers a crate to the floor with both hands and stands up without it
        the figure squats to place a large package on the floor""",
        side="both",
        direction="down",
    ),
    *one(
        "carry",
        chores.carry,
        """a person walks forward carrying a box
        a man carries a large box in front of him with both hands
        someone holds a crate before the belly while walking ahead
        the figure is walking with a package in its arms""",
        side="both",
        direction="forward",
    ),
    *one(
        "steer",
        chores.steer,
        """a person turns a steering wheel to the left and to the right
        a man steers with both hands on the wheel
        someone is driving a car
        the figure holds a big wheel and turns it one way and then the other""",
        side="both",
        order="left, right",
    ),
    *one(
        "type",
        chores.type_on_keyboard,
        """a person types on a keyboard
        a man stands at a desk and is typing
        someone taps keys with both hands
        the figure writes on a computer while standing""",
        side="both",
    ),
)
"""What both hands and the whole body do with things."""
