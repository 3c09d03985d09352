"""Captions: what is written can be read again, and what cannot be read is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.drawn import COLOUR_NAMES, RELATIONS, SHAPE_NAMES, TEXTURE_NAMES
from course_utils.drawn.captions import (
    CAPTION_WORDS,
    LONGEST_CAPTION,
    Mention,
    named_objects,
    read_caption,
    with_article,
    write_caption,
)

MENTIONS = st.builds(
    Mention,
    shape=st.sampled_from(SHAPE_NAMES),
    colour=st.sampled_from(COLOUR_NAMES),
    texture=st.sampled_from(TEXTURE_NAMES),
)


@st.composite
def said(draw):
    mentions = draw(st.lists(MENTIONS, min_size=1, max_size=5))
    relations = [draw(st.sampled_from(RELATIONS)) for _ in mentions[1:]]
    return mentions, relations


@given(said())
def test_captions_are_read_as_they_were_written(pair):
    caption = write_caption(*pair)
    assert read_caption(caption) == pair
    words = caption.split(" ")
    assert set(words) <= set(CAPTION_WORDS)
    assert len(words) <= LONGEST_CAPTION
    named = named_objects(caption)
    assert len(named) == len(words)
    assert [which for which in named if which >= 0] == sorted(
        which for which in named if which >= 0
    )
    for word, which in zip(words, named, strict=True):
        assert (which == -1) == (word in {"a", "an", "left", "of", "above", "below"})
        if which >= 0 and word in SHAPE_NAMES:
            assert word == pair[0][which].shape


@given(said(), said())
def test_different_scenes_have_different_captions(first, second):
    assert (write_caption(*first) == write_caption(*second)) == (first == second)


def test_an_example():
    mentions = [
        Mention("star", "red"),
        Mention("ring", "blue", "stripes"),
        Mention("heart", "orange"),
    ]
    caption = write_caption(mentions, ["left of", "above"])
    assert caption == "a red star left of a striped blue ring above an orange heart"
    assert named_objects(caption) == [-1, 0, 0, -1, -1, -1, 1, 1, 1, -1, -1, 2, 2]


def test_words_are_few_and_told_apart():
    assert len(CAPTION_WORDS) == len(set(CAPTION_WORDS)) == 29


def test_the_longest_caption_is_as_long_as_said():
    mentions = [Mention("star", "red", "dots")] * 5
    assert len(write_caption(mentions, ["left of"] * 4).split(" ")) == LONGEST_CAPTION


@pytest.mark.parametrize(
    ("words", "expected"),
    [("red star", "a red star"), ("orange star", "an orange star"), ("dotted red", "a dotted red")],
)
def test_articles(words, expected):
    assert with_article(words) == expected


@pytest.mark.parametrize(
    ("caption", "expected"),
    [
        ("", "an article as word 1"),
        ("a", "a colour as word 2 of a caption. Received: 'the end' in"),
        ("red star", "an article as word 1"),
        ("a star", "a colour as word 2"),
        ("a red", "a shape as word 3 of a caption. Received: 'the end' in"),
        ("a red red star", "a shape as word 3"),
        ("a striped dotted red star", "a colour as word 3"),
        ("a plain red star", "a colour as word 2"),
        ("an red star", "'a red'"),
        ("a orange star", "'an orange'"),
        ("a red star left", "'of' as word 5"),
        ("a red star left of", "an article as word 6"),
        ("a red star beside a blue ring", "a relation as word 4"),
        ("a red star above", "an article as word 5"),
        ("a  red star", "a colour as word 2"),
        ("a red star ", "a relation as word 4"),
        ("A red star", "an article as word 1"),
    ],
)
def test_what_is_no_caption(caption, expected):
    for read in (read_caption, named_objects):
        with pytest.raises(ValueError, match=f"Expected {expected}"):
            read(caption)
