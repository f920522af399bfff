"""All that ``lavin doctor`` looks at, in the order in which it tells it."""

from __future__ import annotations

from collections.abc import Iterator

from lavincli.doctor import contents, installation, machine
from lavincli.doctor.check import Check, Part, all_of

PARTS: list[Part] = [
    machine.python,
    installation.libraries,
    machine.processors,
    machine.devices,
    installation.deepspeed,
    installation.ffmpeg,
    installation.zarr,
    installation.extras,
    contents.settings,
    contents.network,
    contents.plugins,
    contents.tasks,
    installation.bundled_files,
    contents.models,
    contents.disk,
]


def check_environment() -> Iterator[Check]:
    """Look at everything, one finding after the other; nothing that is broken here breaks this."""
    return all_of(PARTS)
