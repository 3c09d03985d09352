"""`make outputs` on small notebooks: what it stores, and what it refuses to store."""

import chapters
import nbformat
import notebook_factory as factory
import outputs
import pytest


def test_outputs_are_stored_and_all_else_stays(tmp_path):
    path = factory.write(
        tmp_path / "03_first.ipynb",
        factory.markdown("title", "# Title"),
        factory.code(
            "assert-setting",
            "import os\nos.environ.get('COURSE_PROFILE', 'not set')",
            tags=["setup"],
        ),
        factory.code("print-offline", "print(os.environ['COURSE_OFFLINE'])"),
    )
    notebook = chapters.read(path)
    notebook.metadata["colab"] = {"toc_visible": True}
    notebook.cells[2].metadata["execution"] = {"iopub.status.busy": "2020-01-01"}
    notebook.cells[2].execution_count = 17
    chapters.write(notebook, path)

    assert outputs.main(["--nb", "3"], tmp_path) == 0
    stored = chapters.read(path)
    assert [cell.id for cell in stored.cells] == ["title", "assert-setting", "print-offline"]
    assert [cell.execution_count for cell in stored.cells[1:]] == [1, 2]
    assert stored.cells[1].metadata == {"tags": ["setup"]}
    assert stored.cells[1].outputs[0].data["text/plain"] == "'not set'"
    assert stored.cells[1].outputs[0].execution_count == 1
    assert stored.cells[2].metadata == {}
    assert stored.cells[2].outputs[0].text == "1\n"
    assert stored.metadata.colab == {"toc_visible": True}
    assert stored.metadata.kernelspec.name == "python3"
    assert "version" not in stored.metadata.language_info
    assert stored.metadata.course.digest == chapters.digest(stored)
    nbformat.validate(stored)

    once = path.read_bytes()
    assert outputs.main([], tmp_path) == 0
    assert path.read_bytes() == once, "the same outputs make the same file"


@pytest.mark.parametrize(
    ("source", "fault"),
    [
        ("1 / 0", "ZeroDivisionError"),
        ("import warnings\nwarnings.warn('deprecated')", "standard error"),
        ("import os\nos.write(2, b'from a library')", "standard error: from a library"),
        ("import os\nos.path.abspath('data')", "shows "),
        ("print('Looking in the index at https://mirror.invalid/simple/')", "/simple/"),
    ],
    ids=["error", "warning", "library", "path", "registry"],
)
def test_outputs_not_fit_to_be_published_are_refused(tmp_path, capfd, source, fault):
    path = factory.write(tmp_path / "03_first.ipynb", factory.code("bad", source))
    before = path.read_bytes()
    assert outputs.main([], tmp_path) == 1
    shown = capfd.readouterr()
    assert "NOT stored" in shown.out
    assert "03_first.ipynb: " in shown.err
    assert "bad" in shown.err
    assert fault in shown.err
    assert path.read_bytes() == before


def test_one_refusal_does_not_cost_the_others(tmp_path):
    factory.write(tmp_path / "01_bad.ipynb", factory.code("bad", "1 / 0"))
    good = factory.write(tmp_path / "02_good.ipynb", factory.code("good", "print(1)"))
    assert outputs.main([], tmp_path) == 1
    assert chapters.read(good).cells[0].outputs[0].text == "1\n"


def test_the_digest_follows_the_code_alone():
    cells = [factory.markdown("prose", "One"), factory.code("code", "x = 1")]
    notebook = factory.notebook(*cells)
    first = chapters.digest(notebook)
    notebook.cells[0].source = "Two"
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="1")]
    assert chapters.digest(notebook) == first
    notebook.cells[1].source = "x = 2"
    assert chapters.digest(notebook) != first


@pytest.mark.parametrize(
    "text",
    [
        "saved to /home/ada/course/model.keras",
        "File /usr/lib/python3.11/random.py",
        r"C:\Users\ada\model.keras",
        ".venv/lib/python3.11/site-packages/keras",
        f"in {chapters.ROOT}",
        "pip --index-url",
    ],
)
def test_paths_and_registries_are_found(text):
    assert chapters.revealing(text)


@pytest.mark.parametrize(
    "text",
    [
        "data/cache/fashion-mnist and ./notebooks/home/x",
        "https://github.com/owner/name/tmp/x",
        "3/4 of the images, 2/home run, and/or",
        "https://example.org/usr/share",
    ],
)
def test_harmless_text_is_left_alone(text):
    assert chapters.revealing(text) == []
