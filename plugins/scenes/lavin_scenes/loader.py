"""The loader ``scenes``: any number of procedural scenes with exact annotations."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from pathlib import Path
from typing import Literal, get_args

from lavin_scenes.samples import CLIP_ONLY, STILL_ONLY, Annotation, Wish, make_sample, sample_key
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import LazySamples
from lavincli.media.files import find_images

_LENGTHS = {"train": 100_000, "test": 64}
_SMALLEST = 16

NormalAxes = Literal["camera", "world"]


def scenes(
    root: Path | None,
    split: str,
    *,
    annotation: Annotation = "depth",
    length: int | None = None,
    size: int = 256,
    frames: int = 1,
    frames_per_second: float = 12.0,
    normal_axes: NormalAxes | None = None,
    min_share: float = 0.004,
    seed: int = 0,
    kept: str | Path | None = None,
) -> Sequence[Sample]:
    """Pictures and clips of procedural scenes, with exact annotations.

    Args:
        root: a folder of images to cover surfaces with; None means procedural materials alone.
        split: "train" (100 000 scenes by default) or "test" (64); no scene is in both.
        annotation: what the target is; T axes are there with ``frames`` above 1 only:

            - ``depth``: inverse depth ``float32 [(T,) H, W]`` in 1 / metres along the optical axis; 0 in the sky
            - ``normals``: ``float32 [(T,) H, W, 3]``, NaN in the sky
            - ``segments``: ``int32 [(T,) H, W]``, an id for everything: things, the ground, walls, the sky
            - ``instances``: ``int32 [(T,) H, W]``, an id an object, 0 = background
            - ``flow``: ``float32 [(T,) H, W, 2]``, to the next frame; with ``frames`` 1 the input is the two frames
            - ``boxes``: Boxes around what is seen of each object
            - ``people``: People, 1 to 4 of them
            - ``edges``: ``float32 [H, W]``, 1 on the outlines of things and on creases
            - ``foreground``: ``bool [H, W]``, the object that covers most
            - ``single_box``: Boxes of the only object, which covers less than 20 % of the picture
            - ``clip``: ``uint8 [T, H, W, 3]``, the pictures themselves; there is no input
            - ``continuation``: ``uint8 [T, H, W, 3]``, the clip that follows the input, its last frame first
        length: number of scenes.
        size: side of the pictures in pixels.
        frames: T; boxes, people, edges, foreground and single_box are for stills, continuation for clips alone.
        frames_per_second: time between frames (and to the flow's second frame).
        normal_axes: "camera": left, up, towards it; "world": right, forward (both as the first frame was taken), up.
            By default that of the camera for stills, of the world for clips.
        min_share: objects seen in less than this share of the picture have no box.
        seed: another seed gives other scenes.
        kept: a folder in which pictures are kept with what is known of them, so that a scene is rendered once for all
            annotations that are asked of it, and for all runs (0.4 MB a picture at 128 pixels).

    Returns samples whose input is ``uint8 [T, size, size, 3]``. A scene depends on its index, the split and the seed
    alone, so that all annotations of an index show the same one (people and single_box have scenes of their own), and a
    clip begins with the still.
    Raises ValueError: an option that isn't one of the above; InputError: another split, or a root without images.
    """
    if annotation not in get_args(Annotation):
        raise ValueError(f"annotation is one of {', '.join(get_args(Annotation))}, not {annotation!r}")
    if split not in _LENGTHS:
        raise InputError(f"there is no split '{split}'; use train or test")
    if length is None:
        length = _LENGTHS[split]
    if length < 1 or size < _SMALLEST or frames < 1:
        raise ValueError(
            f"length and frames are at least 1 and size at least {_SMALLEST}, not {length}, {frames} and {size}"
        )
    if frames > 1 and annotation in STILL_ONLY:
        raise ValueError(f"{annotation} is for stills: frames is 1, not {frames}")
    if frames == 1 and annotation in CLIP_ONLY:
        raise ValueError(f"{annotation} is for clips: frames is at least 2")
    if not 0 < frames_per_second < float("inf"):
        raise ValueError(f"frames_per_second is above 0, not {frames_per_second}")
    if not 0 <= min_share < 1:
        raise ValueError(f"min_share is at least 0 and below 1, not {min_share}")
    if normal_axes is not None and normal_axes not in get_args(NormalAxes):
        raise ValueError(f"normal_axes is 'camera' or 'world', not {normal_axes!r}")
    wish = Wish(
        annotation=annotation,
        split=split,
        seed=seed,
        size=size,
        frames=frames,
        frame_time=1 / frames_per_second,
        world_axes=normal_axes == "world" or (normal_axes is None and frames > 1),
        min_share=min_share,
        textures=_texture_files(root),
        kept=None if kept is None else Path(kept),
    )
    return LazySamples(
        range(length), functools.partial(make_sample, wish=wish), key=functools.partial(sample_key, wish=wish)
    )


def _texture_files(root: Path | None) -> tuple[Path, ...]:
    if root is None:
        return ()
    if not root.is_dir():
        raise InputError(f"{root}: no such folder; expected a folder of images to cover surfaces with, or no root")
    return tuple(file.path for file in find_images([root]))
