"""Who may ask the service: tokens, other sites, and how often."""

import base64

import pytest

from served import BEARER, TOKEN, small_service
from tmr.errors import TMRError
from tmr.search.service.desk import Settings
from tmr.search.service.gate import Rates


@pytest.fixture
def place(tmp_path):
    with small_service(tmp_path) as place:
        yield place


def test_a_token_opens_everything_and_its_lack_nothing_but_the_probes(place):
    client = place.client(tokens=("another-token-here", TOKEN))
    for address in ("/", "/page/page.js", "/api/health", "/api/search?q=number+1", "/metrics", "/api/openapi.json"):
        refused = client.get(address)
        assert refused.status_code == 401
        assert refused.headers["www-authenticate"].startswith("Basic ")
        assert client.get(address, headers=BEARER).status_code == 200
        basic = base64.b64encode(f"any name:{TOKEN}".encode()).decode()
        assert client.get(address, headers={"Authorization": f"Basic {basic}"}).status_code == 200
    assert client.get("/api/live").status_code == client.get("/api/ready").status_code == 200


@pytest.mark.parametrize(
    "given",
    ["", "Bearer", "Bearer ", f"Bearer {TOKEN}x", f"Bearer {TOKEN[:-1]}", TOKEN, "Basic !", f"Basic {TOKEN}", "x"],
)
def test_almost_a_token_is_none(place, given):
    assert place.client(tokens=(TOKEN,)).get("/api/health", headers={"Authorization": given}).status_code == 401


def test_writing_needs_a_token_and_a_service_that_is_for_it(place):
    with pytest.raises(TMRError, match="needs a token"):
        Settings(writable=True)
    item = place.client().get("/api/items?k=1").json()["items"][0]["id"]
    reader, writer = place.client(tokens=(TOKEN,)), place.client(tokens=(TOKEN,), writable=True)
    assert reader.delete(f"/api/items/{item}", headers=BEARER).status_code == 405
    assert writer.delete(f"/api/items/{item}").status_code == 401
    # What a browser adds by itself to the request of any site is not enough to change something.
    basic = base64.b64encode(f":{TOKEN}".encode()).decode()
    assert writer.delete(f"/api/items/{item}", headers={"Authorization": f"Basic {basic}"}).status_code == 403
    assert len(writer.get("/api/items", headers=BEARER).json()["items"]) == 4
    assert writer.delete(f"/api/items/{item}", headers=BEARER).json()["removed"] == [item]
    assert (place.library / "000.npz").exists()


def test_only_named_sites_may_ask(place):
    body = {"text": "number 1"}
    closed, opened = place.client(), place.client(origins=("https://example.org",))
    for client, origin, status in (
        (closed, "https://example.org", 403),
        (closed, "null", 403),
        (closed, "http://testserver", 200),
        (opened, "https://example.org", 200),
        (opened, "https://example.org.evil.org", 403),
    ):
        answer = client.post("/api/search", json=body, headers={"Origin": origin})
        assert answer.status_code == status
        assert ("access-control-allow-origin" in answer.headers) == (origin == "https://example.org" and status == 200)
    asked = {"Origin": "https://example.org", "Access-Control-Request-Method": "POST"}
    assert opened.options("/api/search", headers=asked).headers["access-control-allow-origin"] == "https://example.org"
    assert "access-control-allow-origin" not in closed.options("/api/search", headers=asked).headers


def test_a_client_that_asks_too_often_is_told_when_to_go_on(place):
    client = place.client(requests_per_second=0.5)
    answers = [client.get("/api/live") for _ in range(6)]
    assert [answer.status_code for answer in answers] == [200, 200, 429, 429, 429, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 2


def test_each_client_has_a_bucket_of_its_own_and_the_oldest_are_forgotten():
    now = [0.0]
    rates = Rates(2.0, 4.0, most_clients=2, clock=lambda: now[0])
    assert [rates.take("a") for _ in range(5)] == [0, 0, 0, 0, 0.5]
    assert rates.take("b") == 0
    now[0] = 0.25
    assert rates.take("a") == 0.25
    now[0] = 0.5
    assert [rates.take("a"), rates.take("a")] == [0, 0.5]
    rates.take("c")
    assert rates.take("b") == 0
    assert len(rates._buckets) == 2
