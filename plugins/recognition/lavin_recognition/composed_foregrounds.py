"""Objects with an alpha mask put on photos: pictures whose foreground is known exactly."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from PIL import Image

from lavincli.builtins.image_folder import image_folder
from lavincli.bundle import bundled_folder
from lavincli.cards.framing import Frame, generator
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import LazySamples
from lavincli.media.files import find_images
from lavincli.media.images import read_image_with_alpha

_OPAQUE = 128
"""Alpha from which a pixel belongs to the object."""
_TILT = 30.0
"""An object is turned by up to this many degrees."""
_BRIGHTNESS = (0.8, 1.1)
_TRAIN_LENGTH = 100_000


def composed_foregrounds(
    root: Path | None,
    split: str,
    *,
    cutouts: str | None = None,
    exclude_cutouts: Sequence[str] = (),
    length: int | None = None,
    size: int = 256,
    scale: Sequence[float] = (0.35, 0.8),
    seed: int = 0,
) -> Sequence[Sample]:
    """Cutouts at random places, sizes and tilts on square crops of photos.

    Args:
        root: folder of photos for the background, or one that holds ``photos/`` and ``cutouts/``; None means the
            bundled ones (test split only).
        split: "train" or "test". The train split never shows an object whose file name is among the bundled, held-out
            cutouts.
        cutouts: folder of pictures with alpha; None means the one in ``root``, else the bundled, held-out ones (test
            split only).
        exclude_cutouts: file names, with or without suffix, that are left out.
        length: number of samples; by default that of the photos or the cutouts, whichever are more, and 100 000 in the
            train split.
        size: side of the composed picture in pixels.
        scale: [low, high], longer side of the object / side of the picture.
        seed: another seed gives another data set.

    Returns samples with input ``uint8 [1, size, size, 3]`` and target ``bool [size, size]``, each depending on its
    index and the seed alone. The key is the photo's, with the index behind it.
    Raises InputError: a folder is missing or empty, or a train split without its own photos and cutouts.
    """
    if len(scale) != 2 or not 0 < scale[0] <= scale[1] <= 1:
        raise ValueError(f"scale is [low, high] with 0 < low <= high <= 1, not {list(scale)}")
    if size < 1 or (length is not None and length < 1):
        raise ValueError(f"size and length are at least 1, not {size} and {length}")
    cutout_root = None if cutouts is None else Path(cutouts)
    if root is not None and (root / "photos").is_dir() and (root / "cutouts").is_dir():
        cutout_root = cutout_root or root / "cutouts"
        root = root / "photos"
    photos = image_folder(root, split, side="input")
    objects = _cutout_files(cutout_root, split, exclude_cutouts)
    if length is None:
        length = _TRAIN_LENGTH if split == "train" else max(len(photos), len(objects))
    compose = functools.partial(
        _compose, photos=photos, objects=objects, size=size, scale=(scale[0], scale[1]), seed=seed
    )
    return LazySamples(range(length), compose)


def _cutout_files(folder: Path | None, split: str, exclude: Sequence[str]) -> list[Path]:
    held_out = bundled_folder("cutouts")
    if folder is None and split == "train":
        raise InputError(
            "the bundled cutouts are kept for tests; give the option cutouts, a folder of pictures with alpha"
        )
    root = held_out if folder is None else folder
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; expected a folder of pictures with alpha (PNG or WebP)")
    left_out = {Path(name).stem for name in exclude}
    if split == "train":
        left_out |= {file.path.stem for file in find_images([held_out])}
    files = [file.path for file in find_images([root]) if file.path.stem not in left_out]
    if not files:
        raise InputError(f"{root}: none of its pictures is left after leaving out {len(left_out)} names")
    return files


def _compose(
    index: int, *, photos: Sequence[Sample], objects: Sequence[Path], size: int, scale: tuple[float, float], seed: int
) -> Sample:
    random = generator("composed_foregrounds", seed, index)
    # The first samples go through all photos and all objects once.
    which_photo, which_object = (int(random.integers(len(things))) for things in (photos, objects))
    photo = photos[index if index < len(photos) else which_photo]
    path = objects[index if index < len(objects) else which_object]
    background = Frame.random(random, mirrorable=True).cut(photo.input, size, "bicubic")[0]
    sprite = _sprite(path, random, size * float(random.uniform(*scale)))
    layer = Image.new("RGBA", (size, size))
    left, top = (int(random.random() * (size - side)) for side in sprite.size)
    layer.paste(sprite, (left, top))
    pixels = np.asarray(layer)
    alpha = pixels[..., 3:].astype(np.float32) / 255
    composed = background + (pixels[..., :3] * np.float32(random.uniform(*_BRIGHTNESS)) - background) * alpha
    return Sample(
        key=f"{photo.key}/{index:06d}",
        input=np.clip(composed + 0.5, 0, 255).astype(np.uint8)[None],
        target=pixels[..., 3] >= _OPAQUE,
        meta={"photo": photo.key, "cutout": path.name},
    )


def _sprite(path: Path, random: np.random.Generator, longer_side: float) -> Image.Image:
    """The cutout, mirrored half of the time, turned, trimmed to what shows, and scaled."""
    clip, alpha = read_image_with_alpha(path)
    if not (alpha >= _OPAQUE).any():
        raise InputError(f"{path}: has no opaque pixel; a cutout is a picture with alpha, or leave it out")
    if (alpha >= _OPAQUE).all():
        raise InputError(f"{path}: is opaque everywhere; a cutout is a picture with alpha, or leave it out")
    image = Image.fromarray(np.concatenate([clip[0], alpha[0, :, :, None]], axis=2))
    if random.random() < 0.5:
        image = image.transpose(Image.Transpose.FLIP_LEFT_RIGHT)
    image = image.rotate(float(random.uniform(-_TILT, _TILT)), Image.Resampling.BICUBIC, expand=True)
    rows, columns = np.nonzero(np.asarray(image.getchannel("A")) >= _OPAQUE)
    factor = longer_side / (max(np.ptp(rows), np.ptp(columns)) + 1)
    image = image.crop(image.getchannel("A").getbbox())
    return image.resize((max(1, round(image.width * factor)), max(1, round(image.height * factor))))
