"""Learning to take long steps: what is asked, and that few steps come nearer to many."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
import torch
from hypothesis import given, settings
from hypothesis import strategies as st
from torch import Tensor

import lavincli
from lavincli.engine.engine import Engine
from lavincli.engine.operations import counter
from lavincli.errors import ConfigError
from lavincli.flow.loss import velocity_loss
from lavincli.model.config import JDiTConfig
from lavincli.model.initialise import initialise, with_step_size
from lavincli.model.jdit import JDiT
from lavincli.pipeline.model_directory import load_stvae, save_stvae
from lavincli.train.config import JDiTTrainConfig
from lavincli.train.plan.operations import jdit_operations
from lavincli.train.randomness import shortcut_steps, takes_shortcuts
from lavincli.train.recipe import read_recipe
from lavincli.train.run import run
from lavincli.train.sequence_shape import SequenceShape
from lavincli.train.shortcut import over_two_halves, question
from lavincli.train.time_config import ShortcutConfig
from tests.model.test_jdit import Attention, both
from tests.reference import relative_error

Config = Callable[..., JDiTTrainConfig]
NETWORK = {"hidden_size": 48, "depth": 2, "num_heads": 4, "kv_group": 2, "attention": "oneway"}
FLOW = {"logit_normal": 0.0, "uniform": 1.0}


@both
def test_in_bfloat16_every_weight_learns(attention: Attention) -> None:
    """Autocast keeps weights that it has rounded: not those of the half steps, which have no gradient."""
    torch.manual_seed(0)
    network = JDiT(JDiTConfig.model_validate(NETWORK | {"attention": attention, "step_size": True}))
    initialise(network, gate_bias=0.3)
    torch.nn.init.normal_(network.final_layer.linear.weight, std=0.1)
    x, cond, t = torch.randn(2, 16, 1, 2, 2), torch.randn(2, 16, 3, 2, 2), torch.zeros(2)

    def velocity(x: Tensor, t: Tensor, step: Tensor) -> Tensor:
        out: Tensor = network(x, t, cond, step=step)
        return out

    with torch.autocast("cpu", torch.bfloat16):
        wanted = over_two_halves(velocity, x, t, torch.ones(2), smallest=0.1)
        loss = velocity_loss(velocity(x, t, torch.ones(2)), wanted, l1=0.1).mean()
    torch.autograd.backward(loss)
    assert not wanted.requires_grad
    # Nobody reads what the last block makes of a condition.
    last = "blocks.1.cond_mlp", "blocks.1.joint_attn.cond_q", "blocks.1.joint_attn.cond_proj"
    without = [name for name, weight in network.named_parameters() if weight.grad is None]
    assert all(name.startswith(last) for name in without), without


@settings(max_examples=30, deadline=None)
@given(sizes=st.integers(1, 9), seed=st.integers(0, 99), count=st.integers(1, 50), data=st.data())
def test_places_of_steps(sizes: int, seed: int, count: int, data: st.DataObject) -> None:
    """Sizes are halves of halves, times multiples of them; who draws them is no matter."""
    config = ShortcutConfig(sizes=sizes)
    times, steps = shortcut_steps(config, count, range(count), seed=seed, step=3)
    assert set(steps.tolist()) <= {0.5**halvings for halvings in range(sizes)}
    assert float(steps.min()) >= config.smallest
    places = times / steps
    assert torch.equal(places, places.round())
    assert float(times.min()) >= 0
    assert float((times + steps).max()) <= 1
    part = range(data.draw(st.integers(0, count)), count)
    for whole, some in zip((times, steps), shortcut_steps(config, count, part, seed=seed, step=3), strict=True):
        assert torch.equal(whole[part.start :], some)


def test_one_of_every_four_steps() -> None:
    found = [takes_shortcuts(ShortcutConfig(every=4), seed=0, step=step) for step in range(400)]
    fours = [found[i : i + 4] for i in range(0, 400, 4)]
    assert all(sum(four) == 1 for four in fours)
    assert {four.index(True) for four in fours} == {0, 1, 2, 3}


def test_two_halves_of_a_known_flow() -> None:
    """Of a velocity that is the time, the mean from t to t + d is t + d / 4 by two halves; the smallest are told 0."""
    asked: list[Tensor] = []

    def network(x: Tensor, t: Tensor, step: Tensor) -> Tensor:
        asked.append(step)
        return x * 0 + t.view(-1, 1, 1, 1, 1)

    x, t, size = torch.zeros(3, 16, 1, 2, 2), torch.tensor([0.0, 0.5, 0.25]), torch.tensor([1.0, 0.5, 0.25])
    mean = over_two_halves(network, x, t, size, smallest=0.25)
    assert mean[:, 0, 0, 0, 0].tolist() == (t + size / 4).tolist()
    assert [step.tolist() for step in asked] == [[0.5, 0.25, 0.0]] * 2


def test_a_perfectly_straight_flow_is_consistent(jdit_config: Config) -> None:
    """Where the velocity is the same everywhere, what is wanted of a long step is what is wanted of a short one."""
    config = jdit_config(stvae="x", jdit=NETWORK | {"step_size": True}, shortcut={"every": 3})
    data, noise = torch.randn(2, 4, 16, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    found = [
        question(config, lambda *_: data - noise, data, noise, count=4, elements=range(4), step=step)
        for step in range(8)
    ]
    assert {bool(asked.step.any()) for asked in found} == {True, False}
    for asked in found:
        assert torch.allclose(asked.velocity, data - noise)
        assert bool(asked.step.all()) == bool(asked.step.any())


@pytest.mark.timeout(600)  # five seconds of an idle core, on a machine that may be busy
def test_few_steps_come_to_an_answer(jdit_config: Config) -> None:
    """Of two patterns, each as likely, one is the answer: the velocity at noise points between them.

    So one step of flow matching ends between them, and many don't; shortcuts end where many steps do.
    """
    pattern = torch.randn(1, 16, 1, 2, 2, generator=torch.Generator().manual_seed(0)).sign()
    torch.manual_seed(0)
    network = JDiT(JDiTConfig.model_validate(NETWORK | {"depth": 1}))
    initialise(network, gate_bias=0.3)
    _learn(network, pattern, jdit_config("flow", stvae="x", time=FLOW), 120)
    before = _far_from_patterns(network, pattern)
    assert before["uniform:33"] < 0.5 * before["uniform:2"]
    told = with_step_size(network).train()
    changes = {"jdit": told.config.model_dump(mode="json"), "time": FLOW, "shortcut": {"every": 3, "sizes": 3}}
    _learn(told, pattern, jdit_config("far", stvae="x", **changes), 300)
    after = _far_from_patterns(told, pattern)
    assert after["uniform:2"] < 0.6 * before["uniform:2"]
    assert after["uniform:3"] < 0.6 * before["uniform:3"]


def _learn(network: JDiT, pattern: Tensor, config: JDiTTrainConfig, steps: int) -> None:
    """That the answer is the pattern or its negative, whatever the condition."""
    optimizer = torch.optim.Adam(network.parameters(), 4e-3, betas=(0.9, 0.99))
    cond = torch.zeros(32, 16, 2, 2, 2)

    def velocity(x: Tensor, t: Tensor, size: Tensor) -> Tensor:
        out: Tensor = network(x, t, cond, step=size)
        return out

    for step in range(steps):
        random = torch.Generator().manual_seed(step)
        data = pattern * (torch.randint(2, (32, 1, 1, 1, 1), generator=random) * 2 - 1)
        noise = torch.randn(data.shape, generator=random)
        asked = question(config, velocity, data, noise, count=32, elements=range(32), step=step)
        optimizer.param_groups[0]["lr"] = 4e-3 * (1 - step / steps)
        optimizer.zero_grad()
        torch.autograd.backward(velocity_loss(velocity(asked.x, asked.t, asked.step), asked.velocity, l1=0.1).mean())
        optimizer.step()


def _far_from_patterns(network: JDiT, pattern: Tensor) -> dict[str, float]:
    """How far the answers' share of the pattern is from 1 or -1, squared and on the mean, by grid."""
    engine, cond = Engine(network.eval()), torch.zeros(64, 16, 2, 2, 2)
    noise = torch.randn(64, 16, 1, 2, 2, generator=torch.Generator().manual_seed(99))
    shares = {
        grid: (engine.sample(cond, noise, grid=grid) * pattern).flatten(1).mean(1)
        for grid in ("uniform:2", "uniform:3", "uniform:33")
    }
    return {grid: float((share.abs() - 1).square().mean()) for grid, share in shares.items()}


