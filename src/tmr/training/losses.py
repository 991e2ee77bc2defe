"""The contrastive loss between motions and texts, with near duplicates left out of the negatives."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor
from torch.nn import functional


def contrastive_loss(
    motion: Float[Tensor, "item width"],
    text: Float[Tensor, "item width"],
    temperature: Float[Tensor, ""],
    duplicate: Bool[Tensor, "item item"],
) -> Float[Tensor, ""]:
    """Return the symmetric InfoNCE loss of a batch of pairs, in nats.

    Args:
        motion: Unit embeddings of the motions.
        text: Unit embeddings of the texts; row i belongs to motion i.
        temperature: Divides the similarities; over 0.
        duplicate: True where motion i and text j (or text i and motion j) may well belong together though i ≠ j: such
            a pair is no negative. Symmetric; the diagonal is ignored.

    Source:
        van den Oord et al., 2018; TMR (Petrovich et al., ICCV 2023) leaves out negatives with like texts.
    """
    logits = motion @ text.T / temperature
    own = torch.eye(len(logits), dtype=torch.bool, device=logits.device)
    logits = logits.masked_fill(duplicate & ~own, float("-inf"))
    target = torch.arange(len(logits), device=logits.device)
    return (functional.cross_entropy(logits, target) + functional.cross_entropy(logits.T, target)) / 2


def duplicates(
    text_similarity: Float[Tensor, "item item"],
    same_sides: Bool[Tensor, "item item"],
    threshold: float,
) -> Bool[Tensor, "item item"]:
    """Return which pairs of texts say the same.

    Args:
        text_similarity: Cosine of the sentences by the frozen text backbone.
        same_sides: True where two texts name the same sides in the same order: "left hand" and "right hand" are nearly
            the same to a sentence encoder, and the very negative that teaches sides.
        threshold: Texts above this cosine count as the same.
    """
    return (text_similarity > threshold) & same_sides
