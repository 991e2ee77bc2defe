"""What every route checks first: that it knows the parameters that are given, and that none is given in two ways."""

from collections.abc import Callable, Coroutine, Sequence
from typing import Any
from urllib.parse import urlencode

from fastapi.routing import APIRoute
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from tmr.search.service.gate import check_bearer
from tmr.search.service.uploads import Uploads

_MOST_NAMED = 5
_MOST_LETTERS = 60

Answer = Callable[[Request], Coroutine[Any, Any, Response]]


class StrictRoute(APIRoute):
    """A route that refuses parameters that it does not know: a misspelt `where` would be answered unfiltered.

    A route without any parameter has nothing that could be misread; whoever probes it may add what defeats caches.
    """

    def get_route_handler(self) -> Answer:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def checked(request: Request) -> Response:
            self.check_parameters(request)
            return await answer(request)

        return checked

    def check_parameters(self, request: Request) -> None:
        """Refuse parameters of the address.

        Raises:
            HTTPException: 422 if there is no such parameter, or one is given in two ways.
        """
        if known := [field.alias for field in self.dependant.query_params]:
            elsewhere = "" if self.body_field is None else "; all else stands in the JSON that is sent"
            _check_given(request.query_params.multi_items(), known, elsewhere)


class UploadRoute(StrictRoute):
    """A route that files are sent to: fields of their form count as parameters, as those in the address do."""

    def get_route_handler(self) -> Answer:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def with_fields(request: Request) -> Response:
            # What is wrong before the files come is told before they are taken in.
            self.check_parameters(request)
            uploads: Uploads = request.app.state.uploads
            async with uploads.opened(request) as fields:
                given = [*request.query_params.multi_items(), *fields]
                query = urlencode(given, errors="surrogatepass").encode("ascii")
                # What the fields say is checked, and told if it is wrong, as if it stood in the address.
                return await answer(Request({**request.scope, "query_string": query}, request.receive))

        return with_fields


class AddingRoute(UploadRoute):
    """A route that takes files in for good: only from who carries the token."""

    def get_route_handler(self) -> Answer:
        """Return what answers a request."""
        answer = super().get_route_handler()

        async def with_bearer(request: Request) -> Response:
            check_bearer(request.headers)
            return await answer(request)

        return with_bearer


def _check_given(given: Sequence[tuple[str, str]], known: Sequence[str], elsewhere: str) -> None:
    """Refuse parameters that are not known, and those that are given more than once and differently.

    Raises:
        HTTPException: 422 that names them, and those that there are.
    """
    values: dict[str, set[str]] = {}
    for name, value in given:
        values.setdefault(name, set()).add(value)
    if unknown := [name for name in values if name not in known]:
        named = ", ".join(repr(name[:_MOST_LETTERS]) for name in unknown[:_MOST_NAMED])
        word = "parameter" if len(unknown) == 1 else "parameters"
        raise HTTPException(422, f"there is no {word} {named} here; there is {', '.join(known)}{elsewhere}")
    if several := [name for name in values if len(values[name]) > 1]:
        raise HTTPException(422, f"{', '.join(several)}: given more than once, with different values; give one of them")
