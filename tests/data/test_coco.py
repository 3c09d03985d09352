"""Captions: a folder in COCO's format and each fault that it may have; words and their ids."""

import io
import json
import warnings
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from course_utils.data import coco, fetch
from course_utils.data.coco import load_coco_captions, write_drawn_coco
from course_utils.data.fetch import DataError
from course_utils.data.vocabulary import END, PAD, START, UNKNOWN, Vocabulary, tokenise
from course_utils.drawn.captions import read_caption
from course_utils.drawn.scenes import make_scenes

RED, GREEN, BLUE, GREY = (200, 30, 30), (30, 160, 30), (30, 30, 200), (90, 90, 90)
# Not in the order of their ids, as in COCO.
COLOURS = {37: RED, 4: GREEN, 8: BLUE}
LISTING = {
    "info": {"description": "COCO 2017 Dataset", "year": 2017},
    "licenses": [
        {"id": 4, "name": "Attribution License", "url": "http://example.org/by"},
        {"id": 3, "name": "Attribution-NoDerivs License", "url": "http://example.org/nd"},
    ],
    "images": [
        {
            "id": number,
            "file_name": f"{number:012d}.jpg",
            "license": 3 + number % 2,
            "flickr_url": f"http://example.org/{number}.jpg",
        }
        for number in COLOURS
    ],
    "annotations": [
        {"id": 1, "image_id": 4, "caption": "A green  field.\n"},
        {"id": 2, "image_id": 37, "caption": "Something red at a café"},
        {"id": 5, "image_id": 4, "caption": "Grass"},
        {"id": 4, "image_id": 8, "caption": "the sea"},
        {"id": 3, "image_id": 4, "caption": "Grass"},
    ],
}


def encoded(picture, kind="JPEG", **options):
    buffer = io.BytesIO()
    picture.save(buffer, kind, **{"quality": 95, **options})
    return buffer.getvalue()


def plain(colour, size=(40, 30), mode="RGB"):
    return Image.new(mode, size, colour)


def name_of(number):
    return f"{number:012d}.jpg"


