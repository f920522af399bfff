"""What PASCAL VOC's data sets share: the folder, its lists, the classes and the folds they are tested in."""

from __future__ import annotations

from pathlib import Path
from typing import Final

from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout

VOC_CLASSES: Final = (
    *("aeroplane", "bicycle", "bird", "boat", "bottle", "bus", "car", "cat", "chair", "cow", "diningtable", "dog"),
    *("horse", "motorbike", "person", "pottedplant", "sheep", "sofa", "train", "tvmonitor"),
)
"""In the order of their numbers in masks, which count from 1."""
FOLDS: Final = 4
_FOLD_CLASSES: Final = 5
_ABOVE: Final = (".", "VOC2012", "VOCdevkit/VOC2012")


def find_voc(root: Path | None, layout: str, *folders: str) -> Path:
    """The folder ``VOC2012``, where ``root`` is it or a folder above it (``VOCdevkit``).

    Raises RootNeededError without a root, and InputError if there is none, or not with ``JPEGImages`` and these
    ``folders`` in it; ``layout`` says in words what there should be.
    """
    root = require_root(root, layout)
    voc = next((root / step for step in _ABOVE if (root / step / "JPEGImages").is_dir()), root)
    if not all((voc / folder).is_dir() for folder in ("JPEGImages", *folders)):
        raise wrong_layout(voc, layout)
    return voc


def listed(voc: Path, purpose: str, name: str) -> list[str]:
    """The pictures (without suffix) of a list, ``ImageSets/<purpose>/<name>.txt``. Raises InputError without it."""
    listing = voc / "ImageSets" / purpose / f"{name}.txt"
    try:
        return listing.read_text(encoding="utf-8").split()
    except (OSError, UnicodeDecodeError) as error:
        raise InputError(f"{listing}: can't be read ({error}); it lists the pictures of the split") from error


def classes_of(fold: int, *, test: bool) -> list[int]:
    """The numbers of a fold's classes, 5 * fold + 1 .. 5 * fold + 5; for training those of the other 15.

    Raises ValueError unless ``fold`` is 0..3.
    """
    if fold not in range(FOLDS):
        raise ValueError(f"fold is 0..{FOLDS - 1}, not {fold}")
    in_fold = range(_FOLD_CLASSES * fold + 1, _FOLD_CLASSES * (fold + 1) + 1)
    return [number for number in range(1, len(VOC_CLASSES) + 1) if (number in in_fold) == test]
