"""Contact sheets: rows of pictures side by side with column headings, to be looked at by a person."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from lavincli.clip import Clip
from lavincli.media.geometry import fit_size, resize

_MARGIN = 16
_GAP = 6
_BLOCK_GAP = 28
_HEADING_LINE = 18
_PAPER = (250, 250, 248)
_INK = (28, 28, 30)
_FAINT = (110, 110, 115)
# A sheet is broken into further columns of rows once it would be this many times higher than wide.
_HIGHEST_ASPECT = 1.4


@dataclass(frozen=True, slots=True)
class SheetRow:
    """One row: a label (empty for none) and one clip ``[T, H, W, 3]`` a column; the first frame is shown.

    A place with None stays empty.
    """

    label: str
    pictures: Sequence[Clip | None]


def contact_sheet(rows: Sequence[SheetRow], columns: Sequence[str], *, title: str, cell: int = 192) -> Clip:
    """Lay out `rows` under the headings `columns` as one picture ``[1, H, W, 3]``.

    Every picture is fitted into a square of `cell` pixels with its aspect kept; one that is enlarged by a whole
    factor isn't smoothed, so that its pixels can be seen. Many rows are laid out in several blocks beside each other,
    each with its own headings. Raises ValueError for no rows, or a row with another number of pictures than columns.
    """
    if not rows:
        raise ValueError("a contact sheet needs at least one row")
    for row in rows:
        if len(row.pictures) != len(columns):
            raise ValueError(f"row '{row.label}' has {len(row.pictures)} pictures for {len(columns)} columns")
    title_font = ImageFont.load_default(size=20)
    heading_font = ImageFont.load_default(size=15)
    label_font = ImageFont.load_default(size=12)
    label_height = 18 if any(row.label for row in rows) else 0
    row_height = cell + label_height + _GAP
    block_width = len(columns) * cell + (len(columns) - 1) * _GAP
    block_count = _block_count(len(rows), row_height, block_width + _BLOCK_GAP)
    rows_per_block = math.ceil(len(rows) / block_count)
    block_count = math.ceil(len(rows) / rows_per_block)

    width = 2 * _MARGIN + block_count * block_width + (block_count - 1) * _BLOCK_GAP
    title_lines = _wrap(title, title_font, width - 2 * _MARGIN)
    headings = [_wrap(column, heading_font, cell) for column in columns]
    body_top = _MARGIN + 26 * len(title_lines) + 32 + _HEADING_LINE * (max(map(len, headings)) - 1)
    sheet = Image.new("RGB", (width, body_top + rows_per_block * row_height + _MARGIN - _GAP), _PAPER)
    draw = ImageDraw.Draw(sheet)
    for number, line in enumerate(title_lines):
        draw.text((_MARGIN, _MARGIN + 26 * number), line, font=title_font, fill=_INK)
    for index, row in enumerate(rows):
        block, place = divmod(index, rows_per_block)
        left = _MARGIN + block * (block_width + _BLOCK_GAP)
        top = body_top + place * row_height
        for column, picture in enumerate(row.pictures):
            x = left + column * (cell + _GAP)
            for number, heading in enumerate(reversed(headings[column]) if place == 0 else ()):
                draw.text((x, body_top - 24 - _HEADING_LINE * number), heading, font=heading_font, fill=_INK)
            if picture is not None:
                _paste_fitted(sheet, picture, x, top, cell)
        if row.label:
            label = _shorten(row.label, label_font, block_width)
            draw.text((left, top + cell + 1), label, font=label_font, fill=_FAINT)
    return np.asarray(sheet)[None].copy()


def _block_count(rows: int, row_height: int, block_width: int) -> int:
    """As few blocks as keep the sheet's height below the highest aspect."""
    return max(1, math.ceil(math.sqrt(rows * row_height / (_HIGHEST_ASPECT * block_width)) - 1e-9))


def _paste_fitted(sheet: Image.Image, picture: Clip, x: int, y: int, cell: int) -> None:
    height, width = fit_size((picture.shape[1], picture.shape[2]), (cell, cell))
    whole_factor = height % picture.shape[1] == 0 and width % picture.shape[2] == 0
    fitted = resize(picture[:1], (height, width), "nearest" if whole_factor else "bicubic")
    # At the bottom of its cell, so that a wide picture stays beside its label.
    sheet.paste(Image.fromarray(fitted[0]), (x + (cell - width) // 2, y + cell - height))


def _wrap(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> list[str]:
    lines = [""]
    for word in text.split():
        longer = f"{lines[-1]} {word}".strip()
        if font.getlength(longer) <= width or not lines[-1]:
            lines[-1] = longer
        else:
            lines.append(word)
    return [_shorten(line, font, width) for line in lines]


def _shorten(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont, width: int) -> str:
    """Keep the end of a text that is too long: of paths, the end tells more."""
    if font.getlength(text) <= width:
        return text
    while text and font.getlength("..." + text) > width:
        text = text[1:]
    return "..." + text
