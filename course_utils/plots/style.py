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
        ``INK`` or ``"white"``, whichever has the higher contrast by relative luminance
        (WCAG 2.1, 2018).
    """

    def luminance(any_colour):
        linear = [
            c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in to_rgb(any_colour)
        ]
        return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]

    back = luminance(colour)
    on_white = 1.05 / (back + 0.05)
    on_ink = (back + 0.05) / (luminance(INK) + 0.05)
    return "white" if on_white > on_ink else INK
