"""Test cases: the folders of a benchmark's test suite, their texts, groups and places in the summary."""

import json
import os
from collections.abc import Sequence
from dataclasses import dataclass, replace
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath
from typing import Any

from tmr.errors import DatasetError
from tmr.evaluation.result import LeftOut

META, MOTION, GROUND_TRUTH = "meta.json", "motion.npz", "gt_motion.npz"
CONSTRAINTS, SEED_MOTION, SEED_CONSTRAINTS = "constraints.json", "seed_motion.json", "seed_constraints.json"

SPLITS = ("content", "repetition")
TEXT_CATEGORIES = ("overview", "timeline_single", "timeline_multi")
WITHOUT_TEXT = "constraints_notext"
CONSTRAINT_CATEGORIES = ("constraints_withtext", WITHOUT_TEXT)

_LARGEST_JSON = 1 << 26  # bytes; the densest constraints of 300 frames of 77 joints are a few megabytes


@dataclass(frozen=True)
class Case:
    """One test case: a folder with `meta.json` and what was made for it.

    Args:
        folder: Where it is.
        made: Where what is made for it goes, and is looked for first: the same folder, or one of an output folder.
        name: Its place in the test suite, `content/text2motion/overview/0000`.
        text: The prompt; empty where there is none.
        has_motion: Whether there is a generated motion, `motion.npz`.
        has_ground_truth: Whether there is a ground-truth motion, `gt_motion.npz`.
    """

    folder: Path
    made: Path
    name: str
    text: str
    has_motion: bool
    has_ground_truth: bool

    def find(self, file: str) -> Path:
        """Return where a file of the case is, or would be."""
        return self.made / file if (self.made / file).is_file() else self.folder / file

    def without_folder(self, message: str) -> str:
        """Return a message without the case's folder: whoever reports it names the case."""
        return message.replace(f"{self.made}{os.sep}", "").replace(f"{self.folder}{os.sep}", "")

    @property
    def id(self) -> str:
        """The case's name in its group."""
        return PurePosixPath(self.name).name or self.folder.name

    @property
    def group(self) -> str:
        """The name of the folder above it, `content/text2motion/overview`; empty for the test suite itself."""
        above = str(PurePosixPath(self.name).parent)
        return "" if above == "." else above


def discover_cases(
    suite: Path, only: Sequence[str] = (), output: Path | None = None
) -> tuple[dict[str, list[Case]], list[LeftOut]]:
    """Return the test cases of a folder by group, both in the order of their names, and those that cannot be read.

    Args:
        suite: A test suite or a part of one; every folder with a `meta.json` is a case.
        only: Patterns of which a case's name must match one, `content/*/overview/*`; empty takes all.
        output: Where what is made goes; None is the suite itself.

    Raises:
        DatasetError: If the folder is missing or has no cases, or nothing matches the patterns.
    """
    if not suite.is_dir():
        raise DatasetError(f"there is no folder {str(suite)!r}; expected a test suite of the Kimodo benchmark")
    groups: dict[str, list[Case]] = {}
    left_out: list[LeftOut] = []
    made = suite if output is None else output
    tree = [(Path(place), files) for place, _, files in os.walk(suite)]
    tree = sorted((folder, files) for folder, files in tree if _is_wanted(_name(suite, folder), only))
    if not any(META in files for _, files in tree):
        wanted = f" that match {' or '.join(map(repr, only))}" if only else ""
        raise DatasetError(
            f"{suite} has no test cases{wanted}; expected folders with {META}, such as "
            "content/text2motion/overview/0000/"
        )
    for folder, files in tree:
        name = _name(suite, folder)
        if META not in files:
            motions = _motions_in(folder, made / folder.relative_to(suite))
            if motions and not _is_within(folder, made, suite):
                left_out.append(LeftOut(name, f"has {' and '.join(motions)} but no {META}"))
            continue
        try:
            text = read_prompt(folder / META)
        except DatasetError as error:
            left_out.append(LeftOut(name, str(error).replace(f"{folder}{os.sep}", "")))
            continue
        case = Case(folder, made / folder.relative_to(suite), name, text, has_motion=False, has_ground_truth=False)
        has_motion, has_truth = case.find(MOTION).is_file(), case.find(GROUND_TRUTH).is_file()
        case = replace(case, has_motion=has_motion, has_ground_truth=has_truth)
        groups.setdefault(case.group, []).append(case)
    return groups, left_out


