"""How much of the machine training uses, and what an epoch costs as data grows.

    python runs/bench_training.py [--device cuda] [--batch 64] [--rounds 4]

Made-up motions of 2 to 10 s and sentences of 6 to 24 tokens, uniformly, from seed 0; every way trains on the same rows.

- "loop of 2023": what can honestly be rebuilt of the public TMR's loop: one token a frame, six layers a side, the
  motion decoder twice, rows padded to the longest of the batch, torch's own transformer layers, float32. Its text side
  reads word vectors that were computed before, as its public code does.
- "tmr_paper": the same losses and weights in this package's loop: groups of like length, attention kernels called
  directly.
- "published" and "patches": this package's recipes.

Every step has its batch's preparation in it, from the joints on. The loops take turns, step by step, beside a large
matrix product, so that what else runs on the machine falls on all of them alike.

Share of the peak: the matrix products that the rows need (forward, and twice that backward), a second, divided by what
the machine does in large float32 matrix products in the same round. Products on padding count as nothing, so padding
shows as a lower share.
"""

import argparse
import dataclasses
import statistics
import time
from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor, nn
from torch.nn import functional

from tmr.model.batch import pad
from tmr.model.config import ModelConfig
from tmr.model.decoder import MotionDecoder
from tmr.model.tmr import TMR
from tmr.training.augment import Sampler, same_content
from tmr.training.batches import Batch, Collator
from tmr.training.examples import Example, Sentence
from tmr.training.gradients import find_gradients
from tmr.training.losses import contrastive_loss, latent_divergence
from tmr.training.objective import Objective
from tmr.training.recipes import RECIPES, TrainConfig
from tmr.training.team import Team

LOOPS = ("loop of 2023", "tmr_paper", "published", "patches")


class MadeUpTexts:
    """Word vectors of made-up sentences, whose number of tokens stands in their text."""

    def __init__(self, seed: int) -> None:
        self._vectors = np.random.default_rng(seed).normal(size=(32, 384)).astype(np.float32)

    def num_tokens(self, text: str) -> int:
        """Return how many word vectors a text has."""
        return int(text.split()[-1])

    def tokens(self, texts: list[str]) -> tuple[Tensor, Tensor]:
        """Return the word vectors of some texts, padded, and the mask."""
        padded, mask = pad([self._vectors[: self.num_tokens(text)] for text in texts])
        return torch.from_numpy(padded), torch.from_numpy(mask)

    def similarity(self, texts: list[str], others: list[str]) -> Tensor:
        """Return likenesses under every threshold, but for the same text."""
        return torch.tensor([[float(one == other) for other in others] for one in texts])


def made_up_groups(count: int, seed: int = 0) -> dict[str, list[list[Example]]]:
    """Return `count` examples of 2 to 10 s, which share the frames of one clip."""
    random = np.random.default_rng(seed)
    clip = random.normal(size=(300, 30, 3)).astype(np.float32).cumsum(axis=0) / 100
    groups = []
    for number in range(count):
        frames, tokens = int(random.integers(60, 301)), int(random.integers(6, 25))
        sentence = Sentence(f"made up {number} {tokens}", None)
        groups.append([Example(clip, 0, frames, (sentence,), f"made up {number}")])
    return {"made_up": groups}


def peak_task(device: torch.device) -> tuple[Callable[[], object], float]:
    """Return a large matrix product in float32, and its operations."""
    size = 8192 if device.type == "cuda" else 1536
    a, b = torch.randn(2, size, size, device=device)
    return lambda: a @ b, 2.0 * size**3


def seconds_of(task: Callable[[], object], device: torch.device) -> float:
    """Return how long a task takes."""
    if device.type == "cuda":
        torch.cuda.synchronize()
    started = time.perf_counter()
    task()
    if device.type == "cuda":
        torch.cuda.synchronize()
    return time.perf_counter() - started


