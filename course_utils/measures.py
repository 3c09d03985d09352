"""What a run measured: recorded under a name, held against a band, shown as a table.

Where ``COURSE_RECORD`` names a file, each result is appended to it as one line of JSON, for whoever
runs the notebook; `read_record` reads it.
"""

import json
import math
import os
import time
from dataclasses import dataclass
from pathlib import Path

MISSED = """DOES NOT HOLD.
  What to do: restart the kernel and run all cells, from the first to the last. One run may miss by
  chance; if the next one misses as well, compare the cells that you changed with the chapter's."""


class BandError(AssertionError):
    """A measured value lies outside its band, and ``COURSE_STRICT=1`` asked for an error."""


_rows = {}  # of this run's table, by name: two texts for a measure, five where there is a band


def begin(**entry):
    """Forget what was measured before, and record how `setup` set up the run."""
    _rows.clear()
    _record(kind="setup", **entry)


def measure(name, value, unit=""):
    """Record one result of this run under a name, and print it.

    Parameters
    ----------
    name : str
        The name under which the result is reported, such as ``"cnn test accuracy"``.
    value : float
        The result. Measuring a name again replaces its value.
    unit : str, optional
        What the result is counted in, such as ``"s"``; none for shares and plain numbers.
    """
    value = _plain(name, value)
    _rows[name] = name, _shown(value, unit)
    _record(kind="measure", name=name, value=value)
    print(f"{name}: {_shown(value, unit)}")


def expect(name, value, *, at_least=None, at_most=None, unit=""):
    """Record a result and print whether it lies in the band that the course promises.

    Parameters
    ----------
    name : str
        The name of the result; it is recorded as a measure too.
    value : float
        The result.
    at_least, at_most : float, optional
        The bound. Give exactly one of the two. A NaN lies outside of every band.
    unit : str, optional
        As for `measure`.

    Raises
    ------
    BandError
        If the band does not hold and ``COURSE_STRICT`` is 1, as in the course's own tests.
    """
    if (at_least is None) == (at_most is None):
        raise ValueError(
            "exactly one of `at_least` and `at_most` must be given. "
            f"Received: at_least={at_least}, at_most={at_most}"
        )
    value = _plain(name, value)
    if at_most is None:
        holds, bound, better = value >= at_least, {"at_least": at_least}, "more"
        promise = f"at least {_shown(at_least, unit)}"
    else:
        holds, bound, better = value <= at_most, {"at_most": at_most}, "less"
        promise = f"at most {_shown(at_most, unit)}"
    shown = _shown(value, unit)
    _rows[name] = name, shown, promise, better, "holds" if holds else "does not hold"
    _record(kind="measure", name=name, value=value)
    _record(kind="band", name=name, value=value, **bound, holds=bool(holds))
    print(f"{name}: {shown}, expected {promise}: {'holds' if holds else MISSED}")
    if not holds and os.environ.get("COURSE_STRICT") == "1":
        raise BandError(f"{name} should be {promise}. Received: {value}")


@dataclass(frozen=True, repr=False)
class MeasureTable:
    """The results of a run as a table: text in a terminal, Markdown in a notebook.

    Attributes
    ----------
    rows : list of (str, str, str, str, str)
        Of results with a band: name, value, band, which way is good, and whether it holds.
    others : list of (str, str)
        Of all other results name and value; in a notebook they are folded away.
    """

    rows: list
    others: list

    HEADER = ("measure", "this run", "the course expects", "better", "result")

    def __repr__(self):
        filled = [(*row, "", "", "") for row in self.others]
        lines = (self.HEADER, *self.rows, *filled)
        widths = [max(map(len, column)) for column in zip(*lines, strict=True)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_markdown_(self):
        parts = []
        if self.rows:
            parts.append(_markdown(self.HEADER, ("---", "---:", "---", "---", "---"), self.rows))
        if self.others:
            parts += [
                f"<details><summary>{len(self.others)} more that this run measured</summary>",
                _markdown(self.HEADER[:2], ("---", "---:"), self.others),
                "</details>",
            ]
        return "\n\n".join(parts)


def _markdown(header, alignment, rows):
    return "\n".join("| " + " | ".join(line) + " |" for line in (header, alignment, *rows))


def measured():
    """Return everything this run measured, as a table to end a notebook with.

    Returns
    -------
    MeasureTable
        A row for each measure, in the order in which they were first measured: those with a band
        first, all others after them.
    """
    rows = [row for row in _rows.values() if len(row) == len(MeasureTable.HEADER)]
    others = [row for row in _rows.values() if row not in rows]
    return MeasureTable(rows, others)


def progress(title):
    """Return a Keras callback that reports a training on one line, rewritten after each epoch.

    Parameters
    ----------
    title : str
        What is being trained; the line begins with it.

    Returns
    -------
    keras.callbacks.Callback
        Use it with ``verbose=0``.
    """
    import keras

    class OneLine(keras.callbacks.Callback):
        def on_train_begin(self, logs=None):
            self.started = time.perf_counter()
            print(f"\r{title}: epoch 1/{self.params['epochs']} ...", end="", flush=True)

        def on_epoch_end(self, epoch, logs=None):
            shown = (f"{name} {value:.3f}" for name, value in (logs or {}).items())
            seconds = time.perf_counter() - self.started
            line = (
                f"{title}: epoch {epoch + 1}/{self.params['epochs']}",
                f"{seconds:.0f} s",
                *(text for text in shown if not text.startswith("learning_rate")),
            )
            print("\r" + ", ".join(line), end="", flush=True)

        def on_train_end(self, logs=None):
            print()

    return OneLine()


def read_record(path):
    """Read what a notebook reported of itself through ``COURSE_RECORD``.

    Returns the last set-up, a dict, empty when there is none; the measures, a dict by name; and the
    bands, a list of dict, of one that was tested again the last result.
    """
    setup, measures, bands = {}, {}, {}
    lines = Path(path).read_text(encoding="utf-8").splitlines() if Path(path).exists() else []
    for line in lines:
        try:
            entry = json.loads(line)
        except json.JSONDecodeError:
            continue
        kind = entry.pop("kind", None)
        if kind == "setup":
            setup = entry
        elif kind == "measure":
            measures[entry["name"]] = entry["value"]
        elif kind == "band":
            measures[entry["name"]] = entry["value"]
            bands[entry["name"]] = entry
    return setup, measures, list(bands.values())


def _shown(value, unit):
    return f"{number(value)} {unit}".rstrip()


def _plain(name, value):
    """Return a result as a Python number, or say what came instead."""
    try:
        value = value.item() if hasattr(value, "item") else value
        return int(value) if isinstance(value, int) else float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"the measure {name!r} must be a single number. Received: {value!r}"
        ) from None


def number(value):
    """Write a number as the course shows it: three decimals, thousands with commas.

    Whole from 1,000 on; one digit of what is smaller than 0.0005, so that it is not zero.
    """
    if isinstance(value, int):
        return f"{value:,}"
    if math.isfinite(value) and abs(value) >= 1000:
        return f"{value:,.0f}"
    if value == 0:
        return "0"
    return f"{value:.3f}" if abs(value) >= 0.0005 else f"{value:.1g}"


def _record(**entry):
    """Append one line to the file in which a runner collects what a notebook measured."""
    path = os.environ.get("COURSE_RECORD")
    if path:
        with Path(path).open("a", encoding="utf-8") as file:
            file.write(json.dumps(entry) + "\n")
