"""Writes the report of a results folder."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from lavincli.atomic import atomic_write_text
from lavincli.errors import ConfigError, InputError
from lavincli.evaluation.items import Picture
from lavincli.evaluation.results_folder import read_items, read_results
from lavincli.evaluation.sweep import SWEEP_FILE, read_sweep
from lavincli.report.gallery import task_section
from lavincli.report.page import page
from lavincli.report.pictures import CLIP_FRAMES, FLOOR, Embedded, embed, largest
from lavincli.report.sections import Section, choose, make_sections
from lavincli.report.study import study_section
from lavincli.report.summary import head, summary

logger = logging.getLogger(__name__)

LIMIT: Final = 15_000_000
"""Bytes a report may have."""
# What a report takes beside its pictures: style, script and tables, and so much for each item.
_FRAME_BYTES: Final = 500_000
_ITEM_BYTES: Final = 6_000


@dataclass(frozen=True, slots=True)
class Report:
    """What was written: the file, its bytes, and how many items it shows of those that have pictures."""

    path: Path
    size: int
    shown: int
    written: int


def fit(folder: Path, sections: Sequence[Section], limit: int) -> tuple[list[Section], dict[str, Embedded]]:
    """As many items as fit into `limit` bytes at `FLOOR` pixels or more, and their pictures as large as then fit.

    Tasks have room for equally many items; see `choose` for which. Raises ConfigError if not even one each fits.
    """
    most = max((len(section.items) for section in sections), default=0)
    while True:
        chosen = [choose(section, most) for section in sections]
        shown = sum(len(section.items) for section in chosen)
        budget = limit - _FRAME_BYTES - _ITEM_BYTES * shown
        embedded = embed(folder, [picture for section in chosen for picture in _pictures(section)], budget)
        if isinstance(embedded, dict):
            return chosen, embedded
        if most <= 1:
            size = f"{limit / 1_000_000:g} MB"
            raise ConfigError(
                f"{folder}: an item of each task, {FLOOR} pixels large, takes more than {size}; allow more"
            )
        # Even the smallest pictures don't fit: fewer of them will.
        most = max(1, min(most - 1, int(most * budget / embedded)))


def _pictures(section: Section) -> list[Picture]:
    """All pictures that a section shows."""
    drawn = section.result.context_pictures[0] if section.result.context_pictures else []
    own = [pair for item in section.items for pair in item.draws[0].context or ()]
    pictures = [picture for pair in (*drawn, *own) for picture in (pair.input, pair.target)]
    for item in section.items:
        pictures += [item.pictures.query, item.pictures.prediction, item.pictures.truth]
    return pictures


def write_report(folder: Path, out: Path, *, limit: int = LIMIT) -> Report:
    """Write the report of a results folder, or of a study's, as one HTML file, atomically.

    Of a study it shows the plots, and of its last value everything else.

    Args:
        folder: where ``lavin eval -o`` or ``--sweep`` wrote.
        out: the file to write.
        limit: bytes it may have.

    Raises:
        InputError: the folder isn't such a folder, or something in it is missing or damaged.
        ConfigError: not even one item of each task fits into `limit`.
    """
    study = of = None
    if (folder / SWEEP_FILE).is_file():
        sweep = read_sweep(folder)
        study = study_section(sweep)
        if not sweep.points:
            raise InputError(f"{folder}: none of the study's values could be evaluated; {SWEEP_FILE} says why")
        last = sweep.points[-1]
        of = f"{sweep.parameter} = {last.value}"
        folder = folder / last.folder
    results = read_results(folder)
    all_sections = make_sections(results, read_items(folder))
    sections, album = fit(folder, all_sections, limit)
    written = {section.name: len(section.items) for section in all_sections}
    body = [
        head(results),
        study,
        summary(sections, results, of=of),
        *(task_section(section, album, written=written[section.name]) for section in sections),
    ]
    tasks = [(section.name, f"{section.result.task} · {section.result.dataset}") for section in sections]
    html = page(f"{results.model.name}: lavin eval", body, tasks=tasks, note=_note(album))
    atomic_write_text(out, html)
    report = Report(out, len(html.encode()), sum(len(section.items) for section in sections), sum(written.values()))
    if report.size > limit:
        logger.warning(
            "%s: %d bytes, more than the %d asked for: scores and names alone take so much", out, report.size, limit
        )
    return report


def _note(album: Mapping[str, Embedded]) -> str:
    if not album:
        return "The results folder holds no pictures."
    clips = any(len(picture.frames) > 1 for picture in album.values())
    return (
        f"Pictures are at most {largest(album)} pixels on their longest side "
        f"(never made smaller than {FLOOR}). "
        + (f"Of clips {CLIP_FRAMES} frames are shown, evenly from the first to the last. " if clips else "")
        + "Items are sorted by the headline score of the answer that is shown, that of the first draw."
    )
