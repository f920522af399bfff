"""Answers in forms that people use on: pictures to look at, cut-outs, point clouds, and the native values."""

from lavincli.views.save import VIEWS, available, check_views, claimed, save_views, view_path
from lavincli.views.view import PictureView, Shown, View, ViewOptions, fitted

__all__ = [
    "VIEWS",
    "PictureView",
    "Shown",
    "View",
    "ViewOptions",
    "available",
    "check_views",
    "claimed",
    "fitted",
    "save_views",
    "view_path",
]
