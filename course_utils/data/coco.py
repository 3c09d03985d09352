"""Photographs with several captions each, read from a folder in the format of COCO.

The course downloads no COCO: unpack it where `load_coco_captions` says, or draw a folder of the
same format to try things on. There, as in COCO, a file is listed with its captions and its licence:

>>> from course_utils.data.coco import load_coco_captions, write_drawn_coco
>>> write_drawn_coco("drawn", 100, seed=1, size=128)  # then name "drawn" in COURSE_DATA_DIR
>>> photographs = load_coco_captions(size=96)
>>> photographs.captions[0]
('a striped purple star',)

`course_utils.data.vocabulary` makes numbers of captions.
"""

import hashlib
import io
import json
import os
import reprlib
import warnings
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np

from course_utils._validate import whole
from course_utils.data.fetch import DataError, DataFolders
from course_utils.data.photograph import fault, shrink, square
from course_utils.drawn.scenes import make_scenes

__all__ = ["CaptionDataset", "load_coco_captions", "write_drawn_coco"]

PHOTOGRAPHS = "val2017"
LISTING = "annotations/captions_val2017.json"

_FOLDER = "coco"  # below COURSE_DATA_DIR, where the two do not lie at its top
_DESCRIPTION = "COCO 2017 Dataset"  # what COCO's own file says of itself
_ADDRESSES = """\
  http://images.cocodataset.org/zips/val2017.zip (5,000 photographs, about 0.8 GB)
  http://images.cocodataset.org/annotations/annotations_trainval2017.zip (about 0.25 GB)"""
_SOURCE = (
    "COCO Consortium; T.-Y. Lin et al., 2014, arXiv:1405.0312; captions X. Chen et al., 2015, "
    "arXiv:1504.00325"
)
_LICENCE = (
    "captions CC BY 4.0; each photograph as `licences` says, its author to be found by `sources`"
)


@dataclass(frozen=True, eq=False, repr=False)
class CaptionDataset:
    """Photographs with captions, and under what terms each may be shown.

    Parameters
    ----------
    images : numpy.ndarray of uint8, shape (n, size, size, 3)
        RGB, 0 to 255.
    captions : tuple of tuple of str
        Of each photograph, one or more, as people wrote them; only runs of blanks are made one.
    ids : numpy.ndarray of int64, shape (n,)
        The number of each photograph in the original set.
    names : numpy.ndarray of str, shape (n,)
        The name of its file.
    licences : numpy.ndarray of str, shape (n,)
        The name of its licence; "none stated" where the set says nothing.
    sources : numpy.ndarray of str, shape (n,)
        The address where its author showed it, which may be dead; "" where the set says nothing.
    left_out : dict of str to str
        Why a file is not among the photographs, by its name. It stays the same in what `take`
        returns.
    DESCR : str
        What the set is, how much of it is there, who made it, and its licence.

    Raises
    ------
    ValueError
        When arrays and captions do not fit one another.
    """

    images: np.ndarray
    captions: tuple[tuple[str, ...], ...]
    ids: np.ndarray
    names: np.ndarray
    licences: np.ndarray
    sources: np.ndarray
    left_out: dict[str, str]
    DESCR: str

    def __post_init__(self):
        if self.images.dtype != np.uint8 or self.images.ndim != 4:
            raise ValueError(
                "images must be uint8 of shape (n, size, size, 3). "
                f"Received: {self.images.dtype} of shape {self.images.shape}"
            )
        for name in ("captions", "ids", "names", "licences", "sources"):
            if len(getattr(self, name)) != len(self.images):
                raise ValueError(
                    f"{name} must be {len(self.images)}, one an image. "
                    f"Received: {len(getattr(self, name))}"
                )
        for row in self.captions:
            if not isinstance(row, tuple) or not row or not all(isinstance(c, str) for c in row):
                raise ValueError(
                    "captions of an image must be a tuple of at least one str. "
                    f"Received: {reprlib.repr(row)}"
                )

    def __len__(self):
        return len(self.images)

    def __repr__(self):
        _, height, width, channels = self.images.shape
        return (
            f"{type(self).__name__}({len(self):,} images of {height} x {width} x {channels}, "
            f"{sum(map(len, self.captions)):,} captions)"
        )

    def take(self, indices):
        """Select photographs, with all that belongs to them.

        Parameters
        ----------
        indices : slice, or array of int or bool
            Which, as NumPy indexes them.

        Returns
        -------
        CaptionDataset
            A copy, except for a slice.
        """
        return replace(
            self,
            images=self.images[indices],
            captions=tuple(self.captions[each] for each in np.ravel(np.arange(len(self))[indices])),
            ids=self.ids[indices],
            names=self.names[indices],
            licences=self.licences[indices],
            sources=self.sources[indices],
        )


