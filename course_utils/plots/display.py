"""Send a figure to the page, once, as HTML that carries its alternative text."""

import io
import sys
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
    """Show a figure with alternative text, and close it; outside of IPython, print the text.

    Parameters
    ----------
    figure : Figure, Axes or array of Axes
        What a function of this package, or ``plt.subplots``, returned.
    alt : str, optional
        A sentence of at least 20 characters for readers who cannot see the figure. By default what
        the functions that drew it say of it; of Axes drawn on by hand, titles, labels and legends.
    """
    first = np.ravel(np.asarray(figure, dtype=object))[:1]
    owner = getattr(first[0], "figure", None) if len(first) else None
    if not isinstance(owner, Figure):
        raise TypeError(
            "`figure` must be a matplotlib Figure, Axes or array of Axes. "
            f"Received: {figure!r} of type {type(figure).__name__}."
        )
    alt = " ".join(str(description(owner) if alt is None else alt).split())
    if len(alt) < _SHORTEST_ALT:
        raise ValueError(
            f"`alt` must be a sentence of at least {_SHORTEST_ALT} characters. Received: {alt!r}. "
            "Say what a reader who cannot see the figure should learn from it."
        )
    png, width, height = _png(owner)
    plt.close(owner)
    to_page(png, width, height, alt, kind="figure")


def to_page(png, width, height, alt, *, kind):
    """Emit a PNG of so many CSS pixels; where none can be shown, print its alternative text."""
    text = f"[{kind}] {alt}"
    if "IPython" not in sys.modules or sys.modules["IPython"].get_ipython() is None:
        print(text)
        return
    from IPython.display import display

    # JupyterLab takes no alternative text from an output's metadata, so that image/png has none.
    # The style keeps proportions where a narrow page makes the picture narrower.
    html = (
        f'<img alt="{escape(alt)}" width="{width}" height="{height}" '
        'style="max-width: 100%; height: auto; background: white" '
        f'src="data:image/png;base64,{b64encode(png).decode()}">'
    )
    display({"text/html": html, "text/plain": text}, raw=True)


def _png(figure):
    """Render the drawn part of a figure; return PNG bytes, width and height in CSS pixels."""
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
    """Return an image with at most 256 colours if that looks the same, else as it is."""
    few = image.quantize(256, method=Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE)
    shift = np.abs(np.asarray(few.convert("RGB"), np.int16) - np.asarray(image, np.int16))
    return few if shift.max() <= _LARGEST_SHIFT and shift.mean() <= _MEAN_SHIFT else image
