"""A folder in COCO's format, and each fault that it may have."""

import json
import shutil
from dataclasses import replace

import numpy as np
import pytest
from data_files import (
    BLUE,
    GREEN,
    RED,
    encoded,
    place,
    plain,
    stage,
    with_orientation,
    zip_of,
)
from PIL import Image

from course_utils.data import coco, fetch, sources
from course_utils.data.coco import load_coco_captions
from course_utils.data.fetch import DataError

# What is warned of is told to `pytest.warns`, and nothing else is.
pytestmark = pytest.mark.filterwarnings("error::UserWarning")

COLOURS = {37: RED, 4: GREEN, 8: BLUE}  # not in the order of their ids, as in COCO
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
# Two people may have written the same: both stay.
CAPTIONS = {
    4: ("A green field.", "Grass", "Grass"),
    8: ("the sea",),
    37: ("Something red at a café",),
}


def jpeg(picture, **options):
    return encoded(picture, "JPEG", quality=95, **options)


def name_of(number):
    return f"{number:012d}.jpg"


def write_listing(root, listing):
    path = root / "annotations" / coco.LISTING
    path.parent.mkdir(exist_ok=True)
    path.with_name(coco.OUTLINES).write_text('{"annotations": [], "categories": []}')
    text = listing if isinstance(listing, str) else json.dumps(listing, ensure_ascii=False)
    path.write_text(text, encoding="utf-8")


@pytest.fixture
def root(tmp_path, monkeypatch):
    """Three photographs with captions, nothing wrong with them."""
    lab = tmp_path / "lab"
    (lab / "val2017").mkdir(parents=True)
    for number, colour in COLOURS.items():
        (lab / "val2017" / name_of(number)).write_bytes(jpeg(plain(colour)))
    write_listing(lab, LISTING)
    monkeypatch.setenv("COURSE_DATA_DIR", str(lab))
    monkeypatch.setenv("COURSE_CACHE_DIR", str(tmp_path / "cache"))
    monkeypatch.setattr(fetch, "CHECKOUT", tmp_path / "checkout")
    return lab


@pytest.fixture
def listing():
    """A listing to change."""
    return json.loads(json.dumps(LISTING))


def partly(match):
    """Load; one warning must say this, and name this file as where it comes from."""
    with pytest.warns(UserWarning, match=match) as caught:
        found = load_coco_captions(16)
    assert len(caught) == 1
    assert caught[0].filename == __file__
    return found


def colour_of(found, number):
    (index,) = np.flatnonzero(found.ids == number)
    return found.images[index].mean((0, 1))


class TestLoad:
    def test_all_of_it(self, root):
        found = load_coco_captions(16)
        assert repr(found) == "CaptionDataset(3 images of 16 x 16 x 3, 5 captions)"
        assert found.images.dtype == np.uint8
        assert found.ids.dtype == np.int64
        assert found.ids.tolist() == [4, 8, 37]
        assert found.names.tolist() == [name_of(4), name_of(8), name_of(37)]
        for number, colour in COLOURS.items():
            assert np.abs(colour_of(found, number) - colour).max() < 4
        assert found.left_out == {}
        assert dict(zip(found.ids, found.captions, strict=True)) == CAPTIONS
        no_changes = "Attribution-NoDerivs License"
        assert found.licences.tolist() == [no_changes, no_changes, "Attribution License"]
        assert found.sources.tolist() == [f"http://example.org/{i}.jpg" for i in (4, 8, 37)]
        what, source, licence = found.DESCR.removesuffix(".").split(". ", 2)
        assert what == (
            "COCO 2017, validation part with captions, all 3 photographs listed; 5 captions, cut "
            "to 16 x 16 pixels"
        )
        assert source.startswith("Source: COCO Consortium; T.-Y")
        assert "captions CC BY 4.0" in licence

    def test_terms_that_are_not_told(self, root, listing):
        del listing["licenses"]
        for row in listing["images"]:
            del row["license"], row["flickr_url"]
        write_listing(root, listing)
        found = load_coco_captions(16)
        assert found.licences.tolist() == ["none stated"] * 3
        assert found.sources.tolist() == [""] * 3

    def test_text_is_utf_8_wherever_it_runs(self, root, listing):
        listing["annotations"][1]["caption"] = "naïve 🐕 " + "caf\u00e9 日本"
        write_listing(root, listing)
        assert load_coco_captions(16).captions[2] == ("naïve 🐕 café 日本",)
        (root / "annotations" / coco.LISTING).write_text(json.dumps(listing), encoding="utf-8-sig")
        assert load_coco_captions(16).captions[2] == ("naïve 🐕 café 日本",)

    @pytest.mark.parametrize("size", [0, 2_049])
    def test_size_out_of_range(self, root, size):
        with pytest.raises(ValueError, match=f"`size` must be .* Received: {size!r}"):
            load_coco_captions(size)

    def test_photographs_stay_as_their_pixels_are_stored(self, root):
        picture = plain(GREEN, (32, 32))
        picture.paste(RED, (0, 0, 32, 16))
        upside_down = with_orientation(picture, 3, "JPEG")
        (root / "val2017" / name_of(4)).write_bytes(upside_down)
        image = load_coco_captions(16).images[0].astype(int)
        assert np.abs(image[:6] - RED).max() < 12
        assert np.abs(image[10:] - GREEN).max() < 12


