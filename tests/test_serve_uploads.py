"""What is sent to the service: how much is taken, what is refused, and who reads it."""

import asyncio
import base64
import json
import os
from pathlib import PureWindowsPath
from types import SimpleNamespace

import pytest
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.testclient import TestClient

from fake_encoder import FakeEncoder, write_numbered
from served import BEARER, RAW, TOKEN, small_service
from systems import needs_links
from tmr.errors import ModelError
from tmr.search.index import Index
from tmr.search.reading import ReadingOptions, read_file
from tmr.search.server import create_app
from tmr.search.service import reader
from tmr.search.service.reader import Reader
from tmr.search.service.uploads import Uploads


@pytest.fixture
def place(tmp_path):
    with small_service(tmp_path) as place:
        yield place


# ---- how much is taken


def test_a_body_over_the_limit_is_refused_whether_its_length_is_told_or_not(place):
    client = place.client(upload_bytes=10_000)
    address = "/api/search/file?filename=a.npz"
    told = client.post(address, content=b"x" * 10_001, headers=RAW)
    untold = client.post(address, content=iter([b"x" * 6000, b"x" * 6000]), headers=RAW)
    assert (told.status_code, untold.status_code) == (413, 413)
    assert "more than 10,000 bytes" in untold.json()["error"]
    assert client.post(address, content=b"x" * 10_000, headers=RAW).status_code == 422
    form = {"Content-Type": "multipart/form-data; boundary=b"}
    pieces = iter([b'--b\r\nContent-Disposition: form-data; name="file"; filename="a.npz"\r\n\r\n', b"x" * 10_000])
    long_form = client.post(address, content=pieces, headers=form)
    assert (long_form.status_code, long_form.json()["error"]) == (413, "what was sent has more than 10,000 bytes")
    strange = client.post(address, content=b"", headers={**RAW, "Content-Length": "-5"})
    assert strange.status_code in (400, 413)


@pytest.mark.parametrize(
    ("content", "headers", "status", "words"),
    [
        (b"--b\r\nContent-Dispo", {"Content-Type": "multipart/form-data; boundary=b"}, (400, 422), ""),
        (b"", {"Content-Type": "multipart/form-data"}, (400,), "the form cannot be read: Missing boundary"),
        (b"--b--\r\n", {"Content-Type": "multipart/form-data; boundary=b"}, (422,), "no file"),
        (b"{}", {"Content-Type": "application/json"}, (415,), "send a file"),
        (b"PK\x03\x04", RAW, (422,), "cannot be read"),
        (b"", RAW, (422,), "cannot be read"),
    ],
)
def test_a_broken_upload_is_refused_with_words(place, content, headers, status, words):
    answer = place.client().post("/api/search/file?filename=a.npz", content=content, headers=headers)
    assert answer.status_code in status
    assert words in answer.json()["error"]
    assert "tmr-upload" not in answer.text


def sent(body: bytes = b"") -> Request:
    """Return a request that sends the content of a file."""

    async def receive():
        return {"type": "http.request", "body": body, "more_body": False}

    headers = [(b"content-type", b"application/octet-stream")]
    return Request({"type": "http", "method": "POST", "headers": headers}, receive)


def test_the_place_of_a_request_is_another_s_once_its_files_were_read():
    uploads = Uploads(1)

    async def go():
        request = sent(b"content")
        async with uploads.opened(request):
            async with uploads.received(request, "a.npz") as paths:
                assert paths[0].read_bytes() == b"content"
                with pytest.raises(HTTPException):
                    await uploads.opened(sent()).__aenter__()
            # It is being answered.
            async with uploads.opened(sent()):
                pass
        # Nor is a place given back twice.
        async with uploads.opened(sent()):
            with pytest.raises(HTTPException):
                await uploads.opened(sent()).__aenter__()

    asyncio.run(go())


def test_files_are_received_only_of_a_request_that_was_opened():
    async def go():
        with pytest.raises(RuntimeError, match="UploadRoute"):
            await Uploads().received(sent(), "a.npz").__aenter__()

    asyncio.run(go())


