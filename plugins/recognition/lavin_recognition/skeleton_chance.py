"""Looks for better joints by chance: many changes at random, of which a few different ones descend and change on.

A drawing can be good but for two or three joints that lie at each other's places, which no single change mends.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Final

import numpy as np
from scipy import ndimage

from lavin_recognition.skeleton_descent import descend
from lavin_recognition.skeleton_evidence import Floats, Indices, bounds
from lavin_recognition.skeleton_parts import ARMS, HEAD, HIPS, LEGS, SHOULDERS
from lavin_recognition.skeleton_search import STAY, Search, distinct

_BODY: Final = (*ARMS, *LEGS)
_STALE: Final = 3
"""Rounds without a gain after which it ends."""
_KEPT: Final = 5
_STEPS: Final = 5
_NEAREST: Final = 10
"""Discs to which a joint is moved."""
_LIKELIEST: Final = 6
_AROUND: Final = 9
"""Pixels (of 256) of the square around a joint whose errors it is blamed for."""
_CHANCE: Final = 0.5
"""Of all blame, what goes to every joint alike, when the errors' is 1."""
_STRAY: Final = 3.0
"""Pixels (of 256) that a joint strays."""


def try_body(search: Search, person: int, *, seed: int, least: float = 1.3) -> bool:
    """Change arms and legs together if they don't explain the picture; returns whether something got better."""
    if not (search.has(person, SHOULDERS) or search.has(person, HIPS)) or search.limbs_doubt(person) < least:
        return False
    search.fold(person, _BODY)
    changes = _Changes(search, person, _BODY, seed, margin=0.15 * search.extent(person))
    gained = changes.evolve(lambda: search.limbs_doubt(person) < least - 0.2, rounds=8, tries=200, finalists=4)
    search.unfold(person, _BODY)
    return gained


def try_head(search: Search, person: int) -> None:
    """Change a head until it explains what is around it or nothing gets better."""
    if search.doubt.of(person, HEAD) >= 1:
        changes = _Changes(search, person, HEAD, seed=0, margin=3)
        changes.evolve(lambda: search.doubt.of(person, HEAD) < 1, rounds=3, tries=300, finalists=8)


class _Changes:
    """Changes of some of a person's joints, which the fit keeps as they get better."""

    def __init__(self, search: Search, person: int, block: Sequence[int], seed: int, margin: float) -> None:
        self._search, self._person = search, person
        self._own = np.array([joint for joint in block if search.fit.given[person, joint]])
        self._random = np.random.default_rng(seed)
        self._low, self._high = bounds(search.fit.joints[person, self._own], margin=3 + margin)
        discs = search.evidence.discs
        self._discs = discs[((discs > self._low) & (discs < self._high)).all(axis=1)]
        self._likely: Floats = np.full(len(self._own), 1 / max(len(self._own), 1))
        self._starts = [joint for joint in (*SHOULDERS, *HIPS) if joint in self._own]

    def evolve(self, done: Callable[[], bool], *, rounds: int, tries: int, finalists: int) -> bool:
        """Go on from the best few of all so far, until it is done or nothing gets better; returns whether it did."""
        fit, person, own = self._search.fit, self._person, self._own.tolist()
        best: Floats = fit.joints[person][None].copy()
        errors = fit.errors(person, best, self._low, self._high).astype(np.float64)
        first, stale = float(errors[0]), 0
        for _ in range(rounds):
            before = float(errors[0])
            self._likely = self._blame(best[0])
            tried = np.stack([self._changed(best) for _ in range(tries)])
            there = fit.errors(person, tried, self._low, self._high)
            kept = distinct(tried, there, own, finalists)
            places, after = descend(fit, person, own, tried[kept], self._low, self._high, steps=_STEPS)
            best, errors = np.concatenate([best, places]), np.concatenate([errors, after])
            kept = distinct(best, errors.astype(np.float32), own, _KEPT)
            best, errors = best[kept], errors[kept]
            fit.joints[person] = best[0]
            stale = 0 if errors[0] < (1 - STAY) * before else stale + 1
            if stale == _STALE or done():
                break
        return bool(errors[0] < (1 - STAY) * first)

    def _blame(self, joints: Floats) -> Floats:
        """``[J]``: how likely each joint is to be changed, by the errors around it and its share of chance."""
        evidence = self._search.evidence
        away = self._search.fit.away(self._person, joints[None], *self._search.fit.whole)[:, 0]
        around = ndimage.uniform_filter(np.square(away).sum(axis=0), round(_AROUND * self._search.unit))
        blame = around[evidence.pixels(joints[self._own])].astype(np.float64)
        blame = blame / max(float(blame.sum()), 1e-6) + _CHANCE / len(blame)
        likely: Floats = blame / blame.sum()
        return likely

    def _pick(self, count: int = 1) -> Indices:
        picked: Indices = self._random.choice(self._own, min(count, len(self._own)), replace=False, p=self._likely)
        return picked

    def _changed(self, choices: Floats) -> Floats:
        """One of the choices ``[N, 17, 2]``, more likely one of the first, with one to three changes."""
        random = self._random
        joints: Floats = choices[min(int(random.exponential(1.5)), len(choices) - 1)].copy()
        for _ in range(1 + int(random.random() < 0.5) + int(random.random() < 0.25)):
            kind = random.random()
            if kind < 0.35 and len(self._own) > 1:
                self._go_round(joints)
            elif kind < 0.6:
                self._go_to_a_disc(joints)
            elif kind < 0.7:
                joints[self._pick()] = joints[random.choice(self._own)]
            elif kind < 0.85 or not self._starts:
                joints[self._pick()] += random.normal(0, _STRAY * self._search.unit, 2)
            else:
                self._follow_limbs(joints)
        return joints

    def _go_round(self, joints: Floats) -> None:
        """Two to four joints each take the next one's place, or anyone's of them."""
        chosen = self._pick(2 + int(self._random.random() < 0.5) + int(self._random.random() < 0.2))
        each = np.roll(chosen, 1) if self._random.random() < 0.5 else self._random.choice(chosen, len(chosen))
        joints[chosen] = joints[each]

    def _go_to_a_disc(self, joints: Floats) -> None:
        if len(self._discs):
            joint = self._pick()[0]
            away = np.linalg.norm(self._discs - joints[joint], axis=1)
            nearest = np.argsort(away, kind="stable")[:_NEAREST]
            joints[joint] = self._discs[self._random.choice(nearest)]

    def _follow_limbs(self, joints: Floats) -> None:
        """An arm or a leg goes where the colours of its limbs lead."""
        start = int(self._random.choice(self._starts))
        for joint in (start, start + 2):
            ends = self._search.ends(joint, joints[joint], _LIKELIEST)
            if ends:
                joints[joint + 2] = ends[self._random.integers(len(ends))]
