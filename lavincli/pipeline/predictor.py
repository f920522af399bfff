"""A pipeline bound to one task, one context and one way of sampling: what answers queries, a batch at a time."""

from __future__ import annotations

import hashlib
import json
from collections import OrderedDict, defaultdict
from collections.abc import Sequence
from typing import TYPE_CHECKING, Final
from weakref import WeakKeyDictionary

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.blocks import Codec, answer_resample_of, resample_of
from lavincli.clip import Clip, Pair
from lavincli.context.sequence import context_clips, latent_frames, to_working_size
from lavincli.engine.context import Context
from lavincli.errors import InputError
from lavincli.media.geometry import Resample, resize
from lavincli.model.config import SamplingConfig
from lavincli.pipeline.prediction import OutputSize, Prediction
from lavincli.registry import registry

if TYPE_CHECKING:
    from lavincli.cards.task import Task
    from lavincli.pipeline.pipeline import Pipeline

# Contexts that a pipeline keeps. The latents of one are small; what the 3.4B one-way model remembers of 8 pairs at 512
# pixels takes 830 MB.
_CONTEXTS_KEPT: Final = 8
_BYTES_KEPT: Final = 2**30
_FRAMES_ENCODED_AT_ONCE: Final = 8
_contexts: WeakKeyDictionary[Pipeline, OrderedDict[str, Context]] = WeakKeyDictionary()


def default_sampling(pipeline: Pipeline, task: Task | None) -> SamplingConfig:
    """How a model is sampled for a task; see `ModelConfig.sampling_of`. Without a task: as it is sampled."""
    config = pipeline.config
    return config.sampling if task is None else config.sampling_of(task.name, task.card.sampling)


