"""A data set: pictures of dots, each made when it is asked for."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import LazySamples
from numpy.typing import NDArray

from lavin_my_plugin.points import Points, cover

RED = (215, 35, 35)
OTHERS = ((40, 90, 215), (30, 150, 70), (235, 190, 30))
GAP = 0.16
"""Dots lie at least this far apart, as a share of the picture's side."""


def dots(
    root: Path | None, split: str, *, length: int | None = None, size: int = 128, seed: int = 0
) -> Sequence[Sample]:
    """Dots of four colours on a light ground; the truth is where the red ones are.

    Args:
        root: None, because nothing is read. A loader that reads files starts with
            ``root = lavincli.layout.require_root(root, "<id>.png beside <id>.json")``.
        split: "train" or "test"; they share no picture.
        length: number of samples; by default 10 000 in the train split and 64 in the test split.
        size: height and width in pixels.
        seed: another seed gives another data set.

    Returns samples with input ``uint8 [1, size, size, 3]`` and target `Points`, each depending on the split, the seed
    and its index alone. Raises InputError: a root is given, or there is no such split.
    """
    if root is not None:
        raise InputError(f"{root}: these pictures are made, not read; leave the root out")
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test")
    count = length if length is not None else 10_000 if split == "train" else 64
    # A module-level function, so that worker processes can be sent the sequence; it is called on each access.
    return LazySamples(range(count), functools.partial(_make, split=split, size=size, seed=seed))


def _make(index: int, *, split: str, size: int, seed: int) -> Sample:
    random = np.random.default_rng([seed, split == "train", index])
    red = int(random.integers(0, 6))
    places = _places_apart(random, red + int(random.integers(2, 6))) * size
    colors = [RED] * red + [OTHERS[int(random.integers(3))] for _ in places[red:]]
    picture = np.linspace(random.uniform(190, 250, 3), random.uniform(190, 250, 3), size)[:, None].repeat(size, axis=1)
    for place, color in zip(places, colors, strict=True):
        covered = cover(place, radius=size / 20, size=(size, size))[..., None]
        picture = picture * (1 - covered) + np.array(color) * covered
    truth = Points(places[:red].astype(np.float32), (size, size))
    return Sample(f"{split}/{index:05d}", input=(picture + 0.5).astype(np.uint8)[None], target=truth)


def _places_apart(random: np.random.Generator, count: int) -> NDArray[np.float64]:
    """``float64 [count, 2]`` in 0.08 .. 0.92, drawn one after the other and again where two are too near."""
    places = np.empty((0, 2))
    while len(places) < count:
        place = random.uniform(0.08, 0.92, 2)
        if (np.linalg.norm(places - place, axis=1) >= GAP).all():
            places = np.vstack([places, place])
    return places
