"""`tmr serve`: search an index in the browser, and over HTTP."""

import socket
from pathlib import Path

import click

from tmr.commands.index import DEFAULT_NAME
from tmr.commands.options import model_option, options_from, reading_options


@click.command(short_help="Search in the browser, see the motions move.")
@click.argument("index", type=click.Path(path_type=Path))
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on; 0.0.0.0 for any.")
@click.option("--port", type=click.IntRange(0, 65535), default=8000, show_default=True, help="0 takes a free one.")
@model_option
@reading_options
def serve(
    index: Path,
    host: str,
    port: int,
    model: str | None,
    joints: tuple[tuple[str, str], ...],
    unit: float | None,
    up: str | None,
    fps: float | None,
) -> None:
    """Serve INDEX as a page and as an HTTP API, until Ctrl-C. Nothing is changed.

    INDEX is an index folder, or a folder of motion files that was indexed without -o. Only this machine can ask unless
    --host says otherwise; there is no password.
    """
    import uvicorn

    from tmr.search.guard import LOOPBACK
    from tmr.search.index import Index
    from tmr.search.server import create_app

    folder = index / DEFAULT_NAME if (index / DEFAULT_NAME).is_dir() else index
    with Index.open(folder, model) as opened, _listen(host, port) as listening:
        # Loads the model, so that the first visitor does not wait, and refuses one that did not make the index.
        opened.search("a person walks", k=1)
        is_local = host in LOOPBACK
        app = create_app(opened, options=options_from(fps, up, unit, joints), hosts=LOOPBACK if is_local else None)
        # A client that is one of too many, or idle, is let go; queries are not written to a log.
        config = uvicorn.Config(
            app, log_level="warning", access_log=False, limit_concurrency=512, timeout_graceful_shutdown=5
        )
        shown = f"[{host}]" if ":" in host else host
        if not is_local:
            click.echo(f"tmr: whoever reaches {host} can search and download {str(opened.root)!r}", err=True)
        count = f"{len(opened):,} {'item' if len(opened) == 1 else 'items'}"
        click.echo(f"http://{shown}:{listening.getsockname()[1]}  ({count}; Ctrl-C stops)")
        uvicorn.Server(config).run(sockets=[listening])


def _listen(host: str, port: int) -> socket.socket:
    """Return a socket that listens.

    Raises:
        TMRError: If the address cannot be taken.
    """
    from tmr.errors import TMRError

    try:
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        listening = socket.create_server((host, port), family=family)
        # asyncio does this for sockets that it makes itself; without it an answer waits 40 ms for its own header.
        listening.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return listening
    except OSError as error:
        raise TMRError(
            f"cannot listen on {host} port {port}: {error.strerror or error}; choose another with --port or --host"
        ) from error
