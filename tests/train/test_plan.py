"""Plans: what they count, against what runs here, and what they refuse."""

from __future__ import annotations

import functools
import json
from collections import Counter
from typing import Any, Literal

import numpy as np
import pytest
import torch
import torch.nn.functional as F
from torch import Tensor
from torch.utils.flop_counter import FlopCounterMode

from lavincli.cli.main import main
from lavincli.errors import ConfigError
from lavincli.flow.loss import velocity_loss
from lavincli.model.config import JDiTConfig
from lavincli.model.jdit import JDiT
from lavincli.model.presets import JDIT_PRESETS
from lavincli.model.stvae import STVAE
from lavincli.registry import task
from lavincli.train.activation_checkpointing import recompute_blocks
from lavincli.train.config import JDiTTrainConfig, STVAETrainConfig
from lavincli.train.data_config import SequenceConfig
from lavincli.train.engine import LocalEngine
from lavincli.train.plan.activations import jdit_activations
from lavincli.train.plan.needs import JDiTNeeds
from lavincli.train.plan.operations import jdit_operations
from lavincli.train.plan.plan import GIGA, Machines, make_plan
from lavincli.train.plan.settings import Setting, Weights, state_memory, traffic
from lavincli.train.plan.shapes import batch_shapes, clip_lengths
from lavincli.train.plan.simulate import simulate
from lavincli.train.plan.stvae_step import STVAENetworks
from lavincli.train.recipe import read_recipe
from lavincli.train.sequence_shape import SequenceShape
from lavincli.train.sequences import SequenceBatches

# Two contexts of two pairs, each with two queries, each with two targets, at 8 x 8 latents.
SHAPE = SequenceShape(context=4 * 16, query=16, target=16, queries=2, noises=2)
CONTEXTS = 2
FULL = "jdit.hidden_size=2304 jdit.depth=22 jdit.num_heads=32 jdit.kv_group=4 jdit.attention=joint optimizer.name=adamw"


def network(kind: Literal["joint", "oneway"], *, width: int, depth: int) -> JDiT:
    jdit = JDiT(JDiTConfig(hidden_size=width, depth=depth, num_heads=8, kv_group=4, attention=kind))
    for parameter in jdit.parameters():
        torch.nn.init.normal_(parameter, std=0.02)
    return jdit


def step(jdit: JDiT, shape: SequenceShape = SHAPE, side: int = 8) -> Tensor:
    """A loss of latents of a shape, on the network's device."""
    device = jdit.prompt_embed.device
    queries, targets = CONTEXTS * shape.queries, CONTEXTS * shape.queries * shape.noises
    context, query, x = (
        torch.randn(batch, 16, frames, side, side, device=device)
        for batch, frames in ((CONTEXTS, 4), (queries, 1), (targets, 1))
    )
    t = torch.rand(targets, device=device)
    if jdit.config.attention == "oneway":
        velocity = jdit.denoise(x, t, jdit.remember(query, jdit.remember(context)))
    else:
        cond = torch.cat([context.repeat_interleave(4, 0), query.repeat_interleave(2, 0)], 2)
        velocity = jdit(x, t, cond)
    return velocity_loss(velocity, torch.randn_like(x), l1=0.1).mean()


@pytest.mark.parametrize(("name", "numbers"), [("3.4b", 3_398_976_064), ("1.0b", 1_004_133_952), ("0.1b", 97_203_520)])
def test_parameters_of_the_presets(name: str, numbers: int) -> None:
    config = read_recipe("smoke-jdit", ["optimizer.name=adamw"])
    assert isinstance(config, JDiTTrainConfig)
    needs = JDiTNeeds(config.model_copy(update={"jdit": JDIT_PRESETS[name]}), dict.fromkeys(config.data.tasks, (1, 1)))
    assert sum(needs.parameters.values()) == needs.weights.trained == numbers
    assert needs.weights.optimizer == pytest.approx(8 * numbers, rel=1e-4)


@pytest.mark.parametrize("kind", ["joint", "oneway"])
@pytest.mark.parametrize(("width", "depth"), [(96, 2), (192, 1)])
def test_operations_are_those_that_pytorch_counts(kind: Literal["joint", "oneway"], width: int, depth: int) -> None:
    jdit = network(kind, width=width, depth=depth)
    counted = jdit_operations(jdit.config, SHAPE).times(CONTEXTS)
    with FlopCounterMode(display=False) as pytorch:
        loss = step(jdit)
        forward = pytorch.get_total_flops()
        loss.backward()  # type: ignore[no-untyped-call]
    backward = pytorch.get_total_flops() - forward
    assert counted.forward == pytest.approx(forward, rel=0.02)
    assert counted.backward == pytest.approx(backward, rel=0.02)
    recompute_blocks(jdit)
    recomputed = simulate(lambda: step(jdit), jdit, bfloat16=False).backward - backward
    # What nothing reads of the last block isn't computed again.
    assert counted.blocks * (1 - 1 / depth) <= recomputed <= counted.blocks * 1.01


