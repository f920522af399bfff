from __future__ import annotations

import pickle
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest
from lavin_video.continuation import ContinuationCodec
from lavin_video.davis import davis
from lavin_video.movi import movi
from lavin_video.video_folder import video_folder
from lavin_video.windows import Window, Windows
from PIL import Image

from lavincli.clip import Clip, Sample
from lavincli.errors import InputError, RootNeededError
from lavincli.lazy_samples import key_of
from lavincli.media.images import read_image
from lavincli.media.video import write_video
from lavincli.media.video_info import video_info
from tests.plugins.video.made_data_sets import (
    CLIP,
    DISTANCE,
    FRAMES,
    HEIGHT,
    WIDTH,
    kubric_flow,
    write_davis,
    write_kubric_scene,
)

# ---- windows ----


@pytest.mark.parametrize(
    ("windows", "count", "numbers"),
    [
        (Windows(5), 12, [[0, 1, 2, 3, 4]]),
        (Windows(5, start=2, every=2), 11, [[2, 4, 6, 8, 10]]),
        (Windows(5, start=2, every=2), 10, []),
        (Windows(5, stride=3), 11, [[0, 1, 2, 3, 4], [3, 4, 5, 6, 7], [6, 7, 8, 9, 10]]),
        (Windows(5), 4, []),
        (Windows(3, continued=True), 5, [[0, 1, 2, 3, 4]]),
        (Windows(3, continued=True), 4, [[0, 0, 1, 2, 3]]),
        (Windows(3, continued=True), 1, []),
        (Windows(13, continued=True), 24, [[0, *range(24)]]),
        (Windows(13, continued=True), 21, []),
    ],
)
def test_windows(windows: Windows, count: int, numbers: list[list[int]]) -> None:
    assert [window.numbers for window in windows.of(count)] == numbers


def test_windows_refuse_numbers_that_make_no_sense() -> None:
    with pytest.raises(ValueError, match="at least 2"):
        Windows(1)
    assert Window(3, 2, 4).numbers == [3, 7]


# ---- MOVi ----


@pytest.fixture(scope="module")
def movi_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("movi_e")
    write_kubric_scene(root / "0")
    write_kubric_scene(root / "17", frames=4)
    return root


def test_movi_depth_is_inverted(movi_root: Path) -> None:
    samples = movi(movi_root, "test", annotation="depth", frames=4)
    assert [sample.key for sample in samples] == ["0", "17"]
    sample = samples[0]
    np.testing.assert_array_equal(sample.input, CLIP[:4])
    assert sample.target.dtype == np.float32
    np.testing.assert_allclose(sample.target[2], 1 / (DISTANCE + 2), rtol=1e-6)
    assert sample.meta["distance_to"] == "centre"
    # A ray to the corner is longer than the axis: by the focal length, in widths of the picture.
    plane = movi(movi_root / "0", "train", annotation="depth", frames=4, plane_depth=True)[0].target
    across, down = (0.5 - 0.5 / WIDTH) / (35 / 32), (0.5 * HEIGHT / WIDTH - 0.5 / WIDTH) / (35 / 32)
    np.testing.assert_allclose(plane[0, 0, 0] / sample.target[0, 0, 0], np.sqrt(1 + across**2 + down**2), rtol=1e-5)


def test_movi_flow_is_columns_then_rows_in_pixels(movi_root: Path) -> None:
    flow = movi(movi_root, "test", annotation="flow", frames=3, start=1)[0].target
    assert flow.shape == (3, HEIGHT, WIDTH, 2)
    np.testing.assert_allclose(flow[2], kubric_flow(3)[..., ::-1], atol=3e-4)
    with pytest.raises(ValueError, match="next one"):
        movi(movi_root, "test", annotation="flow", every=2)


