"""`tmr evaluate …`: is the space good, are generated motions good?"""

import click

from tmr.commands.evaluate.generation import generation
from tmr.commands.evaluate.kimodo import kimodo
from tmr.commands.evaluate.probes import probes
from tmr.commands.evaluate.report import report
from tmr.commands.evaluate.retrieval import retrieval


@click.group(short_help="Measure a model, or a generator of motion.")
def evaluate() -> None:
    """Measure a model or a motion generator; every number with its gallery, its rules and its interval."""


evaluate.add_command(generation)
evaluate.add_command(kimodo)
evaluate.add_command(probes)
evaluate.add_command(report)
evaluate.add_command(retrieval)
