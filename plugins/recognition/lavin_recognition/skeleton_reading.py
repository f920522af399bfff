"""Reads people off a picture of skeletons, which may be noisy, blurred or compressed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_assembly import Body, assemble
from lavin_recognition.skeleton_evidence import SIDE, Evidence
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_head import add_head
from lavin_recognition.skeleton_hypotheses import choose_limbs
from lavin_recognition.skeleton_lines import find_lines
from lavin_recognition.skeleton_parts import HEAD
from lavincli.clip import Clip
from lavincli.media.geometry import resize
from lavincli.natives import COCO_JOINTS, Boxes, People

_MOST_LIT: Final = 0.5
"""Of a picture with more of its pixels lit nothing is read: it is a photo, say. Ten large people light a sixth."""
_MOST_PEOPLE: Final = 20
_MARGIN: Final = 0.05
"""A box is larger than the bounds of the joints by this share of their longer side, all around."""
_ENOUGH: Final = 6
"""Limbs by which somebody is certain."""


def read_people(clip: Clip, least_score: float = 0.0) -> People:
    """The people in ``uint8 [1, H, W, 3]``, with at least this score, surest first."""
    height, width = clip.shape[1:3]
    picture = resize(clip, (SIDE, SIDE), "bicubic")[0].astype(np.float32)
    evidence = Evidence(picture)
    bodies: list[Body] = []
    if evidence.lit.mean() <= _MOST_LIT:
        bodies = assemble(evidence, choose_limbs(evidence, find_lines(evidence)))
        bodies = sorted(bodies, key=lambda body: -sum(body.limbs.values()))[:_MOST_PEOPLE]
    joints, given = _as_arrays(bodies)
    fit = Fit(picture, joints, given)
    body_joints = range(len(HEAD), len(COCO_JOINTS))
    for person in range(len(bodies)):
        fit.settle(person, body_joints, (1.0, 0.5), reach=6)
    for person in range(len(bodies)):
        add_head(evidence, fit, person)
    joints *= np.array([width / SIDE, height / SIDE], dtype=np.float32)
    scores = np.array([_score(body) for body in bodies], dtype=np.float32)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= least_score]
    return people_of(joints[order], given[order], (height, width), scores[order])


def people_of(
    joints: NDArray[np.float32], given: NDArray[np.bool_], size: tuple[int, int], scores: NDArray[np.float32]
) -> People:
    """People with visible joints ``[N, 17, 2]`` where given; their boxes go around them, with a margin."""
    far = (
        np.where(given[..., None], joints, np.float32(np.inf)),
        np.where(given[..., None], joints, np.float32(-np.inf)),
    )
    low, high = far[0].min(axis=1, initial=np.inf), far[1].max(axis=1, initial=-np.inf)
    margin = _MARGIN * (high - low).max(axis=1, keepdims=True, initial=0)
    limit = np.array(size[::-1], dtype=np.float32)
    low, high = (low - margin).clip(0, limit), (high + margin).clip(0, limit)
    placed = np.where(given[..., None], joints, 0)
    visibility = np.where(given, 2, 0)[..., None]
    boxes = Boxes.of(np.concatenate([low, high - low], axis=1), size, scores=scores)
    return People(np.concatenate([placed, visibility], axis=2).astype(np.float32), boxes)


def _as_arrays(bodies: list[Body]) -> tuple[NDArray[np.float32], NDArray[np.bool_]]:
    joints = np.zeros((len(bodies), len(COCO_JOINTS), 2), dtype=np.float32)
    given = np.zeros((len(bodies), len(COCO_JOINTS)), dtype=np.bool_)
    for index, body in enumerate(bodies):
        for number, place in body.joints.items():
            joints[index, number] = place
            given[index, number] = True
    return joints, given


def _score(body: Body) -> float:
    likeness = list(body.limbs.values())
    return float(np.mean(likeness) * min(1.0, len(likeness) / _ENOUGH) ** 0.5)
