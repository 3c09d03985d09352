"""Files as data sets and learners' folders hold them."""

import hashlib
import io
import tarfile
import zipfile
from dataclasses import replace

from PIL import Image

RED, GREEN, BLUE, WHITE = (200, 30, 30), (30, 160, 30), (30, 30, 200), (255, 255, 255)


def plain(colour=RED, size=(24, 20), mode="RGB"):
    return Image.new(mode, size, colour)


def encoded(picture, kind="PNG", **options):
    """Return the bytes of a picture."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def with_orientation(picture, orientation, kind="PNG"):
    """Return the bytes of a picture with a camera's note of how it was held, a number of EXIF."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
    return encoded(picture, kind, exif=exif, **options.get(kind, {}))


def tar_of(files):
    """Make a tar.gz archive of a dict of contents by name."""
    buffer = io.BytesIO()
    with tarfile.open(fileobj=buffer, mode="w:gz") as tar:
        for name, content in files.items():
            info = tarfile.TarInfo(name)
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
    return buffer.getvalue()


def zip_of(files, compression=zipfile.ZIP_STORED):
    """Make a zip archive of a dict of contents by name."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", compression) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return buffer.getvalue()


def place(folder, files):
    """Write a dict of contents by path below a folder."""
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


def stage(lab, record, content):
    """Put a file where a record expects it; return the record of that content."""
    place(lab, {record.relative: content})
    return replace(record, size=len(content), sha256=hashlib.sha256(content).hexdigest())
