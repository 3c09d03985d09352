"""What check and hint print, whatever they are given."""

import sys
from types import ModuleType

import numpy as np
import pytest

from course_utils import check, hint
from course_utils.exercises import check as checks
from course_utils.exercises.check import Exercise, Wrong, call, number, reject, reject_known


def _judge_number(answer):
    reject(number(answer) == 3, "Three is one too few.")
    reject(number(answer) != 4, "Count again.")


def _judge_function(answer):
    reject(call(answer, 2) != 4, "It should double its argument.")


@pytest.fixture(autouse=True)
def chapter(monkeypatch):
    """Register a chapter 99 with two exercises."""
    module = ModuleType("course_utils.exercises.chapter_99")
    module.EXERCISES = (
        Exercise("99.1", "Count them.", ("Look.", "Look closer.", "Four."), _judge_number, "Yes."),
        Exercise("99.2", "Fill in the body.", ("Twice.",), _judge_function, "Doubled."),
    )
    monkeypatch.setitem(sys.modules, module.__name__, module)
    monkeypatch.setattr(checks, "_hints_given", {})


def _said(capsys, number, answer):
    assert check(number, answer) is None
    return capsys.readouterr().out


def _passes(n):
    pass


def _explains(n):
    """Double n."""


@pytest.mark.parametrize(
    ("number", "blank", "begin"),
    [
        *(("99.1", blank, "Count them.") for blank in (..., (1, ...), [...], {"a": ...})),
        *(("99.2", blank, "Fill in the body.") for blank in (_passes, _explains)),
        ("99.2", lambda n: ..., "Fill in the body."),
        ("99.2", lambda n: None, "Fill in the body."),
    ],
)
def test_blank_is_told_how_to_begin(capsys, number, blank, begin):
    assert _said(capsys, number, blank) == f"{number} not attempted. {begin}\n"


def _prints(n):
    print(2 * n)


def _forgets(n):
    n = 2 * n


@pytest.mark.parametrize(
    ("number", "answer", "words"),
    [
        ("99.1", None, "print(...)"),
        ("99.1", [4, None], "Give the value itself"),
        ("99.1", len, "write parentheses after its name"),
        ("99.1", int, "write parentheses after its name"),
        ("99.2", int, "begins with def"),
        ("99.2", _prints, "Write return where print is. Received: None; printed: '4'"),
        ("99.2", _forgets, "a line with return is missing"),
        ("99.2", print, "Write return where print is"),
        *(("99.1", answer, "number is expected") for answer in ("four", [1, 2], True, {"a": 1})),
        ("99.2", lambda n: n / 0, "raised ZeroDivisionError: division by zero"),
        ("99.2", 4, "without parentheses"),
        ("99.1", 3, "Three is one too few. "),
        ("99.1", 7, "Count again. "),
    ],
)
def test_wrong_answers_are_told_the_mistake(capsys, number, answer, words):
    said = _said(capsys, number, answer)
    assert f"{number} not yet. " in said
    assert words in said


def test_known_mistakes_are_told_by_the_first_result_that_fits():
    mistakes = {"Half.": [0.5, [0.5, 1]], "The rest.": [3, 0.5]}
    for answer, told in ((0.5, "Half."), (np.array([0.5, 1 + 1e-7]), "Half."), (3.0, "The rest.")):
        with pytest.raises(Wrong, match=told):
            reject_known(answer, mistakes)
    for answer in (0.5001, np.nan, np.array([0.5]), np.array([3, 3])):
        reject_known(answer, mistakes)


def test_what_prints_without_end_is_stopped(capsys):
    def endless(n):
        while True:
            print("still searching" * 10)

    said = _said(capsys, "99.2", endless)
    assert len(said) < 11_000
    assert "Is there a loop without an end?" in said


class _Mute(Exception):  # noqa: N818
    def __str__(self):
        raise RuntimeError


@pytest.mark.parametrize("error", [SystemExit(3), _Mute(), GeneratorExit()])
def test_nothing_that_an_answer_raises_gets_out(capsys, error):
    def raises(n):
        raise error

    assert f"raised {type(error).__name__}" in _said(capsys, "99.2", raises)


def test_stopping_a_check_stops_it():
    def stopped(n):
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        check("99.2", stopped)


def test_long_answers_are_not_repeated_whole(capsys):
    assert len(_said(capsys, "99.1", "4" * 5_000_000)) < 300


def test_right_answer_is_praised(capsys):
    for answer in (4, 4.0, np.int64(4), np.array([4])):
        assert _said(capsys, "99.1", answer) == "99.1 correct. Yes.\n"
    assert _said(capsys, "99.2", lambda n: 2 * n) == "99.2 correct. Doubled.\n"


def test_hints_come_one_by_one_and_end(capsys):
    for _ in range(4):
        hint("99.1")
    assert capsys.readouterr().out.splitlines() == [
        "99.1 hint 1 of 3: Look.",
        "99.1 hint 2 of 3: Look closer.",
        "99.1 hint 3 of 3: Four.",
        "99.1 has no further hint. The last was: Four.",
        "The solution is folded below the exercise, with the reason why it is right.",
    ]


def test_number_without_quotation_marks_is_understood(capsys):
    assert _said(capsys, 99.1, 4) == "99.1 correct. Yes.\n"


@pytest.mark.parametrize("number", ["99.7", "98.1", "two", 99.9, ""])
def test_unknown_exercise_is_told_not_raised(capsys, number):
    check(number, 1)
    hint(number)
    assert capsys.readouterr().out.count("There is no exercise") == 2
