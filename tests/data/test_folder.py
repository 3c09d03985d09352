"""A learner's folder of photographs: each fault that such folders hold, and what is said of it."""

import errno
import os
import shutil
import struct
import sys
import unicodedata
import warnings
import zlib
from pathlib import Path

import numpy as np
import pytest
from data_files import BLUE, GREEN, RED, WHITE, encoded, place, plain, with_orientation
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image

from course_utils.data import ImageDataset, photograph
from course_utils.data.folder import KINDS, LEFT_OUT, load_folder

# What is warned of is told to `pytest.warns`, and nothing else is.
pytestmark = pytest.mark.filterwarnings("error::UserWarning")

GOOD = ("cats/1.png", "cats/2.png", "dogs/1.png", "dogs/2.png")


def noise(seed=0, size=(64, 48)):
    """A picture whose file is long enough to be cut."""
    rng = np.random.default_rng(seed)
    return Image.fromarray(rng.integers(0, 256, (*size[::-1], 3), np.uint8))


def quarters():
    """A square whose upper left quarter is red, the rest blue."""
    picture = plain(BLUE, (32, 32))
    picture.paste(RED, (0, 0, 16, 16))
    return picture


@pytest.fixture
def folder(tmp_path):
    """Two classes of two photographs, nothing wrong with them."""
    root = tmp_path / "mine"
    place(root, {name: encoded(plain(RED, (24, 18 + i))) for i, name in enumerate(GOOD[:2])})
    place(root, {name: encoded(plain(BLUE, (24, 18 + i))) for i, name in enumerate(GOOD[2:])})
    return root


def names_of(report, kind):
    return [note.name for note in report.notes if note.kind == kind]


def line_of(report, kind):
    """Return the one line of a printed report that tells of a kind."""
    (line,) = [line for line in str(report).splitlines() if KINDS[kind] in line]
    return line


def announced(folder, match="left out of"):
    with pytest.warns(UserWarning, match=match) as caught:
        mine = load_folder(folder, 16)
    assert len(caught) == 1
    return mine


def check_left_out(folder, name, content, kind, *words):
    """Add a file, load, and see that it is missing, listed with these words, and announced."""
    place(folder, {name: content})
    mine = announced(folder, f"left out of .* 1, first {name}")
    assert mine.names.tolist() == list(GOOD)
    assert [(note.kind, note.name) for note in mine.report.notes] == [(kind, name)]
    line = line_of(mine.report, kind)
    assert line.startswith(f"  1 {KINDS[kind]}: {name}")
    for word in words:
        assert word in line
    assert "Left out: 1" in str(mine.report).splitlines()


def check_loaded(folder, name, content, *kinds, size=16):
    """Add a file, load, see that it is told to be of these kinds; return its image."""
    place(folder, {name: content})
    mine = load_folder(folder, size)
    assert mine.names.tolist() == sorted([*GOOD, name])
    assert sorted(note.kind for note in mine.report.notes if note.name == name) == sorted(kinds)
    for kind in kinds:
        assert name in line_of(mine.report, kind)
    (index,) = np.flatnonzero(mine.names == name)
    return mine.images[index].astype(int)


def bomb():
    """A small file that would unpack to gigabytes."""
    chunk = b"IHDR" + struct.pack(">IIBBBBB", 60_000, 60_000, 8, 2, 0, 0, 0)
    start = b"\x89PNG\r\n\x1a\n" + struct.pack(">I", 13) + chunk
    start += struct.pack(">I", zlib.crc32(chunk)) + struct.pack(">I", 9)
    return start + b"IDAT" + bytes(99)


