"""Objects: what is said of a picture is what is drawn in it."""

from dataclasses import FrozenInstanceError
from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation
from scipy.stats import chi2_contingency

from course_utils.drawn import draw_object, make_objects, paint
from course_utils.drawn.words import COLOUR_NAMES, NEW_SHAPE_NAMES, SHAPE_NAMES, TEXTURE_NAMES


@pytest.fixture(scope="module")
def drawn():
    return make_objects(2400, seed=7)


def test_shapes_and_types(drawn):
    assert len(drawn) == 2400
    assert drawn.images.shape == (2400, 32, 32, 3)
    assert drawn.images.dtype == np.uint8
    assert drawn.masks.shape == (2400, 32, 32)
    assert drawn.masks.dtype == bool
    assert drawn.boxes.shape == (2400, 4)
    assert drawn.labels.dtype == drawn.boxes.dtype == np.int64
    assert "seed=7" in drawn.DESCR
    with pytest.raises(FrozenInstanceError):
        drawn.images = None


def test_new_shapes_are_drawn_only_for_who_names_them(drawn):
    assert drawn.class_names == SHAPE_NAMES
    assert not set(SHAPE_NAMES) & set(NEW_SHAPE_NAMES)
    new = make_objects(80, seed=7, shapes=NEW_SHAPE_NAMES)
    assert new.class_names == NEW_SHAPE_NAMES
    assert np.all(np.bincount(new.labels) == 80 // len(NEW_SHAPE_NAMES))


def test_labels_are_balanced_and_independent(drawn):
    attributes = (drawn.labels, 12), (drawn.colours, 8), (drawn.textures, 4)
    for labels, classes in attributes:
        assert np.all(np.sort(labels.reshape(-1, classes)) == np.arange(classes))
    for (first, rows), (second, columns) in combinations(attributes, 2):
        table = np.zeros((rows, columns))
        np.add.at(table, (first, second), 1)
        assert 1e-4 < chi2_contingency(table).pvalue < 1 - 1e-4
    assert np.abs(np.corrcoef(drawn.labels[:-1], drawn.labels[1:])[0, 1]) < 0.15


def test_place_and_size_tell_nothing_of_the_shape():
    """Centres of the enclosing circles have one distribution: check by the discs and the rings."""
    data = make_objects(1200, seed=11, shapes=("disc", "ring"))
    centres = (data.boxes[:, :2] + data.boxes[:, 2:]) / 2
    measured = np.column_stack([centres, data.boxes[:, 2] - data.boxes[:, 0]])
    a, b = measured[data.labels == 0], measured[data.labels == 1]
    error = (a.var(axis=0) / len(a) + b.var(axis=0) / len(b)) ** 0.5
    assert np.all(np.abs(a.mean(axis=0) - b.mean(axis=0)) < np.maximum(4.5 * error, 1.0))


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
        rows, columns = np.nonzero(mask)
        assert (x0, y0) == (columns.min(), rows.min())
        assert (x1, y1) == (columns.max() + 1, rows.max() + 1)
        # not cut by the frame: the circle around it ends half a pixel before
        assert not mask[[0, -1]].any() or size * scale[1] > size - 2
        assert max(x1 - x0, y1 - y0) <= scale[1] * size + 1


def test_pixels_change_where_the_mask_is(monkeypatch):
    """The same pictures without their objects: only object, soft edge and shadow differ."""
    data = make_objects(240, seed=21, noise=0)
    monkeypatch.setattr(paint, "blend", lambda canvas, sprites: None)
    empty = make_objects(240, seed=21, noise=0)
    change = np.abs(data.images.astype(int) - empty.images.astype(int)).sum(axis=3)
    # inside, far from the edge, paint has replaced paper; print may be as light as paper
    assert np.mean(change[data.masks] > 25) > 0.97
    # outside there is half an edge pixel, and the shadow, which reaches a little and only darkens
    reach = binary_dilation(data.masks, np.ones((1, 19, 19)))
    assert not change[~reach].any()
    shadow = reach & ~binary_dilation(data.masks, np.ones((1, 5, 5)))
    assert np.all(data.images[shadow] <= empty.images[shadow])


def test_colour_named_is_the_colour_seen():
    data = make_objects(400, seed=31, textures=("plain",), noise=0)
    paints = np.array([base for base, _ in paint.PAINTS.values()], float)
    for image, mask, colour in zip(data.images, data.masks, data.colours, strict=True):
        seen = np.median(image[mask], axis=0)
        assert np.argmin(((paints - seen) ** 2).sum(axis=1)) == colour


@pytest.mark.parametrize("texture", TEXTURE_NAMES[1:])
@pytest.mark.parametrize("colour", COLOUR_NAMES)
def test_print_shows_on_the_smallest_objects(colour, texture):
    """Where a printed object is unlike the plain one: on a good part of it, and on it alone."""
    offsets = np.arange(32) - 15.5
    outside = np.hypot(offsets, offsets[:, None]) > 7.2
    for angle in (0, 25, 60):
        plain = draw_object("disc", colour, angle=angle, scale=0.45).astype(int)
        printed = draw_object("disc", colour, texture, angle=angle, scale=0.45).astype(int)
        unlike = np.abs(printed - plain).sum(axis=2) > 45
        assert 20 < unlike.sum() < 110  # of the disc's 120 pixels
        assert not unlike[outside].any()


def test_settings_that_switch_things_off():
    data = make_objects(48, seed=41, rotation=0, shift=0, light=0, clutter=0, noise=0)
    discs = data.boxes[data.labels == data.class_names.index("disc")]
    assert np.all(discs[:, :2] + discs[:, 2:] == 32)
    hearts = data.masks[data.labels == data.class_names.index("heart")]
    assert np.array_equal(hearts, hearts[:, :, ::-1])


def test_draw_object_differs_in_what_is_asked_alone():
    above = draw_object("disc", centre=(0.2, 0.2), scale=0.4, size=64)
    below = draw_object("disc", centre=(0.8, 0.8), scale=0.4, size=64)
    assert above.shape == (64, 64, 3)
    assert above.dtype == np.uint8
    changed = (above != below).any(axis=2).reshape(2, 32, 2, 32).any(axis=(1, 3))
    assert changed.tolist() == [[True, False], [False, True]]


@pytest.mark.parametrize(
    "wrong", [{"shape": "blob"}, {"centre": 0.5}, {"centre": (0.5, 2)}, {"angle": "x"}], ids=str
)
def test_draw_object_errors(wrong):
    with pytest.raises(ValueError, match="Received: "):
        draw_object(**{"shape": "disc", **wrong})
