"""The errors a user can cause and a user can mend.

Each carries one line: what is wrong, where, and what to do next. The command line prints that line and exits with 1;
anything that isn't a :class:`LavinError` is a bug in lavin and is reported as one.
"""

from collections.abc import Iterable
from difflib import get_close_matches


class LavinError(Exception):
    """An error with a message for the user.

    Args:
        message: what is wrong, where, and what to do next. Line breaks are folded into spaces, so that whoever reads
            stderr line by line gets one record for one error.
    """

    def __init__(self, message: str) -> None:
        self.message = " ".join(message.split())
        super().__init__(self.message)

    def __str__(self) -> str:
        return self.message


class InputError(LavinError):
    """An image, video or folder that cannot be read, or isn't what it says it is."""


class RootNeededError(InputError):
    """A data set that isn't bundled, asked for without saying where it lies."""


class CardError(LavinError):
    """A task card that isn't valid; the message names file, key and reason."""


class CheckpointError(LavinError):
    """Weights that don't fit the model, or a model directory that isn't complete."""


class ConfigError(LavinError):
    """A setting that isn't valid, from a file, the environment or a flag."""


class UnknownNameError(LavinError):
    """A task, codec, metric, model ... that nobody registered.

    Args:
        name: what was asked for.
        kind: what it should have been, in words: ``"task"``, ``"metric"``.
        known: the names that exist. The nearest is suggested; with no near one, all are listed.
    """

    def __init__(self, name: str, kind: str, known: Iterable[str]) -> None:
        self.name = name
        self.kind = kind
        self.known = sorted(known)
        lowered = {candidate.lower(): candidate for candidate in self.known}
        nearest = get_close_matches(name.lower(), lowered, n=1, cutoff=0.5)
        if nearest:
            hint = f"did you mean '{lowered[nearest[0]]}'?"
        elif self.known:
            hint = f"known: {', '.join(self.known)}"
        else:
            hint = "none is registered"
        super().__init__(f"unknown {kind} '{name}'; {hint}")

    def __reduce__(self) -> tuple[type["UnknownNameError"], tuple[str, str, list[str]]]:
        # An exception with its own arguments has to say how it is rebuilt, or it can't cross a process boundary.
        return UnknownNameError, (self.name, self.kind, self.known)
