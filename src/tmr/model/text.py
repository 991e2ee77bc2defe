"""Text backbones: sentences cleaned and turned into vectors; BACKBONES maps a name to what makes them."""

import re
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal, Protocol, get_args, runtime_checkable

import numpy as np
from jaxtyping import Float

from tmr.errors import ModelError
from tmr.model.numpy_transformer import Layers, NumpyLayers
from tmr.model.text_reading import Reads, as_read

if TYPE_CHECKING:
    import torch

    from tmr.model.config import ModelConfig

TextSide = Literal["compact", "full"]
COMPACT = "text_compact.safetensors"

_MAY_END_A_TEXT = ".!?\"])'"


@runtime_checkable
class TextBackbone(Protocol):
    """A frozen language model: sentences in, one or more vectors a sentence out."""

    width: int
    """Numbers of a vector."""

    def tokens(self, texts: Sequence[str]) -> list[Float[np.ndarray, "token width"]]:
        """Return the vectors of each text, at least one; the texts are cleaned first, with `clean_text`."""
        ...


def clean_text(text: str) -> str:
    """Return a sentence as captions are written: single spaces, a capital letter at the start, a full stop at the end.

    Marks before the first letter or digit go, marks that cannot end a sentence go from its end, all letters but the
    first of a sentence become small, and one space follows each `.`, `!` and `?`. A text without any letter or digit
    is empty.

    Source:
        What Kimodo does to a text before its language model sees it, from its description and examples.
    """
    # The shell hands over bytes that are not UTF-8 as lone surrogates, which no tokenizer takes.
    text = text.encode("utf-8", "replace").decode("utf-8")
    text = " ".join(text.split())
    first = next((place for place, letter in enumerate(text) if letter.isalnum()), None)
    if first is None:
        return ""
    text = text[first:].lower()
    last = max(place for place, letter in enumerate(text) if letter.isalnum() or letter in _MAY_END_A_TEXT)
    text = text[: last + 1]
    if text[-1] not in ".!?":
        text += "."
    text = re.sub(r"\s*([.!?])\s*", r"\1 ", text).strip()
    return re.sub(r"(?:^|(?<=[.!?] ))\S", lambda start: start.group().capitalize(), text)


def check_texts(texts: Iterable[str]) -> list[str]:
    """Return the texts as a list.

    Raises:
        ModelError: If this is one string, or a member is not a string.
    """
    if isinstance(texts, str):
        raise ModelError(f"expected a list of texts, got the single text {texts[:60]!r}; write [text]")
    texts = list(texts)
    for place, text in enumerate(texts):
        if not isinstance(text, str):
            raise ModelError(f"text {place} is a {type(text).__name__}; expected a string")
    return texts


def wants_compact(folder: Path, text: TextSide | None) -> bool:
    """Return whether sentences go through the compact tower of a checkpoint.

    Args:
        folder: The checkpoint.
        text: Which text side is asked for; None is the compact one where there is one.

    Raises:
        ModelError: If there is no such text side.
    """
    if text not in (None, *get_args(TextSide)):
        raise ModelError(f"no text side {text!r}; there are {' and '.join(get_args(TextSide))}")
    return text == "compact" or (text is None and (folder / COMPACT).is_file())


def _minilm(config: "ModelConfig", compute: type[Layers], device: "torch.device | None") -> TextBackbone:
    from tmr.model.minilm import MiniLM

    return MiniLM(max_tokens=config.max_text_tokens, compute=compute)


def _llm2vec(config: "ModelConfig", compute: type[Layers], device: "torch.device | None") -> TextBackbone:
    # Its layers are those of transformers, whatever computes ours.
    from tmr.model.llm2vec import LLM2Vec

    return LLM2Vec(device=device, max_tokens=config.max_text_tokens)


# Each imports what it needs when it is called: a MiniLM query must not wait for transformers.
BACKBONES: dict[str, Callable[["ModelConfig", type[Layers], "torch.device | None"], TextBackbone]] = {
    "minilm": _minilm,
    "llm2vec": _llm2vec,
}


class AsRead:
    """A backbone that is told sentences as a model reads them.

    Args:
        backbone: What makes the vectors.
        reads: The configuration of the model.
    """

    def __init__(self, backbone: TextBackbone, reads: Reads) -> None:
        self.width = backbone.width
        self._backbone, self._reads = backbone, reads

    def tokens(self, texts: Sequence[str]) -> list[Float[np.ndarray, "_token width"]]:
        """Return the vectors of each text, at least one."""
        return self._backbone.tokens([as_read(text, self._reads) for text in check_texts(texts)])


def load_backbone(
    config: "ModelConfig", compute: type[Layers] = NumpyLayers, *, device: "torch.device | None" = None
) -> TextBackbone:
    """Return the backbone that a configuration names, told sentences as it says that they are read.

    Args:
        config: The configuration of the model.
        compute: What computes MiniLM's layers.
        device: Where a large language model computes; None is the first GPU that does, or the processor.

    Raises:
        ModelError: If its weights are not to be had, or its vectors have another width than configured.
    """
    backbone = BACKBONES[config.text_backbone](config, compute, device)
    if backbone.width != config.text_width:
        raise ModelError(
            f"text backbone {config.text_backbone!r} makes vectors of {backbone.width} numbers; "
            f"this model takes {config.text_width}"
        )
    return AsRead(backbone, config)
