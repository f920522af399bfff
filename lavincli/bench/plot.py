"""Plots of what `lavin bench engine` measured."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from lavincli.bench.engine import EngineRow
from lavincli.report.plots import Line, Plot, Point, write_plot

_FIGURES = {
    "latency": ("One more query of a task", "seconds", False),
    "throughput": ("Queries of one task", "queries a second", True),
}


def plot_engine(rows: Sequence[EngineRow], folder: Path, title: str) -> list[Path]:
    """Latency of one query and queries a second over the pairs, a line for each way; returns the files.

    Writes ``latency`` and ``throughput``, each as ``.svg`` and ``.png``; ``title`` says what was measured.
    """
    folder.mkdir(parents=True, exist_ok=True)
    files: list[Path] = []
    for name, (what, unit, higher_is_better) in _FIGURES.items():
        lines = [
            Line(way, [Point(row.pairs, getattr(row, name)) for row in rows if row.way == way])
            for way in dict.fromkeys(row.way for row in rows)
        ]
        plot = Plot(what, "example pairs K", unit, lines, x_log=True, higher_is_better=higher_is_better, note=title)
        files += write_plot(folder / name, plot)
    return files
