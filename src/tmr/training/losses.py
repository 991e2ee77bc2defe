"""What a model is trained by: the contrastive loss, and the reconstruction, divergence and latent terms of TMR."""

import torch
from jaxtyping import Bool, Float, Int
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


def rival_loss(
    motion: Float[Tensor, "item width"],
    text: Float[Tensor, "item width"],
    temperature: Float[Tensor, ""],
    rivals: Int[Tensor, " item"],
) -> Float[Tensor, ""]:
    """Return the loss of telling each row from the one it is most easily taken for, in nats; 0 if there is no such row.

    In the loss over all rows a rival is one negative of many, and the others are told from the row by other things
    than its sides or its order.

    Args:
        motion: Unit embeddings of the motions.
        text: Unit embeddings of the texts; row i belongs to motion i.
        temperature: Divides the similarities; over 0.
        rivals: The row that each row is to be told from; its own number where there is none.
    """
    (chosen,) = torch.nonzero(rivals != torch.arange(len(rivals), device=rivals.device), as_tuple=True)
    if not len(chosen):
        return motion.sum() * 0
    rival = rivals[chosen]
    own = (motion[chosen] * text[chosen]).sum(dim=1)
    wrong_text = (motion[chosen] * text[rival]).sum(dim=1)
    wrong_motion = (motion[rival] * text[chosen]).sum(dim=1)
    return (
        functional.softplus((wrong_text - own) / temperature).mean()
        + functional.softplus((wrong_motion - own) / temperature).mean()
    ) / 2


def duplicates(
    text_similarity: Float[Tensor, "item items"],
    same_sides: Bool[Tensor, "item items"],
    threshold: float,
) -> Bool[Tensor, "item items"]:
    """Return which pairs of texts say the same.

    Args:
        text_similarity: Cosine of the sentences by the frozen text backbone.
        same_sides: True where two texts name the same sides in the same order: "left hand" and "right hand" are nearly
            the same to a sentence encoder, and the very negative that teaches sides.
        threshold: Texts above this cosine count as the same.
    """
    return (text_similarity > threshold) & same_sides


def kl_divergence(
    mean: Float[Tensor, "item width"],
    log_variance: Float[Tensor, "item width"],
    other_mean: Float[Tensor, "item width"],
    other_log_variance: Float[Tensor, "item width"],
) -> Float[Tensor, ""]:
    """Return the divergence KL(one ‖ other) of normal distributions in nats, the mean over rows and dimensions.

    Source:
        Kingma and Welling, 2014; TMR takes the mean over dimensions where others take the sum.
    """
    ratio = log_variance - other_log_variance
    return (ratio.exp() + (mean - other_mean).square() / other_log_variance.exp() - 1 - ratio).mean() / 2


def latent_divergence(
    motion_mean: Float[Tensor, "item width"],
    motion_log_variance: Float[Tensor, "item width"],
    text_mean: Float[Tensor, "item width"],
    text_log_variance: Float[Tensor, "item width"],
) -> Float[Tensor, ""]:
    """Return the sum of TMR's four divergences: motion and text from each other, and each from N(0, 1)."""
    motion, text = (motion_mean, motion_log_variance), (text_mean, text_log_variance)
    standard = (torch.zeros_like(motion_mean), torch.zeros_like(motion_mean))
    return (
        kl_divergence(*text, *motion)
        + kl_divergence(*motion, *text)
        + kl_divergence(*motion, *standard)
        + kl_divergence(*text, *standard)
    )


def reconstruction_loss(
    decoded: Float[Tensor, "batch frame feature"],
    features: Float[Tensor, "batch frame feature"],
    mask: Bool[Tensor, "batch frame"],
    num_values: int,
) -> Float[Tensor, ""]:
    """Return the smooth L1 distance of decoded motions from the true ones, summed over their own frames.

    Args:
        decoded: What the decoder made; what stands past a motion's end does not count.
        features: Normalised features of the motions.
        mask: True for a motion's frames.
        num_values: What the sum is divided by. TMR takes the mean over the padded batch, in which the frames past an
            end are zeros on both sides: rows times longest motion times features of the whole batch.

    Source:
        Petrovich et al.: TEMOS, ECCV 2022, and TMR, ICCV 2023.
    """
    distance = functional.smooth_l1_loss(decoded, features, reduction="none")
    return (distance * mask[..., None]).sum() / num_values
