"""Execute the course chapter by chapter and measure it: ``make run``."""

import argparse
import json
import os
import shutil
import sys
import tempfile
import time
from pathlib import Path

from chapters import (
    NOTEBOOKS,
    ROOT,
    UnknownChapterError,
    digest,
    find_chapters,
    read,
    write,
    write_atomically,
)
from kernels import Execution, Failure, execute, kernel_environment, wrong_setting

from course_utils.measures import number, read_record

BUILD = ROOT / "build"

_HEARTBEAT_SECONDS = 15
_DETAIL_LINES = 20


class Progress:
    """Says how far a chapter has got: one changing line on a terminal, a few lines elsewhere."""

    def __init__(self, name, stream=None):
        self.title = " ".join(name.split("_", 1))
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
            self.stream.write("\r\x1b[2K" + text[:width])
            self.stream.flush()
        elif time.monotonic() - self.said >= _HEARTBEAT_SECONDS:
            self._line(text)

    def end(self, text):
        """Replace the state by the outcome."""
        if self.live:
            self.stream.write("\r\x1b[2K")
        self._line(f"{self.title}  {text}")

    def _line(self, text):
        self.said = time.monotonic()
        self.stream.write(text + "\n")
        self.stream.flush()


def clock(seconds):
    """Format elapsed time as people read it: 0:42, 12:05, 1:02:09."""
    minutes, seconds = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}" if hours else f"{minutes}:{seconds:02}"


def run_chapter(path, profile, backend, seed=None, executed=BUILD / "executed"):
    """Execute one notebook, write it with its outputs into a folder, return what was measured.

    Returns the chapter's "code" (its fingerprint), "seconds", "peak_mb", "ok", "error", "measures"
    and "bands", and what the notebook's set-up reported, empty when it did not get so far.
    """
    progress = Progress(path.stem)
    notebook = read(path)
    with tempfile.TemporaryDirectory(prefix="course-run-") as scratch:
        record = Path(scratch, "record.jsonl")
        extra = {"COURSE_RECORD": str(record)}
        if seed is not None:
            extra["COURSE_SEED"] = seed
        environment = kernel_environment(profile, backend, **extra)
        try:
            outcome = execute(notebook, path.parent, environment, progress=progress)
        except Exception as error:
            # One chapter's trouble, of whatever kind, must not cost the others.
            outcome = Execution(0.0, 0, Failure("", f"{type(error).__name__}: {error}", ""))
        except BaseException:
            progress.end("stopped")
            raise
        setup, measures, bands = read_record(record)
    write(notebook, executed / path.name)
    failure = outcome.failure
    cost = {"code": digest(notebook), "seconds": outcome.seconds, "peak_mb": outcome.peak_mb}
    came_to = {"ok": failure is None, "error": failure and str(failure)}
    chapter = {**cost, **came_to, "measures": measures, "bands": bands}
    progress.end(f"{clock(outcome.seconds)}  {verdict(chapter)}")
    if failure is not None:
        details = failure.details.splitlines()[-_DETAIL_LINES:]
        lines = [str(failure).splitlines()[0], *(details or str(failure).splitlines()[1:])]
        print("\n".join(f"    {line}" for line in lines), flush=True)
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
    for name, chapter in chapters.items():
        figures = [
            (
                band["name"],
                number(band["value"]),
                limit(band),
                "holds" if band["holds"] else "MISSED",
            )
            for band in chapter["bands"]
        ] or [(key, number(value), "", "") for key, value in list(chapter["measures"].items())[:1]]
        title, seconds = " ".join(name.split("_", 1)), f"{chapter['seconds']:.1f}"
        head = (title, seconds, f"{chapter['peak_mb']:,}")
        for figure in figures or [("", "", "", "")]:
            rows.append((*head, *figure))
            head = ("", "", "")
    widths = [max(map(len, column)) for column in zip(*rows, strict=True)]
    adjust = (str.ljust, str.rjust, str.rjust, str.ljust, str.rjust, str.ljust, str.ljust)
    lines = [
        "  ".join(put(cell, width) for put, cell, width in zip(adjust, row, widths, strict=True))
        for row in rows
    ]
    lines += [
        f"{' '.join(name.split('_', 1))}  FAILED in {chapter['error'].splitlines()[0]}"
        for name, chapter in chapters.items()
        if not chapter["ok"]
    ]
    return "\n".join(line.rstrip() for line in lines)


