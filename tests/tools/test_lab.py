"""`make lab` and `make handout`: what the copies hold, and that no work is lost."""

import json
import os
import sys
from pathlib import Path

import chapters
import lab
import notebook_factory as factory
import pytest

NAME = "03_first.ipynb"


@pytest.fixture
def source(tmp_path):
    """Return a folder with one chapter that has outputs and a solution."""
    title = "# Title\n\n[![Open in A](a.svg)](a)\n[![Open in B](b.svg)](b)\n\nAfter this chapter"
    path = factory.write(
        tmp_path / "course" / NAME,
        factory.markdown("title", title),
        factory.code("stub", "check('3.1', ...)", text="not yet", tags=["exercise"]),
        factory.markdown("solution-1", "42", tags=["solution"]),
    )
    notebook = chapters.read(path)
    notebook.metadata["course"] = {"digest": "of the first version"}
    chapters.write(notebook, path)
    path.write_bytes(b"\xef\xbb\xbf" + path.read_bytes())  # as some editors do
    return path.parent


def test_copies_have_no_outputs_and_the_chapter_keeps_its_own(source, tmp_path, capsys):
    before = (source / NAME).read_bytes()
    lab.copy_chapters(tmp_path / "deep" / "work", source)
    assert "Copied 1 chapters" in capsys.readouterr().out
    title, stub, solution = chapters.read(tmp_path / "deep" / "work" / NAME).cells
    assert title.source == "# Title\n\nAfter this chapter"
    assert (stub.outputs, stub.execution_count) == ([], None)
    assert chapters.tags(stub) == ["exercise"]
    assert solution.source == "42"
    assert (source / NAME).read_bytes() == before


def test_work_is_never_overwritten_and_a_changed_chapter_is_named(source, tmp_path, capsys):
    lab.copy_chapters(tmp_path, source)
    copy = chapters.read(tmp_path / NAME)
    copy.cells[1].source = "check('3.1', 42)"
    chapters.write(copy, tmp_path / NAME)
    mine = (tmp_path / NAME).read_bytes()
    capsys.readouterr()
    lab.copy_chapters(tmp_path, source)
    assert capsys.readouterr().out == ""

    chapter = chapters.read(source / NAME)
    chapter.metadata.course.digest = "of the second version"
    chapters.write(chapter, source / NAME)
    lab.copy_chapters(tmp_path, source)
    assert f"{NAME}: its code has changed" in capsys.readouterr().out
    assert (tmp_path / NAME).read_bytes() == mine
    (tmp_path / NAME).write_text("{")
    lab.copy_chapters(tmp_path, source)
    assert capsys.readouterr().out == "", "a broken copy stops nothing"


def test_every_chapter_can_be_handed_out_without_its_solutions(tmp_path, capsys):
    out = tmp_path / "out"
    assert lab.main(["--handout", str(out)]) == 0
    every = chapters.find_chapters()
    assert f"Copied {len(every)} chapters" in capsys.readouterr().out
    for path in every:
        chapter, copy = chapters.read(path), chapters.read(out / path.name)
        assert len(chapters.code_cells(copy)) == len(chapters.code_cells(chapter))
        assert not any("solution" in chapters.tags(cell) for cell in copy.cells)
        assert "Open in" in chapter.cells[0].source
        assert "Open in" not in copy.cells[0].source


def test_a_handout_is_not_mixed_with_what_is_there(tmp_path, capsys):
    (tmp_path / "03_first_cnn.ipynb").write_text("with solutions")
    assert lab.main(["--handout", str(tmp_path)]) == 1
    assert "holds chapters already.\nName another: make handout OUT=" in capsys.readouterr().err
    assert len(list(tmp_path.iterdir())) == 1
    assert lab.main(["--handout", str(chapters.NOTEBOOKS)]) == 1


def test_folder_that_cannot_be_written_is_explained(tmp_path, capsys, monkeypatch):
    (tmp_path / "file").write_text("no folder")
    assert lab.main(["--work", str(tmp_path / "file" / "work")]) == 1
    message = capsys.readouterr().err
    assert message.startswith("The folder must be one that can be written. Received: ")
    assert "Name another: make lab WORK=" in message
    monkeypatch.setattr(lab.os, "access", lambda path, mode: False)  # root may write anywhere
    assert lab.main(["--work", str(tmp_path / "work")]) == 1
    assert "no permission to write into" in capsys.readouterr().err


