"""One drawn object an image: shape x colour x texture, with the truth of every pixel known."""

from dataclasses import dataclass, field

import numpy as np

from course_utils._validate import chosen, interval, number, one_of, pair, whole
from course_utils.drawn import paint
from course_utils.drawn.words import ALL_SHAPE_NAMES, COLOUR_NAMES, SHAPE_NAMES, TEXTURE_NAMES


@dataclass(frozen=True)
class ObjectImages:
    """Pictures of one object each.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, size, size, 3)
        RGB.
    labels, colours, textures : ndarray of int64, shape (n,)
        Indices into `class_names`, `colour_names` and `texture_names`.
    masks : ndarray of bool, shape (n, size, size)
        Where the object covers more than half of a pixel.
    boxes : ndarray of int64, shape (n, 4)
        x0, y0, x1, y1 of the mask, pixel edges, half-open.
    class_names, colour_names, texture_names : tuple of str
    DESCR : str
        How they were drawn, and what is balanced.
    """

    images: np.ndarray = field(repr=False)
    labels: np.ndarray = field(repr=False)
    colours: np.ndarray = field(repr=False)
    textures: np.ndarray = field(repr=False)
    masks: np.ndarray = field(repr=False)
    boxes: np.ndarray = field(repr=False)
    class_names: tuple[str, ...]
    colour_names: tuple[str, ...]
    texture_names: tuple[str, ...]
    DESCR: str = field(repr=False)

    def __len__(self):
        return len(self.images)


def make_objects(
    n,
    *,
    seed,
    size=32,
    rotation=45.0,
    scale=(0.45, 0.80),
    shift=0.6,
    light=1.0,
    clutter=6,
    noise=5.0,
    shapes=None,
    colours=None,
    textures=None,
):
    """Draw n pictures of one object each.

    The same arguments give the same bytes on every platform and NumPy version, and with all else
    equal the first pictures do not depend on how many follow: ``make_objects(100, seed=1)`` are
    the first hundred of ``make_objects(1000, seed=1)``. Another seed for validation and test.

    Parameters
    ----------
    n : int
        Number of pictures, at least 1.
    seed : int
        Not negative.
    size : int
        Height and width, 24 to 128 pixels.
    rotation : float
        The object is turned by up to this many degrees either way, 0 to 180; 0 is upright.
    scale : tuple of float
        Least and greatest diameter of the circle around the object as a share of `size`, within
        0.4 to 0.9.
    shift : float
        How much of the room around it the object uses, 0 (centred) to 1 (anywhere in the picture).
    light : float
        How much brightness and direction of the light vary, 0 to 1.
    clutter : int
        Greatest number of small distracting marks behind the object, 0 to 20.
    noise : float
        Standard deviation of the noise in grey levels, 0 to 64.
    shapes, colours, textures : sequence of str, optional
        Which of `SHAPE_NAMES` and `NEW_SHAPE_NAMES`, `COLOUR_NAMES` and `TEXTURE_NAMES` to draw,
        in the order of the labels; all by default, but for the new shapes.

    Returns
    -------
    ObjectImages

    Raises
    ------
    ValueError
        For a value out of its range or an unknown name.
    """
    n = whole("n", n, 1)
    seed = whole("seed", seed, 0)
    size = whole("size", size, 24, 128)
    clutter = whole("clutter", clutter, 0, 20)
    rotation = number("rotation", rotation, 0, 180)
    shift = number("shift", shift, 0, 1)
    light = number("light", light, 0, 1)
    noise = number("noise", noise, 0, 64)
    smallest, largest = scale = interval("scale", scale, 0.4, 0.9)
    class_names, shape_ids = chosen("shapes", shapes, ALL_SHAPE_NAMES, SHAPE_NAMES)
    colour_names, colour_ids = chosen("colours", colours, COLOUR_NAMES)
    texture_names, texture_ids = chosen("textures", textures, TEXTURE_NAMES)

    labels = paint.Stream(seed, 0).balanced(n, len(class_names))
    colour_labels = paint.Stream(seed, 1).balanced(n, len(colour_names))
    texture_labels = paint.Stream(seed, 2).balanced(n, len(texture_names))
    draw = paint.Stream(seed, 3).uniforms(n, 16)
    marks = paint.Stream(seed, 4).uniforms(n, clutter, 8)
    noise_stream = paint.Stream(seed, 5)

    images = np.empty((n, size, size, 3), np.uint8)
    masks = np.empty((n, size, size), bool)
    chunk = paint.CHUNK_PIXELS // size**2
    for first in range(0, n, chunk):
        rows = slice(first, first + chunk)
        lot = draw[rows].T
        radius = 0.5 * size * (smallest + (largest - smallest) * lot[0])
        room = shift * (0.5 * size - 0.5 - radius)
        canvas, alpha = _paint(
            size,
            shape=shape_ids[labels[rows]],
            colour=colour_ids[colour_labels[rows]],
            texture=texture_ids[texture_labels[rows]],
            x=0.5 * size + room * (2.0 * lot[1] - 1.0),
            y=0.5 * size + room * (2.0 * lot[2] - 1.0),
            radius=radius,
            angle=rotation * (2.0 * lot[3] - 1.0),
            phase=lot[4:6].T,
            fall=60.0 + light * 70.0 * (lot[6] - 0.5),
            paper=(lot[7] * len(paint.PAPERS)).astype(np.int64),
            turn=360.0 * lot[8],
            brightness=1.0 + light * (0.16 * lot[9] - 0.11),
            slope=light * 0.30 * (lot[10:12].T - 0.5),
            grain=lot[12:14].T,
            number_of_marks=(lot[14] * (clutter + 1)).astype(np.int64),
            marks=marks[rows],
        )
        octets = noise_stream.octets(len(canvas), canvas[0].size) if noise else None
        images[rows] = paint.develop(canvas, octets, noise)
        masks[rows] = alpha > 0.5

    return ObjectImages(
        images=images,
        labels=labels,
        colours=colour_labels,
        textures=texture_labels,
        masks=masks,
        boxes=paint.boxes_of(masks),
        class_names=class_names,
        colour_names=colour_names,
        texture_names=texture_names,
        DESCR=(
            f"Objects: {n:,} drawn pictures of one object each, {size} x {size} pixels, RGB. Drawn "
            f"by course_utils.drawn.make_objects; settings: {seed=}, {rotation=}, {scale=}, "
            f"{shift=}, {light=}, {clutter=}, {noise=}. Shape, colour and texture are each "
            "balanced (every run of k pictures from a multiple of k on shows each of k classes "
            "once) and independent of one another and of all else. The object lies wholly inside "
            "the picture. Nobody's data, no licence needed: the pictures come from a seed."
        ),
    )


