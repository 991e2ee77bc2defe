"""`tmr evaluate …`: is the space good, are generated motions good?"""

import click


@click.group(short_help="Measure a model, or a generator of motion.")
def evaluate() -> None:
    """Measure a model or a motion generator; every number with its gallery, its rules and its interval."""
