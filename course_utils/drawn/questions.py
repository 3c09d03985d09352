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
from itertools import permutations, product
from typing import NamedTuple

import numpy as np

from course_utils._validate import chosen, whole
from course_utils.drawn.captions import Mention, read_caption
from course_utils.drawn.paint import Stream
from course_utils.drawn.words import ADJECTIVES, COLOUR_NAMES, SHAPE_NAMES, TEXTURE_NAMES

LEAST_RISE = 0.1
LEAST_OVERLAP = 0.08

NUMBERS = ("zero", "one", "two", "three", "four", "five")
PATTERNS = {name: ADJECTIVES[name] or name for name in TEXTURE_NAMES}
ANSWERS = (*NUMBERS, "yes", "no", *COLOUR_NAMES, *SHAPE_NAMES, *PATTERNS.values())
PLURALS = {name: f"{name}es" if name.endswith("s") else f"{name}s" for name in SHAPE_NAMES}

_NO_YES = ("no", "yes")
_PURPOSE = 32  # of the streams of `paint`


@dataclass(frozen=True)
class Questions:
    """Questions about scenes, in the order of the scenes.

    Attributes
    ----------
    texts, answers, kinds : tuple of str
        Words separated by one space; one of `ANSWERS` each; one of `KINDS` each.
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
    if not set(scenes.class_names) <= set(SHAPE_NAMES):
        raise ValueError(
            "`scenes` must show shapes that there are answers for, those of SHAPE_NAMES. "
            f"Received: {', '.join(scenes.class_names)}"
        )
    wanted = len(scenes) * per_scene
    objects = [read_caption(caption)[0] if caption else [] for caption in scenes.captions]
    rows = []
    for i, kind in enumerate(kinds):
        candidates = [
            candidate
            for scene, things in enumerate(objects)
            for candidate in _CANDIDATES[kind](scenes, scene, things)
        ]
        if not candidates:
            raise ValueError(
                f"`kinds` must be kinds that the scenes allow; none of these {len(scenes)} gives "
                f"an unambiguous question about {kind}. Received: {kinds}"
            )
        share = wanted // len(kinds) + (i < wanted % len(kinds))
        order = KINDS.index(kind)
        for row in _balanced(candidates, share, Stream(seed, _PURPOSE + order)):
            asked = candidates[row]
            rows.append((asked.scene, order, asked.text, asked.words[asked.answer], asked.about))
    rows.sort()
    where, orders, texts, answers, about = zip(*rows, strict=True)
    return Questions(
        texts=texts,
        answers=answers,
        kinds=tuple(KINDS[order] for order in orders),
        scenes=np.array(where, np.int64),
        objects=np.array(about, np.int64),
    )


class _Candidate(NamedTuple):
    scene: int
    text: str
    words: tuple  # that could answer questions of this kind, and which of them does
    answer: int
    about: tuple = (-1, -1)  # as in `Questions.objects`
    form: int = 0  # answers are balanced within each form


def _balanced(candidates, wanted, stream):
    """Return which to ask, each form's answers as equally frequent as there are candidates."""
    keys = stream.uniforms(len(candidates))
    forms = np.array([each.form for each in candidates])
    answers = np.array([each.answer for each in candidates])
    rows = []
    every_form, sizes = np.unique(forms, return_counts=True)
    for form, share in zip(every_form, _fill(wanted, sizes), strict=True):
        values, sizes = np.unique(answers[forms == form], return_counts=True)
        for value, quota in zip(values, _fill(share, sizes), strict=True):
            pool = np.flatnonzero((forms == form) & (answers == value))
            rows += pool[np.argsort(keys[pool], kind="stable")[:quota]].tolist()
    return rows


def _fill(wanted, pools):
    """Share out `wanted` among pools as equally as their sizes allow."""
    quotas = np.zeros(len(pools), np.int64)
    order = np.argsort(pools, kind="stable")
    for done, pool in enumerate(order):
        quotas[pool] = min(pools[pool], -(-wanted // (len(pools) - done)))
        wanted -= quotas[pool]
    return quotas


# --- What could be asked --------------------------------------------------------------------------
# Each takes scenes, the number of one of them and its objects, and yields candidates.


def _count(scenes, scene, things):
    yield _Candidate(scene, "how many things are there", NUMBERS, len(things))
    for shape in scenes.class_names:
        tally = sum(thing.shape == shape for thing in things)
        yield _Candidate(scene, f"how many {PLURALS[shape]} are there", NUMBERS, tally, form=1)
    for colour in scenes.colour_names:
        tally = sum(thing.colour == colour for thing in things)
        yield _Candidate(scene, f"how many {colour} things are there", NUMBERS, tally, form=2)


def _exists(scenes, scene, things):
    pairs = [(thing.shape, thing.colour) for thing in things]
    words = {word for pair in pairs for word in pair}
    for shape, colour in product(scenes.class_names, scenes.colour_names):
        text = f"is there {Mention(shape, colour)}"
        if (shape, colour) in pairs:
            about = pairs.index((shape, colour)), -1
            yield _Candidate(scene, text, _NO_YES, 1, about)
        elif shape in words or colour in words:
            yield _Candidate(scene, text, _NO_YES, 0)


def _about_one(template, scene, things, words, answers):
    """Yield the questions that fit one object of a scene and no other."""
    texts = [template.format(thing) for thing in things]
    for number, text in enumerate(texts):
        if texts.count(text) == 1:
            yield _Candidate(scene, text, words, answers[scene, number], (number, -1))


def _colour(scenes, *about):
    template = "what colour is the {0.shape}"
    return _about_one(template, *about, scenes.colour_names, scenes.colours)


def _shape(scenes, *about):
    template = "what shape is the {0.colour} thing"
    return _about_one(template, *about, scenes.class_names, scenes.labels)


def _pattern(scenes, *about):
    patterns = [PATTERNS[name] for name in scenes.texture_names]
    template = "what pattern has the {0.colour} {0.shape}"
    return _about_one(template, *about, patterns, scenes.textures)


def _compare(scene, things, pair, relations):
    """Yield a question for each relation and whether it holds between two things."""
    one, other = (f"{things[number].colour} {things[number].shape}" for number in pair)
    for form, (relation, holds) in enumerate(relations.items()):
        text = f"is the {one} {relation} the {other}"
        yield _Candidate(scene, text, _NO_YES, int(holds), pair, form)


def _position(scenes, scene, things):
    level = LEAST_RISE * scenes.images.shape[1]
    for pair in permutations(range(len(things)), 2):
        (x, y), (other_x, other_y) = scenes.centres[scene, list(pair)].tolist()
        relations = {"left of": x < other_x, "right of": x >= other_x}
        if abs(other_y - y) >= level:
            relations |= {"above": y < other_y, "below": y > other_y}
        yield from _compare(scene, things, pair, relations)


def _depth(scenes, scene, things):
    covered = scenes.covered[scene]
    # [k, j]: object j hides a good part of object k
    hides = covered >= LEAST_OVERLAP * np.maximum(covered.sum(axis=1, keepdims=True), 1)
    for first, second in permutations(range(len(things)), 2):
        front, behind = hides[second, first], hides[first, second]
        if front != behind:
            relations = {"in front of": front, "behind": behind}
            yield from _compare(scene, things, (first, second), relations)


_KINDS = (_count, _exists, _colour, _shape, _pattern, _position, _depth)
_CANDIDATES = {candidates.__name__[1:]: candidates for candidates in _KINDS}
KINDS = tuple(_CANDIDATES)
