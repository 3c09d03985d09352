"""The repository's address stands in one place, and everything that names it agrees."""

import addresses
import chapters
import notebook_factory as factory
import pytest

OLD = "https://github.com/old-owner/old-course"
NEW = "https://github.com/new.owner/new_course.x"
CHAPTER = "notebooks/03_first.ipynb"


def test_the_repository_agrees_with_itself():
    assert addresses.find_disagreements() == []


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
        factory.code("set-up", addresses.SETUP.format(address=OLD, seed=3), "", tags=["setup"]),
        factory.markdown("reading", "See https://github.com/zalandoresearch/fashion-mnist."),
    )
    notebook = chapters.read(path)
    notebook.metadata["course"] = {"digest": chapters.digest(notebook)}
    chapters.write(notebook, path)
    return tmp_path


def test_writing_reaches_every_place_and_no_other(root, capsys):
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    assert addresses.main([NEW], root) == 0
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
    ("old", "new", "place"),
    [
        ("colab.research.google.com", "example.org", "Colab button"),
        ("notebooks/03_first.ipynb)\\n", "notebooks/04_other.ipynb)\\n", "Colab button"),
        ("kaggle.com/kernels/welcome", "example.org", "Kaggle button"),
        ("%pip install", "pass  #", "set-up cell"),
        ("git+https://github.com/old", "git+https://github.com/x", "set-up cell"),
    ],
)
def test_a_missing_or_crossed_place_in_a_notebook_is_found(root, capsys, old, new, place):
    text = (root / CHAPTER).read_text(encoding="utf-8")
    assert old in text
    (root / CHAPTER).write_text(text.replace(old, new), encoding="utf-8")
    assert addresses.main([OLD], root) == 1
    assert f"03_first.ipynb: has no {place}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["github.com/owner/name", "https://example.org/owner/name", "https://github.com/x"]
)
def test_an_address_of_another_form_is_answered_clearly(root, capsys, address):
    assert addresses.main([address], root) == 2
    message = capsys.readouterr().err
    assert f"https://github.com/owner/repository. Received: ADDRESS='{address}'" in message
    assert addresses.read_address(root) == OLD
