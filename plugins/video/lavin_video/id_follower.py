"""Keeps the ids of objects from one window of a video to the next."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from lavincli.builtins.linked_ids import Ids, linked


class IdFollower:
    """A `Follower`: objects get the ids of those they overlap in the frames that two windows share.

    An object without a partner gets a number that no object of the video has had before.
    """

    def __init__(self) -> None:
        self._unused = 1

    def __call__(self, frames: Sequence[Any], known: Sequence[Any], start: int) -> list[Ids]:
        """See `lavincli.abilities.Follower`."""
        window = np.stack(frames)
        to = np.stack(known) if known else np.zeros((0, *window.shape[1:]), dtype=np.int32)
        self._unused = max(self._unused, int(to.max(initial=0)) + 1)
        renamed = linked(window, to, where=window[start : start + len(to)], unused=self._unused)
        self._unused = max(self._unused, int(renamed.max(initial=0)) + 1)
        return list(renamed)
