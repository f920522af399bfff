"""The shapes of a recipe's batches, how often each comes, and how many tokens it has."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from lavincli.cards.task import Task
from lavincli.latents.store import open_store
from lavincli.media.clips import read_clip
from lavincli.media.files import IMAGE_SUFFIXES
from lavincli.model.config import SPATIAL_COMPRESSION, TEMPORAL_COMPRESSION
from lavincli.model.patches import PATCH
from lavincli.pair_files import list_pairs
from lavincli.train.config import DataConfig, JDiTTrainConfig

VIDEO = "video"
CLIP_FRAMES = 13
"""Frames of a clip where neither latents nor examples tell: what the video loaders read unless told otherwise."""

Lengths = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SequenceShape:
    """One in-context sequence and what shares its parts, in tokens.

    Attributes:
        context, query, target: tokens of each part.
        queries: how many queries share a context.
        noises: how many targets share a query.
    """

    context: int
    query: int
    target: int
    queries: int = 1
    noises: int = 1

    @property
    def length(self) -> int:
        """Tokens that the target's tokens attend to."""
        return self.context + self.query + self.target

    def tokens(self, *, shared: bool) -> int:
        """Tokens that go through the network for one context: a one-way model shares what can be shared."""
        if not shared:
            return self.queries * self.noises * self.length
        return self.context + self.queries * (self.query + self.noises * self.target)


def latent_frames(frames: int) -> int:
    """Frames of a clip's latents."""
    return 1 + (frames - 1) // TEMPORAL_COMPRESSION


def tokens_per_frame(size: int) -> int:
    """Tokens of a latent frame of pictures of this height and width."""
    return (size // SPATIAL_COMPRESSION // PATCH) ** 2


def sequence_shapes(config: JDiTTrainConfig, lengths: Mapping[str, Lengths]) -> dict[SequenceShape, float]:
    """Every shape of a batch and its share of the steps.

    A batch has one number of pairs, 1..K alike often, or the null context of one frame, and clips of one length: those
    of a task drawn by its weight.
    """
    settings, frame = config.sequence, tokens_per_frame(config.data.size)
    total = sum(config.data.tasks.values())
    shares: dict[SequenceShape, float] = {}
    for name, weight in config.data.tasks.items():
        source, target = (latent_frames(frames) for frames in lengths[name])
        contexts = {1: settings.null_context}
        for pairs in range(1, settings.pairs + 1):
            frames = pairs * (source + target)
            contexts[frames] = contexts.get(frames, 0.0) + (1 - settings.null_context) / settings.pairs
        for frames, share in contexts.items():
            if share > 0:
                shape = SequenceShape(frames * frame, source * frame, target * frame, settings.queries, settings.noises)
                shares[shape] = shares.get(shape, 0.0) + share * weight / total
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
