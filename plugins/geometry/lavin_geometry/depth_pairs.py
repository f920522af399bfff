"""Folders of photos and depth maps, as most data sets of depth can be laid out."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from operator import itemgetter
from pathlib import Path

import numpy as np

from lavin_geometry.metres import inverse_of_metres
from lavincli.builtins.split import hash_split
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.arrays import read_array
from lavincli.media.files import find_images
from lavincli.media.images import read_image


def depth_pairs(
    root: Path | None,
    split: str,
    *,
    images: str = "rgb",
    depths: str = "depth",
    scale: float = 0.001,
    min_depth: float = 1e-3,
    max_depth: float = 10.0,
    test_share: float = 0.0,
) -> Sequence[Sample]:
    """Photos below ``<root>/<images>`` and depth maps of the same names (but for the suffix) below ``<root>/<depths>``.

    Args:
        root: the folder.
        split: "train" or "test": shares of the pairs by a hash of their names.
        images: name of the folder of photos.
        depths: name of the folder of depth maps.
        scale: metres of one unit of the depth maps: 0.001 for millimetres, 1/5000 for TUM's, 1/256 for KITTI's. Depth
            maps are 16-bit gray PNGs, or TIFFs of float32.
        min_depth: metres; depth not above it is not known (0, the usual mark for that, is among it).
        max_depth: metres; depth not below it is not known.
        test_share: share of the pairs in the test split; with 0 both splits hold all of them.

    Returns samples with a photo ``uint8 [1, H, W, 3]`` and inverse depth ``float32 [H, W]`` in 1 / metres, NaN = not
    known. The key is the photo's path below its folder.
    Raises InputError: no such folder, another layout, a partner that is missing; on access, a damaged file or two of
    different sizes.
    """
    if scale <= 0 or not 0 <= min_depth < max_depth:
        raise ValueError(
            f"scale > 0 and 0 <= min_depth < max_depth are needed, not {scale}, {min_depth} and {max_depth}"
        )
    layout = f"{images}/0001.png and {depths}/0001.png (the same names; depth as 16-bit gray PNG or float TIFF)"
    root = require_root(root, layout)
    if not (root / images).is_dir() or not (root / depths).is_dir():
        raise wrong_layout(root, layout)
    maps = {file.key.with_suffix(""): file.path for file in find_images([root / depths])}
    pairs: list[tuple[str, Path, Path]] = []
    for file in find_images([root / images]):
        depth = maps.get(file.key.with_suffix(""))
        if depth is None:
            raise InputError(
                f"{file.path}: has no depth map of its name below {root / depths}; add it, or leave it out"
            )
        pairs.append((file.key.as_posix(), file.path, depth))
    chosen = hash_split(pairs, itemgetter(0), split, test_share)
    read = functools.partial(_read, scale=scale, min_depth=min_depth, max_depth=max_depth)
    return LazySamples(chosen, read, key=itemgetter(0))


def _read(pair: tuple[str, Path, Path], *, scale: float, min_depth: float, max_depth: float) -> Sample:
    key, photo, depth_file = pair
    image = read_image(photo)
    depth = read_array(depth_file)
    if depth.shape != image.shape[1:3]:
        raise InputError(
            f"{depth_file}: is {list(depth.shape)} where the photo {photo.name} is {list(image.shape[1:3])}; a depth "
            "map is one gray value a pixel"
        )
    metres = depth.astype(np.float64) * scale
    target = inverse_of_metres(metres, nearest=min_depth, farthest=max_depth)
    return Sample(key, input=image, target=target, meta={"path": str(photo)})
