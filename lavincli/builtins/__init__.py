"""The building blocks that come with lavin itself, registered through the same hooks as a plugin's."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from lavincli.hookspecs import hookimpl

if TYPE_CHECKING:
    from lavincli.blocks import CodecFactory, LoaderFactory, MetricFactory

LAVIN_API = 1


@hookimpl
def lavin_codecs() -> dict[str, CodecFactory]:
    """Codec of plain pictures."""
    from lavincli.builtins.rgb import RGBCodec

    return {"rgb": RGBCodec}


@hookimpl
def lavin_loaders() -> dict[str, LoaderFactory]:
    """Folders of pictures and folders of pairs."""
    from lavincli.builtins.image_folder import image_folder
    from lavincli.builtins.pair_folder import pair_folder

    return {"image_folder": image_folder, "pair_folder": pair_folder}


@hookimpl
def lavin_metrics() -> dict[str, MetricFactory]:
    """Scores of pictures against pictures."""
    from lavincli.builtins import image_metrics
    from lavincli.builtins.condition_error import ConditionError
    from lavincli.builtins.frechet_distance import FrechetDistance
    from lavincli.builtins.frechet_video_distance import FrechetVideoDistance
    from lavincli.builtins.perceptual_distance import PerceptualDistance

    return {
        "psnr": image_metrics.PeakSignalNoiseRatio,
        "ssim": image_metrics.StructuralSimilarity,
        "mse": image_metrics.MeanSquaredError,
        "psnr_hole": image_metrics.HolePeakSignalNoiseRatio,
        "perceptual_distance": PerceptualDistance,
        "frechet_distance": FrechetDistance,
        "frechet_video_distance": FrechetVideoDistance,
        "condition_error": ConditionError,
    }


@hookimpl
def lavin_task_folders() -> list[Path]:
    """lavin's own tasks."""
    from lavincli.bundle import tasks_folder

    return [tasks_folder()]
