"""Puts limbs together to people: the best whole person first, then the best of what is left, and so on."""

from __future__ import annotations

from typing import Final

import numpy as np
from numpy.typing import NDArray

from lavin_recognition.skeleton_evidence import Evidence, Floats
from lavin_recognition.skeleton_fit import Fit
from lavin_recognition.skeleton_limbs import Limbs
from lavin_recognition.skeleton_parts import HEAD, HIPS, SHOULDERS
from lavin_recognition.skeleton_trees import Tree, best_trees
from lavincli.natives import COCO_JOINTS

_LEAST_LIMBS: Final = 2
_MOST_PEOPLE: Final = 20
_MOST_TREES: Final = 150
_DRAWN: Final = 16
"""People of whom drawings are compared with the picture."""
_DOUBT: Final = 0.45
"""People are drawn who are worth less than the best one by this share at most."""
_ALIKE: Final = 2.0
"""People are alike if no joint is farther apart than this."""
_TRUNK: Final = [*SHOULDERS, *HIPS]
_BODY: Final = range(len(HEAD), len(COCO_JOINTS))


def assemble(evidence: Evidence, limbs: Limbs, fit: Fit, *, least_worth: float = 6.0) -> None:
    """Add people of at least two limbs, and worth so many pixels, to ``fit``, without heads."""
    while len(fit.joints) < _MOST_PEOPLE:
        tree = _most_alike(evidence, fit, _candidates(evidence, limbs.worth(), least_worth))
        if tree is None:
            return
        person = fit.add(*_joints(evidence, tree))
        for limb, discs in tree.limbs.items():
            limbs.explain(limb, *discs)
        if tree.whole:
            evidence.explain_red(*(fit.joints[person, list(pair)].mean(axis=0) for pair in (SHOULDERS, HIPS)))
        fit.settle(person, _BODY, (1.5, 0.75), reach=6)


def _candidates(evidence: Evidence, worth: Floats, least_worth: float) -> list[Tree]:
    """The best people, and those in whom no line is two limbs."""
    trees = best_trees(evidence, worth, _MOST_TREES)
    if not trees or trees[0].worth < least_worth or len(trees[0].limbs) < _LEAST_LIMBS:
        return []
    lines: dict[frozenset[int], int] = {}
    for limb, discs in trees[0].limbs.items():
        other = lines.setdefault(frozenset(discs), limb)
        if other != limb and discs[0] != discs[1]:
            for one in (limb, other):
                less = worth.copy()
                less[one, discs, discs[::-1]] = -np.inf
                trees += best_trees(evidence, less, _MOST_TREES)
    return [tree for tree in trees if tree.whole == trees[0].whole]


def _most_alike(evidence: Evidence, fit: Fit, trees: list[Tree]) -> Tree | None:
    """The person whose drawing is most like the picture, if they are whole, else the best one."""
    if not trees or not trees[0].whole:
        return trees[0] if trees else None
    kept: list[Tree] = []
    choices: list[Floats] = []
    trees = sorted(trees, key=lambda tree: -tree.worth)
    for tree in trees:
        if tree.worth < (1 - _DOUBT) * trees[0].worth - 2 or len(kept) == _DRAWN:
            break
        joints, given = _joints(evidence, tree)
        for start in _TRUNK:
            # What isn't there is drawn where nobody sees it.
            for joint in (start + 2, start + 4):
                if not given[joint]:
                    joints[joint] = joints[joint - 2]
        if all(np.linalg.norm((joints - other)[_TRUNK], axis=1).max() > _ALIKE * evidence.unit for other in choices):
            kept.append(tree)
            choices.append(joints)
    if len(kept) == 1:
        return kept[0]
    all_joints = np.stack(choices)
    given = np.zeros(len(COCO_JOINTS), dtype=np.bool_)
    given[list(_BODY)] = True
    person = fit.add(all_joints[0], given)
    places = all_joints[:, list(_BODY)]
    errors = fit.errors(person, all_joints, places.min(axis=(0, 1)) - 2, places.max(axis=(0, 1)) + 2)
    fit.drop(person)
    return kept[int(errors.argmin())]


def _joints(evidence: Evidence, tree: Tree) -> tuple[Floats, NDArray[np.bool_]]:
    joints = np.zeros((len(COCO_JOINTS), 2), dtype=np.float32)
    given = np.zeros(len(COCO_JOINTS), dtype=np.bool_)
    for joint, disc in tree.discs().items():
        joints[joint], given[joint] = evidence.discs[disc], True
    return joints, given