def limit(band):
    """Put the limit of a band in words."""
    key = next(key for key in ("at_least", "at_most") if band.get(key) is not None)
    return f"{key.replace('_', ' ')} {number(band[key])}"


def run_course(paths, profile, backend, seed, results, executed):
    """Execute chapters one after the other, and write what was measured so far after each.

    Returns what `run_chapter` returned of each, by name.
    """
    chapters = {}
    report = {"profile": profile, "backend": backend, "device": None, "versions": {}}
    report["chapters"] = chapters
    try:
        for path in paths:
            chapters[path.stem], setup = run_chapter(path, profile, backend, seed, executed)
            for key in ("profile", "backend", "device", "versions"):
                report[key] = setup.get(key, report[key])
            text = json.dumps(report, indent=2, ensure_ascii=False) + "\n"
            for file in results:
                write_atomically(file, text)
    finally:
        if chapters:
            print("\n" + table(chapters) + "\n", flush=True)
    return chapters


def parse_arguments(arguments, folder):
    """Read the options of the command line."""
    parser = argparse.ArgumentParser(prog="make run", description=__doc__)
    parser.add_argument("--nb", default="", help="chapters: 03, or 00,03; all when absent")
    parser.add_argument("--profile", default="", help="quick or full")
    parser.add_argument("--backend", default="", help="tensorflow, jax or torch")
    parser.add_argument("--seeds", default="", help='repeat the run with each seed: "0 1 2"')
    options = parser.parse_args(arguments)
    options.profile = options.profile or os.environ.get("COURSE_PROFILE") or "quick"
    options.backend = options.backend or os.environ.get("KERAS_BACKEND") or "tensorflow"
    options.seeds = options.seeds.replace(",", " ").split()
    wrong = wrong_setting(options.profile, options.backend, options.seeds)
    if wrong:
        parser.error(wrong)
    try:
        options.paths = find_chapters(options.nb, folder)
    except UnknownChapterError as error:
        parser.error(str(error))
    return options


def main(arguments=None, folder=NOTEBOOKS, build=BUILD):
    """Run the course and return the exit status.

    It is 0 when every chapter ran and every band holds, 1 otherwise, 2 when asked for nonsense, 130
    after an interrupt.
    """
    options = parse_arguments(arguments, folder)
    stem = f"run-{options.profile}-{options.backend}"
    main_file = Path(build) / f"{stem}.json"
    passed = True
    try:
        for seed in options.seeds or [None]:
            files = [main_file]
            if seed is not None:
                print(f"seed {seed}", flush=True)
                files.append(Path(build) / f"{stem}-seed{seed}.json")
            asked = (options.paths, options.profile, options.backend, seed)
            chapters = run_course(*asked, files, Path(build) / "executed")
            passed = passed and all(verdict(chapter) == "ok" for chapter in chapters.values())
            print("written: " + ", ".join(str(relative(file)) for file in files[::-1]), flush=True)
        if options.seeds:
            print(f"{relative(main_file)} holds the last seed, {options.seeds[-1]}.")
    except KeyboardInterrupt:
        print("Interrupted; the kernel is stopped.", file=sys.stderr)
        return 130
    if not passed:
        print("Some chapters failed or missed a band, see above.", file=sys.stderr)
        return 1
    return 0


def relative(path):
    """Shorten a path that lies inside the repository."""
    return path.relative_to(ROOT) if path.is_relative_to(ROOT) else path


if __name__ == "__main__":
    sys.exit(main())
