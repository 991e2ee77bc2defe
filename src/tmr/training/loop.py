"""The training loop: captioned motions → checkpoint; sound, resumable, the same run from the same seed."""

import copy
import dataclasses
import itertools
import math
import os
import sys
from collections.abc import Callable, Generator
from concurrent.futures import ThreadPoolExecutor
from concurrent.futures import wait as wait_for_futures
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import nn

from tmr.errors import DatasetError, ModelError
from tmr.evaluation.development import captioned_segments, measure_segments, measure_sides
from tmr.model.checkpoint import RUN_MODEL
from tmr.model.config import ModelConfig
from tmr.model.decoder import MotionDecoder
from tmr.model.device import find_device, is_out_of_memory
from tmr.model.known_words import known_words
from tmr.model.memory import MEMORY
from tmr.model.near_words import learnt_words
from tmr.model.tmr import TMR, load_model, save_model
from tmr.motion.captions import side_words
from tmr.training.ahead import Ahead, Drawn, draw
from tmr.training.augment import Sampler
from tmr.training.batches import Batch, Collator, rows_of_parts
from tmr.training.card import card, write_card
from tmr.training.corpus import Corpus, read_corpus
from tmr.training.data.find import TrainingData, find_data
from tmr.training.gradients import find_gradients, told_rows
from tmr.training.objective import Objective
from tmr.training.optimiser import follow, learning_rate, make_optimizer, set_learning_rate
from tmr.training.recipes import TrainConfig
from tmr.training.record import Pace, Record, progress, write_held_out
from tmr.training.remember import is_to_remember, remember
from tmr.training.state import TrainingState, check_claim, write_claim
from tmr.training.stopping import Stopping
from tmr.training.team import join_team
from tmr.training.texts import TextTable
from tmr.training.warm_start import Start

NORMALISATION_BATCHES = 20


