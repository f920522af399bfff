"""NYU-v2: photos of rooms with measured depth (Silberman et al., "Indoor segmentation and support inference", 2012).

Two layouts are read: folders of pictures as Marigold and BTS hand them out, and the labelled set as published, two
MATLAB files.
"""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lavin_geometry.metres import inverse_of_metres
from lavin_geometry.nyuv2_labeled import LABELED_FILE, SPLITS_FILE, read_labeled, split_indices
from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.arrays import read_array
from lavincli.media.images import read_image

Protocol = Literal["eigen", "full"]

_LAYOUT: Final = (
    "<split>/<scene>/rgb_0001.png beside depth_0001.png (16-bit millimetres; split train or test), "
    f"or {LABELED_FILE} beside {SPLITS_FILE}"
)
_DEPTH_NAMES: Final = ("depth_", "sync_depth_")
_SIZE: Final = (480, 640)
_EIGEN_CROP: Final = (slice(45, 471), slice(41, 601))
_NEAREST: Final = 1e-3
_FARTHEST: Final = 10.0


def nyuv2(root: Path | None, split: str, *, protocol: Protocol = "eigen") -> Sequence[Sample]:
    """Photos ``uint8 [1, 480, 640, 3]`` and inverse depth ``float32 [480, 640]`` in 1 / metres.

    Depth is known where it lies between 1e-3 and 10 m. The test split is judged at its own size, as a whole.

    Args:
        root: holds ``<split>/<scene>/rgb_0001.png`` beside ``depth_0001.png``, 16-bit PNGs in millimetres (BTS's
            ``rgb_00001.jpg`` beside ``sync_depth_00001.png`` are found too), or ``nyu_depth_v2_labeled.mat`` beside
            ``splits.mat``.
        split: "train" or "test" (654 photos in the published split).
        protocol: "eigen": of the test split only rows 45 to 471 and columns 41 to 601 count, the rest is not known
            (Eigen et al., NeurIPS 2014); "full": all of the picture does.

    Raises InputError: no such folder, another layout, a depth map that is missing; on access, a damaged file or one of
    another size than 480 x 640.
    """
    if protocol not in get_args(Protocol):
        raise ValueError(f"protocol is 'eigen' or 'full', not {protocol!r}")
    root = require_root(root, _LAYOUT)
    if split not in ("train", "test"):
        raise InputError(f"NYU-v2 has no split '{split}'; use train or test")
    crop = protocol == "eigen" and split == "test"
    whole = split == "test"
    if (root / LABELED_FILE).is_file():
        read = functools.partial(_read_labeled, root=root, crop=crop, whole=whole)
        return LazySamples(split_indices(root, split), read)
    photos = sorted(path for path in (root / split).glob("*/rgb_*") if path.suffix in (".png", ".jpg"))
    if not photos:
        raise wrong_layout(root, _LAYOUT)
    pairs = [(photo, _depth_of(photo)) for photo in photos]
    return LazySamples(pairs, functools.partial(_read_files, root=root, crop=crop, whole=whole))


def _depth_of(photo: Path) -> Path:
    number = photo.stem.removeprefix("rgb_")
    candidates = [photo.with_name(f"{name}{number}.png") for name in _DEPTH_NAMES]
    for candidate in candidates:
        if candidate.is_file():
            return candidate
    raise InputError(f"{photo}: has no {candidates[0].name} beside it; restore it, or leave the photo out")


def _read_files(files: tuple[Path, Path], *, root: Path, crop: bool, whole: bool) -> Sample:
    photo, depth_file = files
    millimetres = read_array(depth_file)
    if millimetres.ndim != 2 or millimetres.dtype.kind not in "ui":
        raise InputError(f"{depth_file}: is not a gray picture of depth in millimetres; NYU-v2's are 16-bit PNGs")
    key = photo.relative_to(root).as_posix()
    return _sample(key, photo, read_image(photo), millimetres / 1000, crop=crop, whole=whole)


def _read_labeled(index: int, *, root: Path, crop: bool, whole: bool) -> Sample:
    path = root / LABELED_FILE
    image, metres = read_labeled(path, index)
    return _sample(f"{index + 1:04d}", path, image, metres, crop=crop, whole=whole)


def _sample(key: str, path: Path, image: Clip, metres: NDArray[np.floating], *, crop: bool, whole: bool) -> Sample:
    if image.shape[1:3] != metres.shape or metres.shape != _SIZE:
        raise InputError(
            f"{path}: photo and depth are {list(image.shape[1:3])} and {list(metres.shape)}; NYU-v2's are {list(_SIZE)}"
        )
    inverse = inverse_of_metres(metres, nearest=_NEAREST, farthest=_FARTHEST)
    if crop:
        counted = np.full_like(inverse, np.nan)
        counted[_EIGEN_CROP] = inverse[_EIGEN_CROP]
        inverse = counted
    return Sample(key, input=image, target=inverse, meta={"path": str(path)}, whole=whole)