@pytest.mark.parametrize(
    ("address", "query", "status", "words"),
    [
        ("/api/search/file", "wher=1", 422, "no parameter 'wher' here"),
        ("/api/embed/file", "start=1&start=2", 422, "start: given more than once"),
        ("/api/items", "", 403, "Authorization: Bearer TOKEN"),
    ],
)
def test_what_the_address_and_the_headers_tell_is_refused_before_the_body_is_taken(
    place, address, query, status, words
):
    client = place.client(tokens=(TOKEN,), writable=True)
    known = base64.b64encode(f"me:{TOKEN}".encode())
    scope = {
        "type": "http",
        "method": "POST",
        "path": address,
        "raw_path": address.encode(),
        "query_string": query.encode(),
        "headers": [
            (b"authorization", b"Basic " + known),
            (b"content-type", b"multipart/form-data; boundary=b"),
            (b"content-length", b"5"),
        ],
    }
    taken, answered = [], []

    async def receive():
        taken.append(True)
        return {"type": "http.request", "body": b"--b--", "more_body": False}

    async def send(message):
        answered.append(message)

    asyncio.run(client.app(scope, receive, send))
    assert answered[0]["status"] == status
    assert words in json.loads(answered[1]["body"])["error"]
    assert not taken


@pytest.mark.parametrize("name", ["", "..", "a", "a.txt", ".npz", "../../a.exe", "a.npz/", "\x00.npz"])
def test_a_name_that_is_no_motion_file_s_is_refused(place, name):
    answer = place.client().post("/api/search/file", params={"filename": name}, content=b"x", headers=RAW)
    assert answer.status_code == 422


def test_a_name_that_leads_elsewhere_stays_in_its_folder(place):
    content = (place.library / "003.npz").read_bytes()
    client = place.client(tokens=(TOKEN,), writable=True)
    for name in ("../../x.npz", "/etc/x.npz", "C:\\x.npz", "..\\..\\x.npz", "\n../x.npz"):
        answer = client.post("/api/items", params={"filename": name}, content=content, headers={**RAW, **BEARER})
        assert answer.status_code == 200, answer.text
    written = {str(path.relative_to(place.library)) for path in place.library.rglob("*.npz")}
    assert written == {"000.npz", "001.npz", "002.npz", "003.npz", "uploaded/x.npz"}


def test_what_is_sent_is_never_called_as_a_device_of_windows(place):
    content = (place.library / "003.npz").read_bytes()
    client = place.client(tokens=(TOKEN,), writable=True)
    for name in ("con.npz", "COM1.take.npz"):
        answer = client.post("/api/items", params={"filename": name}, content=content, headers={**RAW, **BEARER})
        assert len(answer.json()["added"]) == 1
    assert {path.name for path in (place.library / "uploaded").iterdir()} == {"_con.npz", "_COM1.take.npz"}


def test_a_file_that_is_in_use_is_neither_replaced_nor_half_removed(place, monkeypatch, caplog):
    content = (place.library / "003.npz").read_bytes()
    client = place.client(tokens=(TOKEN,), writable=True)
    sent = {"params": {"filename": "x.npz"}, "headers": {**RAW, **BEARER}}
    [item] = client.post("/api/items", content=content, **sent).json()["added"]

    def in_use(*_, **__):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr("os.replace", in_use)
    monkeypatch.setattr("pathlib.Path.unlink", in_use)
    for answer in (
        client.post("/api/items", content=content[:-1] + b"x", **sent),
        client.delete(f"/api/items/{item}", headers=BEARER),
    ):
        assert (answer.status_code, answer.headers["Retry-After"]) == (503, "5"), answer.text
    assert [record.exc_info for record in caplog.records] == [None, None]
    assert "cannot keep what is sent in" in caplog.messages[0]
    assert "cannot delete" in caplog.messages[1]
    monkeypatch.undo()
    assert client.delete(f"/api/items/{item}", headers=BEARER).json()["removed"] == [item]
    assert not (place.library / "uploaded" / "x.npz").exists()