def write_listing(root, listing):
    path = root / coco.LISTING
    path.parent.mkdir(exist_ok=True)
    text = listing if isinstance(listing, str) else json.dumps(listing, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Three photographs with captions, nothing wrong with them."""
    lab = tmp_path / "lab"
    (lab / "val2017").mkdir(parents=True)
    for number, colour in COLOURS.items():
        (lab / "val2017" / name_of(number)).write_bytes(encoded(plain(colour)))
    write_listing(lab, LISTING)
    monkeypatch.setenv("COURSE_DATA_DIR", str(lab))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "CHECKOUT", tmp_path / "checkout")
    return lab


@pytest.fixture
def listing():
    """A listing to change."""
    return json.loads(json.dumps(LISTING))


def quietly(size=16):
    """Load; nothing may be warned of."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        return load_coco_captions(size)


def partly(match, size=16):
    """Load; one warning must say this, and name this file as where it comes from."""
    with pytest.warns(UserWarning, match=match) as caught:
        found = load_coco_captions(size)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    return found


def colour_of(found, number):
    (index,) = np.flatnonzero(found.ids == number)
    return found.images[index].mean((0, 1))


class TestLoad:
    def test_all_of_it(self, root):
        found = quietly()
        assert repr(found) == "CaptionDataset(3 images of 16 x 16 x 3, 5 captions)"
        assert found.images.dtype == np.uint8
        assert found.ids.dtype == np.int64
        assert found.ids.tolist() == [4, 8, 37]
        assert found.names.tolist() == [name_of(4), name_of(8), name_of(37)]
        for number, colour in COLOURS.items():
            assert np.abs(colour_of(found, number) - colour).max() < 4
        assert found.left_out == {}
        what, source, licence = found.DESCR.removesuffix(".").split(". ", 2)
        assert what == (
            "COCO 2017, validation part with captions, all 3 photographs listed; 5 captions, cut "
            "to 16 x 16 pixels"
        )
        assert source.startswith("Source: COCO Consortium; T.-Y")
        assert "captions CC BY 4.0" in licence

    def test_captions_in_the_order_of_the_file_as_written(self, root):
        """Two people may have written the same: both captions stay."""
        assert quietly().captions == (
            ("A green field.", "Grass", "Grass"),
            ("the sea",),
            ("Something red at a café",),
        )

    def test_terms(self, root):
        found = quietly()
        assert found.licences.tolist() == [
            "Attribution-NoDerivs License",
            "Attribution-NoDerivs License",
            "Attribution License",
        ]
        assert found.sources.tolist() == [f"http://example.org/{i}.jpg" for i in (4, 8, 37)]

    def test_terms_that_are_not_told(self, root, listing):
        del listing["licenses"]
        for row in listing["images"]:
            del row["license"], row["flickr_url"]
        write_listing(root, listing)
        found = quietly()
        assert found.licences.tolist() == ["none stated"] * 3
        assert found.sources.tolist() == [""] * 3

    def test_text_is_utf_8_wherever_it_runs(self, root, listing):
        listing["annotations"][1]["caption"] = "naïve 🐕 " + "caf\u00e9 日本"
        write_listing(root, listing)
        assert quietly().captions[2] == ("naïve 🐕 café 日本",)
        (root / coco.LISTING).write_text(json.dumps(listing), encoding="utf-8-sig")
        assert quietly().captions[2] == ("naïve 🐕 café 日本",)

    @pytest.mark.parametrize("size", [1, 7, 64])
    def test_size(self, root, size):
        assert quietly(size).images.shape == (3, size, size, 3)

    @pytest.mark.parametrize("size", [0, -3, 2_049, 16.0, "16", True])
    def test_size_out_of_range(self, root, size):
        with pytest.raises(ValueError, match=f"`size` must be .* Received: {size!r}"):
            load_coco_captions(size)

    def test_centre_is_kept(self, root):
        wide = plain(RED, (96, 32))
        wide.paste(GREEN, (32, 0, 64, 32))
        (root / "val2017" / name_of(4)).write_bytes(encoded(wide, subsampling=0))
        image = quietly().images[0]
        assert np.abs(image[:, 2:-2].astype(int) - GREEN).max() < 12

    def test_grey(self, root):
        (root / "val2017" / name_of(4)).write_bytes(encoded(plain(90, (400, 300), "L")))
        found = quietly()
        assert np.abs(colour_of(found, 4) - GREY).max() < 4

    def test_print_colours(self, root):
        (root / "val2017" / name_of(4)).write_bytes(encoded(plain(BLUE).convert("CMYK")))
        assert np.abs(colour_of(quietly(), 4) - BLUE).max() < 12

    def test_other_description(self, root, listing):
        """What is not COCO is not said to be: neither its source nor its licence."""
        for info in ({"description": "Our own"}, {}, None, "text"):
            listing["info"] = info
            write_listing(root, listing)
            found = quietly()
            assert "COCO 2017" not in found.DESCR
            assert "CC BY" not in found.DESCR
            assert "each picture as `licences` says" in found.DESCR
            assert found.DESCR.startswith(
                "Our own, all 3" if info == {"description": "Our own"} else "Pictures with"
            )


class TestWhere:
    @pytest.mark.parametrize("place", ["lab/coco", "cache/coco"])
    def test_other_places(self, root, tmp_path, place):
        target = tmp_path / place
        target.mkdir(parents=True)
        for name in ("val2017", "annotations"):
            (root / name).rename(target / name)
        assert len(quietly()) == 3

    def test_a_whole_one_is_preferred_to_half_a_one(self, root):
        (root / "coco/val2017").mkdir(parents=True)
        assert len(quietly()) == 3

    def test_nothing(self, root, tmp_path):
        (root / "val2017").rename(tmp_path / "away")
        with pytest.raises(DataError) as caught:
            load_coco_captions()
        text = str(caught.value)
        assert "The course does not download them" in text
        assert "Expected: a folder val2017 with photographs, all or some" in text
        assert f"  {root}: val2017 is missing\n" in text
        assert f"  {root / 'coco'}: no such folder\n" in text
        assert "/zips/val2017.zip" in text
        assert "annotations_trainval2017.zip" in text
        assert f"  {tmp_path / 'cache' / 'coco'}\n" in text
        assert text.endswith("runs on drawn scenes, in the profile quick.")

    def test_archives_not_unpacked(self, root, tmp_path):
        (root / "val2017").rename(tmp_path / "away")
        (root / "annotations").rename(tmp_path / "also")
        (root / "val2017.zip").touch()
        (root / "annotations_trainval2017.zip").touch()
        with pytest.raises(DataError) as caught:
            load_coco_captions()
        assert (
            f"{root}: val2017 and {coco.LISTING} are missing; val2017.zip and "
            "annotations_trainval2017.zip must be unpacked"
        ) in str(caught.value)

    def test_listing_at_the_top(self, root):
        (root / coco.LISTING).rename(root / "captions_val2017.json")
        with pytest.raises(DataError, match=r"captions_val2017.json must lie in a folder annot"):
            load_coco_captions()

    def test_data_dir_that_is_none(self, root, monkeypatch):
        monkeypatch.setenv("COURSE_DATA_DIR", str(root / "nowhere"))
        with pytest.raises(DataError, match=r"COURSE_DATA_DIR: .*nowhere is not a folder"):
            load_coco_captions()

    def test_one_level_too_deep(self, root, tmp_path):
        (root / "val2017").rename(tmp_path / "away")
        (root / "val2017").mkdir()
        (tmp_path / "away").rename(root / "val2017/val2017")
        with pytest.raises(ValueError, match=r"no file: 3, .* move the files one level up"):
            load_coco_captions()


class TestLeftOut:
    def test_subset(self, root):
        (root / "val2017" / name_of(8)).unlink()
        found = partly(r"2 of the 3 photographs listed \(no file: 1, first 000000000008")
        assert found.ids.tolist() == [4, 37]
        assert found.captions[1] == ("Something red at a café",)
        assert found.left_out == {name_of(8): "no file"}
        assert f"2 of the 3 photographs listed (no file: 1, first {name_of(8)})" in found.DESCR

    def test_no_caption(self, root, listing):
        """A caption of blanks is none."""
        listing["annotations"][3]["caption"] = " \n"
        write_listing(root, listing)
        found = partly("no caption: 1")
        assert found.ids.tolist() == [4, 37]
        assert found.left_out == {name_of(8): "no caption"}

    def test_not_listed(self, root):
        (root / "val2017/holiday.jpg").write_bytes(encoded(plain(GREY)))
        (root / "val2017/.DS_Store").touch()
        found = partly(r"all 3 photographs listed \(not listed: 1, first holiday.jpg\)")
        assert len(found) == 3
        assert found.left_out == {"holiday.jpg": "not listed"}

    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (b"", "damaged: empty"),
            (b"<html>not found</html>", "damaged: no picture"),
            (encoded(plain(RED))[:40], "damaged: "),
            (encoded(Image.effect_noise((64, 64), 90))[:-900], "damaged: cut short"),
        ],
        ids=["empty", "web page", "header only", "cut"],
    )
    def test_damaged(self, root, content, reason):
        (root / "val2017" / name_of(8)).write_bytes(content)
        found = partly(rf"damaged: 1, first {name_of(8)} \(\w")
        assert found.ids.tolist() == [4, 37]
        assert np.abs(colour_of(found, 37) - RED).max() < 4  # none moved into another's place
        assert found.left_out.keys() == {name_of(8)}
        assert found.left_out[name_of(8)].startswith(reason)

    def test_copies(self, root):
        """Else a split might put one file on both sides."""
        content = (root / "val2017" / name_of(4)).read_bytes()
        (root / "val2017" / name_of(8)).write_bytes(content)
        found = partly(rf"copy: 1, first {name_of(8)} \(same file as {name_of(4)}\)")
        assert found.ids.tolist() == [4, 37]

    def test_several_reasons_are_told_apart(self, root, listing):
        (root / "val2017" / name_of(8)).write_bytes(b"")
        (root / "val2017" / name_of(4)).unlink()
        found = partly(r"1 of the 3 .*\(damaged: 1, first .* \(empty\); no file: 1, first")
        assert list(found.left_out) == [name_of(4), name_of(8)]

    def test_none_left(self, root):
        for number in COLOURS:
            (root / "val2017" / name_of(number)).unlink()
        (root / "val2017/a.png").touch()
        with pytest.raises(ValueError, match=r"at least one of the 3 .* not listed: 1, first a.p"):
            load_coco_captions()


