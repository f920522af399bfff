"""A loaded model: pictures to latents, condition to answer, latents to pictures."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor

from lavincli.flow.sampler import sample
from lavincli.model.config import LATENT_CHANNELS, ModelConfig
from lavincli.model.jdit import JDiT
from lavincli.model.stvae import STVAE


class Pipeline:
    """Both networks on one device, and what turns clips into their tensors and back."""

    def __init__(self, jdit: JDiT, stvae: STVAE, config: ModelConfig, *, fingerprint: str) -> None:
        self.jdit, self.stvae, self.config, self.fingerprint = jdit, stvae, config, fingerprint
        parameter = next(jdit.parameters())
        self.device, self.dtype = parameter.device, parameter.dtype

    @torch.inference_mode()
    def encode(self, clips: NDArray[np.uint8]) -> Tensor:
        """uint8 [B, T, H, W, 3] -> normalised posterior means, float32 [B, 16, T', H/8, W/8], on this device."""
        pixels = torch.from_numpy(np.array(clips)).to(self.device).permute(0, 4, 1, 2, 3)
        posterior = self.stvae.encode((pixels.float() / 127.5 - 1.0).to(self.dtype))
        return self.stvae.normalise(posterior.mean.float())

    @torch.inference_mode()
    def decode(self, latents: Tensor) -> NDArray[np.uint8]:
        """Normalised latents [B, 16, T', h, w] -> uint8 [B, T, 8 h, 8 w, 3], clamped, then truncated as published."""
        pixels = self.stvae.decode(self.stvae.denormalise(latents.to(self.device)).to(self.dtype)).float()
        scaled = (pixels / 2 + 0.5).clamp(0, 1) * 255
        clips: NDArray[np.uint8] = scaled.permute(0, 2, 3, 4, 1).to(torch.uint8).cpu().numpy()
        return clips

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
    ) -> Tensor:
        """Answer a condition: normalised latents [B, 16, Tc, h, w] -> float32 [B, 16, Tx, h, w].

        cond: in 1, target 1, in 2, target 2, ..., query, the last `query_frames` frames of it (by default as many as
        the answer has). noise: [B, 16, Tx, h, w]; by default `frames` frames an element, drawn on the CPU from `seed`
        (one number an element, so that an answer does not depend on its batch; a single number means seed, seed + 1,
        ...). grid: points of the published grid, or "uniform:N". Raises ValueError for shapes that do not belong
        together, ConfigError for an unknown grid or solver.
        """
        if noise is None:
            noise = self._noise(cond, seed, frames)
        return sample(
            self.jdit,
            cond.to(self.device),
            noise.to(self.device),
            guidance=guidance,
            grid=grid,
            solver=solver,
            query_frames=query_frames,
        )

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
