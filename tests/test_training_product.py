"""Training as a product: fine-tuning, early stop, what is told of NaN and of too little memory, pictures, precision."""

import dataclasses
import importlib.util
import json
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from click.testing import CliRunner

from tmr.cli import tmr as command_line
from tmr.errors import DatasetError, ModelError
from tmr.model.card import licence_of
from tmr.model.config import ModelConfig
from tmr.model.device import is_out_of_memory
from tmr.model.known_words import known_words
from tmr.model.memory import MEMORY, CaptionMemory
from tmr.model.tmr import TMR, load_model, save_model
from tmr.training import loop
from tmr.training.corpus import Corpus
from tmr.training.curves import draw_curves
from tmr.training.recipes import RECIPES, TrainConfig, published
from tmr.training.record import Record
from tmr.training.remember import remember
from tmr.training.warm_start import Start, load_start
from toy_training import CONFIG, PAPER, SMALL, trainer, write_packs

VAE = dataclasses.replace(SMALL, vae=True)


def silent(line):
    pass


def test_the_paper_recipe_learns_resumes_and_saves_a_model_without_its_decoder(data, cache, tmp_path):
    changes = {**PAPER, "schedule": "constant", "average_decay": 0.0, "largest_gradient": 0.0}
    whole = trainer(data, tmp_path / "whole", cache, model=VAE, steps=8, **changes)
    whole.run(report=silent)
    losses = [json.loads(line)["loss"] for line in (tmp_path / "whole" / "log.jsonl").read_text().splitlines()]
    assert losses[-1] < losses[0]
    current, average = whole.state.model.state_dict(), whole.state.average.state_dict()
    assert all(torch.equal(current[name], average[name]) for name in current), "without decay there is no average"

    def stop(line):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        trainer(data, tmp_path / "broken", cache, model=VAE, steps=8, **changes).run(report=stop)
    again = trainer(data, tmp_path / "broken", cache, model=VAE, steps=8, **changes)
    assert again.state.step == 4
    again.run(report=silent)
    for one, other in zip(again.state.weights, whole.state.weights, strict=True):
        torch.testing.assert_close(one, other, rtol=0, atol=0)
    weights = load_model(tmp_path / "whole" / "model").state_dict()
    assert not [name for name in weights if "decoder" in name]


def test_recipes_have_the_published_size():
    model = TMR(published()[0])
    assert sum(weight.numel() for weight in model.motion_encoder.parameters()) == pytest.approx(4.8e6, rel=0.01)
    llm = dataclasses.replace(published()[0], text_backbone="llm2vec", text_width=4096)
    assert sum(weight.numel() for weight in TMR(llm).text_encoder.parameters()) == pytest.approx(5.8e6, rel=0.01)
    paper_model, paper = RECIPES["tmr_paper"](0)
    assert paper_model == published()[0]
    assert (paper.batch_size, paper.learning_rate, paper.temperature) == (32, 1e-4, 0.1)


def test_bfloat16_has_nearly_the_loss_of_float32(data, cache, tmp_path):
    losses = {}
    for precision in ("float32", "bfloat16"):
        run = trainer(
            data, tmp_path / precision, cache, model=dataclasses.replace(SMALL, dropout=0.0), precision=precision
        )
        losses[precision] = [run.train_step(run.batch(step)) for step in range(4)]
    assert losses["bfloat16"] != losses["float32"], "it computes in bfloat16"
    np.testing.assert_allclose(losses["bfloat16"], losses["float32"], rtol=0.02)


def test_a_loss_that_is_no_number_names_the_rows_and_keeps_the_state(data, cache, tmp_path, monkeypatch):
    run = trainer(data, tmp_path, cache)
    encode = run.state.model.motion_posterior

    def broken(features, mask):
        if run.state.step == 2:
            features = torch.full_like(features, torch.nan)
        return encode(features, mask)

    monkeypatch.setattr(run.state.model, "motion_posterior", broken)
    with pytest.raises(DatasetError, match=r"step 2: the loss is nan; without a finite embedding: toy/\d '") as told:
        run.run(report=silent)
    assert "and 3 more" in str(told.value)
    assert "state.pt" in str(told.value)
    again = trainer(data, tmp_path, cache)
    assert again.state.step == 2
    again.run(report=silent)


