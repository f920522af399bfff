"""Settings that cannot be meant are refused with the reason."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from lavincli.model.config import JDiTConfig, ModelConfig, SamplingConfig, STVAEConfig

JDIT: dict[str, Any] = {"hidden_size": 48, "depth": 2, "num_heads": 4, "kv_group": 2}
STVAE: dict[str, Any] = {"block_out_channels": (32, 32, 32, 64), "layers_per_block": 1}


def test_derived_sizes() -> None:
    config = JDiTConfig(hidden_size=2304, depth=22, num_heads=32, kv_group=4)
    assert (config.head_dim, config.kv_heads, config.mlp_size) == (72, 8, 6144)
    # 8 * 100 / 3 = 266.67: its integer part, then down to a multiple of 64.
    assert JDiTConfig(hidden_size=96, depth=1, num_heads=4, kv_group=1).mlp_size == 256


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"num_heads": 5, "kv_group": 1}, "not a multiple of num_heads 5"),
        ({"hidden_size": 64}, "head_dim 16 is not a multiple of 6"),
        ({"kv_group": 3}, "num_heads 4 is not a multiple of kv_group 3"),
        ({"hidden_size": 18, "num_heads": 1, "kv_group": 1}, "feed-forward width would be 0"),
        ({"attention": "both"}, "joint"),
        ({"condition_time": 1.5}, "less than or equal to 1"),
        ({"dept": 3}, "not permitted"),
        ({"depth": 0}, "greater than 0"),
    ],
)
def test_jdit_settings_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        JDiTConfig(**JDIT | change)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"block_out_channels": (32, 32, 32, 48)}, "48 is not a multiple of norm_groups 32"),
        ({"block_out_channels": (32, 32, 32)}, "block_out_channels"),
        ({"latent_scale": 0.0}, "greater than 0"),
        ({"layers_per_block": 0}, "greater than 0"),
    ],
)
def test_stvae_settings_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        STVAEConfig(**STVAE | change)


def test_model_settings() -> None:
    config = ModelConfig(jdit=JDiTConfig(**JDIT), stvae=STVAEConfig(**STVAE))
    assert (config.resolution, config.context_pairs) == (512, 4)
    assert config.sampling == SamplingConfig(grid="published:20", guidance=1.5, solver="euler")
    assert ModelConfig.model_validate(config.model_dump(mode="json")) == config
    with pytest.raises(ValidationError, match="multiple of 16"):
        ModelConfig(jdit=config.jdit, stvae=config.stvae, resolution=40)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"grid": "random:5"}, "published:N, uniform:N or shifted:N:FACTOR"),
        ({"grid": "published:7"}, "even number"),
        ({"grid": "20"}, "write published:20"),
        ({"solver": "rk4"}, "heun"),
        ({"refresh": 0}, "greater than or equal to 1"),
        ({"guidance_interval": (0.5, 0.5)}, "from < to"),
        ({"guidance_interval": (-0.1, 0.5)}, "from < to"),
    ],
)
def test_sampling_settings_refused(change: dict[str, Any], reason: str) -> None:
    with pytest.raises(ValidationError, match=reason):
        SamplingConfig(**change)
