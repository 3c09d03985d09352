"""What was measured: learning curves, confusion, and figures of merit with their spread."""

from itertools import cycle

import matplotlib.pyplot as plt
import numpy as np
from matplotlib.lines import Line2D
from matplotlib.ticker import MaxNLocator

from course_utils.plots.describe import count, describe, number
from course_utils.plots.style import COLOURS, GRID, INK, PAGE_WIDTH, QUIET, as_text, colours_for

_LABEL_SIZE = 9
_MOST_DIRECT = 8
_THIN = 1.4
_MARKERS = "osD^vP*X"
_ERROR = "#ff9933"  # light enough for dark figures on its full strength


def history(histories, *, metric="accuracy", colours=None, title=None, ax=None):
    """Draw learning curves: training dashed, validation solid, named where the lines end.

    Parameters
    ----------
    histories : History, dict of lists, or dict of these
        What Keras' ``fit`` returned, its ``.history``, or several of them by name:
        ``{"CNN": cnn_history, "dense": dense_history}``.
    metric : str
        Which metric to draw, with its validation curve, ``val_`` and the name, where there is one.
    colours : dict of str to colour, or sequence of colours, optional
        Of each name, as from `plots.colours`; by default the course's colours in turn.
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
                f"`metric` must be one that was recorded{of}: {recorded}. Received: {metric!r}."
            )
    if ax is None:
        _, ax = plt.subplots(figsize=(PAGE_WIDTH * 0.85, 3.6))
    validated = any(f"val_{metric}" in run for run in runs.values())
    longest = max(len(run[metric]) for run in runs.values())
    ends, told = [], []
    for (name, run), colour in zip(runs.items(), colours_for(runs, colours), strict=True):
        drawn = {"training": run[metric]}
        if f"val_{metric}" in run:
            drawn["validation"] = run[f"val_{metric}"]
        course = []
        for kind, values in drawn.items():
            dashed = {"ls": "--", "lw": _THIN} if validated and kind == "training" else {}
            epochs = range(1, len(values) + 1)
            ax.plot(epochs, values, color=colour, **dashed)
            ax.plot(epochs[-1:], values[-1:], "o", color=colour, ms=4.5)
            course.append(f"{kind} {number(values[0])} to {number(values[-1])}")
        # A name is written once, where the run's last curve ends.
        named = drawn if name is None else {name: values}
        ends += [(text, curve[-1], colour) for text, curve in named.items()]
        told.append(f"{name + ': ' if name else ''}{', '.join(course)}")
    quantity = metric.replace("_", " ")
    ax.set(xlabel="epoch", ylabel=quantity)
    ax.xaxis.set_major_locator(MaxNLocator(integer=True, min_n_ticks=1))
    ax.set_xlim(1 - 0.02 * longest, longest + 0.02 * longest)
    ax.margins(y=0.06)
    ax.grid(axis="y")
    describe(ax, f"Learning curves, {quantity} over {count(longest, 'epoch')}. {'; '.join(told)}")
    styles = [
        Line2D([], [], color=QUIET, ls="-", label="validation"),
        Line2D([], [], color=QUIET, ls="--", lw=_THIN, label="training"),
    ]
    many = len(ends) > _MOST_DIRECT
    told_apart = validated and None not in runs and not many
    if title:
        ax.set_title(title, pad=26 if told_apart else None)
    if many:
        handles = [Line2D([], [], color=colour, label=name) for name, _, colour in ends]
        handles += styles if validated else []
        ax.legend(handles=handles, loc="center left", bbox_to_anchor=(1.01, 0.5))
        return ax
    _label_ends(ax, ends)
    if told_apart:
        ax.legend(
            handles=styles, ncols=2, loc="lower left", bbox_to_anchor=(0, 1), borderaxespad=0.2,
            borderpad=0.2
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
            "`y_pred` must hold as many classes as `y_true`. "
            f"Received: {len(y_true)} true classes and {len(y_pred)} predictions."
        )
    if normalise not in ("true", None):
        raise ValueError(f'`normalise` must be "true" or None. Received: {normalise!r}.')
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
        side = min(PAGE_WIDTH - 0.5, 2 + 0.37 * k)
        _, ax = plt.subplots(figsize=(side + 0.3, side))
    right = np.eye(k, dtype=bool)
    common = {
        "ax": ax, "fmt": "", "annot": text, "cbar": False, "square": True, "linewidths": 1.2,
        "linecolor": "white", "xticklabels": class_names, "yticklabels": class_names
    }  # fmt: skip
    size = {"fontsize": 9 if k <= 12 else 7}
    ax.set_facecolor("#f6f6f6")
    sns.heatmap(
        share, mask=right | (counts == 0), cmap=sns.light_palette(_ERROR, as_cmap=True), vmin=0,
        vmax=max(share[~right].max(initial=0), 1), annot_kws=size, **common
    )  # fmt: skip
    sns.heatmap(
        share, mask=~right, cmap=sns.light_palette(COLOURS[0], as_cmap=True), vmin=0,
        vmax=4 * max(share.max(), 1), annot_kws={**size, "fontweight": "bold"}, **common
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
    describe(ax, _told_of_confusion(counts, class_names))
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
    colours : dict of str to colour, or sequence of colours, optional
        Of each name, where equal colours are to say that bars belong together; by default the
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
        raise ValueError("`values` must hold at least one name and value. Received: none.")
    runs = {name: np.atleast_1d(np.asarray(v, dtype=float)) for name, v in values.items()}
    for name, run in runs.items():
        if run.ndim != 1 or not run.size or not np.isfinite(run).all():
            raise ValueError(
                f"`values` must be a number or several for {name!r}, all finite. "
                f"Received: {values[name]!r}."
            )
    if ax is None:
        _, ax = plt.subplots(figsize=(PAGE_WIDTH * 0.85, 0.95 + 0.46 * len(runs)))
    written = _number_format(np.concatenate(list(runs.values())))
    told = []
    for place, (name, colour) in enumerate(zip(runs, colours_for(runs, colours), strict=True)):
        run = runs[name]
        mean, low, high = run.mean(), run.min(), run.max()
        ax.barh(place, mean, height=0.58, color=colour, alpha=0.8, lw=0)
        spread = ""
        if run.size > 1:
            ax.plot([low, high], [place, place], color=INK, lw=1.2)
            around = np.linspace(-0.16, 0.16, run.size)
            ax.plot(run, place + around, "o", ms=4, mfc="white", mec=INK, mew=0.9)
            spread = f"{written(low)} to {written(high)}"
        told.append(f"{name} {written(mean)}{unit}" + (f" ({spread})" if spread else ""))
        beside = {
            "xycoords": ax.get_yaxis_transform(), "textcoords": "offset points", "va": "center",
            "fontsize": _LABEL_SIZE
        }  # fmt: skip
        mean_text = ax.annotate(
            f"{written(mean)}{unit}", (1, place), xytext=(9, 0), fontweight="bold", **beside
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
    told = f"Bars of {label or 'values'}: {'; '.join(told)}"
    if len(runs) > 1:
        told += f". Longest: {max(runs, key=lambda name: abs(runs[name].mean()))}"
    if lines:
        told += f". Lines at {', '.join(text for text, _, _ in lines)}"
    describe(ax, told)
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
        What was varied. Numbers are drawn to scale, texts at equal distances. Where no text has a
        digit, they are names of unrelated things: no line joins them.
    label, x_label : str
        What the values are and what was varied: the labels of the axes.
    log_x, log_y : bool
        Draw what was varied, or the values, on a logarithmic scale.
    colours : dict of str to colour, or sequence of colours, optional
        Of each name, as from `plots.colours`; by default the course's colours in turn.
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
        raise ValueError("`values` must hold at least one name and values. Received: none.")
    runs = {name: np.atleast_2d(np.asarray(v, dtype=float)) for name, v in values.items()}
    for name, run in runs.items():
        if run.ndim != 2 or run.shape[1] != len(x) or not run.size or not np.isfinite(run).all():
            raise ValueError(
                f"`values` must be one finite number for each of the {len(x)} places at {name!r}, "
                f"shape (k,) or (runs, k). Received: {values[name]!r}."
            )
    if ax is None:
        _, ax = plt.subplots(figsize=(PAGE_WIDTH * 0.85, 3.6))
    named = any(isinstance(place, str) for place in x)
    places = np.arange(len(x)) if named else np.asarray(x, dtype=float)
    style = "None" if all(_category(place) for place in x) else "-"
    last = np.argmax(places)
    ends, told = [], []
    for (name, run), colour, marker in zip(
        runs.items(), colours_for(runs, colours), cycle(_MARKERS), strict=False
    ):
        mean, low, high = run.mean(axis=0), run.min(axis=0), run.max(axis=0)
        if len(run) > 1 and style == "-":
            ax.fill_between(places, low, high, color=colour, alpha=0.2, lw=0)
        elif len(run) > 1:
            ax.vlines(places, low, high, color=colour, lw=1.2)
        ax.plot(places, mean, marker, ls=style, color=colour, ms=5)
        ends.append((name, mean[last], colour))
        told.append(f"{name} {_course(x, mean, style)}")
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
    kind = "Points" if style == "None" else "Curves"
    what = f"{kind} of {label or 'values'} over {x_label or 'x'}"
    lines = [f"{name} at {number(value)}" for name, value in (control or {}).items()]
    told = f"{what}: {'; '.join(told)}" + (f". Lines: {', '.join(lines)}" if lines else "")
    describe(ax, told)
    return ax


def _category(place):
    return isinstance(place, str) and not any(map(str.isdigit, place))


def _course(x, values, style):
    """Return where a curve begins and ends and its extreme between, or each value by its name."""
    at = [place if isinstance(place, str) else f"{place:g}" for place in x]
    if style == "None" or len(at) < 3:
        return ", ".join(f"{number(v)} at {place}" for v, place in zip(values, at, strict=True))
    text = f"from {number(values[0])} at {at[0]} to {number(values[-1])} at {at[-1]}"
    for word, i in (("highest", values.argmax()), ("lowest", values.argmin())):
        if 0 < i < len(at) - 1:
            text += f", {word} {number(values[i])} at {at[i]}"
    return text


def _told_of_confusion(counts, names):
    """Return the share of right answers, the best and the worst class, the worst confusion."""
    of_class = counts.sum(axis=1)
    right = counts.diagonal() / np.maximum(of_class, 1)
    known = np.flatnonzero(of_class)
    best, worst = known[right[known].argmax()], known[right[known].argmin()]
    text = (
        f"Confusion matrix of {count(len(names), 'class', 'classes')} and "
        f"{count(of_class.sum(), 'image')}: {counts.trace() / of_class.sum():.0%} right, from "
        f"{names[worst]} with {right[worst]:.0%} to {names[best]} with {right[best]:.0%}"
    )
    errors = (counts - np.diag(counts.diagonal())) / np.maximum(of_class, 1)[:, None]
    true, said = np.unravel_index(errors.argmax(), errors.shape)
    if errors[true, said]:
        text += f". Most frequent: {names[true]} taken for {names[said]}, {errors[true, said]:.0%}"
    return text


def _runs(histories):
    """Return ``{name: {metric: values}}``, with the name None where there is a single run."""
    record = getattr(histories, "history", histories)
    if not isinstance(record, dict):
        raise ValueError(
            "`histories` must be a Keras History, its dict of lists, or a dict of these by name. "
            f"Received: {histories!r}."
        )
    by_name = record and all(hasattr(r, "history") or isinstance(r, dict) for r in record.values())
    runs = {name: getattr(run, "history", run) for name, run in record.items()}
    runs = runs if by_name else {None: record}
    for name, run in runs.items():
        if not run:
            raise ValueError(
                f"`histories` must hold one epoch or more{f' of {name!r}' if name else ''}. "
                "Received: none. Training did not finish: run its cell to the end, then this one."
            )
    return runs


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
            fontsize=_LABEL_SIZE, fontweight="bold"
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
            fontsize=_LABEL_SIZE
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
            f"`{name}` must be integers of shape (n,). "
            f"Received: dtype {y.dtype} and shape {y.shape}.{hint}"
        )
    if y.size == 0:
        raise ValueError(f"`{name}` must hold at least one class. Received: none.")
    if y.min() < 0 or y.max() >= k:
        raise ValueError(
            f"`{name}` must be from 0 to {k - 1}, as there are {k} class names. "
            f"Received: values from {y.min()} to {y.max()}."
        )
    return y
