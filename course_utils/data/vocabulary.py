"""Captions become rows of ids, one a word, rows become captions again; what words name.

>>> words = Vocabulary.from_captions(["A red star.", "a blue ring"])
>>> rows = words.encode(["a red house"])  # [[1, 4, 6, 3, 2]]
>>> words.decode(rows)
['a red <unknown>']
"""

import re
import reprlib
import tomllib
import unicodedata
from collections import Counter
from dataclasses import dataclass
from functools import cache, cached_property
from pathlib import Path

import numpy as np

from course_utils._validate import whole

#: The ids of what fills a row, begins it, ends it, and of a word that is not known. What fills rows
#: is 0, as `keras.layers.Embedding(..., mask_zero=True)` expects.
PAD, START, END, UNKNOWN = range(4)
SPECIAL = ("<pad>", "<start>", "<end>", "<unknown>")

# Letters and digits, joined by apostrophes and hyphens: man's, black-and-white.
_WORD = re.compile(r"[^\W_]+(?:['-][^\W_]+)*")


def tokenise(caption):
    """Split a caption into words, made for English.

    Parameters
    ----------
    caption : str

    Returns
    -------
    list of str
        In lower case, without punctuation; apostrophes and hyphens inside a word stay. Accented
        letters are the same however they were written (Unicode's form NFC).
    """
    if not isinstance(caption, str):
        raise ValueError(
            "a caption must be a str; where pictures have several, make one list of all. "
            f"Received: {reprlib.repr(caption)}"
        )
    plain = unicodedata.normalize("NFC", caption.lower()).translate({0x2019: "'", 0x2010: "-"})
    return _WORD.findall(plain)


@dataclass(frozen=True, repr=False)
class Vocabulary:
    """The words that a model can read and write.

    Parameters
    ----------
    words : tuple of str
        The word of each id: `SPECIAL`, then words as `tokenise` gives them.
    """

    words: tuple[str, ...]

    @classmethod
    def from_captions(cls, captions, *, min_count=1):
        """Collect the words of captions; give those of the training set only, not of the test.

        Parameters
        ----------
        captions : iterable of str
        min_count : int
            Words that come less often are left out: they become `UNKNOWN`.

        Returns
        -------
        Vocabulary
            The most frequent words first, equally frequent ones by the alphabet.
        """
        min_count = whole("min_count", min_count, 1)
        counts = Counter(word for caption in _listed(captions) for word in tokenise(caption))
        kept = [word for word, count in counts.items() if count >= min_count]
        if not kept:
            raise ValueError(
                f"captions must hold a word that comes at least {min_count} times. "
                f"Received: {len(counts):,} words, none as often"
            )
        return cls((*SPECIAL, *sorted(kept, key=lambda word: (-counts[word], word))))

    @cached_property
    def id_of(self):
        """The id of each word, a dict of str to int."""
        return {word: number for number, word in enumerate(self.words)}

    def __len__(self):
        return len(self.words)

    def __repr__(self):
        return f"{type(self).__name__}({len(self):,} words)"

    def encode(self, captions, length=None):
        """Write captions as rows of ids: `START`, the words, `END`, then `PAD`.

        Parameters
        ----------
        captions : iterable of str
        length : int, optional
            Ids in a row, at least 2; by default as many as the longest caption needs. A caption
            that is longer is cut, and its row then has no `END`, because it did not end there.

        Returns
        -------
        numpy.ndarray of int32, shape (n, length)
        """
        rows = [
            [START, *(self.id_of.get(word, UNKNOWN) for word in tokenise(caption)), END]
            for caption in _listed(captions)
        ]
        if not rows:
            raise ValueError("captions must be at least one. Received: none")
        if length is None:
            length = max(map(len, rows))
        encoded = np.full((len(rows), whole("length", length, 2)), PAD, np.int32)
        for row, ids in zip(encoded, rows, strict=True):
            row[: len(ids)] = ids[:length]
        return encoded

    def decode(self, ids):
        """Read rows of ids as captions, each up to its first `END`.

        Parameters
        ----------
        ids : array_like of int, shape (length,) or (n, length)
            `START` and `PAD` are passed over.

        Returns
        -------
        str or list of str
            One for one row, a list for several.
        """
        array = np.asarray(ids)
        if array.ndim not in (1, 2) or (array.size and array.dtype.kind not in "iu"):
            raise ValueError(
                "ids must be whole numbers of shape (length,) or (n, length). "
                f"Received: {array.dtype} of shape {array.shape}"
            )
        if array.size and not 0 <= array.min() <= array.max() < len(self):
            raise ValueError(
                f"ids must be from 0 to {len(self) - 1:,}. Received: {array.min()} to {array.max()}"
            )
        if array.ndim == 2:
            return [self.decode(row) for row in array]
        row = array.tolist()
        if END in row:
            row = row[: row.index(END)]
        return " ".join(self.words[each] for each in row if each not in (PAD, START))


def named_kinds(caption):
    """Find the kinds of things that a caption names, of the 80 that are outlined in COCO.

    Parameters
    ----------
    caption : str

    Returns
    -------
    list of (int, str)
        For each, in their order, the number of its word, counted from 0 as `tokenise` splits them,
        and the kind: of "a man on two skis" (1, "person") and (4, "skis"). Of a kind of two words
        it is the second.

    References
    ----------
    That a caption names what is not in the picture is counted as in A. Rohrbach and others, Object
    hallucination in image captioning, 2018; the words for each kind are the course's own.
    """
    kinds = _kind_of()
    words = ["", *tokenise(caption), ""]
    found = []
    for place in range(1, len(words) - 1):
        with_last, with_next = (" ".join(words[i : i + 2]) for i in (place - 1, place))
        if with_last in kinds:
            found.append((place - 1, kinds[with_last]))
        elif words[place] in kinds and with_next not in kinds:
            found.append((place - 1, kinds[words[place]]))
    return found


@cache
def _kind_of():
    """Return the kind that each word, or pair of words, names."""
    path = Path(__file__).with_name("coco_words.toml")
    table = tomllib.loads(path.read_text(encoding="utf-8"))
    singular = {word: kind for kind, words in table.items() for word in words}
    plural = {f"{word}{end}": kind for word, kind in singular.items() for end in ("s", "es")}
    return plural | singular


def _listed(captions):
    if isinstance(captions, str):
        raise ValueError(f"captions must be a list of str. Received one str: {captions!r}")
    return captions
