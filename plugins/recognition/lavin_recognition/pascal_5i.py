"""The loader for Pascal-5i: episodes of one example and one query, on PASCAL VOC 2012."""

from __future__ import annotations

import functools
import logging
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.voc_tree import VOC_CLASSES, classes_of, find_voc, listed
from lavincli.cards.framing import generator
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import LazySamples
from lavincli.media.arrays import read_array
from lavincli.media.images import read_image

logger = logging.getLogger(__name__)

_LAYOUT = "JPEGImages/*.jpg, SegmentationClass/*.png and ImageSets/Segmentation/{train,val}.txt (VOC2012)"
_EPISODES: Final = 1000


@dataclass(frozen=True, slots=True)
class _Episode:
    """Names of pictures, without suffix, and the number of the class."""

    number: int
    category: int
    query: str
    support: str


def pascal_5i(
    root: Path | None,
    split: str,
    *,
    fold: int = 0,
    episodes: int | None = None,
    augmented: bool = False,
    seed: int = 0,
) -> Sequence[Sample]:
    """Foreground segmentation from one example (Shaban et al., BMVC 2017), as Visual Prompting takes it.

    An episode is a class of the fold, a picture with it to be segmented, and another picture with it as the example
    (``Sample.context``). All pictures with a class of the fold take their turn before one comes again.

    Args:
        root: ``VOC2012``, or a folder above it (``VOCdevkit``).
        split: "test": the fold's classes on the pictures of ``val.txt``, judged whole. "train": the other 15 classes
            on those of ``train.txt``.
        fold: 0..3; it holds the classes 5 * fold + 1 .. 5 * fold + 5 of 20.
        episodes: how many; 1000 by default, in the train split one for each picture and class.
        augmented: the train split takes the masks of ``SegmentationClassAug`` (Hariharan et al., ICCV 2011), of all
            pictures that have one there and aren't in ``val.txt``.
        seed: another seed draws other episodes.

    Returns samples with input ``uint8 [1, H, W, 3]`` and target ``bool [H, W]``: True on the class; void (255) is
    background. ``meta`` has ``class``, ``support`` and ``fold``.
    Raises RootNeededError without a root, InputError for another layout or no class with two pictures. All masks of
    the split are read once, which takes some seconds, to know which classes they hold.
    """
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test")
    categories = classes_of(fold, test=split == "test")
    if episodes is not None and episodes < 1:
        raise ValueError(f"episodes are at least 1, not {episodes}")
    masks = "SegmentationClassAug" if augmented and split == "train" else "SegmentationClass"
    voc = find_voc(root, _LAYOUT.replace("SegmentationClass", masks), "ImageSets/Segmentation", masks)
    names = listed(voc, "Segmentation", "val" if split == "test" else "train")
    if masks.endswith("Aug"):
        held_out = set(listed(voc, "Segmentation", "val"))
        names = sorted({path.stem for path in (voc / masks).glob("*.png")} - held_out)
    drawn = _draw(_pictures_of(voc / masks, tuple(names)), categories, f"{split} {fold}", episodes, seed, split)
    if not drawn:
        raise InputError(f"{voc / masks}: none of its {len(names)} {split} masks shares a class of fold {fold}")
    read = functools.partial(_read, voc=voc, masks=voc / masks, fold=fold, whole=split == "test")
    return LazySamples(drawn, read)


@functools.lru_cache(maxsize=4)
def _pictures_of(masks: Path, names: tuple[str, ...]) -> dict[int, list[str]]:
    """For each class the pictures whose mask shows it."""
    logger.info("%s: reading %d masks for the classes they show", masks, len(names))
    pictures: defaultdict[int, list[str]] = defaultdict(list)
    for name in names:
        for category in np.flatnonzero(np.bincount(_mask(masks / f"{name}.png").ravel())):
            pictures[int(category)].append(name)
    return dict(pictures)


def _mask(path: Path) -> NDArray[np.uint8]:
    mask = read_array(path)
    if mask.ndim != 2 or mask.dtype != np.uint8:
        raise InputError(f"{path}: isn't a mask of class numbers (a palette or 8-bit gray PNG)")
    return mask


def _draw(
    pictures: dict[int, list[str]], categories: list[int], stream: str, episodes: int | None, seed: int, split: str
) -> list[_Episode]:
    random = generator("pascal_5i", seed, stream)
    shown = [
        (category, place)
        for category in categories
        for place in range(len(pictures.get(category, [])))
        if len(pictures[category]) > 1
    ]
    if not shown:
        return []
    count = episodes or (_EPISODES if split == "test" else len(shown))
    turns = [random.permutation(len(shown)) for _ in range(-(-count // len(shown)))]
    drawn: list[_Episode] = []
    for number, index in enumerate(np.concatenate(turns)[:count]):
        category, place = shown[index]
        names = pictures[category]
        other = int(random.integers(len(names) - 1))
        drawn.append(_Episode(number, category, names[place], names[other + (other >= place)]))
    return drawn


def _read(episode: _Episode, *, voc: Path, masks: Path, fold: int, whole: bool) -> Sample:
    label = VOC_CLASSES[episode.category - 1]

    def picture(key: str, name: str, context: tuple[Sample, ...]) -> Sample:
        path = voc / "JPEGImages" / f"{name}.jpg"
        photo, mask = read_image(path), _mask(masks / f"{name}.png")
        if mask.shape != photo.shape[1:3]:
            raise InputError(f"{masks / name}.png: is {list(mask.shape)}, but {path} is {list(photo.shape[1:3])}")
        meta = {"path": str(path), "class": label, "fold": fold, "support": episode.support}
        return Sample(key, target=mask == episode.category, input=photo, meta=meta, whole=whole, context=context)

    support = picture(f"{label}/{episode.support}", episode.support, ())
    return picture(f"{episode.number:04d}/{label}/{episode.query}", episode.query, (support,))
