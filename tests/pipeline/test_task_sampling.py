"""A task may be sampled in its own way: as its card asks for, or as the model's configuration says of it."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml
from pydantic import ValidationError

import lavincli
from lavincli.cards.card import TaskCard
from lavincli.errors import CardError
from lavincli.evaluation.draws import draw_contexts
from lavincli.evaluation.run import evaluate
from lavincli.evaluation.settings import EvaluationSettings
from lavincli.model.config import JDiTConfig, ModelConfig, STVAEConfig
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import make_answerer
from lavincli.pipeline.predictor import Predictor, default_sampling
from lavincli.registry import forget, task

NETWORKS: dict[str, Any] = {
    "jdit": JDiTConfig(hidden_size=48, depth=2, num_heads=4, kv_group=2),
    "stvae": STVAEConfig(block_out_channels=(8, 8, 16, 16), layers_per_block=1, norm_groups=4),
}


@pytest.fixture
def pipeline(tiny_model_directory: Path, small_tasks: Path) -> Pipeline:
    found = lavincli.load(tiny_model_directory, device="cpu")
    changes = {"task_sampling": {"small_denoising": {"grid": "uniform:2", "guidance": 1.0}}}
    found.config = found.config.model_copy(update=changes)
    return found


def test_what_the_model_says_of_a_task(pipeline: Pipeline) -> None:
    own, other = (default_sampling(pipeline, task(name)) for name in ("small_denoising", "small_negative"))
    assert (own.grid, own.guidance) == ("uniform:2", 1.0)
    assert other == default_sampling(pipeline, None) == pipeline.config.sampling


def test_options_come_first(pipeline: Pipeline) -> None:
    assert make_answerer(pipeline, "small_denoising").sampling.grid == "uniform:2"
    asked = make_answerer(pipeline, "small_denoising", grid="uniform:5").sampling
    assert (asked.grid, asked.guidance) == ("uniform:5", 1.0)


def test_it_is_part_of_what_identifies_an_answer(pipeline: Pipeline) -> None:
    context = task("small_denoising").context_pairs(32)[:2]
    one = Predictor(pipeline, context, task=task("small_denoising"))
    pipeline.config = pipeline.config.model_copy(update={"task_sampling": {}})
    other = Predictor(pipeline, context, task=task("small_denoising"))
    assert one.sampling != other.sampling
    assert one.fingerprint != other.fingerprint


@pytest.fixture
def asking_card(small_tasks: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A card that asks for two steps and another guidance."""
    folder = tmp_path / "tasks" / "asking"
    folder.mkdir(parents=True)
    content = {"name": "asking", "metrics": ["psnr"], "sampling": {"grid": "uniform:3", "guidance": 2.0}}
    (folder / "task.yaml").write_text(yaml.safe_dump(content))
    monkeypatch.setenv("LAVIN_TASKS", str(folder.parent))
    forget()
    return "asking"


def test_what_a_card_asks_for(pipeline: Pipeline, asking_card: str) -> None:
    found = default_sampling(pipeline, task(asking_card))
    assert (found.grid, found.guidance, found.solver) == ("uniform:3", 2.0, "euler")
    tasks = {"task_sampling": {asking_card: {"guidance": 1.0}}}
    pipeline.config = pipeline.config.model_copy(update=tasks)
    found = default_sampling(pipeline, task(asking_card))
    assert (found.grid, found.guidance) == ("uniform:3", 1.0)


def test_a_card_is_the_same_card_with_it() -> None:
    """What it asks for is seen where answers are identified; latents and the like are no others."""
    card = {"name": "a", "metrics": ["psnr"]}
    asking = TaskCard.model_validate(card | {"sampling": {"grid": "uniform:2"}})
    assert asking.model_dump() == TaskCard.model_validate(card).model_dump()


def test_a_mistake_in_a_card(asking_card: str, tmp_path: Path) -> None:
    path = tmp_path / "tasks" / asking_card / "task.yaml"
    path.write_text(path.read_text().replace("uniform:3", "uniform"))
    forget()
    with pytest.raises(CardError, match=r"sampling.*expected a number of points"):
        task(asking_card)


def test_configurations() -> None:
    """Written where there is one, and left out where there is none, as it ever was."""
    plain = ModelConfig(**NETWORKS)
    assert "task_sampling" not in plain.model_dump(mode="json")
    told = ModelConfig(**NETWORKS, task_sampling={"denoising": {"solver": "heun"}})
    assert ModelConfig.model_validate(json.loads(told.model_dump_json())) == told
    for wrong in ({"grid": "often"}, {"steps": 3}):
        with pytest.raises(ValidationError, match=r"task_sampling\.denoising"):
            ModelConfig(**NETWORKS, task_sampling={"denoising": wrong})


def test_an_evaluation_takes_them_and_says_so(pipeline: Pipeline) -> None:
    """An option changes what it names, and leaves the rest to each task."""
    settings = EvaluationSettings(pairs=1, draws=1, limit=1, sampling={"solver": "ab2", "grid": None})
    results = evaluate(pipeline, [task("small_denoising"), task("small_negative")], settings)
    assert not results.failed
    assert (results.sampling["grid"], results.sampling["solver"]) == ("uniform:3", "ab2")
    own = results.sampling["tasks"]
    assert own.keys() == {"small_denoising"}
    assert (own["small_denoising"]["grid"], own["small_denoising"]["solver"]) == ("uniform:2", "ab2")
    drawn = draw_contexts(pipeline, task("small_denoising"), settings)
    assert drawn[0].predictor.sampling.model_dump(mode="json") == own["small_denoising"]
