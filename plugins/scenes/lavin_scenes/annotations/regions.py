"""Which pixels show what: segments, instances, boxes, edges."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.render import Shot
from lavincli.natives import Boxes

Ids = NDArray[np.int32]


def segments(shot: Shot) -> Ids:
    """``int32 [H, W]``: ids from 1 of all things, the ground, walls and (last) the sky among them."""
    owner = np.append(shot.parts.thing, len(shot.scene.things)).astype(np.int32)
    return (owner[shot.hits.part] + 1).reshape(shot.view.size, -1)


def instances(shot: Shot) -> Ids:
    """``int32 [H, W]``: ids from 1 of countable things, the same at all times; 0 elsewhere."""
    countable = np.array([thing.countable for thing in shot.scene.things] + [False])
    ids = np.where(countable, np.cumsum(countable), 0).astype(np.int32)
    chosen: Ids = ids[segments(shot) - 1]
    return chosen


def thing_of(shot: Shot, instance: int) -> int:
    """The index of the thing that has an id in `instances`."""
    return [index for index, thing in enumerate(shot.scene.things) if thing.countable][instance - 1]


def boxes_of(ids: Ids, min_pixels: float) -> tuple[Boxes, list[int]]:
    """Boxes around what is seen of each instance of ``ids`` ``[H, W]``, and the instances' ids.

    Instances of fewer than ``min_pixels`` pixels are left out.
    """
    height, width = ids.shape
    kept, places, areas = [], [], []
    for instance, count in enumerate(np.bincount(ids.ravel())):
        if instance == 0 or count == 0 or count < min_pixels:
            continue
        rows, columns = np.nonzero((ids == instance).any(axis=1))[0], np.nonzero((ids == instance).any(axis=0))[0]
        kept.append(instance)
        places.append((columns[0], rows[0], columns[-1] + 1 - columns[0], rows[-1] + 1 - rows[0]))
        areas.append(count)
    boxes = Boxes.of(np.array(places, np.float32), (height, width))
    return Boxes(boxes.xywh, boxes.size, boxes.scores, np.array(areas, np.float32), boxes.crowd), kept
