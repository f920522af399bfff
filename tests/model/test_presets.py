"""Sizes of the named models, counted without memory for their weights."""

from __future__ import annotations

import json

import pytest
import torch
from torch import nn

from lavincli.model.jdit import JDiT
from lavincli.model.presets import JDIT_PRESETS, STVAE_PRESETS
from lavincli.model.stvae import STVAE
from tests.reference import REFERENCE


def parameters(network: nn.Module) -> dict[str, list[int]]:
    return {name: list(parameter.shape) for name, parameter in network.named_parameters()}


@pytest.mark.parametrize(("preset", "count"), [("3.4b", 3_398_976_064), ("1.0b", 1_004_133_952), ("0.1b", 97_203_520)])
def test_jdit_parameter_counts(preset: str, count: int) -> None:
    with torch.device("meta"):
        network = JDiT(JDIT_PRESETS[preset])
    assert sum(parameter.numel() for parameter in network.parameters()) == count


def test_published_parameter_names_and_shapes() -> None:
    published = json.loads((REFERENCE / "parameter-shapes.json").read_text())
    with torch.device("meta"):
        jdit, stvae = JDiT(JDIT_PRESETS["3.4b"]), STVAE(STVAE_PRESETS["published"])
    assert parameters(jdit) == published["jdit-3.4b"]
    assert parameters(stvae) == published["stvae"]
    assert sum(parameter.numel() for parameter in stvae.parameters()) == 215_583_907


@pytest.mark.parametrize("network", [JDiT(JDIT_PRESETS["tiny"]), STVAE(STVAE_PRESETS["tiny"])])
def test_a_state_is_its_parameters(network: nn.Module) -> None:
    """No buffers: what the published files hold is all there is."""
    assert network.state_dict().keys() == dict(network.named_parameters()).keys()


def test_attention_is_a_setting_of_one_network() -> None:
    joint = JDIT_PRESETS["tiny"].model_copy(update={"attention": "joint"})
    assert parameters(JDiT(joint)) == parameters(JDiT(JDIT_PRESETS["tiny"]))
