"""Fill card_template.md: what a model card says follows from the sources that the model was trained on."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tmr.model.card import spelt
from tmr.model.tmr import TMR
from tmr.motion.prepare import PreparedClip, select

TEMPLATE = Path(__file__).with_name("card_template.md")


@dataclass(frozen=True)
class Source:
    """Data that a model may be trained on.

    Args:
        name: As `--without` names it; a pack, if it has motions that are not made here.
        title: As the card names it.
        words: What its sentences are.
        licence: Of its motions, or of its sentences where there is no motion.
        people: Who moves; `{}` stands for how many people the pack tells apart.
        place: Where they were captured.
        asks: The licence that it asks of the weights, as the hub spells it; empty if any will do.
    """

    name: str
    title: str
    words: str
    licence: str
    people: str = ""
    place: str = ""
    asks: str = ""


SOURCES = (
    Source(
        "cmu",
        "CMU Graphics Lab mocap",
        "people's sentences of HumanML3D and KIT-ML, a line a trial",
        "free for any use",
        "{} people of CMU, known by numbers",
        "the USA",
    ),
    Source(
        "bandai",
        "Bandai Namco Research",
        "sentences written from the labels (action, style)",
        "CC BY-NC 4.0",
        "Bandai Namco's actors, whom the pack does not tell apart",
        "Japan",
        "cc-by-nc-4.0",
    ),
    Source(
        "hdm05",
        "HDM05",
        "sentences written from the labels",
        "CC BY-SA 3.0",
        "HDM05's five actors",
        "Germany",
        "cc-by-sa-3.0",
    ),
    Source("ad_head", "AnimatedDrawings", "sentences written from the file names", "MIT"),
    Source("procedural", "procedural library", "exact captions", "ours"),
    Source("humanml3d", "HumanML3D, text only", "two sentences about one clip are to be near each other", "MIT"),
)


def sources_of(without: Sequence[str]) -> list[Source]:
    """Return the sources but some.

    Raises:
        SystemExit: If there is no such source.
    """
    known = [source.name for source in SOURCES]
    if unknown := sorted(set(without) - set(known)):
        raise SystemExit(f"no source {unknown[0]!r}; there are {', '.join(known)}")
    return [source for source in SOURCES if source.name not in without]


def licence_for(sources: Sequence[Source]) -> str:
    """Return under which licence weights may be given away that learnt from these sources, as the hub spells it."""
    return next((source.asks for source in sources if source.asks), "apache-2.0")


def card(
    name: str,
    model: TMR,
    clips: Sequence[PreparedClip],
    sources: Sequence[Source],
    tables: Mapping[str, Sequence[str]],
    beside: str,
) -> str:
    """Return the card of a model.

    Args:
        name: What the model is called.
        model: The model.
        clips: The packs, all splits.
        sources: What it was trained on.
        tables: The lines of the tables `measured`, `kimodo`, `bias`, `privacy` and `safety`.
        beside: What the tables lay beside it, in a part of a sentence.
    """
    config = model.config
    asking = _listed([source.title for source in sources if source.asks == licence_for(sources)])
    sides = {"motion_weights": model.motion_encoder, "text_weights": model.text_encoder}
    counts = {key: f"{sum(w.numel() for w in side.parameters()) / 1e6:.2f}" for key, side in sides.items()}
    values = {
        "name": name,
        "licence": licence_for(sources),
        "licence_spelt": spelt(licence_for(sources)),
        "because": f"because of {asking}" if asking else "as every source allows",
        "width": config.latent_dim,
        "features": model.features.width,
        "patch": config.patch_frames,
        "motion_layers": config.motion_layers,
        "text_layers": config.text_layers,
        "backbone": config.text_backbone,
        "data_rows": "\n".join(_data_row(source, clips) for source in sources),
        "places": _listed([source.place for source in sources if source.place]),
        "people": _people(sources, clips),
        "beside": beside,
        **counts,
        **{key: "\n".join(lines) for key, lines in tables.items()},
    }
    text = TEMPLATE.read_text(encoding="utf-8").format(**values)
    return text if tables["kimodo"] else text.replace("\n\n\n\n", "\n\n")


def _data_row(source: Source, clips: Sequence[PreparedClip]) -> str:
    own = [clip for clip in select(clips, "train") if clip.info.pack == source.name]
    hours = f"{sum(len(clip.joints) for clip in own) / 30 / 3600:.2f}" if own else ""
    count = f"{len(own):,}" if own else "TODO"
    return f"| {source.title} | {count} | {hours} | {source.words} | {source.licence} |"


def _people(sources: Sequence[Source], clips: Sequence[PreparedClip]) -> str:
    counts = {
        source.name: len({clip.info.subject for clip in select(clips, "train") if clip.info.pack == source.name})
        for source in sources
    }
    return _listed([source.people.format(counts[source.name]) for source in sources if source.people])


def _listed(words: Sequence[str]) -> str:
    return f"{', '.join(words[:-1])} and {words[-1]}" if len(words) > 1 else "".join(words)
