"""Makes a task's context set: example pairs as files, from a data set of the task."""

from __future__ import annotations

import re
import secrets
import shutil
from collections.abc import Iterator, Sequence
from fnmatch import fnmatchcase
from pathlib import Path, PurePosixPath

import numpy as np
from PIL import Image

from lavincli.cards.framing import generator
from lavincli.cards.task import Task
from lavincli.clip import Clip, Pair, Sample
from lavincli.errors import InputError
from lavincli.lazy_samples import key_of, keys_are_known
from lavincli.media.clips import write_clip

_SEARCHED = 2000
"""Samples that are looked at for a key where each one has to be read for its own."""


def make_context(
    task: Task,
    out: Path,
    *,
    dataset: str | None = None,
    root: Path | None = None,
    split: str = "train",
    pairs: int = 6,
    size: int = 256,
    seed: int = 0,
    keys: Sequence[str] = (),
    overwrite: bool = False,
) -> list[Path]:
    """Write ``<id>_input.png`` and ``<id>_target.png`` for some samples of a data set to the folder ``out``.

    Clips are written as ``.mp4``.

    The folder appears complete or not at all. Ids are made from the samples' keys.

    Args:
        task: whose card makes the pairs.
        out: the folder to make.
        dataset: a name in the card's ``data``; the first one by default.
        root: where the data set lies.
        split: of the data set.
        pairs: how many.
        size: height and width in pixels.
        seed: draws the samples, and what the card's transforms do.
        keys: which samples to take instead, in this order: keys, with or without suffix, or patterns like ``*cat*``.
        overwrite: replace ``out`` if it is there.

    Returns the files written, sorted.
    Raises InputError: ``out`` is there already, too few samples, no sample for a key.
    """
    if out.exists() and not (out.is_dir() and (overwrite or not any(out.iterdir()))):
        raise InputError(f"{out}: is there already; choose another folder or use --overwrite")
    samples = task.samples(dataset, root, split)
    chosen = _named(samples, keys) if keys else _drawn(samples, pairs, generator(seed, "context", task.name))
    made = [task.pair(sample, size=size, seed=seed) for sample in chosen]
    ids = _ids([pair.key for pair in made])
    out = out.resolve()
    out.parent.mkdir(parents=True, exist_ok=True)
    temporary = out.with_name(f".lavin-{secrets.token_hex(8)}")
    temporary.mkdir()
    try:
        names = sorted(name for id_, pair in zip(ids, made, strict=True) for name in _write(pair, temporary, id_))
        if out.exists():
            replaced = out.with_name(f".lavin-{secrets.token_hex(8)}")
            out.rename(replaced)
            temporary.rename(out)
            shutil.rmtree(replaced)
        else:
            temporary.rename(out)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    return [out / name for name in names]


def _drawn(samples: Sequence[Sample], pairs: int, random: np.random.Generator) -> list[Sample]:
    if len(samples) < pairs:
        raise InputError(f"the data set has {len(samples)} samples, too few for {pairs} pairs")
    return [samples[int(index)] for index in random.choice(len(samples), size=pairs, replace=False)]


def _named(samples: Sequence[Sample], keys: Sequence[str]) -> list[Sample]:
    """For each key the first sample that it means and that no other key has; the rest isn't read if keys are known."""
    searched = len(samples) if keys_are_known(samples) else min(len(samples), _SEARCHED)
    found: dict[str, int] = {}
    for index in range(searched):
        own = key_of(index, samples)
        meant = next((key for key in keys if key not in found and _is_meant(own, key)), None)
        if meant is not None:
            found[meant] = index
        if len(found) == len(set(keys)):
            return [samples[found[key]] for key in keys]
    missing = next(key for key in keys if key not in found)
    raise InputError(f"no sample is called '{missing}' ({searched} looked at); keys are like '{key_of(0, samples)}'")


def _is_meant(key: str, pattern: str) -> bool:
    # Most of a hundred thousand keys are told apart by their first letters.
    named = key.startswith(pattern) and pattern in (key, str(PurePosixPath(key).with_suffix("")))
    return named or (any(sign in pattern for sign in "*?[") and fnmatchcase(key, pattern))


def _ids(keys: Sequence[str]) -> list[str]:
    """File names from keys: without suffix, with "_" for everything unusual, numbered where two would be the same."""
    ids: list[str] = []
    for key in keys:
        # Only a picture's suffix is dropped, also of a folder: "cat.jpg/000012" is the 13th sample made of "cat.jpg".
        plain = "_".join(PurePosixPath(part).stem for part in PurePosixPath(key).parts)
        name = re.sub(r"[^A-Za-z0-9]+", "_", plain).strip("_") or "pair"
        ids.append(name if name not in ids else f"{name}_{len(ids) + 1}")
    return ids


def _write(pair: Pair, folder: Path, id_: str) -> Iterator[str]:
    for side, clip in (("input", pair.input), ("target", pair.target)):
        if clip.shape[0] == 1:
            path = folder / f"{id_}_{side}.png"
            _smallest(clip).save(path, optimize=True)
        else:
            path = write_clip(folder / f"{id_}_{side}", clip)
        yield path.name


def _smallest(clip: Clip) -> Image.Image:
    """The frame, as gray where it has no colour: a third of the bytes, and the same picture when read."""
    image = Image.fromarray(clip[0])
    return image.convert("L") if (clip[..., :1] == clip).all() else image
