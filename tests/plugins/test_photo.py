from __future__ import annotations

import numpy as np
import pytest
from lavin_photo.blur import line_kernel
from lavin_photo.options import Range
from lavin_photo.streaks import splat_lines

from lavincli.builtins.hole import find_hole
from lavincli.bundle import bundled_folder
from lavincli.clip import Clip
from lavincli.media.geometry import center_square, resize
from lavincli.media.images import read_image
from lavincli.registry import registry

NAMES = [
    "grayscale",
    "square_hole",
    "rain_streaks",
    "gaussian_blur",
    "motion_blur",
    "gaussian_noise",
    "downscale",
    "jpeg",
    "haze",
    "low_light",
]


def photo(size: int, name: str = "cat.jpg") -> Clip:
    return resize(center_square(read_image(bundled_folder("photos") / name)), (size, size))


def apply(name: str, clip: Clip, seed: int = 0, **options: object) -> Clip:
    made: Clip = registry().block("transforms", name)(**options)(clip, np.random.default_rng(seed))
    return made


def psnr(first: Clip, second: Clip) -> float:
    return float(10 * np.log10(255**2 / np.mean((first.astype(float) - second) ** 2)))


@pytest.mark.parametrize("name", NAMES)
def test_every_transform_is_pure_seeded_and_keeps_the_shape(name: str) -> None:
    clip = np.concatenate([photo(48), photo(48, "tulips.jpg")])
    before = clip.copy()
    first, again = apply(name, clip), apply(name, clip)
    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(clip, before)
    assert first.shape == clip.shape
    assert first.dtype == np.uint8
    assert psnr(first, clip) < 40
    if name not in ("grayscale", "downscale"):
        assert (apply(name, clip, seed=1) != first).any()


@pytest.mark.parametrize("name", ["grayscale", "square_hole", "rain_streaks", "gaussian_blur", "motion_blur", "haze"])
def test_looks_the_same_at_every_size(name: str) -> None:
    """What is made at 256 pixels and then shrunk is about what is made at the small size."""
    small = apply(name, photo(64), seed=3)
    shrunk = resize(apply(name, photo(256), seed=3), (64, 64))
    assert psnr(small, shrunk) > psnr(small, photo(64)) + 6


def test_gray_is_luma() -> None:
    gray = apply("grayscale", np.array([[[[255, 0, 0], [0, 255, 0], [0, 0, 255], [90, 90, 90]]]], dtype=np.uint8))
    np.testing.assert_array_equal(gray[0, 0], [[76] * 3, [150] * 3, [29] * 3, [90] * 3])


@pytest.mark.parametrize("size", [64, 100, 256])
def test_hole_is_a_quarter_of_the_side_mid_gray_and_anywhere(size: int) -> None:
    places = set()
    for seed in range(12):
        holed = apply("square_hole", photo(size), seed=seed)
        hole = find_hole(holed)
        assert hole is not None
        assert hole.sum() == round(size / 4) ** 2
        np.testing.assert_array_equal(holed[~hole], photo(size)[~hole])
        _, rows, columns = np.nonzero(hole)
        places.add((int(rows.min()), int(columns.min())))
    assert len(places) > 8


def test_gaussian_blur_has_the_sigma_it_says() -> None:
    dot = np.zeros((1, 65, 65, 3), dtype=np.uint8)
    dot[0, 32, 32] = 255
    # 65 pixels wide: a sigma of 8 at 256 is one of 2.03 here. A dot's peak tells it: 1 / (2 pi sigma^2).
    blurred = apply("gaussian_blur", dot, sigma=8.0)
    assert blurred[0, 32, 32, 0] == pytest.approx(255 / (2 * np.pi * (8 * 65 / 256) ** 2), abs=1.5)