def test_movi_normals_and_instances(movi_root: Path) -> None:
    normals = movi(movi_root, "test", annotation="normals", frames=2)[0].target
    np.testing.assert_allclose(normals[1, 0, 0], [1, 0, 0], atol=1e-4)
    np.testing.assert_allclose(normals[1, -1, 0], [0, 0, 1], atol=1e-4)
    ids = movi(movi_root, "test", annotation="instances", frames=2)[0].target
    assert ids.dtype == np.int32
    assert ids.shape == (2, HEIGHT, WIDTH)
    assert (np.unique(ids) == [0, 2, 7]).all()
    assert ids[0, 3, 4] == 2


def test_movi_clips_and_their_continuation(movi_root: Path) -> None:
    sample = movi(movi_root / "0", "test", annotation="clip")[0]
    assert sample.input is None
    np.testing.assert_array_equal(sample.target, CLIP[:13])
    # 25 frames are needed, MOVi has 24: the first one is shown twice.
    sample = movi(movi_root / "0", "test", annotation="continuation")[0]
    np.testing.assert_array_equal(sample.input, np.concatenate([CLIP[:1], CLIP[:12]]))
    np.testing.assert_array_equal(sample.target, CLIP[11:])


def test_movi_windows_and_scenes_that_are_too_short(movi_root: Path) -> None:
    samples = movi(movi_root, "test", annotation="clip", frames=9, stride=10)
    assert [sample.key for sample in samples] == ["0/00000", "0/00010"]
    np.testing.assert_array_equal(samples[1].target, CLIP[10:19])
    with pytest.raises(InputError, match="17: has 4 frames, 9 are needed"):
        movi(movi_root, "test", annotation="clip", frames=9)[1]
    with pytest.raises(InputError, match="has 24 frames"):
        movi(movi_root, "test", annotation="clip", frames=33, stride=1)


def test_movi_splits(movi_root: Path, tmp_path: Path) -> None:
    for split, name in (("train", "0"), ("test", "1")):
        (tmp_path / split).mkdir()
        (tmp_path / split / name).symlink_to(movi_root / "0")
    assert [movi(tmp_path, split, annotation="clip")[0].key for split in ("train", "test")] == ["0", "1"]
    assert len(movi(movi_root, "train", annotation="clip", frames=4)) == 2
    with pytest.raises(InputError, match="split"):
        movi(movi_root, "val")


def test_wrong_movi_roots_say_what_is_expected(movi_root: Path, tmp_path: Path) -> None:
    with pytest.raises(RootNeededError, match=r"rgba_00000\.png"):
        movi(None, "test")
    with pytest.raises(InputError, match="no such folder"):
        movi(tmp_path / "nowhere", "test")
    (tmp_path / "pictures").mkdir()
    with pytest.raises(InputError, match=r"forward_flow_00000\.png.*found pictures/"):
        movi(tmp_path, "test")
    with pytest.raises(ValueError, match="annotation"):
        movi(movi_root, "test", annotation="boxes")  # type: ignore[arg-type]
    scene = tmp_path / "scene"
    scene.mkdir()
    (scene / "rgba_00000.png").write_bytes((movi_root / "0" / "rgba_00000.png").read_bytes())
    with pytest.raises(InputError, match=r"expected depth_00000\.tiff; found rgba_00000\.png"):
        movi(scene, "test")


@pytest.mark.parametrize("content", ["{}", "[]", "{"])
def test_damaged_ranges_are_named(movi_root: Path, tmp_path: Path, content: str) -> None:
    for number in range(2):
        for name in ("rgba", "forward_flow"):
            file = f"{name}_{number:05d}.png"
            (tmp_path / file).write_bytes((movi_root / "0" / file).read_bytes())
    (tmp_path / "data_ranges.json").write_text(content, encoding="utf-8")
    with pytest.raises(InputError, match=r"data_ranges\.json"):
        movi(tmp_path, "test", annotation="flow", frames=2)[0]


# ---- DAVIS ----


