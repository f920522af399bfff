from pathlib import Path

import numpy as np
import pytest
from scipy import ndimage

from lavincli.clip import Clip
from lavincli.errors import InputError
from lavincli.media.clips import read_clip, write_clip
from lavincli.media.video import read_video, write_video


def moving(frames: int = 7, height: int = 37, width: int = 51) -> Clip:
    """Soft blobs that move to the right, of odd height and width."""
    noise = np.random.default_rng(0).normal(size=(height, width, 3))
    soft = ndimage.gaussian_filter(noise, (5, 5, 0), mode="wrap")
    scaled = (255 * (soft - soft.min()) / np.ptp(soft)).astype(np.uint8)
    return np.stack([np.roll(scaled, 2 * frame, axis=1) for frame in range(frames)])


@pytest.mark.parametrize("suffix", [".mp4", ".mov", ".mkv"])
def test_a_clip_comes_back_nearly_as_it_was(tmp_path: Path, suffix: str) -> None:
    clip = moving()
    path = tmp_path / "new" / f"clip{suffix}"
    write_video(path, clip)
    again = read_video(path)
    assert again.shape == clip.shape
    assert np.abs(again.astype(int) - clip).mean() < 2
    assert list(path.parent.iterdir()) == [path]


def test_the_same_clip_is_the_same_file(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving())
    write_video(tmp_path / "b.mp4", moving())
    assert (tmp_path / "a.mp4").read_bytes() == (tmp_path / "b.mp4").read_bytes()


def test_sharp_colours_keep_their_place(tmp_path: Path) -> None:
    """Colour at half the resolution, as most videos have it, would bleed over the edge."""
    clip = np.zeros((5, 32, 32, 3), dtype=np.uint8)
    clip[:, :, :15] = (255, 0, 0)
    clip[:, :, 15:] = (0, 0, 255)
    write_video(tmp_path / "a.mp4", clip)
    assert np.abs(read_video(tmp_path / "a.mp4").astype(int) - clip).max() < 40


def test_a_part_is_read(tmp_path: Path) -> None:
    write_video(tmp_path / "a.mp4", moving())
    whole = read_video(tmp_path / "a.mp4")
    np.testing.assert_array_equal(read_video(tmp_path / "a.mp4", start=2, frames=3), whole[2:5])
    np.testing.assert_array_equal(read_video(tmp_path / "a.mp4", start=5, frames=30), whole[5:])
    with pytest.raises(InputError, match="no frame from number 7 on"):
        read_video(tmp_path / "a.mp4", start=7)


def test_what_is_no_video_is_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"missing\.mp4: no such file"):
        read_video(tmp_path / "missing.mp4")
    (tmp_path / "text.mp4").write_text("not a video")
    with pytest.raises(InputError, match=r"text\.mp4: can't be read"):
        read_video(tmp_path / "text.mp4")
    write_video(tmp_path / "cut.mp4", moving())
    whole = (tmp_path / "cut.mp4").read_bytes()
    (tmp_path / "cut.mp4").write_bytes(whole[: len(whole) // 3])
    with pytest.raises(InputError, match=r"cut\.mp4"):
        read_video(tmp_path / "cut.mp4")


def test_what_can_not_be_written_is_refused_and_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"'\.gif'"):
        write_video(tmp_path / "a.gif", moving())
    with pytest.raises(ValueError, match="uint8"):
        write_video(tmp_path / "a.mp4", moving().astype(np.float32))
    assert not list(tmp_path.iterdir())


def test_a_still_is_a_picture_and_a_clip_a_video(tmp_path: Path) -> None:
    still = write_clip(tmp_path / "still", moving(1))
    clip = write_clip(tmp_path / "clip.of", moving(5))
    assert (still.name, clip.name) == ("still.png", "clip.of.mp4")
    np.testing.assert_array_equal(read_clip(still), moving(1))
    assert read_clip(clip).shape == moving(5).shape
