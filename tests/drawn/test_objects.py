"""Objects: what is said of a picture is what is drawn in it, and the same seed draws it again."""

import hashlib
import itertools
import os
import subprocess
import sys
from dataclasses import FrozenInstanceError

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from course_utils.drawn import (
    COLOUR_NAMES,
    NEW_SHAPE_NAMES,
    SHAPE_NAMES,
    TEXTURE_NAMES,
    draw_object,
    make_objects,
    paint,
)

# sha256 over images, labels, colours, textures, masks and boxes, in this order. A change means that
# every learner's pictures change: raise the version and say so, or find what is not portable.
GOLDEN = {
    "default": (
        {"n": 300, "seed": 0},
        "bb05d1138d91e862d2b74164838a3bfa1420d4ec0b7995465a132ba8760a888d",
    ),
    "other seed": (
        {"n": 300, "seed": 2**70 + 1},
        "3ab72a9c877010c800cf01963d75eb9cea94191be86d94a4a0d67d0411009122",
    ),
    "centred": (
        {"n": 50, "seed": 3, "rotation": 0, "shift": 0, "light": 0, "clutter": 0, "noise": 0},
        "154b26621a21bf1424cd52e9103fdafce2b7b68d7c83862e3c7cec145b6def93",
    ),
    "odd size": (
        {"n": 30, "seed": 4, "size": 27, "noise": 12.5, "clutter": 20},
        "82af53fd826b23f51187979c5fa583b03bcf697cb658cfb4a1f94baab2d5a90f",
    ),
    "large": (
        {"n": 20, "seed": 5, "size": 128, "shapes": ("star", "heart"), "textures": ("dots",)},
        "62ce3079cbc63759afef7b7d1fe9d5b123b7935cb778df865ffc9af208654c26",
    ),
    "new shapes": (
        {"n": 60, "seed": 6, "rotation": 180, "shapes": NEW_SHAPE_NAMES},
        "d3aa505d49d53d32007b06506b04d02f85ee9388314c9340e1e07a60756ab1b2",
    ),
}


_OFFSETS = np.arange(32) - 15.5
FROM_CENTRE = np.hypot(*np.meshgrid(_OFFSETS, _OFFSETS))


def digest(data):
    parts = (data.images, data.labels, data.colours, data.textures, data.masks, data.boxes)
    little = (np.ascontiguousarray(part.astype(part.dtype.newbyteorder("<"))) for part in parts)
    return hashlib.sha256(b"".join(part.tobytes() for part in little)).hexdigest()


@pytest.fixture(scope="module")
def drawn():
    return make_objects(2400, seed=7)


def test_shapes_and_types(drawn):
    assert len(drawn) == 2400
    assert drawn.images.shape == (2400, 32, 32, 3)
    assert drawn.images.dtype == np.uint8
    for labels, names in (
        (drawn.labels, drawn.class_names),
        (drawn.colours, drawn.colour_names),
        (drawn.textures, drawn.texture_names),
    ):
        assert labels.shape == (2400,)
        assert labels.dtype == np.int64
        assert set(labels) == set(range(len(names)))
    assert drawn.masks.shape == (2400, 32, 32)
    assert drawn.masks.dtype == bool
    assert drawn.boxes.shape == (2400, 4)
    assert drawn.boxes.dtype == np.int64
    assert "seed=7" in drawn.DESCR
    with pytest.raises(FrozenInstanceError):
        drawn.images = None


@pytest.mark.parametrize("name", GOLDEN)
def test_same_bytes_everywhere(name):
    arguments, expected = GOLDEN[name]
    assert digest(make_objects(**arguments)) == expected


