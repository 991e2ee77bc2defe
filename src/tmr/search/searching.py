"""Searching: what an opened index answers; nothing here changes it."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from jaxtyping import Float

from tmr.errors import TMRError
from tmr.model.text import TextSide, check_texts
from tmr.search.answering import Answering, Wanted
from tmr.search.columns import Field, measured_values
from tmr.search.content import Content, Where
from tmr.search.folding import Folding
from tmr.search.item import Hit, Item, Value
from tmr.search.library import settings_of
from tmr.search.query import (
    Encoders,
    MotionEncoder,
    Preparation,
    Query,
    TextEncoder,
    Wording,
    check_same_model,
    check_text,
    embed_queries,
)
from tmr.search.reading import ReadingOptions
from tmr.search.report import Report
from tmr.search.skipped import Skipped, load_skipped
from tmr.search.spread import Spread, spread
from tmr.search.windows import WindowSettings


class Searching:
    """An opened index, for reading. `Index` is one that can be changed too."""

    def __init__(
        self, folder: Path, encoders: Encoders | None = None, text: TextSide | None = None, *, many: bool = False
    ) -> None:
        self.folder = folder
        self.report = Report()
        self._text_side, self._many = text, many
        self._content = Content(folder)
        self._encoders = Encoders(self.model_name, text, many=many) if encoders is None else encoders

    def search(
        self,
        query: Query,
        k: int = 10,
        *,
        offset: int = 0,
        where: Where = None,
        all_windows: bool = False,
        moments: int = 1,
        fold: bool | Folding = False,
        options: ReadingOptions | None = None,
    ) -> list[Hit]:
        """Return the items most similar to a query, best first.

        Args:
            query: A sentence, a motion, a motion file as a `Path`, an item as `Like`, an embedding, or a `Mix` of such.
            k: How many hits, if the index has so many.
            offset: How many of the best to leave out: the second page of ten begins at 10. Ranks count on.
            where: Which items may be hits, as text (`parse_filter`) or a `Filter`; the k best of these are found.
            all_windows: Every window of a long take is a hit of its own.
            moments: How many parts of one long take may be hits of their own; 1 finds a take by its best part.
            fold: Near duplicates and mirror images of a better hit stand in its `folded`; a `Folding` says what counts.
            options: What is known of a query file that does not say it itself.

        Returns:
            Hits; equal similarities stand in the order of their items' names.

        Raises:
            IndexFolderError: If the index was made by another model, or is broken.
            TMRError: If the query, the filter or a number cannot be used.
        """
        return self.search_many(
            [query],
            k,
            offset=offset,
            where=where,
            all_windows=all_windows,
            moments=moments,
            fold=fold,
            options=options,
        )[0]

    def search_many(
        self,
        queries: Sequence[Query],
        k: int = 10,
        *,
        offset: int = 0,
        where: Where = None,
        all_windows: bool = False,
        moments: int = 1,
        fold: bool | Folding = False,
        options: ReadingOptions | None = None,
    ) -> list[list[Hit]]:
        """Answer several queries in one pass over the embeddings; see `search`."""
        if isinstance(queries, str):
            raise TMRError(f"expected a list of queries, got the single text {queries[:60]!r}; write [text]")
        folding = Folding() if fold is True else fold or None
        wanted = Wanted(k, offset, all_windows, moments, folding)
        content = self._content
        passing = content.passing(where)
        vectors = self.query_vectors(queries, options=options)
        return Answering(content.segments, passing, content.root, content.metadata).hits(vectors, wanted)

    def query_vectors(
        self, queries: Sequence[Query], *, options: ReadingOptions | None = None
    ) -> list[Float[np.ndarray, "_window 256"]]:
        """Return the unit vectors of queries, embedded together: one a query, or one a window of a long motion.

        Raises:
            IndexFolderError: As `search` does.
            TMRError: If a query cannot be used.
        """
        preparation = Preparation(options or ReadingOptions(), self.settings.longest_only, self.embedding)
        prepared = [preparation.prepare(query) for query in queries]
        return embed_queries(prepared, self._text_encoder, self._motion_encoder)

    def read_otherwise(self, query: Query) -> dict[str, str]:
        """Return the sentences of a query that the model reads in other words than they are told in, and how.

        Raises:
            ModelError: If the model cannot be loaded.
            TMRError: If a sentence cannot be used.
        """
        return self.wording(query).read_as

    def wording(self, query: Query) -> Wording:
        """Return what is to be told of a query's sentences: read in other words, not English, or in words not known.

        Raises:
            ModelError: If the model cannot be loaded.
            TMRError: If a sentence cannot be used.
        """
        return self._encoders.wording(query)

    def spread(self, query: Query) -> Spread:
        """Return how the similarities of all items to a query are distributed, whatever a filter lets through.

        Raises:
            TMRError: If the query cannot be used.
        """
        return spread(self._content.segments, self.query_vectors([query])[0])

    def count(self, where: Where = None) -> int:
        """Return how many items pass a filter; all without one.

        Raises:
            TMRError: If the filter cannot be used.
        """
        return self._content.count(where)

    def items_where(self, where: Where = None) -> list[Item]:
        """Return the items that pass a filter, in the order of their names.

        Raises:
            TMRError: If the filter cannot be used.
        """
        return self._content.items_where(where)

    def fields(self) -> list[Field]:
        """Return what a filter may name, with the range or the most frequent values of each field."""
        return self._content.columns.summary()

    def describe(self, item: str) -> dict[str, Value]:
        """Return all that is known of an item, by field: what was measured and what the metadata says.

        Raises:
            IndexFolderError: If the index has no such item.
        """
        return {**measured_values(self._content.item(item)), **self._content.metadata.get(item, {})}

    def embedding(
        self, item: str, start_seconds: float = 0.0, end_seconds: float | None = None
    ) -> Float[np.ndarray, " 256"]:
        """Return the unit vector of an item's window, to search for more of its kind.

        Args:
            item: The item's name.
            start_seconds: Of a long take's longest windows the one that begins nearest to this is taken.
            end_seconds: With this, of all its windows the one that begins and ends nearest to both.

        Raises:
            IndexFolderError: If the index has no such item.
            TMRError: If the start is outside the item, or the end is not after it.
        """
        self._content.check_part(item, start_seconds, end_seconds)
        return self._content.embedding(item, start_seconds, end_seconds)

    def embed_texts(self, texts: Sequence[str]) -> Float[np.ndarray, "text 256"]:
        """Return the unit vectors of sentences, to search with them later.

        Raises:
            IndexFolderError: If the index was made by another model.
            ModelError: If the model cannot be loaded, or these are not strings.
            TMRError: If a sentence cannot be used.
        """
        return self._text_encoder().encode_text([check_text(text) for text in check_texts(texts)])

    @property
    def content(self) -> Content:
        """What the index holds, for what is made of all of it."""
        return self._content

    @property
    def items(self) -> list[Item]:
        """All items in the order of their names."""
        return self._content.items

    @property
    def skipped(self) -> list[Skipped]:
        """The files that could not be taken, with their reasons, in the order of their names."""
        return sorted(load_skipped(self.folder).values(), key=lambda row: row.item)

    @property
    def root(self) -> Path | None:
        """The folder of motion files; None if there is none."""
        return self._content.root

    @property
    def settings(self) -> WindowSettings:
        """How long takes are cut."""
        return settings_of(self._content.manifest)

    @property
    def checkpoint_hash(self) -> str:
        """Digest of the checkpoint that made the index."""
        return self._content.manifest.checkpoint_hash

    @property
    def model_name(self) -> str | None:
        """Name or folder of the model that made the index; None for the one in the package."""
        return self._content.manifest.model

    def verify(self) -> None:
        """Compare every file of the index with the digest it was written with.

        Raises:
            IndexFolderError: If one differs.
        """
        self._content.verify()

    def close(self) -> None:
        """Let go of the files, so that Windows can delete them; the index has no items afterwards."""
        self._content.close()

    def __len__(self) -> int:
        return len(self._content)

    def _motion_encoder(self) -> MotionEncoder:
        encoder = self._encoders.motion()
        self._check_hash(encoder.checkpoint_hash)
        return encoder

    def _text_encoder(self) -> TextEncoder:
        encoder = self._encoders.text()
        self._check_hash(encoder.checkpoint_hash)
        return encoder

    def _check_hash(self, checkpoint_hash: str) -> None:
        made_by = (self.model_name, self.checkpoint_hash)
        check_same_model(self.folder, self.root, made_by, self._encoders, checkpoint_hash)
