"""Record: what a run tells of itself: log.jsonl, curves.png, TensorBoard, and a line of progress."""

import importlib.util
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from pathlib import Path
from typing import Any, TypeVar

from tmr.errors import ModelError
from tmr.motion.prepare import PreparedClip
from tmr.training.curves import draw_curves
from tmr.training.state import append_row, forget_unsaved_steps, read_rows, write_whole

T = TypeVar("T")
# A small model is validated faster than a picture is drawn.
SECONDS_A_PICTURE = 30
SHOWN = {"R@1": "recall_at_1", "R@10": "recall_at_10", "sides": "sides_side_accuracy", "score": "score"}


class Pace:
    """How fast a run is, and how much of the time it waits for batches.

    Args:
        batch_size: Pairs a step.
    """

    def __init__(self, batch_size: int) -> None:
        self._batch_size = batch_size
        self._started = time.monotonic()
        self._waited = 0.0
        self._steps = 0

    def wait_for(self, upcoming: Future[T]) -> T:
        """Return what is being prepared, and note how long it had to be waited for."""
        before = time.monotonic()
        result = upcoming.result()
        self._waited += time.monotonic() - before
        return result

    def count(self) -> None:
        """Note that a step is taken."""
        self._steps += 1

    @property
    def seconds_a_step(self) -> float:
        """Seconds, validations included."""
        return (time.monotonic() - self._started) / max(1, self._steps)

    @property
    def pairs_a_second(self) -> float:
        """Pairs of a motion and a text."""
        return self._batch_size / self.seconds_a_step

    @property
    def share_waited(self) -> float:
        """Share of the time in which nothing is computed because no batch is ready."""
        return self._waited / max(1e-9, time.monotonic() - self._started)


def progress(row: Mapping[str, float], steps: int, pace: Pace) -> str:
    """Return the line that is told after a validation.

    Args:
        row: Of the log.
        steps: Of the whole run.
        pace: So far.
    """
    left = (steps - row["step"]) * pace.seconds_a_step
    found = "  ".join(f"{head} {100 * row[key]:.1f} %" for head, key in SHOWN.items() if key in row)
    speed = f"{pace.pairs_a_second:.1f} pairs a second, {100 * pace.share_waited:.0f} % waiting for data"
    return f"step {row['step']}/{steps}  loss {row['loss']:.3f}  {found}  {speed}  {_duration(left)} left"


def _duration(seconds: float) -> str:
    minutes = round(seconds / 60)
    return f"{minutes // 60} h {minutes % 60} min" if minutes >= 60 else f"{minutes} min"


def write_held_out(out: Path, clips: Sequence[PreparedClip]) -> None:
    """Write which clips a run chooses by, a name a line, as `held_out.txt`; no file if there are none.

    Raises:
        ModelError: If it cannot be written.
    """
    if clips:
        write_whole(out / "held_out.txt", "".join(f"{clip.info.id}\n" for clip in clips))


class Record:
    """The log of a run and what is made of it; `log.jsonl` is the truth.

    Args:
        out: The run's folder.
        tensorboard: Whether to write for TensorBoard too, into `tensorboard` there.

    Raises:
        ModelError: If TensorBoard is asked for and not installed.
    """

    def __init__(self, out: Path, *, tensorboard: bool) -> None:
        if tensorboard and importlib.util.find_spec("tensorboard") is None:
            raise ModelError("the package tensorboard is not installed; pip install tensorboard, or leave it out")
        self._out, self._tensorboard = out, tensorboard
        self._writer: Any = None
        self._drawn = time.monotonic()

    def forget_after(self, step: int) -> None:
        """Drop what was told of steps after one: a killed run takes them again."""
        forget_unsaved_steps(self._out / "log.jsonl", step)
        if self._tensorboard:
            from torch.utils.tensorboard import SummaryWriter

            self._writer = SummaryWriter(str(self._out / "tensorboard"), purge_step=step + 1)

    def add(self, row: Mapping[str, float], *, last: bool) -> None:
        """Write what a validation has found.

        Args:
            row: Of the log.
            last: Whether no other one follows; a picture may wait for the next.

        Raises:
            ModelError: If it cannot be written.
        """
        append_row(self._out / "log.jsonl", row)
        if last or time.monotonic() - self._drawn > SECONDS_A_PICTURE:
            draw_curves(read_rows(self._out / "log.jsonl"), self._out / "curves.png")
            self._drawn = time.monotonic()
        if self._writer is not None:
            for name, value in row.items():
                if name != "step":
                    self._writer.add_scalar(name, value, int(row["step"]))
            self._writer.flush()
