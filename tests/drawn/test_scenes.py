"""Scenes: what is said of a picture is what is seen in it."""

from types import SimpleNamespace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.ndimage import binary_dilation

from course_utils.drawn import paint, scenes
from course_utils.drawn.captions import read_caption
from course_utils.drawn.scenes import LEAST_GAP, LEAST_SEEN, LEAST_VISIBLE, make_scenes
from course_utils.drawn.words import NEW_SHAPE_NAMES

SEEDS = st.integers(0, 2**32)
SIZES = st.sampled_from([64, 77, 96, 128])


def without(numbers, /, **arguments):
    """Draw images and instances with all as it was but for the objects of these numbers."""
    compose, instances = scenes._compose, {}

    def compose_fewer(settings, plan, rows, objects):
        kept = ~np.isin(objects.number, list(numbers))
        sprites = paint.Sprites(*(part[kept] for part in objects.sprites))
        fewer = scenes._Objects(sprites, *(part[kept] for part in objects[1:]))
        seen = scenes._observe(fewer, plan.exists[rows], settings.size)
        instances.update(zip(rows.tolist(), seen["instances"], strict=True))
        return compose(settings, plan, rows, fewer)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(scenes, "_compose", compose_fewer)
        images = make_scenes(**arguments).images
    return SimpleNamespace(
        images=images, instances=np.stack([instances[row] for row in range(len(images))])
    )


def outlines_of(**arguments):
    """Return the outline of each object, bool ``(5, n, size, size)``: each drawn alone."""
    alone = [without(set(range(5)) - {number}, **arguments).instances for number in range(5)]
    return np.stack(alone) > 0


def each_object(data):
    """Yield scene, number and mask of what is seen of each object, from the map of instances."""
    for scene, (count, instances) in enumerate(zip(data.counts, data.instances, strict=True)):
        for number in range(count):
            yield scene, number, instances == number + 1


def box_of(mask):
    rows, columns = np.nonzero(mask)
    return [columns.min(), rows.min(), columns.max() + 1, rows.max() + 1]


def spread(masks, reach):
    """Return masks grown by `reach` pixels to all sides."""
    return binary_dilation(masks, np.ones((1, 2 * reach + 1, 2 * reach + 1)))


@pytest.fixture(scope="module")
def drawn():
    return make_scenes(1500, seed=7)


def test_shapes_and_types(drawn):
    assert len(drawn) == 1500
    for names, shape, dtype in (
        ("images", (64, 64, 3), np.uint8),
        ("instances semantic", (64, 64), np.uint8),
        ("counts", (), np.int64),
        ("labels colours textures depth", (5,), np.int64),
        ("boxes full_boxes", (5, 4), np.int64),
        ("centres", (5, 2), np.float64),
        ("covered", (5, 5), np.int64),
        ("visibility", (5,), np.float64),
    ):
        for name in names.split():
            assert getattr(drawn, name).shape == (1500, *shape), name
            assert getattr(drawn, name).dtype == dtype, name
    there = np.arange(5) < drawn.counts[:, None]
    for values in (drawn.labels, drawn.colours, drawn.textures, drawn.depth):
        assert np.all(values[~there] == -1)
    for values in (drawn.boxes, drawn.full_boxes, drawn.centres, drawn.visibility):
        assert not values[~there].any()
    assert np.all(np.bincount(drawn.counts)[1:] == 300)
    assert "seed=7" in drawn.DESCR


