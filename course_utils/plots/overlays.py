"""What a model says about images, drawn on them or below them: boxes, masks, maps."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgba
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from course_utils.plots.describe import count, listing, number
from course_utils.plots.images import bare, check_images
from course_utils.plots.style import LUMA, PAGE_WIDTH, colours_for, one_each, readable_on

_LONGEST_SIDE = 4.2
_LABEL_SIZE = 9
_NAMES_WIDTH = 1.5
_TINT, _HEAT = 0.45, 0.6  # opacities


def boxes(image, boxes, *, labels=None, colours=None, title=None, ax=None):
    """Draw boxes over an image, their lines centred on pixel edges.

    Parameters
    ----------
    image : array of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8 in 0..255, float in [0, 1], or bool.
    boxes : array of shape (k, 4)
        x0, y0, x1, y1 in pixels from the top left corner of the image, as pixel edges: a box holds
        the columns x0 <= x < x1 and the rows y0 <= y < y1. k may be 0.
    labels : sequence of k str, optional
        A label for each box.
    colours : sequence of k colours, optional
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
        Data coordinates are pixel edges: the image covers x from 0 to w and y from 0 to h.
    """
    image = _check_image(image)
    boxes = np.asarray(boxes, dtype=float)
    if boxes.size == 0:
        boxes = boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"`boxes` must be of shape (k, 4). Received: shape {boxes.shape}.")
    good = (boxes[:, 2:] > boxes[:, :2]).all(axis=1)
    if not good.all():
        raise ValueError(
            "`boxes` must be x0, y0, x1, y1 with x0 < x1 and y0 < y1. "
            f"Received: {boxes[~good][0].tolist()}. Convert boxes given as x, y, width, height."
        )
    labels = one_each("labels", labels, "box", len(boxes))
    colours = colours_for(range(len(boxes)), colours)
    ax = _draw_image(image, ax, title)
    told = []
    for (x0, y0, x1, y1), label, colour in zip(boxes, labels, colours, strict=True):
        halo = withStroke(linewidth=3.4, foreground=_halo(colour))
        style = {"fill": False, "lw": 2, "joinstyle": "miter", "path_effects": [halo]}
        ax.add_patch(Rectangle((x0, y0), x1 - x0, y1 - y0, ec=colour, **style))
        if label is not None:
            _tag(ax, label, (x0, y0, x1), colour, image.shape)
        corners = f"x {number(x0)}, y {number(y0)} to x {number(x1)}, y {number(y1)}"
        told.append(f"{label or 'box'} from {corners}")
    ax.description = _told(image, count(len(boxes), "box", "boxes"), told)
    return ax


def masks(image, masks, *, title=None, ax=None):
    """Tint regions of an image and outline them along pixel edges.

    Parameters
    ----------
    image : array of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8 in 0..255, float in [0, 1], or bool.
    masks : integer or bool array of shape (h, w)
        The number of the region that each pixel belongs to, 0 for the background; or one mask.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    image = _check_image(image)
    masks = np.asarray(masks)
    if masks.shape != image.shape[:2] or masks.dtype.kind not in "biu" or masks.min() < 0:
        hint = " Compare with a threshold, as in mask > 0.5." if masks.dtype.kind == "f" else ""
        raise ValueError(
            f"`masks` must be bool or region numbers from 0, of shape {image.shape[:2]}. "
            f"Received: {masks.dtype} of shape {masks.shape}.{hint}"
        )
    masks = masks.astype(int)
    ax = _draw_image(image, ax, title)
    told = []
    for region, colour in enumerate(colours_for(range(masks.max())), 1):
        mask = masks == region
        if not mask.any():
            continue
        tint = np.zeros((*mask.shape, 4))
        tint[mask] = to_rgba(colour, _TINT)
        _lay(ax, tint, mask.shape, zorder=1)
        edges = _outline(mask)
        # The halo is a collection of its own: drawn segment by segment, it would cut the line.
        for ink, wide in ((_halo(colour), 3.2), (colour, 1.8)):
            lines = LineCollection(edges, colors=[ink], linewidths=wide, capstyle="projecting")
            ax.add_collection(lines, autolim=False)
        told.append(f"region on {mask.mean():.1%} of it")
    ax.description = _told(image, count(len(told), "region"), told)
    return ax


