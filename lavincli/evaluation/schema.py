"""The JSON schemas of what an evaluation writes; ``python -m lavincli.evaluation.schema`` brings them up to date."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from pydantic import BaseModel

from lavincli.atomic import atomic_write_text
from lavincli.evaluation.items import ItemResult
from lavincli.evaluation.results import Results
from lavincli.evaluation.sweep import Sweep

FOLDER: Final = Path(__file__).parent / "schemas"
_KINDS: Final[dict[str, type[BaseModel]]] = {
    "results.schema.json": Results,
    "results.jsonl.schema.json": ItemResult,
    "sweep.schema.json": Sweep,
}


def schemas() -> dict[str, str]:
    """Every schema (JSON Schema 2020-12) as text, by the name of its file."""
    return {
        name: json.dumps(
            {"$schema": "https://json-schema.org/draft/2020-12/schema", **kind.model_json_schema(mode="serialization")},
            indent=2,
        )
        + "\n"
        for name, kind in _KINDS.items()
    }


if __name__ == "__main__":
    for file, text in schemas().items():
        atomic_write_text(FOLDER / file, text)
