"""What a run measured: recorded under a name, held against a band, shown as a table.

Where ``COURSE_RECORD`` names a file, each result is appended to it as one line of JSON, for whoever
runs the notebook; `read_record` reads it.
"""

import json
import math
import os
import time
from dataclasses import dataclass, field
from pathlib import Path


class BandError(AssertionError):
    """A measured value lies outside its band, and ``COURSE_STRICT=1`` asked for an error."""


@dataclass
class _Run:
    """What one run of a notebook measured so far."""

    measures: dict[str, float] = field(default_factory=dict)
    bands: dict[str, tuple[str, float, bool]] = field(default_factory=dict)


_run = _Run()


def begin(**entry):
    """Forget what was measured before, and record how the run was set up.

    Parameters
    ----------
    **entry : object
        What `course_utils.session.setup` knows of the run; JSON has to be able to hold it.
    """
    _run.measures.clear()
    _run.bands.clear()
    _record(kind="setup", **entry)


def measure(name, value):
    """Record one result of this run under a name, and print it.

    Parameters
    ----------
    name : str
        The name under which the result is reported, such as ``"cnn test accuracy"``.
    value : float
        The result. Measuring a name again replaces its value.

    Raises
    ------
    TypeError
        If the value is not a single number.
    """
    value = _plain(name, value)
    _run.measures[name] = value
    _record(kind="measure", name=name, value=value)
    print(f"{name}: {_number(value)}")


def expect(name, value, *, at_least=None, at_most=None):
    """Record a result and print whether it lies in the band that the course promises.

    Parameters
    ----------
    name : str
        The name of the result; it is recorded as a measure too.
    value : float
        The result.
    at_least, at_most : float, optional
        The bound. Give exactly one of the two. A NaN lies outside of every band.

    Raises
    ------
    BandError
        If the band does not hold and ``COURSE_STRICT`` is 1, as in the course's own tests.
    TypeError
        If the value is not a single number.
    """
    if (at_least is None) == (at_most is None):
        raise ValueError(
            "expect() takes exactly one of at_least= and at_most=. "
            f"Received: at_least={at_least}, at_most={at_most}"
        )
    value = _plain(name, value)
    bound_name, bound = ("at_least", at_least) if at_most is None else ("at_most", at_most)
    holds = bool(value >= bound if bound_name == "at_least" else value <= bound)
    _run.measures[name] = value
    _run.bands[name] = (bound_name, bound, holds)
    _record(kind="measure", name=name, value=value)
    _record(kind="band", name=name, value=value, **{bound_name: bound}, holds=holds)
    promise = f"{bound_name.replace('_', ' ')} {_number(bound)}"
    print(f"{name}: {_number(value)}, expected {promise}: {'holds' if holds else 'DOES NOT HOLD'}")
    if not holds and os.environ.get("COURSE_STRICT") == "1":
        raise BandError(f"{name} should be {promise}. Received: {value}")


class MeasureTable:
    """The results of a run as a table: text in a terminal, Markdown in a notebook.

    Parameters
    ----------
    rows : sequence of (str, str, str, str)
        Name, value, band and whether it holds.
    """

    _HEADER = ("measure", "this run", "the course expects", "result")

    def __init__(self, rows):
        self.rows = tuple(rows)

    def __repr__(self):
        lines = (self._HEADER, *self.rows)
        widths = [max(len(line[column]) for line in lines) for column in range(4)]
        return "\n".join(
            "  ".join(cell.ljust(width) for cell, width in zip(line, widths, strict=True)).rstrip()
            for line in lines
        )

    def _repr_markdown_(self):
        lines = (self._HEADER, ("---", "---:", "---", "---"), *self.rows)
        return "\n".join("| " + " | ".join(line) + " |" for line in lines)


def measured():
    """Return everything this run measured, as a table to end a notebook with.

    Returns
    -------
    MeasureTable
        One row for each measure, in the order in which they were first measured.
    """
    rows = []
    for name, value in _run.measures.items():
        bound_name, bound, holds = _run.bands.get(name, ("", 0.0, True))
        promise = f"{bound_name.replace('_', ' ')} {_number(bound)}" if bound_name else ""
        verdict = ("holds" if holds else "does not hold") if bound_name else ""
        rows.append((name, _number(value), promise, verdict))
    return MeasureTable(rows)


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

    Parameters
    ----------
    path : Path
        File of JSON lines; it may be absent, and its last line may be cut off.

    Returns
    -------
    setup : dict
        The last "setup" line, empty when there is none.
    measures : dict of str to number
    bands : list of dict
        In order of first appearance; of a band that was tested again, the last result.
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


def _plain(name, value):
    """Return a result as a Python number, or say what came instead."""
    try:
        value = value.item() if hasattr(value, "item") else value
        return int(value) if isinstance(value, int) else float(value)
    except (TypeError, ValueError):
        raise TypeError(
            f"The measure {name!r} should be a single number. Received: {value!r}"
        ) from None


def _number(value):
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
