"""A run's folder: it resumes to the same weights after a kill, and tells what does not belong to it."""

import pytest
import torch

from tmr.errors import DatasetError, ModelError
from tmr.training.loop import Trainer
from tmr.training.state import check_claim, forget_unsaved_steps
from toy_training import CONFIG, SMALL, trainer, weights, write_packs


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
    with pytest.raises(ModelError, match=r"another configuration \(.*\): its training.seed is 0, not 1; give another"):
        trainer(data, tmp_path, cache, seed=1)
    with pytest.raises(ModelError, match=r"training\.mixture\.procedural is null, not 0\.1"):
        trainer(data, tmp_path, cache, mixture={"toy": 1.0, "procedural": 0.1})


def test_a_folder_whose_data_has_changed_is_refused(tmp_path):
    for name in ("one", "other"):
        write_packs(tmp_path / name)
    rows = tmp_path / "other" / "toy.jsonl"
    rows.write_text(rows.read_text(encoding="utf-8").replace("squats", "sits down"), encoding="utf-8")
    run = trainer(tmp_path / "one", tmp_path / "run", tmp_path / "one" / "cache")
    with pytest.raises(ModelError, match=rf'captions is "{run.corpus.fingerprint}", not '):
        trainer(tmp_path / "other", tmp_path / "run", tmp_path / "other" / "cache")
    # The order of other things on the disk is nothing to it.
    again = trainer(tmp_path / "one", tmp_path / "run", tmp_path / "other" / "cache")
    assert again.corpus.fingerprint == run.corpus.fingerprint


def test_a_run_tells_that_it_goes_on_or_is_done_and_clears_what_a_killed_one_left(data, cache, tmp_path):
    trainer(data, tmp_path, cache, steps=4).run(report=lambda line: None)
    (tmp_path / ".state.0a1b2c3d.pt").write_bytes(b"torn")
    told = []
    again = trainer(data, tmp_path, cache, steps=4)
    assert not list(tmp_path.glob(".state*"))
    again.run(report=told.append)
    assert told == ["this run is done, at step 4"]
    claim = tmp_path / "run.json"
    claim.write_text(claim.read_text(encoding="utf-8").replace('"steps": 4', '"steps": 6'), encoding="utf-8")
    trainer(data, tmp_path, cache, steps=6).run(report=told.append)
    assert told[1] == "this run goes on, at step 4"


def test_what_cannot_be_trained_is_told_and_leaves_the_folder_free(data, cache, tmp_path, monkeypatch):
    with pytest.raises(DatasetError, match="does not exist"):
        trainer(tmp_path / "typo", tmp_path / "run", cache)
    with pytest.raises(DatasetError, match="holds no dataset"):
        trainer(tmp_path, tmp_path / "run", cache)
    (tmp_path / "file").touch()
    with pytest.raises(ModelError, match="cannot be made a folder"):
        trainer(data, tmp_path / "file", cache)
    for device in ("nonsense", "cuda:99"):
        with pytest.raises(ModelError, match=f"device '{device}'"):
            Trainer(data, tmp_path / "run", SMALL, CONFIG, cache=cache, device=device)
    # A GPU that is counted and does not compute.
    monkeypatch.setattr(torch.cuda, "device_count", lambda: 1)
    if not torch.cuda.is_available():
        with pytest.raises(ModelError, match=r"cannot compute on device 'cuda'.*`cpu` is always there"):
            Trainer(data, tmp_path / "run", SMALL, CONFIG, cache=cache, device=None)
    # A run that never began does not claim the folder.
    trainer(data, tmp_path / "run", cache, seed=1)


@pytest.mark.parametrize("content", ["", "{", "[]", "\x00\x01"])
def test_a_broken_run_file_is_told(tmp_path, content):
    (tmp_path / "run.json").write_text(content, encoding="utf-8")
    with pytest.raises(ModelError, match=r"run\.json"):
        check_claim(tmp_path / "run.json", {"seed": 1})


@pytest.mark.parametrize("content", [b"", b"PK broken", b"\x80\x02no pickle", None])
def test_a_broken_state_is_told(begun, tmp_path, content):
    path = tmp_path / "state.pt"
    if content is None:
        begun.state.save(path)
        content = path.read_bytes()[:-2000]
    path.write_bytes(content)
    with pytest.raises(ModelError, match=r"state\.pt is not the state of this run"):
        begun.state.load(path)


def test_a_state_of_another_kind_is_told(begun, tmp_path):
    torch.save({"model": {}}, tmp_path / "state.pt")
    with pytest.raises(ModelError, match=r"state\.pt is not the state of this run"):
        begun.state.load(tmp_path / "state.pt")


def test_a_torn_log_or_none_is_no_obstacle(tmp_path):
    log = tmp_path / "log.jsonl"
    forget_unsaved_steps(log, 4)
    log.write_text('{"step": 4}\n{"step": 8}\n{"step": 4, "lo', encoding="utf-8")
    forget_unsaved_steps(log, 4)
    assert log.read_text(encoding="utf-8") == '{"step": 4}\n'


def test_a_state_that_cannot_be_written_is_told_and_the_old_one_stays(begun, tmp_path, monkeypatch):
    begun.state.save(tmp_path / "state.pt")
    before = (tmp_path / "state.pt").read_bytes()

    def full(content, path):
        path.write_bytes(b"half")
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(torch, "save", full)
    with pytest.raises(ModelError, match=r"state\.pt: .*No space left"):
        begun.state.save(tmp_path / "state.pt")
    assert (tmp_path / "state.pt").read_bytes() == before
    assert [path.name for path in tmp_path.glob("*state*")] == ["state.pt"]


def test_normalisation_and_best_score_survive_a_resume(data, cache, tmp_path):
    first = trainer(data, tmp_path, cache)
    first.state.best_score, first.state.step = 0.5, 4
    first.state.save(tmp_path / "state.pt")
    again = trainer(data, tmp_path, cache)
    assert (again.state.best_score, again.state.step) == (0.5, 4)
    for model in (again.state.model, again.state.average):
        assert model.std.min() >= 0
        assert model.mean.abs().max() > 0
        torch.testing.assert_close(model.mean, first.state.model.mean, rtol=0, atol=0)
        torch.testing.assert_close(model.std, first.state.model.std, rtol=0, atol=0)
