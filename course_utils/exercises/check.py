"""Exercises that answer back: ``check`` an answer, ask for a ``hint``.

A chapter defines its exercises in ``course_utils/exercises/chapter_NN.py``::

    from course_utils.exercises.check import Exercise, number, reject

    def _judge_parameters(answer):
        answer = number(answer)
        reject(answer == 864, "These are the weights alone. Each filter has a bias as well.")
        reject(answer != 896, "One filter has 3 x 3 weights for each of the 3 input channels.")

    EXERCISES = (
        Exercise("3.1", begin="...", hints=("...", "..."), judge=_judge_parameters, praise="..."),
    )

Neither function raises, whatever the answer is: Run All always reaches the end of a notebook.
"""

from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module

import numpy as np


class Wrong(Exception):  # noqa: N818 - an outcome of a check, not an error
    """Raised by a judge: the answer is wrong, and the message says what the likely mistake is."""


class NotAttempted(Exception):  # noqa: N818
    """Raised while a blank is still where the answer should be."""


@dataclass(frozen=True)
class Exercise:
    """One exercise of a chapter.

    Parameters
    ----------
    number : str
        Chapter and place, such as ``"3.2"``.
    begin : str
        Printed while the answer is blank: how to begin.
    hints : tuple of str
        Graded hints, the gentlest first. The last one all but gives the answer.
    judge : callable
        Takes the answer; returns nothing if it is right and raises `Wrong` if it is not.
    praise : str
        Printed when the answer is right: what it shows.
    """

    number: str
    begin: str
    hints: tuple[str, ...]
    judge: Callable[[object], None]
    praise: str


_hints_given: dict[str, int] = {}


def check(number, answer):
    """Check an answer and print one of: not attempted, correct, not yet - and why.

    Parameters
    ----------
    number : str
        The exercise, such as ``"3.2"``.
    answer : object
        The answer. ``...`` and ``None`` stand for a blank.
    """
    try:
        exercise = _find(number)
        _require_filled(answer)
        exercise.judge(answer)
    except _UnknownExerciseError as error:
        print(error)
    except NotAttempted:
        print(f"{number} not attempted. {exercise.begin}")
    except Wrong as mistake:
        print(f'{number} not yet. {mistake} For help, run hint("{number}").')
    except Exception as error:  # whatever a learner's own code raises is told, never thrown
        print(
            f"{number} not yet. Checking your answer raised {type(error).__name__}: {error}. "
            f'For help, run hint("{number}").'
        )
    else:
        print(f"{number} correct. {exercise.praise}")


def hint(number):
    """Print the next hint for an exercise; after the last one, begin again.

    Parameters
    ----------
    number : str
        The exercise, such as ``"3.2"``.
    """
    try:
        hints = _find(number).hints
    except _UnknownExerciseError as error:
        print(error)
        return
    given = _hints_given.get(number, 0) % len(hints)
    _hints_given[number] = given + 1
    print(f"{number} hint {given + 1} of {len(hints)}: {hints[given]}")


def number(answer):
    """Return an answer as a float, or reject it.

    Parameters
    ----------
    answer : object
        What the learner gave; a Python or NumPy number is accepted, or an array of size one.

    Returns
    -------
    float
        The number.
    """
    reject(
        isinstance(answer, str),
        f"A number is expected, without quotation marks. Received: {answer!r}.",
    )
    try:
        array = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"A single number is expected. Received: {answer!r}.") from None
    reject(isinstance(answer, bool), f"A number is expected. Received: {answer!r}.")
    reject(array.size != 1, f"A single number is expected. Received: {array.size} of them.")
    return float(array.reshape(()))


def call(function, *arguments):
    """Call a function that the learner wrote; a blank result counts as not attempted.

    Parameters
    ----------
    function : callable
        The learner's function.
    *arguments : object
        What it is called with.

    Returns
    -------
    object
        What it returned.
    """
    reject(
        not callable(function),
        "The function itself is expected, without parentheses after its name. "
        f"Received: {function!r}.",
    )
    result = function(*arguments)
    _require_filled(result)
    return result


def reject(mistaken, message):
    """Reject the answer with a message if a mistake is seen in it.

    Parameters
    ----------
    mistaken : bool
        Whether the answer shows the mistake.
    message : str
        What the mistake is and what to think about next.
    """
    if mistaken:
        raise Wrong(message)


def _require_filled(answer):
    if answer is None or answer is ...:
        raise NotAttempted
    if isinstance(answer, (tuple, list)):
        for part in answer:
            _require_filled(part)
    if isinstance(answer, dict):
        for part in answer.values():
            _require_filled(part)


class _UnknownExerciseError(LookupError):
    """There is no exercise of this number."""


def _find(number):
    number = str(number)  # check(3.2, ...) is understood as well
    chapter, _, _ = number.partition(".")
    known = {}
    if chapter.isdigit():
        module = f"course_utils.exercises.chapter_{int(chapter):02d}"
        try:
            known = {exercise.number: exercise for exercise in import_module(module).EXERCISES}
        except ModuleNotFoundError as error:
            if error.name != module:
                raise
    if number not in known:
        listed = ", ".join(known) or "none"
        raise _UnknownExerciseError(
            f"There is no exercise {number!r}. It should be a text such as '3.2'; "
            f"exercises of this chapter: {listed}."
        )
    return known[number]
