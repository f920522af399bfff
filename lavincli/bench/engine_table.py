"""What `lavin bench engine` measured, as a table for people: in columns, or as Markdown."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from lavincli.bench.engine import EngineRow

_GIGA: Final = 1e9
_HEADING: Final = (
    *("way", "pairs", "task s", "query s", "queries/s", "times", "evaluations", "GFLOP a query"),
    *("utilisation", "peak GB", "error", "queries run"),
)
_TITLES: Final = {
    "reference": "published way",
    "exact": "exact engine",
    "refresh": "condition refreshed",
    "few": "exact engine, few steps",
    "oneway": "one-way",
    "oneway-few": "one-way, few steps",
    "peer": "autoregressive peer",
}


def as_table(rows: Sequence[EngineRow]) -> list[tuple[str, ...]]:
    """The rows as texts, with a heading. ``times``: queries a second to those of the published way."""
    published = {row.pairs: row.throughput for row in rows if row.way == "reference"}
    return [_HEADING, *(_texts(row, published.get(row.pairs)) for row in rows)]


def as_markdown(rows: Sequence[EngineRow], setting: str, queries: int) -> str:
    """The same for a page, with what was measured above it."""
    heading, *texts = as_table(rows)
    lines = [
        f"{setting}; throughput of {queries} queries of one task.",
        "",
        f"| {' | '.join(heading)} |",
        f"|---|{'---:|' * (len(heading) - 1)}",
        *(f"| {_TITLES[way]} | {' | '.join(rest)} |" for way, *rest in texts),
    ]
    return "\n".join(lines) + "\n"


def _texts(row: EngineRow, published: float | None) -> tuple[str, ...]:
    return (
        row.way,
        str(row.pairs),
        f"{row.context_seconds:.2g}" if row.context_seconds else "-",
        f"{row.latency:.3g}",
        f"{row.throughput:.3g}",
        "-" if published is None else _short(row.throughput / published),
        str(row.evaluations),
        _short(row.operations / _GIGA),
        f"{row.utilisation:.0%}",
        "-" if row.peak_memory is None else f"{row.peak_memory / _GIGA:.2f}",
        "-" if row.error is None else f"{row.error:.0e}" if row.error else "0",
        str(row.queries_run),
    )


def _short(number: float) -> str:
    return f"{number:,.0f}" if number >= 10 else f"{number:.2g}"
