"""Plugins to test with: written into a folder on the path, or installed by pip into an environment of their own."""

from __future__ import annotations

import os
import subprocess
import sys
import sysconfig
import venv
from collections.abc import Mapping
from pathlib import Path
from textwrap import dedent


def install_plugin(site: Path, name: str, source: str, *, version: str = "1.2.3") -> None:
    """Put into ``site`` what pip would: the package `name` with `source` as its `__init__.py`, and an entry point."""
    (site / name).mkdir(parents=True)
    (site / name / "__init__.py").write_text(dedent(source), encoding="utf-8")
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n", encoding="utf-8")
    (info / "entry_points.txt").write_text(f"[lavin]\n{name} = {name}\n", encoding="utf-8")


def write_project(folder: Path, modules: Mapping[str, str]) -> Path:
    """A project to be installed by pip: one package a module, each of them a plugin of lavin."""
    lines = "".join(f'{name} = "{name}"\n' for name in modules)
    (folder).mkdir(parents=True)
    (folder / "pyproject.toml").write_text(
        '[build-system]\nrequires = ["hatchling"]\nbuild-backend = "hatchling.build"\n'
        f'[project]\nname = "{folder.name}"\nversion = "0.3"\n[project.entry-points.lavin]\n{lines}'
        f"[tool.hatch.build.targets.wheel]\nonly-include = {list(modules)}\n",
        encoding="utf-8",
    )
    for name, source in modules.items():
        (folder / name).mkdir()
        (folder / name / "__init__.py").write_text(dedent(source), encoding="utf-8")
    return folder


class Environment:
    """A virtual environment that sees all that the tests' own one holds, with ``lavin`` and ``pip`` as commands."""

    def __init__(self, folder: Path) -> None:
        venv.create(folder, symlinks=True)
        self.folder = folder
        (site,) = folder.glob("lib/python*/site-packages")
        # addsitedir and not a plain path, so that editable installs in there are found too.
        outer = sysconfig.get_path("purelib")
        (site / "outer.pth").write_text(f"import site; site.addsitedir({outer!r})\n", encoding="utf-8")
        python = folder / "bin" / "python"
        self._command("lavin", f'exec {python} -m lavincli "$@"')
        offline = "--no-deps --no-build-isolation --no-index"
        self._command("pip", f'exec {sys.executable} -m pip --quiet --python {python} "$@" {offline}')

    def run(self, script: str, cwd: Path) -> subprocess.CompletedProcess[str]:
        """Run a shell script, which ends at its first failing command."""
        path = f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}"
        environment = os.environ | {"PATH": path, "PIP_DISABLE_PIP_VERSION_CHECK": "1"}
        return subprocess.run(
            ["bash", "-ec", script],  # noqa: S607 - any bash
            cwd=cwd,
            env=environment,
            capture_output=True,
            text=True,
            check=False,
        )

    def _command(self, name: str, line: str) -> None:
        path = self.folder / "bin" / name
        path.write_text(f"#!/bin/sh\n{line}\n", encoding="utf-8")
        path.chmod(0o755)
