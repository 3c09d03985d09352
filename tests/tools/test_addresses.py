"""`make address` writes an address into every place that names the course's own."""

import addresses
import chapters
import notebook_factory as factory
import pytest

OLD = "https://github.com/old-owner/old-course"
NEW = "https://github.com/new.owner/new_course.x"
CHAPTER = "notebooks/03_first.ipynb"


@pytest.fixture
def root(tmp_path):
    """A small course that agrees with itself."""
    file = f"{OLD.removeprefix(addresses.GITHUB)}/blob/main/{CHAPTER}"
    colab = f"(https://colab.research.google.com/github/{file})"
    project = f'[project]\nname = "x"\n\n[project.urls]\nRepository = "{OLD}"\n'
    (tmp_path / "pyproject.toml").write_text(project)
    (tmp_path / "CITATION.cff").write_text(f"repository-code: {OLD}\n")
    (tmp_path / "README.md").write_text(
        f"[![Colab](x.svg)]{colab}\n`git clone {OLD}.git`, or see {OLD}/issues and {OLD}.\n"
        "Built on https://github.com/keras-team/keras.\n"
    )
    path = factory.write(
        tmp_path / CHAPTER,
        factory.markdown(
            "title",
            f"[![C](c.svg)]{colab}\n"
            f"[![K](k.svg)](https://kaggle.com/kernels/welcome?src=https://github.com/{file})",
        ),
        factory.code("set-up", f'%pip install -q "git+{OLD}"', tags=["setup"]),
        factory.markdown("reading", "See https://github.com/zalandoresearch/fashion-mnist."),
    )
    notebook = chapters.read(path)
    notebook.metadata["course"] = {"digest": chapters.digest(notebook)}
    chapters.write(notebook, path)
    return tmp_path


def test_writing_reaches_every_place_and_no_other(root, capsys):
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    addresses.main([NEW], root)
    assert f"The course's address is {NEW}." in capsys.readouterr().out
    everything = "".join(path.read_text(encoding="utf-8") for path in before)
    assert "old-owner" not in everything
    assert "old-course" not in everything
    assert everything.count("new.owner/new_course.x") == 9
    assert "https://github.com/keras-team/keras." in everything
    assert "https://github.com/zalandoresearch/fashion-mnist." in everything

    addresses.write_address(OLD + ".git", root)
    assert {path: path.read_bytes() for path in before} == before


def test_a_fresh_digest_stays_fresh_and_a_stale_one_stale(root):
    addresses.write_address(NEW, root)
    notebook = chapters.read(root / CHAPTER)
    assert notebook.metadata.course.digest == chapters.digest(notebook)
    notebook.metadata.course.digest = "0" * 64
    chapters.write(notebook, root / CHAPTER)
    addresses.write_address(OLD, root)
    assert chapters.read(root / CHAPTER).metadata.course.digest == "0" * 64


@pytest.mark.parametrize(
    "address", ["github.com/owner/name", "https://example.org/owner/name", "https://github.com/x"]
)
def test_an_address_of_another_form_is_answered_clearly(root, capsys, address):
    with pytest.raises(SystemExit, match="2"):
        addresses.main([address], root)
    message = capsys.readouterr().err
    assert f"https://github.com/owner/repository. Received: '{address}'" in message
    assert addresses.read_address(root) == OLD
