"""Entries of games, fights and exercises on the spot, with their captions."""

from functools import partial

from tmr.motion.procedural import arm_exercises, fighting, sports, workout
from tmr.motion.procedural.entry import Entry, one, pair

GAMES: tuple[Entry, ...] = (
    *one(
        "golf",
        sports.golf,
        """a person swings a golf club
        a man plays golf, hitting the ball with both hands on the club
        someone bends over a golf ball, winds up to the right and swings through to the left
        the figure takes a golf swing
        a person tees off with a golf club and watches the ball fly""",
        side="both",
        count=1,
    ),
    *pair(
        "tennis",
        sports.tennis,
        """a person swings a tennis racket with the {side} hand
        a man plays a forehand in tennis with his {side} arm
        someone hits a tennis ball using a racket in the {side} hand
        a player makes a {side}-handed forehand stroke""",
        count=1,
    ),
    *one(
        "bat",
        sports.bat,
        """a person swings a baseball bat
        a man bats, stepping in and swinging with both hands
        someone hits a baseball with a bat held in both hands
        the batter holds a bat at the right shoulder and swings it round to the left
        a figure takes a swing at a pitch with a bat""",
        side="both",
        count=1,
    ),
    *one(
        "box",
        fighting.box,
        """a person boxes the air
        a man throws four jabs, left and right in turn
        someone in a fighting stance punches alternately with both fists
        a boxer punches left, right, left, right
        the figure is boxing with both hands""",
        side="both",
        count=4,
        order="left, right, left, right",
    ),
    *pair(
        "uppercut",
        fighting.uppercut,
        """a person throws an uppercut with the {side} fist
        a man punches upward with his {side} hand
        someone dips and swings the {side} fist up as if to hit a chin
        a fighter delivers a {side} uppercut""",
        count=1,
        direction="up",
    ),
    *one(
        "block",
        fighting.block,
        """a person blocks with both forearms in front of the face
        a man steps back and covers his face with his arms
        someone raises both arms before the head to protect it from a blow
        the figure shields its face with both forearms
        a person defends himself, guarding his head with his arms""",
        side="both",
    ),
    *pair(
        "side_kick",
        fighting.side_kick,
        """a person kicks out to the {side} side with the {side} leg
        a man does a side kick with his {side} foot
        someone lifts the {side} knee and kicks sideways
        the figure delivers a karate side kick with the {side} leg""",
        count=1,
        direction="{side}",
    ),
    *one(
        "chop",
        fighting.chop,
        """a person chops wood with an axe
        a man lifts both hands over his head and swings them down twice as if chopping
        someone splits logs with two blows of an axe
        the figure raises an axe overhead and strikes downward two times
        a person hacks down at something in front with both hands""",
        side="both",
        count=2,
        direction="down",
    ),
    *one(
        "catch",
        sports.catch,
        """a person catches a ball with both hands
        a man reaches out, catches something and pulls it in to his chest
        someone receives a ball in front of the chest
        the figure catches a ball that was thrown to it""",
        side="both",
        count=1,
    ),
    *pair(
        "bowl",
        sports.bowl,
        """a person bowls with the {side} hand
        a man rolls a ball forward with his {side} arm
        someone steps forward and throws a bowling ball underarm with the {side} hand
        the figure swings its {side} arm back and then forward to roll a ball along the floor""",
        count=1,
        direction="forward",
    ),
    *pair(
        "dribble",
        sports.dribble,
        """a person dribbles a ball with the {side} hand
        a man bounces a basketball in place with his {side} hand
        someone is bouncing a ball on the floor using the {side} hand
        the figure pats a ball down five times with its {side} hand""",
        count=5,
        direction="in place",
    ),
    *one(
        "swim_crawl",
        sports.swim_crawl,
        """a person swims front crawl while standing
        a man bends forward and circles his arms one after the other as if swimming
        someone makes freestyle swimming strokes with both arms in turn
        the figure mimes the front crawl, arms going over and down
        a person pretends to swim freestyle""",
        side="both",
    ),
    *one(
        "swim_breast",
        sports.swim_breast,
        """a person swims breaststroke while standing
        a man leans forward, stretches his hands ahead and parts them as if swimming
        someone makes breaststroke movements with both arms
        the figure mimes swimming, both hands going forward and circling out
        a person does three breaststrokes in the air""",
        side="both",
        count=3,
    ),
    *one(
        "shoot_basket",
        sports.shoot_basket,
        """a person shoots a basketball
        a man bends his knees and throws a ball up at a hoop with both hands
        someone takes a free throw, rising on the toes
        the figure shoots at a basket
        a player makes a two-handed basketball shot""",
        side="both",
        count=1,
        direction="up",
    ),
)
"""Swings, strokes, balls and blows."""

