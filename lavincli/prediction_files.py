"""Answers that another tool has written: files found by the key of the item they answer."""

from __future__ import annotations

import functools
import json
import zipfile
from collections import defaultdict
from collections.abc import Callable, Sequence
from pathlib import Path, PurePosixPath
from typing import Any, Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Clip, Sample
from lavincli.errors import InputError
from lavincli.media.clips import CLIP_SUFFIXES, read_clip

Reader = Callable[[Sample], Any]
"""The native value predicted for a sample, at the size of its truth. Raises InputError where there is none."""


@runtime_checkable
class ReadsPredictions(Protocol):
    """A codec that reads the formats in which its field hands out predictions; optional.

    Without it, predictions are pictures as the codec draws them.
    """

    def read_predictions(self, folder: Path, **options: Any) -> Reader:
        """What reads the predictions in ``folder``; ``options`` are the codec's own, each with a default."""


class PredictionFiles:
    """The files below a folder, found by the key of an item (a relative path such as ``test/kitchen/rgb_1.png``).

    A file belongs to an item if its path without suffix is the key, with or without the key's own suffix, or the key's
    last parts: ``rgb_1.npy`` will do where no other item is called so.
    """

    def __init__(self, folder: Path) -> None:
        if not folder.is_dir():
            raise InputError(f"{folder}: no such folder; name the one that holds the predictions")
        self.folder = folder
        self._taken: dict[Path, str] = {}
        # By the last part of the path without suffix; a folder of frames counts as a file.
        self._found: defaultdict[str, set[Path]] = defaultdict(set)
        for path in sorted(folder.rglob("*")):
            relative = path.relative_to(folder)
            self._found[relative.name if path.is_dir() else relative.stem].add(path)

    def find(self, key: str, suffixes: Sequence[str]) -> Path:
        """The file of an item with one of the suffixes ("" for a folder), the first suffix that there is.

        Raises InputError if there is none, or several files may be meant.
        """
        whole = PurePosixPath(key)
        for suffix in suffixes:
            for wanted in (whole.with_suffix(""), whole):
                paths = [path for path in self._found.get(wanted.name, ()) if _has_suffix(path, suffix)]
                if path := self._best(wanted, paths, key):
                    if (other := self._taken.setdefault(path, key)) != key:
                        raise InputError(f"{path}: would answer both '{other}' and '{key}'; put them into folders")
                    return path
        names = ", ".join(f"{whole.with_suffix('')}{suffix or '/'}" for suffix in suffixes)
        raise InputError(f"{self.folder}: holds no prediction for '{key}' (looked for {names})")

    def frames(self, key: str, suffixes: Sequence[str]) -> list[Path]:
        """The files with such a suffix in the folder of an item, by name. Raises InputError if there are none."""
        folder = self.find(key, ("",))
        found = sorted(path for path in folder.iterdir() if path.suffix.lower() in suffixes)
        if not found:
            raise InputError(f"{folder}: holds no frames ({', '.join(suffixes)})")
        return found

    def _best(self, wanted: PurePosixPath, paths: list[Path], key: str) -> Path | None:
        """The path that shares most of its last parts with the key."""
        if not paths:
            return None
        shared = {path: _shared_parts(wanted, path.relative_to(self.folder).with_suffix("")) for path in paths}
        most = max(shared.values())
        best = [path for path in paths if shared[path] == most]
        if len(best) > 1:
            raise InputError(f"{self.folder}: {best[0]} and {best[1]} may both answer '{key}'; keep one")
        return best[0]


def picture_reader(folder: Path, decode: Callable[[Clip], Any]) -> Reader:
    """Reads predictions that are pictures, clips or folders of frames, and hands them to ``decode``."""
    files = PredictionFiles(folder)
    suffixes = (".png", *sorted(CLIP_SUFFIXES - {".png"}))

    def read(sample: Sample) -> Any:
        try:
            path = files.find(sample.key, suffixes)
        except InputError as error:
            try:
                frames = files.frames(sample.key, suffixes)
            except InputError:
                raise error from None
            return decode(np.concatenate([read_clip(frame) for frame in frames]))
        return decode(read_clip(path))

    return read


def read_npy(path: Path) -> NDArray[Any]:
    """The array of an ``.npy`` file, or the only one of an ``.npz``. Raises InputError for anything else."""
    try:
        loaded = np.load(path, allow_pickle=False)
        if isinstance(loaded, np.ndarray):
            return loaded
        with loaded:
            if len(loaded.files) != 1:
                raise InputError(f"{path}: holds {len(loaded.files)} arrays; one is expected")
            return np.asarray(loaded[loaded.files[0]])
    except (OSError, ValueError, EOFError, zipfile.BadZipFile) as error:
        raise InputError(f"{path}: is not an array that can be read ({error})") from error


@functools.lru_cache(maxsize=4)
def read_json(path: Path) -> Any:
    """The content of a JSON file, kept for the next item. Raises InputError if it isn't one."""
    try:
        return json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise InputError(f"{path}: is not JSON ({error})") from error


def coco_results(folder: Path) -> Callable[[Sample], list[dict[str, Any]]]:
    """Entries of COCO's format of results (a list with ``image_id``), by sample.

    One file for all pictures, whose ids are those that the loader knows (``meta["image_id"]``) or numbers or names in
    the keys; or a file for each picture, as lavin writes them.
    Raises InputError: no JSON there; on access, a file of another format.
    """
    files = PredictionFiles(folder)
    listed = sorted(folder.glob("*.json"))
    by_image: dict[str, list[dict[str, Any]]] | None = None
    if len(listed) == 1 and isinstance(content := read_json(listed[0]), list):
        grouped: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        for entry in content:
            if not isinstance(entry, dict) or "image_id" not in entry:
                raise InputError(f"{listed[0]}: is not in COCO's format of results, a list of objects with image_id")
            grouped[_image_name(entry["image_id"])].append(entry)
        by_image = dict(grouped)

    def read(sample: Sample) -> list[dict[str, Any]]:
        stem = PurePosixPath(sample.key).stem
        if by_image is not None:
            # Pictures without a single detection are not listed.
            named = _image_name(sample.meta.get("image_id", stem))
            return by_image.get(named, by_image.get(_image_name(stem), []))
        content = read_json(files.find(sample.key, (".json",)))
        if not isinstance(content, list):
            raise InputError(f"{folder}: the prediction for '{sample.key}' is not in COCO's format of results, a list")
        return content

    return read


def _image_name(identifier: Any) -> str:
    """Ids of pictures as texts, numbers without leading zeros: 139 and "000000000139" are one."""
    text = str(identifier)
    return str(int(text)) if text.isascii() and text.isdigit() else text


def _has_suffix(path: Path, suffix: str) -> bool:
    return path.is_dir() if not suffix else path.is_file() and path.suffix.lower() == suffix


def _shared_parts(wanted: PurePosixPath, found: Path) -> int:
    """How many last parts two paths share; a whole match counts most."""
    count = 0
    for one, other in zip(reversed(wanted.parts), reversed(found.parts), strict=False):
        if one != other:
            break
        count += 1
    return count + (wanted.parts == found.parts)
