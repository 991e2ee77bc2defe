"""Requests made up from the OpenAPI description, good and bad: none may end in a failure of the service."""

import contextlib
import zlib

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis.errors import Unsatisfiable

from fake_encoder import FakeEncoder, direction, write_library, write_numbered
from tmr.search.index import Index
from tmr.search.server import create_app
from tmr.search.service.desk import Settings

schemathesis = pytest.importorskip("schemathesis", reason="schemathesis is not installed")
checks = pytest.importorskip("schemathesis.checks")
openapi_checks = pytest.importorskip("schemathesis.specs.openapi.checks")
GenerationMode = schemathesis.GenerationMode

TOKEN = "a-token-for-the-tests"
BEARER = {"Authorization": f"Bearer {TOKEN}"}
CHECKS = [
    checks.not_a_server_error,
    openapi_checks.status_code_conformance,
    openapi_checks.content_type_conformance,
    openapi_checks.response_schema_conformance,
]


class AnyTextEncoder(FakeEncoder):
    def encode_text(self, texts):
        return np.array([direction(zlib.crc32(text.encode()) % 10_000) for text in texts])


@pytest.fixture(scope="module")
def index(tmp_path_factory):
    folder = tmp_path_factory.mktemp("openapi")
    write_library(folder / "library", range(3))
    write_numbered(folder / "library" / "take.npz", 7, seconds=16, drift=0.5)
    index = Index.build(folder / "library", folder / "index", AnyTextEncoder(), workers=0)
    yield index
    index.close()


@pytest.fixture
def operations(index):
    """What may be asked of a service that can be written to, by method and path."""
    app = create_app(index, settings=Settings(tokens=(TOKEN,), writable=True, reading_processes=0))
    schema = schemathesis.openapi.from_asgi("/api/openapi.json", app, headers=BEARER)
    return {operation.label: operation for operation in (result.ok() for result in schema.get_all_operations())}


@pytest.mark.parametrize("mode", [GenerationMode.POSITIVE, GenerationMode.NEGATIVE], ids=lambda mode: mode.value)
def test_no_made_up_request_makes_the_service_fail(operations, mode):
    assert len(operations) == 21
    for operation in operations.values():

        @given(case=operation.as_strategy(generation_mode=mode))
        @settings(max_examples=10, deadline=None, suppress_health_check=list(HealthCheck), database=None)
        def ask(case):
            case.call_and_validate(checks=CHECKS, headers=BEARER)

        # There is nothing wrong that could be asked of an operation without parameters.
        with contextlib.suppress(*([Unsatisfiable] if mode is GenerationMode.NEGATIVE else [])):
            ask()
