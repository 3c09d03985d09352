"""What was measured: learning curves, confusion, and figures of merit with their spread."""

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from course_utils.plots.style import COLOURS, GRID, INK, PAGE_WIDTH, QUIET, as_text

_LABEL_SIZE = 9
_MOST_DIRECT = 8
_THIN = 1.4
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
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If `metric` was not recorded, or nothing was.
    """
    runs = _runs(histories)
    for name, run in runs.items():
        if metric not in run or not len(run[metric]):
            recorded = [key for key in run if not key.startswith("val_")]
            of = f" of {name!r}" if name else ""
            raise ValueError(
                f"Expected `metric` to be one that was recorded{of}: {recorded}. "
                f"Received: {metric!r}."
            )
    if ax is None:
        _, ax = plt.subplots(figsize=(PAGE_WIDTH * 0.85, 3.6))
    validated = any(f"val_{metric}" in run for run in runs.values())
    ends = []
    longest = max(len(run[metric]) for run in runs.values())
    for index, (name, run) in enumerate(runs.items()):
        colour = COLOURS[index % len(COLOURS)]
        curves = [(name or "training", run[metric], "--" if validated else "-")]
        if f"val_{metric}" in run:
            curves.append((name or "validation", run[f"val_{metric}"], "-"))
        for _, values, style in curves:
            _curve(ax, values, colour, style)
        # A name is written once, where the run's last curve ends.
        named = curves if name is None else curves[-1:]
        ends += [(text, values[-1], colour) for text, values, _ in named]
    ax.set(xlabel="epoch", ylabel=metric.replace("_", " "))
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlim(1 - 0.02 * longest, longest + 0.02 * longest)
    ax.margins(y=0.06)
    ax.grid(axis="y")
    told_apart = validated and None not in runs and len(ends) <= _MOST_DIRECT
    if title:
        ax.set_title(title, pad=26 if told_apart else None)
    styles = [
        Line2D([], [], color=QUIET, ls="-", label="validation"),
        Line2D([], [], color=QUIET, ls="--", lw=_THIN, label="training"),
    ]
    if len(ends) > _MOST_DIRECT:
        handles = [Line2D([], [], color=colour, label=name) for name, _, colour in ends]
        handles += styles if validated else []
        ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5))
        return ax
    _label_ends(ax, ends)
    if told_apart:
        ax.legend(
            handles=styles, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2,
            borderpad=0.2,
        )  # fmt: skip
    return ax


def confusion_matrix(y_true, y_pred, *, class_names, normalise="true", title=None, ax=None):
    """Draw which classes are taken for which: right answers boxed, errors in colour, zeros blank.

    Parameters
    ----------
    y_true, y_pred : integer arrays of shape (n,)
        True and predicted classes, from 0.
    class_names : sequence of str
        The name of each class.
    normalise : {"true", None}
        "true" prints percentages of each true class, so that a row sums to 100; None prints counts.
    title : str, optional
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If the arrays do not fit each other or `class_names`, or `normalise` is something else.
    """
    import seaborn as sns
    from sklearn import metrics

    k = len(class_names)
    y_true, y_pred = _classes("y_true", y_true, k), _classes("y_pred", y_pred, k)
    if len(y_true) != len(y_pred):
        raise ValueError(
            "Expected as many predictions as true classes. "
            f"Received: {len(y_true)} true classes and {len(y_pred)} predictions."
        )
    if normalise not in ("true", None):
        raise ValueError(f'Expected `normalise` to be "true" or None. Received: {normalise!r}.')
    counts = metrics.confusion_matrix(y_true, y_pred, labels=range(k))
    if normalise:
        of_class = counts.sum(axis=1, keepdims=True)
        share = 100 * counts / np.maximum(of_class, 1)
        text = np.round(share).astype(int).astype(str)
        text[(counts > 0) & (share < 0.5)] = "<1"
        text[np.broadcast_to(of_class == 0, counts.shape)] = ""
    else:
        share, text = counts, counts.astype(str)
    if ax is None:
        side = min(PAGE_WIDTH, 2.2 + 0.44 * k)
        _, ax = plt.subplots(figsize=(side + 0.3, side))
    right = np.eye(k, dtype=bool)
    common = {
        "ax": ax, "fmt": "", "annot": text, "cbar": False, "square": True, "linewidths": 1.2,
        "linecolor": "white", "xticklabels": class_names, "yticklabels": class_names,
    }  # fmt: skip
    size = {"fontsize": 9 if k <= 12 else 7}
    ax.set_facecolor("#f6f6f6")
    sns.heatmap(
        share, mask=right | (counts == 0), cmap=sns.light_palette(_ERROR, as_cmap=True), vmin=0,
        vmax=max(share[~right].max(initial=0), 1), annot_kws=size, **common,
    )  # fmt: skip
    sns.heatmap(
        share, mask=~right, cmap=sns.light_palette(COLOURS[0], as_cmap=True), vmin=0,
        vmax=4 * max(share.max(), 1), annot_kws={**size, "fontweight": "bold"}, **common,
    )  # fmt: skip
    for i in range(k):
        ax.add_patch(plt.Rectangle((i, i), 1, 1, fill=False, ec=COLOURS[0], lw=1.2, clip_on=False))
    unit = "% of the true class" if normalise else "images"
    ax.set(xlabel=f"predicted class ({unit})", ylabel="true class")
    ax.tick_params(length=0)
    long_names = max(len(str(name)) for name in class_names) > 3
    ax.set_xticklabels(
        ax.get_xticklabels(),
        rotation=40 if long_names else 0,
        ha="right" if long_names else "center",
        rotation_mode="anchor",
    )
    ax.set_yticklabels(ax.get_yticklabels(), rotation=0)
    if title:
        ax.set_title(title)
    return ax


def bars(values, *, label, unit="", colours=None, control=None, at_least=None, title=None, ax=None):
    """Draw figures of merit as bars from zero: mean, every single run, and the range between them.

    Parameters
    ----------
    values : dict of str to float or sequence of floats
        One value, or the values of several runs (seeds), for each name.
    label : str
        What the values are: the label of the axis.
    unit : str
        Written after each value, such as " s" or " %".
    colours : sequence of colours, optional
        One for each bar, where equal colours are to say that bars belong together; by default the
        course's colours in turn.
    control : float or dict of str to float, optional
        Reference values, such as ``{"chance": 0.1}``: drawn as dotted lines.
    at_least : float, optional
        A bar that the values should reach: drawn as a dashed line.
    title : str, optional
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is nothing to draw, a value is not finite, or there is not one colour a bar.
    """
    if not values:
        raise ValueError("Expected at least one name and value. Received: none.")
    runs = {name: np.atleast_1d(np.asarray(v, dtype=float)) for name, v in values.items()}
    for name, run in runs.items():
        if run.ndim != 1 or not run.size or not np.isfinite(run).all():
            raise ValueError(
                f"Expected {name!r} to be a number or several, all finite. "
                f"Received: {values[name]!r}."
            )
    if colours is None:
        colours = [COLOURS[place % len(COLOURS)] for place in range(len(runs))]
    elif len(colours) != len(runs):
        raise ValueError(
            f"Expected one colour for each of the {len(runs)} bars. Received: {len(colours)}."
        )
    if ax is None:
        _, ax = plt.subplots(figsize=(PAGE_WIDTH * 0.85, 0.95 + 0.46 * len(runs)))
    number = _number_format(np.concatenate(list(runs.values())))
    for place, (run, colour) in enumerate(zip(runs.values(), colours, strict=True)):
        mean, low, high = run.mean(), run.min(), run.max()
        ax.barh(place, mean, height=0.58, color=colour, alpha=0.8, lw=0)
        spread = ""
        if run.size > 1:
            ax.plot([low, high], [place, place], color=INK, lw=1.2)
            around = np.linspace(-0.16, 0.16, run.size)
            ax.plot(run, place + around, "o", ms=4, mfc="white", mec=INK, mew=0.9)
            spread = f"{number(low)} to {number(high)}"
        beside = {
            "xycoords": ax.get_yaxis_transform(), "textcoords": "offset points", "va": "center",
            "fontsize": _LABEL_SIZE,
        }  # fmt: skip
        mean_text = ax.annotate(
            f"{number(mean)}{unit}", (1, place), xytext=(9, 0), fontweight="bold", **beside
        )
        ax.annotate(
            spread, (1, 0.5), xytext=(7, 0), color=QUIET, **{**beside, "xycoords": mean_text}
        )
    ax.set_yticks(range(len(runs)), list(runs))
    ax.set_ylim(len(runs) - 0.45, -0.55)
    ax.tick_params(axis="y", length=0)
    ax.spines["left"].set_visible(False)
    ax.axvline(0, color=QUIET, lw=0.8)
    named = control if isinstance(control, dict) else {"control": control}
    lines = [
        (f"{name} {value:.3g}{unit}", value, ":")
        for name, value in named.items()
        if value is not None
    ]
    if at_least is not None:
        lines.append((f"at least {at_least:g}{unit}", at_least, "--"))
    for _, value, style in lines:
        ax.axvline(value, color=INK, ls=style, lw=1.2)
    every = np.concatenate([*runs.values(), [value for _, value, _ in lines], [0]])
    span = np.ptp(every) or 1
    ax.set_xlim(every.min() - (0.05 * span if every.min() < 0 else 0), every.max() + 0.03 * span)
    ax.xaxis.set_major_locator(MaxNLocator(nbins=6))
    ax.set_xlabel(label)
    ax.grid(axis="x", color=GRID)
    if title:
        ax.set_title(title, pad=24 if lines else None)
    _label_above(ax, [(text, value) for text, value, _ in lines])
    return ax


def curves(
    values, x, *, label, x_label, log_x=False, log_y=False, control=None, title=None, ax=None
):
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
    control : dict of str to float, optional
        Reference values, such as ``{"chance": 0.1}``: drawn as dotted lines.
    title : str, optional
        Title of the Axes.
    ax : Axes, optional
        Where to draw; by default a new figure.

    Returns
    -------
    Axes

    Raises
    ------
    ValueError
        If there is nothing to draw, a value is not finite, or there is not one value a place.
    """
    if not values:
        raise ValueError("Expected at least one name and values. Received: none.")
    runs = {name: np.atleast_2d(np.asarray(v, dtype=float)) for name, v in values.items()}
    for name, run in runs.items():
        if run.ndim != 2 or run.shape[1] != len(x) or not run.size or not np.isfinite(run).all():
            raise ValueError(
                f"Expected {name!r} to hold one finite value for each of the {len(x)} places, "
                f"shape (k,) or (runs, k). Received: {values[name]!r}."
            )
    if ax is None:
        _, ax = plt.subplots(figsize=(PAGE_WIDTH * 0.85, 3.6))
    named = any(isinstance(place, str) for place in x)
    places = np.arange(len(x)) if named else np.asarray(x, dtype=float)
    ends = []
    for index, (name, run) in enumerate(runs.items()):
        colour = COLOURS[index % len(COLOURS)]
        mean = run.mean(axis=0)
        if len(run) > 1:
            ax.fill_between(places, run.min(axis=0), run.max(axis=0), color=colour, alpha=0.2, lw=0)
        ax.plot(places, mean, _MARKERS[index % len(_MARKERS)], ls="-", color=colour, ms=5)
        ends.append((name, mean[np.argmax(places)], colour))
    for name, value in (control or {}).items():
        ax.axhline(value, color=QUIET, ls=":", lw=1.2)
        ends.append((name, value, QUIET))
    if log_x:
        ax.set_xscale("log")
        ax.minorticks_off()
    if named or log_x:
        ax.set_xticks(places, [place if named else f"{place:g}" for place in x])
    if log_y:
        ax.set_yscale("log")
    ax.set(xlabel=x_label, ylabel=label)
    ax.margins(x=0.03, y=0.06)
    ax.grid(axis="y")
    if title:
        ax.set_title(title)
    _label_ends(ax, ends)
    return ax