@pytest.mark.parametrize("kind", ["joint", "oneway"])
def test_activations_are_the_measured_peak(kind: Literal["joint", "oneway"]) -> None:
    """Of every tensor that there is, on tensors with content, as this processor trains."""
    jdit = network(kind, width=192, depth=4)
    peak = simulate(lambda: step(jdit), jdit, bfloat16=False).peak
    estimate = jdit_activations(jdit.config, SHAPE, CONTEXTS, precision="float32", kernels="cpu")
    assert peak == pytest.approx(estimate.kept, rel=0.15)


@pytest.mark.parametrize("kind", ["joint", "oneway"])
@pytest.mark.parametrize("precision", ["float32", "bfloat16"])
def test_activations_are_those_of_a_gpus_kernels(
    kind: Literal["joint", "oneway"], precision: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """On tensors without content, with autocast's copies and what fused attention keeps."""
    monkeypatch.setattr(F, "scaled_dot_product_attention", _fused)
    shape = SequenceShape(context=4 * 256, query=256, target=256, queries=2, noises=2)
    for checkpointing in (False, True):
        with torch.device("meta"):
            jdit = JDiT(JDiTConfig(hidden_size=384, depth=4, num_heads=8, kv_group=4, attention=kind))
        if checkpointing:
            recompute_blocks(jdit)
        bfloat16 = precision == "bfloat16"
        peak = simulate(functools.partial(step, jdit, shape, 32), jdit, bfloat16=bfloat16).peak
        copies = 2 * sum(p.numel() for p in jdit.parameters()) if bfloat16 else 0
        estimate = jdit_activations(jdit.config, shape, CONTEXTS, precision=precision)
        assert peak - copies == pytest.approx(estimate.checkpointed if checkpointing else estimate.kept, rel=0.15)


class _FusedAttention(torch.autograd.Function):
    """Makes and keeps what a fused kernel does: no matrix of tokens by tokens."""

    @staticmethod
    def forward(ctx: Any, *given: Tensor) -> Tensor:
        queries = given[0]
        batch, heads, tokens, width = queries.shape
        out = queries.new_empty(batch, tokens, heads, width).transpose(1, 2)
        ctx.save_for_backward(*given, out, queries.new_empty(batch, heads, tokens, dtype=torch.float32))
        return out

    @staticmethod
    def backward(ctx: Any, *gradients: Tensor) -> tuple[Tensor, ...]:
        return tuple(torch.empty_like(tensor) for tensor in ctx.saved_tensors[:3])


def _fused(queries: Tensor, keys: Tensor, values: Tensor, *, enable_gqa: bool) -> Tensor:
    out: Tensor = _FusedAttention.apply(queries, keys, values)  # type: ignore[no-untyped-call]
    return out


def test_the_state_of_one_process_is_what_its_engine_holds() -> None:
    jdit = network("joint", width=96, depth=2)
    config = read_recipe("smoke-jdit", ["optimizer.name=adamw"])
    engine = LocalEngine(jdit, config.optimizer, steps=10, ema_decay=0.9)
    engine.backward(engine.run(lambda: step(jdit)))
    engine.step(0)
    held = sum(tensor.nbytes for _, tensor in engine.state())
    gradients = sum(p.nbytes for p in jdit.parameters())  # one that had no part in the loss gets zeros
    numbers = sum(p.numel() for p in jdit.parameters())
    weights = Weights(numbers, numbers, 8 * numbers)
    state = state_memory(weights, Setting(0, False, False, 1), 1, bfloat16=False)
    assert state.total == pytest.approx(held + gradients, rel=1e-3)


def test_zero_shares_out_more_at_every_stage() -> None:
    weights = Weights(10**9, 10**9, 8 * 10**9)
    states = [state_memory(weights, Setting(stage, False, False, 1), 64, bfloat16=True) for stage in range(4)]
    assert [state.optimizer * 64 // 10**9 for state in states] == [512, 12, 12, 12]
    assert [state.gradients * 64 // 10**9 for state in states] == [256, 4, 4, 4]
    assert [state.weights * 64 // 10**9 for state in states] == [256, 256, 256, 4]
    assert [state.average * 64 // 10**9 for state in states] == [256, 4, 4, 4]
    accumulated = state_memory(weights, Setting(1, False, False, 2), 64, bfloat16=True)
    assert accumulated.gradients * 64 // 10**9 == 256
    for stage in (1, 2, 3):
        offloaded = state_memory(weights, Setting(stage, True, False, 1), 64, bfloat16=True)
        assert offloaded.total < states[stage].total
        assert offloaded.host * 64 // 10**9 == {1: 24, 2: 24, 3: 20}[stage]


def test_traffic() -> None:
    weights = Weights(1000, 1000, 8000)

    def sent(stage: int, accumulation: int = 1, world: int = 2) -> int:
        return traffic(weights, Setting(stage, False, False, accumulation), world, bfloat16=True)

    assert [sent(stage) for stage in range(4)] == [4000, 3000, 3000, 3000]
    assert [sent(stage, accumulation=4) for stage in range(4)] == [4000, 3000, 6000, 12000]
    assert [sent(stage, world=1) for stage in range(4)] == [0, 0, 0, 0]


def test_an_stvae_without_content_takes_what_one_with_content_takes() -> None:
    changes = ["data.size=32", "stvae.norm_groups=4", "stvae.block_out_channels=[8,8,8,16]", "precision=float32"]
    config = read_recipe("tiny-stvae", changes)
    assert isinstance(config, STVAETrainConfig)
    real = STVAENetworks(config)
    real.stvae = STVAE(config.stvae)
    loss = functools.partial(real._loss, torch.randn(1, 3, 5, 32, 32))
    expected = simulate(loss, real.stvae, bfloat16=False)
    assert real.simulate(5, checkpointing=False) == expected
    recomputing = real.simulate(5, checkpointing=True)
    assert recomputing.backward > expected.backward
    assert recomputing.peak < expected.peak


def test_shapes_come_as_often_as_they_are_drawn() -> None:
    config = read_recipe("smoke-jdit", ["data.size=16", "data.tasks={denoising: 3, video_depth: 1}"])
    assert isinstance(config, JDiTTrainConfig)
    config = config.model_copy(update={"sequence": SequenceConfig(pairs=3, null_context=0.25)})
    shapes = batch_shapes(config, {"denoising": (1, 1), "video_depth": (13, 13)})
    assert sum(shapes.values()) == pytest.approx(1)
    batches = SequenceBatches([_Pool(1), _Pool(4)], [3, 1], config.sequence, batch_size=1, seed=0)
    steps = 400
    drawn = Counter((b.context.shape[2], b.query.shape[2], b.target.shape[2]) for b in map(batches, range(steps)))
    sequences = {batch.sequence: share for batch, share in shapes.items()}
    expected = {(shape.context, shape.query, shape.target): share for shape, share in sequences.items()}
    assert drawn.keys() == expected.keys()
    for frames, share in expected.items():
        assert drawn[frames] / steps == pytest.approx(share, abs=4 * (share / steps) ** 0.5)


class _Pool:
    """Pairs of latents of zeros, so many frames, one token a frame."""

    def __init__(self, frames: int) -> None:
        self._frames = frames

    def __len__(self) -> int:
        return 9

    def inputs(self, numbers: object) -> np.ndarray:
        return np.zeros((len(np.asarray(numbers)), 16, self._frames, 2, 2), np.float32)

    targets = inputs


def test_clip_lengths() -> None:
    config = read_recipe("smoke-jdit")
    names = ("denoising", "video_depth", "depth_to_video")
    lengths = clip_lengths({name: task(name) for name in names}, config.data)
    assert lengths == {"denoising": (1, 1), "video_depth": (13, 13), "depth_to_video": (13, 13)}


def test_a_recipe_that_does_not_fit_is_told_a_setting_that_does() -> None:
    changes = [*FULL.split(), "data.size=256", "sequence={pairs: 8, null_context: 0.1}", "batch_size=640"]
    for size, gigabytes in ((256, 80), (512, 40)):
        machines = Machines(64, gigabytes * GIGA)
        plan = make_plan(read_recipe("smoke-jdit", [*changes, f"data.size={size}"]), machines)
        assert plan.refusal is not None
        assert not plan.chosen.fits
        advice = [word for word in plan.refusal.split() if word.startswith("distributed.")]
        advised = make_plan(read_recipe("smoke-jdit", [*changes, f"data.size={size}", *advice]), machines)
        assert advised.refusal is None
        assert advised.chosen.total <= machines.memory


def test_nothing_fits() -> None:
    changes = [*FULL.split(), "data.size=512", "sequence={pairs: 8}", "batch_size=640"]
    plan = make_plan(read_recipe("smoke-jdit", changes), Machines(64, 10 * GIGA))
    assert plan.refusal is not None
    assert "nothing fits: the least, " in plan.refusal
    assert "distributed.zero_stage=3 distributed.offload=cpu" in plan.refusal


def test_a_batch_that_cannot_be_shared_out() -> None:
    with pytest.raises(ConfigError, match="batch_size 4 can't be shared by 7 processes"):
        make_plan(read_recipe("smoke-jdit"), Machines(7, GIGA))


def test_the_command(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["train", "smoke-jdit", "--plan", "--world", "2", "optimizer.name=adamw"]) == 0
    text = capsys.readouterr().out
    assert "895,168" in text
    assert [line.split()[:2] for line in text.splitlines() if " *" in line] == [["2", "*"]]
    assert main(["train", "smoke-jdit", "--plan", "--gpu-memory", "2.5", "--json"]) == 1
    out, err = capsys.readouterr()
    found = json.loads(out)
    assert found["fits"] is False
    assert found["refusal"] in err
    assert found["parameters"]["total"] == 895_168
    assert found["days"] == pytest.approx(
        found["steps"] * sum(found["operations_per_step"].values()) / (990e12 * 0.4) / 86400
    )
