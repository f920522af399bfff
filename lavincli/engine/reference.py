"""The published way of computing an answer, kept beside the fast one: what it is measured against."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from lavincli.model.causal_conv import CausalConv3d
from lavincli.model.stvae import STVAE


@contextmanager
def unfolded_stills(stvae: STVAE) -> Iterator[None]:
    """Within it, stills go through 3D convolutions over three copies of themselves, as the published code does it."""
    layers = [layer for layer in stvae.modules() if isinstance(layer, CausalConv3d)]
    for layer in layers:
        layer.folds_stills = False
    try:
        yield
    finally:
        for layer in layers:
            layer.folds_stills = True
