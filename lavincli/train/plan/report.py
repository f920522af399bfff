"""A plan for people, and for programs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from lavincli.train.plan.plan import GIGA, Plan, Row

HEADER = (
    *("ZeRO", "offload", "checkpointing", "weights", "copies", "gradients", "optimiser", "average", "buffers"),
    *("activations", "total", "host", "sent", "fits"),
)
NOTE = (
    "* the recipe's own setting. In GB, for one GPU and the largest batch; total includes 2 GB of CUDA and what the "
    "allocator wastes; sent: in a step."
)


def summary(plan: Plan) -> list[tuple[str, str]]:
    """What a plan says in lines of a name and a value."""
    machines, operations = plan.machines, plan.step.operations
    parts = ", ".join(f"{name} {count:,}" for name, count in plan.parameters.items())
    clips = sorted({f"{a} -> {b}" for a, b in plan.lengths.values()})
    return [
        ("parameters", f"{sum(plan.parameters.values()):,} ({parts})"),
        ("machines", f"{machines.world} GPUs of {machines.memory / GIGA:g} GB"),
        ("clips", f"frames of inputs and targets: {', '.join(clips)}"),
        ("accumulation", str(plan.chosen.setting.accumulation)),
        ("tokens a step", f"{plan.step.tokens:,.0f}"),
        (
            "operations a step",
            f"{operations.forward + operations.backward + plan.recomputed:.3g} ({operations.forward:.3g} forward, "
            f"{operations.backward:.3g} backward, {plan.recomputed:.3g} recomputed)",
        ),
        (
            "time",
            f"{_duration(plan.days)} for {plan.steps:,} steps, {plan.days * 86400 / plan.steps:.2g} s each, at "
            f"{machines.utilisation:.0%} of {machines.rate:.3g} operations/s",
        ),
    ]


def table(plan: Plan) -> list[tuple[str, ...]]:
    """A row for each setting, below `HEADER`; the recipe's own is marked."""
    return [_cells(row, own=row.setting == plan.chosen.setting) for row in plan.rows]


def as_dictionary(plan: Plan) -> dict[str, Any]:
    """The plan in bytes, operations and days."""
    operations = plan.step.operations
    return {
        "world": plan.machines.world,
        "gpu_memory": plan.machines.memory,
        "parameters": {"total": sum(plan.parameters.values()), **plan.parameters},
        "clip_lengths": {name: list(frames) for name, frames in plan.lengths.items()},
        "tokens_per_step": plan.step.tokens,
        "operations_per_step": {
            "forward": operations.forward,
            "backward": operations.backward,
            "recomputed": plan.recomputed,
        },
        "steps": plan.steps,
        "utilisation": plan.machines.utilisation,
        "operations_per_second": plan.machines.rate,
        "days": plan.days,
        "setting": _described(plan.chosen),
        "settings": [_described(row) for row in plan.rows],
        "fits": plan.refusal is None,
        "refusal": plan.refusal,
    }


def _duration(days: float) -> str:
    for unit, length in (("days", 1.0), ("hours", 24.0)):
        if days * length >= 1:
            return f"{days * length:.1f} {unit}"
    return f"{days * 1440:.1f} minutes"


def _cells(row: Row, *, own: bool) -> tuple[str, ...]:
    state, setting = row.state, row.setting
    figures: Sequence[int] = (
        *(state.weights, state.copies, state.gradients, state.optimizer, state.average, state.buffers),
        *(row.activations, row.total, state.host, row.traffic),
    )
    return (
        f"{setting.zero_stage}{' *' if own else ''}",
        "cpu" if setting.offload else "none",
        "yes" if setting.activation_checkpointing else "no",
        *(f"{figure / GIGA:.1f}" for figure in figures),
        "yes" if row.fits else "no",
    )


def _described(row: Row) -> dict[str, Any]:
    setting, state = row.setting, row.state
    return {
        "zero_stage": setting.zero_stage,
        "offload": "cpu" if setting.offload else "none",
        "activation_checkpointing": setting.activation_checkpointing,
        "accumulation": setting.accumulation,
        "weights": state.weights,
        "copies": state.copies,
        "gradients": state.gradients,
        "optimizer": state.optimizer,
        "average": state.average,
        "buffers": state.buffers,
        "activations": row.activations,
        "total": row.total,
        "host": state.host,
        "traffic_per_step": row.traffic,
        "fits": row.fits,
    }
