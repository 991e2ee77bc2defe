"""CaptionMemory: the captions that a model learnt from, for sentences in words that its text encoder did not learn."""

import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float, Int
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save_file

from tmr.errors import ModelError
from tmr.files import replacing
from tmr.model.batch import unit

MEMORY = "caption_memory.safetensors"
WEIGHT, SHARPNESS = 0.5, 0.05
"""How much is added to an embedding, and the temperature of the nearness of captions."""

# A number of thousands of digits is none that Python reads, nor one that anybody means.
_NUMBERS = dict(one=1, two=2, three=3, four=4, five=5, six=6, seven=7, eight=8, nine=9, ten=10, eleven=11, twelve=12)
_TIMES = re.compile(rf"\b(?:(once)|(twice)|(thrice)|({'|'.join(_NUMBERS)}|\d{{1,9}}) times?)\b")
_MOST_TIMES = 127
_ORDER = re.compile(r"\b(?:then|before|after|afterwards|followed by)\b")
_TOGETHER = re.compile(r"\bwhile\b")


def composition_of(text: str) -> int:
    """Return what a sentence tells that makes several motions of one: how often, in what order, what at once.

    Returns:
        The number of times, 127 at most, 0 where none is told; plus 128 if it tells an order, plus 256 if two things
        are at once.
    """
    text = text.lower()
    number = 0
    if found := _TIMES.search(text.replace("at once", "")):
        once, twice, _, word = found.groups()
        number = 1 if once else 2 if twice else 3 if word is None else _NUMBERS.get(word) or min(int(word), _MOST_TIMES)
    return number + 128 * bool(_ORDER.search(text)) + 256 * bool(_TOGETHER.search(text))


class CaptionMemory:
    """Turns the embedding of a sentence towards the motions whose captions its language model calls like it.

    A small text encoder that learnt from some thousand captions takes "an embrace" for anything; the language model
    below it, which has read a billion pairs of sentences, knows that it is near "gives somebody a hug". So to the
    encoder's embedding, of length 1, is added `WEIGHT` times the mean of the embeddings of the motions that were
    learnt from, each caption's share being softmax(cosine / `SHARPNESS`) of mean word vectors.

    Word vectors hardly tell "twice" from "three times", and what is composed of several motions was not kept, so that
    near captions would draw both to one motion: the shares of captions of another `composition_of` are lost.

    Args:
        captions: The mean of the word vectors of each caption, of length 1.
        motions: Embeddings of motions.
        of: Which motion each caption is said of.
        composition: `composition_of` each caption; None in a memory that was written before there was any, where no
            share is lost.

    Raises:
        ModelError: If the arrays are not of one memory.

    Source:
        Khandelwal et al.: Generalization through Memorization: Nearest Neighbor Language Models, ICLR 2020, for the
        mixture of a model with its neighbours.
    """

    def __init__(
        self,
        captions: Float[np.ndarray, "caption word_width"],
        motions: Float[np.ndarray, "motion width"],
        of: Int[np.ndarray, " caption"],
        composition: Int[np.ndarray, " _caption"] | None = None,
    ) -> None:
        if composition is not None and composition.shape != of.shape:
            raise ModelError(
                f"a caption memory of {of.shape} places and {composition.shape} compositions; expected one each"
            )
        if captions.ndim != 2 or motions.ndim != 2 or of.shape != captions.shape[:1] or not len(of):
            raise ModelError(
                f"a caption memory of {captions.shape} captions, {motions.shape} motions and {of.shape} places; "
                "expected as many places as captions, one at least"
            )
        if of.min() < 0 or of.max() >= len(motions):
            raise ModelError(f"a caption memory names motion {of.max()}; it has {len(motions)}, counted from 0")
        self.captions, self.motions, self.of = captions.astype(np.float32), motions.astype(np.float32), of
        self.composition = composition

    def recall(
        self,
        texts: Sequence[str],
        words: Sequence[Float[np.ndarray, "_token word_width"]],
        embeddings: Float[np.ndarray, "text width"],
    ) -> Float[np.ndarray, "text width"]:
        """Return the embeddings of texts with what is remembered added, of length 1.

        Args:
            texts: Any number.
            words: The word vectors of each.
            embeddings: Of each text, by the text encoder, of length 1.
        """
        if not len(embeddings):
            return embeddings
        nearness = mean_words(words) @ self.captions.T / SHARPNESS
        shares = np.exp(nearness - nearness.max(axis=1, keepdims=True))
        shares /= shares.sum(axis=1, keepdims=True)
        if self.composition is not None:
            shares *= self.composition == np.array([composition_of(text) for text in texts])[:, None]
        # A motion has several captions: their shares are summed first, which is a tenth of the work.
        of_motions = np.stack([np.bincount(self.of, share, len(self.motions)) for share in shares]).astype(np.float32)
        return unit(embeddings + WEIGHT * (of_motions @ self.motions))


def mean_words(words: Sequence[Float[np.ndarray, "_token word_width"]]) -> Float[np.ndarray, "text word_width"]:
    """Return the mean of the word vectors of each text, of length 1."""
    return unit(np.stack([vectors.mean(axis=0, dtype=np.float32) for vectors in words]))


def read_memory(folder: Path, checkpoint_hash: str) -> CaptionMemory | None:
    """Return the caption memory beside a model, or None if there is none.

    Args:
        folder: The model's.
        checkpoint_hash: Of the model in the folder.

    Raises:
        ModelError: If it cannot be read, or is of another model.
    """
    path = folder / MEMORY
    if not path.is_file():
        return None
    try:
        with safe_open(path, framework="numpy") as file:
            of_model = (file.metadata() or {}).get("model", "")
            captions, motions, of = (file.get_tensor(name) for name in ("captions", "motions", "of"))
            composition = file.get_tensor("composition") if "composition" in file.keys() else None  # noqa: SIM118
        memory = CaptionMemory(captions, motions, of, composition)
    except (OSError, SafetensorError, KeyError, TypeError, ValueError, ModelError) as error:
        raise ModelError(f"{path} cannot be read: {error}; fetch it again, or remove it") from error
    if of_model != checkpoint_hash:
        raise ModelError(
            f"{path} is of another model ({of_model[:12]}) than the one beside it ({checkpoint_hash[:12]}); fetch both "
            "again, or remove it"
        )
    return memory


def write_memory(folder: Path, memory: CaptionMemory | None, checkpoint_hash: str) -> None:
    """Write a caption memory beside its model, whole or not at all; None removes what is there.

    Args:
        folder: The model's.
        memory: What to write, rounded to float16.
        checkpoint_hash: Of the model in the folder.

    Raises:
        ModelError: If it cannot be written or removed.
    """
    path = folder / MEMORY
    try:
        if memory is None:
            path.unlink(missing_ok=True)
            return
        stored = {
            "captions": memory.captions.astype(np.float16),
            "motions": memory.motions.astype(np.float16),
            "of": memory.of.astype(np.int32),
        }
        if memory.composition is not None:
            stored["composition"] = memory.composition.astype(np.int16)
        with replacing(path) as new:
            save_file(stored, new, metadata={"model": checkpoint_hash})
    except (OSError, SafetensorError) as error:
        raise ModelError(f"{path} cannot be written or removed: {error}") from error
