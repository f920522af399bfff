"""The published model's golden numbers (`tests/data/reference`), and networks with the weights they belong to."""

from __future__ import annotations

import functools
import json
from pathlib import Path

from safetensors.torch import load_file
from torch import Tensor

from lavincli.model.config import JDiTConfig, STVAEConfig
from lavincli.model.jdit import JDiT
from lavincli.model.stvae import STVAE
from lavincli.model.weights import load_strictly, read_weights

REFERENCE = Path(__file__).parent / "data" / "reference"


@functools.cache
def cases() -> dict[str, Tensor]:
    """Inputs and outputs by name, float32."""
    return load_file(REFERENCE / "cases.safetensors")


@functools.cache
def reference_jdit() -> JDiT:
    settings = json.loads((REFERENCE / "config.json").read_text())["jdit"]
    network = JDiT(JDiTConfig(**settings))
    path = REFERENCE / "jdit.safetensors"
    load_strictly(network, read_weights(path), path)
    return network.eval().requires_grad_(False)


@functools.cache
def reference_stvae() -> STVAE:
    settings = json.loads((REFERENCE / "config.json").read_text())["stvae"]
    network = STVAE(STVAEConfig(**settings))
    path = REFERENCE / "stvae.safetensors"
    load_strictly(network, read_weights(path), path)
    return network.eval().requires_grad_(False)


def relative_error(found: Tensor, expected: Tensor) -> float:
    """The largest difference, as a share of the largest value expected."""
    assert found.shape == expected.shape
    found, expected = found.detach(), expected.detach()
    return float((found - expected).abs().max() / expected.abs().max())
