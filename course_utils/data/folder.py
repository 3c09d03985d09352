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

import hashlib
import io
import os
import stat
import unicodedata
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, nullcontext, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from threading import Lock

import numpy as np
from PIL import Image, ImageFile, ImageOps, UnidentifiedImageError, features

from course_utils._validate import whole
from course_utils.data.photograph import fault, shrink, square
from course_utils.data import ImageDataset

__all__ = ["KINDS", "FolderDataset", "Note", "Report", "load_folder"]

LEFT_OUT = {
    "empty": "empty, without a single byte",
    "fake": "no picture, whatever the name says",
    "damaged": "damaged or cut short; fetch or export again",
    "heic": (
        "HEIC, which Pillow cannot read; export as JPEG (iPhone: Settings, Camera, Formats, "
        "Most Compatible), or install pillow-heif and call its register_heif_opener()"
    ),
    "format": "in a format that is not read here; export as JPEG or PNG",
    "range": "with pixels that are no colours from 0 to 255; save with 8 or 16 bits a channel",
    "large": "too large to be read safely; make smaller",
    "unreadable": "not to be opened; look at permissions and links",
    "link": "a link to a folder, not followed; copy the folder itself",
    "outside": "beside the class folders, so of no class; move into one",
    "two classes": "in two classes, the same file, so all copies are left out; keep the right one",
    "copy": "a copy within its class, of which the first is loaded",
    "other": "not named like a picture",
}
CHANGED = {
    "turned": "turned as the camera noted in EXIF",
    "not turned": "with damaged EXIF, so perhaps not upright",
    "grey": "grey, given three equal channels",
    "16 bit": "with 16 bits a channel, scaled to 8; dark where fewer bits were used",
    "print": "in print colours (CMYK), turned to RGB without a profile, so only about right",
    "transparent": "partly transparent, laid over white",
    "frames": "with several frames or pages, of which the first is loaded",
    "enlarged": "smaller than asked for, so enlarged and blurred",
    "misnamed": "of another format than the name says, read all the same",
    "nested": "in a folder inside a class folder, counted to that class",
}
IGNORED = {"system": "left behind by systems and programs"}
#: What a note's kind means, in the order in which a report lists them.
KINDS = {**LEFT_OUT, **CHANGED, **IGNORED}

