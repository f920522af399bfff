"""The loader for SIDD (Abdelhamed et al., CVPR 2018): noise of five smartphones' sensors in ten scenes."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.images import read_image

_LAYOUT: Final = "Data/<instance>_<scene>_<phone>_.../NOISY_SRGB_*.PNG beside GT_SRGB_*.PNG"
_FOLDER = re.compile(r"(?P<instance>\d+)_(?P<scene>\d+)_(?P<phone>[A-Z0-9]+)_(?P<iso>\d+)_.*", re.IGNORECASE)
_NOISY = re.compile(r"NOISY_SRGB_.*\.PNG", re.IGNORECASE)
_KEPT_PICTURES: Final = 2
"""Of 16 million pixels each: the blocks of one picture follow each other."""


@dataclass(frozen=True, slots=True)
class _Block:
    """One square of a picture: the ``number``-th of ``count``."""

    noisy: Path
    clean: Path
    number: int
    count: int


def sidd(
    root: Path | None,
    split: str,
    *,
    block: int = 256,
    blocks: int = 8,
    test_scenes: Sequence[str] = ("009", "010"),
) -> Sequence[Sample]:
    """``Data/<scene folder>/NOISY_SRGB_*.PNG`` and ``GT_SRGB_*.PNG``, as SIDD-Small and SIDD-Medium (sRGB) come.

    Squares are cut from the pictures at their full resolution, as in the benchmark: shrinking a picture of 16 million
    pixels would average its noise away.

    Args:
        root: the folder that holds ``Data``.
        split: "train" or "test". The public pictures have no split of their own: all of some scenes are the test split.
        block: height and width of a square in pixels; of a smaller picture, its shorter side.
        blocks: squares a picture, spread over it diagonally from corner to corner.
        test_scenes: numbers of the scenes of the test split, of "001" to "010".

    Returns samples whose input and target are clips ``uint8 [1, block, block, 3]``, whose key is
    ``<folder>/<file>#<number>``, and whose ``meta`` has instance, scene, phone and iso as the folder's name gives them.
    Raises RootNeededError; InputError: another layout, a picture without its partner, none of this split; on access, a
    damaged picture or partners of different sizes. ValueError for a number below one.
    """
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test")
    if block < 1 or blocks < 1:
        raise ValueError(f"block and blocks are at least 1, not {block} and {blocks}")
    root = require_root(root, _LAYOUT)
    found = [file for file in sorted(root.glob("Data/*/*")) if _NOISY.fullmatch(file.name)]
    if not found or not all(_FOLDER.fullmatch(file.parent.name) for file in found):
        raise wrong_layout(root, _LAYOUT)
    scenes = {int(scene) for scene in test_scenes}
    chosen = [file for file in found if (int(_scene(file)["scene"]) in scenes) == (split == "test")]
    if not chosen:
        raise InputError(f"{root}: none of its {len(found)} pictures is of the {split} split; check test_scenes")
    items = [_Block(file, _clean(file), number, blocks) for file in chosen for number in range(blocks)]
    return LazySamples(items, functools.partial(_read, root=root, side=block))


def _clean(noisy: Path) -> Path:
    clean = noisy.with_name("GT" + noisy.name[len("NOISY") :])
    if not clean.is_file():
        raise InputError(f"{noisy}: its partner {clean.name} is missing; add it or remove this file")
    return clean


def _scene(file: Path) -> dict[str, str]:
    matched = _FOLDER.fullmatch(file.parent.name)
    assert matched is not None  # seen to when the files were found
    return matched.groupdict()


def _read(item: _Block, *, root: Path, side: int) -> Sample:
    noisy, clean = _picture(item.noisy), _picture(item.clean)
    if noisy.shape != clean.shape:
        raise InputError(f"{item.noisy}: is of another size than {item.clean.name}; the two must match")
    height, width = noisy.shape[1:3]
    side = min(side, height, width)
    share = (item.number + 0.5) / item.count
    top, left = int(share * (height - side)), int(share * (width - side))
    source, target = (picture[:, top : top + side, left : left + side].copy() for picture in (noisy, clean))
    key = f"{item.noisy.relative_to(root / 'Data').as_posix()}#{item.number}"
    return Sample(key, target=target, input=source, meta={"path": str(item.noisy), **_scene(item.noisy)})


@functools.lru_cache(maxsize=_KEPT_PICTURES)
def _picture(path: Path) -> Clip:
    return read_image(path)
