"""Check the exercises of handed-in notebooks: ``make grade NB=03 IN=folder OUT=grades.csv``.

Of each notebook only the answers are taken, the cells that call ``check("3.1", ...)``, and run in a
fresh copy of the chapter, with the settings that make it fast for the tests. So changed cells and
stored outputs count for nothing. An answer has to stand in one cell. This runs other people's code
as you: use a machine or an account where that does no harm.
"""

import argparse
import csv
import json
import os
import re
import secrets
import sys
import tempfile
from importlib import import_module
from pathlib import Path

from chapters import (
    code_cells,
    final_check,
    find_chapters,
    output_text,
    read,
    tags,
    with_answers,
)
from kernels import execute, kernel_environment
from nbformat.v4 import new_code_cell

SECONDS = 120  # that a cell may take; with the settings of the tests no honest one needs them

# Run in the kernel. It hears what `check` says, whatever else an answer prints, and afterwards
# gives every name back what it meant before.
_HEAR = """
def _hear(sources, mark):
    import contextlib, io, json, sys

    class Limited(io.StringIO):
        def write(self, text):
            if self.tell() > 1_000_000:
                raise RuntimeError("it prints without end")
            return super().write(text)

    def listen(number, answer, check=get_ipython().user_ns["check"]):
        text = io.StringIO()
        with contextlib.redirect_stdout(text):
            check(number, answer)
        said.append(text.getvalue())

    names, said, error = get_ipython().user_ns, [], None
    before = dict(names)
    names.update({"check": listen, "exit": sys.exit, "quit": sys.exit})  # not theirs, of the kernel
    with contextlib.redirect_stdout(Limited()):
        for source in sources:
            result = get_ipython().run_cell(source)
            raised = result.error_before_exec or result.error_in_exec
            error = type(raised).__name__ if raised else error
    for name in set(names) - set(before):
        del names[name]
    names.update(before)
    print(mark + json.dumps({"said": said, "error": error}))
"""


class BrokenChapterError(RuntimeError):
    """The chapter does not run to its end with its own solutions."""


class Exam:
    """A chapter, prepared to have answers put in.

    Parameters
    ----------
    chapter : nbformat.NotebookNode
    parameters : str
        Source that is run after the cell tagged parameters, to make the chapter fast.
    environment : dict of str to str
        Of the kernels.
    seconds : float, optional
        That a cell may take.

    Attributes
    ----------
    numbers : list of str
        Of the exercises, ``["3.1", ...]``.
    """

    def __init__(self, chapter, parameters, environment, seconds=SECONDS):
        self._chapter = chapter
        self._parameters = parameters
        self._environment = environment
        self._seconds = seconds
        self.numbers = [
            final_check(cell.source).args[0].value
            for cell in code_cells(chapter)
            if "exercise" in tags(cell)
        ]

    def answers_in(self, notebook):
        """Find the answers in a notebook: of each exercise all cells that check it.

        Returns
        -------
        dict of str to list of str
            The cells' sources, by exercise.
        """
        found = {}
        for cell in code_cells(notebook):
            for number in self.numbers:
                # By its check and not by its id: some services give all cells new ids.
                if re.search(rf"""\bcheck\(\s*["']?{re.escape(number)}["']?\s*,""", cell.source):
                    found.setdefault(number, []).append(cell.source)
        return found

    def mark(self, answers):
        """Run answers in the chapter and collect what its checks say.

        Parameters
        ----------
        answers : dict of str to list of str

        Returns
        -------
        dict of str to str
            By exercise: "correct", "not yet", "not attempted", "missing", or what went wrong.

        Raises
        ------
        BrokenChapterError
            When the chapter fails without any answer.
        """
        left, outcomes = dict(answers), dict.fromkeys(self.numbers, "missing")
        while True:
            mark = f"heard-{secrets.token_hex(8)} "
            notebook, places = self._with_answers(left, mark)
            with tempfile.TemporaryDirectory(prefix="course-grade-") as folder:
                outcome = execute(notebook, folder, self._environment, timeout=self._seconds)
            outcomes |= {number: _outcome(number, cell, mark) for number, cell in places.items()}
            if outcome.failure is None:
                return outcomes
            # An answer that never ends, ends the kernel, or spoils what a later cell needs: it is
            # taken out, so that the others are heard all the same.
            failed = [cell.id for cell in notebook.cells].index(outcome.failure.cell or "hear")
            ran = [n for n, cell in places.items() if notebook.cells.index(cell) <= failed]
            if not ran:
                raise BrokenChapterError(f"The chapter itself fails. Received: {outcome.failure}")
            outcomes[ran[-1]] = f"broke the run: {outcome.failure.error}"
            del left[ran[-1]]

    def _with_answers(self, answers, mark):
        """Return the chapter with answers, each followed by the solution that later cells need."""
        places = {}

        def answer(number, stub, solution):
            cells = [new_code_cell(solution, id=f"solved-{stub.id}")]
            if number in answers:
                places[number] = new_code_cell(f"_hear({answers[number]!r}, {mark!r})", id=stub.id)
                cells.insert(0, places[number])
            return cells

        notebook = with_answers(self._chapter, self._parameters, answer)
        notebook.cells.insert(0, new_code_cell(_HEAR, id="hear"))
        return notebook, places


