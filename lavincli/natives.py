"""The native values that loaders, codecs and metrics of different plugins hand each other.

Arrays where an array says it all; ``[T, ...]`` in front for clips:

===============  ======================  ==========================================================================
inverse depth    ``float32 [H, W]``      1 / metres, 0 = infinitely far, NaN = not known; a prediction's has no unit
normals          ``float32 [H, W, 3]``   unit vectors, NaN = not known; axes of the camera: left, up, towards it;
                                         of the world (clips): x, y, and z = up
optical flow     ``float32 [H, W, 2]``   u = columns to the right, v = rows down, in pixels; NaN = not known
mask             ``bool [H, W]``         True on the object
edges            ``float32 [H, W]``      0..1; truth by several people: ``bool [A, H, W]``
segments         ``int32 [H, W]``        an id a segment, 0 = not labelled
instances        ``int32 [T, H, W]``     an id an object, the same in all frames, 0 = background
===============  ======================  ==========================================================================

and the classes below. Places in pictures are continuous, in pixels: (0, 0) is the top left corner of the first pixel,
(0.5, 0.5) its centre.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

COCO_JOINTS: Final = (
    *("nose", "left_eye", "right_eye", "left_ear", "right_ear", "left_shoulder", "right_shoulder", "left_elbow"),
    *("right_elbow", "left_wrist", "right_wrist", "left_hip", "right_hip", "left_knee", "right_knee", "left_ankle"),
    "right_ankle",
)
"""The 17 joints of COCO's people, in order; left and right are the person's own."""

MIRRORED_JOINTS: Final = (0, 2, 1, 4, 3, 6, 5, 8, 7, 10, 9, 12, 11, 14, 13, 16, 15)
"""Which joint each one is in a mirror."""


@dataclass(frozen=True, slots=True, eq=False)
class Boxes:
    """Boxes in one picture.

    Attributes:
        xywh: ``float32 [N, 4]``: left, top, width, height.
        size: height and width of the picture.
        scores: ``float32 [N]``, confidence; of a truth 1.
        areas: ``float32 [N]``, pixels of the object itself, which COCO sorts by; of a prediction those of the box.
        crowd: ``bool [N]``, boxes around many objects, which neither count nor harm (COCO's ``iscrowd``).
    """

    xywh: NDArray[np.float32]
    size: tuple[int, int]
    scores: NDArray[np.float32]
    areas: NDArray[np.float32]
    crowd: NDArray[np.bool_]

    def __post_init__(self) -> None:
        _check_count(self.xywh, (4,), scores=self.scores, areas=self.areas, crowd=self.crowd)

    @staticmethod
    def of(xywh: NDArray[np.floating], size: tuple[int, int], *, scores: NDArray[np.floating] | None = None) -> Boxes:
        """Boxes that are no crowds, with their own areas; scores 1 if none are given."""
        boxes = np.asarray(xywh, dtype=np.float32).reshape(-1, 4)
        given = np.ones(len(boxes)) if scores is None else scores
        areas = boxes[:, 2] * boxes[:, 3]
        return Boxes(boxes, size, np.asarray(given, np.float32), areas, np.zeros(len(boxes), np.bool_))

    def __len__(self) -> int:
        return len(self.xywh)


@dataclass(frozen=True, slots=True, eq=False)
class People:
    """People in one picture, as COCO's 17 joints.

    Attributes:
        joints: ``float32 [N, 17, 3]``: x, y, and COCO's visibility (0 = not given, 1 = hidden, 2 = visible).
        boxes: whole bodies, with scores, areas and crowds.
    """

    joints: NDArray[np.float32]
    boxes: Boxes

    def __post_init__(self) -> None:
        _check_count(self.joints, (len(COCO_JOINTS), 3), boxes=self.boxes.xywh)

    @property
    def size(self) -> tuple[int, int]:
        """Height and width of the picture."""
        return self.boxes.size

    def __len__(self) -> int:
        return len(self.joints)


def _check_count(array: NDArray[np.floating], shape: tuple[int, ...], **others: NDArray[np.generic]) -> None:
    if array.shape[1:] != shape:
        raise ValueError(f"expected [N, {', '.join(map(str, shape))}], not {list(array.shape)}")
    for name, other in others.items():
        if len(other) != len(array):
            raise ValueError(f"{name} has {len(other)} entries for {len(array)} objects")
