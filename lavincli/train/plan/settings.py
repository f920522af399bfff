"""The settings that a step can be shared out by, and what of a network's state each leaves on a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from lavincli.train.config import DistributedConfig

FLOAT32, BFLOAT16 = 4, 2
STAGES = (0, 1, 2, 3)
# What DeepSpeed sets aside: a bucket that is reduced and one that is gathered (`lavincli.train.distributed.quirks`),
# and at most so many weights that are fetched at a time (its default of stage3_max_live_parameters).
_BUCKET = 200_000_000
_FETCHED = 1_000_000_000


@dataclass(frozen=True, slots=True)
class Setting:
    """What `distributed:` of a recipe can say that changes memory, traffic or time."""

    zero_stage: int
    offload: bool
    activation_checkpointing: bool
    accumulation: int

    @staticmethod
    def of(config: DistributedConfig, world: int, *, muon: bool) -> Setting:
        """What a recipe says, for so many processes; the stage that null means."""
        stage = config.zero_stage
        if stage is None:
            stage = 0 if world == 1 or muon else 2
        return Setting(stage, config.offload == "cpu", config.activation_checkpointing, config.accumulation)

    @staticmethod
    def all(batch: int, world: int, *, muon: bool) -> Iterator[Setting]:
        """Every setting that is offered for so many processes and a batch of this size."""
        share = batch // world
        for stage in (0,) if muon else STAGES:
            for offload in (False, True) if stage else (False,):
                for checkpointing in (False, True):
                    for accumulation in range(1, share + 1):
                        if share % accumulation == 0:
                            yield Setting(stage, offload, checkpointing, accumulation)

    def changes(self, other: Setting) -> list[str]:
        """What has to be written on the command line to come from `other` to this setting."""
        offload = "cpu" if self.offload else "none"
        values = {
            "zero_stage": (self.zero_stage, other.zero_stage, str(self.zero_stage)),
            "offload": (self.offload, other.offload, offload),
            "activation_checkpointing": (
                self.activation_checkpointing,
                other.activation_checkpointing,
                str(self.activation_checkpointing).lower(),
            ),
            "accumulation": (self.accumulation, other.accumulation, str(self.accumulation)),
        }
        return [f"distributed.{key}={text}" for key, (new, old, text) in values.items() if new != old]


@dataclass(frozen=True, slots=True)
class Weights:
    """Numbers of the networks that are trained, and bytes of what else is on every GPU.

    Attributes:
        all: parameters.
        trained: those with a gradient.
        optimizer: bytes that the optimiser remembers of them.
        frozen: bytes of networks that are only used.
    """

    all: int
    trained: int
    optimizer: int
    frozen: int = 0


@dataclass(frozen=True, slots=True)
class StateMemory:
    """Bytes on one GPU, and in its process's share of the host's memory.

    Attributes:
        weights: those of the networks, frozen ones too.
        copies: weights in bfloat16 for matrix products, or those that ZeRO-3 has fetched.
        gradients: of the weights.
        optimizer: float32 weights that are updated, where they are apart, and the optimiser's moments.
        average: the moving average of the weights.
        buffers: what DeepSpeed sends from and receives into.
        host: what offload leaves in the host's memory.
    """

    weights: int
    copies: int
    gradients: int
    optimizer: int
    average: int
    buffers: int
    host: int

    @property
    def total(self) -> int:
        """All on the GPU."""
        return self.weights + self.copies + self.gradients + self.optimizer + self.average + self.buffers


def state_memory(weights: Weights, setting: Setting, world: int, *, bfloat16: bool) -> StateMemory:
    """ZeRO's stages (arXiv 1910.02054), as DeepSpeed does them with float32 weights and autocast.

    Stage 1 shares out the optimiser's state and the average, 2 the gradients too, 3 the weights too. Measured on two
    processes: 20.0 bytes a parameter at stage 0, 14.0 at 1 and 2, 12.0 at 3, buffers apart.
    """
    stage = setting.zero_stage
    full, share = FLOAT32 * weights.trained, -(-FLOAT32 * weights.trained // world)
    moments = -(-weights.optimizer // (world if stage else 1))
    # DeepSpeed updates a copy of the process's share, also at stage 3, where the share is all there is.
    master, average = (share, share) if stage else (0, full)
    # At stage 1 sums are sent when a step is complete; until then each GPU has its own.
    whole = stage == 0 or (stage == 1 and setting.accumulation > 1)
    gradients = full if whole else share
    on_host = 0
    if setting.offload:
        # And what goes to and fro between host and GPU: new weights, or gradients.
        on_host = master + moments + average + share
        master = moments = average = 0
        if stage < 3:
            on_host, gradients = on_host + share, 0
    number = BFLOAT16 if bfloat16 else FLOAT32
    if stage == 3:
        kept, copies = -(-FLOAT32 * weights.all // world), number * min(weights.all, _FETCHED)
    else:
        kept, copies = FLOAT32 * weights.all, BFLOAT16 * weights.all if bfloat16 else 0
    buffers = 2 * FLOAT32 * min(_BUCKET, weights.trained) if world > 1 else 0
    return StateMemory(kept + weights.frozen, copies, gradients, master + moments, average, buffers, on_host)


def traffic(weights: Weights, setting: Setting, world: int, *, bfloat16: bool) -> int:
    """Bytes that one GPU sends in a step (and as many that it receives), by ring algorithms.

    Gradients are added up over the GPUs; from stage 1 on each gets its share of the sums and sends the weights that it
    has updated to all others; at stage 3 weights are fetched in the forward and again in the backward pass. Stages 2
    and 3 add up the gradients of every part that a step is accumulated of.
    """
    around = (world - 1) / world
    number = BFLOAT16 if bfloat16 else FLOAT32
    sent = {
        0: 2 * FLOAT32 * weights.trained,
        1: number * weights.trained + FLOAT32 * weights.trained,
        2: setting.accumulation * number * weights.trained + FLOAT32 * weights.trained,
        3: setting.accumulation * number * (weights.trained + 2 * weights.all),
    }
    return round(around * sent[setting.zero_stage])
