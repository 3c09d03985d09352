"""What a figure shows, in words: for readers who cannot see it.

A function that draws leaves a sentence, ``description``, on its Axes, or for a grid on the figure.
"""


def description(figure):
    """Return what a figure says of itself, or an empty text.

    Of an Axes that was drawn on by hand, the labels of its axes and the entries of its legend.
    """
    parts = [figure.get_suptitle()]
    if hasattr(figure, "description"):
        return sentences(*parts, figure.description)
    for ax in figure.axes:
        if ax.get_visible():
            parts += [ax.get_title(loc) for loc in ("left", "center", "right")]
            parts.append(ax.description if hasattr(ax, "description") else _by_hand(ax))
    return sentences(*parts)


def sentences(*parts):
    """Join texts, each on one line and with a full stop unless it ends in a mark of its own."""
    lines = [" ".join(part.replace("$", "").split()) for part in parts]
    return " ".join(line if line[-1] in ".?!:" else f"{line}." for line in lines if line)


def listing(names, most=12):
    """Return ``a, b, c``, and how many more there are beyond `most`."""
    names = [" ".join(str(name).split()) for name in names]
    more = [f"and {len(names) - most} more"] if len(names) > most + 1 else []
    return ", ".join(names[: most if more else None] + more)


def count(number, noun, plural=None):
    """Return ``1 picture``, ``2 pictures``."""
    return f"{number:,} {noun if number == 1 else plural or noun + 's'}"


def number(value):
    """Return a value with three digits that say something, and a true minus sign."""
    text = f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"
    return text.replace("-", "\N{MINUS SIGN}")


def _by_hand(ax):
    """Return labels and legend of an Axes drawn on by hand; where it has none, its texts."""
    x, y = ax.get_xlabel(), ax.get_ylabel()
    if ax.get_label() == "<colorbar>":
        return f"Colours: {x or y}" if x or y else ""
    legend = ax.get_legend()
    texts = legend.get_texts() if legend else []
    named = [text.get_text() for text in texts] or ax.get_legend_handles_labels()[1]
    axes = f"{y} over {x}" if x and y else x or y
    if not axes and not named:
        named = [text.get_text() for text in ax.texts]
    return ": ".join(part for part in (axes, listing(named)) if part)