def test_same_bytes_in_another_process():
    code = (
        "from course_utils.drawn.objects import make_objects; import hashlib;"
        "print(hashlib.sha256(make_objects(40, seed=9).images.tobytes()).hexdigest())"
    )
    environment = {**os.environ, "PYTHONHASHSEED": "5", "NPY_DISABLE_CPU_FEATURES": "AVX512F"}
    printed = subprocess.run(
        [sys.executable, "-c", code], env=environment, capture_output=True, text=True, check=True
    ).stdout
    here = hashlib.sha256(make_objects(40, seed=9).images.tobytes()).hexdigest()
    assert printed.strip() == here


def test_global_random_state_is_neither_read_nor_changed():
    np.random.seed(1)
    before = np.random.get_state()[1].copy()
    first = digest(make_objects(20, seed=1))
    assert np.array_equal(np.random.get_state()[1], before)
    np.random.seed(2)
    assert digest(make_objects(20, seed=1)) == first


@given(st.integers(1, 90), st.integers(0, 50), st.sampled_from([24, 27, 32, 48]))
@settings(max_examples=25, deadline=None)
def test_first_pictures_do_not_depend_on_how_many_follow(n, more, size):
    few, many = make_objects(n, seed=5, size=size), make_objects(n + more, seed=5, size=size)
    for name in ("images", "labels", "colours", "textures", "masks", "boxes"):
        assert np.array_equal(getattr(few, name), getattr(many, name)[:n]), name


def test_first_pictures_do_not_depend_on_how_many_are_drawn_at_once(drawn):
    """2,400 pictures are more than one block of drawing, 100 less than two chunks."""
    assert np.array_equal(make_objects(100, seed=7).images, drawn.images[:100])


def test_seeds_differ():
    first, second = make_objects(200, seed=1), make_objects(200, seed=2)
    assert not any((image == second.images).all(axis=(1, 2, 3)).any() for image in first.images)