@needs_links
def test_the_service_does_not_write_through_a_link(place):
    (place.folder / "elsewhere").mkdir()
    (place.library / "uploaded").symlink_to(place.folder / "elsewhere")
    content = (place.library / "003.npz").read_bytes()
    answer = place.client(tokens=(TOKEN,), writable=True).post(
        "/api/items?filename=x.npz", content=content, headers={**RAW, **BEARER}
    )
    assert answer.status_code == 409
    assert list((place.folder / "elsewhere").iterdir()) == []


def test_folders_of_windows_are_not_told_either(monkeypatch):
    monkeypatch.setattr(reader, "os", SimpleNamespace(sep="\\"))
    path, reason = PureWindowsPath("C:\\Temp\\tmr-upload-1\\a.amc"), "C:\\Temp\\tmr-upload-1\\b.asf: has no :bonedata"
    assert reader.without_folders(reason, path, ReadingOptions()) == "b.asf: has no :bonedata"


def test_uploads_leave_nothing_behind(place, monkeypatch):
    (place.folder / "temporary").mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(place.folder / "temporary"))
    client = place.client()
    content = (place.library / "003.npz").read_bytes()
    assert client.post("/api/search/file", files={"file": ("a.npz", content)}).status_code == 200
    assert client.post("/api/search/file", files={"file": ("a.npz", b"broken")}).status_code == 422
    assert list((place.folder / "temporary").iterdir()) == []


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b'{"text": 1}',
        b'{"txet": "a person walks"}',
        b'{"text": "number 1", "item": "x"}',
        b'{"text": "number 1", "k": 1e9}',
        b'{"embedding": [1, 2]}',
        b'{"embedding": [' + b",".join([b"1e999"] * 256) + b"]}",
        b'{"mix": []}',
        b'{"mix": [{"text": "number 1", "weight": 0}]}',
        b'{"mix": [{"mix": [{"text": "number 1"}]}]}',
        b'{"text": "number 1", "where": "nothing = 1"}',
        b'{"text": "number 1", "where": "((((((((((((((((((((seconds"}',
        b'{"text": "number 1", "where": "' + b"(" * 999 + b'"}',
        b"[" * 100_000,
        '{"text": "\ud800 1"}'.encode("utf-8", "surrogatepass"),
        b'{"text": "\\ud800 1"}',
    ],
)
def test_a_body_of_no_use_is_refused_with_words(place, body):
    answer = place.client().post("/api/search", content=body, headers={"Content-Type": "application/json"})
    assert answer.status_code in (400, 404, 422), answer.text
    assert len(answer.json()["error"]) < 1500


# ---- what stands beside a file


def test_fields_of_a_form_count_as_parameters_of_the_same_name(place):
    client = place.client()
    files = {"file": ("a.npz", (place.library / "003.npz").read_bytes())}
    address = "/api/search/file"

    def found(answer):
        assert answer.status_code == 200, answer.text
        return [hit["item"] for hit in answer.json()["hits"]]

    asked = {"k": "2", "where": "item != '003.npz'", "spread": "true"}
    sent = client.post(address, files=files, data=asked)
    assert found(sent) == found(client.post(address, files=files, params=asked))
    assert len(found(sent)) == 2
    assert "003.npz" not in found(sent)
    assert sent.json()["spread"]["items"] == 4
    assert len(found(client.post(f"{address}?k=2", files=files, data={"k": "2", "fold": "true"}))) == 2
    for data, parts in (
        ({"k": "3"}, ["k: given more than once"]),
        ({"wher": "seconds > 5"}, ["no parameter 'wher' here", "where, fold"]),
        ({"file": "@a.npz"}, ["file: a text was sent", "-F file=@"]),
        ({"index": "é & ="}, ["no such index"]),
        ({"where": "nothing = 1"}, ["nothing"]),
    ):
        answer = client.post(f"{address}?k=2", files=files, data=data)
        assert answer.status_code == (404 if "index" in data else 422), answer.text
        assert all(part in answer.json()["error"] for part in parts), answer.text
    embedded = client.post("/api/embed/file", files=files, data={"end": "0.5"}).json()
    assert embedded["motion"]["end_seconds"] == 0.5


