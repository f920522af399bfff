"""How much worse a part of somebody explains the picture than the drawing's best parts do."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import bounds
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_parts import ARMS, HEAD, LEGS

_LEAST_NOISE, _MOST_NOISE = 10.0, 90.0
"""Squared levels by which a channel of a lit pixel may be off where all is found, more with noise on the background."""
_BEST_SHARE: Final = 25
"""Per cent of the parts that are taken for found."""
_SLACK: Final = 1.35
_FEWEST_LIT: Final = 20


class Doubt:
    """Errors in units of what noise and compression make in this picture, as its best parts tell.

    Attributes:
        noise: squared levels by which a channel of a lit pixel is off where all is found.
        clean: whether any part is explained, as one is in a drawing; in what a model made of one none may be.
    """

    def __init__(self, fit: Fit) -> None:
        self._fit = fit
        background = np.square(fit.evidence.picture[~fit.evidence.lit])
        # Half of the noise around black is clipped off.
        self._most = _MOST_NOISE + 2 * (float(background.mean()) if background.size else 0.0)
        self.noise = 1.0
        self.clean = False
        self.measure()

    def measure(self) -> None:
        """Look anew at what the best parts' error is."""
        self.noise = 1.0
        parts = [(person, part) for person in range(len(self._fit.joints)) for part in (HEAD, ARMS, LEGS)]
        errors = [self.of(person, part) for person, part in parts if self._fit.given[person, list(part)].any()]
        best = float(np.percentile(errors, _BEST_SHARE)) if errors else self._most
        self.clean = bool(errors) and min(errors) < self._most
        self.noise = min(max(_SLACK * best, _LEAST_NOISE), self._most)

    def of(self, person: int, joints: Iterable[int]) -> float:
        """Below 1 where a person's joints explain all that is around them; 0 if none of them is given."""
        own = [joint for joint in joints if self._fit.given[person, joint]]
        if not own:
            return 0.0
        low, high = bounds(self._fit.joints[person, own])
        evidence = self._fit.evidence
        left, top = low.clip(0, None).astype(int)
        right, bottom = high.clip(None, evidence.side).astype(int) + 1
        lit = max(int(evidence.lit[top:bottom, left:right].sum()), _FEWEST_LIT)
        return self._fit.error(person, low, high) / (3 * lit * self.noise)
