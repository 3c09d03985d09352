"""Captions: what is written can be read again, and what cannot be read is refused."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.drawn import COLOUR_NAMES, RELATIONS, SHAPE_NAMES, TEXTURE_NAMES
from course_utils.drawn.captions import (
    Mention,
    named_objects,
    read_caption,
    write_caption,
)

MENTIONS = st.builds(Mention, *map(st.sampled_from, (SHAPE_NAMES, COLOUR_NAMES, TEXTURE_NAMES)))


@st.composite
def said(draw):
    mentions = draw(st.lists(MENTIONS, min_size=1, max_size=5))
    relations = [draw(st.sampled_from(RELATIONS)) for _ in mentions[1:]]
    return mentions, relations


@given(said(), said())
def test_captions_are_read_as_they_were_written_and_differ_where_scenes_do(first, second):
    caption = write_caption(*first)
    assert read_caption(caption) == first
    assert (caption == write_caption(*second)) == (first == second)


@given(said())
def test_each_word_names_its_object(pair):
    words = write_caption(*pair).split(" ")
    named = named_objects(" ".join(words))
    for word, which in zip(words, named, strict=True):
        assert (which == -1) == (word in {"a", "an", "left", "of", "above", "below"})
        if word in SHAPE_NAMES:
            assert word == pair[0][which].shape
        if word in COLOUR_NAMES:
            assert word == pair[0][which].colour


def test_an_example():
    mentions = [Mention("ring", "blue", "stripes"), Mention("heart", "orange")]
    caption = write_caption(mentions, ["left of"])
    assert caption == "a striped blue ring left of an orange heart"
    assert read_caption(caption) == (mentions, ["left of"])
    assert named_objects(caption) == [-1, 0, 0, 0, -1, -1, -1, 1, 1]


@pytest.mark.parametrize(
    "part",
    [
        *("", "red star", "a star", "a red", "a red red star", "a striped dotted red star"),
        *("a plain red star", "an red star", "a orange star", "a red star left of", "a red star "),
        *("a red star beside a blue ring", "a  red star", "A red star"),
    ],
)
def test_what_is_no_caption(part):
    for read in (read_caption, named_objects):
        with pytest.raises(ValueError, match=f"must be named like .*Received: '{part}' in 'a red"):
            read(f"a red disc above {part}")
