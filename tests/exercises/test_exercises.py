"""Exercises answer as promised: to the stub, to typical mistakes, to the published solution."""

import importlib
import runpy
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


# From here on: what the above finds, on a chapter that is made for it.

HELPERS = """WORDS = {...: "not attempted. Begin.", 4: "correct. Yes.", 3: "not yet. One more."}
WORDS |= {5: "not yet. One less.", 9: "not yet. Much less."}
given = []

def check(number, answer):
    print(number, WORDS.get(answer, "not yet. No."))

def hint(number):
    given.append(number)
    print(f"{number} hint {len(given)} of 2: Count {'higher' * len(given)}.")"""


def chapter(stub="answer = ...", solution="answer = 4", after="assert answer == 4"):
    check = 'check("9.1", answer)'
    fence = f"<details>\n\n```python\n{solution}\n\n{check}\n```\n\n</details>"
    return factory.notebook(
        factory.code("parameters", "EPOCHS = 50", tags=["parameters"]),
        factory.code("helpers", HELPERS),
        factory.code("exercise-1", f"{stub}\n\n{check}", tags=["exercise"]),
        factory.markdown("solution-1", fence, tags=["solution"]),
        factory.code("after", after),
    )


WRONG = [("answer = 3", "One more"), ("answer = 5", "One less"), ("answer = 9", "Much less")]


def run(notebook, folder, environment, wrong=WRONG, hints=2):
    return exercise_run.run_exercises(
        notebook,
        folder,
        environment,
        wrong={"9.1": wrong},
        hints={"9.1": hints},
    )


def test_a_good_exercise_has_no_fault(tmp_path, test_kernel_environment):
    notebook = chapter(after="assert answer == 4")
    outcome, answers = run(notebook, tmp_path, test_kernel_environment)
    assert outcome.failure is None, "a later cell that reads an answer sees the solution"
    assert exercise_run.find_faults("9.1", answers["9.1"]) == []
    assert len(notebook.cells) == 5


@pytest.mark.parametrize(
    ("notebook", "wrong", "fault"),
    [
        (chapter(stub="answer = 4"), WRONG, "the stub prints: 9.1 correct"),
        (chapter(solution="answer = 5"), WRONG, "the published solution prints: 9.1 not yet"),
        (chapter(), WRONG[:2], "2 wrong answers are tried"),
        (
            chapter(),
            [*WRONG, ("answer = 4  # by luck", "No")],
            "the wrong answer 'answer = 4  # by luck' prints: 9.1 correct",
        ),
        (
            chapter(),
            [*WRONG[:2], ("answer = 9", "Much more")],
            "of the wrong answer 'answer = 9' is not said 'Much more'",
        ),
        (
            chapter(),
            [*WRONG[:2], ("answer = 7", "No"), ("answer = 8", "No")],
            "two wrong answers get one message: 9.1 not yet. No.",
        ),
    ],
    ids=["stub", "solution", "few", "passes", "fragment", "same"],
)
def test_a_bad_exercise_is_found_out(tmp_path, test_kernel_environment, notebook, wrong, fault):
    _, answers = run(notebook, tmp_path, test_kernel_environment, wrong)
    faults = exercise_run.find_faults("9.1", answers["9.1"])
    assert len(faults) == 1
    assert faults[0].startswith(fault)


def test_hints_that_are_missing_or_run_out_are_found_out(tmp_path, test_kernel_environment):
    _, answers = run(chapter(), tmp_path, test_kernel_environment, hints=3)
    assert "hint 3 prints: 9.1 hint 3 of 2" in "".join(
        exercise_run.find_faults("9.1", answers["9.1"])
    )
    answers["9.1"].hints.clear()
    assert exercise_run.find_faults("9.1", answers["9.1"]) == ["has fewer than two different hints"]


def test_an_answer_that_raises_stops_the_chapter_and_is_found_out(
    tmp_path, test_kernel_environment
):
    notebook = chapter(stub="answer = [][0]")
    outcome, answers = run(notebook, tmp_path, test_kernel_environment)
    assert "IndexError" in outcome.failure.error
    assert exercise_run.find_faults("9.1", answers["9.1"])
