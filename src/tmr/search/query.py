"""From what is asked (a sentence, a motion, a file, an item, an embedding, a mix) to unit vectors."""

import os
import unicodedata
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Float

from tmr.errors import IndexFolderError, ModelError, TMRError
from tmr.model.checkpoint import DEFAULT, find_checkpoint, folder_in_package
from tmr.model.hub import is_hub_id
from tmr.model.text import TextSide
from tmr.motion.motion import Motion
from tmr.search.mix import Like, Mix, Part, mixed
from tmr.search.reading import ReadingOptions, read_retargeted
from tmr.search.storage.place import DEFAULT_NAME
from tmr.search.storage.segment import WIDTH
from tmr.search.typed import as_typed
from tmr.search.windows import WindowSettings, cut_windows

MOST_CHARACTERS = 4000
NO_ENGLISH = "no English word, and the model knows no others: hits mean little"
"""What is told of such a sentence, on the command line, over HTTP and on the page."""

NOT_KNOWN = "in no caption that the model learnt from: hits for it are guesses"
"""What is told of such a word, in the same places."""

# Queries embedded at a time, which bounds the memory: a ten-hour motion has thousands of windows.
_BLOCK = 256

Query = Part | Mix


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


@runtime_checkable
class ReadsOtherwise(Protocol):
    """A text side that may read a sentence in other words than it is told in."""

    def as_read(self, text: str, /) -> str:
        """Return a sentence as it is read."""
        ...


@runtime_checkable
class KnowsWords(Protocol):
    """A text side that can say which words it does not know."""

    def unknown_words(self, text: str, /) -> list[str]:
        """Return the words of a sentence that no caption had which was learnt from."""
        ...


@dataclass(frozen=True)
class Wording:
    """What is to be told of a query's sentences.

    Args:
        read_as: Those that the model reads in other words than they are told in, and how.
        not_english: Those without an English word.
        unknown_words: Of the others, those with words that the model does not know, and these words.
    """

    read_as: dict[str, str]
    not_english: list[str]
    unknown_words: dict[str, list[str]]


ModelChoice = str | Path | TextEncoder | MotionEncoder | None


class Encoders:
    """The two sides of a model, each loaded when it is first needed: a single sentence never waits for PyTorch.

    Args:
        model: A model's name or folder, None for the one in the package, or an object that encodes.
        text: Which of a model's text sides sentences go through, as for `load_model`.
        many: Whether there will be many sentences, as for `load_text_encoder`.
    """

    def __init__(self, model: ModelChoice = None, text: TextSide | None = None, *, many: bool = False) -> None:
        self._model, self._many = model, many
        self._text_side: TextSide | None = text
        self._text: TextEncoder | None = model if isinstance(model, TextEncoder) else None
        self._motion: MotionEncoder | None = model if isinstance(model, MotionEncoder) else None

    @property
    def name(self) -> str | None:
        """The model as a manifest names it: a folder by its full path, so that it is found from anywhere.

        The model of the package that is meant where none is named has no name.
        """
        if self._model is None or self._model == DEFAULT:
            return None
        if isinstance(self._model, str | Path):
            if folder_in_package(self._model) is not None:
                return str(self._model)
            return str(Path(self._model).resolve()) if os.path.isdir(self._model) else str(self._model)
        return type(self._model).__name__

    @property
    def is_object(self) -> bool:
        """Whether the model was given as an object, which has no name on the command line."""
        return self._model is not None and not isinstance(self._model, str | Path)

    def text(self) -> TextEncoder:
        """Return the text side.

        Raises:
            ModelError: If it cannot be loaded.
            TMRError: If the given object encodes no text.
        """
        if self._text is None:
            from tmr.model.query import load_text_encoder

            self._text = load_text_encoder(self._name_or_folder("text"), text=self._text_side, many=self._many)
        return self._text

    def wording(self, query: "Query") -> "Wording":
        """Return what is to be told of a query's sentences.

        Raises:
            ModelError: If the text side cannot be loaded.
            TMRError: If a sentence cannot be used, or the given object encodes no text.
        """
        texts = sentences(query)
        encoder = self.text() if texts else None
        read_as = (
            {text: read for text in texts if (read := encoder.as_read(text)) != text}
            if isinstance(encoder, ReadsOtherwise)
            else {}
        )
        foreign = not_english(texts)
        unknown = (
            {text: words for text in texts if text not in foreign and (words := encoder.unknown_words(text))}
            if isinstance(encoder, KnowsWords)
            else {}
        )
        return Wording(read_as, foreign, unknown)

    def motion(self) -> MotionEncoder:
        """Return the motion side.

        Raises:
            ModelError: If it cannot be loaded.
            TMRError: If the given object encodes no motion.
        """
        if self._motion is None:
            # A mistyped name is told before PyTorch is imported.
            find_checkpoint(self._name_or_folder("motion"))
            from tmr.model.tmr import load_model

            self._motion = load_model(self._name_or_folder("motion"), text="full")
        return self._motion

    def _name_or_folder(self, side: str) -> str | Path | None:
        if self._model is None or isinstance(self._model, str | Path):
            return self._model
        raise TMRError(
            f"the given {type(self._model).__name__} has no encode_{side}(); give a model that has both sides"
        )


