"""A folder of your own photographs, one folder a class, becomes a data set - and a report.

Such folders hold more than photographs: web pages named .jpg, phones' HEIC files, one file under
two labels. Nothing is dropped in silence: what was left out or changed is in the report.

>>> mine = data.load_folder("~/Pictures/birds", size=128)
>>> print(mine.report)
>>> train, test = train_test_split(range(len(mine)), test_size=0.2, stratify=mine.labels)

The last line, with scikit-learn, gives each part the same share of each class; `mine.take(train)`
is then the training part. Of copies of one file only one is loaded, so none is on both sides.
Pictures that are merely alike - of one animal, of one second - are not found: if you have such,
split by animal or by day (`sklearn.model_selection.GroupShuffleSplit`).
"""

import os
import unicodedata
import warnings
from collections import Counter, defaultdict
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import NamedTuple

import numpy as np

from course_utils._validate import whole
from course_utils.data.dataset import ImageDataset
from course_utils.data.photograph import (
    CHANGED,
    NAMED_AS_PICTURES,
    UNREADABLE,
    UnreadablePhotoError,
    read_photographs,
    typed_path,
)

LEFT_OUT = {
    **UNREADABLE,
    "link": "a link to a folder, not followed; copy the folder itself",
    "outside": "beside the class folders, so of no class; move into one",
    "two classes": "in two classes, the same file, so all copies are left out; keep the right one",
    "copy": "a copy within its class, of which the first is loaded",
    "other": "no photographs: other files, and what systems and programs leave behind",
}
ADJUSTED = {**CHANGED, "nested": "in a folder inside a class folder, counted to that class"}
#: What a note's kind means, in the order in which a report lists them.
KINDS = {**LEFT_OUT, **ADJUSTED}

_SYSTEM = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r"})
_PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev"})


class Note(NamedTuple):
    """What befell one file."""

    kind: str  # a key of `KINDS`
    name: str  # path below the folder, with "/"
    detail: str = ""  # what is special about this file

    def __str__(self):
        detail = f" ({self.detail})" if self.detail else ""
        return _printable(self.name + detail)


@dataclass(frozen=True, repr=False)
class Report:
    """What was loaded from a folder, left out of it, and changed; print it.

    Parameters
    ----------
    counts : dict of str to int
        Photographs loaded, by class.
    notes : tuple of Note
        In the order of `KINDS`, then of names. A photograph may have several.
    """

    counts: dict[str, int]
    notes: tuple[Note, ...]

    def __str__(self):
        lines = [f"Photographs loaded: {sum(self.counts.values()):,} ({self._classes()})"]
        for title, kinds in (("Left out", LEFT_OUT), ("Loaded, but changed", ADJUSTED)):
            notes = [note for note in self.notes if note.kind in kinds]
            if notes:
                lines.append(f"{title}: {len({note.name for note in notes}):,}")
            for kind, same in groupby(notes, key=lambda note: note.kind):
                names = [str(note) for note in same]
                more = f" and {len(names) - 3:,} more" if len(names) > 3 else ""
                lines.append(f"  {len(names):,} {kinds[kind]}: {', '.join(names[:3])}{more}")
        if len(lines) == 1:
            lines.append("Nothing was left out, nothing was changed.")
        return "\n".join(lines)

    __repr__ = __str__

    def _classes(self):
        if len(self.counts) <= 12:
            return ", ".join(f"{name} {count:,}" for name, count in self.counts.items())
        (most, many), *_, (fewest, few) = Counter(self.counts).most_common()
        return f"{len(self.counts):,} classes, from {few:,} of {fewest} to {many:,} of {most}"


@dataclass(frozen=True, eq=False, repr=False)
class FolderDataset(ImageDataset):
    """Photographs from a folder of class folders.

    Parameters
    ----------
    names : numpy.ndarray of str, shape (n,)
        Path of each photograph below the folder, with ``/``.
    report : Report
        What the whole folder held; it stays the same in what `take` returns.
    """

    names: np.ndarray
    report: Report

    each = ("labels", "names")


