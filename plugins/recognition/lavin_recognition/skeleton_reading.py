"""Reads people off a picture of skeletons, which may be noisy, blurred or compressed."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_assembly import assemble
from lavin_recognition.skeleton_chains import improve_limbs
from lavin_recognition.skeleton_evidence import Evidence
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_head import add_head
from lavin_recognition.skeleton_joining import join_parts
from lavin_recognition.skeleton_limbs import Limbs
from lavin_recognition.skeleton_lines import find_lines
from lavin_recognition.skeleton_parts import LIMBS
from lavin_recognition.skeleton_refinement import refine
from lavin_recognition.skeleton_trunk import improve_trunk
from lavincli.clip import Clip
from lavincli.media.geometry import resize
from lavincli.natives import Boxes, People

_SMALLEST, _LARGEST = 64, 256
"""Height and width of the square pictures that are looked at; others are resized."""
_MOST_LIT: Final = 0.5
"""Of a picture with more of its pixels lit nothing is read: it is a photo, say. Ten large people light a sixth."""
_MARGIN: Final = 0.05
"""A box is larger than the bounds of the joints by this share of their longer side, all around."""
_ENOUGH: Final = 6
"""Limbs by which somebody is certain."""


def read_people(clip: Clip, least_score: float = 0.0) -> People:
    """The people in ``uint8 [1, H, W, 3]``, with at least this score, surest first."""
    height, width = clip.shape[1:3]
    side = min(max(round((height * width) ** 0.5), _SMALLEST), _LARGEST) // 2 * 2
    evidence = Evidence(resize(clip, (side, side), "bicubic")[0].astype(np.float32))
    fit = Fit(evidence)
    if evidence.lit.mean() <= _MOST_LIT:
        _find(evidence, fit)
    scores = np.array([_score(fit, person) for person in range(len(fit.joints))], dtype=np.float32)
    order = np.argsort(-scores, kind="stable")
    order = order[scores[order] >= least_score]
    joints = fit.joints * np.array([width / side, height / side], dtype=np.float32)
    return people_of(joints[order], fit.given[order], (height, width), scores[order])


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


def _find(evidence: Evidence, fit: Fit) -> None:
    limbs = Limbs(evidence, find_lines(evidence))
    worth = limbs.worth()
    assemble(evidence, limbs, fit)
    evidence.forget_spines()
    join_parts(fit)
    # Only now is it known who else is drawn where somebody is.
    for person in range(len(fit.joints)):
        improve_trunk(evidence, worth, fit, person)
        improve_limbs(evidence, worth, fit, person)
    for person in range(len(fit.joints)):
        add_head(evidence, worth, fit, person)
    refine(worth, fit)


def _score(fit: Fit, person: int) -> float:
    """How much of somebody's drawing is in the picture, less for people of few limbs."""
    given = fit.given[person]
    limbs = sum(bool(given[list(limb.joints)].all()) for limb in LIMBS)
    return fit.share(person) * float(min(1.0, limbs / _ENOUGH) ** 0.5)