@pytest.fixture
def stvae_folder(tiny_model_directory: Path, tmp_path: Path) -> str:
    return str(save_stvae(load_stvae(tiny_model_directory), tmp_path / "stvae"))


@pytest.mark.parametrize("attention", ["oneway", "joint"])
def test_a_model_goes_on_as_one_that_is_told_of_steps(jdit_config: Config, stvae_folder: str, attention: str) -> None:
    """From a model without; a batch in two parts teaches what it teaches whole."""
    plain = NETWORK | {"attention": attention}
    short = {"stvae": stvae_folder, "checkpoint_seconds": 100, "validate_every": 100}
    first = run(jdit_config("first", jdit=plain, steps=1, **short))
    changes = {"jdit": plain | {"step_size": True}, "start_from": str(first), "shortcut": {"every": 3}, "steps": 4}
    learned = []
    for parts in (1, 2):
        folder = run(jdit_config(f"in {parts}", distributed={"accumulation": parts}, **changes, **short))
        jdit = lavincli.load(folder, device="cpu").jdit
        assert jdit.step_embedder is not None
        last = jdit.step_embedder.mlp[2]
        assert isinstance(last, torch.nn.Linear)
        assert last.weight.any()
        learned.append(last.weight)
    assert relative_error(*learned) < 0.05


