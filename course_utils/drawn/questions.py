"""Questions about scenes, with answers, balanced so that the words alone give nothing away.

==========  ==================================================  ====================
kind        question                                            answers
==========  ==================================================  ====================
count       how many stars | red things | things are there      zero to five
exists      is there a green ring                               yes, no
colour      what colour is the heart                            colours
shape       what shape is the green thing                       shapes
pattern     what pattern has the green ring                     plain, striped, ...
position    is the red star left of | right of | above |        yes, no
            below the green ring
depth       is the red star in front of | behind the            yes, no
            green ring
==========  ==================================================  ====================

A question is asked only where the picture answers it without doubt. "The heart" is the scene's only
heart, "the green thing" its only green object. One object is left or right of, above or below
another by the centres of what is seen of them, and above or below only if these are at least
`LEAST_RISE` of the picture's height apart. One is in front of another if it is seen where at least
`LEAST_OVERLAP` of the other's outline lies. A pair that a scene is asked for and does not show has
its shape or its colour in the scene, so that both have to be looked at.
"""

from dataclasses import dataclass, field

import numpy as np

from course_utils._validate import chosen, whole
from course_utils.drawn.captions import with_article
from course_utils.drawn.paint import Stream
from course_utils.drawn.words import ADJECTIVES, COLOUR_NAMES, SHAPE_NAMES, TEXTURE_NAMES

LEAST_RISE = 0.1
LEAST_OVERLAP = 0.08

KINDS = ("count", "exists", "colour", "shape", "pattern", "position", "depth")
NUMBERS = ("zero", "one", "two", "three", "four", "five")
PATTERNS = tuple(ADJECTIVES[name] or name for name in TEXTURE_NAMES)
ANSWERS = (*NUMBERS, "yes", "no", *COLOUR_NAMES, *SHAPE_NAMES, *PATTERNS)
PLURALS = {name: f"{name}es" if name.endswith("s") else f"{name}s" for name in SHAPE_NAMES}
PLACES = ("left of", "right of", "above", "below")
SIDES = ("in front of", "behind")
QUESTION_WORDS = (
    *("how", "many", "things", "are", "there", "is", "a", "an", "what", "colour", "the", "shape"),
    *("thing", "pattern", "has", "left", "right", "of", "above", "below", "in", "front", "behind"),
    *COLOUR_NAMES,
    *SHAPE_NAMES,
    *PLURALS.values(),
)
LONGEST_QUESTION = 10  # words: "is the red star in front of the green ring"

_PURPOSE = 32  # of the streams of `paint`


@dataclass(frozen=True)
class Questions:
    """Questions about scenes, in the order of the scenes.

    Attributes
    ----------
    texts : tuple of str
        Words of `QUESTION_WORDS`, separated by one space.
    answers : tuple of str
        One of `ANSWERS` each.
    kinds : tuple of str
        One of `KINDS` each.
    scenes : ndarray of int64, shape (m,)
        Which scene each is about.
    objects : ndarray of int64, shape (m, 2)
        Numbers of the objects that it is about, in the order in which it names them; -1: none.
        Counts are about none in particular, nor is a pair that is not there.
    """

    texts: tuple[str, ...] = field(repr=False)
    answers: tuple[str, ...] = field(repr=False)
    kinds: tuple[str, ...] = field(repr=False)
    scenes: np.ndarray = field(repr=False)
    objects: np.ndarray = field(repr=False)

    def __len__(self):
        return len(self.texts)


