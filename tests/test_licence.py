"""The models of the package by name, and their licences: said once a process, on stderr, and easily silenced."""

import json
import logging
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

import tmr.model.card as card
import tmr.model.checkpoint as checkpoint
from command_line import Run, environment, save_small_model, tmr
from fake_encoder import write_library
from tmr.cli import tmr as command_line
from tmr.errors import ModelError
from tmr.model.query import load_text_encoder
from tmr.model.tmr import load_model
from tmr.search.query import Encoders
from tmr.training.warm_start import load_start

CARD = "---\nlicense: {}\n---\n\n# A model\n"
BY_HAND = (
    "import sys, tmr.model.checkpoint as checkpoint, pathlib\ncheckpoint.MODELS_FOLDER = pathlib.Path(sys.argv.pop(1))"
)


@pytest.fixture(scope="module")
def models(tmp_path_factory):
    """Return a folder as the package has one, with small models `default` and `open`."""
    folder = tmp_path_factory.mktemp("models")
    for seed, (name, licence) in enumerate((("default", "cc-by-nc-4.0"), ("open", "apache-2.0"))):
        (save_small_model(folder / name, seed) / "README.md").write_text(CARD.format(licence))
    return folder


@pytest.fixture
def package(models, monkeypatch):
    """Put these models in the place of those in the package; nothing was said yet."""
    monkeypatch.setattr(checkpoint, "MODELS_FOLDER", models)
    monkeypatch.setattr(card, "_told", set())
    return models


def run(models: Path, code: str, *arguments: str | Path, cwd: Path | None = None) -> Run:
    """Run Python in a process of its own, with these models in the place of those in the package."""
    done = subprocess.run(
        [sys.executable, "-W", "error", "-c", f"{BY_HAND}\n{code}", str(models), *map(str, arguments)],
        capture_output=True, encoding="utf-8", timeout=120, cwd=cwd, env=environment(),
    )  # fmt: skip
    return Run(done.returncode, done.stdout, done.stderr)


COMMAND = "from tmr.cli import main\nmain()"
OF_DEFAULT = "model default: CC BY-NC 4.0, not for commercial use; --model open is Apache-2.0\n"
OF_OPEN = "model open: Apache-2.0, free for commercial use\n"


def test_models_of_the_package_are_found_by_name(package):
    default, open_ = load_model(device="cpu"), load_model("open", device="cpu")
    assert load_model("default", device="cpu").checkpoint_hash == default.checkpoint_hash != open_.checkpoint_hash
    assert load_text_encoder("open").checkpoint_hash == open_.checkpoint_hash
    assert load_start("open", open_.config, new_text=False).source.checkpoint_hash == open_.checkpoint_hash


def test_a_folder_of_the_same_name_is_meant_by_its_path(package, tmp_path, monkeypatch):
    own = load_model(save_small_model(tmp_path / "open", 7), device="cpu").checkpoint_hash
    monkeypatch.chdir(tmp_path)
    assert load_model("./open", device="cpu").checkpoint_hash == own == load_model(Path("open")).checkpoint_hash
    assert load_model("open", device="cpu").checkpoint_hash != own
    assert Encoders("./open").name == str(tmp_path / "open")


def test_an_index_names_them_so_that_they_are_found_from_anywhere(package, tmp_path, monkeypatch):
    (tmp_path / "open").mkdir()
    monkeypatch.chdir(tmp_path)
    assert [Encoders(name).name for name in (None, "default", "open")] == [None, None, "open"]


def test_a_model_that_the_package_lacks_is_told_with_those_that_it_has(package):
    with pytest.raises(ModelError, match=r"'closed'.* nor of the package, which has default, open"):
        load_model("closed")


