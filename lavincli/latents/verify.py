"""Looks at a latent store: is everything there, is it what was written, and is it what the data still says?"""

from __future__ import annotations

from dataclasses import dataclass, field

import numpy as np

from lavincli.clip import Pair
from lavincli.errors import InputError
from lavincli.latents.encode import encode_clips, pair_fingerprint
from lavincli.latents.layout import ENCODED, FAILED, NOT_YET, SIDES
from lavincli.latents.pairs import PairSource
from lavincli.latents.reader import LatentReader, RecordReader
from lavincli.latents.shards import checksum
from lavincli.latents.store import LatentSet, Notes, encoded_places
from lavincli.model.stvae import STVAE

_TOLERANCE = 0.02
"""Latents encoded again may differ by this share of the largest: another batch, another machine rounds otherwise."""


@dataclass(frozen=True, slots=True)
class Verified:
    """What was found in one set.

    Attributes:
        records, encoded, failed, missing: counts; missing ones were not worked on yet.
        problems: what is wrong, a line each; none if all is well.
    """

    records: int
    encoded: int
    failed: int
    missing: int
    problems: list[str] = field(default_factory=list)


def verify_set(found: LatentSet) -> Verified:
    """Count the records of a set, and compare each with its checksum."""
    notes = found.notes()
    states = notes.state
    counts = {state: int(np.count_nonzero(states == state)) for state in (NOT_YET, ENCODED, FAILED)}
    problems: list[str] = []
    if counts[NOT_YET]:
        problems.append(f"{counts[NOT_YET]} of {found.info.count} records are missing; encode again to go on")
    for shard in range(found.info.shards):
        if found.finished(shard):
            problems.extend(_shard_problems(found, notes, shard))
    return Verified(found.info.count, counts[ENCODED], counts[FAILED], counts[NOT_YET], problems)


def verify_sources(found: LatentSet, source: PairSource, stvae: STVAE, *, records: int, seed: int = 0) -> list[str]:
    """Make and encode a sample of the records again; returns what differs, a line each."""
    notes = found.notes()
    places = encoded_places(notes.state)
    readers = [LatentReader(found, side) for side in SIDES]
    problems: list[str] = []
    for place in map(int, np.random.default_rng(seed).permutation(places)[:records]):
        key = str(notes.key[place])
        made = source.attempt(place)
        if not isinstance(made, Pair):
            problems.append(f"{key}: can't be made any more: {made.reason}")
        elif pair_fingerprint(made) != int(notes.fingerprint[place]):
            problems.append(f"{key}: is not the picture any more that was encoded; encode to a new store")
        else:
            for side, reader, clip in zip(SIDES, readers, (made.input, made.target), strict=True):
                try:
                    kept = reader.take([place])
                except InputError:
                    continue  # its shard is damaged or gone, which `verify_set` says
                again = encode_clips(stvae, [clip])[0]
                worst = float(np.abs(again - kept).max() / np.abs(again).max())
                if worst > _TOLERANCE:
                    problems.append(f"{key}: the {side}'s latents differ by up to {worst:.1%} when encoded again")
    return problems


def _shard_problems(found: LatentSet, notes: Notes, shard: int) -> list[str]:
    readers = [RecordReader(found, name) for name in sorted(found.names())]
    mend = f"delete {found.folder / 'state' / 'c' / str(shard)} and encode again"
    wrong: list[str] = []
    for place in found.info.places(shard):
        if notes.state[place] != ENCODED:
            continue
        try:
            record = b"".join(reader[place].tobytes() for reader in readers)
        except InputError as error:
            return [f"{error}; {mend}"]
        if checksum(record) != int(notes.checksum[place]):
            wrong.append(str(notes.key[place]))
    if not wrong:
        return []
    return [f"shard {shard}: {len(wrong)} records are not what was written ({', '.join(wrong[:3])}); {mend}"]
