"""Mixture: what a recipe draws from if the data is not the data that it was made for."""

import dataclasses

from tmr.motion.dataset import read_sentences
from tmr.training.data.find import TrainingData
from tmr.training.recipes import TrainConfig

PROCEDURAL_SHARE = 0.15
"""Procedural motions name sides and counts exactly, which people's sentences often leave out."""

_ALWAYS_THERE = ("procedural", "joined")


def fit_to_data(config: TrainConfig, data: TrainingData) -> TrainConfig:
    """Return a recipe that draws from the data, if the data has none of the sources that the recipe names.

    The sources share what procedural and joined motions leave. Paraphrases are not drawn if the data has none.
    """
    named = {source for source, share in config.mixture.items() if share > 0 and source not in _ALWAYS_THERE}
    if not named or named & set(data.sources):
        return config
    joined = config.mixture.get("joined", 0.0) if config.joined else 0.0
    own = (1 - PROCEDURAL_SHARE - joined) / len(data.sources)
    mixture = dict.fromkeys(data.sources, own) | {"procedural": PROCEDURAL_SHARE}
    if joined:
        mixture["joined"] = joined
    folder = data.folder if data.folder.is_dir() else data.folder.parent
    return dataclasses.replace(
        config,
        mixture=mixture,
        joined_from=(*data.sources, "procedural"),
        paraphrases=config.paraphrases if config.paraphrases and read_sentences(folder) else 0,
    )
