"""The loader for GoPro (Nah et al., CVPR 2017, arXiv 1612.02177): blur made by averaging frames of a fast video."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

from lavin_photo.paired_folders import find_pairs, read_pair
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples


def gopro(root: Path | None, split: str, *, blur_gamma: bool = False) -> Sequence[Sample]:
    """``{train,test}/<sequence>/{blur,sharp}/<frame>.png``, as GOPRO_Large comes: 2103 and 1111 pairs of 1280 x 720.

    Args:
        root: the folder of the data set.
        split: "train" or "test"; test items are scored as a whole, at their own size.
        blur_gamma: take the blurred images from ``blur_gamma``, which were averaged with the camera's curve taken into
            account, and not from ``blur``.

    Returns samples whose input and target are clips ``uint8 [1, H, W, 3]``, with the key ``test/<sequence>/blur/<frame>
    .png``. Raises RootNeededError; InputError: another layout, a frame without its partner; on access a damaged image.
    """
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test")
    blur = "blur_gamma" if blur_gamma else "blur"
    layout = f"{split}/<sequence>/{blur}/000001.png beside {split}/<sequence>/sharp/000001.png"
    root = require_root(root, layout)
    files = find_pairs(root, split, blur, "sharp", "name")
    if not files:
        raise wrong_layout(root, layout)
    return LazySamples(files, functools.partial(read_pair, root=root, whole=split == "test"))
