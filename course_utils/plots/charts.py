"""What was measured: learning curves, confusion, and figures of merit with their spread."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from course_utils.plots.describe import count, number
from course_utils.plots.style import COLOURS, GRID, INK, PAGE_WIDTH, QUIET, as_text, colours_for

_LABEL_SIZE = 9
_WIDTH = 0.85 * PAGE_WIDTH
_MARKERS = "osD^vP*X"
_ERROR = "#ff9933"  # light enough for dark figures on its full strength


def history(histories, *, metric="accuracy", title=None, ax=None):
    """Draw learning curves: training dashed, validation solid, named where the lines end.

    Parameters
    ----------
    histories : History, dict of lists, or dict of these
        What Keras' ``fit`` returned, its ``.history``, or several of them by name:
        ``{"CNN": cnn_history, "dense": dense_history}``.
    metric : str
        Which metric to draw, with its validation curve, ``val_`` and the name, where there is one.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    runs = _recorded(histories, metric)
    if ax is None:
        _, ax = plt.subplots(figsize=(_WIDTH, 3.6))
    validated = any(f"val_{metric}" in run for run in runs.values())
    dashed = {"ls": "--", "lw": 1.4}
    ends, told = [], []
    for (name, run), colour in zip(runs.items(), colours_for(runs), strict=True):
        drawn = {"training": run[metric]}
        if f"val_{metric}" in run:
            drawn["validation"] = run[f"val_{metric}"]
        for kind, values in drawn.items():
            epochs = range(1, len(values) + 1)
            style = dashed if validated and kind == "training" else {}
            ax.plot(epochs, values, color=colour, **style)
            ax.plot(epochs[-1:], values[-1:], "o", color=colour, ms=4.5)
        # A name is written once, where the run's last curve ends.
        named = drawn if name is None else {name: values}
        ends += [(text, curve[-1], colour) for text, curve in named.items()]
        course = ", ".join(f"{kind} {number(v[0])} to {number(v[-1])}" for kind, v in drawn.items())
        told.append(f"{name}: {course}" if name else course)
    quantity = metric.replace("_", " ")
    longest = max(len(run[metric]) for run in runs.values())
    ax.set(xlabel="epoch", ylabel=quantity, xlim=(1 - 0.02 * longest, 1.02 * longest))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.margins(y=0.06)
    ax.grid(axis="y")
    legend = validated and None not in runs
    if title:
        ax.set_title(title, pad=26 if legend else None)
    _label_ends(ax, ends)
    if legend:
        styles = [
            Line2D([], [], color=QUIET, label="validation"),
            Line2D([], [], color=QUIET, label="training", **dashed),
        ]
        ax.legend(
            handles=styles, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2,
            borderpad=0.2
        )  # fmt: skip
    over = f"{quantity} over {count(longest, 'epoch')}"
    ax.description = f"Learning curves, {over}. {'; '.join(told)}"
    return ax


