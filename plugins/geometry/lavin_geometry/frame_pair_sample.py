"""A sample of optical flow between two frames, from its files."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.media.images import read_image


@dataclass(frozen=True, slots=True)
class FlowFiles:
    """Where a sample lies: two frames, the flow from the first to the second, and the sample's key."""

    key: str
    first: Path
    second: Path
    flow: Path

    def check(self) -> FlowFiles:
        """Itself; InputError if a file is missing."""
        for path in (self.first, self.second, self.flow):
            if not path.is_file():
                raise InputError(f"{path}: no such file, though others of its pair are there; restore it")
        return self


def frame_pair_sample(files: FlowFiles, flow: NDArray[np.float32], *, whole: bool) -> Sample:
    """Input ``uint8 [2, H, W, 3]``, target ``float32 [H, W, 2]``. Raises InputError if their sizes differ."""
    first, second = read_image(files.first), read_image(files.second)
    if not first.shape[1:3] == second.shape[1:3] == flow.shape[:2]:
        raise InputError(
            f"{files.flow}: is {list(flow.shape[:2])} where its frames are {list(first.shape[1:3])} and "
            f"{list(second.shape[1:3])}; they must be of one size"
        )
    frames = np.concatenate([first, second])
    return Sample(files.key, input=frames, target=flow, meta={"path": str(files.first)}, whole=whole)
