"""Drawn faces of nobody: the person fixes the features, and all else changes between pictures.

Lengths are in units of half the head's height; u goes right and v up from the middle of the head.
"""

from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from types import SimpleNamespace

import numpy as np

from course_utils._validate import number, whole
from course_utils.drawn import paint
from course_utils.drawn.paint import column
from course_utils.drawn.shapes import length

GROUP_NAMES = ("amber", "jade")
"""Two peoples. What is red in one is green in the other, and the other way round; nothing else."""

LANDMARK_NAMES = ("left eye", "right eye", "nose", "left of mouth", "right of mouth")
"""As seen in the picture."""

# Red, green and blue of the amber people.
_SKINS = np.array(
    (
        *((250, 214, 182), (240, 190, 150), (224, 166, 118)),
        *((196, 132, 90), (152, 96, 66), (110, 68, 50)),
    ),
    np.float64,
)
_HAIRS = np.array(
    (
        *((38, 30, 34), (84, 52, 38), (140, 84, 44)),
        *((206, 156, 84), (170, 66, 40), (150, 148, 152)),
    ),
    np.float64,
)
_IRISES = np.array(((66, 40, 30), (112, 74, 36), (70, 110, 84), (64, 106, 160)), np.float64)
_PAINTS = np.array([base for base, _ in paint.PAINTS.values()], np.float32)
_DARK = np.array((30, 30, 36), np.float32)
_WHITE = np.array((248, 248, 244), np.float32)

_THREADS = 2  # 16 of them, on as many cores, took longer than one

TRAITS = {
    "half": (0.68, 0.86),  # of the head's width
    "taper": (0.10, 0.34),  # how much narrower the chin is
    "volume": (0.03, 0.17),  # of the hair
    "ear": (0.11, 0.20),
    "eye_height": (0.04, 0.20),
    "apart": (0.29, 0.43),  # half of what is between the eyes
    "eye_width": (0.115, 0.175),
    "eye_open": (0.060, 0.105),
    "tilt": (-0.05, 0.07),
    "brow_up": (0.14, 0.25),
    "brow_thick": (0.022, 0.062),
    "brow_tilt": (-0.07, 0.09),
    "nose_long": (0.28, 0.46),
    "nose_wide": (0.08, 0.19),
    "mouth_down": (0.17, 0.29),  # from the nose
    "mouth_wide": (0.19, 0.34),
    "lip_thick": (0.030, 0.075),
    "blush": (0.0, 0.30),
    "hairline": (0.38, 0.80),
    "parting": (-0.5, 0.5),
    "swing": (-0.55, 0.35),  # of the hairline beside the parting
    "locks": (2.0, 6.0),
    "mole_u": (-0.5, 0.5),
    "mole_v": (-0.6, 0.0),
}
"""What a person's features may be, each drawn evenly from its range."""


@dataclass(frozen=True)
class FaceImages:
    """Pictures of one face each.

    Attributes
    ----------
    images : ndarray of uint8, shape (n, size, size, 3)
        RGB.
    people : ndarray of int64, shape (n,)
        The number of the person.
    groups : ndarray of int64, shape (n,)
        Index into `group_names`: 0 for people with an even number, 1 for the others.
    glasses, covered : ndarray of bool, shape (n,)
        Whether the person wears glasses, and whether something hides a part of the face.
    landmarks : ndarray of float64, shape (n, 5, 2)
        x and y in pixels of `landmark_names`, from the left upper corner of the picture.
    group_names, landmark_names : tuple of str
    """

    images: np.ndarray = field(repr=False)
    people: np.ndarray = field(repr=False)
    groups: np.ndarray = field(repr=False)
    glasses: np.ndarray = field(repr=False)
    covered: np.ndarray = field(repr=False)
    landmarks: np.ndarray = field(repr=False)
    group_names: tuple[str, ...] = GROUP_NAMES
    landmark_names: tuple[str, ...] = LANDMARK_NAMES

    def __len__(self):
        return len(self.images)


