"""Read checkpoints laid out like Kimodo's TMR: config.yaml, two encoders, statistics."""

import pickle
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import yaml

from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.motion.features import FEATURES

_LAYOUT = "config.yaml, motion_encoder.pt and text_encoder.pt (or .safetensors), stats/motion"

# Names of the published weights, as parts of ours.
_RENAMED = (
    ("seqTransEncoder.layers.", "layers."),
    ("self_attn.in_proj_weight", "qkv.weight"),
    ("self_attn.in_proj_bias", "qkv.bias"),
    ("self_attn.out_proj.", "out."),
)
# Names of Kimodo's settings and of ours; the ones it leaves out have the same defaults, but for the number of layers.
_SETTINGS = {
    "latent_dim": "latent_dim",
    "ff_size": "feed_forward",
    "num_heads": "heads",
    "dropout": "dropout",
    "activation": "activation",
    "vae": "vae",
}
_NUM_LAYERS = 4
# The language model of every published checkpoint; its folder has only the width of its vectors.
_TEXT_BACKBONE = "llm2vec"
_MAX_TEXT_TOKENS = 512


def read_kimodo(folder: Path) -> tuple[ModelConfig, dict[str, np.ndarray]]:
    """Return configuration and weights, under our names, of a checkpoint in Kimodo's layout.

    The files may also stand in subfolders, as in a repository of the hub. `config.yaml` is read as plain data: nothing
    that it names is imported or called.

    Raises:
        ModelError: If a file is missing, cannot be read, or is for another skeleton than SOMA-30.
    """
    config_path = _find(folder, "config.yaml")
    if config_path is None:
        raise ModelError(f"{folder} is no checkpoint: it has neither config.json with model.safetensors, nor {_LAYOUT}")
    settings = _read_yaml(config_path)
    weights: dict[str, np.ndarray] = {}
    for encoder in ("motion_encoder", "text_encoder"):
        path = _find(folder, f"{encoder}.safetensors") or _find(folder, f"{encoder}.pt")
        if path is None:
            raise ModelError(f"{folder} has no {encoder}.safetensors or {encoder}.pt; expected {_LAYOUT}")
        for name, array in _read_encoder(path).items():
            for theirs, ours in _RENAMED:
                name = name.replace(theirs, ours)
            weights[f"{encoder}.{name}"] = array
    for statistic in ("mean", "std"):
        weights[statistic] = np.concatenate(
            [_read_statistic(folder, part, statistic) for part in ("global_root", "body")]
        )
    return _config(settings, config_path, weights), weights


def _config(settings: Mapping[str, Any], path: Path, weights: Mapping[str, np.ndarray]) -> ModelConfig:
    """Return our configuration for Kimodo's settings, checked against the widths of the weights."""
    features = FEATURES["soma30_186"]
    if weights["mean"].shape != (features.width,) or weights["std"].shape != (features.width,):
        raise ModelError(
            f"{path.parent} has statistics of {len(weights['mean'])} features; this package computes "
            f"the {features.width} of SOMA-30, so only checkpoints of that skeleton can be used"
        )
    motion, llm_shape = settings.get("motion_rep"), settings.get("llm_shape")
    if not isinstance(llm_shape, list) or not llm_shape:
        raise ModelError(f"{path} has llm_shape {llm_shape!r}; expected a list such as [1, 4096]")
    values: dict[str, Any] = {
        "features": features.name,
        "text_backbone": _TEXT_BACKBONE,
        "text_width": llm_shape[-1],
        "max_text_tokens": _MAX_TEXT_TOKENS,
        "motion_layers": settings.get("num_layers", _NUM_LAYERS),
        "text_layers": settings.get("num_layers", _NUM_LAYERS),
    }
    values |= {ours: settings[theirs] for theirs, ours in _SETTINGS.items() if theirs in settings}
    if isinstance(motion, dict) and "fps" in motion:
        values["fps"] = motion["fps"]
    return ModelConfig.from_values(values, where=str(path))


def _find(folder: Path, name: str) -> Path | None:
    """Return the file of that name that is nearest to the top of a folder, None if there is none."""
    found = sorted(folder.rglob(name), key=lambda path: (len(path.parts), path))
    return found[0] if found else None


def _read_yaml(path: Path) -> dict[str, Any]:
    try:
        settings = yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError, RecursionError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if not isinstance(settings, dict):
        raise ModelError(f"{path} holds a {type(settings).__name__}; expected names and values")
    return settings


def _read_encoder(path: Path) -> dict[str, np.ndarray]:
    """Return the arrays of one encoder, float32, without running anything that the file holds."""
    import torch
    from safetensors import SafetensorError
    from safetensors.torch import load_file

    try:
        if path.suffix == ".safetensors":
            state = load_file(path)
        else:
            with warnings.catch_warnings():
                # Another pickle protocol is no fault: what cannot be read raises.
                warnings.filterwarnings("ignore", message="Detected pickle protocol")
                state = torch.load(path, map_location="cpu", weights_only=True)
    except (OSError, SafetensorError, RuntimeError, EOFError, ValueError, KeyError, pickle.UnpicklingError) as error:
        reason = str(error).strip().splitlines()
        raise ModelError(
            f"{path} cannot be read as weights: {reason[0] if reason else type(error).__name__}"
        ) from error
    if isinstance(state, dict) and isinstance(state.get("state_dict"), dict):
        state = state["state_dict"]
    if not isinstance(state, dict) or not all(isinstance(tensor, torch.Tensor) for tensor in state.values()):
        raise ModelError(f"{path} does not hold weights by name")
    return {name: tensor.float().numpy() for name, tensor in state.items()}


def _read_statistic(folder: Path, part: str, statistic: str) -> np.ndarray:
    """Return `mean` or `std` of one part of the features, float32."""
    found = [path for path in folder.rglob(f"{statistic}.npy") if path.parent.name == part]
    if not found:
        raise ModelError(f"{folder} has no stats/motion/{part}/{statistic}.npy; expected {_LAYOUT}")
    path = min(found, key=lambda path: (len(path.parts), path))
    try:
        array = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    if array.ndim != 1 or array.dtype.kind != "f":
        raise ModelError(f"{path} holds {array.dtype} of shape {array.shape}; expected one row of numbers")
    return array.astype(np.float32)
