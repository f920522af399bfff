"""Where an axis has its ticks, and what they say."""

from __future__ import annotations

import math
from collections.abc import Sequence

_STEPS = (1.0, 2.0, 2.5, 5.0, 10.0)
_MOST_DECIMALS = 12


def round_ticks(low: float, high: float, count: int = 5) -> list[float]:
    """About `count` round numbers from `low` to `high`, equally far apart. Raises ValueError if low >= high."""
    if not low < high:
        raise ValueError(f"an axis goes from a lower to a higher number, not from {low:g} to {high:g}")
    rough = (high - low) / count
    magnitude = 10.0 ** math.floor(math.log10(rough))
    step = next(factor * magnitude for factor in _STEPS if factor * magnitude >= rough * (1 - 1e-9))
    first = math.ceil(low / step - 1e-9)
    last = math.floor(high / step + 1e-9)
    return [number * step for number in range(first, last + 1)]


def tick_labels(ticks: Sequence[float]) -> list[str]:
    """Equally far ticks as text, all with as many decimals as the one that needs most."""
    step = abs(ticks[1] - ticks[0]) if len(ticks) > 1 else 1.0
    for decimals in range(_MOST_DECIMALS):
        texts = [f"{tick:.{decimals}f}" for tick in ticks]
        if all(abs(float(text) - tick) < 1e-4 * step for text, tick in zip(texts, ticks, strict=True)):
            return [text.lstrip("-") if float(text) == 0 else text for text in texts]
    return [f"{tick:.3g}" for tick in ticks]
