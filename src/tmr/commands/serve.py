"""`tmr serve`: search indexes in the browser, and over HTTP."""

import codecs
import contextlib
import functools
import os
import re
import signal
import socket
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from tmr.commands.options import model_option, reading_options, text_side_option
from tmr.search.storage.place import DEFAULT_NAME, index_of

if TYPE_CHECKING:
    from tmr.model.text import TextSide
    from tmr.search.reading import ReadingOptions
    from tmr.search.service.desk import Settings
    from tmr.search.service.guard import Guard

_NAMED = re.compile(r"([\w.-]{1,64})=(.+)", re.ASCII)
_ORIGIN = re.compile(r"https?://[A-Za-z0-9.-]+(:\d{1,5})?|https?://\[[0-9a-f:]+\](:\d{1,5})?")
_SHORTEST_TOKEN = 16
_STRANGERS_PER_SECOND = 50.0


def _on_one_thread(command: Callable) -> Callable:
    """Set how many threads the linear algebra has, before anything imports NumPy, as reading options do.

    Queries are embedded many at a time in one thread; another thread of the linear algebra would take the processor
    from the event loop, and they wait for each other.
    """

    @functools.wraps(command)
    def with_one_thread(**options: Any) -> None:
        for library in ("OPENBLAS", "OMP"):
            os.environ.setdefault(f"{library}_NUM_THREADS", "1")
        command(**options)

    return with_one_thread


@click.command(short_help="Search in the browser, see the motions move.")
@click.argument("indexes", nargs=-1, required=True, metavar="[NAME=]INDEX...")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for any.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@click.option(
    "--token-file",
    type=click.Path(path_type=Path),
    envvar="TMR_TOKEN_FILE",
    show_envvar=True,
    help="Only who knows a token may ask: a line each.",
)
@click.option("--writable", is_flag=True, help="Let who knows a token add and remove items.")
@click.option("--allow-origin", "origins", multiple=True, metavar="URL", help="A site whose pages may ask; repeatable.")
@click.option(
    "--rate-limit",
    type=click.FloatRange(0),
    help="Requests a second that a client may send, 0 for any.  [default: 50; any on this machine only]",
)
@click.option(
    "--max-upload", type=click.FloatRange(0.1, 2000), default=32.0, show_default=True, help="Megabytes that are taken."
)
@click.option(
    "--log",
    type=click.Choice(["none", "paths", "queries"]),
    default="none",
    show_default=True,
    help="A line a request on stderr; with what was asked, or without.",
)
@model_option
@text_side_option
@_on_one_thread
@reading_options
def serve(
    indexes: tuple[str, ...],
    host: str,
    port: int,
    token_file: Path | None,
    writable: bool,
    origins: tuple[str, ...],
    rate_limit: float | None,
    max_upload: float,
    log: str,
    model: str | None,
    text_side: "TextSide | None",
    options: "ReadingOptions",
) -> None:
    """Serve each INDEX as a page and as an HTTP API, until Ctrl-C. Without --writable nothing is changed.

    INDEX is an index folder, or a folder of motion files that was indexed without -o. Requests name it by NAME, or by
    the folder's name; the first is meant where none is named. Only this machine can ask unless --host says otherwise.
    """
    folders, tokens = _folders(indexes), _tokens(token_file)
    sites = tuple(_origin(origin) for origin in origins)
    from tmr.motion.telling import count_of
    from tmr.search.index import Index
    from tmr.search.server import create_app
    from tmr.search.service.desk import MEGABYTE, Settings
    from tmr.search.service.guard import LOOPBACK

    is_local = host in LOOPBACK
    per_second = rate_limit if rate_limit is not None else 0.0 if is_local else _STRANGERS_PER_SECOND
    settings = Settings(
        options=options,
        hosts=LOOPBACK if is_local else None,
        tokens=tokens,
        writable=writable,
        origins=sites,
        requests_per_second=per_second or None,
        upload_bytes=round(max_upload * MEGABYTE),
        log=log,
    )
    with contextlib.ExitStack() as stack:
        opened = {
            name: stack.enter_context(Index.open(folder, model, text=text_side, many=True))
            for name, folder in folders.items()
        }
        listening = stack.enter_context(_listen(host, port))
        for index in opened.values():
            # Loads the model, so that the first visitor does not wait, and refuses one that did not make the index.
            index.search("a person walks", k=1)
        if not is_local and not settings.tokens:
            roots = ", ".join(repr(str(index.root)) for index in opened.values())
            click.echo(f"tmr: whoever reaches {host} can search and download {roots}", err=True)
        count = count_of(sum(len(index) for index in opened.values()), "item")
        shown = f"[{host}]" if ":" in host else host
        click.echo(f"http://{shown}:{listening.getsockname()[1]}  ({count}; Ctrl-C stops)")
        _run(create_app(opened, settings=settings), listening, settings)


