"""`Pipeline.predict` with a small random model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from PIL import Image

import lavincli
from lavincli.clip import Clip, Pair
from lavincli.errors import ConfigError, InputError, UnknownNameError
from lavincli.media.geometry import resize
from lavincli.media.images import write_image
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import predict, resolve_sampling
from tests.small_tasks import picture

PAIRS = [Pair(f"pair{number}", picture(50 + number), 255 - picture(50 + number)) for number in range(3)]


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


def _near(one: Clip, other: Clip) -> bool:
    return one.shape == other.shape and int(np.abs(one.astype(int) - other).max()) <= 1


def test_it_is_sampling_of_the_published_sequence(pipeline: Pipeline) -> None:
    query = picture(1, 32, 32)
    prediction = predict(pipeline, query, PAIRS, pairs=2, seed=7)
    clips = [clip for pair in PAIRS[:2] for clip in (resize(pair.input, (32, 32)), resize(pair.target, (32, 32)))]
    latents = pipeline.encode(np.stack([*clips, query]))
    sequence = latents.transpose(0, 1).reshape(1, 16, 5, 4, 4)
    expected = pipeline.decode(pipeline.sample(sequence, guidance=1.5, grid="uniform:3", seed=[7]))
    assert _near(prediction.rgb, expected[0])
    assert prediction.context == ("pair0", "pair1")
    assert prediction.seed == 7
    assert prediction.task is None


def test_a_clip_is_sampling_of_the_latents_of_clips(pipeline: Pipeline) -> None:
    """Two frames' latents in, one out: what the answer has is told by the context's targets."""
    long = [Pair(pair.key, np.concatenate([pair.input] * 5), pair.target) for pair in PAIRS]
    query = np.concatenate([picture(number, 32, 32) for number in range(5)])
    prediction = predict(pipeline, query, long, pairs=2, seed=7)
    parts = [
        pipeline.encode(clip[None])
        for pair in long[:2]
        for clip in (resize(pair.input, (32, 32)), resize(pair.target, (32, 32)))
    ]
    sequence = torch.cat([*parts, pipeline.encode(query[None])], dim=2)
    assert sequence.shape[2] == 2 * (2 + 1) + 2
    expected = pipeline.decode(
        pipeline.sample(sequence, guidance=1.5, grid="uniform:3", seed=[7], query_frames=2, frames=1)
    )
    assert prediction.rgb.shape == (1, 32, 32, 3)
    assert _near(prediction.rgb, expected[0])
    same_length = [Pair(pair.key, pair.input, 255 - pair.input) for pair in long]
    assert predict(pipeline, query, same_length).rgb.shape == query.shape


def test_the_answer_has_the_size_of_the_query_or_of_the_model(pipeline: Pipeline) -> None:
    query = picture(1, 30, 70)
    native = predict(pipeline, query, PAIRS)
    assert native.rgb.shape == native.value.shape == (1, 30, 70, 3)
    assert native.raw.shape == (1, 32, 32, 3)
    model = predict(pipeline, query, PAIRS, size="model")
    np.testing.assert_array_equal(model.rgb, native.raw)
    np.testing.assert_array_equal(resize(model.rgb, (30, 70)), native.rgb)


def test_queries_of_every_kind_are_the_same_query(pipeline: Pipeline, tmp_path: Path) -> None:
    query = picture(2, 32, 32)
    write_image(tmp_path / "query.png", query)
    kinds = [query, query[0], Image.fromarray(query[0]), tmp_path / "query.png", str(tmp_path / "query.png")]
    answers = predict(pipeline, kinds, PAIRS, batch_size=1)
    assert len(answers) == 5
    for answer in answers[1:]:
        np.testing.assert_array_equal(answer.rgb, answers[0].rgb)


def test_an_answer_depends_on_neither_batch_nor_order(pipeline: Pipeline) -> None:
    queries = [picture(number, 32, 32) for number in range(5)]
    seeds = [3, 1, 4, 1, 5]
    one_by_one = predict(pipeline, queries, PAIRS, seed=seeds, batch_size=1)
    together = predict(pipeline, queries, PAIRS, seed=seeds, batch_size=5)
    backwards = predict(pipeline, queries[::-1], PAIRS, seed=seeds[::-1], batch_size=2)[::-1]
    for alone, batched, reversed_ in zip(one_by_one, together, backwards, strict=True):
        assert _near(alone.rgb, batched.rgb)
        assert _near(alone.rgb, reversed_.rgb)


def test_seed_context_and_settings_change_the_answer(pipeline: Pipeline) -> None:
    query = picture(3, 32, 32)
    base = predict(pipeline, query, PAIRS).rgb
    np.testing.assert_array_equal(base, predict(pipeline, query, PAIRS).rgb)
    others = [
        predict(pipeline, query, PAIRS, seed=1).rgb,
        predict(pipeline, query, PAIRS[::-1]).rgb,
        predict(pipeline, query, PAIRS, pairs=1).rgb,
        predict(pipeline, query, PAIRS, guidance=4.0).rgb,
        predict(pipeline, query, PAIRS, grid=6).rgb,
    ]
    assert all(not np.array_equal(base, other) for other in others)


def test_a_task_brings_its_context_and_its_codec(pipeline: Pipeline, small_tasks: Path) -> None:
    prediction = pipeline.predict(picture(4, 24, 48), task="small_mask")
    assert prediction.task == "small_mask"
    assert prediction.context == ("0", "1")
    assert prediction.value.dtype == np.bool_
    assert prediction.value.shape == (24, 48)
    own = predict(pipeline, picture(4), "small_mask", context=small_tasks / "small_negative" / "context", pairs=4)
    assert own.context == ("0", "1", "2", "3")
    assert own.value.dtype == np.bool_


def test_a_context_is_encoded_once(pipeline: Pipeline, monkeypatch: pytest.MonkeyPatch) -> None:
    encoded: list[int] = []
    encode = pipeline.encode

    def counting(clips: np.ndarray) -> torch.Tensor:
        encoded.append(len(clips))
        return encode(clips)

    monkeypatch.setattr(pipeline, "encode", counting)
    fresh = [Pair(f"fresh{number}", picture(70 + number), picture(80 + number)) for number in range(2)]
    predict(pipeline, [picture(1), picture(2), picture(3)], fresh, batch_size=2)
    predict(pipeline, picture(1), fresh)
    assert encoded == [4, 2, 1, 1]


def test_mistakes_are_named(pipeline: Pipeline, small_tasks: Path, tmp_path: Path) -> None:
    query = picture(1)
    with pytest.raises(UnknownNameError, match="did you mean 'small_denoising'"):
        predict(pipeline, query, "small_denoisin")
    with pytest.raises(ConfigError, match="neither a task nor example pairs"):
        predict(pipeline, query)
    with pytest.raises(InputError, match="5 context pairs asked for, but the context set has 4"):
        predict(pipeline, query, "small_negative", pairs=5)
    with pytest.raises(ConfigError, match="2 seeds for 1 queries"):
        predict(pipeline, query, PAIRS, seed=[1, 2])
    with pytest.raises(InputError, match=r"uint8 with values 0\.\.255, not float64"):
        predict(pipeline, query / 255.0, PAIRS)  # type: ignore[arg-type]
    with pytest.raises(InputError, match="the query has 2 frames, but the context's inputs have 1"):
        predict(pipeline, np.concatenate([query, query]), PAIRS)
    with pytest.raises(InputError, match="no such file"):
        predict(pipeline, tmp_path / "missing.png", PAIRS)


def test_sampling_settings_are_taken_from_the_model_and_checked(pipeline: Pipeline) -> None:
    default = pipeline.config.sampling
    assert resolve_sampling(default) == default
    assert resolve_sampling(default, grid=30).grid == resolve_sampling(default, grid="30").grid == "published:30"
    assert resolve_sampling(default, grid="uniform:5", guidance=1).grid == "uniform:5"
    with pytest.raises(ConfigError, match="grid='often'"):
        resolve_sampling(default, grid="often")
    with pytest.raises(ConfigError, match="solver='magic'"):
        resolve_sampling(default, solver="magic")


def test_two_frames_are_a_query_for_the_flow_between_them(pipeline: Pipeline) -> None:
    frames = np.concatenate([picture(1, 32, 48), picture(2, 32, 48)])
    drawn = np.concatenate([frames[:1], np.repeat(frames[1:], 4, axis=0)])
    short, long = (predict(pipeline, query, "optical_flow", pairs=1) for query in (frames, drawn))
    np.testing.assert_array_equal(short.rgb, long.rgb)
    assert short.value.shape == (32, 48, 2)
    with pytest.raises(InputError, match="has 3 frames, but the context's inputs have 5"):
        predict(pipeline, np.repeat(frames[:1], 3, axis=0), "optical_flow", pairs=1)
