"""The hooks, and the page that teaches them: ``plugins/README.md``."""

from __future__ import annotations

import inspect
import re
from pathlib import Path

import pytest
import yaml

from lavincli import hookspecs
from lavincli.cards.card import TaskCard
from lavincli.cards.check import check_task
from lavincli.cards.context_set import make_context
from lavincli.cli.main import main
from lavincli.media.images import write_image
from lavincli.plugin_author.check import PluginChecks
from lavincli.registry import registry, task
from tests.fake_plugins import install_plugin
from tests.plugins_page import PAGE, blocks
from tests.small_tasks import picture


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


def test_the_page_has_a_line_for_every_hook_and_for_no_other() -> None:
    assert re.findall(r"^\| `(lavin_\w+)` \|", PAGE, flags=re.MULTILINE) == list(hooks())


def test_the_page_shows_every_hook_in_use_and_no_other() -> None:
    assert re.findall(r"^def (lavin_\w+)\(", "".join(blocks("python")), flags=re.MULTILINE) == list(hooks())


def test_the_pages_cards_are_valid() -> None:
    cards = [TaskCard.model_validate(yaml.safe_load(text)) for text in blocks("yaml")]
    assert [card.name for card in cards] == ["watermark", "tilt"]
    assert len(blocks("yaml")[0].splitlines()) == 5


def test_the_pages_code_is_a_plugin_that_works(
    plugin_site: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    install_plugin(plugin_site, "fake_page", "\n".join(blocks("python")))
    folder = plugin_site / "fake_page" / "tasks" / "tilt"
    folder.mkdir(parents=True)
    (folder / "task.yaml").write_text(blocks("yaml")[1], encoding="utf-8")
    for number in range(5):
        write_image(tmp_path / f"{number}.png", picture(number))
        (tmp_path / f"{number}.json").write_text(f'{{"degrees": {7 * number - 15.5}}}', encoding="utf-8")
    make_context(task("tilt"), folder / "context", root=tmp_path, pairs=4, size=64)

    checks = {check.what: check for check in PluginChecks().check("fake_page")}
    assert [check for check in checks.values() if not check.ok] == []
    assert registry().plugins["fake_page"].provides["commands"] == ["level"]
    assert "<id>.png beside <id>.json" in checks["loader tilted_photos"].detail
    found = check_task(task("tilt"), {"photos": tmp_path})[-1]
    assert found.ok, found.detail
    assert "5 samples; truth against truth is perfect" in found.detail
    (tmp_path / "empty").mkdir()
    wrong = check_task(task("tilt"), {"photos": tmp_path / "empty"})[-1]
    assert wrong.detail == f"{tmp_path / 'empty'}: expected <id>.png beside <id>.json; found an empty folder"
    capsys.readouterr()
    assert main(["level", str(tmp_path / "0.json")]) == 0
    assert capsys.readouterr().out == "-15.5\n"
