"""Checks single building blocks of a plugin: that each can be made, and does what its protocol says."""

from __future__ import annotations

import pickle
from collections.abc import Callable, Mapping, Sequence
from typing import Any

import numpy as np

from lavincli.blocks import Codec, Mergeable, Metric, required_options, resample_of
from lavincli.cards.check import Check, attempt
from lavincli.clip import Sample
from lavincli.errors import LavinError
from lavincli.lazy_samples import key_of

_LOOKED_AT = 3


class _BlockError(LavinError):
    """A building block that isn't what it must be."""


def check_block(kind: str, name: str, factory: Callable[..., Any]) -> Check:
    """Make a block of ``kind`` ("loaders", "codecs", "transforms", "metrics") with default options, and look at it."""
    what = f"{kind.removesuffix('s')} {name}"
    needed = required_options(factory, given=("root", "split"))
    if needed:
        return Check(what, True, f"not made: needs the option {', '.join(needed)}", checked=False)
    return attempt(what, lambda: (_LOOKS[kind](factory), {}))


def _codec(factory: Callable[..., Any]) -> str:
    codec = factory()
    _require(codec, Codec, ("render", "decode", "save"))
    if resample_of(codec) not in ("bicubic", "nearest"):
        raise _BlockError(f"resample is 'bicubic' or 'nearest', not {resample_of(codec)!r}")
    return "made with default options"


def _metric(factory: Callable[..., Any]) -> str:
    metric = factory()
    _require(metric, Metric, ("update", "compute", "higher_is_better"))
    directions: Mapping[str, bool] = metric.higher_is_better
    if not directions or not all(isinstance(higher, bool) for higher in directions.values()):
        raise _BlockError(f"higher_is_better gives True or False for each score, not {dict(directions)}")
    merging = "" if isinstance(metric, Mergeable) else "; without merge, so that evaluation can't tell its uncertainty"
    return f"made with default options, scores {', '.join(directions)}{merging}"


def _transform(factory: Callable[..., Any]) -> str:
    transform = factory()
    if not callable(transform):
        raise _BlockError(f"{type(transform).__name__} can't be called with a clip and a generator")
    clip = np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), dtype=np.uint8)
    given = clip.copy()
    first = transform(given, np.random.default_rng(1))
    if not np.array_equal(given, clip):
        raise _BlockError("changes the clip it is given; work on a copy")
    if not (isinstance(first, np.ndarray) and first.dtype == np.uint8 and first.ndim == 4 and first.shape[3] == 3):
        raise _BlockError(f"gives {getattr(first, 'dtype', type(first).__name__)}, not a clip uint8 [T, H, W, 3]")
    if not np.array_equal(first, transform(clip, np.random.default_rng(1))):
        raise _BlockError("gives two clips for one generator state; draw from the generator alone")
    return f"made with default options, {list(clip.shape)} -> {list(first.shape)}"


def _loader(factory: Callable[..., Any]) -> str:
    samples: Sequence[Sample] = factory(None, "test")
    if isinstance(samples, (list, tuple)):
        raise _BlockError("makes all samples at once; give a lazy sequence (lavincli.lazy_samples.LazySamples)")
    count = min(_LOOKED_AT, len(samples))
    if count == 0:
        raise _BlockError("gives no samples and doesn't say why")
    read = [samples[index] for index in range(count)]
    if not all(isinstance(sample, Sample) for sample in read):
        raise _BlockError(f"gives {type(read[0]).__name__}, not lavincli.clip.Sample")
    keys = [sample.key for sample in read]
    if len(set(keys)) < count:
        raise _BlockError(f"keys are unique, not {', '.join(keys)}")
    try:
        sent = pickle.loads(pickle.dumps(samples))  # noqa: S301 - what was pickled a moment ago
    except (pickle.PicklingError, AttributeError, TypeError) as error:
        raise _BlockError(f"can't be sent to worker processes: {error}; read by a module-level function") from error
    if [sent[index].key for index in range(count)] != keys:
        raise _BlockError("gives other samples in a worker process")
    told = [key_of(index, sent) for index in range(count)]
    if told != keys:
        raise _BlockError(f"tells other keys than its samples have: {', '.join(told)}, not {', '.join(keys)}")
    return f"{len(samples)} samples, read when asked for; the first is '{keys[0]}'"


def _require(block: Any, protocol: type, members: Sequence[str]) -> None:
    if not isinstance(block, protocol):
        missing = [member for member in members if not hasattr(block, member)]
        raise _BlockError(f"{type(block).__name__} is no {protocol.__name__}: it has no {', '.join(missing)}")


_LOOKS: Mapping[str, Callable[[Callable[..., Any]], str]] = {
    "loaders": _loader,
    "codecs": _codec,
    "transforms": _transform,
    "metrics": _metric,
}
