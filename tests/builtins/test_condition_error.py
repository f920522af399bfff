"""Conditions estimated from answers, and distances between sets of clips."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from lavin_geometry.affine_invariant_depth import AffineInvariantDepth
from torch import Tensor, nn

import lavincli
from lavincli.builtins.condition_error import ConditionError
from lavincli.builtins.frechet_distance import frechet_distance
from lavincli.builtins.frechet_video_distance import FrechetVideoDistance
from lavincli.cards.check import check_task
from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.geometry import resize
from lavincli.registry import task
from tests.small_tasks import picture


def depth_picture(seed: int) -> Clip:
    return np.repeat(picture(seed, 48, 64).mean(axis=3, keepdims=True).astype(np.uint8), 3, axis=3)


def test_it_is_the_forward_metric_of_the_forward_answer(tiny_model_directory: Path) -> None:
    answer, condition = picture(1, 48, 64), depth_picture(2)
    metric = ConditionError(task="depth_estimation")
    metric.update(answer, picture(3, 48, 64), query=condition)
    pipeline, forward = lavincli.load(tiny_model_directory, device="cpu"), task("depth_estimation")
    estimate = pipeline.predict(answer, forward, seed=0).raw
    own = AffineInvariantDepth()
    own.update(forward.codec.decode(resize(estimate, (48, 64))), forward.codec.decode(condition))
    assert metric.compute() == pytest.approx({f"condition_{key}": value for key, value in own.compute().items()})
    assert set(metric.higher_is_better) == set(metric.compute())
    assert "condition estimated by small-random (" in metric.alignment
    with pytest.raises(InputError, match="needs the query"):
        metric.update(answer, answer)


def test_items_are_merged_and_truths_are_as_good_as_it_gets() -> None:
    whole, parts = ConditionError(task="normal_estimation"), ConditionError(task="normal_estimation")
    for seed in (1, 2):
        answer, condition = picture(seed), picture(seed + 5)
        whole.update(answer, answer, query=condition)
        part = ConditionError(task="normal_estimation")
        part.update(answer, answer, query=condition)
        parts.merge(part)
    assert parts.compute() == pytest.approx(whole.compute())
    assert whole.perfect == whole.compute()
    whole.update(picture(8), picture(9), query=picture(7))
    assert whole.perfect == {}


def test_reverse_tasks_say_whose_condition() -> None:
    names = [name for name, found in lavincli.tasks().items() if "condition_error" in found.metrics]
    assert set(names) == {
        *("depth_to_image", "normal_to_image", "pose_to_image", "panoptic_to_image", "depth_to_video"),
        "normal_to_video",
    }
    assert "condition_oks_ap" in task("pose_to_image").higher_is_better
    assert [check for check in check_task(task("depth_to_image"), limit=1) if not check.ok] == []


class MeanAndMotion(nn.Module):
    def forward(self, clips: Tensor) -> Tensor:
        return torch.stack([clips.mean(dim=(1, 2, 3, 4)), clips.diff(dim=2).abs().mean(dim=(1, 2, 3, 4))], dim=1)


def moving(seed: int, order: list[int]) -> Clip:
    wide = picture(seed, 32, 64)
    return np.concatenate([wide[:, :, 6 * step : 6 * step + 32] for step in order])


def test_clips_are_compared_as_sets_by_any_features() -> None:
    clips = [moving(seed, [0, 1, 2, 3, 4]) for seed in range(4)]
    others = [moving(seed, [0, 1, 2, 3, 4]) for seed in range(4, 8)]
    metric, features = FrechetVideoDistance(features=MeanAndMotion()), MeanAndMotion()
    for one, other in zip(clips, others, strict=True):
        metric.update(one, other)

    def vectors(given: list[Clip]) -> np.ndarray[tuple[int, ...], np.dtype[np.float64]]:
        pixels = torch.from_numpy(np.stack(given)).permute(0, 4, 1, 2, 3).float() / 127.5 - 1
        return features(pixels).double().numpy()  # type: ignore[no-any-return]

    expected = frechet_distance(vectors(clips), vectors(others))
    assert metric.compute() == pytest.approx({"frechet_video_distance": expected}, rel=1e-4)
    with pytest.raises(ValueError, match="'model' or a torch module"):
        FrechetVideoDistance(features="i3d")


def test_clips_that_stand_still_are_far_from_clips_that_move() -> None:
    truth = [moving(seed, [0, 1, 2, 3, 4]) for seed in range(2)]

    def distance(answers: list[Clip]) -> float:
        metric = FrechetVideoDistance()
        for answer, clip in zip(answers, truth, strict=True):
            metric.update(answer, clip)
        return metric.compute()["frechet_video_distance"]

    assert distance(truth) == pytest.approx(0, abs=1e-6)
    noisy = [
        np.clip(clip + np.random.default_rng(0).normal(0, 2, clip.shape), 0, 255).astype(np.uint8) for clip in truth
    ]
    still = [np.repeat(clip[2:3], 5, axis=0) for clip in truth]
    assert distance(still) > 3 * distance(noisy)
