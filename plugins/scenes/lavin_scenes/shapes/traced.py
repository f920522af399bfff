"""Sphere tracing: walking along a ray as far as no surface can be, until there is one.

(Hart, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit surfaces", 1996.)
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from lavin_scenes.vectors import Floats

_STEPS = 48
_CLOSE = 1e-4
"""Metres: nearer to a surface than this the ray has met it; a last step brings it closer still."""

Field = Callable[[Floats, Any], Floats]
"""Distances ``[R]`` from places ``[3, R]`` to the surface, or less; the second argument chooses the rays, R of N."""


def march(field: Field, origin: Floats, direction: Floats, low: Floats, high: Floats) -> Floats:
    """How far rays ``[3, N]`` go until they enter bodies inside boxes between ``low`` and ``high`` ``[3, N or 1]``."""
    inverse = 1 / np.where(np.abs(direction) < 1e-9, np.float32(1e-9), direction)
    to_low, to_high = (low - origin) * inverse, (high - origin) * inverse
    along = np.maximum(np.minimum(to_low, to_high).max(axis=0), 0)
    leave = np.maximum(to_low, to_high).min(axis=0)
    found = np.full(along.shape, np.inf, dtype=np.float32)
    active: NDArray[np.intp] = np.nonzero(along < leave)[0]
    along, leave, start, way = along[active], leave[active], origin[:, active], direction[:, active]
    for _ in range(_STEPS):
        if not len(active):
            break
        far = field(start + along * way, active)
        along = along + far
        met = far < _CLOSE
        found[active[met]] = along[met]
        going = np.nonzero(~met & (along < leave))[0]
        if len(going) < len(active):
            active, along, leave = active[going], along[going], leave[going]
            start, way = start[:, going], way[:, going]
    return found
