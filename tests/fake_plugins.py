"""Installs small plugins into a folder on the path, as pip would: a package and a dist-info with an entry point."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent


def install_plugin(site: Path, name: str, source: str, *, version: str = "1.2.3") -> None:
    """Write the package `name` with `source` as its `__init__.py`, registered in the group "lavin"."""
    (site / name).mkdir(parents=True)
    (site / name / "__init__.py").write_text(dedent(source), encoding="utf-8")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[lavin]\n{name} = {name}\n", encoding="utf-8")
