"""One J-DiT block: attention and SwiGLU, each between two RMS norms, scaled and gated by the time."""

from __future__ import annotations

from collections.abc import Sequence

from torch import Tensor, cat, nn, split

from lavincli.model.attend import KeysValues
from lavincli.model.attention import JointAttention, Stream
from lavincli.model.config import JDiTConfig
from lavincli.model.layers import Modulation, SwiGLU, modulation_layer, read_modulation, rms_times
from lavincli.model.rope import Rotation


class JDiTBlock(nn.Module):
    """s = s + gate * RMS(f(scale * RMS(s))) for attention, then for the SwiGLU, on both streams."""

    def __init__(self, config: JDiTConfig) -> None:
        super().__init__()
        size = config.hidden_size
        self.joint_attn = JointAttention(config)
        self.cond_mlp = SwiGLU(size, config.mlp_size)
        self.x_mlp = SwiGLU(size, config.mlp_size)
        self.cond_modulation = modulation_layer(size, 4)
        self.x_modulation = modulation_layer(size, 4)

    def modulation(self, stream: Stream, time_bd: Tensor) -> Modulation:
        return read_modulation(self.get_submodule(f"{stream}_modulation"), time_bd)

    def joint(
        self, cond: Tensor, x: Tensor, time_cond: Tensor, time_x: Tensor, table_cond: Rotation, table_x: Rotation
    ) -> tuple[Tensor, Tensor]:
        """Every token attends to every token, condition first. Streams [B, N, D], times [B, D]."""
        mod_cond, mod_x = self.modulation("cond", time_cond), self.modulation("x", time_x)
        queries_cond, own_cond = self.joint_attn.project("cond", rms_times(cond, mod_cond.attention_scale), table_cond)
        queries_x, own_x = self.joint_attn.project("x", rms_times(x, mod_x.attention_scale), table_x)
        attended = self.joint_attn.attend(cat([queries_cond, queries_x], 2), own_cond.then(own_x))
        attended_cond, attended_x = split(attended, [cond.shape[1], x.shape[1]], dim=1)
        return self.update("cond", cond, attended_cond, mod_cond), self.update("x", x, attended_x, mod_x)

    def advance(
        self, stream: Stream, s_bnd: Tensor, time_bd: Tensor, table: Rotation, past: Sequence[KeysValues] = ()
    ) -> tuple[Tensor, KeysValues]:
        """One-way: these tokens attend to the parts of `past` and to one another.

        Returns them updated, and their own keys and values.
        """
        mod = self.modulation(stream, time_bd)
        queries, own = self.joint_attn.project(stream, rms_times(s_bnd, mod.attention_scale), table)
        return self.update(stream, s_bnd, self.joint_attn.attend(queries, *past, own), mod), own

    def keys_values(self, stream: Stream, s_bnd: Tensor, time_bd: Tensor, table: Rotation) -> KeysValues:
        """What `advance` gives second, alone: all that anybody reads of a condition's last block."""
        scale = self.modulation(stream, time_bd).attention_scale
        return self.joint_attn.keys_values(stream, rms_times(s_bnd, scale), table)

    def update(self, stream: Stream, s: Tensor, attended: Tensor, mod: Modulation) -> Tensor:
        """The stream after what its attention found, and after its feed-forward."""
        s = s + rms_times(self.joint_attn.output(stream, attended), mod.attention_gate)
        fed: Tensor = self.get_submodule(f"{stream}_mlp")(rms_times(s, mod.mlp_scale))
        return s + rms_times(fed, mod.mlp_gate)
