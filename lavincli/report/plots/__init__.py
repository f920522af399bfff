"""Plots of lines with intervals, as SVG (light and dark) and PNG, without a plotting library.

A plot is described once (`Plot`), laid out once as a list of shapes, and drawn by one of two short writers. Lines are
told apart by colour (Okabe and Ito's, which colour-blind people can tell apart), by marker and by a label at their end.
"""

from lavincli.report.plots.model import Line, Plot, Point
from lavincli.report.plots.png import png_of
from lavincli.report.plots.svg import svg_of
from lavincli.report.plots.sweep import plot_sweep
from lavincli.report.plots.write import write_plot

__all__ = ["Line", "Plot", "Point", "plot_sweep", "png_of", "svg_of", "write_plot"]
