"""Drawn scenes of up to five objects, partly hiding one another, with the truth of every pixel.

`captions` has their grammar, `questions` asks about scenes.
"""

from dataclasses import dataclass, field
from numbers import Integral
from typing import NamedTuple

import numpy as np

from course_utils._validate import chosen, interval, number, whole
from course_utils.drawn import paint
from course_utils.drawn.captions import Mention, named_objects, write_caption
from course_utils.drawn.layout import Settings, make_plan, propose_layouts
from course_utils.drawn.words import ALL_SHAPE_NAMES, COLOUR_NAMES, SHAPE_NAMES, TEXTURE_NAMES

LEAST_VISIBLE = 0.5  # share of an object's outline that is seen
LEAST_SEEN = 0.011  # share of the picture in which an object is seen
LEAST_GAP = 0.06  # from one object's centre to the next one's on its right, in picture widths
LEAST_SLANT = 0.02  # by how much they are farther apart sideways than in height, or the reverse

_MOST_ATTEMPTS = 250  # at a layout, twelve at once


@dataclass(frozen=True)
class SceneImages:
    """Pictures of several objects each.

    Objects are numbered from left to right, k = 0, 1, ...; rows of scenes with fewer than `most`
    objects end in -1 (`labels`, `colours`, `textures`, `depth`) or 0 (all else).

    Attributes
    ----------
    images : ndarray of uint8, shape (n, size, size, 3)
        RGB.
    counts : ndarray of int64, shape (n,)
        How many objects.
    labels, colours, textures : ndarray of int64, shape (n, most)
        Indices into `class_names`, `colour_names` and `texture_names`.
    depth : ndarray of int64, shape (n, most)
        Order of painting: 0 at the back.
    instances : ndarray of uint8, shape (n, size, size)
        k + 1 where object k, in front of all others, covers more than half of a pixel; 0 elsewhere.
    boxes, full_boxes : ndarray of int64, shape (n, most, 4)
        x0, y0, x1, y1, pixel edges, half-open: of what is seen, and of the whole outline.
    centres : ndarray of float64, shape (n, most, 2)
        x, y: mean of the pixels that are seen, pixels from the left and upper edge.
    covered : ndarray of int64, shape (n, most, most)
        ``covered[i, k, j]``: number of pixels of object k's outline where object j is seen.
    visibility : ndarray of float64, shape (n, most)
        Share of the outline's pixels that are seen.
    captions : tuple of str
        Objects from left to right; see `course_utils.drawn.captions`. "" where there is none.
    class_names, colour_names, texture_names : tuple of str
    DESCR : str
        How they were drawn, and what is certain of them.
    """

    images: np.ndarray = field(repr=False)
    counts: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    colours: np.ndarray = field(repr=False)
    textures: np.ndarray = field(repr=False)
    depth: np.ndarray = field(repr=False)
    instances: np.ndarray = field(repr=False)
    boxes: np.ndarray = field(repr=False)
    full_boxes: np.ndarray = field(repr=False)
    centres: np.ndarray = field(repr=False)
    covered: np.ndarray = field(repr=False)
    visibility: np.ndarray = field(repr=False)
    captions: tuple[str, ...] = field(repr=False)
    class_names: tuple[str, ...]
    colour_names: tuple[str, ...]
    texture_names: tuple[str, ...]
    DESCR: str = field(repr=False)

    def __len__(self):
        return len(self.images)

    @property
    def semantic(self):
        """Return the class of each pixel: uint8 ``(n, size, size)``, 0 background, label + 1."""
        classes = np.pad(self.labels, ((0, 0), (1, 0)), constant_values=-1) + 1
        scene = np.arange(len(self))[:, None, None]
        return classes.astype(np.uint8)[scene, self.instances]

    def word_masks(self, index):
        """Return what words of a scene's caption name: bool (size, size), by the word's place."""
        objects = enumerate(named_objects(self.captions[index]))
        return {place: self.instances[index] == k + 1 for place, k in objects if k >= 0}


