"""Puts limbs together to people: by the joints they share, and by the red lines between their middles."""

from __future__ import annotations

from dataclasses import dataclass, field
from itertools import product
from typing import Final

import numpy as np

from lavin_recognition.skeleton_evidence import Evidence, Floats, places_along
from lavin_recognition.skeleton_hypotheses import ENDS, Hypothesis
from lavin_recognition.skeleton_parts import HIPS, SHOULDERS
from lavincli.natives import COCO_JOINTS

_NEAR: Final = 2.6
"""Places so many pixels apart may be the same joint."""
_LEAST_RED: Final = 0.6
"""Share of a line that is red, if it is to be a spine."""
_LEAST_LIMBS: Final = 2


@dataclass(slots=True, eq=False)
class Body:
    """What is known of one person.

    Attributes:
        joints: x and y by number of joint.
        limbs: likeness by number of limb.
    """

    joints: dict[int, Floats] = field(default_factory=dict)
    limbs: dict[int, float] = field(default_factory=dict)

    def middle(self, pair: tuple[int, int]) -> Floats | None:
        """The middle between two joints, if both are known."""
        if pair[0] not in self.joints or pair[1] not in self.joints:
            return None
        middle: Floats = (self.joints[pair[0]] + self.joints[pair[1]]) / np.float32(2)
        return middle

    def agrees(self, other: Body) -> bool:
        """Whether no joint of both is in two places, and no limb is there twice."""
        shared = self.joints.keys() & other.joints.keys()
        near = all(np.linalg.norm(self.joints[one] - other.joints[one]) <= _NEAR for one in shared)
        return near and not self.limbs.keys() & other.limbs.keys()

    def take(self, other: Body) -> None:
        """Take in what another one, which agrees, knows."""
        self.joints = other.joints | self.joints
        self.limbs = other.limbs | self.limbs


def assemble(evidence: Evidence, hypotheses: list[Hypothesis]) -> list[Body]:
    """People of at least two limbs."""
    bodies: list[Body] = []
    for hypothesis in hypotheses:
        first, second = (evidence.discs[disc] for disc in hypothesis.discs)
        one, other = (int(number) for number in ENDS[hypothesis.limb])
        new = Body({one: first, other: second}, {hypothesis.limb: hypothesis.likeness})
        for body in [body for body in bodies if _touches(body, new) and body.agrees(new)]:
            # The first may have taken what keeps a second one off.
            if body.agrees(new):
                new.take(body)
                bodies.remove(body)
        bodies.append(new)
    bodies = _join_by_spine(evidence, bodies)
    bodies = _join_by_nearness(bodies)
    return [body for body in bodies if len(body.limbs) >= _LEAST_LIMBS]


def redness(evidence: Evidence, first: Floats, second: Floats) -> float:
    """Share of a line between two places that is red."""
    rows, columns = places_along(first[None], second[None], margin=1.0, samples=24)
    return float((evidence.red[rows, columns] > 0.3).mean())


def _touches(body: Body, other: Body) -> bool:
    shared = body.joints.keys() & other.joints.keys()
    return any(np.linalg.norm(body.joints[one] - other.joints[one]) <= _NEAR for one in shared)


def _join_by_spine(evidence: Evidence, bodies: list[Body]) -> list[Body]:
    """Trunks: each pair of shoulders to the hips at the other end of a red line, the reddest first."""
    pairs = []
    for upper, lower in product(bodies, bodies):
        shoulders, hips = upper.middle(SHOULDERS), lower.middle(HIPS)
        if shoulders is not None and hips is not None and np.linalg.norm(shoulders - hips) > _NEAR:
            pairs.append((redness(evidence, shoulders, hips), upper, lower))
    uppers, lowers = set(), set()
    joined: list[Body] = []
    for red, upper, lower in sorted(pairs, key=lambda pair: (-pair[0], pair[1] is not pair[2])):
        if red < _LEAST_RED or id(upper) in uppers or id(lower) in lowers:
            continue
        uppers.add(id(upper))
        lowers.add(id(lower))
        joined.append(_trunk(upper, lower))
    return joined + [body for body in bodies if id(body) not in uppers | lowers]


def _trunk(upper: Body, lower: Body) -> Body:
    """The upper half of one and the lower half of another, and what only one of them has of the rest."""
    trunk = Body()
    for body, own in ((upper, range(HIPS[0])), (lower, range(HIPS[0], len(COCO_JOINTS)))):
        trunk.joints |= {number: place for number, place in body.joints.items() if number in own}
        trunk.limbs |= {number: likeness for number, likeness in body.limbs.items() if ENDS[number, 0] in own}
    return trunk


def _join_by_nearness(bodies: list[Body]) -> list[Body]:
    """Parts without a spine between them: each to the nearest body that lacks just these, if it is near enough."""
    bodies = sorted(bodies, key=lambda body: -len(body.limbs))
    whole: list[Body] = []
    for part in bodies:
        best: tuple[float, Body] | None = None
        for body in whole:
            if body.joints.keys() & part.joints.keys():
                continue
            apart = min(
                float(np.linalg.norm(one - other)) for one, other in product(body.joints.values(), part.joints.values())
            )
            if apart <= 0.35 * _extent(body) and (best is None or apart < best[0]):
                best = (apart, body)
        if best is None:
            whole.append(part)
        else:
            best[1].take(part)
    return whole


def _extent(body: Body) -> float:
    places = np.stack(list(body.joints.values()))
    return float(np.ptp(places, axis=0).max())
