from __future__ import annotations

from pathlib import Path
from textwrap import dedent

import pytest

from lavincli.cards.check import Check
from lavincli.errors import UnknownNameError
from lavincli.plugin_author.check import KINDS, PluginChecks
from lavincli.plugin_author.check_blocks import check_block
from lavincli.plugin_author.own_tests import check_own_tests, source_folder
from lavincli.registry import registry
from tests.fake_plugins import install_plugin

HEAD = """
import numpy as np
from pathlib import Path
from lavincli.clip import Sample
from lavincli.errors import InputError
from lavincli.hookspecs import hookimpl
from lavincli.layout import require_root
from lavincli.lazy_samples import LazySamples

LAVIN_API = 1

def read(index):
    return Sample(str(index), target=np.full((1, 32, 32, 3), index, np.uint8))
"""


def hook(kind: str, factory: str) -> str:
    return f"@hookimpl\ndef lavin_{kind}():\n    'Some.'\n    return {{'fake_block': {factory}}}\n"


def check(site: Path, source: str) -> dict[str, Check]:
    install_plugin(site, "fake_checked", HEAD + dedent(source))
    return {found.what: found for found in PluginChecks().check("fake_checked")}


OURS = ["builtins", "geometry", "photo", "recognition", "scenes", "video"]


def test_lavins_own_plugins_are_known() -> None:
    assert [name for name, plugin in registry().plugins.items() if plugin.distribution == "lavin"] == OURS


@pytest.mark.parametrize("name", OURS)
def test_lavins_own_blocks_are_in_order(name: str) -> None:
    # In use they are seen by the checks of lavin's tasks.
    registry().collect_everything()
    provided = registry().plugins[name].provides
    blocks = [(kind, block) for kind, blocks in provided.items() if kind in KINDS for block in blocks]
    assert blocks
    found = [check_block(kind, block, registry().block(kind, block)) for kind, block in blocks]
    assert [check for check in found if not check.ok] == []


def test_a_plugin_of_lavin_is_in_order_as_a_whole() -> None:
    found = list(PluginChecks().check("photo"))
    assert [check for check in found if not check.ok] == []
    assert "tests" not in {check.what for check in found}


