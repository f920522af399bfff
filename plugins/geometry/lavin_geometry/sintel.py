"""MPI Sintel: optical flow of an animated film (Butler et al., "A naturalistic open source movie", ECCV 2012)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Final, Literal, get_args

from lavin_geometry.flo import read_flo
from lavin_geometry.frame_pair_sample import FlowFiles, frame_pair_sample
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples

Pass = Literal["clean", "final"]

HELD_OUT_SCENES: Final = ("ambush_2", "ambush_6", "bamboo_2", "cave_4", "market_6", "temple_2")
"""A split for validation as papers that train on Sintel make it: scenes of all kinds, none of them in both splits."""


def sintel(
    root: Path | None, split: str, *, rendering: Pass = "final", held_out: Sequence[str] = HELD_OUT_SCENES
) -> Sequence[Sample]:
    """Two frames ``uint8 [2, 436, 1024, 3]`` and the flow ``float32 [436, 1024, 2]`` from the first to the second.

    The truth of Sintel's own test set is not public, so scenes of its training set are held out for the test split,
    which is judged at its own size, as a whole.

    Args:
        root: holds ``training/{clean,final}/<scene>/frame_0001.png`` and ``training/flow/<scene>/frame_0001.flo``.
        split: "train" or "test".
        rendering: "clean" (no motion blur, no fog) or "final".
        held_out: scenes of the test split; with none both splits hold all scenes, which is how models that never saw
            Sintel are judged.

    Raises InputError: no such folder, another layout, a frame that is missing, no scene left for the split; on access,
    a damaged file.
    """
    if rendering not in get_args(Pass):
        raise ValueError(f"rendering is 'clean' or 'final', not {rendering!r}")
    layout = f"training/{rendering}/<scene>/frame_0001.png and training/flow/<scene>/frame_0001.flo"
    root = require_root(root, layout)
    if split not in ("train", "test"):
        raise InputError(f"Sintel is split by scenes into train and test; there is no split '{split}'")
    flows = sorted((root / "training" / "flow").glob("*/frame_*.flo"))
    if not flows or not (root / "training" / rendering).is_dir():
        raise wrong_layout(root, layout)
    chosen = [flow for flow in flows if not held_out or (flow.parent.name in held_out) == (split == "test")]
    if not chosen:
        scenes = sorted({flow.parent.name for flow in flows})
        raise InputError(f"{root}: no scene is left for split {split}; found {', '.join(scenes)}; change held_out")
    items = [_files(root, rendering, flow) for flow in chosen]
    return LazySamples(items, functools.partial(_read, whole=split == "test"), key=attrgetter("key"))


def _files(root: Path, rendering: str, flow: Path) -> FlowFiles:
    frames = root / "training" / rendering / flow.parent.name
    number = int(flow.stem.removeprefix("frame_"))
    first, second = (frames / f"frame_{index:04d}.png" for index in (number, number + 1))
    return FlowFiles(first.relative_to(root).as_posix(), first, second, flow).check()


def _read(files: FlowFiles, *, whole: bool) -> Sample:
    return frame_pair_sample(files, read_flo(files.flow), whole=whole)
