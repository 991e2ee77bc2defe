"""Evaluate a test suite: measure every motion, embed what is missing, score every group, write every file."""

import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path, PurePosixPath
from typing import Any

import numpy as np

from tmr.errors import DatasetError, MotionFileError, SkeletonError
from tmr.evaluation.kimodo.constraints import read_constraints
from tmr.evaluation.kimodo.embed import Embedder, ModelChoice, choose_model
from tmr.evaluation.kimodo.groups import Scored, case_payloads, group_payload, odd_embeddings, stack_embeddings
from tmr.evaluation.kimodo.measure import measure_file
from tmr.evaluation.kimodo.storage import GENERATED, TEXT, TRUE, Origin, text_digest, write_json
from tmr.evaluation.kimodo.summary import summarise_groups
from tmr.evaluation.kimodo.testcases import (
    CONSTRAINTS,
    GROUND_TRUTH,
    META,
    MOTION,
    WITHOUT_TEXT,
    Case,
    discover_cases,
    place_in_summary,
)
from tmr.evaluation.result import LeftOut
from tmr.motion.motion import Motion
from tmr.search.report import Progress, ShowProgress

METRICS, SUMMARY = "metrics.json", "summary_rows.json"


@dataclass(eq=False)
class Evaluation:
    """What came of a test suite.

    Args:
        suite: The test suite.
        summary: What `summary_rows.json` holds.
        groups: What each group's JSON holds, by its name.
        scored: Of each group, the cases that could be scored.
        embeddings: Of each group, by the names of their files; items in the order of `scored`.
        left_out: Cases that could not be scored, with the reason.
        checkpoint_hashes: Of the models that made the embeddings, as far as they are recorded.
        num_unrecorded: How many embeddings do not tell their model.
        num_made: How many embeddings were made now.
    """

    suite: Path
    summary: dict[str, Any] = field(default_factory=dict)
    groups: dict[str, dict[str, Any]] = field(default_factory=dict)
    scored: dict[str, list[Scored]] = field(default_factory=dict)
    embeddings: dict[str, dict[str, np.ndarray]] = field(default_factory=dict)
    left_out: list[LeftOut] = field(default_factory=list)
    checkpoint_hashes: tuple[str, ...] = ()
    num_unrecorded: int = 0
    num_made: int = 0


def evaluate_testsuite(
    suite: Path,
    output: Path | None = None,
    model: ModelChoice = None,
    *,
    device: str | None = None,
    only: Sequence[str] = (),
    force: bool = False,
    show_progress: ShowProgress | None = None,
) -> Evaluation:
    """Evaluate a test suite of the Kimodo benchmark by the reference's rules, and write its files.

    A group in which no case has a generated motion is scored on its ground truth alone, and the other way round. A case
    that lacks what others of its group have, or whose motion is broken, is left out on both sides and named.

    Args:
        suite: The test suite or a part of one.
        output: Where embeddings, `metrics.json`, `<group>.json` and `summary_rows.json` go; None is the suite itself,
            where the reference puts them. Nothing is written into the suite if another folder is given.
        model: Makes missing embeddings; None takes those that are there, and the package's model for the others.
        device: Where the model computes.
        only: Patterns of which a case's name must match one; empty takes all.
        force: Make all embeddings anew.
        show_progress: Called after each case.

    Raises:
        DatasetError: If there are no cases or no motions, or the embeddings are of two models.
        ModelError: If the model cannot be loaded.
    """
    output = suite if output is None else output
    groups, broken = discover_cases(suite, only, output)
    cases = [case for group in groups.values() for case in group]
    if not any(case.has_motion or case.has_ground_truth for case in cases):
        raise DatasetError(
            f"{suite} has prompts but no motions: neither {MOTION} nor {GROUND_TRUTH}; generate motions, or cut the "
            "ground truth from BONES-SEED with --seed-motions"
        )
    embeddings, encoder, origin = choose_model(suite, cases, model, device=device, force=force)
    run = _Run(Evaluation(suite, left_out=list(broken)), Embedder(embeddings, encoder), output)
    start, total = time.monotonic(), len(cases) + len(broken)
    read = chain.from_iterable(run.read_group(name, group) for name, group in groups.items())
    for done, _ in enumerate(read, len(broken) + 1):
        if show_progress is not None:
            show_progress(Progress(done, total, len(run.result.left_out), time.monotonic() - start))
    return run.finish(origin)


