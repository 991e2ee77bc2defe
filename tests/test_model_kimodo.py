"""Checkpoints in Kimodo's layout: read strictly, tolerant of where the files stand, running nothing they hold."""

import pickle
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch
import yaml
from safetensors.torch import save_file

from tmr.errors import ModelError
from tmr.model.tmr import load_model
from tmr.motion.motion import Motion
from tmr.motion.skeleton import built_in_skeleton

REFERENCE = np.load(Path(__file__).parent / "data" / "portable_reference.npz", allow_pickle=False)
SETTINGS = {
    "_target_": "kimodo.model.tmr.TMR.from_args",
    "motion_rep": {"_target_": "kimodo.motion_rep.TMRMotionRep", "fps": 30, "stats_path": "${checkpoint_dir}/stats"},
    "llm_shape": [1, 48],
    "vae": True,
    "latent_dim": 32,
    "ff_size": 64,
    "num_layers": 2,
    "num_heads": 4,
    "dropout": 0.1,
    "activation": "gelu",
}


def encoder(side: str) -> dict[str, torch.Tensor]:
    """Return the reference's weights of one side."""
    names = [key for key in REFERENCE.files if key.startswith(f"{side}/")]
    return {name.removeprefix(f"{side}/"): torch.from_numpy(REFERENCE[name]) for name in names}


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A checkpoint with the reference's weights."""
    (tmp_path / "config.yaml").write_text(yaml.safe_dump(SETTINGS))
    for side in ("motion_encoder", "text_encoder"):
        torch.save(encoder(side), tmp_path / f"{side}.pt")
    for part, columns in (("global_root", slice(0, 5)), ("local_root", slice(0, 4)), ("body", slice(5, 186))):
        (tmp_path / "stats" / "motion" / part).mkdir(parents=True)
        for statistic in ("mean", "std"):
            np.save(tmp_path / "stats" / "motion" / part / f"{statistic}.npy", REFERENCE[statistic][columns])
    return tmp_path


def check_embeddings(folder: Path) -> str:
    """Check that the checkpoint gives the reference's embeddings, and return its hash."""
    model = load_model(folder, device="cpu")
    motion = Motion(REFERENCE["joints/walk_turn"], 30.0, built_in_skeleton("somaskel30"))
    np.testing.assert_allclose(
        model.encode_motion([motion], as_is=True)[0], REFERENCE["motion_unit/walk_turn"], atol=1e-4
    )
    tokens = torch.from_numpy(REFERENCE["text_input"])
    mask = torch.arange(tokens.shape[1]) < torch.from_numpy(REFERENCE["text_lengths"])[:, None]
    with torch.inference_mode():
        np.testing.assert_allclose(model.text_posterior(tokens, mask).mean, REFERENCE["text_mu"], atol=1e-4)
    assert model.config.text_backbone == "llm2vec"
    assert model.config.text_width == 48
    return model.checkpoint_hash


def test_the_published_layout_gives_the_references_embeddings(folder: Path) -> None:
    expected = check_embeddings(folder)
    for side in ("motion_encoder", "text_encoder"):
        (folder / f"{side}.pt").unlink()
        save_file(encoder(side), folder / f"{side}.safetensors")
    assert check_embeddings(folder) == expected


def test_files_may_stand_in_subfolders(folder: Path) -> None:
    (folder / "checkpoint").mkdir()
    for name in ("config.yaml", "motion_encoder.pt", "text_encoder.pt"):
        (folder / name).rename(folder / "checkpoint" / name)
    check_embeddings(folder)


def test_weights_under_state_dict(folder: Path) -> None:
    torch.save({"state_dict": encoder("text_encoder"), "epoch": 3}, folder / "text_encoder.pt")
    check_embeddings(folder)


class Trap:
    """Makes a pickle that writes a file when it is loaded."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __reduce__(self) -> tuple:
        return Path.touch, (self.path,)


def test_a_pickle_that_runs_code_is_refused(folder: Path, tmp_path: Path) -> None:
    sprung = tmp_path / "sprung"
    (folder / "motion_encoder.pt").write_bytes(pickle.dumps(Trap(sprung)))
    with pytest.raises(ModelError, match="cannot be read as weights"):
        load_model(folder)
    torch.save({"tokens": Trap(sprung)}, folder / "motion_encoder.pt")
    with pytest.raises(ModelError, match="cannot be read as weights"):
        load_model(folder)
    np.save(folder / "stats" / "motion" / "body" / "mean.npy", np.array([Trap(sprung)]), allow_pickle=True)
    torch.save(encoder("motion_encoder"), folder / "motion_encoder.pt")
    with pytest.raises(ModelError, match=r"mean\.npy cannot be read"):
        load_model(folder)
    assert not sprung.exists()


@pytest.mark.parametrize("side", ["motion_encoder", "text_encoder"])
def test_a_missing_encoder_is_named(folder: Path, side: str) -> None:
    (folder / f"{side}.pt").unlink()
    with pytest.raises(ModelError, match=rf"has no {side}\.safetensors or {side}\.pt"):
        load_model(folder)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: [1", "cannot be read"),
        ("- 1", "holds a list"),
        ("!!python/object/apply:os.system ['true']", "cannot be read"),
        ("llm_shape: 4096", "llm_shape 4096"),
        ("llm_shape: [1, wide]", "text_width is 'wide'"),
        ("{llm_shape: [1, 48], latent_dim: 32, num_layers: two}", "motion_layers is 'two'"),
    ],
)
def test_a_broken_config_is_explained(folder: Path, text: str, message: str) -> None:
    (folder / "config.yaml").write_text(text)
    with pytest.raises(ModelError, match=message):
        load_model(folder)


def test_another_skeleton_is_refused(folder: Path) -> None:
    np.save(folder / "stats" / "motion" / "body" / "mean.npy", np.zeros(205, dtype=np.float32))
    with pytest.raises(ModelError, match=r"statistics of 210 features; .* 186 of SOMA-30"):
        load_model(folder)


def test_missing_statistics_are_named(folder: Path) -> None:
    shutil.rmtree(folder / "stats" / "motion" / "body")
    with pytest.raises(ModelError, match=r"has no stats/motion/body/mean\.npy"):
        load_model(folder)


@pytest.mark.parametrize("change", ["extra", "missing", "shape"])
def test_weights_load_strictly(folder: Path, change: str) -> None:
    state = encoder("motion_encoder")
    if change == "extra":
        state["decoder.weight"] = torch.zeros(3)
    elif change == "missing":
        del state["tokens"]
    else:
        state["tokens"] = torch.zeros(3, 32)
    torch.save(state, folder / "motion_encoder.pt")
    with pytest.raises(ModelError, match="do not fit their configuration"):
        load_model(folder)
