"""The text side alone, in NumPy: a typed query is embedded without importing PyTorch."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from tmr.errors import ModelError
from tmr.model.batch import batches_by_length, pad, unit
from tmr.model.checkpoint import find_checkpoint, hash_checkpoint, is_ours, read_config, read_weights
from tmr.model.config import ModelConfig
from tmr.model.numpy_transformer import LayerWeights, encoder_layer, linear
from tmr.model.positions import sinusoidal_positions
from tmr.model.text import TextBackbone, check_texts, load_backbone

_EPSILON = 1e-5  # of the layer normalisation, as in torch.nn.LayerNorm


@runtime_checkable
class TextEncoder(Protocol):
    """What a search needs of a model: `TMR` is one, and so is `NumpyTextEncoder`."""

    @property
    def checkpoint_hash(self) -> str:
        """What tells this model from others."""
        ...

    def encode_text(self, texts: Sequence[str]) -> Float[np.ndarray, "text width"]:
        """Return the embeddings of sentences, float32 of length 1."""
        ...


class NumpyTextEncoder:
    """The same embeddings as `TMR.encode_text` to 1e-5, and the same checkpoint hash.

    Args:
        config: The configuration of the model.
        weights: All its weights, as `read_weights` returns them; the hash is of all.

    Raises:
        ModelError: If weights are missing or of another shape, or the language model cannot be loaded.
    """

    def __init__(self, config: ModelConfig, weights: dict[str, np.ndarray]) -> None:
        self.config = config
        self.checkpoint_hash = hash_checkpoint(config, weights)
        tower = {
            name.removeprefix("text_encoder."): array
            for name, array in weights.items()
            if name.startswith("text_encoder.")
        }
        _check_shapes(tower, config)
        self._tokens = tower["tokens"]
        self._projection = tower["projection.weight"], tower["projection.bias"]
        self._layers = [_layer(tower, number) for number in range(config.text_layers)]
        self._positions = sinusoidal_positions(len(self._tokens) + config.max_text_tokens, config.latent_dim)
        self._backbone: TextBackbone = load_backbone(config)

    def encode_text(self, texts: Sequence[str], *, batch_size: int = 64) -> Float[np.ndarray, "text width"]:
        """Return the embeddings of sentences, float32 of length 1, in the order of the sentences."""
        texts = check_texts(texts)
        result = np.empty((len(texts), self.config.latent_dim), dtype=np.float32)
        vectors = self._backbone.tokens(texts)
        for group in batches_by_length([len(vector) for vector in vectors], batch_size):
            x, mask = pad([vectors[text] for text in group])
            weight, bias = self._projection
            first = np.broadcast_to(self._tokens, (len(group), *self._tokens.shape))
            x = np.concatenate([first, linear(x, weight, bias)], axis=1)
            x += self._positions[: x.shape[1]]
            mask = np.pad(mask, ((0, 0), (len(self._tokens), 0)), constant_values=True)
            for layer in self._layers:
                x = encoder_layer(
                    x, mask, layer, heads=self.config.heads, epsilon=_EPSILON, activation=self.config.activation
                )
            result[group] = x[:, 0]
        return unit(result)


def load_text_encoder(name_or_folder: str | Path | None = None) -> TextEncoder:
    """Return what embeds sentences for a model: in NumPy where that can be done, else the whole model.

    Args:
        name_or_folder: As for `load_model`.

    Raises:
        ModelError: As `load_model` does.
    """
    folder = find_checkpoint(name_or_folder)
    if is_ours(folder):
        config = read_config(folder)
        if config.text_backbone == "minilm":
            return NumpyTextEncoder(config, read_weights(folder))
    from tmr.model.tmr import load_model

    return load_model(folder)


def _layer(tower: dict[str, np.ndarray], number: int) -> LayerWeights:
    names = ("qkv", "out", "linear1", "linear2", "norm1", "norm2")
    return LayerWeights(
        **{f"{name}_{part}": tower[f"layers.{number}.{name}.{part}"] for name in names for part in ("weight", "bias")}
    )


def _check_shapes(tower: dict[str, np.ndarray], config: ModelConfig) -> None:
    """Check that the text tower has exactly the weights that the configuration asks for."""
    width, hidden = config.latent_dim, config.feed_forward
    expected: dict[str, tuple[int, ...]] = {
        "tokens": (2 if config.vae else 1, width),
        "projection.weight": (width, config.text_width),
        "projection.bias": (width,),
    }
    layer = {
        "qkv.weight": (3 * width, width),
        "qkv.bias": (3 * width,),
        "out.weight": (width, width),
        "out.bias": (width,),
        "linear1.weight": (hidden, width),
        "linear1.bias": (hidden,),
        "linear2.weight": (width, hidden),
        "linear2.bias": (width,),
    } | {f"norm{number}.{part}": (width,) for number in (1, 2) for part in ("weight", "bias")}
    for number in range(config.text_layers):
        expected |= {f"layers.{number}.{name}": shape for name, shape in layer.items()}
    found = {name: array.shape for name, array in tower.items()}
    if found != expected:
        name = sorted(set(found.items()) ^ set(expected.items()))[0][0]
        raise ModelError(
            f"text_encoder.{name} has shape {found.get(name)}, but the configuration asks for {expected.get(name)}; "
            "config.json and model.safetensors are not of one model"
        )
