"""The data that goes through lavin: clips, native samples, and pairs of clips."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from numpy.typing import NDArray

Clip = NDArray[np.uint8]
"""RGB pictures, ``uint8 [T, H, W, 3]``; a still has T = 1."""


@dataclass(frozen=True, slots=True)
class Sample:
    """One item of a data set, in native values (a clip, a depth map in metres, a boolean mask, ...).

    ``key`` is stable and unique in its data set (a relative POSIX path). ``input`` None means that the card's
    input transform makes the input picture from the target; ``target`` None means that the card's target transform
    makes the target picture from the input.

    Attributes:
        key, target, input: see above.
        meta: whatever else is known, for people and files: paths, the names of classes, ids of a data set.
        whole: the item is judged as a whole and at its own size, as a benchmark's protocol asks, and not by its centred
            square at the model's size.
        drawn: the sides are clips already, drawn as the task's codecs draw them (pairs of files).
        context: examples that a protocol gives this very item, in place of the task's context set.
    """

    key: str
    target: Any = None
    input: Any = None
    meta: Mapping[str, Any] = field(default_factory=dict)
    whole: bool = False
    drawn: bool = False
    context: tuple[Sample, ...] = ()


@dataclass(frozen=True, slots=True)
class Pair:
    """An input picture and its target picture, as RGB clips of the same size."""

    key: str
    input: Clip
    target: Clip
