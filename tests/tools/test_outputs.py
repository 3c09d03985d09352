"""`make outputs` on small notebooks: what it stores, and what it refuses to store."""

import chapters
import nbformat
import notebook_factory as factory
import outputs
import pytest

SETTING = "import os\nos.environ.get('COURSE_PROFILE', 'not set')"


def test_outputs_are_stored_and_all_else_stays(tmp_path):
    path = factory.write(
        tmp_path / "03_first.ipynb",
        factory.markdown("title", "# Title"),
        factory.code("assert-setting", SETTING, tags=["setup"]),
        factory.code("print-offline", "print(os.environ['COURSE_OFFLINE'])"),
    )
    notebook = chapters.read(path)
    notebook.metadata["colab"] = {"toc_visible": True}
    notebook.metadata["language_info"] = {"name": "python", "version": "3.11.7"}
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
    assert stored.metadata.language_info == {"name": "python"}
    assert stored.metadata.course.digest == chapters.digest(stored)
    nbformat.validate(stored)

    once = path.read_bytes()
    assert outputs.main([], tmp_path) == 0
    assert path.read_bytes() == once, "the same outputs make the same file"


def test_outputs_not_fit_to_be_published_are_refused_and_cost_no_other_chapter(tmp_path, capfd):
    raises = factory.write_code(tmp_path / "01_raises.ipynb", boom="1 / 0")
    shows = factory.write_code(
        tmp_path / "02_shows.ipynb",
        warns="import warnings\nwarnings.warn('deprecated')",
        writes="import os\nos.write(2, b'from a library')",
        path="os.path.abspath('data')",
        registry="print('in the index at https://mirror.invalid/simple/')",
    )
    before = raises.read_bytes(), shows.read_bytes()
    good = factory.write_code(tmp_path / "03_good.ipynb", good="print(1)")
    assert outputs.main([], tmp_path) == 1
    assert (raises.read_bytes(), shows.read_bytes()) == before
    assert chapters.read(good).cells[0].outputs[0].text == "1\n"
    shown = capfd.readouterr()
    assert shown.out.count("NOT stored") == 2
    for words in (
        "01_raises.ipynb: cell boom: ZeroDivisionError",
        "02_shows.ipynb: warns: wrote to standard error: ",
        "writes: wrote to standard error: from a library",
        "path: shows /",
        "registry: shows https://mirror.invalid/simple/",
    ):
        assert words in shown.err


def test_the_digest_follows_the_code_alone():
    notebook = factory.notebook(factory.markdown("prose", "One"), factory.code("code", "x = 1"))
    first = chapters.digest(notebook)
    notebook.cells[0].source = "Two"
    notebook.cells[1].outputs = [nbformat.v4.new_output("stream", name="stdout", text="1")]
    assert chapters.digest(notebook) == first
    notebook.cells[1].source = "x = 2"
    assert chapters.digest(notebook) != first


@pytest.mark.parametrize(
    ("text", "reveals"),
    [
        ("saved to /home/ada/course/model.keras", True),
        (r"C:\Users\ada\model.keras", True),
        (".venv/lib/python3.11/site-packages/keras", True),
        (f"in {chapters.ROOT}", True),
        ("pip --index-url", True),
        ("data/cache/fashion-mnist and ./notebooks/home/x", False),
        ("3/4 of the images, 2/home run, and/or", False),
        ("https://example.org/usr/share", False),
    ],
)
def test_paths_and_registries_are_found_and_harmless_text_is_left_alone(text, reveals):
    assert bool(chapters.revealing(text)) == reveals
