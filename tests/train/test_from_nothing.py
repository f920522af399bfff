"""`examples/from-nothing`: every command from the first step to scores, as a reader of it would run them."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from lavincli.media.images import read_image
from tests.train.runs import log_lines

SCRIPT = Path(__file__).parents[2] / "examples" / "from-nothing" / "train.sh"


@pytest.mark.timeout(600)  # a minute of computing on a machine that may be busy
def test_from_nothing(tmp_path: Path) -> None:
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    done = subprocess.run(
        [str(SCRIPT), str(tmp_path)],
        env=os.environ | {"PATH": path, "OMP_NUM_THREADS": "1"},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    for run, figure in (("stvae", "mse"), ("jdit", "loss")):
        losses = [line[figure] for line in log_lines(tmp_path / run) if figure in line]
        assert np.mean(losses[-3:]) < 0.5 * losses[0], run
    answers = sorted((tmp_path / "denoised").rglob("*.png"))
    assert len(answers) == 18
    assert read_image(tmp_path / "denoised.png").std() > 10
    scores = json.loads((tmp_path / "scores" / "results.json").read_text())
    assert {"denoising", "colorization"} <= {task["task"] for task in scores["tasks"]}
