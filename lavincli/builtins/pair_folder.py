"""The loader for a folder of pairs, ``<id>_input.png`` beside ``<id>_target.png`` (or ``.mp4``)."""

from __future__ import annotations

from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path

from lavincli.builtins.split import hash_split
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root
from lavincli.lazy_samples import LazySamples
from lavincli.media.clips import read_clip
from lavincli.pair_files import LAYOUT, PairFiles, list_pairs


def pair_folder(root: Path | None, split: str, *, test_share: float = 0.0) -> Sequence[Sample]:
    """Every pair in ``root`` and below it.

    Args:
        root: the folder; there is no bundled one.
        split: "train" or "test": shares of the pairs by a hash of their ids.
        test_share: share of the pairs in the test split; with 0 both splits hold all of them.

    Returns samples whose input and target are clips ``uint8 [T, H, W, 3]``, drawn as the task's codecs draw them, and
    whose key is the pair's id.
    Raises InputError: no root given, no such folder, no pair in it, a partner missing; on access, a damaged image or
    sides of different sizes.
    """
    root = require_root(root, LAYOUT)
    chosen = hash_split(list_pairs(root), attrgetter("key"), split, test_share)
    if not chosen:
        raise InputError(f"{root}: no pair is left for split {split}; check test_share")
    return LazySamples(chosen, _read, key=attrgetter("key"))


def _read(pair: PairFiles) -> Sample:
    source, target = read_clip(pair.input), read_clip(pair.target)
    if source.shape[1:] != target.shape[1:]:
        raise InputError(
            f"{pair.input}: is {source.shape[2]} x {source.shape[1]} pixels, but {pair.target.name} is "
            f"{target.shape[2]} x {target.shape[1]}; the two sides of a pair must match"
        )
    return Sample(pair.key, target=target, input=source, meta={"path": str(pair.target)}, drawn=True)
