"""The velocity of one batch of targets at the places of a grid, with and without the context."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from torch import Tensor, cat

from lavincli.engine.compilation import Steps
from lavincli.engine.modulations import Modulations
from lavincli.engine.passes import Pass, place_table, tables_side_by_side
from lavincli.engine.steps import Streams
from lavincli.model.jdit import JDiT
from lavincli.model.layers import rms_times
from lavincli.model.patches import patchify
from lavincli.model.rope import Rotation


class Denoiser:
    """Runs the passes of one batch.

    Args:
        jdit: the model.
        modulations: its scales and gates at the grid's times.
        steps: what its blocks do, compiled or not.
        shape: of the targets, [B, 16, Tx, h, w].
        refresh: how many evaluations a joint model's condition stands still.
        packs: whether passes run side by side, or one after the other.
    """

    def __init__(
        self, jdit: JDiT, modulations: Modulations, steps: Steps, shape: Sequence[int], *, refresh: int, packs: bool
    ) -> None:
        self._jdit, self._modulations, self._steps = jdit, modulations, steps
        self._frames, self._height, self._width = shape[2:]
        self._refresh, self._packs = refresh, packs
        self._evaluation = 0

    def velocities(self, x: Tensor, place: int, passes: Sequence[Pass]) -> list[Tensor]:
        """Of every pass, float32 [B, 16, Tx, h, w], at x and at a place in the grid."""
        tokens = self._jdit.x_embedder(patchify(x).to(self._jdit.prompt_embed.dtype))
        found: dict[int, Tensor] = {}
        for group in self._groups(passes):
            out = self._run(tokens, place, [passes[i] for i in group])
            out = self._jdit.final_layer.linear(rms_times(out, self._modulations.final(place)))
            found.update(zip(group, out.split(tokens.shape[1], 1), strict=True))
        self._evaluation += 1
        time = self._modulations.time(place)
        return [self._jdit.velocity(found[i], x, time) for i in range(len(passes))]

    def _groups(self, passes: Sequence[Pass]) -> Iterable[list[int]]:
        """Which passes run together: those that read their condition, and those that remember it."""
        due = [one.due(self._evaluation, self._refresh) for one in passes]
        together = [[i for i, reads in enumerate(due) if reads == kind] for kind in (True, False)]
        return (part for group in together for part in ([group] if self._packs else [[i] for i in group]) if part)

    def _run(self, tokens: Tensor, place: int, group: list[Pass]) -> Tensor:
        x = cat([tokens] * len(group), 1) if len(group) > 1 else tokens
        table = tables_side_by_side([self._table(one.frames, self._frames, tokens) for one in group])
        if group[0].due(self._evaluation, self._refresh):
            return self._read(x, place, table, group)
        layers, of_x = self._jdit.layers(), self._modulations.at(place, "x")
        for i, (block, modulation) in enumerate(zip(layers, of_x, strict=True)):
            seen = [one.seen[i] for one in group if one.seen is not None]
            x = self._steps.target(block, x, modulation, table, seen)
        return x

    def _read(self, x: Tensor, place: int, table_x: Rotation, group: list[Pass]) -> Tensor:
        """A joint model's full step."""
        conditions = [one.tokens for one in group if one.tokens is not None]
        lengths = [part.shape[1] for part in conditions]
        cond = cat(conditions, 1) if len(conditions) > 1 else conditions[0]
        tables = tables_side_by_side([self._table(0, one.frames, x) for one in group]), table_x
        modulations = list(zip(self._modulations.at(place, "cond"), self._modulations.at(place, "x"), strict=True))
        streams, kept = Streams(cond, x), []
        *layers, last = self._jdit.layers()
        for block, pair in zip(layers, modulations[:-1], strict=True):
            streams, parts = self._steps.joint(block, streams, pair, tables, lengths)
            kept.append(parts)
        out: Tensor
        out, parts = self._steps.last(last, streams, modulations[-1], tables, lengths)
        if self._refresh > 1:
            for one, seen in zip(group, zip(*kept, parts, strict=True), strict=True):
                one.keep(list(seen), self._evaluation)
        return out

    def _table(self, first: int, frames: int, like: Tensor) -> Rotation:
        head_dim = self._jdit.config.head_dim
        return place_table(first, frames, self._height, self._width, head_dim, like.device, like.dtype)
