"""The examples the model was shown: large at the head of a task, and again beside every item."""

from __future__ import annotations

from collections.abc import Mapping

from lavincli.evaluation.items import PairPictures
from lavincli.report.html import Markup, element
from lavincli.report.pictures import Embedded
from lavincli.report.sections import Item, Section

Album = Mapping[str, Embedded]
"""The embedded pictures, by the file of the results folder they come from."""

# Pictures of fewer pixels than this on their longest side are enlarged as sharp squares.
_FEW_PIXELS = 96


def context_head(section: Section, album: Album) -> Markup | None:
    """The examples of the first draw, large; None without pictures of them. Rows show the same copies again."""
    pairs = section.result.context_pictures[0] if section.result.context_pictures else []
    shown = [pair for pair in pairs if pair.input.file in album and pair.target.file in album]
    if not shown:
        return None
    names = [f"{section.name}-pair-{place}" for place in range(1, len(shown) + 1)]
    images = [
        _shared_image(f"{name}-{side}", album[picture.file])
        for name, pair in zip(names, shown, strict=True)
        for side, picture in (("input", pair.input), ("target", pair.target))
    ]
    figures = [
        element("li", element("figure", _pair(name, pair, album), element("figcaption", pair.id)))
        for name, pair in zip(names, shown, strict=True)
    ]
    return element(
        "div",
        element("h3", "Context: the examples the model was shown"),
        element("svg", element("defs", *images), width=0, height=0, class_="sprites", aria_hidden="true"),
        element("ul", *figures, class_="pairs", tabindex=0, aria_label="Examples, input and target"),
        class_="context-head",
    )


def _pair(name: str, pair: PairPictures, album: Album) -> Markup:
    """The input and the target of an example, by reference to the one copy of them."""
    sides = (("input", pair.input), ("target", pair.target))
    return element(
        "span",
        *(_reference(f"{name}-{side}", side, pair, album[picture.file]) for side, picture in sides),
        class_="pair",
    )


def _reference(name: str, side: str, pair: PairPictures, picture: Embedded) -> Markup:
    return element(
        "svg",
        element("use", href=f"#{name}"),
        viewBox=f"0 0 {picture.width} {picture.height}",
        width=picture.width,
        height=picture.height,
        role="img",
        aria_label=f"example {pair.id}, {side}",
    )


def context_of_row(section: Section, item: Item, album: Album) -> Markup | None:
    """The examples beside an item: its own, or those of the draw by reference."""
    own = item.draws[0].context
    if own is not None:
        pairs = [_own_pair(pair, album) for pair in own if pair.input.file in album]
    else:
        shown = section.result.context_pictures[0] if section.result.context_pictures else []
        pairs = [_pair(f"{section.name}-pair-{place}", pair, album) for place, pair in enumerate(shown, 1)]
    if not pairs:
        return None
    label = f"{item.key}: context, {len(pairs)} pair{'' if len(pairs) == 1 else 's'} of input and target"
    return element(
        "figure",
        element("div", *pairs, class_="pairs-of-row", tabindex=0, role="group", aria_label=label),
        element("figcaption", "its own context" if own is not None else "context"),
        class_="context own" if own is not None else "context",
    )


def _own_pair(pair: PairPictures, album: Album) -> Markup:
    sides = (("input", pair.input), ("target", pair.target))
    images = [image(album[picture.file], f"example {pair.id}, {side}") for side, picture in sides]
    return element("span", *images, class_="pair")


def _shared_image(name: str, picture: Embedded) -> Markup:
    """The one copy of a picture that is shown in several places."""
    return element("image", href=_middle(picture), width=picture.width, height=picture.height, id=name)


def image(picture: Embedded, words: str, frame: int | None = None) -> Markup:
    """One frame of a picture, the middle one by default; others are hidden until they are asked for."""
    middle = len(picture.frames) // 2
    return element(
        "img",
        src=picture.frames[middle if frame is None else frame],
        alt=words,
        width=picture.width,
        height=picture.height,
        loading="lazy",
        decoding="async",
        class_="few-pixels" if max(picture.width, picture.height) < _FEW_PIXELS else None,
        hidden=frame is not None and frame != middle,
    )


def _middle(picture: Embedded) -> str:
    return picture.frames[len(picture.frames) // 2]
