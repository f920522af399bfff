"""The shapes a plot is made of, in pixels from the top left; and their colours on light and on dark paper."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final, Literal

Place = tuple[float, float]
Anchor = Literal["start", "middle", "end"]

# Okabe and Ito's colours; on dark paper lightened until each has a contrast of at least 4.5 to it.
PALETTE: Final[dict[str, tuple[str, str]]] = {
    "paper": ("#ffffff", "#16181d"),
    "ink": ("#1b1d22", "#eceef2"),
    "faint": ("#5c626e", "#a4abb8"),
    "grid": ("#e3e5ea", "#2f333c"),
    "series-0": ("#0067a8", "#5db4f0"),
    "series-1": ("#b84a00", "#ff9a52"),
    "series-2": ("#007d5a", "#3fcf9f"),
    "series-3": ("#a8457f", "#f09cc8"),
    "series-4": ("#8a6100", "#f0b73c"),
    "series-5": ("#1a76a3", "#8fd0f5"),
    "series-6": ("#4b4fb5", "#a9adff"),
    "baseline": ("#6a707c", "#9aa1ae"),
    "reference": ("#1b1d22", "#eceef2"),
}
SERIES: Final = 7
MARKERS: Final = ("circle", "square", "diamond", "triangle", "ring", "cross", "bar")


@dataclass(frozen=True, slots=True)
class Stroke:
    """A line through `places`; `dash` is the length of its dashes and gaps, 0 for none."""

    places: Sequence[Place]
    ink: str
    width: float = 1.0
    dash: float = 0.0


@dataclass(frozen=True, slots=True)
class Area:
    """A closed area, filled thinly: what lies below shines through."""

    places: Sequence[Place]
    ink: str


@dataclass(frozen=True, slots=True)
class Marker:
    """A mark at a point, one of `MARKERS`, with a radius in pixels."""

    place: Place
    ink: str
    shape: str = "circle"
    radius: float = 4.5


@dataclass(frozen=True, slots=True)
class Text:
    """Text whose base line starts, has its middle or ends at `place`."""

    place: Place
    text: str
    ink: str = "ink"
    size: float = 12.0
    anchor: Anchor = "start"
    bold: bool = False


Shape = Stroke | Area | Marker | Text


def outline(marker: Marker) -> list[list[Place]]:
    """The corners of a marker's filled parts; none for those that are circles."""
    x, y = marker.place
    r = marker.radius
    match marker.shape:
        case "square":
            return [[(x - r, y - r), (x + r, y - r), (x + r, y + r), (x - r, y + r)]]
        case "diamond":
            d = 1.3 * r
            return [[(x, y - d), (x + d, y), (x, y + d), (x - d, y)]]
        case "triangle":
            return [[(x, y - 1.2 * r), (x + 1.2 * r, y + r), (x - 1.2 * r, y + r)]]
        case "bar":
            return [
                [
                    (x - 0.35 * r, y - 1.5 * r),
                    (x + 0.35 * r, y - 1.5 * r),
                    (x + 0.35 * r, y + 1.5 * r),
                    (x - 0.35 * r, y + 1.5 * r),
                ]
            ]
        case "cross":
            w = 0.45 * r
            return [
                [(x - r - w, y - r + w), (x - r + w, y - r - w), (x + r + w, y + r - w), (x + r - w, y + r + w)],
                [(x + r + w, y - r + w), (x + r - w, y - r - w), (x - r - w, y + r - w), (x - r + w, y + r + w)],
            ]
        case _:
            return []
