"""A folder of your own photographs, one folder a class, becomes a data set - and a report.

Such folders hold more than photographs: web pages named .jpg, phones' HEIC files, one file under
two labels. Nothing is dropped in silence: what was left out or changed is in the report.

>>> from course_utils import data
>>> mine = data.load_folder("~/Pictures/birds", size=128)
>>> print(mine.report)

Split it with scikit-learn, so that each part has the same share of each class:

>>> from sklearn.model_selection import train_test_split
>>> train, test = (
...     mine.take(part)
...     for part in train_test_split(
...         range(len(mine)), test_size=0.2, stratify=mine.labels, random_state=0
...     )
... )

This keeps copies of one file from both sides of a split, since `load_folder` loads one of them
only. Pictures that are merely alike - of one animal, of one second - it cannot know: if you have
such, split by animal or by day (`sklearn.model_selection.GroupShuffleSplit`).
"""

import os
import unicodedata
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from course_utils._validate import whole
from course_utils.data.dataset import ImageDataset
from course_utils.data.photograph import (
    CHANGED,
    NAMED_AS_PICTURES,
    UNREADABLE,
    UnreadablePhotoError,
    pillow_as_expected,
    read_photograph,
    typed_path,
)

LEFT_OUT = {
    **UNREADABLE,
    "link": "a link to a folder, not followed; copy the folder itself",
    "outside": "beside the class folders, so of no class; move into one",
    "two classes": "in two classes, the same file, so all copies are left out; keep the right one",
    "copy": "a copy within its class, of which the first is loaded",
    "other": "not named like a picture",
}
ADJUSTED = {**CHANGED, "nested": "in a folder inside a class folder, counted to that class"}
IGNORED = {"system": "left behind by systems and programs"}
#: What a note's kind means, in the order in which a report lists them.
KINDS = {**LEFT_OUT, **ADJUSTED, **IGNORED}

_SYSTEM = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r"})
_PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev"})


@dataclass(frozen=True)
class Note:
    """What befell one file.

    Parameters
    ----------
    kind : str
        A key of `KINDS`.
    name : str
        Path below the folder, with ``/``.
    detail : str
        What is special about this file, or nothing.
    """

    kind: str
    name: str
    detail: str = ""

    def __str__(self):
        detail = f" ({self.detail})" if self.detail else ""
        return _printable(self.name + detail)