def heat_map(image, heat, *, colour_bar=True, label="", title=None, ax=None):
    """Lay a map of values over an image, which is shown in grey so that all colour is value.

    Parameters
    ----------
    image : array of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8 in 0..255, float in [0, 1], or bool.
    heat : array of shape (hh, hw)
        Any finite numbers. A map smaller than the image is enlarged and interpolated.
    colour_bar : bool
        Whether to draw the scale beside the image.
    label : str
        What the values are, written along the scale.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    image = _check_image(image)
    heat = np.asarray(heat, dtype=float)
    if heat.ndim != 2 or heat.size == 0:
        raise ValueError(f"`heat` must be of shape (h, w). Received: shape {heat.shape}.")
    if bad := np.count_nonzero(~np.isfinite(heat)):
        raise ValueError(f"`heat` must be finite. Received: {bad} values that are NaN or infinite.")
    ax = _draw_image(image @ LUMA if image.ndim == 3 else image, ax, title)
    drawn = _lay(ax, heat, image.shape, alpha=_HEAT, interpolation="bilinear")
    if colour_bar:
        bar = ax.figure.colorbar(drawn, ax=ax, shrink=0.8, pad=0.02, aspect=24)
        bar.outline.set_visible(False)
        bar.set_label(label)
        bar.ax.description = ""  # the image's tells it
    row, column = np.add(np.unravel_index(heat.argmax(), heat.shape), 0.5) / heat.shape
    ax.description = (
        f"A map of {label or 'values'} over a picture, from {number(heat.min())} to "
        f"{number(heat.max())}, highest {column:.0%} from the left and {row:.0%} from the top"
    )
    return ax


def map_grid(rows, *, outlines=None, value_range=None, title=None):
    """Draw pictures side by side and their maps below them, a row for each kind.

    Parameters
    ----------
    rows : dict of str to array of shape (n, h, w) or (n, h, w, 3)
        For each row its name and its n panels: maps of any finite values, coarse or fine, or
        pictures, uint8 in 0..255 or float in [0, 1].
    outlines : bool array of shape (n, H, W), optional
        A region in each column, outlined on all of its panels.
    value_range : (float, float), optional
        Values of the darkest and the lightest colour; by default each map's own least and greatest.
    title : str, optional

    Returns
    -------
    ndarray of Axes, shape (rows, n)
    """
    counts = {name: len(panels) for name, panels in rows.items()}
    if outlines is not None:
        counts["outlines"] = len(outlines)
    if not rows or len(set(counts.values())) != 1:
        raise ValueError(f"`rows` must hold equally many panels each. Received: {counts}.")
    columns = counts[next(iter(rows))]
    low, high = value_range or (None, None)
    height = (PAGE_WIDTH - _NAMES_WIDTH) / columns * len(rows) + (0.4 if title else 0)
    figure, axes = plt.subplots(len(rows), columns, figsize=(PAGE_WIDTH, height), squeeze=False)
    for line, (name, panels) in zip(axes, rows.items(), strict=True):
        line[0].set_ylabel(name, rotation=0, ha="right", va="center")
        for column, ax in enumerate(line):
            ax.imshow(panels[column], extent=(0, 1, 1, 0), vmin=low, vmax=high)
            if outlines is not None:
                ink = "black" if np.ndim(panels[column]) == 3 else "white"
                fine = np.kron(outlines[column], np.ones((8, 8)))  # to follow the edges of pixels
                ax.contour(fine, [0.5], colors=ink, linewidths=1, extent=(0, 1, 0, 1))
            bare(ax)
    marked = "" if outlines is None else ", with an outline in each column"
    figure.description = f"{count(columns, 'column')}; rows: {listing(rows)}{marked}"
    if title:
        figure.suptitle(title)
    return axes


def _outline(mask):
    """Return the edges between pixels inside and outside a mask, as segments (n, 2, 2) of x, y."""
    padded = np.pad(mask, 1)
    y, x = np.nonzero(np.diff(padded, axis=0)[:, 1:-1])
    across = np.stack([x, y, x + 1, y], axis=-1)
    y, x = np.nonzero(np.diff(padded, axis=1)[1:-1])
    down = np.stack([x, y, x, y + 1], axis=-1)
    return np.concatenate([across, down]).reshape(-1, 2, 2)


def _told(image, what, told):
    height, width = image.shape[:2]
    text = f"A picture of {width} by {height} pixels with {what}"
    return f"{text}: {listing(told)}" if told else text


def _check_image(image):
    if np.ndim(image) not in (2, 3):
        raise ValueError(
            "`image` must be one image of shape (h, w), (h, w, 1) or (h, w, 3). "
            f"Received: shape {np.shape(image)}."
        )
    return check_images(np.asarray(image)[None])[0]


def _draw_image(image, ax, title):
    height, width = image.shape[:2]
    if ax is None:
        scale = _LONGEST_SIDE / max(height, width)
        _, ax = plt.subplots(figsize=(width * scale + 0.4, height * scale + 0.4))
    _lay(ax, image, image.shape, cmap="gray", vmin=0, vmax=1)
    bare(ax)
    if title:
        ax.set_title(title)
    return ax


def _lay(ax, picture, shape, **options):
    """Draw so that data coordinates are pixel edges; imshow's own would be pixel centres."""
    return ax.imshow(picture, extent=(0, shape[1], shape[0], 0), **options)


def _halo(colour):
    return to_rgba("white" if readable_on(colour) == "white" else "black", 0.75)


def _tag(ax, label, box, colour, shape):
    """Write a label on a flag above a corner of a box, or inside where there is no room above."""
    x0, y0, x1 = box
    above = y0 > 0.09 * shape[0]
    leftward = x0 > 0.7 * shape[1]
    ax.annotate(
        label, (x1 if leftward else x0, y0),
        xytext=(-1.5 if leftward else 1.5, 2.5 if above else -2.5), textcoords="offset points",
        ha="right" if leftward else "left", va="bottom" if above else "top", fontsize=_LABEL_SIZE,
        color=readable_on(colour), bbox={"boxstyle": "square,pad=0.18", "fc": colour, "ec": "none"}
    )  # fmt: skip
