"""Training: batches are drawn from (seed, step) alone, a resumed run is the same run, the loss falls."""

import dataclasses
import json

import numpy as np
import pytest
import torch

from tmr.errors import DatasetError, ModelError
from tmr.model.config import ModelConfig
from tmr.model.tmr import load_model
from tmr.motion.captions import swap_sides
from tmr.motion.skeleton import built_in_skeleton
from tmr.training.augment import draw_batch, same_content
from tmr.training.examples import build_examples
from tmr.training.loop import Trainer, learning_rate
from tmr.training.recipes import RECIPES, TrainConfig

SMALL = ModelConfig(
    patch_frames=4, latent_dim=32, feed_forward=64, motion_layers=1, text_layers=1, heads=2, vae=False, max_frames=60
)
CONFIG = TrainConfig(
    recipe="test", steps=8, batch_size=8, mixture={"toy": 1.0}, validation_subjects=(), warmup_steps=2,
    procedural_variations=0, validate_every=4, learning_rate=1e-3,
)  # fmt: skip
TEXTS = ["a person waves with the left hand", "a person turns to the right", "a man squats", "someone jumps twice"]


@pytest.fixture(scope="module")
def data(tmp_path_factory):
    """A pack of four SOMA-30 clips that sway each in its own way."""
    folder = tmp_path_factory.mktemp("packs")
    skeleton = built_in_skeleton("somaskel30")
    random = np.random.default_rng(0)
    time = np.arange(75)[:, None, None] / 30
    roots, locals_, rows = [], [], []
    for number, text in enumerate(TEXTS):
        # The bodies move as a whole: bone lengths stay, so that retargeting leaves the clips as they are.
        path = np.sin((number + 1) * time) * random.uniform(0.1, 0.4, size=(1, 1, 3))
        joints = skeleton.rest[None] + [0, 1.0, 0] + path
        roots.append(joints[:, 0])
        locals_.append(np.round((joints - joints[:, :1]) * 20000).astype(np.int16).ravel())
        caption = {"text": text, "start": 0.0, "end": 2.5, "kind": "humanml3d"}
        rows.append({"id": f"toy/{number}", "split": "train", "subject": number, "captions": [caption]})
    names, parents = list(skeleton.joints), list(skeleton.parents)
    np.savez(
        folder / "toy.npz",
        ids=np.array([row["id"] for row in rows]),
        frames=np.full(4, 75),
        fps=np.full(4, 30.0),
        skeleton=np.zeros(4, dtype=int),
        skeletons=np.array(json.dumps([{"names": names, "parents": parents}])),
        root=np.concatenate(roots).astype(np.float32),
        local=np.concatenate(locals_),
    )
    (folder / "toy.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows), encoding="utf-8")
    return folder


@pytest.fixture(scope="module")
def cache(tmp_path_factory):
    return tmp_path_factory.mktemp("cache")


def trainer(data, out, cache, **changes):
    return Trainer(data, out, SMALL, dataclasses.replace(CONFIG, **changes), cache=cache, device="cpu")


def weights(folder):
    return torch.load(folder / "state.pt", weights_only=True)


def test_the_loss_falls_and_the_model_can_be_loaded(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache, steps=60, validate_every=30, text_duplicate_similarity=0.99)
    folder = run.run(report=lambda line: None)
    rows = [json.loads(line) for line in (tmp_path / "log.jsonl").read_text(encoding="utf-8").splitlines()]
    assert [row["step"] for row in rows] == [30, 60]
    assert rows[1]["loss"] < 0.85 * rows[0]["loss"]
    model = load_model(folder)
    assert model.encode_text(TEXTS).shape == (4, 32)


def test_a_killed_run_resumes_to_the_same_weights_and_log(data, cache, tmp_path):
    whole, broken = tmp_path / "whole", tmp_path / "broken"
    trainer(data, whole, cache).run(report=lambda line: None)

    def stop(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(data, broken, cache).run(report=stop)
    assert weights(broken)["step"] == 4
    # A run killed between the log and the state has told of a step that it must take again.
    with (broken / "log.jsonl").open("a", encoding="utf-8") as log:
        log.write('{"step": 8, "loss": 9.0}\n')
    trainer(data, broken, cache).run(report=lambda line: None)
    for name, value in weights(whole)["average"].items():
        torch.testing.assert_close(weights(broken)["average"][name], value, rtol=0, atol=0)
    assert (broken / "log.jsonl").read_text(encoding="utf-8") == (whole / "log.jsonl").read_text(encoding="utf-8")


def test_a_folder_with_another_run_is_refused(data, cache, tmp_path):
    trainer(data, tmp_path, cache)
    with pytest.raises(ModelError, match="another configuration"):
        trainer(data, tmp_path, cache, seed=1)


def test_batches_depend_on_seed_and_step_only_and_twins_are_mirrored(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache)
    first, again = (draw_batch(run.groups, run.config, 60, step=5) for _ in range(2))
    other = draw_batch(run.groups, run.config, 60, step=6)
    for a, b in zip(first, again, strict=True):
        np.testing.assert_array_equal(a.joints, b.joints)
    assert [row.text for row in first] != [row.text for row in other]
    base, twins = first[:6], first[6:]
    for twin in twins:
        assert any(
            twin.text == swap_sides(row.text)
            and twin.mirrored != row.mirrored
            and twin.joints.shape == row.joints.shape
            for row in base
        )
    content = same_content(first)
    assert (content == content.T).all()
    assert max(len(row.joints) for row in first) <= 60


def test_a_mixture_of_missing_sources_is_told(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache)
    config = dataclasses.replace(CONFIG, mixture={"toy": 0.5, "moon": 0.5})
    with pytest.raises(DatasetError, match="moon"):
        draw_batch(run.groups, config, 60, step=0)


def test_clips_without_words_are_told(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache)
    from tmr.motion.prepare import prepare

    clip = prepare(data, cache)[0]
    silent = dataclasses.replace(clip, info=dataclasses.replace(clip.info, captions=()))
    with pytest.raises(DatasetError, match="no captions and no action"):
        build_examples([silent], 0, run.config.seed)


def test_the_learning_rate_rises_then_falls_to_zero():
    rates = [learning_rate(CONFIG, step) for step in range(CONFIG.steps + 1)]
    assert rates[0] == pytest.approx(CONFIG.learning_rate / 2)
    assert max(rates) == CONFIG.learning_rate
    assert rates[-1] == pytest.approx(0, abs=1e-12)


@pytest.mark.parametrize("name", RECIPES)
def test_recipes_are_named_as_they_are_called(name):
    _, training = RECIPES[name](3)
    assert (training.recipe, training.seed) == (name, 3)
