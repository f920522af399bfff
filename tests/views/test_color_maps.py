"""Colours that stand for numbers."""

from __future__ import annotations

import numpy as np

from lavincli.views.color_maps import NOT_KNOWN, distinct_color, flow_wheel, inferno


def test_inferno_rises_evenly_in_lightness() -> None:
    """Ends and middle are those of the published table, to two levels; L* never falls, and rises by even steps."""
    colors = inferno(np.linspace(0, 1, 256))
    np.testing.assert_allclose(colors[[0, 127, 255]].astype(int), [[0, 0, 4], [187, 55, 84], [252, 255, 164]], atol=5)
    linear = (colors / 255) ** 2.2 @ [0.2126, 0.7152, 0.0722]
    lightness = 116 * np.cbrt(np.maximum(linear, 1e-9)) - 16
    steps = np.diff(lightness[::15])
    assert (steps[1:] > 0).all()
    assert steps[1:].max() < 2.5 * np.median(steps)
    np.testing.assert_array_equal(inferno(np.array([np.nan, 2.0, -1.0]))[0], NOT_KNOWN)
    np.testing.assert_array_equal(inferno(np.array([2.0, -1.0])), colors[[255, 0]])


def test_the_wheel_is_middleburys() -> None:
    """Baker et al.: right is red, down yellow; still is white; what isn't known is gray."""
    right, down, still, unknown, half = flow_wheel(np.array([[1, 0], [0, 1], [0, 0], [np.nan, 0], [0.5, 0]]))
    np.testing.assert_array_equal(right, [255, 0, 0])
    np.testing.assert_allclose(down.astype(int), [255, 234, 0], atol=1)
    np.testing.assert_array_equal(still, [255, 255, 255])
    np.testing.assert_array_equal(unknown, NOT_KNOWN)
    np.testing.assert_allclose(half.astype(int), [255, 128, 128], atol=1)
    angles = np.linspace(-np.pi, np.pi, 721)
    circle = flow_wheel(np.stack([np.cos(angles), np.sin(angles)], axis=1)).astype(int)
    assert np.abs(np.diff(circle, axis=0)).max() < 20, "no jump anywhere"


def test_objects_next_to_each_other_get_colours_far_apart() -> None:
    colors = np.array([distinct_color(number) for number in range(1, 30)], dtype=int)
    assert distinct_color(5) == distinct_color(5)
    assert np.abs(np.diff(colors, axis=0)).sum(axis=1).min() > 200
