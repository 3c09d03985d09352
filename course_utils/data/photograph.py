"""One way of opening a photograph: upright, in RGB, a square - or a word on why it is not."""

import hashlib
import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import NamedTuple

import numpy as np
from PIL import Image, ImageOps, UnidentifiedImageError

UNREADABLE = {
    "empty": "empty, without a single byte",
    "fake": "no picture, whatever the name says",
    "damaged": "damaged or cut short; fetch or export again",
    "heic": (
        "HEIC, which Pillow cannot read; export as JPEG (iPhone: Settings, Camera, Formats, "
        "Most Compatible), or install pillow-heif and call its register_heif_opener()"
    ),
    "format": "in a format that is not read here; export as JPEG or PNG",
    "large": "too large to be read safely; make smaller",
    "unreadable": "not to be opened; look at permissions and links",
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
}
NAMED_AS_PICTURES = frozenset(
    {".apng", ".avif", ".bmp", ".dib", ".gif", ".heic", ".heif", ".hif", ".j2k", ".jfif", ".jp2"}
    | {".jpe", ".jpeg", ".jpg", ".pbm", ".pgm", ".png", ".pnm", ".ppm", ".tif", ".tiff", ".webp"}
)

_FORMATS = (
    *("JPEG", "MPO", "PNG", "GIF", "WEBP", "AVIF"),
    *("HEIF", "BMP", "DIB", "TIFF", "PPM", "JPEG2000"),
)
# Of a camera's raw file Pillow would take the thumbnail for the photograph.
_NOT_READ = frozenset(
    {".3fr", ".arw", ".cr2", ".cr3", ".dng", ".nef", ".nrw", ".orf", ".pef", ".raf", ".rw2"}
    | {".ai", ".eps", ".ico", ".psd", ".srw", ".svg", ".tga", ".xcf"}
)
_SIGNATURES = (b"\xff\xd8", b"\x89PNG", b"GIF8", b"BM", b"II*\0", b"MM\0*", b"RIFF")
_HEIC_BRANDS = (b"hei", b"hev", b"mif", b"msf")
_LOOK_ALIKES = {
    b"version https://git-lfs": "a pointer of Git LFS: run git lfs pull",
    b"<!doctype html": "a web page",
    b"<html": "a web page",
}

_MOST_PIXELS = 64_000_000  # that may stand in memory
_AT_ONCE = 4  # so many pictures are decoded at the same time


class UnreadablePhotoError(ValueError):
    """No photograph can be had: `kind` is a key of `UNREADABLE`; `detail` may be ""."""

    def __init__(self, kind, detail=""):
        super().__init__(f"{kind}: {detail}" if detail else kind)
        self.kind, self.detail = kind, detail


class Photograph(NamedTuple):
    """What is known of a photograph that was read."""

    changes: list[tuple[str, str]]  # keys of `CHANGED`, each with a detail or ""
    digest: str  # sha256 (hex) of the file


def load_photograph(path, size=224):
    """Load one photograph of your own.

    Parameters
    ----------
    path : str or path-like
        A JPEG, PNG or other picture. ``~`` stands for your home.
    size : int
        Side of the square in pixels.

    Returns
    -------
    numpy.ndarray of uint8, shape (size, size, 3)
        RGB, 0 to 255; upright, as the camera was held; the middle of the longer side.

    Raises
    ------
    FileNotFoundError
        When there is no such file.
    ValueError
        When the file is no photograph that can be read.
    """
    images, (outcome,) = read_photographs([typed_path(path)], size)
    if isinstance(outcome, UnreadablePhotoError):
        raise ValueError(
            f"`path` must name a photograph, JPEG or PNG. Received: {str(path)!r}, "
            f"{UNREADABLE[outcome.kind]}" + (f" ({outcome.detail})" if outcome.detail else "")
        )
    return images[0]


def read_photographs(paths, size, *, upright=True):
    """Read photographs into squares, several at a time, as `load_folder` describes.

    Parameters
    ----------
    paths : sequence of pathlib.Path
    size : int
        Side of the squares, pixels.
    upright : bool
        Whether to turn each as its camera noted in EXIF.

    Returns
    -------
    images : ndarray of uint8, shape (n, size, size, 3)
        RGB, 0 to 255; what could not be read is left undefined.
    outcomes : list of Photograph or UnreadablePhotoError
        One for each path.
    """
    images = np.empty((len(paths), size, size, 3), np.uint8)

    def read(index):
        try:
            images[index], outcome = _read(paths[index], size, upright)
        except UnreadablePhotoError as error:
            return error
        return outcome

    with warnings.catch_warnings(), ThreadPoolExecutor(_AT_ONCE) as pool:
        # What Pillow warns of - sizes, EXIF, palettes - is checked and told here.
        warnings.filterwarnings("ignore", module="PIL")
        Image.init()
        return images, list(pool.map(read, range(len(paths))))


