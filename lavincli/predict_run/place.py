"""Which part of a run is this process's, where several machines or GPUs share it."""

from __future__ import annotations

import os

from lavincli.processes import Share, share_of_launcher
from lavincli.train.distributed.place import find_place


def own_share(text: str | None = None) -> tuple[Share, int | None]:
    """This process's share, and its number among those of its machine; None if no launcher has started it.

    `text` is "i/n" with i from 1 to n; without it the share is what torchrun, deepspeed or srun say.
    Raises ConfigError for anything else.
    """
    if text is not None:
        return share_of_launcher(text), None
    if "RANK" in os.environ:
        return share_of_launcher(), int(os.environ.get("LOCAL_RANK", "0"))
    place = find_place()
    return (Share(), None) if place is None else (Share(place.rank, place.size), place.local_rank)


def device_of(number: int | None, device: str | None) -> str | None:
    """The device of process `number` of a machine: of several GPUs its own one, where no other device was asked for."""
    import torch

    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if number is None or count < 2 or device not in (None, "cuda"):
        return device
    return f"cuda:{number % count}"