def _run(app: "Guard", listening: socket.socket, settings: "Settings") -> None:
    """Answer until Ctrl-C or SIGTERM; what is being answered then gets five seconds to end."""
    import logging

    import uvicorn

    from tmr.search.service.connection import allow_connections, server_config

    logging.basicConfig(format="%(asctime)s %(levelname)s %(message)s", level=logging.WARNING)
    if settings.log != "none":
        logging.getLogger("tmr.serve").setLevel(logging.INFO)
    allow_connections()
    # uvicorn stops in an orderly way and then raises the signal again: what is open is to be closed then.
    signal.signal(signal.SIGTERM, _leave)
    uvicorn.Server(server_config(app)).run(sockets=[listening])


def _leave(*_: object) -> None:
    click.echo("tmr: stopped", err=True)
    raise SystemExit(0)


def _folders(indexes: tuple[str, ...]) -> dict[str, Path]:
    """Return the index folders by their names.

    Raises:
        click.UsageError: If two have the same name.
    """
    folders: dict[str, Path] = {}
    for argument in indexes:
        named = None if Path(argument).exists() else _NAMED.fullmatch(argument)
        given = Path(named[2] if named else argument)
        folder = index_of(given)
        own = given.resolve()
        name = named[1] if named else re.sub(r"[^\w.-]", "_", (own.parent if own.name == DEFAULT_NAME else own).name)
        name = name[:64] or "default"
        if name in folders:
            raise click.UsageError(f"two indexes are called {name!r}; name them: one={argument} other=…")
        folders[name] = folder
    return folders


def _tokens(file: Path | None) -> tuple[str, ...]:
    """Return the tokens of a file, a line each.

    Raises:
        TMRError: If it cannot be read, or a token is missing, too short or not plain.
    """
    from tmr.errors import TMRError
    from tmr.search.typed import as_typed

    if file is None:
        return ()
    try:
        content = file.read_bytes()
    except OSError as error:
        raise TMRError(f"the token file {str(file)!r} cannot be read: {error.strerror or error}") from error
    # PowerShell's > writes UTF-16.
    encoding = "utf-16" if content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)) else "utf-8-sig"
    text = content.decode(encoding, "replace")
    if not text.isascii():
        raise TMRError(f"the token file {str(file)!r} holds more than plain ASCII; make another token")
    tokens = tuple(line.strip() for line in text.splitlines() if line.strip())
    if not tokens or any(len(token) < _SHORTEST_TOKEN or not token.isprintable() or " " in token for token in tokens):
        make_one = as_typed("python", "-c", "import secrets; print(secrets.token_urlsafe())")
        raise TMRError(
            f"the token file {str(file)!r} must hold a token a line, each of {_SHORTEST_TOKEN} characters or more and "
            f"without spaces; make one with: {make_one}"
        )
    return tokens


def _origin(origin: str) -> str:
    """Return a site's address as browsers send it.

    Raises:
        click.BadParameter: If it is none.
    """
    if not _ORIGIN.fullmatch(origin):
        raise click.BadParameter(
            f"{origin!r} is no site; expected, say, https://example.org without a path", param_hint="--allow-origin"
        )
    return origin


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        TMRError: If the address cannot be taken.
    """
    from tmr.errors import TMRError

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family, backlog=1024)
        # asyncio does this for sockets that it makes itself; without it an answer waits 40 ms for its own header.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise TMRError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; choose another with --port or --host"
        ) from error
