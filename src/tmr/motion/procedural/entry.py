"""Entry: one motion of the library, how it is made, what people would say of it, and what is true of it."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from tmr.motion.procedural.body import SIDES, Act, Take, mirrored, other, then
from tmr.motion.procedural.gaits import travel
from tmr.motion.procedural.walks import GAITS

Label = str | int | float
Maker = Callable[[Take], Act]


@dataclass(frozen=True)
class Entry:
    """One motion of the library.

    Args:
        name: A lower-case name, different for every entry.
        make: Makes the act of a take.
        captions: What people would say of it.
        labels: What is true of it: see `library.LabelledMotion`.
    """

    name: str
    make: Maker
    captions: tuple[str, ...]
    labels: Mapping[str, Label]


def gait(name: str) -> Maker:
    """Return what makes a gait of `GAITS`."""
    return lambda take: travel(GAITS[name], take)


def on_right(make: Maker) -> Maker:
    """Return what makes the mirror image of a motion."""
    return lambda take: mirrored(make(take))


def after(first: Maker, second: Maker) -> Maker:
    """Return what makes one motion and then another."""
    return lambda take: then(first(take), second(take))


def one(name: str, make: Maker, captions: str, **labels: Label) -> Iterator[Entry]:
    """Yield an entry. Captions stand one a line."""
    yield Entry(name, make, _lines(captions), {"action": name, "side": "", **labels})


def pair(name: str, make: Maker, captions: str, **labels: Label) -> Iterator[Entry]:
    """Yield a motion of the left side and its mirror image; fill `{side}` and `{other}` in captions and labels."""
    for side in SIDES:
        words = {"side": side, "other": other(side)}
        truth = {key: value.format(**words) if isinstance(value, str) else value for key, value in labels.items()}
        yield Entry(
            f"{name}_{side}",
            make if side == "left" else on_right(make),
            _lines(captions.format(**words)),
            {"action": name, "side": side, **truth},
        )


def _lines(captions: str) -> tuple[str, ...]:
    return tuple(line.strip() for line in captions.strip().splitlines())
