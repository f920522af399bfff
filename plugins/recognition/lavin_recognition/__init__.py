"""lavin's recognition plugin: edges, foregrounds, segments, boxes and people, as pictures and as what they mean."""

from __future__ import annotations

from typing import TYPE_CHECKING

from lavincli.hookspecs import hookimpl

if TYPE_CHECKING:
    from lavincli.blocks import CodecFactory, LoaderFactory, MetricFactory, TransformFactory

LAVIN_API = 1


@hookimpl
def lavin_codecs() -> dict[str, CodecFactory]:
    """Edge maps, masks, segments, boxes and people."""
    from lavin_recognition.boxes import BoxesCodec
    from lavin_recognition.color_mask import ColorMaskCodec
    from lavin_recognition.edge_map import EdgeMapCodec
    from lavin_recognition.filled_box import FilledBoxCodec
    from lavin_recognition.panoptic import PanopticCodec
    from lavin_recognition.skeleton import SkeletonCodec

    return {
        "edge_map": EdgeMapCodec,
        "color_mask": ColorMaskCodec,
        "panoptic": PanopticCodec,
        "boxes": BoxesCodec,
        "filled_box": FilledBoxCodec,
        "skeleton": SkeletonCodec,
    }


@hookimpl
def lavin_transforms() -> dict[str, TransformFactory]:
    """Pseudo truth for edges."""
    from lavin_recognition.canny import Canny

    return {"canny": Canny}


@hookimpl
def lavin_loaders() -> dict[str, LoaderFactory]:
    """Objects on photos, and benchmarks of edges, segments, objects and people."""
    from lavin_recognition.bsds500 import bsds500
    from lavin_recognition.coco_detection import coco_detection
    from lavin_recognition.coco_keypoints import coco_keypoints
    from lavin_recognition.coco_panoptic import coco_panoptic
    from lavin_recognition.composed_foregrounds import composed_foregrounds
    from lavin_recognition.pascal_5i import pascal_5i
    from lavin_recognition.voc_detection import voc_detection
    from lavin_recognition.voc_single_object import voc_single_object

    return {
        "composed_foregrounds": composed_foregrounds,
        "bsds500": bsds500,
        "coco_detection": coco_detection,
        "coco_keypoints": coco_keypoints,
        "coco_panoptic": coco_panoptic,
        "pascal_5i": pascal_5i,
        "voc_detection": voc_detection,
        "voc_single_object": voc_single_object,
    }


@hookimpl
def lavin_metrics() -> dict[str, MetricFactory]:
    """Scores of edges, masks, segments, boxes and joints."""
    from lavin_recognition.boundary_f import BoundaryF
    from lavin_recognition.box_average_precision import BoxAveragePrecision
    from lavin_recognition.box_iou import BoxIoU
    from lavin_recognition.canny_f import CannyF
    from lavin_recognition.keypoint_average_precision import KeypointAveragePrecision
    from lavin_recognition.mean_iou import MeanIoU
    from lavin_recognition.panoptic_quality import PanopticQuality

    return {
        "boundary_f": BoundaryF,
        "box_average_precision": BoxAveragePrecision,
        "box_iou": BoxIoU,
        "canny_f": CannyF,
        "keypoint_average_precision": KeypointAveragePrecision,
        "mean_iou": MeanIoU,
        "panoptic_quality": PanopticQuality,
    }
