"""Texts of a plot: how wide they are, and how they are fitted into a width."""

from __future__ import annotations

from typing import Final

from PIL import ImageFont

_WIDER_FONTS: Final = 1.22


def text_width(text: str, size: float) -> float:
    """At most how wide a text is, in pixels: whoever opens an SVG has another font, perhaps a wide one."""
    return float(ImageFont.load_default(size=size).getlength(text)) * _WIDER_FONTS


def shorten(text: str, size: float, width: float) -> str:
    """A text cut to a width, with an ellipsis where something is missing."""
    if text_width(text, size) <= width:
        return text
    while text and text_width(text + "...", size) > width:
        text = text[:-1]
    return text + "..."


def wrap(text: str, size: float, width: float) -> list[str]:
    """A text broken into lines of at most a width; a single longer word is cut."""
    lines: list[str] = []
    for word in text.split():
        longer = f"{lines[-1]} {word}" if lines else word
        if lines and text_width(longer, size) <= width:
            lines[-1] = longer
        else:
            lines.append(word)
    return [shorten(line, size, width) for line in lines]
