"""One side of a sample as a picture: of its own size, or of the square that a model is shown."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from typing import Any

from lavincli.blocks import Codec, Cuttable, resample_of
from lavincli.cards.framing import Frame
from lavincli.clip import Clip, Sample


def own_picture(codec: Codec, value: Any, sample: Sample) -> Clip | None:
    """One side of a sample as a picture of its own size; None where the sample lacks it."""
    if value is None:
        return None
    picture: Clip = value if sample.drawn else codec.render(value)
    return picture


def framed_picture(codec: Codec, value: Any, sample: Sample, frame: Frame, size: int) -> Clip | None:
    """One side of a sample as a picture of the frame; None where the sample lacks it."""
    if value is None:
        return None
    if sample.drawn:
        return frame.cut(value, size, resample_of(codec))
    if isinstance(codec, Cuttable):
        return codec.render(codec.cut(value, frame, size))
    return frame.cut(codec.render(value), size, resample_of(codec))


def swapped(sample: Sample) -> Sample:
    """A sample of a reverse task, from one of its forward task."""
    return dataclasses.replace(
        sample, target=sample.input, input=sample.target, context=tuple(swapped(example) for example in sample.context)
    )


def read_swapped(samples: Sequence[Sample], index: int) -> Sample:
    """`swapped` of the sample at `index`; a function of a module, so that other processes can be sent it."""
    return swapped(samples[index])