def check_same_model(
    index_folder: Path, root: Path | None, made_by: tuple[str | None, str], encoders: Encoders, checkpoint_hash: str
) -> None:
    """Refuse a query of another model than the one that made the index.

    Args:
        index_folder: For the message.
        root: The folder of motion files, for the message; None if there is none.
        made_by: Name and checkpoint hash of the index's model.
        encoders: The query's model.
        checkpoint_hash: Its hash.

    Raises:
        IndexFolderError: If the hashes differ.
    """
    if made_by[1] == checkpoint_hash:
        return
    keep = ""
    # Of one name they are two versions of it: the one that made the index is not to be had by that name.
    if encoders.name != made_by[0] and _can_be_named(made_by[0]):
        keep = f"ask with the index's own ({as_typed('--model', made_by[0] or DEFAULT)}), or "
    raise IndexFolderError(
        f"index {str(index_folder)!r} was made by model {_described(*made_by)}, "
        f"this is model {_described(encoders.name, checkpoint_hash)}; their embeddings cannot be compared: "
        f"{keep}embed everything again with: {_index_again(index_folder, root, encoders)}"
    )


def _can_be_named(model: str | None) -> bool:
    """Return whether a manifest's name of a model may find it: of one that was an object it has the type's."""
    if folder_in_package(model) is not None:
        return True
    return model is not None and (os.path.isdir(model) or is_hub_id(model))


def _index_again(folder: Path, root: Path | None, encoders: Encoders) -> str:
    """Return what embeds an index's folder again with other encoders, as it can be typed."""
    source = "FOLDER" if root is None else str(root)
    if encoders.is_object:
        return f"Index.build({source!r}, {str(folder)!r}, model, new_model=True)"
    # The index that `tmr index` makes without -o lies in the folder, which is then told as it was typed.
    lies_in = root is not None and folder.name == DEFAULT_NAME and folder.parent.resolve() == root.resolve()
    place = [str(folder.parent)] if lies_in else [source, "-o", str(folder)]
    return as_typed("tmr", "index", *place, "--model", encoders.name or DEFAULT, "--new-model")


def _described(name: str | None, checkpoint_hash: str) -> str:
    return f"{name or DEFAULT} ({checkpoint_hash[:12]})"


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


def sentences(query: Query) -> list[str]:
    """Return the sentences of a query.

    Raises:
        TMRError: If one cannot be used.
    """
    parts = [part for _, part in query.parts] if isinstance(query, Mix) else [query]
    return [check_text(part) for part in parts if isinstance(part, str)]


def not_english(texts: Sequence[str]) -> list[str]:
    """Return the sentences without a single Latin letter: numbers, emoji, other scripts.

    The models learnt English sentences, so hits for these say nothing. Words in Latin letters may be of no language
    and of English all the same: of those `Wording.unknown_words` tells which the model does not know.
    """
    return [text for text in texts if not any("LATIN" in unicodedata.name(letter, "") for letter in text)]


def check_vector(vector: np.ndarray) -> Float[np.ndarray, "1 256"]:
    """Return a given embedding at unit length.

    Raises:
        TMRError: If it is not 256 finite numbers, or all are zero.
    """
    if vector.shape != (WIDTH,):
        raise TMRError(f"the query embedding has shape {vector.shape}; expected ({WIDTH},)")
    if not np.issubdtype(vector.dtype, np.floating) or not np.isfinite(vector).all():
        raise TMRError("the query embedding is not made of finite floating point numbers")
    numbers = vector.astype(np.float64)
    largest = float(np.abs(numbers).max())
    if largest == 0:
        raise TMRError("the query embedding is all zeros; it points nowhere")
    # First to numbers of which the squares are neither too large nor too small.
    numbers /= largest
    return (numbers / np.linalg.norm(numbers)).astype(np.float32)[None]


