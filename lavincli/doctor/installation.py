"""The libraries that lavin needs or can use: are they there, in the right version, and do they work?"""

from __future__ import annotations

import base64
import hashlib
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from importlib import import_module, metadata
from importlib.util import find_spec
from pathlib import Path

from lavincli.doctor.check import Check
from lavincli.errors import LavinError

_DEEPSPEED_SECONDS = 120
_EXTRAS = {
    "torchvision": ("LPIPS as its authors define it", "pip install 'lavin[metrics]', PyTorch first"),
    "torch_fidelity": ("FID as its authors define it", "pip install 'lavin[metrics]', PyTorch first"),
    "tensorboard": ("curves of training in TensorBoard", "pip install tensorboard"),
}
"""What works with a package that lavin doesn't ask for, and how to get it."""


def libraries() -> Iterator[Check]:
    """Every requirement of lavin: is it there, and in a version lavin was made for?"""
    from packaging.requirements import Requirement

    for line in metadata.requires("lavin") or []:
        requirement = Requirement(line)
        if requirement.marker is not None and not requirement.marker.evaluate({"extra": ""}):
            continue
        wanted = f"{requirement.name}{requirement.specifier}"
        advice = f"pip install '{wanted}'"
        try:
            version = metadata.version(requirement.name)
        except metadata.PackageNotFoundError:
            yield Check(requirement.name, "problem", f"missing, lavin asks for {wanted}", advice)
            continue
        if requirement.specifier.contains(version, prereleases=True):
            yield Check(requirement.name, "ok", version)
        else:
            yield Check(requirement.name, "problem", f"{version}, but lavin asks for {requirement.specifier}", advice)


def deepspeed() -> Iterator[Check]:
    """Can it be imported? In a process of its own, for it sets up much that nobody asked for here."""
    name, advice = "DeepSpeed works", "needed to train on several processes; pip install --force-reinstall deepspeed"
    if find_spec("deepspeed") is None:
        if sys.platform == "linux":
            yield Check(name, "warn", "not installed", advice)
        return
    command = [sys.executable, "-c", "import deepspeed; print(deepspeed.__version__)"]
    environment = os.environ | {"DS_ACCELERATOR": "cpu"}
    try:
        done = subprocess.run(  # noqa: S603 - this very Python
            command, capture_output=True, text=True, check=False, timeout=_DEEPSPEED_SECONDS, env=environment
        )
    except subprocess.TimeoutExpired:
        yield Check(name, "warn", f"its import takes more than {_DEEPSPEED_SECONDS} s", advice)
        return
    if done.returncode == 0:
        yield Check(name, "ok", "it can be imported")
    else:
        reason = (done.stderr.strip().splitlines() or [f"exit code {done.returncode}"])[-1]
        yield Check(name, "warn", f"it can't be imported: {reason}", advice)


def ffmpeg() -> Iterator[Check]:
    """Videos need ffmpeg: the one on the PATH, or else the one imageio-ffmpeg carries."""
    from lavincli.media.ffmpeg import ffmpeg_executable

    try:
        executable = ffmpeg_executable()
    except LavinError as error:
        yield Check("ffmpeg", "problem", str(error), "install ffmpeg, or pip install imageio-ffmpeg")
        return
    done = subprocess.run([executable, "-version"], capture_output=True, text=True, check=False)  # noqa: S603 - found above
    version = re.match(r"ffmpeg version (\S+)", done.stdout)
    if done.returncode == 0 and version is not None:
        yield Check("ffmpeg", "ok", f"{version[1]} ({executable})")
    else:
        reason = done.stderr.strip() or str(done.returncode)
        advice = "repair it, or take it off the PATH: lavin then uses that of imageio-ffmpeg"
        yield Check("ffmpeg", "problem", f"{executable} doesn't run: {reason}", advice)


def zarr() -> Iterator[Check]:
    """Stores of latents: a small array, written and read in memory."""
    import numpy as np
    import zarr as library

    numbers = np.arange(64, dtype=np.float16)
    array = library.create_array(store={}, shape=numbers.shape, chunks=(16,), dtype=numbers.dtype)
    array[:] = numbers
    right = bool(np.array_equal(np.asarray(array[:]), numbers))
    advice = "" if right else "pip install --force-reinstall zarr numcodecs"
    yield Check("Zarr works", "ok" if right else "problem", "an array comes back as it went", advice)


def extras() -> Iterator[Check]:
    """Packages that lavin uses where they are installed."""
    for module, (what, advice) in _EXTRAS.items():
        name = f"extra {module.replace('_', '-')}"
        if find_spec(module) is None:
            yield Check(name, "ok", f"not installed; it would give {what}: {advice}")
            continue
        try:
            import_module(module)
        except (ImportError, RuntimeError, OSError) as error:  # built for another PyTorch, most likely
            reason = " ".join(str(error).split())
            yield Check(name, "warn", f"it can't be imported ({reason}); there is no {what}", advice)
        else:
            yield Check(name, "ok", f"{metadata.version(module)}, for {what}")


def bundled_files() -> Iterator[Check]:
    """The data inside the package, against the checksums that pip noted when it installed them."""
    distribution = metadata.distribution("lavin")
    noted = [
        (Path(str(file.locate())), file.hash)
        for file in distribution.files or []
        if file.parts[:2] == ("lavincli", "bundled") and file.hash is not None
    ]
    if not noted:
        yield Check("bundled files", "ok", "not checked: an editable installation has no checksums")
        return
    changed = [path for path, digest in noted if not path.is_file() or _digest(path, digest.mode) != digest.value]
    if changed:
        names = ", ".join(map(str, changed))
        yield Check("bundled files", "problem", f"missing or changed: {names}", "install lavin again")
    else:
        yield Check("bundled files", "ok", f"{len(noted)} files as they were packed")


def _digest(path: Path, algorithm: str) -> str:
    """A file's checksum in the form of a wheel's RECORD."""
    with path.open("rb") as file:
        digest = hashlib.file_digest(file, algorithm).digest()
    return base64.urlsafe_b64encode(digest).rstrip(b"=").decode("ascii")
