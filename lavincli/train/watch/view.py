"""A run on a terminal: losses, speed, time left and the last checkpoint, kept up to date in place."""

from __future__ import annotations

from rich.columns import Columns
from rich.console import Console, ConsoleOptions, RenderResult
from rich.live import Live
from rich.progress_bar import ProgressBar
from rich.table import Table
from rich.text import Text

from lavincli.train.objective import Figures
from lavincli.train.watch.sparkline import sparkline
from lavincli.train.watch.state import RunState
from lavincli.train.watch.watcher import Facts
from lavincli.train.watch.wording import by_task, duration, losses, speeds

_REFRESHES_A_SECOND = 2
_WIDE, _NARROW = 32, 10
_NAME = 30
_TASK_COLUMN = _NAME + 10 + _NARROW


class LiveView(RunState):
    """Draws on `console` until the run ends; what is logged there meanwhile stands above it.

    It is drawn by a thread of its own, so that a step waits for nothing, and a run that stands still still shows who it
    waits for.
    """

    def __init__(self, console: Console) -> None:
        super().__init__()
        self._live = Live(
            self,
            console=console,
            refresh_per_second=_REFRESHES_A_SECOND,
            redirect_stdout=False,
            vertical_overflow="ellipsis",
        )

    def on_start(self, facts: Facts) -> None:
        super().on_start(facts)
        self._live.start()

    def on_end(self) -> None:
        self._live.stop()

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        if self.facts is None:
            return
        yield _progress(self, self.facts)
        yield _losses(self.figures, self.curves)
        for line in (*_speed(self.figures), _validation(self), _last_files(self)):
            if line.plain:
                yield line
        for name, figures in by_task(self.figures).items():
            yield Text(f"{name} of", style="dim")
            cells = [_task_cell(name, task, value, self.curves) for task, value in sorted(figures.items())]
            yield Columns(cells, width=min(_TASK_COLUMN, options.max_width - 1), padding=(0, 1))
        late = self.facts.waiting_for()
        if late:
            yield Text(late, style="bold red")


def _progress(state: RunState, facts: Facts) -> Table:
    row = Table.grid(padding=(0, 2), expand=True)
    row.add_column(no_wrap=True)
    row.add_column(ratio=1)
    row.add_column(no_wrap=True)
    left = duration(state.seconds_left())
    row.add_row(
        Text.assemble((facts.name, "bold"), f"  step {state.step:,} of {facts.steps:,}"),
        ProgressBar(total=facts.steps, completed=state.step),
        Text(f"{state.step / facts.steps:4.0%}" + (f"   {left} left" if left else "")),
    )
    return row


def _losses(figures: Figures, curves: dict[str, list[float]]) -> Table:
    """The losses with their curves, the gradient's norm and the learning rate."""
    table = Table.grid(padding=(0, 2))
    found = losses(figures)
    for name, value in found.items():
        width = _WIDE if name == next(iter(found)) else _NARROW
        table.add_row(name, Text(f"{value:.4g}", style="bold"), Text(sparkline(curves.get(name, []), width), "cyan"))
    rest = [f"{figures[name]:.3g}" if name in figures else "" for name in ("gradient", "learning_rate")]
    if rest[0]:
        table.add_row("gradient", rest[0], Text(sparkline(curves.get("gradient", []), _NARROW), "cyan"))
    if rest[1]:
        table.add_row("learning rate", rest[1])
    return table


def _speed(figures: Figures) -> list[Text]:
    return [Text("   ".join(speeds(figures)))]


def _validation(state: RunState) -> Text:
    if state.validation is None:
        return Text()
    step, figures = state.validation
    words = "  ".join(f"{name} {value:.4g}" for name, value in losses(figures).items())
    return Text(f"validation at step {step:,}: {words}", style="green")


def _last_files(state: RunState) -> Text:
    parts = []
    if state.checkpoint is not None:
        parts.append(f"{state.checkpoint[0].name} saved {duration(state.seconds_since_checkpoint())} ago")
    if state.samples is not None:
        parts.append(f"samples in {state.samples}")
    return Text("   ".join(parts), style="dim")


def _task_cell(name: str, task: str, value: float, curves: dict[str, list[float]]) -> Text:
    curve = sparkline(curves.get(f"{name}/{task}", []), _NARROW)
    return Text.assemble(f"{task[:_NAME]:{_NAME}} ", (f"{value:7.4g} ", "bold"), (curve, "cyan"), no_wrap=True)
