"""What a plot shows, before it is drawn."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

Role = Literal["model", "baseline", "reference"]


@dataclass(frozen=True, slots=True)
class Point:
    """One measurement.

    Attributes:
        x: where; of a plot with named places (`Plot.x_names`) the number of the name, from 0.
        y: the value; None where there is none, which interrupts the line.
        low, high: the ends of its interval, both or none.
    """

    x: float
    y: float | None
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True)
class Line:
    """Points that belong together, joined in the order of x.

    Attributes:
        name: written at the line's end.
        points: at least one.
        role: "model": a colour of its own; "baseline": gray and dashed; "reference", such as a paper's figure: dotted.
    """

    name: str
    points: Sequence[Point]
    role: Role = "model"


@dataclass(frozen=True, slots=True)
class Plot:
    """A plot of lines over one axis.

    Attributes:
        title: what it shows, in a line.
        x_label, y_label: what the axes count, with the unit.
        lines: at least one; the first seven of the models have colours of their own.
        x_log: equal factors of x are equally far apart, as for 1, 2, 4, 8.
        x_names: names of the places on the x axis, in place of numbers: they are equally far apart.
        higher_is_better: is said beside the y label; None: says nothing.
        note: a line below the title: the data, the number of items, what the intervals are.
    """

    title: str
    x_label: str
    y_label: str
    lines: Sequence[Line]
    x_log: bool = False
    x_names: Sequence[str] = ()
    higher_is_better: bool | None = None
    note: str = ""

    def __post_init__(self) -> None:
        if not any(point.y is not None for line in self.lines for point in line.points):
            raise ValueError(f"plot '{self.title}': there is nothing to draw")
        for line in self.lines:
            for point in line.points:
                numbers = [number for number in (point.x, point.y, point.low, point.high) if number is not None]
                if not all(map(math.isfinite, numbers)):
                    raise ValueError(f"plot '{self.title}', line '{line.name}': {point} isn't finite")
                if (point.low is None) != (point.high is None):
                    raise ValueError(f"plot '{self.title}', line '{line.name}': {point} has half an interval")
                if self.x_log and point.x <= 0:
                    raise ValueError(f"plot '{self.title}', line '{line.name}': x = {point.x:g} has no logarithm")
                if self.x_names and (point.x != int(point.x) or not 0 <= point.x < len(self.x_names)):
                    raise ValueError(f"plot '{self.title}', line '{line.name}': x = {point.x:g} is no place's number")

    @property
    def y_text(self) -> str:
        """The y label and which way is better."""
        if self.higher_is_better is None:
            return self.y_label
        return f"{self.y_label}, {'higher' if self.higher_is_better else 'lower'} is better"