def _outcome(number, cell, mark):
    """Return what a cell with an answer came to."""
    heard = re.search(rf"^{mark}(.*)$", output_text(cell), re.MULTILINE)
    if heard is None:
        return "not reached"
    heard = json.loads(heard.group(1))
    words = rf"{re.escape(number)} (correct|not yet|not attempted)\b"
    said = [match.group(1) for text in heard["said"] if (match := re.match(words, text))]
    return said[-1] if said else f"raised {heard['error']}" if heard["error"] else "not checked"


def grade(folder, exam, say):
    """Mark all notebooks in a folder and below it, one after the other.

    Parameters
    ----------
    folder : Path
    exam : Exam
    say : callable
        Gets a line for each notebook.

    Yields
    ------
    dict of str to str
        For each notebook that holds an exercise of the chapter: "file", the outcome of each
        exercise, and "correct", how many are.
    """
    for path in sorted(folder.rglob("*.ipynb")):
        relative = path.relative_to(folder)
        if any(part.startswith(".") for part in relative.parts):
            continue
        name = os.fsencode(relative).decode("utf-8", "replace")
        try:
            notebook = read(path)
        except Exception as error:  # nbformat raises many kinds
            say(f"{name}: cannot be read as a notebook ({type(error).__name__})")
            outcomes = dict.fromkeys(exam.numbers, "unreadable")
        else:
            answers = exam.answers_in(notebook)
            if not answers:
                say(f"{name}: holds no exercise of this chapter")
                continue
            outcomes = exam.mark(answers)
            say(f"{name}: " + ", ".join(f"{n} {outcome}" for n, outcome in outcomes.items()))
        correct = sum(outcome == "correct" for outcome in outcomes.values())
        yield {"file": name, **outcomes, "correct": str(correct)}


def prepare(arguments):
    """Return chapter, folder and table of a command line, or raise ValueError."""
    paths = find_chapters(arguments.nb)
    if len(paths) != 1:
        raise ValueError("Expected one chapter, such as NB=03. Received: several, or none named.")
    folder = Path(os.path.expanduser(arguments.folder))
    if not arguments.folder or not folder.is_dir():
        raise ValueError(
            f"Expected a folder of notebooks, IN=folder. Received: {arguments.folder!r}."
        )
    return paths[0], folder, Path(os.path.expanduser(arguments.out))


def main(arguments=None):
    """Write a table of marks; return the exit status."""
    parser = argparse.ArgumentParser(prog="make grade", description=__doc__)
    parser.add_argument("--nb", default="", help="the chapter, such as 03")
    parser.add_argument("--in", dest="folder", default="", help="folder of the notebooks")
    parser.add_argument("--out", default="grades.csv", help="table to write")
    options = parser.parse_args(arguments)
    try:
        path, folder, out = prepare(options)
        # Opened before an hour is spent on what goes into it.
        file = open(out, "w", encoding="utf-8", newline="")  # noqa: SIM115
    except (ValueError, OSError) as error:
        print(error, file=sys.stderr)
        return 2
    fast = import_module(f"course_utils.exercises.chapter_{path.stem[:2]}").FAST
    unset = dict.fromkeys(("COURSE_SEED", "COURSE_STRICT", "COURSE_RECORD"))
    environment = kernel_environment("quick", "tensorflow", COURSE_OFFLINE="1", **unset)
    exam = Exam(read(path), fast, environment)
    rows = 0
    with file:
        table = csv.DictWriter(file, ["file", *exam.numbers, "correct"])
        table.writeheader()
        try:
            for row in grade(folder, exam, say=lambda line: print(line, flush=True)):
                table.writerow(row)
                file.flush()
                rows += 1
        except BrokenChapterError as error:
            print(error, file=sys.stderr)
            return 1
        except KeyboardInterrupt:
            print(f"\nInterrupted: the marks so far are in {out}.", file=sys.stderr)
            return 130
    print(f"{rows} notebooks, marks in {out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
