"""What a run would do, how long it would take and how much memory it would need; nothing is computed or written."""

from __future__ import annotations

import statistics
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from typing import Final

import torch

from lavincli.pipeline.answerer import Answerer
from lavincli.pipeline.load import choose_device
from lavincli.predict_run.plan import Plan
from lavincli.predict_run.reading import Read, Reader
from lavincli.predict_run.record_form import RecordForm
from lavincli.predict_run.record_log import RecordLog
from lavincli.predict_run.settings import RunSettings, TaskSettings
from lavincli.predict_run.weightless import operations_of_a_query, weightless
from lavincli.views import check_views

# As measured with lavin-tiny on a CPU: of what a large product of matrices reaches, a model reaches about a half; a
# query takes 28 times its picture at the ST-VAE's width; and a process with PyTorch and 100 MB of pictures 400 MB.
_EFFICIENCY: Final = 0.5
_ACTIVATIONS: Final = 28
_PROCESS_BYTES: Final = 400 * 10**6
_RECORDS_LOOKED_AT: Final = 200


@dataclass(frozen=True, slots=True)
class Forecast:
    """What a run would do.

    Attributes:
        task: the task's name; None if example pairs were given in place of one.
        output: the folder of the answers.
        items: how many there are.
        answered: how many would be answered; `again` of them were answered before, from other things.
        skipped: how many are there already.
        failed: how many can't be read, as far as can be told without decoding them, with the reasons.
        videos: how many of those to be answered are videos; their length isn't known.
        suffixes_kept: answers that keep their input's suffix, since two would have one name without.
        seconds, seconds_rule: computing time of the pictures, and how that was estimated.
        bytes, bytes_rule: memory of the device and of the processes, and how that was estimated.
    """

    task: str | None
    output: str
    items: int
    answered: int
    again: int
    skipped: int
    failed: list[str]
    videos: int
    suffixes_kept: int
    seconds: float
    seconds_rule: str
    bytes: int
    bytes_rule: str


def forecast(asked: Sequence[TaskSettings], plan: Plan, processes: int = 1) -> Iterator[Forecast]:
    """Go through the items of a plan without answering them, for each task. No weights are loaded.

    Raises what answering would raise before the first item.
    """
    first = asked[0].answer
    pipeline = weightless(first.model, first.device, first.dtype)
    answerers = [one.answer.bind(pipeline) for one in asked]
    for one, answerer in zip(asked, answerers, strict=True):
        subject = "this task" if answerer.task is None else f"task {answerer.task.name}"
        check_views(one.run.save, answerer.codec, subject)
    for one, answerer in zip(asked, answerers, strict=True):
        yield _forecast(one, answerer, plan, processes)


def _forecast(asked: TaskSettings, answerer: Answerer, plan: Plan, processes: int) -> Forecast:
    """The forecast of one task. Every input is read once."""
    settings, device = asked.run, choose_device(asked.answer.device)
    log = RecordLog(asked.output)
    counts: Counter[str] = Counter()
    failed: list[str] = []
    seconds: list[float] = []
    form = RecordForm(answerer, settings, device=device)
    for read in _looked_at(plan, Reader(answerer, settings, asked.output), log, settings.batch_size):
        counts["items"] += 1
        counts["skipped"] += read.status == "skipped"
        if read.error is not None:
            failed.append(read.error)
        elif read.status is None:
            counts["videos"] += read.is_video
            counts["answered"] += 1
            counts["again"] += read.item.earlier is not None
        earlier = read.item.earlier
        if earlier is not None and len(seconds) < _RECORDS_LOOKED_AT and form.is_alike(earlier):
            seconds.append(earlier.seconds)
    each, rule = _seconds(answerer, seconds, device)
    total = each * (counts["answered"] - counts["videos"]) / processes
    memory = _memory(answerer, settings, processes)
    return Forecast(
        task=None if answerer.task is None else answerer.task.name,
        output=str(asked.output),
        items=counts["items"],
        answered=counts["answered"],
        again=counts["again"],
        skipped=counts["skipped"],
        failed=failed,
        videos=counts["videos"],
        suffixes_kept=plan.names_kept_whole,
        seconds=total,
        seconds_rule=rule,
        bytes=memory,
        bytes_rule=f"{processes} x (weights + {settings.batch_size} at once x {_ACTIVATIONS} x a picture at the "
        "ST-VAE's width + 400 MB)",
    )


def _looked_at(plan: Plan, reader: Reader, log: RecordLog, size: int) -> Iterator[Read]:
    with reader:
        for chunk in plan.chunks(size):
            yield from reader.look_at([replace(item, earlier=log.earlier(item.key)) for item in chunk])


def _seconds(answerer: Answerer, measured: list[float], device: torch.device) -> tuple[float, str]:
    """Computing time of one picture, and how it was estimated."""
    if measured:
        return statistics.median(measured), f"as the {len(measured)} alike that were answered here took, at the median"
    operations, rate = operations_of_a_query(answerer), _rate(device, answerer.pipeline.dtype)
    rule = f"{operations / 1e9:.1f} billion operations a picture, at half the {rate / 1e9:.0f} billion a second that a "
    return operations / rate / _EFFICIENCY, f"{rule}product of matrices reaches on {device}"


def _rate(device: torch.device, dtype: torch.dtype) -> float:
    """Operations a second of a product of matrices."""
    side = 1024 if device.type == "cpu" else 8192
    matrix = torch.ones(side, side, device=device, dtype=dtype)
    matrix @ matrix
    started, times = time.perf_counter(), 0
    while times < 2 or time.perf_counter() - started < 0.2:
        (matrix @ matrix)[0, 0].item()
        times += 1
    return 2 * side**3 * times / (time.perf_counter() - started)


def _memory(answerer: Answerer, settings: RunSettings, processes: int) -> int:
    pipeline = answerer.pipeline
    networks = (pipeline.jdit, pipeline.stvae)
    weights = sum(one.numel() * one.element_size() for network in networks for one in network.parameters())
    width, pixels = pipeline.config.stvae.block_out_channels[0], pipeline.config.resolution**2
    frames = max(answerer.query_length, answerer.answer_length)
    size = torch.empty((), dtype=pipeline.dtype).element_size()
    queries = settings.batch_size * frames * pixels * width * size * _ACTIVATIONS
    return processes * (weights + queries + _PROCESS_BYTES)
