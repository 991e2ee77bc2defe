"""From what is asked (a sentence, a motion, a file, an embedding) to unit vectors, with the model that fits."""

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from tmr.errors import IndexFolderError, TMRError
from tmr.motion.motion import Motion
from tmr.search.reading import ReadingOptions, read_retargeted
from tmr.search.storage.segment import WIDTH
from tmr.search.windows import cut_windows, window_bounds

MOST_CHARACTERS = 4000
# Queries embedded at a time, which bounds the memory: a ten-hour motion has thousands of windows.
_BLOCK = 256

# An array is an embedding of shape (256,); whether it is one is checked with words that say what came.
Query = str | Motion | Path | np.ndarray


@runtime_checkable
class TextEncoder(Protocol):
    """What answers typed queries: `tmr.model.query.load_text_encoder` gives one."""

    @property
    def checkpoint_hash(self) -> str:
        """Digest of the checkpoint."""
        ...

    def encode_text(self, texts: list[str], /) -> Float[np.ndarray, "query width"]:
        """Return unit vectors of sentences."""
        ...


@runtime_checkable
class MotionEncoder(Protocol):
    """What turns motions into embeddings: `tmr.model.tmr.load_model` gives one."""

    @property
    def checkpoint_hash(self) -> str:
        """Digest of the checkpoint."""
        ...

    def encode_motion(self, motions: list[Motion], /) -> Float[np.ndarray, "item width"]:
        """Return unit vectors of retargeted motions."""
        ...


ModelChoice = str | Path | TextEncoder | MotionEncoder | None


class Encoders:
    """The two sides of a model, each loaded when it is first needed: a sentence never waits for PyTorch.

    Args:
        model: A model's name or folder, None for the one in the package, or an object that encodes.
    """

    def __init__(self, model: ModelChoice = None) -> None:
        self._model = model
        self._text: TextEncoder | None = model if isinstance(model, TextEncoder) else None
        self._motion: MotionEncoder | None = model if isinstance(model, MotionEncoder) else None

    @property
    def name(self) -> str | None:
        """The model as a manifest names it: a folder by its full path, so that it is found from anywhere."""
        if self._model is None:
            return None
        if isinstance(self._model, str | Path):
            return str(Path(self._model).resolve()) if os.path.isdir(self._model) else str(self._model)
        return type(self._model).__name__

    def text(self) -> TextEncoder:
        """Return the text side.

        Raises:
            ModelError: If it cannot be loaded.
            TMRError: If the given object encodes no text.
        """
        if self._text is None:
            from tmr.model.query import load_text_encoder

            self._text = load_text_encoder(self._name_or_folder("text"))
        return self._text

    def motion(self) -> MotionEncoder:
        """Return the motion side.

        Raises:
            ModelError: If it cannot be loaded.
            TMRError: If the given object encodes no motion.
        """
        if self._motion is None:
            from tmr.model.checkpoint import find_checkpoint

            # A mistyped name is told before PyTorch is imported.
            folder = find_checkpoint(self._name_or_folder("motion"))
            from tmr.model.tmr import load_model

            self._motion = load_model(folder)
        return self._motion

    def _name_or_folder(self, side: str) -> str | Path | None:
        if self._model is None or isinstance(self._model, str | Path):
            return self._model
        raise TMRError(
            f"the given {type(self._model).__name__} has no encode_{side}(); give a model that has both sides"
        )


def check_same_model(index_folder: Path, made_by: tuple[str | None, str], asked: tuple[str | None, str]) -> None:
    """Refuse a query of another model than the one that made the index.

    Args:
        index_folder: For the message.
        made_by: Name and checkpoint hash of the index's model.
        asked: Name and checkpoint hash of the query's model.

    Raises:
        IndexFolderError: If the hashes differ.
    """
    if made_by[1] != asked[1]:
        raise IndexFolderError(
            f"index {str(index_folder)!r} was made by model {_described(*made_by)}, "
            f"this is model {_described(*asked)}; their embeddings cannot be compared: "
            "give the index's model with --model, or embed everything again with: tmr index --new-model"
        )


