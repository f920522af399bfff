"""lavin's geometry plugin: depth, normals and optical flow."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lavincli.hookspecs import hookimpl

if TYPE_CHECKING:
    from lavincli.blocks import CodecFactory, LoaderFactory, MetricFactory

LAVIN_API = 1


@hookimpl
def lavin_codecs() -> dict[str, CodecFactory]:
    """Depth, normals and flow as pictures, and two frames as a clip."""
    from lavin_geometry.frame_pair import FramePairCodec
    from lavin_geometry.inverse_depth import InverseDepthCodec
    from lavin_geometry.normals import NormalsCodec
    from lavin_geometry.optical_flow import OpticalFlowCodec

    return {
        "inverse_depth": InverseDepthCodec,
        "normals": NormalsCodec,
        "optical_flow": OpticalFlowCodec,
        "frame_pair": FramePairCodec,
    }


@hookimpl
def lavin_loaders() -> dict[str, LoaderFactory]:
    """NYU-v2, paired depth folders, and the data sets of optical flow."""
    from lavin_geometry.depth_pairs import depth_pairs
    from lavin_geometry.flying_chairs import flying_chairs
    from lavin_geometry.kitti_flow import kitti_flow
    from lavin_geometry.nyuv2 import nyuv2
    from lavin_geometry.nyuv2_normals import nyuv2_normals
    from lavin_geometry.sintel import sintel

    return {
        "nyuv2": nyuv2,
        "nyuv2_normals": nyuv2_normals,
        "depth_pairs": depth_pairs,
        "sintel": sintel,
        "kitti_flow": kitti_flow,
        "flying_chairs": flying_chairs,
    }


@hookimpl
def lavin_metrics() -> dict[str, MetricFactory]:
    """Scores of depth, normals and flow."""
    from lavin_geometry.affine_invariant_depth import AffineInvariantDepth
    from lavin_geometry.endpoint_error import EndpointError
    from lavin_geometry.normal_angles import NormalAngles

    return {
        "affine_invariant_depth": AffineInvariantDepth,
        "normal_angles": NormalAngles,
        "endpoint_error": EndpointError,
    }
