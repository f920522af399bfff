"""A training recipe, validated: every key of the YAML files in `recipes/`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

from pydantic import Field, model_validator

from lavincli.model.config import JDiTConfig, SamplingChanges, SamplingConfig, STVAEConfig
from lavincli.train.data_config import ClipsConfig, DataConfig, SequenceConfig, Settings, Share
from lavincli.train.time_config import ShortcutConfig, TimeConfig
from lavincli.train.watch.settings import GuardConfig

_FEWEST_HELD_OUT = 3


class OptimizerConfig(Settings):
    """AdamW, or Muon for the matrices inside blocks with AdamW for the rest (same learning rate, RMS matched)."""

    name: Literal["adamw", "muon"] = "adamw"
    learning_rate: float = Field(gt=0)
    weight_decay: float = Field(default=0.0, ge=0)
    betas: tuple[float, float] = (0.9, 0.99)
    clip: float = Field(default=1.0, gt=0)
    warmup_steps: int = Field(default=100, ge=0)
    schedule: Literal["constant", "cosine", "linear"] = "cosine"
    final_share: Share = 0.05


class PerceptualConfig(Settings):
    """L2 between normalised features of a VGG16 trunk (safetensors file); `pictures` of each batch, to save time.

    Frames of clips are pictures: others of each clip from step to step.
    """

    trunk: Path
    weight: float = Field(gt=0)
    start_step: int = Field(default=0, ge=0)
    pictures: int = Field(default=4, gt=0)


class AdversarialConfig(Settings):
    """Patch discriminator with hinge loss and an adaptive weight (VQGAN, arXiv 2012.09841), from `start_step` on."""

    weight: float = Field(gt=0)
    start_step: int = Field(ge=0)
    channels: int = Field(default=16, gt=0, multiple_of=4)
    learning_rate: float = Field(default=2e-4, gt=0)


class GuidanceConfig(Settings):
    """Pulls the encoder's means to the linear PCA of 8x8 patches while training begins; fades to 0 at `until_step`."""

    weight: float = Field(gt=0)
    until_step: int = Field(gt=0)


class STVAELossConfig(Settings):
    """Weights of the ST-VAE's losses; null leaves one out."""

    mse: float = Field(default=1.0, ge=0)
    l1: float = Field(default=0.0, ge=0)
    kl: float = Field(default=1e-6, ge=0)
    perceptual: PerceptualConfig | None = None
    adversarial: AdversarialConfig | None = None
    pca: GuidanceConfig | None = None


class InitialisationConfig(Settings):
    """Both 0 as published; see `lavincli.model.initialise`."""

    gate_bias: float = 0.0
    positional_heads: float = Field(default=0.0, ge=0)


class DistributedConfig(Settings):
    """How the work of a step is shared out. The batch of a step doesn't depend on it, nor does the loss curve.

    zero_stage: what DeepSpeed shards over the processes: 0 nothing, 1 the optimiser's state, 2 the gradients too, 3 the
    weights too; null means 2 (0 with Muon) with several processes, and plain PyTorch with one. offload: where the
    optimiser's state lives. activation_checkpointing: recompute what a block did in the backward pass instead of
    keeping it. accumulation: parts that a process's share of a batch is computed in, one after the other.
    stall_seconds: a process that is late by so much is named. timeout_seconds: then the run ends.
    """

    zero_stage: Literal[0, 1, 2, 3] | None = None
    offload: Literal["none", "cpu"] = "none"
    activation_checkpointing: bool = False
    accumulation: int = Field(default=1, gt=0)
    stall_seconds: float = Field(default=60.0, gt=0)
    timeout_seconds: float = Field(default=1800.0, gt=0)

    @model_validator(mode="after")
    def _something_to_offload(self) -> DistributedConfig:
        if self.offload != "none" and not self.zero_stage:
            raise ValueError(f"offload={self.offload} is DeepSpeed's, with zero_stage 1, 2 or 3: say which")
        return self


class _TrainConfig(Settings):
    out: Path
    seed: int = 0
    steps: int = Field(gt=0)
    batch_size: int = Field(gt=0)
    data: DataConfig
    optimizer: OptimizerConfig
    distributed: DistributedConfig = DistributedConfig()
    ema_decay: Share = 0.999
    precision: Literal["float32", "bfloat16"] = "float32"
    device: str = "cpu"
    threads: int | None = Field(default=None, gt=0)
    checkpoint_seconds: float = Field(default=120.0, gt=0)
    keep_checkpoints: int = Field(default=2, gt=0)
    keep_best: bool = True
    log_every: int = Field(default=20, gt=0)
    validate_every: int = Field(default=500, gt=0)
    sample_every: int | None = Field(default=None, gt=0)
    guard: GuardConfig = GuardConfig()
    start_from: Path | None = None

    @model_validator(mode="after")
    def _whole_matrices(self) -> _TrainConfig:
        stage = self.distributed.zero_stage
        if self.optimizer.name == "muon" and stage:
            raise ValueError(
                f"Muon orthogonalises whole matrices, and ZeRO stage {stage} leaves each process a piece of them: "
                "set distributed.zero_stage=0 or optimizer.name=adamw"
            )
        return self


