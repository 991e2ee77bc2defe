"""Options that several commands have in common."""

import functools
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

MODEL_HELP = "A model of the package (default, open), on the hub, or in a folder."
_AXES = ("x", "y", "z", "-x", "-y", "-z")
# Those of `tmr.motion.formats.skeletons`; importing that takes as long as importing NumPy.
_SKELETONS = ("somaskel30", "somaskel77", "smplx22", "smpl24")
_OVER_ZERO = click.FloatRange(0, min_open=True)


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


class GivenFile(click.Path):
    """A file that many motions are read with: it is there, can be read, and is no pipe, which could be read only once.

    Args:
        suffix: What its name must end in, in lower case; None for anything.
        advice: What to do about one that ends otherwise.
    """

    def __init__(self, suffix: str | None = None, advice: str = "") -> None:
        super().__init__(exists=True, dir_okay=False, path_type=Path)
        self._suffix, self._advice = suffix, advice

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Path:
        """Return its path."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if not path.is_file():
            self.fail(f"{str(path)!r} is a pipe or a device; expected a file", param, ctx)
        if self._suffix is not None and path.suffix.lower() != self._suffix:
            self.fail(f"{str(path)!r} does not end in {self._suffix}; {self._advice}", param, ctx)
        return path


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
        fps: float | None,
        up: str | None,
        unit: float | None,
        joints: tuple[tuple[str, str], ...],
        skeleton: str | None,
        asf: Path | None,
        body_model: Path | None,
        **others: Any,
    ) -> Any:
        from tmr.search.reading import ReadingOptions

        options = ReadingOptions(
            fps=fps, unit=unit, up=up, skeleton=skeleton, joint_names=joints, asf=asf, body_model=body_model
        )
        return command(options=options, **others)

    for option in (
        click.option(
            "--body-model",
            type=GivenFile(".npz", "a pickled model could run any code and is not read: use the model's .npz file"),
            help="SMPL model (.npz) that shapes AMASS bodies; the mean body if left out.",
        ),
        click.option("--asf", type=GivenFile(), help="Skeleton of all .amc files; the .asf beside each if left out."),
        click.option(
            "--skeleton",
            type=click.Choice(_SKELETONS),
            metavar="NAME",
            help=f"Skeleton of arrays that name no joints: {', '.join(_SKELETONS)}; found if left out.",
        ),
        click.option(
            "--fps",
            type=_OVER_ZERO,
            help="Frames per second of all files; wins over what they say.",
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
            type=_OVER_ZERO,
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
        click.option("--hop", type=_OVER_ZERO, help="Seconds from the start of a window to the next.  [default: 5]"),
        click.option(
            "--window", type=_OVER_ZERO, help="Longer takes are cut into windows of so many seconds.  [default: 10]"
        ),
    ):
        command = option(command)
    return command


def windows_options(command: Callable) -> Callable:
    """Add how long takes are cut for an index: in windows of several lengths."""
    for option in (
        click.option(
            "--hop", type=_OVER_ZERO, help="Seconds from a longest window to the next.  [default: half of it]"
        ),
        click.option(
            "--window",
            "windows",
            type=_OVER_ZERO,
            multiple=True,
            help="Longer takes are cut into windows of so many seconds; repeatable.  [default: 10, 5 and 2.5]",
        ),
    ):
        command = option(command)
    return command
