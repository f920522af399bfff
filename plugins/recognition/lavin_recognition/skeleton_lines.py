"""Finds straight lines between what may be discs, and how well each has the colour of each limb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_chroma import TO_YCC
from lavin_recognition.skeleton_evidence import Evidence, Floats, Indices, places_along
from lavin_recognition.skeleton_parts import DISC, LIMB_COLORS, LINE, RED

SHORTEST: Final = 4.5
"""Pixels (of 256) between two discs of which a line can be seen."""
_MARGIN: Final = 2.2
"""Pixels at a line's ends that its discs colour."""
SAMPLES: Final = 15
_LEAST_LIT: Final = 0.85
"""Share of a line that is as bright as the middle of one."""
_LEAST_GAIN, _MOST_GAIN = 0.45, 1.15
"""A line may be so much darker or brighter than drawn."""
_SPREAD: Final = 13.0
_SPREAD_HALVED: Final = 11.0
"""Levels of chroma by which a pixel of a line is off."""
_LUMA_SPREAD: Final = 1.6
"""The same of luma, / those of chroma."""
_RED: Final[Floats] = np.array(RED, dtype=np.float32)


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines between discs.

    Attributes:
        ends: ``[N, 2]``, numbers of discs.
        places: ``float32 [N, SAMPLES, 2]``, places on them.
        likeness: ``float32 [N, SAMPLES, 14]``, 0..1, how well each limb's colour agrees.
        lit: ``bool [N, SAMPLES]``, whether there is a line at all.
        length: ``float32 [N]``, in pixels of 256.
    """

    ends: Indices
    places: Floats
    likeness: Floats
    lit: NDArray[np.bool_]
    length: Floats


def find_lines(evidence: Evidence) -> Lines:
    """All lines between two discs that are lit."""
    discs = evidence.discs
    one, other = np.triu_indices(len(discs), k=1)
    length = np.linalg.norm(discs[one] - discs[other], axis=1) * np.float32(1 / evidence.unit)
    apart = length >= SHORTEST
    one, other, length = one[apart], other[apart], length[apart]
    places = places_along(discs[one], discs[other], margin=_MARGIN * evidence.unit, samples=SAMPLES)
    lit = evidence.bright[evidence.pixels(places)]
    bright = lit.mean(axis=1) >= _LEAST_LIT
    one, other, length, places, lit = one[bright], other[bright], length[bright], places[bright], lit[bright]
    likeness = _likeness(evidence, discs[one], discs[other], places)
    return Lines(np.stack([one, other], axis=1), places, likeness, lit, length)


def _likeness(evidence: Evidence, first: Floats, second: Floats, places: Floats) -> Floats:
    """``[N, SAMPLES, 14]`` at places on lines between discs at ``first`` and ``second`` ``[N, 2]``."""
    rows, columns = evidence.pixels(places)
    seen = evidence.ycc[rows, columns]
    line, disc = _drawn(evidence, first, second, columns[..., None], rows[..., None])
    luma_line, luma_disc = np.maximum(line[..., 0], 0.3), disc[..., 0]
    chroma_line, chroma_disc = luma_line, luma_disc
    if evidence.halved:
        x, y, weights = _footprint(rows, columns)
        chroma_line, chroma_disc = ((share * weights).sum(axis=2) for share in _drawn(evidence, first, second, x, y))
    spread = (_SPREAD_HALVED if evidence.halved else _SPREAD) * np.array([_LUMA_SPREAD, 1, 1], np.float32)
    seen, limbs, red = seen / spread, (LIMB_COLORS @ TO_YCC) / spread, (_RED @ TO_YCC) / spread
    # Products of what is expected of each limb with what is seen, and with itself, by luma and chroma.
    shares = np.stack([luma_line, chroma_line, chroma_line], axis=2)
    fixed = np.stack([luma_disc, chroma_disc, chroma_disc], axis=2) * red
    product = (shares * seen) @ limbs.T + (fixed * seen).sum(axis=2)[..., None]
    squared = (shares**2) @ (limbs**2).T + 2 * (shares * fixed) @ limbs.T + (fixed**2).sum(axis=2)[..., None]
    gain = (product / np.maximum(squared, 1e-6)).clip(_LEAST_GAIN, _MOST_GAIN)
    away = gain**2 * squared - 2 * gain * product + (seen**2).sum(axis=2)[..., None]
    likeness: Floats = np.exp(-away.clip(0) / 2).astype(np.float32)
    return likeness


def _drawn(
    evidence: Evidence, first: Floats, second: Floats, columns: Indices | Floats, rows: Indices | Floats
) -> tuple[Floats, Floats]:
    """How much of pixels ``[N, SAMPLES, P]`` lines between places ``[N, 2]`` cover, and how much their discs."""
    x, y = columns.astype(np.float32) + np.float32(0.5), rows.astype(np.float32) + np.float32(0.5)
    along = second - first
    normal = np.stack([-along[:, 1], along[:, 0]], axis=1) / np.maximum(np.linalg.norm(along, axis=1), 1e-6)[:, None]
    offset = (first * normal).sum(axis=1)[:, None, None]
    normal = normal[:, None, None]
    aside = np.abs(x * normal[..., 0] + y * normal[..., 1] - offset)
    line = (np.float32(LINE * evidence.unit / 2 + 0.5) - aside).clip(0, 1)
    away = np.minimum(
        *((x - place[:, 0, None, None]) ** 2 + (y - place[:, 1, None, None]) ** 2 for place in (first, second))
    )
    disc = (np.float32(DISC * evidence.unit / 2 + 0.5) - np.sqrt(away)).clip(0, 1)
    return line * (1 - disc), disc


def _footprint(rows: Indices, columns: Indices) -> tuple[Floats, Floats, Floats]:
    """Pixels whose chroma makes that of the given ones, x and y ``[..., 16]``, and with what weight."""
    x, weights_x = _footprint_along(columns)
    y, weights_y = _footprint_along(rows)
    shape = (*rows.shape, 16)
    return (
        np.broadcast_to(x[..., None, :], (*rows.shape, 4, 4)).reshape(shape),
        np.broadcast_to(y[..., :, None], (*rows.shape, 4, 4)).reshape(shape),
        (weights_y[..., :, None] * weights_x[..., None, :]).reshape(shape),
    )


def _footprint_along(index: Indices) -> tuple[Floats, Floats]:
    own = index // 2 * 2
    other = own + np.where(index % 2, 2, -2)
    places = np.stack([own, own + 1, other, other + 1], axis=-1).astype(np.float32)
    weights = np.array([0.375, 0.375, 0.125, 0.125], dtype=np.float32)
    return places, np.broadcast_to(weights, places.shape)
