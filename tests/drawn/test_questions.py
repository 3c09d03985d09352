"""Questions: the pixels give the answers, and the words alone do not."""

import hashlib
from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scenes import without

from course_utils.drawn.questions import (
    ANSWERS,
    KINDS,
    LEAST_OVERLAP,
    LEAST_RISE,
    NUMBERS,
    PATTERNS,
    PLURALS,
    make_questions,
)
from course_utils.drawn.scenes import make_scenes

SINGULAR = {plural: name for name, plural in PLURALS.items()}


class Witness:
    """Answers questions about one scene from its map of instances and its labels alone.

    The answers do not use what the generator knows of boxes, centres, depth or captions.
    """

    def __init__(self, data, scene, outlines):
        self.instances = data.instances[scene]
        self.outlines = outlines
        self.size = self.instances.shape[0]
        numbers = [int(each) - 1 for each in np.unique(self.instances) if each]
        self.shape = {k: data.class_names[data.labels[scene, k]] for k in numbers}
        self.colour = {k: data.colour_names[data.colours[scene, k]] for k in numbers}
        self.pattern = {
            k: PATTERNS[data.texture_names[data.textures[scene, k]]] for k in numbers
        }  # fmt: skip

    def having(self, *words):
        """Return the objects that all words fit."""
        return [
            k
            for k in self.shape
            if all(word in ("thing", self.shape[k], self.colour[k]) for word in words)
        ]

    def only(self, *words):
        (number,) = self.having(*words)
        return number

    def middle(self, number):
        rows, columns = np.nonzero(self.instances == number + 1)
        return columns.mean(), rows.mean()

    def answer(self, question):
        """Return the answer, and the objects that the question is about."""
        match question.split(" "):
            case ["how", "many", *things, "are", "there"]:
                words = [SINGULAR.get(word, word.removesuffix("s")) for word in things]
                return NUMBERS[len(self.having(*words))], (-1, -1)
            case ["is", "there", "a" | "an", colour, shape]:
                found = self.having(colour, shape)
                return ("yes", (found[0], -1)) if found else ("no", (-1, -1))
            case ["what", "colour", "is", "the", shape]:
                number = self.only(shape)
                return self.colour[number], (number, -1)
            case ["what", "shape", "is", "the", colour, "thing"]:
                number = self.only(colour)
                return self.shape[number], (number, -1)
            case ["what", "pattern", "has", "the", colour, shape]:
                number = self.only(colour, shape)
                return self.pattern[number], (number, -1)
            case ["is", "the", colour, shape, *relation, "the", other_colour, other_shape]:
                one, other = self.only(colour, shape), self.only(other_colour, other_shape)
                return "yes" if self.holds(one, " ".join(relation), other) else "no", (one, other)
        raise AssertionError(question)

    def holds(self, one, relation, other):
        (x0, y0), (x1, y1) = self.middle(one), self.middle(other)
        match relation:
            case "left of":
                return x0 < x1
            case "right of":
                return x0 > x1
            case "above" | "below":
                assert abs(y0 - y1) >= LEAST_RISE * self.size * 0.999
                return (y0 < y1) == (relation == "above")
            case "in front of":
                return self.hides(one, other)
            case "behind":
                return self.hides(other, one)
        raise AssertionError(relation)

    def hides(self, front, back):
        """Return which is in front: of the pixels of both outlines, whose are seen?"""
        both = self.outlines[front] & self.outlines[back]
        front_seen = np.count_nonzero(both & (self.instances == front + 1))
        back_seen = np.count_nonzero(both & (self.instances == back + 1))
        shares = front_seen / self.outlines[back].sum(), back_seen / self.outlines[front].sum()
        assert min(shares) == 0
        assert max(shares) >= LEAST_OVERLAP * 0.999
        return front_seen > back_seen


def outlines_of(arguments):
    """Return the outline of each object, bool ``(5, n, size, size)``: each drawn alone."""
    return np.stack(
        [without(set(range(5)) - {k}, **arguments).instances > 0 for k in range(5)]
    )  # fmt: skip


@given(seed=st.integers(0, 2**32), size=st.sampled_from([64, 96]))
@settings(max_examples=8, deadline=None)
def test_answers_are_those_of_the_pixels(seed, size):
    arguments = {"n": 40, "seed": seed, "size": size}
    data, outlines = make_scenes(**arguments), outlines_of(arguments)
    questions = make_questions(data, seed=seed, per_scene=8)
    for text, answer, scene, about in zip(
        questions.texts, questions.answers, questions.scenes, questions.objects, strict=True
    ):
        witness = Witness(data, scene, outlines[:, scene])
        assert witness.answer(text) == (answer, tuple(about.tolist())), (scene, text)


@pytest.fixture(scope="module")
def scenes():
    return make_scenes(3000, seed=17)


@pytest.fixture(scope="module")
def questions(scenes):
    return make_questions(scenes, seed=1, per_scene=7)


