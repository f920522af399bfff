"""Products done by oneDNN: the same answers over the same weights."""

from __future__ import annotations

import pytest
import torch

from lavincli.engine import products
from lavincli.engine.engine import Engine
from lavincli.engine.operations import Sampling, counter, engine_operations
from tests.engine.test_engine import EXACT, latents, published
from tests.model.test_jdit import Attention, both, small
from tests.reference import relative_error


@both
@pytest.mark.parametrize("slow", [True, False])
def test_the_same_answers_and_the_same_work(attention: Attention, slow: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "mkl_is_slow", lambda: slow)
    network = small(attention)
    fast = products.with_fast_products(network)
    assert (fast is network) != slow
    assert all(a.data_ptr() == b.data_ptr() for a, b in zip(network.parameters(), fast.parameters(), strict=True))
    cond, noise = latents(0, 5, 2), latents(1, 1, 2)
    with counter() as counted:
        found = Engine(network).sample(cond, noise, grid="uniform:4")
    assert relative_error(found, published(network, cond, noise, grid="uniform:4")) < EXACT
    stated = engine_operations(network.config, Sampling(2, 24, 0, 6, 6, evaluations=3, guided=0, points=4))
    assert counted.get_total_flops() == stated
    assert not any(isinstance(module, products.OneDNNLinear) for module in network.modules())


def test_other_number_formats_are_left_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(products, "mkl_is_slow", lambda: True)
    network = small("joint").to(torch.bfloat16)
    assert products.with_fast_products(network) is network
