"""Where logs go: to stderr, in colour on a terminal, as plain single lines anywhere else."""

import logging
import sys
from functools import cache
from typing import TYPE_CHECKING, TextIO

if TYPE_CHECKING:
    from rich.console import Console

_PLAIN = "%(levelname)s %(name)s: %(message)s"
_NAME = "lavin-stderr"
_OURS = ("lavincli", "lavin_geometry", "lavin_photo", "lavin_recognition", "lavin_scenes", "lavin_video")


@cache
def stderr_console() -> "Console":
    """The one rich console on stderr.

    Logs and progress bars share it, so that a log line is written above the bar and not into it.
    """
    from rich.console import Console

    return Console(stderr=True)


def wants_progress() -> bool:
    """Whether a progress bar makes sense: stderr is a terminal, and ``--quiet`` was not given."""
    return sys.stderr.isatty() and logging.getLogger("lavincli").isEnabledFor(logging.INFO)


class _PlainHandler(logging.StreamHandler[TextIO]):
    """Writes to whatever stderr is when a record comes, not to what it was when logging was set up."""

    def emit(self, record: logging.LogRecord) -> None:
        self.stream = sys.stderr
        super().emit(record)


def configure_logging(verbosity: int) -> None:
    """Send every log record of this process to stderr.

    Args:
        verbosity: -1 errors only; 0 what lavin does, and others' warnings; 1 lavin's details and what others do;
            2 everything. Calling it again replaces the earlier setting.
    """
    handler: logging.Handler
    if sys.stderr.isatty():
        from rich.logging import RichHandler

        handler = RichHandler(console=stderr_console(), show_path=False, markup=False, log_time_format="%H:%M:%S")
    else:
        handler = _PlainHandler()
        handler.setFormatter(logging.Formatter(_PLAIN))
    handler.name = _NAME
    ours, others = {
        -1: (logging.ERROR, logging.ERROR),
        0: (logging.INFO, logging.WARNING),
        1: (logging.DEBUG, logging.INFO),
    }.get(verbosity, (logging.DEBUG, logging.DEBUG))
    root = logging.getLogger()
    for earlier in [one for one in root.handlers if one.name == _NAME]:
        root.removeHandler(earlier)
    root.addHandler(handler)
    root.setLevel(others)
    for name in _OURS:
        logging.getLogger(name).setLevel(ours)
    logging.captureWarnings(True)
