"""Sheets of sample predictions, `RUN/samples/step-N.png`."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from torch import Tensor

from lavincli.atomic import atomic_path
from lavincli.clip import Clip
from lavincli.media.sheet import SheetRow, contact_sheet

FOLDER = "samples"
_LARGEST_CELL = 192


@dataclass(frozen=True, slots=True)
class SampleSheet:
    """What a network makes of held-out data: rows of pictures below the names of their columns."""

    columns: Sequence[str]
    rows: Sequence[SheetRow]


def write_samples(out: Path, step: int, title: str, samples: SampleSheet) -> tuple[Path, Clip]:
    """Write a sheet, all or nothing; returns its path and the sheet itself, `[1, H, W, 3]`."""
    side = max(picture.shape[1] for row in samples.rows for picture in row.pictures if picture is not None)
    # Whole multiples, so that every pixel of a small picture is seen as it is.
    cell = side * max(1, _LARGEST_CELL // side)
    sheet = contact_sheet(samples.rows, samples.columns, title=title, cell=min(cell, 2 * _LARGEST_CELL))
    path = out / FOLDER / f"step-{step:08d}.png"
    with atomic_path(path) as temporary:
        Image.fromarray(sheet[0]).save(temporary)
    return path, sheet


def to_clips(pictures: Tensor) -> list[Clip]:
    """Float [B, 3, T, H, W] in [-1, 1] -> B clips, uint8 [T, H, W, 3]; what lies outside is cut off."""
    shown = pictures.detach().float().cpu().clamp(-1, 1).add(1).mul(127.5).round().to(torch.uint8)
    return [np.ascontiguousarray(clip) for clip in shown.permute(0, 2, 3, 4, 1).numpy()]
