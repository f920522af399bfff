"""What this installation and machine are like: the checks behind ``lavin doctor``."""

import base64
import hashlib
import os
import platform
import re
import subprocess
import sys
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from importlib import import_module, metadata
from pathlib import Path
from typing import Literal

from lavincli import __version__
from lavincli.errors import LavinError

Status = Literal["ok", "note", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding: ``problem`` is something that keeps lavin from working, ``note`` something worth knowing."""

    name: str
    status: Status
    detail: str


def check_environment() -> list[Check]:
    """Look at the interpreter, the libraries, the devices, ffmpeg, the bundled files and the plugins."""
    parts: list[Callable[[], Iterator[Check]]] = [_python, _libraries, _devices, _ffmpeg, _bundled_files, _plugins]
    return [check for part in parts for check in part()]


def _python() -> Iterator[Check]:
    yield Check("lavin", "ok", f"{__version__} in {Path(__file__).resolve().parent}")
    yield Check("python", "ok", f"{platform.python_version()} ({sys.executable}) on {platform.platform()}")


def _libraries() -> Iterator[Check]:
    """Every requirement of lavin: is it there, and in a version lavin was made for?"""
    from packaging.requirements import Requirement

    for line in metadata.requires("lavin") or []:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Check(
                requirement.name, "problem", f"missing, lavin asks for {requirement.name}{requirement.specifier}"
            )
            continue
        if requirement.specifier.contains(version, prereleases=True):
            yield Check(requirement.name, "ok", version)
        else:
            yield Check(requirement.name, "problem", f"{version}, but lavin asks for {requirement.specifier}")


def _devices() -> Iterator[Check]:
    try:
        torch = import_module("torch")
    except (ImportError, OSError) as error:  # OSError: a shared library PyTorch needs is missing
        yield Check("devices", "problem", f"PyTorch can't be imported: {error}")
        return
    yield Check("device cpu", "ok", f"{os.cpu_count()} processors, PyTorch uses {torch.get_num_threads()} threads")
    for index in range(torch.cuda.device_count()):
        properties = torch.cuda.get_device_properties(index)
        yield Check(f"device cuda:{index}", "ok", f"{properties.name}, {properties.total_memory / 2**30:.0f} GiB")
    if torch.backends.mps.is_available():
        yield Check("device mps", "ok", "Apple GPU")
    if not torch.cuda.is_available() and not torch.backends.mps.is_available():
        yield Check("accelerator", "note", f"none is visible to PyTorch {torch.__version__}; lavin runs on the CPU")


def _ffmpeg() -> Iterator[Check]:
    """Videos need ffmpeg: the one on the PATH, or else the one imageio-ffmpeg carries."""
    from lavincli.media.ffmpeg import ffmpeg_executable

    try:
        executable = ffmpeg_executable()
    except LavinError as error:
        yield Check("ffmpeg", "problem", str(error))
        return
    done = subprocess.run([executable, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    version = re.match(r"ffmpeg version (\S+)", done.stdout)
    if done.returncode == 0 and version is not None:
        yield Check("ffmpeg", "ok", f"{version[1]} ({executable})")
    else:
        yield Check("ffmpeg", "problem", f"{executable} doesn't run: {done.stderr.strip() or done.returncode}")


def _bundled_files() -> Iterator[Check]:
    """The data inside the package, against the checksums that pip noted when it installed them."""
    distribution = metadata.distribution("lavin")
    noted = [
        (Path(str(file.locate())), file.hash)
        for file in distribution.files or []
        if file.parts[:2] == ("lavincli", "bundled") and file.hash is not None
    ]
    if not noted:
        yield Check("bundled files", "note", "not checked: an editable installation has no checksums")
        return
    changed = [path for path, digest in noted if not path.is_file() or _digest(path, digest.mode) != digest.value]
    if changed:
        names = ", ".join(map(str, changed))
        yield Check("bundled files", "problem", f"missing or changed: {names}; install lavin again")
    else:
        yield Check("bundled files", "ok", f"{len(noted)} files as they were packed")


def _digest(path: Path, algorithm: str) -> str:
    """A file's checksum in the form of a wheel's RECORD."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, algorithm).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")


def _plugins() -> Iterator[Check]:
    from lavincli.registry import registry

    found = registry()
    found.collect_everything()
    for plugin in found.plugins.values():
        if plugin.problems:
            yield Check(f"plugin {plugin.name}", "problem", "; ".join(plugin.problems))
        else:
            yield Check(f"plugin {plugin.name}", "ok", f"{plugin.distribution} {plugin.version}")
