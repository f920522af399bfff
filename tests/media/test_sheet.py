"""Contact sheets hold every picture, whatever its size, and stay of a shape a screen can show."""

from __future__ import annotations

import numpy as np
import pytest

from lavincli.clip import Clip
from lavincli.media.sheet import SheetRow, contact_sheet


def _flat(colour: tuple[int, int, int], height: int = 32, width: int = 32) -> Clip:
    return np.full((1, height, width, 3), colour, dtype=np.uint8)


def _count(sheet: Clip, colour: tuple[int, int, int]) -> int:
    return int((sheet == np.array(colour, dtype=np.uint8)).all(axis=-1).sum())


def test_every_picture_is_there_at_the_cell_size() -> None:
    rows = [SheetRow("photos/one.jpg", [_flat((255, 0, 0)), _flat((0, 0, 255))])]
    sheet = contact_sheet(rows, ["query", "prediction"], title="Colorization", cell=96)
    assert sheet.shape[0] == 1
    assert sheet.dtype == np.uint8
    assert _count(sheet, (255, 0, 0)) == 96 * 96
    assert _count(sheet, (0, 0, 255)) == 96 * 96


def test_the_aspect_is_kept() -> None:
    sheet = contact_sheet([SheetRow("", [_flat((0, 200, 0), 25, 100)])], ["query"], title="wide", cell=100)
    assert _count(sheet, (0, 200, 0)) == 25 * 100


def test_many_rows_become_blocks() -> None:
    rows = [SheetRow(f"{number}.png", [_flat((9, 9, 9)), _flat((200, 0, 0))]) for number in range(60)]
    sheet = contact_sheet(rows, ["query", "prediction"], title="sixty", cell=64)
    assert _count(sheet, (200, 0, 0)) == 60 * 64 * 64
    assert 0.5 < sheet.shape[1] / sheet.shape[2] < 2


def test_a_place_may_stay_empty_and_long_headings_take_lines() -> None:
    rows = [SheetRow("", [_flat((0, 0, 200)), None]), SheetRow("", [None, _flat((0, 0, 200))])]
    short, tall = (contact_sheet(rows, ["query", heading], title="t", cell=64) for heading in ("edges", "edge " * 3))
    assert _count(short, (0, 0, 200)) == _count(tall, (0, 0, 200)) == 2 * 64 * 64
    assert tall.shape[1] == short.shape[1] + 2 * 18


def test_long_labels_and_titles_stay_inside() -> None:
    rows = [SheetRow("folder/" * 60 + "name.png", [_flat((0, 0, 0))])]
    sheet = contact_sheet(rows, ["a heading that is far too long for its column"], title="word " * 80, cell=64)
    assert sheet.shape[2] < 64 + 64


def test_a_row_of_the_wrong_length_is_refused() -> None:
    with pytest.raises(ValueError, match="1 pictures for 2 columns"):
        contact_sheet([SheetRow("a", [_flat((0, 0, 0))])], ["query", "prediction"], title="t")
    with pytest.raises(ValueError, match="at least one row"):
        contact_sheet([], ["query"], title="t")
