"""The script that finds other words for what people do: on a WordNet of a few verbs, and on the real one."""

import json
from pathlib import Path

import pytest

import find_near_words
from find_near_words import find, read_list

WORDNET = Path("/usr/share/wordnet")
# offset, lexicographer file, part of speech, words in hexadecimal, words, pointers, frames | gloss
VERBS = """  1 The licence stands before the verbs.
00000001 38 v 01 walk 0 001 @ 00000009 v 0000 01 + 02 00 | use one's feet to advance
00000002 38 v 02 stroll 0 saunter 0 001 @ 00000001 v 0000 01 + 02 00 | walk leisurely
00000003 38 v 01 promenade 0 001 @ 00000002 v 0000 01 + 02 00 | stroll in public
00000004 38 v 01 parade 0 001 @ 00000003 v 0000 01 + 02 00 | three steps below walking
00000005 41 v 01 walk 0 000 01 + 02 00 | be or act in association with
00000006 38 v 01 flow 0 001 @ 00000008 v 0000 01 + 02 00 | move as if it were water
00000007 32 v 01 greet 0 000 01 + 02 00 | say hello
00000008 38 v 01 run 0 000 01 + 02 00 | flow
00000009 38 v 01 travel 0 000 01 + 02 00 | change location
00000010 38 v 01 run 0 000 01 + 02 00 | move fast on one's feet
00000011 38 v 02 well 0 putt 0 001 @ 00000001 v 0000 01 + 02 00 | of the words in hand
"""
INDEX = """  1 The licence stands before the verbs.
walk v 2 1 @ 2 2 00000005 00000001
stroll v 1 1 @ 1 1 00000002
saunter v 1 1 @ 1 1 00000002
promenade v 1 1 @ 1 1 00000003
parade v 1 1 @ 1 1 00000004
flow v 1 1 @ 1 1 00000006
greet v 5 1 @ 5 5 00000007 00000007 00000007 00000007 00000002
run v 2 1 @ 2 2 00000010 00000008
travel v 1 1 @ 1 1 00000009
well v 1 1 @ 1 1 00000011
putt v 1 1 @ 1 1 00000011
take_a_walk v 1 1 @ 1 1 00000002
"""
LIST = """# A comment.
walk / walks / walking / walked | motion | walk
run / runs / running / ran | motion | run, hurry
NEVER | saunter
"""


@pytest.fixture
def wordnet(tmp_path):
    (tmp_path / "data.verb").write_text(VERBS, encoding="latin-1")
    (tmp_path / "index.verb").write_text(INDEX, encoding="latin-1")
    (tmp_path / "verb.exc").write_text("ran run\nputting put\nswum swim\n", encoding="latin-1")
    (tmp_path / "cntlist.rev").write_text("well%4:02:00:: 1 139\nwell%2:38:00:: 1 3\nstroll%2:38:00:: 1 2\n")
    return tmp_path


def found_in(wordnet, text):
    path = wordnet / "list.txt"
    path.write_text(text, encoding="utf-8")
    things, never = read_list(path)
    words, irregular = find(things, never, wordnet)
    return {thing.forms[0]: found for thing, found in zip(things, words, strict=True)}, irregular


def test_what_is_a_kind_of_a_thing_is_another_word_for_it(wordnet):
    words, irregular = found_in(wordnet, LIST)
    # Neither what is three steps below it, nor what is its fifth sense, nor what is seldom a verb, nor several
    # words, nor what its own forms are of another verb.
    assert words == {"walk": ["promenade", "stroll", "walk"], "run": ["hurry", "run"]}
    assert irregular == {"ran": "run"}


def test_a_word_is_meant_in_its_first_sense_that_fits_or_in_two(wordnet):
    assert "flow" not in found_in(wordnet, LIST)[0]["run"]
    assert "flow" in found_in(wordnet, LIST.replace("run, hurry", "run+, hurry"))[0]["run"]


def test_what_a_definition_calls_a_way_to_do_a_thing_is_that_way(wordnet):
    ways = "walk slowly / walks slowly / walking slowly / walked slowly | motion | | walk: slow, leisurely\n"
    words, _ = found_in(wordnet, LIST.replace("NEVER | saunter", "") + ways)
    # Strolling is defined so; promenading is a kind of it, but its own definition does not say how one walks.
    assert words == {"walk": ["promenade", "walk"], "run": ["hurry", "run"], "walk slowly": ["saunter", "stroll"]}
    words, _ = found_in(wordnet, LIST.replace("| walk\n", "| walk, stroll\n") + ways)
    # What the list says by hand stays; another two steps down there is parading.
    assert words["walk"] == ["parade", "promenade", "stroll", "walk"]
    words, _ = found_in(wordnet, LIST + ways.replace("walk: ", "run: "))
    assert words["walk"] == ["promenade", "stroll", "walk"]


def test_a_way_to_do_what_the_list_does_not_have_is_told(wordnet):
    with pytest.raises(SystemExit, match=r"list\.txt: ways to do what is no thing of the list: hop"):
        found_in(wordnet, LIST + "hop far / hops far / hopping far / hopped far | motion | | hop: far\n")


@pytest.mark.parametrize(
    "line",
    [
        "a / b / c / d | motion | stroll | slowly",
        "walk | motion | stroll",
        "a / b / c / d | swimming | stroll",
        "a / b / c / d |  | stroll",
        "a / b / c / d",
    ],
)
def test_a_line_that_is_none_is_told(tmp_path, line):
    path = tmp_path / "list.txt"
    path.write_text(f"# comment\n{line}\n", encoding="utf-8")
    with pytest.raises(SystemExit, match=r"list.txt, line 2: expected DO"):
        read_list(path)


def test_the_words_of_the_package_are_those_of_wordnet(tmp_path, monkeypatch):
    if not (WORDNET / "data.verb").is_file():
        pytest.skip(f"{WORDNET} is not there; on Debian: apt-get install wordnet-base")
    out = tmp_path / "near_words.json"
    monkeypatch.setattr("sys.argv", ["find_near_words.py", "--wordnet", str(WORDNET), "-o", str(out)])
    find_near_words.main()
    assert json.loads(out.read_text()) == json.loads(find_near_words.OUT.read_text(encoding="utf-8"))
