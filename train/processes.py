"""One process or many: what `torchrun` says about the others, and the few things they do together."""
import contextlib
import dataclasses
import os

import torch
from torch import distributed


@dataclasses.dataclass
class Processes:
    """This process among `world`, its device, and whether it works in bfloat16 where that is safe."""
    rank: int
    world: int
    device: torch.device
    half: bool

    def is_first(self):
        """Whether this is the one that writes."""
        return self.rank == 0

    def precision(self):
        """The context in which the network runs."""
        return torch.autocast(self.device.type, torch.bfloat16) if self.half else contextlib.nullcontext()

    def mean(self, values):
        """The list of numbers, each the mean over all processes."""
        if self.world == 1:
            return values
        tensor = torch.tensor(values, dtype=torch.float32, device=self.device)
        distributed.all_reduce(tensor)
        return (tensor / self.world).tolist()

    def shared(self, value):
        """The first process's value, in all of them."""
        if self.world == 1:
            return value
        box = [value if self.rank == 0 else None]
        distributed.broadcast_object_list(box, src=0, device=self.device)
        return box[0]

    def wrap(self, network):
        """The network whose gradients are the mean over all processes."""
        if self.world == 1:
            return network
        return torch.nn.parallel.DistributedDataParallel(network, device_ids=[self.device] if self.device.type == "cuda" else None)


@contextlib.contextmanager
def processes(precision="auto"):
    """The Processes of this run; joins the others that torchrun started, and leaves them at the end.

    precision: "fp32", "bf16", or "auto", which is bf16 on a GPU.
    """
    world, local = int(os.environ.get("WORLD_SIZE", 1)), int(os.environ.get("LOCAL_RANK", 0))
    cuda = torch.cuda.is_available()
    device = torch.device("cuda", local) if cuda else torch.device("cpu")
    if cuda:
        torch.cuda.set_device(device)
    if world > 1:
        distributed.init_process_group("nccl" if cuda else "gloo")
    try:
        half = precision == "bf16" or (precision == "auto" and cuda)
        yield Processes(int(os.environ.get("RANK", 0)), world, device, half)
    finally:
        if world > 1:
            distributed.destroy_process_group()


def on_device(value, device):
    """The tensors in a tuple, a list or a dataclass, moved to the device."""
    if isinstance(value, torch.Tensor):
        return value.to(device, non_blocking=True)
    if isinstance(value, (tuple, list)):
        return type(value)(on_device(part, device) for part in value)
    if dataclasses.is_dataclass(value):
        parts = {field.name: on_device(getattr(value, field.name), device) for field in dataclasses.fields(value)}
        return dataclasses.replace(value, **parts)
    return value
