"""Check the exercises of handed-in notebooks: ``make grade NB=03 IN=folder OUT=grades-03.csv``.

Of each notebook only the answers are taken, the cells that call ``check("3.1", ...)``, and run with
the cells of the chapter that they need. So changed cells and stored outputs count for nothing. An
answer has to stand in one cell. This runs other people's code as you: use a
machine or an account where that does no harm.
"""

import argparse
import csv
import io
import json
import os
import re
import sys
import tempfile
import zipfile
from pathlib import Path

from chapters import (
    code_cells,
    exercises_of,
    final_check,
    find_chapters,
    output_text,
    parse,
    read,
    tags,
    write_atomically,
)
from kernels import execute, kernel_environment
from nbformat.v4 import new_code_cell

SECONDS = 120  # that a cell may take; no honest answer needs them
LARGEST = 100_000_000  # bytes of a file that is looked into
IN_KERNEL = Path(__file__).with_name("grade_in_kernel.py").read_text(encoding="utf-8")


class BrokenChapterError(RuntimeError):
    """The chapter's exercises do not run to their end with its own solutions."""


class Exam:
    """A chapter, prepared to have answers put in; `numbers` are those of its exercises."""

    def __init__(self, chapter, environment, seconds=SECONDS):
        self._chapter = chapter
        self._environment = environment
        self._seconds = seconds
        exercises = [cell for cell in code_cells(chapter) if "exercise" in tags(cell)]
        self.numbers = [final_check(cell.source).args[0].value for cell in exercises]

    def answers_in(self, notebook):
        """Return by exercise the sources of all cells in a notebook that check it."""
        found = {}
        for number in self.numbers:
            # By its check and not by its id: some services give all cells new ids.
            call = rf"""\bcheck\s*\((?:[^#]*\bnumber\s*=)?\s*["']?{re.escape(number)}["']?\s*[,)]"""
            sources = [c.source for c in code_cells(notebook) if re.search(call, c.source)]
            if sources:
                found[number] = sources
        return found

    def mark(self, answers):
        """Run answers in the chapter and return by exercise what its checks say.

        That is "correct", "not yet", "not attempted", "missing", or what went wrong. Where an
        answer never ends, ends the kernel, or spoils what a later cell needs, each is run without
        the others. A BrokenChapterError says that the chapter fails without any answer.
        """
        outcomes, failure = self._run(answers)
        if failure:
            if self._run({})[1]:
                raise BrokenChapterError(f"The chapter itself fails. Received: {failure}")
            for number, sources in answers.items():
                heard, failure = self._run({number: sources})
                broke = failure and f"broke the run: {failure.error.splitlines()[0]}"
                outcomes[number] = broke or heard[number]
        return dict.fromkeys(self.numbers, "missing") | outcomes

    def _run(self, answers):
        """Run the chapter with answers; return outcomes, and the failure or None."""
        heard = {}

        def answer(number, stub, solution):
            cells = [new_code_cell(solution, id=f"solved-{stub.id}")]  # later cells need it
            if number in answers:
                heard[number] = new_code_cell(f"_hear({answers[number]!r})", id=stub.id)
                cells.insert(0, heard[number])
            return cells

        given = [source for sources in answers.values() for source in sources]
        notebook = exercises_of(self._chapter, answer, given)
        notebook.cells.insert(0, new_code_cell(IN_KERNEL, id="in-kernel"))
        with tempfile.TemporaryDirectory(prefix="course-grade-") as folder:
            failure = execute(notebook, folder, self._environment, timeout=self._seconds).failure
        return {number: _outcome(number, cell) for number, cell in heard.items()}, failure


def _outcome(number, cell):
    """Return what a cell with an answer came to."""
    heard = re.search("^heard (.*)$", output_text(cell), re.MULTILINE)
    if heard is None:
        return "not reached"
    heard = json.loads(heard.group(1))
    words = rf"(?m)^{re.escape(number)} (correct|not yet|not attempted)\b"
    # An answer may print such words as well; what the check itself says comes last.
    said = [match for text in heard["said"] for match in re.findall(words, text)[-1:]]
    return said[-1] if said else f"raised {heard['error']}" if heard["error"] else "not checked"


def files_in(folder):
    """Yield name and content of all files in a folder, below it and in zip archives.

    Jupyter's own copies are passed over. The content is None of a file that cannot be read.
    """
    for path in sorted(folder.rglob("*")):
        if path.is_dir() or ".ipynb_checkpoints" in path.parts:
            continue
        name = os.fsencode(path.relative_to(folder)).decode("utf-8", "replace")
        try:
            if zipfile.is_zipfile(path):
                with zipfile.ZipFile(path) as archive:
                    for entry in archive.infolist():
                        if not entry.is_dir() and ".ipynb_checkpoints" not in entry.filename:
                            small = entry.file_size <= LARGEST
                            yield f"{name}/{entry.filename}", archive.read(entry) if small else b""
            else:
                yield name, path.read_bytes() if path.stat().st_size <= LARGEST else b""
        except (OSError, RuntimeError, zipfile.BadZipFile, NotImplementedError):  # or encrypted
            yield name, None