def make_faces(
    people, *, seed, size=64, pose=1.0, light=1.0, expression=1.0, glasses=0.2, cover=0.2, noise=4.0
):
    """Draw a picture of each person in a list; a number that stands there twice is drawn twice.

    A person has the same features in every picture and under every seed. The seed decides about
    pose, light, expression, clothes, glasses, cover and paper.

    Parameters
    ----------
    people : sequence of int
        Numbers of people, 0 to 9,999,999. Even ones are amber, odd ones are jade.
    seed : int
        Not negative.
    size : int
        Height and width, 48 to 128 pixels.
    pose, light, expression : float
        How much they vary, 0 to 1.
    glasses, cover : float
        Share of pictures with glasses, and with something in front of the face.
    noise : float
        Standard deviation of the noise in grey levels, 0 to 64.

    Returns
    -------
    FaceImages

    Raises
    ------
    ValueError
        For a value out of its range.
    """
    people = np.array([whole("people", person, 0, 9_999_999) for person in people], np.int64)
    if not len(people):
        raise ValueError("`people` must hold at least one number. Received: none")
    seed = whole("seed", seed, 0)
    size = whole("size", size, 48, 128)
    pose = number("pose", pose, 0, 1)
    light = number("light", light, 0, 1)
    expression = number("expression", expression, 0, 1)
    groups = people % 2
    draw = paint.Stream(seed, 30).uniforms(len(people), 24)
    is_worn = draw[:, 0] < number("glasses", glasses, 0, 1)
    is_covered = draw[:, 1] < number("cover", cover, 0, 1)
    noise = number("noise", noise, 0, 64)

    known, of = np.unique(people, return_inverse=True)
    columns = len(TRAITS) + 8
    own = np.concatenate([paint.Stream(person, 32).uniforms(1, columns) for person in known])[of]
    images = np.empty((len(people), size, size, 3), np.uint8)
    landmarks = np.empty((len(people), 5, 2))
    at_once = paint.CHUNK_PIXELS // size**2

    def draw_from(start):
        rows = slice(start, start + at_once)
        who = _person(own[rows], groups[rows])
        now = _moment(draw[rows], is_worn[rows], is_covered[rows], pose, light, expression)
        canvas, landmarks[rows] = _portrait(who, now, size)
        octets = paint.Stream(seed, 31).octets(len(canvas), 3 * size**2, first=start)
        images[rows] = paint.develop(canvas, octets, noise)

    with ThreadPoolExecutor(_THREADS) as pool:
        list(pool.map(draw_from, range(0, len(people), at_once)))
    return FaceImages(
        images=images,
        people=people,
        groups=groups,
        glasses=is_worn,
        covered=is_covered,
        landmarks=landmarks,
    )


def _mix(colours, share):
    """Return colours, ``(n, 3)``, from a row of them; each share, 0 to 1, is a place along it."""
    place = share * (len(colours) - 1)
    low = np.minimum(place.astype(np.int64), len(colours) - 2)
    return colours[low] + (place - low)[:, None] * (colours[low + 1] - colours[low])


def _person(own, groups):
    """Return what a person has in every picture: numbers ``(n, 1, 1)``, colours ``(n, 3)``."""
    who = SimpleNamespace()
    for (name, (low, high)), share in zip(TRAITS.items(), own.T, strict=False):
        setattr(who, name, column(low + share * (high - low)))
    skin, hair, iris, long, how_long, beard, mole, bald = own.T[len(TRAITS) :]

    def of_group(rgb):
        return np.where(groups[:, None] == 1, rgb[:, [1, 0, 2]], rgb).astype(np.float32)

    who.skin = of_group(_mix(_SKINS, skin))
    who.lips = of_group(_mix(_SKINS, skin) * (0.86, 0.62, 0.62))
    who.hair = of_group(_mix(_HAIRS, hair))
    who.iris = of_group(_mix(_IRISES, iris))
    who.long = column(np.where(long < 0.45, 0.6 + 0.9 * how_long, -2.0))  # -2: none
    who.beard = column(np.where(beard < 0.2, 0.65 + 1.5 * beard, 0.0))
    who.has_mole = column(mole < 0.3)
    who.has_hair = column(bald > 0.08)
    return who


