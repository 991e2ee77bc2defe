"""The text side alone: a typed query is embedded without importing PyTorch, or with it where there are many."""

from collections.abc import Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from tmr.model.batch import unit
from tmr.model.card import tell_licence
from tmr.model.checkpoint import find_checkpoint, hash_checkpoint, is_ours, read_config, read_weights
from tmr.model.config import ModelConfig
from tmr.model.known_words import read_known_words, unknown_words
from tmr.model.memory import CaptionMemory, read_memory
from tmr.model.numpy_encoder import EncoderShape, NumpySequenceEncoder
from tmr.model.numpy_transformer import Layers, NumpyLayers
from tmr.model.text import TextBackbone, TextSide, check_texts, load_backbone, wants_compact
from tmr.model.text_reading import as_read


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
        compute: What computes the layers, the language model's too.

    Attributes:
        memory: As in `TMR`.
        known_words: As in `TMR`.

    Raises:
        ModelError: If weights are missing or of another shape, or the language model cannot be loaded.
    """

    def __init__(
        self, config: ModelConfig, weights: dict[str, np.ndarray], compute: type[Layers] = NumpyLayers
    ) -> None:
        self.config = config
        self.memory: CaptionMemory | None = None
        self.known_words: frozenset[str] = frozenset()
        self.checkpoint_hash = hash_checkpoint(config, weights)
        tower = {
            name.removeprefix("text_encoder."): array
            for name, array in weights.items()
            if name.startswith("text_encoder.")
        }
        shape = EncoderShape(
            input_width=config.text_width,
            width=config.latent_dim,
            layers=config.text_layers,
            heads=config.heads,
            feed_forward=config.feed_forward,
            activation=config.activation,
            max_tokens=config.max_text_tokens,
            vae=config.vae,
        )
        files = "config.json and model.safetensors are not of one model"
        self._encoder = NumpySequenceEncoder(shape, tower, named=("text_encoder.", files), compute=compute)
        self._backbone: TextBackbone = load_backbone(config, compute)

    def as_read(self, text: str) -> str:
        """Return a sentence as the model reads it: in the order of what is done, in words that it has learnt."""
        return as_read(text, self.config)

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of a sentence that the model does not know, see `tmr.model.known_words`."""
        return unknown_words(self.as_read(text), self.known_words)

    def encode_text(self, texts: Sequence[str], *, batch_size: int = 64) -> Float[np.ndarray, "text width"]:
        """Return the embeddings of sentences, float32 of length 1, in the order of the sentences."""
        texts = check_texts(texts)
        vectors = self._backbone.tokens(texts)
        embeddings = unit(self._encoder.means(vectors, batch_size=batch_size))
        return embeddings if self.memory is None else self.memory.recall(texts, vectors, embeddings)


def load_text_encoder(
    name_or_folder: str | Path | None = None, *, text: TextSide | None = None, many: bool = False
) -> TextEncoder:
    """Return what embeds sentences for a model: in NumPy where that can be done, else the whole model.

    Args:
        name_or_folder: As for `load_model`.
        text: As for `load_model`.
        many: Whether there will be many sentences: importing PyTorch takes seconds, and then each takes a half to a
            third of the time (`tmr.model.torch_layers`, docs/serve.md). A compact text side needs none.

    Raises:
        ModelError: As `load_model` does.
    """
    folder = find_checkpoint(name_or_folder)
    tell_licence(folder, name_or_folder)
    if wants_compact(folder, text):
        from tmr.model.compact import read_compact

        # Nothing else of the model is read: the file tells whose space it is in.
        return read_compact(folder)
    if is_ours(folder):
        config = read_config(folder)
        if config.text_backbone == "minilm":
            encoder = NumpyTextEncoder(config, read_weights(folder), _layers(many))
            encoder.memory = read_memory(folder, encoder.checkpoint_hash)
            encoder.known_words = read_known_words(folder)
            return encoder
    from tmr.model.tmr import load_model

    return load_model(name_or_folder, text="full")


def _layers(many: bool) -> type[Layers]:
    if not many:
        return NumpyLayers
    from tmr.model.torch_layers import TorchLayers

    return TorchLayers
