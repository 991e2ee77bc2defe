"""A batch in parts, over processes and prepared ahead: the same batches, gradients and curve as in one piece."""

import dataclasses
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest
import torch

from tmr.errors import DatasetError, ModelError
from tmr.training import team
from tmr.training.ahead import Ahead, draw, pack, unpack
from tmr.training.augment import Sampler
from tmr.training.examples import Example, Sentence
from tmr.training.gradients import find_gradients
from tmr.training.team import Team
from toy_training import CONFIG, PAPER, SMALL, TEXTS, trainer

VAE = dataclasses.replace(SMALL, vae=True)


def gradients(run, seed=5):
    """Return the loss and every gradient of a run's batch 0."""
    state = run.state
    run.state.model.train()
    loss = find_gradients(run.objective, run.batch(0), state.weights, state.log_temperature, run.team, seed)
    found = [weight.grad.clone() for weight in state.weights if weight.grad is not None]
    return loss, [*found, state.log_temperature.grad if CONFIG.learnt_temperature else None]


@pytest.mark.parametrize("changes", [{}, {**PAPER, "sampled": False}], ids=["contrast", "paper"])
def test_parts_have_the_gradients_of_the_whole(data, cache, tmp_path, changes):
    model = dataclasses.replace(VAE if changes else SMALL, dropout=0.0)
    whole, whole_gradients = gradients(trainer(data, tmp_path / "1", cache, model=model, **changes))
    for parts in (2, 3):
        loss, found = gradients(trainer(data, tmp_path / str(parts), cache, model=model, parts=parts, **changes))
        assert loss == pytest.approx(whole, abs=1e-5)
        assert len(found) == len(whole_gradients)
        for one, other in zip(found, whole_gradients, strict=True):
            torch.testing.assert_close(one, other, atol=1e-5, rtol=1e-4)


def test_a_part_is_encoded_twice_with_the_same_dropout_and_draws(data, cache, tmp_path):
    run = trainer(data, tmp_path, cache, model=VAE, parts=2, **PAPER)
    loss, found = gradients(run)
    # All parts at once with a graph, each from its seed: what the two passes stand for.
    batch, state = run.batch(0), run.state
    encoded, within = [], []
    for part in batch.parts:
        torch.manual_seed(5 + (part.number << 40))
        encoded.append(run.objective.encode(part))
        within.append(run.objective.within(part, encoded[-1], batch))
    rows = type(encoded[0])(*(torch.cat(side) for side in zip(*encoded, strict=True)))
    for weight in state.weights:
        weight.grad = None
    total = run.objective.across(rows, batch) + sum(within)
    total.backward()
    assert loss == pytest.approx(float(total.detach()), abs=1e-5)
    for weight, gradient in zip(state.weights, found, strict=False):
        torch.testing.assert_close(weight.grad, gradient, atol=1e-6, rtol=1e-4)


def test_parts_that_processes_cannot_share_are_refused():
    assert [list(Team(rank, 2).parts(4)) for rank in (0, 1)] == [[0, 1], [2, 3]]
    with pytest.raises(ModelError, match="--parts a multiple of 2"):
        Team(0, 2).parts(3)


def test_more_parts_than_pairs_are_refused(data, cache, tmp_path):
    with pytest.raises(ModelError, match="8 pairs cannot be computed in 9 parts"):
        trainer(data, tmp_path, cache, parts=9)


def sampler(joints):
    """Return a sampler of four clips of 75 frames."""
    groups = {
        "toy": [
            [Example(joints[75 * place : 75 * place + 75], 0, 75, (Sentence(text, None),), f"toy/{place}")]
            for place, text in enumerate(TEXTS)
        ]
    }
    return Sampler(groups, CONFIG, 60)


@pytest.fixture
def joints():
    return np.random.default_rng(0).normal(size=(300, 30, 3)).astype(np.float32)


def test_worker_processes_draw_what_one_process_draws(joints, tmp_path):
    scratch = tmp_path / "clips.f32"
    alone = [draw(sampler(joints), step, [0, 3, 7]) for step in range(2, 6)]
    ahead = list(Ahead(sampler(joints), [0, 3, 7], 2, scratch).steps(2, 6))
    assert [step for step, _ in ahead] == [2, 3, 4, 5]
    assert not scratch.exists()
    for (rows, made), (_, (other_rows, other_made)) in zip(alone, ahead, strict=True):
        assert [row.text for row in rows] == [row.text for row in other_rows]
        assert [row.cut.num_frames for row in rows] == [row.cut.num_frames for row in other_rows]
        assert len(made) == len(other_made) == 3
        for one, other in zip(made, other_made, strict=True):
            np.testing.assert_array_equal(one, other)


def test_clips_go_to_workers_by_file_each_once(joints, tmp_path):
    clips = tmp_path / "clips.f32"
    with clips.open("wb") as file:
        content = pack(sampler(joints), file)
    assert len(content) < 20_000
    assert clips.stat().st_size == joints.nbytes
    assert_same_rows(unpack(content, str(clips)), sampler(joints))


def test_clips_that_are_mapped_from_a_file_stay_there(joints, tmp_path):
    joints.tofile(tmp_path / "stored")
    stored = np.memmap(tmp_path / "stored", mode="r", dtype=np.float32, shape=joints.shape)
    clips = tmp_path / "clips.f32"
    with clips.open("wb") as file:
        content = pack(sampler(stored), file)
    assert clips.stat().st_size == 0
    assert_same_rows(unpack(content, "nowhere"), sampler(joints))


