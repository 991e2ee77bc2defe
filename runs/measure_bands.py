"""Measure from which similarity on a sentence's best hit is right: the words "strong", "fair" and "weak" of the page.

    python runs/measure_bands.py [--model FOLDER] [--write]

Gallery: the demo library, 209 motions. Sentences: those below, none of which is a caption of it or another wording:
what it shows, with the motions that are right, and what it does not show, where no hit is. `strong` is the smallest
similarity from which on nine of ten best hits were right, `fair` the smallest from which on half of those below
`strong` were. With `--write` both go into the package under the model's hash. Intervals are Wilson's, 95%.
"""

import argparse
import json
import math
from collections.abc import Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from pathlib import Path

import numpy as np

from tmr.model.tmr import TMR, load_model
from tmr.motion.procedural import LabelledMotion, other_wordings, procedural_library
from tmr.motion.retarget import retarget
from tmr.search import bands

SHOWN = {
    "strolling along at an easy pace": "walk*",
    "he is worn out and drags himself along": "walk_tired walk_slow stagger zombie",
    "tiptoeing so that nobody hears": "sneak",
    "a soldier on parade": "march",
    "going in reverse": "walk_backwards",
    "hobbling because the left leg hurts": "limp_left",
    "hobbling because the right leg hurts": "limp_right",
    "drunk and hardly able to keep upright": "stagger",
    "the walking dead": "zombie",
    "an easy run for fitness": "jog run",
    "dashing at full speed": "sprint run",
    "running without getting anywhere": "run_on_the_spot",
    "running round in a ring": "run_circle_*",
    "a walk that bends to the left": "walk_turning_left walk_circle_left",
    "a walk that bends to the right": "walk_turning_right walk_circle_right",
    "going round in a circle on foot": "walk_circle_* walk_turning_*",
    "stepping sideways to the left": "side_steps_left",
    "stepping sideways to the right": "side_steps_right",
    "he spins on the spot": "turn_*",
    "climbing steps": "stairs",
    "stepping over something in the way": "obstacle",
    "on all fours": "crawl",
    "greeting with the right hand": "wave_right walk_then_wave_right",
    "greeting with the left hand": "wave_left walk_then_wave_left",
    "waving with both hands at once": "wave_both",
    "reaching straight up with the left arm": "raise_arm_left",
    "both hands go up": "raise_both_arms",
    "arms wide open": "spread_arms",
    "showing the way with the right hand": "point_right",
    "showing the way with the left hand": "point_left",
    "applause": "clap",
    "having a sip from a cup in the right hand": "drink_right",
    "having a sip from a cup in the left hand": "drink_left",
    "cleaning a window": "wipe_*",
    "doing nothing at all": "stand",
    "a polite Japanese greeting": "bow walk_then_bow",
    "yes, without words": "nod",
    "I have no idea, with the shoulders": "shrug",
    "folding the arms in front of the chest": "cross_arms",
    "hands at the waist": "hands_on_hips",
    "reaching up after a long night": "stretch",
    "searching with the eyes, left and right": "look_around",
    "taking a chair": "sit_down*",
    "rising from a chair": "stand_up sit_down_and_stand_up",
    "he settles on the ground": "sit_on_floor lie_down",
    "going to bed on the ground": "lie_down",
    "rising from the ground": "get_up",
    "down on one knee": "kneel_*",
    "lifting a thing from the floor": "pick_up_*",
    "deep knee bends": "squat squat_three_times",
    "a long step forward and down": "lunge_*",
    "bringing the knee up high": "knee_raise_*",
    "on one leg without falling": "balance_*",
    "gymnastics: arms and legs apart and together": "jumping_jacks",
    "moving to music": "dance",
    "a leap straight up": "jump jump_twice jump_three_times",
    "three hops in a row": "jump_three_times hop_*",
    "a leap ahead": "jump_forward",
    "hopping on one foot": "hop_*",
    "striking with the right foot": "kick_right turn_then_kick_right",
    "striking with the left foot": "kick_left turn_then_kick_left",
    "a boxer's blow": "punch_*",
    "hurling a ball": "throw_*",
    "first he squats, then he leaps": "squat_then_jump",
    "he turns round and kicks": "turn_then_kick_*",
    "playing the violin": "violin",
    "swimming breaststroke": "swim_breast",
    "a golfer's swing": "golf",
    "typing on a keyboard": "type",
    "doing push-ups": "push_ups",
    "carrying a heavy box with both arms": "carry lift_box put_down_box",
    "talking on the phone": "phone_*",
    "sweeping the floor with a broom": "sweep",
    "steering a car": "steer",
    "praying with folded hands": "pray",
    "skipping with a rope": "jump_rope",
    "pushing a heavy cart": "push",
    "a soloist at the grand piano": "piano",
    "strumming a guitar": "guitar",
    "a forehand with a racket": "tennis_*",
    "hitting a baseball": "bat",
    "splitting logs": "chop",
    "shaking hands with the right hand": "shake_hands_right",
    "having dinner, with the right hand": "eat_right",
    "stirring soup": "stir_*",
    "filling a glass": "pour_*",
    "washing the hands": "rub_hands",
    "looking at one's watch": "check_watch_*",
    "knocking at a door": "knock_*",
    "heaving a crate off the ground": "lift_box",
    "hauling in a rope": "pull",
    "bouncing a ball on the ground with the left hand": "dribble_left",
    "shooting at the basket": "shoot_basket",
    "front crawl": "swim_crawl",
    "touching the toes": "toe_touch",
    "like a bird": "flap_arms",
    "big circles with both arms": "arm_circles_*",
    "stamping a foot": "stomp_*",
    "laughing out loud": "laugh",
    "weeping": "cry",
    "freezing cold": "shiver",
    "an embrace": "hug",
    "no, without words": "shake_head",
    "deep in thought": "think_*",
    "coughing": "cough_*",
    "leading an orchestra": "conduct",
    "ducking under a branch": "duck",
    "a full turn on the spot": "spin_* turn_around_*",
    "skipping like a child": "skip",
    "going down some steps": "stairs_down",
    "tripping over something": "trip fall",
}
NOT_SHOWN = (
    "riding a bicycle",
    "a cartwheel",
    "climbing a rope hand over hand",
    "a somersault in the air",
    "brushing the teeth",
    "rowing a boat",
    "a handstand",
    "shooting with a bow and arrow",
    "a ballet pirouette on one toe",
    "falling down the stairs",
    "combing the hair",
    "hammering a nail",
    "skiing downhill",
    "digging with a spade",
    "a cat washes itself",
    "rolling on the floor like a barrel",
    "riding a horse",
    "hanging from a bar",
    "tying the shoes",
    "sawing wood",
    "ice skating",
    "a headstand",
    "paddling a kayak",
    "milking a cow",
    "shovelling snow",
    "ironing a shirt",
    "opening an umbrella",
    "climbing over a wall",
    "flying a kite",
    "a handspring",
    "a split on the floor",
    "ringing a bell by its rope",
)


