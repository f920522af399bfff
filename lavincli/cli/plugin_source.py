"""The sub-commands that a plugin's source adds to ``lavin``, read and not run."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

_HOOK = "lavin_commands"


def commands_in(source: Path) -> dict[str, str]:
    """Names and first lines of the commands that the hook ``lavin_commands`` of a module decorates.

    Commands that are added in another way are not seen here, and run all the same.
    """
    try:
        text = source.read_text(encoding="utf-8")
        tree = ast.parse(text) if _HOOK in text else None
    except (OSError, UnicodeDecodeError, SyntaxError):  # `lavin plugins list` says so
        return {}
    if tree is None:
        return {}
    hooks = (node for node in tree.body if isinstance(node, ast.FunctionDef) and node.name == _HOOK)
    return dict(command for hook in hooks for node in ast.walk(hook) for command in _command(node, hook))


def _command(node: ast.AST, hook: ast.FunctionDef) -> Iterator[tuple[str, str]]:
    if not isinstance(node, ast.FunctionDef) or node is hook or not hook.args.args:
        return
    app = hook.args.args[0].arg
    for decorator in node.decorator_list:
        if isinstance(decorator, ast.Call) and ast.unparse(decorator.func) == f"{app}.command":
            given = [*decorator.args, *(word.value for word in decorator.keywords if word.arg == "name")]
            name = given[0].value if given and isinstance(given[0], ast.Constant) else None
            about = (ast.get_docstring(node) or "").partition("\n")[0]
            yield str(name or node.name.replace("_", "-")), about