def assert_same_rows(one, other):
    for row, other_row in zip(one.rows(3), other.rows(3), strict=True):
        assert row.text == other_row.text
        np.testing.assert_array_equal(row.joints, other_row.joints)


def test_what_fails_in_a_worker_is_told(joints, tmp_path):
    with pytest.raises(ValueError, match="non-negative"):
        list(Ahead(sampler(joints), [0], 1, tmp_path / "clips.f32").steps(-1, 0))
    with pytest.raises(DatasetError, match="give --workers 0"):
        list(Ahead(sampler(joints), [0], 1, tmp_path / "missing" / "clips.f32").steps(0, 1))


def command(data, out, cache, changes, vae="plain", launcher=()):
    script = Path(__file__).with_name("toy_training.py")
    arguments = [str(data), str(out), str(cache), json.dumps(changes), vae]
    environment = os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.Popen(
        [sys.executable, *launcher, str(script), *arguments], stderr=subprocess.PIPE, env=environment
    )


def finish(process) -> str:
    """Wait until a run has ended well, and return what it said. One in the tests' process has other threads."""
    _, said = process.communicate(timeout=200)
    assert process.returncode == 0, said.decode()
    return said.decode()


def curve(out):
    return [json.loads(line)["loss"] for line in (out / "log.jsonl").read_text(encoding="utf-8").splitlines()]


@pytest.mark.slow
def test_two_processes_have_the_curve_of_one(data, cache, tmp_path):
    changes = {"parts": 2, "validate_every": 1, "steps": 5, **PAPER}
    finish(command(data, tmp_path / "one", cache, changes, "vae"))
    launcher = ["-m", "torch.distributed.run", "--standalone", "--nproc-per-node", "2"]
    said = finish(command(data, tmp_path / "two", cache, changes, "vae", launcher))
    assert said.count("step 5/5") == 1, "one process speaks"
    np.testing.assert_allclose(curve(tmp_path / "two"), curve(tmp_path / "one"), atol=1e-5)
    states = [torch.load(tmp_path / name / "state.pt", weights_only=True)["model"] for name in ("one", "two")]
    for name, value in states[0].items():
        torch.testing.assert_close(states[1][name], value, atol=1e-5, rtol=1e-4)


@pytest.mark.slow
def test_a_run_killed_at_any_moment_goes_on_to_the_same_curve(data, cache, tmp_path):
    changes = {"steps": 24, "validate_every": 2}
    finish(command(data, tmp_path / "whole", cache, changes))
    random, out = np.random.default_rng(7), tmp_path / "killed"
    for _ in range(2):
        process = command(data, out, cache, changes)
        before = len(curve(out)) if (out / "log.jsonl").exists() else 0
        deadline = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < deadline:
            if (out / "log.jsonl").exists() and len(_rows(out)) > before + 2:
                break
            time.sleep(0.01)
        time.sleep(random.uniform(0, 0.2))
        process.kill()
        process.communicate()
    finish(command(data, out, cache, changes))
    assert curve(out) == curve(tmp_path / "whole")


@pytest.mark.parametrize("has_nccl", [True, False])
def test_processes_on_gpus_meet_where_pytorch_has_no_nccl_too(monkeypatch, has_nccl):
    """As on Windows."""
    begun = []
    for name, value in {"WORLD_SIZE": "2", "LOCAL_RANK": "1"}.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 2)
    monkeypatch.setattr(torch.cuda, "set_device", lambda device: None)
    monkeypatch.setattr(team.atexit, "register", lambda end: None)
    distributed = team.distributed
    monkeypatch.setattr(distributed, "is_torchelastic_launched", lambda: True)
    monkeypatch.setattr(distributed, "is_nccl_available", lambda: has_nccl)
    monkeypatch.setattr(distributed, "init_process_group", lambda backend, timeout: begun.append(backend))
    monkeypatch.setattr(distributed, "get_rank", lambda: 1)
    monkeypatch.setattr(distributed, "get_world_size", lambda: 2)
    assert team.join_team(torch.device("cuda")) == (Team(1, 2), torch.device("cuda", 1))
    assert begun == ["nccl" if has_nccl else "gloo"]


def _rows(out):
    return (out / "log.jsonl").read_bytes().splitlines()


@pytest.mark.parametrize(("number", "raised"), [(signal.SIGINT, KeyboardInterrupt), (signal.SIGTERM, SystemExit)])
def test_a_signal_ends_the_run_after_the_step_with_its_state(data, cache, tmp_path, monkeypatch, number, raised):
    trainer(data, tmp_path / "whole", cache).run(report=lambda line: None)
    run = trainer(data, tmp_path / "stopped", cache)
    take, said = run.train_step, []

    def take_and_signal(batch):
        loss = take(batch)
        if run.state.step == 3:
            # Not `os.kill`, which ends a process on Windows whatever the signal.
            signal.raise_signal(number)
        return loss

    monkeypatch.setattr(run, "train_step", take_and_signal)
    before = signal.getsignal(number)
    with pytest.raises(raised) as ended:
        run.run(report=said.append)
    assert said == ["stopped at step 3; the same command goes on from there"]
    assert raised is KeyboardInterrupt or ended.value.code == 143
    assert signal.getsignal(number) is before
    trainer(data, tmp_path / "stopped", cache).run(report=said.append)
    assert curve(tmp_path / "stopped") == curve(tmp_path / "whole")
