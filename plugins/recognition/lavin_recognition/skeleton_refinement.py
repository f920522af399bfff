"""Makes drawings that explain most of a picture explain all of it: searches where there is doubt, part by part."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

import numpy as np
from scipy import ndimage

from lavin_recognition.skeleton_assembly import assemble
from lavin_recognition.skeleton_chance import try_body, try_head
from lavin_recognition.skeleton_descent import descend
from lavin_recognition.skeleton_evidence import Evidence, Floats, bounds
from lavin_recognition.skeleton_exchange import exchange_people, exchange_sides
from lavin_recognition.skeleton_face import name_joints
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_half_search import Halves
from lavin_recognition.skeleton_head import add_head
from lavin_recognition.skeleton_joining import absorb_parts
from lavin_recognition.skeleton_limb_search import search_limbs
from lavin_recognition.skeleton_limbs import Limbs
from lavin_recognition.skeleton_lines import find_lines
from lavin_recognition.skeleton_parts import ARMS, HEAD, LEGS
from lavin_recognition.skeleton_search import STAY, Search

_ROUNDS: Final = 3
"""After the first, for people in doubt, while it helps."""
_PART: Final = 11
"""Joints of somebody who may be a part of somebody else at most."""
_SEEDS: Final = 2
_ANEW: Final = 1.5
"""Doubt from which arms and head are looked for anew together."""
_OFF: Final = 20.0
"""A pixel isn't explained whose error is so many times the noise."""
_LEAST_WORTH: Final = 0.0
"""Pixels; where all else is explained, little tells of a person."""
_LEAST_SHARE: Final = 0.6
_FEWEST_JOINTS: Final = 9


def refine(worth: Floats, fit: Fit) -> None:
    """Improve the people of a fit, and add those that what is left over shows; ``worth`` as `Limbs.worth` gives it.

    Where nothing is quite like a drawing, as in what a model that isn't sure paints, joints only settle.
    """
    if not len(fit.joints):
        return
    search = Search(fit, worth)
    _settle(search)
    search.doubt.measure()
    if not search.doubt.clean:
        return
    halves = Halves(search)
    _improve(search, halves, list(fit.order))
    _add_people(search, halves)
    for round_ in range(_ROUNDS):
        absorb_parts(fit)
        _do_without_parts(search)
        doubtful = [person for person in fit.order if _doubt(search, person) >= 1]
        before = fit.total()
        _improve(search, halves, doubtful, seed=(round_ + 1) * _SEEDS)
        if search.is_spent or fit.total() > (1 - STAY) * before:
            break
    for person in fit.order:
        name_joints(search, person)


def _do_without_parts(search: Search) -> None:
    """Give up parts of people that others can explain once they are gone."""
    fit = search.fit
    for part in reversed(range(len(fit.joints))):
        if fit.given[part].sum() > _PART or search.is_spent:
            continue
        before, joints, given = fit.total(), fit.joints.copy(), fit.given.copy()
        fit.drop(part)
        for person in range(len(fit.joints)):
            search_limbs(search, person, ARMS)
            search_limbs(search, person, LEGS)
        if fit.total() > (1 + STAY) * before:
            fit.joints, fit.given = joints, given
            fit.sort()


def _doubt(search: Search, person: int) -> float:
    return max(search.doubt.of(person, block) for block in (ARMS, LEGS, HEAD))


def _settle(search: Search) -> None:
    fit = search.fit
    for person in fit.order:
        for block in (ARMS, LEGS, HEAD):
            own = [joint for joint in block if fit.given[person, joint]]
            if own:
                low, high = bounds(fit.joints[person, own])
                start = fit.joints[person][None]
                fit.joints[person] = descend(fit, person, own, start, low, high, steps=4)[0][0]


def _improve(search: Search, halves: Halves, people: Sequence[int], *, seed: int = 0) -> None:
    for person in people:
        if not search.is_spent:
            search_limbs(search, person, ARMS)
            search_limbs(search, person, LEGS)
    exchange_people(search)
    for person in people:
        if not search.is_spent:
            for block in (ARMS, LEGS):
                if halves.improve(person, block):
                    search_limbs(search, person, block)
            try_head(search, person)
    for person in people:
        if not search.is_spent:
            _begin_anew(search, halves, person)
    search.doubt.measure()
    for person in people:
        exchange_sides(search, person)
        for number in range(_SEEDS):
            if not search.is_spent and try_body(search, person, seed=seed + number):
                try_head(search, person)


def _begin_anew(search: Search, halves: Halves, person: int) -> None:
    """Look for arms where no head is, then for the head: the one may have been taken for the other."""
    fit = search.fit
    if max(search.doubt.of(person, ARMS), search.doubt.of(person, HEAD)) < _ANEW:
        return
    joints, given = fit.joints[person].copy(), fit.given[person].copy()
    low, high = bounds(joints[given], margin=10)
    before = fit.error(person, low, high)
    fit.given[person, list(HEAD)] = False
    halves.improve(person, ARMS, anyway=True)
    search_limbs(search, person, ARMS)
    add_head(search.evidence, search.worth, fit, person)
    try_head(search, person)
    if fit.error(person, low, high) >= before:
        fit.joints[person], fit.given[person] = joints, given


def _add_people(search: Search, halves: Halves) -> None:
    """Look for people in what is not explained."""
    fit, evidence = search.fit, search.evidence
    away = fit.away(0, fit.joints[:1], *fit.whole)[:, 0]
    off = ndimage.uniform_filter(np.square(away).sum(axis=0), 3) > _OFF * 3 * search.doubt.noise
    rest = Evidence(np.where(ndimage.binary_dilation(off, iterations=2)[..., None], evidence.picture, np.float32(0)))
    if not len(rest.discs):
        return
    rest.halved = evidence.halved
    known = len(fit.joints)
    assemble(rest, Limbs(rest, find_lines(rest)), fit, least_worth=_LEAST_WORTH)
    new = list(range(known, len(fit.joints)))
    for person in new:
        add_head(evidence, search.worth, fit, person)
    _improve(search, halves, new)
    for person in reversed(new):
        if fit.share(person) < _LEAST_SHARE or fit.given[person].sum() < _FEWEST_JOINTS:
            fit.drop(person)
