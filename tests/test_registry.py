from __future__ import annotations

import logging
from pathlib import Path

import numpy as np
import pytest

import lavincli
from lavincli.errors import CardError, UnknownNameError
from lavincli.registry import registry, task
from tests.fake_plugins import install_plugin

FULL = """
    from pathlib import Path
    from lavincli.hookspecs import hookimpl

    LAVIN_API = 1

    class Invert:
        def __call__(self, clip, random):
            return 255 - clip

    class Codec:
        def render(self, value):
            return value
        def decode(self, rgb, *, context=(), query=None):
            return rgb
        def save(self, value, path_without_suffix):
            return []

    class Metric:
        higher_is_better = {"sameness": True}
        def update(self, prediction, target, *, query=None):
            self.same = float((prediction == target).mean())
        def compute(self):
            return {"sameness": self.same}

    @hookimpl
    def lavin_transforms():
        return {"invert": Invert}

    @hookimpl
    def lavin_codecs():
        return {"plain": Codec}

    @hookimpl
    def lavin_metrics():
        return {"sameness": Metric}

    @hookimpl
    def lavin_task_folders():
        return [Path(__file__).parent / "cards"]

    @hookimpl
    def lavin_commands(app):
        @app.command()
        def greet():
            "Say hello."
            print("hello from a plugin")
"""
CARD = """
    name: negative
    input: {transform: invert}
    target: {codec: plain}
    data: {photos: {loader: image_folder}}
    metrics: [sameness]
"""


def test_builtins_come_through_the_same_hooks() -> None:
    found = registry()
    assert {"rgb", "edge_map", "color_mask"} <= set(found.codecs)
    assert {"image_folder", "pair_folder", "composed_foregrounds"} <= set(found.loaders)
    assert {"psnr", "ssim", "mse", "psnr_hole", "boundary_f", "mean_iou"} <= set(found.metrics)
    found.collect_everything()
    assert {name: record.problems for name, record in found.plugins.items() if record.problems} == {}
    assert {"image_folder", "pair_folder"} <= set(found.plugins["builtins"].provides["loaders"])
    assert "denoising" in found.plugins["builtins"].provides["tasks"]
    assert {record.api for record in found.plugins.values() if record.distribution == "lavin"} == {1}


def test_public_metrics_are_fresh_each_time() -> None:
    first, second = lavincli.metrics(), lavincli.metrics()
    assert {"psnr", "ssim", "mean_iou"} <= set(first) <= set(registry().metrics)
    assert all(first[name] is not second[name] for name in first)


def test_public_metrics_leave_out_what_needs_options(plugin_site: Path) -> None:
    source = """
        from lavincli.hookspecs import hookimpl

        @hookimpl
        def lavin_metrics():
            return {"fake_distance": lambda *, features: features, "fake_free": lambda *rest, seed=0, **more: seed}
    """
    install_plugin(plugin_site, "fake_metrics", source)
    assert "fake_distance" in registry().metrics
    assert {"fake_distance", "fake_free"} & set(lavincli.metrics()) == {"fake_free"}


