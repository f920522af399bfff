"""The engine under the training loop: forward, backward, clip, step, average. Here plain PyTorch on one process.

The loop and the objectives use no more than `Engine` offers, so that another engine (`DeepSpeedEngine`, a sharded one)
can take this one's place, and go on from its checkpoints.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import Protocol

import torch
from torch import Tensor, nn

from lavincli.tensor_file import Kind, Layout, StoredTensors
from lavincli.train.config import OptimizerConfig
from lavincli.train.ema import ExponentialMovingAverage
from lavincli.train.optimizer import build_optimizers, learning_rate_factor, set_learning_rate, state_keys

LARGEST = sys.float_info.max
"""The largest number there is: a limit for what need only be finite."""


class Engine(Protocol):
    """Trains one network.

    Its state has the same names and full tensors for every engine and number of processes: `module.NAME` (weights and
    buffers), `average.NAME` (their moving average) and `optimizer.NAME.KEY`, NAME as in the network's `state_dict`.
    """

    @property
    def module(self) -> nn.Module: ...

    def run(self, function: Callable[[], Tensor]) -> Tensor:
        """Call a function that uses the network, in the precision that it is trained in.

        The network is used in no other way, for its weights may be elsewhere between calls. On several processes each
        of them has to run it.
        """
        ...

    def backward(self, loss: Tensor) -> None:
        """Add the gradient of one of the `accumulation` parts of a step; the step's loss is their mean."""
        ...

    def step(self, step: int, largest: float = LARGEST) -> float:
        """One optimiser step at global step `step`; returns the gradient norm before clipping.

        A gradient whose norm is above `largest`, or is not a number, is dropped: everything else stays as it is. On
        several processes all of them come to know the same norm.
        """
        ...

    def averaged(self) -> AbstractContextManager[None]:
        """Within the block the network has the exponential moving average of its weights, to be evaluated."""
        ...

    def layout(self) -> Layout:
        """Names and kinds of what `state` gives, in its order."""
        ...

    def state(self) -> Iterator[tuple[str, Tensor]]:
        """The state, tensor by tensor. All processes take every one; the values are right on the first alone."""
        ...

    def load_state(self, state: StoredTensors) -> None:
        """Restore what `state` gave; raises RuntimeError, ValueError or KeyError if that was of another network."""
        ...


EngineMaker = Callable[[nn.Module, OptimizerConfig], Engine]
"""Makes the engine of one network."""


class LocalEngine:
    """One process, one device."""

    def __init__(
        self,
        module: nn.Module,
        config: OptimizerConfig,
        *,
        steps: int,
        ema_decay: float,
        precision: torch.dtype = torch.float32,
        accumulation: int = 1,
    ) -> None:
        self.module = module
        self._config, self._steps = config, steps
        self._precision, self._accumulation = precision, accumulation
        self._optimizers = build_optimizers(module, config)
        self._ema = ExponentialMovingAverage(module, ema_decay)
        self._trained = {name: p for name, p in module.named_parameters() if p.requires_grad}
        self._device = next(module.parameters()).device.type

    def run(self, function: Callable[[], Tensor]) -> Tensor:
        with torch.autocast(self._device, torch.bfloat16, enabled=self._precision == torch.bfloat16):
            return function()

    def backward(self, loss: Tensor) -> None:
        (loss / self._accumulation).backward()  # type: ignore[no-untyped-call]

    def step(self, step: int, largest: float = LARGEST) -> float:
        rate = self._config.learning_rate * learning_rate_factor(step, self._steps, self._config)
        set_learning_rate(self._optimizers, rate)
        for parameter in self._trained.values():
            # One that had no part in the loss is decayed like all others, as it is where weights are flat.
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
        norm = float(torch.nn.utils.clip_grad_norm_(self._trained.values(), self._config.clip))
        if norm <= largest:
            for optimizer in self._optimizers:
                optimizer.step()
            self._ema.update(self.module, step)
        for optimizer in self._optimizers:
            optimizer.zero_grad(set_to_none=True)
        return norm

    @contextmanager
    def averaged(self) -> Iterator[None]:
        training = self.module.training
        self.module.eval()
        with self._ema.in_place(self.module), torch.no_grad():
            yield
        self.module.train(training)

    def layout(self) -> Layout:
        return {name: Kind.of(tensor) for name, tensor in self.state()}

    def state(self) -> Iterator[tuple[str, Tensor]]:
        yield from ((f"module.{name}", value) for name, value in self.module.state_dict().items())
        yield from ((f"average.{name}", value) for name, value in self._ema.shadow.items())
        for name, parameter in self._trained.items():
            for optimizer in self._optimizers:
                remembered = optimizer.state.get(parameter, {})
                yield from ((f"optimizer.{name}.{key}", value) for key, value in remembered.items())

    def load_state(self, state: StoredTensors) -> None:
        shapes = {name: tuple(value.shape) for name, value in self.module.state_dict().items()}
        check_stored(state, shapes, self._trained, self._optimizers_by_name())
        self.module.load_state_dict({name: state[key] for name, key in state.under("module.").items()})
        self._ema.load({name: state[key] for name, key in state.under("average.").items()})
        for name, optimizer in self._optimizers_by_name().items():
            parameter = self._trained[name]
            optimizer.state.pop(parameter, None)
            if f"optimizer.{name}.{state_keys(optimizer)[0]}" in state:
                optimizer.state[parameter] = {
                    key: state[f"optimizer.{name}.{key}"].to(parameter.device) for key in state_keys(optimizer)
                }

    def _optimizers_by_name(self) -> dict[str, torch.optim.Optimizer]:
        return optimizers_by_name(self._trained, self._optimizers)


def optimizers_by_name(
    trained: dict[str, nn.Parameter], optimizers: Iterable[torch.optim.Optimizer]
) -> dict[str, torch.optim.Optimizer]:
    """Which optimiser trains which parameter."""
    by_parameter = {
        id(p): optimizer for optimizer in optimizers for group in optimizer.param_groups for p in group["params"]
    }
    return {name: by_parameter[id(parameter)] for name, parameter in trained.items()}


def check_stored(
    state: StoredTensors,
    expected: dict[str, tuple[int, ...]],
    trained: Iterable[str],
    optimizers: dict[str, torch.optim.Optimizer],
) -> None:
    """Raises ValueError where a stored state is not of this network and these optimisers; reads no tensor."""
    stored = {name: state.shape(key) for name, key in state.under("module.").items()}
    for name in stored.keys() ^ expected.keys():
        raise ValueError(f"{name} is in one of them only")
    for name, shape in stored.items():
        if shape != expected[name]:
            raise ValueError(f"{name} has the shape {shape}, not {expected[name]}")
    if state.under("average.").keys() != set(trained):
        raise ValueError("the stored average belongs to a network with other trained parameters")
    remembered = {key.rpartition(".")[::2] for key in state.under("optimizer.")}
    fitting = {(name, key) for name, optimizer in optimizers.items() for key in state_keys(optimizer)}
    if remembered - fitting or (remembered and fitting - remembered):
        raise ValueError("the stored state is of another optimiser")