WORKOUT: tuple[Entry, ...] = (
    *one(
        "arm_circles_forward",
        arm_exercises.arm_circles,
        """a person circles both arms forward
        a man makes three large forward circles with his straight arms
        someone does forward arm circles to warm up
        the figure windmills both arms, over the head and down in front""",
        action="arm_circles",
        side="both",
        count=3,
        style="forward",
    ),
    *one(
        "arm_circles_backward",
        partial(arm_exercises.arm_circles, backward=True),
        """a person circles both arms backwards
        a man makes three large backward circles with his straight arms
        someone does backward arm circles to loosen the shoulders
        the figure windmills both arms, up in front and down behind""",
        action="arm_circles",
        side="both",
        count=3,
        style="backward",
    ),
    *one(
        "toe_touch",
        workout.toe_touch,
        """a person touches their toes
        a man bends down with straight legs until his hands reach his feet
        someone folds forward, touches the toes and comes up
        the figure does a toe touch""",
        side="both",
        count=1,
        direction="down",
    ),
    *pair(
        "side_bend",
        workout.side_bend,
        """a person bends sideways to the {side}
        a man does a side bend to his {side} with the {other} arm overhead
        someone leans over to the {side} side, stretching the {other} arm above the head
        the figure stretches its flank by bending to the {side}""",
        count=1,
        direction="{side}",
    ),
    *one(
        "trunk_twist",
        workout.trunk_twist,
        """a person twists the upper body left and right
        a man turns his torso from side to side with his arms before his chest
        someone does trunk twists
        the figure rotates at the waist to both sides, arms in front of the chest""",
        order="left, right, left, right",
    ),
    *one(
        "hip_circles",
        workout.hip_circles,
        """a person circles the hips
        a man puts his hands on his waist and rotates his hips
        someone rolls the hips around three times with the hands on them
        the figure swings its hips round as with a hula hoop""",
        count=3,
    ),
    *one(
        "flap_arms",
        arm_exercises.flap_arms,
        """a person flaps both arms like a bird
        a man moves his arms up and down at his sides as if they were wings
        someone flaps the arms as if to fly
        the figure beats its arms like wings
        a person pretends to be a flying bird""",
        side="both",
        count=5,
    ),
    *one(
        "jump_rope",
        workout.jump_rope,
        """a person jumps rope
        a man skips with a rope in place
        someone makes small jumps while turning a rope with the hands
        the figure is skipping rope
        a person does rope jumps on the spot, hands beside the hips""",
        side="both",
        count=7,
        direction="in place",
    ),
    *one(
        "push_ups",
        workout.push_ups,
        """a person does push-ups
        a man on his hands and toes lowers his chest to the floor and presses up three times
        someone does three press-ups
        the figure is doing pushups on the ground""",
        side="both",
        count=3,
    ),
    *pair(
        "stomp",
        workout.stomp,
        """a person stomps the {side} foot
        a man stamps twice on the floor with his {side} foot
        someone lifts the {side} foot and stomps it down hard two times
        the figure stamps its {side} foot angrily""",
        count=2,
        direction="down",
    ),
    *one(
        "swing_arms",
        arm_exercises.swing_arms,
        """a person swings both arms forward and back
        a man stands and lets his straight arms swing back and forth
        someone loosely swings the arms together to the front and to the rear
        the figure warms up, swinging its arms like pendulums""",
        side="both",
        count=4,
    ),
    *one(
        "calf_raise",
        workout.calf_raise,
        """a person rises on the toes and sinks back
        a man does three calf raises
        someone goes up on tiptoe and down again three times
        the figure lifts both heels off the floor again and again""",
        side="both",
        count=3,
        direction="up",
    ),
    *pair(
        "leg_swing",
        workout.leg_swing,
        """a person swings the {side} leg forward and back
        a man stands on his {other} leg and swings the straight {side} leg to and fro
        someone does leg swings with the {side} leg
        the figure moves its {side} leg back and forth like a pendulum""",
        count=3,
    ),
    *pair(
        "side_lunge",
        workout.side_lunge,
        """a person does a side lunge to the {side}
        a man steps wide to his {side} and bends that knee
        someone lunges sideways onto the {side} leg and pushes back
        the figure shifts low over its {side} knee with the {other} leg straight""",
        count=1,
        direction="{side}",
    ),
    *one(
        "shake_arms",
        arm_exercises.shake_arms,
        """a person shakes out both arms
        a man shakes his hands and arms loosely
        someone loosens up by shaking the wrists
        the figure lets its arms and hands wobble to relax them""",
        side="both",
    ),
)
"""Exercises on the spot."""