@pytest.mark.parametrize(
    "error",
    [
        torch.OutOfMemoryError("CUDA out of memory. Tried to allocate 2 GiB"),
        RuntimeError("CUDA error: out of memory"),
        RuntimeError("CUDA error: CUBLAS_STATUS_ALLOC_FAILED when calling `cublasCreate(handle)`"),
        RuntimeError("[enforce fail at alloc_cpu.cpp:118] DefaultCPUAllocator: can't allocate memory: you tried"),
        MemoryError(),
    ],
)
def test_too_little_memory_is_told_with_what_to_do(data, cache, tmp_path, monkeypatch, error):
    run = trainer(data, tmp_path, cache)

    def allocate(*arguments):
        raise error

    monkeypatch.setattr(loop, "find_gradients", allocate)
    with pytest.raises(ModelError, match=r"step 0: out of memory with 8 pairs .*--parts 2.*--batch-size"):
        run.run(report=silent)
    assert (tmp_path / "state.pt").is_file()


def test_another_error_of_torch_is_a_bug_and_stays_one():
    assert not is_out_of_memory(RuntimeError("mat1 and mat2 shapes cannot be multiplied"))


def test_training_ends_when_validation_gets_no_better(tmp_path, monkeypatch):
    data, cache = write_packs(tmp_path / "data", validation=[3]), tmp_path / "cache"
    run = trainer(data, tmp_path, cache, steps=8, validate_every=1, keep="best", patience=2)
    scores = iter([0.2, 0.6, 0.4, 0.5, 0.7])
    monkeypatch.setattr(run, "validate", lambda: {"score": next(scores)})
    said = []
    run.run(report=said.append)
    assert run.state.step == 4
    assert "no better score in 2 validations" in said[-1]
    assert run.state.best_score == 0.6
    again = trainer(data, tmp_path, cache, steps=8, validate_every=1, keep="best", patience=2)
    again.run(report=said.append)
    assert again.state.step == 4, "what has ended goes on no more"


def test_a_start_keeps_weights_and_normalisation_and_learns_slower(data, cache, tmp_path):
    torch.manual_seed(9)
    source = TMR(SMALL)
    source.set_normalisation(torch.full((186,), 0.5), torch.full((186,), 2.0))
    save_model(source, tmp_path / "source")
    start = load_start(str(tmp_path / "source"), SMALL, new_text=False)
    run = trainer(data, tmp_path / "run", cache, start=start)
    assert float(run.state.model.mean[0]) == 0.5
    for name, value in source.state_dict().items():
        torch.testing.assert_close(run.state.model.state_dict()[name], value)
    before = [weight.clone() for weight in run.state.weights]
    run.train_step(run.batch(0))
    assert max(float((a - b).detach().abs().max()) for a, b in zip(before, run.state.weights, strict=True)) > 0
    assert {group["rate"] for group in run.state.optimizer.param_groups} == {1.0, CONFIG.pretrained_rate}
    run.run(report=silent)
    trainer(data, tmp_path / "run", cache, start=start)
    with pytest.raises(ModelError, match=r"another configuration .*its start is \{.*, not null"):
        trainer(data, tmp_path / "run", cache)


def test_the_licence_of_a_start_is_that_of_what_comes_of_it(data, cache, tmp_path):
    save_model(TMR(SMALL), tmp_path / "source")
    (tmp_path / "source" / "README.md").write_text("---\nlicense: cc-by-nc-4.0\n---\n", encoding="utf-8")
    start = load_start(str(tmp_path / "source"), SMALL, new_text=False)
    run = trainer(data, tmp_path / "run", cache, steps=2, start=start)
    model = run.run(report=silent)
    assert licence_of(model) == "cc-by-nc-4.0"
    card = (model / "README.md").read_text(encoding="utf-8")
    assert "source`, CC BY-NC 4.0: that holds for this model too" in card
    assert "| drawn from | toy 1 |" in card
    assert f"| data | {data.name}: 1 pack of motions with captions |" in card
    # A card that its owner wrote stays.
    (model / "README.md").write_text("mine", encoding="utf-8")
    run.state.step = 1
    run.run(report=silent)
    assert (model / "README.md").read_text(encoding="utf-8") == "mine"
    plain = trainer(data, tmp_path / "plain", cache, steps=2).run(report=silent)
    assert licence_of(plain) is None
    assert "| goes on from | random weights |" in (plain / "README.md").read_text(encoding="utf-8")


