"""One look for all figures, from course.mplstyle, and the colours of things in them."""

from pathlib import Path

import matplotlib as mpl
from matplotlib.colors import is_color_like, to_hex, to_rgb

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


def use_style():
    """Make matplotlib draw in the course's style from now on, whatever a matplotlibrc says."""
    mpl.rcdefaults()  # all but the backend
    mpl.rcParams.update(_STYLE)


def colours(names):
    """Give each thing a colour, so that a chapter can draw it in that colour throughout.

    Parameters
    ----------
    names : sequence of str
        At most ten.

    Returns
    -------
    dict of str to str
        To be handed to `bars`, `curves` and `history` as ``colours=``.

    Raises
    ------
    ValueError
        If there are more names than colours that can be told apart.
    """
    names = list(names)
    if len(names) > len(COLOURS):
        raise ValueError(f"`names` must be at most {len(COLOURS)}. Received: {len(names)}.")
    return dict(zip(names, COLOURS, strict=False))


def colours_for(names, chosen):
    """Return a colour for each name.

    Parameters
    ----------
    names : sequence
    chosen : None, colour, sequence of colours or dict of name to colour
        None takes the course's colours in turn.

    Returns
    -------
    list of colours

    Raises
    ------
    ValueError
        If a sequence has not one colour for each name, or a dict lacks a name.
    """
    names = list(names)
    if chosen is None:
        return [COLOURS[place % len(COLOURS)] for place in range(len(names))]
    if is_color_like(chosen):
        return [chosen] * len(names)
    if isinstance(chosen, dict):
        if missing := [name for name in names if name not in chosen]:
            raise ValueError(f"`colours` must name {missing[0]!r}. Received: {list(chosen)}.")
        return [chosen[name] for name in names]
    if len(chosen) != len(names):
        raise ValueError(
            f"`colours` must be one colour, or one for each of {len(names)}. "
            f"Received: {len(chosen)} colours."
        )
    return list(chosen)


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
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
