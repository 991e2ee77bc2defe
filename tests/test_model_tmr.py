"""TMR: motions to embeddings in batches and windows, saving and loading, what it refuses."""

import copy
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

import tmr.model.tmr as module
from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR, load_model, save_model
from tmr.motion.motion import Motion
from tmr.motion.retarget import retarget
from tmr.motion.skeleton import built_in_skeleton

REFERENCE = np.load(Path(__file__).parent / "data" / "portable_reference.npz", allow_pickle=False)
SKELETON = built_in_skeleton("somaskel30")


def made_up(num_frames: int, seed: int = 0) -> Motion:
    """Return a motion that wobbles about the rest pose."""
    rng = np.random.default_rng(seed)
    drift = np.cumsum(rng.normal(0, 0.02, (num_frames, 30, 3)), axis=0)
    return Motion((SKELETON.rest + drift).astype(np.float32), 30.0, SKELETON, name=f"made up {num_frames}")


def small_model(**changes: Any) -> TMR:
    """Return a model with random weights."""
    torch.manual_seed(0)
    settings = {"latent_dim": 32, "feed_forward": 64, "motion_layers": 2, "text_layers": 2}
    model = TMR(ModelConfig(**settings | changes))
    model.set_normalisation(torch.full((186,), 0.1), torch.full((186,), 0.5))
    return model.eval()


class LettersBackbone:
    """A stand-in for a language model: one vector a letter."""

    width = 384

    def tokens(self, texts: list[str]) -> list[np.ndarray]:
        """Return the vectors."""
        table = np.random.default_rng(0).normal(size=(128, 384)).astype(np.float32)
        return [table[[ord(letter) % 128 for letter in "^" + text]] for text in texts]


@pytest.fixture
def reference_model() -> TMR:
    """The model whose weights and embeddings the reference gives."""
    settings = {"latent_dim": 32, "feed_forward": 64, "motion_layers": 2, "text_layers": 2, "text_width": 48}
    model = TMR(ModelConfig(**settings, text_backbone="llm2vec"))
    renamed = {"seqTransEncoder.": "", "self_attn.in_proj_": "qkv.", "self_attn.out_proj": "out"}
    state = {}
    for key in REFERENCE.files:
        if "encoder/" in key:
            name = key.replace("/", ".")
            for theirs, ours in renamed.items():
                name = name.replace(theirs, ours)
            state[name] = torch.from_numpy(REFERENCE[key])
    model.load_state_dict(state | {name: torch.from_numpy(REFERENCE[name]) for name in ("mean", "std")})
    return model.eval()


def test_embeddings_are_the_references(reference_model: TMR) -> None:
    names = ("short", "walk_turn", "slow")
    motions = [Motion(REFERENCE[f"joints/{name}"], 30.0, SKELETON) for name in names]
    expected = np.stack([REFERENCE[f"motion_unit/{name}"] for name in names])
    np.testing.assert_allclose(reference_model.encode_motion(motions, as_is=True), expected, atol=1e-4)
    np.testing.assert_allclose(reference_model.encode_motion(motions, batch_size=1, as_is=True), expected, atol=1e-4)


@pytest.mark.parametrize("patch", [1, 4])
def test_a_batch_of_64_lengths_gives_what_each_gives_alone(patch: int) -> None:
    model = small_model(patch_frames=patch)
    motions = [
        made_up(int(n), seed) for seed, n in enumerate(np.random.default_rng(1).permutation(np.arange(1, 65) * 4))
    ]
    together = model.encode_motion(motions, as_is=True)
    alone = np.concatenate([model.encode_motion([motion], as_is=True) for motion in motions])
    np.testing.assert_allclose(together, alone, atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)
    assert together.dtype == np.float32


def test_a_long_motion_is_the_mean_of_its_windows() -> None:
    model = small_model(max_frames=40)
    motion = made_up(95)
    parts = [(0, 40), (20, 60), (40, 80), (55, 95)]
    windows = model.encode_motion([Motion(motion.joints[a:b], 30.0, SKELETON) for a, b in parts], as_is=True)
    mean = windows.mean(axis=0)
    (long,) = model.encode_motion([motion], as_is=True)
    np.testing.assert_allclose(long, mean / np.linalg.norm(mean), atol=1e-5)
    (again, _) = model.encode_motion([motion, made_up(7)], as_is=True)
    np.testing.assert_allclose(again, long, atol=1e-5)


def test_no_motions_and_no_texts_give_no_rows() -> None:
    model = TMR(ModelConfig(motion_layers=1, text_layers=1))
    assert model.encode_motion([]).shape == (0, 256)
    assert model.encode_text([]).shape == (0, 256)


