"""Videos read and written frame by frame, and what is known of them without decoding."""

from __future__ import annotations

import subprocess
from fractions import Fraction
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from PIL import Image

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.ffmpeg import ffmpeg_executable
from lavincli.media.frame_source import is_video, open_source
from lavincli.media.images import write_image
from lavincli.media.video import read_video, video_frames, write_video
from lavincli.media.video_info import video_info
from lavincli.media.video_writer import VideoWriter
from tests.media.test_video import moving


def _ffmpeg(*arguments: str | Path) -> str:
    command = [ffmpeg_executable(), "-hide_banner", "-nostdin", "-y", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False).stderr


def _write_two(writer: VideoWriter, first: Clip, second: Any) -> None:
    writer.write(first)
    writer.write(second)


def _with_sound(path: Path, clip: Clip, codec: str) -> Path:
    write_video(path.with_name("silent.mp4"), clip, frames_per_second=12)
    tone = ("-f", "lavfi", "-i", "sine=frequency=440:duration=1")
    _ffmpeg("-i", path.with_name("silent.mp4"), *tone, "-c:v", "copy", "-c:a", codec, "-strict", "-2", path)
    return path


def test_frames_come_one_by_one_and_can_be_left(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving(9))
    whole = read_video(tmp_path / "a.mp4")
    assert len(whole) == 9
    frames = video_frames(tmp_path / "a.mp4")
    np.testing.assert_array_equal(np.concatenate(list(islice(frames, 3))), whole[:3])
    frames.close()  # type: ignore[attr-defined]
    np.testing.assert_array_equal(np.concatenate(list(video_frames(tmp_path / "a.mp4"))), whole)


def test_a_video_written_in_parts_is_the_one_written_at_once(tmp_path: Path) -> None:
    clip = moving(9)
    write_video(tmp_path / "whole.mp4", clip, frames_per_second=10)
    with VideoWriter(tmp_path / "parts.mp4", frames_per_second=10) as writer:
        for start in (0, 1, 5):
            writer.write(clip[start : {0: 1, 1: 5, 5: 9}[start]])
        assert not (tmp_path / "parts.mp4").exists()
        with pytest.raises(ValueError, match="51 x 36"):
            writer.write(clip[:, 1:])
    assert (tmp_path / "parts.mp4").read_bytes() == (tmp_path / "whole.mp4").read_bytes()


def test_a_video_that_was_not_finished_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="uint8"), VideoWriter(tmp_path / "a.mp4") as writer:
        _write_two(writer, moving(3), moving(3).astype(np.float32))
    with VideoWriter(tmp_path / "b.mp4"):
        pass
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(("size", "pixels"), [((36, 52), "yuv420p(tv, bt709"), ((37, 51), "yuv444p")])
def test_what_people_look_at_is_what_players_take(tmp_path: Path, size: tuple[int, int], pixels: str) -> None:
    """Colours come back as they were, so they are written as the file says; an odd size has colour at full size."""
    clip = moving(5, *size)
    for name in ("a", "b"):
        with VideoWriter(tmp_path / f"{name}.mp4", playable=True) as writer:
            writer.write(clip)
    assert pixels in _ffmpeg("-i", tmp_path / "a.mp4")
    flat = np.full((5, *size, 3), (200, 30, 60), dtype=np.uint8)
    with VideoWriter(tmp_path / "flat.mp4", playable=True) as writer:
        writer.write(flat)
    assert np.abs(read_video(tmp_path / "flat.mp4").astype(int) - flat).max() <= 3
    assert np.abs(read_video(tmp_path / "a.mp4").astype(int) - clip).mean() < 6
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize(("suffix", "codec", "kept"), [(".mp4", "aac", "aac"), (".mkv", "flac", "aac")])
def test_sound_is_kept(tmp_path: Path, suffix: str, codec: str, kept: str) -> None:
    source = _with_sound(tmp_path / f"source{suffix}", moving(12), codec)
    info = video_info(source)
    assert (info.frames, info.frames_per_second, info.variable_rate, info.audio) == (12, Fraction(12), False, codec)
    for name in ("a.mp4", "b.mp4"):
        with VideoWriter(tmp_path / name, frames_per_second=12, audio=(source, codec)) as writer:
            writer.write(moving(12))
    again = video_info(tmp_path / "a.mp4")
    assert (again.frames, again.frames_per_second, again.audio) == (12, Fraction(12), kept)
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


