"""The weights that the authors of LaVin-DiT published, by name: from their archives to a model directory."""

from __future__ import annotations

import logging
import os
import platform
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import TYPE_CHECKING

from lavincli.atomic import move_folder
from lavincli.errors import CheckpointError, LavinError
from lavincli.hub.download import HubName, hub_files, in_words
from lavincli.hub.unpack import Progress, unpack

if TYPE_CHECKING:
    from lavincli.model.config import ModelConfig

log = logging.getLogger(__name__)
_ARCHIVES = ("*.tar", "*.tar.gz", "*.tgz", "*.tar.bz2", "*.tar.xz")


@dataclass(frozen=True, slots=True)
class Published:
    """What is known of published weights.

    Attributes:
        title: what it is, for people.
        jdit, stvae: names of the two weight files, wherever they are in the archives.
        jdit_preset, stvae_preset: the networks that they belong to (`lavincli.model.presets`).
        repository: where they are on the hub; None where lavin doesn't know, and the user has to say.
    """

    title: str
    jdit: str
    stvae: str
    jdit_preset: str
    stvae_preset: str
    repository: str | None = None

    def config(self, name: str) -> ModelConfig:
        """What `config.json` of the model will say; sampling and size as the published tool has them."""
        from lavincli.model.config import ModelConfig
        from lavincli.model.presets import JDIT_PRESETS, STVAE_PRESETS

        return ModelConfig(name=name, jdit=JDIT_PRESETS[self.jdit_preset], stvae=STVAE_PRESETS[self.stvae_preset])


PUBLISHED: Mapping[str, Published] = MappingProxyType(
    {
        "lavin-dit-3.4b": Published(
            title="LaVin-DiT, CVPR 2025: J-DiT 3,398,976,064 parameters, ST-VAE 215,583,907; two tar archives",
            jdit="lavin_dit.safetensors",
            stvae="stvae.pt",
            jdit_preset="3.4b",
            stvae_preset="published",
        )
    }
)


def how_to_pull(name: str) -> str:
    """The command that makes a published model, in words."""
    command = f"'lavin models pull {name}'"
    if PUBLISHED[name].repository is not None:
        return f"{command} downloads it"
    return f"{command} makes it, with --from FOLDER (its downloaded archives) or --repository ORG/NAME (on the hub)"


def pull_published(
    name: str,
    out: Path,
    *,
    folder: Path | None = None,
    repository: str | None = None,
    progress: Progress | None = None,
) -> Path:
    """Make the model directory of published weights, with their templates as context sets in `contexts/`.

    Args:
        name: in `PUBLISHED`.
        out: the model directory to make; it appears complete or not at all.
        folder: where the archives (or the unpacked files) lie; by default they are downloaded.
        repository: ``org/name[@revision]`` on the hub, where lavin doesn't know it.
        progress: is told how far each archive is.

    Raises CheckpointError: no archives, a weight file that is missing or others than the model's, an archive that
    can't be trusted, no room. ConfigError if `out` is there.
    """
    from lavincli.hub.templates import copy_templates
    from lavincli.pipeline.model_directory import check_free, convert

    published = PUBLISHED[name]
    check_free(out)
    source = folder if folder is not None else _download(name, published, repository)
    if not source.is_dir():
        raise CheckpointError(f"{source}: no such folder; give the one that holds the archives of {name}")
    with _scratch_beside(out) as scratch:
        archives = sorted({path for pattern in _ARCHIVES for path in source.glob(pattern)})
        # Beside archives, of a folder of downloads, only the weights themselves are looked for; else all is unpacked.
        roots = [] if archives else [source]
        for archive in archives:
            root = scratch / archive.name
            root.mkdir()
            log.info("%s: unpacking %s", archive.name, in_words(archive.stat().st_size))
            unpack(archive, root, lambda member: _is_wanted(member, published), progress)
            roots.append(root)
        jdit, stvae = (_find(file, source, roots) for file in (published.jdit, published.stvae))
        log.info("%s: checking and converting the weights", name)
        made = scratch / "model"
        convert(jdit, stvae, published.config(name), made)
        contexts = copy_templates(roots, made / "contexts")
        move_folder(made, out.resolve())
    for context in contexts:
        log.info("context set: %s", out / "contexts" / context)
    return out


def _download(name: str, published: Published, repository: str | None) -> Path:
    told = repository or published.repository
    parsed = HubName.parse(told) if told is not None else None
    if parsed is None:
        what = f"'{told}' is no name on the hub" if told else "lavin doesn't know where they are on the hub"
        raise CheckpointError(
            f"{name}: {what}; download the archives (with {published.jdit} and {published.stvae} in them) and give "
            f"their folder, 'lavin models pull {name} --from FOLDER', or name the repository, '--repository ORG/NAME'"
        )
    return hub_files(parsed, [*_ARCHIVES, published.jdit, published.stvae])


def _is_wanted(member: str, published: Published) -> bool:
    from lavincli.hub.templates import is_template

    return Path(member).name in (published.jdit, published.stvae) or is_template(member)


def _find(file: str, source: Path, roots: list[Path]) -> Path:
    found = [path for root in roots for path in sorted(root.rglob(file)) if path.is_file()]
    if not found and (source / file).is_file():
        found = [source / file]
    if not found:
        raise CheckpointError(f"{source}: no {file} in it or in its archives; is one of the archives missing?")
    if len(found) > 1:
        raise CheckpointError(f"{source}: {file} comes {len(found)} times; leave the one that is meant")
    return found[0]


@contextmanager
def _scratch_beside(out: Path) -> Iterator[Path]:
    """A folder on the disk that the model goes to, gone afterwards; what killed processes left there is removed."""
    parent = out.resolve().parent
    prefix = f".lavin-pull-{platform.node()}-"
    try:
        parent.mkdir(parents=True, exist_ok=True)
        for left_over in parent.glob(".lavin-pull-*"):
            # Another machine's may lie there, too, whose name begins like this one's.
            process = left_over.name.removeprefix(prefix)
            if process.isdecimal() and not _is_running(int(process)):
                shutil.rmtree(left_over)
        scratch = parent / f"{prefix}{os.getpid()}"
        scratch.mkdir()
    except OSError as error:
        raise LavinError(f"{parent}: can't be written ({error.strerror}); choose another place") from error
    try:
        yield scratch
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def _is_running(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:  # somebody else's
        return True
    return True
