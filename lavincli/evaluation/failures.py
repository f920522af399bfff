"""Which errors cost an item, and which end a run."""

from __future__ import annotations

import errno
from typing import Final

_FATAL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOMEM, errno.EMFILE)


def raise_fatal(error: Exception) -> None:
    """Raise an error that the next item would meet as well: the run ends, what is done is kept."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _FATAL):
        raise error
