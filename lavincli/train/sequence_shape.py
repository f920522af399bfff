"""Tokens of in-context sequences, and how many contexts a batch has."""

from __future__ import annotations

from dataclasses import dataclass

from lavincli.model.config import SPATIAL_COMPRESSION, TEMPORAL_COMPRESSION
from lavincli.model.patches import PATCH
from lavincli.train.data_config import SequenceConfig


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


def sequence_shape(settings: SequenceConfig, pairs: int, frames: tuple[int, int], frame: int) -> SequenceShape:
    """A context of so many pairs with its queries and targets.

    Args:
        settings: how many share a context and a query.
        pairs: of the context.
        frames: latent frames of an input and of a target.
        frame: tokens of a latent frame.
    """
    source, target = (length * frame for length in frames)
    return SequenceShape(pairs * (source + target), source, target, settings.queries, settings.noises)


def contexts_in_batch(settings: SequenceConfig, batch_size: int, shape: SequenceShape, *, shared: bool) -> int:
    """As many as `sequence.tokens` allows: at most `batch_size`, and a multiple of `sequence.multiple`.

    0 where the budget is too small even for those.
    """
    if settings.tokens is None:
        return batch_size
    most = min(batch_size, settings.tokens // shape.tokens(shared=shared))
    return most - most % settings.multiple
