"""Bones and joints of a person.

A person's own axes are x = to their left, y = backwards, z = up; they stand upright with hanging arms when all angles
are 0. Angles are in radians. Every limb's bone lies along its own -z.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from enum import IntEnum

import numpy as np

from lavin_scenes.vectors import Floats, turn, vector


class Bone(IntEnum):
    """The bones, each a frame of reference; left ones before right ones."""

    PELVIS = 0
    CHEST = 1
    HEAD = 2
    LEFT_UPPER_ARM = 3
    RIGHT_UPPER_ARM = 4
    LEFT_FOREARM = 5
    RIGHT_FOREARM = 6
    LEFT_THIGH = 7
    RIGHT_THIGH = 8
    LEFT_SHIN = 9
    RIGHT_SHIN = 10
    LEFT_FOOT = 11
    RIGHT_FOOT = 12


@dataclass(frozen=True, slots=True)
class Proportions:
    """Lengths in metres, and how broad the body is.

    Attributes:
        height: of the whole person.
        head: height of the head / height of the person: 0.13 for adults, up to 0.2 for children.
        shoulders, hips: half the distance between the joints / height.
        legs: hip joint above ground / height.
        girth: factor on all radii.
    """

    height: float
    head: float = 0.135
    shoulders: float = 0.112
    hips: float = 0.055
    legs: float = 0.525
    girth: float = 1.0

    @property
    def thigh(self) -> float:
        """Hip to knee."""
        return (self.legs - 0.04) * self.height * 0.505

    @property
    def shin(self) -> float:
        """Knee to ankle."""
        return (self.legs - 0.04) * self.height * 0.495

    @property
    def upper_arm(self) -> float:
        """Shoulder to elbow."""
        return 0.168 * self.height

    @property
    def forearm(self) -> float:
        """Elbow to wrist."""
        return 0.15 * self.height

    @property
    def trunk(self) -> float:
        """Hips to the height of the shoulders."""
        return (0.955 - self.head - self.legs) * self.height


@dataclass(frozen=True, slots=True)
class Arm:
    """Angles of one arm: forwards, outwards, about itself (the elbow turns inwards), and the elbow's bend."""

    forward: float = 0.0
    outward: float = 0.12
    twist: float = 0.0
    elbow: float = 0.2


@dataclass(frozen=True, slots=True)
class Leg:
    """Angles of one leg: forwards, outwards, toes outwards, and the knee's bend."""

    forward: float = 0.0
    outward: float = 0.05
    twist: float = 0.15
    knee: float = 0.0


@dataclass(frozen=True, slots=True)
class Posture:
    """All angles of a body.

    Attributes:
        pitch: of the whole body forwards; -pi / 2 lies on the back.
        lean, side, twist: of the chest against the pelvis: forwards, to the left, to the left.
        nod, tilt, look: of the head against the chest: downwards, to the left, to the left.
        arms, legs: left and right.
        lift: metres above the lowest place at which something touches the ground.
    """

    pitch: float = 0.0
    lean: float = 0.0
    side: float = 0.0
    twist: float = 0.0
    nod: float = 0.0
    tilt: float = 0.0
    look: float = 0.0
    arms: tuple[Arm, Arm] = field(default_factory=lambda: (Arm(), Arm()))
    legs: tuple[Leg, Leg] = field(default_factory=lambda: (Leg(), Leg()))
    lift: float = 0.0


