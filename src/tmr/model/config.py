"""ModelConfig: what a model is built of, as a frozen dataclass that goes to JSON and back."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from tmr.errors import ModelError

TEXT_BACKBONES = ("minilm", "llm2vec")
TEXT_ORDERS = ("told", "done")


@dataclass(frozen=True)
class ModelConfig:
    """The architecture of a TMR; the weights and the normalisation stand beside it in the checkpoint.

    Args:
        features: Name of the feature set, a key of `tmr.motion.features.FEATURES`.
        fps: Frames per second of the motions that the encoder takes.
        max_frames: Longest window that is encoded at once; a longer motion is the mean of overlapping windows.
        patch_frames: Frames that make one token; 1 is frame by frame.
        latent_dim: Width of the transformers and of the embedding.
        feed_forward: Width of the hidden layer of a transformer layer.
        motion_layers: Transformer layers of the motion encoder.
        text_layers: Transformer layers of the text encoder.
        heads: Attention heads; must divide `latent_dim`.
        dropout: Share of activations dropped while training, 0 … 1.
        activation: `gelu` or `relu`.
        vae: Whether the encoders return a log-variance beside the mean.
        text_backbone: What makes vectors of words: `minilm` or `llm2vec`.
        text_width: Numbers of a vector of the backbone.
        max_text_tokens: Longest text in tokens of the backbone; what is beyond is cut off.
        text_order: Whether the backbone reads a sentence as it is told, or turned to the order in which things are
            `done` (`tmr.model.text_order`).
        learnt_words: The verbs that the captions of the training had; others are read as the nearest of these
            (`tmr.model.near_words`). Empty reads every word as it is told.

    Raises:
        ModelError: If a value is out of range.
    """

    features: str = "soma30_186"
    fps: float = 30.0
    max_frames: int = 300
    patch_frames: int = 1
    latent_dim: int = 256
    feed_forward: int = 1024
    motion_layers: int = 6
    text_layers: int = 6
    heads: int = 4
    dropout: float = 0.1
    activation: str = "gelu"
    vae: bool = True
    text_backbone: str = "minilm"
    text_width: int = 384
    max_text_tokens: int = 128
    text_order: str = "told"
    learnt_words: tuple[str, ...] = ()

    def __post_init__(self) -> None:
        for field in dataclasses.fields(self):
            value = getattr(self, field.name)
            if type(field.default) is int and value < 1:
                raise ModelError(f"model configuration: {field.name} is {value}; expected 1 or more")
        if not 0 <= self.dropout < 1:
            raise ModelError(f"model configuration: dropout is {self.dropout}; expected a share from 0 up to 1")
        if not 0 < self.fps < float("inf"):
            raise ModelError(f"model configuration: fps is {self.fps}; expected frames per second, over 0")
        if self.latent_dim % self.heads or self.latent_dim % 2:
            raise ModelError(
                f"model configuration: latent_dim is {self.latent_dim} with {self.heads} heads; "
                "expected an even number that the heads divide"
            )
        self._check_choice("activation", ("gelu", "relu"))
        self._check_choice("text_backbone", TEXT_BACKBONES)
        self._check_choice("text_order", TEXT_ORDERS)

    def _check_choice(self, name: str, choices: tuple[str, ...]) -> None:
        value = getattr(self, name)
        if value not in choices:
            raise ModelError(f"model configuration: {name} is {value!r}; expected one of {', '.join(choices)}")

    @property
    def max_motion_tokens(self) -> int:
        """Tokens of the longest window: frames divided by the frames of a patch, rounded up."""
        return -(-self.max_frames // self.patch_frames)

    def to_json(self) -> str:
        """Return the configuration as JSON text, one value a line, the same text for the same values."""
        values = dataclasses.asdict(self)
        # Models from before there were such words keep their text, and with it their hash.
        if not self.learnt_words:
            del values["learnt_words"]
        return json.dumps(values, indent=2) + "\n"

    @classmethod
    def from_json(cls, text: str, *, where: str = "config.json") -> "ModelConfig":
        """Return the configuration that a JSON text holds; what it leaves out has its default.

        Args:
            text: A JSON object with the names of this class.
            where: What to call the text in a message.

        Raises:
            ModelError: If the text is not such an object, has an unknown name or a bad value.
        """
        try:
            values = json.loads(text)
        except (json.JSONDecodeError, RecursionError) as error:
            raise ModelError(f"{where} is not JSON: {error}") from error
        if not isinstance(values, dict):
            raise ModelError(f"{where} holds a {type(values).__name__}; expected a JSON object")
        return cls.from_values(values, where=where)

    @classmethod
    def from_values(cls, values: Mapping[str, Any], *, where: str) -> "ModelConfig":
        """Return the configuration of values by name, as a file gives them; what is left out has its default.

        Args:
            values: The values, of any type.
            where: What to call their source in a message.

        Raises:
            ModelError: If a name is unknown, or a value has the wrong type or is out of range.
        """
        defaults = {field.name: field.default for field in dataclasses.fields(cls)}
        unknown = sorted(str(name) for name in set(values) - set(defaults))
        if unknown:
            raise ModelError(f"{where} has unknown names {', '.join(unknown)}; expected {', '.join(defaults)}")
        typed = {}
        for name, value in values.items():
            kind = type(defaults[name])
            if kind is float and type(value) is int:
                value = float(value)
            if kind is tuple and isinstance(value, list) and all(isinstance(word, str) for word in value):
                value = tuple(value)
            if type(value) is not kind:
                raise ModelError(f"{where}: {name} is {value!r}; expected {kind.__name__}, such as {defaults[name]!r}")
            typed[name] = value
        try:
            return cls(**typed)
        except ModelError as error:
            raise ModelError(f"{where}: {error}") from error
