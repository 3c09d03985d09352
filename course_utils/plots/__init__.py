"""Figures of the course: each function draws one idea and returns the Axes it drew on.

``ax=None`` makes a figure of a fitting size; `show` shows it. A function that draws also says in
words what it drew, and `show` puts that on the page as alternative text.
"""

from course_utils.plots.animation import animate, few_colours
from course_utils.plots.charts import bars, confusion_matrix, curves, history
from course_utils.plots.display import show
from course_utils.plots.images import image_grid
from course_utils.plots.network import shape_flow
from course_utils.plots.overlays import boxes, heat_map, map_grid, masks
from course_utils.plots.style import COLOURS, use_style

__all__ = [
    "COLOURS",
    "animate",
    "bars",
    "boxes",
    "confusion_matrix",
    "curves",
    "few_colours",
    "heat_map",
    "history",
    "image_grid",
    "map_grid",
    "masks",
    "shape_flow",
    "show",
    "use_style",
]
