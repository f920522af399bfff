"""Makes building blocks from what a card says, with errors that name the card, the key and the reason."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

from lavincli.errors import CardError, InputError, UnknownNameError
from lavincli.registry import registry


def build(kind: str, name: str, options: Mapping[str, Any], *, card: Path, key: str) -> Any:
    """Call the factory ``name`` of ``kind`` ("codecs", "transforms", "metrics") with a card's options.

    Raises CardError: no such name, an option the factory doesn't take, a value it refuses.
    """
    factory = factory_of(kind, name, options, card=card, key=key)
    try:
        return factory(**options)
    except (ValueError, TypeError, InputError) as error:
        raise CardError(f"{card}: key '{key}': {name}: {error}") from error


def factory_of(
    kind: str, name: str, options: Mapping[str, Any], *, card: Path, key: str, given: tuple[str, ...] = ()
) -> Callable[..., Any]:
    """The factory ``name`` of ``kind``, checked to take ``options`` (``given`` are passed by lavin, not by a card)."""
    try:
        factory = registry().block(kind, name)
    except UnknownNameError as error:
        raise CardError(f"{card}: key '{key}': {error}") from error
    parameters = inspect.signature(factory).parameters
    if any(parameter.kind is parameter.VAR_KEYWORD for parameter in parameters.values()):
        return factory
    taken = [option for option in parameters if option not in given]
    for option in options:
        if option not in taken:
            offer = f"it takes {', '.join(taken)}" if taken else "it takes none"
            raise CardError(f"{card}: key '{key}.{option}': {name} has no such option; {offer}")
    missing = [
        option for option in taken if parameters[option].default is inspect.Parameter.empty and option not in options
    ]
    if missing:
        raise CardError(f"{card}: key '{key}': {name} needs the option '{missing[0]}'")
    return factory