def _moment(draw, worn, covered, pose, light, expression):
    """Return what changes from picture to picture: float64 ``(n,)`` or float32 ``(n, 1, 1)``."""

    def either_way(k, most):
        return (2 * draw[:, k] - 1) * most * pose

    def any_of(paints, k):
        return paints[(draw[:, k] * len(paints)).astype(np.int64)]

    return SimpleNamespace(
        # the pose: shares of the picture's size, and degrees
        x=0.5 + either_way(2, 0.05),
        y=0.49 + either_way(3, 0.04),
        radius=0.34 + either_way(4, 0.03),
        roll=either_way(5, 12),
        yaw=either_way(6, 25),
        # the light, and from where
        paper=(draw[:, 8] * len(paint.PAPERS)).astype(np.int64),
        turn=360 * draw[:, 9],
        light=np.float32(light),
        towards=paint.directions(360 * draw[:, 10]),
        brightness=1 + light * (draw[:, 21] - 0.5) * 0.5,
        grain=draw[:, 22:24],
        # the expression
        smile=column((2 * draw[:, 11] - 0.7) * 0.12 * expression),
        gape=column(np.maximum(draw[:, 12] - 0.55, 0) * 0.24 * expression),
        squint=column(1 - 0.45 * expression * draw[:, 13] * draw[:, 13]),
        lift=column((2 * draw[:, 14] - 1) * 0.04 * expression),  # of the brows
        # what is worn and what is in front
        clothes=any_of(_PAINTS, 7),
        worn=column(worn),
        frame=any_of(_PAINTS[:3], 15) * np.float32(0.7),
        covered=column(covered),
        thing=any_of(_PAINTS, 16),
        thing_u=column(-0.7 + 1.4 * draw[:, 17]),
        thing_v=column(-0.9 + 1.4 * draw[:, 18]),
        thing_wide=column(0.20 + 0.22 * draw[:, 19]),
        thing_high=column(0.20 + 0.22 * draw[:, 20]),
    )


class _Pencil:
    """Draws on canvases, float32 ``(n, 3, size, size)``, in the coordinates of the heads."""

    def __init__(self, now, size):
        self.canvas = paint.ground(now.paper, now.turn, size)
        self.now = now
        self.size = size
        self.radius = column(size * now.radius)
        x, y, radius = size * now.x, size * now.y, size * now.radius
        *_, self.u, self.v = paint.places(x, y, radius, now.roll, size)
        self.cos, self.sin = map(column, paint.directions(now.yaw))

    def turned(self, u, depth):
        """Return where u is seen in a turned head, `depth` before the head's axis."""
        return u * self.cos + depth * self.sin

    def pixels(self, u, v):
        """Return x and y of places in pixels, float64 ``(n, 2)``."""
        u, v = u[:, 0, 0].astype(np.float64), v[:, 0, 0].astype(np.float64)
        cos, sin = paint.directions(self.now.roll)
        x = self.now.x + self.now.radius * (cos * u - sin * v)
        y = self.now.y + self.now.radius * (-sin * u - cos * v)
        return self.size * np.stack([x, y], axis=1)

    def lay(self, distance, rgb, share=1.0, soft=1.0, light=None):
        """Lay a paint, ``(n, 3)`` or ``(3,)``, where the distance from an outline is below 0.

        `soft` is the width of the edge in pixels, `share` how much the paint covers, and `light`
        what it is multiplied by.
        """
        covers = np.clip(0.5 - distance * self.radius / np.float32(soft), 0.0, 1.0) * share
        rgb = np.asarray(rgb, np.float32)[..., None, None]
        if light is not None:
            rgb = rgb * light[:, None]
        for channel in range(3):  # one by one they stay in the cache
            layer = self.canvas[:, channel]
            layer += covers * (rgb[..., channel, :, :] - layer)

    def ellipse(self, u, v, width, height):
        """Return about how far each place is outside of an ellipse."""
        inside = length((self.u - u) / width, (self.v - v) / height)
        return (inside - 1.0) * np.minimum(width, height)

    def line(self, start, end, thickness):
        """Return how far each place is outside of a line with round ends."""
        along_u, along_v = end[0] - start[0], end[1] - start[1]
        du, dv = self.u - start[0], self.v - start[1]
        square = np.maximum(along_u * along_u + along_v * along_v, np.float32(1e-6))
        share = np.clip((du * along_u + dv * along_v) / square, 0.0, 1.0)
        return length(du - share * along_u, dv - share * along_v) - thickness


