"""What a network's layers do to shapes, drawn to scale."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.collections import LineCollection
from matplotlib.colors import to_rgb
from matplotlib.patches import Polygon, Rectangle

from course_utils.plots.describe import count, describe
from course_utils.plots.images import text_width
from course_utils.plots.style import COLOURS, INK, QUIET

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


def shape_flow(layers, *, faces=None, title=None, ax=None):
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
        What to draw on the face of each block: an image (h, w, 3) or (h, w, 1) with uint8 in 0..255
        or float in [0, 1], or a feature map (h, w) of any values, drawn from its least to its
        greatest. None leaves a block plain.
    title : str, optional
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure that fits.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If a shape has not 1 or 3 positive entries, or `faces` has another length than `layers`.
    """
    layers = [_check_layer(*layer) for layer in layers]
    if not layers:
        raise ValueError("`layers` must hold at least one layer. Received: none.")
    faces = [None] * len(layers) if faces is None else list(faces)
    if len(faces) != len(layers):
        raise ValueError(f"`faces` must be one a layer, {len(layers)}. Received: {len(faces)}.")

    written = np.array([_text_width(*layer) for layer in layers])
    for scale in (1, 0.9, 0.8, 0.7, 0.6, 0.5, 0.4):
        blocks = [
            _Block(shape, scale * size)
            for (_, shape, _), size in zip(layers, _sizes(layers), strict=True)
        ]
        gap = scale * _GAP
        drawn = np.array([block.width for block in blocks])
        steps = np.maximum(
            (drawn[:-1] + drawn[1:]) / 2 + gap, (written[:-1] + written[1:]) / 2 + _BETWEEN_TEXTS
        )
        left, right = np.maximum(drawn, written)[[0, -1]] / 2
        centres = left + np.concatenate([[0], np.cumsum(steps)])
        right += centres[-1]
        if right <= _WIDEST:
            break
    top = max(block.height for block in blocks) / 2
    ground = -top - 0.62 - _BAR - 0.16
    low, high = ground - 0.3, top + 0.1
    if ax is None:
        head = 0.35 if title else 0
        whole = high - low + head
        figure = plt.figure(figsize=(right, whole), layout="none")
        ax = figure.add_axes((0, 0, 1, (high - low) / whole))
    ax.set(xlim=(0, right), ylim=(low, high), aspect="equal", xticks=[], yticks=[])
    ax.spines[:].set_visible(False)

    most = max(parameters for _, _, parameters in layers) or 1
    ax.plot([0, right], [ground, ground], color=QUIET, lw=0.7)
    for block, centre, (name, shape, parameters), face in zip(
        blocks, centres, layers, faces, strict=True
    ):
        colour = _LEARNED if parameters else _FIXED
        block.draw(ax, centre, colour, face)
        style = {"ha": "center", "va": "top", "fontsize": _TEXT}
        ax.text(centre, -top - 0.1, name, fontweight="bold", **style)
        ax.text(centre, -top - 0.28, _shape_text(shape), color=QUIET, **style)
        height = _BAR * parameters / most
        ax.add_patch(Rectangle((centre - 0.2, ground), 0.4, height, color=colour, lw=0))
        ax.text(
            centre, ground + height + 0.03, f"{parameters:,}", ha="center", va="bottom",
            fontsize=_TEXT, color=INK if parameters else QUIET
        )  # fmt: skip
    for block, after, here, there in zip(
        blocks[:-1], blocks[1:], centres[:-1], centres[1:], strict=True
    ):
        start, end = here + block.width / 2, there - after.width / 2
        middle = (start + end) / 2
        ax.annotate(
            "", (middle + 0.36 * gap, 0), xytext=(middle - 0.36 * gap, 0),
            arrowprops={"arrowstyle": "-|>", "color": QUIET, "lw": 1, "shrinkA": 0, "shrinkB": 0}
        )  # fmt: skip
    total = sum(parameters for _, _, parameters in layers)
    ax.text(0, ground - 0.08, "parameters", ha="left", va="top", fontsize=_TEXT)
    ax.text(right, ground - 0.08, f"{total:,} in all", ha="right", va="top", fontsize=_TEXT)
    if title:
        ax.set_title(title)
    told = [
        f"{name} {_shape_text(shape)}" + (f" with {count(n, 'parameter')}" if n else "")
        for name, shape, n in layers
    ]
    describe(ax, f"Layers and their outputs: {'; '.join(told)}; {count(total, 'parameter')} in all")
    return ax


