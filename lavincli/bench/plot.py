"""A plot of what `lavin bench engine` measured."""

from __future__ import annotations

import importlib
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from lavincli.atomic import atomic_path
from lavincli.bench.engine import EngineRow
from lavincli.errors import ConfigError


def plot_engine(rows: Sequence[EngineRow], path: Path, title: str) -> None:
    """Latency of one query and queries a second, by pairs, a line for each way; PNG.

    Raises ConfigError where matplotlib isn't installed.
    """
    try:
        figures: Any = importlib.import_module("matplotlib.figure")
    except ImportError as error:
        raise ConfigError("--plot needs the package matplotlib: pip install 'lavin[bench]'") from error
    # Made without pyplot, a figure draws itself and asks for no screen.
    figure = figures.Figure(figsize=(11, 4.5), layout="constrained")
    sides = figure.subplots(1, 2)
    for axes, name, label in (
        (sides[0], "latency", "one more query of a task [s]"),
        (sides[1], "throughput", "queries of one task [1/s]"),
    ):
        for way in dict.fromkeys(row.way for row in rows):
            of_way = [row for row in rows if row.way == way]
            axes.plot([row.pairs for row in of_way], [getattr(row, name) for row in of_way], marker="o", label=way)
        axes.set(xlabel="context pairs", ylabel=label, yscale="log", xticks=sorted({row.pairs for row in rows}))
        axes.grid(visible=True, alpha=0.3)
    sides[1].legend()
    figure.suptitle(title)
    with atomic_path(path) as temporary:
        figure.savefig(temporary, dpi=120, format="png")