def discover_seed_cases(suite: Path, only: Sequence[str] = ()) -> list[tuple[str, Path]]:
    """Return name and folder of the cases whose ground truth is to be cut from BONES-SEED.

    Raises:
        DatasetError: If the folder is missing or has none.
    """
    if not suite.is_dir():
        raise DatasetError(f"there is no folder {str(suite)!r}; expected a test suite of the Kimodo benchmark")
    named = [(_name(suite, folder), folder) for folder in _folders_with(suite, SEED_MOTION)]
    wanted = [(name, folder) for name, folder in named if _is_wanted(name, only)]
    if not wanted:
        raise DatasetError(f"{suite} has no cases with {SEED_MOTION}; fetch the benchmark's test suite again")
    return wanted


def read_prompt(path: Path) -> str:
    """Return the text of a `meta.json`: `text`, or the only one of `texts`.

    Raises:
        DatasetError: If it cannot be read or tells several texts or none.
    """
    meta = read_json(path)
    if not isinstance(meta, dict) or not ("text" in meta or "texts" in meta):
        raise DatasetError(f"{path}: has neither text nor texts; expected the prompt of a test case")
    texts = [meta["text"]] if "text" in meta else meta["texts"]
    if isinstance(texts, list) and texts == []:
        return ""
    if not isinstance(texts, list) or len(texts) != 1 or not isinstance(texts[0], str | None):
        count = f"{len(texts)} texts" if isinstance(texts, list) and len(texts) != 1 else f"the text {texts!r:.60}"
        raise DatasetError(f"{path}: has {count}; expected one sentence for one motion")
    return (texts[0] or "").strip()


def read_json(path: Path) -> Any:
    """Return what a JSON file holds.

    Raises:
        DatasetError: If it is missing, too large or no JSON.
    """
    try:
        if path.stat().st_size > _LARGEST_JSON:
            raise DatasetError(f"{path}: is {path.stat().st_size >> 20} MiB large; expected at most 64")
        return json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise DatasetError(f"{path}: cannot be read: {error.strerror or error}") from error
    except (ValueError, RecursionError) as error:
        raise DatasetError(f"{path}: is no JSON: {error}") from error


def place_in_summary(suite: Path, group: str) -> tuple[str, str] | None:
    """Return the split and category of a group, also where `suite` is a part of a test suite; None if it has none.

    Args:
        suite: The folder that is evaluated, `testsuite/content` as well as `testsuite`.
        group: The group's name in it.
    """
    parts = (*suite.resolve().parts, *PurePosixPath(group).parts)
    for at in range(len(parts) - 2, -1, -1):
        if parts[at] in SPLITS:
            if parts[at + 1] in CONSTRAINT_CATEGORIES:
                return parts[at], parts[at + 1]
            if parts[at + 1] == "text2motion" and at + 2 < len(parts) and parts[at + 2] in TEXT_CATEGORIES:
                return parts[at], parts[at + 2]
    return None


def _folders_with(suite: Path, file: str) -> list[Path]:
    """Return the folders below, and the suite itself, that hold a file of a name, sorted by path."""
    return sorted(Path(folder) for folder, _, files in os.walk(suite) if file in files)


def _motions_in(*folders: Path) -> list[str]:
    """Return the names of the motions that any of some folders holds."""
    return [file for file in (MOTION, GROUND_TRUTH) if any((folder / file).is_file() for folder in folders)]


def _is_within(folder: Path, made: Path, suite: Path) -> bool:
    """Return whether a folder is of an output inside the test suite: its motions belong to cases that are elsewhere."""
    output = made.resolve()
    return suite.resolve() in output.parents and folder.resolve().is_relative_to(output)


def _name(suite: Path, folder: Path) -> str:
    name = folder.relative_to(suite).as_posix()
    return folder.resolve().name if name == "." else name


def _is_wanted(name: str, only: Sequence[str]) -> bool:
    return not only or any(fnmatchcase(name, pattern) or fnmatchcase(name, f"{pattern}/*") for pattern in only)