def make_scenes(
    n,
    *,
    seed,
    size=64,
    objects=(1, 5),
    scale=(0.29, 0.43),
    rotation=30.0,
    light=1.0,
    clutter=3,
    noise=4.0,
    shapes=None,
    colours=None,
    textures=None,
):
    """Draw n scenes.

    The same arguments give the same bytes on every platform and NumPy version, and with all else
    equal the first scenes do not depend on how many follow. Another seed for validation and test.

    In about six of ten scenes of several objects one of them is partly hidden, in a quarter by
    more than a fifth. Objects often share a shape or a colour with another of their scene.

    Parameters
    ----------
    n : int
        Number of scenes, at least 1.
    seed : int
        Not negative.
    size : int
        Height and width, 64 to 256 pixels.
    objects : tuple of int
        Least and greatest number of objects in a scene, 0 to 5; all numbers are equally frequent.
        The greatest is at least 1.
    scale : tuple of float
        Least and greatest diameter of the circle around an object as a share of `size`, within
        0.25 to 0.5.
    rotation, light, clutter, noise : float, and int for `clutter`
        As in `make_objects`.
    shapes, colours, textures : sequence of str, optional
        Which of `SHAPE_NAMES` and `NEW_SHAPE_NAMES`, `COLOUR_NAMES` and `TEXTURE_NAMES` to draw,
        in the order of the labels; all by default, but for the new shapes.

    Returns
    -------
    SceneImages

    Raises
    ------
    ValueError
        For a value out of its range, an unknown name, fewer pairs of shape and colour than objects
        in a scene, or objects too large to be laid out.
    """
    n = whole("n", n, 1)
    class_names, shape_ids = chosen("shapes", shapes, ALL_SHAPE_NAMES, SHAPE_NAMES)
    colour_names, colour_ids = chosen("colours", colours, COLOUR_NAMES)
    texture_names, texture_ids = chosen("textures", textures, TEXTURE_NAMES)
    settings = Settings(
        seed=whole("seed", seed, 0),
        size=whole("size", size, 64, 256),
        objects=interval("objects", objects, 0, 5, Integral),
        scale=interval("scale", scale, 0.25, 0.5),
        rotation=number("rotation", rotation, 0, 180),
        light=number("light", light, 0, 1),
        clutter=whole("clutter", clutter, 0, 20),
        noise=number("noise", noise, 0, 64),
        shape_ids=shape_ids,
        colour_ids=colour_ids,
        texture_ids=texture_ids,
    )
    if settings.objects[1] == 0:
        raise ValueError("`objects` must be a pair (low, high) with 1 <= high. Received: (0, 0)")
    if settings.objects[1] > len(shape_ids) * len(colour_ids):
        raise ValueError(
            f"`objects` of a scene differ in shape or colour, so {settings.objects[1]} need as "
            f"many pairs. Received: {len(shape_ids)} shapes and {len(colour_ids)} colours"
        )
    parts = [
        _draw_block(settings, first // settings.block, min(settings.block, n - first))
        for first in range(0, n, settings.block)
    ]
    arrays = {name: np.concatenate([part[name] for part in parts]) for name in parts[0]}
    return SceneImages(
        **arrays,
        captions=_captions(arrays, class_names, colour_names, texture_names),
        class_names=class_names,
        colour_names=colour_names,
        texture_names=texture_names,
        DESCR=(
            f"Scenes: {n:,} drawn pictures of several objects each, {size} x {size} pixels, RGB. "
            f"Drawn by course_utils.drawn.make_scenes; settings: {seed=}, {objects=}, {scale=}, "
            f"{rotation=}, {light=}, {clutter=}, {noise=}. No two objects of a scene share both "
            f"shape and colour. At least {LEAST_VISIBLE:.0%} of each object is seen, and it lies "
            "wholly inside the picture. From one object to the next, the centre of what is seen "
            f"moves to the right by at least {LEAST_GAP:.0%} of the width. Nobody's data, no "
            "licence needed: the pictures come from a seed."
        ),
    )


class _Objects(NamedTuple):
    """Drawn objects, and where each goes: a row an object, many scenes mixed."""

    sprites: paint.Sprites
    picture: np.ndarray  # which scene, and which of its objects from left to right
    number: np.ndarray
    layer: np.ndarray  # order of painting
    left: np.ndarray  # pixel of the picture that the sprite's first column and row fall on
    top: np.ndarray


def _draw_block(settings, block, rows):
    """Return the arrays of the first scenes of a block, by the names of `SceneImages`."""
    plan = make_plan(settings, block, rows)
    arrays = {"counts": plan.exists.sum(axis=1)}
    for name in ("labels", "colours", "textures", "depth"):
        arrays[name] = np.where(plan.exists, getattr(plan, name), -1)
    chunk = paint.CHUNK_PIXELS // settings.size**2
    pending = np.arange(rows)
    for attempt in range(_MOST_ATTEMPTS):
        *places, fits = propose_layouts(settings, block, plan, pending, attempt)
        drawn = np.flatnonzero(fits)
        for start in range(0, len(drawn), chunk):
            some = drawn[start : start + chunk]
            scenes = pending[some]
            objects = _draw_objects(settings, plan, scenes, *(each[some] for each in places))
            seen = _observe(objects, plan.exists[scenes], settings.size)
            fits[some] = _is_clear(seen, plan.exists[scenes], settings.size)
            seen["images"] = _compose(settings, plan, scenes, objects)
            for name, values in seen.items():  # the unclear ones are overwritten later
                if name not in arrays:
                    arrays[name] = np.zeros((rows, *values.shape[1:]), values.dtype)
                arrays[name][scenes] = values
        pending = pending[~fits]
        if not len(pending):
            return arrays
    raise ValueError(
        f"No layout found in {_MOST_ATTEMPTS} attempts: ask for fewer or smaller objects. "
        f"Received: objects={settings.objects}, scale={settings.scale}"
    )


def _draw_objects(settings, plan, scenes, x, y, radius):
    """Return the `_Objects` of some scenes; x, y and radius ``(scenes, most)`` in pixels."""
    picture, number = own = np.nonzero(plan.exists[scenes])
    of = scenes[picture], number
    x, y, radius = x[own], y[own], radius[own]
    fall = 60.0 + settings.light * 70.0 * (plan.look[of[0], 0] - 0.5)
    # the patch reaches farther where the shadow falls
    fall_x, fall_y = paint.directions(fall)
    side, offset = settings.side, 0.09 * radius + 0.6
    left = paint.corner(x + offset * fall_x, side, settings.size)
    top = paint.corner(y + offset * fall_y, side, settings.size)
    sprites = paint.render(
        shape=settings.shape_ids[plan.labels[of]],
        colour=settings.colour_ids[plan.colours[of]],
        texture=settings.texture_ids[plan.textures[of]],
        x=x - left,
        y=y - top,
        radius=radius,
        angle=plan.angle[of],
        phase=plan.phase[of],
        fall=fall,
        side=side,
    )
    return _Objects(sprites, picture, number, plan.depth[of], left, top)


def _compose(settings, plan, scenes, objects):
    look = plan.look[scenes]
    paper = (look[:, 1] * len(paint.PAPERS)).astype(np.int64)
    canvas = paint.ground(paper, 360.0 * look[:, 2], settings.size)
    number_of_marks = (look[:, 3] * (settings.clutter + 1)).astype(np.int64)
    paint.scatter(canvas, plan.marks[scenes], number_of_marks, settings.size / 40.0)
    for layer in range(settings.objects[1]):
        of = objects.layer == layer
        sprites = paint.Sprites(*(part[of] for part in objects.sprites))
        paint.paste(canvas, sprites, objects.picture[of], objects.left[of], objects.top[of])
    brightness = 1.0 + settings.light * (0.10 * look[:, 4] - 0.035)
    paint.illuminate(canvas, brightness, settings.light * 0.24 * (look[:, 5:7] - 0.5), look[:, 7:9])
    return paint.develop(canvas, plan.octets[scenes] if settings.noise else None, settings.noise)


def _observe(objects, exists, size):
    """Return what is seen in scenes from their objects' outlines, by the names of `SceneImages`."""
    pictures, most = exists.shape
    own = objects.picture, objects.number
    identity = (objects.number + 1).astype(np.uint8)[:, None, None]
    inside = objects.sprites.alpha > 0.5
    m, _, side = inside.shape
    instances = np.zeros((pictures, size, size), np.uint8)
    view = paint.windows(instances, side)
    for layer in range(most):
        of = objects.layer == layer
        place = objects.picture[of], objects.top[of], objects.left[of]
        view[place] = np.where(inside[of], identity[of], view[place])
    found = view[objects.picture, objects.top, objects.left]
    visible = found == identity
    seen = np.count_nonzero(visible, axis=(1, 2))

    # who is seen where: a count for each pair of an object's outline and an object in sight
    pairs = (np.arange(m)[:, None, None] * most + found - 1)[inside]
    covered = np.bincount(pairs, minlength=m * most).reshape(m, most)
    corner = np.stack([objects.left, objects.top], axis=1)
    middle = np.arange(side) + 0.5
    moments = np.stack([visible.sum(axis=axis) @ middle for axis in (1, 2)], axis=1)
    values = {
        "boxes": paint.boxes_of(visible) + np.tile(corner, 2),
        "full_boxes": paint.boxes_of(inside) + np.tile(corner, 2),
        "centres": corner + moments / np.maximum(seen, 1)[:, None],
        "covered": covered,
        "visibility": seen / covered.sum(axis=1),
    }
    truth = {"instances": instances}
    for name, of_objects in values.items():
        truth[name] = np.zeros((*exists.shape, *of_objects.shape[1:]), of_objects.dtype)
        truth[name][own] = of_objects
    return truth


def _is_clear(truth, exists, size):
    """Return whether each scene, bool ``(scenes,)``, leaves no doubt about what is where."""
    seen = np.diagonal(truth["covered"], axis1=1, axis2=2)
    clear = (truth["visibility"] >= LEAST_VISIBLE) & (seen >= LEAST_SEEN * size**2)
    clear = (clear | ~exists).all(axis=1)
    dx, dy = np.diff(truth["centres"], axis=1).transpose(2, 0, 1)
    ordered = dx >= LEAST_GAP * size
    ordered &= np.diff(truth["boxes"][..., 0] + truth["boxes"][..., 2], axis=1) > 0
    ordered &= np.abs(np.abs(dy) - np.abs(dx)) >= LEAST_SLANT * size
    return clear & (ordered | ~exists[:, 1:]).all(axis=1)


def _captions(arrays, class_names, colour_names, texture_names):
    dx, dy = np.diff(arrays["centres"], axis=1).transpose(2, 0, 1)
    upright = np.where(dy > 0, "above", "below")  # rows count downwards
    relations = np.where(np.abs(dy) > dx, upright, "left of").tolist()
    kinds = np.stack([arrays["labels"], arrays["colours"], arrays["textures"]], axis=2).tolist()
    captions = []
    for count, kind, said in zip(arrays["counts"].tolist(), kinds, relations, strict=True):
        mentions = [
            Mention(class_names[label], colour_names[colour], texture_names[texture])
            for label, colour, texture in kind[:count]
        ]
        captions.append(write_caption(mentions, said[: count - 1]) if mentions else "")
    return tuple(captions)