def _portrait(who, now, size):
    """Draw persons at a moment; return canvases and landmarks, float64 ``(n, 5, 2)``."""
    pen = _Pencil(now, size)
    u, v = pen.u, pen.v
    narrower = who.taper * np.clip(-v, 0.0, 1.0) - 0.04 * np.clip(v, 0.0, 1.0)
    outline = who.half * (1.0 - narrower)
    head = (length(u / outline, v) - 1.0) * who.half
    _behind(pen, who, now)
    fall_x, fall_y = map(column, now.towards)
    towards = fall_x * u / who.half + fall_y * v
    edge = np.clip(head / who.half + 0.22, 0.0, 0.3)  # gets less light
    pen.lay(head, who.skin, light=1.0 + 0.16 * now.light * towards - 0.20 * edge)

    eyes = [(pen.turned(side * who.apart, 0.66), who.eye_height) for side in (-1, 1)]
    nose = pen.turned(0 * who.half, 0.86), who.eye_height - who.nose_long
    mouth = pen.turned(0 * who.half, 0.74), nose[1] - who.mouth_down
    wide = who.mouth_wide * (0.4 + 0.6 * pen.cos)
    _beard(pen, who, head, nose, mouth)
    for side, eye in zip((-1, 1), eyes, strict=True):
        _eye(pen, who, now, side, eye)
    _nose(pen, who, nose)
    _mouth(pen, who, now, mouth, wide)
    _fringe(pen, who, head, outline, towards)
    mole = pen.turned(who.mole_u, 0.7)
    pen.lay(length(u - mole, v - who.mole_v) - 0.032, who.skin * 0.4, share=who.has_mole)
    _in_front(pen, now, eyes)
    slope = np.stack([now.towards[0], -now.towards[1]], axis=1) * 0.25 * now.light
    paint.illuminate(pen.canvas, now.brightness, slope, now.grain)
    corners = [(mouth[0] + side * wide, mouth[1]) for side in (-1, 1)]
    return pen.canvas, np.stack([pen.pixels(*at) for at in [*eyes, nose, *corners]], axis=1)


def _behind(pen, who, now):
    """Draw what the head hides in part: long hair, neck, clothes and ears."""
    u, v = pen.u, pen.v
    around = length(u / (who.half + who.volume + 0.06), (np.maximum(v, 0.0) - 0.05) / 1.1) - 1.0
    pen.lay(np.maximum(around, -v - who.long), who.hair * 0.72, share=who.has_hair)
    pen.lay(np.maximum(np.abs(u) - 0.36, v + 0.5), who.skin * 0.82)
    pen.lay(pen.ellipse(0.0, -1.98, 1.25, 0.68), now.clothes)
    for side in (-1, 1):
        ear = pen.ellipse(side * 0.99 * who.half * pen.cos, -0.05, who.ear * 0.75, who.ear * 1.3)
        pen.lay(ear, who.skin * 0.9)


def _beard(pen, who, head, nose, mouth):
    beside = np.abs(pen.u - mouth[0]) / who.half
    jaw = np.maximum(head, pen.v - mouth[1] + 0.10 - 0.75 * beside * beside)
    pen.lay(jaw, who.hair * 0.9, share=who.beard, soft=2.0)
    moustache = pen.ellipse(mouth[0], nose[1] - 0.09, who.mouth_wide * 0.90, 0.055)
    pen.lay(moustache, who.hair * 0.8, share=who.beard, soft=1.5)


