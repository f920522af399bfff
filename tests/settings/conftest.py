"""Settings of nobody: no user's file, no variables of lavin's, until a test sets them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(autouse=True)
def nothing_set(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for name in [*os.environ]:
        if name.startswith("LAVIN_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "config"))
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("LAVIN_MODELS", str(tmp_path / "models"))


@pytest.fixture
def user_config(tmp_path: Path) -> Path:
    """Where the user's own file is looked for; it isn't there yet."""
    folder = tmp_path / "config" / "lavin"
    folder.mkdir(parents=True)
    return folder / "config.yaml"
