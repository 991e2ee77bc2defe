"""Device: what computes, tried before a model is put there; and whether its memory does."""

import contextlib
import logging
from collections.abc import Iterator

import torch

from tmr.errors import ModelError, TMRError

LOGGER = "tmr.device"
# In the words of the processor's allocator on Linux and Windows, of CUDA and of its library of products.
_OUT_OF_MEMORY = ("can't allocate memory", "not enough memory", "out of memory", "CUBLAS_STATUS_ALLOC_FAILED")


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


def is_out_of_memory(error: BaseException) -> bool:
    """Return whether an error says that there was not enough memory, on a GPU or on the processor."""
    if isinstance(error, (torch.OutOfMemoryError, MemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _OUT_OF_MEMORY)


@contextlib.contextmanager
def telling_of_memory(device: torch.device) -> Iterator[None]:
    """Say what to do if the memory does not do for what is embedded in the block.

    Raises:
        TMRError: If it does not; no ModelError, which says that a model has something against a motion.
    """
    try:
        yield
    except (RuntimeError, MemoryError) as error:
        if not is_out_of_memory(error):
            raise
        advice = "" if device.type == "cpu" else ", or hide the GPU from PyTorch: set CUDA_VISIBLE_DEVICES to -1"
        raise TMRError(
            f"the memory of device {str(device)!r} does not do for what is embedded at once; end what else uses it, "
            f"give a smaller batch_size in Python{advice}"
        ) from error