def confusion_matrix(y_true, y_pred, *, class_names, title=None):
    """Draw which classes are taken for which, in percent of each true class.

    Right answers are boxed, errors in colour, and what never happened is left blank.

    Parameters
    ----------
    y_true, y_pred : integer arrays of shape (n,)
        True and predicted classes, from 0.
    class_names : sequence of str
    title : str, optional

    Returns
    -------
    Axes
    """
    import seaborn as sns
    from sklearn import metrics

    k = len(class_names)
    y_true, y_pred = _classes("y_true", y_true, k), _classes("y_pred", y_pred, k)
    counts = metrics.confusion_matrix(y_true, y_pred, labels=range(k))
    of_class = counts.sum(axis=1, keepdims=True)
    share = 100 * counts / np.maximum(of_class, 1)
    text = np.round(share).astype(int).astype(str)
    text[(counts > 0) & (share < 0.5)] = "<1"
    text[of_class[:, 0] == 0] = ""
    side = min(PAGE_WIDTH - 0.5, 2 + 0.37 * k)
    _, ax = plt.subplots(figsize=(side + 0.3, side))
    right = np.eye(k, dtype=bool)
    ax.set_facecolor("#f6f6f6")
    for colour, blank, darkest, weight in (
        (_ERROR, right | (counts == 0), max(share[~right].max(initial=0), 1), "normal"),
        (COLOURS[0], ~right, 4 * max(share.max(), 1), "bold"),
    ):
        sns.heatmap(
            share, mask=blank, vmin=0, vmax=darkest, cmap=sns.light_palette(colour, as_cmap=True),
            annot=text, fmt="", annot_kws={"fontsize": 9 if k <= 12 else 7, "fontweight": weight},
            cbar=False, square=True, linewidths=1.2, linecolor="white", xticklabels=class_names,
            yticklabels=class_names, ax=ax
        )  # fmt: skip
    for i in range(k):
        ax.add_patch(plt.Rectangle((i, i), 1, 1, fill=False, ec=COLOURS[0], lw=1.2, clip_on=False))
    ax.set(xlabel="predicted class (% of the true class)", ylabel="true class")
    ax.tick_params(length=0)
    tilted = max(len(str(name)) for name in class_names) > 3
    plt.setp(
        ax.get_xticklabels(), rotation=40 if tilted else 0, ha="right" if tilted else "center",
        rotation_mode="anchor"
    )  # fmt: skip
    plt.setp(ax.get_yticklabels(), rotation=0)
    if title:
        ax.set_title(title)
    ax.description = _told_of_confusion(counts, share / 100, class_names)
    return ax