def test_motion_blur_smears_along_its_angle_only() -> None:
    line = np.zeros((1, 64, 64, 3), dtype=np.uint8)
    line[0, :, 32] = 255
    along = apply("motion_blur", line, length=32.0, angle=90.0)
    across = apply("motion_blur", line, length=32.0, angle=0.0)
    assert along[0, 32, 32, 0] > 240
    assert (across[0, 32, :, 0] > 10).sum() == pytest.approx(32 * 64 / 256, abs=2)
    np.testing.assert_array_equal(apply("motion_blur", line, length=0), line)


@pytest.mark.parametrize("angle", [0.0, 30.0, 90.0, 135.0])
def test_line_kernel_is_even_long_and_turned(angle: float) -> None:
    kernel = line_kernel(12.0, angle)
    assert kernel.sum() == pytest.approx(1, abs=1e-5)
    rows, columns = np.mgrid[: kernel.shape[0], : kernel.shape[1]] - kernel.shape[0] // 2
    assert (kernel * rows).sum() == pytest.approx(0, abs=1e-4)
    turned = columns * np.cos(np.radians(angle)) - rows * np.sin(np.radians(angle))
    # An even line of length L has the variance L^2 / 12 along, and next to none across.
    assert (kernel * turned**2).sum() == pytest.approx(12**2 / 12, rel=0.06)
    across = columns * np.sin(np.radians(angle)) + rows * np.cos(np.radians(angle))
    assert (kernel * across**2).sum() < 0.4


def test_lines_have_the_mass_of_their_length_and_are_cut_off_at_edges() -> None:
    def drawn(centre: list[float]) -> float:
        ones = np.ones(1)
        return float(splat_lines(np.array([centre]), np.array([[0.0, 1.0]]), ones * 10, ones * 0.5, (20, 20)).sum())

    assert drawn([10.0, 10.0]) == pytest.approx(5.0)
    assert drawn([10.0, -0.5]) == pytest.approx(2.5, abs=0.3)
    assert drawn([-5.0, 10.0]) == 0


def test_rain_darkens_and_streaks_stand_out() -> None:
    flat = np.full((1, 128, 128, 3), 120, dtype=np.uint8)
    rain = apply("rain_streaks", flat)[0, ..., 0].astype(int)
    assert np.median(rain) < 112
    assert (rain > 150).mean() > 0.02
    assert (rain > 130).mean() < 0.35
    # Streaks are upright rather than level: neighbours above and below are more alike than those beside.
    assert np.abs(np.diff(rain, axis=0)).mean() < np.abs(np.diff(rain, axis=1)).mean() * 0.7


def test_noise_has_the_sigma_it_says_and_no_colour() -> None:
    noise = apply("gaussian_noise", np.full((1, 128, 128, 3), 128, dtype=np.uint8), sigma=25).astype(float) - 128
    assert noise.std() == pytest.approx(25, rel=0.02)
    assert noise.mean() == pytest.approx(0, abs=0.3)
    assert abs(np.corrcoef(noise[..., 0].ravel(), noise[..., 1].ravel())[0, 1]) < 0.03


def test_downscale_is_bicubic_there_and_back() -> None:
    clip = photo(64)
    np.testing.assert_array_equal(apply("downscale", clip, factor=4), resize(resize(clip, (16, 16)), (64, 64)))


def test_jpeg_gets_worse_with_quality() -> None:
    clip = photo(128)
    assert psnr(apply("jpeg", clip, quality=5), clip) < psnr(apply("jpeg", clip, quality=25), clip) - 2


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ([3, 1], "low <= high"),
        ("much", "number or"),
        ([1, 2, 3], "number or"),
        (-1, "0 <= low"),
        (["a", "b"], "number"),
    ],
)
def test_ranges_that_are_none(value: object, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        Range(value, "sigma")  # type: ignore[arg-type]


def test_ranges_draw_within_their_bounds() -> None:
    random = np.random.default_rng(0)
    drawn = [Range([2, 3], "sigma").draw(random) for _ in range(100)]
    assert 2 <= min(drawn) < 2.2
    assert 2.8 < max(drawn) <= 3
    assert Range(5, "sigma").draw(random) == 5
