"""Matrix products where PyTorch's own choice is slow: float32 on an x86 processor that isn't Intel's.

PyTorch leaves float32 products to MKL, which takes its slow way on other makers' processors; oneDNN, which comes with
PyTorch too, does them in half the time (measured on an AMD EPYC with AVX-512), equal to rounding.
"""

from __future__ import annotations

import functools
from pathlib import Path
from typing import Final

import torch
from torch import Tensor, nn

from lavincli.model.jdit import JDiT

_PROCESSORS: Final = Path("/proc/cpuinfo")


class OneDNNLinear(nn.Linear):
    """A linear layer computed by oneDNN, whatever the number of rows."""

    def forward(self, x: Tensor) -> Tensor:
        out: Tensor = torch.ops.mkldnn._linear_pointwise(x, self.weight, self.bias, "none", [], "")
        return out


def with_fast_products(jdit: JDiT) -> JDiT:
    """The same model over the same weights, its products done by what is fast here; the model itself if it is already.

    Weights are shared, not copied. It serves inference alone.
    """
    weight = jdit.prompt_embed
    if weight.device.type != "cpu" or weight.dtype != torch.float32 or not mkl_is_slow():
        return jdit
    with torch.device("meta"):
        twin = JDiT(jdit.config)
    twin.load_state_dict(jdit.state_dict(), assign=True)
    for module in twin.modules():
        if type(module) is nn.Linear:
            module.__class__ = OneDNNLinear
    return twin.eval().requires_grad_(False)


@functools.cache
def mkl_is_slow() -> bool:
    """Whether products go through MKL, on a processor of another maker (Linux tells), and oneDNN is there."""
    if not (torch.backends.mkl.is_available() and torch.backends.mkldnn.is_available() and _PROCESSORS.is_file()):  # type: ignore[no-untyped-call]
        return False
    makers = {line.partition(":")[2].strip() for line in _PROCESSORS.read_text().splitlines() if "vendor_id" in line}
    return bool(makers) and "GenuineIntel" not in makers