@given(seed=SEEDS, size=SIZES)
@settings(max_examples=15, deadline=None)
def test_truth_and_captions_say_what_the_pixels_show(seed, size):
    data = make_scenes(12, seed=seed, size=size)
    for instances, count in zip(data.instances, data.counts, strict=True):
        assert set(np.unique(instances)) - {0} == set(range(1, count + 1))
    for scene, number, mask in each_object(data):
        assert data.boxes[scene, number].tolist() == box_of(mask)
        centre = np.argwhere(mask).mean(axis=0)[::-1] + 0.5
        assert data.centres[scene, number] == pytest.approx(centre)
        assert data.covered[scene, number, number] == mask.sum() >= LEAST_SEEN * size**2
        assert np.all(data.semantic[scene][mask] == data.labels[scene, number] + 1)
        mention = read_caption(data.captions[scene])[0][number]
        assert mention.shape == data.class_names[data.labels[scene, number]]
        assert mention.colour == data.colour_names[data.colours[scene, number]]
        assert mention.texture == data.texture_names[data.textures[scene, number]]
    assert np.array_equal(data.semantic > 0, data.instances > 0)
    for scene, caption in enumerate(data.captions):
        mentions, relations = read_caption(caption)
        assert len(mentions) == data.counts[scene]
        boxes = data.boxes[scene, : len(mentions)]
        assert np.all(np.diff(boxes[:, 0] + boxes[:, 2]) > 0)
        centres = data.centres[scene, : len(mentions)]
        for (right, down), relation in zip(np.diff(centres, axis=0), relations, strict=True):
            assert right >= LEAST_GAP * size * 0.999
            expected = "left of" if abs(down) <= right else "above" if down > 0 else "below"
            assert relation == expected


@given(seed=SEEDS, size=SIZES)
@settings(max_examples=6, deadline=None)
def test_occlusion_is_what_drawing_each_object_alone_shows(seed, size):
    arguments = {"n": 15, "seed": seed, "size": size}
    data, outlines = make_scenes(**arguments), outlines_of(**arguments)
    for scene, number, _ in each_object(data):
        outline = outlines[number, scene]
        assert data.full_boxes[scene, number].tolist() == box_of(outline)
        seen = data.instances[scene][outline]
        expected = [np.count_nonzero(seen == other + 1) for other in range(5)]
        assert data.covered[scene, number].tolist() == expected
        assert data.visibility[scene, number] == pytest.approx(expected[number] / outline.sum())
        # who hides a pixel of it is in front of it
        assert np.all(data.depth[scene, np.flatnonzero(expected)] >= data.depth[scene, number])


@given(seed=SEEDS, number=st.integers(0, 4))
@settings(max_examples=8, deadline=None)
def test_taking_an_object_away_changes_its_pixels_and_its_shadow(seed, number):
    arguments = {"n": 40, "seed": seed, "noise": 0, "objects": (2, 5)}
    data, fewer = make_scenes(**arguments), without([number], **arguments)
    outline = without(set(range(5)) - {number}, **arguments).instances > 0
    gone = data.instances == number + 1
    assert np.array_equal(fewer.instances[~gone], data.instances[~gone])
    assert not np.any(fewer.instances == number + 1)
    change = np.abs(data.images.astype(int) - fewer.images.astype(int)).sum(axis=3)
    if gone.any():
        # what was behind may have the paint of what was taken away, or a print as light as paper
        assert np.mean(change[gone] > 20) > 0.99
    # beyond the soft edge and the shadow nothing changes
    assert not change[~spread(outline, 8)].any()
    # a shadow darkens
    shaded = ~spread(gone, 2)
    darker = data.images[shaded].astype(int) <= fewer.images[shaded].astype(int) + 1
    assert darker.mean() > 0.999


def test_colour_named_is_the_colour_seen():
    data = make_scenes(300, seed=31, textures=("plain",), noise=0)
    paints = np.array([base for base, _ in paint.PAINTS.values()], float)
    right = []
    for scene, number, mask in each_object(data):
        seen = np.median(data.images[scene][mask], axis=0)
        nearest = np.argmin(((paints - seen) ** 2).sum(axis=1))
        right.append(nearest == data.colours[scene, number])
    assert np.mean(right) > 0.995  # a shadow may turn one paint into another's shade