# A sentence, the windows of a motion, or a unit vector (1, 256).
PreparedPart = str | list[Motion] | np.ndarray


@dataclass(frozen=True, eq=False)
class Prepared:
    """A query that was checked and read: its parts, and their weights if it is a mix."""

    parts: tuple[PreparedPart, ...]
    weights: tuple[float, ...] | None = None


@dataclass(frozen=True)
class Preparation:
    """What is needed to check and read queries.

    Args:
        options: What is known of a query file that does not say it itself.
        settings: How a motion that is longer than a window is cut; each piece gets a vector.
        item_vector: Gives the unit vector of an item's window; raises IndexFolderError if there is no such item, and
            TMRError if it has no such part.
    """

    options: ReadingOptions
    settings: WindowSettings
    item_vector: Callable[[str, float, float | None], Float[np.ndarray, " 256"]]

    def prepare(self, query: Query) -> Prepared:
        """Check a query and read its motion files, before any model is loaded.

        Raises:
            TMRError: If it cannot be used.
        """
        if isinstance(query, Mix):
            parts = tuple(self._prepare_part(part) for _, part in query.parts)
            return Prepared(parts, tuple(weight for weight, _ in query.parts))
        return Prepared((self._prepare_part(query),))

    def _prepare_part(self, part: Part) -> PreparedPart:
        if isinstance(part, str):
            return check_text(part)
        if isinstance(part, np.ndarray):
            return check_vector(part)
        if isinstance(part, Like):
            return check_vector(self.item_vector(part.item, part.start_seconds, part.end_seconds))
        if isinstance(part, Motion | Path):
            motion = read_retargeted(part, self.options)
            return cut_windows(motion, self.settings.bounds(motion.seconds, motion.fps))
        raise TMRError(
            f"cannot search for a {type(part).__name__}; expected a text, a Motion, a Path, a Like, a Mix or an array "
            f"of {WIDTH}"
        )


def embed_queries(
    prepared: Sequence[Prepared], text_encoder: Callable[[], TextEncoder], motion_encoder: Callable[[], MotionEncoder]
) -> list[Float[np.ndarray, "window 256"]]:
    """Return the vectors of each query: one, or one a window for motions longer than a window.

    Sentences go through the text encoder together, motions through the motion encoder together; a side that no query
    needs is not loaded.

    Raises:
        TMRError: If the model cannot embed a motion, or the parts of a mix cancel each other.
        ModelError: If a side of the model cannot be loaded, or its embedding of a sentence fails.
    """
    parts = [part for query in prepared for part in query.parts]
    texts = [part for part in parts if isinstance(part, str)]
    windows = [window for part in parts if isinstance(part, list) for window in part]
    text_vectors = _in_blocks(text_encoder().encode_text, texts) if texts else iter(())
    motion_vectors = _in_blocks(_embedding(motion_encoder()), windows) if windows else iter(())
    results = []
    for query in prepared:
        vectors = []
        for part in query.parts:
            if isinstance(part, str):
                vectors.append(check_vector(next(text_vectors)))
            elif isinstance(part, list):
                vectors.append(np.concatenate([check_vector(next(motion_vectors)) for _ in part]))
            else:
                vectors.append(part)
        results.append(vectors[0] if query.weights is None else mixed(query.weights, vectors))
    return results


def _embedding(encoder: MotionEncoder) -> Callable[[list[Motion]], np.ndarray]:
    """Return what embeds motions, and blames the query for one that the model refuses: the model itself is sound."""

    def embed(motions: list[Motion]) -> np.ndarray:
        try:
            return encoder.encode_motion(motions)
        except ModelError as error:
            raise TMRError(f"the model cannot embed this motion: {error}") from error

    return embed


def _in_blocks(encode: Callable[[list], np.ndarray], queries: list) -> Iterator[np.ndarray]:
    for begin in range(0, len(queries), _BLOCK):
        yield from encode(queries[begin : begin + _BLOCK])