class _Run:
    """One evaluation under way."""

    def __init__(self, result: Evaluation, embedder: Embedder, output: Path) -> None:
        self.result = result
        self._embedder, self._output = embedder, output

    def read_group(self, name: str, group: Sequence[Case]) -> Iterator[Case]:
        """Measure, embed, score and write a group; give each case when it is read."""
        scored: list[Scored] = []
        with_motion = any(case.has_motion for case in group)
        with_truth = any(case.has_ground_truth for case in group)
        with_text = any(case.text for case in group) and not self._is_without_text(name)
        for case in group:
            missing = [MOTION] * (with_motion > case.has_motion) + [GROUND_TRUTH] * (with_truth > case.has_ground_truth)
            missing += [f"prompt in {META}"] * (with_text > bool(case.text))
            if missing or not (with_motion or with_truth):
                self._leave_out(case, f"has no {' and no '.join(missing) or f'{MOTION} and no {GROUND_TRUTH}'}")
            else:
                try:
                    scored.append(self._measure(case))
                except (MotionFileError, SkeletonError, DatasetError) as error:
                    self._leave_out(case, case.without_folder(str(error)))
            yield case
        self._embedder.flush()
        failed = odd_embeddings(scored) | self._embedder.failed
        for row in scored:
            if row.case.name in failed:
                self._leave_out(row.case, failed[row.case.name])
        self._score(name, [row for row in scored if row.case.name not in failed])

    def finish(self, origin: Origin) -> Evaluation:
        """Write the summary and return what was found."""
        result = self.result
        result.summary = summarise_groups(result.suite, result.groups)
        write_json(self._output / SUMMARY, result.summary)
        hashes = origin.hashes | ({self._embedder.made_by} if self._embedder.num_made else set())
        result.checkpoint_hashes = tuple(sorted(hashes))
        result.num_unrecorded, result.num_made = origin.unrecorded, self._embedder.num_made
        return result

    def _is_without_text(self, group: str) -> bool:
        """Return whether the benchmark's cases of a group have no prompts; one that has is no fault of the others."""
        place = place_in_summary(self.result.suite, group)
        return place is not None and place[1] == WITHOUT_TEXT

    def _measure(self, case: Case) -> Scored:
        """Read and measure a case's motions, and give their embeddings to the embedder.

        Nothing is embedded before all of the case is known to be sound.
        """
        path = case.find(CONSTRAINTS)
        constraints = read_constraints(path) if path.is_file() else []
        generated = measure_file(case.find(MOTION), constraints) if case.has_motion else None
        truth = measure_file(case.find(GROUND_TRUTH), constraints) if case.has_ground_truth else None
        scored = Scored(case, generated and generated[1], truth and truth[1])
        contents: list[tuple[str, str, Motion | str]] = [
            (file, measured.digest, motion)
            for file, found in ((GENERATED, generated), (TRUE, truth))
            if found is not None
            for motion, measured in [found]
        ]
        if case.text:
            contents.append((TEXT, text_digest(case.text), case.text))
        for file, source, content in contents:
            self._embedder.add(scored, file, source, content)
        return scored

    def _score(self, name: str, scored: Sequence[Scored]) -> None:
        """Score a group and write its files."""
        for row, payload in zip(scored, case_payloads(scored) if scored else [], strict=True):
            write_json(row.case.made / METRICS, payload)
        payload = group_payload(name, scored)
        self.result.groups[name] = payload
        self.result.scored[name] = list(scored)
        self.result.embeddings[name] = stack_embeddings(scored)
        path = PurePosixPath(name or self.result.suite.resolve().name)
        write_json(self._output / path.parent / f"{path.name}.json", payload)

    def _leave_out(self, case: Case, reason: str) -> None:
        """Remember a case that cannot be scored, also in its own file, where an older result may stand."""
        self.result.left_out.append(LeftOut(case.name, reason))
        write_json(case.made / METRICS, {"num_motions": 0, "folder": case.name, "left_out": reason})