def test_good_folder(folder):
    mine = load_folder(str(folder), 16)
    assert isinstance(mine, ImageDataset)
    assert repr(mine) == "FolderDataset(4 images of 16 x 16 x 3, 2 classes)"
    assert mine.labels.tolist() == [0, 0, 1, 1]
    assert mine.class_names == ("cats", "dogs")
    assert mine.names.tolist() == list(GOOD)
    assert (mine.images[:2] == RED).all()
    assert (mine.images[2:] == BLUE).all()
    assert str(mine.report) == (
        "Photographs loaded: 4 (cats 2, dogs 2)\nNothing was left out, nothing was changed."
    )
    assert "4 of 2 classes, cut to 16 x 16" in mine.DESCR
    some = mine.take([3, 0])
    assert some.names.tolist() == ["dogs/2.png", "cats/1.png"]
    assert some.report is mine.report


HEIC = struct.pack(">I", 24) + b"ftypheic" + bytes(4) + b"mif1heic" + bytes(99)
EPS = encoded(plain(), "EPS")  # PostScript, a language: Pillow would run it
FLOATS = encoded(Image.fromarray(np.full((20, 20), 0.5, np.float32)), "TIFF")
DEEPER = encoded(Image.fromarray(np.full((20, 20), 70_000, np.int32)), "TIFF")


class TestLeftOut:
    @pytest.mark.parametrize(
        ("name", "content", "kind", "words"),
        [
            ("cats/3.jpg", b"", "empty", "without a single byte"),
            ("cats/3.jpg", bytes(900), "damaged", "zeros"),
            ("cats/3.jpg", b"\n <!DOCTYPE html><title>404</title>", "fake", "a web page"),
            ("cats/3.jpg", b"<HTML><body>Forbidden</body></HTML>", "fake", "a web page"),
            ("cats/3.jpg", b"file not found", "fake", "text"),
            ("cats/3.jpg", EPS, "fake", "text"),
            ("cats/3.jpg", b"version https://git-lfs.github.com/spec/v1\n", "fake", "git lfs pull"),
            ("cats/3.jpg", bytes(range(128, 256)), "fake", "unknown content"),
            ("cats/3.jpg", HEIC, "heic", "export as JPEG"),
            ("cats/3.HEIC", HEIC, "heic", "pillow-heif"),
            ("cats/3.psd", b"8BPS" + bytes(60), "format", "PSD"),
            ("cats/3.NEF", encoded(plain(), "TIFF"), "format", "NEF"),  # its thumbnail
            ("cats/3.tif", FLOATS, "format", "pixels of kind F"),
            ("cats/3.tif", DEEPER, "format", "32 bits"),
            ("cats/3.tif", encoded(Image.new("LAB", (20, 20)), "TIFF"), "format", "LAB"),
            ("cats/3.png", encoded(plain(), icc_profile=bytes(2_000_000)), "damaged", "too large"),
            ("dogs/3.png", bomb(), "large", "make smaller"),
            ("stray.png", encoded(plain(GREEN)), "outside", "move"),
        ],
    )
    def test_why(self, folder, name, content, kind, words):
        check_left_out(folder, name, content, kind, words)

    @pytest.mark.parametrize("share", [0, 0.1, 0.9])
    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "BMP", "TIFF"])
    def test_cut_short(self, folder, kind, share):
        """Down to the 14 bytes by which a picture is known."""
        whole = encoded(noise(size=(300, 200)), kind)
        part = whole[: max(14, int(share * len(whole)))]
        check_left_out(folder, f"cats/cut.{kind.lower()}", part, "damaged", "fetch or export again")

    def test_whatever_a_decoder_raises_is_told(self, folder, monkeypatch):
        square = photograph._square

        def broken(picture, *rest):
            if picture.getpixel((0, 0)) == GREEN:
                raise ZeroDivisionError
            return square(picture, *rest)

        monkeypatch.setattr(photograph, "_square", broken)
        check_left_out(folder, "cats/3.png", encoded(plain(GREEN)), "damaged", "ZeroDivisionError")

    def test_decompression_bomb_where_pillows_own_guard_is_off(self, folder, monkeypatch):
        monkeypatch.setattr(Image, "MAX_IMAGE_PIXELS", None)
        check_left_out(folder, "dogs/3.png", bomb(), "large", "60,000 x 60,000 pixels")

    def test_too_many_pixels_to_stand_in_memory(self, folder, monkeypatch):
        monkeypatch.setattr(photograph, "_MOST_PIXELS", 5_000)
        image = check_loaded(folder, "dogs/3.jpg", encoded(plain(BLUE, (400, 300)), "JPEG"))
        assert np.abs(image - BLUE).max() < 4  # shrunk while it was decoded
        (folder / "dogs/3.jpg").unlink()
        content = encoded(plain(size=(100, 60)))
        check_left_out(folder, "dogs/3.png", content, "large", "100 x 60 pixels")

    def test_other_files_are_listed_without_a_warning(self, folder):
        words = ["LICENSE.txt", "cats/notes.md", "dogs/README"]
        systems = [".DS_Store", "Thumbs.db", "._1.png", "cats/._1.png", "dogs/desktop.ini"]
        folders = ["__MACOSX", "cats/.ipynb_checkpoints"]
        place(folder, dict.fromkeys(words, b"some words"))
        green = encoded(plain(GREEN))
        place(folder, dict.fromkeys([*systems, *(f"{each}/1.png" for each in folders)], green))
        mine = load_folder(folder, 16)
        assert mine.names.tolist() == list(GOOD)
        assert set(names_of(mine.report, "other")) == {*words, *systems, *folders}
        assert line_of(mine.report, "other").endswith(" and 7 more")

    def test_one_file_in_two_classes(self, folder):
        same = encoded(plain(90, mode="L"))
        place(folder, {"cats/3.png": same, "dogs/4.png": same, "dogs/5.png": same})
        mine = announced(folder, "3, first cats/3.png .same as dogs/4.png., in two")
        assert mine.names.tolist() == list(GOOD)
        assert {note.kind for note in mine.report.notes} == {"two classes"}
        assert line_of(mine.report, "two classes").endswith(
            "keep the right one: cats/3.png (same as dogs/4.png), "
            "dogs/4.png (same as cats/3.png), dogs/5.png (same as cats/3.png)"
        )

    def test_copies_within_a_class(self, folder):
        same = (folder / "cats/1.png").read_bytes()
        place(folder, {"cats/1 (copy).png": same, "cats/9.png": same})
        mine = announced(folder, "a copy within its class")
        assert mine.report.counts == {"cats": 2, "dogs": 2}
        assert mine.names[0] == "cats/1 (copy).png"
        assert names_of(mine.report, "copy") == ["cats/1.png", "cats/9.png"]
        assert "cats/9.png (same as cats/1 (copy).png)" in line_of(mine.report, "copy")


