"""One look for all figures, from course.mplstyle, and the colours of things in them."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
from matplotlib.colors import to_hex, to_rgb

_STYLE = mpl.rc_params_from_file(
    Path(__file__).with_name("course.mplstyle"), use_default_template=False
)

COLOURS = tuple(to_hex(colour) for colour in _STYLE["axes.prop_cycle"].by_key()["color"])
"""seaborn's palette "colorblind"."""

INK = to_hex(_STYLE["text.color"])
QUIET = to_hex(_STYLE["axes.edgecolor"])
GRID = to_hex(_STYLE["grid.color"])
PAGE_WIDTH = _STYLE["figure.figsize"][0]
"""Width in inches (96 pixels each) that fits beside JupyterLab's prompts on a laptop screen."""

LUMA = np.float32([0.2126, 0.7152, 0.0722])
"""Weights of red, green and blue in what an eye takes for bright (Rec. 709)."""


def use_style():
    """Make matplotlib draw in the course's style from now on, whatever a matplotlibrc says."""
    mpl.rcdefaults()  # all but the backend
    mpl.rcParams.update(_STYLE)


def colours_for(names, chosen=None):
    """Return a colour for each name: of a dict, of a sequence, or ours in turn."""
    names = list(names)
    if chosen is None:
        return [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    if isinstance(chosen, dict):
        if missing := [name for name in names if name not in chosen]:
            raise ValueError(f"`colours` must name {missing[0]!r}. Received: {list(chosen)}.")
        return [chosen[name] for name in names]
    return one_each("colours", chosen, "name", len(names))


def one_each(name, values, thing, n):
    """Return values as a list, n times None if there are none, or say that they are not n."""
    values = [None] * n if values is None else list(values)
    if len(values) != n:
        raise ValueError(
            f"`{name}` must have one entry for each {thing}, {n}. Received: {len(values)}."
        )
    return values


def readable_on(colour):
    """Return `INK` or white, whichever has the higher contrast on a background."""
    return max((INK, "white"), key=lambda ink: contrast(ink, colour))


def as_text(colour):
    """Darken a colour until words in it have a contrast to white of 4.5 (WCAG 2.1, 2018)."""
    rgb = to_rgb(colour)
    while contrast(rgb, "white") < 4.5:
        rgb = tuple(0.95 * part for part in rgb)
    return rgb


def contrast(one, other):
    """Return the ratio of relative luminances, from 1 to 21 (WCAG 2.1, 2018)."""
    rgb = np.array([to_rgb(one), to_rgb(other)])
    low, high = sorted(np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4) @ LUMA)
    return (high + 0.05) / (low + 0.05)