def _runs(histories):
    """Return ``{name: {metric: values}}``, with the name None where there is a single run."""
    record = getattr(histories, "history", histories)
    if not isinstance(record, dict) or not record:
        raise ValueError(
            "Expected a Keras History, its dict of lists, or a dict of these by name. "
            f"Received: {histories!r}."
        )
    if all(hasattr(run, "history") or isinstance(run, dict) for run in record.values()):
        return {name: getattr(run, "history", run) for name, run in record.items()}
    return {None: record}


def _curve(ax, values, colour, style):
    epochs = range(1, len(values) + 1)
    ax.plot(epochs, values, style, color=colour, lw=_THIN if style == "--" else None)
    ax.plot(epochs[-1:], values[-1:], "o", color=colour, ms=4.5)


def _label_ends(ax, ends):
    """Name lines right of the axes, pushed apart where they would overlap."""
    ax.figure.draw_without_rendering()
    height = ax.get_window_extent().height / ax.figure.dpi * 72
    gap = 1.3 * _LABEL_SIZE / height
    order = sorted(range(len(ends)), key=lambda i: ends[i][1])
    on_page = ax.transData.transform([(ax.get_xlim()[1], ends[i][1]) for i in order])
    wanted = ax.transAxes.inverted().transform(on_page)[:, 1]
    for i, y in zip(order, _spread(wanted, gap), strict=True):
        name, _, colour = ends[i]
        ax.text(
            1.012, y, name, transform=ax.transAxes, color=as_text(colour), va="center",
            fontsize=_LABEL_SIZE, fontweight="bold",
        )  # fmt: skip