def load_folder(path, size=128):
    """Load photographs from a folder that holds one folder for each class.

    What is a picture is decided by a file's content, not by its name. A picture is turned upright
    as its camera noted, laid over white where it is transparent, scaled from 16 bits to 8,
    converted to RGB (colour profiles are not applied), and cut to a square. Of animated pictures
    and of documents with pages the first is taken. Folders inside a class folder belong to that
    class. Which files were left out or changed, and why, is in `report`; pictures left out are
    announced by a warning, too.

    Two decisions keep labels and later splits honest. A file that lies in two classes, byte for
    byte, has one wrong label, nobody knows which: all its copies are left out. Of copies within a
    class the first is loaded. Copies that were saved anew are not found.

    Parameters
    ----------
    path : str or path-like
        The folder. ``~`` stands for your home. The names of the folders in it are the classes; a
        class folder may be a link. Links to folders further down are not followed.
    size : int
        Side of the square images, 1 to 2,048 pixels. The shortest side of a photograph is resized
        to it, and what is left of the longer side is cut off evenly at both ends. All images
        together take n x size x size x 3 bytes of memory, twice that where some are left out.

    Returns
    -------
    FolderDataset
        ``images`` uint8 (n, size, size, 3), RGB, 0 to 255; ``labels`` int64 (n,); ``names`` and
        ``class_names`` sorted, alike on every file system: shuffle and split them before use.

    Raises
    ------
    OSError
        When there is no folder at `path`, or it must not be read.
    ValueError
        When it does not hold at least two class folders, or holds the parts of a split (train,
        test) in place of classes; when no photograph of a class can be loaded: a network would
        have an output that nothing trains; when `size` is out of range.
    """
    size = whole("size", size, 1, 2_048)
    folder = typed_path(path)
    if not folder.is_dir():
        raise NotADirectoryError(
            "`path` must be a folder that holds one folder for each class. Received a file: "
            f"{_printable(folder)}. If it is an archive, unpack it first."
        )
    notes = []
    classes = _class_folders(folder, notes)
    files = [
        (kind, name)
        for kind, inner in classes.items()
        for name in sorted(_files_below(folder, inner, notes), key=_order)
    ]
    images, outcomes = read_photographs([folder / name for _, name in files], size)
    same = defaultdict(list)  # class and name of each photograph, by the sha256 of its file
    for file, outcome in zip(files, outcomes, strict=True):
        if not isinstance(outcome, UnreadablePhotoError):
            same[outcome.digest].append(file)
    kept = []
    for index, ((kind, name), outcome) in enumerate(zip(files, outcomes, strict=True)):
        if isinstance(outcome, UnreadablePhotoError):
            stray = outcome.kind == "fake" and not _is_named_as_picture(name)
            notes.append(Note("other", name) if stray else Note(outcome.kind, name, outcome.detail))
            continue
        _, first = same[outcome.digest][0]
        elsewhere = [other for place, other in same[outcome.digest] if place != kind]
        if elsewhere:
            notes.append(Note("two classes", name, f"same as {elsewhere[0]}"))
        elif name != first:
            notes.append(Note("copy", name, f"same as {first}"))
        else:
            kept.append(index)
            notes += [Note(change, name, detail) for change, detail in outcome.changes]
            notes += [Note("nested", name)] * (name.count("/") > 1)
    counts = Counter(files[index][0] for index in kept)
    kinds = list(KINDS)
    notes.sort(key=lambda note: (kinds.index(note.kind), _order(note.name)))
    report = Report({kind: counts[kind] for kind in classes}, tuple(notes))
    without = [kind for kind, count in report.counts.items() if not count]
    if without:
        raise ValueError(
            f"each class folder of {_printable(folder)} must hold at least one photograph that can "
            f"be loaded. Received: none in {', '.join(without)}. Fill the folder or remove it. "
            f"What was found:\n{report}"
        )
    lost = [note for note in notes if note.kind in LEFT_OUT and note.kind != "other"]
    if lost:
        warnings.warn(
            f"left out of {_printable(folder)}: {len(lost):,}, first {lost[0]}, "
            f"{LEFT_OUT[lost[0].kind]}. Print the `report` of the data set for all.",
            stacklevel=2,
        )
    class_names = tuple(classes)
    return FolderDataset(
        images=images[kept] if len(kept) < len(images) else images,
        labels=np.array([class_names.index(files[index][0]) for index in kept], np.int64),
        class_names=class_names,
        DESCR=(
            f"Photographs from {_printable(folder)}, {len(kept):,} of {len(class_names)} classes, "
            f"cut to {size} x {size} pixels. Licence: as those who took them say."
        ),
        names=np.array([files[index][1] for index in kept]),
        report=report,
    )


