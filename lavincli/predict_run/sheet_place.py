"""Where a contact sheet may go: looked at before there is work, since the sheet is written after all of it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from pathlib import Path, PurePosixPath

from lavincli.errors import InputError
from lavincli.media.images import written_format
from lavincli.predict_run.items import Item
from lavincli.predict_run.stems import folded
from lavincli.views import VIEWS, claimed


def check_sheet(sheet: Path, items: Iterable[Item], outputs: Sequence[Path]) -> None:
    """Raise InputError for a sheet that can't be written, or that would replace an input or an answer.

    Args:
        sheet: the picture to be written.
        items: the inputs that are known.
        outputs: the folders that their answers go to.
    """
    if sheet.is_dir():
        raise InputError(f"{sheet}: is a folder, where the contact sheet should be; name a file")
    written_format(sheet)
    place = sheet.resolve()
    taken = {
        folded(place.relative_to(output).with_suffix("").as_posix())
        for output in (output.resolve() for output in outputs)
        if place.is_relative_to(output)
    }
    for item in items:
        if item.path.name in (sheet.name, place.name) and item.path.resolve() == place:
            raise InputError(f"{sheet}: the contact sheet would replace this input; give it another name")
        near = {one for one in taken if one.startswith(folded(item.stem))}
        if near and not near.isdisjoint(folded(str(one)) for one in claimed(PurePosixPath(item.stem), tuple(VIEWS))):
            raise InputError(f"{sheet}: the contact sheet would replace the answer to {item.path}; rename it")
