"""What a network's layers do to shapes, drawn to scale."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Polygon, Rectangle

from course_utils.plots.describe import count
from course_utils.plots.images import bare, text_width
from course_utils.plots.style import COLOURS, INK, QUIET, one_each

# All lengths are in inches; the Axes' data coordinates are inches too.
_FACE = 1.25
_DEPTH = 0.85
_SLANT = np.array([0.80, 0.46])
_COLUMN = 1.6
_THICK = 0.12
_THINNEST = 0.05
_GAP = 0.34
_BAR = 0.6
_TEXT = 8.5
_BETWEEN_TEXTS = 0.12
_WIDEST = 9.6
_LEARNED = COLOURS[0]
_FIXED = "#a3a3a3"


def shape_flow(layers, *, faces=None, title=None):
    """Draw the output of each layer as a block, and its parameters as a bar below.

    Faces are to scale, height by width. The depth of a block grows with the square root of its
    channels, the height of the column that stands for a vector with the logarithm of its units.
    Blue is what has parameters, grey what has none.

    Parameters
    ----------
    layers : sequence of (str, tuple of int, int)
        Name, output shape without the batch, (height, width, channels) or (units,), and the number
        of parameters: of the input and of each layer in order. For a Keras model,
        ``[(layer.name, layer.output.shape[1:], layer.count_params()) for layer in model.layers]``.
    faces : sequence of array or None, optional
        What to draw on the face of each block: an image (h, w, 3) or (h, w, 1), uint8 in 0..255 or
        float in [0, 1], or a feature map (h, w) of any values. None leaves a block plain.
    title : str, optional

    Returns
    -------
    Axes
    """
    names, shapes, parameters = zip(*layers, strict=True)
    faces = one_each("faces", faces, "layer", len(layers))
    for name, shape in zip(names, shapes, strict=True):
        if len(shape) not in (1, 3) or not all(isinstance(side, int) for side in shape):
            raise ValueError(
                "`layers` must have shapes (height, width, channels) or (units,), without the "
                f"batch. Received: {tuple(shape)} for {name!r}."
            )
    written = [" \N{MULTIPLICATION SIGN} ".join(map(str, shape)) for shape in shapes]
    texts = zip(names, written, [f"{n:,}" for n in parameters], strict=True)
    text_widths = np.array([max(text_width(text, _TEXT) for text in three) for three in texts])
    for scale in (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4):
        sizes = scale * _sizes(shapes)
        gap = scale * _GAP
        heights, widths = (sizes[:, :2] + sizes[:, 2:] * _SLANT[::-1]).T
        steps = np.maximum(
            (widths[:-1] + widths[1:]) / 2 + gap,
            (text_widths[:-1] + text_widths[1:]) / 2 + _BETWEEN_TEXTS,
        )
        left, right = np.maximum(widths, text_widths)[[0, -1]] / 2
        centres = left + np.concatenate([[0], np.cumsum(steps)])
        right += centres[-1]
        if right <= _WIDEST:
            break
    top = heights.max() / 2
    ground = -top - 0.62 - _BAR - 0.16
    low, high = ground - 0.3, top + 0.1
    figure_height = high - low + (0.35 if title else 0)
    figure = plt.figure(figsize=(right, figure_height), layout="none")
    ax = figure.add_axes((0, 0, 1, (high - low) / figure_height))
    bare(ax)

    ax.plot([0, right], [ground, ground], color=QUIET, lw=0.7)
    style = {"ha": "center", "fontsize": _TEXT}
    told = []
    for i, (name, centre, n) in enumerate(zip(names, centres, parameters, strict=True)):
        colour, ink = (_LEARNED, INK) if n else (_FIXED, QUIET)
        corner = np.array([centre - widths[i] / 2, -heights[i] / 2])
        _draw_block(ax, corner, sizes[i], shapes[i], colour, faces[i])
        ax.text(centre, -top - 0.1, name, va="top", fontweight="bold", **style)
        ax.text(centre, -top - 0.28, written[i], va="top", color=QUIET, **style)
        bar = _BAR * n / (max(parameters) or 1)
        ax.add_patch(Rectangle((centre - 0.2, ground), 0.4, bar, color=colour, lw=0))
        ax.text(centre, ground + bar + 0.03, f"{n:,}", va="bottom", color=ink, **style)
        told.append(f"{name} {written[i]}" + (f" with {count(n, 'parameter')}" if n else ""))
    ends = centres + widths / 2
    for middle in (ends[:-1] + ends[1:] - widths[1:]) / 2:
        ax.annotate(
            "", (middle + 0.36 * gap, 0), xytext=(middle - 0.36 * gap, 0),
            arrowprops={"arrowstyle": "-|>", "color": QUIET, "lw": 1, "shrinkA": 0, "shrinkB": 0}
        )  # fmt: skip
    ax.text(0, ground - 0.08, "parameters", ha="left", va="top", fontsize=_TEXT)
    total = sum(parameters)
    ax.text(right, ground - 0.08, f"{total:,} in all", ha="right", va="top", fontsize=_TEXT)
    ax.set(xlim=(0, right), ylim=(low, high), aspect="equal")
    if title:
        ax.set_title(title)
    parts = "; ".join([*told, f"{count(total, 'parameter')} in all"])
    ax.description = f"Layers and their outputs: {parts}"
    return ax


def _draw_block(ax, corner, size, shape, colour, face):
    """Draw a box whose front is a rectangle (cabinet projection), from its lower left corner."""
    across, up, back = np.array([size[1], 0]), np.array([0, size[0]]), _SLANT * size[2]
    for start, one, other, light in (
        (corner + across, back, up, 0.72),
        (corner + up, across, back, 1.35),
        (corner, across, up, 1),
    ):
        points = [start, start + one, start + one + other, start + other]
        fill = _shade(colour, light)
        ax.add_patch(Polygon(points, fc=fill, ec="white", lw=0.5, joinstyle="round"))
    if len(shape) == 1:
        _rule(ax, [corner, corner + across, corner + across + back], up, shape[0])
        return
    _rule(ax, [corner + up, corner + up + across, corner + across], back, shape[2])
    if face is not None:
        face = np.asarray(face)
        options = {}
        if face.ndim == 3:
            options = {"cmap": "gray", "vmin": 0, "vmax": 255 if face.dtype == np.uint8 else 1}
        (left, bottom), (right, top) = corner, corner + across + up
        ax.imshow(face, extent=(left, right, bottom, top), zorder=2, **options)


def _rule(ax, line, along, parts):
    """Repeat a line between the equal parts of a vector, where there is room."""
    room = np.hypot(*along) * 72 / parts
    if room < 1.5:
        return
    shifts = np.arange(1, parts)[:, None, None] / parts * along
    gaps = LineCollection(
        shifts + np.array(line), colors="white", linewidths=min(0.6, 0.35 * room), alpha=0.75
    )
    gaps.set_snap(False)  # snapped to whole pixels, even gaps would look uneven
    ax.add_collection(gaps, autolim=False)


def _sizes(shapes):
    """Return, for each shape, face height, face width and depth in inches, as an array."""
    images = [shape for shape in shapes if len(shape) == 3]
    longest = max((max(shape[:2]) for shape in images), default=1)
    # At least 16, so that an image alone, of three channels, is no deep block.
    deepest = max(16, *(shape[2] for shape in images), 0)
    most_units = max((shape[0] for shape in shapes if len(shape) == 1), default=1)
    sizes = []
    for shape in shapes:
        if len(shape) == 3:
            height, width = (max(_FACE * side / longest, _THINNEST) for side in shape[:2])
            sizes.append((height, width, _DEPTH * np.sqrt(shape[2] / deepest)))
        else:
            height = max(_COLUMN * np.log1p(shape[0]) / np.log1p(most_units), _THICK)
            sizes.append((height, _THICK, _THICK))
    return np.array(sizes)


def _shade(colour, factor):
    """Darken (factor below 1) or lighten (above 1) a colour."""
    rgb = np.array(to_rgb(colour))
    return rgb * factor if factor <= 1 else 1 - (1 - rgb) * (2 - factor)
