"""Views by name: what each codec has, where files go, what they show."""

from __future__ import annotations

import math
from pathlib import Path, PurePosixPath

import numpy as np
import pytest

from lavincli.builtins.rgb import RGBCodec
from lavincli.clip import Clip
from lavincli.errors import ConfigError, UnknownNameError
from lavincli.media.arrays import read_array
from lavincli.media.images import read_image, read_image_with_alpha
from lavincli.media.video import read_video
from lavincli.natives import Boxes
from lavincli.predict_run.settings import RunSettings
from lavincli.registry import registry, task, tasks
from lavincli.views import VIEWS, Shown, ViewOptions, available, check_views, claimed, save_views
from tests.small_tasks import picture

PHOTO = picture(1, 32, 48)


def _shown(codec_name: str, value: object, photo: Clip = PHOTO, **options: object) -> Shown:
    codec = registry().block("codecs", codec_name)(**options)
    return Shown(photo, codec.render(value), value, codec)


def _depth(*shape: int) -> np.ndarray:
    return np.linspace(0, 1, int(np.prod(shape)), dtype=np.float32).reshape(shape)


def test_every_task_has_the_views_that_its_answers_allow() -> None:
    has = {name: set(available(one.codec)) for name, one in tasks().items()}
    for name, views in has.items():
        assert {"rgb", "value", "side-by-side"} <= views, name
    drawn = {name for name, views in has.items() if "overlay" in views}
    assert drawn == {
        *("depth_estimation", "normal_estimation", "edge_detection", "object_detection", "panoptic_segmentation"),
        *("pose_estimation", "foreground_segmentation", "single_object_detection", "optical_flow", "video_depth"),
        *("video_normals", "video_optical_flow", "video_instance_segmentation"),
    }
    assert {name for name, views in has.items() if "points" in views} == {"depth_estimation", "video_depth"}
    assert {name for name, views in has.items() if "cutout" in views} == {
        *("object_detection", "panoptic_segmentation", "foreground_segmentation", "single_object_detection"),
        "video_instance_segmentation",
    }
    assert "color" in has["depth_estimation"] & has["optical_flow"] & has["edge_detection"]


def test_a_view_that_an_answer_does_not_have_is_named_with_those_it_has() -> None:
    check_views(list(VIEWS)[:2], RGBCodec())
    with pytest.raises(ConfigError, match=r"task colorization has no view 'points' .* it has rgb, value, side-by-side"):
        check_views(["rgb", "points"], task("colorization").codec, "task colorization")
    with pytest.raises(UnknownNameError, match="did you mean 'overlay'"):
        check_views(["overlays"], RGBCodec())


def test_files_lie_beside_the_stem_and_are_claimed(tmp_path: Path) -> None:
    shown = _shown("inverse_depth", _depth(32, 48))
    names = available(shown.codec)
    files = save_views(names, shown, tmp_path / "new" / "a.b")
    assert list(files) == ["rgb", "value", "overlay", "color", "side-by-side", "points"]
    written = [path.relative_to(tmp_path).as_posix() for paths in files.values() for path in paths]
    assert written == [
        *("new/a.b.rgb.png", "new/a.b.npy", "new/a.b.png", "new/a.b.overlay.png", "new/a.b.color.png"),
        *("new/a.b.side-by-side.png", "new/a.b.points.ply"),
    ]
    stems = claimed(PurePosixPath("new/a.b"), names)
    assert all(any(path.startswith(f"{stem}.") for stem in stems) for path in written)
    assert {path.relative_to(tmp_path).as_posix() for path in tmp_path.rglob("*.*")} == set(written)


def test_pictures_have_the_size_of_the_answer(tmp_path: Path) -> None:
    """The photo may be of any size: it is brought to the answer's."""
    shown = _shown("inverse_depth", _depth(32, 48), picture(1, 64, 96))
    files = save_views(["rgb", "overlay", "color", "side-by-side"], shown, tmp_path / "a")
    assert read_image(files["rgb"][0]).shape == read_image(files["overlay"][0]).shape == (1, 32, 48, 3)
    assert read_image(files["side-by-side"][0]).shape == (1, 32, 48 + 4 + 48, 3)
    color = read_image(files["color"][0])
    assert color.shape[1] == 32
    assert color.shape[2] > 48
    near, far = color[0, -1, 47].astype(int), color[0, 0, 0].astype(int)
    assert near.sum() > 600
    assert far.sum() < 20


def test_truth_stands_at_the_right_where_it_is_known(tmp_path: Path) -> None:
    shown = Shown(PHOTO, 255 - PHOTO, 255 - PHOTO, RGBCodec(), truth=PHOTO)
    (path,) = save_views(["side-by-side"], shown, tmp_path / "a")["side-by-side"]
    row = read_image(path)
    np.testing.assert_array_equal(row[:, :, :48], PHOTO)
    np.testing.assert_array_equal(row[:, :, 52:100], 255 - PHOTO)
    np.testing.assert_array_equal(row[:, :, 104:], PHOTO)
    assert (row[:, :, 48:52] == 255).all()


