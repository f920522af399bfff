"""Postures people take, drawn at random."""

from __future__ import annotations

from collections.abc import Callable
from typing import Final

import numpy as np

from lavin_scenes.people.skeleton import Arm, Leg, Posture


def draw_posture(random: np.random.Generator, name: str) -> Posture:
    """A posture of a kind named in `POSTURES`, never twice the same."""
    return POSTURES[name](_Draw(random))


class _Draw:
    """Angles around a mean."""

    def __init__(self, random: np.random.Generator) -> None:
        self.random = random

    def __call__(self, mean: float, spread: float = 0.1) -> float:
        return mean + float(np.clip(self.random.normal(), -2, 2)) * spread

    def between(self, low: float, high: float) -> float:
        return float(self.random.uniform(low, high))

    def head(self) -> dict[str, float]:
        return {"nod": self(0.05, 0.15), "tilt": self(0, 0.08), "look": self(0, 0.4)}

    def hanging(self) -> Arm:
        return Arm(self(0.0, 0.12), abs(self(0.12, 0.08)), self(0.2, 0.2), abs(self(0.25, 0.15)))

    def on_hip(self) -> Arm:
        return Arm(self(-0.35, 0.08), self(0.75, 0.1), self(1.15, 0.1), self(1.55, 0.12))

    def raised(self) -> Arm:
        return Arm(self(0.2, 0.3), self(2.6, 0.3), self(0, 0.4), abs(self(0.3, 0.25)))

    def waving(self) -> Arm:
        return Arm(self(0.0, 0.15), self(1.45, 0.25), self(-1.45, 0.2), self(1.4, 0.4))

    def reaching(self) -> Arm:
        return Arm(self.between(0.8, 1.9), self(0.1, 0.15), self(0.1, 0.2), abs(self(0.3, 0.2)))

    def sideways(self) -> Arm:
        return Arm(self(0.0, 0.2), self(1.5, 0.25), self(0, 0.3), abs(self(0.2, 0.2)))

    def folded(self) -> Arm:
        return Arm(self(0.55, 0.08), self(0.05, 0.05), self(0.9, 0.1), self(1.75, 0.1))

    def holding(self) -> Arm:
        return Arm(self(0.35, 0.1), self(0.12, 0.06), self(0.3, 0.1), self(1.3, 0.25))

    def any_arm(self) -> Arm:
        kinds = (self.hanging, self.hanging, self.on_hip, self.raised, self.waving, self.reaching, self.sideways)
        return kinds[int(self.random.integers(len(kinds)))]()

    def standing_legs(self) -> tuple[Leg, Leg]:
        spread = abs(self(0.06, 0.05))
        relaxed = abs(self(0.0, 0.15))
        legs = (
            Leg(self(0.0, 0.03), spread, self(0.2, 0.12), 0.03),
            Leg(relaxed, spread + self(0.02, 0.03), self(0.3, 0.15), relaxed * 1.7),
        )
        return legs if self.random.random() < 0.5 else (legs[1], legs[0])


def _stand(draw: _Draw) -> Posture:
    arms = (draw.hanging(), draw.hanging())
    if draw.random.random() < 0.6:
        arms = (draw.any_arm(), arms[1]) if draw.random.random() < 0.5 else (arms[0], draw.any_arm())
    return Posture(
        lean=draw(0.02, 0.05),
        side=draw(0, 0.05),
        twist=draw(0, 0.15),
        arms=arms,
        legs=draw.standing_legs(),
        **draw.head(),
    )


def _both_arms(draw: _Draw) -> Posture:
    kinds = (draw.raised, draw.sideways, draw.on_hip, draw.folded, draw.reaching, draw.holding)
    kind = kinds[int(draw.random.integers(len(kinds)))]
    return Posture(lean=draw(0.03, 0.06), arms=(kind(), kind()), legs=draw.standing_legs(), **draw.head())


def _walk(draw: _Draw) -> Posture:
    return stride(draw.between(0, 2 * np.pi), draw.between(0.3, 0.55), draw(0.1, 0.05))


def _run(draw: _Draw) -> Posture:
    return stride(draw.between(0, 2 * np.pi), draw.between(0.65, 0.95), draw(0.25, 0.05))


def _sit(draw: _Draw) -> Posture:
    flex = draw(1.45, 0.1)
    legs = (
        Leg(flex, abs(draw(0.12, 0.08)), 0.05, draw(1.5, 0.15)),
        Leg(flex, abs(draw(0.12, 0.08)), 0.05, draw(1.5, 0.15)),
    )
    kinds = (draw.holding, draw.hanging, draw.folded, draw.any_arm)
    arms = tuple(kinds[int(draw.random.integers(len(kinds)))]() for _ in range(2))
    return Posture(lean=draw(-0.02, 0.12), twist=draw(0, 0.1), arms=(arms[0], arms[1]), legs=legs, **draw.head())