def palette():
    """A square whose left half has the first colour of its palette, RED, the rest BLUE."""
    picture = Image.new("P", (16, 16), 0)
    picture.paste(1, (8, 0, 16, 16))
    picture.putpalette([*RED, *BLUE])
    return picture


def deep_grey(value):
    return Image.fromarray(np.full((20, 24), value, np.uint16))


class TestChanged:
    @pytest.mark.parametrize(
        ("content", "colour", "kinds"),
        [
            (encoded(plain(90, mode="L"), "JPEG"), 90, ("grey",)),
            (encoded(plain(1, mode="1")), 255, ("grey",)),
            (encoded(plain((255, 255, 0, 0), mode="CMYK"), "JPEG"), (0, 0, 255), ("print",)),
            (encoded(plain((0, 0, 0, 128), mode="RGBA")), 127, ("transparent",)),
            (encoded(plain((10, 0), mode="LA")), 255, ("grey", "transparent")),
            (encoded(plain((*GREEN, 255), mode="RGBA")), GREEN, ()),
            (encoded(deep_grey(50_000)), 195, ("grey", "16 bit")),
            (encoded(deep_grey(50_000), "TIFF"), 195, ("grey", "16 bit")),
            (encoded(deep_grey(50_000), "PPM"), 195, ("grey", "16 bit")),
            (encoded(plain(GREEN, (1, 900))), GREEN, ("enlarged",)),
            (encoded(plain(GREEN).quantize(4)), GREEN, ()),
            (encoded(plain(GREEN), "WEBP", lossless=True), GREEN, ()),
        ],
    )
    def test_one_colour(self, folder, content, colour, kinds):
        image = check_loaded(folder, "cats/3", content, *kinds)
        assert np.abs(image - colour).max() < 8

    @pytest.mark.parametrize("kind", ["GIF", "WEBP", "PNG", "TIFF", "MPO"])
    def test_first_frame(self, folder, kind):
        content = encoded(plain(GREEN), kind, save_all=True, append_images=[plain(BLUE)])
        # A phone's MPO is one photograph with a preview.
        kinds = () if kind == "MPO" else ("frames",)
        image = check_loaded(folder, f"cats/3.{kind.lower()}", content, *kinds)
        assert np.abs(image - GREEN).max() < 8

    @pytest.mark.parametrize("kind", ["PNG", "GIF"])
    def test_transparent_lies_on_white(self, folder, kind):
        content = encoded(palette(), kind, transparency=0)
        image = check_loaded(folder, f"cats/3.{kind.lower()}", content, "transparent")
        assert (image[:, :8] == WHITE).all()
        assert (image[:, 8:] == BLUE).all()

    @pytest.mark.parametrize("kind", ["JPEG", "PNG", "WEBP", "TIFF"])
    @pytest.mark.parametrize(
        ("orientation", "stored"),
        [(2, Image.Transpose.FLIP_LEFT_RIGHT), (6, Image.Transpose.ROTATE_90)],
    )
    def test_turned_upright(self, folder, kind, orientation, stored):
        """The camera stored the picture turned, and noted how."""
        content = with_orientation(quarters().transpose(stored), orientation, kind)
        image = check_loaded(folder, f"cats/3.{kind.lower()}", content, "turned")
        assert np.abs(image[2:6, 2:6] - RED).max() < 12
        assert np.abs(image[10:, 2:] - BLUE).max() < 12
        assert np.abs(image[2:, 10:] - BLUE).max() < 12

    def test_exif_that_cannot_be_parsed(self, folder, monkeypatch):
        def broken(self):
            raise struct.error("unpack requires a buffer of 2 bytes")

        monkeypatch.setattr(Image.Image, "getexif", broken)
        mine = load_folder(folder, 16)
        assert names_of(mine.report, "not turned") == list(GOOD)
        assert "perhaps not upright" in line_of(mine.report, "not turned")

    def test_nested(self, folder):
        check_loaded(folder, "cats/summer/june/3.png", encoded(plain(GREEN)), "nested")

    def test_centre_is_kept(self, folder):
        """Three bands, left to right: a square cut shows the middle one."""
        wide = plain(RED, (48, 16))
        wide.paste(GREEN, (16, 0, 32, 16))
        image = check_loaded(folder, "cats/wide.png", encoded(wide))
        assert (image[:, 2:-2] == GREEN).all()