def test_new_shapes_are_drawn_only_for_who_names_them(drawn):
    assert drawn.class_names == SHAPE_NAMES
    assert not set(SHAPE_NAMES) & set(NEW_SHAPE_NAMES)
    new = make_objects(80, seed=7, shapes=NEW_SHAPE_NAMES)
    assert new.class_names == NEW_SHAPE_NAMES
    assert np.all(np.bincount(new.labels) == 80 // len(NEW_SHAPE_NAMES))
    assert draw_object(NEW_SHAPE_NAMES[0]).shape == (32, 32, 3)
    with pytest.raises(ValueError, match=r"out of .*crescent.*leaf.*Received"):
        make_objects(1, seed=0, shapes=("leaf", "teapot"))


def test_labels_are_balanced_and_independent(drawn):
    attributes = {
        "shape": (drawn.labels, 12),
        "colour": (drawn.colours, 8),
        "texture": (drawn.textures, 4),
    }
    for labels, classes in attributes.values():
        assert np.all(np.bincount(labels) == 2400 // classes)
    for a, b in (("shape", "colour"), ("shape", "texture"), ("colour", "texture")):
        (first, rows), (second, columns) = attributes[a], attributes[b]
        table = np.zeros((rows, columns))
        np.add.at(table, (first, second), 1)
        expected = 2400 / rows / columns
        chi_squared = ((table - expected) ** 2 / expected).sum()
        freedom = (rows - 1) * (columns - 1)
        # mean `freedom`, variance twice that: within five standard deviations
        assert abs(chi_squared - freedom) < 5 * (2 * freedom) ** 0.5
    assert np.abs(np.corrcoef(drawn.labels[:-1], drawn.labels[1:])[0, 1]) < 0.15


def test_place_and_size_tell_nothing_of_the_shape():
    """Centres of the enclosing circles have one distribution: check by the discs and the rings."""
    data = make_objects(1200, seed=11, shapes=("disc", "ring"))
    centres = (data.boxes[:, :2] + data.boxes[:, 2:]) / 2
    sizes = data.boxes[:, 2] - data.boxes[:, 0]
    for values in (centres[:, 0], centres[:, 1], sizes):
        a, b = values[data.labels == 0], values[data.labels == 1]
        error = (a.var() / len(a) + b.var() / len(b)) ** 0.5
        assert abs(a.mean() - b.mean()) < max(4.5 * error, 1.0)


@given(
    seed=st.integers(0, 2**32),
    size=st.sampled_from([24, 32, 57, 96, 128]),
    scale=st.tuples(st.floats(0.4, 0.9), st.floats(0.4, 0.9)).map(sorted).map(tuple),
    shift=st.floats(0, 1),
)
@settings(max_examples=30, deadline=None)
def test_object_lies_inside_and_its_box_is_tight(seed, size, scale, shift):
    data = make_objects(24, seed=seed, size=size, scale=scale, shift=shift, clutter=0)
    assert data.boxes.min() >= 0
    assert data.boxes.max() <= size
    for mask, (x0, y0, x1, y1) in zip(data.masks, data.boxes, strict=True):
        inside = mask[y0:y1, x0:x1]
        assert inside.sum() == mask.sum()
        assert inside[0].any()
        assert inside[-1].any()
        assert inside[:, 0].any()
        assert inside[:, -1].any()
        # not cut by the frame: the circle around it ends half a pixel before
        assert not mask[[0, -1]].any() or size * scale[1] > size - 2
        assert max(x1 - x0, y1 - y0) <= scale[1] * size + 1


def test_pixels_change_where_the_mask_is(monkeypatch):
    """The same pictures without their objects: only object, soft edge and shadow differ."""
    arguments = {"n": 240, "seed": 21, "noise": 0}
    with_objects = make_objects(**arguments)

    def unseen(canvas, sprites):
        pass

    monkeypatch.setattr(paint, "blend", unseen)
    without = make_objects(**arguments)
    assert np.array_equal(with_objects.masks, without.masks)
    change = np.abs(with_objects.images.astype(int) - without.images.astype(int)).sum(axis=3)
    # inside, far from the edge, paint has replaced paper; print may be as light as paper
    assert np.mean(change[with_objects.masks] > 25) > 0.97
    # outside there is half an edge pixel, and the shadow, which reaches a little and only darkens
    outside = ~with_objects.masks
    reach = np.zeros_like(outside)
    padded = np.pad(with_objects.masks, ((0, 0), (9, 9), (9, 9)))
    for dy in range(19):
        for dx in range(19):
            reach |= padded[:, dy : dy + 32, dx : dx + 32]
    assert not change[~reach].any()
    edge = np.zeros_like(outside)
    for dy in range(7, 12):
        for dx in range(7, 12):
            edge |= padded[:, dy : dy + 32, dx : dx + 32]
    shadow = reach & ~edge
    assert np.all(with_objects.images[shadow].astype(int) <= without.images[shadow].astype(int))


def test_colour_named_is_the_colour_seen():
    data = make_objects(400, seed=31, textures=("plain",), noise=0)
    paints = np.array([base for base, _ in paint.PAINTS.values()], float)
    for image, mask, colour in zip(data.images, data.masks, data.colours, strict=True):
        seen = np.median(image[mask], axis=0)
        nearest = np.argmin(((paints - seen) ** 2).sum(axis=1))
        assert data.colour_names[nearest] == data.colour_names[colour]


@pytest.mark.parametrize("texture", TEXTURE_NAMES[1:])
@pytest.mark.parametrize("colour", COLOUR_NAMES)
def test_print_shows_on_the_smallest_objects(colour, texture):
    """Where a printed object is unlike the plain one: on a good part of it, and on it alone."""
    for angle in (0, 25, 60):
        plain = draw_object("disc", colour, angle=angle, scale=0.45).astype(int)
        printed = draw_object("disc", colour, texture, angle=angle, scale=0.45).astype(int)
        unlike = np.abs(printed - plain).sum(axis=2) > 45
        assert 20 < unlike.sum() < 110  # of the disc's 120 pixels
        assert not unlike[FROM_CENTRE > 7.2].any()


def test_settings_that_switch_things_off():
    data = make_objects(48, seed=41, rotation=0, shift=0, light=0, clutter=0, noise=0)
    discs = data.boxes[data.labels == data.class_names.index("disc")]
    assert np.all(discs[:, :2] + discs[:, 2:] == 32)
    hearts = data.masks[data.labels == data.class_names.index("heart")]
    assert np.array_equal(hearts, hearts[:, :, ::-1])


def test_chosen_names():
    data = make_objects(60, seed=1, shapes=["star", "disc"], colours=("red",), textures=["dots"])
    assert data.class_names == ("star", "disc")
    assert data.colour_names == ("red",)
    assert data.texture_names == ("dots",)
    areas = [data.masks[data.labels == label].sum(axis=(1, 2)).mean() for label in (0, 1)]
    assert areas[0] < areas[1]


def test_single_objects_are_those_of_the_first_day():
    """A change means that every learner's pictures change."""
    kinds = (("star", "red", "dots"), ("house", "navy", "plain"), ("disc", "yellow", "checks"))
    images = [draw_object(*kind, angle=20, size=40) for kind in kinds]
    assert hashlib.sha256(b"".join(image.tobytes() for image in images)).hexdigest() == (
        "2ad352627d2ff38a635410ef8577b725ef22f7397415c7e00e5f672deaef5cc8"
    )
    every = itertools.product(SHAPE_NAMES + NEW_SHAPE_NAMES, COLOUR_NAMES, TEXTURE_NAMES)
    images = [draw_object(*e, angle=33, scale=0.55, centre=(0.3, 0.9), size=50) for e in every]
    assert hashlib.sha256(b"".join(image.tobytes() for image in images)).hexdigest() == (
        "2c094783b5eebdc79d24b0492b6b03de6feb575a761a45fd4d61b01cb33cc991"
    )


def test_draw_object_differs_in_what_is_asked_alone():
    image = draw_object("star", "red", "dots", angle=20, size=48)
    assert image.shape == (48, 48, 3)
    assert image.dtype == np.uint8
    assert np.array_equal(image, draw_object("star", "red", "dots", angle=20, size=48))
    above = draw_object("disc", centre=(0.25, 0.25), scale=0.4, size=64)
    below = draw_object("disc", centre=(0.75, 0.75), scale=0.4, size=64)
    changed = (above != below).any(axis=2)
    assert changed[:32, :32].any()
    assert changed[32:, 32:].any()
    assert not changed[:32, 36:].any()
    assert not changed[36:, :32].any()


@pytest.mark.parametrize(
    "wrong",
    [
        {"n": 0},
        {"n": 2.5},
        {"n": True},
        {"seed": -1},
        {"seed": None},
        {"size": 23},
        {"size": 129},
        {"rotation": 181},
        {"rotation": "90"},
        {"scale": 0.5},
        {"scale": (0.6, 0.5)},
        {"scale": ("small", "large")},
        {"scale": (0.1, 0.5)},
        {"scale": (0.5, float("nan"))},
        {"shift": 1.5},
        {"shift": float("nan")},
        {"light": -0.1},
        {"clutter": 21},
        {"clutter": 2.0},
        {"noise": 65},
        {"shapes": ()},
        {"shapes": "star"},
        {"shapes": ("star", "star")},
        {"colours": ("mauve",)},
        {"textures": ["dots", "tartan"]},
    ],
    ids=str,
)
def test_errors_say_what_was_expected_and_received(wrong):
    (name, value), *_ = wrong.items()
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: ") as caught:
        make_objects(**{"n": 10, "seed": 0, **wrong})
    assert str(caught.value).endswith(repr(value))


@pytest.mark.parametrize(
    "wrong", [{"shape": "blob"}, {"centre": 0.5}, {"centre": (0.5, 2)}, {"angle": "x"}], ids=str
)
def test_draw_object_errors(wrong):
    with pytest.raises(ValueError, match="Received: "):
        draw_object(**{"shape": "disc", **wrong})
