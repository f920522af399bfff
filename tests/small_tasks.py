"""Writes small tasks to disk, for tests that need some: cards, context sets and data."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from scipy import ndimage

from lavincli.clip import Clip
from lavincli.media.images import write_image

_CARDS = {
    "small_denoising": (
        "input: {transform: gaussian_noise, sigma: [20, 40]}\n"
        "data: {pictures: {loader: image_folder, root: ../../pictures}}\nmetrics: [psnr, ssim]\n"
    ),
    "small_negative": "data: {pictures: {loader: pair_folder, root: ../../pairs}}\nmetrics: [mse]\nheadline: mse\n",
    "small_mask": "target: {codec: color_mask, color: [0, 255, 0]}\nmetrics: [mean_iou]\n",
}


def picture(seed: int, height: int = 40, width: int = 40) -> Clip:
    """Soft coloured blobs ``uint8 [1, height, width, 3]``, the same for the same seed."""
    noise = np.random.default_rng(seed).normal(size=(height, width, 3))
    soft = ndimage.gaussian_filter(noise, (6, 6, 0), mode="wrap")
    scaled = (soft - soft.min()) / (soft.max() - soft.min())
    clip: Clip = (scaled * 255).astype(np.uint8)[None]
    return clip


def write_small_tasks(root: Path) -> Path:
    """Make the tasks below `root`; returns the folder to name in LAVIN_TASKS."""
    answers = {
        "small_denoising": lambda clip: clip,
        "small_negative": lambda clip: 255 - clip,
        "small_mask": lambda clip: (clip[..., :1] > 127) * np.array([0, 255, 0], dtype=np.uint8),
    }
    for name, card in _CARDS.items():
        folder = root / "tasks" / name
        folder.mkdir(parents=True)
        (folder / "task.yaml").write_text(f"name: {name}\nversion: 1\ntitle: {name}\n{card}", encoding="utf-8")
        for number in range(4):
            clip = picture(100 + number)
            write_image(folder / "context" / f"{number}_input.png", clip)
            write_image(folder / "context" / f"{number}_target.png", answers[name](clip).astype(np.uint8))
    for number in range(5):
        clip = picture(number)
        write_image(root / "pictures" / f"{number}.png", clip)
        write_image(root / "pairs" / f"{number}_input.png", clip)
        write_image(root / "pairs" / f"{number}_target.png", 255 - clip)
    return root / "tasks"