def notebook_in(name, content):
    """Return the notebook that a file holds, whatever it is called, None where it is no notebook.

    A ValueError says that it claims to be a notebook by its name and cannot be read as one.
    """
    named = ".ipynb" in name.lower() and not Path(name).name.startswith("._")  # as macOS adds them
    if not named and (content is None or b'"nbformat"' not in content):
        return None
    try:
        notebook = parse(content)
        code_cells(notebook)
    except Exception as error:  # nbformat raises many kinds
        if named:
            raise ValueError(f"cannot be read as a notebook ({type(error).__name__})") from error
        return None
    return notebook


def grade(folder, exam):
    """Mark all notebooks in a folder and below it, and print a line for each.

    Yields a row for each: its name, the outcome of each exercise, and how many are correct.
    """
    others = []
    for name, content in files_in(folder):
        try:
            notebook = notebook_in(name, content)
        except ValueError as error:
            print(f"{name}: {error}", flush=True)
            outcomes = dict.fromkeys(exam.numbers, "unreadable")
        else:
            if notebook is None:
                others.append(name)
                continue
            answers = exam.answers_in(notebook)
            outcomes = exam.mark(answers) if answers else dict.fromkeys(exam.numbers, "missing")
            told = ", ".join(f"{number} {outcome}" for number, outcome in outcomes.items())
            print(f"{name}: {told if answers else 'holds no exercise of this chapter'}", flush=True)
        marks = list(outcomes.values())
        yield [name, *marks, marks.count("correct")]
    if others:
        print(f"Not notebooks ({len(others)}): {', '.join(others)}")


def prepare_table(path, columns):
    """Return where a table grows until it is complete, or raise ValueError.

    What is there already may be replaced by this chapter's marks, but no other file.
    """
    draft = path.with_name(f"{path.stem}-incomplete.csv")
    if not os.access(path.parent, os.W_OK):
        raise ValueError(f"OUT must be in a folder that can be written. Received: '{path}'.")
    for file in (path, draft):
        if file.exists() and file.read_bytes().splitlines()[:1] != [_csv([columns]).strip()]:
            raise ValueError(
                f"{file} is something else than this chapter's table of marks, and is left as it "
                "is. Name another table: OUT=marks.csv"
            )
    return draft


def _csv(rows):
    """Return a table as bytes; the mark at its beginning tells Excel of accents."""
    text = io.StringIO()
    csv.writer(text).writerows(rows)
    return text.getvalue().encode("utf-8-sig")


def main(arguments=None):
    """Write a table of marks; return the exit status."""
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__)
    parser.add_argument("--nb", default="", help="the chapter, such as 03")
    parser.add_argument("--in", dest="folder", default="", help="folder of the notebooks")
    parser.add_argument("--out", default="", help="table to write, grades-03.csv when absent")
    options = parser.parse_args(arguments)
    folder = Path(os.path.expanduser(options.folder))
    try:
        paths = find_chapters(options.nb)
        if len(paths) != 1:
            raise ValueError(f"NB must be one chapter, such as NB=03. Received: {options.nb!r}.")
        if not options.folder or not folder.is_dir():
            raise ValueError(
                f"IN must be a folder of notebooks, IN=folder. Received: {options.folder!r}."
            )
        unset = dict.fromkeys(("COURSE_SEED", "COURSE_STRICT", "COURSE_RECORD"))
        environment = kernel_environment("quick", "tensorflow", COURSE_OFFLINE="1", **unset)
        exam = Exam(read(paths[0]), environment)
        columns = ["file", *exam.numbers, "correct"]
        out = Path(os.path.expanduser(options.out or f"grades-{paths[0].stem[:2]}.csv"))
        draft = prepare_table(out, columns)
    except (ValueError, OSError) as error:
        parser.error(str(error))
    rows = [columns]
    try:
        for row in grade(folder, exam):
            rows.append(row)
            write_atomically(draft, _csv(rows))
    except (BrokenChapterError, KeyboardInterrupt) as error:
        print(str(error) or "Interrupted.", file=sys.stderr)
        print(f"Marks so far: {draft if rows[1:] else 'none'}.", file=sys.stderr)
        return 130 if isinstance(error, KeyboardInterrupt) else 1
    if not rows[1:]:
        print(f"No notebook in {folder}, so no table is written.", file=sys.stderr)
        return 1
    draft.replace(out)
    print(f"{len(rows) - 1} notebooks, marks in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
