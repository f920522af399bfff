"""Prints the process's peak memory in MB after a run of 50 pictures and after a longer one.

python -m tests.predict_run.memory_of_runs MODEL FOLDER COUNT [GRID]
"""

from __future__ import annotations

import resource
import sys
from pathlib import Path

import lavincli
from lavincli.pipeline.predict import make_answerer
from lavincli.predict_run.answering import LocalAnswers
from lavincli.predict_run.plan import make_plan
from lavincli.predict_run.run import PredictRun
from lavincli.predict_run.settings import RunSettings
from tests.predict_run.conftest import write_pictures


def main(model: str, folder: Path, count: int, grid: str | None = None) -> None:
    """Answer 50 pictures, then `count`, each in a run of its own."""
    settings = RunSettings(save=("value", "side-by-side"))
    pipeline = lavincli.load(model, device="cpu")
    for number in (50, count):
        photos, output = write_pictures(folder / f"{number}", number, 64), folder / f"out-{number}"
        answerer = make_answerer(pipeline, "denoising", grid=grid)
        run = PredictRun(LocalAnswers(answerer, settings, output), make_plan([photos], output), output)
        assert all(answered.record.status == "done" for answered in run)
        sys.stdout.write(f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.1f}\n")


if __name__ == "__main__":
    main(sys.argv[1], Path(sys.argv[2]), int(sys.argv[3]), *sys.argv[4:])
