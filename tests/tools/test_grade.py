"""`make grade`: what becomes of right, wrong, missing and harmful answers."""

import csv
import os
import re
import zipfile
from unittest.mock import Mock

import grade
import notebook_factory as factory
import pytest

# The fake check stands where the course's does, so that `cu.check` is heard as well.
HELPERS = """
import numpy as np
import course_utils as cu
import course_utils.exercises.check as course

def check(number, answer):
    answer = answer() if callable(answer) else answer
    said = "not attempted." if answer is ... else "correct." if answer == 4 else "not yet."
    print(number, said)

course.check = check
table = np.eye(2)
"""

ENDLESS = "def answer():\n    while True: {}\ncheck('N', answer)"


def chapter(*after):
    """Make a chapter with an exercise for each cell that is to follow one."""
    cells = [
        factory.code("helpers", HELPERS),
        factory.code("constants", "given = 4", tags=["parameters"]),
        factory.code("aside", "aside = 4"),
    ]
    for place, source in enumerate(after, 1):
        check = f"check('1.{place}', a)"
        cells += [
            factory.code(f"exercise-{place}", f"a = ...\n\n{check}", tags=["exercise"]),
            factory.markdown(
                f"solution-{place}", f"```python\na = given\n\n{check}\n```", tags=["solution"]
            ),
            factory.code(f"after-{place}", source),
        ]
    # Nothing that an exercise needs: it is not run.
    return factory.notebook(*cells, factory.code("last", "raise SystemExit"))


@pytest.fixture(scope="module")
def exam(test_kernel_environment):
    """Return a function that makes an exam of a chapter."""
    return lambda notebook, seconds=60: grade.Exam(notebook, test_kernel_environment, seconds)


def mark(exam, *sources):
    notebook = factory.notebook(*(factory.code(f"x{i}", s) for i, s in enumerate(sources)))
    return exam.mark(exam.answers_in(notebook))


OUTCOMES = [
    ('a = 5\ncheck( "N", a)', "not yet"),
    ("%%time\na = aside\ncheck(N, a)", "correct"),
    ("cu.check('N', 4)", "correct"),
    ("from course_utils import check\ncheck('N', 4)", "correct"),
    ("check(answer=4, number='N')", "correct"),
    ("print('so', end='')\ncheck('N', 4)", "correct"),
    ("def answer():\n    print('N not yet')\n    return 4\ncheck('N', answer)", "correct"),
    ("a = ...\ncheck('N', a)", "not attempted"),
    ("a = undefined\ncheck('N', a)", "raised NameError"),
    ("a = (\ncheck('N', a)", "raised SyntaxError"),
    ("print('N correct.')  # check('N', a)", "not checked"),
    ("def check(*_): pass\ncheck('N', 4)", "not checked"),
    ("del check\nnp = given = None\ncheck('N', 4)", "raised NameError"),
    ("exit()\ncheck('N', 4)", "raised SystemExit"),
    ("while True: print('x' * 1000)\ncheck('N', 4)", "raised RuntimeError"),
    (ENDLESS.format("print('x' * 1000)"), "raised RuntimeError"),
    (ENDLESS.format("__import__('sys').stderr.write('x' * 1000)"), "raised RuntimeError"),
    (ENDLESS.format("display({'text/html': 'x' * 100_000}, raw=True)"), "raised RuntimeError"),
    ("raise ValueError('x' * 10**8)\ncheck('N', 4)", "raised ValueError"),
    ("import os\nos.system('yes | head -c 50000000')\ncheck('N', 4)", "correct"),
    pytest.param(
        "full = []\nwhile True: full.append(bytearray(10**7))\ncheck('N', 4)",
        "raised MemoryError",
        marks=pytest.mark.skipif(not os.path.exists("/proc/self/statm"), reason="is for Linux"),
    ),
    ("a = 4\ncheck('N', a)", "correct"),
    ("1 + 1", "missing"),
]


