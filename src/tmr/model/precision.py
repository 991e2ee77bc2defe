"""Precision: where bfloat16 is computed by the processor itself."""

from typing import Literal

import torch

from tmr.errors import ModelError

Precision = Literal["float32", "bfloat16", "auto"]


def has_fast_bfloat16(device: torch.device) -> bool:
    """Return whether a device multiplies bfloat16 matrices natively; elsewhere they are slower than float32."""
    if device.type == "cuda":
        return torch.cuda.get_device_capability(device) >= (8, 0)
    if device.type != "cpu" or not hasattr(torch.cpu, "get_capabilities"):
        return False
    capabilities = torch.cpu.get_capabilities()
    return any(capabilities.get(name, False) for name in ("avx512_bf16", "amx_bf16", "bf16"))


def wants_bfloat16(precision: Precision, device: torch.device) -> bool:
    """Return whether a precision means bfloat16 on a device.

    Raises:
        ModelError: If there is no such precision.
    """
    if precision not in ("float32", "bfloat16", "auto"):
        raise ModelError(f"no precision {precision!r}; there are float32, bfloat16 and auto")
    return precision == "bfloat16" or (precision == "auto" and has_fast_bfloat16(device))
