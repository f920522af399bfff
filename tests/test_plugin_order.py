"""Which plugin keeps a name that two of them register."""

from __future__ import annotations

from pathlib import Path

import pytest

from lavincli.registry import registry
from tests.fake_plugins import install_plugin

SOURCE = """
    from lavincli.hookspecs import hookimpl

    @hookimpl{how}
    def lavin_codecs():
        return {{"{codec}": object}}
"""


@pytest.mark.parametrize(
    ("name", "how", "codec", "owner"),
    [
        ("a_first", "", "boxes", "recognition"),
        ("a_second", "(trylast=True)", "rgb", "builtins"),
        ("a_third", "(tryfirst=True)", "boxes", "recognition"),
    ],
)
def test_lavins_own_names_are_kept_whatever_another_plugin_is_called(
    name: str, how: str, codec: str, owner: str, plugin_site: Path
) -> None:
    install_plugin(plugin_site, name, SOURCE.format(how=how, codec=codec))
    registry().collect_everything()
    assert registry().block("codecs", codec) is not object
    assert registry().plugins[name].problems == [f"codec '{codec}' is already registered by {owner}"]
    assert registry().plugins[owner].problems == []
