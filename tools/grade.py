"""Check the exercises of handed-in notebooks: ``make grade NB=03 IN=folder OUT=grades.csv``.

Of each notebook only the answers are taken: the cells that end in ``check("3.1", ...)``. They are
run in a fresh copy of the chapter, made fast, so a changed chapter or a forged output counts for
nothing. It runs other people's code as you: use a machine or an account where that does no harm.
"""

import argparse
import csv
import re
import runpy
import sys
from pathlib import Path

from chapters import (
    NOTEBOOKS,
    ROOT,
    UnknownChapterError,
    code_cells,
    final_check,
    find_chapters,
    output_text,
    published_solution,
    read,
    solution_of,
    tags,
)
from kernels import execute, kernel_environment
from nbformat.v4 import new_code_cell

SECONDS = 120  # that a cell may take; with the settings of the tests no honest one needs them


class Exam:
    """A chapter, prepared to have answers put in.

    Parameters
    ----------
    chapter : nbformat.NotebookNode
    parameters : str
        Source that is run after the cell tagged parameters, to make the chapter fast.

    Attributes
    ----------
    numbers : list of str
        Of the exercises, ``["3.1", ...]``.
    """

    def __init__(self, chapter, parameters):
        self._chapter = chapter
        self._parameters = parameters
        self._stubs = {
            final_check(cell.source).args[0].value: cell
            for cell in code_cells(chapter)
            if "exercise" in tags(cell)
        }
        self.numbers = list(self._stubs)

    def answers_in(self, notebook):
        """Find the answers in a notebook: of each exercise the last cell that checks it.

        Returns
        -------
        dict of str to str
            The cells' sources, by exercise.
        """
        found = {}
        for cell in code_cells(notebook):
            for number in self.numbers:
                # By its check and not by its id: some services give all cells new ids.
                if re.search(rf"""\bcheck\(\s*["']{re.escape(number)}["']""", cell.source):
                    found[number] = cell.source
        return found

    def mark(self, answers, environment, seconds=SECONDS):
        """Run answers in the chapter and collect what its checks say.

        Parameters
        ----------
        answers : dict of str to str
        environment : dict of str to str
            Of the kernel.
        seconds : float
            That a cell may take.

        Returns
        -------
        dict of str to str
            By exercise: "correct", "not yet", "not attempted", "missing", or what went wrong.
        """
        left, outcomes = dict(answers), dict.fromkeys(self.numbers, "missing")
        while True:
            notebook, places = self._with_answers(left)
            failure = execute(notebook, NOTEBOOKS, environment, timeout=seconds).failure
            for number, cell in places.items():
                outcomes[number] = _outcome(number, cell)
            stopped = {cell.id: number for number, cell in places.items()}
            if failure is None or failure.cell not in stopped:
                break
            # An answer that never ends, or ends the kernel: the others shall be heard all the same.
            number = stopped[failure.cell]
            del left[number]
            outcomes[number] = failure.error
        if failure is not None:
            raise RuntimeError(f"the chapter itself failed in {failure}")
        return outcomes

    def _with_answers(self, answers):
        """Return the chapter with answers, each followed by the solution that later cells need."""
        cells, places = [], {}
        numbers = {stub.id: number for number, stub in self._stubs.items()}
        for cell in code_cells(self._chapter):
            number = numbers.get(cell.id)
            if number is None:
                cells.append(new_code_cell(cell.source, id=cell.id))
                if "parameters" in tags(cell):
                    cells.append(new_code_cell(self._parameters, id="fast"))
                continue
            if number in answers:
                # Run like this, an error is shown and does not end the notebook.
                run = f"_ = get_ipython().run_cell({answers[number]!r})"
                source = f"_check = check\n{run}\ncheck = _check"
                places[number] = new_code_cell(source, id=cell.id)
                cells.append(places[number])
            solution = published_solution(solution_of(self._chapter, cell))
            cells.append(new_code_cell(solution, id=f"solution-{len(cells)}"))
        notebook = self._chapter.copy()
        notebook.cells = cells
        return notebook, places


def _outcome(number, cell):
    """Return what a cell with an answer came to."""
    said = re.findall(
        rf"^{re.escape(number)} (correct|not yet|not attempted)\b", output_text(cell), re.MULTILINE
    )
    errors = [output.ename for output in cell.outputs if output.output_type == "error"]
    return said[-1] if said else f"raised {errors[-1]}" if errors else "not checked"


def grade(folder, exam, environment, *, say=print, seconds=SECONDS):
    """Mark all notebooks in a folder and below it.

    Parameters
    ----------
    folder : Path
    exam : Exam
    environment : dict of str to str
        Of the kernels.
    say : callable, optional
        Gets a line for each notebook.
    seconds : float, optional
        That a cell may take.

    Returns
    -------
    list of dict of str to str
        For each notebook that holds an exercise of the chapter: "file", the outcome of each
        exercise, and "correct", how many are.
    """
    rows = []
    for path in sorted(folder.rglob("*.ipynb")):
        name = path.relative_to(folder)
        if any(part.startswith(".") for part in name.parts):
            continue
        try:
            answers = exam.answers_in(read(path))
        except Exception as error:  # nbformat raises many kinds
            say(f"{name}: cannot be read as a notebook ({type(error).__name__})")
            rows.append({"file": str(name), **dict.fromkeys(exam.numbers, "unreadable")})
        else:
            if not answers:
                say(f"{name}: holds no exercise of this chapter")
                continue
            rows.append({"file": str(name), **exam.mark(answers, environment, seconds)})
            say(f"{name}: " + ", ".join(f"{n} {rows[-1][n]}" for n in exam.numbers))
        rows[-1]["correct"] = str(sum(rows[-1][n] == "correct" for n in exam.numbers))
    return rows


def main(arguments=None):
    """Write a table of marks; return the exit status."""
    parser = argparse.ArgumentParser(description="Check the exercises of handed-in notebooks.")
    parser.add_argument("--nb", required=True, help="the chapter, such as 03")
    parser.add_argument("--in", dest="folder", required=True, help="folder of the notebooks")
    parser.add_argument("--out", default="grades.csv", help="table to write")
    options = parser.parse_args(arguments)
    folder = Path(options.folder).expanduser()
    try:
        (path,) = find_chapters(options.nb)
    except (UnknownChapterError, ValueError) as error:
        print(f"Expected one chapter, such as NB=03. {error}", file=sys.stderr)
        return 1
    if not folder.is_dir():
        print(f"Expected a folder of notebooks: IN=folder. Received: {folder}.", file=sys.stderr)
        return 1
    fast = runpy.run_path(str(ROOT / "tests" / "exercises" / f"chapter_{path.stem[:2]}.py"))
    exam = Exam(read(path), fast["PARAMETERS"])
    environment = kernel_environment(
        "quick", "tensorflow", COURSE_OFFLINE="1", COURSE_SEED=None, COURSE_STRICT=None
    )
    rows = grade(folder, exam, environment)
    if not rows:
        print(f"{folder} holds no notebook with exercises of {path.stem}.", file=sys.stderr)
        return 1
    with open(options.out, "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, ["file", *exam.numbers, "correct"])
        table.writeheader()
        table.writerows(rows)
    print(f"{len(rows)} notebooks, marks in {options.out}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
