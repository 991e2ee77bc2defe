"""Post-norm transformer layers in NumPy, for text: a typed query must not wait for PyTorch to be imported."""

import os
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np
from jaxtyping import Bool, Float

# OpenBLAS, which comes with NumPy, computes a product of up to this many multiplications on one thread.
_ONE_THREAD = 1 << 18
_FEW_ROWS = 32
# What OpenBLAS itself goes by: with one thread there is nothing to wait for, and nothing to gain from blocks.
_HAS_THREADS = os.environ.get("OPENBLAS_NUM_THREADS") != "1"
_GELU_BLOCK = 1 << 14

Tokens = Float[np.ndarray, "batch token width"]


@dataclass(frozen=True)
class LayerWeights:
    """The weights of one layer, matrices as (output, input) in float32."""

    qkv_weight: Float[np.ndarray, "three_widths width"]
    qkv_bias: Float[np.ndarray, " three_widths"]
    out_weight: Float[np.ndarray, "width width"]
    out_bias: Float[np.ndarray, " width"]
    linear1_weight: Float[np.ndarray, "hidden width"]
    linear1_bias: Float[np.ndarray, " hidden"]
    linear2_weight: Float[np.ndarray, "width hidden"]
    linear2_bias: Float[np.ndarray, " width"]
    norm1_weight: Float[np.ndarray, " width"]
    norm1_bias: Float[np.ndarray, " width"]
    norm2_weight: Float[np.ndarray, " width"]
    norm2_bias: Float[np.ndarray, " width"]


@runtime_checkable
class Layers(Protocol):
    """Layers one after the other, each self-attention, then feed-forward, each added and normalised."""

    def __init__(self, layers: Sequence[LayerWeights], *, heads: int, epsilon: float, activation: str) -> None:
        """Take the weights.

        Args:
            layers: The weights of each.
            heads: Attention heads.
            epsilon: What layer normalisation adds to the variance.
            activation: `gelu` (the exact one, with the error function) or `relu`.
        """
        ...

    def __call__(self, x: Tokens, mask: Bool[np.ndarray, "batch token"]) -> Tokens:
        """Return the tokens after the last layer.

        Args:
            x: Tokens, float32.
            mask: True where a token may be attended to.
        """
        ...


class NumpyLayers:
    """`Layers` in NumPy."""

    def __init__(self, layers: Sequence[LayerWeights], *, heads: int, epsilon: float, activation: str) -> None:
        self._layers = layers
        self._heads, self._epsilon, self._activation = heads, epsilon, activation

    def __call__(self, x: Tokens, mask: Bool[np.ndarray, "batch token"]) -> Tokens:
        """Return the tokens after the last layer."""
        for layer in self._layers:
            x = encoder_layer(x, mask, layer, heads=self._heads, epsilon=self._epsilon, activation=self._activation)
        return x


def encoder_layer(
    x: Tokens,
    mask: Bool[np.ndarray, "batch token"],
    layer: LayerWeights,
    *,
    heads: int,
    epsilon: float,
    activation: str,
) -> Tokens:
    """Return the tokens after one layer: self-attention, then feed-forward, each added and normalised.

    Args:
        x: Tokens, float32.
        mask: True where a token may be attended to.
        layer: The weights.
        heads: Attention heads.
        epsilon: What layer normalisation adds to the variance.
        activation: `gelu` (the exact one, with the error function) or `relu`.
    """
    batch, tokens, width = x.shape
    qkv = linear(x, layer.qkv_weight, layer.qkv_bias).reshape(batch, tokens, 3, heads, width // heads)
    query, key, value = np.moveaxis(qkv, (2, 3), (0, 2))
    scores = query @ key.swapaxes(-1, -2)
    scores *= np.float32((width // heads) ** -0.5)
    scores[np.broadcast_to(~mask[:, None, None], scores.shape)] = -np.inf
    scores -= scores.max(axis=-1, keepdims=True)
    np.exp(scores, out=scores)
    scores /= scores.sum(axis=-1, keepdims=True)
    attended = (scores @ value).swapaxes(1, 2).reshape(batch, tokens, width)
    x = layer_norm(
        x + linear(attended, layer.out_weight, layer.out_bias), layer.norm1_weight, layer.norm1_bias, epsilon
    )
    hidden = linear(x, layer.linear1_weight, layer.linear1_bias)
    hidden = gelu(hidden) if activation == "gelu" else np.maximum(hidden, 0, out=hidden)
    return layer_norm(
        x + linear(hidden, layer.linear2_weight, layer.linear2_bias), layer.norm2_weight, layer.norm2_bias, epsilon
    )


def linear(
    x: Float[np.ndarray, "batch token width"], weight: Float[np.ndarray, "out width"], bias: Float[np.ndarray, " out"]
) -> Float[np.ndarray, "batch token out"]:
    """Return the vectors times a matrix, plus a bias.

    A sentence or two are multiplied in blocks of the matrix so small that the linear algebra library computes each on
    one thread. Two threads would gain milliseconds, but wait for each other for up to a second where other processes
    are busy.
    """
    rows = x.reshape(-1, x.shape[-1])
    if len(rows) > _FEW_ROWS or not _HAS_THREADS:
        product = rows @ weight.T
    else:
        product = np.empty((len(rows), len(weight)), dtype=np.float32)
        columns = _ONE_THREAD // max(rows.size, 1)
        for start in range(0, len(weight), columns):
            product[:, start : start + columns] = rows @ weight[start : start + columns].T
    product += bias
    return product.reshape(*x.shape[:-1], len(weight))


def layer_norm(
    x: Float[np.ndarray, "*batch width"],
    weight: Float[np.ndarray, " width"],
    bias: Float[np.ndarray, " width"],
    epsilon: float,
) -> Float[np.ndarray, "*batch width"]:
    """Return the vectors with mean 0 and variance 1, then scaled and shifted."""
    centred = x - x.mean(axis=-1, keepdims=True)
    variance = np.square(centred).mean(axis=-1, keepdims=True)
    return centred / np.sqrt(variance + np.float32(epsilon)) * weight + bias


def gelu(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return x · Φ(x), Φ being the normal distribution function, not its approximation by tanh."""
    numbers = x.reshape(-1)
    result = np.empty_like(numbers)
    # In blocks that stay in the processor's cache: a third of the time for the same numbers.
    for start in range(0, len(numbers), _GELU_BLOCK):
        block = numbers[start : start + _GELU_BLOCK]
        result[start : start + _GELU_BLOCK] = np.float32(0.5) * block * (1 + erf(block * np.float32(0.5**0.5)))
    return result.reshape(x.shape)


def erf(x: Float[np.ndarray, "*shape"]) -> Float[np.ndarray, "*shape"]:
    """Return the error function to 6e-7, which NumPy lacks.

    Source:
        Abramowitz and Stegun: Handbook of Mathematical Functions, formula 7.1.26 (error up to 1.5e-7).
    """
    size = np.abs(x)
    t = 1 / (1 + np.float32(0.3275911) * size)
    polynomial = np.full_like(t, 1.061405429)
    for coefficient in (-1.453152027, 1.421413741, -0.284496736, 0.254829592):
        polynomial *= t
        polynomial += np.float32(coefficient)
    return np.copysign(1 - polynomial * t * np.exp(-size * size), x)
