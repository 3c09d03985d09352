"""A learner's folder of photographs: each fault that such folders hold, and what is said of it."""

import io
import os
import shutil
import struct
import subprocess
import sys
import tempfile
import unicodedata
import warnings
import zlib
from contextlib import contextmanager
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, ImageFile, features
from sklearn.model_selection import train_test_split

from course_utils.data import ImageDataset
from course_utils.data import folder as folder_module
from course_utils.data.folder import KINDS, load_folder

RED, BLUE, GREEN, WHITE = (200, 30, 30), (30, 30, 200), (30, 160, 30), (255, 255, 255)


def encoded(picture, kind="PNG", **options):
    """Return the bytes of a picture."""
    buffer = io.BytesIO()
    picture.save(buffer, kind, **options)
    return buffer.getvalue()


def plain(colour=RED, size=(24, 20), mode="RGB"):
    return Image.new(mode, size, colour)


def noise(seed=0, size=(64, 48)):
    """A picture whose file is long enough to be cut."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), np.uint8))


def quarters(size=16):
    """A square whose upper left quarter is red, the rest blue."""
    picture = plain(BLUE, (size, size))
    picture.paste(RED, (0, 0, size // 2, size // 2))
    return picture


def deep_png(values):
    """Write a 16-bit PNG, which Pillow cannot in colour: values (h, w, channels), 0 to 65,535."""
    height, width, channels = values.shape
    colour_type = {1: 0, 2: 4, 3: 2, 4: 6}[channels]

    def chunk(name, content):
        body = name + content
        return struct.pack(">I", len(content)) + body + struct.pack(">I", zlib.crc32(body))

    header = struct.pack(">IIBBBBB", width, height, 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return (
        b"\x89PNG\r\n\x1a\n"
        + chunk(b"IHDR", header)
        + chunk(b"IDAT", zlib.compress(rows))
        + chunk(b"IEND", b"")
    )


def place(folder, files):
    for name, content in files.items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


@pytest.fixture
def folder(tmp_path):
    """Two classes of two photographs, nothing wrong with them."""
    root = tmp_path / "mine"
    place(
        root,
        {
            "cats/1.png": encoded(plain(RED)),
            "cats/2.png": encoded(plain(RED, (20, 30))),
            "dogs/1.png": encoded(plain(BLUE)),
            "dogs/2.png": encoded(plain(BLUE, (20, 30))),
        },
    )
    return root


GOOD = ("cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png")


def quietly(folder, size=16):
    """Load; nothing may be warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_folder(folder, size)


def image_of(mine, name):
    (index,) = np.flatnonzero(mine.names == name)
    return mine.images[index]


def line_of(report, kind):
    """Return the one line of a printed report that tells of a kind."""
    (line,) = [line for line in str(report).splitlines() if KINDS[kind] in line]
    return line


def check_left_out(folder, name, content, kind, *words):
    """Add a file, load, and see that it is missing, listed with these words, and announced."""
    place(folder, {name: content})
    with pytest.warns(UserWarning, match="left out of") as caught:
        mine = load_folder(folder, 16)
    assert mine.names.tolist() == list(GOOD)
    assert mine.report.names(kind) == (name,)
    assert mine.report.left_out == (name,)
    line = line_of(mine.report, kind)
    assert line.startswith(f"  1 {KINDS[kind]}: {name}")
    for word in words:
        assert word in line
    assert len(caught) == 1
    assert name in str(caught[0].message)
    assert caught[0].filename == __file__
    assert "Left out: 1" in str(mine.report).splitlines()
    return mine


def check_loaded(folder, name, content, *kinds, size=16):
    """Add a file, load, see that it is told to be of these kinds; return its image."""
    place(folder, {name: content})
    mine = quietly(folder, size)
    assert mine.names.tolist() == sorted([*GOOD, name])
    noted = [note.kind for note in mine.report.notes if note.name == name]
    assert sorted(noted) == sorted(kinds)
    for kind in kinds:
        assert name in line_of(mine.report, kind)
    assert mine.report.left_out == ()
    return image_of(mine, name)


def test_good_folder(folder):
    mine = quietly(str(folder))
    assert isinstance(mine, ImageDataset)
    assert repr(mine) == "FolderDataset(4 images of 16 x 16 x 3, 2 classes)"
    assert mine.images.dtype == np.uint8
    assert mine.labels.dtype == np.int64
    assert mine.labels.tolist() == [0, 0, 1, 1]
    assert mine.class_names == ("cats", "dogs")
    assert mine.names.tolist() == list(GOOD)
    assert np.abs(mine.images[:2].astype(int) - RED).max() == 0
    assert np.abs(mine.images[2:].astype(int) - BLUE).max() == 0
    assert str(mine.report) == (
        "Photographs loaded: 4 (cats 2, dogs 2)\nNothing was left out, nothing was changed."
    )
    assert "4 of 2 classes, cut to 16 x 16" in mine.DESCR
    assert str(folder) in mine.DESCR


