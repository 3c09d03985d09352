"""Photographs with several captions each, read from a folder in the format of COCO.

There a file is listed with its captions and its licence, and what can be seen in it is outlined.
`course_utils.data.vocabulary` makes numbers of captions.
"""

import json
import reprlib
import warnings
from collections import Counter, defaultdict
from contextlib import contextmanager

import numpy as np

from course_utils._validate import whole
from course_utils.data import sources
from course_utils.data.dataset import CaptionDataset
from course_utils.data.fetch import DataFolders, fetch_folder
from course_utils.data.photograph import UnreadablePhotoError, read_photographs

PHOTOGRAPHS = "val2017"
ANNOTATIONS = "annotations"
LISTING = "captions_val2017.json"
OUTLINES = "instances_val2017.json"

_CREDIT = (
    "Source: COCO Consortium; T.-Y. Lin et al., 2014, arXiv:1405.0312; captions X. Chen et al., "
    "2015, arXiv:1504.00325. Licence: captions CC BY 4.0; each photograph as `licences` says, its "
    "author to be found by `sources`."
)


def load_coco_captions(size=224):
    """Load the photographs of COCO's val2017, with their captions.

    They are downloaded once, 1.07 GB in two archives, unless the folders ``val2017`` and
    ``annotations`` lie beside each other in ``COURSE_DATA_DIR``, or in a folder ``coco`` in it, or
    in that folder of the cache. There any part of the 5,000 photographs will do, and of the
    annotations ``captions_val2017.json`` and ``instances_val2017.json``.

    Which files could not be used, and why, is in `left_out`: photographs listed without a file or
    without a caption, files that are not listed, damaged ones, and copies of another file, so that
    no split has the same file on both sides. A warning and `DESCR` say how many there are of each.

    Parameters
    ----------
    size : int
        Side of the square images, 1 to 2,048 pixels. The shortest side of a photograph is resized
        to it, and what is left of the longer side is cut off evenly at both ends - which may cut
        off what a caption speaks of. All images together take n x size x size x 3 bytes of memory:
        5,000 at the default of 224 pixels 753 MB; twice that where some are left out.

    Returns
    -------
    CaptionDataset
        Ordered by number: shuffle and split by photograph before use. Captions are in the order of
        the file. A photograph is not turned as EXIF may say: its captions were written about the
        pixels as they are stored.

    Raises
    ------
    DataError
        When an archive can be had nowhere.
    ValueError
        When the file is damaged or another one; when no photograph that it lists can be loaded;
        when `size` is out of range.
    """
    size = whole("size", size, 1, 2_048)
    folder, annotations = _find(DataFolders.from_environment())
    listed, captions, licences = _read_listing(annotations / LISTING)
    outlines = _read_outlines(annotations / OUTLINES)
    there = {path.name for path in folder.iterdir() if not path.name.startswith(".")}
    left_out = dict.fromkeys(there - {row["file_name"] for row in listed}, "not listed")
    rows = []
    for row in sorted(listed, key=lambda row: row["id"]):
        if row["file_name"] not in there:
            left_out[row["file_name"]] = "no file"
        elif not captions[row["id"]]:
            left_out[row["file_name"]] = "no caption"
        else:
            rows.append(row)
    paths = [folder / row["file_name"] for row in rows]
    images, outcomes = read_photographs(paths, size, upright=False)
    kept, first_of = [], {}
    for index, outcome in enumerate(outcomes):
        name = rows[index]["file_name"]
        if isinstance(outcome, UnreadablePhotoError):
            left_out[name] = str(outcome)
        elif outcome.digest in first_of:
            left_out[name] = f"copy: same file as {first_of[outcome.digest]}"
        else:
            first_of[outcome.digest] = name
            kept.append(index)
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
    rows = [rows[index] for index in kept]
    share = "all" if len(kept) == len(listed) else f"{len(kept):,} of the"
    what = f"{share} {len(listed):,} photographs listed" + (f" ({reasons})" if reasons else "")
    if left_out:
        warnings.warn(f"{folder} is not the whole set: {what}", stacklevel=2)
    texts = tuple(tuple(captions[row["id"]]) for row in rows)
    return CaptionDataset(
        images=images[kept] if len(kept) < len(images) else images,
        captions=texts,
        ids=np.array([row["id"] for row in rows], np.int64),
        names=np.array([row["file_name"] for row in rows]),
        licences=np.array([licences.get(row.get("license"), "none stated") for row in rows]),
        sources=np.array([row.get("flickr_url") or "" for row in rows]),
        sizes=np.array([(row.get("width", 0), row.get("height", 0)) for row in rows], np.int64),
        outlines=tuple(outlines[row["id"]] for row in rows),
        left_out=left_out,
        DESCR=(
            f"COCO 2017, validation part with captions, {what}; {sum(map(len, texts)):,} captions, "
            f"cut to {size} x {size} pixels. {_CREDIT}"
        ),
    )


def _find(folders):
    """Return the folders of photographs and annotations; download what lies nowhere."""
    own = folders.cache / sources.COCO["photographs"].folder
    for root in (*(path.parent for path in folders.staged(own.name, PHOTOGRAPHS)), own):
        annotations = root / ANNOTATIONS
        if (root / PHOTOGRAPHS).exists() and all(
            (annotations / name).exists() for name in (LISTING, OUTLINES)
        ):
            return root / PHOTOGRAPHS, annotations
    return tuple(
        fetch_folder(sources.COCO[part], folders) for part in ("photographs", "annotations")
    )


def _reasons(left_out):
    """Say how many were left out for each reason, with one name for each."""
    counts = Counter(reason.split(":")[0] for reason in left_out.values())
    parts = []
    for kind, count in sorted(counts.items()):
        first = next(name for name in left_out if left_out[name].split(":")[0] == kind)
        detail = left_out[first].removeprefix(kind).removeprefix(": ")
        parts.append(f"{kind}: {count:,}, first {first}" + (f" ({detail})" if detail else ""))
    return "; ".join(parts)


def _read_listing(path):
    """Return the images listed, captions by image, and names of licences by number."""
    captions = defaultdict(list)
    with _told_of_damage(path, "images and their captions"):
        content = json.loads(path.read_bytes())
        images = content["images"]
        for row in content["annotations"]:
            if caption := " ".join(row["caption"].split()):
                captions[row["image_id"]].append(caption)
        licences = {row["id"]: row["name"] for row in content.get("licenses", ())}
        captions = {row["id"]: captions[row["id"]] for row in images if row["file_name"]}
    return images, captions, licences


def _read_outlines(path):
    """Return the outlines of each photograph by kind, by the photograph's number."""
    outlines = defaultdict(dict)
    with _told_of_damage(path, "outlines and their categories"):
        content = json.loads(path.read_bytes())
        kinds = {row["id"]: row["name"] for row in content["categories"]}
        for row in content["annotations"]:
            of_image = outlines[row["image_id"]]
            of_image.setdefault(kinds[row["category_id"]], []).append(row["segmentation"])
    return outlines


@contextmanager
def _told_of_damage(path, what):
    """Say of a file that is not as it should be what it should hold."""
    try:
        yield
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(
            f"{path} must be a whole JSON file of {what}. Received: "
            f"{path.stat().st_size:,} bytes that are not ({reprlib.repr(error)}). Unpack it again "
            f"from {sources.COCO['annotations'].name}."
        ) from None
