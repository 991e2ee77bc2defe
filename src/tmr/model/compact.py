"""CompactText: the text side of a model in one small file, distilled from the full one: a query in a millisecond."""

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int8
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tmr.errors import ModelError
from tmr.files import replacing
from tmr.model.batch import unit
from tmr.model.compact_words import WordPiece
from tmr.model.config import TEXT_ORDERS
from tmr.model.known_words import read_known_words, unknown_words
from tmr.model.numpy_encoder import EncoderShape, NumpySequenceEncoder
from tmr.model.text import COMPACT, check_texts, clean_text
from tmr.model.text_reading import as_read

_ENCODER = "encoder."
_LARGEST_INT8 = 127


@dataclass(frozen=True)
class CompactConfig:
    """The architecture of a compact text tower.

    Args:
        word_width: Numbers that the table has of a piece of a word.
        width: Width of the transformer and of the embedding.
        layers: Transformer layers.
        heads: Attention heads; must divide `width`.
        feed_forward: Width of the hidden layer of a transformer layer.
        activation: `gelu` or `relu`.
        max_tokens: Longest text in pieces of words; what is beyond is cut off.
        text_order: As in `ModelConfig`.
        learnt_words: As in `ModelConfig`.

    Raises:
        ModelError: If a value is out of range.
    """

    word_width: int = 128
    width: int = 256
    layers: int = 3
    heads: int = 4
    feed_forward: int = 1024
    activation: str = "relu"
    max_tokens: int = 126
    text_order: str = "told"
    learnt_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if isinstance(value, int) and not 1 <= value <= 1 << 16:
                raise ModelError(f"compact text tower: {field.name} is {value!r}; expected such as {field.default!r}")
        if self.width % (2 * self.heads) or self.activation not in ("gelu", "relu"):
            raise ModelError(
                f"compact text tower: width {self.width}, {self.heads} heads, activation {self.activation!r}; "
                "expected a width that twice the heads divide, and gelu or relu"
            )
        if self.text_order not in TEXT_ORDERS:
            raise ModelError(
                f"compact text tower: text_order is {self.text_order!r}; expected one of {', '.join(TEXT_ORDERS)}"
            )

    @property
    def shape(self) -> EncoderShape:
        """What its sequence encoder is built of."""
        return EncoderShape(
            input_width=self.word_width,
            width=self.width,
            layers=self.layers,
            heads=self.heads,
            feed_forward=self.feed_forward,
            activation=self.activation,
            max_tokens=self.max_tokens,
        )


@dataclass(frozen=True, eq=False)
class CompactWeights:
    """What a compact tower has learnt, as it is stored.

    Args:
        config: The architecture.
        vocabulary: The pieces of words, a row of the table each.
        table: The vector of each piece, as whole numbers from -127 to 127.
        scales: What each row of the table is multiplied by.
        encoder: The weights of the sequence encoder by name, float32.
    """

    config: CompactConfig
    vocabulary: tuple[str, ...]
    table: Int8[np.ndarray, "word word_width"]
    scales: Float[np.ndarray, " word"]
    encoder: dict[str, np.ndarray]


class CompactText:
    """Embeddings of sentences without a language model, near to those of the text side that it was distilled from.

    Args:
        weights: What it has learnt.
        checkpoint_hash: Of the model whose space the embeddings are in.

    Attributes:
        known_words: As in `TMR`.

    Raises:
        ModelError: If the weights do not fit their configuration.
    """

    def __init__(self, weights: CompactWeights, checkpoint_hash: str) -> None:
        config = weights.config
        self.weights, self.checkpoint_hash = weights, checkpoint_hash
        self.known_words: frozenset[str] = frozenset()
        self._words = WordPiece(weights.vocabulary)
        self._encoder = NumpySequenceEncoder(config.shape, weights.encoder, named=(_ENCODER, "it is not whole"))

    def as_read(self, text: str) -> str:
        """Return a sentence as the tower reads it: in the order of what is done, in words that it has learnt."""
        return as_read(text, self.weights.config)

    def unknown_words(self, text: str) -> list[str]:
        """Return the words of a sentence that the model does not know, see `tmr.model.known_words`."""
        return unknown_words(self.as_read(text), self.known_words)

    def tokens(self, texts: Sequence[str]) -> list[Float[np.ndarray, "_token word_width"]]:
        """Return the table's vectors of each text, at least one; the texts are cleaned first, as for any text side."""
        vectors, config = [], self.weights.config
        for text in check_texts(texts):
            rows = self._words.ids(clean_text(as_read(text, config)), config.max_tokens)
            vectors.append(self.weights.table[rows] * self.weights.scales[rows, None])
        return vectors

    def encode_text(self, texts: Sequence[str], *, batch_size: int = 64) -> Float[np.ndarray, "text width"]:
        """Return the embeddings of sentences, float32 of length 1, in the order of the sentences.

        Raises:
            ModelError: If this is not a sequence of strings.
        """
        return unit(self._encoder.means(self.tokens(texts), batch_size=batch_size))