class Trainer:
    """One training run in one folder.

    Args:
        data: What is trained on, or the folder that it is in (docs/training.md).
        out: Where the run lives: `state.pt`, `log.jsonl`, the model; a run found there goes on.
        model_config: The architecture.
        config: The training.
        cache: Keeps retargeted packs and word vectors between runs; None puts it into `out`.
        device: `cpu`, `cuda` …; None takes a GPU if there is one.
        workers: Processes that prepare batches; 0 is a thread, None takes a few beside a GPU.
        start: A model whose weights and normalisation are taken over (see `tmr.training.warm_start`); `model_config`
            is its.
        tensorboard: Whether the log is written for TensorBoard too.

    Raises:
        DatasetError: If the data cannot be used.
        ModelError: If `out` cannot be used or holds a run of another configuration, or there is no such device, or
            it does not compute.
    """

    def __init__(
        self,
        data: Path | TrainingData,
        out: Path,
        model_config: ModelConfig,
        config: TrainConfig,
        *,
        cache: Path | None,
        device: str | None,
        workers: int | None = None,
        start: Start | None = None,
        tensorboard: bool = False,
    ) -> None:
        # What can be refused at once is refused before hours of retargeting.
        self.team, self.device = join_team(_find_device(device))
        if config.parts == 1:
            config = dataclasses.replace(config, parts=self.team.size)
        if config.parts > config.batch_size:
            raise ModelError(
                f"{config.batch_size} pairs cannot be computed in {config.parts} parts; give fewer --parts"
            )
        self.out, self.config = out, config
        mine = self.team.parts(config.parts)
        data = find_data(data) if isinstance(data, Path) else data
        cache = cache or out / "cache"
        _make_folders(out, cache)
        run: dict[str, Any] = {
            "model": dataclasses.asdict(model_config), "training": dataclasses.asdict(config),
            "start": None if start is None else start.claim,
        }  # fmt: skip
        check_claim(out / "run.json", run)
        self.record = Record(out, tensorboard=tensorboard and self.team.leads)
        with self.team.first():
            corpus = read_corpus(data, cache, config)
            run["digest of names, spans and captions"] = corpus.fingerprint
            check_claim(out / "run.json", run)
            _check_choice(config, corpus)
            model_config = _with_learnt_words(model_config, config, start, corpus)
            texts = TextTable(corpus.texts, model_config, cache)
        self.corpus, self.validation = corpus, corpus.validation
        self._remembers = is_to_remember(config, start, corpus)
        self.held_out, self.left_out, self.notes = corpus.held_out, corpus.left_out, corpus.notes
        # Only now: processes may have been forked for the data, and those that are cannot use CUDA once it has started.
        find_device(self.device)
        self.state = _begin(model_config, config, start, self.device)
        self.state.average.known_words = _known_words(start, corpus)
        self.objective = Objective(self.state.model, self.state.decoder, self.state.log_temperature, config)
        self.sampler = Sampler(corpus.groups, config, model_config.max_frames)
        self.collator = Collator(
            self.state.model, config, texts, corpus.paraphrases, corpus.with_rivals, self.device, mine
        )
        split = rows_of_parts(config.batch_size, config.parts)
        self._rows = [row for part in mine for row in split[part]]
        self._workers = _default_workers(self.device, self.team.size) if workers is None else workers
        if (out / "state.pt").is_file():
            self.state.load(out / "state.pt")
        elif start is None:
            self._fit_normalisation()
        # Without the path: a card is given away.
        title = f"{data.folder.resolve().name}: {data.title.rpartition(': ')[2]}"
        self._card = card(title, corpus, config, start)
        if self.team.leads:
            self.record.forget_after(self.state.step)
            # Only now is there something that another configuration could spoil.
            write_claim(out / "run.json", run)
            write_held_out(out, corpus.validation)
            # What a run leaves that was killed while it wrote its state.
            for torn in out.glob(".state.*"):
                torn.unlink()

    def batch(self, step: int) -> Batch:
        """Return the batch of a step; the same for the same seed and step."""
        return self._collate(draw(self.sampler, step, self._rows), step)

    def _collate(self, drawn: Drawn, step: int) -> Batch:
        return self.collator.collate(*drawn, step)

    def _fit_normalisation(self) -> None:
        """Set mean and standard deviation of the features from batches as they are trained on.

        Each process takes all rows of them, not its own parts alone: all need the same numbers.
        """
        first, rows = self.config.steps + 1, range(self.config.batch_size)
        drawn = [draw(self.sampler, step, rows)[1] for step in range(first, first + NORMALISATION_BATCHES)]
        groups = [group for joints in drawn for group in self.collator.motions(joints)]
        frames = torch.cat([group.vectors[group.mask] for group in groups])
        for model in (self.state.model, self.state.average):
            model.set_normalisation(frames.mean(dim=0), frames.std(dim=0))

    def train_step(self, batch: Batch) -> float:
        """Take one optimiser step and return the loss.

        Raises:
            DatasetError: If the loss or its gradient is not a finite number; the weights stay as they were.
            ModelError: If the memory does not do; the same.
        """
        state, config = self.state, self.config
        state.model.train()
        weights = state.weights
        # Dropout too is drawn from (seed, step), so that a resumed run takes the very same steps.
        seed = config.seed * 1_000_003 + state.step
        try:
            loss = find_gradients(self.objective, batch, weights, state.log_temperature, self.team, seed)
            length = nn.utils.clip_grad_norm_(weights, config.largest_gradient or math.inf)
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            raise ModelError(
                f"out of memory with {config.batch_size} pairs a step in {config.parts} parts; give --parts "
                f"{2 * config.parts}, which computes the same loss in less memory, --precision bfloat16 or a smaller "
                "--batch-size"
            ) from error
        if not torch.isfinite(length):
            raise DatasetError(f"the gradient is {float(length)} at a loss of {loss:.4g}; {told_rows(batch)}")
        set_learning_rate(state.optimizer, learning_rate(config, state.step))
        state.optimizer.step()
        state.step += 1
        decay = min(config.average_decay, state.step / (state.step + 10))
        follow(list(state.average.parameters()), list(state.model.parameters()), decay)
        return loss

    def validate(self) -> dict[str, float]:
        """Return the averaged weights' measures on the validation part; checkpoints are chosen by `score`.

        A part without captioned segments gives no `score`, and one without sided labels no `sides_…`.
        """
        average, measures = self.state.average, {}
        if segments := captioned_segments(self.validation):
            measures = measure_segments(average, segments)
            measures["score"] = float(np.mean([measures[f"recall_at_{k}"] for k in (1, 3, 5, 10)]))
        if sided := [clip for clip in self.validation if side_words(clip.info.action)]:
            measures |= {f"sides_{key}": value for key, value in measure_sides(average, sided).items()}
        return measures

    def run(self, report: Callable[[str], None] = lambda line: print(line, file=sys.stderr, flush=True)) -> Path:
        """Train to the last step and return the folder of the model.

        The last averaged weights are kept, or with `keep` set to `best` and a `score` to choose by, the best ones. A
        signal to stop (Ctrl-C, SIGTERM) is obeyed after the step at hand, when the state is written. A caption memory
        is made last, where one is due (`is_to_remember`).

        Raises:
            DatasetError: If a loss is not a finite number.
            ModelError: If the memory does not do, or a file cannot be written.
            KeyboardInterrupt: After Ctrl-C.
            SystemExit: After SIGTERM, with status 143.
        """
        if self.state.step and self.team.leads:
            report(f"this run {'is done' if self._is_done() else 'goes on'}, at step {self.state.step}")
        if not self._is_done():
            self._take_steps(report)
        # A run that was killed after its last step makes it when it is started again.
        if self._remembers and self.team.leads and not (self.out / RUN_MODEL / MEMORY).is_file():
            report("making the caption memory of what was learnt")
            model = load_model(self.out / RUN_MODEL, device=self.device, text="full")
            model.memory = remember(model, self.corpus)
            save_model(model, self.out / RUN_MODEL, half=True)
        return self.out / RUN_MODEL

    def _take_steps(self, report: Callable[[str], None]) -> None:
        config, state = self.config, self.state
        pace = Pace(config.batch_size)
        batches = self._batches()
        with Stopping() as stopping, ThreadPoolExecutor(max_workers=1) as thread:
            upcoming = thread.submit(next, batches, None)
            try:
                while (batch := pace.wait_for(upcoming)) is not None:
                    upcoming = thread.submit(next, batches, None)
                    state.losses.append(self._take(batch))
                    pace.count()
                    if state.step % config.validate_every == 0 or state.step == config.steps:
                        if self.team.leads:
                            report(self._checkpoint(pace))
                        state.losses = []
                        if self.team.any(self._is_done(), self.device):
                            break
                    if self.team.any(stopping.asked, self.device):
                        self._stop(stopping, report)
            finally:
                # A generator cannot be closed while it runs.
                wait_for_futures([upcoming])
                batches.close()

    def _batches(self) -> Generator[Batch, None, None]:
        scratch = self.out / f"clips-{self.team.rank}.f32"
        ahead = Ahead(self.sampler, self._rows, self._workers, scratch)
        for step, drawn in ahead.steps(self.state.step, self.config.steps):
            yield self._collate(drawn, step)

    def _take(self, batch: Batch) -> float:
        try:
            return self.train_step(batch)
        except (DatasetError, ModelError) as error:
            if self.team.leads:
                self.state.save(self.out / "state.pt")
            kept = f"the state before this step is kept in {self.out / 'state.pt'}"
            if (self.out / RUN_MODEL).is_dir():
                kept += f", and the model of the last validation in {self.out / RUN_MODEL}"
            if isinstance(error, DatasetError):
                kept += "; look at these motions, or try a lower --learning-rate in another --out"
            raise type(error)(f"step {self.state.step}: {error}; {kept}") from error

    def _stop(self, stopping: Stopping, report: Callable[[str], None]) -> None:
        if self.team.leads:
            self.state.save(self.out / "state.pt")
            report(f"stopped at step {self.state.step}; the same command goes on from there")
        self.team.wait()
        stopping.stop()

    def _is_done(self) -> bool:
        config, state = self.config, self.state
        return state.step == config.steps or 0 < config.patience <= state.waited

    def _checkpoint(self, pace: Pace) -> str:
        """Validate, keep the model if it is the one to keep, write log and state, and return what is to be told."""
        state, config = self.state, self.config
        measures = self.validate()
        score = measures.get("score")
        state.waited = 0 if score is None or score > state.best_score else state.waited + 1
        if config.keep == "last" or state.waited == 0:
            save_model(state.average, self.out / RUN_MODEL, half=True)
            write_card(self.out / RUN_MODEL, self._card)
        if score is not None:
            state.best_score = max(state.best_score, score)
        temperature = float(self.objective.temperature.detach())
        row = {"step": state.step, "loss": float(np.mean(state.losses)), "temperature": temperature, **measures}
        self.record.add(row, last=self._is_done())
        state.losses = []
        state.save(self.out / "state.pt")
        told = progress(row, config.steps, pace)
        if self._is_done() and state.step < config.steps:
            told += f"\nno better score in {state.waited} validations; the best one is kept"
        return told


