"""Client: searches, downloads from and changes the indexes behind a service."""

import json
import os
import re
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import replace
from http.client import HTTPResponse
from pathlib import Path
from typing import Any, Literal
from urllib.parse import quote

from tmr.client.answers import (
    RemoteChange,
    RemoteHit,
    RemoteItem,
    RemoteMap,
    RemoteQuery,
    change_from,
    hits_from,
    id_of,
    item_from,
    map_from,
    query_json,
)
from tmr.client.connection import Connection, ServiceError, form, read_body
from tmr.errors import TMRError
from tmr.files import local_name, part_name, parts_below
from tmr.motion.motion import Motion

TIMEOUT_SECONDS = 60.0
_PAGE = 100
_MOST_TOGETHER = 32
_COPY_BYTES = 1 << 20

Format = Literal["original", "bvh", "npz"]


class Client:
    """Asks one service. It may be used from several threads.

    Args:
        address: Where the service is, as in `http://127.0.0.1:8000`.
        token: What the service asks for, if it does. Send it over https to other machines.
        index: Which of the service's indexes is meant; None for its first.
        timeout_seconds: How long to wait for the service to begin or go on with an answer.
        retries: How often to ask again, after the pause that it names, a service that has too much to do.

    Example:
        >>> client = Client("http://127.0.0.1:8000")                                        # doctest: +SKIP
        >>> for hit in client.search("a person waves", k=3, where="seconds < 5"):           # doctest: +SKIP
        ...     print(hit.rank, hit.similarity, hit.item)
        ...     client.download(hit, "clips", format="bvh")

    Raises:
        TMRError: If the address is none.
    """

    def __init__(
        self,
        address: str,
        token: str | None = None,
        *,
        index: str | None = None,
        timeout_seconds: float = TIMEOUT_SECONDS,
        retries: int = 2,
    ) -> None:
        self._connection = Connection(address, token, timeout_seconds, retries)
        self._index = index

    def search(
        self,
        query: RemoteQuery,
        k: int = 10,
        *,
        offset: int = 0,
        where: str | None = None,
        fold: bool = False,
        moments: int = 1,
    ) -> list[RemoteHit]:
        """Return the k items most similar to a query, best first; see `Index.search`.

        Args:
            query: A sentence, an item or a hit, or an embedding of the index's model.
            k: How many hits, at most 100.
            offset: How many better ones to leave out.
            where: A filter, such as `seconds > 2 and hand = 'left'`.
            fold: Near duplicates and mirror images stand under the best of them.
            moments: How many moments of one take may be hits.

        Raises:
            ServiceError: If the service refuses, fails, or cannot be reached; so for all methods.
        """
        terms = {"k": k, "offset": offset, "where": where, "fold": fold, "moments": moments}
        return hits_from(self._post("/api/search", {**query_json(query), **terms}))

    def search_mix(
        self,
        parts: Sequence[tuple[float, RemoteQuery]],
        k: int = 10,
        *,
        offset: int = 0,
        where: str | None = None,
        fold: bool = False,
        moments: int = 1,
    ) -> list[RemoteHit]:
        """Return the items most similar to several weighted queries as one; a negative weight leads away."""
        mix = [{"weight": float(weight), **query_json(query)} for weight, query in parts]
        terms = {"k": k, "offset": offset, "where": where, "fold": fold, "moments": moments}
        return hits_from(self._post("/api/search", {"mix": mix, **terms}))

    def search_many(
        self,
        queries: Sequence[RemoteQuery],
        k: int = 10,
        *,
        where: str | None = None,
        fold: bool = False,
    ) -> list[list[RemoteHit]]:
        """Return the hits of each of many queries; the service embeds them together.

        Raises:
            TMRError: If this is a single text, and no list.
        """
        if isinstance(queries, str):
            raise TMRError(f"expected a list of queries, got the single text {queries[:60]!r}; write [text]")
        results: list[list[RemoteHit]] = []
        for first in range(0, len(queries), _MOST_TOGETHER):
            together = queries[first : first + _MOST_TOGETHER]
            body = [{**query_json(query), "k": k, "where": where, "fold": fold} for query in together]
            try:
                answer = self._post("/api/search/batch", {"queries": body})
            except ServiceError as error:
                raise ServiceError(_numbered_among_all(str(error), first), error.status) from error
            for number, result in enumerate(answer["results"], first + 1):
                if result["error"] is not None:
                    raise ServiceError(f"query {number}: {result['error']}", 422)
                results.append(hits_from(result))
        return results

    def search_file(
        self,
        path: str | Path,
        k: int = 10,
        *,
        start_seconds: float = 0.0,
        end_seconds: float | None = None,
        offset: int = 0,
        where: str | None = None,
        fold: bool = False,
        skeleton: str | Path | None = None,
    ) -> list[RemoteHit]:
        """Return the items most like the motion in a file of any format, or like a part of it.

        Args:
            path: The file; it is sent to the service.
            k: How many hits, at most 100.
            start_seconds: Where the part begins.
            end_seconds: Where it ends; None for the end of the file.
            offset: As in `search`, and so are `where` and `fold`.
            where: See there.
            fold: See there.
            skeleton: The `.asf` file that an `.amc` file needs.
        """
        files = [Path(path), *([] if skeleton is None else [Path(skeleton)])]
        terms = {"start": start_seconds, "end": end_seconds, "k": k, "offset": offset, "where": where, "fold": fold}
        content, kind = form(files)
        return hits_from(self._send("/api/search/file", terms, content, kind))

    def similar(
        self, item: RemoteItem | str, k: int = 10, *, offset: int = 0, where: str | None = None, fold: bool = False
    ) -> list[RemoteHit]:
        """Return the items most like an item, or like the part that a hit stands for; the item itself is left out."""
        start = item.start_seconds if isinstance(item, RemoteItem) else 0.0
        asked = {"item": id_of(item), "start": start, "k": k, "offset": offset, "where": where, "fold": fold}
        return hits_from(self._get("/api/similar", asked))

    def items(self, where: str | None = None) -> Iterator[RemoteItem]:
        """Yield all items, or those that pass a filter, in the order of their names."""
        offset = 0
        while True:
            answer = self._get("/api/items", {"offset": offset, "k": _PAGE, "where": where})
            yield from (item_from(row) for row in answer["items"])
            offset += _PAGE
            if offset >= answer["total"]:
                return

    def item(self, item_id: str) -> RemoteItem:
        """Return an item by its id."""
        return item_from(self._get(f"/api/items/{quote(item_id, safe='')}"))

    def count(self, where: str | None = None) -> int:
        """Return how many items there are, or how many pass a filter."""
        return self._get("/api/items", {"k": 1, "where": where})["total"]

    def fields(self) -> list[dict[str, Any]]:
        """Return what a filter may name, each with the range or the most frequent values of the field."""
        return self._get("/api/fields")["fields"]

    def map(self, *, patience_seconds: float = 600.0) -> RemoteMap:
        """Return the map of the library: a place for every item, like ones near each other, and names of regions.

        Args:
            patience_seconds: How long to wait for a map that is still being made.
        """
        end = time.monotonic() + patience_seconds
        while (answer := self._get("/api/map"))["state"] == "making":
            if time.monotonic() > end:
                raise ServiceError(f"the map was not made within {patience_seconds:g} s; ask again later", 202)
            time.sleep(1.0)
        return map_from(answer)

    def indexes(self) -> list[str]:
        """Return the names of the service's indexes."""
        return [row["name"] for row in self._get("/api/indexes")["indexes"]]

    def health(self) -> dict[str, Any]:
        """Return the service's version, how many items it searches, and the hash of the model."""
        return self._get("/api/health")

    def download(
        self,
        item: RemoteItem | str,
        path: str | Path,
        *,
        format: Format = "original",
        start_seconds: float = 0.0,
        end_seconds: float | None = None,
    ) -> Path:
        """Write an item into a file, which appears whole or not at all.

        Args:
            item: The item, or its id.
            path: The file; or a folder, below which the file lies as the item in its library, so that two items of one
                name do not meet; that of a part says where it begins and ends. A path without a suffix that is not
                there becomes a folder, since no motion file is without one. Names are as this system has them.
            format: `original` as it is in the library, whole; `bvh` or `npz` on SOMA at 30 fps.
            start_seconds: Where the part begins.
            end_seconds: Where it ends; None for the item's end.

        Returns:
            Where the file is.

        Raises:
            TMRError: If the file cannot be written.
            ServiceError: See `search`; also if a part is asked for of an original.
        """
        item = self.item(item) if isinstance(item, str) else item
        is_part = (start_seconds, end_seconds) != (0.0, None)
        part: dict[str, object] = {"start": start_seconds, "end": end_seconds} if is_part else {}
        path = Path(path)
        into_folder = path.is_dir() or not (path.suffix or path.exists())
        if into_folder:
            path = path / _place_below(item.item, format, start_seconds, end_seconds)
        asked: dict[str, object] = {"index": self._index, "format": format, **part}
        response = self._connection.request("GET", f"/api/items/{item.id}/file", asked)
        try:
            if into_folder:
                path.parent.mkdir(parents=True, exist_ok=True)
            _save(response, path)
        except OSError as error:
            raise TMRError(f"cannot write {str(path)!r}: {error.strerror or error}") from error
        finally:
            response.close()
        return path

    def motion(self, item: RemoteItem | str, *, start_seconds: float = 0.0, end_seconds: float | None = None) -> Motion:
        """Return the motion of an item, or a part of it, on SOMA at 30 fps; at most ten minutes at a time."""
        from tmr.motion.formats import read_motion

        with tempfile.TemporaryDirectory() as folder:
            path = Path(folder) / "motion.npz"
            item = self.item(item) if isinstance(item, str) else item
            self.download(item, path, format="npz", start_seconds=start_seconds, end_seconds=end_seconds)
            # The file that was read is gone when this returns.
            return replace(read_motion(path), name=item.item)

    def add(self, *paths: str | Path) -> RemoteChange:
        """Add motion files to the index; when this returns they are found. Needs a service that can be written to."""
        content, kind = form([Path(path) for path in paths])
        return change_from(self._send("/api/items", {}, content, kind))

    def remove(self, item: RemoteItem | str) -> RemoteChange:
        """Take an item out of the index."""
        return change_from(
            self._connection.json("DELETE", f"/api/items/{quote(id_of(item), safe='')}", {"index": self._index})
        )

    def _get(self, path: str, asked: Mapping[str, object] | None = None) -> dict[str, Any]:
        return self._connection.json("GET", path, {"index": self._index, **(asked or {})})

    def _post(self, path: str, body: Mapping[str, object]) -> dict[str, Any]:
        return self._send(path, {}, json.dumps(body).encode(), "application/json")

    def _send(self, path: str, asked: Mapping[str, object], content: bytes, kind: str) -> dict[str, Any]:
        return self._connection.json("POST", path, {"index": self._index, **asked}, content, kind)


