"""Joins parts of people between which nothing is drawn that would tell whose they are."""

from __future__ import annotations

from itertools import product
from typing import Final

import numpy as np

from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import ARMS, HEAD, LEGS
from lavincli.natives import COCO_JOINTS

_NEAR: Final = 0.35
"""Parts of one person are no farther apart than this share of the larger part's extent."""
_PART: Final = 6
"""Joints that a part has at most."""
_ALL: Final = np.ones(len(COCO_JOINTS), dtype=np.bool_)
_TAKEN: Final = (_ALL, *(np.isin(np.arange(len(COCO_JOINTS)), [*HEAD, *block]) for block in ((), ARMS, LEGS)))
"""What somebody takes from a part that is then given up: all of it, its head, or that and its arms or legs."""
_MENDED: Final = 100_000.0
"""Squared levels (at 256 pixels) that don't count."""


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


def absorb_parts(fit: Fit) -> None:
    """Give up whom nothing shows, and parts that may as well be somebody else's: they take the place of what is there.

    As well means that the drawing is no worse, but for what a descent may mend.
    """
    for part in reversed(range(len(fit.joints))):
        before = fit.total()
        given, joints = fit.given[part].copy(), fit.joints.copy()
        fit.given[part] = False
        absorbed = fit.total() <= before
        owners = [] if absorbed else [person for person in range(len(joints)) if person != part]
        for owner, taken in product(owners, _TAKEN):
            own = taken & given
            if not own.any() or (taken is _ALL and given.sum() > _PART) or not fit.given[owner, own].all():
                continue
            fit.joints[owner, own] = joints[part, own]
            absorbed = fit.total() <= before + _MENDED * fit.evidence.unit**2
            if absorbed:
                break
            fit.joints[owner] = joints[owner]
        if absorbed:
            fit.drop(part)
        else:
            fit.given[part] = given
