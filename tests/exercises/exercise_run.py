"""Run a chapter as learners of every kind would: stubs, mistakes, hints, then the solutions."""

import re
from dataclasses import dataclass, field

import chapters
import kernels
from nbformat.v4 import new_code_cell


@dataclass
class Answers:
    """What one exercise said.

    Attributes
    ----------
    stub, solution : str
        Printed for the stub as it stands, and for the published solution.
    wrong : list of (str, str, str)
        For each wrong answer its code, the fragment that the message should hold, the message.
    hints : list of str
        Printed by each call of ``hint``.
    """

    stub: str = ""
    solution: str = ""
    wrong: list = field(default_factory=list)
    hints: list = field(default_factory=list)


def run_exercises(notebook, folder, environment, *, wrong, hints, timeout=300):
    """Execute a chapter with every kind of answer.

    Parameters
    ----------
    notebook : nbformat.NotebookNode
        Not changed.
    folder : Path
        Of the notebook.
    environment : dict of str to str
    wrong : dict of str to list of (str, str)
        By exercise: code that stands in for all before the check, and a fragment of the message.
    hints : dict of str to int
        By exercise: how many hints there are.
    timeout : float
        Seconds that a cell may take.

    Returns
    -------
    outcome : kernels.Execution
    answers : dict of str to Answers
        By exercise, in the order of the notebook; of those that were reached.
    """
    collect, answers = [], {}

    def every_kind(number, stub, solution):
        before = len(collect)

        def add(source, keep):
            collect.append((new_code_cell(source, id=f"step-{len(collect)}"), keep))

        line = chapters.final_check(stub.source).lineno
        check = "\n".join(stub.source.splitlines()[line - 1 :])
        said = answers[number] = Answers()
        add(stub.source, lambda text: setattr(said, "stub", text))
        for code, fragment in wrong.get(number, []):
            add(
                f"{code}\n\n{check}",
                lambda text, code=code, fragment=fragment: said.wrong.append(
                    (code, fragment, text)
                ),
            )
        for _ in range(hints.get(number, 0)):
            add(f'hint("{number}")', said.hints.append)
        add(solution, lambda text: setattr(said, "solution", text))
        return [cell for cell, _ in collect[before:]]

    mistakes = [code for answers_to in wrong.values() for code, _ in answers_to]
    derived = chapters.exercises_of(notebook, every_kind, mistakes)
    outcome = kernels.execute(derived, folder, environment, timeout=timeout)
    for cell, keep in collect:
        keep(chapters.output_text(cell).strip())
    return outcome, answers


def find_faults(number, answers):
    """List what is wrong with what an exercise said.

    Parameters
    ----------
    number : str
        ``"3.1"``.
    answers : Answers

    Returns
    -------
    list of str
        Empty when all is as promised.
    """
    faults = []
    if not answers.stub.startswith(f"{number} not attempted"):
        faults.append(f"the stub prints: {answers.stub}")
    if not answers.solution.startswith(f"{number} correct"):
        faults.append(f"the published solution prints: {answers.solution}")
    if len(answers.wrong) < 3:
        faults.append(f"{len(answers.wrong)} wrong answers are tried, expected at least three")
    for code, fragment, message in answers.wrong:
        if not message.startswith(f"{number} not yet"):
            faults.append(f"the wrong answer {code!r} prints: {message}")
        elif fragment not in message:
            faults.append(f"of the wrong answer {code!r} is not said {fragment!r}: {message}")
    messages = [message for _, _, message in answers.wrong]
    faults += [
        f"two wrong answers get one message: {message}"
        for message in sorted(set(messages))
        if messages.count(message) > 1
    ]
    if len(set(answers.hints)) < 2:
        faults.append("has fewer than two different hints")
    for place, text in enumerate(answers.hints, 1):
        if not re.match(rf"{re.escape(number)} hint {place} of {len(answers.hints)}: \S", text):
            faults.append(f"hint {place} prints: {text}")
    return faults