@pytest.fixture(scope="module")
def davis_root(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("DAVIS")
    write_davis(root, {"bear": 6, "bike-packing": 9, "left-out": 4}, train="bear", val="bike-packing")
    return root


def test_davis_reads_pictures_and_indices(davis_root: Path) -> None:
    (sample,) = davis(davis_root, "test", frames=5)
    assert sample.key == "bike-packing"
    assert sample.whole
    assert sample.input.shape == (5, HEIGHT, WIDTH, 3)
    assert sample.target.dtype == np.int32
    assert (np.unique(sample.target) == [-1, 0, 1, 2]).all()
    assert sample.target[4, 3, 4] == 1
    assert sample.target[4, 3, 3] == 0
    first = read_image(davis_root / "JPEGImages" / "480p" / "bike-packing" / "00000.jpg")
    np.testing.assert_array_equal(sample.input[:1], first)


def test_davis_windows(davis_root: Path) -> None:
    (train,) = davis(davis_root, "train", frames=None, every=2)
    assert train.key == "bear"
    assert not train.whole
    assert train.target.shape[0] == 3
    assert [sample.key for sample in davis(davis_root, "test", frames=4, stride=5)] == [
        "bike-packing/00000",
        "bike-packing/00005",
    ]
    with pytest.raises(InputError, match="bear: has 6 frames, 13 are needed"):
        davis(davis_root, "train")
    with pytest.raises(InputError, match="none of its sequences"):
        davis(davis_root, "train", stride=1)
    with pytest.raises(InputError, match="bear: has 6 frames, 8 are needed"):
        davis(davis_root, "train", frames=None, start=6)
    with pytest.raises(ValueError, match="frames is at least 2"):
        davis(davis_root, "train", frames=0)


def test_wrong_davis_roots_say_what_is_expected(davis_root: Path) -> None:
    with pytest.raises(RootNeededError, match="JPEGImages/480p"):
        davis(None, "test")
    with pytest.raises(InputError, match=r"ImageSets.*found 480p/"):
        davis(davis_root / "JPEGImages", "test")
    with pytest.raises(InputError, match="JPEGImages/Full-Resolution"):
        davis(davis_root, "test", resolution="Full-Resolution")
    with pytest.raises(InputError, match="no such file"):
        davis(davis_root, "train", frames=4, annotations="Annotations_unsupervised")[0]
    with pytest.raises(InputError, match="split"):
        davis(davis_root, "val")


# ---- folders of videos ----


@pytest.fixture(scope="module")
def videos(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("videos")
    write_video(root / "long.mp4", CLIP)
    write_video(root / "sub" / "short.mkv", CLIP[:4])
    (root / "sub" / "frames").mkdir()
    for number, frame in enumerate(CLIP[:8]):
        Image.fromarray(frame).save(root / "sub" / "frames" / f"{number:05d}.png")
    (root / "notes.txt").write_text("not a clip", encoding="utf-8")
    (root / ".hidden.mp4").write_bytes(b"")
    return root


def close(clip: Clip, expected: Clip) -> bool:
    return clip.shape == expected.shape and float(np.abs(clip.astype(int) - expected).mean()) < 4


def keys(samples: Sequence[Sample]) -> list[str]:
    return [sample.key for sample in samples]


def test_videos_and_folders_of_frames_are_clips(videos: Path) -> None:
    samples = video_folder(videos, "test", frames=3)
    assert keys(samples) == ["long.mp4", "sub/frames", "sub/short.mkv"]
    assert [key_of(index, samples) for index in range(3)] == keys(samples)
    assert close(samples[0].target, CLIP[:3])
    np.testing.assert_array_equal(samples[1].target, CLIP[:3])
    assert samples[0].input is None
    assert close(video_folder(videos, "test", frames=3, start=2, every=4)[0].target, CLIP[2:11:4])
    assert video_info(videos / "long.mp4").frames == FRAMES


def test_training_sees_all_of_each_clip(videos: Path, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    samples = video_folder(videos, "train", frames=5)
    assert keys(samples) == [*(f"long.mp4/{start:05d}" for start in range(0, FRAMES - 4, 5)), "sub/frames/00000"]
    assert "1 of 3 clips are too short" in caplog.text
    for place, start in enumerate(range(0, FRAMES - 4, 5)):
        assert close(samples[place].target, CLIP[start : start + 5])
    continued = video_folder(videos, "train", annotation="continuation", frames=5)
    assert keys(continued)[:2] == ["long.mp4/00000", "long.mp4/00009"]
    assert close(continued[1].target, CLIP[13:18])
    assert keys(video_folder(videos, "train", frames=5, stride=FRAMES)) == ["long.mp4/00000", "sub/frames/00000"]
    # One that can't be read doesn't keep the others from being used: it is an error of its own.
    (videos / "sub" / "broken.mp4").write_bytes(b"no video")
    try:
        samples = video_folder(videos / "sub", "train", frames=5)
        assert keys(samples[1:]) == ["frames/00000"]
        with pytest.raises(InputError, match=r"broken\.mp4"):
            samples[0]
    finally:
        (videos / "sub" / "broken.mp4").unlink()


def test_windows_of_videos(videos: Path) -> None:
    samples = video_folder(videos, "test", frames=6, stride=9)
    assert keys(samples) == ["long.mp4/00000", "long.mp4/00009", "long.mp4/00018", "sub/frames/00000"]
    assert close(samples[1].target, CLIP[9:15])
    again = pickle.loads(pickle.dumps(samples))  # noqa: S301  made in this line
    np.testing.assert_array_equal(again[1].target, samples[1].target)


def test_clips_go_on_where_they_stopped(videos: Path) -> None:
    samples = video_folder(videos, "test", annotation="continuation", frames=5)
    assert close(samples[0].input, CLIP[:5])
    assert close(samples[0].target, CLIP[4:9])
    # The folder has 8 frames, one too few.
    np.testing.assert_array_equal(samples[1].input, np.concatenate([CLIP[:1], CLIP[:4]]))
    np.testing.assert_array_equal(samples[1].target, CLIP[3:8])
    with pytest.raises(InputError, match=r"short\.mkv: has 4 frames, 9 are needed"):
        samples[2]
    short = video_folder(videos / "sub", "test", annotation="continuation", frames=3)
    assert close(short[1].input, np.concatenate([CLIP[:1], CLIP[:2]]))
    assert close(short[1].target, CLIP[1:4])


def test_wrong_video_folders_say_what_is_expected(videos: Path, tmp_path: Path) -> None:
    with pytest.raises(RootNeededError, match="folders of frames"):
        video_folder(None, "test")
    (tmp_path / "a.txt").write_text("", encoding="utf-8")
    with pytest.raises(InputError, match=r"expected videos.*found a\.txt"):
        video_folder(tmp_path, "test")
    with pytest.raises(InputError, match="none of its 3 clips has 99 frames"):
        video_folder(videos, "test", frames=99, stride=1)
    with pytest.raises(ValueError, match="annotation"):
        video_folder(videos, "test", annotation="depth")  # type: ignore[arg-type]
    Image.fromarray(CLIP[0]).save(tmp_path / "0.png")
    Image.fromarray(CLIP[0, :8]).save(tmp_path / "1.png")
    with pytest.raises(InputError, match=r"1\.png: is of another size"):
        video_folder(tmp_path, "test", frames=2)[0]


# ---- the codec of what follows ----


def test_only_new_frames_are_saved(tmp_path: Path) -> None:
    codec = ContinuationCodec()
    assert codec.decode(codec.render(CLIP)) is CLIP
    paths = codec.save(CLIP[:4], tmp_path / "next")
    assert len(paths) == 3
    np.testing.assert_array_equal(np.concatenate([read_image(path) for path in paths]), CLIP[1:4])
    with pytest.raises(InputError, match="none of the 1 frames is new"):
        codec.save(CLIP[:1], tmp_path / "none")
    with pytest.raises(ValueError, match="known"):
        ContinuationCodec(known=-1)