def _check_choice(config: TrainConfig, corpus: Corpus) -> None:
    """Check that there is something to choose by, where a run is to choose.

    Raises:
        DatasetError: If there is not.
    """
    if (config.patience or config.keep == "best") and not captioned_segments(corpus.validation):
        asked = f"--patience {config.patience}" if config.patience else "--keep best"
        raise DatasetError(
            f"{asked} goes by the recall on a validation part, and none with captions is held out ({corpus.held_out}); "
            "leave it out, or name clips of a split `validation` in the captions file"
        )


def _known_words(start: Start | None, corpus: Corpus) -> frozenset[str]:
    """Return the families of the words that the model has read; none if nobody can say what its text side had read."""
    learnt = known_words(corpus.captions, itertools.chain.from_iterable(corpus.paraphrases))
    if start is None or start.new_text:
        return learnt
    return learnt | start.source.known_words if start.source.known_words else frozenset()


def _with_learnt_words(
    model_config: ModelConfig, config: TrainConfig, start: Start | None, corpus: Corpus
) -> ModelConfig:
    """Return a configuration that names the verbs of the captions, where the model is to read others by these.

    A text side that is taken over reads as it did, and knows the verbs that it knew: of one that reads all words as
    they are told, nobody can say which those were.
    """
    taken_over = start is not None and not start.new_text
    wanted = bool(model_config.learnt_words) if taken_over else config.near_words
    if not wanted or model_config.text_backbone != "minilm":
        return model_config
    learnt = {*model_config.learnt_words, *learnt_words(corpus.captions)}
    if config.library_verbs:
        learnt |= {*learnt_words(corpus.library_captions, 1)}
    return dataclasses.replace(model_config, learnt_words=tuple(sorted(learnt)))


