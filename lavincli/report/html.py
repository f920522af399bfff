"""Writes HTML so that nothing from outside can become markup: every text is escaped unless it is markup already."""

from __future__ import annotations

from html import escape
from typing import Final

_VOID: Final = frozenset(("br", "hr", "img", "input", "link", "meta"))


class Markup(str):
    """Text that is HTML already. Only `element`, `join` and `trusted` make any."""

    __slots__ = ()


def trusted(html: str) -> Markup:
    """Own HTML as it is: files of this package and drawings whose texts are escaped."""
    return Markup(html)


def join(*parts: str | None, between: str = "") -> Markup:
    """Parts one after the other, plain texts escaped; None is left out."""
    return Markup(escape(between).join(_safe(part) for part in parts if part is not None))


def element(name: str, /, *children: str | None, **attributes: str | float | bool | None) -> Markup:
    """An element with its children, plain texts escaped.

    An attribute's underscores become hyphens; one at the end falls away (``class_``). True writes the bare
    name; False and None leave the attribute out. Raises ValueError for children of an element that has none.
    """
    written = "".join(_attribute(key, value) for key, value in attributes.items())
    if name in _VOID:
        if children:
            raise ValueError(f"<{name}> has no children")
        return Markup(f"<{name}{written}>")
    return Markup(f"<{name}{written}>{join(*children)}</{name}>")


def _attribute(key: str, value: str | float | bool | None) -> str:
    name = key.rstrip("_").replace("_", "-")
    if value is None or value is False:
        return ""
    if value is True:
        return f" {name}"
    return f' {name}="{escape(str(value))}"'


def _safe(part: str) -> str:
    return part if isinstance(part, Markup) else escape(part)
