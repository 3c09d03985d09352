"""Send a figure to the page, once, as HTML that carries its alternative text."""

import io
from base64 import b64encode
from html import escape

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.figure import Figure
from matplotlib.transforms import Bbox
from PIL import Image

from course_utils.plots.describe import description

SCREEN_DPI = 96
DPI = 2 * SCREEN_DPI
"""Twice the pixels that are shown: exact on high-density screens, evenly halved on others."""

_MARGIN = 0.08
_SHORTEST_ALT = 20
_LARGEST_SHIFT, _MEAN_SHIFT = 16, 1.5
"""Changes of a colour, of 255, that go unseen: beyond them, a figure keeps all its colours."""


def show(figure, *, alt=None):
    """Show a figure with alternative text, and close it.

    In a notebook one picture is emitted, as HTML, for that is the form whose alternative text
    reaches the page. Elsewhere, where no picture can be shown, the alternative text is printed.

    Parameters
    ----------
    figure : Figure, Axes or array of Axes
        What a function of this package, or ``plt.subplots``, returned.
    alt : str, optional
        A sentence of at least 20 characters that says what the figure shows, for readers who
        cannot see it. By default what the functions that drew it say of it; of Axes drawn on by
        hand, the titles, labels and legends.

    Raises
    ------
    TypeError
        If `figure` or `alt` is of another type.
    ValueError
        If `alt`, or what the figure says of itself, is too short to say anything.
    """
    figure = _figure_of(figure)
    alt = alternative_text(description(figure) if alt is None else alt)
    png, width, height = _png(figure)
    plt.close(figure)
    to_page(png, width, height, alt, kind="figure")


def alternative_text(alt):
    """Return an alternative text on one line, or say what is wrong with it."""
    if not isinstance(alt, str):
        raise TypeError(f"`alt` must be a str. Received: {alt!r} of type {type(alt).__name__}.")
    alt = " ".join(alt.split())
    if len(alt) < _SHORTEST_ALT:
        raise ValueError(
            f"`alt` must be a sentence of at least {_SHORTEST_ALT} characters. Received: {alt!r}. "
            "Say what a reader who cannot see the figure should learn from it."
        )
    return alt


def to_page(png, width, height, alt, *, kind):
    """Emit a PNG of so many CSS pixels; where none can be shown, print its alternative text."""
    if not _in_ipython():
        print(f"[{kind}] {alt}")
        return
    from IPython.display import display

    # JupyterLab takes no alternative text from an output's metadata, so that image/png has none.
    # The style keeps proportions where a narrow page makes the picture narrower.
    html = (
        f'<img alt="{escape(alt)}" width="{width}" height="{height}" '
        'style="max-width: 100%; height: auto; background: white" '
        f'src="data:image/png;base64,{b64encode(png).decode()}">'
    )
    display({"text/html": html, "text/plain": f"[{kind}] {alt}"}, raw=True)


def _figure_of(thing):
    first = thing
    if isinstance(thing, np.ndarray | list | tuple) and len(thing):
        first = np.ravel(np.asarray(thing, dtype=object))[0]
    figure = first if isinstance(first, Figure) else getattr(first, "figure", None)
    if not isinstance(figure, Figure):
        raise TypeError(
            "`figure` must be a matplotlib Figure, Axes or array of Axes. "
            f"Received: {thing!r} of type {type(thing).__name__}."
        )
    return figure


def _in_ipython():
    try:
        from IPython import get_ipython
    except ImportError:
        return False
    return get_ipython() is not None


def _png(figure):
    """Render the drawn part of `figure`; return PNG bytes and the size in CSS pixels."""
    figure.draw_without_rendering()
    drawn = figure.get_tightbbox()
    # A crop on whole screen pixels keeps image pixels where their axes put them.
    low = np.floor((drawn.min - _MARGIN) * SCREEN_DPI)
    high = np.ceil((drawn.max + _MARGIN) * SCREEN_DPI)
    crop = Bbox([low, high] / np.float64(SCREEN_DPI))
    buffer = io.BytesIO()
    figure.savefig(buffer, format="png", dpi=DPI, facecolor="white", bbox_inches=crop)
    image = _with_palette(Image.open(buffer).convert("RGB"))
    packed = io.BytesIO()
    image.save(packed, format="png", optimize=True)
    width, height = (high - low).astype(int).tolist()
    return packed.getvalue(), width, height


def _with_palette(image):
    """Return `image` with at most 256 colours if that looks the same, else as it is."""
    few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    shift = np.abs(np.asarray(few.convert("RGB"), np.int16) - np.asarray(image, np.int16))
    alike = shift.max() <= _LARGEST_SHIFT and shift.mean() <= _MEAN_SHIFT
    return few if alike else image
