"""Whether a recipe fits machines that aren't here, and what it takes on them."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass

from lavincli.registry import task
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.plan.needs import JDiTNeeds, Needs, Step, STVAENeeds
from lavincli.train.plan.settings import Setting, StateMemory, state_memory, traffic
from lavincli.train.plan.shapes import Lengths, clip_lengths
from lavincli.train.world import shares

GIGA = 10**9
_DAY = 86400.0
# What is on a GPU besides: CUDA's context, NCCL's buffers, libraries' workspaces.
_RUNTIME = 2 * GIGA
# What PyTorch's allocator leaves unused between tensors, as a share of the activations.
_FRAGMENTED = 0.05


@dataclass(frozen=True, slots=True)
class Machines:
    """What a plan is for.

    Attributes:
        world: GPUs.
        memory: bytes of each.
        rate: operations that each does in a second, at its best.
        utilisation: the share of that rate which training reaches, recomputation counted.
    """

    world: int
    memory: int
    rate: float = 990e12
    utilisation: float = 0.4


@dataclass(frozen=True, slots=True)
class Row:
    """One setting on one GPU, in bytes.

    Attributes:
        setting: which.
        state: weights and what belongs to them.
        activations: at the peak, for the largest batch.
        total: everything, the allocator's and the libraries' part too.
        traffic: sent in a step.
        fits: whether the GPU has so much.
    """

    setting: Setting
    state: StateMemory
    activations: int
    total: int
    traffic: int
    fits: bool


@dataclass(frozen=True, slots=True)
class Plan:
    """What training takes.

    Attributes:
        machines: on what.
        lengths: frames of each task's inputs and targets.
        parameters: of each part.
        step: the mean step.
        recomputed: operations of a step that activation checkpointing repeats.
        steps: how many.
        days: for all of them.
        chosen: the recipe's own setting.
        rows: every stage, with and without offload and checkpointing, at the recipe's accumulation.
        refusal: why the recipe's setting can't be, and what can; None if it fits.
    """

    machines: Machines
    lengths: Mapping[str, Lengths]
    parameters: Mapping[str, int]
    step: Step
    recomputed: float
    steps: int
    days: float
    chosen: Row
    rows: tuple[Row, ...]
    refusal: str | None


def make_plan(
    config: STVAETrainConfig | JDiTTrainConfig, machines: Machines, lengths: Mapping[str, Lengths] | None = None
) -> Plan:
    """Plan a recipe. Nothing is allocated, and no data is read.

    Args:
        config: the recipe.
        machines: what it is to run on.
        lengths: frames of each task's inputs and targets; by default as `clip_lengths` finds them.

    Raises ConfigError if the batch can't be shared out, UnknownNameError for a task that isn't there.
    """
    if lengths is None:
        lengths = clip_lengths({name: task(name) for name in config.data.tasks}, config.data)
    needs: Needs = STVAENeeds(config, lengths) if config.network == "stvae" else JDiTNeeds(config, lengths)
    muon = config.optimizer.name == "muon"
    chosen = Setting.of(config.distributed, machines.world, muon=muon)
    for key, count in needs.batches.items():
        shares(count, chosen.accumulation, machines.world, key)
    fit = _Fit(needs, machines, bfloat16=config.precision == "bfloat16")
    batch = math.gcd(*needs.batches.values())
    rows = {setting: fit.row(setting) for setting in Setting.all(batch, machines.world, muon=muon)}
    row = rows.get(chosen) or fit.row(chosen)
    operations = needs.step.operations
    recomputed = operations.blocks if chosen.activation_checkpointing else 0.0
    total = operations.forward + operations.backward + recomputed
    seconds = config.steps * total / (machines.world * machines.rate * machines.utilisation)
    return Plan(
        machines,
        lengths,
        needs.parameters,
        needs.step,
        recomputed,
        config.steps,
        seconds / _DAY,
        row,
        tuple(one for setting, one in rows.items() if setting.accumulation == chosen.accumulation),
        None if row.fits else _refusal(row, list(rows.values()), machines),
    )


class _Fit:
    def __init__(self, needs: Needs, machines: Machines, *, bfloat16: bool) -> None:
        self._needs, self._machines, self._bfloat16 = needs, machines, bfloat16

    def row(self, setting: Setting) -> Row:
        world, weights = self._machines.world, self._needs.weights
        state = state_memory(weights, setting, world, bfloat16=self._bfloat16)
        activations = self._needs.activations(
            world * setting.accumulation, checkpointing=setting.activation_checkpointing
        )
        total = state.total + round((1 + _FRAGMENTED) * activations) + _RUNTIME
        sent = traffic(weights, setting, world, bfloat16=self._bfloat16)
        return Row(setting, state, activations, total, sent, total <= self._machines.memory)


def _refusal(chosen: Row, rows: list[Row], machines: Machines) -> str:
    """What is wrong and which setting would do: the one that costs least time and changes least."""
    short = (
        f"needs {chosen.total / GIGA:.1f} GB on each of {machines.world} GPUs, which have {machines.memory / GIGA:g}"
    )
    fitting = [row for row in rows if row.fits]
    if fitting:

        def cost(row: Row) -> tuple[object, ...]:
            setting = row.setting
            changes = len(setting.changes(chosen.setting))
            return setting.offload, setting.activation_checkpointing, changes, setting.accumulation, row.traffic

        best = min(fitting, key=cost)
        changes = " ".join(best.setting.changes(chosen.setting))
        return f"{short}; {changes} would fit, with {best.total / GIGA:.1f} GB"
    least = min(rows, key=lambda row: row.total)
    changes = " ".join(least.setting.changes(chosen.setting)) or "its own setting"
    return (
        f"{short}; nothing fits: the least, {least.total / GIGA:.1f} GB, is that of {changes}; take GPUs with more "
        "memory, or smaller pictures, fewer pairs or another size of network"
    )
