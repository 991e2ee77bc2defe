"""The script that trains the package's models: one part after the other."""

import sys
from types import SimpleNamespace

import pytest

import train_models
from tmr.training.recipes import RECIPES
from train_models import PARTS


def test_open_draws_from_nothing_that_may_not_be_sold():
    for recipe in PARTS["open"]:
        _, config = RECIPES[recipe](0)
        assert not {"bandai", "hdm05"} & {*config.mixture, *config.joined_from}


@pytest.fixture
def run_script(tmp_path, monkeypatch):
    """Run the script with a `tmr train` that does nothing, or fails at a recipe; return its commands."""

    def run_script(*options, fails=None):
        commands = []

        def run(command):
            commands.append(command[1:])
            return SimpleNamespace(returncode=3 if fails in command else 0)

        monkeypatch.setattr(train_models.subprocess, "run", run)
        monkeypatch.setattr(sys, "argv", ["train_models.py", "--data", "packs", "--out", str(tmp_path), *options])
        train_models.main()
        return commands

    return run_script


def test_parts_go_on_from_each_other_and_the_last_is_the_model(run_script, tmp_path, capsys):
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
    assert f"the model open is in {tmp_path / 'open' / 'open_whole' / 'model'}" in capsys.readouterr().out
    assert all(RECIPES[recipes[-1]](0)[1].caption_memory for recipes in PARTS.values())


def test_a_part_that_fails_ends_it_with_its_status(run_script, capsys):
    with pytest.raises(SystemExit) as stopped:
        run_script(fails="augmented_whole")
    assert stopped.value.code == 3
    told = capsys.readouterr().out
    assert "--recipe augmented_whole" in told
    assert "the model" not in told
    assert "--recipe open" not in told


def test_an_unknown_model_is_told(run_script, capsys):
    with pytest.raises(SystemExit):
        run_script("--models", "best")
    assert "no model 'best'; there are default, open" in capsys.readouterr().err