def load_coco_captions(size=224):
    """Load the photographs of COCO's val2017 that are there, with their captions.

    The folder ``val2017`` and the file ``annotations/captions_val2017.json`` must lie beside each
    other in ``COURSE_DATA_DIR``, or in a folder ``coco`` in it, or in that folder of the cache. Any
    part of the 5,000 photographs will do. Which files could not be used, and why, is in `left_out`:
    photographs listed without a file or without a caption, files that are not listed, damaged ones,
    and copies of another file, so that no split has the same file on both sides. A warning and
    `DESCR` say how many there are of each.

    Parameters
    ----------
    size : int
        Side of the square images, 1 to 2,048 pixels. The shortest side of a photograph is resized
        to it, and what is left of the longer side is cut off evenly at both ends - which may cut
        off what a caption speaks of. All images together take n x size x size x 3 bytes of memory:
        5,000 at the default of 224 pixels 753 MB, at 128 pixels 246 MB.

    Returns
    -------
    CaptionDataset
        Ordered by number: shuffle and split by photograph before use. Captions are in the order of
        the file. A photograph is not turned as EXIF may say: its captions were written about the
        pixels as they are stored.

    Raises
    ------
    DataError
        When the folder or the file is nowhere.
    ValueError
        When the file is damaged, another one, or at odds with itself; when no photograph that it
        lists can be loaded; when `size` is out of range.
    """
    size = whole("size", size, 1, 2_048)
    root = _find(DataFolders.from_environment())
    listing = _read_listing(root / LISTING)
    folder = root / PHOTOGRAPHS
    there = _files(folder)
    left_out = dict.fromkeys(there - {row["file_name"] for row in listing.images}, "not listed")
    rows = []
    for row in sorted(listing.images, key=lambda row: row["id"]):
        name = row["file_name"]
        if name not in there:
            left_out[name] = "no file"
        elif not listing.captions[row["id"]]:
            left_out[name] = "no caption"
        else:
            rows.append(row)
    images = np.empty((len(rows), size, size, 3), np.uint8)

    def fill(index):
        return _load(folder / rows[index]["file_name"], size, images[index])

    with ThreadPoolExecutor() as pool:
        outcomes = list(pool.map(fill, range(len(rows))))
    kept, first_of = [], {}
    for index, (digest, problem) in enumerate(outcomes):
        name = rows[index]["file_name"]
        if problem is None and digest in first_of:
            problem = f"copy: same file as {first_of[digest]}"
        if problem is not None:
            left_out[name] = problem
            continue
        first_of[digest] = name
        images[len(kept)] = images[index]  # within the array: a copy would need twice the memory
        kept.append(index)
    left_out = dict(sorted(left_out.items()))
    if not kept:
        raise ValueError(_none_loaded(folder, listing, left_out))
    rows = [rows[index] for index in kept]
    what = _how_many(len(rows), len(listing.images), left_out)
    if left_out:
        warnings.warn(f"{folder} is not the whole set: {what}", stacklevel=2)
    captions = tuple(listing.captions[row["id"]] for row in rows)
    title, source, licence = listing.credit
    return CaptionDataset(
        images=images[: len(rows)],
        captions=captions,
        ids=np.array([row["id"] for row in rows], np.int64),
        names=np.array([row["file_name"] for row in rows]),
        licences=np.array([listing.licences[row.get("license")] for row in rows]),
        sources=np.array([row.get("flickr_url") or "" for row in rows]),
        left_out=left_out,
        DESCR=(
            f"{title}, {what}; {sum(map(len, captions)):,} captions, cut to {size} x {size} "
            f"pixels. Source: {source}. Licence: {licence}."
        ),
    )