def test_a_plugin_that_is_not_there_or_does_not_load(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_broken", "raise RuntimeError('no licence')")
    (found,) = PluginChecks().check("fake_broken")
    assert (found.what, found.ok, found.detail) == ("load", False, "import: RuntimeError: no licence")
    with pytest.raises(UnknownNameError, match="did you mean 'fake_broken'"):
        next(PluginChecks().check("fake_brokn"))


@pytest.mark.parametrize(
    ("kind", "factory", "reason"),
    [
        ("loaders", "lambda root, split: [read(0), read(1)]", "makes all samples at once"),
        ("loaders", "lambda root, split: LazySamples((), read)", "gives no samples"),
        ("loaders", "lambda root, split: LazySamples(range(9), str)", "gives str, not lavincli.clip.Sample"),
        ("loaders", "lambda root, split: LazySamples((0, 0), read)", "keys are unique, not 0, 0"),
        ("loaders", "lambda root, split: LazySamples((0, 1), lambda index: read(index))", "worker processes"),
        ("loaders", "lambda root, split: LazySamples((0, 1), read, key=hex)", "other keys than its samples have: 0x0"),
        ("loaders", "lambda root, split: sorted(root.glob('*'))", "AttributeError: 'NoneType'"),
        ("codecs", "type('Half', (), {'render': print, 'decode': print})", "Half is no Codec: it has no save"),
        (
            "codecs",
            "type('Near', (), {'render': print, 'decode': print, 'save': print, 'resample': 'near'})",
            "not 'near'",
        ),
        ("metrics", "type('Half', (), {'update': print, 'compute': print})", "it has no higher_is_better"),
        (
            "metrics",
            "type('Odd', (), {'update': print, 'compute': print, 'higher_is_better': {'odd': 'yes'}})",
            "True or False",
        ),
        ("transforms", "lambda: None", "NoneType can't be called"),
        ("transforms", "lambda: lambda clip, random: np.subtract(255, clip, out=clip)", "changes the clip"),
        ("transforms", "lambda: lambda clip, random: clip / 255", "gives float64, not a clip"),
        (
            "transforms",
            "lambda: lambda clip, random: np.random.default_rng().integers(0, 256, clip.shape, np.uint8)",
            "two clips for one generator state",
        ),
    ],
)
def test_blocks_that_are_not_what_they_must_be(kind: str, factory: str, reason: str, plugin_site: Path) -> None:
    found = check(plugin_site, hook(kind, factory))
    assert found["load"].ok
    wrong = found[f"{kind.removesuffix('s')} fake_block"]
    assert not wrong.ok
    assert reason in wrong.detail


def test_what_cannot_be_looked_at_is_noted(plugin_site: Path) -> None:
    source = "del LAVIN_API\n" + hook("loaders", "lambda root, split: require_root(root, '<id>.png')")
    source += hook("codecs", "lambda *, classes: classes")
    found = check(plugin_site, source)
    assert {what for what, check in found.items() if not check.checked} == {
        *("API", "loader fake_block", "loader fake_block in use", "codec fake_block", "codec fake_block in use"),
        "tests",
    }
    assert all(check.ok for check in found.values())
    assert found["loader fake_block"].detail.endswith("give the folder that holds <id>.png")
    assert found["codec fake_block"].detail == "not made: needs the option classes"
    assert found["codec fake_block in use"].detail == "not seen: no task uses it"


def test_hooks_without_docstrings_and_taken_names(plugin_site: Path) -> None:
    found = check(plugin_site, "@hookimpl\ndef lavin_codecs():\n    return {'rgb': object}\n")
    assert found["hooks"] == Check("hooks", False, "without a docstring: lavin_codecs")
    assert found["registers"] == Check("registers", False, "codec 'rgb' is already registered by builtins")


CODEC = """
class Codec:
    def render(self, value):
        return value
    def decode(self, rgb, *, context=(), query=None):
        return rgb // 2
    def save(self, value, path_without_suffix):
        return []

@hookimpl
def lavin_task_folders():
    "Some."
    return [Path(__file__).parent]
"""


def test_a_codec_that_loses_something_fails_in_use(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_checked", HEAD + CODEC + hook("codecs", "Codec"))
    card = "name: kept\ntarget: {codec: fake_block}\ninput: {transform: grayscale}\n"
    card += "data: {p: {loader: image_folder}}\nmetrics: [mse]\n"
    for name, text in (("kept", card), ("odd", "name: odd\nmetric: [mse]\n")):
        (plugin_site / "fake_checked" / name).mkdir()
        (plugin_site / "fake_checked" / name / "task.yaml").write_text(text, encoding="utf-8")
    found = {check.what: check for check in PluginChecks().check("fake_checked")}
    assert found["codec fake_block"].ok
    assert not found["codec fake_block in use"].ok
    assert "in task kept, data p: " in found["codec fake_block in use"].detail
    assert not found["task kept, data p"].ok
    assert not found["task kept, context"].ok
    assert "did you mean 'metrics'" in found["task odd"].detail


def test_own_tests_are_looked_for_where_a_plugin_was_installed_from(plugin_site: Path, tmp_path: Path) -> None:
    install_plugin(plugin_site, "fake_checked", HEAD)
    plugin = registry().plugins["fake_checked"]
    assert check_own_tests(plugin).detail == "not run: the plugin was not installed from a folder"
    told = plugin_site / "fake_checked-1.2.3.dist-info" / "direct_url.json"
    source = tmp_path / "a source"
    told.write_text(f'{{"url": "file://{str(source).replace(" ", "%20")}", "dir_info": {{}}}}', encoding="utf-8")
    assert source_folder("fake_checked") is None
    source.mkdir()
    assert source_folder("fake_checked") == source
    assert check_own_tests(plugin).detail == f"not run: there is no folder {source / 'tests'}"
    (source / "tests").mkdir()
    assert check_own_tests(plugin).detail == f"not run: there is no test in {source / 'tests'}"
    assert source_folder("a-distribution-that-is-not-there") is None
