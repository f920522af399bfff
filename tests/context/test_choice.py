"""Contexts for each query: the nearest pairs, and several for an ensemble."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from lavincli.bundle import bundled_folder
from lavincli.clip import Clip, Pair
from lavincli.context.choice import ContextChoice
from lavincli.context.features import distances, picture_features
from lavincli.errors import ConfigError, InputError, UnknownNameError
from lavincli.media.geometry import resize
from lavincli.media.images import read_image
from tests.small_tasks import picture

PAIRS = [Pair(str(number), picture(number), picture(number)) for number in range(6)]


def _photo(name: str) -> Clip:
    return resize(read_image(bundled_folder("photos") / f"{name}.jpg"), (128, 192))


def test_the_nearest_pairs_are_those_that_look_most_like_the_query() -> None:
    """The other half of a photo, mirrored, is nearer than any other photo; so is the photo in gray."""
    names = ["dandelions", "room", "sunset_hills", "fig_bowl", "forest_stream"]
    photos = [_photo(name) for name in names]
    choice = ContextChoice(
        [Pair(name, photo, photo) for name, photo in zip(names, photos, strict=True)], 1, select="nearest"
    )
    for place, photo in enumerate(photos):
        assert choice.of(photo[:, :, :90, :][:, :, ::-1]) == ((place,),)
        gray = np.repeat(photo.mean(axis=3, keepdims=True), 3, axis=3).astype(np.uint8)
        features = [picture_features(other) for other in photos]
        assert place in np.argsort(distances(picture_features(gray), features))[:3]


def test_the_nearest_pairs_stand_in_the_order_of_the_set() -> None:
    choice = ContextChoice(PAIRS, 3, select="nearest")
    chosen = {choice.of(picture(number))[0] for number in range(20)}
    assert all(list(context) == sorted(context) for context in chosen)
    assert len(chosen) > 3
    for number in range(6):
        assert number in choice.of(picture(number))[0]
    assert choice.shared is None


def test_all_queries_share_a_context_unless_it_is_the_nearest() -> None:
    assert ContextChoice(PAIRS, 2).shared == ContextChoice(PAIRS, 2).of(picture(9)) == ((0, 1),)
    drawn = ContextChoice(PAIRS, 2, select="random", seed=3)
    assert drawn.shared == drawn.of(picture(9)) == (drawn.first,)
    assert len({ContextChoice(PAIRS, 2, select="random", seed=seed).first for seed in range(20)}) > 5


@settings(max_examples=20, deadline=None)
@given(count=st.integers(1, 6), members=st.integers(1, 9), seed=st.integers(0, 2**40))
def test_an_ensemble_is_of_different_contexts_drawn_by_the_seed(count: int, members: int, seed: int) -> None:
    for select in ("fixed", "nearest"):
        choice = ContextChoice(PAIRS, count, select=select, ensemble=members, seed=seed)
        contexts = choice.of(PAIRS[2].input)
        assert contexts == ContextChoice(PAIRS, count, select=select, ensemble=members, seed=seed).of(PAIRS[2].input)
        assert len(contexts) == members
        assert contexts[0] == ContextChoice(PAIRS, count, select=select).of(PAIRS[2].input)[0]
        assert all(len(set(context)) == count for context in contexts)
        if count > 1 or (select == "fixed" and members <= 3):
            assert len(set(contexts)) == min(members, 2 if (count, select) == (1, "nearest") else members)


def test_of_an_ensemble_of_nearest_pairs_all_are_near() -> None:
    choice = ContextChoice(PAIRS, 2, select="nearest", ensemble=4)
    ranked = np.argsort(distances(picture_features(picture(7)), [picture_features(pair.input) for pair in PAIRS]))
    assert {place for context in choice.of(picture(7)) for place in context} <= set(ranked[:4].tolist())


def test_the_fingerprint_tells_sets_and_ways_apart() -> None:
    ways = [
        ContextChoice(PAIRS, 2),
        ContextChoice(PAIRS, 2, select="nearest"),
        ContextChoice(PAIRS, 3, select="nearest"),
        ContextChoice(PAIRS, 2, select="nearest", ensemble=2),
        ContextChoice(PAIRS, 2, select="nearest", seed=1),
        ContextChoice(PAIRS[:5], 2, select="nearest"),
        ContextChoice([*PAIRS[:5], Pair("5", picture(5), 255 - picture(5))], 2, select="nearest"),
    ]
    assert len({choice.fingerprint for choice in ways}) == len(ways)


def test_what_cannot_be_chosen_is_refused() -> None:
    with pytest.raises(UnknownNameError, match="did you mean 'nearest'"):
        ContextChoice(PAIRS, 2, select="neerest")
    with pytest.raises(InputError, match="7 context pairs asked for, but the context set has 6"):
        ContextChoice(PAIRS, 7, select="nearest")
    with pytest.raises(ConfigError, match="an ensemble of 0"):
        ContextChoice(PAIRS, 2, ensemble=0)
