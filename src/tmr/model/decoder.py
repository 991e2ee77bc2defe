"""MotionDecoder: a point of the shared space → the features of a motion; only training needs it."""

import torch
from jaxtyping import Bool, Float
from torch import Tensor, nn
from torch.nn import functional

from tmr.errors import ModelError
from tmr.model.config import ModelConfig
from tmr.model.dropout import attention, dropout
from tmr.model.positions import sinusoidal_positions


class DecoderLayer(nn.Module):
    """One post-norm decoder layer: self-attention, attention to the memory, a feed-forward network.

    The same function as `torch.nn.TransformerDecoderLayer`, with the attention kernel called directly.
    """

    def __init__(self, width: int, heads: int, feed_forward: int, dropout: float, activation: str) -> None:
        super().__init__()
        self.heads = heads
        self.dropout = dropout
        self.activation = functional.gelu if activation == "gelu" else functional.relu
        self.self_qkv = nn.Linear(width, 3 * width)
        self.self_out = nn.Linear(width, width)
        self.memory_qkv = nn.Linear(width, 3 * width)
        self.memory_out = nn.Linear(width, width)
        self.linear1 = nn.Linear(width, feed_forward)
        self.linear2 = nn.Linear(feed_forward, width)
        self.norm1 = nn.LayerNorm(width)
        self.norm2 = nn.LayerNorm(width)
        self.norm3 = nn.LayerNorm(width)
        for qkv, out in ((self.self_qkv, self.self_out), (self.memory_qkv, self.memory_out)):
            nn.init.xavier_uniform_(qkv.weight)
            nn.init.zeros_(qkv.bias)
            nn.init.zeros_(out.bias)

    def forward(
        self,
        x: Float[Tensor, "batch frame width"],
        memory: Float[Tensor, "batch item width"],
        mask: Bool[Tensor, "batch 1 1 frame"] | None,
    ) -> Float[Tensor, "batch frame width"]:
        """Return the frames after this layer.

        Args:
            x: Frames.
            memory: What every frame may attend to.
            mask: True where a frame may be attended to; None if all may.
        """
        query, key, value = self.self_qkv(x).chunk(3, dim=-1)
        x = self.norm1(x + self._drop(self.self_out(self._attend(query, key, value, mask))))
        weights, biases = self.memory_qkv.weight.split((x.shape[2], 2 * x.shape[2])), self.memory_qkv.bias
        query = functional.linear(x, weights[0], biases[: x.shape[2]])
        key, value = functional.linear(memory, weights[1], biases[x.shape[2] :]).chunk(2, dim=-1)
        x = self.norm2(x + self._drop(self.memory_out(self._attend(query, key, value, None))))
        return self.norm3(x + self._drop(self.linear2(self._drop(self.activation(self.linear1(x))))))

    def _attend(self, query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None) -> Tensor:
        query, key, value = [x.unflatten(2, (self.heads, -1)).transpose(1, 2) for x in (query, key, value)]
        attended = attention(query, key, value, mask, self.dropout if self.training else 0.0)
        return attended.transpose(1, 2).flatten(2)

    def _drop(self, x: Tensor) -> Tensor:
        return dropout(x, self.dropout, self.training)


class MotionDecoder(nn.Module):
    """Decode a point of the shared space into normalised features, all frames at once.

    The frames are told apart by their positions alone; each attends to the others and to the point.

    Args:
        config: Width, heads, activation and the number of motion layers, which the decoder has too.
        feature_width: Numbers of a frame.

    Source:
        Petrovich, Black, Varol: TMR, ICCV 2023 (the decoder of ACTOR).
    """

    positions: Tensor

    def __init__(self, config: ModelConfig, feature_width: int) -> None:
        super().__init__()
        self.dropout = config.dropout
        self.layers = nn.ModuleList(
            DecoderLayer(config.latent_dim, config.heads, config.feed_forward, config.dropout, config.activation)
            for _ in range(config.motion_layers)
        )
        self.last = nn.Linear(config.latent_dim, feature_width)
        positions = torch.from_numpy(sinusoidal_positions(config.max_frames, config.latent_dim))
        self.register_buffer("positions", positions, persistent=False)

    def forward(
        self, point: Float[Tensor, "batch width"], mask: Bool[Tensor, "batch frame"]
    ) -> Float[Tensor, "batch frame feature"]:
        """Return the features of each motion, zero past its end; none depends on what else is in the batch.

        Args:
            point: Where a motion or a text is in the shared space, not scaled to unit length.
            mask: True for the frames that are asked for, which come first.

        Raises:
            ModelError: If more frames are asked for than the longest window.
        """
        if mask.shape[1] > len(self.positions):
            raise ModelError(f"{mask.shape[1]} frames are asked for; this decoder makes up to {len(self.positions)}")
        positions = self.positions[: mask.shape[1]].to(point.dtype).expand(len(point), -1, -1)
        x = dropout(positions, self.dropout, self.training)
        attend = None if bool(mask.all()) else mask[:, None, None]
        for layer in self.layers:
            x = layer(x, point[:, None], attend)
        return self.last(x) * mask[..., None]
