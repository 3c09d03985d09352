"""Every notebook has the form that its readers were promised; every rule finds what it is for."""

import chapters
import nbformat
import notebook_factory as factory
import notebook_rules as rules
import pytest
from nbformat.v4 import new_output

ADDRESS = "https://github.com/owner/course"
SLUG = "owner/course"


def test_the_course_has_notebooks():
    assert chapters.find_chapters()


@pytest.mark.parametrize("rule", rules.RULES, ids=lambda rule: rule.__name__)
@pytest.mark.parametrize("path", chapters.find_chapters(), ids=lambda path: path.stem)
def test_form(path, rule):
    faults = rule(rules.Chapter.read(path))
    assert not faults, f"{path.name}:\n" + "\n".join(faults)


def good_cells():
    """Cells of a chapter 3 without a fault."""
    file = f"{SLUG}/blob/main/notebooks/03_good.ipynb"
    title = (
        "# Good\n\n"
        f"[![Colab](a.svg)](https://colab.research.google.com/github/{file})\n"
        f"[![Kaggle](b.svg)](https://kaggle.com/kernels/welcome?src=https://github.com/{file})\n\n"
        "- see\n- know\n- judge\n\n30 minutes\n\nBefore you start: nothing.\n\n" + "word " * 1500
    )
    cells = [
        factory.markdown("title", title),
        factory.code("set-up", rules.SETUP.format(address=ADDRESS, seed=3), "", tags=["setup"]),
        factory.code("parameters", "EPOCHS = 3  # passes", "", tags=["parameters"]),
        factory.code("say-it", "print('seen')", "seen\n"),
        factory.code("show-it", "figure", ""),
    ]
    cells[-1].outputs = [
        new_output(
            "display_data",
            data={"text/html": '<img alt="A curve that falls, left to right." src="data:,">'},
        )
    ]
    for place in range(1, 5):
        check = f'check("3.{place}", answer)'
        solution = (
            f"<details><summary>Solution 3.{place}</summary>\n\n"
            f"```python\nanswer = {place}\n\n{check}\n```\n\nBecause.\n\n</details>"
        )
        stub = f"answer = ...\n\n{check}"
        cells.append(factory.code(f"exercise-{place}", stub, "", tags=["exercise"]))
        cells.append(factory.markdown(f"solution-{place}", solution, tags=["solution"]))
    answers = "<details><summary>Answer</summary>\n\n(a).\n\n</details>\n\n"
    cells += [
        factory.markdown("what-you-measured", "## 9. What you measured\n"),
        factory.code("bands", 'cu.expect("accuracy", 1.0, at_least=0.9)', ""),
        factory.markdown(
            "quiz", "### Quiz\n\n" + "".join(f"**{n}.** Which?\n\n{answers}" for n in range(1, 6))
        ),
    ]
    for count, cell in enumerate((c for c in cells if c.cell_type == "code"), 1):
        cell.execution_count = count
    return cells


@pytest.fixture
def check_form(tmp_path):
    """Function that changes a good chapter and returns its faults by rule."""

    def check(change=lambda cells: None, change_metadata=lambda metadata: None):
        cells = good_cells()
        change(cells)
        notebook = factory.notebook(*cells)
        notebook.metadata["course"] = {"digest": chapters.digest(notebook)}
        notebook.metadata["colab"] = {"toc_visible": True}
        notebook.metadata["accelerator"] = "GPU"
        change_metadata(notebook.metadata)
        path = tmp_path / "03_good.ipynb"
        path.write_text(nbformat.v4.writes(notebook), encoding="utf-8")
        chapter = rules.Chapter(path, notebook, ADDRESS)
        found = {rule.__name__: rule(chapter) for rule in rules.RULES}
        return {name: faults for name, faults in found.items() if faults}

    return check


def test_a_good_chapter_has_no_fault(check_form):
    assert check_form() == {}


def replace(cell_id, old, new):
    def change(cells):
        cell = by_id(cells, cell_id)
        assert old in cell.source
        cell.source = cell.source.replace(old, new)

    return change


def by_id(cells, cell_id):
    return next(cell for cell in cells if cell.id == cell_id)


def remove(cell_id):
    return lambda cells: cells.remove(by_id(cells, cell_id))


def append(cell):
    return lambda cells: cells.append(cell)


def outputs(cell_id, *made):
    return lambda cells: by_id(cells, cell_id).update(outputs=list(made))


def stream(name, text):
    return new_output("stream", name=name, text=text)


def image(**data):
    return new_output("display_data", data=data)


def code(source, tags=()):
    # Beside the numbered cells it has a count of its own, which only fresh_outputs minds.
    cell = factory.code("planted", source, "", tags=tags)
    cell.execution_count = 10 - 1
    return cell


