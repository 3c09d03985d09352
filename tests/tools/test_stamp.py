"""The repository's address stands in one place, and everything that names it agrees."""

import chapters
import notebook_factory as factory
import pytest
import stamp

OLD = "https://github.com/old-owner/old-course"
NEW = "https://github.com/new.owner/new_course.x"


def test_the_repository_agrees_with_itself():
    assert stamp.find_disagreements() == []


@pytest.fixture
def root(tmp_path):
    """A small course that agrees with itself."""
    (tmp_path / "pyproject.toml").write_text(
        f'[project]\nname = "x"\n\n[project.urls]\nRepository = "{OLD}"\n', encoding="utf-8"
    )
    slug = OLD.removeprefix(stamp.GITHUB)
    (tmp_path / "README.md").write_text(
        "[![Colab](x.svg)]"
        f"(https://colab.research.google.com/github/{slug}/blob/main/notebooks/03_first.ipynb)\n"
        f"`git clone {OLD}.git`, or see {OLD}/issues and {OLD}.\n"
        "Built on https://github.com/keras-team/keras.\n",
        encoding="utf-8",
    )
    (tmp_path / "CITATION.cff").write_text(f"repository-code: {OLD}\n", encoding="utf-8")
    file = f"{slug}/blob/main/notebooks/03_first.ipynb"
    path = factory.write(
        tmp_path / "notebooks" / "03_first.ipynb",
        factory.markdown(
            "title",
            f"[![C](c.svg)](https://colab.research.google.com/github/{file})\n"
            f"[![K](k.svg)](https://kaggle.com/kernels/welcome?src=https://github.com/{file})",
        ),
        factory.code("set-up", stamp.SETUP.format(address=OLD, seed=3), "", tags=["setup"]),
        factory.markdown("reading", "See https://github.com/zalandoresearch/fashion-mnist."),
    )
    notebook = chapters.read(path)
    notebook.metadata["course"] = {"digest": chapters.digest(notebook)}
    chapters.write(notebook, path)
    return tmp_path


def test_stamping_reaches_every_place_and_no_other(root, capsys):
    assert stamp.find_disagreements(root) == []
    assert stamp.main([NEW], root) == 0
    assert f"The course's address is {NEW}." in capsys.readouterr().out
    assert stamp.read_address(root) == NEW
    everything = "".join(
        path.read_text(encoding="utf-8") for path in root.rglob("*") if path.is_file()
    )
    assert "old-owner" not in everything
    assert "old-course" not in everything
    assert everything.count("new.owner/new_course.x") == 9
    assert "https://github.com/keras-team/keras." in everything
    assert "https://github.com/zalandoresearch/fashion-mnist." in everything


def test_stamping_there_and_back_changes_nothing(root):
    before = {path: path.read_bytes() for path in root.rglob("*") if path.is_file()}
    stamp.stamp(NEW + ".git", root)
    stamp.stamp(OLD + "/", root)
    assert {path: path.read_bytes() for path in before} == before
    assert stamp.stamp(None, root) == []


def test_a_fresh_digest_stays_fresh_and_a_stale_one_stale(root):
    path = root / "notebooks" / "03_first.ipynb"
    stamp.stamp(NEW, root)
    notebook = chapters.read(path)
    assert notebook.metadata.course.digest == chapters.digest(notebook)
    notebook.metadata.course.digest = "0" * 64
    chapters.write(notebook, path)
    stamp.stamp(OLD, root)
    assert chapters.read(path).metadata.course.digest == "0" * 64


@pytest.mark.parametrize(
    ("name", "old", "new"),
    [
        ("README.md", "google.com/github/old-owner", "google.com/github/other"),
        ("README.md", "clone https://github.com/old-owner", "clone https://github.com/other"),
        ("README.md", "old-owner/old-course/issues", "other/old-course/issues"),
        ("CITATION.cff", "old-owner/old-course", "other/another"),
        ("notebooks/03_first.ipynb", "google.com/github/old-owner", "google.com/github/other"),
        (
            "notebooks/03_first.ipynb",
            "src=https://github.com/old-owner",
            "src=https://github.com/x",
        ),
        (
            "notebooks/03_first.ipynb",
            "git+https://github.com/old-owner",
            "git+https://github.com/x",
        ),
        ("notebooks/03_first.ipynb", "old-course", "older-course"),
    ],
)
def test_a_planted_disagreement_is_found_and_mended(root, capsys, name, old, new):
    path = root / name
    good = path.read_text(encoding="utf-8")
    assert old in good
    path.write_text(good.replace(old, new, 1), encoding="utf-8")
    assert stamp.main(["--check"], root) == 1
    assert f"{name}:" in capsys.readouterr().err
    assert path.read_text(encoding="utf-8") != good, "--check changes nothing"
    assert stamp.main([], root) == 0
    assert path.read_text(encoding="utf-8") == good


@pytest.mark.parametrize(
    ("old", "new", "place"),
    [
        ("colab.research.google.com", "example.org", "Colab button"),
        ("notebooks/03_first.ipynb)\\n", "notebooks/04_other.ipynb)\\n", "Colab button"),
        ("kaggle.com/kernels/welcome", "example.org", "Kaggle button"),
        ("%pip install", "pass  #", "set-up cell"),
    ],
)
def test_a_missing_or_crossed_place_in_a_notebook_is_found(root, capsys, old, new, place):
    path = root / "notebooks" / "03_first.ipynb"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new), encoding="utf-8")
    assert stamp.main([], root) == 1
    assert f"03_first.ipynb: has no {place}" in capsys.readouterr().err


@pytest.mark.parametrize(
    "address", ["github.com/owner/name", "https://example.org/owner/name", "https://github.com/x"]
)
def test_an_address_of_another_form_is_answered_clearly(root, capsys, address):
    assert stamp.main([address], root) == 2
    message = capsys.readouterr().err
    assert "https://github.com/owner/repository" in message
    assert f"Received: ADDRESS='{address}'" in message
    assert stamp.read_address(root) == OLD
