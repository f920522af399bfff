"""The codec of people: their skeletons on black."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.coco_detection_results import image_id
from lavin_recognition.predictions import people_predictions
from lavin_recognition.skeleton_cut import cut_people
from lavin_recognition.skeleton_fusion import fuse_people
from lavin_recognition.skeleton_painting import draw_people, paint_people
from lavin_recognition.skeleton_reading import read_people
from lavincli.atomic import atomic_write_json
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from lavincli.natives import People
from lavincli.prediction_files import Reader
from lavincli.views.painting import labelled

_HALF_A_PIXEL: Final = 0.5


class SkeletonCodec:
    """`People` <-> everybody's skeleton in Detectron2's colours of keypoints, on black.

    Red discs for joints, 3 pixels wide at 256, a colour a limb, 2 pixels wide, and a red line from the nose to the
    middle of the shoulders and on to the middle of the hips. Hidden joints are drawn as visible ones are; crowds are
    not drawn.

    Args:
        least_score: people read with a lower score are left out.
    """

    resample = "bicubic"
    mirrorable = True

    def __init__(self, *, least_score: float = 0.3) -> None:
        if not 0 <= least_score <= 1:
            raise ValueError(f"least_score is a share from 0 to 1, not {least_score}")
        self._least_score = least_score

    def render(self, value: People) -> Clip:
        """``uint8 [1, H, W, 3]`` of the people's size."""
        return draw_people(value)

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> People:
        """The skeletons in ``uint8 [1, H, W, 3]`` as people, surest first.

        A joint that was found is visible (2). Boxes go around the joints with a margin, areas are theirs. A score is
        how much of a person's drawing is in the picture, less for people of few limbs.

        Raises ValueError for several frames.
        """
        del context, query
        if rgb.shape[0] != 1:
            raise ValueError(f"skeletons are stills, not clips of {rgb.shape[0]} frames")
        return read_people(rgb, self._least_score)

    def cut(self, value: People, frame: Frame, size: int) -> People:
        """The people inside ``frame``; a mirrored person's left joints are the right ones."""
        return cut_people(value, frame, size)

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_recognition.predictions.people_predictions`."""
        return people_predictions(folder)

    def save(self, value: People, path_without_suffix: Path) -> list[Path]:
        """Write ``<path>.json``: a list in COCO's format of keypoint results, which ``COCO.loadRes`` reads.

        The id of the image is the number in the file's name if the name is one (``000000000139``), else the name.
        COCO numbers pixels, so that places are half a pixel less than in `People`.
        """
        path = path_without_suffix.with_name(path_without_suffix.name + ".json")
        image = image_id(path_without_suffix.name)
        results = [
            {
                "image_id": image,
                "category_id": 1,
                "keypoints": [round(float(number), 2) for number in _in_numbered_pixels(joints).ravel()],
                "score": round(float(score), 4),
            }
            for joints, score in zip(value.joints, value.boxes.scores, strict=True)
        ]
        atomic_write_json(path, results)
        return [path]

    def draw_on(self, photo: Clip, value: People) -> Clip:
        """The skeletons as `render` draws them, wider, and everybody's score."""
        places = [(float(left), float(top)) for left, top in value.boxes.xywh[:, :2]]
        return labelled(paint_people(photo, value), places, [f"{score:.2f}" for score in value.boxes.scores])

    def average(self, values: Sequence[People]) -> People:
        """People whose boxes overlap become one; see `lavin_recognition.skeleton_fusion`."""
        return fuse_people(values)


def _in_numbered_pixels(joints: NDArray[np.float32]) -> NDArray[np.float32]:
    """Joints ``[17, 3]`` with the numbers of pixels for places; those not given stay at 0."""
    shift = np.array([_HALF_A_PIXEL, _HALF_A_PIXEL, 0], dtype=np.float32)
    return np.where(joints[:, 2:] > 0, joints - shift, joints)
