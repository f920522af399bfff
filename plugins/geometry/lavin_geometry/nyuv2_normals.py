"""NYU-v2 with surface normals, laid out as DSINE's evaluation data (Bae and Davison, CVPR 2024)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_geometry.unit_vectors import normalised
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.arrays import read_array
from lavincli.media.images import read_image

_LAYOUT: Final = "<split>/<scene>/000000_img.png beside 000000_normal.png (split train or test)"
_IMAGE: Final = "_img.png"
_NORMAL: Final = "_normal.png"


def nyuv2_normals(root: Path | None, split: str) -> Sequence[Sample]:
    """Photos ``uint8 [1, H, W, 3]`` and normals ``float32 [H, W, 3]`` in lavin's axes of the camera.

    DSINE stores ``(n + 1) / 2`` as 8 bits, (0, 0, 0) where the normal is not known. Its axes are right, down and front,
    and its normals point into the surface: a wall that faces the camera has (0, 0, 1). Turned round to point out of
    the surface, as lavin's do, their coordinates are those along left, up and towards the camera: the same numbers.

    Args:
        root: holds ``<split>/<scene>/000000_img.png`` beside ``000000_normal.png``.
        split: "train" or "test"; the test split is judged at its own size, as a whole.

    Raises InputError: no such folder, another layout, normals that are missing; on access, a damaged file or two of
    different sizes.
    """
    root = require_root(root, _LAYOUT)
    if split not in ("train", "test"):
        raise InputError(f"NYU-v2 has no split '{split}'; use train or test")
    photos = sorted((root / split).glob(f"*/*{_IMAGE}"))
    if not photos:
        raise wrong_layout(root, _LAYOUT)
    pairs = [(photo, photo.with_name(photo.name.removesuffix(_IMAGE) + _NORMAL)) for photo in photos]
    for photo, normals in pairs:
        if not normals.is_file():
            raise InputError(f"{photo}: has no {normals.name} beside it; restore it, or leave the photo out")
    return LazySamples(pairs, functools.partial(_read, root=root, whole=split == "test"))


def _read(files: tuple[Path, Path], *, root: Path, whole: bool) -> Sample:
    photo, normal_file = files
    image = read_image(photo)
    colors = read_array(normal_file)
    if colors.dtype != np.uint8 or colors.shape != image.shape[1:]:
        raise InputError(
            f"{normal_file}: is {colors.dtype} {list(colors.shape)}; DSINE's are 8-bit RGB of the photo's size, "
            f"{list(image.shape[1:])}"
        )
    key = photo.relative_to(root).as_posix()
    return Sample(key, input=image, target=_normals(colors), meta={"path": str(photo)}, whole=whole)


def _normals(colors: NDArray[np.uint8]) -> NDArray[np.float32]:
    vectors = colors.astype(np.float32) / np.float32(255) * 2 - 1
    vectors[(colors == 0).all(axis=2)] = np.nan
    return normalised(vectors, shortest=0.0)