def test_a_file_is_added_to_the_index_that_a_field_names(place):
    client = place.client(tokens=(TOKEN,), writable=True)
    files = {"file": ("a.npz", (place.library / "003.npz").read_bytes())}
    wrong = client.post("/api/items", files=files, data={"index": "other"}, headers=BEARER)
    assert (wrong.status_code, "no such index" in wrong.text) == (404, True)
    assert not (place.library / "uploaded").exists()
    assert client.post("/api/items", files=files, data={"index": "default"}, headers=BEARER).status_code == 200


def test_what_a_sent_file_lacks_is_told_as_one_sends_it(place):
    client = place.client()
    alone = client.post("/api/search/file", files={"file": ("walk.amc", b"x")})
    assert alone.status_code == 422
    writer = place.client(tokens=(TOKEN,), writable=True)
    added = writer.post("/api/items?filename=walk.amc", content=b"x", headers={**RAW, **BEARER}).json()
    assert [row["item"] for row in added["skipped"]] == ["walk.amc"]
    for told in (alone.json()["error"], added["skipped"][0]["reason"]):
        assert "it needs the .asf file of its skeleton" in told
        assert "-F file=@walk.amc -F file=@skeleton.asf" in told
        assert "--asf" not in told
    both = [("file", ("walk.amc", b"x")), ("file", ("a.asf", b"x"))]
    assert "walk.amc cannot be read" in client.post("/api/search/file", files=both).json()["error"]
    figure = client.post("/api/search/file", files={"file": ("walk.FBX", b"x")})
    assert figure.status_code == 422
    assert "; .fbx is not read: convert it to BVH" in figure.json()["error"]


# ---- reading in other processes


def test_a_file_that_ends_its_reader_costs_only_itself(place, monkeypatch):
    monkeypatch.setattr("tmr.search.pool._WORKER", "broken_worker")
    monkeypatch.setenv("PYTHONPATH", os.path.dirname(__file__))
    reader = Reader(ReadingOptions(), 1)
    try:
        (place.library / "crash.npz").write_bytes(b"crash")
        assert "crashed the reader" in reader.read(place.library / "crash.npz").reason
    finally:
        reader.close()


def test_a_file_is_read_in_another_process(place):
    reader = Reader(ReadingOptions(), 1)
    try:
        reading = reader.read(place.library / "003.npz")
        assert reading.motion is not None
        assert reading.motion.num_frames == 30
        (place.library / "broken.bvh").write_text("no motion")
        broken = reader.read(place.library / "broken.bvh")
        assert broken.motion is None
        assert str(place.folder) not in broken.reason
    finally:
        reader.close()
    assert reader._processes[0]._process is None


@needs_links
def test_a_file_that_is_not_there_is_said_to_be_gone_or_a_dead_link(place):
    (place.library / "link.npz").symlink_to(place.library / "nothing.npz")
    dead, gone = (read_file(place.library / name, ReadingOptions(), None) for name in ("link.npz", "nothing.npz"))
    assert dead.reason == "the file is gone: it is a link to a file that is not there"
    assert gone.reason == "the file is gone: it was moved or deleted"
    assert dead.out_of_reach
    assert gone.out_of_reach


# ---- what the model makes of it


class Choosy(FakeEncoder):
    """Takes no motion that begins left of the origin, as a model takes none that gives no finite embedding."""

    def encode_motion(self, motions):
        if any(motion.joints[0, 0, 0] < -0.5 for motion in motions):
            raise ModelError("motion 0 gives no finite embedding; are its joints in metres?")
        return super().encode_motion(motions)


@pytest.mark.parametrize("address", ["/api/search/file", "/api/embed/file"])
def test_a_motion_that_the_model_refuses_is_the_clients_to_mend(place, address):
    with Index.open(place.folder / "index", Choosy()) as index, TestClient(create_app(index)) as client:
        for number, status in ((-20, 422), (2, 200)):
            content = write_numbered(place.folder / "sent.npz", number).read_bytes()
            answer = client.post(address, files={"file": ("sent.npz", content)})
            assert answer.status_code == status, answer.text
            if status == 422:
                assert "no finite embedding" in answer.json()["error"]
