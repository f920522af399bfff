"""Everything that has to be done because DeepSpeed is as it is; no other module imports it, or knows its inner names.

Measured with 0.19.8. Each work-around has a test that notices when it is needed no more.
"""

from __future__ import annotations

import logging
import math
import os
import sys
import warnings
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import torch
import torch.distributed as dist
from torch import Tensor, nn

from lavincli.train.config import DistributedConfig
from lavincli.train.distributed.place import Place

_BUCKET = 200_000_000
"""Numbers that are reduced or gathered at once, at most. DeepSpeed sets buffers of this size aside."""


def prepare(place: Place, device: torch.device) -> None:
    """Set what DeepSpeed looks at when it is imported, then import it. Before anything else here."""
    # Without all of these it looks for MPI, and dies of a missing mpi4py.
    for key, value in (
        ("RANK", place.rank),
        ("WORLD_SIZE", place.size),
        ("LOCAL_RANK", place.local_rank),
        ("MASTER_ADDR", place.address or "127.0.0.1"),
        ("MASTER_PORT", place.port or 0),
    ):
        os.environ[key] = str(value)
    # It would pick a GPU that wasn't asked for, and warn where there is none.
    os.environ["DS_ACCELERATOR"] = device.type
    # torch's own deprecations, met by ZeRO-3 at every step.
    warnings.filterwarnings("ignore", category=FutureWarning)
    import deepspeed
    import deepspeed.ops
    from deepspeed.utils import logger

    # Its log goes to stdout, which is for results.
    for handler in logger.handlers:
        if isinstance(handler, logging.StreamHandler):
            handler.setStream(sys.stderr)
    if device.type == "cpu":
        # An extension for inference that is compiled on first use, for a minute; without a compiler it is an error, and
        # a lock that a killed compilation left behind is waited for without end.
        deepspeed.ops.__compatible_ops__["deepspeed_shm_comm"] = False


def set_timeouts(timeout: timedelta) -> None:
    """Give every process group a time limit: those that DeepSpeed makes don't take over the one asked for."""
    for group in list(dist.distributed_c10d._world.pg_map):
        dist.distributed_c10d._set_pg_timeout(timeout, group)


class Root(nn.Module):
    """What DeepSpeed wraps: its forward calls a function that uses the network in whatever way.

    ZeRO-3 fetches weights for modules whose forward runs below that of the wrapped one, and only then notices that
    somebody reads a parameter directly.
    """

    def __init__(self, network: nn.Module) -> None:
        super().__init__()
        self.network = network

    def forward(self, function: Callable[[], Tensor]) -> Tensor:
        return function()


def initialise(
    network: nn.Module,
    optimizer: torch.optim.Optimizer,
    *,
    settings: DistributedConfig,
    stage: int,
    clip: float,
    precision: torch.dtype,
    micro_batch: int,
) -> Any:
    """Wrap a network; the engine's forward takes a function, see `Root`.

    The optimiser is torch's, given as an object: one that is named in the configuration is compiled first.
    """
    import deepspeed

    numbers = sum(p.numel() for p in network.parameters())
    bucket = min(_BUCKET, max(numbers, 2))
    zero: dict[str, Any] = {
        "stage": stage,
        "reduce_bucket_size": bucket,
        "allgather_bucket_size": bucket + bucket % 2,
        "stage3_prefetch_bucket_size": bucket // 4,
        # Weights that stay gathered would not be resumed exactly, in bfloat16.
        "stage3_param_persistence_threshold": 0,
    }
    if settings.offload == "cpu":
        zero["offload_optimizer"] = {"device": "cpu", "pin_memory": False}
    config: dict[str, Any] = {
        "train_micro_batch_size_per_gpu": micro_batch,
        "gradient_accumulation_steps": settings.accumulation,
        "gradient_clipping": clip,
        "steps_per_print": 10**9,
        "zero_optimization": zero,
        # With offload it wants its own Adam, which is compiled on first use.
        "zero_force_ds_cpu_optimizer": False,
    }
    if precision == torch.bfloat16:
        # Not its own "bf16" mode: there the weights start rounded, and at stage 0 the first step counts as the second.
        config["torch_autocast"] = {"enabled": True, "dtype": "bfloat16"}
    engine, *_ = deepspeed.initialize(model=Root(network), optimizer=optimizer, config=config)
    return engine


