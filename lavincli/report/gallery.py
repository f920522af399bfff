"""The gallery of a task: its scores, its examples, and its items."""

from __future__ import annotations

from lavincli.evaluation.results import TaskResult
from lavincli.media.recolour import PLAIN
from lavincli.report.examples import Album, context_head
from lavincli.report.html import Markup, element
from lavincli.report.item import item_article
from lavincli.report.sections import Section
from lavincli.report.summary import section_table


def task_section(section: Section, album: Album, *, written: int) -> Markup:
    """One task: its scores, its examples and its items, of which `written` have pictures in the results folder."""
    result = section.result
    return element(
        "section",
        element("h2", result.title, element("small", f"{result.task} · {result.dataset}"), id=f"{section.name}-title"),
        element("p", _circumstances(result), class_="faint"),
        section_table(section),
        *(element("p", note, class_="note") for note in _notes(result)),
        _failures(result),
        context_head(section, album),
        element("p", _which(section, written), class_="which"),
        element(
            "div",
            *(item_article(section, item, place, album) for place, item in enumerate(section.items, 1)),
            class_="items",
        ),
        element("p", "No item of this task matches the filter.", class_="nothing", hidden=True),
        id=section.name,
        class_="task",
        aria_labelledby=f"{section.name}-title",
        data_title=f"{result.task} · {result.dataset}",
    )


def _circumstances(result: TaskResult) -> str:
    draws, pairs = len(result.contexts), result.pairs
    examples = f"{pairs} example pair{'' if pairs == 1 else 's'}, {draws} draw{'' if draws == 1 else 's'}"
    parts = [
        f"{result.items} items of {result.split}",
        *([examples] if pairs else []),
        *_rendering(result),
        f"scored at {result.scored_at}",
        f"card version {result.card_version}",
        f"data {result.data_hash[:12]}",
    ]
    return " · ".join(parts)


def _rendering(result: TaskResult) -> list[str]:
    if result.variation == PLAIN:
        return []
    followed = "" if result.followed is None else f", which {result.followed:.0%} of the answers follow"
    return [f"annotations shown {result.variation}{followed}"]


def _notes(result: TaskResult) -> list[str]:
    aligned = [f"{name} after alignment: {how}." for name, how in result.alignments.items() if how != "none"]
    differs = [f"No paper’s figure stands beside these: {result.paper_differs}."] if result.paper_differs else []
    return [*aligned, *differs, *result.notes]


def _failures(result: TaskResult) -> Markup | None:
    if not result.failures:
        return None
    lines = [element("li", element("strong", failure.item), f": {failure.error}") for failure in result.failures]
    words = f"{len(lines)} item{'' if len(lines) == 1 else 's'} left out of all scores"
    return element("details", element("summary", words), element("ul", *lines), class_="failures")


def _which(section: Section, written: int) -> str:
    shown, items = len(section.items), section.result.items
    if not shown:
        return "There are no pictures of this task’s items in the results folder."
    those = "its only item" if items == 1 else f"all {items} items"
    if written < items:
        those = f"the first {written} of {items} items"
    if shown < written:
        return f"Shows {shown} of {those}: the worst two thirds of these, and the rest evenly down to the best."
    return f"Shows {those}, the worst first."
