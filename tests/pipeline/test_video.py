"""Videos answered with a small random model."""

from __future__ import annotations

import subprocess
import tracemalloc
from fractions import Fraction
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

import lavincli
from lavincli.clip import Clip, Pair
from lavincli.errors import ConfigError, InputError, UnknownNameError
from lavincli.media.arrays import read_array
from lavincli.media.ffmpeg import ffmpeg_executable
from lavincli.media.images import read_image
from lavincli.media.video import read_video, write_video
from lavincli.media.video_info import video_info
from lavincli.pipeline.pipeline import Pipeline
from lavincli.pipeline.predict import make_answerer, predict
from lavincli.pipeline.video import answer_video, check_video
from tests.media.test_video import moving
from tests.small_tasks import picture

STILLS = [Pair(f"pair{number}", picture(50 + number), 255 - picture(50 + number)) for number in range(3)]


def _clips(inputs: int, targets: int) -> list[Pair]:
    return [Pair(str(number), moving(inputs, 32, 32), 255 - moving(targets, 32, 32)) for number in range(2)]


@pytest.fixture(scope="module")
def pipeline(tiny_model_directory: Path) -> Pipeline:
    return lavincli.load(tiny_model_directory, device="cpu")


@pytest.fixture(scope="module")
def video(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Eleven frames of 40 x 28, 12 a second, with sound."""
    folder = tmp_path_factory.mktemp("videos")
    write_video(folder / "silent.mp4", moving(11, 28, 40), frames_per_second=12)
    command = [ffmpeg_executable(), "-nostdin", "-loglevel", "error", "-i", str(folder / "silent.mp4")]
    command += ["-f", "lavfi", "-i", "sine=duration=1", "-c:v", "copy", "-c:a", "aac", str(folder / "a.mp4")]
    subprocess.run(command, check=True)
    return folder / "a.mp4"


def _near(one: Clip, other: Clip, levels: float) -> bool:
    return one.shape == other.shape and float(np.abs(one.astype(int) - other).mean()) <= levels


def test_a_task_of_pictures_answers_frame_by_frame(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    """Size, rate and sound are the source's; every frame is answered as a picture is, from one and the same noise."""
    answerer = make_answerer(pipeline, STILLS)
    assert check_video(answerer) == "frames"
    done: list[tuple[int, int]] = []
    answer = answer_video(
        answerer, video, tmp_path / "out" / "a", views=["rgb", "value", "side-by-side"], seed=7, batch_size=4,
        progress=lambda count, total: done.append((count, total)),
    )  # fmt: skip
    assert answer.files == {
        "rgb": [tmp_path / "out" / "a.rgb.mp4"],
        "value": [tmp_path / "out" / "a"],
        "side-by-side": [tmp_path / "out" / "a.side-by-side.mp4"],
    }
    assert done == [(count, 11) for count in range(1, 12)]
    assert (answer.frames, answer.frames_per_second, answer.variable_rate) == (11, 12.0, False)
    assert answer.context == ("pair0", "pair1")
    info = video_info(tmp_path / "out" / "a.rgb.mp4")
    assert (info.frames, info.frames_per_second, info.audio) == (11, Fraction(12), "aac")
    frames = read_video(video)
    alone = [predict(pipeline, frame[None], STILLS, seed=7).rgb for frame in frames]
    values = [read_image(tmp_path / "out" / "a" / f"{number:05d}.png") for number in range(11)]
    assert len(list((tmp_path / "out" / "a").iterdir())) == 11
    for value, one in zip(values, alone, strict=True):
        assert int(np.abs(value.astype(int) - one).max()) <= 1
    assert _near(read_video(tmp_path / "out" / "a.rgb.mp4"), np.concatenate(alone), 12)
    assert read_video(tmp_path / "out" / "a.side-by-side.mp4").shape == (11, 28, 84, 3)


def test_the_same_seed_gives_the_same_bytes(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    answerer = make_answerer(pipeline, _clips(5, 5))
    written = []
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        answer_video(answerer, video, tmp_path / name / "x", views=["rgb", "value"], seed=seed)
        files = sorted(path for path in (tmp_path / name).rglob("*") if path.is_file())
        written.append([path.read_bytes() for path in files])
    assert len(written[0]) == 12
    assert written[0] == written[1]
    assert written[0] != written[2]


def test_a_task_of_clips_answers_in_windows(pipeline: Pipeline, tmp_path: Path) -> None:
    """Where a window stands alone the answer is its own; no step at a border is larger than those inside."""
    clip = moving(50, 32, 32)
    write_video(tmp_path / "long.mp4", clip)
    frames = read_video(tmp_path / "long.mp4")
    context = _clips(13, 13)
    answerer = make_answerer(pipeline, context)
    assert check_video(answerer) == "windows"
    answer = answer_video(answerer, tmp_path / "long.mp4", tmp_path / "out", seed=3)
    assert answer.frames == 50
    values = np.concatenate([read_image(path) for path in sorted((tmp_path / "out").iterdir())]).astype(float)
    first = predict(pipeline, frames[:13], context, seed=3).rgb
    np.testing.assert_array_equal(values[:9], first[:9])
    steps = np.abs(np.diff(values, axis=0)).mean(axis=(1, 2, 3))
    borders = [step for place, step in enumerate(steps) if place % 9 >= 8 or (place >= 9 and place % 9 <= 3)]
    inside = [step for place, step in enumerate(steps) if 4 <= place % 9 < 8]
    assert max(borders) < 1.25 * max(inside)
    apart = np.concatenate(
        [predict(pipeline, frames[start : start + 13], context, seed=3).rgb[: 13 if start == 27 else 9]
         for start in (0, 9, 18, 27)]
    ).astype(float)  # fmt: skip
    hard = np.abs(np.diff(apart, axis=0)).mean(axis=(1, 2, 3))[[8, 17, 26]]
    assert hard.max() > 1.5 * max(borders), "the windows do differ where they meet"


def test_a_video_shorter_than_a_window_is_answered(pipeline: Pipeline, tmp_path: Path) -> None:
    write_video(tmp_path / "short.mp4", moving(3, 32, 32))
    for context in (_clips(13, 13), STILLS):
        answer = answer_video(make_answerer(pipeline, context), tmp_path / "short.mp4", tmp_path / "out" / "a")
        assert answer.frames == len(list((tmp_path / "out" / "a").iterdir())) == 3


def test_two_frames_make_a_flow(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    answerer = make_answerer(pipeline, "optical_flow", pairs=1)
    assert check_video(answerer) == "groups"
    answer = answer_video(answerer, video, tmp_path / "a", views=["value", "color", "overlay"], batch_size=4)
    assert answer.frames == 10
    assert sorted(path.name for path in (tmp_path / "a").iterdir()) == [f"{number:05d}.flo" for number in range(10)]
    assert read_video(tmp_path / "a.overlay.mp4").shape == (10, 28, 40, 3)


def test_too_few_frames_for_a_flow_are_told(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    write_video(tmp_path / "one.mp4", read_video(video, frames=1))
    answerer = make_answerer(pipeline, "optical_flow", pairs=1)
    with pytest.raises(InputError, match=r"one\.mp4: has 1 frames, but this task looks at 2 of them at once"):
        answer_video(answerer, tmp_path / "one.mp4", tmp_path / "answer", views=["rgb", "value"])
    assert [path.name for path in tmp_path.iterdir()] == ["one.mp4"]


def test_frame_prediction_appends_to_the_video(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    """The video stays as it is; twelve frames follow, answered from its last ones, here with two repeated in front."""
    answerer = make_answerer(pipeline, "frame_prediction", pairs=1)
    assert check_video(answerer) == "continued"
    answer = answer_video(answerer, video, tmp_path / "a", views=["rgb", "value", "side-by-side"], seed=5)
    assert answer.frames == 23
    frames = read_video(video)
    rgb = read_video(tmp_path / "a.rgb.mp4")
    assert rgb.shape == (23, 28, 40, 3)
    assert _near(rgb[:11], frames, 4)
    query = np.concatenate([frames[:1], frames[:1], frames])
    expected = predict(pipeline, query, "frame_prediction", pairs=1, seed=5).rgb[1:]
    files = sorted((tmp_path / "a").iterdir())
    assert [path.name for path in files] == [f"{number:05d}.png" for number in range(12)]
    np.testing.assert_array_equal(np.concatenate([read_image(path) for path in files]), expected)
    assert video_info(tmp_path / "a.side-by-side.mp4").frames == 23


def test_data_of_videos_lies_in_a_folder(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    """Depth of a clip: arrays, pictures and clouds of each frame, at the model's size where that is asked for."""
    answerer = make_answerer(pipeline, "video_depth", pairs=1)
    answer = answer_video(answerer, video, tmp_path / "a", views=["value", "points", "color"], size="model")
    assert answer.files["points"] == [tmp_path / "a.points"]
    assert len(list((tmp_path / "a.points").glob("*.ply"))) == 11
    assert np.load(tmp_path / "a" / "00010.npy", allow_pickle=False).shape == (32, 32)
    assert read_array(tmp_path / "a" / "00000.png").dtype == np.uint16
    again = answer_video(answerer, video, tmp_path / "a", views=["value"], size="model", seed=1)
    assert len(list(again.files["value"][0].iterdir())) == 22, "the older answer's folder is replaced"


def test_a_clean_video_is_prepared_and_shown_with_its_truth(
    pipeline: Pipeline, small_tasks: Path, video: Path, tmp_path: Path
) -> None:
    answerer = make_answerer(pipeline, "small_denoising")
    answer_video(answerer, video, tmp_path / "a", views=["side-by-side", "value"], prepare=True, key="a.mp4", seed=2)
    shown = read_video(tmp_path / "a.side-by-side.mp4")
    assert shown.shape == (11, 28, 3 * 40 + 8, 3)
    frames = read_video(video)
    assert _near(shown[:, :, 88:], frames, 8)
    prepared = answerer.prepare(frames[:1], "a.mp4", 2)
    expected = answerer.finish(answerer.compute([prepared], [2])[0], size=(28, 40))
    assert int(np.abs(read_image(tmp_path / "a" / "00000.png").astype(int) - expected.value).max()) <= 1


def test_a_video_of_the_nearest_pairs_keeps_them(pipeline: Pipeline, tmp_path: Path) -> None:
    clip = np.concatenate([STILLS[2].input] * 3 + [STILLS[0].input] * 3)
    write_video(tmp_path / "a.mp4", clip)
    answerer = make_answerer(pipeline, STILLS, select="nearest", pairs=1)
    assert answer_video(answerer, tmp_path / "a.mp4", tmp_path / "a", batch_size=2).context == ("pair2",)


def test_a_long_video_takes_the_memory_of_a_short_one(pipeline: Pipeline, tmp_path: Path) -> None:
    answerer = make_answerer(pipeline, _clips(13, 13))
    peaks: dict[int, int] = {}
    for frames in (22, 22, 220):  # once for what is kept for good
        write_video(tmp_path / "a.mp4", np.repeat(moving(frames // 2, 96, 96), 2, axis=0))
        tracemalloc.start()
        answer_video(answerer, tmp_path / "a.mp4", tmp_path / str(frames), views=["rgb", "side-by-side"])
        peaks[frames] = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    one_frame = 96 * 96 * 3
    assert peaks[220] - peaks[22] < 20 * one_frame
    assert peaks[220] < 150 * one_frame


def test_animations_are_answered_and_an_uneven_rate_is_named(
    pipeline: Pipeline, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    pictures = [Image.fromarray(frame) for frame in moving(5, 32, 48)]
    pictures[0].save(tmp_path / "a.gif", save_all=True, append_images=pictures[1:], duration=[40, 40, 40, 240, 40])
    answer = answer_video(make_answerer(pipeline, STILLS), tmp_path / "a.gif", tmp_path / "a", views=["rgb"])
    assert (answer.frames, answer.frames_per_second, answer.variable_rate) == (5, 12.5, True)
    assert "come at varying times; the answer shows 12.5 a second" in caplog.text
    assert read_video(tmp_path / "a.rgb.mp4").shape == (5, 32, 48, 3)


def test_an_ensemble_answers_a_video(pipeline: Pipeline, tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving(9, 32, 32))
    frames = read_video(tmp_path / "a.mp4")
    context = _clips(9, 9)
    answer = answer_video(make_answerer(pipeline, context, ensemble=2, pairs=1), tmp_path / "a.mp4", tmp_path / "a")
    values = np.concatenate([read_image(path) for path in sorted(answer.files["value"][0].iterdir())])
    np.testing.assert_array_equal(values, predict(pipeline, frames, context, ensemble=2, pairs=1).rgb)


def test_what_can_not_be_answered_leaves_nothing(pipeline: Pipeline, video: Path, tmp_path: Path) -> None:
    out = tmp_path / "out" / "a"
    with pytest.raises(ConfigError, match="examples of 5 -> 1 frames can't answer a video"):
        answer_video(make_answerer(pipeline, _clips(5, 1)), video, out)
    with pytest.raises(ConfigError, match="this task has no view 'points'"):
        answer_video(make_answerer(pipeline, STILLS), video, out, views=["points"])
    with pytest.raises(UnknownNameError, match="did you mean 'value'"):
        answer_video(make_answerer(pipeline, STILLS), video, out, views=["values"])
    cut = tmp_path / "cut.mp4"
    cut.write_bytes(video.read_bytes()[:3000])
    with pytest.raises(InputError, match=r"cut\.mp4"):
        answer_video(make_answerer(pipeline, STILLS), cut, out)
    assert not (tmp_path / "out").exists()


def test_a_failure_half_way_leaves_nothing(
    pipeline: Pipeline, video: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    answerer = make_answerer(pipeline, STILLS)
    compute = answerer.compute
    calls = iter(range(10))

    def failing(*given: object, **named: object) -> object:
        if next(calls) == 2:
            raise MemoryError("no memory left")
        return compute(*given, **named)  # type: ignore[arg-type]

    monkeypatch.setattr(answerer, "compute", failing)
    with pytest.raises(MemoryError):
        answer_video(answerer, video, tmp_path / "a", views=["rgb", "value"], batch_size=2)
    assert not list(tmp_path.iterdir())
