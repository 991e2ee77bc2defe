"""SequenceEncoder: a transformer over motion or text tokens whose first two outputs are mean and log-variance."""

from typing import NamedTuple

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from tmr.errors import ModelError
from tmr.model.dropout import attention, dropout
from tmr.model.positions import sinusoidal_positions


class Posterior(NamedTuple):
    """What an encoder says of one motion or text: a normal distribution in the shared space.

    The mean is the embedding before it is scaled to unit length; a model without VAE has no log-variance.
    """

    mean: Float[Tensor, "batch width"]
    log_variance: Float[Tensor, "batch width"] | None


class EncoderLayer(nn.Module):
    """One post-norm transformer layer: self-attention, then a feed-forward network, each added and normalised.

    The same function as `torch.nn.TransformerEncoderLayer`, with the attention kernel called directly, so that it is as
    fast in training and under bfloat16 as in float32 inference.
    """

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float, activation: str) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.activation = functional.gelu if activation == "gelu" else functional.relu
        self.qkv = nn.Linear(width, 3 * width)
        self.out = nn.Linear(width, width)
        self.linear1 = nn.Linear(width, feed_forward)
        self.linear2 = nn.Linear(feed_forward, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        nn.init.xavier_uniform_(self.qkv.weight)
        nn.init.zeros_(self.qkv.bias)
        nn.init.zeros_(self.out.bias)

    def forward(
        self, x: Float[Tensor, "batch token width"], mask: Bool[Tensor, "batch 1 1 token"] | None
    ) -> Float[Tensor, "batch token width"]:
        """Return the tokens after this layer.

        Args:
            x: Tokens.
            mask: True where a token may be attended to; None if all may.
        """
        batch, tokens, width = x.shape
        query, key, value = self.qkv(x).view(batch, tokens, 3, self.heads, -1).permute(2, 0, 3, 1, 4)
        attended = attention(query, key, value, mask, self.dropout if self.training else 0.0)
        x = self.norm1(x + self._drop(self.out(attended.transpose(1, 2).reshape(batch, tokens, width))))
        return self.norm2(x + self._drop(self.linear2(self._drop(self.activation(self.linear1(x))))))

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


class SequenceEncoder(nn.Module):
    """Encode a sequence of vectors of any length into a posterior.

    Distribution tokens (two with VAE: mean, log-variance; else one) are put before the projected sequence, positions
    are added, and the outputs at the distribution tokens are the answer.

    Args:
        input_width: Numbers of a vector of the input.
        max_tokens: The longest input, in tokens after patching.
        patch: Vectors that are joined into one token.

    Attributes:
        token_dropout: Share of the tokens that is left out at random while training, 0 … 1; set by what trains.

    Source:
        Petrovich, Black, Varol: TMR, ICCV 2023 (the encoder of ACTOR), in the form that Kimodo published.
    """

    positions: Tensor

    def __init__(
        self,
        input_width: int,
        *,
        width: int,
        layers: int,
        heads: int,
        feed_forward: int,
        dropout: float,
        activation: str,
        vae: bool,
        max_tokens: int,
        patch: int = 1,
    ) -> None:
        super().__init__()
        self.patch = patch
        self.max_tokens = max_tokens
        self.dropout = dropout
        self.token_dropout = 0.0
        self.num_distribution_tokens = 2 if vae else 1
        self.tokens = nn.Parameter(torch.randn(self.num_distribution_tokens, width))
        self.projection = nn.Linear(patch * input_width, width)
        self.layers = nn.ModuleList(
            EncoderLayer(width, heads, feed_forward, dropout, activation) for _ in range(layers)
        )
        positions = torch.from_numpy(sinusoidal_positions(self.num_distribution_tokens + max_tokens, width))
        self.register_buffer("positions", positions, persistent=False)

    def forward(self, x: Float[Tensor, "batch token feature"], mask: Bool[Tensor, "batch token"]) -> Posterior:
        """Return mean and log-variance of each sequence; neither depends on what else is in the batch.

        Args:
            x: The sequences; what stands past a sequence's end does not matter, as long as it is finite.
            mask: True for a sequence's vectors, which come first; at least one in every row.

        Raises:
            ModelError: If a sequence is longer than the encoder takes.
        """
        if self.patch > 1:
            x, mask = join_patches(x, mask, self.patch)
        if x.shape[1] > self.max_tokens:
            raise ModelError(
                f"a sequence has {x.shape[1]} tokens; this encoder takes up to {self.max_tokens}: cut it into windows"
            )
        x, positions = self.projection(x), self.positions.to(x.dtype)
        first = self.tokens.to(x.dtype) + positions[: self.num_distribution_tokens]
        x = x + positions[self.num_distribution_tokens :][: x.shape[1]]
        if self.training and self.token_dropout:
            x, mask = drop_tokens(x, mask, self.token_dropout)
        x = dropout(torch.cat((first.expand(len(x), -1, -1), x), dim=1), self.dropout, self.training)
        # A batch without padding needs no mask, and attention without one takes the faster kernel.
        whole = bool(mask.all())
        attend = None if whole else functional.pad(mask, (self.num_distribution_tokens, 0), value=True)[:, None, None]
        for layer in self.layers:
            x = layer(x, attend)
        log_variance = x[:, 1] if self.num_distribution_tokens == 2 else None
        return Posterior(x[:, 0], log_variance)


def join_patches(
    x: Float[Tensor, "batch frame feature"], mask: Bool[Tensor, "batch frame"], patch: int
) -> tuple[Float[Tensor, "batch token joined"], Bool[Tensor, "batch token"]]:
    """Join each `patch` frames into one token.

    A last patch that is not full is filled with the sequence's own last frame, so that a motion ends by standing still
    and not by a jump to the average pose, and so that the result does not depend on how far the batch is padded.
    """
    tokens = -(-x.shape[1] // patch)
    if tokens * patch == x.shape[1] and mask.all():
        return x.reshape(len(x), tokens, patch * x.shape[2]), mask[:, ::patch]
    frame = torch.arange(tokens * patch, device=x.device)
    last = mask.sum(dim=1, keepdim=True) - 1
    source = torch.minimum(frame, last)
    row = torch.arange(len(x), device=x.device)[:, None]
    return x[row, source].reshape(len(x), tokens, patch * x.shape[2]), frame[::patch] <= last


def drop_tokens(
    x: Float[Tensor, "batch token width"], mask: Bool[Tensor, "batch token"], share: float
) -> tuple[Float[Tensor, "batch kept width"], Bool[Tensor, "batch kept"]]:
    """Leave out a random share of each sequence's tokens; the others keep their order, and less is computed.

    Source:
        Li et al.: FLIP, CVPR 2023 (patches of images).
    """
    kept = mask & (torch.rand(mask.shape, device=mask.device) >= share)
    order = (~kept).to(torch.int8).argsort(dim=1, stable=True)[:, : max(1, int(kept.sum(dim=1).max()))]
    return x.gather(1, order[..., None].expand(-1, -1, x.shape[2])), kept.gather(1, order)
