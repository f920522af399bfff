"""FlyingChairs: rendered chairs that fly over photos (Dosovitskiy et al., "FlowNet", ICCV 2015)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Final

from lavin_geometry.flo import read_flo
from lavin_geometry.frame_pair_sample import FlowFiles, frame_pair_sample
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples

_SPLIT_FILE: Final = "FlyingChairs_train_val.txt"
_LAYOUT: Final = (
    f"data/00001_img1.ppm, data/00001_img2.ppm, data/00001_flow.flo and {_SPLIT_FILE} (a line a pair: 1 train, 2 test)"
)
_MARKS: Final = {"train": "1", "test": "2"}


def flying_chairs(root: Path | None, split: str) -> Sequence[Sample]:
    """Two frames ``uint8 [2, 384, 512, 3]`` and the flow ``float32 [384, 512, 2]`` from the first to the second.

    Args:
        root: holds ``data/00001_img1.ppm``, ``data/00001_img2.ppm``, ``data/00001_flow.flo`` and so on, and
            ``FlyingChairs_train_val.txt`` (here or in ``data``).
        split: "train" or "test", the file's 22232 and 640 pairs; the test split is judged at its own size, as a whole.

    Raises InputError: no such folder, another layout, a file that is missing, a list of another length; on access, a
    damaged file.
    """
    root = require_root(root, _LAYOUT)
    if split not in _MARKS:
        raise InputError(f"FlyingChairs has no split '{split}'; use train or test")
    flows = sorted((root / "data").glob("*_flow.flo"))
    lists = [folder / _SPLIT_FILE for folder in (root, root / "data") if (folder / _SPLIT_FILE).is_file()]
    if not flows or not lists:
        raise wrong_layout(root, _LAYOUT)
    marks = lists[0].read_text(encoding="utf-8").split()
    if len(marks) != len(flows):
        raise InputError(f"{lists[0]}: has {len(marks)} lines for {len(flows)} pairs in {root / 'data'}; restore both")
    items = [_files(root, flow).check() for flow, mark in zip(flows, marks, strict=True) if mark == _MARKS[split]]
    return LazySamples(items, functools.partial(_read, whole=split == "test"), key=attrgetter("key"))


def _files(root: Path, flow: Path) -> FlowFiles:
    number = flow.name.removesuffix("_flow.flo")
    first, second = (flow.with_name(f"{number}_img{index}.ppm") for index in (1, 2))
    return FlowFiles(first.relative_to(root).as_posix(), first, second, flow)


def _read(files: FlowFiles, *, whole: bool) -> Sample:
    return frame_pair_sample(files, read_flo(files.flow), whole=whole)
