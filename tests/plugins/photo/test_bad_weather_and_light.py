from __future__ import annotations

import numpy as np
import pytest
from lavin_photo.haze import Haze
from lavin_photo.low_light import LowLight
from lavin_photo.smooth_field import smooth_field

from lavincli.builtins.color import from_linear, to_linear
from lavincli.clip import Clip


def flat(value: int, size: int = 64) -> Clip:
    return np.full((1, size, size, 3), value, dtype=np.uint8)


def light_of(value: int) -> float:
    return float(to_linear(flat(value, 1)).mean())


def level_of(light: float) -> int:
    return int(from_linear(np.array([light]))[0])


def test_haze_is_the_scattering_of_a_plane_that_rises() -> None:
    """Without hills the depth is the height in the picture, so the transmission is known."""
    hazy = Haze(density=2.0, airlight=0.9, slope=1.0)(flat(40), np.random.default_rng(0)).astype(float)
    height = 1 - (np.arange(64) + 0.5) / 64
    transmission = np.exp(-2 * height)
    np.testing.assert_allclose(hazy[0, :, 0].mean(axis=-1), 40 * transmission + 229.5 * (1 - transmission), atol=6)
    np.testing.assert_allclose(hazy[0], hazy[0, :, :1].repeat(64, axis=1))
    air = (hazy[0, 0, 0] - 40 * transmission[0]) / (1 - transmission[0])
    assert np.ptp(air) < 2 * 0.03 * 255 + 2


def test_haze_of_no_density_is_clear_and_white_air_is_the_limit() -> None:
    clear = np.random.default_rng(0).integers(0, 256, (2, 16, 24, 3), dtype=np.uint8)
    np.testing.assert_array_equal(Haze(density=0.0)(clear, np.random.default_rng(0)), clear)
    assert Haze(density=1e6, airlight=1.0, slope=1.0)(clear, np.random.default_rng(0)).min() > 255 * 0.96


def test_smooth_fields_are_smooth_and_the_same_at_every_size() -> None:
    large = smooth_field((256, 256), np.random.default_rng(1))
    small = smooth_field((64, 64), np.random.default_rng(1))
    np.testing.assert_allclose(large.reshape(64, 4, 64, 4).mean(axis=(1, 3)), small, atol=0.01)
    assert np.abs(np.diff(large, axis=0)).max() < 0.05
    assert np.ptp(large) > 0.5
    assert large.min() >= 0
    assert large.max() <= 1


def test_low_light_darkens_in_linear_light() -> None:
    dark = LowLight(exposure=0.1, gamma=1.0, color_shift=0.0, shot=0.0, read=0.0)
    np.testing.assert_array_equal(dark(flat(200), np.random.default_rng(0)), flat(level_of(0.1 * light_of(200))))
    deep = LowLight(exposure=1.0, gamma=2.0, color_shift=0.0, shot=0.0, read=0.0)
    np.testing.assert_array_equal(deep(flat(200), np.random.default_rng(0)), flat(level_of(light_of(200) ** 2)))


def test_low_light_shifts_red_against_blue_only() -> None:
    shifted = LowLight(exposure=0.5, gamma=1.0, color_shift=0.2, shot=0.0, read=0.0)
    red, green, blue = to_linear(shifted(flat(128), np.random.default_rng(0)))[0, 0, 0]
    half = 0.5 * light_of(128)
    assert green == pytest.approx(half, rel=0.02)
    assert sorted([red, blue]) == pytest.approx([half * 0.8, half * 1.2], rel=0.02)


@pytest.mark.parametrize(("shot", "read"), [(0.001, 0.0), (0.0, 0.02), (0.001, 0.02)])
def test_low_light_has_the_noise_it_says(shot: float, read: float) -> None:
    dim = LowLight(exposure=0.6, gamma=1.0, color_shift=0.0, shot=shot, read=read)
    light = to_linear(dim(flat(230, 128), np.random.default_rng(5)))
    mean = 0.6 * light_of(230)
    assert light.mean() == pytest.approx(mean, rel=0.01)
    assert light.std() == pytest.approx(np.sqrt(shot * mean + read**2), rel=0.05)


def test_linear_light_goes_there_and_back() -> None:
    levels = np.arange(256, dtype=np.uint8)
    np.testing.assert_array_equal(from_linear(to_linear(levels)), levels)
    assert light_of(188) == pytest.approx(0.5029, abs=1e-3)
    np.testing.assert_array_equal(from_linear(np.array([-0.1, 2.0])), [0, 255])


@pytest.mark.parametrize(
    "wrong", [{"airlight": 1.2}, {"slope": [0.5, 2]}, {"density": -1}, {"density": [1, 2, 3]}], ids=str
)
def test_wrong_options_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Haze(**wrong)  # type: ignore[arg-type]