def test_kinds_and_answers_are_balanced(questions):
    assert len(questions) == 21000
    assert set(Counter(questions.kinds).values()) == {3000}
    answers = defaultdict(Counter)
    for kind, answer in zip(questions.kinds, questions.answers, strict=True):
        answers[kind][answer] += 1
    for kind, classes in (
        *(("exists", 2), ("position", 2), ("depth", 2)),
        *(("colour", 8), ("shape", 12), ("pattern", 4)),
    ):
        assert len(answers[kind]) == classes
        assert max(answers[kind].values()) - min(answers[kind].values()) <= 2, kind
    assert set(answers["count"]) == set(NUMBERS)
    assert max(answers["count"].values()) < 0.25 * 3000


def test_words_alone_are_no_better_than_chance(questions):
    """Answer each question as its words were most often answered in the other half."""
    half = np.arange(len(questions)) // 2 % 2 == 0
    for kind, chance in (
        *(("exists", 1 / 2), ("position", 1 / 2), ("depth", 1 / 2)),
        *(("colour", 1 / 8), ("shape", 1 / 12), ("pattern", 1 / 4), ("count", 1 / 5)),
    ):
        heard, by_kind = defaultdict(Counter), Counter()
        rows = np.array([each == kind for each in questions.kinds])
        for i in np.flatnonzero(rows & half):
            heard[questions.texts[i]][questions.answers[i]] += 1
            by_kind[questions.answers[i]] += 1
        right = [
            (heard.get(questions.texts[i]) or by_kind).most_common(1)[0][0] == questions.answers[i]
            for i in np.flatnonzero(rows & ~half)
        ]
        # five standard errors; counts of stars and of red things lean a little to the small
        margin = 5 * (chance * (1 - chance) / len(right)) ** 0.5 + 0.04 * (kind == "count")
        assert np.mean(right) < chance + margin, kind


def test_every_answer_is_given(questions):
    assert set(questions.answers) == set(ANSWERS)
    assert len(ANSWERS) == len(set(ANSWERS)) == 32


def test_nothing_is_asked_twice_of_a_scene(questions):
    asked = list(zip(questions.scenes.tolist(), questions.texts, strict=True))
    assert len(set(asked)) == len(asked)
    assert np.all(np.diff(questions.scenes) >= 0)


def test_a_pair_that_is_not_there_is_half_there(scenes, questions):
    for kind, text, answer, scene in zip(
        questions.kinds, questions.texts, questions.answers, questions.scenes, strict=True
    ):
        if kind == "exists" and answer == "no":
            colour, shape = text.split(" ")[-2:]
            caption = scenes.captions[scene].split(" ")
            assert colour in caption or shape in caption
            assert f"{colour} {shape}" not in scenes.captions[scene]


def test_questions_are_those_of_the_first_day():
    """A change means that every learner's questions change."""
    asked = make_questions(make_scenes(60, seed=4), seed=5)
    lines = "\n".join(f"{t}|{a}" for t, a in zip(asked.texts, asked.answers, strict=True))
    assert hashlib.sha256(lines.encode()).hexdigest() == (
        "44cb83662d3214cedb58f611471b34c91ea0a455ba25db6d10b75aa0b91ab9f7"
    )
    asked = make_questions(make_scenes(200, seed=8), seed=9, per_scene=6)
    said = repr((asked.texts, asked.answers, asked.kinds)).encode()
    about = b"".join(part.astype("<i8").tobytes() for part in (asked.scenes, asked.objects))
    assert hashlib.sha256(said + about).hexdigest() == (
        "c29b998f14e2dd586dba495f341056687ae0325c9367c8b493f391b0141dd7cf"
    )


def test_the_same_seed_asks_the_same(scenes):
    first, again = (make_questions(scenes, seed=5) for _ in range(2))
    assert first.texts == again.texts
    assert first.answers == again.answers
    assert first.texts != make_questions(scenes, seed=6).texts
    assert len(first) == 12000


def test_chosen_kinds(scenes):
    asked = make_questions(scenes, seed=1, kinds=["colour", "depth"], per_scene=1)
    assert Counter(asked.kinds) == {"colour": 1500, "depth": 1500}
    assert KINDS.index("colour") < KINDS.index("depth")


def test_a_kind_with_too_few_questions_gets_fewer():
    data = make_scenes(5, seed=1, objects=(1, 1))
    asked = make_questions(data, seed=1, kinds=["pattern"], per_scene=20)
    assert len(asked) == 5


@pytest.mark.parametrize(
    ("wrong", "name"),
    [
        ({"seed": -1}, "seed"),
        ({"per_scene": 0}, "per_scene"),
        ({"per_scene": 21}, "per_scene"),
        ({"kinds": ["why"]}, "kinds"),
        ({"kinds": "count"}, "kinds"),
        ({"kinds": ()}, "kinds"),
    ],
)
def test_errors_say_what_was_expected_and_received(scenes, wrong, name):
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: "):
        make_questions(scenes, **{"seed": 0, **wrong})


def test_scenes_that_allow_no_such_question():
    alone = make_scenes(5, seed=1, objects=(1, 1))
    with pytest.raises(ValueError, match=r"question about position. Received: "):
        make_questions(alone, seed=1, kinds=("position",))