def _crouch(draw: _Draw) -> Posture:
    bend = draw.between(1.5, 2.1)
    leg = Leg(bend, draw(0.2, 0.08), 0.1, bend + draw(0.45, 0.05))
    return Posture(lean=draw(0.5, 0.15), arms=(draw.reaching(), draw.holding()), legs=(leg, leg), **draw.head())


def _kneel(draw: _Draw) -> Posture:
    legs = (Leg(draw(1.45, 0.08), 0.15, 0.1, draw(1.5, 0.08)), Leg(draw(0.05, 0.05), 0.05, 0.0, draw(1.55, 0.08)))
    return Posture(lean=draw(0.1, 0.1), arms=(draw.holding(), draw.any_arm()), legs=legs, **draw.head())


def _bend(draw: _Draw) -> Posture:
    lean = draw.between(0.5, 1.1)
    legs = (Leg(lean * 0.3, 0.08, 0.1, draw(0.2, 0.1)), Leg(lean * 0.3, 0.08, 0.1, draw(0.2, 0.1)))
    arms = (Arm(draw(lean, 0.2), 0.1, 0.1, 0.25), Arm(draw(lean, 0.2), 0.1, 0.1, 0.25))
    return Posture(lean=lean, arms=arms, legs=legs, nod=draw(-0.3, 0.1), look=draw(0, 0.2))


def _dance(draw: _Draw) -> Posture:
    legs = tuple(Leg(draw(0.15, 0.3), abs(draw(0.2, 0.15)), 0.3, abs(draw(0.4, 0.3))) for _ in range(2))
    return Posture(
        lean=draw(0, 0.1),
        side=draw(0, 0.2),
        twist=draw(0, 0.3),
        arms=(draw.any_arm(), draw.any_arm()),
        legs=(legs[0], legs[1]),
        **draw.head(),
    )


def _sit_on_ground(draw: _Draw) -> Posture:
    legs = tuple(Leg(draw(1.75, 0.15), abs(draw(0.25, 0.15)), 0.1, abs(draw(0.8, 0.45))) for _ in range(2))
    return Posture(lean=draw(0.1, 0.15), arms=(draw.holding(), draw.reaching()), legs=(legs[0], legs[1]), **draw.head())


def _lie(draw: _Draw) -> Posture:
    legs = (Leg(draw(0.1, 0.08), 0.12, 0.2, abs(draw(0.1, 0.15))), Leg(draw(0.1, 0.08), 0.12, 0.2, abs(draw(0.1, 0.1))))
    arms = (Arm(0.0, abs(draw(0.5, 0.3)), 0.0, abs(draw(0.2, 0.1))), Arm(0.0, abs(draw(0.5, 0.3)), 0.0, 0.2))
    return Posture(pitch=-np.pi / 2, arms=arms, legs=legs, nod=draw(0.1, 0.05), look=draw(0, 0.3))


def stride(phase: float, reach: float, lean: float = 0.1) -> Posture:
    """A moment of walking or running.

    Args:
        phase: where in the step's cycle, 0 .. 2 pi; at 0 the left leg is foremost.
        reach: the legs' largest angle forwards, radians: 0.4 is a walk, 0.8 a run.
        lean: of the chest forwards.
    """
    legs, arms = [], []
    for offset in (0.0, np.pi):
        swing = np.cos(phase + offset)
        # The knee bends most while the leg swings forwards, and a little under the body's weight.
        bend = reach * (0.25 + 1.5 * max(0.0, -np.sin(phase + offset - 0.3)) ** 1.5)
        legs.append(Leg(float(reach * (swing + 0.1)), 0.03, 0.1, float(bend)))
        arms.append(Arm(float(-0.9 * reach * swing), 0.12, 0.1, float(0.35 + 1.3 * max(0.0, reach - 0.45))))
    return Posture(
        lean=lean,
        twist=float(-0.15 * np.cos(phase)),
        arms=(arms[0], arms[1]),
        legs=(legs[0], legs[1]),
        lift=float(0.05 * max(0.0, reach - 0.5) * (1 + np.cos(2 * phase))),
    )


POSTURES: Final[dict[str, Callable[[_Draw], Posture]]] = {
    "stand": _stand,
    "both_arms": _both_arms,
    "walk": _walk,
    "run": _run,
    "sit": _sit,
    "crouch": _crouch,
    "kneel": _kneel,
    "bend": _bend,
    "dance": _dance,
    "sit_on_ground": _sit_on_ground,
    "lie": _lie,
}
