from __future__ import annotations

import inspect

from lavincli import hookspecs


def hooks() -> dict[str, str]:
    """Hook name -> docstring."""
    return {
        name: inspect.getdoc(value) or ""
        for name, value in vars(hookspecs).items()
        if name.startswith("lavin_") and inspect.isfunction(value)
    }


def test_every_hook_is_documented() -> None:
    assert set(hooks()) == {
        "lavin_loaders",
        "lavin_codecs",
        "lavin_transforms",
        "lavin_metrics",
        "lavin_task_folders",
        "lavin_commands",
    }
    assert all(len(text) > 40 for text in hooks().values())


def test_hooks_fit_on_one_screen() -> None:
    assert len(inspect.getsource(hookspecs).splitlines()) <= 80