def test_a_model_knows_the_verbs_of_its_captions_and_those_that_its_start_knew(data, cache, tmp_path):
    run = trainer(data, tmp_path / "told", cache)
    assert run.state.model.config.learnt_words == ()
    run = trainer(data, tmp_path / "near", cache, near_words=True)
    # Each stands in one caption; others are told by these, and it takes three captions to know another one.
    assert run.state.model.config.learnt_words == ("jump", "squat", "turn", "wave")
    run.run(report=silent)
    source = load_model(tmp_path / "near" / "model")
    assert source.config.learnt_words == ("jump", "squat", "turn", "wave")
    assert source.as_read("a man hunkers") == "a man squats"
    knows = dataclasses.replace(source.config, learnt_words=("gallop", "wave"))
    start = Start(TMR(knows), False, SMALL)
    learnt = trainer(data, tmp_path / "more", cache, model=knows, start=start).state.average.config.learnt_words
    assert learnt == ("gallop", "jump", "squat", "turn", "wave")
    # Nobody can say what a start knew that reads all words as they are told.
    start = Start(TMR(SMALL), False, SMALL)
    run = trainer(data, tmp_path / "as told", cache, start=start, near_words=True)
    assert run.state.model.config.learnt_words == ()
    start = Start(TMR(knows), True, SMALL)
    assert start.config.learnt_words == ()


def test_a_model_knows_the_words_that_it_read_and_those_that_its_start_had_read(data, cache, tmp_path):
    model = load_model(trainer(data, tmp_path / "told", cache, steps=2).run(report=silent))
    assert model.unknown_words("a person waves and gallops") == ["gallops"]
    start = Start(TMR(SMALL), False, SMALL)
    start.source.known_words = known_words(["a horse gallops"])
    average = trainer(data, tmp_path / "more", cache, start=start).state.average
    assert average.unknown_words("a person waves and gallops") == []
    # Nobody can say what a text side had read that has no list; of a new one it is what it reads now.
    start = Start(TMR(SMALL), False, SMALL)
    assert trainer(data, tmp_path / "nobody", cache, start=start).state.average.known_words == frozenset()
    start = Start(TMR(SMALL), True, SMALL)
    assert trainer(data, tmp_path / "new", cache, start=start).state.average.known_words == model.known_words


def test_what_goes_on_from_a_model_with_a_memory_gets_one_of_what_it_learnt(data, cache, tmp_path):
    torch.manual_seed(3)
    source = TMR(SMALL).eval()
    source.memory = CaptionMemory(*(np.eye(1, width, dtype=np.float32) for width in (384, 32)), np.zeros(1, dtype=int))
    start = Start(source, False, SMALL)
    library = {"procedural_variations": 1, "mixture": {"toy": 0.9, "procedural": 0.1}, "steps": 2}
    run = trainer(data, tmp_path / "with", cache, start=start, **library)
    model = load_model(run.run(report=silent), text="full")
    made = remember(model, run.corpus)
    assert len(made.motions) == 4 + 96
    assert model.memory is not None
    np.testing.assert_allclose(model.memory.captions, made.captions, atol=1e-3)
    np.testing.assert_allclose(model.memory.motions, made.motions, atol=1e-3)
    # What was killed after the last step, or while it was made, is made by the same command.
    (tmp_path / "with" / "model" / MEMORY).unlink()
    assert load_model(tmp_path / "with" / "model").memory is None
    told = []
    trainer(data, tmp_path / "with", cache, start=start, **library).run(report=told.append)
    assert told == ["this run is done, at step 2", "making the caption memory of what was learnt"]
    again = load_model(tmp_path / "with" / "model")
    assert again.memory is not None
    np.testing.assert_array_equal(again.memory.motions, model.memory.motions)
    # Of few captions, or where there was none, it would not help.
    alone = trainer(data, tmp_path / "alone", cache, start=start, steps=2).run(report=silent)
    plain = trainer(data, tmp_path / "plain", cache, start=Start(TMR(SMALL), False, SMALL), **library)
    new = trainer(data, tmp_path / "new", cache, **library)
    few = trainer(data, tmp_path / "few", cache, steps=2, caption_memory=True)
    for folder in (alone, plain.run(report=silent), new.run(report=silent), few.run(report=silent)):
        assert load_model(folder).memory is None
    asked = trainer(data, tmp_path / "asked", cache, caption_memory=True, **library).run(report=silent)
    memory = load_model(asked).memory
    assert memory is not None
    assert len(memory.motions) == len(made.motions)