def bars(values, *, label, colours=None, control=None, title=None, ax=None):
    """Draw figures of merit as bars from zero: mean, every single run, and the range between them.

    Parameters
    ----------
    values : dict of str to float or sequence of floats
        One value, or the values of several runs (seeds), for each name.
    label : str
        What the values are: the label of the axis.
    colours : dict of str to colour, or sequence of colours, optional
        Of each name; equal colours say that bars belong together.
    control : dict of str to float, optional
        Reference values, such as ``{"chance": 0.1}``: drawn as dotted lines.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    runs = {name: np.atleast_1d(np.asarray(v, dtype=float)) for name, v in values.items()}
    _check({name: run[:, None] for name, run in runs.items()}, 1)
    if ax is None:
        _, ax = plt.subplots(figsize=(_WIDTH, 0.95 + 0.46 * len(runs)))
    written = _number_format(np.concatenate(list(runs.values())))
    beside = {"textcoords": "offset points", "va": "center", "fontsize": _LABEL_SIZE}
    told = []
    for place, (name, colour) in enumerate(zip(runs, colours_for(runs, colours), strict=True)):
        run = runs[name]
        mean, low, high = run.mean(), run.min(), run.max()
        ax.barh(place, mean, height=0.58, color=colour, alpha=0.8, lw=0)
        text = ax.annotate(
            written(mean), (1, place), xycoords=ax.get_yaxis_transform(), xytext=(9, 0),
            fontweight="bold", **beside
        )  # fmt: skip
        told.append(f"{name} {written(mean)}")
        if run.size > 1:
            ax.plot([low, high], [place, place], color=INK, lw=1.2)
            around = np.linspace(-0.16, 0.16, run.size)
            ax.plot(run, place + around, "o", ms=4, mfc="white", mec=INK, mew=0.9)
            spread = f"{written(low)} to {written(high)}"
            ax.annotate(spread, (1, 0.5), xycoords=text, xytext=(7, 0), color=QUIET, **beside)
            told[-1] += f" ({spread})"
    ax.set_yticks(range(len(runs)), list(runs))
    ax.set(xlabel=label, ylim=(len(runs) - 0.45, -0.55))
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=QUIET, lw=0.8)
    lines = {f"{name} {value:.3g}": value for name, value in (control or {}).items()}
    for value in lines.values():
        ax.axvline(value, color=INK, ls=":", lw=1.2)
    ax.margins(x=0.03)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
    ax.grid(axis="x", color=GRID)
    if title:
        ax.set_title(title, pad=24 if lines else None)
    _label_above(ax, lines)
    ax.description = f"Bars of {label or 'values'}: {'; '.join(told)}"
    if len(runs) > 1:
        ax.description += f". Longest: {max(runs, key=lambda name: abs(runs[name].mean()))}"
    if lines:
        ax.description += f". Lines at {', '.join(lines)}"
    return ax


def curves(
    values, x, *, label, x_label, log_x=False, log_y=False, colours=None, control=None, title=None,
    ax=None
):  # fmt: skip
    """Draw figures of merit against something that was varied: mean, and range over runs.

    Parameters
    ----------
    values : dict of str to array of shape (k,) or (runs, k)
        For each name one value at each of the k places, or those of several runs (seeds): then
        the line is their mean, and the band goes from the least to the greatest.
    x : sequence of k numbers or k str
        What was varied. Numbers are drawn to scale, texts at equal distances.
    label, x_label : str
        What the values are and what was varied: the labels of the axes.
    log_x, log_y : bool
        Draw what was varied, or the values, on a logarithmic scale.
    colours : dict of str to colour, or sequence of colours, optional
    control : dict of str to float, optional
        Reference values, such as ``{"chance": 0.1}``: drawn as dotted lines.
    title : str, optional
    ax : Axes, optional

    Returns
    -------
    Axes
    """
    runs = {name: np.atleast_2d(np.asarray(v, dtype=float)) for name, v in values.items()}
    _check(runs, len(x))
    if ax is None:
        _, ax = plt.subplots(figsize=(_WIDTH, 3.6))
    named = any(isinstance(place, str) for place in x)
    places = np.arange(len(x)) if named else np.asarray(x, dtype=float)
    names = [place if isinstance(place, str) else f"{place:g}" for place in x]
    last = np.argmax(places)
    ends, told = [], []
    styles = zip(colours_for(runs, colours), cycle(_MARKERS), strict=False)
    for (name, run), (colour, marker) in zip(runs.items(), styles, strict=True):
        mean, low, high = run.mean(axis=0), run.min(axis=0), run.max(axis=0)
        if len(run) > 1:
            ax.fill_between(places, low, high, color=colour, alpha=0.2, lw=0)
        ax.plot(places, mean, marker, ls="-", color=colour, ms=5)
        ends.append((name, mean[last], colour))
        told.append(f"{name} {_course(names, mean)}")
    lines = []
    for name, value in (control or {}).items():
        ax.axhline(value, color=QUIET, ls=":", lw=1.2)
        ends.append((name, value, QUIET))
        lines.append(f"{name} at {number(value)}")
    if log_x:
        ax.set_xscale("log")
        ax.minorticks_off()
    if named or log_x:
        ax.set_xticks(places, names)
    if log_y:
        ax.set_yscale("log")
    ax.set(xlabel=x_label, ylabel=label)
    ax.margins(x=0.03, y=0.06)
    ax.grid(axis="y")
    if title:
        ax.set_title(title)
    _label_ends(ax, ends)
    what = f"Curves of {label or 'values'} over {x_label or 'x'}"
    ax.description = f"{what}: {'; '.join(told)}"
    if lines:
        ax.description += f". Lines: {', '.join(lines)}"
    return ax


def _course(names, values):
    """Return where a curve begins and ends, and its extremes between."""
    at = [f"{number(value)} at {name}" for value, name in zip(values, names, strict=True)]
    if len(at) < 3:
        return ", ".join(at)
    text = f"from {at[0]} to {at[-1]}"
    for word, i in (("highest", values.argmax()), ("lowest", values.argmin())):
        if 0 < i < len(at) - 1:
            text += f", {word} {at[i]}"
    return text


def _told_of_confusion(counts, share, names):
    """Return the share of right answers, the best and the worst class, the worst confusion."""
    right = np.where(counts.sum(axis=1), share.diagonal(), np.nan)
    best, worst = np.nanargmax(right), np.nanargmin(right)
    text = (
        f"Confusion matrix of {count(len(names), 'class', 'classes')} and "
        f"{count(counts.sum(), 'image')}: {counts.trace() / counts.sum():.0%} right, from "
        f"{names[worst]} with {right[worst]:.0%} to {names[best]} with {right[best]:.0%}"
    )
    errors = share * ~np.eye(len(share), dtype=bool)
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    if errors[true, said]:
        text += f". Most frequent: {names[true]} taken for {names[said]}, {errors[true, said]:.0%}"
    return text


def _recorded(histories, metric):
    """Return ``{name: {metric: values}}``, with the name None where there is a single run."""
    record = getattr(histories, "history", histories)
    runs = {name: getattr(run, "history", run) for name, run in record.items()}
    if not runs or not all(isinstance(run, dict) for run in runs.values()):
        runs = {None: record}
    for name, run in runs.items():
        if metric not in run:
            hint = "" if run else " Training did not finish: run its cell to the end first."
            raise ValueError(
                f"`metric` must be one that was recorded{f' of {name!r}' if name else ''}: "
                f"{list(run)}. Received: {metric!r}.{hint}"
            )
    return runs


def _label_ends(ax, ends):
    """Name lines right of the axes, pushed apart where they would overlap."""
    ax.figure.draw_without_rendering()
    height = ax.get_window_extent().height / ax.figure.dpi * 72
    ends = sorted(ends, key=lambda end: end[1])
    on_page = ax.transData.transform([(ax.get_xlim()[1], value) for _, value, _ in ends])
    wanted = ax.transAxes.inverted().transform(on_page)[:, 1]
    places = _spread(wanted, 1.3 * _LABEL_SIZE / height)
    style = {"va": "center", "fontsize": _LABEL_SIZE, "fontweight": "bold"}
    for y, (name, _, colour) in zip(places, ends, strict=True):
        ax.text(1.012, y, name, transform=ax.transAxes, color=as_text(colour), **style)


def _label_above(ax, lines):
    """Name vertical reference lines above the axes, pushed apart where they would overlap."""
    lines = dict(sorted(lines.items(), key=lambda line: line[1]))
    style = {"ha": "center", "va": "bottom", "fontsize": _LABEL_SIZE}
    on_axes = ax.get_xaxis_transform()
    texts = [ax.text(x, 1.015, text, transform=on_axes, **style) for text, x in lines.items()]
    if len(texts) < 2:
        return
    # The width of the axes depends on the texts and their places on it: settle both in two passes.
    for _ in range(2):
        ax.figure.draw_without_rendering()
        a_pixel = np.ptp(ax.get_xlim()) / ax.get_window_extent().width
        gap = a_pixel * (max(text.get_window_extent().width for text in texts) + 8)
        for text, x in zip(texts, _spread(list(lines.values()), gap), strict=True):
            text.set_x(x)


def _spread(wanted, gap):
    """Move sorted positions as little as needed to keep neighbours `gap` apart (least squares)."""
    from sklearn.isotonic import isotonic_regression

    close = gap * np.arange(len(wanted))
    return close + isotonic_regression(np.array(wanted) - close)


def _number_format(values):
    """Return what writes a value with the decimals that fit the largest, and a true minus sign."""
    largest = np.abs(values).max()
    pattern = "{:.3f}" if largest <= 1.5 else "{:.1f}" if largest < 1000 else "{:,.0f}"
    return lambda value: pattern.format(value).replace("-", "\N{MINUS SIGN}")


def _check(runs, k):
    """Say what is wrong with arrays that must be finite and of shape (runs, k), by name."""
    if not runs:
        raise ValueError("`values` must hold at least one name and values. Received: none.")
    for name, run in runs.items():
        if run.ndim != 2 or run.shape[1] != k or not run.size or not np.isfinite(run).all():
            raise ValueError(
                f"`values` must be finite, {count(k, 'number')} a run, for {name!r}. "
                f"Received: {run.tolist()}."
            )


def _classes(name, y, k):
    """Return class numbers as an array, or say what is wrong with them."""
    y = np.asarray(y)
    wrong = sorted(set(y.ravel().tolist()) - set(range(k)))
    if y.ndim != 1 or wrong:
        hint = " Use np.argmax(..., axis=-1)." if y.ndim == 2 else ""
        raise ValueError(
            f"`{name}` must be integers of shape (n,), from 0 to {k - 1} as there are {k} class "
            f"names. Received: {wrong[:3]} in an array of shape {y.shape}.{hint}"
        )
    return y
