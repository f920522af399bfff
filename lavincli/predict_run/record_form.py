"""Fills in records: what all items of a run have in common, and what became of one."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import torch

from lavincli.context.seeds import item_seed
from lavincli.pipeline.answerer import Answerer
from lavincli.predict_run.items import Item
from lavincli.predict_run.records import Record, Status
from lavincli.predict_run.settings import RunSettings
from lavincli.predict_run.stems import printable


class RecordForm:
    """Makes the records of a run. `device`: where it is computed, if that isn't where the model is."""

    def __init__(self, answerer: Answerer, settings: RunSettings, device: torch.device | None = None) -> None:
        self._seed = settings.seed
        self._for_videos = list(settings.for_videos)
        self._common: dict[str, Any] = {
            "task": None if answerer.task is None else answerer.task.name,
            "settings": {
                **answerer.sampling.model_dump(mode="json"),
                "run_seed": settings.seed,
                "size": settings.size,
                "save": list(settings.save),
                "prepare": settings.prepare,
                "pairs": answerer.choice.count,
                "select": answerer.choice.select,
                "ensemble": answerer.choice.ensemble,
            },
            "model": answerer.pipeline.config.name,
            "model_fingerprint": answerer.pipeline.fingerprint,
            "device": str(device or answerer.pipeline.device),
            "dtype": str(answerer.pipeline.dtype).removeprefix("torch."),
        }

    def seed(self, item: Item) -> int:
        """The item's own seed."""
        return item_seed(self._seed, item.key)

    def is_alike(self, record: Record) -> bool:
        """Whether a picture was answered by the same model in the same way, so that others will take as long."""
        return record.frames is None and all(getattr(record, name) == value for name, value in self._common.items())

    def record(
        self,
        item: Item,
        status: Status,
        *,
        fingerprint: str | None,
        error: str | None = None,
        context: Sequence[str] = (),
        contexts: Sequence[Sequence[str]] = (),
        files: dict[str, list[str]] | None = None,
        frames: int | None = None,
        seconds: float = 0.0,
    ) -> Record:
        """The record of one item; see `Record`. `frames` is given for videos alone."""
        common = self._common
        if frames is not None:
            common = common | {"settings": common["settings"] | {"save": self._for_videos}}
        return Record(
            key=item.key,
            input=printable(str(item.path)),
            status=status,
            files=files or {},
            frames=frames,
            error=None if error is None else printable(error),
            context=list(context),
            contexts=[list(ids) for ids in contexts],
            seed=self.seed(item),
            fingerprint=fingerprint,
            seconds=round(seconds, 4),
            **common,
        )