def test_take_keeps_names_and_report(folder):
    mine = quietly(folder)
    some = mine.take([3, 0])
    assert some.names.tolist() == ["dogs/2.png", "cats/1.png"]
    assert some.labels.tolist() == [1, 0]
    assert some.report is mine.report


def test_split_of_scikit_learn(folder):
    """The example of the module's docstring."""
    mine = quietly(folder)
    train, test = (
        mine.take(part)
        for part in train_test_split(
            range(len(mine)), test_size=0.5, stratify=mine.labels, random_state=0
        )
    )
    assert sorted([*train.names, *test.names]) == list(GOOD)
    assert train.labels.tolist().count(0) == test.labels.tolist().count(0) == 1


def test_centre_is_kept(folder):
    """Three bands, left to right: a square cut shows the middle one."""
    wide = plain(RED, (48, 16))
    wide.paste(GREEN, (16, 0, 32, 16))
    image = check_loaded(folder, "cats/wide.png", encoded(wide))
    assert (image[:, 2:-2] == GREEN).all()


class TestLeftOut:
    def test_empty_file(self, folder):
        check_left_out(folder, "cats/3.jpg", b"", "empty", "without a single byte")

    @pytest.mark.parametrize(
        ("content", "what"),
        [
            (b"\n <!DOCTYPE html><title>404</title>", "a web page"),
            (b"<HTML><body>Forbidden</body></HTML>", "a web page"),
            (b"file not found", "text"),
            (encoded(plain(), "EPS"), "text"),  # PostScript, a language: Pillow would run it
            (b"version https://git-lfs.github.com/spec/v1\noid sha256:0\n", "git lfs pull"),
            (b"PK\x03\x04" + bytes(40), "an archive"),
            (b"%PDF-1.7\n%\xe2\xe3", "a PDF"),
            (bytes(4) + b"ftypqt  " + bytes(40), "a film"),
            (b"RIFF" + bytes(4) + b"AVI LIST" + bytes(40), "a film"),
            (bytes(range(128, 256)), "unknown content"),
        ],
    )
    def test_fake_picture(self, folder, content, what):
        check_left_out(folder, "dogs/3.jpg", content, "fake", what)

    @pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
    @pytest.mark.parametrize(
        ("kind", "suffix", "options"),
        [
            ("JPEG", "jpg", {}),
            ("JPEG", "jpg", {"progressive": True}),
            ("PNG", "png", {}),
            ("WEBP", "webp", {}),
            ("BMP", "bmp", {}),
            ("TIFF", "tif", {}),
        ],
    )
    def test_cut_short(self, folder, kind, suffix, options, share):
        whole = encoded(noise(size=(300, 200)), kind, **options)
        part = whole[: int(share * len(whole))]
        check_left_out(folder, f"cats/cut.{suffix}", part, "damaged", "fetch or export again")

    def test_cut_short_even_if_a_notebook_told_pillow_to_bear_it(self, folder, monkeypatch):
        monkeypatch.setattr(ImageFile, "LOAD_TRUNCATED_IMAGES", True)
        whole = encoded(noise(), "JPEG")
        check_left_out(folder, "cats/3.jpg", whole[: len(whole) // 2], "damaged", "cut short")
        assert ImageFile.LOAD_TRUNCATED_IMAGES

    def test_the_images_after_it_stay_with_their_labels(self, folder):
        check_left_out(folder, "cats/0.jpg", b"", "empty")
        with pytest.warns(UserWarning, match="left out"):
            mine = load_folder(folder, 16)
        assert (mine.images[:2] == RED).all()
        assert (mine.images[2:] == BLUE).all()
        assert mine.labels.tolist() == [0, 0, 1, 1]

    def test_whatever_a_decoder_raises_is_told(self, folder, monkeypatch):
        square = folder_module.square

        def broken(photograph, size):
            if photograph.getpixel((0, 0)) == GREEN:
                raise ZeroDivisionError
            return square(photograph, size)

        monkeypatch.setattr(folder_module, "square", broken)
        check_left_out(folder, "cats/3.png", encoded(plain(GREEN)), "damaged", "ZeroDivisionError")

    def test_zeros_as_after_a_failed_copy(self, folder):
        check_left_out(folder, "cats/3.jpg", bytes(900), "damaged", "zeros only")

    @pytest.mark.parametrize("length", [12, 14])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "TIFF"])
    def test_first_bytes_of_a_picture_alone(self, folder, kind, length):
        start = encoded(noise(), kind)[:length]
        mine = check_left_out(folder, "cats/3.jpg", start, "damaged")
        words = ("only its first bytes are those of a picture", "cut short")
        assert any(each in line_of(mine.report, "damaged") for each in words)

    @pytest.mark.parametrize("name", ["cats/3.heic", "cats/3.HEIC", "cats/3.jpg"])
    def test_heic(self, folder, name):
        content = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(99)
        check_left_out(folder, name, content, "heic", "export as JPEG", "pillow-heif")

    @pytest.mark.parametrize(
        ("name", "content", "what"),
        [
            ("dogs/3.svg", b'<?xml version="1.0"?><svg/>', "SVG"),
            ("dogs/3.psd", b"8BPS" + bytes(60), "PSD"),
            ("dogs/3.jpg", b"<svg xmlns=''/>", "SVG"),
            ("dogs/3.ico", encoded(plain(GREEN, (32, 32)), "ICO"), "ICO"),
        ],
    )
    def test_other_format(self, folder, name, content, what):
        check_left_out(folder, name, content, "format", what, "export as JPEG or PNG")

    def test_avif_where_pillow_was_built_without(self, folder, monkeypatch):
        monkeypatch.setattr(features, "check", lambda name: False)
        content = struct.pack(">I", 24) + b"ftypavif" + bytes(99)
        check_left_out(folder, "dogs/3.avif", content, "format", "AVIF", "export as JPEG or PNG")

    def test_raw_file_is_not_taken_for_its_thumbnail(self, folder):
        thumbnail = encoded(plain(), "TIFF")
        check_left_out(folder, "cats/3.NEF", thumbnail, "format", "a camera's raw file")

    @pytest.mark.parametrize(
        ("picture", "what"),
        [
            (Image.fromarray(np.full((20, 20), 0.5, np.float32)), "floats"),
            (Image.fromarray(np.full((20, 20), 70_000, np.int32)), "32 bits"),
            (Image.new("LAB", (20, 20)), "Lab"),
        ],
    )
    def test_pixels_of_unknown_range(self, folder, picture, what):
        check_left_out(folder, "cats/3.tif", encoded(picture, "TIFF"), "range", what, "16 bits")

    @pytest.mark.parametrize("pillows_limit", [Image.MAX_IMAGE_PIXELS, None])
    def test_decompression_bomb(self, folder, pillows_limit, monkeypatch):
        """A small file that would unpack to gigabytes, even where Pillow's own guard is off."""
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", pillows_limit)
        header = struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
        chunk = b"IHDR" + header
        bomb = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
        bomb += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 9) + b"IDAT" + bytes(99)
        check_left_out(folder, "dogs/3.png", bomb, "large", "178 million pixels", "make smaller")

    def test_too_many_pixels_to_stand_in_memory(self, folder, monkeypatch):
        monkeypatch.setattr(folder_module, "_MOST_DECODED", 5_000)
        content = encoded(plain(size=(100, 60)))
        check_left_out(folder, "dogs/3.png", content, "large", "100 x 60 pixels")

    def test_a_large_jpeg_is_shrunk_while_it_is_decoded(self, folder, monkeypatch):
        monkeypatch.setattr(folder_module, "_MOST_DECODED", 5_000)
        image = check_loaded(folder, "dogs/3.jpg", encoded(plain(BLUE, (400, 300)), "JPEG"))
        assert np.abs(image.astype(int) - BLUE).max() < 4

    def test_large_pictures_one_at_a_time(self, folder, monkeypatch):
        monkeypatch.setattr(folder_module, "_LARGE", 100)
        assert quietly(folder).names.tolist() == list(GOOD)
        assert not folder_module._one_at_a_time.locked()

    def test_file_of_too_many_bytes(self, folder, monkeypatch):
        monkeypatch.setattr(folder_module, "_MOST_BYTES", 2_000)
        check_left_out(folder, "dogs/3.bmp", encoded(plain(), "BMP") + bytes(2_000), "large", "MB")

    def test_beside_the_class_folders(self, folder):
        content = encoded(plain(GREEN))
        mine = check_left_out(folder, "stray.png", content, "outside", "of no class", "move")
        assert mine.report.counts == {"cats": 2, "dogs": 2}

    @pytest.mark.parametrize("name", ["LICENSE.txt", "labels.csv", "cats/notes.md", "dogs/a.npz"])
    def test_other_files_are_listed_without_a_warning(self, folder, name):
        place(folder, {name: b"some words"})
        mine = quietly(folder)
        assert mine.names.tolist() == list(GOOD)
        assert mine.report.names("other") == (name,)
        assert name in line_of(mine.report, "other")

    def test_one_file_in_two_classes(self, folder):
        same = encoded(plain(GREEN))
        place(folder, {"cats/3.png": same, "dogs/4.png": same, "dogs/5.png": same})
        with pytest.warns(UserWarning, match="3, first cats/3.png .same as dogs/4.png., in two"):
            mine = load_folder(folder, 16)
        assert mine.names.tolist() == list(GOOD)
        assert mine.report.names("two classes") == ("cats/3.png", "dogs/4.png", "dogs/5.png")
        assert mine.report.names("copy") == ()
        assert line_of(mine.report, "two classes").endswith(
            "keep the right one: cats/3.png (same as dogs/4.png), "
            "dogs/4.png (same as cats/3.png), dogs/5.png (same as cats/3.png)"
        )

    def test_copies_within_a_class(self, folder):
        same = (folder / "cats/1.png").read_bytes()
        place(folder, {"cats/1 (copy).png": same, "cats/9.png": same})
        with pytest.warns(UserWarning, match="a copy within its class"):
            mine = load_folder(folder, 16)
        assert mine.report.counts == {"cats": 2, "dogs": 2}
        assert mine.names[0] == "cats/1 (copy).png"
        assert mine.report.names("copy") == ("cats/1.png", "cats/9.png")
        assert "cats/9.png (same as cats/1 (copy).png)" in line_of(mine.report, "copy")

    def test_a_pipe_is_not_waited_for(self, folder):
        os.mkfifo(folder / "cats/3.jpg")
        with pytest.warns(UserWarning, match="a device or pipe"):
            mine = load_folder(folder, 16)
        assert mine.report.names("unreadable") == ("cats/3.jpg",)


