"""The shapes of a recipe's batches, how often each comes, and how many tokens it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from lavincli.cards.task import Task
from lavincli.latents.store import open_store
from lavincli.media.clips import read_clip
from lavincli.media.files import IMAGE_SUFFIXES
from lavincli.pair_files import list_pairs
from lavincli.train.config import JDiTTrainConfig
from lavincli.train.data_config import DataConfig
from lavincli.train.sequence_shape import (
    SequenceShape,
    contexts_in_batch,
    latent_frames,
    sequence_shape,
    tokens_per_frame,
)

VIDEO = "video"
CLIP_FRAMES = 13
"""Frames of a clip where neither latents nor examples tell: what the video loaders read unless told otherwise."""

Lengths = tuple[int, int]


@dataclass(frozen=True, slots=True)
class BatchShape:
    """So many contexts of one shape."""

    sequence: SequenceShape
    contexts: int


def batch_shapes(config: JDiTTrainConfig, lengths: Mapping[str, Lengths]) -> dict[BatchShape, float]:
    """Every shape of a batch and its share of the steps.

    A batch has one number of pairs, 1..K alike often, or the null context of one frame, and clips of one length and
    size: those of a task drawn by its weight.
    """
    settings, shared = config.sequence, config.jdit.attention == "oneway"
    weights = {
        (size, name): of_size * weight
        for size, of_size in config.data.sizes.items()
        for name, weight in config.data.tasks.items()
    }
    shares: dict[BatchShape, float] = {}
    for (size, name), weight in weights.items():
        frame, (source, target) = tokens_per_frame(size), lengths[name]
        for pairs in settings.counts:
            shape = sequence_shape(settings, pairs, (latent_frames(source), latent_frames(target)), frame)
            contexts = contexts_in_batch(settings, config.batch_size, shape, shared=shared)
            drawn = weight / sum(weights.values()) / len(settings.counts)
            null = settings.null_context
            for context, share in ((shape.context, 1 - null), (frame, null)):
                if share > 0:
                    batch = BatchShape(replace(shape, context=context), contexts)
                    shares[batch] = shares.get(batch, 0.0) + share * drawn
    return shares


def clip_lengths(tasks: Mapping[str, Task], data: DataConfig) -> dict[str, Lengths]:
    """Frames of each task's input and target, as far as they are known before the data is read.

    From the store of latents if there is one, else from the task's own examples, else from its kind; at most
    `data.frames`.
    """
    stored = _stored(data.latents, data.size) if data.latents is not None else {}
    found = {name: stored[name] if name in stored else _lengths(task) for name, task in tasks.items()}
    if data.frames is None:
        return found
    return {name: (min(source, data.frames), min(target, data.frames)) for name, (source, target) in found.items()}


def _stored(path: Path, size: int) -> dict[str, Lengths]:
    if not path.exists():
        return {}
    return {found.info.task: found.info.frames for found in open_store(path).sets() if found.info.resolution == size}


def _lengths(task: Task) -> Lengths:
    folder = task.folder / "context"
    if folder.is_dir():
        first = list_pairs(folder)[0]
        return _frames(first.input), _frames(first.target)
    if task.forward is not None:
        source, target = _lengths(task.forward)
        return target, source
    return (CLIP_FRAMES, CLIP_FRAMES) if task.card.kind == VIDEO else (1, 1)


def _frames(path: Path) -> int:
    return 1 if path.suffix.lower() in IMAGE_SUFFIXES else len(read_clip(path))
