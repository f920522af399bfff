"""The loader of MOVi: scenes as Kubric writes them, with exact annotations (Greff et al., "Kubric", CVPR 2022)."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from pathlib import Path
from typing import Final, Literal, get_args

import numpy as np

from lavin_video.movi_annotations import read_flow, read_instances, read_inverse_depth, read_normals
from lavin_video.windows import Window, Windows, clip_sample, too_short
from lavincli.builtins.split import hash_split
from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.layout import require_root, wrong_layout
from lavincli.lazy_samples import LazySamples
from lavincli.media.images import read_image

Annotation = Literal["depth", "normals", "flow", "instances", "clip", "continuation"]

_LAYOUT: Final = (
    "<scene>/rgba_00000.png, segmentation_00000.png, depth_00000.tiff, forward_flow_00000.png, normal_00000.png and so "
    "on, beside data_ranges.json and metadata.json"
)
_FIRST: Final = {
    "depth": "depth_00000.tiff",
    "normals": "normal_00000.png",
    "flow": "forward_flow_00000.png",
    "instances": "segmentation_00000.png",
}
_READ: Final = {"normals": read_normals, "flow": read_flow, "instances": read_instances}


@dataclass(frozen=True, slots=True)
class _Item:
    folder: Path
    key: str
    window: Window


def movi(
    root: Path | None,
    split: str,
    *,
    annotation: Annotation = "depth",
    frames: int = 13,
    start: int = 0,
    stride: int | None = None,
    every: int = 1,
    plane_depth: bool = False,
    test_share: float = 0.0,
) -> Sequence[Sample]:
    """Clips of Kubric's raw scene folders (those from which the MOVi sets are packed).

    Args:
        root: a folder of scene folders, or one scene folder. If it has a subfolder called ``split``, that is taken.
        split: "train" or "test"; without subfolders of these names, shares of the scenes by a hash of their names.
        annotation: what the target is:

            - ``depth``: inverse depth ``float32 [T, H, W]`` in 1 / metres. Kubric's depth is the distance to the
              camera's centre, not to its plane.
            - ``normals``: ``float32 [T, H, W, 3]`` in world axes
            - ``flow``: ``float32 [T, H, W, 2]``, forward, in pixels; that of the last frame is to an unseen one
            - ``instances``: ``int32 [T, H, W]``
            - ``clip``: ``uint8 [T, H, W, 3]``; there is no input
            - ``continuation``: the ``frames`` that follow, the last known frame first (see `Windows.continued`)
        frames: of a sample, on each side.
        start: the first frame of a clip's first sample.
        stride: frames from the start of one sample to that of the next; None: one sample a scene.
        every: a sample takes each ``every``-th frame.
        plane_depth: turn depth into the distance to the camera's plane, as depth cameras measure it, with the focal
            length in ``metadata.json``.
        test_share: share of the scenes in the test split; with 0 both splits hold all of them.

    Returns samples whose input is ``uint8 [T, H, W, 3]``. Scenes with too few frames are an error when they are read.
    Raises InputError: no scenes where they should be; ValueError: an option that makes no sense.
    """
    if annotation not in get_args(Annotation):
        raise ValueError(f"annotation is one of {', '.join(get_args(Annotation))}, not {annotation!r}")
    if annotation == "flow" and every != 1:
        raise ValueError("flow is given from each frame to the next one: every is 1")
    windows = Windows(frames, start, stride, every, continued=annotation == "continuation")
    root = require_root(root, _LAYOUT)
    if _is_scene(root):
        scenes = [root]
    else:
        folder = root / split
        apart = folder.is_dir() and not _is_scene(folder)
        scenes = sorted(path for path in (folder if apart else root).iterdir() if _is_scene(path))
        if not scenes:
            raise wrong_layout(root, _LAYOUT)
        scenes = scenes if apart else hash_split(scenes, lambda scene: scene.name, split, test_share)
    if not scenes:
        raise InputError(f"{root}: no scene is left for split {split}; check test_share")
    for scene in scenes[:1]:
        first = _FIRST.get(annotation)
        if first is not None and not (scene / first).is_file():
            raise wrong_layout(scene, first)
    items = [
        _Item(scene, windows.key(scene.name, window), window)
        for scene in scenes
        for window in (windows.of(_count(scene)) if stride is not None else [windows.first()])
    ]
    if not items:
        raise too_short(scenes[0], _count(scenes[0]), windows)
    read = functools.partial(_read, annotation=annotation, windows=windows, plane_depth=plane_depth)
    return LazySamples(items, read, key=attrgetter("key"))


def _read(item: _Item, *, annotation: Annotation, windows: Windows, plane_depth: bool) -> Sample:
    window = item.window
    if windows.stride is None:
        count = _count(item.folder)
        found = windows.of(count)
        if not found:
            raise too_short(item.folder, count, windows)
        window = found[0]
    clip = _read_frames(item.folder, window)
    meta: dict[str, object] = {"path": str(item.folder), "start": window.start}
    if annotation in ("clip", "continuation"):
        return clip_sample(item.key, clip, windows, meta)
    if annotation == "depth":
        return Sample(
            item.key,
            target=read_inverse_depth(item.folder, window.numbers, plane=plane_depth),
            input=clip,
            meta={**meta, "distance_to": "plane" if plane_depth else "centre"},
        )
    return Sample(item.key, target=_READ[annotation](item.folder, window.numbers), input=clip, meta=meta)


def _read_frames(scene: Path, window: Window) -> Clip:
    # The dome around a scene is opaque; where a scene has none, Blender's background is transparent.
    return np.concatenate([read_image(scene / f"rgba_{number:05d}.png") for number in window.numbers])


def _is_scene(path: Path) -> bool:
    return (path / "rgba_00000.png").is_file()


def _count(scene: Path) -> int:
    return sum(1 for path in scene.glob("rgba_*.png") if path.is_file())