def step(engine: Any, stage: int, largest: float) -> float:
    """Take a step, or drop a gradient whose norm is larger or not finite; returns the norm before clipping.

    At stage 0 DeepSpeed has no norm. At the others it learns it in the middle of a step; what is left to do then is to
    tell it that the norm is -1, which is its word for an overflow: it drops the gradients and goes on.
    """
    if stage == 0:
        norm = float(torch.nn.utils.get_total_norm([p.grad for p in engine.module.parameters() if p.grad is not None]))
        with _instead(engine.optimizer, "step", None if norm <= largest else lambda: None):
            engine.step()
        return norm
    found: list[float] = []
    ask = "_get_norm_groups" if stage == 3 else "scaled_global_norm"
    asked = getattr(engine.optimizer, ask)

    def norm_or_overflow() -> Any:
        from deepspeed.runtime.utils import combine_grad_norm_groups, is_invalid_grad_norm

        answer = asked()
        total = combine_grad_norm_groups(answer) if stage == 3 else answer
        found.append(math.inf if is_invalid_grad_norm(total) else float(total))
        if found[0] <= largest:
            return answer
        return [-1.0] * len(answer) if stage == 3 else torch.full_like(total, -1.0)

    with _instead(engine.optimizer, ask, norm_or_overflow):
        engine.step()
    return found[0]


@contextmanager
def _instead(owner: Any, name: str, function: Callable[[], Any] | None) -> Iterator[None]:
    """Within the block an object has this method instead of its class's, if one is given."""
    if function is None:
        yield
        return
    setattr(owner, name, function)
    try:
        yield
    finally:
        delattr(owner, name)


@dataclass(frozen=True, slots=True)
class Fragment:
    """The part of a parameter that this process has the master of: `count` numbers from `offset` on.

    They lie in the flat tensor number `flat`, from `start` on.
    """

    flat: int
    start: int
    offset: int
    count: int


class Masters:
    """The float32 weights that the optimiser works on: flat tensors, each with pieces of many parameters.

    Attributes:
        flats: this process's flat tensors, which are also the keys of the optimiser's state.
        fragments: for each parameter what of it this process has; none if it has nothing of it.
        is_sharded: whether a process has pieces only.
    """

    def __init__(self, engine: Any, stage: int, trained: Mapping[str, nn.Parameter]) -> None:
        self._engine, self._stage = engine, stage
        self.is_sharded = stage > 0
        self.flats: list[Tensor]
        self.fragments: dict[str, Fragment] = {}
        if stage == 0:
            self.flats = list(trained.values())
            for number, (name, parameter) in enumerate(trained.items()):
                self.fragments[name] = Fragment(number, 0, 0, parameter.numel())
        elif stage == 3:
            self.flats = engine.optimizer.fp32_partitioned_groups_flat
            for name, parameter in trained.items():
                flat, start, count = engine.optimizer.grad_position[engine.optimizer.get_param_id(parameter)]
                offset = dist.get_rank() * count
                # The last processes' pieces end in padding.
                inside = max(0, min(count, parameter.ds_numel - offset))  # type: ignore[attr-defined]
                if inside:
                    self.fragments[name] = Fragment(flat, start, offset, inside)
        else:
            self.flats = engine.optimizer.single_partition_of_fp32_groups
            for name, parameter in trained.items():
                mapping = parameter._hp_mapping  # type: ignore[attr-defined]
                if mapping is not None:
                    here, there = mapping.hp_fragment_address, mapping.lp_fragment_address
                    self.fragments[name] = Fragment(mapping.param_group_index, here.start, there.start, here.numel)

    @torch.no_grad()
    def publish(self) -> None:
        """Make the weights that the network computes with those that the flat tensors hold, on all processes."""
        if self._stage == 3:
            # Weights that some module fetched and might want again are old now.
            self._engine.optimizer.empty_partition_cache()
            for group in range(len(self.flats)):
                self._engine.optimizer._reassign_or_swap_out_partitioned_parameters(group)
        elif self._stage > 0:
            self._engine.optimizer.update_lp_params()


@contextmanager
def whole(tensor: Tensor, *, written: bool = False) -> Iterator[None]:
    """Within the block a parameter that ZeRO-3 shares out is there as a whole. All processes enter it.

    What is written there is lost, but for what the first process writes if `written` says so.
    """
    import deepspeed

    if not hasattr(tensor, "ds_id"):
        yield
        return
    with deepspeed.zero.GatheredParameters([tensor], modifier_rank=0 if written else None):
        yield