def swap(first, second):
    def change(cells):
        one, other = (cells.index(by_id(cells, name)) for name in (first, second))
        cells[one], cells[other] = cells[other], cells[one]

    return change


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("title_cell", replace("title", "# Good", "Good")),
        ("title_cell", replace("title", "google.com/github/owner/", "google.com/github/other/")),
        ("title_cell", replace("title", "welcome?src=https://github.com/owner", "welcome?src=no")),
        ("title_cell", replace("title", "03_good.ipynb)\n[", "04_good.ipynb)\n[")),
        ("title_cell", replace("title", "- know\n- judge\n", "")),
        ("title_cell", replace("title", "30 minutes", "soon")),
        ("setup_cell", replace("set-up", "import course_utils as cu", "import course_utils")),
        ("setup_cell", replace("set-up", "seed=3", "seed=None")),
        ("setup_cell", swap("set-up", "parameters")),
        ("parameters_cell", remove("parameters")),
        ("parameters_cell", swap("parameters", "exercise-1")),
        ("known_tags", append(code("1", tags=["exercize"]))),
        ("exercises", remove("exercise-4")),
        ("exercises", remove("solution-2")),
        ("exercises", replace("exercise-2", '"3.2"', '"3.3"')),
        ("exercises", replace("exercise-2", "check(", "print(")),
        ("exercises", replace("solution-2", 'check("3.2", answer)', 'check("3.2", other)')),
        ("exercises", replace("solution-2", "Solution 3.2", "Solution 3.1")),
        ("exercises", replace("solution-2", "```python", "```")),
        ("exercises", swap("say-it", "solution-3")),
        ("quiz", replace("quiz", "**5.**", "5.")),
        ("quiz", replace("quiz", "### Quiz", "### Questions")),
        ("what_you_measured", replace("what-you-measured", "What you measured", "End")),
        ("what_you_measured", replace("bands", "cu.expect", "cu.measure")),
        ("short_cells", append(code("\n".join(f"x = {n}" for n in range(31))))),
        ("cell_ids", append(factory.markdown("0b1c9a7e", "Text"))),
        ("cell_ids", append(factory.markdown("deadbeef", "Text"))),
        ("cell_ids", append(factory.markdown("Load_data", "Text"))),
        ("cell_ids", append(factory.markdown("quiz", "Text"))),
        ("fresh_outputs", append(factory.code("never-run", "1"))),
        ("fresh_outputs", swap("say-it", "show-it")),
        ("clean_outputs", outputs("say-it", stream("stderr", "Warning"))),
        ("clean_outputs", outputs("say-it", stream("stdout", "saved in /home/ada/x"))),
        (
            "clean_outputs",
            outputs("say-it", new_output("error", ename="E", evalue="e", traceback=[])),
        ),
        ("clean_sources", append(code("open('/home/ada/data')"))),
        ("described_images", outputs("show-it", image(**{"image/png": "aGVsbG8="}))),
        ("described_images", outputs("show-it", image(**{"text/html": '<img src="data:,">'}))),
        ("described_images", outputs("show-it", image(**{"text/html": "<img alt='a figure'>"}))),
        ("described_images", append(factory.markdown("picture", "![](picture.png)"))),
        ("small_file", outputs("say-it", stream("stdout", "x" * 1_500_000))),
        ("backend_neutral", append(code("import keras\nimport tensorflow as tf"))),
        ("backend_neutral", append(code("from jax import numpy"))),
        ("length_of_prose", replace("title", "word " * 1500, "word " * 1000)),
        ("length_of_prose", append(factory.markdown("longer", "word " * 2000))),
    ],
)
@pytest.mark.filterwarnings("ignore:Non-unique cell id")
def test_each_rule_finds_its_fault(check_form, rule, change):
    assert rule in check_form(change)


@pytest.mark.parametrize(
    ("rule", "change"),
    [
        ("fresh_outputs", lambda metadata: metadata.course.update(digest="0" * 64)),
        ("fresh_outputs", lambda metadata: metadata.pop("course")),
        ("colab_metadata", lambda metadata: metadata.pop("colab")),
        ("colab_metadata", lambda metadata: metadata.pop("accelerator")),
    ],
)
def test_each_rule_about_metadata_finds_its_fault(check_form, rule, change):
    assert list(check_form(change_metadata=change)) == [rule]


def test_every_rule_was_seen_to_find_something():
    marks = [
        *test_each_rule_finds_its_fault.pytestmark,
        *test_each_rule_about_metadata_finds_its_fault.pytestmark,
    ]
    planted = [mark.args[1] for mark in marks if mark.name == "parametrize"]
    proven = {rule for cases in planted for rule, _ in cases}
    assert proven == {rule.__name__ for rule in rules.RULES}


def test_words_are_counted_without_code_formulas_links_and_answers():
    text = (
        "One two [three](https://example.org/a/b) $$x = y$$\n\n| table | row |\n"
        "```python\nnot prose\n```\n<details><summary>Answer</summary>not</details> four"
    )
    notebook = factory.notebook(factory.markdown("text", text), factory.code("code", "five"))
    assert rules.count_words(rules.Chapter(None, notebook, ADDRESS)) == 4
