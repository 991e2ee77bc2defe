"""Files that are sent to the service: kept in a folder of their own until they were read, and never outside it."""

import re
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from starlette.datastructures import FormData, UploadFile
from starlette.exceptions import HTTPException
from starlette.requests import Request

from tmr.files import portable_name
from tmr.motion.formats import READERS
from tmr.motion.formats.unread import ADVICE
from tmr.search.service.threads import too_busy

MOST_FILES = 16
MOST_AT_ONCE = 8
_COPY_BYTES = 1 << 20
_SKELETON = ".asf"
_HOW_TO_SEND = "send it with curl, say, as -F file=@wave.bvh"
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
        "description": "In a form, fields beside the files count as the parameters of the same name.",
        "content": {
            "multipart/form-data": {"schema": _FILES},
            "application/octet-stream": {"schema": {"type": "string", "format": "binary"}},
        },
    }
}


@dataclass
class _Upload:
    """What one request sends, while it has one of the places."""

    files: list[UploadFile] = field(default_factory=list)
    has_place: bool = True


class Uploads:
    """Takes files from requests, a few requests at a time: what they send lies on the disk until it was read.

    Args:
        most_at_once: How many requests.
    """

    def __init__(self, most_at_once: int = MOST_AT_ONCE) -> None:
        self._most_at_once, self._now = most_at_once, 0

    @asynccontextmanager
    async def opened(self, request: Request) -> AsyncIterator[list[tuple[str, str]]]:
        """Take in the form of a request, if it sends one, and give its fields that are no files.

        The files are kept until `received` gave them, or until the block ends.

        Raises:
            HTTPException: 400 if the form cannot be read, 422 if a file's field holds a text, 503 if too many others
                send files.
        """
        if self._now >= self._most_at_once:
            raise too_busy(self._now)
        self._now += 1
        request.state.upload = upload = _Upload()
        try:
            if not _is_form(request):
                yield []
                return
            form = await _form(request)
            try:
                fields = [(name, value) for name, value in form.multi_items() if isinstance(value, str)]
                if any(name == "file" for name, _ in fields):
                    raise HTTPException(422, f"file: a text was sent, no file; {_HOW_TO_SEND}")
                upload.files += [value for _, value in form.multi_items() if isinstance(value, UploadFile)]
                yield fields
            finally:
                await form.close()
        finally:
            self._give_back(upload)

    @asynccontextmanager
    async def received(self, request: Request, filename: str | None) -> AsyncIterator[list[Path]]:
        """Give the files of a request that was `opened`, in a folder that is deleted afterwards.

        The place of the request is then another's: nobody who sends a file waits for the answer to this one.

        Args:
            request: A form with files, or the content of one file as it is.
            filename: What the one file is called; its ending tells the format.

        Raises:
            HTTPException: 415 if it is neither, 422 if there is no file, too many, or one that is no motion's.
        """
        try:
            upload: _Upload = request.state.upload
        except AttributeError:
            raise RuntimeError("this request was not opened: a route that receives files is an UploadRoute") from None
        try:
            with tempfile.TemporaryDirectory(prefix="tmr-upload-") as folder:
                yield await _files(request, upload.files, filename, Path(folder))
        finally:
            for file in upload.files:
                await file.close()
            self._give_back(upload)

    def _give_back(self, upload: _Upload) -> None:
        if upload.has_place:
            upload.has_place = False
            self._now -= 1


async def _form(request: Request) -> FormData:
    try:
        return await request.form(max_files=MOST_FILES, max_fields=MOST_FILES)
    except HTTPException as error:
        if error.status_code != 400:
            # It was too long, or did not come in time.
            raise
        raise HTTPException(400, f"the form cannot be read: {error.detail}") from error


def _is_form(request: Request) -> bool:
    return _kind(request) == "multipart/form-data"


def _kind(request: Request) -> str:
    return request.headers.get("content-type", "").partition(";")[0].strip().lower()


async def _files(request: Request, sent: list[UploadFile], filename: str | None, folder: Path) -> list[Path]:
    if _is_form(request):
        return await _form_files(sent, folder)
    if _kind(request) not in ("application/octet-stream", ""):
        raise HTTPException(415, "send a file as multipart/form-data or as application/octet-stream")
    if not filename:
        raise HTTPException(422, "filename: say what the file is called; its ending tells the format")
    path = folder / safe_name(filename)
    with path.open("wb") as file:
        async for piece in request.stream():
            file.write(piece)
    return [path]


async def _form_files(sent: list[UploadFile], folder: Path) -> list[Path]:
    if not sent:
        raise HTTPException(422, f"file: the form has no file; {_HOW_TO_SEND}")
    paths = [folder / safe_name(file.filename or "") for file in sent]
    if len({path.name.lower() for path in paths}) != len(paths):
        raise HTTPException(422, "file: two files have the same name")
    for upload, path in zip(sent, paths, strict=True):
        with path.open("wb") as file:
            while piece := await upload.read(_COPY_BYTES):
                file.write(piece)
    return paths


def safe_name(name: str) -> str:
    """Return the last part of a file's name, without letters that could lead elsewhere.

    Raises:
        HTTPException: 422 if its ending is not that of a motion file.
    """
    last = _ODD_LETTERS.sub("_", re.split(r"[/\\]", name)[-1]).lstrip(". ")
    stem, suffix = Path(last).stem[:100].rstrip(". "), Path(last).suffix
    if not stem or suffix.lower() not in READERS:
        advice = f"; {suffix.lower()} is not read: {ADVICE[suffix.lower()]}" if suffix.lower() in ADVICE else ""
        raise HTTPException(422, f"filename: it must end in one of {', '.join(READERS)}{advice}")
    return portable_name(stem + suffix)


def only_motion(paths: list[Path]) -> Path:
    """Return the one motion among files; the others may be skeletons that an AMC file needs.

    Raises:
        HTTPException: 422 if there are several motions.
    """
    motions = [path for path in paths if path.suffix.lower() != _SKELETON] or paths
    if len(motions) != 1:
        raise HTTPException(422, f"file: {len(motions)} motions were sent; one is searched for at a time")
    return motions[0]