class TestNames:
    def test_composed_or_not_the_order_and_the_class_are_the_same(self, tmp_path):
        names = ["große Äpfel/ä (1).png", "große Äpfel/z.png", "zebras/é.png", "zebras/f.png"]
        loaded = []
        for form in ("NFC", "NFD"):
            for index, name in enumerate(names):
                content = encoded(plain((50 * index, 9, 9)))
                place(tmp_path / form, {unicodedata.normalize(form, name): content})
            loaded.append(load_folder(tmp_path / form, 16))
        assert loaded[0].class_names == loaded[1].class_names == ("große Äpfel", "zebras")
        np.testing.assert_array_equal(loaded[0].images, loaded[1].images)
        np.testing.assert_array_equal(loaded[0].labels, loaded[1].labels)

    @pytest.mark.skipif(sys.platform != "linux", reason="such names can be made on Linux only")
    def test_names_that_are_no_text_can_be_printed(self, folder):
        os.rename(os.fsencode(folder / "cats/1.png"), os.fsencode(folder / "cats") + b"/\xff.png")
        place(folder, {"cats/a\nb.png": b"", "dogs/\x1b[2J.jpg": b"text"})
        mine = announced(folder)
        assert len(mine) == 4
        str(mine.report).encode("utf-8")
        assert r"cats/a\nb.png" in line_of(mine.report, "empty")
        assert r"dogs/\x1b[2J.jpg" in line_of(mine.report, "fake")


