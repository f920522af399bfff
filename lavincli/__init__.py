"""lavin: LaVin-DiT, one model for many image and video tasks, told what to do by example pairs.

    import lavincli

    pipe = lavincli.load("lavin-tiny")
    lavincli.tasks()    # name -> Task
    lavincli.metrics()  # name -> Metric

The names are looked up on first use (PEP 562), so that ``import lavincli`` costs nothing: the command line's help and
shell completion answer without PyTorch.
"""

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from lavincli.pipeline.load import load
    from lavincli.registry import metrics, tasks

__version__ = "0.1.0.dev0"

__all__ = ["__version__", "load", "metrics", "tasks"]

_HOME_OF = {
    "load": "lavincli.pipeline.load",
    "metrics": "lavincli.registry",
    "tasks": "lavincli.registry",
}


def __getattr__(name: str) -> Any:
    """Import a public function when it is first asked for."""
    if name not in _HOME_OF:
        raise AttributeError(f"module 'lavincli' has no attribute {name!r}")
    value = getattr(import_module(_HOME_OF[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(set(globals()) | set(__all__))
