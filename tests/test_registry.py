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
    assert all(not record.problems for record in found.plugins.values())
    assert set(found.plugins["builtins"].provides["loaders"]) == {"image_folder", "pair_folder"}


def test_public_metrics_are_fresh_each_time() -> None:
    first, second = lavincli.metrics(), lavincli.metrics()
    assert set(first) == set(registry().metrics)
    assert all(first[name] is not second[name] for name in first)


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
    assert registry().plugins["fake_full"].provides["metrics"] == ["sameness"]


def test_plugin_that_raises_at_import_costs_one_warning(plugin_site: Path, caplog: pytest.LogCaptureFixture) -> None:
    install_plugin(plugin_site, "fake_broken", "raise RuntimeError('no licence\\nfound')")
    with caplog.at_level(logging.WARNING):
        assert "rgb" in registry().codecs
        registry().collect_everything()
    record = registry().plugins["fake_broken"]
    assert not record.loaded
    assert record.problems == ["import: RuntimeError: no licence found"]
    assert len([line for line in caplog.messages if "fake_broken" in line]) == 1


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


def test_plugin_for_a_newer_api_is_refused(plugin_site: Path) -> None:
    install_plugin(plugin_site, "fake_newer", "LAVIN_API = 99")
    record = registry().plugins["fake_newer"]
    assert not record.loaded
    assert "API 99" in record.problems[0]


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
