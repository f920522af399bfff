"""The codec of segments: a solid colour each, black borders."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray
from PIL import Image

from lavin_recognition.panoptic_borders import border_width, borders
from lavin_recognition.panoptic_colors import segment_colors
from lavin_recognition.panoptic_files import CATEGORY, ids_to_rgb, segments_info
from lavin_recognition.panoptic_regions import read_segments
from lavin_recognition.predictions import segment_predictions
from lavincli.atomic import atomic_write_json
from lavincli.builtins.linked_ids import voted
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Pair
from lavincli.media.images import save_pillow
from lavincli.prediction_files import Reader
from lavincli.views.painting import tint_objects

Segments = NDArray[np.int32]
"""An id a segment, ``int32 [H, W]``; 0 = not labelled."""


class PanopticCodec:
    """``int32 [H, W]`` <-> a solid colour a segment, black where nothing is labelled, black borders.

    Borders are 1 pixel wide at 256 (never less) and lie in the larger of the two segments. A colour tells where
    the segment's centre is and says nothing of the id: `decode` numbers the segments anew, 1, 2, ... by falling area.
    Parts of one colour are one segment, wherever they are.
    """

    resample = "nearest"
    answer_resample = "bicubic"  # smooth outlines; decode bears mixed colours better than blocks
    mirrorable = True

    def render(self, value: Segments) -> Clip:
        """Segments -> ``uint8 [1, H, W, 3]``. Raises ValueError if they are not integers ``[H, W]`` from 0."""
        if value.ndim != 2 or not np.issubdtype(value.dtype, np.integer) or value.size == 0 or value.min() < 0:
            raise ValueError(f"segments are int32 [H, W], ids from 0, not {value.dtype} {list(value.shape)}")
        segments = value.astype(np.int32)
        ids, place = np.unique(segments, return_inverse=True)
        colors = np.zeros((len(ids), 3), dtype=np.uint8)
        colors[ids != 0] = segment_colors(segments, int(np.count_nonzero(ids)))
        picture = colors[place.reshape(value.shape)]
        picture[borders(segments, border_width(*value.shape))] = 0
        return picture[None]

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Segments:
        """The segments of ``uint8 [1, H, W, 3]``, ids by falling area; what is black and no border is 0."""
        del context, query
        if rgb.shape[0] != 1:
            raise ValueError(f"segments are stills, not clips of {rgb.shape[0]} frames")
        return read_segments(rgb[0])

    def cut(self, value: Segments, frame: Frame, size: int) -> Segments:
        """The part inside ``frame``; each pixel takes the id at its centre."""
        return frame.pick(value, size)

    def read_predictions(self, folder: Path) -> Reader:
        """See `lavin_recognition.predictions.segment_predictions`."""
        return segment_predictions(folder)

    def save(self, value: Segments, path_without_suffix: Path) -> list[Path]:
        """Write COCO's panoptic format: ``<path>.png`` (id = R + 256 G + 65536 B) and ``<path>.json``.

        The JSON is the picture's entry of ``annotations`` in COCO's file: ``image_id``, ``file_name`` (of the PNG) and
        ``segments_info``, with its one category.
        """
        name = path_without_suffix.name
        picture, description = (path_without_suffix.with_name(name + suffix) for suffix in (".png", ".json"))
        save_pillow(picture, Image.fromarray(ids_to_rgb(value)))
        atomic_write_json(
            description,
            {
                "image_id": name,
                "file_name": picture.name,
                "segments_info": segments_info(value),
                "categories": [CATEGORY],
            },
        )
        return [picture, description]

    def draw_on(self, photo: Clip, value: Segments) -> Clip:
        """Each segment half under a colour of its own, with an outline."""
        return tint_objects(photo, value[None])

    def masks(self, value: Segments) -> Iterator[tuple[int, NDArray[np.bool_]]]:
        """Each segment."""
        for number in np.unique(value[value > 0]):
            yield int(number), (value == number)[None]

    def average(self, values: Sequence[Segments]) -> Segments:
        """What most say at each pixel, once the same segments have the same ids."""
        return voted(values)