def test_shortcuts_without_step_sizes(jdit_config: Config) -> None:
    with pytest.raises(ConfigError, match=r"set jdit\.step_size=true"):
        jdit_config(stvae="x", shortcut={"every": 4})


def test_one_step_learns_the_data(jdit_config: Config) -> None:
    """Practising t = 0 alone is a loss on the data that one step arrives at, and nothing else."""
    config = jdit_config(stvae="x", time={"logit_normal": 0, "uniform": 0, "zero": 1})
    torch.manual_seed(0)
    network = JDiT(JDiTConfig.model_validate(NETWORK))
    initialise(network, gate_bias=0.3)
    torch.nn.init.normal_(network.final_layer.linear.weight, std=0.1)
    network.eval().requires_grad_(False)
    data, noise = torch.randn(2, 4, 16, 1, 2, 2, generator=torch.Generator().manual_seed(0))
    cond = torch.randn(4, 16, 3, 2, 2, generator=torch.Generator().manual_seed(1))
    asked = question(config, lambda x, t, _: network(x, t, cond), data, noise, count=4, elements=range(4), step=5)
    loss = velocity_loss(network(asked.x, asked.t, cond), asked.velocity, l1=0.1)
    answer = Engine(network).sample(cond, noise, grid="uniform:2")
    error = (answer - data).flatten(1)
    assert relative_error(loss, error.square().mean(1) + 0.1 * error.abs().mean(1)) < 1e-5


def test_shipped_recipes_of_few_steps() -> None:
    """They go on from the published recipe's network, in its latents."""
    base, one, few = (read_recipe(f"jdit-0.1b{name}") for name in ("-512", "-one-step", "-shortcut"))
    assert isinstance(base, JDiTTrainConfig)
    assert isinstance(one, JDiTTrainConfig)
    assert isinstance(few, JDiTTrainConfig)
    for config in (one, few):
        assert config.start_from == base.out / "model"
        assert (config.stvae, config.data.latents, config.data.size) == (base.stvae, base.data.latents, base.data.size)
        assert config.data.tasks.keys() <= base.data.tasks.keys()
    assert one.jdit == base.jdit
    assert one.time.zero == 1
    assert few.jdit == base.jdit.model_copy(update={"step_size": True})
    assert few.shortcut == ShortcutConfig()


def test_how_tasks_are_sampled_is_handed_on(jdit_config: Config, stvae_folder: str) -> None:
    own = {"small_negative": {"grid": "uniform:3"}}
    config = jdit_config(stvae=stvae_folder, steps=1, task_sampling=own)
    assert lavincli.load(run(config), device="cpu").config.task_sampling == own
    with pytest.raises(ConfigError, match="task_sampling: small_other is not among the tasks"):
        jdit_config("other", stvae=stvae_folder, task_sampling={"small_other": {"grid": "uniform:3"}})


@both
def test_what_half_steps_cost_is_planned(attention: Attention) -> None:
    """Two forward passes more; of a one-way model the target's alone, for its condition is read once."""
    shape = SequenceShape(context=4 * 4, query=4, target=4, queries=2, noises=2)
    shaped = {"hidden_size": 96, "depth": 2, "num_heads": 4, "kv_group": 2}
    network = JDiT(JDiTConfig.model_validate(shaped | {"attention": attention, "step_size": True}))
    initialise(network, gate_bias=0.3)
    context, query, x = (torch.randn(batch, 16, frames, 4, 4) for batch, frames in ((1, 4), (2, 1), (4, 1)))
    with counter() as counted:
        if attention == "oneway":
            memory = network.remember(query, network.remember(context))
        cond = torch.cat([context.expand(4, -1, -1, -1, -1), query.repeat_interleave(2, 0)], 2)

        def velocity(x: Tensor, t: Tensor, step: Tensor) -> Tensor:
            if attention == "oneway":
                return network.denoise(x, t, memory, step)
            out: Tensor = network(x, t, cond, step=step)
            return out

        over_two_halves(velocity, x, torch.zeros(4), torch.ones(4), smallest=0.1)
        velocity(x, torch.zeros(4), torch.ones(4))
    planned = jdit_operations(network.config, shape, shortcuts=1.0)
    assert planned.forward == pytest.approx(counted.get_total_flops(), rel=0.02)
    assert planned.backward == jdit_operations(network.config, shape).backward
