"""J-DiT: the joint diffusion transformer that denoises the target's latents beside the clean context.

LaVin-DiT, section 3.3.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import cast

import torch
from torch import Tensor, nn

from lavincli.model.attend import KeysValues
from lavincli.model.block import JDiTBlock
from lavincli.model.config import LATENT_CHANNELS, JDiTConfig
from lavincli.model.layers import TimeEmbedder, modulation_layer, rms_times
from lavincli.model.patches import PATCH, patchify, unpatchify
from lavincli.model.preconditioning import preconditioned_velocity
from lavincli.model.rope import Rotation, rotation

TOKEN_FEATURES = PATCH * PATCH * LATENT_CHANNELS


@dataclass(frozen=True, slots=True)
class Memory:
    """What later tokens of a one-way model read of a condition.

    Attributes:
        blocks: for every block its keys and values, in parts: the context's, whose batch may be smaller, then the
            query's. Parts are never copied.
        frames: of the whole condition.
    """

    blocks: tuple[tuple[KeysValues, ...], ...]
    frames: int


class FinalLayer(nn.Module):
    """linear((1 + scale) * RMS(x)), the scale read from the time."""

    def __init__(self, size: int) -> None:
        super().__init__()
        self.linear = nn.Linear(size, TOKEN_FEATURES)
        self.adaLN_modulation = modulation_layer(size, 1)

    def forward(self, x_bnd: Tensor, time_bd: Tensor) -> Tensor:
        out: Tensor = self.linear(rms_times(x_bnd, self.scale(time_bd)))
        return out

    def scale(self, time_bd: Tensor) -> Tensor:
        """1 + scale at a time: [B, 1, D]."""
        read: Tensor = self.adaLN_modulation(time_bd).unsqueeze(1)
        return 1 + read


class JDiT(nn.Module):
    """Velocity of the target's latents given a condition; `config.attention` says who attends to whom."""

    def __init__(self, config: JDiTConfig) -> None:
        super().__init__()
        self.config = config
        size = config.hidden_size
        self.prompt_embed = nn.Parameter(torch.empty(1, size))
        self.answer_embed = nn.Parameter(torch.empty(1, size))
        self.cond_embedder = nn.Sequential(nn.Linear(TOKEN_FEATURES, size), nn.LayerNorm(size))
        self.x_embedder = nn.Sequential(nn.Linear(TOKEN_FEATURES, size), nn.LayerNorm(size))
        self.t_embedder = TimeEmbedder(size)
        self.step_embedder = TimeEmbedder(size) if config.step_size else None
        self.blocks = nn.ModuleList(JDiTBlock(config) for _ in range(config.depth))
        self.final_layer = FinalLayer(size)

    def forward(
        self, x: Tensor, t: Tensor, cond: Tensor, *, query_frames: int | None = None, step: Tensor | None = None
    ) -> Tensor:
        """Velocity at x.

        x: normalised latents [B, 16, Tx, h, w] at flow time t [B] (0 noise, 1 data); cond: clean normalised latents
        [B, 16, Tc, h, w], context then query. Returns float32 like x. A one-way model needs to know how many of the
        last frames of cond are the query: `query_frames`, by default as many as x has. step: as in `time`. Raises
        ValueError for shapes that do not belong together.
        """
        self.check(x, t, cond)
        if self.config.attention == "oneway":
            query = min(x.shape[2] if query_frames is None else query_frames, cond.shape[2])
            memory = self.remember(cond[:, :, : cond.shape[2] - query]) if cond.shape[2] > query else None
            return self.denoise(x, t, self.remember(cond[:, :, cond.shape[2] - query :], memory), step)
        table_cond, table_x = self._table(cond, 0), self._table(x, cond.shape[2])
        time = self.time(t, step)
        time_cond, time_x = time + self.prompt_embed, time + self.answer_embed
        cond_tokens, x_tokens = self.cond_embedder(self._tokens(cond)), self.x_embedder(self._tokens(x))
        for block in self.layers():
            cond_tokens, x_tokens = block.joint(cond_tokens, x_tokens, time_cond, time_x, table_cond, table_x)
        return self._velocity(x_tokens, time_x, x, t)

    def remember(self, cond: Tensor, past: Memory | None = None) -> Memory:
        """One-way: read condition frames [B, 16, T, h, w] after those of `past`.

        A context is read once and serves any number of queries: `past` may have a batch that divides B, each of its
        elements then serving B / batch neighbours.
        """
        assert self.config.attention == "oneway", "a joint model's condition depends on the target and can't be kept"
        first = 0 if past is None else past.frames
        table = self._table(cond, first)
        clean = torch.full((1,), self.config.condition_time, device=cond.device)
        time = self.t_embedder(clean) + self.prompt_embed
        tokens, kept = self.cond_embedder(self._tokens(cond)), []
        *layers, last = self.layers()
        for i, block in enumerate(layers):
            seen = () if past is None else past.blocks[i]
            tokens, own = block.advance("cond", tokens, time, table, seen)
            kept.append((*seen, own))
        kept.append((*(() if past is None else past.blocks[-1]), last.keys_values("cond", tokens, time, table)))
        return Memory(tuple(kept), first + cond.shape[2])

    def denoise(self, x: Tensor, t: Tensor, memory: Memory, step: Tensor | None = None) -> Tensor:
        """One-way: velocity at x [B, 16, Tx, h, w], t [B], reading a condition's memory (its batch divides B).

        The memory knows no step, as it knows no time: one serves steps of every size. step: as in `time`.
        """
        table = self._table(x, memory.frames)
        time = self.time(t, step) + self.answer_embed
        tokens = self.x_embedder(self._tokens(x))
        for block, past in zip(self.layers(), memory.blocks, strict=True):
            tokens, _ = block.advance("x", tokens, time, table, past)
        return self._velocity(tokens, time, x, t)

    def time(self, t: Tensor, step: Tensor | None = None) -> Tensor:
        """What the modulations read of flow times t [B] and, of a model that is told them, of step sizes [B]: [B, D].

        The velocity is then the mean one from t to t + step; at 0, the default, the one at t. Another model's is always
        that, whatever the step.
        """
        time: Tensor = self.t_embedder(t)
        if self.step_embedder is None:
            return time
        told: Tensor = self.step_embedder(torch.zeros_like(t) if step is None else step)
        return time + told

    def layers(self) -> Iterable[JDiTBlock]:
        """The blocks, with their type."""
        return cast("Iterable[JDiTBlock]", self.blocks)

    def _tokens(self, latents: Tensor) -> Tensor:
        return patchify(latents).to(self.prompt_embed.dtype)

    def _table(self, latents: Tensor, first_frame: int) -> Rotation:
        frames, height, width = latents.shape[2:]
        size = (frames, height // PATCH, width // PATCH, self.config.head_dim)
        return rotation(*size, first_frame=first_frame, device=latents.device)

    def _velocity(self, tokens: Tensor, time: Tensor, x: Tensor, t: Tensor) -> Tensor:
        return self.velocity(self.final_layer(tokens, time), x, t)

    def velocity(self, output: Tensor, x: Tensor, t: Tensor) -> Tensor:
        """Float32 [B, 16, Tx, h, w] from the head's tokens [B, N, 64], at x and its times [B] or [1]."""
        frames, height, width = x.shape[2:]
        out = unpatchify(output.float(), frames, height // PATCH, width // PATCH)
        return preconditioned_velocity(out, x, t) if self.config.preconditioned else out

    def check(self, x: Tensor, t: Tensor, cond: Tensor) -> None:
        """Raises ValueError for shapes that do not belong together."""
        for name, latents in (("x", x), ("cond", cond)):
            if latents.ndim != 5 or latents.shape[1] != LATENT_CHANNELS:
                raise ValueError(f"{name} must be [B, {LATENT_CHANNELS}, T, h, w], got {tuple(latents.shape)}")
        if x.shape[-2:] != cond.shape[-2:] or x.shape[0] != cond.shape[0] or t.shape != x.shape[:1]:
            raise ValueError(
                f"x {tuple(x.shape)}, t {tuple(t.shape)} and cond {tuple(cond.shape)} do not belong together"
            )
        if x.shape[-1] % PATCH or x.shape[-2] % PATCH:
            raise ValueError(f"latent sides must be even (patches of 2), got {tuple(x.shape[-2:])}")