def test_another_frame_rate_skeleton_or_size_is_retargeted() -> None:
    sway = np.sin(np.arange(40) / 5)[:, None, None] * [0.2, 0, 0.1]
    soma = Motion((SKELETON.rest + np.array([0, 1, 0]) + sway).astype(np.float32), 30.0, SKELETON)
    giant = Motion(soma.joints * 1.5, 30.0, SKELETON)
    slow = Motion(soma.joints[::2], 15.0, SKELETON)
    model = small_model()
    plain, large, halved = model.encode_motion([soma, giant, slow])
    np.testing.assert_array_equal(plain, model.encode_motion([soma], as_is=True)[0])
    np.testing.assert_allclose(large, model.encode_motion([retarget(giant)], as_is=True)[0], atol=1e-5)
    assert np.abs(large - model.encode_motion([giant], as_is=True)[0]).max() > 0.01
    np.testing.assert_allclose(halved, plain, atol=0.05)


def test_encoding_leaves_a_training_model_in_training() -> None:
    model = small_model().train()
    first = model.encode_motion([made_up(9)], as_is=True)
    assert model.training
    np.testing.assert_array_equal(first, model.encode_motion([made_up(9)], as_is=True))


def test_gradients_reach_both_encoders() -> None:
    model = small_model(patch_frames=4).train()
    mask = torch.arange(10) < torch.tensor([10, 3])[:, None]
    motion = model.motion_posterior(torch.randn(2, 10, 186), mask)
    text = model.text_posterior(torch.randn(2, 10, 384), mask)
    assert motion.log_variance is not None
    assert text.log_variance is not None
    (motion.mean.sum() + motion.log_variance.sum() + text.mean.sum() + text.log_variance.square().sum()).backward()
    assert all(parameter.grad is not None for parameter in model.parameters())


def test_bfloat16_keeps_the_ranking() -> None:
    model = small_model(latent_dim=64)
    motions = [made_up(20 + n, n) for n in range(20)]
    exact, short = (
        model.encode_motion(motions, as_is=True),
        model.encode_motion(motions, precision="bfloat16", as_is=True),
    )
    assert (exact * short).sum(axis=1).min() > 0.999
    assert short.dtype == np.float32
    queries = exact + np.random.default_rng(0).normal(0, 1e-3, exact.shape)
    np.testing.assert_array_equal((queries @ exact.T).argmax(axis=1), (queries @ short.T).argmax(axis=1))


def test_texts_come_back_in_their_order() -> None:
    model = small_model()
    model.text_backbone = LettersBackbone()
    texts = ["walks", "", "a person jumps over a very long fence", "runs"]
    together = model.encode_text(texts, batch_size=2)
    np.testing.assert_allclose(together, np.concatenate([model.encode_text([text]) for text in texts]), atol=1e-5)
    np.testing.assert_allclose(np.linalg.norm(together, axis=1), 1, atol=1e-6)


@pytest.mark.usefixtures("unchecked")
def test_arguments_of_another_kind_are_refused() -> None:
    model = small_model()
    with pytest.raises(ModelError, match="float32, bfloat16 and auto"):
        model.encode_motion([made_up(5)], precision="int8", as_is=True)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="text 1 is a int"):
        model.encode_text(["walks", 3])  # type: ignore[list-item]
    with pytest.raises(ModelError, match=r"write \[motion\]"):
        model.encode_motion(made_up(5), as_is=True)  # type: ignore[arg-type]
    with pytest.raises(ModelError, match="got a str; read a file with read_motion"):
        model.encode_motion(["walk.bvh"])  # type: ignore[list-item]
    with pytest.raises(ModelError, match=r"write \[text\]"):
        model.encode_text("a person walks")


def test_a_motion_of_absurd_size_is_named() -> None:
    motion = Motion(
        np.full((5, 30, 3), 3e38, dtype=np.float32) * np.float32([[[1]], [[-1]], [[1]], [[-1]], [[1]]]),
        30.0,
        SKELETON,
        name="huge.npz",
    )
    with pytest.raises(ModelError, match=r"huge\.npz.*no finite embedding"):
        small_model().encode_motion([made_up(5), motion], as_is=True)


def test_unknown_features_are_refused() -> None:
    with pytest.raises(ModelError, match="no feature set 'hml263'; there are soma30_186"):
        TMR(ModelConfig(features="hml263"))


@pytest.mark.parametrize("half", [False, True])
def test_save_and_load(tmp_path: Path, half: bool) -> None:
    model, motions = small_model(), [made_up(9), made_up(50)]
    save_model(model, tmp_path / "new" / "model", half=half)
    loaded = load_model(tmp_path / "new" / "model", device="cpu")
    assert loaded.config == model.config
    assert not loaded.training
    assert loaded.mean.dtype == torch.float32
    assert next(loaded.parameters()).dtype == torch.float32
    torch.testing.assert_close(loaded.std, model.std, rtol=0, atol=0)
    np.testing.assert_allclose(
        loaded.encode_motion(motions, as_is=True), model.encode_motion(motions, as_is=True), atol=5e-3 if half else 1e-6
    )
    assert (loaded.checkpoint_hash == model.checkpoint_hash) is not half
    assert sorted(path.name for path in (tmp_path / "new" / "model").iterdir()) == ["config.json", "model.safetensors"]


