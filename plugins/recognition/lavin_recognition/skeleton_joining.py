"""Joins parts of people between which nothing is drawn that would tell whose they are."""

from __future__ import annotations

from typing import Final

import numpy as np

from lavin_recognition.skeleton_fit import Fit

_NEAR: Final = 0.35
"""Parts of one person are no farther apart than this share of the larger part's extent."""


def join_parts(fit: Fit) -> None:
    """Each part goes to the nearest person who lacks just its joints, if one is near enough."""
    by_size = np.argsort(-fit.given.sum(axis=1), kind="stable").tolist()
    joined: set[int] = set()
    for place, part in enumerate(by_size):
        best: tuple[float, int] | None = None
        for whole in by_size[:place]:
            if whole in joined or (fit.given[whole] & fit.given[part]).any():
                continue
            own, other = fit.joints[whole, fit.given[whole]], fit.joints[part, fit.given[part]]
            apart = float(np.linalg.norm(own[:, None] - other[None], axis=2).min())
            if apart <= _NEAR * float(np.ptp(own, axis=0).max()) and (best is None or apart < best[0]):
                best = (apart, whole)
        if best is not None:
            taken = fit.given[part]
            fit.joints[best[1], taken] = fit.joints[part, taken]
            fit.given[best[1]] |= taken
            joined.add(part)
    for part in sorted(joined, reverse=True):
        fit.drop(part)
