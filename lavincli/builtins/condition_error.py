"""How well an answer fits the condition it was asked for: the condition is estimated anew, from the answer."""

from __future__ import annotations

import functools
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from lavincli.blocks import Metric
from lavincli.builtins.features import BUNDLED_MODEL
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.geometry import resize

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.predictor import Predictor

ESTIMATOR = BUNDLED_MODEL
"""Who estimates, unless a card says otherwise."""
_PREFIX = "condition_"
_KEPT = 64


class ConditionError:
    """Error of depth, normals, ... estimated from an answer, against the condition that the answer was drawn from.

    Many photos fit one depth map, so comparing an answer with the photo at hand says little. What can be told is
    whether the answer shows what was asked: a model that solves the forward task looks at it, and what it finds is
    scored against the condition by the forward task's own metric (as ControlNet++, Li et al., ECCV 2024, arXiv
    2404.07987, scores consistency). The estimator is the same for whoever is measured, so that scores can be compared;
    its own errors are in all of them, and what it makes of true photos is the best to be expected.

    Args:
        task: the forward task; of a reverse task's card the one that it is the reverse of.
        model: name or folder of the estimator, which runs on the CPU; the bundled model by default.

    Keys are those of the forward metric that gives the headline, with ``condition_`` in front.
    """

    def __init__(self, *, task: str, model: str | None = None) -> None:
        self._task = task
        self._model = model or ESTIMATOR
        self._metric = _headline_metric(task)
        self._truths, self._others = 0, 0

    @property
    def higher_is_better(self) -> Mapping[str, bool]:
        """The forward metric's directions."""
        return {f"{_PREFIX}{key}": higher for key, higher in self._metric.higher_is_better.items()}

    @property
    def perfect(self) -> Mapping[str, float]:
        """What true photos score, which is what the estimator gets wrong; known after truths alone."""
        return self.compute() if self._truths and not self._others else {}

    @property
    def alignment(self) -> str:
        """How the forward metric aligns, and who estimates."""
        own = getattr(self._metric, "alignment", "none")
        pipeline = _estimator(self._task, self._model).pipeline
        return f"{own}; condition estimated by {pipeline.config.name} ({pipeline.fingerprint[:12]})"

    def update(self, prediction: Clip, target: Clip, *, query: Clip | None = None) -> None:
        """Count in one answer ``uint8 [T, H, W, 3]``; ``query`` is the condition's picture, ``target`` isn't scored.

        Raises InputError if there is no query, or the forward metric can't score the estimate.
        """
        if query is None:
            raise InputError("condition_error: needs the query, which is the picture of the condition")
        codec = _forward(self._task).codec
        size = (query.shape[1], query.shape[2])
        estimate = _estimated(self._task, self._model, prediction.tobytes(), prediction.shape)
        self._metric.update(codec.decode(resize(estimate, size)), codec.decode(query))
        is_truth = bool(np.array_equal(prediction, target))
        self._truths, self._others = self._truths + is_truth, self._others + (not is_truth)

    def merge(self, other: ConditionError) -> None:
        """Count in the items of another instance with the same options."""
        metric: Any = self._metric
        metric.merge(other._metric)
        self._truths, self._others = self._truths + other._truths, self._others + other._others

    def compute(self) -> dict[str, float]:
        """The forward metric's scores of the items so far. Raises InputError if there was none."""
        return {f"{_PREFIX}{key}": score for key, score in self._metric.compute().items()}


def _forward(name: str) -> Task:
    from lavincli.registry import task

    return task(name)


def _headline_metric(name: str) -> Metric:
    """A fresh instance of the metric that gives a task's headline."""
    task = _forward(name)
    return next(metric for metric in task.metrics.values() if task.headline in metric.higher_is_better)


@functools.lru_cache(maxsize=2)
def _estimator(task: str, model: str) -> Predictor:
    """A model bound to the forward task, its context set and its own way of sampling, on the CPU."""
    from lavincli.pipeline.load import load
    from lavincli.pipeline.predictor import Predictor

    pipeline, forward = load(model, device="cpu"), _forward(task)
    pairs = forward.context_pairs(pipeline.config.resolution)[: pipeline.config.context_pairs]
    return Predictor(pipeline, pairs, task=forward)


@functools.lru_cache(maxsize=_KEPT)
def _estimated(task: str, model: str, pixels: bytes, shape: tuple[int, ...]) -> Clip:
    """The estimator's picture ``[T, S, S, 3]``; trivial answers come again under every draw."""
    answer: Clip = _estimator(task, model).raw([np.frombuffer(pixels, np.uint8).reshape(shape)], [0])[0]
    return answer
