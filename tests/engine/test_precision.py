from __future__ import annotations

import pytest
import torch

from lavincli.engine import precision
from lavincli.pipeline.load import choose_dtype


@pytest.mark.parametrize(("faster", "chosen"), [(3.0, torch.bfloat16), (1.1, torch.float32)])
def test_bfloat16_where_it_is_worth_it(monkeypatch: pytest.MonkeyPatch, faster: float, chosen: torch.dtype) -> None:
    """The clock is the only thing that is made up, and a processor that has the format."""
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: True)
    monkeypatch.setattr(precision, "_seconds", lambda dtype: faster if dtype == torch.float32 else 1.0)
    precision.fastest_dtype.cache_clear()
    assert precision.fastest_dtype(torch.device("cpu")) == chosen
    precision.fastest_dtype.cache_clear()


def test_auto_is_one_of_the_two_and_stays(monkeypatch: pytest.MonkeyPatch) -> None:
    device = torch.device("cpu")
    chosen = choose_dtype("auto", device)
    assert chosen in (torch.float32, torch.bfloat16)
    assert choose_dtype("auto", device) == chosen
    assert choose_dtype(None, device) == torch.float32


def test_a_processor_without_it_has_float32(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.ops.mkldnn, "_is_mkldnn_bf16_supported", lambda: False)
    precision.fastest_dtype.cache_clear()
    assert precision.fastest_dtype(torch.device("cpu")) == torch.float32
    precision.fastest_dtype.cache_clear()
