"""Runs the tests that lie beside a plugin's source, where it was installed from a folder."""

from __future__ import annotations

import json
import subprocess
import sys
from importlib.metadata import PackageNotFoundError, distribution
from importlib.util import find_spec
from pathlib import Path
from urllib.parse import urlparse
from urllib.request import url2pathname

from lavincli.cards.check import Check
from lavincli.installed_plugins import PluginRecord

_NO_TESTS = 5
"""What pytest returns when it has found none."""


def check_own_tests(plugin: PluginRecord) -> Check:
    """Run ``pytest`` on the folder ``tests`` of the plugin's source; a note where there is none."""
    folder = source_folder(plugin.distribution)
    if folder is None:
        return Check("tests", True, "not run: the plugin was not installed from a folder", checked=False)
    if not (folder / "tests").is_dir():
        return Check("tests", True, f"not run: there is no folder {folder / 'tests'}", checked=False)
    if find_spec("pytest") is None:
        return Check("tests", True, "not run: pytest isn't installed", checked=False)
    command = [sys.executable, "-m", "pytest", "-q", "--color=no", "tests"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)  # noqa: S603 - ours
    told = [line for line in done.stdout.splitlines() if line.strip()] or done.stderr.splitlines() or ["no output"]
    if done.returncode == _NO_TESTS:
        return Check("tests", True, f"not run: there is no test in {folder / 'tests'}", checked=False)
    if done.returncode == 0:
        return Check("tests", True, f"{told[-1]}, in {folder}")
    failed = [line for line in told if line.startswith(("FAILED", "ERROR", "E  "))]
    return Check("tests", False, f"{told[-1]}, in {folder}: {'; '.join(failed[-3:])}; run pytest there to see more")


def source_folder(name: str) -> Path | None:
    """The folder that a distribution was installed from (``pip install DIR`` keeps it), if it is still there."""
    try:
        told = distribution(name).read_text("direct_url.json")
    except PackageNotFoundError:
        return None
    url = urlparse(json.loads(told)["url"] if told else "")
    folder = Path(url2pathname(url.path))
    return folder if url.scheme == "file" and folder.is_dir() else None
