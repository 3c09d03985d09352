"""Maps below the pictures that they belong to: what several methods mark in the same places."""

import matplotlib.pyplot as plt
import numpy as np

from course_utils.plots.describe import TOLD_ELSEWHERE, count, describe, listing
from course_utils.plots.images import bare
from course_utils.plots.style import PAGE_WIDTH

_NAMES_WIDTH = 1.5
_FINE = 8  # points of the outline on each side of a pixel, so that it follows the pixel's edges


def map_grid(rows, *, outlines=None, value_range=None, title=None):
    """Draw pictures side by side and their maps below them, a row for each kind.

    Parameters
    ----------
    rows : dict of str to array of shape (n, h, w) or (n, h, w, 3)
        For each row its name and its n panels: maps of any finite values, or pictures, uint8 in
        0..255 or float in [0, 1]. A map may be coarser than the picture; all are drawn alike large.
    outlines : bool array of shape (n, H, W), optional
        A region in each column, outlined on all of its panels.
    value_range : (float, float), optional
        Values of the darkest and the lightest colour; by default each map's own least and greatest.
    title : str, optional
        Title of the figure.

    Returns
    -------
    ndarray of Axes, shape (rows, n)

    Raises
    ------
    ValueError
        If there is no row, or the rows do not have one panel for each column.
    """
    counts = {name: len(panels) for name, panels in rows.items()}
    if outlines is not None:
        counts["outlines"] = len(outlines)
    if not rows or len(set(counts.values())) != 1:
        raise ValueError(f"`rows` must hold equally many panels each. Received: {counts}.")
    columns = len(next(iter(rows.values())))
    low, high = value_range or (None, None)
    size = (PAGE_WIDTH - _NAMES_WIDTH) / columns
    figure, axes = plt.subplots(
        len(rows),
        columns,
        figsize=(PAGE_WIDTH, size * len(rows) + (0.4 if title else 0)),
        squeeze=False,
    )
    for line, (name, panels) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for column, ax in enumerate(line):
            ax.imshow(panels[column], extent=(0, 1, 1, 0), vmin=low, vmax=high)
            if outlines is not None:
                ink = "black" if np.ndim(panels[column]) == 3 else "white"
                _outline(ax, outlines[column], ink)
            bare(ax)
            describe(ax, TOLD_ELSEWHERE)
    marked = "" if outlines is None else ", with an outline in each column"
    figure.description = f"{count(columns, 'column')}; rows: {listing(rows)}{marked}"
    if title:
        figure.suptitle(title)
    return axes


def _outline(ax, mask, colour):
    fine = np.repeat(np.repeat(mask, _FINE, axis=0), _FINE, axis=1)
    ax.contour(fine, [0.5], colors=colour, linewidths=1, extent=(0, 1, 0, 1))
