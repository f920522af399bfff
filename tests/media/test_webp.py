"""WebP pictures and animations: what goes in comes out, and damage is told in one line."""

from __future__ import annotations

import numpy as np
import pytest

from lavincli.errors import InputError
from lavincli.media.webp import decode_webp, encode_webp


def test_flat_colours_come_back_exactly() -> None:
    clip = np.zeros((3, 32, 48, 3), np.uint8)
    for number, frame in enumerate(clip):
        frame[4 * number : 4 * number + 8, 8:24] = (255, 40 * number, 0)
    np.testing.assert_array_equal(decode_webp(encode_webp(clip), "x"), clip)
    np.testing.assert_array_equal(decode_webp(encode_webp(clip[1:2]), "x"), clip[1:2])


def test_what_has_no_flat_colours_is_made_small() -> None:
    noise = np.random.default_rng(0).integers(0, 256, (1, 64, 64, 3), np.uint8)
    small, large = encode_webp(noise, quality=50), encode_webp(noise, quality=90)
    assert len(small) < len(large) < noise.size
    assert decode_webp(small, "x").shape == noise.shape


@pytest.mark.parametrize("cut", [0, 5, 40])
def test_damage_is_named(cut: int) -> None:
    data = encode_webp(np.random.default_rng(0).integers(0, 256, (1, 32, 32, 3), np.uint8))
    with pytest.raises(InputError, match=r"^a/b\.webp: is damaged or no WebP"):
        decode_webp(data[:cut], "a/b.webp")


def test_another_shape_is_refused() -> None:
    with pytest.raises(ValueError, match=r"a clip is uint8"):
        encode_webp(np.zeros((32, 32, 3), np.uint8))