def _numbered_among_all(refusal: str, first: int) -> str:
    """Return a refusal with the numbers of queries from 1; the service counts those of one request, from 0."""
    return re.sub(r"\bqueries\.(\d+)\.", lambda found: f"query {first + int(found[1]) + 1}: ", refusal)


def _place_below(item: str, format: Format, start_seconds: float, end_seconds: float | None) -> Path:
    """Return where in a folder a download lies; whatever an item is called, it leads to no other folder."""
    place = Path(*map(local_name, parts_below(item)))
    if format == "original":
        return place
    return place.with_name(part_name(place.stem, f".{format}", start_seconds, end_seconds))


def _save(response: HTTPResponse, path: Path) -> None:
    """Write the body of an answer into a file, in one step.

    Raises:
        OSError: As the operating system gives it.
        ServiceError: If the answer breaks off.
    """
    expected, count = response.length, 0
    with tempfile.TemporaryDirectory(dir=path.parent, prefix=".tmr-") as folder:
        new = Path(folder) / "new"
        with new.open("wb") as file:
            while piece := read_body(response, _COPY_BYTES):
                file.write(piece)
                count += len(piece)
        # Read in pieces, an answer that breaks off looks like one that ends.
        if expected is not None and count != expected:
            raise ServiceError(f"the service's answer broke off after {count:,} of {expected:,} bytes; ask again")
        os.replace(new, path)
