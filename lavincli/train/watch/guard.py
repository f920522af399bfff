"""Steps that would spoil the weights are not taken, and a run that has hardly any others is ended."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path

from torch import Tensor, nn

from lavincli.errors import LavinError
from lavincli.tensor_file import Kind, Layout, StoredTensors
from lavincli.train.config import JDiTTrainConfig, OptimizerConfig, STVAETrainConfig
from lavincli.train.engine import LARGEST, Engine, EngineMaker
from lavincli.train.watch.spikes import Limits, Spikes
from lavincli.train.world import World

log = logging.getLogger(__name__)
Config = STVAETrainConfig | JDiTTrainConfig
_HISTORY = "guard.history"
_NONE = float("-inf")


class Guard:
    """Puts itself between the objective and its engines.

    The first network is the product: a step of it is not taken if its loss, or the norm of its gradient, is not finite
    or a spike. A step of another network isn't taken if it is not finite.

    Attributes:
        skipped: whether the product's last step was not taken.
    """

    def __init__(self, config: Config, world: World) -> None:
        self.config, self.world = config, world
        self.skipped = False
        self._engines = 0

    def around(self, make: EngineMaker) -> EngineMaker:
        """An engine maker whose engines are guarded."""

        def make_guarded(module: nn.Module, optimizer: OptimizerConfig) -> Engine:
            self._engines += 1
            return GuardedEngine(make(module, optimizer), self, is_product=self._engines == 1)

        return make_guarded


class GuardedEngine:
    """An engine whose steps are judged; all else is the engine's own. The history is part of its state.

    All processes come to the same judgement, for they see the same losses and norms.
    """

    def __init__(self, engine: Engine, guard: Guard, *, is_product: bool) -> None:
        self._engine, self._guard, self._is_product = engine, guard, is_product
        off = {"loss_deviations": None, "gradient_factor": None}
        self._settings = guard.config.guard.model_copy(update={} if is_product else off)
        self._spikes = Spikes(self._settings)
        self._changes = loss_changes(guard.config)
        self._losses: list[Tensor] = []

    @property
    def module(self) -> nn.Module:
        return self._engine.module

    def run(self, function: Callable[[], Tensor]) -> Tensor:
        return self._engine.run(function)

    def backward(self, loss: Tensor) -> None:
        self._losses.append(loss.detach())
        self._engine.backward(loss)

    def step(self, step: int, largest: float = LARGEST) -> float:
        """As an engine does, if the step may be taken.

        Raises LavinError, on all processes, when too many of the last steps were not taken.
        """
        loss = self._guard.world.mean([sum(float(part) for part in self._losses) / len(self._losses)])[0]
        self._losses.clear()
        if step in self._changes:
            self._spikes.forget()
        limits = self._spikes.limits()
        fine = loss <= limits.loss
        norm = self._engine.step(step, min(limits.gradient, largest) if fine else _NONE)
        taken = fine and norm <= limits.gradient
        self._spikes.add(loss, norm, taken=taken)
        if self._is_product:
            self._guard.skipped = not taken
        if not taken:
            self._not_taken(step + 1, _reason(loss, norm, limits))
        return norm

    def _not_taken(self, number: int, reason: str) -> None:
        if self._guard.world.is_first:
            log.warning("step %d is not taken: %s", number, reason)
        skipped = self._spikes.skipped()
        if skipped < self._settings.patience:
            return
        first = number + 1 - self._spikes.since_first_skipped()
        good = _newest_before(self._guard.config.out / "checkpoints", first)
        raise LavinError(
            f"training diverged: {skipped} of the last {self._settings.history} steps, from step {first} on, were not "
            f"taken, the last one because {reason}; "
            + (f"{good} is from before that: delete what is newer" if good else "no checkpoint is from before that")
            + " and go on with a lower optimizer.learning_rate or more optimizer.warmup_steps; or, where such steps "
            "are to be expected, with a higher guard.loss_deviations or guard.gradient_factor"
        )

    def averaged(self) -> AbstractContextManager[None]:
        return self._engine.averaged()

    def layout(self) -> Layout:
        return self._engine.layout() | {_HISTORY: Kind.of(self._spikes.state)}

    def state(self) -> Iterator[tuple[str, Tensor]]:
        yield from self._engine.state()
        yield _HISTORY, self._spikes.state

    def load_state(self, state: StoredTensors) -> None:
        self._engine.load_state(state)
        if _HISTORY in state:  # there is none in checkpoints of earlier versions
            self._spikes.load(state[_HISTORY])


def loss_changes(config: Config) -> frozenset[int]:
    """Steps from which on the loss has another part, so that it can't be compared with what it was."""
    if config.network != "stvae":
        return frozenset()
    parts = (config.loss.perceptual, config.loss.adversarial)
    return frozenset(part.start_step for part in parts if part is not None)


def _reason(loss: float, norm: float, limits: Limits) -> str:
    """What was wrong with a step."""
    if not loss <= LARGEST:
        return f"its loss is {loss}"
    if loss > limits.loss:
        return f"its loss is {loss:.4g}, and {limits.loss:.4g} would be the most after those before"
    if not norm <= LARGEST:
        return f"its gradient is {norm}"
    return f"its gradient is {norm:.4g}, and {limits.gradient:.4g} would be the most after those before"


def _newest_before(folder: Path, step: int) -> Path | None:
    found = sorted(path for path in folder.glob("step-*") if int(path.name.removeprefix("step-")) < step)
    return found[-1] if found else None
