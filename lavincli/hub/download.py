"""Models of the Hugging Face hub: downloaded once by huggingface_hub, and taken from its cache from then on."""

from __future__ import annotations

import hashlib
import logging
import os
import re
import shutil
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from lavincli.errors import CheckpointError
from lavincli.hub.offline import why_offline
from lavincli.hub.places import CARD, CONFIG, JDIT, STVAE_FILE, hub_cache

log = logging.getLogger(__name__)
MODEL_FILES = (CONFIG, JDIT, STVAE_FILE, CARD)
_NEEDED = (CONFIG, JDIT, STVAE_FILE)
_SPARE = 64 * 2**20
"""Bytes of the disk that a download leaves free."""
_SHA256 = re.compile(r"[0-9a-f]{64}")
Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class HubName:
    """A repository on the hub: ``org/name``, or ``org/name@revision`` (a branch, a tag, a commit)."""

    repository: str
    revision: str | None = None

    @staticmethod
    def parse(text: str) -> HubName | None:
        """The repository that a text means; None where it means something else, such as a path."""
        repository, at, revision = text.partition("@")
        if repository.count("/") != 1 or not all(repository.split("/")) or text.startswith((".", "/", "~")):
            return None
        return HubName(repository, revision if at else None)

    def __str__(self) -> str:
        return self.repository if self.revision is None else f"{self.repository}@{self.revision}"


def hub_model(name: HubName, *, update: bool = False) -> Path:
    """The model directory of a repository: as it was downloaded before, or else downloaded now.

    What is on this machine is taken without asking the hub, so an answer doesn't change because somebody uploads
    something; `update` asks. Raises CheckpointError: offline and not here, no such repository, not a model, no room.
    """
    folder = hub_files(name, MODEL_FILES, needed=_NEEDED, update=update)
    missing = [file for file in _NEEDED if not (folder / file).is_file()]
    if missing:
        raise CheckpointError(f"{name}: not a model of lavin, it has no {' and no '.join(missing)}")
    return folder


def hub_files(name: HubName, patterns: Sequence[str], *, needed: Sequence[str] = (), update: bool = False) -> Path:
    """The folder with a repository's files of these patterns; a half finished download is never given.

    Raises CheckpointError as `hub_model`.
    """
    here = None if update else _downloaded(name, patterns)
    if here is not None and all((here / file).is_file() for file in needed):
        return here
    reason = why_offline()
    if reason is not None:
        raise CheckpointError(
            f"{name}: not on this machine, and lavin is offline ({reason}); run 'lavin models pull {name}' where there "
            "is a network"
        )
    from huggingface_hub import snapshot_download

    _quieten()
    # The environment as it is now, not as it was when the library was imported.
    where: dict[str, Any] = {"endpoint": os.environ.get("HF_ENDPOINT"), "cache_dir": hub_cache()}
    files = _asked(
        name,
        lambda: snapshot_download(
            name.repository, revision=name.revision, allow_patterns=[*patterns], dry_run=True, **where
        ),
    )
    there = {file.filename for file in files}
    missing = [file for file in needed if file not in there]
    if missing or not files:
        raise CheckpointError(f"{name}: not a model of lavin, it has no {' and no '.join(missing or patterns)}")
    size = sum(file.file_size or 0 for file in files if file.will_download)
    if size:
        _require_room(name, size)
        log.info("%s: downloading %s into %s", name, in_words(size), hub_cache())
    folder = Path(
        _asked(
            name,
            lambda: snapshot_download(name.repository, revision=name.revision, allow_patterns=[*patterns], **where),
        )
    )
    _verify(name, folder, [file.filename for file in files if file.will_download])
    return folder


def _verify(name: HubName, folder: Path, downloaded: Sequence[str]) -> None:
    """Compare large files with the checksum that the hub keeps them by; the library looks at their size alone."""
    for file in downloaded:
        blob = (folder / file).resolve()
        if not _SHA256.fullmatch(blob.name):
            continue  # a small file, kept by another kind of checksum
        with blob.open("rb") as content:
            found = hashlib.file_digest(content, "sha256").hexdigest()
        if found != blob.name:
            (folder / file).unlink()
            blob.unlink()
            raise CheckpointError(f"{name}: {file} was damaged on its way, and is removed again; pull it once more")


def in_words(size: float) -> str:
    """Bytes as people say them."""
    for unit in ("bytes", "kB", "MB"):
        if size < 1000:
            return f"{size:.3g} {unit}" if size % 1 else f"{size:.0f} {unit}"
        size /= 1000
    return f"{size:.1f} GB"


def _downloaded(name: HubName, patterns: Sequence[str]) -> Path | None:
    if not hub_cache().is_dir():
        return None
    from huggingface_hub import snapshot_download
    from huggingface_hub.errors import HFValidationError, LocalEntryNotFoundError

    try:
        return Path(
            snapshot_download(
                name.repository,
                revision=name.revision,
                allow_patterns=[*patterns],
                local_files_only=True,
                cache_dir=hub_cache(),
            )
        )
    except (LocalEntryNotFoundError, HFValidationError):  # the latter is told when the hub is asked
        return None


def _asked(name: HubName, ask: Callable[[], Result]) -> Result:
    """What the hub answers; its refusals as one line that says what to do."""
    # What huggingface_hub speaks to the hub with; a connection that breaks is an error of its own.
    from httpx2 import HTTPError
    from huggingface_hub.errors import (
        DryRunError,
        GatedRepoError,
        HFValidationError,
        LocalEntryNotFoundError,
        RepositoryNotFoundError,
        RevisionNotFoundError,
    )

    try:
        return ask()
    except (OSError, HTTPError, HFValidationError) as error:
        hides_why = isinstance(error, DryRunError | LocalEntryNotFoundError)
        cause = (error.__cause__ if hides_why else None) or error
        if isinstance(cause, GatedRepoError):
            reason = "its maker asks for consent; give it on the hub, then 'hf auth login'"
        elif isinstance(cause, RevisionNotFoundError):
            reason = f"the hub has {name.repository}, but no revision '{name.revision}'"
        elif isinstance(cause, RepositoryNotFoundError):
            reason = "no such folder here, and no such model on the hub (or a private one: 'hf auth login')"
        elif isinstance(cause, HFValidationError):
            reason = "no such folder here, and no name that the hub could know"
        else:
            first = (str(cause).strip() or type(cause).__name__).splitlines()[0]
            reason = (
                f"not on this machine, and the hub could not be read to the end ({first}); try again, which goes on "
                "where it stopped, or use a model that is here: 'lavin models list'"
            )
        raise CheckpointError(f"{name}: {reason}") from error


def _require_room(name: HubName, size: int) -> None:
    cache = hub_cache()
    there = next(folder for folder in (cache, *cache.absolute().parents) if folder.is_dir())
    free = shutil.disk_usage(there).free
    if size + _SPARE > free:
        raise CheckpointError(
            f"{name}: {in_words(size)} to download, and {cache} has room for {in_words(free)}; make room, or set "
            "HF_HOME to a folder on another disk"
        )


def _quieten() -> None:
    """The library's bars are for terminals already; they are for people who want them, too. It logs as others do."""
    from huggingface_hub.utils.tqdm import disable_progress_bars

    own = logging.getLogger("huggingface_hub")
    for handler in [*own.handlers]:
        own.removeHandler(handler)
    if not log.isEnabledFor(logging.INFO):
        disable_progress_bars()
