"""What a skeleton is made of: limbs with their colours, a central line, and discs at the joints."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavincli.natives import COCO_JOINTS

RED: Final = (255, 0, 0)
LINE: Final = 2.0
"""Width of a limb in a picture of 256 pixels."""
DISC: Final = 3.0
"""Diameter of a joint in a picture of 256 pixels."""


@dataclass(frozen=True, slots=True)
class Part:
    """Something that is drawn of a person: a line as wide as a limb, or a disc.

    Attributes:
        first, second: its ends, each the middle between two joints, or twice the same joint.
        color: RGB.
        diameter: width of the line, in pixels of a picture of 256.
    """

    first: tuple[int, int]
    second: tuple[int, int]
    color: tuple[int, int, int]
    diameter: float = LINE

    @property
    def joints(self) -> tuple[int, ...]:
        """All joints without which it is not drawn."""
        return (*self.first, *self.second)


def _joint(name: str) -> int:
    return COCO_JOINTS.index(name)


def _limb(first: str, second: str, color: tuple[int, int, int]) -> Part:
    one, other = _joint(first), _joint(second)
    return Part((one, one), (other, other), color)


LIMBS: Final = (
    _limb("left_ear", "left_eye", (102, 204, 255)),
    _limb("right_ear", "right_eye", (51, 153, 255)),
    _limb("left_eye", "nose", (102, 0, 204)),
    _limb("nose", "right_eye", (51, 102, 255)),
    _limb("left_shoulder", "right_shoulder", (255, 128, 0)),
    _limb("left_shoulder", "left_elbow", (153, 255, 204)),
    _limb("right_shoulder", "right_elbow", (128, 229, 255)),
    _limb("left_elbow", "left_wrist", (153, 255, 153)),
    _limb("right_elbow", "right_wrist", (102, 255, 224)),
    _limb("left_hip", "right_hip", (255, 102, 0)),
    _limb("left_hip", "left_knee", (255, 255, 77)),
    _limb("right_hip", "right_knee", (153, 255, 204)),
    _limb("left_knee", "left_ankle", (191, 255, 128)),
    _limb("right_knee", "right_ankle", (255, 195, 77)),
)
"""Limbs in Detectron2's colours of keypoint connections; a left upper arm and a right thigh share theirs."""

NOSE: Final = _joint("nose")
HEAD: Final = tuple(range(5))
SHOULDERS: Final = (_joint("left_shoulder"), _joint("right_shoulder"))
HIPS: Final = (_joint("left_hip"), _joint("right_hip"))
ARMS: Final = tuple(range(SHOULDERS[0], HIPS[0]))
"""Shoulders, elbows and wrists, left and right in turn."""
LEGS: Final = tuple(range(HIPS[0], len(COCO_JOINTS)))
"""Hips, knees and ankles."""

SPINE: Final = (Part((NOSE, NOSE), SHOULDERS, RED), Part(SHOULDERS, HIPS, RED))
"""Nose to the middle of the shoulders, and on to the middle of the hips."""

DISCS: Final = tuple(Part((number, number), (number, number), RED, diameter=DISC) for number in range(len(COCO_JOINTS)))

LIMB_COLORS: Final[NDArray[np.float32]] = np.array([part.color for part in LIMBS], dtype=np.float32)
"""``[14, 3]``."""


def opposite(joint: int) -> int:
    """The same joint of the other side, but for the nose."""
    return joint + 1 if joint % 2 else joint - 1
