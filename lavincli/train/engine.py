"""The engine under the training loop: backward, clip, step, average. Plain PyTorch on one process.

The loop and the objectives use no more than `Engine` offers, so that another engine (a sharded one) can take this
one's place.
"""

from __future__ import annotations

from typing import Protocol

import torch
from torch import Tensor, nn

from lavincli.errors import LavinError
from lavincli.train.config import OptimizerConfig
from lavincli.train.ema import ExponentialMovingAverage
from lavincli.train.optimizer import build_optimizers, learning_rate_factor, set_learning_rate

State = dict[str, Tensor]


class Engine(Protocol):
    """Trains one network."""

    @property
    def module(self) -> nn.Module: ...

    def backward(self, loss: Tensor) -> None: ...

    def step(self, step: int) -> float:
        """One optimiser step at global step `step`; returns the gradient norm before clipping.

        Raises LavinError, and leaves the weights as they are, where the gradient is not finite.
        """
        ...

    def averaged(self) -> State:
        """The exponential moving average of the weights, by the network's parameter names."""
        ...

    def state(self) -> State: ...

    def load_state(self, state: State) -> None: ...


class LocalEngine:
    """One process, one device."""

    def __init__(self, module: nn.Module, config: OptimizerConfig, *, steps: int, ema_decay: float) -> None:
        self.module = module
        self._config, self._steps = config, steps
        self._optimizers = build_optimizers(module, config)
        self._ema = ExponentialMovingAverage(module, ema_decay)

    def backward(self, loss: Tensor) -> None:
        loss.backward()  # type: ignore[no-untyped-call]

    def step(self, step: int) -> float:
        rate = self._config.learning_rate * learning_rate_factor(step, self._steps, self._config)
        set_learning_rate(self._optimizers, rate)
        trained = [p for p in self.module.parameters() if p.requires_grad]
        norm = torch.nn.utils.clip_grad_norm_(trained, self._config.clip)
        if not norm.isfinite():
            raise LavinError(
                f"training diverged: the gradient at step {step + 1} is {float(norm)}; its checkpoints are kept: run "
                "it again with a lower optimizer.learning_rate"
            )
        for optimizer in self._optimizers:
            optimizer.step()
            optimizer.zero_grad(set_to_none=True)
        self._ema.update(self.module, step)
        return float(norm)

    def averaged(self) -> State:
        return self._ema.state(self.module)

    def state(self) -> State:
        """Weights, average and optimiser state as one flat dictionary of tensors: nothing that needs a pickle."""
        state = {f"module.{k}": v for k, v in self.module.state_dict().items()}
        state |= {f"average.{k}": v for k, v in self._ema.shadow.items()}
        for i, optimizer in enumerate(self._optimizers):
            for index, values in optimizer.state_dict()["state"].items():
                state |= {f"optimizer.{i}.{index}.{key}": value for key, value in values.items()}
        return state

    def load_state(self, state: State) -> None:
        """Restore what `state` gave; raises RuntimeError or ValueError if that was of another network."""
        self.module.load_state_dict(_under(state, "module."))
        self._ema.load(_under(state, "average."))
        if _under(state, f"optimizer.{len(self._optimizers)}."):
            raise ValueError("the stored state is of another optimiser")
        for i, optimizer in enumerate(self._optimizers):
            restored = optimizer.state_dict()
            restored["state"] = {}
            parameters = [p for group in optimizer.param_groups for p in group["params"]]
            for key, value in _under(state, f"optimizer.{i}.").items():
                index, name = key.split(".", 1)
                if int(index) >= len(parameters) or (value.ndim and value.shape != parameters[int(index)].shape):
                    raise ValueError("the stored state is of another optimiser")
                restored["state"].setdefault(int(index), {})[name] = value
            optimizer.load_state_dict(restored)


def _under(state: State, prefix: str) -> State:
    return {key.removeprefix(prefix): value for key, value in state.items() if key.startswith(prefix)}
