"""Telling: many things in few words."""

from tmr.motion.telling import count_of, first_few, tell_readings


def test_counts_have_their_nouns():
    assert count_of(1, "clip") == "1 clip"
    assert count_of(2000, "clip has", "clips have") == "2,000 clips have"
    assert first_few(["a", "b", "c"]) == "a, b, c"
    assert first_few(["a", "b", "c", "d"]) == "a, b, c, …"


def test_notes_that_differ_by_numbers_alone_are_one_and_plain_ones_are_none():
    notes = {
        "a": ["Frame 5 jumps 3.0 m.", "The unit is 1 m, as given."],
        "b": ["Frame 1,270 jumps 2.5e+03 m."],
        "c": ["One unit is 1 m, as given: the body is 9.0 m tall; is the unit right?"],
    }
    assert tell_readings(notes) == [
        "2 motion files: Frame 5 jumps 3.0 m (a, b)",
        "1 motion file: One unit is 1 m, as given: the body is 9.0 m tall; is the unit right? (c)",
    ]


def test_of_very_many_kinds_of_notes_the_others_are_counted():
    told = tell_readings({f"{letter}": [f"Note {letter}."] for letter in "abcdefghijklmnopqrstuvwxyz"})
    assert len(told) == 21
    assert told[-1] == "and 6 notes of other kinds"