def test_installed_plugin_adds_blocks_and_a_task_that_works(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_full", FULL)
    cards = plugin_site / "fake_full" / "cards" / "negative"
    cards.mkdir(parents=True)
    (cards / "task.yaml").write_text(CARD.replace("\n    ", "\n"), encoding="utf-8")
    record = registry().plugins["fake_full"]
    assert record.loaded
    assert record.version == "1.2.3"
    found = lavincli.tasks()["negative"]
    pair = found.pair(found.samples()[0], size=16)
    np.testing.assert_array_equal(pair.input, 255 - pair.target)
    registry().collect_everything()
    assert registry().plugins["fake_full"].provides == {
        "codecs": ["plain"],
        "transforms": ["invert"],
        "metrics": ["sameness"],
        "tasks": ["negative"],
        "commands": ["greet"],
    }
    assert set(registry().installed.implementations("fake_full")) == {
        *("lavin_codecs", "lavin_transforms", "lavin_metrics", "lavin_task_folders", "lavin_commands"),
    }


@pytest.mark.parametrize(
    ("source", "reason"),
    [
        ("raise RuntimeError('no licence\\nfound')", "import: RuntimeError: no licence found"),
        ("import sys; sys.exit('no GPU')", "import: SystemExit: no GPU"),
        ("class Panic(BaseException): pass\nraise Panic('core')", "import: Panic: core"),
        ("import nowhere_to_be_found", "import: ModuleNotFoundError: No module named 'nowhere_to_be_found'"),
        ("def (", "import: SyntaxError: invalid syntax (__init__.py, line 1)"),
    ],
)
def test_plugin_that_raises_at_import_costs_one_warning(
    source: str, reason: str, plugin_site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    install_plugin(plugin_site, "fake_broken", source)
    with caplog.at_level(logging.WARNING):
        assert "rgb" in registry().codecs
        registry().collect_everything()
    record = registry().plugins["fake_broken"]
    assert not record.loaded
    assert record.problems == [reason]
    assert len([line for line in caplog.messages if "fake_broken" in line]) == 1


def test_an_interrupt_while_a_plugin_is_imported_is_the_users(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_slow", "raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        registry()


def test_what_a_plugin_prints_is_no_result(plugin_site: Path, capsys: pytest.CaptureFixture[str]) -> None:
    install_plugin(plugin_site, "fake_chatty", "print('welcome')")
    assert registry().plugins["fake_chatty"].loaded
    assert capsys.readouterr() == ("", "welcome\n")


def test_hook_that_raises_leaves_the_plugins_other_parts(plugin_site: Path) -> None:
    source = FULL.replace('return {"plain": Codec}', "raise KeyError('codec')")
    install_plugin(plugin_site, "fake_half", source)
    (plugin_site / "fake_half" / "cards").mkdir()
    registry().collect_everything()
    assert "invert" in registry().transforms
    assert "plain" not in registry().codecs
    assert registry().plugins["fake_half"].problems == ["lavin_codecs: KeyError: 'codec'"]


def test_second_owner_of_a_name_is_reported_and_the_first_keeps_it(plugin_site: Path) -> None:
    source = """
        from lavincli.hookspecs import hookimpl

        @hookimpl
        def lavin_codecs():
            return {"rgb": object, "fresh": object}
    """
    install_plugin(plugin_site, "fake_twice", source)
    assert registry().codecs["rgb"].__name__ == "RGBCodec"
    assert "fresh" in registry().codecs
    assert registry().plugins["fake_twice"].problems == ["codec 'rgb' is already registered by builtins"]


def test_no_plugin_is_asked_for_its_blocks_behind_the_one_that_has_the_name(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_slow", FULL.replace('return {"plain": Codec}', "raise KeyError('asked')"))
    (plugin_site / "fake_slow" / "cards").mkdir()
    assert registry().block("codecs", "rgb").__name__ == "RGBCodec"
    assert registry().plugins["fake_slow"].problems == []
    with pytest.raises(UnknownNameError, match="unknown codec 'edge_mapp'; did you mean 'edge_map'"):
        registry().block("codecs", "edge_mapp")
    assert registry().plugins["fake_slow"].problems == ["lavin_codecs: KeyError: 'asked'"]


def test_many_problems_of_a_plugin_are_all_kept_and_cost_one_warning(
    plugin_site: Path, caplog: pytest.LogCaptureFixture
) -> None:
    source = """
        from lavincli.hookspecs import hookimpl

        @hookimpl
        def lavin_codecs():
            return {"rgb": object, "Rgb": object}

        @hookimpl
        def lavin_metrics():
            return {"psnr": object}

        @hookimpl
        def lavin_task_folders():
            return 3

        @hookimpl
        def lavin_commands(app):
            app.command("predict")(print)
    """
    install_plugin(plugin_site, "fake_messy", source)
    with caplog.at_level(logging.WARNING):
        registry().collect_everything()
    assert registry().plugins["fake_messy"].problems == [
        "lavin_codecs: 'Rgb' needs a lower_case name and a callable factory",
        "codec 'rgb' is already registered by builtins",
        "metric 'psnr' is already registered by builtins",
        "lavin_task_folders: TypeError: 'int' object is not iterable",
        "command 'predict' is already registered by lavin itself",
    ]
    assert len([line for line in caplog.messages if "fake_messy" in line]) == 1


def test_two_packages_with_a_plugin_of_one_name(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_first", "LAVIN_API = 1")
    install_plugin(plugin_site, "fake_other", "LAVIN_API = 1")
    entry_point = plugin_site / "fake_other-1.2.3.dist-info" / "entry_points.txt"
    entry_point.write_text("[lavin]\nfake_first = fake_other\n", encoding="utf-8")
    records = [record for record in registry().plugins.values() if record.name == "fake_first"]
    assert [record.loaded for record in records] == [True, False]
    assert records[0].problems == []
    assert f"already there, from {records[0].distribution}" in records[1].problems[0]


def test_plugin_for_a_newer_api_is_refused(plugin_site: Path, caplog: pytest.LogCaptureFixture) -> None:
    install_plugin(plugin_site, "fake_newer", "LAVIN_API = 99")
    with caplog.at_level(logging.WARNING):
        record = registry().plugins["fake_newer"]
    assert (record.loaded, record.api) == (False, 99)
    assert record.problems == ["asks for plugin API 99; this lavin has 1, so update lavin"]
    assert len([line for line in caplog.messages if "fake_newer" in line]) == 1


@pytest.mark.parametrize(
    ("hook", "reason"),
    [
        ("def lavin_codec(): return {}", "unknown hook"),
        ("def lavin_codecs(extra): return {}", "extra"),
        ("def lavin_codecs(): return ['rgb']", "list"),
        ("def lavin_codecs(): return {'Not A Name': object}", "lower_case"),
        ("def lavin_task_folders(): return ['/nowhere/at/all']", "does not exist"),
    ],
)
def test_wrong_hooks_are_told_with_a_reason(plugin_site: Path, hook: str, reason: str) -> None:
    install_plugin(plugin_site, "fake_wrong", f"from lavincli.hookspecs import hookimpl\n@hookimpl\n{hook}\n")
    registry().collect_everything()
    assert reason in " ".join(registry().plugins["fake_wrong"].problems)


def test_unknown_names_suggest_the_nearest() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'denoising'"):
        task("denoisng")
    with pytest.raises(UnknownNameError, match="unknown codec 'edge_mop'; did you mean 'edge_map'"):
        registry().block("codecs", "edge_mop")


def test_task_with_a_bad_card_is_left_out_and_says_why_when_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "odd"
    folder.mkdir()
    (folder / "task.yaml").write_text("name: odd\nmetric: [psnr]\n", encoding="utf-8")
    monkeypatch.setenv("LAVIN_TASKS", str(tmp_path))
    assert "odd" not in lavincli.tasks()
    assert "denoising" in lavincli.tasks()
    with pytest.raises(CardError, match="did you mean 'metrics'"):
        task("odd")