def test_half_is_half_the_size(tmp_path: Path) -> None:
    model = small_model()
    model.save_pretrained(tmp_path / "whole")
    model.save_pretrained(tmp_path / "half", half=True)
    whole, half = ((tmp_path / name / "model.safetensors").stat().st_size for name in ("whole", "half"))
    assert half < 0.6 * whole
    assert TMR.from_pretrained(tmp_path / "half", device="cpu").config == model.config


def test_hash_tells_weights_and_configuration_apart() -> None:
    first, same = small_model(), small_model()
    assert first.checkpoint_hash == same.checkpoint_hash
    assert len(first.checkpoint_hash) == 64
    with torch.no_grad():
        same.motion_encoder.tokens[0, 0] += 1
    assert first.checkpoint_hash != same.checkpoint_hash
    assert small_model(dropout=0.2).checkpoint_hash != first.checkpoint_hash


def test_pushing_writes_both_files_to_the_hub(monkeypatch: pytest.MonkeyPatch) -> None:
    import huggingface_hub

    sent: dict[str, Any] = {}

    class StandIn:
        def __init__(self, token: str | None) -> None:
            sent["token"] = token

        def create_repo(self, name: str, *, private: bool, exist_ok: bool) -> str:
            sent["private"] = private
            return f"https://huggingface.co/{name}"

        def upload_folder(self, *, repo_id: str, folder_path: str, commit_message: str) -> None:
            sent["hash"] = load_model(folder_path, device="cpu").checkpoint_hash

    monkeypatch.setattr(huggingface_hub, "HfApi", StandIn)
    model = small_model()
    assert model.push_to_hub("me/tmr", private=True, token="t") == "https://huggingface.co/me/tmr"
    assert sent == {"token": "t", "private": True, "hash": model.checkpoint_hash}


@pytest.mark.parametrize("fault", ["no folder", "empty", "no weights", "cut", "other shape", "left over", "device"])
def test_broken_checkpoints_say_what_is_wrong(tmp_path: Path, fault: str, monkeypatch: pytest.MonkeyPatch) -> None:
    folder, device = tmp_path / "model", "cpu"
    save_model(small_model(), folder)
    weights = folder / "model.safetensors"
    if fault == "no folder":
        folder, message = tmp_path / "none", "no checkpoint folder"
    elif fault == "empty":
        (folder / "config.json").unlink()
        weights.unlink()
        message = "is no checkpoint"
    elif fault == "no weights":
        weights.unlink()
        message = "not complete"
    elif fault == "cut":
        weights.write_bytes(weights.read_bytes()[:5000])
        message = "cannot be read"
    elif fault == "other shape":
        (folder / "config.json").write_text(small_model(feed_forward=32).config.to_json())
        message = "do not fit their configuration"
    elif fault == "left over":
        (folder / "config.json").write_text(small_model(text_layers=1).config.to_json())
        message = "do not fit their configuration"
    else:
        device, message = "cuda:99", "cannot compute on device 'cuda:99'"
    with pytest.raises(ModelError, match=message):
        load_model(folder, device=device)


def test_a_file_is_no_checkpoint(tmp_path: Path) -> None:
    (tmp_path / "model.bin").write_bytes(b"")
    with pytest.raises(ModelError, match="is a file; expected the folder"):
        load_model(tmp_path / "model.bin")


def test_without_a_model_in_the_package_it_says_so(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    import tmr.model.checkpoint as checkpoint

    monkeypatch.setattr(checkpoint, "MODELS_FOLDER", tmp_path)
    with pytest.raises(ModelError, match="no model comes with this copy"):
        load_model()
    save_model(small_model(), tmp_path / "default")
    assert load_model(device="cpu").config == small_model().config


def test_a_full_disk_leaves_the_old_checkpoint(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import tmr.model.checkpoint as checkpoint

    save_model(small_model(), tmp_path)
    before = load_model(tmp_path, device="cpu").checkpoint_hash

    def full(*args: Any, **settings: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(checkpoint, "save_file", full)
    with pytest.raises(ModelError, match="No space left"):
        save_model(small_model(dropout=0.2), tmp_path)
    assert load_model(tmp_path, device="cpu").checkpoint_hash == before
    assert len(list(tmp_path.iterdir())) == 2


def test_motion_side_needs_no_language_model(monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(config: ModelConfig, **_: object) -> None:
        raise ModelError("no language model here")

    monkeypatch.setattr(module, "load_backbone", fail)
    model = small_model()
    assert model.encode_motion([made_up(5)], as_is=True).shape == (1, 32)
    with pytest.raises(ModelError, match="no language model here"):
        model.encode_text(["walks"])


def test_motions_may_come_from_a_generator() -> None:
    model, motions = small_model(), [made_up(5), made_up(9)]
    np.testing.assert_array_equal(model.encode_motion(m for m in motions), model.encode_motion(motions))


def test_a_model_that_has_read_sentences_is_copied_and_pickled() -> None:
    model = load_model()
    expected = model.encode_text(["a person walks"])
    for twin in (copy.deepcopy(model), pickle.loads(pickle.dumps(model))):
        np.testing.assert_array_equal(twin.encode_text(["a person walks"]), expected)
