"""One sample: the scene of an index, taken as often as its annotation asks for."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final, Literal

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.annotations.edges import edges
from lavin_scenes.annotations.flow import forward_flow
from lavin_scenes.annotations.geometry import camera_normals, inverse_depth, world_normals
from lavin_scenes.annotations.people import people
from lavin_scenes.annotations.regions import boxes_of, instances, segments, thing_of
from lavin_scenes.compose.scenes import scene_of
from lavin_scenes.kept_shots import kept_file, kept_shot
from lavin_scenes.render import Shot, take
from lavin_scenes.scene import Scene
from lavincli.clip import Sample

Annotation = Literal[
    "depth",
    "normals",
    "segments",
    "instances",
    "flow",
    "boxes",
    "people",
    "edges",
    "foreground",
    "single_box",
    "clip",
    "continuation",
]
STILL_ONLY: Final = ("boxes", "people", "edges", "foreground", "single_box")
CLIP_ONLY: Final = ("continuation",)


@dataclass(frozen=True, slots=True)
class Wish:
    """What a sample is to be, beside its index: the options of `scenes`.

    Attributes:
        annotation, split, seed, size, frames, min_share: as there.
        frame_time: seconds between frames.
        world_axes: whether normals are in the world's axes.
        textures: images for surfaces.
        kept: a folder for pictures, which are then taken once for all annotations; None: each is taken anew.
    """

    annotation: Annotation
    split: str
    seed: int
    size: int
    frames: int
    frame_time: float
    world_axes: bool
    min_share: float
    textures: tuple[Path, ...]
    kept: Path | None


def sample_key(index: int, *, wish: Wish) -> str:
    """The key of the sample of an index."""
    return f"{wish.split}/{index:06d}"


def make_sample(index: int, *, wish: Wish) -> Sample:
    """The sample of an index."""
    kind = wish.annotation if wish.annotation in ("people", "single_box") else "any"
    scene = scene_of(wish.seed, wish.split, index, kind=kind, textures=wish.textures)
    key = sample_key(index, wish=wish)
    times = [frame * wish.frame_time for frame in range(wish.frames)]
    if wish.annotation == "continuation":
        times += [time + times[-1] for time in times[1:]]
    if wish.annotation == "flow" and wish.frames == 1:
        times = [0.0, wish.frame_time]
    shots = [_shot(scene, time, wish, f"{kind}-{index:06d}") for time in times]
    rgb = np.stack([shot.rgb for shot in shots])
    if wish.annotation == "clip":
        return Sample(key, target=rgb)
    if wish.annotation == "continuation":
        return Sample(key, input=rgb[: wish.frames], target=rgb[wish.frames - 1 :])
    if wish.annotation == "flow":
        return Sample(key, input=rgb, target=_flow(shots, wish))
    if wish.annotation in _PICTURES:
        values = np.stack([_PICTURES[wish.annotation](shot, wish) for shot in shots])
        return Sample(key, input=rgb, target=values if wish.frames > 1 else values[0])
    target, meta = _objects(shots[0], wish)
    return Sample(key, input=rgb, target=target, meta=meta)


def _shot(scene: Scene, time: float, wish: Wish, name: str) -> Shot:
    if wish.kept is None:
        return take(scene, time, wish.size)
    drawn = (wish.split, wish.seed, wish.size, [str(path.resolve()) for path in wish.textures])
    return kept_shot(scene, time, wish.size, kept_file(wish.kept, drawn, f"{name}-{time:.4f}"))


def _flow(shots: Sequence[Shot], wish: Wish) -> NDArray[np.float32]:
    first = shots[: wish.frames]
    later = [(shot.parts, shot.camera) for shot in shots[1:]]
    if len(later) < len(first):
        time = first[-1].time + wish.frame_time
        scene = first[-1].scene
        later.append((scene.parts_at(time), scene.camera(time)))
    flow = np.stack([forward_flow(shot, *after) for shot, after in zip(first, later, strict=True)])
    return flow if wish.frames > 1 else flow[0]


def _normals(shot: Shot, wish: Wish) -> NDArray[np.float32]:
    return world_normals(shot) if wish.world_axes else camera_normals(shot)


_PICTURES: Final[dict[str, Callable[[Shot, Wish], NDArray[Any]]]] = {
    "depth": lambda shot, _: inverse_depth(shot),
    "normals": _normals,
    "segments": lambda shot, _: segments(shot),
    "instances": lambda shot, _: instances(shot),
    "edges": lambda shot, _: edges(shot),
}


def _objects(shot: Shot, wish: Wish) -> tuple[Any, dict[str, Any]]:
    min_pixels = wish.min_share * wish.size**2
    if wish.annotation == "people":
        return people(shot, min_pixels), {}
    ids = instances(shot)
    boxes, seen = boxes_of(ids, 1 if wish.annotation == "foreground" else min_pixels)
    categories = [shot.scene.things[thing_of(shot, instance)].category for instance in seen]
    if wish.annotation == "foreground":
        largest = int(np.argmax(boxes.areas))
        return ids == seen[largest], {"category": categories[largest]}
    return boxes, {"categories": categories}
