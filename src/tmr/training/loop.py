"""The training loop: captioned motions → checkpoint; sound, resumable, the same run from the same seed."""

import copy
import dataclasses
import itertools
import math
import sys
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tmr.errors import DatasetError, ModelError
from tmr.evaluation.development import captioned_segments, measure_segments, measure_sides
from tmr.model.batch import pad
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR, save_model
from tmr.model.transformer import Posterior
from tmr.motion.captions import side_words, unique_texts
from tmr.motion.dataset import read_sentences
from tmr.motion.prepare import PreparedClip, select
from tmr.training.augment import Row, draw_batch, draw_paraphrases, other_orders, same_content, source_shares
from tmr.training.data.find import TrainingData, find_data
from tmr.training.data.holdout import hold_out
from tmr.training.data.loading import show_reading
from tmr.training.examples import Groups, build_examples, join_examples, paraphrases
from tmr.training.losses import contrastive_loss, duplicates
from tmr.training.recipes import TrainConfig
from tmr.training.state import TrainingState, append_row, check_claim, forget_unsaved_steps, write_claim
from tmr.training.texts import TextTable

SMALLEST_TEMPERATURE = 0.02
NORMALISATION_BATCHES = 20
LENGTH_GROUPS = 6


@dataclasses.dataclass(frozen=True, eq=False)
class Batch:
    """What a step eats: canonical features and word vectors, with the pairs that are no negatives.

    Sequences of like length stand together (rows, vectors, mask), so that little is computed on padding. After the
    sentences of the motions come the first and then the second sentences of the paraphrases, if any are drawn.
    """

    motions: list[tuple[list[int], Tensor, Tensor]]
    texts: list[tuple[list[int], Tensor, Tensor]]
    duplicate: Tensor
    duplicate_paraphrases: Tensor | None


