"""Device: what computes, tried before a model is put there."""

import logging

import torch

from tmr.errors import ModelError

LOGGER = "tmr.device"


def find_device(asked: str | torch.device | None) -> torch.device:
    """Return a device that computes: the one that is asked for; for None the first GPU, or else the processor.

    PyTorch counts GPUs too that its build has no programs for, or that another process has to itself. Where none was
    asked for, such a one is told of, in one line of the logger `tmr.device`, and left alone.

    Raises:
        ModelError: If the device that is asked for is not there, or does not compute.
    """
    if asked is None and not torch.cuda.is_available():
        return torch.device("cpu")
    try:
        device = torch.device("cuda" if asked is None else asked)
        # A copy alone is no proof: numbers can be put on a GPU for which there are no programs.
        (torch.ones(2, 2, device=device) @ torch.ones(2, 2, device=device)).sum().item()
        return device
    except (RuntimeError, AssertionError) as error:
        reason = (str(error).strip().splitlines() or [type(error).__name__])[0]
        if asked is not None:
            raise ModelError(f"cannot compute on device {str(asked)!r}: {reason}; `cpu` is always there") from error
        logging.getLogger(LOGGER).warning("the GPU cannot be used, the processor computes: %s", reason)
        return torch.device("cpu")
