"""What a model says about one image, drawn on that image: boxes, masks, heat maps."""

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
from matplotlib.cm import ScalarMappable
from matplotlib.collections import LineCollection
from matplotlib.colors import ListedColormap, to_rgb, to_rgba
from matplotlib.patches import Rectangle
from matplotlib.patheffects import withStroke

from course_utils.plots.describe import TOLD_ELSEWHERE, count, describe, listing, number
from course_utils.plots.images import bare, check_images
from course_utils.plots.style import colours_for, readable_on

_LONGEST_SIDE = 4.2
_LABEL_SIZE = 9


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
    colours : colour or sequence of k colours, optional
        One colour for all boxes, or one for each.
    title : str, optional
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        Data coordinates are pixel edges: the image covers x from 0 to w and y from 0 to h.

    Raises
    ------
    ValueError
        If an array has another shape or range, or a box has no area.
    """
    image = _check_image(image)
    boxes = np.asarray(boxes, dtype=float)
    if boxes.size == 0:
        boxes = boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4:
        raise ValueError(f"`boxes` must be of shape (k, 4). Received: shape {boxes.shape}.")
    bad = ~((boxes[:, 2:] > boxes[:, :2]).all(axis=1))
    if bad.any():
        raise ValueError(
            "`boxes` must be x0, y0, x1, y1 with x0 < x1 and y0 < y1. "
            f"Received: {boxes[bad][0].tolist()}. Convert boxes given as x, y, width, height."
        )
    labels = _labels(labels, len(boxes), "boxes")
    ax = _draw_image(image, ax, title)
    for (x0, y0, x1, y1), label, colour in zip(
        boxes, labels, colours_for(range(len(boxes)), colours), strict=True
    ):
        outline = Rectangle(
            (x0, y0), x1 - x0, y1 - y0, fill=False, ec=colour, lw=2, joinstyle="miter"
        )
        outline.set_path_effects([withStroke(linewidth=3.4, foreground=_halo(colour))])
        ax.add_patch(outline)
        if label is not None:
            _tag(ax, label, (x0, y0, x1), colour, image.shape)
    told = [
        f"{label or 'box'} from x {number(x0)}, y {number(y0)} to x {number(x1)}, y {number(y1)}"
        for (x0, y0, x1, y1), label in zip(boxes, labels, strict=True)
    ]
    _describe(ax, image, f"{count(len(boxes), 'box', 'boxes')}", told)
    return ax


def masks(image, masks, *, labels=None, colours=None, alpha=0.45, title=None, ax=None):
    """Tint regions of an image and outline them along pixel edges.

    Parameters
    ----------
    image : array of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8 in 0..255, float in [0, 1], or bool.
    masks : bool array of shape (k, h, w), or integer array of shape (h, w)
        One mask for each region, or a map of region numbers in which 0 is the background.
    labels : sequence of str, optional
        A label for each mask; for a map, of the numbers 1, 2, ... up to its highest.
    colours : colour or sequence of colours, optional
        One colour for all regions, or one for each.
    alpha : float
        Opacity of the tint, from 0 to 1.
    title : str, optional
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        Data coordinates are pixel edges.

    Raises
    ------
    ValueError
        If an array has another shape, type or range.
    """
    image = _check_image(image)
    masks = _one_mask_each(np.asarray(masks), image.shape[:2])
    labels = _labels(labels, len(masks), "masks")
    ax = _draw_image(image, ax, title)
    height, width = image.shape[:2]
    for mask, label, colour in zip(
        masks, labels, colours_for(range(len(masks)), colours), strict=True
    ):
        if not mask.any():
            continue
        tint = np.zeros((height, width, 4))
        tint[mask] = to_rgba(colour, alpha)
        _lay(ax, tint, (height, width), zorder=1)
        edges = _outline(mask)
        # The halo is a collection of its own: drawn segment by segment, it would cut the line.
        for line, wide in ((_halo(colour), 3.2), (colour, 1.8)):
            lines = LineCollection(edges, colors=[line], linewidths=wide, capstyle="projecting")
            ax.add_collection(lines, autolim=False)
        if label is not None:
            y, x = _inside(mask)
            ax.text(
                x, y, label, ha="center", va="center", fontsize=_LABEL_SIZE, fontweight="bold",
                color="white", path_effects=[withStroke(linewidth=2.6, foreground="#111111")]
            )  # fmt: skip
    told = [
        f"{label or 'region'} on {mask.mean():.1%} of it"
        for mask, label in zip(masks, labels, strict=True)
        if mask.any()
    ]
    _describe(ax, image, count(len(told), "region"), told)
    return ax


def heat_map(
    image, heat, *, alpha=0.6, cmap="viridis", value_range=None, colour_bar=True, label="",
    title=None, ax=None,
):  # fmt: skip
    """Lay a map of values over an image, which is shown in grey so that all colour is value.

    Parameters
    ----------
    image : array of shape (h, w), (h, w, 1) or (h, w, 3)
        uint8 in 0..255, float in [0, 1], or bool.
    heat : array of shape (hh, hw) or (hh, hw, 1)
        Any finite numbers. A map smaller than the image is enlarged to one value a pixel, by
        bilinear interpolation between the centres of its cells, which cover the image evenly.
    alpha : float
        Opacity of the map, from 0 to 1.
    cmap : str
        Colour map.
    value_range : (float, float), optional
        Values of the first and the last colour; by default the least and greatest of `heat`. Give
        the same range to maps that are compared.
    colour_bar : bool
        Whether to draw the scale beside the image.
    label : str
        What the values are, written along the scale.
    title : str, optional
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes
        Data coordinates are pixel edges.

    Raises
    ------
    ValueError
        If an array has another shape or range.
    """
    from scipy.ndimage import zoom

    image = _check_image(image)
    heat = np.asarray(heat)
    if heat.ndim == 3 and heat.shape[-1] == 1:
        heat = heat[..., 0]
    if heat.ndim != 2 or heat.size == 0:
        raise ValueError(f"`heat` must be of shape (h, w). Received: shape {heat.shape}.")
    heat = heat.astype(float)
    if not np.isfinite(heat).all():
        raise ValueError(
            "`heat` must hold finite values. "
            f"Received: {np.count_nonzero(~np.isfinite(heat))} that are NaN or infinite."
        )
    low, high = value_range or (heat.min(), heat.max())
    row, column = np.add(np.unravel_index(heat.argmax(), heat.shape), 0.5) / heat.shape
    told = (
        f"A map of {label or 'values'} over a picture, from {number(heat.min())} to "
        f"{number(heat.max())}, highest {column:.0%} from the left and {row:.0%} from the top"
    )
    # Rec. 709 luma weights.
    grey = image @ np.float32([0.2126, 0.7152, 0.0722]) if image.ndim == 3 else image
    ax = _draw_image(grey, ax, title)
    height, width = grey.shape
    if heat.shape[0] < height or heat.shape[1] < width:
        scale = (height / heat.shape[0], width / heat.shape[1])
        heat = zoom(heat, scale, order=1, mode="nearest", grid_mode=True)
    drawn = _lay(ax, heat, (height, width), cmap=cmap, vmin=low, vmax=high, alpha=alpha)
    if colour_bar:
        # The scale shows colours as the image shows them: laid over a medium grey.
        seen = alpha * mpl.colormaps[cmap](np.linspace(0, 1, 256)) + (1 - alpha) * 0.5
        scale = ScalarMappable(norm=drawn.norm, cmap=ListedColormap(seen[:, :3]))
        bar = ax.figure.colorbar(scale, ax=ax, shrink=0.8, pad=0.02, aspect=24)
        bar.outline.set_visible(False)
        bar.set_label(label)
        if low == high:
            bar.set_ticks([low])
        describe(bar.ax, TOLD_ELSEWHERE)
    describe(ax, told)
    return ax


def _describe(ax, image, what, told):
    height, width = image.shape[:2]
    text = f"A picture of {width} by {height} pixels with {what}"
    describe(ax, f"{text}: {listing(told)}" if told else text)


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
    _lay(ax, image, (height, width), cmap="gray", vmin=0, vmax=1)
    bare(ax)
    if title:
        ax.set_title(title)
    return ax


def _lay(ax, picture, size, **options):
    # With this extent, data coordinates are pixel edges; imshow's own would be pixel centres.
    extent = (0, size[1], size[0], 0)
    return ax.imshow(picture, extent=extent, interpolation="nearest", **options)


def _labels(labels, k, name):
    if labels is None:
        return [None] * k
    labels = [str(label) for label in labels]
    if len(labels) != k:
        raise ValueError(
            f"`labels` must be as many as {name}, {k}. Received: {len(labels)} labels."
        )
    return labels


def _halo(colour):
    return (*to_rgb("white" if readable_on(colour) == "white" else "black"), 0.75)


def _tag(ax, label, box, colour, shape):
    """Write a label on a flag above a corner of a box, or inside where there is no room above."""
    x0, y0, x1 = box
    above = y0 > 0.09 * shape[0]
    leftward = x0 > 0.7 * shape[1]
    ax.annotate(
        label,
        (x1 if leftward else x0, y0),
        xytext=(-1.5 if leftward else 1.5, 2.5 if above else -2.5),
        textcoords="offset points",
        ha="right" if leftward else "left",
        va="bottom" if above else "top",
        fontsize=_LABEL_SIZE,
        color=readable_on(colour),
        bbox={"boxstyle": "square,pad=0.18", "fc": colour, "ec": "none"},
    )


def _one_mask_each(masks, size):
    numbered = masks.ndim == 2 and np.issubdtype(masks.dtype, np.integer)
    if numbered and masks.shape == size and masks.min(initial=0) >= 0:
        return masks == np.arange(1, masks.max(initial=0) + 1)[:, None, None]
    if masks.dtype == bool and masks.ndim == 3 and masks.shape[1:] == size:
        return masks
    hint = ""
    if numbered:
        received = f"a map of shape {masks.shape} with numbers from {masks.min(initial=0)}"
    else:
        received = f"dtype {masks.dtype} and shape {masks.shape}"
        if masks.dtype != bool:
            hint = " Compare with a threshold, such as masks > 0.5."
        elif masks.shape == size:
            hint = " For one mask use mask[None]."
    raise ValueError(
        f"`masks` must be bool of shape (k, {size[0]}, {size[1]}) or a map of region numbers from "
        f"0, integer of shape {size}. Received: {received}.{hint}"
    )


def _outline(mask):
    """Return the edges between pixels inside and outside `mask`, as segments (n, 2, 2) of x, y."""
    padded = np.pad(mask, 1)
    y, x = np.nonzero(padded[1:, 1:-1] != padded[:-1, 1:-1])
    across = np.stack([np.stack([x, y], -1), np.stack([x + 1, y], -1)], 1)
    y, x = np.nonzero(padded[1:-1, 1:] != padded[1:-1, :-1])
    down = np.stack([np.stack([x, y], -1), np.stack([x, y + 1], -1)], 1)
    return np.concatenate([across, down])


def _inside(mask):
    """Return the point (y, x) of the mask that lies farthest from its edge."""
    from scipy.ndimage import distance_transform_edt

    depth = distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1]
    ridge = np.argwhere(depth == depth.max())
    middle = ridge[np.square(ridge - ridge.mean(axis=0)).sum(axis=1).argmin()]
    return middle + 0.5