class TestListing:
    def refuse(self, root, listing, *words):
        write_listing(root, listing)
        with pytest.raises(ValueError, match="Received: ") as caught:
            load_coco_captions()
        text = str(caught.value)
        assert str(root / coco.LISTING) in text
        for word in words:
            assert word in text

    @pytest.mark.parametrize("text", ["", "{", '{"images": [', "<html>", "[" * 100_000])
    def test_no_json(self, root, text):
        self.refuse(root, text, "whole JSON file", f"{len(text):,} bytes", "Unpack it again")

    def test_not_utf_8(self, root):
        (root / coco.LISTING).write_bytes('{"a": "caf\xe9"}'.encode("latin-1"))
        with pytest.raises(ValueError, match="whole JSON file in UTF-8"):
            load_coco_captions()

    def test_no_object(self, root):
        self.refuse(root, "[1, 2]", "JSON object with images and annotations", "[1, 2]")

    @pytest.mark.parametrize("key", ["images", "annotations"])
    def test_missing_key(self, root, listing, key):
        del listing[key]
        self.refuse(root, listing, f"{key} must be a list", "no such key", "'info'")

    @pytest.mark.parametrize("rows", [{}, "text", None])
    def test_key_that_is_no_list(self, root, listing, rows):
        listing["images"] = rows
        self.refuse(root, listing, "images must be a list, each with id (int) and file_name (str)")

    @pytest.mark.parametrize(
        ("key", "field", "value"),
        [
            ("images", "id", "4"),
            ("images", "id", True),
            ("images", "file_name", 4),
            ("annotations", "image_id", None),
            ("annotations", "caption", ["a", "b"]),
            ("licenses", "name", 4),
        ],
    )
    def test_field_of_another_type(self, root, listing, key, field, value):
        listing[key][0][field] = value
        self.refuse(root, listing, f"{key} must be a list, each with ", field)

    def test_row_that_is_no_object(self, root, listing):
        listing["annotations"][2] = "A caption"
        self.refuse(root, listing, "annotations must be a list", "'A caption'")

    def test_boxes_in_place_of_captions(self, root, listing):
        listing["annotations"] = [{"id": 1, "image_id": 4, "bbox": [0, 0, 2, 2]}]
        self.refuse(root, listing, "caption (str)", "instances_... and person_keypoints_...")

    @pytest.mark.parametrize(
        ("key", "field"), [("images", "id"), ("images", "file_name"), ("annotations", "id")]
    )
    def test_twice(self, root, listing, key, field):
        listing[key][1][field] = listing[key][0][field]
        self.refuse(root, listing, f"each of the {key} must have a {field} of its own", "2 times")

    def test_caption_of_nothing(self, root, listing):
        listing["annotations"][0]["image_id"] = 5
        self.refuse(root, listing, "one of the 3 images listed", "image_id 5 of annotation 1")

    @pytest.mark.parametrize("name", ["../../secret.jpg", "val2017/4.jpg", "a\\b.jpg", ""])
    def test_names_that_lead_elsewhere(self, root, listing, name):
        listing["images"][0]["file_name"] = name
        self.refuse(root, listing, "plain name of a file in val2017", repr(name))

    @pytest.mark.parametrize("licence", [5, "4", [4]])
    def test_unknown_licence(self, root, listing, licence):
        listing["images"][1]["license"] = licence
        self.refuse(root, listing, "[3, 4]", f"{licence!r} for {name_of(4)}")

    def test_address_that_is_none(self, root, listing):
        listing["images"][1]["flickr_url"] = 5
        self.refuse(root, listing, "flickr_url of an image must be an address")


