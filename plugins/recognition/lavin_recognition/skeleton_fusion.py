"""People of several answers to one query, fused into one set."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from lavin_recognition.boxes_fusion import group_boxes, group_score, weighted
from lavincli.natives import COCO_JOINTS, Boxes, People


def fuse_people(answers: Sequence[People]) -> People:
    """People whose boxes overlap are one person, surest first.

    A joint lies at the mean of where it was seen, weighted by the scores; it is given where at least half of those who
    saw the person saw it. Scores are means, less where answers lack the person.
    """
    joints, boxes, scores, areas = [], [], [], []
    for group in group_boxes([people.boxes for people in answers]):
        weights = np.array([answers[answer].boxes.scores[place] for answer, place in group], dtype=np.float64)
        seen = np.stack([answers[answer].joints[place] for answer, place in group]).astype(np.float64)
        given = seen[..., 2] > 0
        fused = np.zeros((len(COCO_JOINTS), 3))
        for joint in np.flatnonzero(2 * given.sum(axis=0) >= len(group)):
            own = given[:, joint]
            fused[joint, :2] = weighted(seen[own, joint, :2], weights[own])
            fused[joint, 2] = seen[own, joint, 2].max()
        joints.append(fused)
        all_boxes = np.stack([answers[answer].boxes.xywh[place] for answer, place in group]).astype(np.float64)
        boxes.append(weighted(all_boxes, weights))
        areas.append(np.mean([answers[answer].boxes.areas[place] for answer, place in group]))
        scores.append(group_score(weights, len(answers)))
    order = np.argsort(-np.array(scores), kind="stable")
    count = len(scores)
    return People(
        np.array(joints, dtype=np.float32).reshape(count, len(COCO_JOINTS), 3)[order],
        Boxes(
            np.array(boxes, dtype=np.float32).reshape(count, 4)[order],
            answers[0].size,
            np.array(scores, dtype=np.float32)[order],
            np.array(areas, dtype=np.float32)[order],
            np.zeros(count, dtype=np.bool_),
        ),
    )
