"""Models with random weights, for measurements that don't depend on what weights say."""

from __future__ import annotations

import torch

from lavincli.errors import ConfigError, UnknownNameError
from lavincli.model.config import ModelConfig
from lavincli.model.initialise import initialise
from lavincli.model.jdit import JDiT
from lavincli.model.presets import JDIT_PRESETS, STVAE_PRESETS
from lavincli.model.stvae import STVAE
from lavincli.pipeline.pipeline import Pipeline


def random_config(preset: str, resolution: int) -> ModelConfig:
    """A preset's networks at a resolution in pixels. Raises UnknownNameError or ConfigError."""
    if preset not in JDIT_PRESETS:
        raise UnknownNameError(preset, kind="preset", known=JDIT_PRESETS)
    if resolution % 16:
        raise ConfigError(f"--resolution {resolution}: not a multiple of 16, as patches of latents need it")
    return ModelConfig(
        name=f"random-{preset}",
        jdit=JDIT_PRESETS[preset].model_copy(update={"attention": "joint"}),
        stvae=STVAE_PRESETS["tiny" if preset == "tiny" else "published"],
        resolution=resolution,
    )


def random_pipeline(config: ModelConfig, *, device: torch.device, dtype: torch.dtype) -> Pipeline:
    """The J-DiT's gates half open and its head not zero, so that errors can be seen. The same weights every time."""
    torch.manual_seed(0)
    with device:
        jdit, stvae = JDiT(config.jdit), STVAE(config.stvae)
    initialise(jdit, gate_bias=0.5)
    torch.nn.init.normal_(jdit.final_layer.linear.weight, std=0.05)
    for network in (jdit, stvae):
        network.to(dtype).eval().requires_grad_(False)
    return Pipeline(jdit, stvae, config, fingerprint="random")
