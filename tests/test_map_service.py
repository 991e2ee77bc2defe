"""The map over HTTP: made in the background by a process of its own, kept, brought up to date, and never in the way."""

import base64
import os
import time
from types import SimpleNamespace

import numpy as np
import pytest
from starlette.testclient import TestClient

from fake_encoder import numbered_motion, write_numbered
from pages import QUICK, AnyTextEncoder
from tmr.search.identifier import identifier
from tmr.search.index import Index
from tmr.search.map.library_map import FILE_NAME
from tmr.search.server import create_app
from tmr.search.service import maps


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("map")
    for number in range(12):
        write_numbered(folder / "library" / f"{'ab'[number % 2]}" / f"{number:02d}.npz", number)
    write_numbered(folder / "library" / "take.npz", 20, seconds=26, drift=0.5)
    Index.build(folder / "library", folder / "index", AnyTextEncoder(), workers=0).close()
    return folder / "index"


@pytest.fixture
def place(built, tmp_path):
    """A service of a copy of an index of 13 motions, one of them a long take, without a map."""
    import shutil

    shutil.copytree(built, tmp_path / "index", ignore=shutil.ignore_patterns(FILE_NAME))
    index = Index.open(tmp_path / "index", AnyTextEncoder())
    with TestClient(create_app(index, settings=QUICK), raise_server_exceptions=False) as client:
        yield SimpleNamespace(client=client, index=index, kept=tmp_path / "index" / FILE_NAME)
    index.close()


def ready(place, **asked):
    """Return the answer once the map is made."""
    end = time.monotonic() + 60
    while True:
        answer = place.client.get("/api/map", params=asked)
        if answer.status_code != 202 and answer.json().get("state") != "updating":
            return answer
        assert time.monotonic() < end, "the map was not made within 60 s"
        time.sleep(0.1)


def ids_of(answer) -> list[str]:
    content = base64.b64decode(answer.json()["ids"])
    return [content[at : at + 10].hex() for at in range(0, len(content), 10)]


def test_the_map_is_made_kept_and_brought_up_to_date(place):
    first = place.client.get("/api/map")
    if first.status_code == 202:
        assert first.headers["retry-after"] == "1"
        assert first.json()["state"] == "making"
    answer = ready(place)
    table = answer.json()
    assert (answer.status_code, table["state"], table["items"], table["inside"]) == (200, "ready", 13, None)
    assert sorted(ids_of(answer)) == sorted(identifier(item.item) for item in place.index.items)
    x, y = (np.frombuffer(base64.b64decode(table[axis]), "<u2") for axis in "xy")
    assert len(x) == len(y) == 13
    assert np.ptp(x) > 40_000
    assert place.kept.is_file()

    again = place.client.get("/api/map", headers={"If-None-Match": answer.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")

    where = ready(place, where="folder = 'a'", colour="folder").json()
    inside = np.frombuffer(base64.b64decode(where["inside"]), np.uint8)
    in_a = [identifier(f"a/{number:02d}.npz") for number in range(0, 12, 2)]
    assert [one in in_a for one in ids_of(answer)] == inside.astype(bool).tolist()
    assert where["colours"]["values"] == [["a", 6], ["b", 6]]
    assert place.client.get("/api/map", params={"where": "no field > 3"}).status_code == 422
    assert place.client.get("/api/map", params={"colour": "taste"}).status_code == 422
    assert place.client.get("/api/map", params={"index": "other"}).status_code == 404

    take = place.client.get("/api/map/path", params={"item": identifier("take.npz")}).json()
    assert take["start_seconds"] == sorted(take["start_seconds"])
    assert len(take["x"]) == len(take["y"]) == len(take["start_seconds"]) >= 3
    assert place.client.get("/api/map/path", params={"item": identifier("a/00.npz")}).json()["x"] == []
    assert place.client.get("/api/map/path", params={"item": "nobody"}).status_code == 404

    place.index.add([numbered_motion(40, name="newcomer")])
    place.index.remove(["a/00.npz"])
    time.sleep(0.6)
    changed = ready(place)
    assert set(ids_of(changed)) ^ set(ids_of(answer)) == {identifier("newcomer"), identifier("a/00.npz")}
    spots = dict(zip(ids_of(answer), zip(x, y, strict=True), strict=True))
    x, y = (np.frombuffer(base64.b64decode(changed.json()[axis]), "<u2") for axis in "xy")
    for one, spot in zip(ids_of(changed), zip(x, y, strict=True), strict=True):
        assert one not in spots or spots[one] == spot


def test_a_map_that_is_there_is_not_made_again_and_a_broken_one_is(place, monkeypatch):
    ready(place)
    whole = place.kept.read_bytes()
    with monkeypatch.context() as patched:
        patched.setattr(maps, "_WORKER", "no.such.module")
        with Index.open(place.index.folder, AnyTextEncoder()) as other, TestClient(create_app(other)) as client:
            assert ready(SimpleNamespace(client=client)).status_code == 200
    place.kept.write_bytes(whole[: len(whole) // 2])
    with Index.open(place.index.folder, AnyTextEncoder()) as other, TestClient(create_app(other)) as client:
        assert ready(SimpleNamespace(client=client)).status_code == 200
    assert place.kept.read_bytes() == whole


def test_what_cannot_be_made_is_refused_and_the_service_lives(place, monkeypatch):
    monkeypatch.setattr(maps, "_WORKER", "no.such.module")
    answer = ready(place)
    assert answer.status_code == 503
    assert int(answer.headers["retry-after"]) >= 10
    assert str(place.index.folder) not in answer.text
    assert place.client.get("/api/search", params={"q": "number 3"}).status_code == 200


def test_a_folder_that_cannot_be_written_has_a_map_all_the_same(place, monkeypatch):
    def refuse(*_):
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(maps, "replace_durably", refuse)
    assert ready(place).status_code == 200
    assert not place.kept.exists()


def test_a_service_that_stops_leaves_no_process(place, monkeypatch):
    started = []
    popen = maps.subprocess.Popen
    monkeypatch.setattr(maps.subprocess, "Popen", lambda *a, **k: started.append(popen(*a, **k)) or started[-1])
    with Index.open(place.index.folder, AnyTextEncoder()) as other, TestClient(create_app(other)) as client:
        client.get("/api/map")
    for process in started:
        assert process.poll() is not None
        # On Windows that would be Ctrl-C, for the tests too.
        if os.name != "nt":
            with pytest.raises(OSError, match="No such process"):
                os.kill(process.pid, 0)


def test_the_client_gives_the_map(built, tmp_path):
    from served import served
    from tmr import Client

    with Index.open(built, AnyTextEncoder()) as index, served(create_app(index, settings=QUICK)) as address:
        found = Client(address).map()
        assert sorted(found.ids) == sorted(identifier(item.item) for item in index.items)
        assert found.places.shape == (13, 2)
        assert ((found.places >= 0) & (found.places <= 1)).all()