class STVAETrainConfig(_TrainConfig):
    """Recipe of an ST-VAE (`network: stvae`)."""

    network: Literal["stvae"]
    stvae: STVAEConfig
    clips: ClipsConfig = ClipsConfig()
    loss: STVAELossConfig = STVAELossConfig()
    freeze_encoder: bool = False

    @model_validator(mode="after")
    def _pictures(self) -> STVAETrainConfig:
        if self.data.latents is not None:
            raise ValueError("data.latents holds latents, but an ST-VAE is trained on pictures: give data.roots")
        if self.data.other_sizes:
            raise ValueError("data.other_sizes are for a J-DiT: an ST-VAE learns from one size, and works at all")
        return self

    @model_validator(mode="after")
    def _last_layer_whole(self) -> STVAETrainConfig:
        if self.loss.adversarial is not None and self.distributed.zero_stage == 3:
            raise ValueError(
                "the adversarial loss is weighed by gradients of the decoder's last layer, of which ZeRO stage 3 "
                "leaves each process a piece: set distributed.zero_stage=2"
            )
        return self

    @model_validator(mode="after")
    def _something_to_freeze(self) -> STVAETrainConfig:
        if self.freeze_encoder and self.start_from is None:
            raise ValueError(
                "freeze_encoder keeps the encoder of start_from: name the folder of a trained ST-VAE there"
            )
        return self


class JDiTTrainConfig(_TrainConfig):
    """Recipe of a J-DiT (`network: jdit`), trained in the latent space of the ST-VAE in the folder `stvae`.

    compile: whether the blocks are compiled (`torch.compile`), which pays off in a long run of few shapes.
    """

    network: Literal["jdit"]
    name: str = "model"
    compile: bool = False
    jdit: JDiTConfig
    stvae: Path
    time: TimeConfig = TimeConfig()
    shortcut: ShortcutConfig | None = None
    sequence: SequenceConfig = SequenceConfig()
    initialisation: InitialisationConfig = InitialisationConfig()
    l1: float = Field(default=0.1, ge=0)
    license: str = "unknown"
    sampling: SamplingConfig = SamplingConfig()
    task_sampling: dict[str, SamplingChanges] = Field(default={}, exclude_if=lambda tasks: not tasks)

    @model_validator(mode="after")
    def _tasks_that_are_sampled(self) -> JDiTTrainConfig:
        if others := self.task_sampling.keys() - self.data.tasks.keys():
            raise ValueError(f"task_sampling: {', '.join(sorted(others))} is not among the tasks")
        return self

    @model_validator(mode="after")
    def _told_of_steps(self) -> JDiTTrainConfig:
        if self.shortcut is not None and not self.jdit.step_size:
            raise ValueError("shortcut is for a network that is told the size of a step: set jdit.step_size=true")
        return self

    @model_validator(mode="after")
    def _whole_graphs(self) -> JDiTTrainConfig:
        if self.compile and self.distributed.activation_checkpointing:
            raise ValueError(
                "compile and distributed.activation_checkpointing both replace what a block does: one only"
            )
        if self.compile and self.distributed.zero_stage == 3:
            raise ValueError("compile needs whole weights in every block: set distributed.zero_stage=2")
        return self

    @model_validator(mode="after")
    def _enough_pairs(self) -> JDiTTrainConfig:
        needed = self.sequence.pairs + self.sequence.queries
        if self.data.latents is None and self.data.fewest_pairs < needed:
            raise ValueError(
                f"data.pairs_per_task must be at least sequence.pairs + sequence.queries = {needed}, in every rendering"
            )
        if self.sequence.tokens is not None and self.batch_size % self.sequence.multiple:
            raise ValueError(
                f"batch_size {self.batch_size} must be a multiple of sequence.multiple {self.sequence.multiple}"
            )
        if self.data.held_out_pairs < _FEWEST_HELD_OUT:
            raise ValueError(
                f"data.held_out_pairs must be at least {_FEWEST_HELD_OUT}: two as context and one to answer"
            )
        return self


TrainConfig = Annotated[STVAETrainConfig | JDiTTrainConfig, Field(discriminator="network")]
