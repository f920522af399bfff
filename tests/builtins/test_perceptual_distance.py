from __future__ import annotations

import numpy as np
import pytest
from torch import Tensor, nn
from torchmetrics.functional.image.lpips import _normalize_tensor, _spatial_average

from lavincli.builtins.features import bundled_features, feature_maps, feature_vectors
from lavincli.builtins.perceptual_distance import PerceptualDistance
from lavincli.clip import Clip
from lavincli.errors import InputError
from tests.small_tasks import picture


class Channels(nn.Module):
    """The picture itself as one level, and its mean colour as another."""

    def forward(self, pictures: Tensor) -> list[Tensor]:
        return [pictures, pictures.mean(dim=(2, 3))]


def scored(prediction: Clip, target: Clip, **options: object) -> float:
    metric = PerceptualDistance(**options)  # type: ignore[arg-type]
    metric.update(prediction, target)
    return metric.compute()["perceptual_distance"]


def solid(colour: tuple[int, int, int]) -> Clip:
    return np.broadcast_to(np.array(colour, dtype=np.uint8), (1, 8, 8, 3)).copy()


def test_of_colours_by_hand() -> None:
    """On raw pixels the unit vectors of black (-1, -1, -1) and red (1, -1, -1) lie 8/3 - 2 * 1/3 apart, twice."""
    assert scored(solid((255, 0, 0)), solid((0, 0, 0)), features=Channels()) == pytest.approx(2 * (2 - 2 / 3))
    # Half as far from gray is the same direction, hence no distance.
    assert scored(solid((255, 255, 255)), solid((192, 192, 192)), features=Channels()) == pytest.approx(0, abs=1e-12)


def test_is_lpips_of_torchmetrics_with_weights_of_one() -> None:
    first, second = picture(1, 64, 64), picture(2, 64, 64)
    expected = 0.0
    levels = zip(feature_maps(bundled_features(), first), feature_maps(bundled_features(), second), strict=True)
    for one, other in levels:
        difference = (_normalize_tensor(one.double()) - _normalize_tensor(other.double())) ** 2
        expected += float(_spatial_average(difference.sum(dim=1, keepdim=True)))
    assert len(feature_maps(bundled_features(), first)) == 4
    assert scored(first, second) == pytest.approx(expected, abs=1e-6)


def test_grows_with_the_damage_and_is_zero_without() -> None:
    clean = picture(3, 64, 64)
    noise = np.random.default_rng(0).normal(size=clean.shape)
    distances = [scored(np.clip(clean + sigma * noise, 0, 255).astype(np.uint8), clean) for sigma in (0, 8, 32)]
    assert distances[0] == 0
    assert 0.003 < distances[1] < distances[2] / 3


def test_a_clip_scores_the_mean_of_its_frames() -> None:
    frames = [(picture(seed, 24, 40), picture(seed + 5, 24, 40)) for seed in range(3)]
    prediction, target = (np.concatenate(side) for side in zip(*frames, strict=True))
    assert scored(prediction, target) == pytest.approx(np.mean([scored(*frame) for frame in frames]), rel=1e-5)


def test_merging_is_counting_in() -> None:
    whole, counted = PerceptualDistance(), PerceptualDistance()
    for seed in range(3):
        single = PerceptualDistance()
        for metric in (single, counted):
            metric.update(picture(seed), picture(seed + 5))
        whole.merge(single)
    assert whole.compute() == pytest.approx(counted.compute())


def test_features_are_of_each_frame_and_keep_no_gradient() -> None:
    clip = np.concatenate([picture(0, 20, 30), picture(1, 20, 30)])
    maps = feature_maps(bundled_features(), clip)
    assert [tuple(level.shape) for level in maps] == [
        *((2, 16, 64, 64), (2, 48, 32, 32), (2, 64, 16, 16), (2, 96, 16, 16)),
    ]
    assert not any(level.requires_grad for level in maps)
    assert feature_vectors(bundled_features(), clip).shape == (2, 96)
    with pytest.raises(ValueError, match=r"this one gave \[3, 20, 30\]"):
        feature_maps(nn.Flatten(0, 1), picture(0, 20, 30))


def test_wrong_use_is_told() -> None:
    with pytest.raises(InputError, match="can't be compared"):
        scored(picture(0), picture(0, 20, 20))
    with pytest.raises(InputError, match="64 pixels or more, not 40 x 40"):
        PerceptualDistance(features="lpips").update(picture(0), picture(0))
    with pytest.raises(ValueError, match="'model', 'lpips' or a torch module"):
        PerceptualDistance(features="inception")
    with pytest.raises(ValueError, match="net is one of alex, vgg, squeeze"):
        PerceptualDistance(features="lpips", net="resnet")  # type: ignore[arg-type]