@pytest.mark.parametrize(
    ("licence", "line"),
    [
        ("cc-by-nc-4.0", "model m: CC BY-NC 4.0, not for commercial use"),
        (
            "CC-BY-NC-SA-4.0",
            "model m: CC BY-NC-SA 4.0, not for commercial use, what is made of it has the same licence",
        ),
        ("cc-by-4.0", "model m: CC BY 4.0, free for commercial use"),
        ("apache-2.0", "model m: Apache-2.0, free for commercial use"),
        ("openrail", "model m: openrail, read what it allows in the model's README.md"),
        ("other\nlicense_name: someones-own", "model m: someones-own, read what it allows in the model's README.md"),
        ("other", "model m: other, read what it allows in the model's README.md"),
    ],
)
def test_the_line_says_model_licence_and_what_it_means(licence, line, tmp_path, monkeypatch):
    monkeypatch.setattr(checkpoint, "MODELS_FOLDER", tmp_path / "none")
    (tmp_path / "README.md").write_text(CARD.format(licence))
    assert card.licence_line(tmp_path, "m") == line


def test_each_model_is_told_once_whichever_side_is_loaded(package, caplog):
    for _ in range(2):
        load_text_encoder()
        load_model(device="cpu")
        load_model("open", device="cpu")
    assert [f"{record.message}\n" for record in caplog.records] == [OF_DEFAULT, OF_OPEN]


def test_a_model_without_a_card_is_silent(package, tmp_path, caplog):
    load_model(save_small_model(tmp_path), device="cpu")
    assert not caplog.records


def test_python_prints_it_on_stderr_unless_its_logger_is_silenced(models):
    code = "from tmr import load_model\nload_model(device='cpu'); load_model(device='cpu')"
    assert run(models, code) == Run(0, "", OF_DEFAULT)
    code = f"import logging\nlogging.getLogger({card.LOGGER!r}).setLevel(logging.ERROR)\n{code}"
    assert run(models, code) == Run(0, "", "")


def test_commands_say_it_on_stderr_and_quiet_ones_do_not(models, tmp_path):
    write_library(tmp_path / "motions", [1, 2])
    made = run(models, COMMAND, "index", tmp_path / "motions", "--model", "open", "--workers", "0")
    assert made.status == 0
    assert made.err.count(OF_OPEN) == made.err.count("model ") == 1
    quiet = run(models, COMMAND, "embed", tmp_path / "motions", "-o", tmp_path / "e.npz", "-q", "--workers", "0")
    assert (quiet.status, quiet.err) == (0, "")
    # An index knows its model; what is read by programs stays clean.
    search = run(models, COMMAND, "search", tmp_path / "motions", "someone walks", "a kick", "--json")
    assert (search.status, search.err) == (0, OF_OPEN)
    assert [len(json.loads(line)["hits"]) for line in search.out.splitlines()] == [2, 2]
    quiet = run(models, COMMAND, "search", tmp_path / "motions", "someone walks", "--json", "--quiet")
    assert (quiet.err, json.loads(quiet.out)["hits"]) == ("", json.loads(search.out.splitlines()[0])["hits"])


def test_info_tells_the_licence():
    told = tmr("info", "--model", "default")
    assert "licence        CC BY-NC 4.0, not for commercial use" in told.out
    assert not told.err


def test_a_quiet_command_is_quiet_for_itself_only(package, tmp_path, caplog):
    write_library(tmp_path / "motions", [1, 2])
    arguments = ["index", str(tmp_path / "motions"), "--workers", "0", "--quiet"]
    assert CliRunner().invoke(command_line, arguments).exit_code == 0
    assert not caplog.records
    load_model("open", device="cpu")
    assert [f"{record.message}\n" for record in caplog.records] == [OF_OPEN]


def test_the_cards_of_the_package_tell_a_licence():
    assert checkpoint.models_of_package()[0] == "default"
    for name in checkpoint.models_of_package():
        line = card.licence_line(checkpoint.find_checkpoint(name), name)
        assert line is not None
        assert "README.md" not in line
    assert logging.getLogger(card.LOGGER).level == logging.NOTSET
