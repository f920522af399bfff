"""Several processes that train together."""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from torch import Tensor
from torch._C._distributed_c10d import Store

from lavincli.train.distributed.heartbeat import Heartbeat
from lavincli.train.distributed.place import Place
from lavincli.train.world import World

T = TypeVar("T")
_POLL_SECONDS = 0.2


class Processes(World):
    """The processes of torch.distributed's default group.

    What the loop has to agree on goes through a group of its own on the CPU: it is little, and doesn't wait for what is
    queued on a GPU.
    """

    def __init__(self, place: Place, store: Store, heartbeat: Heartbeat, timeout: timedelta) -> None:
        self.rank, self.size = place.rank, place.size
        self._store, self._heartbeat, self._turns = store, heartbeat, 0
        self._group = dist.new_group(backend="gloo", timeout=timeout)

    def share(self, value: T) -> T:
        box: list[T] = [value]
        dist.broadcast_object_list(box, src=0, group=self._group)
        return box[0]

    def mean(self, values: Sequence[float]) -> list[float]:
        sums = torch.tensor(values, dtype=torch.float64)
        dist.all_reduce(sums, group=self._group)
        means: list[float] = (sums / self.size).tolist()
        return means

    def mean_tensor(self, tensor: Tensor) -> Tensor:
        mean = tensor.detach().clone()
        dist.all_reduce(mean)
        return mean / self.size

    @contextmanager
    def first_alone(self) -> Iterator[None]:
        # Through the store, for there are no time limits: what the first process prepares may take it hours.
        self._turns += 1
        key = f"lavin/turn-{self._turns}"
        if not self.is_first:
            while not self._store.check([key]):
                time.sleep(_POLL_SECONDS)
        yield
        if self.is_first:
            self._store.set(key, "done")

    def beat(self, phase: str, step: int | None = None) -> None:
        self._heartbeat.beat(phase, step)

    def waiting_for(self) -> str:
        return self._heartbeat.waiting_for