def write_drawn_coco(folder, n, *, seed, **settings):
    """Draw scenes into a folder in the format of COCO's val2017 with captions.

    Each picture has one caption, since the grammar of the scenes has one reading of a picture; in
    COCO most have five.

    Parameters
    ----------
    folder : str or path-like
        Where ``val2017`` and ``annotations/captions_val2017.json`` are made: name it in
        ``COURSE_DATA_DIR`` to load them.
    n : int
        Number of pictures, at least 1.
    seed : int
        Not negative.
    **settings
        Further arguments of `course_utils.drawn.scenes.make_scenes`, such as size=128.

    Returns
    -------
    course_utils.drawn.scenes.SceneImages
        The scenes as they were drawn; picture i of the folder has the number i + 1. JPEG changes
        pixels a little, so those of the files are not quite the same.

    Raises
    ------
    FileExistsError
        When there is something already where it would write.
    ValueError
        When `make_scenes` does not take the arguments.
    """
    from PIL import Image  # comes with matplotlib; only photographs need it

    folder = Path(folder).expanduser()
    for name in (PHOTOGRAPHS, LISTING):
        if os.path.lexists(folder / name):
            raise FileExistsError(
                f"folder must hold neither {PHOTOGRAPHS} nor {LISTING}, so that nothing is "
                f"overwritten. Received: {folder}, where there is {name}"
            )
    scenes = make_scenes(n, seed=seed, **settings)
    numbers = range(1, len(scenes) + 1)
    names = [f"{number:012d}.jpg" for number in numbers]
    side = scenes.images.shape[1]
    listing = {
        "info": {
            "description": f"Scenes drawn by course_utils.drawn.scenes, seed {seed}, in COCO's format"
        },
        "licenses": [{"id": 1, "name": "None needed: drawn, nobody's work", "url": ""}],
        "images": [
            {"id": number, "file_name": name, "license": 1, "height": side, "width": side}
            for number, name in zip(numbers, names, strict=True)
        ],
        "annotations": [
            {"id": number, "image_id": number, "caption": caption}
            for number, caption in zip(numbers, scenes.captions, strict=True)
        ],
    }
    (folder / PHOTOGRAPHS).mkdir(parents=True)
    for image, name in zip(scenes.images, names, strict=True):
        Image.fromarray(image).save(folder / PHOTOGRAPHS / name, quality=95, subsampling=0)
    (folder / LISTING).parent.mkdir(exist_ok=True)
    (folder / LISTING).write_text(json.dumps(listing, indent=1), encoding="utf-8")
    return scenes


# --- Finding it -----------------------------------------------------------------------------------


def _find(folders):
    """Return the folder in which both the photographs and the listing lie."""
    roots = [path.parent for path in folders.staged(_FOLDER, PHOTOGRAPHS)]
    roots.append(folders.cache / _FOLDER)
    found = []
    for root in dict.fromkeys(roots):
        missing = []
        if not os.path.isdir(root / PHOTOGRAPHS):
            missing.append(PHOTOGRAPHS)
        if not os.path.isfile(root / LISTING):
            missing.append(LISTING)
        if not missing:
            return root
        found.append(f"  {root}: {_whats_there(root, missing)}")
    if folders.data_dir is not None and not folders.data_dir.is_dir():
        found.insert(0, f"  COURSE_DATA_DIR: {folders.data_dir} is not a folder")
    raise DataError(
        "\n".join(
            [
                "COCO 2017 captions are not available. The course does not download them.",
                f"Expected: a folder {PHOTOGRAPHS} with photographs, all or some, and beside it "
                f"{LISTING}.",
                "Received:",
                *found,
                "To put them there by hand, download",
                _ADDRESSES,
                "and unpack both into one folder: either one that COURSE_DATA_DIR names, or",
                f"  {folders.cache / _FOLDER}",
                "Without photographs, chapter 15 runs on drawn scenes, in the profile quick.",
            ]
        )
    )


