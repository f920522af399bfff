"""How far a set of clips is from another set of clips, by features that see motion too."""

from __future__ import annotations

import functools
from typing import TYPE_CHECKING, Final

import numpy as np

from lavincli.builtins.frechet_distance import FrechetDistance, Vectors
from lavincli.clip import Clip

if TYPE_CHECKING:
    import torch
    from torch import nn

_KEY: Final = "frechet_video_distance"
_SIZE: Final = 128
"""Height and width that clips are brought to before the bundled encoder sees them."""
_KEPT: Final = 8


class FrechetVideoDistance(FrechetDistance):
    """Fréchet distance between Gaussians fitted to one vector a clip, of all predictions and of all targets.

    As the Fréchet video distance (Unterthiner et al., arXiv 1812.01717), on the features at hand: only on those of I3D
    trained on Kinetics-400, which can be handed over as a module, is it the published FVD. Single frames that look
    right but don't belong together cost little in `frechet_distance`, and much here.

    Args:
        features: "model": the bundled model's encoder, which sees 4 frames at a time: mean over places and time of its
            coarsest features, how much they change from one moment to the next, and how far they stray (288
            numbers). Or any torch module: ``float32 [B, 3, T, H, W]`` in -1..1 -> ``[B, D]``.
    """

    def __init__(self, *, features: str | nn.Module = "model") -> None:
        if isinstance(features, str) and features != "model":
            raise ValueError(f"features is 'model' or a torch module, not {features!r}")
        super().__init__(features=features)
        self._key = _KEY
        self.higher_is_better = {_KEY: False}

    def _vectors(self, clip: Clip) -> Vectors:
        if isinstance(self._features, str):
            return _bundled_vectors(clip.tobytes(), clip.shape)
        import torch

        with torch.inference_mode():
            found = self._features.eval()(_pixels(clip))
        if found.ndim != 2 or len(found) != 1:
            raise ValueError(f"a feature module for clips gives [B, D]; this one gave {list(found.shape)}")
        return np.asarray(found.double().cpu().numpy())


@functools.lru_cache(maxsize=_KEPT)
def _bundled_vectors(pixels: bytes, shape: tuple[int, ...]) -> Vectors:
    import torch
    import torch.nn.functional as F

    from lavincli.builtins.features import EncoderFeatures, bundled_features

    encoder = bundled_features()
    assert isinstance(encoder, EncoderFeatures)
    frames = _pixels(np.frombuffer(pixels, np.uint8).reshape(shape))[0].transpose(0, 1)
    with torch.inference_mode():
        if frames.shape[2:] != (_SIZE, _SIZE):
            frames = F.interpolate(frames, (_SIZE, _SIZE), mode="bilinear", antialias=True)
        hidden = encoder.conv_in(frames.transpose(0, 1)[None])
        for block in encoder.down_blocks:
            hidden = block(hidden)
        moments = hidden[0].double().mean(dim=(2, 3))  # [C, T']
        change = moments.diff(dim=1).abs().mean(dim=1) if moments.shape[1] > 1 else torch.zeros(len(moments))
        vector = torch.cat([moments.mean(dim=1), change.double(), moments.std(dim=1, correction=0)])
    return vector.numpy()[None]


def _pixels(clip: Clip) -> torch.Tensor:
    """``[1, 3, T, H, W]`` in -1..1."""
    import torch

    return torch.from_numpy(np.array(clip)).permute(3, 0, 1, 2)[None].float() / 127.5 - 1