def _eye(pen, who, now, side, eye):
    u, v = pen.u - eye[0], pen.v - eye[1]
    wide = who.eye_width * (0.35 + 0.65 * pen.cos)
    cheek = pen.ellipse(eye[0] + 0.04 * side, eye[1] - 0.36, 0.20, 0.16)
    pen.lay(cheek, who.lips, share=who.blush, soft=12.0)
    up = v - side * who.tilt * u / wide
    lids = (length(u / wide, up / (who.eye_open * now.squint)) - 1.0) * who.eye_open
    pen.lay(lids - 0.035, who.skin * 0.62, soft=1.5)
    pen.lay(lids, _WHITE)
    middle = length(u - 0.10 * pen.sin, up)
    pen.lay(np.maximum(lids, middle - 0.92 * who.eye_open), who.iris)
    pen.lay(np.maximum(lids, middle - 0.45 * who.eye_open), _DARK)
    pen.lay(np.maximum(lids, length(u - 0.03, up - 0.03) - 0.022), _WHITE)
    high = eye[1] + who.brow_up + now.lift
    ends = (eye[0] - side * 1.15 * wide, high), (eye[0] + side * 1.25 * wide, high + who.brow_tilt)
    pen.lay(pen.line(*ends, who.brow_thick), who.hair * 0.75)


def _nose(pen, who, nose):
    u, v = nose
    ridge = pen.line((0.5 * u + 0.05, who.eye_height + 0.02), (u + 0.05, v), 0.02)
    pen.lay(ridge, who.skin * 0.66, share=0.45, soft=4.0)
    pen.lay(pen.ellipse(u, v, who.nose_wide, 0.075), who.skin * 0.78, share=0.55, soft=3.0)
    shine = pen.ellipse(u - 0.01, v + 0.05, who.nose_wide * 0.6, 0.06)
    pen.lay(shine, np.minimum(who.skin * 1.12, 255), share=0.6, soft=4.0)
    for side in (-1, 1):
        nostril = pen.ellipse(u + side * 0.55 * who.nose_wide, v - 0.035, 0.03, 0.022)
        pen.lay(nostril, who.skin * 0.38, share=0.8)


def _mouth(pen, who, now, mouth, wide):
    across = (pen.u - mouth[0]) / wide
    bow = np.clip(1.0 - across * across, 0.0, 1.0)
    up = pen.v - mouth[1] + now.smile * bow
    beyond = (np.abs(across) - 1.0) * 0.3
    pen.lay(np.maximum(np.abs(up) - (who.lip_thick + now.gape) * bow, beyond), who.lips)
    inside = np.maximum(np.abs(up) - (0.012 + now.gape) * bow, beyond + 0.024)
    pen.lay(inside, 0.25 * who.lips + _DARK)
    teeth = np.maximum(inside + 0.015, 0.25 * now.gape - up)
    pen.lay(teeth, _WHITE, share=now.gape > 0.03)


def _fringe(pen, who, head, outline, towards):
    """Draw the hair that lies before the forehead and the ears."""
    u, v = pen.u, pen.v
    cap = (length(u / (outline + who.volume), v / (1.0 + who.volume)) - 1.0) * who.half
    parting = who.parting + 0.3 * pen.sin
    forehead = who.hairline + who.swing * np.abs(u - parting) - v
    temples = np.minimum(0.90 * who.half - np.abs(u + 0.1 * pen.sin), -head)
    hair = np.maximum(cap, np.minimum(forehead, np.maximum(-0.23 - v, temples)))
    strand = (u - parting) * who.locks + 0.6 * v
    light = 0.94 + 0.07 * paint.wave(strand) + 0.10 * towards
    pen.lay(hair, who.hair, share=who.has_hair, light=light)


def _in_front(pen, now, eyes):
    """Draw the glasses, and the thing that hides a part of the face."""
    for u, v in eyes:
        glass = np.abs(pen.ellipse(u, v - 0.02, 0.24 * pen.cos, 0.20)) - 0.024
        pen.lay(glass, now.frame, share=now.worn)
    (left, v), (right, _) = eyes
    bridge = pen.line((left + 0.22 * pen.cos, v), (right - 0.22 * pen.cos, v), 0.022)
    pen.lay(bridge, now.frame, share=now.worn)
    du = np.maximum(np.abs(pen.u - now.thing_u) - now.thing_wide + 0.12, 0.0)
    dv = np.maximum(np.abs(pen.v - now.thing_v) - now.thing_high + 0.12, 0.0)
    thing = length(du, dv) - 0.12
    pen.lay(thing - 0.05, _DARK, share=0.3 * now.covered, soft=6.0)
    pen.lay(thing, now.thing, share=now.covered)
