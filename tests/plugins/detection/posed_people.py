"""People in the postures of procedural scenes, without the scenes: joints alone, seen from straight ahead."""

from __future__ import annotations

import numpy as np
from lavin_scenes.people.draw import draw_proportions
from lavin_scenes.people.postures import draw_posture
from lavin_scenes.people.skeleton import bones, joints
from numpy.typing import NDArray

from lavincli.natives import Boxes, People

KINDS = ("stand", "both_arms", "sit", "dance", "bend", "crouch", "kneel")


def posed_person(random: np.random.Generator, tall: float) -> NDArray[np.float32]:
    """Joints ``[17, 2]`` from the middle of somebody who would be ``tall`` pixels if they stood, turned anyhow."""
    body = draw_proportions(random)
    posture = draw_posture(random, str(random.choice(KINDS)))
    x, y, z = joints(body, *bones(body, posture)).T
    yaw = random.normal(0, 1)
    # Their left is to our right.
    places = np.stack([x * np.cos(yaw) - y * np.sin(yaw), -z], axis=1) * tall / body.height
    middle = (places.min(axis=0) + places.max(axis=0)) / 2
    centred: NDArray[np.float32] = (places - middle).astype(np.float32)
    return centred


def posed_people(seed: int, count: int, size: int, *, apart: bool) -> People:
    """``count`` people, beside each other or anywhere, in a picture of ``size`` pixels."""
    random = np.random.default_rng(seed)
    people = []
    for person in range(count):
        places = posed_person(random, float(random.uniform(110, 170)))
        half = np.ptp(places, axis=0) / 2 + 4
        middle = random.uniform(half, 256 - half)
        if apart:
            column = 256 / count
            places *= min(1.0, (column - 10) / max(float(np.ptp(places[:, 0])), 1e-6))
            middle[0] = (person + 0.5) * column
        people.append(places + middle)
    placed = np.array(people, dtype=np.float32) * size / 256
    low, high = placed.min(axis=1), placed.max(axis=1)
    visible = np.full((count, 17, 1), 2, dtype=np.float32)
    boxes = Boxes.of(np.concatenate([low, high - low], axis=1), (size, size))
    return People(np.concatenate([placed, visible], axis=2), boxes)
