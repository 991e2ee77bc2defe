"""Options that several commands have in common."""

import functools
from collections.abc import Callable
from typing import Any

import click

MODEL_HELP = "A model of the package (default, open), on the hub, or in a folder."
_AXES = ("x", "y", "z", "-x", "-y", "-z")


class Unit(click.ParamType):
    """A unit of length by name, or as the number of metres that it has."""

    name = "unit"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> float:
        """Return the metres in one unit."""
        from tmr.motion.units import UNITS

        if isinstance(value, float):
            return value
        if value in UNITS:
            return UNITS[value]
        try:
            metres = float(value)
        except ValueError:
            metres = 0.0
        if not 0 < metres < 1e6:
            self.fail(f"{value!r} is no unit; expected {', '.join(UNITS)} or a number of metres over 0", param, ctx)
        return metres


class JointName(click.ParamType):
    """`role=name`: which of the source's joints plays a role."""

    name = "role=name"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> tuple[str, str]:
        """Return the role and the name."""
        if isinstance(value, tuple):
            return value
        role, equals, name = value.partition("=")
        if not (role.strip() and equals and name.strip()):
            self.fail(f"{value!r} is not of the form role=name, such as left_hip=LeftUpLeg", param, ctx)
        from tmr.motion.roles import ROLES

        if role.strip() not in ROLES:
            self.fail(f"there is no joint role {role.strip()!r}; there are {', '.join(ROLES)}", param, ctx)
        return role.strip(), name.strip()


def model_option(command: Callable) -> Callable:
    """Add --model."""
    return click.option("--model", metavar="NAME|FOLDER", help=f"{MODEL_HELP}  [default: default]")(command)


def quiet_option(help: str) -> Callable:
    """Return what adds --quiet, which also keeps the licence of a model from being said."""
    return click.option("--quiet", "-q", is_flag=True, callback=_keep_licence_quiet, help=help)


def _keep_licence_quiet(ctx: click.Context, param: click.Parameter, quiet: bool) -> bool:
    if quiet:
        import logging

        # The name is `tmr.model.card.LOGGER`; importing that takes as long as importing NumPy.
        logger = logging.getLogger("tmr.licence")
        # For this command only: another one may run in the same process.
        ctx.call_on_close(functools.partial(logger.setLevel, logger.level))
        logger.setLevel(logging.ERROR)
    return quiet


def text_side_option(command: Callable) -> Callable:
    """Add --text-side."""
    return click.option(
        "--text-side",
        type=click.Choice(("compact", "full")),
        help="What sentences go through: the small tower or the language model.  [default: compact if it is there]",
    )(command)


def reading_options(command: Callable) -> Callable:
    """Add what can be said of motion files that do not say it themselves; the command gets it as `options`."""

    @functools.wraps(command)
    def with_options(
        fps: float | None, up: str | None, unit: float | None, joints: tuple[tuple[str, str], ...], **others: Any
    ) -> Any:
        from tmr.search.reading import ReadingOptions

        return command(options=ReadingOptions(fps=fps, unit=unit, up=up, joint_names=joints), **others)

    for option in (
        click.option(
            "--fps", type=click.FloatRange(0, min_open=True), help="Frames per second; wins over what the files say."
        ),
        click.option(
            "--up", type=click.Choice(_AXES), help="The axis that points up; found from the body if left out."
        ),
        click.option(
            "--unit", type=Unit(), help="m, cm, mm, inch, ft, cmu or metres; found from the body if left out."
        ),
        click.option(
            "--joint", "joints", type=JointName(), multiple=True, help="Say which joint plays a role; repeatable."
        ),
    ):
        with_options = option(with_options)
    return with_options


def working_options(command: Callable) -> Callable:
    """Add how files are worked through."""
    for option in (
        quiet_option("No progress on stderr, and no word of the model's licence."),
        click.option(
            "--timeout",
            type=click.FloatRange(0, min_open=True),
            default=60.0,
            show_default=True,
            help="Seconds that reading one file may take before it is skipped.",
        ),
        click.option("--workers", type=click.IntRange(0), help="Reading processes; one a processor if left out."),
    ):
        command = option(command)
    return command


def window_options(command: Callable) -> Callable:
    """Add how long takes are cut."""
    for option in (
        click.option("--hop", type=float, help="Seconds from the start of a window to the next.  [default: 5]"),
        click.option(
            "--window", type=float, help="Longer takes are cut into windows of so many seconds.  [default: 10]"
        ),
    ):
        command = option(command)
    return command


def windows_options(command: Callable) -> Callable:
    """Add how long takes are cut for an index: in windows of several lengths."""
    for option in (
        click.option("--hop", type=float, help="Seconds from a longest window to the next.  [default: half of it]"),
        click.option(
            "--window",
            "windows",
            type=float,
            multiple=True,
            help="Longer takes are cut into windows of so many seconds; repeatable.  [default: 10, 5 and 2.5]",
        ),
    ):
        command = option(command)
    return command