def test_links(folder, tmp_path):
    """Those to files and to classes are followed, those to folders further down are told."""
    place(tmp_path, {"frogs/1.png": encoded(plain(GREEN)), "x.png": encoded(plain(0))})
    try:
        (folder / "frogs").symlink_to(tmp_path / "frogs", target_is_directory=True)
    except OSError:
        pytest.skip("links cannot be made here")
    (folder / "cats/3.png").symlink_to(tmp_path / "x.png")
    (folder / "cats/loop").symlink_to(".", target_is_directory=True)
    (folder / "dogs/3.png").symlink_to("nowhere.png")
    mine = announced(folder, r"2, first dogs/3.png \(no such file")
    assert mine.class_names == ("cats", "dogs", "frogs")
    assert mine.names.tolist() == [*GOOD[:2], "cats/3.png", *GOOD[2:], "frogs/1.png"]
    assert names_of(mine.report, "link") == ["cats/loop"]
    assert names_of(mine.report, "unreadable") == ["dogs/3.png"]


def denied(function, names):
    """Have a function that opens a path fail for some, as where permissions are lacking."""

    def guarded(path, *rest):
        if Path(path).as_posix().endswith(names):
            raise PermissionError(errno.EACCES, "Permission denied", str(path))
        return function(path, *rest)

    return guarded


def test_what_may_not_be_read_is_told(folder, monkeypatch):
    place(folder, {"cats/more/3.png": encoded(plain(GREEN))})
    monkeypatch.setattr(photograph, "open", denied(open, "cats/1.png"), raising=False)
    monkeypatch.setattr(os, "scandir", denied(os.scandir, "cats/more"))
    mine = announced(folder)
    assert mine.names.tolist() == list(GOOD[1:])
    assert names_of(mine.report, "unreadable") == ["cats/1.png", "cats/more"]
    assert "cats/1.png (permission denied)" in line_of(mine.report, "unreadable")
    monkeypatch.setattr(os, "scandir", denied(os.scandir, "dogs"))
    with pytest.raises(ValueError, match=r"none in dogs[\s\S]*dogs \(permission denied\)"):
        load_folder(folder)


