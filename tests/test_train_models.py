"""The script that trains the package's models: one part after the other."""

import sys
from types import SimpleNamespace

import pytest
import torch

import train_models
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR, load_model, save_model
from tmr.training.corpus import Corpus
from tmr.training.recipes import RECIPES, TrainConfig
from train_models import PARTS


def test_open_draws_from_nothing_that_may_not_be_sold():
    for recipe in PARTS["open"]:
        _, config = RECIPES[recipe](0)
        assert not {"bandai", "hdm05"} & {*config.mixture, *config.joined_from}


@pytest.fixture
def run_script(tmp_path, monkeypatch, groups):
    """Run the script with a `tmr train` that writes a small model, or fails at a recipe; return its commands."""
    corpus = Corpus({"procedural": groups["procedural"][:2]}, [], [], [], [], "", TrainConfig("test"))
    monkeypatch.setattr(train_models, "find_data", lambda data: data)
    monkeypatch.setattr(train_models, "read_corpus", lambda data, cache, config: corpus)
    config = ModelConfig(motion_layers=1, text_layers=1, feed_forward=32, latent_dim=32)

    def run_script(*options, fails=None):
        commands = []

        def run(command):
            commands.append(command[1:])
            out, recipe = (command[command.index(name) + 1] for name in ("--out", "--recipe"))
            if recipe == fails:
                return SimpleNamespace(returncode=3)
            torch.manual_seed(len(commands))
            save_model(TMR(config), f"{out}/model")
            return SimpleNamespace(returncode=0)

        monkeypatch.setattr(train_models.subprocess, "run", run)
        monkeypatch.setattr(sys, "argv", ["train_models.py", "--data", "packs", "--out", str(tmp_path), *options])
        train_models.main()
        return commands

    return run_script


def test_parts_go_on_from_each_other_and_the_last_is_the_model(run_script, tmp_path):
    commands = run_script("--seed", "7")
    told = [" ".join(command) for command in commands]
    assert [command[command.index("--recipe") + 1] for command in commands] == [
        recipe for recipes in PARTS.values() for recipe in recipes
    ]
    assert all(
        line.startswith("-m tmr train --recipe ") and "--data packs --seed 7 --no-validation" in line for line in told
    )
    assert ["--from" in line for line in told] == [False, True, False, True]
    assert told[1].endswith(f"--from {tmp_path / 'default' / 'augmented' / 'model'}")
    last = load_model(tmp_path / "open" / "open_whole" / "model", device="cpu").state_dict()
    for name, value in load_model(tmp_path / "open" / "model", device="cpu").state_dict().items():
        torch.testing.assert_close(value, last[name], rtol=1e-3, atol=1e-4)
    memory = load_model(tmp_path / "open" / "model", device="cpu").memory
    assert memory is not None
    assert memory.motions.shape == (2, 32)
    sizes = [(tmp_path / "open" / part / "model.safetensors").stat().st_size for part in ("open_whole/model", "model")]
    assert sizes[1] < 0.6 * sizes[0]


def test_a_part_that_fails_ends_it_with_its_status(run_script, tmp_path):
    with pytest.raises(SystemExit) as stopped:
        run_script(fails="augmented_whole")
    assert stopped.value.code == 3
    assert not (tmp_path / "default" / "model").exists()
    assert not (tmp_path / "open").exists()


def test_an_unknown_model_is_told(run_script, capsys):
    with pytest.raises(SystemExit):
        run_script("--models", "best")
    assert "no model 'best'; there are default, open" in capsys.readouterr().err
