"""Computing in smaller batches once the memory of the device has run out."""

from __future__ import annotations

import logging
from collections.abc import Callable, Sequence
from functools import partial
from typing import Final, TypeVar

import torch

from lavincli.clip import Clip
from lavincli.errors import LavinError
from lavincli.pipeline.answerer import Answerer, Unfinished

T = TypeVar("T")
logger = logging.getLogger(__name__)

# What PyTorch's allocators say on the CPU (c10/core/impl/alloc_cpu.cpp) and on Apple's GPUs.
_WORDS: Final = ("can't allocate memory", "not enough memory", "out of memory")


def is_out_of_memory(error: BaseException) -> bool:
    """Whether an error says that memory has run out, on whatever device."""
    if isinstance(error, (MemoryError, torch.OutOfMemoryError)):
        return True
    return isinstance(error, RuntimeError) and any(words in str(error) for words in _WORDS)


class BackOff:
    """Computes batches; one that doesn't fit into memory is halved, and so are all later ones."""

    def __init__(self, answerer: Answerer, batch_size: int) -> None:
        self._answerer = answerer
        self.batch_size = batch_size

    def compute(self, queries: Sequence[Clip], seeds: Sequence[int]) -> list[Unfinished]:
        """As `Answerer.compute`. Raises LavinError if memory isn't enough for a single query."""
        done: list[Unfinished] = []
        while len(done) < len(queries):
            here = slice(len(done), len(done) + self.batch_size)
            done += self.within_memory(partial(self._answerer.compute, queries[here], seeds[here])) or []
        return done

    def within_memory(self, work: Callable[[], T]) -> T | None:
        """What `work` gives; None if it ran out of memory, and is to be tried again with the smaller batch size."""
        try:
            return work()
        except (RuntimeError, MemoryError) as error:
            if not is_out_of_memory(error):
                raise
            if self.batch_size == 1:
                device = self._answerer.pipeline.device
                raise LavinError(
                    f"there isn't enough memory on {device} for one query at a time; free some, or choose another "
                    "device, --dtype bfloat16, or a smaller model"
                ) from error
        # Outside of the handler: the error holds on to the tensors of the frames it came through.
        self.batch_size = max(1, self.batch_size // 2)
        logger.warning("out of memory: going on with %d at a time (--batch-size)", self.batch_size)
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return None