def typed_path(path):
    """Return a path that a person typed as a Path that exists, or say what is to be typed."""
    if not isinstance(path, str | os.PathLike) or not os.fspath(path):
        raise ValueError(f"`path` must be a path, a text such as '~/birds'. Received: {path!r}")
    text = os.fspath(path)
    right = text.strip("'\"“”")
    if os.name != "nt" and right[1:3] in (":\\", ":/"):
        right = f"/mnt/{right[0].lower()}/{right[3:]}".replace("\\", "/")
    if right != text:
        raise ValueError(
            "`path` must be a path of this system (under WSL, Windows' folders lie below /mnt) "
            f"without quotation marks of its own: write {right!r}. Received: {text!r}"
        )
    found = Path(text).expanduser()
    if not found.exists():
        raise FileNotFoundError(
            f"`path` must name what exists. Received: {text!r}. Looked for it from "
            f"{str(Path.cwd())!r}. A file manager can copy the right path."
        )
    return found


def _read(path, size, upright):
    suffix = path.suffix.lower()
    if suffix in _NOT_READ:
        raise UnreadablePhotoError("format", suffix[1:].upper())
    try:
        with open(path, "rb") as file:
            image, changes = _decode(file, size, upright)
            file.seek(0)
            return image, Photograph(changes, hashlib.file_digest(file, "sha256").hexdigest())
    except OSError as error:
        raise UnreadablePhotoError("unreadable", (error.strerror or "").lower()) from None


def _decode(file, size, upright):
    start = file.read(512)
    if not start:
        raise UnreadablePhotoError("empty")
    changes = []
    try:
        formats = [each for each in _FORMATS if each in Image.OPEN]  # HEIF only with pillow-heif
        with Image.open(file, formats=formats) as photograph:
            width, height = photograph.size
            photograph.draft("RGB", (2 * size, 2 * size))  # JPEG: skip detail that is not needed
            if photograph.width * photograph.height > _MOST_PIXELS:
                raise UnreadablePhotoError("large", f"{width:,} x {height:,} pixels")
            return _square(photograph, size, upright, changes), changes
    except UnreadablePhotoError:
        raise
    except Image.DecompressionBombError:
        raise UnreadablePhotoError("large") from None
    except UnidentifiedImageError:
        raise UnreadablePhotoError(*_what_it_is(start)) from None
    except Exception as error:  # whatever a decoder makes of damaged bytes is told, never thrown
        words = str(error).split("\n")[0]
        words = "cut short" if "truncated" in words else words or type(error).__name__
        raise UnreadablePhotoError("damaged", words) from None


def _square(photograph, size, upright, changes):
    if min(photograph.size) < size:
        changes.append(("enlarged", "{} x {} pixels".format(*photograph.size)))
    # A phone's MPO is one photograph with a preview or a second view, nothing that moves.
    if photograph.format != "MPO" and getattr(photograph, "is_animated", False):
        changes.append(("frames", ""))
    turned = False
    if upright:
        try:
            turned = photograph.getexif().get(0x0112, 1) in range(2, 9)  # the tag Orientation
        except Exception:  # EXIF is damaged in more ways than can be listed
            changes.append(("not turned", ""))
    photograph.load()
    if turned:
        changes.append(("turned", ""))
        photograph = ImageOps.exif_transpose(photograph)
    rgb = _to_rgb(photograph, changes)
    return np.asarray(ImageOps.fit(rgb, (size, size), Image.Resampling.BICUBIC))


def _to_rgb(photograph, changes):
    mode = photograph.mode
    if mode in ("F", "LAB"):
        raise UnreadablePhotoError("format", f"pixels of kind {mode}")
    if mode.startswith("I"):
        photograph = _eight_bits(photograph)
        changes += [("grey", ""), ("16 bit", "")]
    elif mode in ("1", "L", "LA", "La"):
        changes.append(("grey", ""))
    elif mode == "CMYK":
        changes.append(("print", ""))
    if photograph.mode in ("LA", "La", "PA", "RGBA", "RGBa") or "transparency" in photograph.info:
        photograph = photograph.convert("RGBA")
        if photograph.getchannel("A").getextrema()[0] < 255:
            changes.append(("transparent", ""))
            white = Image.new("RGBA", photograph.size, "white")
            photograph = Image.alpha_composite(white, photograph)
    return photograph.convert("RGB")


def _eight_bits(photograph):
    """Scale grey values from 0 to 65,535 down to 255; Pillow's own conversion clips them."""
    values = np.asarray(photograph).astype(np.int64)
    if values.min() < 0 or values.max() > 65_535:
        raise UnreadablePhotoError("format", "32 bits")
    return Image.fromarray(np.rint(values / 257).astype(np.uint8))


def _what_it_is(content):
    """Kind and detail of what Pillow does not take for a picture, by its first bytes."""
    if content[4:8] == b"ftyp" and content[8:11] in _HEIC_BRANDS:
        return ("heic",)
    if content.startswith(_SIGNATURES):
        return "damaged", "only its first bytes are those of a picture"
    if not content.strip(b"\0"):
        return "damaged", "it begins with zeros"
    start = content.lstrip(b"\xef\xbb\xbf \t\r\n").lower()
    for signature, what in _LOOK_ALIKES.items():
        if start.startswith(signature):
            return "fake", what
    return "fake", "text" if start.isascii() else "unknown content"