def test_of_a_large_source_a_memory_keeps_some_of_the_groups(data, cache, tmp_path, monkeypatch):
    monkeypatch.setattr("tmr.training.remember.MOST_GROUPS", 3)
    run = trainer(data, tmp_path, cache)
    memory = remember(run.state.average, run.corpus)
    assert [len(memory.motions), len(memory.captions)] == [3, 3]


def test_a_published_layout_gets_a_new_text_side():
    # The published model: one vector of a language model a text, two distribution tokens, frame by frame.
    big = dataclasses.replace(VAE, text_backbone="llm2vec", text_width=48, max_text_tokens=512, patch_frames=1)
    torch.manual_seed(3)
    source = TMR(big)
    recipe = ModelConfig(text_layers=2)
    start = Start(source, True, recipe)
    assert not start.lacks_text
    assert Start(source, False, recipe).lacks_text
    model = start.model(start.config)
    assert (model.config.text_width, len(model.text_encoder.layers)) == (384, 2)
    for name, value in source.motion_encoder.state_dict().items():
        torch.testing.assert_close(model.motion_encoder.state_dict()[name], value)
    known = {id(weight) for weight in start.known(model)}
    assert known == {id(weight) for weight in model.motion_encoder.parameters()}


def test_a_picture_of_the_curves_is_drawn(tmp_path):
    rows = [{"step": 4, "loss": 2.0}, {"step": 8, "loss": 1.5, "recall_at_1": 0.1, "sides_side_accuracy": 0.9}]
    assert draw_curves(rows, tmp_path / "curves.png")
    assert (tmp_path / "curves.png").read_bytes().startswith(b"\x89PNG")
    with pytest.raises(ModelError, match=r"curves\.png cannot be written"):
        draw_curves(rows, tmp_path / "missing" / "curves.png")


def test_without_matplotlib_or_tensorboard_there_is_a_word_or_nothing(tmp_path, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    assert not draw_curves([], tmp_path / "curves.png")
    with pytest.raises(ModelError, match="tensorboard is not installed"):
        Record(tmp_path, tensorboard=True)


def test_the_command_changes_what_it_is_told_to(data, tmp_path, monkeypatch):
    asked = []

    class Stub:
        corpus = Corpus({}, [], [], [], [], "nothing", TrainConfig(recipe="test"))
        team = SimpleNamespace(leads=True)

        def __init__(self, data, out, model_config, config, **options):
            asked.append((model_config, config, options))

        def run(self):
            return tmp_path

    monkeypatch.setattr(loop, "Trainer", Stub)
    arguments = ["train", "--data", str(data), "--out", str(tmp_path)]
    more = ["--batch-size", "256", "--parts", "4", "--precision", "auto", "--patience", "3", "--learning-rate", "0.001"]
    assert CliRunner().invoke(command_line, [*arguments, *more]).exit_code == 0
    config = asked[0][1]
    assert (config.batch_size, config.parts, config.precision, config.learning_rate) == (256, 4, "auto", 0.001)
    assert (config.patience, config.keep) == (3, "best")
    start = ["--from", "default", "--new-text", "--steps", "2000", "--workers", "2", "--tensorboard"]
    assert CliRunner().invoke(command_line, [*arguments, *start]).exit_code == 0
    model_config, config, options = asked[1]
    assert model_config == options["start"].config
    assert (config.warmup_steps, options["workers"], options["tensorboard"]) == (100, 2, True)
    assert CliRunner().invoke(command_line, [*arguments, "--new-text"]).exit_code == 2
    assert CliRunner().invoke(command_line, [*arguments, "--recipe", "frames"]).exit_code == 2


def test_the_folder_of_a_run_is_taken_for_its_model(data, cache, tmp_path):
    model = trainer(data, tmp_path / "run", cache, steps=2).run(report=silent)
    assert load_model(tmp_path / "run").checkpoint_hash == load_model(model).checkpoint_hash
    assert load_start(str(tmp_path / "run"), SMALL, new_text=False).source.config == SMALL
