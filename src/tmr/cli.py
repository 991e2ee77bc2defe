"""The command line: `tmr COMMAND …`; errors are one line on stderr, and the exit status tells how it went."""

import codecs
import sys
from typing import TextIO

import click

from tmr import __version__
from tmr.commands.demo import demo
from tmr.commands.embed import embed
from tmr.commands.evaluate import evaluate
from tmr.commands.index import index
from tmr.commands.info import info
from tmr.commands.search import search
from tmr.commands.serve import serve
from tmr.commands.train import train
from tmr.errors import TMRError

FAILED, WRONG_USAGE, SOME_SKIPPED, INTERRUPTED = 1, 2, 3, 130
# What stands for the lines and marks of our tables where the output's encoding has none, as on Windows in a file.
_PLAIN = {"─": "-", "│": "|", "→": "->", "↑": "^", "↓": "v", "−": "-", "≤": "<=", "≥": ">=", "✓": "*"}


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
@click.version_option(__version__, prog_name="tmr")
def tmr() -> None:
    """Text-to-motion retrieval: type a sentence, find the human motions that show it.

    Exit status: 0 all went well; 1 an error, told in one line; 2 wrong usage; 3 done, but some files were skipped, each
    named with its reason; 130 stopped with Ctrl-C.
    """


for command in (embed, index, search, serve, evaluate, train, demo, info):
    tmr.add_command(command)


def main() -> None:
    """Run the command line and exit."""
    for stream in (sys.stdout, sys.stderr):
        _print_any_text(stream)
    try:
        sys.exit(tmr.main(prog_name="tmr", standalone_mode=False))
    except TMRError as error:
        _say(" ".join(str(error).split()))
        sys.exit(FAILED)
    except click.exceptions.Abort:
        _say("stopped")
        sys.exit(INTERRUPTED)
    except click.ClickException as error:
        error.show()
        sys.exit(error.exit_code)
    except BrokenPipeError:
        # Whoever reads our output has seen enough, as `head` does. Nothing more can be said to it.
        sys.stdout = None
        sys.exit(FAILED)


def _say(message: str) -> None:
    click.echo(f"tmr: {message}", err=True)


def _print_any_text(stream: TextIO) -> None:
    """Let a stream print what its encoding does not have instead of failing: tables in plain signs, names escaped."""
    reconfigure = stream.reconfigure if hasattr(stream, "reconfigure") else None  # pyright: ignore[reportAttributeAccessIssue]
    if reconfigure is not None:
        codecs.register_error("tmr", _plainly)
        reconfigure(errors="tmr")


def _plainly(error: UnicodeError) -> tuple[str, int]:
    if not isinstance(error, UnicodeEncodeError):
        raise error
    unknown = error.object[error.start : error.end]
    return "".join(_PLAIN.get(sign) or sign.encode("ascii", "backslashreplace").decode() for sign in unknown), error.end
