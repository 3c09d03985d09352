"""Execute the course chapter by chapter and measure it: ``make run``."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from datetime import timedelta
from pathlib import Path

from chapters import NOTEBOOKS, ROOT, digest, find_chapters, read, write, write_atomically
from kernels import check_settings, execute, kernel_environment

from course_utils.measures import number, read_record
from course_utils.session import check_seed

BUILD = ROOT / "build"

_HEARTBEAT_SECONDS = 15
_DETAIL_LINES = 20


class Progress:
    """Says how far a chapter has got: one changing line on a terminal, a few lines elsewhere."""

    def __init__(self, name, stream=None):
        self.title = _title(name)
        self.stream = stream or sys.stdout
        self.live = self.stream.isatty()
        self.said = time.monotonic()
        if not self.live:
            self._line(f"{self.title}  starts")

    def __call__(self, seconds, position, total, cell_id):
        """Show the state; `seconds` since the start, `position` of `total` code cells."""
        at = f"cell {position}/{total} {cell_id}" if position else "kernel starts"
        text = f"{self.title}  {clock(seconds)}  {at}"
        if self.live:
            width = max(20, shutil.get_terminal_size().columns - 1)
            print("\r\x1b[2K" + text[:width], end="", file=self.stream, flush=True)
        elif time.monotonic() - self.said >= _HEARTBEAT_SECONDS:
            self._line(text)

    def end(self, text):
        """Replace the state by the outcome."""
        self._line(f"{self.title}  {text}")

    def _line(self, text):
        self.said = time.monotonic()
        print(("\r\x1b[2K" if self.live else "") + text, file=self.stream, flush=True)


def clock(seconds):
    """Format elapsed time as people read it: 00:42, 12:05, 1:02:09."""
    return str(timedelta(seconds=int(seconds))).removeprefix("0:")


def _title(name):
    """Return "03 first_cnn" of "03_first_cnn"."""
    return name.replace("_", " ", 1)


def run_chapter(path, profile, backend, executed, seed=None):
    """Execute one notebook, write it with its outputs into a folder, return what was measured.

    Returns the chapter's "code" (its fingerprint), "seconds", "peak_mb", "ok", "error", "measures"
    and "bands", and what the notebook's set-up reported, empty when it did not get so far.
    """
    progress = Progress(path.stem)
    notebook = read(path)
    with tempfile.TemporaryDirectory(prefix="course-run-") as scratch:
        record = Path(scratch, "record.jsonl")
        extra = {} if seed is None else {"COURSE_SEED": str(seed)}
        environment = kernel_environment(profile, backend, COURSE_RECORD=str(record), **extra)
        try:
            outcome = execute(notebook, path.parent, environment, progress=progress)
        except BaseException:
            progress.end("stopped")
            raise
        setup, measures, bands = read_record(record)
    write(notebook, executed / path.name)
    failure = outcome.failure
    chapter = {
        "code": digest(notebook),
        "seconds": outcome.seconds,
        "peak_mb": outcome.peak_mb,
        "ok": failure is None,
        "error": failure and str(failure),
        "measures": measures,
        "bands": bands,
    }
    progress.end(f"{clock(outcome.seconds)}  {verdict(chapter)}")
    if failure:
        details = failure.details.splitlines()[-_DETAIL_LINES:]
        print("\n".join(f"    {line}" for line in [str(failure), *details]), flush=True)
    return chapter, setup


def verdict(chapter):
    """Sum up a chapter in a few words."""
    if not chapter["ok"]:
        return "FAILED"
    missed = [band["name"] for band in chapter["bands"] if not band["holds"]]
    return f"band missed: {', '.join(missed)}" if missed else "ok"


def table(chapters):
    """Lay out chapters with seconds, peak memory, headline figures and their bands, as text."""
    rows = [("chapter", "seconds", "peak MB", "figure", "value", "band", "")]
    failed = []
    for name, chapter in chapters.items():
        figures = []
        for band in chapter["bands"]:
            held = "holds" if band["holds"] else "MISSED"
            figures.append((band["name"], number(band["value"]), limit(band), held))
        head = (_title(name), f"{chapter['seconds']:.1f}", f"{chapter['peak_mb']:,}")
        for figure in figures or [("", "", "", "")]:
            rows.append((*head, *figure))
            head = ("", "", "")
        if not chapter["ok"]:
            failed.append(f"{_title(name)}  FAILED in {chapter['error'].splitlines()[0]}")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    form = "  ".join(f"{{:{side}{width}}}" for side, width in zip("<>><><<", widths, strict=True))
    return "\n".join([*(form.format(*row).rstrip() for row in rows), *failed])


def limit(band):
    """Put the limit of a band in words."""
    key = "at_least" if "at_least" in band else "at_most"
    return f"{key.replace('_', ' ')} {number(band[key])}"


def run_course(paths, profile, backend, seed, file, executed):
    """Execute chapters one after the other, and write what was measured so far after each.

    Returns what `run_chapter` returned of each, by name.
    """
    chapters = {}
    report = {"profile": profile, "backend": backend, "device": None, "versions": {}}
    report["chapters"] = chapters
    try:
        for path in paths:
            chapters[path.stem], setup = run_chapter(path, profile, backend, executed, seed)
            report |= {key: setup[key] for key in report if key in setup}
            write_atomically(file, json.dumps(report, indent=2, ensure_ascii=False) + "\n")
    finally:
        if chapters:
            print("\n" + table(chapters) + "\n", flush=True)
    return chapters


def main(arguments=None, folder=NOTEBOOKS, build=BUILD):
    """Run the course and return the exit status.

    It is 0 when every chapter ran and every band holds, 1 otherwise, 2 when asked for nonsense, 130
    after an interrupt.
    """
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--nb", default="", help="chapters: 03, or 00,03; all when absent")
    parser.add_argument("--profile", default="", help="quick or full")
    parser.add_argument("--backend", default="", help="tensorflow, jax or torch")
    parser.add_argument("--seeds", default="", help='repeat the run with each seed: "0 1 2"')
    options = parser.parse_args(arguments)
    profile = options.profile or os.environ.get("COURSE_PROFILE") or "quick"
    backend = options.backend or os.environ.get("KERAS_BACKEND") or "tensorflow"
    try:
        paths = find_chapters(options.nb, folder)
        check_settings(profile, backend)
        seeds = [check_seed("SEEDS", seed) for seed in options.seeds.replace(",", " ").split()]
    except ValueError as error:
        parser.error(str(error))
    passed = True
    try:
        for seed in seeds or [None]:
            name = f"run-{profile}-{backend}"
            if seed is not None:
                print(f"seed {seed}", flush=True)
                name += f"-seed{seed}"
            file = build / f"{name}.json"
            chapters = run_course(paths, profile, backend, seed, file, build / "executed")
            passed = passed and all(verdict(chapter) == "ok" for chapter in chapters.values())
            print(f"written: {os.path.relpath(file)}", flush=True)
    except KeyboardInterrupt:
        print("Interrupted; the kernel is stopped.", file=sys.stderr)
        return 130
    if not passed:
        print("Some chapters failed or missed a band, see above.", file=sys.stderr)
    return 0 if passed else 1


if __name__ == "__main__":
    sys.exit(main())