def test_masks_are_cut_out_and_drawn_half_transparent(tmp_path: Path) -> None:
    mask = np.zeros((32, 48), dtype=np.bool_)
    mask[8:24, 10:30] = True
    shown = _shown("color_mask", mask)
    files = save_views(["cutout", "overlay"], shown, tmp_path / "a")
    colors, alpha = read_image_with_alpha(files["cutout"][0])
    np.testing.assert_array_equal(colors, PHOTO)
    np.testing.assert_array_equal(alpha[0], mask * np.uint8(255))
    overlay = read_image(files["overlay"][0])[0]
    np.testing.assert_array_equal(overlay[~mask], PHOTO[0][~mask])
    outline = overlay[8, 10]
    assert (overlay[8, 10:30] == outline).all()
    inside = overlay[16, 20].astype(float)
    np.testing.assert_allclose(inside, (PHOTO[0, 16, 20].astype(float) + outline) / 2, atol=1)
    nothing = _shown("color_mask", np.zeros((32, 48), dtype=np.bool_))
    assert save_views(["cutout"], nothing, tmp_path / "b")["cutout"] == []


def test_several_objects_are_cut_out_into_a_folder(tmp_path: Path) -> None:
    segments = np.zeros((32, 48), dtype=np.int32)
    segments[:, :20], segments[:, 30:] = 1, 7
    files = save_views(["cutout"], _shown("panoptic", segments), tmp_path / "a")["cutout"]
    assert [path.relative_to(tmp_path).as_posix() for path in files] == ["a.cutout/001.png", "a.cutout/007.png"]
    np.testing.assert_array_equal(read_image_with_alpha(files[1])[1][0] > 0, segments == 7)


def test_boxes_are_drawn_where_they_are_with_their_scores() -> None:
    boxes = Boxes.of(np.array([[10, 12, 20, 10]]), (32, 48), scores=np.array([0.5]))
    shown = _shown("boxes", boxes)
    overlay = VIEWS["overlay"].picture(shown)[0]  # type: ignore[attr-defined]
    changed = (overlay != PHOTO[0]).any(axis=2)
    assert changed[12:14, 10:30].all()
    assert changed[20:22, 10:30].all()
    assert not changed[15:19, 13:27].any()
    assert changed[:12, 10:20].any(), "the label"


def test_clips_are_videos_and_clouds_a_frame(tmp_path: Path) -> None:
    photo = np.concatenate([PHOTO] * 5)
    shown = _shown("inverse_depth", _depth(5, 32, 48), photo)
    files = save_views(["overlay", "side-by-side", "points"], shown, tmp_path / "a")
    assert read_video(files["overlay"][0]).shape == (5, 32, 48, 3)
    assert read_video(files["side-by-side"][0]).shape == (5, 32, 100, 3)
    assert [path.name for path in files["points"]] == [f"{number:05d}.ply" for number in range(5)]
    ids = np.zeros((2, 32, 48), dtype=np.int32)
    ids[:, 4:20, 4:20] = 1
    ids[1, 22:30, 22:40] = 3
    cut = save_views(["cutout", "color"], _shown("video_ids", ids, photo[:2]), tmp_path / "b")
    names = [path.relative_to(tmp_path).as_posix() for path in cut["cutout"]]
    assert names == ["b.cutout/00000/001.png", "b.cutout/00001/001.png", "b.cutout/00001/003.png"]


def test_flow_between_two_frames_is_shown_on_the_first_one(tmp_path: Path) -> None:
    flow = np.zeros((32, 48, 2), dtype=np.float32)
    flow[..., 0] = 12
    query = np.concatenate([PHOTO, *[255 - PHOTO] * 4])
    shown = _shown("optical_flow", flow, query, max_motion=0.4)
    np.testing.assert_array_equal(shown.photo, PHOTO)
    color = read_image(save_views(["color"], shown, tmp_path / "a")["color"][0])
    red, green, blue = color[0, 16, 16].astype(int)
    assert red > green + 60
    assert abs(green - blue) < 20
    assert (color[0, :, 48:] != color[0, 0, -1]).any(), "the wheel"


def test_values_are_the_codecs_own_files(tmp_path: Path) -> None:
    depth = _depth(32, 48)
    files = save_views(["value"], _shown("inverse_depth", depth), tmp_path / "a")["value"]
    np.testing.assert_array_equal(np.load(files[0], allow_pickle=False), depth)
    assert read_array(files[1]).dtype == np.uint16


def test_clouds_of_senseless_cameras_are_refused_before_there_is_work() -> None:
    for fov in (0.0, 180.0, math.nan):
        with pytest.raises(ConfigError, match="degrees: it is above 0 and below 180"):
            ViewOptions(fov=fov)
    for near, far in ((3.0, 2.0), (0.0, 1.0), (1.0, math.inf), (math.nan, 2.0)):
        with pytest.raises(ConfigError, match="near is above 0 and below far"):
            RunSettings(near=near, far=far)