@dataclass(frozen=True, repr=False)
class Report:
    """What was loaded from a folder, left out of it, changed, and ignored; print it.

    Parameters
    ----------
    counts : dict of str to int
        Photographs loaded, by class.
    notes : tuple of Note
        In the order of `KINDS`, then of names. A photograph may have several.
    """

    counts: dict[str, int]
    notes: tuple[Note, ...]

    def names(self, kind):
        """List the files of a kind.

        Parameters
        ----------
        kind : str
            A key of `KINDS`.

        Returns
        -------
        tuple of str
            Paths below the folder; none when there is no such file.

        Raises
        ------
        ValueError
            When there is no such kind.
        """
        if kind not in KINDS:
            raise ValueError(f"kind must be one of {', '.join(KINDS)}. Received: {kind!r}")
        return tuple(note.name for note in self.notes if note.kind == kind)

    @property
    def left_out(self):
        """Names of the files that were left out, a tuple of str."""
        return tuple(note.name for note in self.notes if note.kind in LEFT_OUT)

    def __str__(self):
        lines = [f"Photographs loaded: {sum(self.counts.values()):,} ({self._classes()})"]
        by_kind = defaultdict(list)
        for note in self.notes:
            by_kind[note.kind].append(note)
        for title, kinds in (
            ("Left out", LEFT_OUT),
            ("Loaded, but changed", ADJUSTED),
            ("Ignored", IGNORED),
        ):
            found = [kind for kind in kinds if kind in by_kind]
            if found:
                how_many = len({note.name for kind in found for note in by_kind[kind]})
                lines.append(f"{title}: {how_many:,}")
            lines += [_line(kinds[kind], by_kind[kind]) for kind in found]
        if len(lines) == 1:
            lines.append("Nothing was left out, nothing was changed.")
        return "\n".join(lines)

    __repr__ = __str__

    def _classes(self):
        classes = [f"{name} {count:,}" for name, count in self.counts.items()]
        if len(classes) <= 12:
            return ", ".join(classes)
        fewest, most = (choose(self.counts, key=self.counts.get) for choose in (min, max))
        return (
            f"{len(classes):,} classes, from {self.counts[fewest]:,} of {fewest} "
            f"to {self.counts[most]:,} of {most}"
        )


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
        together take n x size x size x 3 bytes of memory.

    Returns
    -------
    FolderDataset
        ``images`` uint8 (n, size, size, 3), RGB, 0 to 255; ``labels`` int64 (n,); ``names`` and
        ``class_names`` sorted, alike on every file system: shuffle and split them before use.

    Raises
    ------
    FileNotFoundError
        When there is nothing at `path`.
    NotADirectoryError
        When `path` is a file.
    PermissionError
        When the folder must not be read.
    ValueError
        When it does not hold at least two class folders, or holds the parts of a split (train,
        test) in place of classes; when no photograph of a class can be loaded: a network would
        have an output that nothing trains; when `size` is out of range.
    """
    size = whole("size", size, 1, 2_048)
    folder = _folder(path)
    notes = []
    classes = _class_folders(folder, notes)
    files = [
        (kind, name)
        for kind, entry in classes.items()
        for name in sorted(_files_below(folder, entry, notes), key=_order)
    ]
    images = np.empty((len(files), size, size, 3), np.uint8)

    def fill(index):
        return _load(folder, files[index][1], size, images[index])

    with pillow_as_expected(), ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(fill, range(len(files))))
    _compare_copies(files, outcomes)
    kept = [index for index, outcome in enumerate(outcomes) if outcome.loaded]
    for new, old in enumerate(kept):  # moved within the array: a copy would need twice the memory
        if new != old:
            images[new] = images[old]
    notes += [note for outcome in outcomes for note in outcome.notes]
    counts = Counter(files[index][0] for index in kept)
    report = Report({kind: counts[kind] for kind in classes}, _in_order(notes))
    _require_photographs(folder, report)
    lost = [note for note in report.notes if note.kind in LEFT_OUT and note.kind != "other"]
    if lost:
        warnings.warn(
            f"left out of {_printable(folder)}: {len(lost):,}, first {lost[0]}, "
            f"{LEFT_OUT[lost[0].kind]}. Print the `report` of the data set for all.",
            stacklevel=2,
        )
    class_names = tuple(classes)
    return FolderDataset(
        images=images[: len(kept)],
        labels=np.array([class_names.index(files[index][0]) for index in kept], np.int64),
        class_names=class_names,
        DESCR=(
            f"Photographs from {_printable(folder)}, {len(kept):,} of {len(class_names)} classes, "
            f"cut to {size} x {size} pixels. Licence: as those who took them say."
        ),
        names=np.array([files[index][1] for index in kept]),
        report=report,
    )


def _folder(path):
    """Return an existing folder as a Path, or say what is there in its place."""
    folder = typed_path("path", path)
    if not folder.exists():
        raise FileNotFoundError(
            f"path must be a folder that exists. Received: {_printable(folder)}. "
            f"Looked for it from {_printable(Path.cwd())}."
        )
    if not folder.is_dir():
        raise NotADirectoryError(
            "path must be a folder that holds one folder for each class. Received a file: "
            f"{_printable(folder)}. If it is an archive, unpack it first."
        )
    return folder


def _class_folders(folder, notes):
    """Find the class folders: {class name: os.DirEntry}, sorted. Notes what lies beside them."""
    classes, outside, above = {}, [], {folder.resolve(), *folder.resolve().parents}
    try:
        with os.scandir(folder) as entries:
            entries = sorted(entries, key=lambda entry: _order(entry.name))
    except PermissionError:
        raise PermissionError(
            "path must be a folder that you may read. Received: "
            f"{_printable(folder)}. Look at its permissions."
        ) from None
    for entry in entries:
        if _is_system(entry.name):
            notes.append(Note("system", entry.name))
        elif not _is_folder(entry):
            outside.append(entry.name)
        elif entry.is_symlink() and Path(entry).resolve() in above:
            notes.append(Note("link", entry.name, "leads back to what holds it"))
        else:
            name = _printable(unicodedata.normalize("NFC", entry.name))
            if name in classes:
                raise ValueError(
                    "each class folder must have a name of its own. Received two that read "
                    f"{name}, written with different characters: rename or merge them."
                )
            classes[name] = entry
    stray = [name for name in outside if _suffix(name) in NAMED_AS_PICTURES]
    notes += [Note("outside" if name in stray else "other", name) for name in outside]
    _require_classes(folder, classes, stray)
    return classes


def _require_classes(folder, classes, stray):
    expected = (
        f"{_printable(folder)} must hold one folder for each class, at least two, with photographs "
        "in them, such as cats/1.jpg and dogs/1.jpg."
    )
    if not classes and stray:
        raise ValueError(
            f"{expected} Received: no folders, but {len(stray):,} pictures, first "
            f"{_printable(stray[0])}. Make a folder for each class and sort them into these."
        )
    if not classes:
        raise ValueError(f"{expected} Received: no folders. Is it the right path?")
    if len(classes) > 1 and {name.casefold() for name in classes} <= _PARTS:
        raise ValueError(
            f"{expected} Received: {', '.join(classes)}, which look like the parts of a split. "
            f"Load each part by itself, such as {_printable(folder / next(iter(classes)))}."
        )
    if len(classes) == 1:
        (entry,) = classes.values()
        inner = []
        with suppress(OSError), os.scandir(entry) as entries:
            inner = [each.name for each in entries if _is_folder(each)]
        advice = (
            "A classifier needs another class to tell it from."
            if sum(not _is_system(name) for name in inner) < 2
            else f"It holds folders itself: perhaps {_printable(entry.path)} is the path you want."
        )
        raise ValueError(f"{expected} Received: only one, {next(iter(classes))}. {advice}")


def _files_below(folder, entry, notes):
    """Yield the path of each file of a class below the folder; note what is none of its files."""
    try:
        with os.scandir(entry) as listed:
            inner = list(listed)
    except OSError as error:
        notes.append(Note("unreadable", _below(folder, entry), (error.strerror or "").lower()))
        return
    for each in inner:
        name = _below(folder, each)
        if _is_system(each.name):
            notes.append(Note("system", name))
        elif not _is_folder(each):
            yield name
        elif each.is_symlink():
            notes.append(Note("link", name))
        else:
            yield from _files_below(folder, each, notes)


def _is_folder(entry):
    try:
        return entry.is_dir()
    except OSError:  # a link that leads to itself: told when it is opened
        return False


def _below(folder, entry):
    return Path(entry).relative_to(folder).as_posix()


def _order(name):
    """Sort key that is the same whether a file system composes accents or not."""
    return unicodedata.normalize("NFC", name).split("/"), name


def _is_system(name):
    return name.startswith(".") or name.casefold() in _SYSTEM


def _suffix(name):
    return os.path.splitext(name)[1].lower()


@dataclass
class _Outcome:
    """What became of a file: whether it was loaded, its digest, and what is to be told."""

    loaded: bool
    digest: str | None
    notes: list[Note]


def _load(folder, name, size, image):
    """Read a photograph into an array of shape (size, size, 3), or say why not."""
    notes = [Note("nested", name)] if name.count("/") > 1 else []
    try:
        read = read_photograph(folder / name, size)
    except UnreadablePhotoError as error:
        stray = _suffix(name) not in ("", *NAMED_AS_PICTURES) and error.kind in ("fake", "damaged")
        kind = "other" if stray else error.kind
        return _Outcome(False, None, [Note(kind, name, "" if stray else error.detail)])
    image[...] = read.image
    notes += [Note(kind, name, detail) for kind, detail in read.changes]
    return _Outcome(True, read.digest, notes)


def _compare_copies(files, outcomes):
    """Leave out files that lie in two classes, and all copies but the first within one."""
    same = defaultdict(list)
    for index, outcome in enumerate(outcomes):
        if outcome.loaded:
            same[outcome.digest].append(index)
    for copies in same.values():
        first, *others = copies
        if len({files[index][0] for index in copies}) > 1:
            for index in copies:
                other = next(each for each in copies if files[each][0] != files[index][0])
                _leave_out(outcomes[index], "two classes", files[index][1], files[other][1])
        else:
            for index in others:
                _leave_out(outcomes[index], "copy", files[index][1], files[first][1])


def _leave_out(outcome, kind, name, twin):
    outcome.loaded, outcome.notes = False, [Note(kind, name, f"same as {twin}")]


def _in_order(notes):
    kinds = list(KINDS)
    return tuple(sorted(notes, key=lambda note: (kinds.index(note.kind), _order(note.name))))


def _require_photographs(folder, report):
    without = [name for name, count in report.counts.items() if not count]
    if without:
        raise ValueError(
            f"each class folder of {_printable(folder)} must hold at least one photograph that can "
            f"be loaded. Received: none in {', '.join(without)}. Fill the folder or remove it. "
            f"What was found:\n{report}"
        )


def _line(meaning, notes):
    """Write one line of a report, with up to three names."""
    names = ", ".join(map(str, notes[:3]))
    more = f" and {len(notes) - 3:,} more" if len(notes) > 3 else ""
    return f"  {len(notes):,} {meaning}: {names}{more}"


def _printable(text):
    """Show characters that a terminal or a figure cannot: line ends, bytes that are no text."""
    return "".join(
        each if each.isprintable() else each.encode("unicode_escape").decode("ascii")
        for each in str(text)
    )