class TestWhere:
    @pytest.mark.parametrize("place", ["lab/coco", "cache/coco"])
    def test_other_places(self, root, tmp_path, place):
        target = tmp_path / place
        target.mkdir(parents=True)
        for name in ("val2017", "annotations"):
            (root / name).rename(target / name)
        assert len(load_coco_captions(16)) == 3

    def test_nothing_and_no_network(self, root, tmp_path, monkeypatch):
        (root / "val2017").rename(tmp_path / "away")
        monkeypatch.setenv("COURSE_OFFLINE", "1")
        with pytest.raises(DataError) as caught:
            load_coco_captions()
        for words in (
            "val2017.zip is not available. COURSE_OFFLINE is set, so nothing is downloaded.",
            "815,585,330 bytes",
            "/zips/val2017.zip",
            f"  {tmp_path / 'cache/coco/val2017.zip'}\n",
            "There it may also lie unpacked, as val2017.",
        ):
            assert words in str(caught.value)

    def test_archives(self, root, tmp_path, monkeypatch):
        """As the project offers them: they hold more than is needed."""
        files = {f"val2017/{name_of(number)}": jpeg(plain(COLOURS[number])) for number in COLOURS}
        notes = dict.fromkeys(
            ("captions_train2017", "instances_val2017"), b'{"annotations": [], "categories": []}'
        )
        notes["captions_val2017"] = (root / "annotations" / coco.LISTING).read_bytes()
        notes = {f"annotations/{name}.json": content for name, content in notes.items()}
        shutil.rmtree(root)
        records = {}
        for part, content in (("photographs", zip_of(files)), ("annotations", zip_of(notes))):
            record = stage(root, sources.COCO[part], content)
            contents = replace(record.contents, count=3 if part == "photographs" else 2)
            records[part] = replace(record, contents=contents)
        monkeypatch.setattr(sources, "COCO", records)
        assert load_coco_captions(16).ids.tolist() == [4, 8, 37]
        unpacked = tmp_path / "cache/coco"
        assert {path.name for path in unpacked.iterdir()} == {"val2017", "annotations"}
        there = {path.name for path in (unpacked / "annotations").iterdir()}
        assert there == {"captions_val2017.json", "instances_val2017.json"}

    def test_one_level_too_deep(self, root, tmp_path):
        (root / "val2017").rename(tmp_path / "away")
        (root / "val2017").mkdir()
        (tmp_path / "away").rename(root / "val2017/val2017")
        with pytest.raises(ValueError, match=r"no file: 3, .* move the files one level up"):
            load_coco_captions()


class TestLeftOut:
    @pytest.mark.parametrize(
        ("content", "reason"),
        [
            (None, "no file"),
            (b"", "empty"),
            (b"<html>not found</html>", "fake: a web page"),
            (jpeg(plain(RED))[:40], "damaged: "),
            (jpeg(Image.effect_noise((64, 64), 90))[:-900], "damaged: cut short"),
        ],
        ids=["missing", "empty", "web page", "header only", "cut"],
    )
    def test_one(self, root, content, reason):
        (root / "val2017" / name_of(8)).unlink()
        if content is not None:
            place(root, {f"val2017/{name_of(8)}": content})
        kind = reason.split(":")[0]
        found = partly(rf"2 of the 3 photographs listed \({kind}: 1, first {name_of(8)}")
        assert f"2 of the 3 photographs listed ({kind}: 1, first {name_of(8)}" in found.DESCR
        assert found.ids.tolist() == [4, 37]
        assert found.captions[1] == ("Something red at a café",)
        assert np.abs(colour_of(found, 37) - RED).max() < 4  # none moved into another's place
        assert found.left_out.keys() == {name_of(8)}
        assert found.left_out[name_of(8)].startswith(reason)

    def test_no_caption(self, root, listing):
        """A caption of blanks is none."""
        listing["annotations"][3]["caption"] = " \n"
        write_listing(root, listing)
        found = partly(rf"2 of the 3 photographs listed \(no caption: 1, first {name_of(8)}\)")
        assert found.left_out == {name_of(8): "no caption"}

    def test_not_listed(self, root):
        (root / "val2017/holiday.jpg").write_bytes(jpeg(plain(90, mode="L")))
        (root / "val2017/.DS_Store").touch()
        found = partly(r"all 3 photographs listed \(not listed: 1, first holiday.jpg\)")
        assert found.left_out == {"holiday.jpg": "not listed"}

    def test_copies(self, root):
        """Else a split might put one file on both sides."""
        content = (root / "val2017" / name_of(4)).read_bytes()
        (root / "val2017" / name_of(8)).write_bytes(content)
        found = partly(rf"copy: 1, first {name_of(8)} \(same file as {name_of(4)}\)")
        assert found.ids.tolist() == [4, 37]

    def test_none_left(self, root):
        (root / "val2017" / name_of(4)).unlink()
        (root / "val2017" / name_of(8)).write_bytes(b"")
        (root / "val2017" / name_of(37)).write_bytes(b"")
        (root / "val2017/a.png").touch()
        reasons = "empty: 2, first .*8.jpg; no file: 1, first .*4.jpg; not listed: 1, first a.png"
        with pytest.raises(ValueError, match=f"at least one of the 3 .* Received: {reasons}"):
            load_coco_captions()