def make_questions(scenes, *, seed, per_scene=4, kinds=None):
    """Ask questions about scenes.

    All kinds are equally frequent, and so are the answers of each kind (of `count`: of each of its
    three forms), as far as the scenes allow: few hold three stars. No question is asked twice of
    one scene; a scene may be asked more or fewer than `per_scene`.

    Parameters
    ----------
    scenes : SceneImages
    seed : int
        Not negative. The same scenes and seed give the same questions on every platform.
    per_scene : int
        Questions a scene on average, 1 to 20. A kind for which there are not enough gets fewer.
    kinds : sequence of str, optional
        Which of `KINDS` to ask; all by default.

    Returns
    -------
    Questions

    Raises
    ------
    ValueError
        For a value out of its range, an unknown kind, or one that none of the scenes allows.
    """
    seed = whole("seed", seed, 0)
    per_scene = whole("per_scene", per_scene, 1, 20)
    kinds, _ = chosen("kinds", kinds, KINDS)
    wanted = len(scenes) * per_scene
    rows = []
    for i, kind in enumerate(kinds):
        candidates = _CANDIDATES[kind](scenes)
        if not len(candidates.scene):
            raise ValueError(
                f"`kinds` must be kinds that the scenes allow; none of these {len(scenes)} gives "
                f"an unambiguous question about {kind}. Received: {kinds}"
            )
        share = wanted // len(kinds) + (i < wanted % len(kinds))
        stream = Stream(seed, _PURPOSE + KINDS.index(kind))
        for row in _balanced(candidates, share, stream).tolist():
            answer, text = candidates.say(row)
            about = int(candidates.object[row]), int(candidates.other[row])
            rows.append((int(candidates.scene[row]), KINDS.index(kind), text, answer, about))
    rows.sort()
    return Questions(
        texts=tuple(row[2] for row in rows),
        answers=tuple(row[3] for row in rows),
        kinds=tuple(KINDS[row[1]] for row in rows),
        scenes=np.array([row[0] for row in rows], np.int64),
        objects=np.array([row[4] for row in rows], np.int64).reshape(-1, 2),
    )


@dataclass(frozen=True)
class _Candidates:
    """All questions of a kind that could be asked: a row a question.

    Attributes
    ----------
    scene, object, other : ndarray of int64, shape (m,)
        As in `Questions`.
    form : ndarray of int64, shape (m,)
        Answers are balanced within each form.
    answer : ndarray of int64, shape (m,)
    say : callable
        From a row to answer and text.
    """

    scene: np.ndarray
    object: np.ndarray
    other: np.ndarray
    form: np.ndarray
    answer: np.ndarray
    say: object


def _balanced(candidates, wanted, stream):
    """Return rows, each form's answers as equally frequent as there are candidates, in order."""
    keys = stream.uniforms(len(candidates.scene), 1)[:, 0]
    strata = candidates.form * len(ANSWERS) + candidates.answer
    values, pools = np.unique(strata, return_counts=True)
    forms = values // len(ANSWERS)
    shares = _fill(wanted, np.array([pools[forms == form].sum() for form in np.unique(forms)]))
    rows = []
    for form, share in zip(np.unique(forms), shares, strict=True):
        quotas = _fill(share, pools[forms == form])
        for value, quota in zip(values[forms == form], quotas, strict=True):
            pool = np.flatnonzero(strata == value)
            rows.append(pool[np.argsort(keys[pool], kind="stable")[:quota]])
    return np.sort(np.concatenate(rows))


