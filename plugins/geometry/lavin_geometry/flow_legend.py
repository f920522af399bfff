"""The wheel that tells which colour is which motion, to stand beside a picture of flow."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from lavincli.views.color_maps import flow_wheel
from lavincli.views.painting import paper

_MARGIN = 6


def wheel_legend(height: int) -> NDArray[np.uint8]:
    """A wheel at the top of a strip of paper ``uint8 [height, w, 3]``: a colour lies where its motion goes to."""
    side = max(16, min(height - 2 * _MARGIN, round(0.25 * height)))
    legend = paper(height, side + 2 * _MARGIN)
    steps = (np.arange(side) + 0.5) / side * 2 - 1
    vectors = np.stack(np.meshgrid(steps, steps), axis=-1)
    inside = np.hypot(vectors[..., 0], vectors[..., 1]) <= 1
    top = min(_MARGIN, max(0, height - side))
    area = legend[top : top + side, _MARGIN : _MARGIN + side]
    rows = len(area)
    area[inside[:rows]] = flow_wheel(vectors)[:rows][inside[:rows]]
    return legend
