"""One look for all figures: readable in a notebook, in grey, and with colour-vision deficiency."""

import matplotlib as mpl
from cycler import cycler
from matplotlib.colors import to_rgb

COLOURS = (
    "#0173b2",
    "#de8f05",
    "#029e73",
    "#d55e00",
    "#cc78bc",
    "#ca9161",
    "#fbafe4",
    "#949494",
    "#ece133",
    "#56b4e9",
)
"""seaborn's "colorblind" palette; written out because importing seaborn takes a second or more."""

INK = "#262626"
QUIET = "#666666"
GRID = "#e3e3e3"
PAGE_WIDTH = 7.5
"""Width in inches (96 pixels each) that fits beside JupyterLab's prompts on a laptop screen."""


def use_style():
    """Make matplotlib draw in the course's style from now on.

    The background is opaque white, so that figures read the same on a white page and in
    JupyterLab's dark theme. The typeface is the one that matplotlib brings along, so that figures
    are the same on every machine.
    """
    mpl.rcParams.update(
        {
            "figure.dpi": 96,
            "figure.figsize": (PAGE_WIDTH, 3.8),
            "figure.constrained_layout.use": True,
            "figure.facecolor": "white",
            "figure.titlesize": 12,
            "savefig.facecolor": "white",
            "savefig.transparent": False,
            "font.family": "DejaVu Sans",
            "font.size": 9.5,
            "text.color": INK,
            "axes.prop_cycle": cycler(color=COLOURS),
            "axes.facecolor": "white",
            "axes.edgecolor": QUIET,
            "axes.labelcolor": INK,
            "axes.linewidth": 0.7,
            "axes.labelsize": 9.5,
            "axes.labelpad": 5,
            "axes.titlesize": 11,
            "axes.titlelocation": "left",
            "axes.titlepad": 9,
            "axes.spines.top": False,
            "axes.spines.right": False,
            "axes.axisbelow": True,
            "axes.grid": False,
            "grid.color": GRID,
            "grid.linewidth": 0.7,
            "xtick.color": QUIET,
            "ytick.color": QUIET,
            "xtick.labelcolor": INK,
            "ytick.labelcolor": INK,
            "xtick.labelsize": 9,
            "ytick.labelsize": 9,
            "xtick.major.width": 0.7,
            "ytick.major.width": 0.7,
            "xtick.major.size": 3,
            "ytick.major.size": 3,
            "lines.linewidth": 1.8,
            "lines.solid_capstyle": "round",
            "legend.frameon": False,
            "legend.fontsize": 9,
            "image.cmap": "viridis",
            "image.interpolation": "nearest",
        }
    )


def readable_on(colour):
    """Return the ink, dark or white, that reads better on a background.

    Parameters
    ----------
    colour : matplotlib colour
        The background.

    Returns
    -------
    str
        ``INK`` or ``"white"``, whichever has the higher contrast.
    """
    return max((INK, "white"), key=lambda ink: _contrast(ink, colour))


def as_text(colour):
    """Darken a colour until words in it read well on white.

    Parameters
    ----------
    colour : matplotlib colour
        The colour of a line or bar that the words name.

    Returns
    -------
    tuple of float
        Red, green and blue in [0, 1], with a contrast to white of at least 4.5 (WCAG 2.1, 2018).
    """
    rgb = to_rgb(colour)
    while _contrast(rgb, "white") < 4.5:
        rgb = tuple(0.95 * part for part in rgb)
    return rgb


def _contrast(one, other):
    """Return the ratio of relative luminances, from 1 to 21 (WCAG 2.1, 2018)."""
    low, high = sorted((_luminance(one), _luminance(other)))
    return (high + 0.05) / (low + 0.05)


def _luminance(colour):
    red, green, blue = (
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4
        for part in to_rgb(colour)
    )
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