def _whats_there(root, missing):
    if not os.path.isdir(root):
        return "no such folder"
    text = " and ".join(missing) + (" is missing" if len(missing) == 1 else " are missing")
    archives = [
        name
        for name in ("val2017.zip", "annotations_trainval2017.zip")
        if os.path.isfile(root / name)
    ]
    if archives:
        text += f"; {' and '.join(archives)} must be unpacked"
    if LISTING in missing and os.path.isfile(root / Path(LISTING).name):
        text += f"; {Path(LISTING).name} must lie in a folder annotations"
    return text


def _files(folder):
    """List the names of the files in a folder, without hidden ones."""
    with os.scandir(folder) as entries:
        return {
            entry.name for entry in entries if not entry.name.startswith(".") and entry.is_file()
        }


def _how_many(loaded, listed, left_out):
    """Say how many photographs are there, and why others are not, with one name for each reason."""
    text = f"{'all' if loaded == listed else f'{loaded:,} of the'} {listed:,} photographs listed"
    return f"{text} ({_reasons(left_out)})" if left_out else text


def _reasons(left_out):
    by_kind = defaultdict(list)
    for name, reason in left_out.items():
        by_kind[reason.split(":")[0]].append(name)
    parts = []
    for kind, names in sorted(by_kind.items()):
        detail = left_out[names[0]].removeprefix(kind).removeprefix(": ")
        parts.append(
            f"{kind}: {len(names):,}, first {names[0]}" + (f" ({detail})" if detail else "")
        )
    return "; ".join(parts)


def _none_loaded(folder, listing, left_out):
    text = (
        f"{folder} must hold at least one of the {len(listing.images):,} photographs that "
        f"{LISTING} lists, with a caption there. Received: {_reasons(left_out) or 'nothing'}."
    )
    if (folder / PHOTOGRAPHS).is_dir():
        text += f" It holds a folder {PHOTOGRAPHS} itself: move the files one level up."
    return text


# --- Reading it -----------------------------------------------------------------------------------


def _load(path, size, image):
    """Read a photograph into an array of shape (size, size, 3).

    Returns
    -------
    digest : str or None
        sha256 of the file.
    problem : str or None
        Why it could not be read.
    """
    from PIL import Image, UnidentifiedImageError

    try:
        content = path.read_bytes()
    except OSError as error:
        return None, f"unreadable: {(error.strerror or type(error).__name__).lower()}"
    try:
        with Image.open(io.BytesIO(content)) as photograph:
            shrink(photograph, size)
            image[...] = square(photograph.convert("RGB"), size)
    except UnidentifiedImageError:
        return None, f"damaged: {'no picture' if content else 'empty'}"
    except Exception as error:  # whatever a decoder makes of damaged bytes is told, never thrown
        return None, f"damaged: {fault(error)}"
    return hashlib.sha256(content).hexdigest(), None


@dataclass(frozen=True)
class _Listing:
    """What the file of captions says.

    Parameters
    ----------
    credit : tuple of str
        Title, source and licence.
    licences : dict of int or None to str
        Name by number; "none stated" for None.
    images : list of dict
        Each with ``id`` and ``file_name``.
    captions : dict of int to tuple of str
        By the number of a photograph; of each that is listed.
    """

    credit: tuple[str, str, str]
    licences: dict[int | None, str]
    images: list[dict]
    captions: dict[int, tuple[str, ...]]


