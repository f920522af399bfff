"""The loader for the Berkeley Segmentation Data Set."""

from __future__ import annotations

import functools
import struct
import zlib
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray
from scipy.io import loadmat
from scipy.io.matlab import MatReadError

from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.files import find_images
from lavincli.media.images import read_image

_LAYOUT = "images/{train,val,test}/*.jpg and groundTruth/{train,val,test}/*.mat"
_ABOVE: Final = (".", "data", "BSDS500/data", "BSR/BSDS500/data")
_PARTS: Final = {"train": ("train",), "val": ("val",), "trainval": ("train", "val"), "test": ("test",)}
# What scipy raises on files that are no MATLAB files, or cut off.
_DAMAGED: Final = (MatReadError, ValueError, TypeError, NotImplementedError, OSError, EOFError, KeyError, zlib.error)


@dataclass(frozen=True, slots=True)
class _Item:
    picture: Path
    truth: Path
    key: str


def bsds500(root: Path | None, split: str) -> Sequence[Sample]:
    """BSDS500: photos and the boundaries that about five people drew in each (Arbeláez et al., TPAMI 2011).

    Args:
        root: ``BSDS500/data``, which holds ``images/`` and ``groundTruth/``, or a folder above it (``BSR``).
        split: "train" (200 photos), "val" (100), "trainval" (which papers train on), or "test" (200), whose samples
            are judged whole.

    Returns samples with input ``uint8 [1, H, W, 3]`` and target ``bool [A, H, W]``, the boundaries by A people.
    Raises RootNeededError without a root, InputError for another layout or a damaged file.
    """
    if split not in _PARTS:
        raise InputError(f"there is no split '{split}'; use {', '.join(_PARTS)}")
    root = require_root(root, _LAYOUT)
    data = next((root / step for step in _ABOVE if (root / step / "groundTruth").is_dir()), None)
    if data is None:
        raise wrong_layout(root, _LAYOUT)
    items: list[_Item] = []
    for part in _PARTS[split]:
        photos, truths = data / "images" / part, data / "groundTruth" / part
        if not photos.is_dir() or not truths.is_dir():
            raise wrong_layout(data, _LAYOUT)
        items += [
            _Item(file.path, truths / f"{file.path.stem}.mat", f"{part}/{file.path.stem}")
            for file in find_images([photos])
        ]
    missing = [item.truth for item in items if not item.truth.is_file()]
    if missing:
        raise InputError(f"{missing[0]}: is missing ({len(missing)} of {len(items)}); expected {_LAYOUT}")
    return LazySamples(items, functools.partial(_read, whole=split == "test"), key=attrgetter("key"))


def _read(item: _Item, *, whole: bool) -> Sample:
    picture, boundaries = read_image(item.picture), _boundaries(item.truth)
    if boundaries.shape[1:] != picture.shape[1:3]:
        raise InputError(
            f"{item.truth}: is {list(boundaries.shape[1:])}, but {item.picture} is {list(picture.shape[1:3])}"
        )
    return Sample(item.key, target=boundaries, input=picture, meta={"path": str(item.picture)}, whole=whole)


def _boundaries(path: Path) -> NDArray[np.bool_]:
    """The field Boundaries of each struct in the cell array groundTruth: ``bool [A, H, W]``."""
    try:
        cells = loadmat(path, variable_names=["groundTruth"])["groundTruth"].ravel()
        drawn = [np.asarray(cell["Boundaries"][0, 0], dtype=bool) for cell in cells]
        return np.stack(drawn)
    except (*_DAMAGED, IndexError, struct.error) as error:
        reason = " ".join(f"{type(error).__name__}: {error}".split())
        raise InputError(
            f"{path}: isn't a ground truth of BSDS500, a cell array of structs with Boundaries ({reason})"
        ) from error