class Predictor:
    """Answers queries with one task, context and way of sampling.

    Args:
        pipeline: the model.
        context: the pairs, in the order the model shall see them; of any size.
        task: gives the codecs; None: answers are plain RGB pictures.
        sampling: grid, guidance and solver; by default what `default_sampling` says.
        read: the context as this model read it before (`lavincli.engine.context_file`), which spares reading it again.

    Attributes:
        query_length: frames of a query: as many as the inputs of the context have.
        answer_length: frames of an answer: as many as the targets of the context have.
        read: the context as the model reads it.

    Raises InputError where the pairs of the context don't belong together.
    """

    def __init__(
        self,
        pipeline: Pipeline,
        context: Sequence[Pair],
        *,
        task: Task | None = None,
        sampling: SamplingConfig | None = None,
        read: Context | None = None,
    ) -> None:
        self.pipeline = pipeline
        self.context = tuple(context)
        self.task = task
        self.sampling = sampling or default_sampling(pipeline, task)
        self.codec: Codec = registry().block("codecs", "rgb")() if task is None else task.codec
        self._input_resample: Resample = "bicubic" if task is None else resample_of(task.input_codec)
        self._target_resample: Resample = resample_of(self.codec)
        clips = context_clips(
            self.context,
            pipeline.config.resolution,
            input_resample=self._input_resample,
            target_resample=self._target_resample,
        )
        self.query_length, self.answer_length = (len(clip) for clip in clips[:2])
        digest = hashlib.sha256()
        for clip in clips:
            digest.update(repr(clip.shape).encode() + clip.tobytes())
        self.context_hash = digest.hexdigest()
        self.read = _read_context(pipeline, clips, self.context_hash) if read is None else read

    @property
    def context_ids(self) -> tuple[str, ...]:
        """The ids of the pairs, in the order the model sees them."""
        return tuple(pair.key for pair in self.context)

    @property
    def fingerprint(self) -> str:
        """A sha256 of all that decides an answer beside query and seed: model, dtype, task, context, sampling."""
        parts = {
            "model": self.pipeline.fingerprint,
            "dtype": str(self.pipeline.dtype),
            "task": None if self.task is None else self.task.card.model_dump(mode="json"),
            "context": self.context_hash,
            "sampling": self.sampling.model_dump(mode="json"),
        }
        return hashlib.sha256(json.dumps(parts, sort_keys=True).encode()).hexdigest()

    def prepare(self, picture: Clip, key: str, seed: int) -> Clip:
        """The query that the task makes from a clean picture (gray, noisy, ...): ``[1, S, S, 3]`` at the working size.

        At that size, because that is where the model learned what noise or rain look like. Without a task, or where the
        task's input isn't made from its target, the picture is the query: it is given back as it is.
        """
        if self.task is None or not self.task.makes_inputs:
            return picture
        working = to_working_size(picture, self.pipeline.config.resolution, self._target_resample)
        return self.task.input_from(working, key=key, seed=seed)

    def raw(self, queries: Sequence[Clip], seeds: Sequence[int]) -> NDArray[np.uint8]:
        """The model's own pictures ``uint8 [B, T, S, S, 3]`` for queries of any size, one seed each.

        Raises InputError for a query that isn't RGB, or hasn't the number of frames that the context's inputs have.
        """
        for query in queries:
            if query.ndim != 4 or query.shape[3] != 3 or query.dtype != np.uint8:
                raise InputError(f"a query is a clip, uint8 [T, H, W, 3], not {query.dtype} {list(query.shape)}")
            if len(query) != self.query_length:
                raise InputError(
                    f"the query has {len(query)} frames, but the context's inputs have {self.query_length}: "
                    "give it in parts of that length, or a context that fits"
                )
        resolution = self.pipeline.config.resolution
        working = np.stack([to_working_size(query, resolution, self._input_resample) for query in queries])
        with torch.inference_mode():
            encoded = self.pipeline.encode(working)
            latents = self.pipeline.sample(
                encoded,
                context=self.read,
                guidance=self.sampling.guidance,
                grid=self.sampling.grid,
                solver=self.sampling.solver,
                guidance_interval=self.sampling.guidance_interval,
                refresh=self.sampling.refresh,
                seed=list(seeds),
                frames=latent_frames(self.answer_length),
            )
            return self.pipeline.decode(latents)

    def answer(self, queries: Sequence[Clip], seeds: Sequence[int], *, size: OutputSize = "native") -> list[Prediction]:
        """Answer one batch of queries ``[T, H, W, 3]`` of any sizes, one seed each.

        A clip that is the native value of the task's input codec (the two frames between which a flow is asked for) is
        drawn by it first. An answer doesn't depend on what else is in the batch, beyond the rounding of the last bit.
        """
        drawn = [self.drawn(query) for query in queries]
        pictures = self.raw(drawn, seeds)
        return [
            self.finish(query, raw, seed, size=None if size == "model" else (query.shape[1], query.shape[2]))
            for query, raw, seed in zip(drawn, pictures, seeds, strict=True)
        ]

    def drawn(self, query: Clip) -> Clip:
        """The query as a clip of RGB pictures: what the task's input codec draws of a native value, else as it is."""
        if self.task is None or len(query) == self.query_length:
            return query
        try:
            return self.task.input_codec.render(query)
        except ValueError:
            # Not its native value either: `raw` says how many frames are wanted.
            return query

    def finish(self, query: Clip, raw: Clip, seed: int, *, size: tuple[int, int] | None = None) -> Prediction:
        """Bring the model's picture of one query to a height and width (None: the model's own), and decode it."""
        rgb = raw if size is None else resize(raw, size, answer_resample_of(self.codec))
        shown = resize(query, (rgb.shape[1], rgb.shape[2]), self._input_resample)
        value = self.codec.decode(rgb, context=self.context, query=shown)
        name = None if self.task is None else self.task.name
        return Prediction(rgb, value, raw, name, self.context_ids, seed, self.sampling)


def _read_context(pipeline: Pipeline, clips: Sequence[Clip], key: str) -> Context:
    """A context encoded and read, kept for the contexts that a pipeline used last."""
    kept = _contexts.setdefault(pipeline, OrderedDict())
    key = f"{pipeline.way} {key}"
    if key not in kept:
        with torch.inference_mode():
            kept[key] = pipeline.context(torch.cat(_encode(pipeline, clips), dim=1)[None])
        while len(kept) > _CONTEXTS_KEPT or (len(kept) > 1 and sum(one.bytes for one in kept.values()) > _BYTES_KEPT):
            kept.popitem(last=False)
    kept.move_to_end(key)
    return kept[key]


def _encode(pipeline: Pipeline, clips: Sequence[Clip]) -> list[Tensor]:
    """Latents ``[16, T', h, w]`` of each clip; clips of one length are encoded together."""
    by_length: defaultdict[int, list[int]] = defaultdict(list)
    for place, clip in enumerate(clips):
        by_length[len(clip)].append(place)
    latents: dict[int, Tensor] = {}
    for length, places in by_length.items():
        at_once = max(1, _FRAMES_ENCODED_AT_ONCE // length)
        for start in range(0, len(places), at_once):
            part = places[start : start + at_once]
            latents.update(zip(part, pipeline.encode(np.stack([clips[place] for place in part])), strict=True))
    return [latents[place] for place in range(len(clips))]
