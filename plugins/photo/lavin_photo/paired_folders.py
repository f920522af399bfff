"""The loader for restoration data in parallel folders: degraded photos in one, the clean ones beside it."""

from __future__ import annotations

import functools
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from lavin_photo.pair_matching import MATCHES, MatchedFiles, match_files
from lavincli.builtins.split import hash_split
from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.geometry import crop_center
from lavincli.media.images import read_image


def paired_folders(
    root: Path | None,
    split: str,
    *,
    input: str = "input",  # noqa: A002  the card's own word for this side
    target: str = "target",
    train: str | None = None,
    test: str | None = None,
    match: str = "name",
    whole: bool = False,
    center_crop: bool = False,
    test_share: float = 0.0,
) -> Sequence[Sample]:
    """Every pair of images in two parallel folders.

    Rain sets as MPRNet (Zamir et al., CVPR 2021) lays them out are ``train: train, test: test/Rain100L``; LOL (Wei et
    al., BMVC 2018) is ``input: low, target: high, train: our485, test: eval15``.

    Args:
        root: the folder of the data set.
        split: "train" or "test".
        input: name of the folders of degraded images.
        target: name of the folders of clean images, beside those.
        train: folder below ``root`` that holds the train split: the two folders, or several sets of them
            (``test/*/input`` for ``test: test``).
        test: the same of the test split. With neither, ``root`` holds both, and ``test_share`` splits them.
        match: how a file finds its partner. "name": same name, whatever the suffix (``1.png``, ``1.jpg``). "number":
            same numbers in the name (``rain-001.png``, ``norain-1.png``). "prefix": the input's name up to the first
            ``_`` is the target's (``1400_3.png``, ``1400.png``; several inputs may share a target).
        whole: the test split is scored on whole images at their own size, as benchmarks do.
        center_crop: of sides of different sizes, the centre of the smaller one's size is taken; else they must match.
        test_share: share of the pairs in the test split, by a hash of their keys; with 0 both splits hold all of them.

    Returns samples whose input and target are clips ``uint8 [1, H, W, 3]``, and whose key is the input's path below
    ``root``.
    Raises RootNeededError; InputError: another layout, a file without a partner, no such split; on access, a damaged
    image or sides of different sizes. ValueError for an unknown ``match``.
    """
    if match not in MATCHES:
        raise ValueError(f"match is one of {', '.join(MATCHES)}, not {match!r}")
    if split not in ("train", "test"):
        raise InputError(f"there is no split '{split}'; use train or test")
    own = {"train": train, "test": test}
    below = own[split]
    if below is None and any(own.values()):
        raise InputError(f"this data set has no {split} split")
    layout = _layout(below, input, target)
    root = require_root(root, layout)
    files = find_pairs(root, below or "", input, target, match)
    if not files:
        raise wrong_layout(root, layout)
    key = functools.partial(_key, root)
    if below is None:
        files = hash_split(files, key, split, test_share)
    read = functools.partial(read_pair, root=root, whole=whole and split == "test", center_crop=center_crop)
    return LazySamples(files, read, key=key)


def find_pairs(root: Path, below: str, source: str, target: str, match: str) -> list[MatchedFiles]:
    """The pairs of every folder in ``root / below`` that holds a folder ``source`` beside a folder ``target``."""
    return [
        pair
        for folder in sorted(_folders_with(root / below, source, target))
        for pair in match_files(folder / source, folder / target, match)
    ]


def read_pair(files: MatchedFiles, *, root: Path, whole: bool, center_crop: bool = False) -> Sample:
    """Both images of a pair. Raises InputError if one is damaged, or their sizes differ where they mustn't."""
    source, target = read_image(files.input), read_image(files.target)
    if source.shape != target.shape:
        if not center_crop:
            raise InputError(
                f"{files.input}: is {_size(source)} pixels, but {files.target.name} is {_size(target)}; "
                "the two sides of a pair must match"
            )
        size = (min(source.shape[1], target.shape[1]), min(source.shape[2], target.shape[2]))
        source, target = crop_center(source, size), crop_center(target, size)
    meta = {"path": str(files.input), "target_path": str(files.target)}
    return Sample(_key(root, files), target=target, input=source, meta=meta, whole=whole)


def _layout(below: str | None, source: str, target: str) -> str:
    start = f"{below}/" if below not in (None, ".") else ""
    return f"{start}{source}/<name>.png beside {start}{target}/<name>.png"


def _folders_with(base: Path, source: str, target: str) -> Iterator[Path]:
    for folder, subfolders, _ in os.walk(base):
        here = Path(folder)
        if (here / source).is_dir() and (here / target).is_dir():
            yield here
            subfolders[:] = [name for name in subfolders if name not in (source, target)]
        subfolders[:] = [name for name in subfolders if not name.startswith(".")]


def _key(root: Path, files: MatchedFiles) -> str:
    return files.input.relative_to(root).as_posix()


def _size(clip: Clip) -> str:
    return f"{clip.shape[2]} x {clip.shape[1]}"
