"""The blocks of ``plugins/README.md``, the page that teaches plugins."""

from __future__ import annotations

import re
from pathlib import Path

PAGE = (Path(__file__).parents[1] / "plugins" / "README.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    """The page's blocks of code in a language, for example "python"."""
    return re.findall(rf"^```{language}\n(.*?)^```", PAGE, flags=re.MULTILINE | re.DOTALL)


def commands() -> list[str]:
    """The page's indented blocks of commands."""
    return re.findall(r"(?:^    (?:lavin|pip) .*\n)+", PAGE, flags=re.MULTILINE)
