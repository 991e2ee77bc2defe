"""Progress on stderr, with a rate and the time that is left; and what was skipped."""

import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from tmr.search.report import Progress
    from tmr.search.skipped import Skipped


class ProgressLine:
    """One line on stderr: redrawn on a terminal, a new line now and then elsewhere.

    Args:
        doing: A verb, as in "indexed 3 of 10 files".
        quiet: Say nothing.
    """

    def __init__(self, doing: str, quiet: bool) -> None:
        self._doing, self._quiet = doing, quiet
        self._on_terminal = sys.stderr.isatty()
        self._last_seconds = 0.0
        self._open = False
        self.last: Progress | None = None

    def __call__(self, progress: "Progress") -> None:
        """Show how far it is."""
        self.last = progress
        finished = progress.done == progress.total
        if self._quiet or not (self._on_terminal or finished or progress.seconds - self._last_seconds >= 10):
            return
        self._last_seconds = progress.seconds
        text = progress_text(self._doing, progress)
        if self._on_terminal:
            click.echo(f"\r\x1b[K{text}", err=True, nl=finished)
            self._open = not finished
        else:
            click.echo(text, err=True)

    def end(self) -> None:
        """End the line, so that what follows begins a new one."""
        if self._open:
            click.echo("", err=True)
            self._open = False


def progress_text(doing: str, progress: "Progress") -> str:
    """Return how far it is, how fast, and how long it will take."""
    text = f"{doing} {progress.done:,} of {progress.total:,} files"
    if progress.skipped:
        text += f", {progress.skipped:,} skipped"
    if progress.done and progress.seconds > 0:
        rate = progress.done / progress.seconds
        text += f", {rate:.1f} a second" if rate < 100 else f", {rate:,.0f} a second"
        if progress.done < progress.total:
            text += f", {clock((progress.total - progress.done) / rate)} left"
        else:
            text += f", {clock(progress.seconds)} in all"
    return text


def clock(seconds: float) -> str:
    """Return a duration as minutes and seconds, with hours if there are any."""
    minutes, rest = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"


def name_skipped(skipped: "Sequence[Skipped]") -> None:
    """Name the skipped files, and folders, with their reasons on stderr, and count them."""
    from tmr.motion.telling import count_of

    for row in skipped:
        click.echo(f"skipped {row.item}: {row.reason}", err=True)
    folders = sum(row.item.endswith("/") for row in skipped)
    files = len(skipped) - folders
    if files:
        click.echo(f"{count_of(files, 'file was', 'files were')} skipped", err=True)
    if folders:
        click.echo(f"{count_of(folders, 'folder was', 'folders were')} skipped", err=True)