_FORMATS = (
    *("JPEG", "MPO", "PNG", "GIF", "WEBP", "AVIF"),
    *("HEIF", "BMP", "DIB", "TIFF", "PPM", "JPEG2000"),
)
_NAMED_AS_PICTURES = frozenset(
    {".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".j2k", ".jfif", ".jp2"}
    | {".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)
_RAW = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2", ".srw"}
)
_OTHER_FORMATS = frozenset({".ai", ".eps", ".ico", ".psd", ".svg", ".tga", ".xcf"})
_SYSTEM = frozenset({"thumbs.db", "ehthumbs.db", "desktop.ini", "__macosx", "@eadir", "icon\r"})
_PARTS = frozenset({"train", "training", "test", "testing", "val", "valid", "validation", "dev"})
_COLOUR_MODES = frozenset(
    {"1", "L", "LA", "La", "P", "PA", "RGB", "RGBX", "RGBA", "RGBa", "CMYK", "YCbCr", "HSV"}
)
_DEEP_MODES = frozenset({"I", "I;16", "I;16B", "I;16L", "I;16N"})
_SIGNATURES = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*")
_SAME_FORMAT = {"MPO": "JPEG", "DIB": "BMP"}

_MOST_BYTES = 200_000_000  # of a file
_MOST_PIXELS = 178_956_970  # that a header may announce; where Pillow itself refuses
_MOST_DECODED = 64_000_000  # pixels that may stand in memory
_LARGE = 16_000_000  # pixels; larger ones are decoded one at a time
_one_at_a_time = Lock()


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
            ("Loaded, but changed", CHANGED),
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

    def take(self, indices):
        """Select photographs; see `ImageDataset.take`."""
        return replace(super().take(indices), names=self.names[indices])


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

    with _pillow_as_expected(), ThreadPoolExecutor() as pool:
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
    if not isinstance(path, (str, os.PathLike)) or not os.fspath(path):
        raise ValueError(f"path must name a folder of class folders. Received: {path!r}")
    folder = Path(path).expanduser()
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
    stray = [name for name in outside if _suffix(name) in _NAMED_AS_PICTURES]
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
        notes.append(Note("unreadable", _below(folder, entry), _reason(error)))
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


@contextmanager
def _pillow_as_expected():
    """Have Pillow refuse files cut short, even if a notebook said otherwise, and warn of nothing.

    What it warns of - sizes, EXIF, palettes - is checked and noted here.
    """
    lenient = ImageFile.LOAD_TRUNCATED_IMAGES
    ImageFile.LOAD_TRUNCATED_IMAGES = False
    try:
        with warnings.catch_warnings():
            for category in (UserWarning, Image.DecompressionBombWarning):
                warnings.filterwarnings("ignore", category=category, module="PIL")
            Image.init()
            yield
    finally:
        ImageFile.LOAD_TRUNCATED_IMAGES = lenient


class _LeftOut(Exception):  # noqa: N818 - an outcome, not an error
    """Raised with kind and detail while a file is read: it cannot be loaded."""


@dataclass
class _Outcome:
    """What became of a file: whether it was loaded, its digest, and what is to be told."""

    loaded: bool
    digest: str | None
    notes: list[Note]


def _load(folder, name, size, image):
    """Read a photograph into an array of shape (size, size, 3), or say why not."""
    try:
        content = _read(folder / name)
        notes = [Note("nested", name)] if name.count("/") > 1 else []
        image[...] = _decode(content, name, size, notes)
    except _LeftOut as outcome:
        return _Outcome(False, None, [Note(outcome.args[0], name, *outcome.args[1:])])
    return _Outcome(True, hashlib.sha256(content).hexdigest(), notes)


def _read(path):
    try:
        status = os.stat(path)
        if not stat.S_ISREG(status.st_mode):  # reading a pipe would wait for ever
            raise _LeftOut("unreadable", "a device or pipe, not a file")
        if not status.st_size:
            raise _LeftOut("empty")
        if status.st_size > _MOST_BYTES:
            raise _LeftOut("large", f"{status.st_size / 1e6:,.0f} MB")
        return path.read_bytes()
    except OSError as error:
        detail = "a link that leads nowhere" if os.path.islink(path) else _reason(error)
        raise _LeftOut("unreadable", detail) from None


def _reason(error):
    return (error.strerror or type(error).__name__).lower()


def _decode(content, name, size, notes):
    """Decode a photograph, an array of shape (size, size, 3); note what had to be changed."""
    if _suffix(name) in _RAW:  # Pillow would take the thumbnail in it for the photograph
        raise _LeftOut("format", "a camera's raw file")
    try:
        with Image.open(io.BytesIO(content), formats=_formats()) as photograph:
            width, height = photograph.size
            if width * height > _MOST_PIXELS:
                raise Image.DecompressionBombError
            shrink(photograph, size)
            if photograph.width * photograph.height > _MOST_DECODED:
                raise _LeftOut("large", f"{width:,} x {height:,} pixels")
            with _one_at_a_time if width * height > _LARGE else nullcontext():
                return _upright_square(photograph, name, size, notes)
    except _LeftOut:
        raise
    except Image.DecompressionBombError:
        raise _LeftOut("large", f"over {_MOST_PIXELS // 1_000_000} million pixels") from None
    except UnidentifiedImageError:
        raise _LeftOut(*_what_it_is(content, name)) from None
    except Exception as error:  # whatever a decoder makes of damaged bytes is told, never thrown
        raise _LeftOut("damaged", fault(error)) from None


def _formats():
    # Pillow's other formats are no photographs, have no signature, or start other programs.
    known = [each for each in _FORMATS if each in Image.OPEN]
    if "AVIF" in known and not features.check("avif"):
        known.remove("AVIF")
    return known


def _upright_square(photograph, name, size, notes):
    if min(photograph.size) < size:
        notes.append(Note("enlarged", name, "{} x {} pixels".format(*photograph.size)))
    kind = _SAME_FORMAT.get(photograph.format, photograph.format)
    announced = Image.registered_extensions().get(_suffix(name), kind)
    if kind != _SAME_FORMAT.get(announced, announced):
        notes.append(Note("misnamed", name, kind))
    # A phone's MPO is one photograph with a preview or a second view, nothing that moves.
    if photograph.format != "MPO" and getattr(photograph, "is_animated", False):
        notes.append(Note("frames", name))
    deep = photograph.format in ("PNG", "TIFF") and any(
        ";16" in str(tile[3]) for tile in photograph.tile
    )
    try:
        turned = photograph.getexif().get(0x0112, 1) in range(2, 9)  # the tag Orientation
    except Exception:  # EXIF is damaged in more ways than can be listed
        turned = False
        notes.append(Note("not turned", name))
    photograph.load()
    if turned:
        notes.append(Note("turned", name))
        photograph = ImageOps.exif_transpose(photograph)
    return square(_to_rgb(photograph, name, deep, notes), size)


def _to_rgb(photograph, name, deep, notes):
    mode = photograph.mode
    if mode in _DEEP_MODES:
        photograph, deep = _eight_bits(photograph), True
    elif mode not in _COLOUR_MODES:
        raise _LeftOut("range", {"F": "floats", "LAB": "Lab"}.get(mode, mode))
    if mode in _DEEP_MODES or mode in ("1", "L", "LA", "La"):
        notes.append(Note("grey", name))
    if deep:
        notes.append(Note("16 bit", name))
    if mode == "CMYK":
        notes.append(Note("print", name))
    if photograph.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in photograph.info:
        photograph = photograph.convert("RGBA")
        if photograph.getchannel("A").getextrema()[0] < 255:
            notes.append(Note("transparent", name))
            white = Image.new("RGBA", photograph.size, "white")
            photograph = Image.alpha_composite(white, photograph)
    return photograph.convert("RGB")


def _eight_bits(photograph):
    """Scale grey values from 0 to 65,535 down to 255; Pillow's own conversion clips them."""
    values = np.asarray(photograph).astype(np.int64)
    if values.min() < 0 or values.max() > 65_535:
        raise _LeftOut("range", "32 bits")
    grey = np.rint(values / 257).astype(np.uint8)
    transparent = photograph.info.get("transparency")
    if transparent is None:
        return Image.fromarray(grey)
    alpha = np.where(values == transparent, 0, 255).astype(np.uint8)
    return Image.fromarray(np.stack([grey, alpha], axis=-1))


def _what_it_is(content, name):
    """Kind and detail of a file whose content Pillow does not take for a picture."""
    suffix = _suffix(name)
    start = content[:512].lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    brand = content[8:12] if content[4:8] == b"ftyp" else b""
    if brand in (b"heic", b"heix", b"heim", b"heis", b"hevc", b"mif1", b"msf1"):
        return ("heic",)
    if brand in (b"avif", b"avis") and "AVIF" not in _formats():
        return "format", "AVIF"
    if suffix in _OTHER_FORMATS or b"<svg" in start:
        return "format", (suffix[1:] if suffix in _OTHER_FORMATS else "svg").upper()
    if suffix and suffix not in _NAMED_AS_PICTURES:
        return ("other",)
    if content.startswith(_SIGNATURES) or content[8:12] in (b"WEBP", b"avif", b"avis"):
        return "damaged", "only its first bytes are those of a picture"
    if not content.strip(b"\0"):
        return "damaged", "zeros only"
    if start.startswith(b"version https://git-lfs"):
        return "fake", "a pointer of Git LFS: run git lfs pull"
    if start.startswith((b"<!doctype html", b"<html", b"<head")):
        return "fake", "a web page"
    for signature, what in ((b"pk\3\4", "an archive"), (b"%pdf", "a PDF")):
        if start.startswith(signature):
            return "fake", what
    if brand or content[8:12] == b"AVI ":
        return "fake", "a film"
    try:
        content[:4_096].decode("ascii")
    except UnicodeDecodeError:
        return "fake", "unknown content"
    return "fake", "text"


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
