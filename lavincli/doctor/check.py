"""One finding of ``lavin doctor``, and how parts that are broken are kept from breaking the others."""

from __future__ import annotations

import logging
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

log = logging.getLogger(__name__)
Status = Literal["ok", "warn", "problem"]


@dataclass(frozen=True, slots=True)
class Check:
    """One finding.

    Attributes:
        name: what was looked at.
        status: ``problem`` is something that keeps lavin from working, ``warn`` what costs speed or a feature.
        detail: what was found.
        advice: what to do about it; empty where nothing is to be done.
    """

    name: str
    status: Status
    detail: str
    advice: str = ""


Part = Callable[[], Iterator[Check]]


def all_of(parts: list[Part]) -> Iterator[Check]:
    """The findings of all parts, as they come. A part that fails itself is a finding, and the others go on."""
    for part in parts:
        try:
            yield from part()
        except KeyboardInterrupt:  # the user's wish
            raise
        # Whatever a broken library raises, also at its import: SystemExit and panics of native code, too.
        except BaseException as error:
            log.debug("%s", part.__name__, exc_info=True)
            reason = " ".join(f"{type(error).__name__}: {error}".split())
            name = part.__name__.strip("_").replace("_", " ")
            yield Check(name, "problem", f"can't be looked at: {reason}", "install lavin again")