def _begin(model_config: ModelConfig, config: TrainConfig, start: Start | None, device: torch.device) -> TrainingState:
    torch.manual_seed(config.seed)
    model = (TMR(model_config) if start is None else start.model(model_config)).to(device)
    model.motion_encoder.token_dropout = config.motion_token_dropout
    model.text_encoder.token_dropout = config.text_token_dropout
    average = copy.deepcopy(model).eval()
    decoder = MotionDecoder(model_config, model.features.width).to(device) if config.reconstruction_weight else None
    log_temperature = nn.Parameter(torch.tensor(math.log(config.temperature), device=device))
    log_temperature.requires_grad_(config.learnt_temperature)
    known = [] if start is None else start.known(model)
    known_ids = {id(weight) for weight in known}
    new = [
        weight
        for weight in (*model.parameters(), *(decoder.parameters() if decoder else ()))
        if id(weight) not in known_ids
    ]
    if config.learnt_temperature:
        new.append(log_temperature)
    return TrainingState(model, average, decoder, log_temperature, make_optimizer(new, known, config))


def _default_workers(device: torch.device, team_size: int) -> int:
    """Return how many processes prepare batches: none beside a processor, which needs its cores for the steps."""
    return 0 if device.type == "cpu" else max(1, min(4, (os.cpu_count() or 1) // team_size - 1))


def _find_device(name: str | None) -> torch.device:
    """Return a device that tensors can be put on; None is the first GPU, or the processor if there is none.

    Raises:
        ModelError: If there is no such device here.
    """
    # Counting GPUs does not start CUDA, which must not run yet when worker processes are forked.
    num_gpus = torch.cuda.device_count()
    try:
        device = torch.device(name or ("cuda" if num_gpus else "cpu"))
        if device.type == "cuda" and (device.index or 0) >= num_gpus:
            raise ModelError(f"cannot train on device {name!r}: there are {num_gpus} GPUs; leave --device out")
        if device.type != "cuda":
            torch.zeros(1, device=device)
    except (RuntimeError, AssertionError) as error:
        raise ModelError(f"cannot train on device {name!r}: {str(error).splitlines()[0]}") from error
    return device


def _make_folders(*folders: Path) -> None:
    for folder in folders:
        try:
            folder.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise ModelError(f"{folder} cannot be made a folder: {error.strerror}; give another one") from error
