"""Scales and gates of every block at the times and step sizes of a grid, computed before the first step.

In the published code 27.5 % of a model's parameters are read at every step, to turn the time into the same few numbers
for every query.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch
from torch import Tensor

from lavincli.model.attention import Stream
from lavincli.model.jdit import JDiT
from lavincli.model.layers import Modulation


class Modulations:
    """Of one model at the times [S] of a grid and the step sizes there: tables of [S, 1, D] numbers, in its dtype."""

    def __init__(self, jdit: JDiT, times: Sequence[float], steps: Sequence[float]) -> None:
        streams: tuple[Stream, ...] = ("cond", "x") if jdit.config.attention == "joint" else ("x",)
        device = jdit.prompt_embed.device
        self._times = torch.tensor(times, device=device)
        embedded = jdit.time(self._times, torch.tensor(steps, device=device))
        kinds = {"cond": embedded + jdit.prompt_embed, "x": embedded + jdit.answer_embed}
        layers = list(jdit.layers())
        self._of_blocks = {stream: [layer.modulation(stream, kinds[stream]) for layer in layers] for stream in streams}
        self._final = jdit.final_layer.scale(kinds["x"])

    def at(self, place: int, stream: Stream) -> list[Modulation]:
        """Of every block at one time of the grid, each number [1, 1, D]: for all elements of a batch and all tokens."""
        one = slice(place, place + 1)
        return [Modulation(*(table[one] for table in tables)) for tables in self._of_blocks[stream]]

    def time(self, place: int) -> Tensor:
        """[1], that of the grid."""
        return self._times[place : place + 1]

    def final(self, place: int) -> Tensor:
        """The head's scale at one time, [1, 1, D]."""
        return self._final[place : place + 1]
