"""Images in a grid, each image pixel a crisp square."""

import math

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.font_manager import FontProperties
from matplotlib.textpath import TextPath

from course_utils.plots.describe import TOLD_ELSEWHERE, count, describe, listing, sentences
from course_utils.plots.display import DPI
from course_utils.plots.style import INK, PAGE_WIDTH

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
        A colour marks an image: its title and a frame are drawn in it. None leaves it unmarked.
    columns : int, optional
        Images a row; by default what fits the page with few empty places, with titles six at most.
    size : float, optional
        Approximate width of an image in inches; by default small images are about an inch wide.
        The width is adjusted so that an image pixel covers a whole number of screen pixels.
    title : str, optional
        Title of the whole figure.
    cmap : str
        Colour map of images with a single channel.
    value_range : (float, float), optional
        For maps of one channel that are not images, such as kernels: the values drawn in the first
        and the last colour of `cmap`. Any range of values is then accepted.

    Returns
    -------
    ndarray of Axes, shape (rows, columns)
        Places without an image hold hidden Axes.

    Raises
    ------
    ValueError
        If shape, range or type of `images`, or the number of titles or colours, is not as
        described.
    """
    images = check_images(images, value_range=value_range)
    n, height, width = images.shape[:3]
    titles = _one_each("titles", titles, n)
    marks = _one_each("title_colours", title_colours, n)
    if columns is not None and columns < 1:
        raise ValueError(f"`columns` must be at least 1. Received: {columns}.")

    # Twice a whole number of screen pixels, so that halving on a coarser screen stays sharp.
    most = _MOST_TITLED if titles else n
    wanted = (size or _default_size(n, columns or min(n, most, 8))) * DPI / width
    pixel = max(2, 2 * round(wanted / 2)) / DPI if wanted >= 1 else wanted / DPI
    image_width, image_height = width * pixel, height * pixel
    widest = max((text_width(text, _TITLE_SIZE) for text in titles or ()), default=0)
    cell_width = _snap(max(image_width, widest) + _GAP)
    lines = max((str(text).count("\n") + 1 for text in titles or ()), default=0)
    cell_height = _snap(image_height + _GAP + lines * _LINE)
    if columns is None:
        columns = fitting_columns(n, min(most, max(1, int(PAGE_WIDTH / cell_width))))
    columns = min(columns, n)
    rows = math.ceil(n / columns)

    head = _snap(0.1 + 0.2 * (title.count("\n") + 1)) if title else 0
    figure_width, figure_height = columns * cell_width, rows * cell_height + head
    figure = plt.figure(figsize=(figure_width, figure_height), layout="none")
    axes = np.empty((rows, columns), dtype=object)
    low, high = value_range or (0, 1)
    for place in range(rows * columns):
        row, column = divmod(place, columns)
        left = column * cell_width + _snap((cell_width - image_width) / 2)
        bottom = figure_height - head - (row + 1) * cell_height + _snap(_GAP / 2)
        corner_and_size = np.array([left, bottom, image_width, image_height])
        ax = figure.add_axes(corner_and_size / ([figure_width, figure_height] * 2))
        axes[row, column] = ax
        if place >= n:
            ax.set_visible(False)
            continue
        ax.imshow(images[place], cmap=cmap, vmin=low, vmax=high, aspect="auto")
        bare(ax)
        colour = marks[place] if marks else None
        if titles:
            ax.set_title(
                titles[place], loc="center", fontsize=_TITLE_SIZE, pad=3.5, color=colour or INK
            )
            if colour is not None:
                ax.title.set_fontweight("bold")
        if colour is not None:
            frame = plt.Rectangle(
                (0, 0), 1, 1, transform=ax.transAxes, fill=False, clip_on=False, ec=colour, lw=2
            )
            ax.add_patch(frame)
    if title:
        left = _snap((cell_width - image_width) / 2)
        figure.text(left / figure_width, 1, title, ha="left", va="top", fontsize=11)
    figure.description = _told(images, rows, titles, marks, title, value_range)
    for ax in axes.flat:
        describe(ax, TOLD_ELSEWHERE)
    return axes


def _told(images, rows, titles, marks, title, value_range):
    """Return how many images there are, of which size, what stands above them, what is marked."""
    n, height, width = images.shape[:3]
    kind = "map of values" if value_range else "picture"
    kinds = kind.replace("map", "maps") if value_range else None
    text = f"{count(n, kind, kinds)} of {width} by {height} pixels in {count(rows, 'row')}"
    named = [name for name in titles or () if str(name).strip()]
    if named:
        text += f": {listing(named, 24)}"
    if marks and any(mark is not None for mark in marks):
        shown = [str(place + 1) for place, mark in enumerate(marks) if mark is not None]
        text += f". Marked: number {listing(shown, 24)}"
    return sentences(title or "", text)


def check_images(images, *, value_range=None):
    """Return images ready for ``imshow``, or say what is wrong with them.

    Parameters
    ----------
    images : array of shape (n, h, w), (n, h, w, 1) or (n, h, w, 3)
        uint8 in 0..255, float in [0, 1], or bool.
    value_range : (float, float), optional
        If given, single-channel arrays of any numbers are accepted.

    Returns
    -------
    ndarray
        Shape (n, h, w, 3) or (n, h, w); float in [0, 1], or as given if `value_range` is.

    Raises
    ------
    ValueError
        If shape, range or type is not as described.
    """
    expected = "`images` must be of shape (n, h, w), (n, h, w, 1) or (n, h, w, 3)."
    try:
        images = np.asarray(images)
    except ValueError as error:
        raise ValueError(f"{expected} Received: images of several shapes.") from error
    shape = images.shape
    if len(shape) == 4 and shape[-1] not in (1, 3) and shape[1] in (1, 3):
        hint = "This looks like channels first: use np.moveaxis(images, 1, -1)."
    elif len(shape) == 2 or (len(shape) == 3 and shape[-1] in (1, 3) and value_range is None):
        hint = "This looks like a single image: use images[None]."
    elif len(shape) not in (3, 4) or (len(shape) == 4 and shape[-1] not in (1, 3)):
        hint = "One or three channels stand last."
    else:
        hint = None if images.size else "It holds no pixel."
    if hint:
        raise ValueError(f"{expected} Received: shape {shape}. {hint}")
    if len(shape) == 4 and shape[-1] == 1:
        images = images[..., 0]
    floating = np.issubdtype(images.dtype, np.floating)
    if floating and not np.isfinite(images).all():
        bad = np.count_nonzero(~np.isfinite(images))
        raise ValueError(
            f"`images` must be finite. Received: {bad} values that are NaN or infinite."
        )
    if value_range is not None:
        if images.ndim == 4:
            raise ValueError(
                f"`images` must have a single channel with `value_range`. Received: shape {shape}."
            )
        return images.astype(np.float32)
    if images.dtype == bool:
        return images.astype(np.float32)
    if images.dtype == np.uint8:
        return images / np.float32(255)
    expected = "`images` must be uint8 in 0..255 or float in [0, 1]."
    if not floating:
        raise ValueError(f'{expected} Received: dtype {images.dtype}. Use images.astype("uint8").')
    low, high = float(images.min()), float(images.max())
    if low < -1e-6 or high > 1 + 1e-6:
        looks_like_bytes = low >= 0 and high <= 255
        hint = "Divide by 255." if looks_like_bytes else "Rescale it, or clip it on purpose."
        raise ValueError(f"{expected} Received: values from {low:.4g} to {high:.4g}. {hint}")
    return np.clip(images, 0, 1)


def bare(ax):
    """Remove ticks and spines, which say nothing about a picture."""
    ax.set(xticks=[], yticks=[])
    ax.spines[:].set_visible(False)


def _one_each(name, values, n):
    if values is None:
        return None
    values = list(values)
    if len(values) != n:
        raise ValueError(f"`{name}` must have one entry an image, {n}. Received: {len(values)}.")
    return values


def _default_size(n, columns):
    return min(PAGE_WIDTH / columns - _GAP, 1.1 if n > 4 else 1.7)


def fitting_columns(n, most):
    """Choose the columns, at most `most`, that leave few places empty and rows few."""
    if n <= most:
        return n
    return min(
        range(max(1, most // 2), most + 1), key=lambda c: (-n % c + 1.5 * math.ceil(n / c), -c)
    )


def text_width(text, size):
    """Return the width in inches of the longest line of a bold text, `size` in points."""
    font = FontProperties(weight="bold")
    lines = [line for line in f"{text}".split("\n") if line.strip()]  # nothing has no outline
    return max(
        (TextPath((0, 0), line, size=size, prop=font).get_extents().width / 72 for line in lines),
        default=0.0,
    )


def _snap(inches):
    """Round up to whole screen pixels."""
    return math.ceil(inches * DPI / 2 - 1e-9) * 2 / DPI
