"""`make grade`: what becomes of right, wrong, missing and harmful answers."""

import csv

import chapters
import grade
import notebook_factory as factory
import pytest

HELPERS = """
def check(number, answer):
    said = "not attempted." if answer is ... else "correct." if answer == 4 else "not yet."
    print(number, said)
"""


def solution(name, code):
    return factory.markdown(name, f"```python\n{code}\n```", tags=["solution"])


@pytest.fixture
def exam(test_kernel_environment):
    """Return a function that makes an exam of two exercises; other cells need what is given."""
    notebook = factory.notebook(
        factory.code("helpers", HELPERS),
        factory.code("constants", "STEPS, given = 1_000_000, 4", tags=["parameters"]),
        factory.code("exercise-1", "a = ...\n\ncheck('1.1', a)", tags=["exercise"]),
        solution("solution-1", "a = given\n\ncheck('1.1', a)"),
        factory.code("needs-it", "assert a == 4 and STEPS == 1 and table.sum() == 1"),
        factory.code("exercise-2", "b = ...\n\ncheck('1.2', b)", tags=["exercise"]),
        solution("solution-2", "b = 4\n\ncheck('1.2', b)"),
    )
    fast = "import numpy as np\nSTEPS, table = 1, np.eye(1)"
    return lambda seconds=60: grade.Exam(notebook, fast, test_kernel_environment, seconds)


SECOND = "b = 4\ncheck('1.2', b)"


def mark(exam, *sources):
    notebook = factory.notebook(*(factory.code(f"x{i}", s) for i, s in enumerate(sources)))
    return exam.mark(exam.answers_in(notebook))


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("a = 2 + 2\n\ncheck('1.1', a)", "correct"),
        ('a = 5\ncheck( "1.1", a)', "not yet"),
        ("%%time\na = 4\ncheck(1.1, a)", "correct"),
        ("print('so', end='')\ncheck('1.1', 4)", "correct"),
        ("a = ...\ncheck('1.1', a)", "not attempted"),
        ("a = b\ncheck('1.1', a)", "raised NameError"),
        ("a = (\ncheck('1.1', a)", "raised SyntaxError"),
        ("print('1.1 correct.')  # check('1.1', a)", "not checked"),
        ("def check(*_): pass\ncheck('1.1', 4)", "not checked"),
        ("del check\nnp = given = None\ncheck('1.1', 4)", "raised NameError"),
        ("while True: print('x' * 1000)\ncheck('1.1', 4)", "raised RuntimeError"),
        ("exit()\ncheck('1.1', 4)", "raised SystemExit"),
        ("1 + 1", "missing"),
    ],
)
def test_an_answer_comes_to(exam, source, outcome):
    assert mark(exam(), source, SECOND) == {"1.1": outcome, "1.2": "correct"}


@pytest.mark.parametrize(
    ("source", "outcome"),
    [
        ("while True: pass\ncheck('1.1', 4)", "broke the run: TimeoutError"),
        ("import os\nos._exit(3)\ncheck('1.1', 4)", "broke the run: DeadKernelError"),
        ("table[:] = 7\ncheck('1.1', 4)", "broke the run: AssertionError"),
    ],
)
def test_an_answer_that_breaks_the_run_costs_no_other_mark(exam, source, outcome):
    marks = mark(exam(seconds=5), source, SECOND)
    assert marks["1.1"].startswith(outcome)
    assert marks["1.2"] == "correct"


def test_last_of_several_attempts_counts_if_it_could_be_checked(exam):
    attempts = "a = 5\ncheck('1.1', a)", "a = 4\ncheck('1.1', a)", "check('1.1', undefined)"
    assert mark(exam(), *attempts)["1.1"] == "correct"


def test_a_broken_chapter_is_nobodys_fault(test_kernel_environment):
    notebook = factory.notebook(
        factory.code("broken", "1 / 0"),
        factory.code("exercise-1", "check('1.1', ...)", tags=["exercise"]),
        solution("solution-1", "check('1.1', 4)"),
    )
    broken = grade.Exam(notebook, "", test_kernel_environment)
    with pytest.raises(grade.BrokenChapterError, match="cell broken: ZeroDivisionError"):
        broken.mark({"1.1": ["check('1.1', 4)"]})


def test_a_folder_becomes_rows(exam, tmp_path):
    factory.write(tmp_path / "ada" / "01.ipynb", factory.code("x", "check('1.1', 4)"))
    factory.write(tmp_path / "ada" / ".ipynb_checkpoints" / "01.ipynb", factory.code("x", "2"))
    factory.write(tmp_path / "other.ipynb", factory.code("x", "check('2.1', 4)"))
    (tmp_path / "broken.ipynb").write_text("{")
    said = []
    assert list(grade.grade(tmp_path, exam(), say=said.append)) == [
        {"file": "ada/01.ipynb", "1.1": "correct", "1.2": "missing", "correct": "1"},
        {"file": "broken.ipynb", "1.1": "unreadable", "1.2": "unreadable", "correct": "0"},
    ]
    assert said[0] == "ada/01.ipynb: 1.1 correct, 1.2 missing"
    assert "other.ipynb: holds no exercise of this chapter" in said


@pytest.mark.slow
def test_a_chapter_of_the_course_is_marked(tmp_path, capsys):
    notebook = chapters.read(chapters.find_chapters("00")[0])
    for cell in notebook.cells:
        if cell.id == "exercise-1-numbers":
            cell.source = 'numbers_in_a_picture = 3072\n\ncheck("0.1", numbers_in_a_picture)'
    chapters.write(notebook, tmp_path / "in" / "ada.ipynb")
    arguments = ["--nb", "0", "--in", str(tmp_path / "in"), "--out", str(tmp_path / "grades.csv")]
    assert grade.main(arguments) == 0
    with open(tmp_path / "grades.csv", encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert row["file"] == "ada.ipynb"
    assert row["0.1"] == "correct"
    assert row["0.2"] == "not attempted"
    assert row["correct"] == "1"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--nb", "00,03", "--in", "."], "Expected one chapter, such as NB=03"),
        (["--in", "."], "Expected one chapter, such as NB=03"),
        (["--nb", "77", "--in", "."], "Expected chapters of the course by number"),
        (["--nb", "03", "--in", "nowhere"], "IN=folder. Received: 'nowhere'"),
        (["--nb", "03"], "IN=folder. Received: ''"),
        (["--nb", "03", "--in", ".", "--out", "no/such/folder.csv"], "no/such/folder.csv"),
    ],
)
def test_what_cannot_be_marked_is_said(arguments, message, capsys):
    assert grade.main(arguments) == 2
    assert message in capsys.readouterr().err