def bones(body: Proportions, posture: Posture) -> tuple[Floats, Floats]:
    """The frames of all bones of a person at the origin: rotations ``[13, 3, 3]`` and places ``[13, 3]``.

    The lowest part of the body touches z = 0, unless the posture lifts it.
    """
    height = body.height
    rotation = np.empty((len(Bone), 3, 3), dtype=np.float32)
    place = np.empty((len(Bone), 3), dtype=np.float32)
    pelvis = turn(0, posture.pitch)
    chest = pelvis @ turn(2, posture.twist) @ turn(0, posture.lean) @ turn(1, posture.side)
    head = chest @ turn(2, posture.look) @ turn(0, posture.nod) @ turn(1, posture.tilt)
    neck = chest @ vector([0, 0, body.trunk])
    rotation[Bone.PELVIS], place[Bone.PELVIS] = pelvis, 0
    rotation[Bone.CHEST], place[Bone.CHEST] = chest, 0
    rotation[Bone.HEAD], place[Bone.HEAD] = head, neck + chest @ vector([0, 0.004 * height, 0.02 * height])
    for side, sign in ((0, 1.0), (1, -1.0)):
        arm, leg = posture.arms[side], posture.legs[side]
        upper = chest @ turn(1, -sign * arm.outward) @ turn(0, -arm.forward) @ turn(2, -sign * arm.twist)
        shoulder = chest @ vector([sign * body.shoulders * height, 0, body.trunk])
        rotation[Bone.LEFT_UPPER_ARM + side], place[Bone.LEFT_UPPER_ARM + side] = upper, shoulder
        rotation[Bone.LEFT_FOREARM + side] = upper @ turn(0, -arm.elbow)
        place[Bone.LEFT_FOREARM + side] = shoulder - upper[:, 2] * body.upper_arm
        thigh = pelvis @ turn(1, -sign * leg.outward) @ turn(0, -leg.forward) @ turn(2, sign * leg.twist)
        hip = pelvis @ vector([sign * body.hips * height, 0, 0])
        rotation[Bone.LEFT_THIGH + side], place[Bone.LEFT_THIGH + side] = thigh, hip
        shin = thigh @ turn(0, leg.knee)
        knee = hip - thigh[:, 2] * body.thigh
        rotation[Bone.LEFT_SHIN + side], place[Bone.LEFT_SHIN + side] = shin, knee
        # The foot stays level as far as the ankle can bend.
        bend = float(np.clip(leg.forward - leg.knee - posture.pitch, -0.7, 0.5))
        rotation[Bone.LEFT_FOOT + side] = shin @ turn(0, bend)
        place[Bone.LEFT_FOOT + side] = knee - shin[:, 2] * body.shin
    place[:, 2] += posture.lift - _lowest(body, rotation, place)
    return rotation, place


def _lowest(body: Proportions, rotation: Floats, place: Floats) -> float:
    height = body.height
    down = -rotation[:, 2, 2]
    soles = [
        place[foot, 2] + (rotation[foot] @ vector([0, toe * height, -0.04 * height]))[2]
        for foot in (Bone.LEFT_FOOT, Bone.RIGHT_FOOT)
        for toe in (0.03, -0.1)
    ]
    knees = place[[Bone.LEFT_SHIN, Bone.RIGHT_SHIN], 2] - 0.035 * height
    forearms = place[[Bone.LEFT_FOREARM, Bone.RIGHT_FOREARM], 2]
    elbows = forearms - 0.025 * height
    hands = forearms + down[[Bone.LEFT_FOREARM, Bone.RIGHT_FOREARM]] * (body.forearm + 0.06 * height) - 0.02 * height
    pelvis = place[Bone.PELVIS, 2] - 0.075 * height * body.girth
    head = place[Bone.HEAD, 2] - 0.03 * height
    return float(min(*soles, *knees, *elbows, *hands, pelvis, head))


def joints(body: Proportions, rotation: Floats, place: Floats) -> Floats:
    """COCO's 17 joints ``[17, 3]``, from the frames that `bones` gives."""
    head = body.head * body.height
    face = vector(
        [
            [0, -0.5 * head, 0.47 * head],
            [0.17 * head, -0.4 * head, 0.58 * head],
            [-0.17 * head, -0.4 * head, 0.58 * head],
            [0.38 * head, 0.02 * head, 0.5 * head],
            [-0.38 * head, 0.02 * head, 0.5 * head],
        ]
    )
    on_head = face @ rotation[Bone.HEAD].T + place[Bone.HEAD]
    down = -rotation[:, :, 2]
    wrists = [place[bone] + down[bone] * body.forearm for bone in (Bone.LEFT_FOREARM, Bone.RIGHT_FOREARM)]
    in_order = (
        *(Bone.LEFT_UPPER_ARM, Bone.RIGHT_UPPER_ARM, Bone.LEFT_FOREARM, Bone.RIGHT_FOREARM),
        *(Bone.LEFT_THIGH, Bone.RIGHT_THIGH, Bone.LEFT_SHIN, Bone.RIGHT_SHIN, Bone.LEFT_FOOT, Bone.RIGHT_FOOT),
    )
    others = [place[bone] for bone in in_order]
    return vector(np.concatenate([on_head, others[:4], wrists, others[4:]]))