class TestTake:
    @pytest.mark.parametrize(
        ("indices", "ids"),
        [
            (slice(1, None), [8, 37]),
            ([2, 0], [37, 4]),
            (np.array([True, False, True]), [4, 37]),
            (range(2), [4, 8]),
            (np.array([], int), []),
        ],
        ids=["slice", "list", "mask", "range", "none"],
    )
    def test_all_goes_together(self, root, indices, ids):
        found = quietly()
        some = found.take(indices)
        assert len(some) == len(ids)
        assert some.ids.tolist() == ids
        assert some.names.tolist() == [name_of(number) for number in ids]
        assert some.sources.tolist() == [f"http://example.org/{number}.jpg" for number in ids]
        whole = dict(zip(found.ids, found.captions, strict=True))
        assert some.captions == tuple(whole[number] for number in ids)
        for number in ids:
            assert np.abs(colour_of(some, number) - COLOURS[number]).max() < 4
        assert some.DESCR == found.DESCR

    def test_parts_must_fit(self, root):
        found = quietly()
        with pytest.raises(ValueError, match="images must be uint8"):
            found.take(0)
        for bad in ((("a",), ("b",), ()), (("a",), ("b",), "cd"), (("a",), ("b",), (3,))):
            with pytest.raises(ValueError, match=r"tuple of at least one str. Received: "):
                replace(found, captions=bad)
        with pytest.raises(ValueError, match=r"ids must be 3, one an image. Received: 2"):
            replace(found, ids=found.ids[:2])


