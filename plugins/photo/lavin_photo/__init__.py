"""lavin's photo restoration plugin: data of degraded and clean photos, and transforms that degrade a clean one."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lavincli.hookspecs import hookimpl

if TYPE_CHECKING:
    from lavincli.blocks import LoaderFactory, TransformFactory

LAVIN_API = 1


@hookimpl
def lavin_loaders() -> dict[str, LoaderFactory]:
    """Photos that come in two versions, degraded and clean."""
    from lavin_photo.gopro import gopro
    from lavin_photo.paired_folders import paired_folders
    from lavin_photo.sidd import sidd

    return {"paired_folders": paired_folders, "gopro": gopro, "sidd": sidd}


@hookimpl
def lavin_transforms() -> dict[str, TransformFactory]:
    """Degradations of a photo."""
    from lavin_photo.blur import GaussianBlur, MotionBlur
    from lavin_photo.color import Grayscale
    from lavin_photo.compression import JPEG, Downscale
    from lavin_photo.haze import Haze
    from lavin_photo.hole import SquareHole
    from lavin_photo.low_light import LowLight
    from lavin_photo.noise import GaussianNoise
    from lavin_photo.rain import RainStreaks

    return {
        "grayscale": Grayscale,
        "square_hole": SquareHole,
        "rain_streaks": RainStreaks,
        "gaussian_blur": GaussianBlur,
        "motion_blur": MotionBlur,
        "gaussian_noise": GaussianNoise,
        "downscale": Downscale,
        "jpeg": JPEG,
        "haze": Haze,
        "low_light": LowLight,
    }
