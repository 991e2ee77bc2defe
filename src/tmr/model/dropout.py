"""Dropout: zeroes drawn a byte each, which on processors costs a fraction of drawing them one by one."""

import torch
from torch import Tensor
from torch.nn import functional

# A byte tells shares in steps of 1/256: 0.1 is 26/256.
_VALUES_OF_A_BYTE = 256


class _ByteDropout(torch.autograd.Function):
    """Multiply by zero or by what keeps the mean, and the gradient by the same."""

    @staticmethod
    def forward(ctx: torch.autograd.function.FunctionCtx, x: Tensor, dropped: int) -> Tensor:
        kept = _random_bytes(x.numel(), x.device).ge_(dropped).view(x.shape).to(x.dtype)
        kept *= _VALUES_OF_A_BYTE / (_VALUES_OF_A_BYTE - dropped)
        ctx.save_for_backward(kept)
        return x * kept

    @staticmethod
    def backward(ctx: torch.autograd.function.FunctionCtx, *gradients: Tensor) -> tuple[Tensor, None]:
        (kept,) = ctx.saved_tensors  # pyright: ignore[reportAttributeAccessIssue]
        return gradients[0] * kept, None


def dropout(x: Tensor, share: float, training: bool) -> Tensor:
    """Return values of which a random share is zero and the others are larger, so that the mean stays.

    On a processor torch draws each value's fate with a call of its generator, which is a third to a half of a training
    step's time (docs/lab-notes.md); here a call draws eight. Elsewhere it is torch's own dropout.

    Args:
        x: Any shape.
        share: Of zeroes, 0 up to 1; on a processor to the nearest 1/256.
        training: False returns the values as they are.
    """
    if not training or share == 0:
        return x
    if x.device.type != "cpu":
        return functional.dropout(x, share)
    dropped = round(share * _VALUES_OF_A_BYTE)
    return x if dropped == 0 else _ByteDropout.apply(x, min(dropped, _VALUES_OF_A_BYTE - 1))


def attention(query: Tensor, key: Tensor, value: Tensor, mask: Tensor | None, share: float) -> Tensor:
    """Return scaled dot-product attention whose weights are dropped out; without dropout torch's own kernel.

    Args:
        query: (batch, head, token, width), as are key and value.
        mask: True where a token may be attended to, broadcast to (batch, head, token, token); None if all may.
        share: Of the weights that are dropped, 0 up to 1.
    """
    if share == 0 or query.device.type != "cpu":
        return functional.scaled_dot_product_attention(query, key, value, attn_mask=mask, dropout_p=share)
    scores = query @ key.transpose(-2, -1) * query.shape[-1] ** -0.5
    if mask is not None:
        scores = scores.masked_fill(~mask, float("-inf"))
    return dropout(scores.softmax(dim=-1).to(value.dtype), share, True) @ value


def _random_bytes(count: int, device: torch.device) -> Tensor:
    """Return bytes drawn alike from 0 to 255, from torch's generator."""
    words = torch.empty(-(-count // 8), dtype=torch.int64, device=device).random_(-(2**63), None)
    return words.view(torch.uint8)[:count]
