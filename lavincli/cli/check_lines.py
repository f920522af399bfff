"""One line for each thing that was checked, for people or as JSON."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import asdict
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from lavincli.cards.check import Check


def check_line(of: Mapping[str, str], result: Check, *, as_json: bool) -> str:
    """``ok``, ``note`` (not looked at) or ``FAIL``, and what was found; ``of`` says whose check it is."""
    if as_json:
        # Infinity is no JSON: the best PSNR is told as a string.
        scores = {key: score if abs(score) < float("inf") else str(score) for key, score in result.scores.items()}
        return json.dumps({**of, **asdict(result), "scores": scores})
    mark = "FAIL" if not result.ok else "ok  " if result.checked else "note"
    return f"{mark}  {' '.join(of.values())}  {result.what}: {result.detail}"
