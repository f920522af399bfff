"""KITTI: measured optical flow of streets (Geiger et al., CVPR 2012; Menze and Geiger, CVPR 2015)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from operator import attrgetter
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np
from numpy.typing import NDArray

from lavin_geometry.frame_pair_sample import FlowFiles, frame_pair_sample
from lavincli.builtins.split import hash_split
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.arrays import read_array

Occluded = Literal["flow_occ", "flow_noc"]

_FRAME_FOLDERS: Final = ("image_2", "colored_0", "image_0")
"""2015's, and 2012's in colour and gray."""


def kitti_flow(
    root: Path | None, split: str, *, truth: Occluded = "flow_occ", test_share: float = 0.2
) -> Sequence[Sample]:
    """Two frames ``uint8 [2, H, W, 3]`` and the flow ``float32 [H, W, 2]``, NaN where it was not measured.

    Args:
        root: holds ``training/image_2/000000_10.png``, ``000000_11.png`` (2015; for 2012 ``colored_0`` or ``image_0``)
            and ``training/flow_occ/000000_10.png``; or these folders without ``training``.
        split: "train" or "test". The truth of KITTI's own test set is not public, so its training set is split by a
            hash of the names; the test split is judged at its own size, as a whole.
        truth: "flow_occ" (all measured pixels) or "flow_noc" (those that both frames see).
        test_share: share of the pairs in the test split; with 0 both splits hold all of them, which is how models that
            never saw KITTI are judged.

    Raises InputError: no such folder, another layout, a frame that is missing, nothing left for the split; on access, a
    damaged file.
    """
    if truth not in get_args(Occluded):
        raise ValueError(f"truth is 'flow_occ' or 'flow_noc', not {truth!r}")
    layout = f"training/image_2/000000_10.png and 000000_11.png (or colored_0, image_0), training/{truth}/000000_10.png"
    root = require_root(root, layout)
    base = root / "training" if (root / "training").is_dir() else root
    frames = next((base / name for name in _FRAME_FOLDERS if (base / name).is_dir()), None)
    flows = sorted((base / truth).glob("*_10.png"))
    if frames is None or not flows:
        raise wrong_layout(root, layout)
    chosen = hash_split(flows, lambda flow: flow.name, split, test_share)
    if not chosen:
        raise InputError(f"{root}: none of its {len(flows)} pairs is left for split {split}; change test_share")
    items = [_files(root, frames, flow) for flow in chosen]
    return LazySamples(items, functools.partial(_read, whole=split == "test"), key=attrgetter("key"))


def read_kitti_flow(path: Path) -> NDArray[np.float32]:
    """A 16-bit RGB PNG as ``float32 [H, W, 2]``: u and v are (x - 2^15) / 64, NaN where the third channel is 0.

    Raises InputError for another kind of picture.
    """
    values = read_array(path)
    if values.dtype != np.uint16 or values.ndim != 3 or values.shape[2] != 3:
        raise InputError(f"{path}: is {values.dtype} {list(values.shape)}; KITTI's flow is a 16-bit RGB PNG")
    flow: NDArray[np.float32] = (values[..., :2].astype(np.float32) - np.float32(2**15)) / np.float32(64)
    flow[values[..., 2] == 0] = np.nan
    return flow


def _files(root: Path, frames: Path, flow: Path) -> FlowFiles:
    first = frames / flow.name
    second = frames / f"{flow.stem.removesuffix('_10')}_11.png"
    return FlowFiles(first.relative_to(root).as_posix(), first, second, flow).check()


def _read(files: FlowFiles, *, whole: bool) -> Sample:
    return frame_pair_sample(files, read_kitti_flow(files.flow), whole=whole)