@pytest.mark.parametrize("rate", ["24000/1001", "25", "30000/1001", "7", "60"])
def test_rates_are_told_exactly(tmp_path: Path, rate: str) -> None:
    for name in ("a.mp4", "a.mkv"):  # Matroska counts milliseconds
        write_video(tmp_path / name, moving(9, 32, 32), frames_per_second=float(Fraction(rate)))
        info = video_info(tmp_path / name)
        assert info.frames == 9
        assert not info.variable_rate
        assert abs(info.frames_per_second / Fraction(rate) - 1) < (1e-9 if rate != "7" else 1e-3)


def test_a_variable_rate_is_named(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving(12, 32, 32), frames_per_second=10)
    _ffmpeg("-i", tmp_path / "a.mp4", "-vf", "select='not(between(n,3,7))'", "-fps_mode", "vfr", tmp_path / "b.mp4")
    info = video_info(tmp_path / "b.mp4")
    assert info.variable_rate
    assert info.frames == 7
    assert len(list(open_source(tmp_path / "b.mp4").frames())) == 7
    # AVI counts frames: one that is missing is a gap of one tick.
    _ffmpeg(
        "-i",
        tmp_path / "a.mp4",
        "-vf",
        "select='not(eq(n,3))'",
        "-fps_mode",
        "vfr",
        "-c:v",
        "mjpeg",
        tmp_path / "c.avi",
    )
    assert video_info(tmp_path / "c.avi").variable_rate


def test_each_frame_comes_once_however_long_it_is_shown(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving(4, 32, 32), frames_per_second=1 / 7)
    assert len(read_video(tmp_path / "a.mp4")) == video_info(tmp_path / "a.mp4").frames == 4
    np.testing.assert_array_equal(read_video(tmp_path / "a.mp4", start=2), read_video(tmp_path / "a.mp4")[2:])


def test_a_name_like_an_address_is_a_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    write_video("12:30.mp4", moving(2, 32, 32))
    assert video_info(Path("12:30.mp4")).frames == len(read_video("12:30.mp4")) == 2


def test_an_error_tells_what_ffmpeg_found_wrong_first(tmp_path: Path) -> None:
    _ffmpeg("-f", "lavfi", "-i", "sine=duration=0.1", tmp_path / "sound.mp4")
    with pytest.raises(InputError, match=r"sound\.mp4: .*\(Stream map .*matches no streams"):
        open_source(tmp_path / "sound.mp4")
    (tmp_path / "text.mp4").write_text("no video")
    with pytest.raises(InputError, match=r"text\.mp4: .*\((?!\[)[^@]*\)$"):
        open_source(tmp_path / "text.mp4")


def test_animations_and_numbered_pictures_are_videos(tmp_path: Path) -> None:
    clip = moving(6, 32, 48)
    pictures = [Image.fromarray(frame) for frame in clip]
    for name in ("a.gif", "a.webp", "a.png"):
        options: dict[str, Any] = {"lossless": True} if name.endswith("webp") else {}
        pictures[0].save(tmp_path / name, save_all=True, append_images=pictures[1:], duration=40, loop=0, **options)
        assert is_video(tmp_path / name)
        source = open_source(tmp_path / name)
        assert (source.info.frames, source.info.frames_per_second, source.info.audio) == (6, Fraction(25), None)
        frames = np.concatenate(list(source.frames()))
        assert frames.shape == clip.shape
        assert np.abs(frames.astype(int) - clip).mean() < (8 if name == "a.gif" else 0.01)
    for number in (8, 9, 10, 100):
        write_image(tmp_path / "shots" / f"s{number:02d}.png", clip[number % 6][None])
    pattern = tmp_path / "shots" / "s%02d.png"
    assert is_video(pattern)
    source = open_source(pattern)
    assert source.info.frames == 4
    np.testing.assert_array_equal(np.concatenate(list(source.frames())), clip[[2, 3, 4, 4]])
    assert not is_video(tmp_path / "shots" / "s08.png")
    assert not is_video(tmp_path / "missing.gif")


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    (tmp_path / "a.gif").write_bytes(b"GIF89a, or so")
    assert not is_video(tmp_path / "a.gif")
    for name, reason in (("a.gif", "damaged or no picture"), ("b.mp4", "no such file"), ("s%03d.png", "no file has")):
        with pytest.raises(InputError, match=reason):
            open_source(tmp_path / name)
    (tmp_path / "c.mp4").write_bytes(b"not a video")
    with pytest.raises(InputError, match=r"c\.mp4: can't be read"):
        open_source(tmp_path / "c.mp4")
    write_image(tmp_path / "t1.png", moving(1))
    write_image(tmp_path / "t2.png", moving(1, 20, 20))
    with pytest.raises(InputError, match=r"t2\.png: is 20 x 20, but t1\.png is 51 x 37"):
        list(open_source(tmp_path / "t%d.png").frames())
