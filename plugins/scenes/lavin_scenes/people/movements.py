"""How people move: walking, running, gestures."""

from __future__ import annotations

import dataclasses

import numpy as np

from lavin_scenes.people.figure import Movement
from lavin_scenes.people.postures import stride
from lavin_scenes.people.skeleton import Posture, Proportions


def walking(body: Proportions, phase: float, reach: float, speed: float) -> Movement:
    """Steps in time with a speed in metres a second; ``phase`` and ``reach`` as in `stride`."""
    # One cycle takes the body forwards by two steps of the legs.
    rate = 2 * np.pi * speed / (4 * body.legs * body.height * np.sin(reach))
    lean = 0.05 + 0.2 * max(0.0, reach - 0.45)
    return lambda time: stride(phase + float(rate) * time, reach, lean)


def step_speed(body: Proportions, reach: float) -> float:
    """A usual speed for steps of this reach: a pendulum's rhythm, in metres a second."""
    cycle = 2 * np.pi * np.sqrt(body.legs * body.height / 9.81) * 0.62 * (0.45 / max(reach, 0.45))
    return float(4 * body.legs * body.height * np.sin(reach) / cycle)


def gesturing(posture: Posture, random: np.random.Generator) -> Movement:
    """Small movements around a posture: arms, head, and a sway of the chest."""
    swings = random.uniform(0.0, 0.5, (2, 3)) * random.integers(0, 2, (2, 1))
    rates = random.uniform(2.0, 7.0, (2, 3))
    look, sway = random.uniform(-0.4, 0.4), random.uniform(-0.06, 0.06)

    def movement(time: float) -> Posture:
        change = swings * np.sin(rates * time)
        arms = [
            dataclasses.replace(
                arm,
                forward=arm.forward + float(change[side, 0]),
                outward=arm.outward + float(abs(change[side, 1])) * 0.5,
                elbow=max(0.0, arm.elbow + float(change[side, 2])),
            )
            for side, arm in enumerate(posture.arms)
        ]
        turning = float(np.sin(1.7 * time))
        return dataclasses.replace(
            posture,
            arms=(arms[0], arms[1]),
            look=posture.look + look * turning,
            side=posture.side + sway * turning,
        )

    return movement
