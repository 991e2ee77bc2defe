"""What a run goes on from: its state, its log, and whose folder it is; each is written whole or not at all."""

import dataclasses
import json
import pickle
from collections.abc import Iterator, Mapping
from pathlib import Path

import torch
from torch import nn

from tmr.errors import ModelError
from tmr.files import replacing
from tmr.model.decoder import MotionDecoder
from tmr.model.tmr import TMR

_MOST_DIFFERENCES, _LONGEST_VALUE = 3, 60


@dataclasses.dataclass(eq=False)
class TrainingState:
    """Everything that a resumed run needs to go on as if nothing had happened.

    Args:
        model: What is trained.
        average: The average of its weights.
        decoder: The motion decoder; None if the recipe does not reconstruct.
        log_temperature: Logarithm of the temperature.
        optimizer: With what it remembers of the gradients.
        step: Steps taken.
        best_score: Of the validations so far; -1 before the first.
        waited: Validations since the best one.
        losses: Of the steps since the last validation.
    """

    model: TMR
    average: TMR
    decoder: MotionDecoder | None
    log_temperature: nn.Parameter
    optimizer: torch.optim.Optimizer
    step: int = 0
    best_score: float = -1.0
    waited: int = 0
    losses: list[float] = dataclasses.field(default_factory=list)

    @property
    def weights(self) -> list[nn.Parameter]:
        """What is trained but for the temperature."""
        return [*self.model.parameters(), *(self.decoder.parameters() if self.decoder is not None else ())]

    def save(self, path: Path) -> None:
        """Write the state whole or not at all.

        Raises:
            ModelError: If it cannot be written, because the disk is full, say; the state before it is still there.
        """
        content = {
            "model": self.model.state_dict(), "average": self.average.state_dict(),
            "decoder": self.decoder.state_dict() if self.decoder is not None else {},
            "log_temperature": self.log_temperature.detach(), "optimizer": self.optimizer.state_dict(),
            "step": self.step, "best_score": self.best_score, "waited": self.waited, "losses": self.losses,
        }  # fmt: skip
        try:
            with replacing(path) as new:
                torch.save(content, new)
        except (OSError, RuntimeError) as error:  # PyTorch's writer tells of a full disk by a RuntimeError
            raise ModelError(
                f"the state of the run cannot be written to {path}: {_first_line(error)}; make room on the disk, then "
                "give the same command again: it goes on from the last checkpoint"
            ) from error

    def load(self, path: Path) -> None:
        """Go back to a written state, on whatever device it was written.

        Raises:
            ModelError: If the file is damaged or is the state of another model.
        """
        try:
            content = torch.load(path, map_location="cpu", weights_only=True)
            self.model.load_state_dict(content["model"])
            self.average.load_state_dict(content["average"])
            if self.decoder is not None:
                self.decoder.load_state_dict(content["decoder"])
            self.optimizer.load_state_dict(content["optimizer"])
            with torch.no_grad():
                self.log_temperature.copy_(content["log_temperature"])
            self.step, self.best_score = int(content["step"]), float(content["best_score"])
            self.waited, self.losses = int(content["waited"]), [float(loss) for loss in content["losses"]]
        except (OSError, EOFError, RuntimeError, ValueError, KeyError, TypeError, pickle.UnpicklingError) as error:
            raise ModelError(
                f"{path} is not the state of this run: {_first_line(error)}; the run cannot go on from it: "
                "give another folder, or remove the file to begin anew"
            ) from error


def write_whole(path: Path, text: str) -> None:
    """Write a text file whole or not at all.

    Raises:
        ModelError: If it cannot be written.
    """
    try:
        with replacing(path) as new:
            new.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ModelError(f"{path} cannot be written: {_first_line(error)}; make room on the disk") from error


def append_row(log: Path, row: Mapping[str, float]) -> None:
    """Add a line to a log.

    Raises:
        ModelError: If it cannot be written.
    """
    try:
        with log.open("a", encoding="utf-8") as file:
            file.write(json.dumps(row) + "\n")
    except OSError as error:
        raise ModelError(f"{log} cannot be written: {_first_line(error)}; make room on the disk") from error


def read_rows(log: Path) -> list[dict[str, float]]:
    """Return the rows of a log."""
    return [json.loads(line) for line in log.read_text(encoding="utf-8").splitlines()]


def forget_unsaved_steps(log: Path, step: int) -> None:
    """Drop what a log says of steps after a state: a killed run takes them again. Torn lines go too.

    Raises:
        ModelError: If it cannot be written.
    """
    if not log.is_file():
        return
    kept = [line for line in log.read_text(encoding="utf-8").splitlines() if _step_of(line) <= step]
    write_whole(log, "".join(line + "\n" for line in kept))


def _step_of(line: str) -> float:
    """Return the step that a line of the log tells of; infinity if it was not written to its end."""
    try:
        return json.loads(line)["step"]
    except ValueError:
        return float("inf")


def check_claim(path: Path, run: dict) -> None:
    """Check that a run's folder is new or holds a run of this configuration.

    Args:
        path: The file that `write_claim` wrote, if there is one.
        run: What tells this run from others, as far as it is known yet: entries of the file that are not named here
            may be anything.

    Raises:
        ModelError: If it holds another one, or what it holds cannot be read.
    """
    if not path.is_file():
        return
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise ModelError(
            f"{path} cannot be read ({_first_line(error)}), so what run it belongs to is not known; "
            f"give another folder or remove {path.parent}"
        ) from error
    if not isinstance(found, dict):
        raise ModelError(f"{path} is not what a run writes; give another folder or remove {path.parent}")
    differ = list(_differences(found, json.loads(json.dumps(run)), ""))
    if differ:
        told = "; ".join(differ[:_MOST_DIFFERENCES]) + ("; …" if len(differ) > _MOST_DIFFERENCES else "")
        raise ModelError(
            f"{path.parent} holds a run of another configuration ({path}): {told}; give another folder or remove it"
        )


def _differences(found: dict, wanted: dict, above: str) -> Iterator[str]:
    """Yield a clause for each setting that two configurations have differently."""
    for name, value in wanted.items():
        there = found.get(name)
        if isinstance(there, dict) and isinstance(value, dict):
            yield from _differences(dict.fromkeys(value) | there, dict.fromkeys(there) | value, f"{above}{name}.")
        elif there != value:
            yield f"its {above}{name} is {_short(there)}, not {_short(value)}"


def _short(value: object) -> str:
    text = json.dumps(value)
    return text if len(text) <= _LONGEST_VALUE else f"{text[:_LONGEST_VALUE]}…"


def write_claim(path: Path, run: dict) -> None:
    """Write down whose folder this is.

    Raises:
        ModelError: If it cannot be written.
    """
    write_whole(path, json.dumps(run, indent=2) + "\n")


def _first_line(error: BaseException) -> str:
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
