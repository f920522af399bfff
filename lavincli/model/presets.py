"""Named model sizes (LaVin-DiT, table 6 and the published 3.4B checkpoint)."""

from __future__ import annotations

from lavincli.model.config import JDiTConfig, STVAEConfig

JDIT_PRESETS: dict[str, JDiTConfig] = {
    "3.4b": JDiTConfig(hidden_size=2304, depth=22, num_heads=32, kv_group=4),
    "1.0b": JDiTConfig(hidden_size=1152, depth=26, num_heads=16, kv_group=4),
    "0.1b": JDiTConfig(hidden_size=576, depth=10, num_heads=8, kv_group=4),
    "tiny": JDiTConfig(hidden_size=192, depth=8, num_heads=8, kv_group=4, attention="oneway"),
}

STVAE_PRESETS: dict[str, STVAEConfig] = {
    "published": STVAEConfig(block_out_channels=(128, 256, 256, 512), layers_per_block=3),
    "tiny": STVAEConfig(block_out_channels=(16, 48, 96, 128), layers_per_block=1, norm_groups=8),
}
