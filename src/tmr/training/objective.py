"""Objective: what is computed of a batch row by row, and what its rows are to each other."""

import contextlib
from collections.abc import Callable, Sequence
from typing import NamedTuple

import torch
from jaxtyping import Float
from torch import Tensor, nn
from torch.nn import functional

from tmr.model.decoder import MotionDecoder
from tmr.model.precision import wants_bfloat16
from tmr.model.tmr import TMR
from tmr.model.transformer import Posterior
from tmr.training.batches import Batch, Group, Part
from tmr.training.losses import contrastive_loss, latent_divergence, reconstruction_loss, rival_loss
from tmr.training.recipes import TrainConfig

SMALLEST_TEMPERATURE = 0.02


class Encoded(NamedTuple):
    """What the encoders say of motions and of texts: the point, and where it counts mean and log-variance after it.

    The point is what is compared and decoded: the mean of the posterior, or a draw from it.
    """

    motion: Float[Tensor, "motion kind width"]
    text: Float[Tensor, "text kind width"]


class Objective:
    """The loss of a recipe, as the sum of what needs all rows of a batch and what needs only those of a part.

    Args:
        model: What is trained.
        decoder: Decodes points into motions; None if the recipe does not reconstruct.
        log_temperature: Logarithm of the temperature.
        config: The losses and their weights.
    """

    def __init__(
        self, model: TMR, decoder: MotionDecoder | None, log_temperature: nn.Parameter, config: TrainConfig
    ) -> None:
        self._model, self._decoder, self._log_temperature, self._config = model, decoder, log_temperature, config
        self._bfloat16 = wants_bfloat16(config.precision, model.device)

    @property
    def temperature(self) -> Float[Tensor, ""]:
        """What similarities are divided by."""
        return self._log_temperature.exp().clamp_min(SMALLEST_TEMPERATURE)

    def encode(self, part: Part) -> Encoded:
        """Return what the encoders say of a part, in the order of its rows."""
        model = self._model
        return Encoded(
            self._encode(model.motion_posterior, part.motions), self._encode(model.text_posterior, part.texts)
        )

    def _encode(self, posterior: Callable[[Tensor, Tensor], Posterior], groups: Sequence[Group]) -> Tensor:
        with self._precision():
            found = [self._kinds(posterior(vectors, mask)) for _, vectors, mask in groups]
        place = torch.tensor([place for places, _, _ in groups for place in places]).argsort()
        return torch.cat(found)[place.to(self._model.device)].float()

    def _kinds(self, posterior: Posterior) -> Tensor:
        mean, log_variance = posterior
        if log_variance is None or not (self._config.sampled or self._config.divergence_weight):
            return mean[:, None]
        mean, log_variance = mean.float(), log_variance.float()
        point = mean + (log_variance / 2).exp() * torch.randn_like(mean) if self._config.sampled else mean
        return torch.stack((point, mean, log_variance), dim=1)

    def across(self, all_rows: Encoded, batch: Batch) -> Float[Tensor, ""]:
        """Return the part of the loss for which every row needs the others, in nats."""
        config = self._config
        text, paraphrases = all_rows.text[: batch.num_motions], all_rows.text[batch.num_motions :, 0]
        motion = all_rows.motion
        points = [functional.normalize(side[:, 0], dim=-1) for side in (motion, text)]
        loss = contrastive_loss(points[0], points[1], self.temperature, batch.duplicate.to(motion.device))
        if config.contrastive_weight != 1:
            loss = config.contrastive_weight * loss
        if config.rival_weight:
            told_apart = rival_loss(points[0], points[1], self.temperature, batch.rivals.to(motion.device))
            loss = loss + config.rival_weight * told_apart
        if batch.duplicate_paraphrases is not None:
            first, second = functional.normalize(paraphrases, dim=-1).chunk(2)
            duplicate = batch.duplicate_paraphrases.to(motion.device)
            loss = loss + config.paraphrase_weight * contrastive_loss(first, second, self.temperature, duplicate)
            if config.rival_weight and batch.rival_paraphrases is not None:
                rival_pairs = batch.rival_paraphrases.to(motion.device)
                loss = loss + config.rival_weight * rival_loss(first, second, self.temperature, rival_pairs)
        if config.divergence_weight:
            divergence = latent_divergence(motion[:, 1], motion[:, 2], text[:, 1], text[:, 2])
            loss = loss + config.divergence_weight * divergence
        if config.latent_weight:
            loss = loss + config.latent_weight * functional.smooth_l1_loss(text[:, 0], motion[:, 0])
        return loss

    def within(self, part: Part, encoded: Encoded, batch: Batch) -> Float[Tensor, ""] | None:
        """Return the part of the loss that each row has for itself: its motion, decoded from its motion and its text.

        The parts' values sum to the batch's. None if the recipe does not reconstruct.
        """
        if self._decoder is None:
            return None
        num_values = batch.num_motions * batch.longest * self._model.features.width
        losses = []
        for places, features, mask in part.motions:
            target = self._model.normalise(features)
            for side in (encoded.text, encoded.motion):
                with self._precision():
                    decoded = self._decoder(side[places, 0], mask)
                losses.append(reconstruction_loss(decoded.float(), target, mask, num_values))
        return self._config.reconstruction_weight * torch.stack(losses).sum()

    def _precision(self) -> contextlib.AbstractContextManager:
        return torch.autocast(self._model.device.type, torch.bfloat16, enabled=self._bfloat16)
