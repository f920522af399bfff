"""A loaded model: pictures to latents, condition to answer, latents to pictures."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any, Literal, TypedDict

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.engine.context import Context
from lavincli.engine.engine import Engine, State, weights_state
from lavincli.engine.reference import unfolded_stills
from lavincli.engine.stills import Stills
from lavincli.flow.sampler import sample
from lavincli.model.config import LATENT_CHANNELS, ModelConfig
from lavincli.model.jdit import JDiT
from lavincli.model.stvae import STVAE

Way = Literal["exact", "reference"]


class Pipeline:
    """Both networks on one device, and what turns clips into their tensors and back.

    Attributes:
        way: how answers are computed: "exact" (the engine) or "reference" (the plain published way: the same to
            rounding, for comparison).
    """

    def __init__(self, jdit: JDiT, stvae: STVAE, config: ModelConfig, *, fingerprint: str) -> None:
        self.jdit, self.stvae, self.config, self.fingerprint = jdit, stvae, config, fingerprint
        parameter = next(jdit.parameters())
        self.device, self.dtype = parameter.device, parameter.dtype
        self.way: Way = "exact"
        self._engine = Engine(jdit)
        self._stills: tuple[State, Stills] | None = None

    @property
    def compiles(self) -> bool:
        """Whether the J-DiT's blocks are compiled (`torch.compile`)."""
        return self._engine.compiles

    def compile(self) -> None:
        """Compile the J-DiT's blocks: the first batch of each shape takes longer, later ones less.

        Answers stay the same to rounding. Raises ConfigError where they can't be compiled.
        """
        self._engine = Engine(self.jdit, compiles=True)

    @torch.inference_mode()
    def encode(self, clips: NDArray[np.uint8]) -> Tensor:
        """uint8 [B, T, H, W, 3] -> normalised posterior means, float32 [B, 16, T', H/8, W/8], on this device."""
        pixels = torch.from_numpy(np.array(clips)).to(self.device).permute(0, 4, 1, 2, 3)
        scaled = (pixels.float() / 127.5 - 1.0).to(self.dtype)
        with self._way_of_stills() as stills:
            folds = stills is not None and scaled.shape[2] == 1
            posterior = stills.encode(scaled) if stills is not None and folds else self.stvae.encode(scaled)
        return self.stvae.normalise(posterior.mean.float())

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> NDArray[np.uint8]:
        """Normalised latents [B, 16, T', h, w] -> uint8 [B, T, 8 h, 8 w, 3], clamped, then truncated as published."""
        raw = self.stvae.denormalise(latents.to(self.device)).to(self.dtype)
        with self._way_of_stills() as stills:
            folds = stills is not None and raw.shape[2] == 1
            pixels = (stills.decode(raw) if stills is not None and folds else self.stvae.decode(raw)).float()
        scaled = (pixels / 2 + 0.5).clamp(0, 1) * 255
        clips: NDArray[np.uint8] = scaled.permute(0, 2, 3, 4, 1).to(torch.uint8).cpu().numpy()
        return clips

    def context(self, latents: Tensor) -> Context:
        """A task's context, from its latents [1, 16, Tc, h, w], for `sample`: a one-way model reads it here, once."""
        latents = latents.to(self.device)
        return Context(latents, None) if self.way == "reference" else self._engine.context(latents)

    @torch.inference_mode()
    def sample(
        self,
        cond: Tensor,
        noise: Tensor | None = None,
        *,
        guidance: float = 1.0,
        grid: int | str = 20,
        solver: str = "euler",
        seed: int | Sequence[int] = 0,
        frames: int = 1,
        query_frames: int | None = None,
        guidance_interval: tuple[float, float] | None = None,
        refresh: int = 1,
        context: Context | None = None,
    ) -> Tensor:
        """Answer a condition: normalised latents [B, 16, Tc, h, w] -> float32 [B, 16, Tx, h, w].

        cond: in 1, target 1, in 2, target 2, ..., query, the last `query_frames` frames of it (by default as many as
        the answer has); or the query alone, where `context` holds what comes before it and all elements share. noise:
        [B, 16, Tx, h, w]; by default `frames` frames an element, drawn on the CPU from `seed` (one number an element,
        so that an answer does not depend on its batch; a single number means seed, seed + 1, ...). grid: points of the
        published grid, or a name; solver, guidance_interval, refresh: as in `SamplingConfig`. Raises ValueError for
        shapes that do not belong together, ConfigError for an unknown grid or solver.
        """
        if noise is None:
            noise = self._noise(cond, seed, frames)
        cond, noise = cond.to(self.device), noise.to(self.device)
        settings: _Settings = {
            "guidance": guidance,
            "grid": grid,
            "solver": solver,
            "query_frames": query_frames,
            "guidance_interval": guidance_interval,
        }
        if self.way == "exact":
            return self._engine.sample(cond, noise, context=context, refresh=refresh, **settings)
        if context is not None:
            settings["query_frames"] = cond.shape[2]
            cond = torch.cat([context.latents.expand(len(cond), -1, -1, -1, -1), cond], dim=2)
        return sample(self.jdit, cond, noise, **settings)

    def predict(self, query: Any, task: Any = None, **options: Any) -> Any:
        """Answer one query or a list of them; see `lavincli.pipeline.predict.predict` for the options.

        query: clip `uint8 [1, H, W, 3]`, Pillow image or path. task: a task's name, or the context pairs themselves.
        Returns a Prediction (`.rgb`, `.value`), or a list where `query` is a list.
        """
        from lavincli.pipeline.predict import predict

        return predict(self, query, task, **options)

    def _noise(self, cond: Tensor, seed: int | Sequence[int], frames: int) -> Tensor:
        batch, _, _, height, width = cond.shape
        seeds = [seed + i for i in range(batch)] if isinstance(seed, int) else list(seed)
        if len(seeds) != batch:
            raise ValueError(f"{len(seeds)} seeds for a batch of {batch}")
        shape = (LATENT_CHANNELS, frames, height, width)
        return torch.stack([torch.randn(shape, generator=torch.Generator().manual_seed(s)) for s in seeds])

    @contextmanager
    def _way_of_stills(self) -> Iterator[Stills | None]:
        """The folded layers for stills; None, and no folding within the networks, where the published way is wanted."""
        if self.way == "reference":
            with unfolded_stills(self.stvae):
                yield None
            return
        state = weights_state(self.stvae)
        if self._stills is None or self._stills[0] != state:
            self._stills = state, Stills(self.stvae)
        yield self._stills[1]


class _Settings(TypedDict):
    guidance: float
    grid: int | str
    solver: str
    query_frames: int | None
    guidance_interval: tuple[float, float] | None
