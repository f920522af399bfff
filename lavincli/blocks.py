"""What a building block must be able to do: the protocols that plugins implement.

Nothing has to be inherited; a class with these methods is a codec or a metric.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal, Protocol, runtime_checkable

import numpy as np

from lavincli.clip import Clip, Pair, Sample

if TYPE_CHECKING:
    from lavincli.cards.framing import Frame


@runtime_checkable
class Codec(Protocol):
    """The two ends between a native value and its picture.

    Optional attributes tell lavin how pictures of this codec may be handled: ``resample`` ("bicubic", the default, or
    "nearest" for pictures whose colours are labels); ``answer_resample``, the same for bringing a model's answer to the
    query's size (by default as ``resample``; "bicubic" gives smooth outlines where ``decode`` can bear mixed colours);
    ``mirrorable`` (True by default; False where a mirrored picture means something else, as with written words); and
    ``pictures`` (False by default; True where values are pictures to look at and not data drawn as pictures).
    A codec may also be `Cuttable`, and what else `lavincli.abilities` names. A run over many inputs calls its methods
    from several threads at once.
    """

    def render(self, value: Any) -> Clip:
        """Native value -> RGB clip ``uint8 [T, H, W, 3]`` of the value's own size."""

    def decode(self, rgb: Clip, *, context: Sequence[Pair] = (), query: Clip | None = None) -> Any:
        """RGB clip -> native value. ``context`` are the pairs that defined the task, ``query`` the input clip."""

    def save(self, value: Any, path_without_suffix: Path) -> list[Path]:
        """Write a native value beside ``path_without_suffix`` (the codec adds suffixes); returns the files written."""


@runtime_checkable
class Metric(Protocol):
    """Scores predictions against targets, both native values as ``Codec.decode`` gives them.

    ``update`` counts one item in; ``compute`` gives the scores of everything counted so far. A fresh instance that has
    seen one item scores that item. ``higher_is_better`` has one entry for each key of ``compute``, headline first.

    Optional attributes: ``perfect`` gives the score of a truth against itself by key, where it is not 0 (lower is
    better) or 1 (higher is better); ``picture_loss`` tells by key how far from perfect the score of a truth may fall
    that went through an 8-bit picture of 128 pixels, where that is not 0.
    """

    @property
    def higher_is_better(self) -> Mapping[str, bool]: ...

    def update(self, prediction: Any, target: Any, *, query: Clip | None = None) -> None: ...

    def compute(self) -> dict[str, float]: ...


@runtime_checkable
class Mergeable(Protocol):
    """A metric that can take in what another instance of it has counted; optional.

    Evaluation then runs it once on each item, and can tell how far a score of the whole set is down to its items.
    """

    def merge(self, other: Any) -> None:
        """Count in everything that `other`, made with the same options, has counted in."""


@runtime_checkable
class Cuttable(Protocol):
    """A codec whose native values can be cut like pictures; optional.

    With it a truth is cut before it is drawn: lines keep their width, depth spans the range of what is shown, and the
    metric compares with the native value itself and not with what an 8-bit picture kept of it. Without it the whole
    value is drawn, and the picture is cut.
    """

    def cut(self, value: Any, frame: Frame, size: int) -> Any:
        """The part of a native value inside ``frame``, as that of a picture ``size`` x ``size``.

        Mirrored if the frame says so, with all that it means for the value (left joints become right ones, a flow to
        the left one to the right). The input side is cut with the same frame, also where its pixels are more or fewer.
        """


@runtime_checkable
class TrivialAnswers(Protocol):
    """A codec that knows answers which need no look at the query; optional.

    Evaluation scores them beside a copy of the query and the mean of the context's targets: a depth map that is nowhere
    nearer, a flow without motion. A model must beat them all.
    """

    def trivial_answers(self, shape: tuple[int, ...]) -> Mapping[str, Clip]:
        """Pictures ``uint8 [T, H, W, 3]`` of that shape by name; always the same names."""


@runtime_checkable
class Aligned(Protocol):
    """A metric that brings a prediction to the truth's scale before it scores it; optional.

    ``alignment`` says how, in words, and stands in the results: scores with different ones can't be compared.
    """

    @property
    def alignment(self) -> str: ...


Transform = Callable[[Clip, np.random.Generator], Clip]
"""Makes one side of a pair from the other. Pure: the same clip and generator state give the same clip."""

LoaderFactory = Callable[..., Sequence[Sample]]
"""``factory(root: Path | None, split: str, **options)``: a lazy sequence; ``root`` None means the bundled data."""
CodecFactory = Callable[..., Codec]
TransformFactory = Callable[..., Transform]
MetricFactory = Callable[..., Metric]


def required_options(factory: Callable[..., Any], *, given: Sequence[str] = ()) -> list[str]:
    """The options without which a factory can't be called; ``given`` are passed by lavin ("root", "split")."""
    named = (inspect.Parameter.POSITIONAL_OR_KEYWORD, inspect.Parameter.KEYWORD_ONLY, inspect.Parameter.POSITIONAL_ONLY)
    return [
        name
        for name, parameter in inspect.signature(factory).parameters.items()
        if parameter.default is parameter.empty and parameter.kind in named and name not in given
    ]


def answer_resample_of(codec: Codec) -> Literal["bicubic", "nearest"]:
    """How a model's answer in this codec's pictures is brought to the size of the query."""
    resample: Literal["bicubic", "nearest"] = getattr(codec, "answer_resample", resample_of(codec))
    return resample


def resample_of(codec: Codec) -> Literal["bicubic", "nearest"]:
    """How pictures of a codec are resized: its own way if it states one, else bicubic."""
    resample: Literal["bicubic", "nearest"] = getattr(codec, "resample", "bicubic")
    return resample
