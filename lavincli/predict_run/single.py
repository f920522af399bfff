"""One picture in, one answer out, as bytes: for a place in a shell pipeline."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Final

from lavincli.errors import InputError
from lavincli.pipeline.answerer import Answerer
from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.items import Item
from lavincli.predict_run.settings import RunSettings

NAME: Final = "stdin"
"""The key of the picture, from which its seed is made; and what errors call it."""


def answer_bytes(data: bytes, answerer: Answerer, settings: RunSettings) -> bytes:
    """Answer the picture in `data` (any format that is read); gives the file of the one kind in ``settings.save``.

    Raises InputError for bytes that are no picture, or an answer that isn't exactly one file.
    """
    with tempfile.TemporaryDirectory() as folder:
        path, output = Path(folder, NAME), Path(folder, "out")
        path.write_bytes(data)
        answers = LocalAnswers(answerer, settings, output)
        ((answered,),) = answers.answer([[Item(path, NAME, NAME)]])
        record = answered.record
        if record.error is not None:
            raise InputError(record.error.replace(str(path), NAME))
        files = [output / file for written in record.files.values() for file in written]
        if len(files) != 1 or not files[0].is_file():
            kinds = ", ".join(settings.save)
            raise InputError(f"{NAME}: an answer ({kinds}) of {len(files)} files, not one; use --save rgb, or a folder")
        return files[0].read_bytes()
