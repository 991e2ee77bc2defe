"""TorchLayers: the layers of `numpy_transformer` in PyTorch, in bfloat16 where the processor multiplies it itself."""

from collections.abc import Sequence
from dataclasses import fields

import numpy as np
import torch
from jaxtyping import Bool, Float
from torch.nn import functional

from tmr.model.numpy_transformer import LayerWeights, Tokens
from tmr.model.precision import has_fast_bfloat16

_FEWEST_ROWS = 32
_MOST_ROWS_COMPILED = 640


class TorchLayers:
    """`Layers` in PyTorch, on the processor.

    In float32 the tokens are those of `NumpyLayers` to 1e-5. In bfloat16, which is taken where the processor has it,
    a sentence's embedding keeps a cosine above 0.9995 with them.
    """

    def __init__(self, layers: Sequence[LayerWeights], *, heads: int, epsilon: float, activation: str) -> None:
        self._number = torch.bfloat16 if has_fast_bfloat16(torch.device("cpu")) else torch.float32
        self._layers = [
            {field.name: torch.tensor(getattr(layer, field.name), dtype=self._number) for field in fields(layer)}
            for layer in layers
        ]
        self._heads, self._epsilon = heads, epsilon
        self._activation = functional.gelu if activation == "gelu" else functional.relu
        self._compile(len(layers[0].norm1_bias))

    @torch.inference_mode()
    def _compile(self, width: int) -> None:
        """Compute once with each number of rows that batches of sentences have, so that no query waits for it."""
        rows = 1
        while (rows := _rounded(rows)) <= _MOST_ROWS_COMPILED:
            self._layer(torch.zeros(rows, width, dtype=self._number), (1, rows), None, self._layers[0])
            rows += 1

    @torch.inference_mode()
    def __call__(self, x: Tokens, mask: Bool[np.ndarray, "batch token"]) -> Tokens:
        """Return the tokens after the last layer."""
        # Attention without a mask takes the faster kernel.
        attend = None if mask.all() else torch.from_numpy(mask)[:, None, None]
        batch, tokens, width = x.shape
        rows = torch.zeros(_rounded(batch * tokens), width, dtype=self._number)
        rows[: batch * tokens] = torch.from_numpy(x.reshape(-1, width))
        for layer in self._layers:
            rows = self._layer(rows, (batch, tokens), attend, layer)
        return rows[: batch * tokens].float().numpy().reshape(batch, tokens, width)

    def _layer(
        self,
        x: Float[torch.Tensor, "row width"],
        shape: tuple[int, int],
        mask: torch.Tensor | None,
        layer: dict[str, torch.Tensor],
    ) -> Float[torch.Tensor, "row width"]:
        used = shape[0] * shape[1]
        qkv = functional.linear(x, layer["qkv_weight"], layer["qkv_bias"])[:used]
        query, key, value = qkv.view(*shape, 3, self._heads, -1).permute(2, 0, 3, 1, 4)
        attended = torch.zeros_like(x)
        attended[:used] = (
            functional.scaled_dot_product_attention(query, key, value, attn_mask=mask).transpose(1, 2).reshape(used, -1)
        )
        x = self._norm(x + functional.linear(attended, layer["out_weight"], layer["out_bias"]), layer, "norm1")
        hidden = self._activation(functional.linear(x, layer["linear1_weight"], layer["linear1_bias"]))
        return self._norm(x + functional.linear(hidden, layer["linear2_weight"], layer["linear2_bias"]), layer, "norm2")

    def _norm(self, x: torch.Tensor, layer: dict[str, torch.Tensor], name: str) -> torch.Tensor:
        weight, bias = layer[f"{name}_weight"], layer[f"{name}_bias"]
        return functional.layer_norm(x, (x.shape[-1],), weight, bias, self._epsilon)


def _rounded(rows: int) -> int:
    """Return a number of rows, somewhat more.

    For each number of rows PyTorch compiles a program of its own for a product and keeps it: without this a service
    would compile for minutes, and grow by hundreds of megabytes.
    """
    step = max(_FEWEST_ROWS, (1 << rows.bit_length()) >> 3)
    return -(-rows // step) * step
