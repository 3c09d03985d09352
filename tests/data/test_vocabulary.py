"""Words and their ids."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from course_utils.data.vocabulary import END, PAD, START, UNKNOWN, Vocabulary, named_kinds, tokenise


class TestTokenise:
    @pytest.mark.parametrize(
        ("caption", "words"),
        [
            ("A man, riding a wave!", "a man riding a wave"),
            ('The "big" (red) bus...', "the big red bus"),
            ("A man's T-shirt -- black-and-white", "a man's t-shirt black-and-white"),
            ("the dogs' `bowl'", "the dogs bowl"),
            ("the woman\u2019s hat", "the woman's hat"),
            ("2 dogs/3 cats_here", "2 dogs 3 cats here"),
            ("Caf\u00c9 Cafe\u0301", "caf\u00e9 caf\u00e9"),
            ("\tone\u00a0two\n", "one two"),
            ("", ""),
            ("?!.", ""),
        ],
    )
    def test_words(self, caption, words):
        assert tokenise(caption) == words.split()

    @pytest.mark.parametrize("caption", [None, 3, ("a", "b"), b"a dog"])
    def test_no_text(self, caption):
        with pytest.raises(ValueError, match="must be a str; where pictures have several"):
            tokenise(caption)

    @given(st.text())
    def test_is_done_once_and_for_all(self, text):
        words = tokenise(text)
        assert all(words)
        assert [again for word in words for again in tokenise(word)] == words


class TestVocabulary:
    CAPTIONS = ("A red star.", "a blue ring", "A red house")

    @pytest.fixture
    def words(self):
        return Vocabulary.from_captions(self.CAPTIONS)

    def test_most_frequent_first_then_by_alphabet(self, words):
        assert words.words == (
            *("<pad>", "<start>", "<end>", "<unknown>"),
            *("a", "red", "blue", "house", "ring", "star"),
        )
        assert [words.words[i] for i in (PAD, START, END, UNKNOWN)] == list(words.words[:4])
        assert len(words) == 10
        assert repr(words) == "Vocabulary(10 words)"
        assert words.id_of["red"] == 5

    def test_min_count(self):
        words = Vocabulary.from_captions(self.CAPTIONS, min_count=2)
        assert words.words[4:] == ("a", "red")
        assert words.encode(["a red star"]).tolist() == [[START, 4, 5, UNKNOWN, END]]

    @pytest.mark.parametrize("given_captions", [(), ("", "..."), ("a", "b")])
    def test_no_words(self, given_captions):
        with pytest.raises(ValueError, match=r"comes at least 2 times. Received: . words"):
            Vocabulary.from_captions(given_captions, min_count=2)

    @pytest.mark.parametrize("captions", ["a dog", (("a dog", "a cat"), ("a bus",))])
    def test_one_text_or_nested_ones(self, words, captions):
        expected = r"list of str. Received one str: 'a dog'|make one list of all"
        with pytest.raises(ValueError, match=expected):
            Vocabulary.from_captions(captions)
        with pytest.raises(ValueError, match=expected):
            words.encode(captions)

    def test_encode(self, words):
        rows = words.encode(["a red house", "ring", ""])
        assert rows.dtype == np.int32
        assert rows.tolist() == [
            [START, 4, 5, 7, END],
            [START, 8, END, PAD, PAD],
            [START, END, PAD, PAD, PAD],
        ]
        assert (words.encode(["ring"], length=6) == [START, 8, END, PAD, PAD, PAD]).all()

    def test_what_is_cut_has_no_end(self, words):
        assert words.encode(["a red house"], length=4).tolist() == [[START, 4, 5, 7]]
        assert words.encode(["a red house"], length=5)[0, -1] == END

    @pytest.mark.parametrize("number", [0, 1.5, True])
    def test_counts_out_of_range(self, words, number):
        with pytest.raises(ValueError, match="`min_count` must be a whole number at least 1"):
            Vocabulary.from_captions(self.CAPTIONS, min_count=number)
        with pytest.raises(ValueError, match="`length` must be a whole number at least 2"):
            words.encode(["a"], length=number)

    def test_nothing_to_encode(self, words):
        with pytest.raises(ValueError, match=r"at least one. Received: none"):
            words.encode([])

    def test_decode(self, words):
        rows = np.array([[START, 4, 5, END, 9], [START, UNKNOWN, 8, PAD, PAD], [END, 4, 4, 4, 4]])
        assert words.decode(rows) == ["a red", "<unknown> ring", ""]
        assert words.decode(rows[0]) == "a red"
        assert words.decode([4, 7]) == "a house"
        assert words.decode([]) == ""
        assert words.decode(np.zeros((0, 5), int)) == []

    @pytest.mark.parametrize(
        ("ids", "must"),
        [
            *((ids, "from 0 to 9") for ids in ([[10]], [-1], [4, 10])),
            *((ids, "whole numbers of shape") for ids in (4, [[[4]]], [4.0], ["a"])),
        ],
    )
    def test_no_ids(self, words, ids, must):
        with pytest.raises(ValueError, match=f"ids must be {must}.* Received: "):
            words.decode(ids)

    @given(st.lists(st.text(), min_size=1))
    def test_decode_undoes_encode(self, texts):
        if not any(map(tokenise, texts)):
            return
        words = Vocabulary.from_captions(texts)
        assert words.decode(words.encode(texts)) == [" ".join(tokenise(text)) for text in texts]


@pytest.mark.parametrize(
    ("caption", "found"),
    [
        ("A man on two skis.", [(1, "person"), (4, "skis")]),
        ("teddy bears, a bear", [(1, "teddy bear"), (3, "bear")]),
        ("an orange cat, two oranges", [(2, "cat"), (4, "orange")]),
        ("Hot dogs on the dining table", [(1, "hot dog"), (5, "dining table")]),
        ("", []),
    ],
)
def test_named_kinds(caption, found):
    assert named_kinds(caption) == found
