"""Checkpoints: a folder with config.json and model.safetensors, read and written without PyTorch."""

import hashlib
from collections.abc import Mapping
from pathlib import Path

import numpy as np
from safetensors import SafetensorError
from safetensors.numpy import load_file, save_file

from tmr.errors import ModelError
from tmr.files import replacing
from tmr.model.config import ModelConfig
from tmr.model.hub import download, is_hub_id
from tmr.model.known_words import KNOWN_WORDS

CONFIG, WEIGHTS = "config.json", "model.safetensors"
RUN_MODEL = "model"
"""Where a training run keeps its model."""
# What makes a checkpoint whole in the hub's cache: ours, or Kimodo's in either format.
_WHOLE = (
    (CONFIG, WEIGHTS),
    *(
        (
            "config.yaml",
            *(f"{encoder}.{suffix}" for encoder in ("motion_encoder", "text_encoder")),
            *(f"{part}/{statistic}.npy" for part in ("global_root", "body") for statistic in ("mean", "std")),
        )
        for suffix in ("pt", "safetensors")
    ),
)
MODELS_FOLDER = Path(__file__).parents[1] / "models"
"""Holds the models of the package, a folder each; its name is the model's."""
DEFAULT = "default"
"""The model that is meant where none is named."""


def models_of_package() -> list[str]:
    """Return the names of the models that come with this copy of the package, the default one first."""
    names = sorted(path.parent.name for path in MODELS_FOLDER.glob(f"*/{CONFIG}"))
    return sorted(names, key=lambda name: name != DEFAULT)


def folder_in_package(name_or_folder: str | Path | None) -> Path | None:
    """Return the folder of a model of the package by its name, or of the default one for None; None if it is none."""
    name = DEFAULT if name_or_folder is None else name_or_folder
    return MODELS_FOLDER / name if isinstance(name, str) and name in models_of_package() else None


def find_checkpoint(name_or_folder: str | Path | None) -> Path:
    """Return the folder of a checkpoint.

    Args:
        name_or_folder: The name of a model of the package (`default`, `open`), a folder, the folder of a run of
            `tmr train`, a repository of the hub (`owner/name`), or None for `default`. A folder that is called like a
            model of the package is meant by `./open`, or as a Path.

    Raises:
        ModelError: If there is no such folder or repository.
    """
    packaged = folder_in_package(name_or_folder)
    if packaged is not None:
        return packaged
    if name_or_folder is None:
        raise ModelError(
            "no model comes with this copy of the package; give a folder or a name of the hub, or train one"
        )
    folder = Path(name_or_folder)
    if folder.is_dir():
        # A run of `tmr train`, whose model is in a folder of its own.
        return folder / RUN_MODEL if is_ours(folder / RUN_MODEL) and not is_ours(folder) else folder
    if folder.exists():
        raise ModelError(f"{folder} is a file; expected the folder of a checkpoint")
    if isinstance(name_or_folder, str) and is_hub_id(name_or_folder):
        return download(
            name_or_folder,
            files=["config.*", KNOWN_WORDS, "README.md", "*.safetensors", "*.pt", "*.npy"],
            enough=_WHOLE,
        )
    raise ModelError(
        f"no checkpoint folder {str(name_or_folder)!r}, and that is no name of the hub, which are owner/name, nor of "
        f"the package, which has {', '.join(models_of_package()) or 'no model'}"
    )


def is_ours(folder: Path) -> bool:
    """Return whether a folder is laid out as this package writes checkpoints."""
    return (folder / CONFIG).is_file()


def read_config(folder: Path) -> ModelConfig:
    """Return the configuration of a checkpoint of ours.

    Raises:
        ModelError: If it cannot be read or is not valid.
    """
    path = folder / CONFIG
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise ModelError(f"{path} cannot be read: {error}") from error
    return ModelConfig.from_json(text, where=str(path))


def read_weights(folder: Path) -> dict[str, np.ndarray]:
    """Return the arrays of a checkpoint of ours, float32 whatever they were stored as.

    Raises:
        ModelError: If the file cannot be read.
    """
    path = folder / WEIGHTS
    try:
        stored = load_file(path)
    except FileNotFoundError as error:
        raise ModelError(f"{folder} has {CONFIG} but no {WEIGHTS}; the checkpoint is not complete") from error
    except (OSError, SafetensorError, KeyError, TypeError) as error:
        raise ModelError(f"{path} cannot be read: {error}; fetch or write it again") from error
    return {name: array.astype(np.float32, copy=False) for name, array in stored.items()}


def write_checkpoint(
    folder: Path, config: ModelConfig, weights: Mapping[str, np.ndarray], *, half: bool = False
) -> None:
    """Write a checkpoint; a run that is killed leaves each file whole, old or new.

    Args:
        folder: Where to; made if missing.
        config: The configuration.
        weights: Arrays by name, float32.
        half: Store the weights in float16, half the size; the normalisation stays float32. Loading turns all to
            float32.

    Raises:
        ModelError: If the folder cannot be written.
    """
    stored = {
        name: np.ascontiguousarray(array, dtype=np.float16 if half and "." in name else np.float32)
        for name, array in weights.items()
    }
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with replacing(folder / WEIGHTS) as path:
            save_file(stored, path, metadata={"format": "pt"})
        with replacing(folder / CONFIG) as path:
            path.write_text(config.to_json(), encoding="utf-8")
    except (OSError, SafetensorError) as error:
        raise ModelError(f"the checkpoint cannot be written to {folder}: {error}") from error


def hash_checkpoint(config: ModelConfig, weights: Mapping[str, np.ndarray]) -> str:
    """Return 64 hexadecimal digits that tell models apart: SHA-256 of configuration and float32 weights.

    It does not depend on how the weights are stored, only on what they are.
    """
    digest = hashlib.sha256(config.to_json().encode())
    for name in sorted(weights):
        array = np.ascontiguousarray(weights[name], dtype="<f4")
        digest.update(f"{name} {array.shape}\n".encode())
        digest.update(array.data)
    return digest.hexdigest()