@pytest.fixture(scope="module")
def heard(exam):
    """Marks of all answers above, each to an exercise of its own in one chapter, and cells."""
    sources = [getattr(case, "values", case)[0] for case in OUTCOMES]
    answers = [re.sub(r"\bN\b", f"1.{n}", source) for n, source in enumerate(sources, 1)]
    cells, outcome = [], grade._outcome
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(grade, "_outcome", lambda n, cell: cells.append(cell) or outcome(n, cell))
        notebook = chapter(*["assert a == 4 and np is not None"] * len(sources))
        marks = mark(exam(notebook), *answers).values()
    return dict(zip(sources, marks, strict=True)), cells


@pytest.mark.parametrize(("source", "outcome"), OUTCOMES)
def test_an_answer_comes_to(heard, source, outcome):
    assert heard[0][source] == outcome


def test_nothing_else_comes_out_of_an_answer(heard):
    assert len(heard[1]) == len(OUTCOMES) - 1, "all but the one that is missing"
    for cell in heard[1]:
        assert len(str(cell.outputs)) < 1000, cell.source


def test_answers_that_break_the_run_cost_no_other_mark(exam):
    # What the fourth spoils is needed only after the next exercise, which is not to blame.
    notebook = chapter("1", "1", "1", "1", "assert table.sum() == 2 and a")
    notebook.cells.insert(2, factory.code("fails", "trained = 1 / 0"))
    marks = mark(
        exam(notebook, seconds=5),
        "while True: pass\ncheck('1.1', 4)",
        "import os\nos._exit(3)\ncheck('1.2', 4)",
        "check('1.3', 4 + 0 * trained)",
        "table[:] = 7\ncheck('1.4', 4)",
        "check('1.5', 4)",
    )
    assert marks.pop("1.5") == "correct"
    errors = "TimeoutError", "DeadKernelError", "ZeroDivisionError", "AssertionError"
    for outcome, error in zip(marks.values(), errors, strict=True):
        assert outcome.startswith(f"broke the run: {error}: ")


def test_last_of_several_attempts_counts_if_it_could_be_checked(exam):
    attempts = "a = 5\ncheck('1.1', a)", "a = 4\ncheck('1.1', a)", "check('1.1', undefined)"
    assert mark(exam(chapter("1")), *attempts) == {"1.1": "correct"}


def test_a_broken_chapter_is_nobodys_fault(exam):
    broken = exam(chapter("a / 0"))
    with pytest.raises(grade.BrokenChapterError, match="cell after-1: ZeroDivisionError"):
        mark(broken, "check('1.1', 4)")


def test_everything_in_a_folder_gets_a_row_or_is_named(exam, tmp_path, monkeypatch, capsys):
    right = ("ada/01.ipynb", "a.class/.hidden/01.ipynb", "ben.ipynb.txt", "cleo.IPYNB", "dan (1)")
    for name in (*right, "ada/.ipynb_checkpoints/01.ipynb"):
        factory.write_code(tmp_path / name, x="check('1.1', 4)")
    factory.write(tmp_path / "deleted.ipynb")
    content = (tmp_path / "cleo.IPYNB").read_bytes()
    (tmp_path / "éva.ipynb").write_bytes(b"\xef\xbb\xbf" + content)
    (tmp_path / "broken.ipynb").write_text("{")
    (tmp_path / "no cells.ipynb").write_text('{"nbformat": 4, "nbformat_minor": 5}')
    (tmp_path / "essay.pdf").write_bytes(b"\x80\xff")
    (tmp_path / "data.json").write_text("{}")
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("fay/01.ipynb", content)
        archive.writestr("__MACOSX/fay/._01.ipynb", b"\0")

    one = exam(chapter("1"))
    monkeypatch.setattr(one, "mark", lambda answers: dict.fromkeys(answers, "correct"))
    assert {name: mark for name, mark, _ in grade.grade(tmp_path, one)} == {
        **dict.fromkeys((*right, "éva.ipynb", "class.zip/fay/01.ipynb"), "correct"),
        "deleted.ipynb": "missing",
        "broken.ipynb": "unreadable",
        "no cells.ipynb": "unreadable",
    }
    said = capsys.readouterr().out.splitlines()
    assert "deleted.ipynb: holds no exercise of this chapter" in said
    assert "ada/01.ipynb: 1.1 correct" in said
    assert said[-1].startswith("Not notebooks (3): ")
    assert all(name in said[-1] for name in ("essay.pdf", "data.json", "._01.ipynb"))


