"""Examples of the procedural library: some of its motions alone."""

from tmr.training.examples import Groups


def only(groups: Groups, *takes: str) -> Groups:
    """Return the groups of some motions, by name."""
    return {"procedural": [group for group in groups["procedural"] if group[0].take.split("/")[1] in takes]}
