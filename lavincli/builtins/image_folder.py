"""The loader for any folder of images: each is one side of a pair whose other side a transform makes."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

from lavincli.builtins.split import hash_split
from lavincli.bundle import bundled_folder
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import LazySamples
from lavincli.media.files import ImageFile, find_images
from lavincli.media.images import read_image

Side = Literal["input", "target"]


def image_folder(
    root: Path | None,
    split: str,
    *,
    side: Side = "target",
    exclude: Sequence[str] = (),
    test_share: float = 0.0,
) -> Sequence[Sample]:
    """Every image in ``root`` and below it, sorted by path; other files are passed over.

    ImageNet is read as it lies on disk: ``ILSVRC2012/val``, or ``train`` with its folder a class, as ``root``.

    Args:
        root: the folder; None means the bundled demo photos, which exist to be tested on and give no train split.
        split: "train" or "test": shares of the files by a hash of their paths.
        side: which side of a pair the image is.
        exclude: file names without suffix that are left out.
        test_share: share of the files in the test split; with 0 both splits hold all of them.

    Returns samples whose key is the path below ``root`` and whose value is a clip ``uint8 [1, H, W, 3]``. A damaged
    image raises InputError when it is accessed.
    Raises InputError: no such folder, or no image in it.
    """
    if side not in ("input", "target"):
        raise ValueError(f"side is 'input' or 'target', not {side!r}")
    if root is None:
        if split == "train":
            raise InputError("the bundled photos are kept for tests; give the root of a folder of images to train on")
        root = bundled_folder("photos")
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; expected a folder of images (subfolders are searched too)")
    files = find_images([root])
    kept = [file for file in files if file.path.stem not in set(exclude)]
    chosen = hash_split(kept, _key, split, test_share)
    if not chosen:
        raise InputError(
            f"{root}: none of its {len(files)} images is left for split {split}; check exclude, test_share"
        )
    return LazySamples(chosen, functools.partial(_read, side=side), key=_key)


def _key(file: ImageFile) -> str:
    return file.key.as_posix()


def _read(file: ImageFile, *, side: Side) -> Sample:
    clip = read_image(file.path)
    meta = {"path": str(file.path)}
    key = _key(file)
    return Sample(key, input=clip, meta=meta) if side == "input" else Sample(key, target=clip, meta=meta)