def quantise(
    table: Float[np.ndarray, "word width"],
) -> tuple[Int8[np.ndarray, "word width"], Float[np.ndarray, " word"]]:
    """Return each row as whole numbers from -127 to 127, and what to multiply them by, rounded to float16."""
    largest = np.abs(table).max(axis=1, initial=0.0)
    # Rounded up, so that no number grows beyond 127; a row of zeros has a scale like any other.
    scales = np.nextafter((largest / _LARGEST_INT8).astype(np.float16), np.float16(np.inf)).astype(np.float32)
    return np.rint(table / scales[:, None]).astype(np.int8), scales


def read_compact(folder: Path) -> CompactText:
    """Return the compact tower of a checkpoint.

    Raises:
        ModelError: If there is none, or it cannot be read.
    """
    path = folder / COMPACT
    if not path.is_file():
        raise ModelError(
            f"{folder} has no {COMPACT}: this model has its full text side only; ask for that, or distil a compact one"
        )
    try:
        with safe_open(path, framework="numpy") as file:
            metadata = file.metadata() or {}
            arrays = {name: file.get_tensor(name) for name in file.keys()}  # noqa: SIM118 (the file is no dict)
        weights = _weights(_config(json.loads(metadata["config"])), arrays)
        compact = CompactText(weights, metadata["model"])
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, ModelError) as error:
        raise ModelError(f"{path} cannot be read: {error}; fetch it again, or distil it anew") from error
    compact.known_words = read_known_words(folder)
    return compact


def _config(values: Mapping[str, object]) -> CompactConfig:
    """Return a configuration as a file gives it."""
    kinds = {field.name: type(field.default) for field in dataclasses.fields(CompactConfig)}
    values = {name: tuple(value) if isinstance(value, list) else value for name, value in values.items()}
    for name, value in values.items():
        if type(value) is not kinds.get(name):
            raise ModelError(
                f"the configuration has {name} = {value!r}; expected {', '.join(kinds)}, numbers and a word"
            )
    return CompactConfig(**values)  # pyright: ignore[reportArgumentType] (the types are checked above)


def _weights(config: CompactConfig, arrays: dict[str, np.ndarray]) -> CompactWeights:
    """Return what the arrays of a file hold."""
    vocabulary = tuple(arrays.pop("vocabulary").tobytes().decode().split("\n"))
    table, scales = arrays.pop("table"), arrays.pop("scales")
    expected = (len(vocabulary), config.word_width)
    if table.shape != expected or scales.shape != expected[:1] or table.dtype != np.int8:
        raise ModelError(
            f"the table of words is {table.dtype} {table.shape} with scales {scales.shape}; expected int8 {expected}, "
            "a row and a scale for each piece of the vocabulary"
        )
    encoder = {name.removeprefix(_ENCODER): array.astype(np.float32) for name, array in arrays.items()}
    return CompactWeights(config, vocabulary, table, scales.astype(np.float32), encoder)


def write_compact(folder: Path, weights: CompactWeights, checkpoint_hash: str) -> Path:
    """Write a compact tower beside its model, whole or not at all, and return the file.

    Args:
        folder: The model's.
        weights: What to write; the encoder's are rounded to float16.
        checkpoint_hash: Of the model in the folder.

    Raises:
        ModelError: If it cannot be written.
    """
    stored: Mapping[str, np.ndarray] = {
        "vocabulary": np.frombuffer("\n".join(weights.vocabulary).encode(), dtype=np.uint8),
        "table": weights.table,
        "scales": weights.scales.astype(np.float16),
        **{_ENCODER + name: np.ascontiguousarray(array, np.float16) for name, array in weights.encoder.items()},
    }
    metadata = {"config": json.dumps(dataclasses.asdict(weights.config)), "model": checkpoint_hash}
    try:
        with replacing(folder / COMPACT) as path:
            save_file(dict(stored), path, metadata=metadata)
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{folder / COMPACT} cannot be written: {error}") from error
    return folder / COMPACT


def remove_compact_of_another(folder: Path, checkpoint_hash: str) -> None:
    """Remove the compact tower of a folder if it was distilled from another model than the one that is there now.

    Raises:
        ModelError: If it cannot be removed.
    """
    path = folder / COMPACT
    if not path.is_file():
        return
    try:
        with safe_open(path, framework="numpy") as file:
            of = (file.metadata() or {}).get("model")
    except (OSError, SafetensorError):
        of = None  # what cannot be read answers for no model
    if of == checkpoint_hash:
        return
    try:
        path.unlink()
    except OSError as error:
        raise ModelError(f"{path} is of another model and cannot be removed: {error}") from error