def _read_listing(path):
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:  # of JSON, or of the encoding
        raise ValueError(
            f"{path} must be a whole JSON file in UTF-8. Received: {path.stat().st_size:,} bytes "
            f"that are not ({error}). Unpack it again from annotations_trainval2017.zip."
        ) from None
    if not isinstance(content, dict):
        raise ValueError(
            f"{path} must hold a JSON object with images and annotations. "
            f"Received: {reprlib.repr(content)}"
        )
    images = _rows(path, content, "images", id=int, file_name=str)
    annotations = _rows(path, content, "annotations", id=int, image_id=int, caption=str)
    licences = _licences(path, content, images)
    for kind, rows in (("images", images), ("annotations", annotations)):
        _require_once(path, kind, "id", rows)
    _require_once(path, "images", "file_name", images)
    for row in images:
        if not row["file_name"] or set(row["file_name"]) & set("/\\\0"):
            raise ValueError(
                f"{path}: file_name must be the plain name of a file in {PHOTOGRAPHS}. "
                f"Received: {row['file_name']!r}"
            )
    captions = {row["id"]: () for row in images}
    for row in annotations:
        if row["image_id"] not in captions:
            raise ValueError(
                f"{path}: each caption must belong to one of the {len(images):,} images listed. "
                f"Received: image_id {row['image_id']} of annotation {row['id']}"
            )
        if caption := " ".join(row["caption"].split()):
            captions[row["image_id"]] += (caption,)
    return _Listing(_credit(content), licences, images, captions)


def _rows(path, content, key, **fields):
    """Return the rows under a key, each with fields of these types."""
    rows = content.get(key)
    wanted = " and ".join(f"{name} ({kind.__name__})" for name, kind in fields.items())
    expected = f"{path}: {key} must be a list, each with {wanted}."
    if not isinstance(rows, list):
        there = "no such key" if key not in content else reprlib.repr(rows)
        raise ValueError(f"{expected} Received: {there}. The file has {sorted(content)}.")
    for row in rows:
        # Not isinstance: true is an int to Python.
        if not isinstance(row, dict) or any(
            type(row.get(name)) is not kind for name, kind in fields.items()
        ):
            advice = ""
            if key == "annotations" and isinstance(row, dict) and "caption" not in row:
                advice = " The files instances_... and person_keypoints_... hold no captions."
            raise ValueError(f"{expected} Received: {reprlib.repr(row)}.{advice}")
    return rows


def _require_once(path, kind, field, rows):
    (value, count), *_ = Counter(row[field] for row in rows).most_common(1) or [(None, 1)]
    if count > 1:
        raise ValueError(
            f"{path}: each of the {kind} must have a {field} of its own. "
            f"Received: {value!r} {count} times"
        )


def _licences(path, content, images):
    """Return the name of each licence by its number; see that images name no other."""
    named = {}
    if "licenses" in content:
        rows = _rows(path, content, "licenses", id=int, name=str)
        named = {row["id"]: row["name"] for row in rows}
    for row in images:
        licence = row.get("license")
        if licence is not None and (type(licence) is not int or licence not in named):
            raise ValueError(
                f"{path}: the license of an image must be the id of one of the licenses, "
                f"{sorted(named)}. Received: {licence!r} for {row['file_name']}"
            )
        if not isinstance(row.get("flickr_url") or "", str):
            raise ValueError(
                f"{path}: the flickr_url of an image must be an address. "
                f"Received: {reprlib.repr(row['flickr_url'])} for {row['file_name']}"
            )
    return {**named, None: "none stated"}


def _credit(content):
    """Return title, source and licence; COCO's own only if the file says that it is COCO's."""
    info = content.get("info")
    description = info.get("description") if isinstance(info, dict) else None
    if description == _DESCRIPTION:
        return "COCO 2017, validation part with captions", _SOURCE, _LICENCE
    title = str(description or "Pictures with captions in COCO's format")
    return title, "as whoever made the folder says", "each picture as `licences` says"