def _fill(wanted, pools):
    """Share out `wanted` among pools as equally as their sizes allow."""
    quotas = np.zeros(len(pools), np.int64)
    order = np.argsort(pools, kind="stable")
    for done, pool in enumerate(order):
        quotas[pool] = min(pools[pool], -(-wanted // (len(pools) - done)))
        wanted -= quotas[pool]
    return quotas


# --- What could be asked --------------------------------------------------------------------------


def _none(like):
    return np.full(len(like), -1)


def _name(scenes, scene, number):
    """Return an object's colour and shape in words."""
    colour = scenes.colour_names[scenes.colours[scene, number]]
    return f"{colour} {scenes.class_names[scenes.labels[scene, number]]}"


def _tally(values, classes):
    """Return how many objects of each class each scene has, int64 ``(n, classes)``."""
    return (values[:, :, None] == np.arange(classes)).sum(axis=1)


def _count(scenes):
    n, n_shapes = len(scenes), len(scenes.class_names)
    tallies = np.concatenate(
        [
            scenes.counts[:, None],
            _tally(scenes.labels, n_shapes),
            _tally(scenes.colours, len(scenes.colour_names)),
        ],
        axis=1,
    )
    things = [
        "things",
        *(PLURALS[name] for name in scenes.class_names),
        *(f"{name} things" for name in scenes.colour_names),
    ]
    column = np.tile(np.arange(len(things)), n)

    def say(row):
        answer = NUMBERS[tallies.ravel()[row]]
        return answer, f"how many {things[column[row]]} are there"

    form = np.where(column == 0, 0, np.where(column <= n_shapes, 1, 2))
    scene = np.repeat(np.arange(n), len(things))
    return _Candidates(scene, _none(scene), _none(scene), form, tallies.ravel(), say)


def _exists(scenes):
    pairs = np.where(
        scenes.labels >= 0, scenes.labels * len(scenes.colour_names) + scenes.colours, -1
    )
    n_pairs = len(scenes.class_names) * len(scenes.colour_names)
    there = _tally(pairs, n_pairs) > 0
    shape_there = _tally(scenes.labels, len(scenes.class_names)) > 0
    colour_there = _tally(scenes.colours, len(scenes.colour_names)) > 0
    half = (shape_there[:, :, None] | colour_there[:, None, :]).reshape(len(scenes), n_pairs)
    scene, pair = np.nonzero(half)
    answer = there[scene, pair].astype(np.int64)
    same = pairs[scene] == pair[:, None]
    about = np.where(answer == 1, same.argmax(axis=1), -1)

    def say(row):
        shape, colour = divmod(int(pair[row]), len(scenes.colour_names))
        named = f"{scenes.colour_names[colour]} {scenes.class_names[shape]}"
        return ("no", "yes")[answer[row]], f"is there {with_article(named)}"

    return _Candidates(scene, about, _none(scene), 0 * scene, answer, say)


def _only(values):
    """Return scene and number of the objects whose class no other object of their scene has."""
    same = (values[:, :, None] == values[:, None, :]).sum(axis=2)
    return np.nonzero((same == 1) & (values >= 0))


def _colour(scenes):
    scene, number = _only(scenes.labels)
    answer = scenes.colours[scene, number]

    def say(row):
        shape = scenes.class_names[scenes.labels[scene[row], number[row]]]
        return scenes.colour_names[answer[row]], f"what colour is the {shape}"

    return _Candidates(scene, number, _none(scene), 0 * scene, answer, say)


def _shape(scenes):
    scene, number = _only(scenes.colours)
    answer = scenes.labels[scene, number]

    def say(row):
        colour = scenes.colour_names[scenes.colours[scene[row], number[row]]]
        return scenes.class_names[answer[row]], f"what shape is the {colour} thing"

    return _Candidates(scene, number, _none(scene), 0 * scene, answer, say)


def _pattern(scenes):
    scene, number = np.nonzero(scenes.labels >= 0)
    answer = scenes.textures[scene, number]

    def say(row):
        pattern = scenes.texture_names[answer[row]]
        named = _name(scenes, scene[row], number[row])
        return ADJECTIVES[pattern] or pattern, f"what pattern has the {named}"

    return _Candidates(scene, number, _none(scene), 0 * scene, answer, say)


def _comparisons(scenes, holds, relations):
    """Return yes-no questions about two objects.

    `holds`, int64 ``(n, most, most, relations)``, is 1 where the first object is so to the second,
    0 where it is not, and -1 where it is in doubt.
    """
    scene, first, second, relation = np.nonzero(holds >= 0)
    answer = holds[scene, first, second, relation]

    def say(row):
        one, other = (_name(scenes, scene[row], each[row]) for each in (first, second))
        text = f"is the {one} {relations[relation[row]]} the {other}"
        return ("no", "yes")[answer[row]], text

    return _Candidates(scene, first, second, relation, answer, say)


def _position(scenes):
    there = scenes.labels >= 0
    pair = there[:, :, None] & there[:, None, :] & ~np.eye(there.shape[1], dtype=bool)
    x, y = scenes.centres.transpose(2, 0, 1)
    left = x[:, :, None] < x[:, None, :]
    rise = y[:, None, :] - y[:, :, None]
    level = np.abs(rise) < LEAST_RISE * scenes.images.shape[1]
    holds = np.stack([left, ~left, rise > 0, rise < 0], axis=3).astype(np.int64)
    holds[level, 2:] = -1
    holds[~pair] = -1
    return _comparisons(scenes, holds, PLACES)


def _depth(scenes):
    outline = scenes.covered.sum(axis=2, keepdims=True)
    # [k, j]: object j hides a good part of object k
    hides = scenes.covered >= LEAST_OVERLAP * np.maximum(outline, 1)
    hides &= ~np.eye(hides.shape[1], dtype=bool)
    behind, front = hides, hides.swapaxes(1, 2)
    holds = np.stack([front, behind], axis=3).astype(np.int64)
    holds[~(behind ^ front)] = -1
    return _comparisons(scenes, holds, SIDES)


_CANDIDATES = {
    "count": _count,
    "exists": _exists,
    "colour": _colour,
    "shape": _shape,
    "pattern": _pattern,
    "position": _position,
    "depth": _depth,
}