FEWEST = 10


@dataclass(frozen=True)
class Best:
    """The best hit of a sentence."""

    similarity: float
    is_right: bool
    sentence: str
    item: str


def best_hits(model: TMR, library: Sequence[LabelledMotion]) -> list[Best]:
    """Return the best hit of each sentence, the most similar first."""
    wanted = [*SHOWN.items(), *((sentence, "") for sentence in NOT_SHOWN)]
    similarities = model.encode_text([sentence for sentence, _ in wanted]) @ encoded(model, library).T
    found = []
    for (sentence, patterns), row in zip(wanted, np.asarray(similarities), strict=True):
        item = library[int(row.argmax())].name
        is_right = any(fnmatch(item, pattern) for pattern in patterns.split())
        found.append(Best(float(row.max()), is_right, sentence, item))
    return sorted(found, key=lambda best: -best.similarity)


def encoded(model: TMR, library: Sequence[LabelledMotion]) -> np.ndarray:
    """Return the vectors of the motions as an index would hold them."""
    return model.encode_motion([retarget(made.motion) for made in library])


def limit(best: Sequence[Best], share: float) -> float | None:
    """Return the smallest similarity of the given hits from which on such a share of them is right.

    None if there is none that `FEWEST` hits reach: of a few all may be right by luck.
    """
    right, found = 0, None
    for count, one in enumerate(best, start=1):
        right += one.is_right
        if count >= FEWEST and right >= share * count:
            found = one.similarity
    return found


def interval(right: int, count: int) -> str:
    """Return a share with its interval, in percent."""
    if count == 0:
        return "–"
    share, z = right / count, 1.96
    middle = (share + z * z / (2 * count)) / (1 + z * z / count)
    half = z * math.sqrt(share * (1 - share) / count + z * z / (4 * count * count)) / (1 + z * z / count)
    return f"{100 * share:.0f} ({100 * (middle - half):.0f}–{100 * (middle + half):.0f})"


def print_bands(best: Sequence[Best], strong: float, fair: float) -> None:
    """Print how many best hits of each word were right."""
    print("| word | from | best hits | right, % |\n|---|---:|---:|---:|")
    edges = {"strong": (strong, 2.0), "fair": (fair, strong), "weak": (-2.0, fair)}
    for word, (low, high) in edges.items():
        inside = [one for one in best if low <= one.similarity < high]
        right = sum(one.is_right for one in inside)
        print(f"| {word} | {low:.2f} | {len(inside)} | {interval(right, len(inside))} |")


def separation(best: Sequence[Best]) -> float:
    """Return how often a right best hit is more similar than a wrong one: 0.5 by luck."""
    right = np.array([one.similarity for one in best if one.is_right])
    wrong = np.array([one.similarity for one in best if not one.is_right])
    return float(((right[:, None] > wrong) + 0.5 * (right[:, None] == wrong)).mean())


def main() -> None:
    """Print a table, and write the limits if that is wished."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--model")
    parser.add_argument("--write", action="store_true")
    options = parser.parse_args()
    library = procedural_library(seed=0)
    told = {text for made in library for text in (*made.captions, *other_wordings(made.name))}
    if known := told & {*SHOWN, *NOT_SHOWN}:
        raise SystemExit(f"these sentences are captions or other wordings of the library: {', '.join(known)}")
    model = load_model(options.model)
    best, checkpoint_hash = best_hits(model, library), model.checkpoint_hash
    strong = limit(best, 0.9)
    fair = None if strong is None else limit([one for one in best if one.similarity < strong], 0.5)
    if strong is None or fair is None:
        print("No words: there is no similarity from which on that many best hits are right.")
    else:
        print_bands(best, strong, fair)
    print(f"\nmodel {checkpoint_hash[:12]}, {len(SHOWN)} sentences that are shown, {len(NOT_SHOWN)} that are not")
    print(f"best hits right: {sum(one.is_right for one in best)} of {len(best)}; separation {separation(best):.2f}")
    for one in best:
        print(f"{one.similarity:6.3f}  {'right' if one.is_right else 'wrong'}  {one.sentence}: {one.item}")
    if options.write and strong is not None and fair is not None:
        path = Path(bands.__file__).with_name("bands.json")
        table = json.loads(path.read_text(encoding="utf-8"))
        table[checkpoint_hash] = {"strong": round(strong, 3), "fair": round(fair, 3), "queries": len(best)}
        path.write_text(json.dumps(table, indent=2) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
