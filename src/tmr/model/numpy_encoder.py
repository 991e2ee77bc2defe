"""NumpySequenceEncoder: `SequenceEncoder` in NumPy, for text."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float

from tmr.errors import ModelError
from tmr.model.batch import batches_by_length, pad
from tmr.model.numpy_transformer import Layers, LayerWeights, NumpyLayers, linear
from tmr.model.positions import sinusoidal_positions

_EPSILON = 1e-5  # of the layer normalisation, as in torch.nn.LayerNorm
_LAYER_PARTS = ("qkv", "out", "linear1", "linear2", "norm1", "norm2")


@dataclass(frozen=True)
class EncoderShape:
    """What a `SequenceEncoder` is built of; the names are those of its arguments."""

    input_width: int
    width: int
    layers: int
    heads: int
    feed_forward: int
    activation: str
    max_tokens: int
    vae: bool = False

    def weight_shapes(self) -> dict[str, tuple[int, ...]]:
        """Return the shape of each weight by its name."""
        width, hidden = self.width, self.feed_forward
        shapes: dict[str, tuple[int, ...]] = {
            "tokens": (2 if self.vae else 1, width),
            "projection.weight": (width, self.input_width),
            "projection.bias": (width,),
        }
        layer = {
            "qkv.weight": (3 * width, width),
            "qkv.bias": (3 * width,),
            "out.weight": (width, width),
            "out.bias": (width,),
            "linear1.weight": (hidden, width),
            "linear1.bias": (hidden,),
            "linear2.weight": (width, hidden),
            "linear2.bias": (width,),
        } | {f"norm{number}.{part}": (width,) for number in (1, 2) for part in ("weight", "bias")}
        for number in range(self.layers):
            shapes |= {f"layers.{number}.{name}": shape for name, shape in layer.items()}
        return shapes


class NumpySequenceEncoder:
    """The means of a `SequenceEncoder` to 1e-5, without PyTorch.

    Args:
        shape: What it is built of.
        weights: Its weights by name, float32.
        named: How a message names a weight: what stands before its name, and the files that do not fit together.
        compute: What computes the layers.

    Raises:
        ModelError: If weights are missing or of another shape.
    """

    def __init__(
        self,
        shape: EncoderShape,
        weights: Mapping[str, np.ndarray],
        *,
        named: tuple[str, str],
        compute: type[Layers] = NumpyLayers,
    ) -> None:
        _check_shapes(shape, weights, *named)
        self._shape = shape
        self._tokens = weights["tokens"]
        self._projection = weights["projection.weight"], weights["projection.bias"]
        layers = [
            LayerWeights(
                **{
                    f"{name}_{part}": weights[f"layers.{number}.{name}.{part}"]
                    for name in _LAYER_PARTS
                    for part in ("weight", "bias")
                }
            )
            for number in range(shape.layers)
        ]
        self._layers = compute(layers, heads=shape.heads, epsilon=_EPSILON, activation=shape.activation)
        self._positions = sinusoidal_positions(len(self._tokens) + shape.max_tokens, shape.width)

    def means(
        self, sequences: Sequence[Float[np.ndarray, "_token feature"]], *, batch_size: int
    ) -> Float[np.ndarray, "sequence width"]:
        """Return the mean of each sequence, float32.

        Args:
            sequences: Of at least one vector each.
            batch_size: Most sequences computed at once; those of like length go together.
        """
        result = np.empty((len(sequences), self._shape.width), dtype=np.float32)
        for group in batches_by_length([len(sequence) for sequence in sequences], batch_size):
            x, mask = pad([sequences[row] for row in group])
            first = np.broadcast_to(self._tokens, (len(group), *self._tokens.shape))
            x = np.concatenate([first, linear(x, *self._projection)], axis=1)
            x += self._positions[: x.shape[1]]
            mask = np.pad(mask, ((0, 0), (len(self._tokens), 0)), constant_values=True)
            result[group] = self._layers(x, mask)[:, 0]
        return result


def _check_shapes(shape: EncoderShape, weights: Mapping[str, np.ndarray], prefix: str, files: str) -> None:
    """Check that there are exactly the weights that the shape asks for."""
    expected = shape.weight_shapes()
    found = {name: array.shape for name, array in weights.items()}
    if found != expected:
        name = sorted(set(found.items()) ^ set(expected.items()))[0][0]
        raise ModelError(
            f"{prefix}{name} has shape {found.get(name)}, but the configuration asks for {expected.get(name)}; {files}"
        )