class TestDrawn:
    @pytest.fixture
    def drawn(self, root, tmp_path, monkeypatch):
        """A drawn folder that is loaded from, and its scenes."""
        monkeypatch.setenv("COURSE_DATA_DIR", str(tmp_path / "drawn"))
        return write_drawn_coco(tmp_path / "drawn", 6, seed=3, size=96, objects=(2, 2))

    def test_loads_as_it_was_drawn(self, drawn):
        found = quietly(96)
        assert found.captions == tuple((caption,) for caption in drawn.captions)
        difference = np.abs(found.images.astype(int) - drawn.images)
        assert difference.mean() < 3
        assert found.ids.tolist() == [1, 2, 3, 4, 5, 6]
        assert set(found.licences) == {"None needed: drawn, nobody's work"}
        assert found.DESCR.startswith(
            "Scenes drawn by course_utils.drawn.scenes, seed 3, in COCO's"
        )
        assert "Lin" not in found.DESCR
        for (caption,) in found.captions:
            assert len(read_caption(caption)[0]) == 2

    def test_is_what_make_scenes_draws(self, drawn):
        again = make_scenes(6, seed=3, size=96, objects=(2, 2))
        assert np.array_equal(drawn.images, again.images)
        assert drawn.captions == again.captions

    def test_words_of_its_captions(self, drawn):
        """A model's way through the folder: load, count words, encode, decode."""
        flat = [caption for row in quietly().captions for caption in row]
        words = Vocabulary.from_captions(flat)
        assert words.decode(words.encode(flat)) == flat

    @pytest.mark.parametrize("name", ["val2017", coco.LISTING])
    def test_nothing_is_overwritten(self, root, tmp_path, name):
        (tmp_path / "drawn" / name).parent.mkdir(parents=True)
        (tmp_path / "drawn" / name).touch()
        with pytest.raises(FileExistsError, match=f"Received: .* where there is {name}"):
            write_drawn_coco(tmp_path / "drawn", 2, seed=0)
        with pytest.raises(FileExistsError, match="where there is val2017"):
            write_drawn_coco(root, 2, seed=0)

    def test_bad_arguments_leave_nothing(self, tmp_path):
        with pytest.raises(ValueError, match="`n` must be"):
            write_drawn_coco(tmp_path / "drawn", 0, seed=0)
        assert not (tmp_path / "drawn").exists()


class TestTokenise:
    @pytest.mark.parametrize(
        ("caption", "words"),
        [
            ("A man, riding a wave!", "a man riding a wave"),
            ('The "big" (red) bus...', "the big red bus"),
            ("A man's T-shirt -- black-and-white", "a man's t-shirt black-and-white"),
            ("the dogs' `bowl'", "the dogs bowl"),
            ("the woman\u2019s hat", "the woman's hat"),
            ("2 dogs/3 cats_here", "2 dogs 3 cats here"),
            ("Caf\u00c9 Cafe\u0301", "caf\u00e9 caf\u00e9"),
            ("\tone\u00a0two\n", "one two"),
            ("", ""),
            ("?!.", ""),
        ],
    )
    def test_words(self, caption, words):
        assert tokenise(caption) == words.split()

    @pytest.mark.parametrize("caption", [None, 3, ("a", "b"), b"a dog"])
    def test_no_text(self, caption):
        with pytest.raises(ValueError, match="must be a str; where pictures have several"):
            tokenise(caption)

    @given(st.text())
    def test_is_done_once_and_for_all(self, text):
        words = tokenise(text)
        assert all(words)
        assert [again for word in words for again in tokenise(word)] == words


