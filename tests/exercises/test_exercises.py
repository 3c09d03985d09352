"""Exercises answer as promised: to the stub, to typical mistakes, to the published solution."""

import importlib
import runpy
from dataclasses import replace
from pathlib import Path

import chapters
import exercise_run
import notebook_factory as factory
import notebook_rules
import pytest

EXERCISES = Path(__file__).parent
CHAPTERS = [
    path
    for path in chapters.find_chapters()
    if notebook_rules.Chapter.read(path).tagged("exercise")
]


def numbers_in(path):
    stubs = notebook_rules.Chapter.read(path).tagged("exercise")
    calls = [chapters.final_check(stub.source) for stub in stubs]
    return [call.args[0].value for call in calls if call is not None]


@pytest.fixture(scope="module")
def run_chapter(test_kernel_environment):
    """Function that runs a chapter's exercises, once for all of them."""
    done = {}
    # Trained as briefly as this, the bands of the chapter need not hold.
    environment = {**test_kernel_environment, "COURSE_STRICT": "0"}

    def run(path):
        if path not in done:
            chapter = path.stem[:2]
            data = runpy.run_path(str(EXERCISES / f"chapter_{chapter}.py"))
            module = importlib.import_module(f"course_utils.exercises.chapter_{chapter}")
            hints = {exercise.number: len(exercise.hints) for exercise in module.EXERCISES}
            outcome, answers = exercise_run.run_exercises(
                chapters.read(path),
                path.parent,
                environment,
                wrong=data["WRONG"],
                hints=hints,
            )
            done[path] = outcome, answers, set(hints), set(data["WRONG"])
        return done[path]

    return run


@pytest.mark.slow
@pytest.mark.parametrize("path", CHAPTERS, ids=lambda path: path.stem)
def test_with_every_solution_pasted_in_the_chapter_runs_to_its_end(path, run_chapter):
    outcome, answers, defined, tried = run_chapter(path)
    assert outcome.failure is None, f"{outcome.failure}\n{outcome.failure.details}"
    assert set(answers) == defined, "the notebook and course_utils.exercises disagree"
    assert set(answers) == tried, "the notebook and tests/exercises disagree"


@pytest.mark.slow
@pytest.mark.parametrize(
    ("path", "number"),
    [(path, number) for path in CHAPTERS for number in numbers_in(path)],
    ids=lambda value: getattr(value, "stem", value),
)
def test_exercise(path, number, run_chapter):
    outcome, answers, _, _ = run_chapter(path)
    assert number in answers, f"{outcome.failure}"
    faults = exercise_run.find_faults(number, answers[number])
    assert not faults, "\n".join(faults)


# From here on: what the above finds, in what exercises made for it say.

HELPERS = """WORDS = {...: "not attempted. Begin.", 4: "correct. Yes."}
given = []

def check(number, answer):
    print(number, WORDS.get(answer, f"not yet. Not {answer}."))

def hint(number):
    given.append(number)
    print(f"{number} hint {len(given)} of 2: Count {'higher' * len(given)}.")"""
CHECK = 'check("9.1", answer)'
CHAPTER = [
    factory.code("helpers", HELPERS),
    factory.code("exercise-1", f"answer = ...\n\n{CHECK}", tags=["exercise"]),
    factory.markdown("solution-1", f"```python\nanswer = 4\n\n{CHECK}\n```", tags=["solution"]),
    factory.code("after", "assert answer == 4"),
]
GOOD = exercise_run.Answers(
    stub="9.1 not attempted. Begin.",
    solution="9.1 correct. Yes.",
    wrong=[(f"answer = {n}", f"Not {n}", f"9.1 not yet. Not {n}.") for n in (3, 5, 9)],
    hints=["9.1 hint 1 of 2: Count higher.", "9.1 hint 2 of 2: Count higherhigher."],
)


def test_a_good_exercise_says_so_and_has_no_fault(tmp_path, test_kernel_environment):
    notebook = factory.notebook(*CHAPTER)
    outcome, answers = exercise_run.run_exercises(
        notebook,
        tmp_path,
        test_kernel_environment,
        wrong={"9.1": [(code, fragment) for code, fragment, _ in GOOD.wrong]},
        hints={"9.1": 2},
    )
    assert outcome.failure is None, "a later cell that reads an answer sees the solution"
    assert answers == {"9.1": GOOD}
    assert exercise_run.find_faults("9.1", GOOD) == []
    assert len(notebook.cells) == 4


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"stub": "9.1 correct. Yes."}, "the stub prints: 9.1 correct"),
        ({"solution": ""}, "the published solution prints: "),
        ({"wrong": GOOD.wrong[:2]}, "2 wrong answers are tried"),
        ({"wrong": [*GOOD.wrong, ("4", "No", "9.1 correct.")]}, "the wrong answer '4' prints: 9.1"),
        ({"wrong": [*GOOD.wrong, ("8", "Less", "9.1 not yet.")]}, "of the wrong answer '8' is not"),
        (
            {"wrong": [*GOOD.wrong, GOOD.wrong[0]]},
            "two wrong answers get one message: 9.1 not yet.",
        ),
        ({"hints": []}, "has fewer than two different hints"),
        ({"hints": [GOOD.hints[0], "9.1 has no further hint."]}, "hint 2 prints: 9.1 has no"),
    ],
)
def test_a_bad_exercise_is_found_out(change, fault):
    (found,) = exercise_run.find_faults("9.1", replace(GOOD, **change))
    assert found.startswith(fault)
