"""A process that trains among others: how it joins them, and how it leaves."""

from __future__ import annotations

import os
import re
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta

import torch
import torch.distributed as dist
from torch import nn
from torch._C._distributed_c10d import HashStore, PrefixStore, Store
from torch.distributed.rendezvous import rendezvous

from lavincli.errors import LavinError
from lavincli.train.config import OptimizerConfig, _TrainConfig
from lavincli.train.distributed import quirks
from lavincli.train.distributed.engine import DeepSpeedEngine
from lavincli.train.distributed.heartbeat import Heartbeat
from lavincli.train.distributed.place import Place
from lavincli.train.distributed.processes import Processes
from lavincli.train.engine import Engine, EngineMaker
from lavincli.train.world import World

_LOST = ("gloo", "NCCL", "Connection closed", "Connection reset", "timed out", "Timed out", "Broken pipe")

_POLL_SECONDS = 0.3


@contextmanager
def joined(place: Place, config: _TrainConfig) -> Iterator[Processes]:
    """Meet the other processes; within the block they train together.

    Raises LavinError if they don't come, or if one is lost on the way.
    """
    device = torch.device(config.device)
    timeout = timedelta(seconds=config.distributed.timeout_seconds)
    if device.type == "cuda":
        torch.cuda.set_device(device)
    quirks.prepare(place, device)
    store = _meet(place, timeout)
    backend = "nccl" if device.type == "cuda" else "gloo"
    dist.init_process_group(backend, store=store, rank=place.rank, world_size=place.size, timeout=timeout)
    heartbeat = Heartbeat(config.out / "heartbeats", place.rank, place.size, config.distributed.stall_seconds)
    world = Processes(place, store, heartbeat, timeout)
    heartbeat.start()
    _end_with_launcher()
    try:
        yield world
        # Who leaves first may be the one that the others meet at.
        world.share(None)
    except (RuntimeError, dist.DistError) as error:
        if not isinstance(error, dist.DistError) and not any(word in str(error) for word in _LOST):
            raise
        late = ", ".join(map(str, heartbeat.late())) or "one that has ended; its own message says why"
        raise LavinError(
            f"the processes lost touch with one another ({_reason(error)}); waited for {late}; the checkpoints are "
            "kept: run it again"
        ) from error
    finally:
        heartbeat.stop()
    dist.destroy_process_group()


def engine_maker(config: _TrainConfig, world: World) -> EngineMaker:
    """Makes DeepSpeed's engines for a recipe."""

    def make(module: nn.Module, optimizer: OptimizerConfig) -> Engine:
        stage = config.distributed.zero_stage
        if stage is None:
            stage = 0 if config.optimizer.name == "muon" else 2
        engine = DeepSpeedEngine(
            module,
            optimizer,
            steps=config.steps,
            ema_decay=config.ema_decay,
            precision=getattr(torch, config.precision),
            settings=config.distributed,
            stage=stage,
            micro_batch=len(world.parts(config.batch_size, config.distributed.accumulation)[0]),
            world=world,
        )
        quirks.set_timeouts(timedelta(seconds=config.distributed.timeout_seconds))
        return engine

    return make


def _end_with_launcher() -> None:
    """End when the launcher does, even if it was killed: who starts the run again mustn't meet what is left of it."""
    if "TORCHELASTIC_RUN_ID" not in os.environ:
        return
    launcher = os.getppid()

    def watch() -> None:
        while os.getppid() == launcher:
            time.sleep(_POLL_SECONDS)
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end with launcher").start()


def _reason(error: Exception) -> str:
    """The first line of an error of torch, without the place in torch's source."""
    return re.sub(r"^\[[^]]*\] *", "", str(error).splitlines()[0])[:100]


def _meet(place: Place, timeout: timedelta) -> Store:
    if place.size == 1:
        return HashStore()
    os.environ["MASTER_ADDR"], os.environ["MASTER_PORT"] = str(place.address), str(place.port)
    try:
        store, _, _ = next(rendezvous("env://", rank=place.rank, world_size=place.size, timeout=timeout))
    except (RuntimeError, ValueError) as error:
        raise LavinError(
            f"rank {place.rank} can't meet the {place.size - 1} other processes at {place.address}:{place.port} within "
            f"{timeout.total_seconds():g} seconds ({_reason(error)})"
        ) from error
    shared: Store = PrefixStore("lavin", store)
    return shared
