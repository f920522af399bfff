from __future__ import annotations

from pathlib import Path

import pytest

from lavincli.cards.read import read_card
from lavincli.cards.task import Task
from lavincli.errors import CardError


def card(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "task.yaml"
    path.write_text(text, encoding="utf-8")
    return path


def test_five_lines_are_a_card(tmp_path: Path) -> None:
    text = "name: remove_watermark\ntarget: {codec: rgb}\ndata: {mine: {loader: pair_folder}}\nmetrics: [psnr]\n"
    read = read_card(card(tmp_path, text))
    assert (read.name, read.version, read.input.codec.name, read.input.transform) == (
        "remove_watermark",
        1,
        "rgb",
        None,
    )
    task = Task(read, tmp_path / "task.yaml")
    assert task.headline == "psnr"
    assert task.title == "Remove watermark"
    assert task.datasets == ["mine"]


def test_options_go_to_the_block_they_stand_beside(tmp_path: Path) -> None:
    text = (
        "name: many\n"
        "input: {codec: {name: rgb, keep_luminance: true}, transform: gaussian_blur, sigma: [1, 2]}\n"
        "target: {codec: color_mask, color: [255, 0, 0]}\n"
        "data: {a: {loader: image_folder, root: pictures, exclude: [x]}, b: {loader: pair_folder}}\n"
        "metrics: [mse, {psnr: {luma: true}}, {name: ssim, luma: true}]\n"
        "headline: psnr_y\n"
    )
    read = read_card(card(tmp_path, text))
    assert read.input.codec.options == {"keep_luminance": True}
    assert read.input.transform is not None
    assert read.input.transform.options == {"sigma": [1, 2]}
    assert read.target.codec.options == {"color": [255, 0, 0]}
    assert read.data["a"].options == {"exclude": ["x"]}
    assert read.data["a"].root == "pictures"
    assert [(metric.name, metric.options) for metric in read.metrics] == [
        ("mse", {}),
        ("psnr", {"luma": True}),
        ("ssim", {"luma": True}),
    ]


GOOD = "name: one\ndata: {photos: {loader: image_folder}}\nmetrics: [psnr]\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("name: one\nmetric: [psnr]\n", r"key 'metric': unknown key; did you mean 'metrics'\?"),
        (GOOD + "colour: red\n", "key 'colour': unknown key; known keys: name, version"),
        ("metrics: [psnr]\n", "key 'name': is missing"),
        ("name: one\n", "'metrics' is missing"),
        ("name: one\nmetrics: []\n", "key 'metrics'"),
        (GOOD.replace("one", "One Task"), "key 'name': .*'One Task'"),
        (GOOD + "version: 0\n", r"key 'version': .*\(it is 0\)"),
        (GOOD + "version: new\n", "key 'version'"),
        (GOOD.replace("loader", "lodaer"), r"key 'data.photos.loader': is missing"),
        (GOOD + "input: {sigma: 3}\n", "key 'input': 'sigma' stands beside neither a codec nor a transform"),
        (GOOD + "input: {transform: grayscale}\ntarget: {transform: canny}\n", "each have a transform"),
        (GOOD + "reverse_of: two\n", "'data' can't be given with reverse_of"),
        ("name: one\nreverse_of: one\nmetrics: [psnr]\n", "reverse of itself"),
        ("- name\n", "a card is a mapping"),
        ("name: [one\n", "is not YAML"),
        ("", "a card is a mapping"),
    ],
)
def test_mistakes_name_file_key_and_reason_on_one_line(tmp_path: Path, text: str, reason: str) -> None:
    path = card(tmp_path, text)
    with pytest.raises(CardError, match=reason) as caught:
        read_card(path)
    assert str(path) in str(caught.value)
    assert "\n" not in str(caught.value)


def test_files_that_are_no_cards(tmp_path: Path) -> None:
    with pytest.raises(CardError, match="no such task card"):
        read_card(tmp_path / "task.yaml")
    (tmp_path / "task.yaml").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(CardError, match="can't be read as text"):
        read_card(tmp_path / "task.yaml")


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        (
            "input: {transform: gausian_blur}",
            "key 'input.transform': unknown transform .* did you mean 'gaussian_blur'",
        ),
        ("input: {transform: gaussian_blur, sigmaa: 1}", "key 'input.transform.sigmaa': .* it takes sigma"),
        ("input: {transform: gaussian_blur, sigma: [3, 1]}", "key 'input.transform': gaussian_blur: sigma"),
        ("target: {codec: rbg}", "key 'target.codec': unknown codec 'rbg'; did you mean 'rgb'"),
        ("target: {codec: color_mask, color: [0, 0, 0]}", "key 'target.codec': color_mask: color"),
        ("headline: ssim", "key 'headline': no metric of the card gives 'ssim'; they give psnr"),
    ],
)
def test_blocks_that_do_not_fit_name_card_and_key(tmp_path: Path, line: str, reason: str) -> None:
    path = card(tmp_path, GOOD + line + "\n")
    with pytest.raises(CardError, match=reason) as caught:
        Task(read_card(path), path).check_blocks()
    assert str(path) in str(caught.value)


def test_loader_and_metric_mistakes(tmp_path: Path) -> None:
    path = card(tmp_path, GOOD.replace("image_folder", "image_folder, colour: 1"))
    with pytest.raises(CardError, match=r"key 'data.photos.colour': image_folder has no such option; it takes side"):
        Task(read_card(path), path).samples()
    path = card(tmp_path, GOOD.replace("psnr", "psrn"))
    with pytest.raises(CardError, match="unknown metric 'psrn'; did you mean 'psnr'"):
        Task(read_card(path), path).check_blocks()
    path = card(tmp_path, GOOD.replace("[psnr]", "[psnr, {psnr: {luma: true}}]"))
    assert Task(read_card(path), path).headline == "psnr"
