"""Which errors cost an item, and which end a run."""

from __future__ import annotations

import errno
from typing import Final

from lavincli.errors import LavinError

_FATAL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EROFS, errno.ENOMEM, errno.EMFILE)


def raise_fatal(error: Exception) -> None:
    """Raise an error that the next item would meet as well: the run ends, what is done is kept."""
    if isinstance(error, MemoryError) or (isinstance(error, OSError) and error.errno in _FATAL):
        raise error


def reason_of(error: Exception) -> str:
    """An error in one line, with its kind where it isn't one of lavin's."""
    reason = str(error) if isinstance(error, LavinError) else f"{type(error).__name__}: {error}"
    return " ".join(reason.split())
