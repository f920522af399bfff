"""Sphere tracing: walking along a ray as far as no surface can be, until there is one.

(Hart, "Sphere tracing: a geometric method for the antialiased ray tracing of implicit surfaces", 1996.)
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from lavin_scenes.vectors import Floats, dot

_STEPS = 48
_CLOSE = 3e-4
"""Metres: nearer to a surface than this the ray has met it; a last step brings it closer still."""

Field = Callable[[Floats, slice | np.typing.NDArray[np.intp]], Floats]
"""Distances ``[N]`` from places ``[3, N]`` of the chosen rays to the surface, or less."""


def march(field: Field, origin: Floats, direction: Floats, radius: Floats, centre: Floats) -> Floats:
    """How far rays ``[3, N]`` go until they enter bodies inside balls: ``radius`` ``[N]``, ``centre`` ``[3, N]``."""
    offset = centre - origin
    nearest = dot(offset, direction)
    inside = radius * radius - (dot(offset, offset) - nearest * nearest)
    half = np.sqrt(np.maximum(inside, 0))
    along = np.maximum(nearest - half, 0)
    leave = nearest + half
    found = np.full(along.shape, np.inf, dtype=np.float32)
    active = np.nonzero((inside > 0) & (leave > 0))[0]
    for _ in range(_STEPS):
        if not len(active):
            break
        far = field(origin[:, active] + along[active] * direction[:, active], active)
        met = far < _CLOSE
        along[active] += far
        found[active[met]] = along[active[met]]
        active = active[~met & (along[active] < leave[active])]
    return found
