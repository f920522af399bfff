"""A hub to download from, and folders of its own for each test."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.hub.fake_hub import FakeHub, serving


@pytest.fixture
def own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Where models and downloads go in this test; the network may be used."""
    monkeypatch.setenv("HF_HUB_CACHE", str(tmp_path / "hub"))
    monkeypatch.setenv("LAVIN_MODELS", str(tmp_path / "models"))
    monkeypatch.delenv("HF_HUB_OFFLINE", raising=False)
    monkeypatch.delenv("LAVIN_OFFLINE", raising=False)
    return tmp_path


@pytest.fixture
def hub(tiny_model_directory: Path, own_folders: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[FakeHub]:
    """A hub with one model, under "main" and the tag "v1"."""
    folders = {"main": tiny_model_directory}
    with serving(FakeHub({"someone/small": folders})) as served:
        monkeypatch.setenv("HF_ENDPOINT", served.address)
        yield served
