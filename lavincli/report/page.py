"""Puts the report together: one HTML document that asks for nothing from anywhere."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Sequence
from hashlib import sha256
from importlib.resources import files

from lavincli import __version__
from lavincli.report.html import Markup, element, join, trusted
from lavincli.report.plots.svg import plot_style


def page(title: str, body: Sequence[str | None], *, tasks: Sequence[tuple[str, str]], note: str) -> str:
    """The document.

    Args:
        title: for the window.
        body: what stands between the controls and the foot; the first part stands above the controls.
        tasks: the ids and titles of the sections one can filter by; without any there are no controls.
        note: at the foot: which items and pictures are shown.
    """
    style = trusted(_file("report.css") + plot_style())
    script = trusted(_file("report.js"))
    # The page may run this script and show these pictures, and nothing else: no request can leave it.
    policy = f"default-src 'none'; img-src data:; style-src '{_hash(style)}'; script-src '{_hash(script)}'"
    top, *rest = body
    document = element(
        "html",
        element(
            "head",
            element("meta", charset="utf-8"),
            element("meta", http_equiv="Content-Security-Policy", content=policy),
            element("meta", name="viewport", content="width=device-width, initial-scale=1"),
            element("meta", name="color-scheme", content="light dark"),
            element("meta", name="generator", content=f"lavin {__version__}"),
            element("link", rel="icon", href="data:,"),
            element("title", title),
            element("style", style),
        ),
        element(
            "body",
            element("a", "Skip to the scores", href="#main", class_="skip"),
            top,
            element("div", _controls(tasks), class_="bar") if tasks else None,
            element("main", *rest, id="main"),
            element(
                "footer", element("p", note), element("p", f"Made by lavin {__version__}. This file needs no network.")
            ),
            element("script", script) if tasks else None,
        ),
        lang="en",
    )
    return "<!doctype html>\n" + document + "\n"


def _controls(tasks: Sequence[tuple[str, str]]) -> Markup:
    several = [("all", "All tasks"), *tasks]
    counts = [("all", "All"), *((str(count), f"Worst {count}") for count in (3, 5, 10, 25))]
    orders = [("worst", "Worst first"), ("best", "Best first"), ("gain", "Least gain first"), ("name", "Name")]
    themes = [("system", "System"), ("light", "Light"), ("dark", "Dark")]
    # Not a form: the enter key would send one, and so load the page anew.
    return element(
        "div",
        element(
            "label",
            "Filter",
            element("input", type="search", id="text", placeholder="name or task", autocomplete="off"),
        ),
        _select("Task", "task", several),
        _select("Items of a task", "worst", counts),
        _select("Sort", "sort", orders),
        _select("Theme", "theme", themes),
        element("label", element("input", type="checkbox", id="slide"), "Sliders", class_="check"),
        element("label", element("input", type="checkbox", id="context", checked=True), "Context", class_="check"),
        element("output", id="count", class_="count"),
        class_="controls",
        role="search",
        aria_label="Filter and sort the gallery",
    )


def _select(label: str, name: str, options: Sequence[tuple[str, str]]) -> Markup:
    choices = join(*(element("option", words, value=value) for value, words in options))
    return element("label", label, element("select", choices, id=name))


def _file(name: str) -> str:
    return files("lavincli.report").joinpath(name).read_text("utf-8")


def _hash(text: str) -> str:
    return "sha256-" + b64encode(sha256(text.encode()).digest()).decode()
