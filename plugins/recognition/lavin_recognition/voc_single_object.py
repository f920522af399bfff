"""The loader for single objects of PASCAL VOC, each with an example of its class."""

from __future__ import annotations

import functools
import logging
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from lavin_recognition.voc_annotations import annotation_path, read_annotated, read_annotation
from lavin_recognition.voc_detection import LAYOUT
from lavin_recognition.voc_tree import VOC_CLASSES, classes_of, find_voc, listed
from lavincli.cards.framing import generator
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import LazySamples

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class _Episode:
    """Names of pictures, without suffix, and the class of the object on both."""

    label: str
    query: str
    support: str


def voc_single_object(
    root: Path | None,
    split: str,
    *,
    fold: int | None = None,
    largest_share: float = 0.2,
    seed: int = 0,
) -> Sequence[Sample]:
    """Detection of a single object from one example, as Visual Prompting takes it (Bar et al., NeurIPS 2022).

    The pictures of PASCAL VOC 2012 with exactly one object, which is not difficult and whose box covers less than a
    fifth of the picture. Each is the query once; another one with the same class, drawn at random, is its example
    (``Sample.context``). Classes on a single picture are left out.

    Args:
        root: ``VOC2012``, or a folder above it (``VOCdevkit``).
        split: "test": pictures of ``val.txt``, judged whole. "train": those of ``train.txt``.
        fold: 0..3: the test split has the classes 5 * fold + 1 .. 5 * fold + 5 of 20 only, the train split the other
            15, as in Pascal-5i. By default both have all classes.
        largest_share: of the picture, that the box covers less than.
        seed: another seed draws other examples.

    Returns samples with input ``uint8 [1, H, W, 3]`` and target `Boxes` with one box. ``meta`` has ``class``,
    ``support`` and ``fold``.
    Raises RootNeededError without a root, InputError for another layout or no class with two such pictures. All
    annotations of the split are read once, which takes a second or two, to know which have a single object.
    """
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test (VOC's val)")
    if not 0 < largest_share <= 1:
        raise ValueError(f"largest_share is above 0 and at most 1, not {largest_share}")
    test = split == "test"
    numbers = range(1, len(VOC_CLASSES) + 1) if fold is None else classes_of(fold, test=test)
    voc = find_voc(root, LAYOUT, "Annotations", "ImageSets/Main")
    names = tuple(listed(voc, "Main", "val" if test else "train"))
    labels = {VOC_CLASSES[number - 1] for number in numbers}
    single = [(name, label) for name, label in _single_objects(voc, names, largest_share) if label in labels]
    episodes = _draw(single, f"{split} {fold}", seed)
    if not episodes:
        raise InputError(f"{voc}: no class is the single, small object of two {split} pictures ({len(names)} listed)")
    return LazySamples(episodes, functools.partial(_read, voc=voc, fold=fold, whole=test))


@functools.lru_cache(maxsize=4)
def _single_objects(voc: Path, names: tuple[str, ...], largest_share: float) -> list[tuple[str, str]]:
    """Pictures with exactly one object, small enough, and its class."""
    logger.info("%s: reading %d annotations for those of a single object", voc / "Annotations", len(names))
    single: list[tuple[str, str]] = []
    for name in names:
        annotation = read_annotation(annotation_path(voc, name))
        if len(annotation.objects) != 1 or annotation.objects[0].difficult:
            continue
        width, height = annotation.objects[0].xywh[2:]
        if width * height < largest_share * annotation.size[0] * annotation.size[1]:
            single.append((name, annotation.objects[0].label))
    return single


def _draw(single: Sequence[tuple[str, str]], stream: str, seed: int) -> list[_Episode]:
    random = generator("voc_single_object", seed, stream)
    pictures: dict[str, list[str]] = {}
    for name, label in single:
        pictures.setdefault(label, []).append(name)
    episodes: list[_Episode] = []
    for name, label in single:
        others = [other for other in pictures[label] if other != name]
        if others:
            episodes.append(_Episode(label, name, others[int(random.integers(len(others)))]))
    return episodes


def _read(episode: _Episode, *, voc: Path, fold: int | None, whole: bool) -> Sample:
    def picture(name: str, context: tuple[Sample, ...]) -> Sample:
        path, photo, annotation = read_annotated(voc, name)
        meta = {"path": str(path), "class": episode.label, "fold": fold, "support": episode.support}
        key = f"{episode.label}/{name}"
        return Sample(key, target=annotation.boxes(), input=photo, meta=meta, whole=whole, context=context)

    return picture(episode.query, (picture(episode.support, ()),))
