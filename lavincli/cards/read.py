"""Reads ``task.yaml``; every mistake becomes one line that names file, key and reason."""

from __future__ import annotations

from difflib import get_close_matches
from pathlib import Path
from typing import Any

import yaml
from pydantic import ValidationError

from lavincli.cards.card import CARD_FILE, TaskCard
from lavincli.errors import CardError

# libyaml's, where PyYAML has it: all of lavin's own cards are read in a tenth of the time. Both are safe.
_LOADER: Any = getattr(yaml, "CSafeLoader", yaml.SafeLoader)


def read_card(path: Path) -> TaskCard:
    """Read and validate a task card.

    Raises CardError: no such file, not YAML, an unknown or missing key, a wrong value.
    """
    try:
        text = path.read_text(encoding="utf-8")
    except FileNotFoundError:
        raise CardError(f"{path}: there is no such task card; a task folder holds {CARD_FILE}") from None
    except (OSError, UnicodeDecodeError) as error:
        raise CardError(f"{path}: can't be read as text: {error}") from error
    try:
        content = yaml.load(text, Loader=_LOADER)  # noqa: S506 - it is a safe one
    except yaml.YAMLError as error:
        raise CardError(f"{path}: is not YAML: {error}") from error
    if not isinstance(content, dict):
        raise CardError(f"{path}: a card is a mapping that starts with 'name:', not {type(content).__name__}")
    try:
        return TaskCard.model_validate(content)
    except ValidationError as error:
        raise CardError(f"{path}: {_in_words(error, content)}") from error


def _in_words(error: ValidationError, content: dict[str, Any]) -> str:
    """The first mistake in words, and how many more there are."""
    mistakes = error.errors(include_url=False)
    first = mistakes[0]
    key = ".".join(str(part) for part in first["loc"])
    if first["type"] == "extra_forbidden":
        reason = f"unknown key{_nearest(str(first['loc'][-1]), content)}"
    elif first["type"] == "missing":
        reason = "is missing"
    else:
        reason = first["msg"].removeprefix("Value error, ")
        if not isinstance(first["input"], dict) and first["type"] != "too_short":
            reason += f" (it is {first['input']!r})"
    more = f" (and {len(mistakes) - 1} more)" if len(mistakes) > 1 else ""
    return f"key '{key}': {reason}{more}" if key else f"{reason}{more}"


def _nearest(key: str, content: dict[str, Any]) -> str:
    free = [name for name in TaskCard.model_fields if name not in content]
    matches = get_close_matches(key, free, n=1)
    return f"; did you mean '{matches[0]}'?" if matches else f"; known keys: {', '.join(TaskCard.model_fields)}"
