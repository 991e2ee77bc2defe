"""The script that trains the package's models: parts in an order that can be run, and their average."""

import sys
from types import SimpleNamespace

import numpy as np
import pytest
import torch

import train_models
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR, load_model, save_model
from tmr.training.recipes import RECIPES
from train_models import PARTS, Trained, average


@pytest.mark.parametrize("model", PARTS)
def test_each_part_goes_on_from_parts_before_it(model):
    done = set()
    for name, part in PARTS[model].items():
        if isinstance(part, Trained):
            assert part.recipe in RECIPES
            assert part.start is None or part.start in done
        else:
            assert set(part) <= done
        done.add(name)
    assert name == model


def test_open_draws_from_nothing_that_may_not_be_sold():
    for part in PARTS["open"].values():
        if isinstance(part, Trained):
            _, config = RECIPES[part.recipe](0)
            assert not {"bandai", "hdm05"} & {*config.mixture, *config.joined_from}


def test_average_is_the_mean_of_the_weights(tmp_path):
    config = ModelConfig(motion_layers=1, text_layers=1, feed_forward=32, latent_dim=32)
    models = []
    for seed in range(2):
        torch.manual_seed(seed)
        models.append(TMR(config))
        save_model(models[-1], tmp_path / str(seed), half=True)
    average({tmp_path / "0": 1, tmp_path / "1": 3}, tmp_path / "mean")
    mean = load_model(tmp_path / "mean", device="cpu").state_dict()
    ours = [load_model(tmp_path / str(seed), device="cpu").state_dict() for seed in range(2)]
    assert set(mean) == set(ours[0])
    for name, value in mean.items():
        expected = (ours[0][name] + 3 * ours[1][name]) / 4
        torch.testing.assert_close(value, expected, rtol=2e-3, atol=1e-4)
    spread = [np.abs((state["motion_encoder.tokens"] - mean["motion_encoder.tokens"]).numpy()).mean() for state in ours]
    assert spread[0] == pytest.approx(3 * spread[1], rel=0.01)


def test_parts_are_trained_one_after_the_other_and_a_failed_one_ends_it(tmp_path, monkeypatch):
    commands, fails = [], "default-more"

    def run(command):
        commands.append(command)
        return SimpleNamespace(returncode=3 if fails in " ".join(command) else 0)

    monkeypatch.setattr(train_models.subprocess, "run", run)
    monkeypatch.setattr(sys, "argv", ["train_models.py", "--data", "packs", "--out", str(tmp_path), "--seed", "7"])
    with pytest.raises(SystemExit) as stopped:
        train_models.main()
    assert stopped.value.code == 3
    first, second = (" ".join(command[1:]) for command in commands)
    assert first.startswith("-m tmr train --recipe augmented --data packs --seed 7")
    assert "--from" not in first
    assert all("--no-validation" in part for part in (first, second))
    assert f"--from {tmp_path / 'default-first' / 'model'}" in second


def test_an_unknown_model_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["train_models.py", "--data", "p", "--out", str(tmp_path), "--models", "best"])
    with pytest.raises(SystemExit):
        train_models.main()
    assert "no model 'best'; there are default, open" in capsys.readouterr().err
