"""Mixture: what a recipe draws from if the data is not the data that it was made for."""

import dataclasses

from tmr.motion.dataset import read_sentences
from tmr.training.data.find import TrainingData
from tmr.training.recipes import COMPOSED, PROCEDURAL, TrainConfig

PROCEDURAL_SHARE = 0.15
"""Procedural motions name sides and counts exactly, which people's sentences often leave out."""


def fit_to_data(config: TrainConfig, data: TrainingData) -> TrainConfig:
    """Return a recipe that draws from the data, if the data has none of the sources that the recipe names.

    The sources share what procedural and composed motions leave. Paraphrases are not drawn if the data has none.
    """
    named = {source for source, share in config.mixture.items() if share > 0 and source not in (*PROCEDURAL, *COMPOSED)}
    if not named or named & set(data.sources):
        return config
    # Only takes with labels have styles.
    able = [name for name in COMPOSED if name != "styled"]
    composed = {name: config.mixture[name] for name in able if name in config.mixture and getattr(config, name)}
    made = {name: PROCEDURAL_SHARE / len(PROCEDURAL) for name in PROCEDURAL}
    own = (1 - PROCEDURAL_SHARE - sum(composed.values())) / len(data.sources)
    mixture = dict.fromkeys(data.sources, own) | made | composed
    folder = data.folder if data.folder.is_dir() else data.folder.parent
    return dataclasses.replace(
        config,
        mixture=mixture,
        joined_from=(*data.sources, *PROCEDURAL),
        paraphrases=config.paraphrases if config.paraphrases and read_sentences(folder) else 0,
    )
