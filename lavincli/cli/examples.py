"""An example for the help of each command that has none of its own (its ``epilog``); a test holds that they run."""

from __future__ import annotations

from collections.abc import Mapping

from lavincli.settings.names import CommandPath

EXAMPLES: Mapping[CommandPath, str] = {
    ("train",): "lavin train tiny-stvae data.roots.photos=photos/ data.roots.composed=photos-and-cutouts/",
    ("eval", "compare"): "lavin eval compare results/ other-results/",
    ("eval", "report"): "lavin eval report results/",
    ("tasks", "list"): "lavin tasks list --sheet tasks.png",
    ("tasks", "show"): "lavin tasks show denoising --sheet denoising.png",
    ("tasks", "check"): "lavin tasks check denoising --data photos=photos/",
    ("tasks", "make-context"): "lavin tasks make-context denoising context/ --data photos=photos/ --pairs 2",
    ("plugins", "list"): "lavin plugins list --json",
    ("plugins", "new"): "lavin plugins new night_vision",
    ("plugins", "check"): "lavin plugins check photo --no-tests",
    ("doctor",): "lavin doctor --json",
}


def example_of(path: CommandPath, epilog: str | None) -> str | None:
    """What stands below a command's help: its own words, or the example from here."""
    return epilog or (f"Example: {EXAMPLES[path]}" if path in EXAMPLES else None)
