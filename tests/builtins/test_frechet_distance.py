from __future__ import annotations

import math

import numpy as np
import pytest
import torch
from numpy.typing import NDArray
from scipy.linalg import sqrtm
from torch import Tensor, nn
from torchmetrics.image.fid import FrechetInceptionDistance

from lavincli.builtins.frechet_distance import FrechetDistance, frechet_distance
from lavincli.clip import Clip
from lavincli.errors import InputError
from tests.small_tasks import picture


class MeanColour(nn.Module):
    """[B, 3]."""

    num_features = 3

    def forward(self, pictures: Tensor) -> Tensor:
        return pictures.mean(dim=(2, 3))


def flat(red: int, green: int = 0, frames: int = 1) -> Clip:
    clip = np.zeros((frames, 8, 8, 3), dtype=np.uint8)
    clip[..., 0], clip[..., 1] = red, green
    return clip


def scored(pairs: list[tuple[Clip, Clip]], **options: object) -> float:
    metric = FrechetDistance(**options)  # type: ignore[arg-type]
    for prediction, target in pairs:
        metric.update(prediction, target)
    (score,) = metric.compute().values()
    return score


def vectors(count: int, width: int, seed: int) -> NDArray[np.float64]:
    random = np.random.default_rng(seed)
    return random.normal(size=(count, width)) @ random.normal(size=(width, width)) + random.normal(size=width)


def by_the_formula(first: NDArray[np.float64], second: NDArray[np.float64]) -> float:
    shift = first.mean(axis=0) - second.mean(axis=0)
    one, other = np.cov(first, rowvar=False), np.cov(second, rowvar=False)
    return float(shift @ shift + np.trace(one + other - 2 * np.real(sqrtm(one @ other))))


@pytest.mark.parametrize(("first", "second"), [(50, 40), (9, 30), (30, 6)])
def test_is_the_formula_with_a_matrix_root(first: int, second: int) -> None:
    width = 5
    one, other = vectors(first, width, 1), vectors(second, width, 2)
    assert frechet_distance(one, other) == pytest.approx(by_the_formula(one, other), rel=1e-9)


def test_agrees_with_the_fid_of_torchmetrics_on_the_same_features() -> None:
    reference = FrechetInceptionDistance(feature=MeanColour())
    metric = FrechetDistance(features=MeanColour())
    for seed in range(12):
        prediction, target = picture(seed, 8, 8), picture(seed + 100, 8, 8)
        metric.update(prediction, target)
        for clip, real in ((prediction, False), (target, True)):
            reference.update(torch.from_numpy(clip).movedim(3, 1).double() / 127.5 - 1, real=real)
    assert metric.compute()["frechet_distance"] == pytest.approx(float(reference.compute()), abs=1e-6)


def test_singular_covariances_of_few_pictures_by_hand() -> None:
    """One feature varies on each side, along different axes: the covariances share nothing."""
    one = np.array([[-1.0, 0, 0], [1, 0, 0]])
    other = np.array([[0, -2.0, 3], [0, 2, 3]])
    assert frechet_distance(one, other) == pytest.approx(9 + 2 + 8)
    along = one * 3
    assert frechet_distance(one, along) == pytest.approx((math.sqrt(2) - math.sqrt(18)) ** 2)


def test_one_picture_has_no_covariance() -> None:
    distance = scored([(flat(255), flat(0, 255))], features=MeanColour())
    assert distance == pytest.approx(8)
    # Two frames are two pictures: 0 and 255 in red against twice the middle.
    clip = np.concatenate([flat(0), flat(254)])
    steady = flat(127, frames=2)
    variance = (254 / 127.5) ** 2 / 2
    assert scored([(clip, steady)], features=MeanColour()) == pytest.approx(variance, rel=1e-6)


def test_truth_against_truth_is_zero_and_worse_pictures_are_farther() -> None:
    truths = [picture(seed) for seed in range(4)]
    assert scored([(truth, truth) for truth in truths]) == pytest.approx(0, abs=1e-6)
    assert scored([(truth, other) for truth, other in zip(truths, truths[::-1], strict=True)]) == pytest.approx(
        0, abs=1e-6
    )
    little, much = ([(truth // by, truth) for truth in truths] for by in (2, 8))
    assert 1 < scored(little) < scored(much)


def test_merging_is_counting_in() -> None:
    pairs = [(picture(seed, 8, 8), picture(seed + 9, 8, 8)) for seed in range(5)]
    whole = FrechetDistance(features=MeanColour())
    for prediction, target in pairs:
        single = FrechetDistance(features=MeanColour())
        single.update(prediction, target)
        whole.merge(single)
    assert whole.compute()["frechet_distance"] == pytest.approx(scored(pairs, features=MeanColour()), rel=1e-12)


def test_wrong_use_is_told() -> None:
    with pytest.raises(InputError, match="frechet_distance: there is no item"):
        FrechetDistance().compute()
    with pytest.raises(ValueError, match="'model', 'inception' or a torch module"):
        FrechetDistance(features="vgg")
