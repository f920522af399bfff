"""Plots: ticks, labels that don't overlap, and the same picture as SVG and PNG."""

from __future__ import annotations

import math
from itertools import pairwise
from pathlib import Path
from xml.etree import ElementTree as ET

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from lavincli.media.images import read_image
from lavincli.report.plots import Line, Plot, Point, png_of, svg_of, write_plot
from lavincli.report.plots.layout import HEIGHT, NARROW, WIDTH, lay_out
from lavincli.report.plots.shapes import PALETTE, Text
from lavincli.report.plots.ticks import round_ticks, tick_labels
from lavincli.report.plots.words import text_width


def _plot(*lines: Line, title: str = "A plot", x_log: bool = False, x_names: tuple[str, ...] = ()) -> Plot:
    return Plot(title, "pairs", "psnr", lines, x_log=x_log, x_names=x_names, higher_is_better=True)


MODEL = Line("model", [Point(1, 20.0, 19.0, 21.5), Point(2, 22.0, 21.0, 23.0), Point(8, 25.0, 24.0, 26.0)])
COPY = Line("copy", [Point(1, 18.0), Point(8, 18.0)], role="baseline")


@given(low=st.floats(-1e6, 1e6), width=st.floats(1e-4, 1e6))
def test_ticks_are_few_inside_and_equally_far_apart(low: float, width: float) -> None:
    ticks = round_ticks(low, low + width)
    assert 2 <= len(ticks) <= 7
    assert all(low - 1e-6 * width <= tick <= low + width * (1 + 1e-6) for tick in ticks)
    steps = [other - one for one, other in pairwise(ticks)]
    assert np.allclose(steps, steps[0], rtol=1e-6, atol=1e-9 * abs(low))
    assert len(set(tick_labels(ticks))) == len(ticks)


def test_labels_have_the_decimals_they_need() -> None:
    assert tick_labels([0.0, 0.25, 0.5]) == ["0.00", "0.25", "0.50"]
    assert tick_labels([-5.0, 0.0, 5.0]) == ["-5", "0", "5"]


@given(values=st.lists(st.floats(0, 1), min_size=1, max_size=12))
def test_labels_at_the_ends_of_lines_never_overlap(values: list[float]) -> None:
    lines = [Line(f"line {number}", [Point(0, 0.0), Point(1, value)]) for number, value in enumerate(values)]
    labels = [shape for shape in lay_out(_plot(*lines)) if isinstance(shape, Text) and shape.text.startswith("line ")]
    heights = sorted(label.place[1] for label in labels)
    assert len(labels) == len(values)
    assert all(other - one > 12 for one, other in pairwise(heights))
    assert all(0 < label.place[0] < WIDTH and 0 < label.place[1] < HEIGHT for label in labels)


@pytest.mark.parametrize("width", [NARROW, WIDTH])
def test_long_texts_stay_inside(width: int) -> None:
    line = Line("a system with quite a long name, and more", [Point(0, 1.0), Point(1, 2.0)])
    plot = Plot("A title of many words " * 4, "x", "y", [line], note="A note of many words " * 6)
    ends: list[float] = []
    for shape in lay_out(plot, width):
        if isinstance(shape, Text):
            share = {"start": 1.0, "middle": 0.5, "end": 0.0}[shape.anchor]
            ends.append(shape.place[0] + share * text_width(shape.text, shape.size))
    assert max(ends) <= width
    texts = " ".join(shape.text for shape in lay_out(plot, width) if isinstance(shape, Text))
    assert plot.title.strip() in texts
    assert "a system with" in texts


def test_the_svg_is_well_formed_has_its_texts_and_both_colour_schemes() -> None:
    svg = svg_of(_plot(MODEL, COPY, title="<b>1 & 2</b>", x_log=True))
    root = ET.fromstring(svg)  # noqa: S314 - our own text
    texts = {element.text for element in root.iter() if element.tag.endswith("}text")}
    assert {"<b>1 & 2</b>", "pairs", "psnr, higher is better", "model", "copy", "1", "2", "8"} <= texts
    assert "1: 20, 2: 22, 8: 25" in root.attrib["aria-label"]
    for light, dark in PALETTE.values():
        assert f"light-dark({light}, {dark})" in svg
    assert "http" not in svg.replace("http://www.w3.org/2000/svg", "")


def test_the_png_shows_the_lines_in_their_colours(tmp_path: Path) -> None:
    svg, png = write_plot(tmp_path / "a.b", _plot(MODEL, COPY))
    assert (svg.name, png.name) == ("a.b.svg", "a.b.png")
    picture = read_image(png)
    assert picture.shape == (1, 2 * HEIGHT, 2 * WIDTH, 3)
    np.testing.assert_array_equal(picture, png_of(_plot(MODEL, COPY)))
    for ink in ("paper", "series-0", "baseline", "grid"):
        colour = [int(PALETTE[ink][0][at : at + 2], 16) for at in (1, 3, 5)]
        assert (picture == colour).all(axis=-1).sum() > 100, ink


def test_a_single_point_and_named_places_and_a_gap_can_be_drawn() -> None:
    svg_of(_plot(Line("alone", [Point(3, 1.0, 0.5, 1.5)])))
    svg_of(_plot(Line("flat", [Point(1, 0.0), Point(2, 0.0)])))
    named = Line("scaling", [Point(0, 1.0), Point(1, None), Point(2, 3.0)])
    texts = [shape.text for shape in lay_out(_plot(named, x_names=("tiny", "0.1b", "1.0b"))) if isinstance(shape, Text)]
    assert texts.index("tiny") < texts.index("0.1b") < texts.index("1.0b")


@pytest.mark.parametrize(
    ("lines", "options", "words"),
    [
        ([Line("empty", [Point(1, None)])], {}, "nothing to draw"),
        ([Line("bad", [Point(1, math.inf)])], {}, "isn't finite"),
        ([Line("bad", [Point(1, 1.0, low=0.5)])], {}, "half an interval"),
        ([Line("bad", [Point(0, 1.0)])], {"x_log": True}, "no logarithm"),
        ([Line("bad", [Point(2, 1.0)])], {"x_names": ("a", "b")}, "no place's number"),
    ],
)
def test_what_cannot_be_drawn_is_refused(lines: list[Line], options: dict[str, object], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        Plot("title", "x", "y", lines, **options)  # type: ignore[arg-type]


def test_dark_inks_can_be_read_on_dark_paper_and_light_ones_on_light() -> None:
    for ink, colours in PALETTE.items():
        if ink not in ("paper", "grid"):
            for colour, paper in zip(colours, PALETTE["paper"], strict=True):
                assert _contrast(colour, paper) >= 4.5, (ink, colour)


def _contrast(one: str, other: str) -> float:
    """The contrast ratio of WCAG 2."""
    light = sorted(_luminance(colour) for colour in (one, other))
    return (light[1] + 0.05) / (light[0] + 0.05)


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