class Trainer:
    """One training run in one folder.

    Args:
        data: What is trained on, or the folder that it is in (docs/training.md).
        out: Where the run lives: `state.pt`, `log.jsonl`, the model; a run found there goes on.
        model_config: The architecture.
        config: The training.
        cache: Keeps retargeted packs and word vectors between runs; None puts it into `out`.
        device: `cpu`, `cuda` …; None takes a GPU if there is one.

    Raises:
        DatasetError: If the data cannot be used.
        ModelError: If `out` cannot be used or holds a run of another configuration, or there is no such device.
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
    ) -> None:
        self.out, self.config = out, config
        # What can be refused at once is refused before hours of retargeting.
        self.device = _find_device(device)
        data = find_data(data) if isinstance(data, Path) else data
        cache = cache or out / "cache"
        _make_folders(out, cache)
        run = {"model": dataclasses.asdict(model_config), "training": dataclasses.asdict(config)}
        check_claim(out / "run.json", run)
        prepared = data.prepare(cache, show_progress=show_reading)
        self.left_out, self.notes = prepared.left_out, prepared.notes
        held_out = hold_out(prepared.clips, config.validation_subjects, config.validation_share)
        self.validation, self.held_out = held_out.validation, held_out.how
        self.groups = build_examples(held_out.training, config.procedural_variations, config.seed)
        if config.joined:
            self.groups["joined"] = join_examples(self.groups, config.joined_from, config.joined, config.seed)
        source_shares(self.groups, config.mixture)
        self.paraphrases = (
            self._find_paraphrases(data.folder, select(prepared.clips, "test")) if config.paraphrases else []
        )
        torch.manual_seed(config.seed)
        model = TMR(model_config).to(self.device)
        model.motion_encoder.token_dropout = config.motion_token_dropout
        model.text_encoder.token_dropout = config.text_token_dropout
        self.texts = TextTable(_all_texts(self.groups, self.paraphrases), model.config, cache)
        log_temperature = nn.Parameter(torch.tensor(math.log(config.temperature), device=self.device))
        self.state = TrainingState(
            model, copy.deepcopy(model).eval(), log_temperature, _optimizer(model, log_temperature, config)
        )
        if (out / "state.pt").is_file():
            self.state.load(out / "state.pt")
            forget_unsaved_steps(out / "log.jsonl", self.state.step)
        else:
            self._fit_normalisation()
        # Only now is there something that another configuration could spoil.
        write_claim(out / "run.json", run)

    def _find_paraphrases(self, data: Path, test: list[PreparedClip]) -> list[tuple[str, ...]]:
        held_out = {caption.text for clip in [*self.validation, *test] for caption in clip.info.captions}
        found = paraphrases(read_sentences(data)[:: self.config.paraphrase_stride], held_out)
        if len(found) < self.config.paraphrases:
            raise DatasetError(
                f"{data} has {len(found)} clips with two sentences in *_captions.jsonl.gz; the recipe draws "
                f"{self.config.paraphrases} a step: add such a file, or train without, --paraphrases 0"
            )
        return found

    def batch(self, step: int) -> Batch:
        """Return the batch of a step; the same for the same seed and step."""
        rows = draw_batch(self.groups, self.config, self.state.model.config.max_frames, step)
        return self._collate(rows, step)

    def _collate(self, rows: list[Row], step: int) -> Batch:
        model = self.state.model
        motions = []
        for places in _like_lengths([len(row.joints) for row in rows]):
            joints, mask = (torch.from_numpy(array) for array in pad([rows[place].joints for place in places]))
            motions.append((places, model.features.compute(joints, mask, model.config.fps), mask))
        texts = [row.text for row in rows]
        duplicate = self._duplicates(texts) & ~torch.from_numpy(other_orders(rows))
        duplicate |= torch.from_numpy(same_content(rows))
        duplicate_paraphrases = None
        if count := self.config.paraphrases:
            first, second = draw_paraphrases(self.paraphrases, count, self.config.seed, step)
            duplicate_paraphrases = self._duplicates(first) | self._duplicates(second) | self._duplicates(first, second)
            texts = [*texts, *first, *second]
        spoken = [
            (places, *self.texts.tokens([texts[place] for place in places]))
            for places in _like_lengths([self.texts.num_tokens(text) for text in texts])
        ]
        return Batch(motions, spoken, duplicate, duplicate_paraphrases)

    def _duplicates(self, texts: list[str], others: list[str] | None = None) -> Tensor:
        """Return which pairs of sentences say nearly the same, in either order."""
        others = others or texts
        sides, other_sides = [side_words(text) for text in texts], [side_words(text) for text in others]
        same_sides = torch.tensor([[a == b for b in other_sides] for a in sides])
        similarity = self.texts.similarity(texts, others)
        alike = duplicates(similarity, same_sides, self.config.text_duplicate_similarity)
        return alike | alike.T

    def _fit_normalisation(self) -> None:
        """Set mean and standard deviation of the features from batches as they are trained on."""
        batches = [self.batch(self.config.steps + 1 + number) for number in range(NORMALISATION_BATCHES)]
        frames = torch.cat([features[mask] for batch in batches for _, features, mask in batch.motions])
        for model in (self.state.model, self.state.average):
            model.set_normalisation(frames.mean(dim=0), frames.std(dim=0))

    def loss(self, batch: Batch) -> Tensor:
        """Return the loss of a batch in nats."""
        motion, texts = self.embed(batch)
        text, paraphrases = texts[: len(motion)], texts[len(motion) :]
        temperature = self._temperature()
        loss = contrastive_loss(motion, text, temperature, batch.duplicate.to(self.device))
        if batch.duplicate_paraphrases is not None:
            first, second = paraphrases.chunk(2)
            duplicate = batch.duplicate_paraphrases.to(self.device)
            loss = loss + self.config.paraphrase_weight * contrastive_loss(first, second, temperature, duplicate)
        return loss

    def embed(self, batch: Batch) -> tuple[Tensor, Tensor]:
        """Return the unit embeddings of a batch's motions and of its texts, in the order of the rows."""
        model = self.state.model
        return self._embed(model.motion_posterior, batch.motions), self._embed(model.text_posterior, batch.texts)

    def _embed(
        self, encode: Callable[[Tensor, Tensor], Posterior], groups: Sequence[tuple[list[int], Tensor, Tensor]]
    ) -> Tensor:
        means = [encode(vectors.to(self.device), mask.to(self.device)).mean for _, vectors, mask in groups]
        place = torch.tensor([place for places, _, _ in groups for place in places]).argsort()
        return functional.normalize(torch.cat(means)[place.to(self.device)], dim=-1)

    def _temperature(self) -> Tensor:
        return self.state.log_temperature.exp().clamp_min(SMALLEST_TEMPERATURE)

    def train_step(self, batch: Batch) -> float:
        """Take one optimiser step and return the loss.

        Raises:
            DatasetError: If the loss is not a finite number.
        """
        state, config = self.state, self.config
        # Dropout too is drawn from (seed, step), so that a resumed run takes the very same steps.
        torch.manual_seed(config.seed * 1_000_003 + state.step)
        for group in state.optimizer.param_groups:
            group["lr"] = learning_rate(config, state.step)
        state.model.train()
        loss = self.loss(batch)
        if not torch.isfinite(loss):
            raise DatasetError(
                f"the loss is {float(loss)} at step {state.step}; lower the learning rate ({config.learning_rate}) "
                "or look for broken motions in the data; the state before this step is kept"
            )
        state.optimizer.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(state.model.parameters(), 1.0)
        state.optimizer.step()
        state.step += 1
        decay = min(config.average_decay, state.step / (state.step + 10))
        with torch.no_grad():
            for average, current in zip(state.average.parameters(), state.model.parameters(), strict=True):
                average.lerp_(current, 1 - decay)
        return float(loss.detach())

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

        The last averaged weights are kept, or with `keep` set to `best` and a `score` to choose by, the best ones.
        """
        config, state, started = self.config, self.state, time.monotonic()
        first, losses = state.step, []
        with ThreadPoolExecutor(max_workers=1) as ahead:
            upcoming = ahead.submit(self.batch, state.step)
            try:
                while state.step < config.steps:
                    batch, upcoming = upcoming.result(), ahead.submit(self.batch, state.step + 1)
                    losses.append(self.train_step(batch))
                    if state.step % config.validate_every == 0 or state.step == config.steps:
                        report(
                            self._checkpoint(
                                float(np.mean(losses)), (time.monotonic() - started) / (state.step - first)
                            )
                        )
                        losses = []
            except KeyboardInterrupt:
                report(f"interrupted at step {state.step}; the same command goes on from the last checkpoint")
                raise
        return self.out / "model"

    def _checkpoint(self, loss: float, seconds_a_step: float) -> str:
        state = self.state
        measures = self.validate()
        if self.config.keep == "last" or measures.get("score", math.inf) > state.best_score:
            state.best_score = measures.get("score", -1.0)
            save_model(state.average, self.out / "model", half=True)
        row = {"step": state.step, "loss": loss, "temperature": float(self._temperature().detach()), **measures}
        append_row(self.out / "log.jsonl", row)
        state.save(self.out / "state.pt")
        left = (self.config.steps - state.step) * seconds_a_step
        shown = {"R@10": "recall_at_10", "sides": "sides_side_accuracy", "score": "score"}
        found = "  ".join(f"{head} {100 * measures[key]:.1f} %" for head, key in shown.items() if key in measures)
        pace = f"{seconds_a_step:.2f} s a step  {left / 60:.0f} min left"
        return f"step {state.step}/{self.config.steps}  loss {loss:.3f}  {found}  {pace}"


def _like_lengths(lengths: Sequence[int]) -> list[list[int]]:
    """Return the places of sequences in groups of like length."""
    order = sorted(range(len(lengths)), key=lambda place: lengths[place])
    return [places.tolist() for places in np.array_split(order, LENGTH_GROUPS) if len(places)]


def learning_rate(config: TrainConfig, step: int) -> float:
    """Return the learning rate of a step: a linear rise, then half a cosine down to zero."""
    if step < config.warmup_steps:
        return config.learning_rate * (step + 1) / config.warmup_steps
    share = (step - config.warmup_steps) / max(1, config.steps - config.warmup_steps)
    return config.learning_rate * 0.5 * (1 + math.cos(math.pi * min(share, 1.0)))


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


def _optimizer(model: TMR, log_temperature: nn.Parameter, config: TrainConfig) -> torch.optim.Optimizer:
    matrices = [weight for weight in model.parameters() if weight.ndim > 1]
    vectors = [weight for weight in model.parameters() if weight.ndim <= 1]
    groups = [
        {"params": matrices, "weight_decay": config.weight_decay},
        {"params": [*vectors, log_temperature], "weight_decay": 0.0},
    ]
    return torch.optim.AdamW(groups, lr=config.learning_rate, betas=(0.9, 0.98))


def _all_texts(groups: Groups, paraphrases: Sequence[Sequence[str]]) -> list[str]:
    captions = (
        sentence.text
        for source in groups.values()
        for group in source
        for example in group
        for part in (example, example.other_order)
        if part is not None
        for sentence in part.sentences
    )
    return unique_texts(itertools.chain(captions, *paraphrases))
