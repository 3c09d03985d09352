"""Images in a grid, each image pixel a crisp square."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from course_utils.plots.describe import count, listing
from course_utils.plots.display import DPI
from course_utils.plots.style import INK, PAGE_WIDTH, one_each

_TITLE_SIZE = 9
_MOST_TITLED = 6
_GAP = 0.1
_LINE = 0.17


def image_grid(
    images, *, titles=None, title_colours=None, columns=None, size=None, title=None, cmap="gray",
    value_range=None,
):  # fmt: skip
    """Draw images in rows, every image pixel as an equal, sharp square.

    Parameters
    ----------
    images : array of shape (n, h, w), (n, h, w, 1) or (n, h, w, 3)
        uint8 in 0..255, float in [0, 1], or bool.
    titles : sequence of n str, optional
        A short text above each image.
    title_colours : sequence of n colours or None, optional
        A colour marks an image: its title and a frame are drawn in it.
    columns : int, optional
        Images a row; by default what fits the page with few empty places, with titles six at most.
    size : float, optional
        Approximate width of an image in inches, adjusted to whole screen pixels an image pixel.
    title : str, optional
    cmap : str
        Colour map of images with a single channel.
    value_range : (float, float), optional
        For maps that are not images, such as kernels: any values are accepted, and these are drawn
        in the first and the last colour of `cmap`.

    Returns
    -------
    ndarray of Axes, shape (rows, columns)
        Places without an image hold hidden Axes.
    """
    if value_range is not None:
        low, high = value_range
        images = np.clip((np.asarray(images, dtype=float) - low) / (high - low), 0, 1)
        images = images[..., np.newaxis] if images.ndim == 3 else images
    images = check_images(images)
    n, height, width = images.shape[:3]
    titled = titles is not None
    texts = one_each("titles", map(str, titles) if titled else [""] * n, "image", n)
    marks = one_each("title_colours", title_colours, "image", n)

    most = _MOST_TITLED if titled else n
    if size is None:
        size = min(PAGE_WIDTH / (columns or min(n, most, 8)) - _GAP, 1.1 if n > 4 else 1.7)
    # Twice a whole number of screen pixels, so that halving on a coarser screen stays sharp.
    wanted = size * DPI / width
    pixel = max(2, 2 * round(wanted / 2)) / DPI if wanted >= 1 else wanted / DPI
    image_width, image_height = width * pixel, height * pixel
    cell_width = _snap(max(image_width, *(text_width(text, _TITLE_SIZE) for text in texts)) + _GAP)
    lines = max(text.count("\n") + 1 for text in texts) if titled else 0
    cell_height = _snap(image_height + _GAP + lines * _LINE)
    if columns is None:  # few rows, and evenly long ones
        columns = math.ceil(n / math.ceil(n / min(most, max(1, int(PAGE_WIDTH / cell_width)))))
    columns = min(columns, n)
    rows = math.ceil(n / columns)

    head = _snap(0.1 + 0.2 * (title.count("\n") + 1)) if title else 0
    figure_width, figure_height = columns * cell_width, rows * cell_height + head
    figure = plt.figure(figsize=(figure_width, figure_height), layout="none")
    margin = _snap((cell_width - image_width) / 2)
    axes = np.empty((rows, columns), dtype=object)
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        left = column * cell_width + margin
        bottom = figure_height - head - (row + 1) * cell_height + _snap(_GAP / 2)
        corner_and_size = np.array([left, bottom, image_width, image_height])
        axes[row, column] = figure.add_axes(corner_and_size / ([figure_width, figure_height] * 2))
        axes[row, column].set_visible(place < n)
    for ax, image, text, colour in zip(axes.flat, images, texts, marks, strict=False):
        ax.imshow(image, cmap=cmap, vmin=0, vmax=1, aspect="auto")
        bare(ax)
        ax.set_title(text, loc="center", fontsize=_TITLE_SIZE, pad=3.5, color=colour or INK)
        if colour is not None:
            ax.title.set_fontweight("bold")
            ax.spines[:].set(visible=True, color=colour, lw=2)
    if title:
        figure.suptitle(title, x=margin / figure_width, y=1, ha="left", va="top", fontsize=11)

    kinds = ("map of values", "maps of values") if value_range else ("picture", "pictures")
    told = f"{count(n, *kinds)} of {width} by {height} pixels in {count(rows, 'row')}"
    if named := [text for text in texts if text.strip()]:
        told += f": {listing(named, 24)}"
    if marked := [place for place, mark in enumerate(marks, 1) if mark is not None]:
        told += f". Marked: number {listing(marked, 24)}"
    figure.description = told
    return axes


def check_images(images):
    """Return images as float in [0, 1] of shape (n, h, w, 3) or (n, h, w), or say what is wrong."""
    expected = "`images` must be of shape (n, h, w), (n, h, w, 1) or (n, h, w, 3)."
    try:
        images = np.asarray(images)
    except ValueError as error:
        raise ValueError(f"{expected} Received: images of several shapes.") from error
    shape = images.shape
    hint = None if images.size else "It holds no pixel."
    if len(shape) == 4 and shape[-1] not in (1, 3) and shape[1] in (1, 3):
        hint = "This looks like channels first: use np.moveaxis(images, 1, -1)."
    elif len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3)):
        hint = "This looks like a single image: use images[None]."
    elif len(shape) not in (3, 4) or (len(shape) == 4 and shape[-1] not in (1, 3)):
        hint = "One or three channels stand last."
    if hint:
        raise ValueError(f"{expected} Received: shape {shape}. {hint}")
    if len(shape) == 4 and shape[-1] == 1:
        images = images[..., 0]
    if images.dtype == bool:
        return images.astype(np.float32)
    if images.dtype == np.uint8:
        return images / np.float32(255)
    expected = "`images` must be uint8 in 0..255 or float in [0, 1]."
    if not np.issubdtype(images.dtype, np.floating):
        raise ValueError(f'{expected} Received: dtype {images.dtype}. Use images.astype("uint8").')
    low, high = float(images.min()), float(images.max())
    if not (low >= -1e-6 and high <= 1 + 1e-6):  # so that NaN is refused too
        hint = "Divide by 255." if 0 <= low <= high <= 255 else "Rescale it, or clip it on purpose."
        raise ValueError(f"{expected} Received: values from {low:.4g} to {high:.4g}. {hint}")
    return np.clip(images, 0, 1)


def bare(ax):
    """Remove ticks and spines, which say nothing about a picture."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def text_width(text, size):
    """Return the width in inches of the longest line of a bold text, `size` in points."""
    font = FontProperties(weight="bold")
    lines = [line for line in text.split("\n") if line.strip()]  # nothing has no outline
    widths = [TextPath((0, 0), line, size=size, prop=font).get_extents().width for line in lines]
    return max(widths, default=0) / 72


def _snap(inches):
    """Round up to whole screen pixels."""
    return math.ceil(inches * DPI / 2 - 1e-9) * 2 / DPI
