"""Memory that was freed is kept for the next tensor, not given back to the system after every operation.

glibc maps every large block anew and unmaps it when it is freed, so that the kernel has to clear the pages of each
tensor of each operation again.
"""

from __future__ import annotations

import ctypes
import os
import sys
from collections.abc import Callable

# glibc's <malloc.h>.
_TRIM_THRESHOLD, _TOP_PAD, _MMAP_MAX = -1, -2, -4
_KEPT = 2**31 - 1
"""Bytes that the heap may have free at its end; the most that can be said."""
_AT_ONCE = 2**28
"""Bytes that the heap grows by."""
_OF_USERS = (
    "GLIBC_TUNABLES",
    "MALLOC_MMAP_MAX_",
    "MALLOC_MMAP_THRESHOLD_",
    "MALLOC_TRIM_THRESHOLD_",
    "MALLOC_TOP_PAD_",
)


def keep_freed_memory() -> bool:
    """Have this process's memory kept, up to 2 GiB of what is free; whether that could be set.

    It can't where the C library isn't glibc. What a user has set in the environment stays.
    """
    if not sys.platform.startswith("linux") or any(name in os.environ for name in _OF_USERS):
        return False
    library = ctypes.CDLL(None)
    if not hasattr(library, "gnu_get_libc_version"):
        return False
    set_option: Callable[[int, int], int] = library.mallopt
    return all([set_option(_MMAP_MAX, 0), set_option(_TRIM_THRESHOLD, _KEPT), set_option(_TOP_PAD, _AT_ONCE)])