@pytest.mark.slow
def test_a_chapter_of_the_course_is_marked(tmp_path):
    answer = 'numbers = 3072\n\ncheck("0.1", numbers)'
    factory.write_code(tmp_path / "in" / "ada.ipynb", x=answer)
    table = tmp_path / "marks.csv"
    assert grade.main(["--nb", "0", "--in", str(tmp_path / "in"), "--out", str(table)]) == 0
    with open(table, encoding="utf-8-sig", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["file"] == "ada.ipynb"
    assert (row["0.1"], row["0.2"], row["correct"]) == ("correct", "missing", "1")


@pytest.fixture
def run(tmp_path, monkeypatch):
    """Return a function that marks a folder of two notebooks of chapter 00."""
    monkeypatch.chdir(tmp_path)
    for name in ("ada", "ben"):
        factory.write_code(tmp_path / "in" / f"{name}.ipynb", x="check('0.1', 3072)")

    def run(*arguments, mark=lambda self, answers: dict.fromkeys(self.numbers, "correct")):
        monkeypatch.setattr(grade.Exam, "mark", mark)
        return grade.main(["--nb", "00", "--in", "in", *arguments])

    return run


def test_a_table_is_replaced_only_by_a_whole_one_of_its_chapter(run, tmp_path, capsys):
    assert run() == 0
    table, draft = tmp_path / "grades-00.csv", tmp_path / "grades-00-incomplete.csv"
    before = table.read_bytes()
    assert before.startswith(b"\xef\xbb\xbffile,0.1,"), "Excel asks for the mark"
    (tmp_path / "empty").mkdir()
    assert run("--in", "empty") == 1
    assert "No notebook in empty" in capsys.readouterr().err
    for status, error in ((130, KeyboardInterrupt), (1, grade.BrokenChapterError)):
        assert run(mark=Mock(side_effect=[{"0.1": "not yet"}, error])) == status
        assert "Marks so far: grades-00-incomplete.csv" in capsys.readouterr().err
        assert "ada.ipynb,not yet," in draft.read_text()
        assert table.read_bytes() == before
    assert run() == 0
    assert sorted(tmp_path.glob("*.csv")) == [table]


@pytest.mark.parametrize("name", ["marks.csv", "marks-incomplete.csv"])
def test_a_table_of_something_else_is_left_alone(run, tmp_path, capsys, name):
    other = tmp_path / name
    other.write_text("file,0.1,correct\nsmith,correct,1\n")
    with pytest.raises(SystemExit, match="2"):
        run("--out", "marks.csv")
    assert "something else than this chapter's table" in capsys.readouterr().err
    assert other.read_text() == "file,0.1,correct\nsmith,correct,1\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nb", "00,03", "--in", "."], "NB must be one chapter, such as NB=03"),
        (["--nb", "77", "--in", "."], "NB must be numbers of chapters"),
        (["--nb", "03", "--in", "nowhere"], "IN=folder. Received: 'nowhere'"),
        (["--nb", "03"], "IN=folder. Received: ''"),
        (["--nb", "03", "--in", ".", "--out", "no/such/folder.csv"], "no/such/folder.csv"),
    ],
)
def test_what_cannot_be_marked_is_said(arguments, message, capsys):
    with pytest.raises(SystemExit, match="2"):
        grade.main(arguments)
    assert message in capsys.readouterr().err