class TestOutlines:
    @pytest.fixture
    def found(self, root, listing):
        """The photographs, with a boat on the left of one and a crowd on its right."""
        listing["images"][0] |= {"width": 24, "height": 20}
        write_listing(root, listing)
        left = [2, 0, 12, 0, 12, 20, 2, 20]
        crowd = {"counts": [20 * 22, 40], "size": [20, 24]}
        rows = [
            {"image_id": 37, "category_id": 9, "segmentation": [left]},
            {"image_id": 37, "category_id": 1, "segmentation": crowd, "iscrowd": 1},
        ]
        names = [{"id": 1, "name": "person"}, {"id": 9, "name": "boat"}]
        content = {"annotations": rows, "categories": names}
        (root / "annotations" / coco.OUTLINES).write_text(json.dumps(content))
        return load_coco_captions(10)

    def test_masks_are_cut_as_the_photographs_are(self, found):
        """Of 24 columns the middle 20 stay, so the two of the crowd are cut off."""
        assert found.sizes[2].tolist() == [24, 20]
        assert list(found.outlines[2]) == ["boat", "person"]
        boat = found.mask(2, "boat")
        assert boat.shape == (10, 10)
        assert boat.all(axis=0).tolist() == [True] * 5 + [False] * 5
        assert not found.mask(2, "person").any()
        assert not found.mask(2, "zebra").any()

    def test_a_crowd_is_drawn_from_its_run_lengths(self, found):
        found.outlines[2]["person"][0]["counts"] = [20 * 12, 20 * 12]
        assert found.mask(2, "person").all(axis=0).tolist() == [False] * 5 + [True] * 5

    def test_words_and_what_they_name(self, found, listing):
        """The caption is "Something red at a café"; nothing in it was outlined."""
        assert found.word_masks(2) == {}
        boats = replace(found, captions=((), (), ("people, a zebra and a boat",)))
        masks = boats.word_masks(2)
        assert list(masks) == [0, 5]
        assert (masks[5] == found.mask(2, "boat")).all()

    def test_another_file(self, root):
        listing = root / "annotations" / coco.LISTING
        listing.with_name(coco.OUTLINES).write_bytes(listing.read_bytes())
        with pytest.raises(ValueError, match=r"of outlines and their categories\. Received: "):
            load_coco_captions(16)


@pytest.mark.parametrize(
    "listing",
    [
        *("", '{"images": [', "<html>", "[]"),
        {"images": LISTING["images"]},
        {"annotations": LISTING["annotations"]},
        {**LISTING, "images": None},
        {**LISTING, "images": [{"id": 4}]},
        {**LISTING, "annotations": [{"id": 1, "image_id": 4, "bbox": [0, 0, 2, 2]}]},
        {**LISTING, "annotations": [{"id": 1, "image_id": 4, "caption": None}]},
    ],
    ids=lambda listing: str(listing)[:40],
)
def test_listing_that_is_damaged_or_another(root, listing):
    write_listing(root, listing)
    with pytest.raises(ValueError, match=r"must be a whole JSON file .* Received: ") as caught:
        load_coco_captions()
    assert str(root / "annotations" / coco.LISTING) in str(caught.value)


class TestTake:
    @pytest.mark.parametrize(
        ("indices", "ids"),
        [
            (slice(1, None), [8, 37]),
            (range(2, 0, -1), [37, 8]),
            (np.array([True, False, True]), [4, 37]),
            (np.array([], int), []),
        ],
        ids=["slice", "range", "mask", "none"],
    )
    def test_all_goes_together(self, root, indices, ids):
        some = load_coco_captions(16).take(indices)
        assert some.ids.tolist() == ids
        assert some.names.tolist() == [name_of(number) for number in ids]
        assert some.sources.tolist() == [f"http://example.org/{number}.jpg" for number in ids]
        assert some.captions == tuple(CAPTIONS[number] for number in ids)
        for number in ids:
            assert np.abs(colour_of(some, number) - COLOURS[number]).max() < 4

    def test_parts_must_fit(self, root):
        found = load_coco_captions(16)
        with pytest.raises(ValueError, match="`images` must be uint8"):
            found.take(0)
        with pytest.raises(ValueError, match=r"`ids` must be 3, one an image. Received: 2"):
            replace(found, ids=found.ids[:2])
