"""How figures of a run are written for people."""

from __future__ import annotations

from collections.abc import Mapping

from lavincli.train.objective import Figures
from lavincli.train.watch.watcher import SPEED

_APART = ("gradient", "learning_rate")


def losses(figures: Figures) -> Figures:
    """The figures of the whole batch: the losses, and what belongs to them."""
    return {key: value for key, value in figures.items() if "/" not in key and key not in _APART}


def by_task(figures: Figures) -> dict[str, Figures]:
    """Figures `NAME/TASK`, for each name those of its tasks."""
    found: dict[str, Figures] = {}
    for key, value in figures.items():
        name, slash, task = key.partition("/")
        if slash and not key.startswith(SPEED):
            found.setdefault(name, {})[task] = value
    return found


def speeds(figures: Mapping[str, float]) -> list[str]:
    """What is known of the machine, item by item."""
    known = {key.removeprefix(SPEED): value for key, value in figures.items() if key.startswith(SPEED)}
    words = []
    if "samples" in known:
        words.append(f"{_count(known['samples'])} samples/s")
    if "tokens" in known:
        words.append(f"{_count(known['tokens'])} tokens/s")
    if "utilisation" in known:
        words.append(f"{known['utilisation']:.0%} of the matrix rate")
    if "step_seconds" in known:
        share = known["waiting_seconds"] / known["step_seconds"] if known["step_seconds"] else 0.0
        words.append(f"{known['step_seconds']:.3g} s a step, {share:.0%} of it waiting for data")
    if "memory_gb" in known:
        words.append(f"{known['memory_gb']:.3g} GB")
    return words


def duration(seconds: float | None) -> str:
    """`3 d 04 h`, `2 h 05 min`, `12 min 30 s`, `45 s`; nothing where it isn't known."""
    if seconds is None:
        return ""
    whole = round(seconds)
    for unit, length, lower, below in (("d", 86400, "h", 3600), ("h", 3600, "min", 60), ("min", 60, "s", 1)):
        if whole >= length:
            return f"{whole // length} {unit} {whole % length // below:02} {lower}"
    return f"{whole} s"


def _count(value: float) -> str:
    return f"{value:,.0f}" if value >= 100 else f"{value:.3g}"
