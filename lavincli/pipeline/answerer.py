"""Answers queries, each with the examples chosen for it, alone or as an ensemble."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final

from lavincli.abilities import Averageable, picture_of
from lavincli.clip import Clip
from lavincli.context.choice import Context, ContextChoice
from lavincli.context.seeds import stable_seed
from lavincli.errors import ConfigError
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.prediction import OutputSize, Prediction
from lavincli.pipeline.predictor import Predictor, default_sampling

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

# Contexts that are kept ready; with "nearest" many queries share few of them.
_PREDICTORS_KEPT: Final = 16


@dataclass(frozen=True, slots=True)
class Unfinished:
    """A query that was computed and is yet to be decoded.

    Attributes:
        query: as the model was asked, ``uint8 [T, H, W, 3]``.
        raws: the model's pictures ``[T, S, S, 3]``, one for each context.
        predictors: what made them, in the same order.
        seed: the query's own.
    """

    query: Clip
    raws: tuple[Clip, ...]
    predictors: tuple[Predictor, ...]
    seed: int

    @property
    def context(self) -> tuple[str, ...]:
        """The ids of the pairs of the first context."""
        return self.predictors[0].context_ids


class Answerer:
    """Answers queries with one task and one way to choose contexts and to sample.

    Args:
        pipeline: the model.
        choice: the context set, and which pairs of it each query gets.
        task: gives the codecs; None: answers are plain RGB pictures.
        sampling: grid, guidance and solver; by default what `default_sampling` says.

    Attributes:
        codec: of the answers.
        query_length, answer_length: frames of a query and of an answer.

    Raises ConfigError for an ensemble whose answers can't be averaged, InputError where the pairs of a context don't
    belong together.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        choice: ContextChoice,
        *,
        task: Task | None = None,
        sampling: SamplingConfig | None = None,
    ) -> None:
        self.pipeline, self.choice, self.task = pipeline, choice, task
        self.sampling = sampling or default_sampling(pipeline, task)
        self._kept: OrderedDict[Context, Predictor] = OrderedDict()
        first = self.predictor
        self.codec = first.codec
        self.query_length, self.answer_length = first.query_length, first.answer_length
        if choice.ensemble > 1 and not isinstance(self.codec, Averageable):
            raise ConfigError(
                f"an ensemble of {choice.ensemble}: answers of {'this task' if task is None else task.name} can't be "
                f"averaged (its codec has no 'average'); leave the ensemble away"
            )

    @property
    def predictor(self) -> Predictor:
        """What answers with the first context of the choice."""
        return self._predictor(self.choice.first)

    @property
    def fingerprint(self) -> str:
        """A sha256 of all that decides an answer beside query and seed: model, dtype, task, contexts, sampling."""
        shared = self.choice.shared
        chosen = [self._predictor(context).fingerprint for context in shared or (self.choice.first,)]
        if shared is None:
            chosen.append(self.choice.fingerprint)
        if len(chosen) == 1:
            return chosen[0]
        return hashlib.sha256(json.dumps(chosen).encode()).hexdigest()

    def prepare(self, picture: Clip, key: str, seed: int) -> Clip:
        """The query that the task makes from a clean picture; see `Predictor.prepare`."""
        return self.predictor.prepare(picture, key, seed)

    def compute(self, queries: Sequence[Clip], seeds: Sequence[int], *, like: Clip | None = None) -> list[Unfinished]:
        """The model's part: one batch of queries ``[T, H, W, 3]`` of any sizes, one seed each.

        Queries with the same context are computed together. ``like``: all get the contexts of this query, as the parts
        of one video must. Raises InputError for a query that isn't RGB, or has another number of frames than the
        context's inputs.
        """
        drawn = [self.predictor.drawn(query) for query in queries]
        contexts = [self.choice.of(query) for query in drawn] if like is None else [self.choice.of(like)] * len(drawn)
        raws: dict[tuple[int, int], Clip] = {}
        waiting: dict[Context, list[tuple[int, int]]] = {}
        for place, own in enumerate(contexts):
            for member, context in enumerate(own):
                waiting.setdefault(context, []).append((place, member))
        predictors = {context: self._predictor(context) for context in waiting}
        for context, places in waiting.items():
            # An ensemble may hold one context twice; a batch is never larger than the one that was given.
            for start in range(0, len(places), max(1, len(queries))):
                part = places[start : start + len(queries)]
                pictures = predictors[context].raw(
                    [drawn[place] for place, _ in part], [_member_seed(seeds[place], member) for place, member in part]
                )
                raws.update(zip(part, pictures, strict=True))
        return [
            Unfinished(
                query,
                tuple(raws[place, member] for member in range(len(own))),
                tuple(predictors[context] for context in own),
                seeds[place],
            )
            for place, (query, own) in enumerate(zip(drawn, contexts, strict=True))
        ]

    def finish(self, unfinished: Unfinished, *, size: OutputSize | tuple[int, int] = "native") -> Prediction:
        """Bring the model's pictures to their size, decode them, and average those of an ensemble.

        ``size`` may be a height and width too, where the query was made of something larger.
        Touches neither the model nor its device, so that it can be done in another thread.
        """
        query = unfinished.query
        native = (query.shape[1], query.shape[2])
        wanted = None if size == "model" else native if size == "native" else size
        answers = [
            predictor.finish(query, raw, unfinished.seed, size=wanted)
            for predictor, raw in zip(unfinished.predictors, unfinished.raws, strict=True)
        ]
        if len(answers) == 1 or not isinstance(self.codec, Averageable):
            return answers[0]
        value = self.codec.average([answer.value for answer in answers])
        contexts = tuple(answer.context for answer in answers)
        return replace(answers[0], rgb=picture_of(self.codec, value), value=value, contexts=contexts)

    def answer(self, queries: Sequence[Clip], seeds: Sequence[int], *, size: OutputSize = "native") -> list[Prediction]:
        """Answer one batch of queries: `compute`, then `finish`.

        An answer doesn't depend on what else is in the batch, beyond the rounding of the last bit.
        """
        return [self.finish(unfinished, size=size) for unfinished in self.compute(queries, seeds)]

    def _predictor(self, context: Context) -> Predictor:
        if context not in self._kept:
            pairs = [self.choice.pairs[place] for place in context]
            self._kept[context] = Predictor(self.pipeline, pairs, task=self.task, sampling=self.sampling)
            if len(self._kept) > _PREDICTORS_KEPT:
                self._kept.popitem(last=False)
        self._kept.move_to_end(context)
        return self._kept[context]


def _member_seed(seed: int, member: int) -> int:
    """Each answer of an ensemble starts from noise of its own; the first from that of an answer alone."""
    return seed if member == 0 else stable_seed("ensemble", seed, member)