def test_scenes_are_varied(drawn):
    """Shapes and colours are about equally frequent, repeated within scenes, and often hidden."""
    there = drawn.labels >= 0
    for values, classes in ((drawn.labels, 12), (drawn.colours, 8), (drawn.textures, 4)):
        share = np.bincount(values[there]) / there.sum() * classes
        assert 0.85 < share.min() <= share.max() < 1.15
    assert LEAST_VISIBLE <= drawn.visibility[there].min() < LEAST_VISIBLE + 0.05
    several = drawn.counts > 1
    hidden = np.where(there, 1 - drawn.visibility, 0).max(axis=1)[several]
    assert 0.5 < np.mean(hidden > 0.05) < 0.75
    assert np.mean(hidden > 0.2) > 0.2
    same = drawn.labels[:, :, None] == drawn.labels[:, None, :]
    same &= there[:, :, None] & ~np.eye(5, dtype=bool)
    assert 0.4 < same.any(axis=(1, 2))[several].mean() < 0.8
    said = [relation for caption in drawn.captions for relation in read_caption(caption)[1]]
    assert min(map(said.count, ("left of", "above", "below"))) > 0.2 * len(said)


def test_objects_of_a_scene_differ_and_depth_is_an_order_that_tells_nothing_of_the_place(drawn):
    for count, *row in zip(drawn.counts, drawn.labels, drawn.colours, drawn.depth, strict=True):
        labels, colours, depth = (part[:count].tolist() for part in row)
        assert len(set(zip(labels, colours, strict=True))) == count
        assert sorted(depth) == list(range(count))
    assert abs(np.mean(drawn.depth[drawn.counts == 2, 0]) - 0.5) < 0.15


def test_one_upright_object_and_crowds_of_one_colour():
    how = {"rotation": 0, "light": 0, "clutter": 0, "noise": 0, "shapes": ("heart",)}
    data = make_scenes(40, seed=4, objects=(1, 1), **how)
    assert np.all(data.visibility == 1)
    for (x0, y0, x1, y1), instances in zip(data.boxes[:, 0], data.instances, strict=True):
        mask = instances[y0:y1, x0:x1] > 0
        assert np.mean(mask == mask[:, ::-1]) > 0.9
    data = make_scenes(40, seed=3, objects=(5, 5), colours=("red",), scale=(0.3, 0.4))
    assert data.labels.shape == (40, 5)
    assert np.all(data.visibility >= LEAST_VISIBLE)


def test_new_shapes():
    data = make_scenes(40, seed=2, shapes=NEW_SHAPE_NAMES)
    assert data.class_names == NEW_SHAPE_NAMES
    for caption, labels in zip(data.captions, data.labels, strict=True):
        said = [mention.shape for mention in read_caption(caption)[0]]
        assert said == [NEW_SHAPE_NAMES[label] for label in labels if label >= 0]


def test_empty_scenes():
    data = make_scenes(60, seed=3, objects=(0, 2))
    empty = data.counts == 0
    assert empty.sum() == 20
    assert not data.instances[empty].any()
    assert (data.labels[empty] == -1).all()
    assert {caption for caption, none in zip(data.captions, empty, strict=True) if none} == {""}
    assert data.images[empty].std(axis=(1, 2, 3)).min() > 1  # paper, marks and noise are there


def test_scenes_that_cannot_be(monkeypatch):
    with pytest.raises(ValueError, match=r"5 need as many pairs.*Received: 2 shapes and 2 colours"):
        make_scenes(10, seed=0, shapes=("star", "disc"), colours=("red", "blue"))
    monkeypatch.setattr(scenes, "_MOST_ATTEMPTS", 3)
    with pytest.raises(ValueError, match=r"No layout found in 3 attempts.*Received: objects="):
        make_scenes(50, seed=0, objects=(5, 5), scale=(0.5, 0.5))


def test_words_of_a_caption_and_what_they_name():
    made = make_scenes(12, seed=5, objects=(1, 3))
    for i, caption in enumerate(made.captions):
        masks = made.word_masks(i)
        words = caption.split(" ")
        assert sum(mask.any() for mask in masks.values()) == len(masks)
        shapes = [place for place in masks if words[place] in made.class_names]
        assert len(shapes) == made.counts[i]
        for k, place in enumerate(shapes):
            assert words[place] == made.class_names[made.labels[i, k]]
            assert (masks[place] == (made.instances[i] == k + 1)).all()