class _Block:
    """The output of one layer: a box whose front face is a rectangle (cabinet projection)."""

    def __init__(self, shape, size):
        self.shape = shape
        self.face_height, self.face_width, depth = size
        self.slant = _SLANT * depth

    @property
    def width(self):
        return self.face_width + self.slant[0]

    @property
    def height(self):
        return self.face_height + self.slant[1]

    def draw(self, ax, centre, colour, face):
        x, y = centre - self.width / 2, -self.height / 2
        w, h = self.face_width, self.face_height
        dx, dy = self.slant
        edge = {"ec": "white", "lw": 0.5, "joinstyle": "round"}
        side = [(x + w, y), (x + w + dx, y + dy), (x + w + dx, y + h + dy), (x + w, y + h)]
        lid = [(x, y + h), (x + w, y + h), (x + w + dx, y + h + dy), (x + dx, y + h + dy)]
        ax.add_patch(Polygon(side, fc=_shade(colour, 0.72), **edge))
        ax.add_patch(Polygon(lid, fc=_shade(colour, 1.35), **edge))
        ax.add_patch(Rectangle((x, y), w, h, fc=colour, **edge))
        self._rule_sheets(ax, x, y)
        if face is not None and len(self.shape) == 3:
            _paint(ax, face, (x, x + w, y, y + h))
        elif len(self.shape) == 1:
            self._rule_cells(ax, x, y)

    def _rule_sheets(self, ax, x, y):
        """Draw the gaps between channels on the two receding faces, where there is room."""
        sheets = self.shape[-1] if len(self.shape) == 3 else 1
        room = np.hypot(*self.slant) * 72 / sheets
        if sheets < 2 or room < 1.5:
            return
        steps = np.arange(1, sheets)[:, None] / sheets * self.slant
        corners = np.array(
            [
                (x, y + self.face_height),
                (x + self.face_width, y + self.face_height),
                (x + self.face_width, y),
            ]
        )
        lines = steps[:, None, :] + corners[None]
        gaps = LineCollection(lines, colors="white", linewidths=min(0.6, 0.35 * room), alpha=0.75)
        gaps.set_snap(False)  # snapped to whole pixels, even gaps would look uneven
        ax.add_collection(gaps, autolim=False)

    def _rule_cells(self, ax, x, y):
        """Draw the gaps between units, where there is room."""
        units = self.shape[0]
        room = self.face_height * 72 / units
        if units < 2 or room < 2.2:
            return
        heights = y + np.arange(1, units) / units * self.face_height
        dx, dy = self.slant
        lines = [
            [(x, v), (x + self.face_width, v), (x + self.face_width + dx, v + dy)] for v in heights
        ]
        ax.add_collection(
            LineCollection(lines, colors="white", linewidths=min(0.7, 0.3 * room)), autolim=False
        )


def _sizes(layers):
    """Return, for each layer, face height, face width and depth in inches."""
    shapes = [shape for _, shape, _ in layers]
    images = [shape for shape in shapes if len(shape) == 3]
    longest = max((max(shape[:2]) for shape in images), default=1)
    deepest = max((shape[2] for shape in images), default=1)
    deepest = max(deepest, 16)  # so that an image alone, of three channels, is no deep block
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


def _text_width(name, shape, parameters):
    return max(text_width(text, _TEXT) for text in (name, _shape_text(shape), f"{parameters:,}"))


def _check_layer(name, shape, parameters):
    shape = tuple(shape)
    if len(shape) not in (1, 3) or not all(
        isinstance(side, int | np.integer) and side > 0 for side in shape
    ):
        raise ValueError(
            "`layers` must have shapes (height, width, channels) or (units,), without the batch. "
            f"Received: {shape} for {name!r}."
        )
    return str(name), shape, int(parameters)


def _shape_text(shape):
    return " \N{MULTIPLICATION SIGN} ".join(str(side) for side in shape)


def _shade(colour, factor):
    """Darken (factor below 1) or lighten (above 1) a colour."""
    rgb = np.array(to_rgb(colour))
    return rgb * factor if factor <= 1 else 1 - (1 - rgb) * (2 - factor)


def _paint(ax, face, extent):
    face = np.asarray(face)
    aspect = ax.get_aspect()
    limits = ax.get_xlim(), ax.get_ylim()
    if face.ndim == 3:
        top = 255 if face.dtype == np.uint8 else 1
        ax.imshow(face.squeeze(), cmap="gray", vmin=0, vmax=top, extent=extent, zorder=2)
    else:
        ax.imshow(face, cmap="viridis", extent=extent, zorder=2)
    ax.set(xlim=limits[0], ylim=limits[1], aspect=aspect)
