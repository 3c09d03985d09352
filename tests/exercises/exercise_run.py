"""Run a chapter as learners of every kind would: stubs, mistakes, hints, then the solutions."""

import re
from dataclasses import dataclass, field

import chapters
import kernels
from nbformat.v4 import new_code_cell


@dataclass
class Answers:
    """What one exercise said to its stub, its published solution, wrong answers and `hint`.

    Of each wrong answer there are its code, the fragment that the message should hold, the message.
    """

    stub: str = ""
    solution: str = ""
    wrong: list = field(default_factory=list)
    hints: list = field(default_factory=list)


def run_exercises(notebook, folder, environment, *, wrong, hints):
    """Execute a chapter with every kind of answer; return a `kernels.Execution` and `Answers`.

    `wrong` has by exercise pairs of code that stands in for all before the check, and a fragment of
    the message; `hints` how many hints there are. The `Answers` are by exercise, in the order of
    the notebook.
    """
    cells = {}

    def every_kind(number, stub, solution):
        line = chapters.final_check(stub.source).lineno
        check = "\n".join(stub.source.splitlines()[line - 1 :])
        sources = [stub.source, *(f"{code}\n\n{check}" for code, _ in wrong.get(number, []))]
        sources += [f'hint("{number}")'] * hints.get(number, 0) + [solution]
        place = sum(map(len, cells.values()))
        cells[number] = [
            new_code_cell(source, id=f"step-{n}") for n, source in enumerate(sources, place)
        ]
        return cells[number]

    mistakes = [code for answers_to in wrong.values() for code, _ in answers_to]
    derived = chapters.exercises_of(notebook, every_kind, mistakes)
    outcome = kernels.execute(derived, folder, environment, timeout=300)
    answers = {}
    for number, made in cells.items():
        stub, *others, solution = [chapters.output_text(cell).strip() for cell in made]
        tried = wrong.get(number, [])
        said = [(*pair, text) for pair, text in zip(tried, others, strict=False)]
        answers[number] = Answers(stub, solution, said, others[len(tried) :])
    return outcome, answers


def find_faults(number, answers):
    """List what is wrong with what an exercise said, nothing when all is as promised."""
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
