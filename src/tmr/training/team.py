"""Team: the processes of one run, one a GPU, as `torchrun` starts them; one process is a team of its own."""

import atexit
import contextlib
import dataclasses
import datetime
import os
from collections.abc import Iterator, Sequence

import torch
import torch.distributed as distributed
from torch import Tensor

from tmr.errors import ModelError

# The others wait this long while the first one validates.
PATIENCE = datetime.timedelta(hours=2)


@dataclasses.dataclass(frozen=True)
class Team:
    """Who works on a batch together.

    Args:
        rank: This process; 0 validates, writes and speaks.
        size: How many there are.
    """

    rank: int = 0
    size: int = 1

    @property
    def leads(self) -> bool:
        """Whether this process validates, writes and speaks."""
        return self.rank == 0

    def sum(self, tensor: Tensor) -> Tensor:
        """Add up a tensor of all processes, in place, to the same bits in each."""
        if self.size > 1:
            distributed.all_reduce(tensor)
        return tensor

    def sum_gradients(self, parameters: Sequence[Tensor]) -> None:
        """Add up the gradients of all processes."""
        if self.size == 1:
            return
        for parameter in parameters:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        gradients = [parameter.grad for parameter in parameters if parameter.grad is not None]
        total = self.sum(torch.cat([gradient.flatten() for gradient in gradients]))
        for gradient, part in zip(gradients, total.split([gradient.numel() for gradient in gradients]), strict=True):
            gradient.copy_(part.view_as(gradient))

    def any(self, flag: bool, device: torch.device) -> bool:
        """Return whether a flag is set in any process."""
        return bool(self.sum(torch.tensor(float(flag), device=device))) if self.size > 1 else flag

    def wait(self) -> None:
        """Wait until every process is here."""
        if self.size > 1:
            distributed.barrier()

    @contextlib.contextmanager
    def first(self) -> Iterator[None]:
        """Do something in the first process before the others do it: it fills a cache that they read."""
        if not self.leads:
            self.wait()
        yield
        if self.leads:
            self.wait()

    def parts(self, num_parts: int) -> range:
        """Return the numbers of the parts of a batch that this process computes.

        Raises:
            ModelError: If the parts cannot be shared out evenly.
        """
        if num_parts % self.size:
            raise ModelError(
                f"a batch in {num_parts} parts cannot be shared by {self.size} processes; give --parts a multiple of "
                f"{self.size}"
            )
        each = num_parts // self.size
        return range(self.rank * each, (self.rank + 1) * each)


def join_team(device: torch.device) -> tuple[Team, torch.device]:
    """Return the team of this process and the device of its own; without `torchrun`, a team of one.

    Args:
        device: What was asked for; with several GPUs each process takes the one of its number.

    Raises:
        ModelError: If there are fewer GPUs than processes.
    """
    if not distributed.is_torchelastic_launched() or int(os.environ["WORLD_SIZE"]) == 1:
        return Team(), device
    if device.type == "cuda":
        number = int(os.environ["LOCAL_RANK"])
        if number >= torch.cuda.device_count():
            raise ModelError(
                f"torchrun starts process {number + 1} on a machine of {torch.cuda.device_count()} GPUs; give it "
                "--nproc-per-node of their number"
            )
        device = torch.device("cuda", number)
        torch.cuda.set_device(device)
    if not distributed.is_initialized():
        # On Windows PyTorch has no NCCL; Gloo adds up what is on GPUs too, by way of the processor.
        by_gpu = device.type == "cuda" and distributed.is_nccl_available()
        distributed.init_process_group("nccl" if by_gpu else "gloo", timeout=PATIENCE)
        atexit.register(distributed.destroy_process_group)
    return Team(distributed.get_rank(), distributed.get_world_size()), device
