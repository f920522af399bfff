"""The engine for several processes: DeepSpeed, ZeRO stages 0 to 3."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager

import torch
import torch.distributed as dist
from torch import Tensor, nn

from lavincli.tensor_file import Kind, Layout, StoredTensors
from lavincli.train.config import DistributedConfig, OptimizerConfig
from lavincli.train.distributed import quirks
from lavincli.train.ema import weight_of_step
from lavincli.train.engine import LARGEST, check_stored, optimizers_by_name
from lavincli.train.optimizer import (
    Together,
    build_optimizers,
    empty_state,
    learning_rate_factor,
    set_learning_rate,
    state_keys,
)
from lavincli.train.world import World

_SWAPPED_AT_ONCE = 2**24


class DeepSpeedEngine:
    """A process among several. Moving averages are kept of the pieces of the weights that this process updates."""

    def __init__(
        self,
        module: nn.Module,
        config: OptimizerConfig,
        *,
        steps: int,
        ema_decay: float,
        precision: torch.dtype,
        settings: DistributedConfig,
        stage: int,
        micro_batch: int,
        world: World,
    ) -> None:
        self.module = module
        self._device = next(module.parameters()).device
        self._config, self._steps, self._ema_decay = config, steps, ema_decay
        self._stage, self._accumulation, self._world = stage, settings.accumulation, world
        self._kinds = {name: Kind.of(tensor) for name, tensor in module.state_dict().items()}
        self._trained = {name: p for name, p in module.named_parameters() if p.requires_grad}
        self._optimizers = build_optimizers(module, config)
        self._optimizer_of = optimizers_by_name(self._trained, self._optimizers)
        self._engine = quirks.initialise(
            module,
            self._optimizers[0] if len(self._optimizers) == 1 else Together(self._optimizers),
            settings=settings,
            stage=stage,
            clip=config.clip,
            precision=precision,
            micro_batch=micro_batch,
        )
        self._masters = quirks.Masters(self._engine, stage, self._trained)
        by_parameter = list(self._optimizer_of.values())
        self._optimizer_of_flat = by_parameter if stage == 0 else by_parameter[:1] * len(self._masters.flats)
        self._averages = [flat.detach().clone() for flat in self._masters.flats]
        self._parts = 0

    def run(self, function: Callable[[], Tensor]) -> Tensor:
        self._world.beat("forward pass")
        result: Tensor = self._engine(function)
        return result

    def backward(self, loss: Tensor) -> None:
        self._world.beat("backward pass")
        self._engine.backward(loss)
        self._parts += 1
        if self._parts < self._accumulation:
            self._engine.step()  # counts the part, and does no more

    def step(self, step: int, largest: float = LARGEST) -> float:
        self._world.beat("optimiser step")
        self._parts = 0
        rate = self._config.learning_rate * learning_rate_factor(step, self._steps, self._config)
        set_learning_rate(self._optimizers, rate)
        norm = quirks.step(self._engine, self._stage, largest)
        if not norm <= largest:
            return norm
        with torch.no_grad():
            flats = [flat.detach() for flat in self._masters.flats]
            torch._foreach_lerp_(self._averages, flats, weight_of_step(self._ema_decay, step))
        return norm

    @contextmanager
    def averaged(self) -> Iterator[None]:
        self._swap()
        self._engine.eval()
        try:
            with torch.no_grad():
                yield
        finally:
            self._engine.train()
            self._swap()

    @torch.no_grad()
    def _swap(self) -> None:
        for flat, average in zip(self._masters.flats, self._averages, strict=True):
            pieces = [torch.split(x.detach().view(-1), _SWAPPED_AT_ONCE) for x in (flat, average)]
            for one, other in zip(*pieces, strict=True):
                before = one.clone()
                one.copy_(other)
                other.copy_(before)
        self._masters.publish()

    def layout(self) -> Layout:
        layout = {f"module.{name}": kind for name, kind in self._kinds.items()}
        layout |= {f"average.{name}": self._kinds[name] for name in self._trained}
        for name, optimizer in self._optimizer_of.items() if self._has_stepped() else ():
            for key in state_keys(optimizer):
                layout[f"optimizer.{name}.{key}"] = Kind(torch.float32, ()) if key == "step" else self._kinds[name]
        return layout

    def state(self) -> Iterator[tuple[str, Tensor]]:
        others = self._untrained()
        for name in self._kinds:
            if name in self._trained:
                yield f"module.{name}", self._gather(name, self._masters.flats)
            else:
                with quirks.whole(others[name]):
                    yield f"module.{name}", others[name].detach().clone()
        for name in self._trained:
            yield f"average.{name}", self._gather(name, self._averages)
        for name, optimizer in self._optimizer_of.items() if self._has_stepped() else ():
            for key in state_keys(optimizer):
                values = self._remembered(key)
                # All flat tensors have taken the same steps.
                value = next(x for x in values if x is not None) if key == "step" else self._gather(name, values)
                yield f"optimizer.{name}.{key}", value

    def load_state(self, state: StoredTensors) -> None:
        check_stored(state, {name: kind.shape for name, kind in self._kinds.items()}, self._trained, self._optimizer_of)
        others = self._untrained()
        for name in self._kinds:
            if name in self._trained:
                self._scatter(name, state, f"module.{name}", self._masters.flats)
                self._scatter(name, state, f"average.{name}", self._averages)
            else:
                with torch.no_grad(), quirks.whole(others[name], written=True):
                    others[name].copy_(state[f"module.{name}"])
        stepped = bool(state.under("optimizer."))
        for flat, optimizer in zip(self._masters.flats, self._optimizer_of_flat, strict=True):
            # What is to be filled has to be there; and no two share a tensor, or it would count steps twice.
            optimizer.state.pop(flat, None)
            if stepped:
                optimizer.state[flat] = empty_state(optimizer, flat)
        for name, optimizer in self._optimizer_of.items() if stepped else ():
            for key in state_keys(optimizer):
                if key == "step":
                    self._set_step(optimizer, state[f"optimizer.{name}.step"])
                else:
                    self._scatter(name, state, f"optimizer.{name}.{key}", self._remembered(key))
        self._masters.publish()

    def _untrained(self) -> dict[str, Tensor]:
        """Buffers and frozen parameters, by name."""
        tensors: dict[str, Tensor] = {**dict(self.module.named_buffers()), **dict(self.module.named_parameters())}
        return {name: tensor for name, tensor in tensors.items() if name not in self._trained}

    def _has_stepped(self) -> bool:
        return any(optimizer.state for optimizer in self._optimizers)

    def _remembered(self, key: str) -> list[Tensor | None]:
        """What the optimisers remember under this key of every flat tensor."""
        flats = zip(self._masters.flats, self._optimizer_of_flat, strict=True)
        return [optimizer.state[flat].get(key) for flat, optimizer in flats]

    def _set_step(self, optimizer: torch.optim.Optimizer, step: Tensor) -> None:
        for flat, other in zip(self._masters.flats, self._optimizer_of_flat, strict=True):
            if other is optimizer:
                optimizer.state[flat]["step"].copy_(step)

    def _gather(self, name: str, flats: Sequence[Tensor | None]) -> Tensor:
        """A whole parameter, or what belongs to it, from the pieces; right on the first process."""
        fragment, shape = self._masters.fragments.get(name), self._kinds[name].shape
        if fragment is not None and fragment.count == torch.Size(shape).numel() and not self._masters.is_sharded:
            own = flats[fragment.flat]
            assert own is not None
            return own.detach().view(shape)
        whole = torch.zeros(shape, device=self._device)
        if fragment is not None:
            flat = flats[fragment.flat]
            assert flat is not None
            piece = flat.detach().narrow(0, fragment.start, fragment.count)
            whole.view(-1).narrow(0, fragment.offset, fragment.count).copy_(piece)
        dist.reduce(whole, dst=0)  # all but one of the pieces are zeros in every place
        return whole

    def _scatter(self, name: str, state: StoredTensors, key: str, flats: Sequence[Tensor | None]) -> None:
        """Take this process's piece of a stored tensor."""
        fragment = self._masters.fragments.get(name)
        if fragment is not None:
            flat = flats[fragment.flat]
            assert flat is not None
            piece = state[key].view(-1).narrow(0, fragment.offset, fragment.count)
            flat.detach().view(-1).narrow(0, fragment.start, fragment.count).copy_(piece)
