"""Questions: the pixels give the answers, and the words alone do not."""

from collections import Counter, defaultdict

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from test_scenes import outlines_of

from course_utils.drawn import ANSWERS, make_questions, make_scenes, read_caption
from course_utils.drawn.questions import LEAST_OVERLAP, LEAST_RISE, NUMBERS, PATTERNS, PLURALS

SINGULAR = {plural: name for name, plural in PLURALS.items()}


class Witness:
    """Answers questions about one scene from its map of instances and its objects' names alone.

    The answers do not use what the generator knows of boxes, centres and depth.
    """

    def __init__(self, data, scene, outlines):
        self.instances = data.instances[scene]
        self.outlines = outlines
        self.things = read_caption(data.captions[scene])[0]

    def having(self, *words):
        """Return the objects that all words fit."""
        fit = [{"thing", thing.shape, thing.colour}.issuperset(words) for thing in self.things]
        return np.flatnonzero(fit).tolist()

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
                (number,) = self.having(shape)
                return self.things[number].colour, (number, -1)
            case ["what", "shape", "is", "the", colour, "thing"]:
                (number,) = self.having(colour)
                return self.things[number].shape, (number, -1)
            case ["what", "pattern", "has", "the", colour, shape]:
                (number,) = self.having(colour, shape)
                return PATTERNS[self.things[number].texture], (number, -1)
            case ["is", "the", colour, shape, *relation, "the", other_colour, other_shape]:
                pair = *self.having(colour, shape), *self.having(other_colour, other_shape)
                return "yes" if self.holds(" ".join(relation), *pair) else "no", pair
        raise AssertionError(question)

    def holds(self, relation, one, other):
        (y0, x0), (y1, x1) = (np.argwhere(self.instances == k + 1).mean(0) for k in (one, other))
        match relation:
            case "left of" | "right of":
                return (x0 < x1) == (relation == "left of")
            case "above" | "below":
                assert abs(y0 - y1) >= LEAST_RISE * len(self.instances) * 0.999
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


@given(seed=st.integers(0, 2**32), size=st.sampled_from([64, 96]))
@settings(max_examples=8, deadline=None)
def test_answers_are_those_of_the_pixels(seed, size):
    arguments = {"n": 40, "seed": seed, "size": size}
    data, outlines = make_scenes(**arguments), outlines_of(**arguments)
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
    assert set(questions.answers) == set(ANSWERS)
    answers = defaultdict(Counter)
    for kind, answer in zip(questions.kinds, questions.answers, strict=True):
        answers[kind][answer] += 1
    assert set(answers["count"]) == set(NUMBERS)
    assert max(answers.pop("count").values()) < 0.25 * 3000
    classes = {"exists": 2, "position": 2, "depth": 2, "colour": 8, "shape": 12, "pattern": 4}
    for kind, counts in answers.items():
        assert len(counts) == classes[kind]
        assert max(counts.values()) - min(counts.values()) <= 2, kind


def test_words_alone_are_no_better_than_chance(questions):
    """Answer each question as its words were most often answered in the other half."""
    half = np.arange(len(questions)) // 2 % 2 == 0
    for kind, chance in (
        *(("exists", 1 / 2), ("position", 1 / 2), ("depth", 1 / 2)),
        *(("colour", 1 / 8), ("shape", 1 / 12), ("pattern", 1 / 4), ("count", 1 / 5)),
    ):
        heard, by_kind = defaultdict(Counter), Counter()
        rows = np.array(questions.kinds) == kind
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


def test_nothing_is_asked_twice_and_a_pair_that_is_not_there_is_half_there(scenes, questions):
    asked = list(zip(questions.scenes.tolist(), questions.texts, strict=True))
    assert len(set(asked)) == len(asked)
    assert np.all(np.diff(questions.scenes) >= 0)
    for (scene, text), answer in zip(asked, questions.answers, strict=True):
        if text.startswith("is there") and answer == "no":
            colour, shape = text.split(" ")[-2:]
            caption = scenes.captions[scene].split(" ")
            assert colour in caption or shape in caption


def test_chosen_kinds_and_how_many(scenes):
    asked = make_questions(scenes, seed=1, kinds=["colour", "depth"], per_scene=1)
    assert Counter(asked.kinds) == {"colour": 1500, "depth": 1500}
    alone = make_scenes(5, seed=1, objects=(1, 1))  # not enough to ask
    assert len(make_questions(alone, seed=1, kinds=["pattern"], per_scene=20)) == 5
    new = make_scenes(4, seed=1, shapes=("leaf", "mug"))
    with pytest.raises(ValueError, match=r"those of SHAPE_NAMES\. Received: leaf, mug"):
        make_questions(new, seed=0)
    with pytest.raises(ValueError, match=r"question about position. Received: "):
        make_questions(alone, seed=1, kinds=("position",))


@pytest.mark.parametrize(
    ("name", "value"),
    [("seed", -1), ("per_scene", 0), ("per_scene", 21), ("kinds", ["why"]), ("kinds", "count")],
)
def test_errors_say_what_was_expected_and_received(scenes, name, value):
    with pytest.raises(ValueError, match=f"`{name}` must be .*Received: "):
        make_questions(scenes, **{"seed": 0, name: value})