def _spread(wanted, gap):
    """Move sorted positions as little as needed to keep neighbours `gap` apart (least squares)."""
    groups = []
    for w in wanted:
        groups.append([w, 1])
        while (
            len(groups) > 1
            and groups[-1][0] - groups[-2][0] < gap * (groups[-1][1] + groups[-2][1]) / 2
        ):
            (b, nb), (a, na) = groups.pop(), groups.pop()
            groups.append([(a * na + b * nb) / (na + nb), na + nb])
    return [c + gap * (i - (n - 1) / 2) for c, n in groups for i in range(n)]


def _label_above(ax, lines):
    """Name vertical reference lines above the axes, pushed apart where they would overlap."""
    lines = sorted(lines, key=lambda line: line[1])
    texts = [
        ax.text(
            value, 1.015, text, transform=ax.get_xaxis_transform(), ha="center", va="bottom",
            fontsize=_LABEL_SIZE,
        )
        for text, value in lines
    ]  # fmt: skip
    if len(texts) < 2:
        return
    # The width of the axes depends on the texts and their places on it: settle both in two passes.
    for _ in range(2):
        ax.figure.draw_without_rendering()
        left, right = ax.get_xlim()
        a_pixel = (right - left) / ax.get_window_extent().width
        widths = [text.get_window_extent().width * a_pixel for text in texts]
        gap = max(widths) + 8 * a_pixel
        for text, x in zip(texts, _spread([value for _, value in lines], gap), strict=True):
            text.set_x(x)


def _number_format(values):
    """Return what writes a value with the decimals that fit the largest, and a true minus sign."""
    largest = np.abs(values).max()
    if largest <= 1.5:
        pattern = "{:.3f}"
    elif largest < 1000:
        pattern = "{:.1f}"
    else:
        pattern = "{:,.0f}"
    return lambda value: pattern.format(value).replace("-", "\N{MINUS SIGN}")


def _classes(name, y, k):
    y = np.asarray(y)
    if y.ndim != 1 or not np.issubdtype(y.dtype, np.integer):
        hint = " Use np.argmax(..., axis=-1)." if y.ndim == 2 else ""
        raise ValueError(
            f"Expected `{name}` to be integers of shape (n,). "
            f"Received: dtype {y.dtype} and shape {y.shape}.{hint}"
        )
    if y.size == 0:
        raise ValueError(f"Expected `{name}` to hold at least one class. Received: none.")
    if y.min() < 0 or y.max() >= k:
        raise ValueError(
            f"Expected `{name}` from 0 to {k - 1}, as there are {k} class names. "
            f"Received: values from {y.min()} to {y.max()}."
        )
    return y
