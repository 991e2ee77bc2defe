"""Entries of instruments and signs, and of feelings, with their captions."""

from tmr.motion.procedural import feelings, playing
from tmr.motion.procedural.entry import Entry, one, pair

PLAYING: tuple[Entry, ...] = (
    *one(
        "guitar",
        playing.guitar,
        """a person plays the guitar
        a man strums an imaginary guitar
        someone plays air guitar with one hand at the neck and the other at the strings
        the figure stands and strums as if holding a guitar
        a musician is playing a guitar in front of the belly""",
        side="both",
    ),
    *one(
        "violin",
        playing.violin,
        """a person plays the violin
        a man draws a bow over a violin under his chin
        someone is fiddling, one arm holding the violin and the other moving the bow to and fro
        the figure pretends to play a fiddle
        a violinist plays with the head tilted onto the instrument""",
        side="both",
    ),
    *one(
        "piano",
        playing.piano,
        """a person plays the piano
        a man presses the keys of a keyboard with both hands
        someone is playing a piano while standing
        the figure moves both hands along imaginary keys
        a pianist plays with the fingers of both hands going up and down""",
        side="both",
    ),
    *one(
        "drums",
        playing.drums,
        """a person plays the drums
        a man beats a drum with both hands, one after the other
        someone is drumming with two sticks in front of the belly
        the figure pretends to be a drummer
        a drummer hits the drums in a fast rhythm""",
        side="both",
    ),
    *one(
        "conduct",
        playing.conduct,
        """a person conducts an orchestra
        a man beats time with both arms like a conductor
        someone is conducting music with the hands going up, down and out
        the figure directs a choir by moving both arms
        a conductor leads the musicians with both hands""",
        side="both",
    ),
    *pair(
        "beckon",
        playing.beckon,
        """a person beckons someone with the {side} hand
        a man waves somebody over with his {side} arm
        someone motions to come here by pulling the {side} hand towards himself
        the figure calls somebody closer with its {side} hand, three times
        a person makes a come here gesture with the {side} arm""",
        count=3,
    ),
    *pair(
        "stop_sign",
        playing.stop_sign,
        """a person holds out the {side} palm to say stop
        a man stops somebody with his {side} hand
        someone stretches the {side} arm straight ahead with the palm facing out
        the figure makes a stop sign with its {side} hand
        a person halts the traffic with the {side} arm held out in front""",
        direction="forward",
    ),
    *pair(
        "shake_hands",
        playing.shake_hands,
        """a person shakes hands using the {side} hand
        a man holds out his {side} hand and gives a handshake
        someone greets another person with a handshake of the {side} hand
        the figure offers its {side} hand at waist height and shakes it up and down
        a person reaches out with the {side} hand to shake hands with somebody""",
    ),
    *one(
        "pray",
        playing.pray,
        """a person prays
        a man puts his palms together in front of his chest and lowers his head
        someone is praying with folded hands
        the figure presses both hands together in prayer
        a person holds the palms together and bows the head""",
        side="both",
    ),
    *pair(
        "shake_fist",
        playing.shake_fist,
        """a person shakes the {side} fist
        a man angrily shakes his raised {side} fist at somebody
        someone threatens another person with the {side} fist
        the figure raises its {side} fist in anger and shakes it
        an angry person lifts the {side} hand as a fist and rattles it""",
    ),
    *pair(
        "blow_kiss",
        playing.blow_kiss,
        """a person blows a kiss with the {side} hand
        a man kisses his {side} hand and sends the kiss away
        someone puts the {side} fingers to the lips and throws a kiss
        the figure brings its {side} hand to the mouth and then stretches it out ahead
        a person sends somebody a kiss using the {side} hand""",
        order="hand to mouth, hand out",
    ),
)
"""Instruments, and signs given with the hands."""

FEELINGS: tuple[Entry, ...] = (
    *one(
        "laugh",
        feelings.laugh,
        """a person laughs
        a man bends over with laughter, holding his belly
        someone is laughing hard and shaking
        the figure throws its head back and then doubles up laughing
        a person cracks up and puts both hands on the stomach""",
    ),
    *one(
        "cry",
        feelings.cry,
        """a person cries
        a man wipes the tears from his eyes with both hands
        someone is weeping with a hanging head
        the figure sobs and rubs its eyes
        a sad person stands crying, the shoulders shaking""",
        side="both",
    ),
    *pair(
        "cough",
        feelings.cough,
        """a person coughs into the {side} hand
        a man holds his {side} hand before his mouth and coughs
        someone coughs three times, covering the mouth with the {side} hand
        the figure bends forward coughing with its {side} hand at the mouth
        a sick person covers the mouth with the {side} fist and coughs""",
        count=3,
    ),
    *pair(
        "think",
        feelings.think,
        """a person thinks with the {side} hand on the chin
        a man strokes his chin with his {side} hand while pondering
        someone stands in thought, the {side} hand at the chin and the {other} hand under the elbow
        the figure rests its chin on its {side} hand and considers something
        a person holds the {side} hand to the chin as if thinking hard""",
    ),
    *one(
        "shiver",
        feelings.shiver,
        """a person shivers
        a man hugs himself and trembles with cold
        someone is freezing and rubs the upper arms
        the figure wraps its arms around its own body and shakes as if cold
        a cold person stands hunched and shivering""",
        side="both",
    ),
    *one(
        "hug",
        feelings.hug,
        """a person hugs somebody
        a man opens his arms and embraces someone in front of him
        someone gives another person a hug
        the figure spreads its arms and closes them around somebody
        a person is embracing someone tightly with both arms""",
        side="both",
        order="open arms, close arms",
    ),
    *one(
        "cover_face",
        feelings.cover_face,
        """a person covers the face with both hands
        a man hides his face in his hands
        someone buries the face in the palms in despair
        the figure puts both hands before its face and bows the head
        an ashamed person holds both hands over the eyes""",
        side="both",
    ),
    *one(
        "shake_head",
        feelings.shake_head,
        """a person shakes the head
        a man shakes his head to say no
        someone turns the head quickly from side to side in refusal
        the figure disagrees with a shake of the head
        a person says no by shaking the head four times""",
        count=4,
    ),
    *one(
        "hands_behind_head",
        feelings.hands_behind_head,
        """a person puts both hands behind the head
        a man folds his hands behind his head and relaxes
        someone clasps the hands at the back of the head with the elbows wide
        the figure stands with its hands behind its head
        a person rests the back of the head in both hands""",
        side="both",
    ),
)
"""Feelings that hands, head and trunk show."""