def flops_of(config: ModelConfig, frames: list[int], tokens: list[int], decodes: bool) -> float:
    """Return the operations of the matrix products of a step, forward and backward, without padding."""
    width, hidden = config.latent_dim, config.feed_forward
    extra = 2 if config.vae else 1

    def layer(length: int) -> float:
        return 2 * length * (4 * width**2 + 2 * width * hidden) + 4 * length**2 * width

    motion = [-(-count // config.patch_frames) + extra for count in frames]
    forward = sum(config.motion_layers * layer(length) for length in motion)
    forward += sum(2 * 186 * width * count for count in frames)
    forward += sum(
        config.text_layers * layer(count + extra) + 2 * config.text_width * width * count for count in tokens
    )
    if decodes:
        # Beside self-attention and the hidden layer: query and output of the attention to the one point.
        forward += 2 * sum(config.motion_layers * (layer(count) + 4 * width**2 * count) for count in frames)
        forward += 2 * sum(2 * 186 * width * count for count in frames)
    return 3 * forward


class LoopOf2023(nn.Module):
    """The published architecture of torch's own layers, as the public TMR builds it."""

    def __init__(self, config: ModelConfig) -> None:
        super().__init__()
        settings = {
            "d_model": config.latent_dim, "nhead": config.heads, "dim_feedforward": config.feed_forward,
            "dropout": config.dropout, "activation": config.activation, "batch_first": True,
        }  # fmt: skip
        self.motion_in, self.text_in = (
            nn.Linear(186, config.latent_dim),
            nn.Linear(config.text_width, config.latent_dim),
        )
        self.tokens = nn.Parameter(torch.randn(2, 2, config.latent_dim))
        self.motion, self.text = (
            nn.TransformerEncoder(nn.TransformerEncoderLayer(**settings), layers, enable_nested_tensor=False)
            for layers in (config.motion_layers, config.text_layers)
        )
        self.decoder = nn.TransformerDecoder(nn.TransformerDecoderLayer(**settings), config.motion_layers)
        self.out = nn.Linear(config.latent_dim, 186)
        self.positions = TMR(config).motion_encoder.positions

    def loss(self, features: Tensor, mask: Tensor, words: Tensor, spoken: Tensor, duplicate: Tensor) -> Tensor:
        """Return the loss of a padded batch."""
        motion = self._encode(self.motion, self.motion_in(features), mask, self.tokens[0])
        text = self._encode(self.text, self.text_in(words), spoken, self.tokens[1])
        points = [mean + (log_variance / 2).exp() * torch.randn_like(mean) for mean, log_variance in (motion, text)]
        loss = latent_divergence(*motion, *text) * 1e-5 + 1e-5 * functional.smooth_l1_loss(points[1], points[0])
        for point in points:
            queries = self.positions[: mask.shape[1]].expand(len(mask), -1, -1)
            decoded = self.out(self.decoder(queries, point[:, None], tgt_key_padding_mask=~mask)) * mask[..., None]
            loss = loss + functional.smooth_l1_loss(decoded, features * mask[..., None])
        units = [functional.normalize(point, dim=-1) for point in points]
        return loss + 0.1 * contrastive_loss(units[0], units[1], torch.tensor(0.1, device=loss.device), duplicate)

    def _encode(self, encoder: nn.Module, x: Tensor, mask: Tensor, tokens: Tensor) -> tuple[Tensor, Tensor]:
        x = torch.cat((tokens.expand(len(x), -1, -1), x), dim=1) + self.positions[: x.shape[1] + 2]
        x = encoder(x, src_key_padding_mask=~functional.pad(mask, (2, 0), value=True))
        return x[:, 0], x[:, 1]


def step_of_2023(model_config: ModelConfig, sampler: Sampler, texts: MadeUpTexts, device: torch.device) -> Callable:
    """Return a function that takes one step as the loop of 2023 does, the preparation of its batch included."""
    torch.manual_seed(0)
    model, ours = LoopOf2023(model_config).to(device), TMR(model_config)
    model.positions = model.positions.to(device)
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4)

    def step() -> None:
        rows = sampler.rows(0)
        joints, mask = (torch.from_numpy(array) for array in pad([row.joints for row in rows]))
        features = ours.features.compute(joints, mask, 30.0).to(device)
        words, spoken = (tensor.to(device) for tensor in texts.tokens([row.text for row in rows]))
        duplicate = torch.from_numpy(same_content(rows)).to(device)
        optimizer.zero_grad()
        model.loss(features, mask.to(device), words, spoken, duplicate).backward()
        optimizer.step()

    return step


def step_of_ours(
    model_config: ModelConfig, config: TrainConfig, sampler: Sampler, texts: MadeUpTexts, device: torch.device
) -> Callable:
    """Return a function that takes one step of this package; the preparation of its batch included."""
    torch.manual_seed(0)
    model = TMR(model_config).to(device).train()
    decoder = MotionDecoder(model_config, 186).to(device) if config.reconstruction_weight else None
    temperature = nn.Parameter(torch.tensor(0.1, device=device).log())
    weights = [*model.parameters(), *(decoder.parameters() if decoder else ())]
    optimizer = torch.optim.AdamW(weights, lr=1e-4)
    objective = Objective(model, decoder, temperature, config)
    collator = Collator(model, config, texts, [], device, range(config.parts))  # pyright: ignore[reportArgumentType]

    def step() -> None:
        rows = sampler.rows(0)
        batch: Batch = collator.collate(rows, [row.joints for row in rows], 0)
        find_gradients(objective, batch, weights, temperature, Team(), 0)
        optimizer.step()

    return step


def epoch_seconds(count: int) -> float:
    """Return how long it takes to draw a batch for every pair of a dataset of `count`, its set-up included, divided
    by the count: seconds a pair."""
    config = TrainConfig(recipe="bench", mixture={"made_up": 1.0}, batch_size=64, twin_share=0.0)
    groups = made_up_groups(count)
    started = time.perf_counter()
    sampler = Sampler(groups, config, 300)
    for step in range(count // config.batch_size):
        sampler.rows(step)
    return (time.perf_counter() - started) / count


def make_step(name: str, size: int, texts: MadeUpTexts, device: torch.device) -> tuple[Callable[[], None], float]:
    """Return a function that takes one step of a loop, and the operations that its rows need."""
    model_config, config = RECIPES["tmr_paper" if name == "loop of 2023" else name](0)
    config = dataclasses.replace(
        config, mixture={"made_up": 1.0}, crop_share=1.0, speed_change=0.0, twin_share=0.0, batch_size=size
    )
    sampler = Sampler(made_up_groups(1000), config, model_config.max_frames)
    rows = sampler.rows(0)
    lengths = [row.cut.num_frames for row in rows], [texts.num_tokens(row.text) for row in rows]
    work = flops_of(model_config, *lengths, decodes=bool(config.reconstruction_weight))
    if name == "loop of 2023":
        return step_of_2023(model_config, sampler, texts, device), work
    return step_of_ours(model_config, config, sampler, texts, device), work


def main() -> None:
    """Print what was measured."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch", type=int, default=32)
    parser.add_argument("--rounds", type=int, default=4)
    parser.add_argument("--sizes", default="1000,10000,100000")
    options = parser.parse_args()
    device = torch.device(options.device)
    texts, (product, operations) = MadeUpTexts(0), peak_task(device)
    steps = {name: make_step(name, options.batch, texts, device) for name in LOOPS}
    seconds: dict[str, list[float]] = {name: [] for name in LOOPS}
    peaks = []
    for turn in range(options.rounds + 1):
        peak = operations / min(seconds_of(product, device) for _ in range(3))
        found = {name: seconds_of(step, device) for name, (step, _) in steps.items()}
        if turn:  # the first one warms up
            peaks.append(peak)
            for name, took in found.items():
                seconds[name].append(took)
    print(f"{torch.get_num_threads()} threads, {options.batch} pairs a step, {options.rounds} rounds")
    print(f"large float32 products: {statistics.median(peaks) / 1e9:.0f} GFLOP/s\n")
    print("| loop | s a step (least to most) | pairs a second | share of the peak (%) |\n|---|---|---|---|")
    for name, (_, work) in steps.items():
        took = seconds[name]
        share = 100 * statistics.median(work / one / peak for one, peak in zip(took, peaks, strict=True))
        middle = statistics.median(took)
        spread = f"{middle:.2f} ({min(took):.2f} to {max(took):.2f})"
        print(f"| {name} | {spread} | {options.batch / middle:.1f} | {share:.0f} |")
    print("\n| pairs in the data | µs a pair to draw an epoch |\n|---|---|")
    for count in map(int, options.sizes.split(",")):
        print(f"| {count:,} | {1e6 * epoch_seconds(count):.1f} |", flush=True)


if __name__ == "__main__":
    main()
