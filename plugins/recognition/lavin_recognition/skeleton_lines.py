"""Finds straight lines between what may be discs, and how well each has the colour of each limb."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence, Floats, Indices, chroma_ratios, places_along
from lavin_recognition.skeleton_parts import LIMB_COLORS

_SHORTEST: Final = 4.5
"""Pixels between two discs of which a line can be seen."""
_MARGIN: Final = 2.2
"""Pixels at a line's ends that its discs colour."""
_SAMPLES: Final = 21
_LEAST_LIT: Final = 0.93
"""Share of a line that is as bright as the middle of one."""
_LEAST_LIKENESS: Final = 0.3
_MOST: Final = 600
"""Lines kept, the most alike ones."""
_WEAR: Final = ((1.0, 1.0, 1.0, 1.0), (0.87, 0.84, 0.85, 0.92), (0.7, 0.65, 0.67, 0.8), (0.52, 0.3, 0.35, 0.75))
"""What is left of negative and positive blue chroma, and of negative and positive red chroma, beside luma (measured).

Where colours are stored at half the resolution, those of a thin line run into the black beside it and are cut off
there: a picture of 512, 256 and 128 pixels loses ever more. The first row is a picture stored in full.
"""
_SPREADS: Final = (0.08, 0.07, 0.06, 0.05)
"""Standard deviations of a third of a limb's chroma / luma after each, of the paler colours."""


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines between discs.

    Attributes:
        ends: ``[N, 2]``, numbers of discs.
        likeness: ``float32 [N, 14]``, 0..1, how well each limb's colour agrees.
    """

    ends: Indices
    likeness: Floats


def find_lines(evidence: Evidence) -> Lines:
    """All lines between two discs that are lit and have about some limb's colour."""
    discs = evidence.discs
    one, other = np.triu_indices(len(discs), k=1)
    apart = np.linalg.norm(discs[one] - discs[other], axis=1) >= _SHORTEST
    one, other = one[apart], other[apart]
    rows, columns = places_along(discs[one], discs[other], margin=_MARGIN, samples=_SAMPLES)
    lit = evidence.bright[rows, columns].mean(axis=1) >= _LEAST_LIT
    one, other, rows, columns = one[lit], other[lit], rows[lit], columns[lit]
    # Medians of thirds: what crosses a line spoils one of them at most.
    ratios = np.median(evidence.ratios[rows, columns].reshape(len(one), 3, _SAMPLES // 3, 2), axis=2)
    length = np.linalg.norm(discs[one] - discs[other], axis=1)
    levels = [_likeness(ratios, np.array(wear), spread) for wear, spread in zip(_WEAR, _SPREADS, strict=True)]
    likeness = max(levels, key=lambda level: float((level.max(axis=1, initial=0) ** 2 * length).sum()))
    best = likeness.max(axis=1, initial=0)
    kept = np.flatnonzero(best >= _LEAST_LIKENESS)
    kept = kept[np.argsort(-best[kept], kind="stable")][:_MOST]
    return Lines(np.stack([one, other], axis=1)[kept], likeness[kept])


def _likeness(ratios: Floats, wear: Floats, spread: float) -> Floats:
    """``[N, 14]`` of ratios ``[N, 3, 2]`` of the thirds of lines."""
    known = chroma_ratios(LIMB_COLORS)
    worn = known * np.where(known < 0, wear[[0, 2]], wear[[1, 3]])
    spreads = spread * np.maximum(1, 2.2 * np.linalg.norm(known, axis=1))
    away = ((ratios[:, :, None] - worn) ** 2).sum(axis=3)
    likeness: Floats = np.exp(-away / (2 * spreads**2)).mean(axis=1).astype(np.float32)
    return likeness
