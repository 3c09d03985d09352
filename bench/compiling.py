"""Count what each chapter, in the profile quick, compiles on JAX, and what it hands to the device.

JAX compiles every operation anew for every shape, also the small ones that fill a layer with its
first weights. Printed for each chapter: the programs that were compiled, the seconds that went into
compiling, the batches that ``fit`` handed to the device one by one, and the seconds of the whole.
Compiled programs of earlier runs are not used.

    make bench
    .venv/bin/python bench/compiling.py --nb 03,04
"""

import argparse
import json
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]

import nbformat  # noqa: E402 - as all below, found through the path above
from chapters import find_chapters, read, tags  # noqa: E402
from kernels import execute, kernel_environment  # noqa: E402

LISTEN = """
import jax

_compiled, _batches = [], []


def _listen(event, seconds, **_):
    if event == "/jax/core/compile/backend_compile_duration":
        _compiled.append(seconds)


jax.monitoring.register_event_duration_secs_listener(_listen)
"""
WATCH = """
import keras

_handed_over = keras.callbacks.CallbackList.on_train_batch_end


def _count(*arguments, **named):
    _batches.append(1)
    return _handed_over(*arguments, **named)


keras.callbacks.CallbackList.on_train_batch_end = _count
"""
REPORT = """
import json
import pathlib

_counts = {{"programs": len(_compiled), "seconds": sum(_compiled), "batches": len(_batches)}}
pathlib.Path({path!r}).write_text(json.dumps(_counts))
"""


def count(path):
    """Run one chapter and return what it compiled: programs, seconds, batches, and the whole."""
    notebook = read(path)
    set_up = next(index for index, cell in enumerate(notebook.cells) if "setup" in tags(cell))
    with tempfile.TemporaryDirectory() as scratch:
        report = Path(scratch, "counts.json")
        last = nbformat.v4.new_code_cell(REPORT.format(path=str(report)))
        notebook.cells.append(last)
        notebook.cells.insert(set_up + 1, nbformat.v4.new_code_cell(WATCH))
        notebook.cells.insert(0, nbformat.v4.new_code_cell(LISTEN))
        environment = kernel_environment("quick", "jax", COURSE_OFFLINE="1", COURSE_COMPILED="0")
        done = execute(notebook, path.parent, environment)
        if done.failure:
            raise SystemExit(f"{path.stem}: {done.failure}")
        return json.loads(report.read_text()) | {"whole": done.seconds}


def main():
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.split("\n")[0])
    parser.add_argument("--nb", default="", help="chapters: 03, or 00,03; all when absent")
    print(f"{'chapter':28} {'programs':>8} {'seconds':>8} {'batches':>8} {'whole, s':>9}")
    rows = []
    for path in find_chapters(parser.parse_args().nb):
        row = count(path)
        rows.append(row)
        print_row(path.stem, row)
    print_row("all", {key: sum(row[key] for row in rows) for key in rows[0]})


def print_row(name, row):
    """Print one row of the table."""
    print(
        f"{name:28} {row['programs']:8,} {row['seconds']:8.1f} {row['batches']:8,} "
        f"{row['whole']:9.1f}",
        flush=True,
    )


if __name__ == "__main__":
    main()
