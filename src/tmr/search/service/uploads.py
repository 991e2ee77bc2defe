"""Files that are sent to the service: kept in a folder of their own until they were read, and never outside it."""

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.datastructures import UploadFile
from starlette.exceptions import HTTPException
from starlette.formparsers import MultiPartException
from starlette.requests import Request

from tmr.motion.formats import READERS
from tmr.search.service.threads import too_busy

MOST_FILES = 16
MOST_AT_ONCE = 8
_COPY_BYTES = 1 << 20
_SKELETON = ".asf"
_ODD_LETTERS = re.compile(r"[^\w .()+-]", re.ASCII)

# What a request may send, for the OpenAPI description: the body is read by hand, in two forms.
_FILES = {
    "type": "object",
    "required": ["file"],
    "properties": {"file": {"type": "array", "items": {"type": "string", "format": "binary"}, "minItems": 1}},
}
BODY = {
    "requestBody": {
        "required": True,
        "content": {
            "multipart/form-data": {"schema": _FILES},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


class Uploads:
    """Takes files from requests, a few requests at a time: what they send lies on the disk until it was read.

    Args:
        most_at_once: How many requests.
    """

    def __init__(self, most_at_once: int = MOST_AT_ONCE) -> None:
        self._most_at_once, self._now = most_at_once, 0

    @asynccontextmanager
    async def received(self, request: Request, filename: str | None) -> AsyncIterator[list[Path]]:
        """Give the files of a request, in a folder that is deleted afterwards.

        Args:
            request: A form with files, or the content of one file as it is.
            filename: What the one file is called; its ending tells the format.

        Raises:
            HTTPException: 415 if it is neither, 422 if there is no file, too many, or one that is no motion's, 503 if
                too many others send files.
        """
        if self._now >= self._most_at_once:
            raise too_busy(self._now)
        self._now += 1
        try:
            with tempfile.TemporaryDirectory(prefix="tmr-upload-") as folder:
                yield await _files(request, filename, Path(folder))
        finally:
            self._now -= 1


async def _files(request: Request, filename: str | None, folder: Path) -> list[Path]:
    kind = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if kind == "multipart/form-data":
        return await _form_files(request, folder)
    if kind not in ("application/octet-stream", ""):
        raise HTTPException(415, "send a file as multipart/form-data or as application/octet-stream")
    if not filename:
        raise HTTPException(422, "filename: say what the file is called; its ending tells the format")
    path = folder / safe_name(filename)
    with path.open("wb") as file:
        async for piece in request.stream():
            file.write(piece)
    return [path]


async def _form_files(request: Request, folder: Path) -> list[Path]:
    try:
        async with request.form(max_files=MOST_FILES, max_fields=MOST_FILES) as form:
            sent = [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
            if not sent:
                raise HTTPException(422, "file: the form has no file")
            paths = [folder / safe_name(file.filename or "") for file in sent]
            if len({path.name.lower() for path in paths}) != len(paths):
                raise HTTPException(422, "file: two files have the same name")
            for upload, path in zip(sent, paths, strict=True):
                with path.open("wb") as file:
                    while piece := await upload.read(_COPY_BYTES):
                        file.write(piece)
    except MultiPartException as error:
        raise HTTPException(400, f"the form cannot be read: {error.message}") from None
    return paths


def safe_name(name: str) -> str:
    """Return the last part of a file's name, without letters that could lead elsewhere.

    Raises:
        HTTPException: 422 if its ending is not that of a motion file.
    """
    last = _ODD_LETTERS.sub("_", re.split(r"[/\\]", name)[-1]).lstrip(". ")
    stem, suffix = Path(last).stem[:100].rstrip(". "), Path(last).suffix
    if not stem or suffix.lower() not in READERS:
        raise HTTPException(422, f"filename: it must end in one of {', '.join(READERS)}")
    return stem + suffix


def only_motion(paths: list[Path]) -> Path:
    """Return the one motion among files; the others may be skeletons that an AMC file needs.

    Raises:
        HTTPException: 422 if there are several motions.
    """
    motions = [path for path in paths if path.suffix.lower() != _SKELETON] or paths
    if len(motions) != 1:
        raise HTTPException(422, f"file: {len(motions)} motions were sent; one is searched for at a time")
    return motions[0]
