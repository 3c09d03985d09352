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

import dis
import io
import math
import reprlib
import sys
from collections.abc import Callable
from contextlib import redirect_stdout
from dataclasses import dataclass
from importlib import import_module

import numpy as np

_LONGEST = 10_000  # characters that a learner's code may print while it is checked
_NOTHING = frozenset({"RESUME", "NOP", "LOAD_CONST", "RETURN_VALUE", "RETURN_CONST"})


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
        The answer. ``...`` stands for a blank.
    """
    try:
        exercise = _find(number)
        _require_filled(answer)
        with redirect_stdout(_Limited(sys.stdout)):
            exercise.judge(answer)
    except _UnknownExerciseError as error:
        print(error)
    except NotAttempted:
        print(f"{number} not attempted. {exercise.begin}")
    except Wrong as mistake:
        print(f'{number} not yet. {mistake} For help, run hint("{number}").')
    except KeyboardInterrupt:  # the learner stopped it
        raise
    except BaseException as error:  # whatever a learner's own code raises is told, never thrown
        print(
            f"{number} not yet. Checking your answer raised {_told(error)}. "
            f'For help, run hint("{number}").'
        )
    else:
        print(f"{number} correct. {exercise.praise}")


def hint(number):
    """Print the next hint for an exercise; after the last one, say where the solution is.

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
    given = _hints_given.get(number, 0)
    if given == len(hints):
        print(f"{number} has no further hint. The last was: {hints[-1]}")
        print("The solution is folded below the exercise, with the reason why it is right.")
        return
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
        f"A number is expected, without quotation marks. Received: {reprlib.repr(answer)}.",
    )
    reject(
        callable(answer),
        "A number is expected, and this is a function. Call it: write parentheses after its name, "
        f"with what it needs between them. Received: {reprlib.repr(answer)}.",
    )
    try:
        array = np.asarray(answer, dtype=float)
    except (TypeError, ValueError):
        raise Wrong(f"A single number is expected. Received: {reprlib.repr(answer)}.") from None
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
        f"Received: {reprlib.repr(function)}.",
    )
    reject(
        isinstance(function, type),
        f"A function is expected, one that begins with def. Received: {function!r}.",
    )
    printed = io.StringIO()
    with redirect_stdout(_Limited(sys.stdout, printed)):
        result = function(*arguments)
    if result is None:
        if _is_blank(function):
            raise NotAttempted
        said = printed.getvalue().strip()
        reject(
            bool(said),
            "Your function prints its result and gives nothing back. Write return where print is. "
            f"Received: None; printed: {reprlib.repr(said)}.",
        )
        raise Wrong(
            "Your function gives nothing back: a line with return is missing, or is not reached. "
            "Received: None."
        )
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


def reject_known(answer, mistakes):
    """Reject the answer if it is what a typical mistake gives.

    Parameters
    ----------
    answer : float or numpy.ndarray
        What the learner's code gave, numbers.
    mistakes : dict
        By message, a list of the results that this mistake may have. The first that fits is told.
    """
    for message, results in mistakes.items():
        for result in results:
            same = np.shape(answer) == np.shape(result)
            reject(same and np.allclose(answer, result, rtol=1e-5, atol=1e-9), message)


class _Limited(io.TextIOBase):
    """Passes on what is printed, keeps a copy if asked to, and stops what prints without end."""

    def __init__(self, stream, copy=None):
        self._stream, self._copy, self._left = stream, copy, _LONGEST

    def write(self, text):
        self._left -= len(text)
        if self._left < 0:
            raise Wrong(
                f"Your code prints more than {_LONGEST:,} characters while it is checked. "
                "Is there a loop without an end?"
            )
        if self._copy is not None:
            self._copy.write(text)
        return self._stream.write(text)

    def flush(self):
        self._stream.flush()


def reject_unequal(answer, expected, what, abs_tol=1e-6):
    """Reject a number that is not the expected one, and say both; `what` tells of which input."""
    reject(
        not math.isclose(answer, expected, rel_tol=1e-4, abs_tol=abs_tol),
        f"{what} is {expected:.5g}. Your function gives {answer:.5g}.",
    )


def _is_blank(function):
    """Tell whether a function's body does nothing: ``...``, ``pass`` or a docstring alone."""
    code = getattr(function, "__code__", None)
    return code is not None and all(step.opname in _NOTHING for step in dis.get_instructions(code))


def _require_filled(answer):
    if answer is ...:
        raise NotAttempted
    reject(
        answer is None,
        "Your answer is None, which is what print(...) gives, or a function without return. "
        "Give the value itself.",
    )
    if isinstance(answer, (tuple, list)):
        for part in answer:
            _require_filled(part)
    if isinstance(answer, dict):
        for part in answer.values():
            _require_filled(part)


def _told(error):
    """Return the name and the words of an error, also where the error cannot say them."""
    try:
        words = str(error)
    except Exception:  # an exception of the learner's own may fail at that, too
        words = "(its message cannot be shown)"
    return f"{type(error).__name__}: {words[:500]}" if words else type(error).__name__


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
