"""Whether lavin may use the network."""

from __future__ import annotations

import os

OFFLINE_VARIABLE = "LAVIN_OFFLINE"
_OURS_AND_THE_HUBS = (OFFLINE_VARIABLE, "HF_HUB_OFFLINE")
_NO = {"", "0", "false", "no", "off"}


def why_offline() -> str | None:
    """What says that the network is not to be used, in words; None where nothing does."""
    for variable in _OURS_AND_THE_HUBS:
        if os.environ.get(variable, "").strip().lower() not in _NO:
            return f"{variable} is set"
    return None