class TestErrors:
    """Each says what was expected, what was received, what to do."""

    def check(self, error, folder, *words):
        with pytest.raises(error) as caught:
            load_folder(folder)
        for word in ("must", "Received", *words):
            assert word in str(caught.value)

    @pytest.mark.parametrize("path", [None, "", 7, b"mine"])
    def test_no_path(self, path):
        self.check(ValueError, path, repr(path), "`path` must be a path")

    @pytest.mark.parametrize(
        ("path", "instead"),
        [
            (r"C:\Users\me\birds", "'/mnt/c/Users/me/birds'"),
            ('"d:/birds"', "'/mnt/d/birds'"),
            ("'/home/me/birds'", "'/home/me/birds'"),
        ],
    )
    @pytest.mark.skipif(os.name == "nt", reason="there, drives have letters")
    def test_path_as_other_systems_write_it(self, path, instead):
        self.check(ValueError, path, f"write {instead}")

    def test_no_folder(self, tmp_path):
        self.check(FileNotFoundError, tmp_path / "mien", "mien", "Looked for it from")
        place(tmp_path, {"mine.zip": b"PK"})
        self.check(NotADirectoryError, tmp_path / "mine.zip", "unpack it first")

    def test_home(self, folder, monkeypatch):
        monkeypatch.setenv("HOME", str(folder.parent))
        monkeypatch.setenv("USERPROFILE", str(folder.parent))
        assert len(load_folder("~/mine", 16)) == 4

    @pytest.mark.parametrize("size", [0, 2_049, "128"])
    def test_size(self, folder, size):
        with pytest.raises(ValueError, match=f"`size` must be .* Received: {size!r}"):
            load_folder(folder, size=size)

    def test_no_class_folders(self, folder):
        words = ("one folder for each class", "no folder, 2 pictures", "sort the pictures into")
        self.check(ValueError, folder / "cats", *words)

    def test_one_class(self, folder):
        right = f"perhaps {folder} is the path you want"
        self.check(ValueError, folder.parent, "only one, mine", right)
        shutil.rmtree(folder / "dogs")
        self.check(ValueError, folder, "at least two", "only one, cats", "another class")

    def test_parts_of_a_split_in_place_of_classes(self, folder, tmp_path):
        for part in ("Train", "test"):
            shutil.copytree(folder, tmp_path / "split" / part)
        self.check(ValueError, tmp_path / "split", "Train, test", "parts of a split", "by itself")
        shutil.copytree(folder, tmp_path / "split" / "cats")
        assert load_folder(tmp_path / "split" / "cats", 16).class_names == ("cats", "dogs")

    def test_class_of_which_nothing_can_be_loaded(self, folder):
        (folder / "apes").mkdir()
        place(folder, {"birds/1.jpg": b"<html>", "birds/2.jpg": b""})
        words = ("none in apes, birds", "Fill the folder or remove it", "a web page", "dogs 2")
        self.check(ValueError, folder, *words)


class TestReport:
    def test_a_line_a_kind_with_three_names(self, folder):
        place(folder, {f"cats/e{n}.jpg": b"" for n in range(1_200)})
        turned = with_orientation(plain(90, mode="L"), 3)
        place(folder, {"dogs/3.png": turned, "dogs/page.jpg": b"<html>"})
        report = announced(folder, "1,201").report
        assert str(report) == (
            "Photographs loaded: 5 (cats 2, dogs 3)\n"
            "Left out: 1,201\n"
            "  1,200 empty, without a single byte: cats/e0.jpg, cats/e1.jpg, cats/e10.jpg "
            "and 1,197 more\n"
            "  1 no picture, whatever the name says: dogs/page.jpg (a web page)\n"
            "Loaded, but changed: 1\n"
            "  1 turned as the camera noted in EXIF: dogs/3.png\n"
            "  1 grey, given three equal channels: dogs/3.png"
        )
        assert repr(report) == str(report)

    def test_many_classes(self, tmp_path):
        for n in range(13):
            files = {f"c{n:02}/{m}.png": encoded(plain((n, m, 0))) for m in range(1 + n % 3)}
            place(tmp_path / "mine", files)
        report = load_folder(tmp_path / "mine", 16).report
        assert "(13 classes, from 1 of c12 to 3 of c02)" in str(report)


SEEDS_OF_DAMAGE = [
    encoded(noise(), "JPEG", exif=b"Exif\0\0MM\0*\0\0\0\x08\0\1\1\x12\0\3\0\0\0\1\0\6\0\0\0\0\0\0"),
    encoded(noise().quantize(16), "GIF", save_all=True, append_images=[noise(1).quantize(16)]),
    encoded(noise(), "PNG"),
    encoded(noise(), "WEBP"),
    encoded(noise(), "TIFF", compression="tiff_lzw"),
    encoded(noise(), "BMP"),
    encoded(deep_grey(50_000)),
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
    left_out = any(note.kind in LEFT_OUT for note in mine.report.notes)
    assert ("cats/3.jpg" in mine.names) != left_out
    assert len(mine) == 4 + ("cats/3.jpg" in mine.names)
