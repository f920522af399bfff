"""lavin's video plugin: clips and what is asked of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lavincli.hookspecs import hookimpl

if TYPE_CHECKING:
    from lavincli.blocks import CodecFactory, LoaderFactory, MetricFactory

LAVIN_API = 1


@hookimpl
def lavin_codecs() -> dict[str, CodecFactory]:
    """Objects followed through a clip, and clips that go on."""
    from lavin_video.continuation import ContinuationCodec
    from lavin_video.video_ids import VideoIdsCodec

    return {"video_ids": VideoIdsCodec, "continuation": ContinuationCodec}


@hookimpl
def lavin_loaders() -> dict[str, LoaderFactory]:
    """Data sets of clips."""
    from lavin_video.davis import davis
    from lavin_video.movi import movi
    from lavin_video.video_folder import video_folder

    return {"movi": movi, "davis": davis, "video_folder": video_folder}


@hookimpl
def lavin_metrics() -> dict[str, MetricFactory]:
    """Scores of clips."""
    from lavin_video.foreground_ari import ForegroundARI
    from lavin_video.frame_scores import FrameScores
    from lavin_video.jaccard_boundary import JaccardBoundary
    from lavin_video.video_flicker import VideoFlicker

    return {
        "frame_scores": FrameScores,
        "video_flicker": VideoFlicker,
        "jaccard_boundary": JaccardBoundary,
        "foreground_ari": ForegroundARI,
    }
