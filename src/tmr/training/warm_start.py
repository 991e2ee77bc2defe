"""Start: a model whose weights and normalisation another one begins with, whole or with a new text side."""

import dataclasses

from torch import nn

from tmr.model.card import licence_of
from tmr.model.checkpoint import find_checkpoint
from tmr.model.config import ModelConfig
from tmr.model.tmr import TMR, load_model


@dataclasses.dataclass(frozen=True, eq=False)
class Start:
    """What a run begins with in place of random weights.

    Args:
        source: The model, ours or the published one.
        new_text: Whether the text side begins at random, on the text backbone of `recipe`.
        recipe: The architecture that the recipe trains, for a new text side.
        name: What the model was asked for by.
        licence: What its card says of its licence, as the hub writes it; None if nothing.
    """

    source: TMR
    new_text: bool
    recipe: ModelConfig
    name: str = ""
    licence: str | None = None

    @property
    def config(self) -> ModelConfig:
        """The architecture: the source's, with the recipe's text backbone and text layers if that side is new."""
        if not self.new_text:
            return self.source.config
        return dataclasses.replace(
            self.source.config,
            text_backbone=self.recipe.text_backbone,
            text_width=self.recipe.text_width,
            text_layers=self.recipe.text_layers,
            max_text_tokens=self.recipe.max_text_tokens,
            text_order=self.recipe.text_order,
            learnt_words=self.recipe.learnt_words,
        )

    @property
    def lacks_text(self) -> bool:
        """Whether the text side stays on a backbone that the recipe would not take: a big language model, say."""
        return self.config.text_backbone != self.recipe.text_backbone

    @property
    def claim(self) -> dict[str, object]:
        """What tells this start from others, for the run's folder."""
        return {"model": self.source.checkpoint_hash, "new_text": self.new_text}

    def model(self, config: ModelConfig) -> TMR:
        """Return a model with the source's weights and normalisation, and a new text side at random.

        Args:
            config: That of this start, with the words that are learnt.
        """
        model = TMR(config)
        weights = self.source.state_dict()
        if self.new_text:
            weights |= {name: value for name, value in model.state_dict().items() if name.startswith("text_encoder.")}
            weights = {name: value for name, value in weights.items() if name in model.state_dict()}
        model.load_state_dict(weights)
        return model

    def known(self, model: TMR) -> list[nn.Parameter]:
        """Return those weights of a model of this start that are the source's."""
        return list((model.motion_encoder if self.new_text else model).parameters())


def load_start(source: str, recipe: ModelConfig, *, new_text: bool) -> Start:
    """Return a start from a model.

    Args:
        source: A model of the package, a folder or a name of the hub, as `load_model` takes them.
        recipe: The architecture that the recipe trains, for a new text side.
        new_text: Whether the text side begins at random.

    Raises:
        ModelError: If there is no such model.
    """
    model = load_model(source, device="cpu")
    return Start(model, new_text, recipe, source, licence_of(find_checkpoint(source)))