class TestChanged:
    @pytest.mark.parametrize(
        ("kind", "options"), [("GIF", {}), ("WEBP", {"lossless": True}), ("PNG", {}), ("TIFF", {})]
    )
    def test_first_frame(self, folder, kind, options):
        content = encoded(
            plain(GREEN), kind, save_all=True, append_images=[plain(BLUE), plain(RED)], **options
        )
        image = check_loaded(folder, f"cats/3.{kind.lower()}", content, "frames")
        assert np.abs(image.astype(int) - GREEN).max() < 8

    def test_a_phones_multi_picture_jpeg_is_one_photograph(self, folder):
        content = encoded(plain(GREEN), "MPO", save_all=True, append_images=[plain(BLUE)])
        image = check_loaded(folder, "cats/3.jpg", content)
        assert np.abs(image.astype(int) - GREEN).max() < 4

    def test_cmyk(self, folder):
        print_blue = Image.new("CMYK", (24, 24), (255, 255, 0, 0))
        image = check_loaded(folder, "dogs/3.jpg", encoded(print_blue, "JPEG"), "print")
        assert np.abs(image.astype(int) - (0, 0, 255)).max() < 8

    @pytest.mark.parametrize("kind", ["JPEG", "PNG"])
    def test_grey(self, folder, kind):
        content = encoded(plain(90, mode="L"), kind)
        image = check_loaded(folder, f"cats/3.{kind.lower()}", content, "grey")
        assert np.abs(image.astype(int) - 90).max() <= 1

    def test_black_and_white(self, folder):
        image = check_loaded(folder, "cats/3.png", encoded(plain(1, mode="1")), "grey")
        assert (image == 255).all()

    @pytest.mark.parametrize("value", [0, 257, 32_896, 50_000, 65_535])
    @pytest.mark.parametrize("kind", ["PNG", "TIFF", "PPM"])
    def test_grey_of_16_bits(self, folder, kind, value):
        picture = Image.fromarray(np.full((20, 24), value, np.uint16))
        name = f"cats/3.{kind.lower()}"
        image = check_loaded(folder, name, encoded(picture, kind), "grey", "16 bit")
        assert np.abs(image.astype(int) - round(value / 257)).max() == 0

    def test_a_ramp_of_16_bits_keeps_its_order(self, folder):
        ramp = np.tile(np.linspace(0, 65_535, 16).astype(np.uint16), (16, 1))[..., np.newaxis]
        image = check_loaded(folder, "cats/3.png", deep_png(ramp), "grey", "16 bit")
        assert (image[0, :, 0] == np.rint(ramp[0, :, 0] / 257)).all()

    @pytest.mark.parametrize("channels", [3, 4])
    def test_colours_of_16_bits(self, folder, channels):
        values = np.full((20, 24, channels), (51_400, 7_710, 12_850, 65_535)[:channels])
        image = check_loaded(folder, "cats/3.png", deep_png(values), "16 bit")
        assert np.abs(image.astype(int) - (200, 30, 50)).max() <= 1

    def test_transparent_grey_of_16_bits(self, folder):
        content = encoded(
            Image.fromarray(np.full((20, 24), 700, np.uint16)), "PNG", transparency=700
        )
        image = check_loaded(folder, "cats/3.png", content, "grey", "16 bit", "transparent")
        assert (image == 255).all()

    def test_alpha(self, folder):
        picture = quarters().convert("RGBA")
        alpha = Image.new("L", picture.size, 0)
        alpha.paste(255, (0, 0, 8, 16))
        picture.putalpha(alpha)
        image = check_loaded(folder, "cats/3.png", encoded(picture), "transparent")
        assert (image[:8, :8] == RED).all()
        assert (image[:, 8:] == WHITE).all()

    def test_half_transparent(self, folder):
        content = encoded(plain((0, 0, 0, 128), mode="RGBA"))
        image = check_loaded(folder, "cats/3.png", content, "transparent")
        assert np.abs(image.astype(int) - 127).max() <= 1

    def test_grey_with_alpha(self, folder):
        content = encoded(plain((10, 0), mode="LA"))
        image = check_loaded(folder, "cats/3.png", content, "grey", "transparent")
        assert (image == 255).all()

    def test_alpha_that_hides_nothing_is_not_told(self, folder):
        image = check_loaded(folder, "cats/3.png", encoded(plain((*GREEN, 255), mode="RGBA")))
        assert (image == GREEN).all()

    @pytest.mark.parametrize(
        ("kind", "transparency"), [("PNG", 0), ("PNG", b"\x00\xff"), ("GIF", 0)]
    )
    def test_palette_with_transparency(self, folder, kind, transparency):
        picture = Image.new("P", (16, 16), 0)
        picture.paste(1, (8, 0, 16, 16))
        picture.putpalette([*RED, *BLUE])
        content = encoded(picture, kind, transparency=transparency)
        image = check_loaded(folder, f"cats/3.{kind.lower()}", content, "transparent")
        assert (image[:, :8] == WHITE).all()
        assert (image[:, 8:] == BLUE).all()

    def test_palette(self, folder):
        image = check_loaded(folder, "cats/3.png", encoded(quarters().quantize(4)))
        assert (image == np.asarray(quarters())).all()

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
    @pytest.mark.parametrize(
        ("orientation", "stored"),
        [
            (2, Image.Transpose.FLIP_LEFT_RIGHT),
            (3, Image.Transpose.ROTATE_180),
            (6, Image.Transpose.ROTATE_90),
            (8, Image.Transpose.ROTATE_270),
        ],
    )
    def test_turned_upright(self, folder, kind, orientation, stored):
        """The camera stored the picture turned, and noted how."""
        exif = Image.Exif()
        exif[0x0112] = orientation
        options = {"JPEG": {"quality": 95, "subsampling": 0}, "WEBP": {"lossless": True}}
        content = encoded(quarters(32).transpose(stored), kind, exif=exif, **options.get(kind, {}))
        image = check_loaded(folder, f"cats/3.{kind.lower()}", content, "turned").astype(int)
        assert np.abs(image[2:6, 2:6] - RED).max() < 12
        assert np.abs(image[10:, 2:] - BLUE).max() < 12
        assert np.abs(image[2:, 10:] - BLUE).max() < 12

    def test_upright_and_16_bits_deep(self, folder):
        """Turned pictures of every mode are turned."""
        exif = Image.Exif()
        exif[0x0112] = 3
        values = np.zeros((16, 16), np.uint16)
        values[:8] = 65_535
        content = encoded(Image.fromarray(values), "PNG", exif=exif)
        image = check_loaded(folder, "cats/3.png", content, "turned", "grey", "16 bit")
        assert image[:7].max() < 40
        assert image[9:].min() > 215

    def test_damaged_exif(self, folder):
        content = encoded(plain(GREEN), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\xff")
        with warnings.catch_warnings():
            warnings.simplefilter("error")
            place(folder, {"cats/3.jpg": content})
            mine = load_folder(folder, 16)
        assert "cats/3.jpg" in mine.names

    def test_exif_that_cannot_be_parsed(self, folder, monkeypatch):
        def broken(self):
            raise struct.error("unpack requires a buffer of 2 bytes")

        monkeypatch.setattr(Image.Image, "getexif", broken)
        mine = quietly(folder)
        assert mine.names.tolist() == list(GOOD)
        assert mine.report.names("not turned") == GOOD
        assert "perhaps not upright" in line_of(mine.report, "not turned")

    def test_enlarged(self, folder):
        place(folder, {"cats/3.png": encoded(plain(GREEN, (10, 30)))})
        mine = quietly(folder, 18)
        assert mine.report.names("enlarged") == ("cats/3.png",)
        assert "10 x 30 pixels" in line_of(mine.report, "enlarged")
        assert (image_of(mine, "cats/3.png") == GREEN).all()

    def test_thinnest_picture(self, folder):
        check_loaded(folder, "cats/3.png", encoded(plain(GREEN, (1, 900))), "enlarged")

    def test_another_format_than_the_name_says(self, folder):
        place(folder, {"dogs/3.jpg": encoded(plain(GREEN), "WEBP", lossless=True)})
        mine = quietly(folder)
        assert "dogs/3.jpg (WEBP)" in line_of(mine.report, "misnamed")
        assert (image_of(mine, "dogs/3.jpg") == GREEN).all()

    @pytest.mark.parametrize("name", ["cats/3.JPG", "cats/3.JPEG", "cats/3.jfif", "cats/3"])
    def test_suffixes_that_fit_or_are_missing(self, folder, name):
        check_loaded(folder, name, encoded(plain(GREEN), "JPEG"))

    @pytest.mark.skipif(not features.check("avif"), reason="this Pillow has no AVIF")
    def test_avif(self, folder):
        image = check_loaded(folder, "cats/3.avif", encoded(plain(GREEN), "AVIF"))
        assert np.abs(image.astype(int) - GREEN).max() < 8

    def test_nested(self, folder):
        name = "cats/summer/june/3.png"
        image = check_loaded(folder, name, encoded(plain(GREEN)), "nested")
        assert (image == GREEN).all()

    def test_one_photograph_with_several_notes_counts_once(self, folder):
        exif = Image.Exif()
        exif[0x0112] = 3
        place(folder, {"cats/3.jpg": encoded(plain(9, mode="L"), "PNG", exif=exif)})
        text = str(quietly(folder).report)
        assert text.splitlines()[1] == "Loaded, but changed: 1"
        assert len(text.splitlines()) == 5


def test_system_files_are_counted_not_read(folder):
    names = [
        ".DS_Store",
        "Thumbs.db",
        "__MACOSX/cats/._1.png",
        "cats/._1.png",
        "cats/.ipynb_checkpoints/1-checkpoint.png",
        "cats/Thumbs.db",
        "dogs/desktop.ini",
    ]
    place(folder, dict.fromkeys(names, encoded(plain(GREEN))))
    mine = quietly(folder)
    assert mine.names.tolist() == list(GOOD)
    assert mine.class_names == ("cats", "dogs")
    assert len(mine.report.names("system")) == 7
    assert "cats/.ipynb_checkpoints" in mine.report.names("system")
    line = line_of(mine.report, "system")
    assert line.startswith("  7 left behind by systems and programs: .DS_Store, Thumbs.db, ")
    assert line.endswith("and 4 more")


class TestNames:
    def test_umlauts_and_spaces(self, folder):
        name = "cats/Kätzchen im Gänseblümchenfeld (1).png"
        place(folder, {name: encoded(plain(GREEN)), "große Hunde/ä ö.png": encoded(plain(WHITE))})
        mine = quietly(folder)
        assert name in mine.names
        assert mine.class_names == ("cats", "dogs", "große Hunde")

    def test_composed_or_not_the_order_and_the_class_are_the_same(self, tmp_path):
        names = ["äpfel/ä.png", "äpfel/z.png", "zebras/é.png", "zebras/f.png"]
        loaded = []
        for form in ("NFC", "NFD"):
            root = tmp_path / form
            for index, name in enumerate(names):
                content = encoded(plain((50 * index, 9, 9)))
                place(root, {unicodedata.normalize(form, name): content})
            loaded.append(quietly(root))
            for name in loaded[-1].names:
                assert (root / name).is_file()
        assert loaded[0].class_names == loaded[1].class_names
        np.testing.assert_array_equal(loaded[0].images, loaded[1].images)
        np.testing.assert_array_equal(loaded[0].labels, loaded[1].labels)

    def test_two_classes_that_read_the_same(self, folder):
        for form in ("NFC", "NFD"):
            place(folder, {unicodedata.normalize(form, "Bär/1.png"): encoded(plain(GREEN))})
        if len(os.listdir(folder)) == 3:
            pytest.skip("this file system takes both for one name")
        with pytest.raises(ValueError, match="Received two that read Bär"):
            load_folder(folder)

    @pytest.mark.skipif(sys.platform != "linux", reason="such names can be made on Linux only")
    def test_names_that_are_no_text_can_be_printed(self, folder):
        os.rename(os.fsencode(folder / "cats/1.png"), os.fsencode(folder / "cats") + b"/\xff.png")
        place(folder, {"cats/a\nb.png": b"", "dogs/\x1b[2J.jpg": b"text"})
        with pytest.warns(UserWarning, match="left out"):
            mine = load_folder(folder, 16)
        assert len(mine) == 4
        str(mine.report).encode("utf-8")
        assert r"cats/a\nb.png" in line_of(mine.report, "empty")
        assert r"dogs/\x1b[2J.jpg" in line_of(mine.report, "fake")

    def test_order_is_that_of_the_names(self, folder, monkeypatch):
        """Whatever order the file system lists files in."""
        place(folder, {f"cats/{n}.png": encoded(plain((n, 0, 0))) for n in (100, 30, 20)})
        place(folder, {"Zoo/z.png": encoded(plain((7, 0, 0)))})
        expected = quietly(folder)
        assert expected.class_names == ("Zoo", "cats", "dogs")
        assert expected.names.tolist() == sorted(expected.names)
        scandir = os.scandir

        @contextmanager
        def backwards(path):
            with scandir(path) as entries:
                yield iter(sorted(entries, key=lambda entry: entry.name, reverse=True))

        monkeypatch.setattr(os, "scandir", backwards)
        again = quietly(folder)
        np.testing.assert_array_equal(again.names, expected.names)
        np.testing.assert_array_equal(again.images, expected.images)
        np.testing.assert_array_equal(again.labels, expected.labels)


class TestLinks:
    def link(self, path, target, folder=False):
        try:
            path.symlink_to(target, target_is_directory=folder)
        except OSError:
            pytest.skip("links cannot be made here")

    def test_links_to_a_file_and_to_a_class_are_followed(self, folder, tmp_path):
        place(tmp_path, {"frogs/1.png": encoded(plain(GREEN)), "x.png": encoded(plain(0))})
        self.link(folder / "frogs", tmp_path / "frogs", folder=True)
        self.link(folder / "cats/3.png", tmp_path / "x.png")
        mine = quietly(folder)
        assert mine.class_names == ("cats", "dogs", "frogs")
        assert mine.names.tolist() == [*GOOD[:2], "cats/3.png", *GOOD[2:], "frogs/1.png"]

    @pytest.mark.parametrize("target", [".", "..", "../.."])
    def test_loop_as_a_class(self, folder, target):
        self.link(folder / "loop", target, folder=True)
        with pytest.warns(UserWarning, match="loop .leads back to what holds it."):
            mine = load_folder(folder, 16)
        assert mine.names.tolist() == list(GOOD)
        assert mine.report.names("link") == ("loop",)

    @pytest.mark.parametrize("target", [".", "..", "../dogs"])
    def test_link_to_a_folder_further_down(self, folder, target):
        self.link(folder / "cats/loop", target, folder=True)
        with pytest.warns(UserWarning, match="cats/loop, a link to a folder, not followed"):
            mine = load_folder(folder, 16)
        assert mine.names.tolist() == list(GOOD)
        assert mine.report.names("link") == ("cats/loop",)

    @pytest.mark.parametrize("target", ["nowhere.png", "3.png"])
    def test_link_that_leads_nowhere_or_to_itself(self, folder, target):
        self.link(folder / "cats/3.png", target)
        with pytest.warns(UserWarning, match="cats/3.png .a link that leads nowhere."):
            mine = load_folder(folder, 16)
        assert mine.report.names("unreadable") == ("cats/3.png",)


@contextmanager
def as_nobody():
    """Give up root's rights, to which permissions do not apply, for a while."""
    if os.geteuid():
        yield
        return
    os.seteuid(65_534)
    try:
        yield
    finally:
        os.seteuid(0)


@pytest.mark.skipif(os.name != "posix", reason="permissions of POSIX")
class TestPermissions:
    @pytest.fixture
    def shared(self, folder):
        """A copy of the folder where every user may go."""
        root = Path(tempfile.mkdtemp())
        root.chmod(0o755)
        shutil.copytree(folder, root / "mine")
        yield root / "mine"
        (root / "mine").chmod(0o755)
        for where, folders, _ in os.walk(root / "mine"):
            for each in folders:
                Path(where, each).chmod(0o755)
        shutil.rmtree(root)

    def load(self, folder):
        Image.init()  # imports Pillow's plugins, which nobody may not be allowed to read
        with as_nobody(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return load_folder(folder, 16)

    def test_file(self, shared):
        (shared / "cats/1.png").chmod(0)
        mine = self.load(shared)
        assert mine.names.tolist() == list(GOOD[1:])
        assert mine.report.names("unreadable") == ("cats/1.png",)
        assert "cats/1.png (permission denied)" in line_of(mine.report, "unreadable")
        assert "look at permissions" in line_of(mine.report, "unreadable")

    def test_folder_inside_a_class(self, shared):
        place(shared, {"cats/more/3.png": encoded(plain(GREEN))})
        (shared / "cats/more").chmod(0)
        mine = self.load(shared)
        assert mine.names.tolist() == list(GOOD)
        assert mine.report.names("unreadable") == ("cats/more",)

    @pytest.mark.parametrize("mode", [0, 0o444, 0o111])
    def test_class_folder(self, shared, mode):
        (shared / "dogs").chmod(mode)
        with pytest.raises(ValueError, match=r"none in dogs[\s\S]*permission denied"):
            self.load(shared)

    def test_only_class_folder(self, shared):
        shutil.rmtree(shared / "cats")
        (shared / "dogs").chmod(0)
        with pytest.raises(ValueError, match="only one, dogs"):
            self.load(shared)

    def test_whole_folder(self, shared):
        shared.chmod(0)
        with pytest.raises(PermissionError, match=r"you may read. Received: .*mine"):
            self.load(shared)

    def test_a_file_that_vanishes_meanwhile(self, folder, monkeypatch):
        read = Path.read_bytes

        def vanishing(path):
            if path.name == "1.png":
                path.unlink()
            return read(path)

        monkeypatch.setattr(Path, "read_bytes", vanishing)
        with pytest.warns(UserWarning, match="no such file"):
            mine = load_folder(folder, 16)
        assert mine.names.tolist() == ["cats/2.png", "dogs/2.png"]


class TestErrors:
    """Each says what was expected, what was received, what to do."""

    def check(self, error, folder, *words):
        with pytest.raises(error) as caught:
            load_folder(folder)
        for word in ("must", "Received", *words):
            assert word in str(caught.value)

    @pytest.mark.parametrize("path", [None, "", 7, b"mine"])
    def test_no_path(self, path):
        self.check(ValueError, path, repr(path), "path must name a folder")

    def test_nothing_there(self, tmp_path):
        self.check(FileNotFoundError, tmp_path / "mien", "mien", "Looked for it from")

    def test_archive(self, tmp_path):
        place(tmp_path, {"mine.zip": b"PK"})
        self.check(NotADirectoryError, tmp_path / "mine.zip", "unpack it first")

    def test_home(self, folder, monkeypatch):
        monkeypatch.setenv("HOME", str(folder.parent))
        monkeypatch.setenv("USERPROFILE", str(folder.parent))
        assert len(quietly("~/mine")) == 4

    @pytest.mark.parametrize("size", [0, -3, 2_049, 12.5, "128", True])
    def test_size(self, folder, size):
        with pytest.raises(ValueError, match=f"`size` must be .* Received: {size!r}"):
            load_folder(folder, size=size)

    def test_empty(self, tmp_path):
        self.check(ValueError, tmp_path, "one folder for each class", "no folders. Is it the right")

    def test_images_without_class_folders(self, folder):
        words = ("no folders, but 2 pictures, first 1.png", "sort them into")
        self.check(ValueError, folder / "cats", *words)

    def test_one_class(self, folder):
        shutil.rmtree(folder / "dogs")
        self.check(ValueError, folder, "at least two", "only one, cats", "another class")

    def test_one_folder_around_the_classes(self, folder):
        right = f"perhaps {folder} is the path you want"
        self.check(ValueError, folder.parent, "only one, mine", right)

    def test_parts_of_a_split_in_place_of_classes(self, folder, tmp_path):
        for part in ("Train", "test"):
            shutil.copytree(folder, tmp_path / "split" / part)
        self.check(ValueError, tmp_path / "split", "Train, test", "parts of a split", "by itself")

    def test_a_class_may_be_called_train(self, folder):
        place(folder, {"train/1.png": encoded(plain(GREEN))})
        assert quietly(folder).class_names == ("cats", "dogs", "train")

    def test_empty_class(self, folder):
        (folder / "birds").mkdir()
        self.check(ValueError, folder, "none in birds", "Fill the folder or remove it", "dogs 2")

    def test_class_of_which_nothing_can_be_loaded(self, folder):
        place(folder, {"birds/1.jpg": b"<html>", "birds/2.jpg": b""})
        self.check(ValueError, folder, "none in birds", "a web page", KINDS["empty"])

    def test_one_class_that_is_a_copy_of_another(self, folder):
        shutil.copytree(folder / "cats", folder / "kittens")
        self.check(ValueError, folder, "none in cats, kittens", "same as kittens/1.png")


class TestReport:
    def test_a_line_a_kind_with_three_names(self, folder):
        place(folder, {f"cats/e{n}.jpg": b"" for n in range(1_200)})
        place(folder, {"dogs/3.png": encoded(plain(90, mode="L")), "dogs/page.jpg": b"<html>"})
        with pytest.warns(UserWarning, match="1,201"):
            report = load_folder(folder, 16).report
        assert str(report) == (
            "Photographs loaded: 5 (cats 2, dogs 3)\n"
            "Left out: 1,201\n"
            "  1,200 empty, without a single byte: cats/e0.jpg, cats/e1.jpg, cats/e10.jpg "
            "and 1,197 more\n"
            "  1 no picture, whatever the name says: dogs/page.jpg (a web page)\n"
            "Loaded, but changed: 1\n"
            "  1 grey, given three equal channels: dogs/3.png"
        )
        assert repr(report) == str(report)

    def test_many_classes(self, tmp_path):
        for n in range(13):
            files = {f"c{n:02}/{m}.png": encoded(plain((n, m, 0))) for m in range(1 + n % 3)}
            place(tmp_path / "mine", files)
        report = quietly(tmp_path / "mine").report
        assert "(13 classes, from 1 of c00 to 3 of c02)" in str(report)

    def test_what_is_left_out_later_is_not_told_to_be_changed(self, folder):
        same = encoded(plain(90, mode="L"))
        place(folder, {"cats/3.png": same, "dogs/3.png": same})
        with pytest.warns(UserWarning, match="in two classes"):
            assert load_folder(folder, 16).report.names("grey") == ()

    def test_unknown_kind(self, folder):
        with pytest.raises(ValueError, match=r"kind must be one of empty, .*Received: .dupes."):
            quietly(folder).report.names("dupes")


_rng = np.random.default_rng(1)
SEEDS_OF_DAMAGE = [
    encoded(noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
    encoded(noise().quantize(16), "GIF", save_all=True, append_images=[noise(1).quantize(16)]),
    encoded(noise(), "PNG"),
    encoded(noise(), "WEBP"),
    encoded(noise(), "TIFF", compression="tiff_lzw"),
    encoded(noise(), "BMP"),
    deep_png(_rng.integers(0, 65_536, (20, 24, 1))),
]


@settings(
    max_examples=60,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(
    content=st.sampled_from(SEEDS_OF_DAMAGE),
    damage=st.lists(st.tuples(st.floats(0, 1, exclude_max=True), st.integers(0, 255)), max_size=20),
    share=st.floats(0, 1),
)
def test_whatever_bytes_a_file_holds_it_is_loaded_or_listed(folder, content, damage, share):
    content = bytearray(content)
    for where, value in damage:
        content[int(where * len(content))] = value
    place(folder, {"cats/3.jpg": bytes(content[: int(share * len(content))])})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mine = load_folder(folder, 16)
    assert ("cats/3.jpg" in mine.names) != ("cats/3.jpg" in mine.report.left_out)
    assert len(mine) == 4 + ("cats/3.jpg" in mine.names)


def test_importing_it_loads_no_backend():
    code = (
        "import sys, course_utils.data.folder; "
        "sys.exit(any(name in sys.modules for name in ('keras', 'tensorflow', 'jax', 'torch')))"
    )
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