@pytest.fixture
def opened(tmp_path, monkeypatch):
    """Return the commands that would have become JupyterLab; nothing runs, nobody is root."""
    commands = []
    monkeypatch.setattr(lab, "copy_chapters", lambda folder, **_: folder.mkdir())
    monkeypatch.setattr(lab.os, "execv", lambda program, command: commands.append(command))
    monkeypatch.setattr(lab.os, "environ", dict(os.environ, HOME=str(tmp_path)))
    monkeypatch.setattr(lab.os, "geteuid", lambda: 1000)
    monkeypatch.setattr(lab, "list_running_servers", list)
    monkeypatch.chdir(tmp_path)
    return commands


def test_jupyterlab_gets_its_options_and_absolute_paths(opened, tmp_path):
    lab.os.environ["COURSE_DATA_DIR"] = "drawn"
    lab.os.environ["PYTHONPATH"] = lab.os.environ["PYTHONHOME"] = "of another Python"
    assert lab.main(["--work", "mine", "--no-browser", "--port", "8890"]) == 0
    (command,) = opened
    assert command[-3:] == ["--no-browser", "--port", "8890"]
    assert f"--ServerApp.root_dir={tmp_path}/mine" in command
    assert "--LabApp.default_url=/lab/tree/00_start_here.ipynb" in command
    assert f"--LabApp.app_settings_dir={lab.SETTINGS}" in command
    assert "--allow-root" not in command
    assert lab.os.environ["COURSE_DATA_DIR"] == str(tmp_path / "drawn")
    assert lab.os.environ["JUPYTER_PREFER_ENV_PATH"] == "1"
    assert not {"PYTHONPATH", "PYTHONHOME"} & set(lab.os.environ)


def test_root_may_open_it(opened, monkeypatch, capsys):
    monkeypatch.setattr(lab.os, "geteuid", lambda: 0)
    assert lab.main(["--work", "mine"]) == 0
    assert "--allow-root" in opened[0]
    assert "You are root" in capsys.readouterr().out


def test_without_a_home_the_folder_for_work_is_one(opened, tmp_path, capsys):
    lab.os.environ["HOME"] = str(tmp_path / "nowhere")
    assert lab.main(["--work", "mine"]) == 0
    assert lab.os.environ["HOME"] == str(tmp_path / "mine")
    assert "home folder cannot be written" in capsys.readouterr().out


def test_a_second_one_in_the_same_folder_is_led_to_the_first(opened, tmp_path, monkeypatch, capsys):
    server = {"root_dir": str(tmp_path / "mine"), "url": "http://localhost:8888/", "token": "abc"}
    monkeypatch.setattr(lab, "list_running_servers", lambda: [server])
    assert lab.main(["--work", "mine"]) == 0
    assert opened == []
    address = "http://localhost:8888/lab/tree/00_start_here.ipynb?token=abc"
    assert address in capsys.readouterr().out
    assert lab.main(["--work", "other"]) == 0
    assert len(opened) == 1


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [
        ("KERAS_BACKEND", "pytorch", "Write BACKEND=torch."),
        ("COURSE_PROFILE", "fast", "`PROFILE` must be one of quick, full. Received: 'fast'"),
        ("COURSE_SEED", "seven", "must be a whole number, such as 7. Received: 'seven'"),
        ("COURSE_SEED", "-20231234567", ""),
    ],
)
def test_wrong_settings_are_told_before_anything_opens(opened, capsys, name, value, words):
    lab.os.environ[name] = value
    assert lab.main(["--work", "mine"]) == (2 if words else 0)
    assert bool(opened) == (not words)
    assert words in capsys.readouterr().err


def test_jupyterlab_knows_the_settings():
    share = Path(sys.prefix, "share/jupyter")
    for plugin, values in json.loads((lab.SETTINGS / "overrides.json").read_text()).items():
        package, name = plugin.split(":")
        schema = json.loads((share / "lab/schemas" / package / f"{name}.json").read_text())
        for key, value in values.items():
            known = schema["properties"][key]
            choices = [choice["const"] for choice in known.get("oneOf", [])]
            assert value in choices or (known["type"] == "boolean" and isinstance(value, bool))
    # Jupytext's button in the Launcher would make copies in a form of which nothing here knows.
    (name,) = json.loads((lab.SETTINGS / "page_config.json").read_text())["disabledExtensions"]
    assert (share / "labextensions" / name).is_dir()


def test_the_chapters_themselves_can_be_opened(opened, monkeypatch):
    monkeypatch.setattr(lab, "copy_chapters", lambda *_, **__: pytest.fail("nothing to copy"))
    assert lab.main(["--work", str(chapters.NOTEBOOKS)]) == 0
    assert f"--ServerApp.root_dir={chapters.NOTEBOOKS}" in opened[0]
