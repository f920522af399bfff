"""Settings of the two networks and of a model directory (`config.json`), validated."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Annotated, Any, Literal

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, field_validator, model_validator

from lavincli.errors import ConfigError
from lavincli.flow.grid_names import parse_grid

LATENT_CHANNELS = 16
SPATIAL_COMPRESSION = 8
TEMPORAL_COMPRESSION = 4

# The published constants: z_norm = (z - shift) * scale.
PUBLISHED_LATENT_SHIFT = 0.032470703125
PUBLISHED_LATENT_SCALE = 1.08936170213


class _Settings(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class JDiTConfig(_Settings):
    """Joint diffusion transformer (LaVin-DiT, section 3.3).

    `attention` is `joint` (published: every token attends to every token) or `oneway` (context tokens attend to the
    context, query tokens to context and query, target tokens to all; the condition stream is modulated with
    `condition_time`). `step_size`: the network is also told the size of the step that its velocity is for (shortcut
    models, arXiv 2410.12557). `preconditioned`: its output is scaled, and a share of the noisy target added, so that it
    need not carry the noise (see `lavincli.model.preconditioning`).
    """

    hidden_size: int = Field(gt=0)
    depth: int = Field(gt=0)
    num_heads: int = Field(gt=0)
    kv_group: int = Field(gt=0)
    attention: Literal["joint", "oneway"] = "joint"
    condition_time: float = Field(default=1.0, ge=0.0, le=1.0)
    # Left out where it is off: models without it are what they were, by their fingerprints too.
    step_size: bool = Field(default=False, exclude_if=lambda told: not told)
    preconditioned: bool = Field(default=False, exclude_if=lambda is_so: not is_so)

    @property
    def head_dim(self) -> int:
        return self.hidden_size // self.num_heads

    @property
    def kv_heads(self) -> int:
        return self.num_heads // self.kv_group

    @property
    def mlp_size(self) -> int:
        """Width of the SwiGLU: 64 * floor((8 D / 3) / 64), the integer part of 8 D / 3 first."""
        return 64 * ((8 * self.hidden_size // 3) // 64)

    @model_validator(mode="after")
    def _divisible(self) -> JDiTConfig:
        if self.hidden_size % self.num_heads:
            raise ValueError(f"hidden_size {self.hidden_size} is not a multiple of num_heads {self.num_heads}")
        if self.head_dim % 6:
            raise ValueError(f"head_dim {self.head_dim} is not a multiple of 6 (three axes, rotated in pairs)")
        if self.num_heads % self.kv_group:
            raise ValueError(f"num_heads {self.num_heads} is not a multiple of kv_group {self.kv_group}")
        if self.mlp_size == 0:
            raise ValueError(f"hidden_size {self.hidden_size} is too small: the feed-forward width would be 0")
        return self


class STVAEConfig(_Settings):
    """Spatio-temporal VAE (LaVin-DiT, section 3.2); `norm_groups` is 32 as published."""

    block_out_channels: tuple[int, int, int, int]
    layers_per_block: int = Field(gt=0)
    norm_groups: int = Field(default=32, gt=0)
    latent_shift: float = PUBLISHED_LATENT_SHIFT
    latent_scale: float = Field(default=PUBLISHED_LATENT_SCALE, gt=0)

    @model_validator(mode="after")
    def _divisible(self) -> STVAEConfig:
        for channels in self.block_out_channels:
            if channels <= 0 or channels % self.norm_groups:
                raise ValueError(f"block_out_channels {channels} is not a multiple of norm_groups {self.norm_groups}")
        return self


class SamplingConfig(_Settings):
    """How a model is sampled unless the caller says otherwise.

    Attributes:
        grid: `published:N`, `uniform:N` or `shifted:N:FACTOR`: N points, N - 1 steps (`lavincli.flow.time_grid`).
        guidance: 1 is none.
        solver: `euler`, `heun` (two evaluations a step) or `ab2` (two-step Adams-Bashforth).
        guidance_interval: times (from, to) between which guidance is applied (arXiv 2404.07724); elsewhere it is 1, and
            costs nothing. None: throughout.
        refresh: joint models: the condition is read anew at every so many-th evaluation, and stands still in between.
            1 is exact; a larger one is approximate. One-way models always read it once, exactly.
    """

    grid: str = "published:20"
    guidance: float = 1.5
    solver: Literal["euler", "heun", "ab2"] = "euler"
    guidance_interval: tuple[float, float] | None = None
    refresh: int = Field(default=1, ge=1)

    @field_validator("grid")
    @classmethod
    def _known_grid(cls, grid: str) -> str:
        if grid.isdecimal():
            raise ValueError(f"grid '{grid}': write published:{grid}, uniform:{grid} or shifted:{grid}:FACTOR")
        try:
            parse_grid(grid)
        except ConfigError as error:
            raise ValueError(error.message) from error
        return grid

    @field_validator("guidance_interval")
    @classmethod
    def _rising_interval(cls, interval: tuple[float, float] | None) -> tuple[float, float] | None:
        if interval is not None and not 0 <= interval[0] < interval[1] <= 1:
            raise ValueError(f"guidance_interval {list(interval)}: expected two times, 0 <= from < to <= 1")
        return interval


def _some_of_sampling(changes: dict[str, Any]) -> dict[str, Any]:
    SamplingConfig.model_validate(changes)
    return changes


SamplingChanges = Annotated[dict[str, Any], AfterValidator(_some_of_sampling)]
"""Some settings of `SamplingConfig`, by name."""


class ModelConfig(_Settings):
    """`config.json` of a model directory.

    `task_sampling`: what is different from `sampling` for a task, by its name: one step where that is best.
    """

    name: str = "model"
    format: Literal[1] = 1
    jdit: JDiTConfig
    stvae: STVAEConfig
    resolution: int = Field(default=512, gt=0, multiple_of=2 * SPATIAL_COMPRESSION)
    context_pairs: int = Field(default=4, gt=0)
    sampling: SamplingConfig = SamplingConfig()
    task_sampling: dict[str, SamplingChanges] = Field(default={}, exclude_if=lambda tasks: not tasks)
    license: str = "unknown"

    def sampling_of(self, task: str, asked_for: Mapping[str, Any]) -> SamplingConfig:
        """How a task is sampled unless the caller says otherwise.

        As the model says of it, else as its card asks for (`asked_for`), else as all tasks are.
        """
        changes = {**asked_for, **self.task_sampling.get(task, {})}
        return SamplingConfig.model_validate(self.sampling.model_dump() | changes)
