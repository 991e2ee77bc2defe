"""Sinusoidal positions, shared by the encoders in torch and in NumPy."""

import numpy as np
from jaxtyping import Float


def sinusoidal_positions(num_tokens: int, width: int) -> Float[np.ndarray, "token width"]:
    """Return one vector a place in a sequence: sines at even, cosines at odd columns, float32.

    Source:
        Vaswani et al.: Attention is all you need, 2017; wavelengths from 2π to 10,000 · 2π.
    """
    frequency = np.power(10_000.0, -np.arange(0, width, 2, dtype=np.float32) / width).astype(np.float32)
    angle = np.arange(num_tokens, dtype=np.float32)[:, None] * frequency
    positions = np.empty((num_tokens, width), dtype=np.float32)
    positions[:, 0::2] = np.sin(angle)
    positions[:, 1::2] = np.cos(angle)
    return positions