def _described(name: str | None, checkpoint_hash: str) -> str:
    return f"{name or 'of the package'} ({checkpoint_hash[:12]})"


def check_text(text: str) -> str:
    """Return a typed query without the spaces around it.

    Raises:
        TMRError: If it is empty, far too long, or not valid Unicode.
    """
    stripped = text.strip()
    if not stripped:
        raise TMRError("the query is empty; expected a sentence such as: a person waves with the left hand")
    if len(stripped) > MOST_CHARACTERS:
        raise TMRError(
            f"the query has {len(stripped):,} characters, expected at most {MOST_CHARACTERS:,}; describe one motion"
        )
    try:
        stripped.encode("utf-8")
    except UnicodeEncodeError as error:
        raise TMRError(f"the query has a character that is not valid Unicode at place {error.start + 1}") from error
    return stripped


def check_vector(vector: np.ndarray) -> Float[np.ndarray, "1 256"]:
    """Return a given embedding at unit length.

    Raises:
        TMRError: If it is not 256 finite numbers, or all are zero.
    """
    if vector.shape != (WIDTH,):
        raise TMRError(f"the query embedding has shape {vector.shape}; expected ({WIDTH},)")
    if not np.issubdtype(vector.dtype, np.floating) or not np.isfinite(vector).all():
        raise TMRError("the query embedding is not made of finite floating point numbers")
    length = float(np.linalg.norm(vector.astype(np.float64)))
    if length == 0:
        raise TMRError("the query embedding is all zeros; it points nowhere")
    return (vector.astype(np.float64) / length).astype(np.float32)[None]


Prepared = str | list[Motion] | np.ndarray


def prepare_queries(
    queries: Sequence[Query], *, options: ReadingOptions, window_seconds: float, hop_seconds: float
) -> list[Prepared]:
    """Check queries and read motion files, before any model is loaded.

    Returns:
        For each query a sentence, the windows of a retargeted motion, or a unit vector (1, 256).

    Raises:
        TMRError: If a query cannot be used.
    """
    prepared: list[Prepared] = []
    for query in queries:
        if isinstance(query, str):
            prepared.append(check_text(query))
        elif isinstance(query, np.ndarray):
            prepared.append(check_vector(query))
        elif isinstance(query, Motion | Path):
            motion = read_retargeted(query, options)
            bounds = window_bounds(motion.seconds, motion.fps, window_seconds=window_seconds, hop_seconds=hop_seconds)
            prepared.append(cut_windows(motion, bounds))
        else:
            raise TMRError(
                f"cannot search for a {type(query).__name__}; expected a text, a Motion, a Path or an array of {WIDTH}"
            )
    return prepared


def embed_queries(
    prepared: Sequence[Prepared], text_encoder: Callable[[], TextEncoder], motion_encoder: Callable[[], MotionEncoder]
) -> list[Float[np.ndarray, "window 256"]]:
    """Return the vectors of each query: one, or one a window for motions longer than a window.

    Sentences go through the text encoder together, motions through the motion encoder together; a side that no query
    needs is not loaded.
    """
    texts = [query for query in prepared if isinstance(query, str)]
    windows = [window for query in prepared if isinstance(query, list) for window in query]
    text_vectors = _in_blocks(text_encoder().encode_text, texts) if texts else iter(())
    motion_vectors = _in_blocks(motion_encoder().encode_motion, windows) if windows else iter(())
    results = []
    for query in prepared:
        if isinstance(query, str):
            results.append(check_vector(next(text_vectors)))
        elif isinstance(query, list):
            results.append(np.concatenate([check_vector(next(motion_vectors)) for _ in query]))
        else:
            results.append(query)
    return results


def _in_blocks(encode: Callable[[list], np.ndarray], queries: list) -> Iterator[np.ndarray]:
    for begin in range(0, len(queries), _BLOCK):
        yield from encode(queries[begin : begin + _BLOCK])
