"""The ways of `lavin bench engine`, made of one model's weights."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import torch

from lavincli.bench.engine_ways import ModelWay, PeerWay, Pictures, Way
from lavincli.bench.peer import Peer
from lavincli.model.config import SamplingConfig
from lavincli.model.jdit import JDiT
from lavincli.pipeline.pipeline import Pipeline

if TYPE_CHECKING:
    from lavincli.bench.engine import EngineBench


def make_way(pipeline: Pipeline, asked: EngineBench, name: str, pairs: int) -> Way:
    """The way of a name; one-way is the same weights, attending so. Raises ConfigError where there can be no peer."""
    if name == "peer":
        parameters = sum(parameter.numel() for parameter in pipeline.jdit.parameters())
        side, where = pipeline.config.resolution, {"device": pipeline.device, "dtype": pipeline.dtype}
        return PeerWay(Peer(parameters, pairs=pairs, resolution=side, **where))  # type: ignore[arg-type]
    if name == "reference":
        return reference_way(pipeline, asked, pairs, "joint")
    attention = "oneway" if name.startswith("oneway") else "joint"
    changes: dict[str, object] = {"grid": asked.few} if name.endswith("few") else {}
    if name == "refresh":
        changes["refresh"] = asked.refresh
    sampling = SamplingConfig.model_validate(asked.sampling.model_dump() | changes)
    return ModelWay(_attending(pipeline, attention), *_pictures(pipeline, asked, pairs), sampling)


def reference_way(pipeline: Pipeline, asked: EngineBench, pairs: int, attention: str) -> ModelWay:
    """The plain published way: everything anew for every query."""
    published = _attending(pipeline, attention)
    published.way = "reference"
    return ModelWay(published, *_pictures(pipeline, asked, pairs), asked.sampling, once=False)


def _attending(pipeline: Pipeline, attention: str) -> Pipeline:
    """The same weights, with an engine of its own and a kind of attention."""
    jdit = pipeline.jdit
    with torch.device("meta"):
        other = JDiT(jdit.config.model_copy(update={"attention": attention}))
    other.load_state_dict(jdit.state_dict(), assign=True)
    return Pipeline(other.eval().requires_grad_(False), pipeline.stvae, pipeline.config, fingerprint="")


def _pictures(pipeline: Pipeline, asked: EngineBench, pairs: int) -> tuple[Pictures, Pictures]:
    """Of the context's pairs, and of a batch of queries."""
    side, random = pipeline.config.resolution, np.random.default_rng(0)
    context, queries = (
        random.integers(0, 256, (count, 1, side, side, 3), dtype=np.uint8) for count in (2 * pairs, asked.batch)
    )
    return context, queries
