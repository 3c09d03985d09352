"""Photographs with several captions each, read from a folder in the format of COCO.

The course downloads no COCO: unpack it where `load_coco_captions` says. There a file is listed with
its captions and its licence. `course_utils.data.vocabulary` makes numbers of captions.
"""

import json
import os
import reprlib
import unicodedata
import warnings
from collections import defaultdict
from concurrent.futures import ThreadPoolExecutor

import numpy as np

from course_utils._validate import whole
from course_utils.data.dataset import CaptionDataset
from course_utils.data.fetch import DataError, DataFolders
from course_utils.data.photograph import UnreadablePhotoError, pillow_as_expected, read_photograph

PHOTOGRAPHS = "val2017"
LISTING = "annotations/captions_val2017.json"

_FOLDER = "coco"  # below COURSE_DATA_DIR, where the two do not lie at its top
_DESCRIPTION = "COCO 2017 Dataset"  # what COCO's own file says of itself
_ADDRESSES = """\
  http://images.cocodataset.org/zips/val2017.zip (5,000 photographs, about 0.8 GB)
  http://images.cocodataset.org/annotations/annotations_trainval2017.zip (about 0.25 GB)"""
_CREDIT = (
    "COCO 2017, validation part with captions",
    "COCO Consortium; T.-Y. Lin et al., 2014, arXiv:1405.0312; captions X. Chen et al., 2015, "
    "arXiv:1504.00325",
    "captions CC BY 4.0; each photograph as `licences` says, its author to be found by `sources`",
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
        When the file is damaged or another one; when no photograph that it lists can be loaded;
        when `size` is out of range.
    """
    size = whole("size", size, 1, 2_048)
    root = _find(DataFolders.from_environment())
    folder = root / PHOTOGRAPHS
    listed, captions, licences, credit = _read_listing(root / LISTING)
    there = _files(folder)
    names = {_composed(row["file_name"]) for row in listed}
    left_out = {there[name]: "not listed" for name in there.keys() - names}
    rows = []
    for row in sorted(listed, key=lambda row: row["id"]):
        if _composed(row["file_name"]) not in there:
            left_out[row["file_name"]] = "no file"
        elif not captions[row["id"]]:
            left_out[row["file_name"]] = "no caption"
        else:
            rows.append(row)
    images = np.empty((len(rows), size, size, 3), np.uint8)

    def fill(index):
        path = folder / there[_composed(rows[index]["file_name"])]
        try:
            read = read_photograph(path, size, upright=False)
        except UnreadablePhotoError as error:
            return None, str(error)
        images[index] = read.image
        return read.digest, None

    with pillow_as_expected(), ThreadPoolExecutor() as pool:
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
        kept.append(rows[index])
    left_out = dict(sorted(left_out.items()))
    reasons = _reasons(left_out)
    if not kept:
        inner = (folder / PHOTOGRAPHS).is_dir()
        advice = f" It holds a folder {PHOTOGRAPHS} itself: move the files one level up."
        raise ValueError(
            f"{folder} must hold at least one of the {len(listed):,} photographs that {LISTING} "
            f"lists, with a caption there. Received: {reasons or 'nothing'}."
            f"{advice if inner else ''}"
        )
    share = "all" if len(kept) == len(listed) else f"{len(kept):,} of the"
    what = f"{share} {len(listed):,} photographs listed" + (f" ({reasons})" if reasons else "")
    if left_out:
        warnings.warn(f"{folder} is not the whole set: {what}", stacklevel=2)
    title, source, licence = credit
    texts = tuple(captions[row["id"]] for row in kept)
    return CaptionDataset(
        images=images[: len(kept)],
        captions=texts,
        ids=np.array([row["id"] for row in kept], np.int64),
        names=np.array([row["file_name"] for row in kept]),
        licences=np.array([licences.get(row.get("license"), "none stated") for row in kept]),
        sources=np.array([str(row.get("flickr_url") or "") for row in kept]),
        left_out=left_out,
        DESCR=(
            f"{title}, {what}; {sum(map(len, texts)):,} captions, cut to {size} x {size} "
            f"pixels. Source: {source}. Licence: {licence}."
        ),
    )


def _find(folders):
    """Return the folder in which both the photographs and the listing lie."""
    roots = [path.parent for path in folders.staged(_FOLDER, PHOTOGRAPHS)]
    roots.append(folders.cache / _FOLDER)
    found = []
    if folders.data_dir is not None and not folders.data_dir.is_dir():
        found.append(f"  COURSE_DATA_DIR: {folders.data_dir} is not a folder")
    for root in dict.fromkeys(roots):
        there = (root / PHOTOGRAPHS).is_dir(), (root / LISTING).is_file()
        if all(there):
            return root
        missing = [name for name, is_there in zip((PHOTOGRAPHS, LISTING), there) if not is_there]
        archives = [path.name for path in sorted(root.glob("*.zip"))]
        text = f"{' and '.join(missing)} missing" if root.is_dir() else "no such folder"
        text += f"; {' and '.join(archives)} must be unpacked" if archives else ""
        found.append(f"  {root}: {text}")
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


def _composed(name):
    """Return a name in which accents are composed: systems differ in how they store them."""
    return unicodedata.normalize("NFC", name)


def _files(folder):
    """Return the names of the files in a folder, without hidden ones, by their composed form."""
    with os.scandir(folder) as entries:
        return {
            _composed(entry.name): entry.name
            for entry in entries
            if not entry.name.startswith(".") and entry.is_file()
        }


def _reasons(left_out):
    """Say how many were left out for each reason, with one name for each."""
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


def _read_listing(path):
    """Return the images listed, captions by image, names of licences by number, and the credit."""
    try:
        content = json.loads(path.read_bytes())
    except (ValueError, RecursionError) as error:  # of JSON, or of the encoding
        raise ValueError(
            f"{path} must be a whole JSON file in UTF-8. Received: {path.stat().st_size:,} bytes "
            f"that are not ({error}). Unpack it again from annotations_trainval2017.zip."
        ) from None
    content = content if isinstance(content, dict) else {}
    images = _rows(path, content, "images", id=int, file_name=str)
    annotations = _rows(path, content, "annotations", image_id=int, caption=str)
    captions = {row["id"]: () for row in images}
    for row in annotations:
        if row["image_id"] not in captions:
            raise ValueError(
                f"{path}: each caption must belong to one of the {len(images):,} images listed. "
                f"Received: image_id {row['image_id']}"
            )
        if caption := " ".join(row["caption"].split()):
            captions[row["image_id"]] += (caption,)
    licences = {row.get("id"): row.get("name") for row in content.get("licenses") or ()}
    info = content.get("info")
    described = info.get("description") if isinstance(info, dict) else None
    if described == _DESCRIPTION:
        credit = _CREDIT
    else:
        title = str(described or "Pictures with captions in COCO's format")
        credit = title, "as whoever made the folder says", "each picture as `licences` says"
    return images, captions, licences, credit


def _rows(path, content, key, **fields):
    """Return the rows under a key, each with fields of these types."""
    rows = content.get(key)
    wanted = " and ".join(f"{name} ({kind.__name__})" for name, kind in fields.items())
    expected = f"{path}: {key} must be a list, each with {wanted}."
    if not isinstance(rows, list):
        raise ValueError(f"{expected} Received: {reprlib.repr(rows)} in {sorted(content)}.")
    for row in rows:
        if not isinstance(row, dict) or any(
            not isinstance(row.get(name), kind) for name, kind in fields.items()
        ):
            advice = " The files instances_... and person_keypoints_... hold no captions."
            raise ValueError(
                f"{expected} Received: {reprlib.repr(row)}."
                f"{advice if key == 'annotations' else ''}"
            )
    return rows
