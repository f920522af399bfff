"""The template: nothing from outside becomes markup."""

from __future__ import annotations

from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from lavincli.report.html import Markup, element, join, trusted


class _Seen(HTMLParser):
    """What a reader of HTML makes of it."""

    def __init__(self, html: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[tuple[str, list[tuple[str, str | None]]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, attrs))

    def handle_data(self, data: str) -> None:
        self.text += data


@given(text=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r\0")))
def test_any_text_comes_out_as_itself(text: str) -> None:
    seen = _Seen(element("p", text, element("b", "x"), title=text))
    assert seen.text == text + "x"
    assert seen.tags == [("p", [("title", text)]), ("b", [])]


def test_only_markup_is_left_as_it_is() -> None:
    assert join("<", trusted("<br>"), None, "&", between="\n") == "&lt;\n<br>\n&amp;"
    assert isinstance(element("p", "<"), Markup)
    assert element("p", element("p", "<") + "<i>") == "<p>&lt;p&gt;&amp;lt;&lt;/p&gt;&lt;i&gt;</p>", (
        "a sum is text again"
    )


def test_attributes() -> None:
    written = element(
        "input", type="range", class_="cut", aria_label='"', hidden=True, title=None, checked=False, max=0.5
    )
    assert written == '<input type="range" class="cut" aria-label="&quot;" hidden max="0.5">'
    with pytest.raises(ValueError, match="no children"):
        element("img", "text")
