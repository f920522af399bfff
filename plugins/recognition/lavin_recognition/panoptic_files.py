"""COCO's panoptic format: a PNG whose colours are ids, and a JSON that describes the segments.

Kirillov et al., "Panoptic segmentation", CVPR 2019; https://cocodataset.org/#format-data.
"""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

CATEGORY = {"id": 1, "name": "segment", "supercategory": "segment", "isthing": 1}
"""The one category of segments that have no class."""
_LARGEST_ID = 256**3 - 1


def ids_to_rgb(segments: NDArray[np.int32]) -> NDArray[np.uint8]:
    """``int32 [H, W]`` -> ``uint8 [H, W, 3]`` with id = R + 256 G + 65536 B. Raises ValueError for larger ids."""
    if segments.max(initial=0) > _LARGEST_ID:
        raise ValueError(f"a panoptic PNG holds ids up to {_LARGEST_ID}, not {int(segments.max())}")
    rgb: NDArray[np.uint8] = np.stack([segments >> shift & 255 for shift in (0, 8, 16)], axis=-1).astype(np.uint8)
    return rgb


def rgb_to_ids(rgb: NDArray[np.uint8]) -> NDArray[np.int32]:
    """``uint8 [H, W, 3]`` -> ``int32 [H, W]``: R + 256 G + 65536 B."""
    red, green, blue = np.moveaxis(rgb.astype(np.int32), -1, 0)
    ids: NDArray[np.int32] = red + 256 * green + 65536 * blue
    return ids


def segments_info(segments: NDArray[np.int32]) -> list[dict[str, Any]]:
    """Id, area in pixels and box (left, top, width, height) of each segment of ``[H, W]``, by id."""
    ids, place, areas = np.unique(segments, return_inverse=True, return_counts=True)
    boxes = ndimage.find_objects(place.reshape(segments.shape) + 1)
    return [
        {
            "id": int(identifier),
            "category_id": CATEGORY["id"],
            "isthing": 1,
            "iscrowd": 0,
            "area": int(area),
            "bbox": [columns.start, rows.start, columns.stop - columns.start, rows.stop - rows.start],
        }
        for identifier, area, (rows, columns) in zip(ids, areas, boxes, strict=True)
        if identifier != 0
    ]