def _class_folders(folder, notes):
    """Find the class folders: {class name: path}, sorted. Notes what lies beside them."""
    classes = {}
    for entry in sorted(folder.iterdir(), key=lambda entry: _order(entry.name)):
        if entry.is_dir() and not _is_system(entry.name):
            classes[_printable(unicodedata.normalize("NFC", entry.name))] = entry
        else:
            stray = _is_named_as_picture(entry.name) and not _is_system(entry.name)
            notes.append(Note("outside" if stray else "other", entry.name))
    problem = _problem(folder, classes, notes)
    if problem:
        raise ValueError(
            f"{_printable(folder)} must hold one folder for each class, at least two, with "
            f"photographs in them, such as cats/1.jpg and dogs/1.jpg. Received: {problem}"
        )
    return classes


def _problem(folder, classes, notes):
    """Say why folders are not those of classes, and what to do; None if they may be."""
    first = next(iter(classes), None)
    if first is None:
        stray = sum(note.kind == "outside" for note in notes)
        return (
            f"no folder, {stray:,} pictures. If it is the right path, make a folder for each class "
            "and sort the pictures into these."
        )
    if len(classes) == 1:
        inner = [path for path in classes[first].glob("*/") if not _is_system(path.name)]
        advice = "A classifier needs another class to tell it from."
        if len(inner) > 1:
            path = _printable(classes[first])
            advice = f"It holds folders itself: perhaps {path} is the path you want."
        return f"only one, {first}. {advice}"
    if {name.casefold() for name in classes} <= _PARTS:
        return (
            f"{', '.join(classes)}, which look like the parts of a split. "
            f"Load each part by itself, such as {_printable(folder / first)}."
        )
    return None


def _files_below(folder, inner, notes):
    """Yield the path of each file of a class below the folder; note what is none of its files."""

    def unreadable(error):
        name = Path(error.filename).relative_to(folder).as_posix()
        notes.append(Note("unreadable", name, (error.strerror or "").lower()))

    for root, folders, files in os.walk(inner, onerror=unreadable):
        below = Path(root).relative_to(folder)
        for name in [*folders, *files]:
            path = (below / name).as_posix()
            if _is_system(name):
                notes.append(Note("other", path))
            elif name in files:
                yield path
            elif (folder / path).is_symlink():
                notes.append(Note("link", path))
        folders[:] = [name for name in folders if not _is_system(name)]


def _order(name):
    """Sort key that is the same whether a file system composes accents or not."""
    return unicodedata.normalize("NFC", name).split("/"), name


def _is_system(name):
    return name.startswith(".") or name.casefold() in _SYSTEM


def _is_named_as_picture(name):
    return os.path.splitext(name)[1].lower() in NAMED_AS_PICTURES


def _printable(text):
    """Show characters that a terminal or a figure cannot: line ends, bytes that are no text."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in str(text)
    )