def draw_object(
    shape, colour="blue", texture="plain", *, angle=0.0, scale=0.7, centre=(0.5, 0.5), size=32
):
    """Draw one chosen object on plain, evenly lit paper, without clutter or noise.

    Two calls that differ in one argument differ in that alone, which is what an experiment needs.

    Parameters
    ----------
    shape, colour, texture : str
        Of `SHAPE_NAMES` and `NEW_SHAPE_NAMES`, `COLOUR_NAMES` and `TEXTURE_NAMES`.
    angle : float
        Degrees, anticlockwise.
    scale : float
        Diameter of the circle around the object as a share of `size`, 0.4 to 0.9.
    centre : tuple of float
        Place of its centre, x and y as shares of `size`; may lie so that the object is cut off.
    size : int
        Height and width, 24 to 128 pixels.

    Returns
    -------
    ndarray of uint8, shape (size, size, 3)

    Raises
    ------
    ValueError
        For a value out of its range or an unknown name.
    """
    size = whole("size", size, 24, 128)
    scale = number("scale", scale, 0.4, 0.9)
    x, y = pair("centre", centre)
    canvas, _ = _paint(
        size,
        shape=one_of("shape", shape, ALL_SHAPE_NAMES),
        colour=one_of("colour", colour, COLOUR_NAMES),
        texture=one_of("texture", texture, TEXTURE_NAMES),
        x=np.array([size * x]),
        y=np.array([size * y]),
        radius=np.array([0.5 * size * scale]),
        angle=np.array([number("angle", angle, -3600, 3600)]),
        phase=np.zeros((1, 2)),
        fall=np.array([60.0]),
        paper=np.zeros(1, np.int64),
        turn=np.array([60.0]),
        brightness=np.ones(1),
        slope=np.zeros((1, 2)),
        grain=np.zeros((1, 2)),
        number_of_marks=np.zeros(1, np.int64),
        marks=np.zeros((1, 0, 8)),
    )
    return paint.develop(canvas, None, 0.0)[0]


def _paint(size, *, paper, turn, number_of_marks, marks, brightness, slope, grain, **objects):
    """Return canvas float32 (n, 3, size, size) and the objects' coverage (n, size, size)."""
    canvas = paint.ground(paper, turn, size)
    paint.scatter(canvas, marks, number_of_marks, size / 32.0)
    sprites = paint.render(**objects, side=size)
    paint.blend(canvas, sprites)
    paint.illuminate(canvas, brightness, slope, grain)
    return canvas, sprites.alpha
