"""What a model answers to the items of an evaluation: the same pictures however the work is cut.

A sum's last bits depend on how a library splits it, that is on the batch and on the number of threads, and a pixel may
then fall to the level above. So on a CPU each item is computed by itself and by one thread, several items side by side:
batches, threads and processes change nothing. An accelerator needs batches; there a batch is always filled up to the
same size (with repeats), which is part of a result's settings.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from threading import Lock
from typing import TYPE_CHECKING, Final

import torch

from lavincli.clip import Clip
from lavincli.evaluation.cases import Case
from lavincli.evaluation.contents import content_hash
from lavincli.evaluation.prediction_store import PredictionStore
from lavincli.pipeline.predictor import Predictor

if TYPE_CHECKING:
    from lavincli.pipeline.pipeline import Pipeline

_CONTEXTS: Final = Lock()
"""Held while a context is read: the pipeline keeps those it read last, for all threads."""


def deciding_batch_size(pipeline: Pipeline, batch_size: int) -> int | None:
    """The batch size where it can change a pixel; None on a CPU."""
    return None if pipeline.device.type == "cpu" else batch_size


@contextmanager
def one_thread(pipeline: Pipeline) -> Iterator[None]:
    """Let PyTorch compute with a single thread, on a CPU, so that its sums are always added in one order."""
    threads = torch.get_num_threads()
    if pipeline.device.type == "cpu":
        torch.set_num_threads(1)
    try:
        yield
    finally:
        torch.set_num_threads(threads)


class Answers:
    """The pictures of a model, computed or kept from an earlier run.

    Args:
        store: where they are kept; None: nowhere.
        batch_size: how many items are computed at once.
    """

    def __init__(self, store: PredictionStore | None, batch_size: int) -> None:
        self._store = store
        self._batch_size = batch_size
        self._started = False

    def pictures(self, predictor: Predictor, cases: Sequence[Case], seeds: Sequence[int]) -> list[Clip]:
        """The model's picture ``uint8 [T, S, S, 3]`` of each case, with the case's own examples where it has some."""
        frames = [len((case.context or predictor.context)[0].target) for case in cases]
        keys = [self.fingerprint(predictor, case, seed) for case, seed in zip(cases, seeds, strict=True)]
        found: dict[int, Clip] = {}
        if self._store is not None:
            kept = [self._store.get(key, count) for key, count in zip(keys, frames, strict=True)]
            found = {place: picture for place, picture in enumerate(kept) if picture is not None}
        missing = [place for place in range(len(cases)) if place not in found]
        computed = self._computed(predictor, [cases[place] for place in missing], [seeds[place] for place in missing])
        for place, picture in zip(missing, computed, strict=True):
            found[place] = picture
            if self._store is not None:
                self._store.put(keys[place], picture)
        return [found[place] for place in range(len(cases))]

    def fingerprint(self, predictor: Predictor, case: Case, seed: int) -> str:
        """A sha256 of all that decides the model's picture of a case: model, context, settings, query, seed."""
        parts = {
            "predictor": predictor.fingerprint,
            "device": predictor.pipeline.device.type,
            "batch_size": deciding_batch_size(predictor.pipeline, self._batch_size),
            "query": content_hash(case.pair.input),
            "context": content_hash(case.context) if case.context else None,
            "seed": seed,
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def _computed(self, predictor: Predictor, cases: Sequence[Case], seeds: Sequence[int]) -> list[Clip]:
        if not cases:
            return []
        if predictor.pipeline.device.type == "cpu":
            jobs = [_job(predictor, case, seed) for case, seed in zip(cases, seeds, strict=True)]
            # What a pipeline keeps for all answers is made by the first one alone.
            alone = 0 if self._started else 1
            self._started = True
            return [*_side_by_side(jobs[:alone]), *_side_by_side(jobs[alone:])]
        if any(case.context for case in cases):
            return [_job(predictor, case, seed)() for case, seed in zip(cases, seeds, strict=True)]
        queries = [case.pair.input for case in cases]
        repeats = self._batch_size - len(cases)
        raws = predictor.raw([*queries, *queries[:1] * repeats], [*seeds, *[seeds[0]] * repeats])
        return list(raws[: len(cases)])


def _job(predictor: Predictor, case: Case, seed: int) -> Callable[[], Clip]:
    def answer() -> Clip:
        own = predictor
        if case.context:
            with _CONTEXTS:
                own = Predictor(predictor.pipeline, case.context, task=predictor.task, sampling=predictor.sampling)
        picture: Clip = own.raw([case.pair.input], [seed])[0]
        return picture

    return answer


def _side_by_side(jobs: Sequence[Callable[[], Clip]]) -> list[Clip]:
    """Run jobs in as many threads as PyTorch would use, each of which computes alone."""
    if not jobs:
        return []
    threads = torch.get_num_threads()
    try:
        with ThreadPoolExecutor(min(threads, len(jobs)), initializer=torch.set_num_threads, initargs=(1,)) as pool:
            return list(pool.map(lambda job: job(), jobs))
    finally:
        torch.set_num_threads(threads)