class TestVocabulary:
    CAPTIONS = ("A red star.", "a blue ring", "A red house")

    @pytest.fixture
    def words(self):
        return Vocabulary.from_captions(self.CAPTIONS)

    def test_most_frequent_first_then_by_alphabet(self, words):
        assert words.words == (
            *("<pad>", "<start>", "<end>", "<unknown>"),
            *("a", "red", "blue", "house", "ring", "star"),
        )
        assert [words.words[i] for i in (PAD, START, END, UNKNOWN)] == list(words.words[:4])
        assert len(words) == 10
        assert repr(words) == "Vocabulary(10 words)"
        assert words.id_of["red"] == 5

    def test_order_of_captions_does_not_matter(self, words):
        assert Vocabulary.from_captions(self.CAPTIONS[::-1]) == words

    def test_min_count(self):
        words = Vocabulary.from_captions(self.CAPTIONS, min_count=2)
        assert words.words[4:] == ("a", "red")
        assert words.encode(["a red star"]).tolist() == [[START, 4, 5, UNKNOWN, END]]

    @pytest.mark.parametrize("min_count", [0, -1, 1.5, None])
    def test_min_count_out_of_range(self, min_count):
        with pytest.raises(ValueError, match="`min_count` must be a whole number at least 1"):
            Vocabulary.from_captions(self.CAPTIONS, min_count=min_count)

    @pytest.mark.parametrize("given_captions", [(), ("", "..."), ("a", "b")])
    def test_no_words(self, given_captions):
        with pytest.raises(ValueError, match=r"comes at least 2 times. Received: . words"):
            Vocabulary.from_captions(given_captions, min_count=2)

    def test_one_text_or_nested_ones(self, words):
        with pytest.raises(ValueError, match=r"list of str. Received one str: 'a dog'"):
            Vocabulary.from_captions("a dog")
        with pytest.raises(ValueError, match=r"list of str. Received one str: 'a dog'"):
            words.encode("a dog")
        with pytest.raises(ValueError, match="make one list of all"):
            Vocabulary.from_captions((("a dog", "a cat"), ("a bus",)))

    def test_encode(self, words):
        rows = words.encode(["a red house", "ring", ""])
        assert rows.dtype == np.int32
        assert rows.tolist() == [
            [START, 4, 5, 7, END],
            [START, 8, END, PAD, PAD],
            [START, END, PAD, PAD, PAD],
        ]
        assert (words.encode(["ring"], length=6) == [START, 8, END, PAD, PAD, PAD]).all()

    def test_what_is_cut_has_no_end(self, words):
        assert words.encode(["a red house"], length=4).tolist() == [[START, 4, 5, 7]]
        assert words.encode(["a red house"], length=5)[0, -1] == END

    @pytest.mark.parametrize("length", [1, 0, -2, 4.0, "4"])
    def test_length_out_of_range(self, words, length):
        with pytest.raises(ValueError, match="`length` must be a whole number at least 2"):
            words.encode(["a"], length)

    def test_nothing_to_encode(self, words):
        with pytest.raises(ValueError, match=r"at least one. Received: none"):
            words.encode([])

    def test_decode(self, words):
        rows = np.array([[START, 4, 5, END, 9], [START, UNKNOWN, 8, PAD, PAD], [END, 4, 4, 4, 4]])
        assert words.decode(rows) == ["a red", "<unknown> ring", ""]
        assert words.decode(rows[0]) == "a red"
        assert words.decode([4, 7]) == "a house"
        assert words.decode([]) == ""
        assert words.decode(np.zeros((0, 5), int)) == []

    @pytest.mark.parametrize("ids", [[[10]], [-1], [4, 10]])
    def test_ids_of_no_word(self, words, ids):
        with pytest.raises(ValueError, match=r"ids must be from 0 to 9. Received: "):
            words.decode(ids)

    @pytest.mark.parametrize("ids", [4, [[[4]]], [4.0], ["a"]])
    def test_no_ids(self, words, ids):
        with pytest.raises(ValueError, match=r"ids must be whole numbers of shape .* Received: "):
            words.decode(ids)

    def test_special_words_come_first_and_words_differ(self):
        with pytest.raises(ValueError, match=r"must begin with \('<pad>'.* Received: \('a',\)"):
            Vocabulary(("a",))
        with pytest.raises(ValueError, match="'a' more than once"):
            Vocabulary(("<pad>", "<start>", "<end>", "<unknown>", "a", "a"))

    @given(st.lists(st.text(), min_size=1))
    def test_decode_undoes_encode(self, texts):
        if not any(map(tokenise, texts)):
            return
        words = Vocabulary.from_captions(texts)
        assert words.decode(words.encode(texts)) == [" ".join(tokenise(text)) for text in texts]
