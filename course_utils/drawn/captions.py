"""What can be said about a scene: one caption, in one grammar, and what each of its words names.

A caption lists a scene's objects from left to right::

    caption  = object { relation object }
    object   = article [ texture ] colour shape
    article  = "a" | "an"
    texture  = "striped" | "dotted" | "checked"       (a plain object's is not said)
    relation = "left of" | "above" | "below"          (of the object before to the one after)

"a red star left of a striped blue ring above an orange heart": the star is left of the ring, and
the ring above the heart. Words are separated by one space; there are no capitals and no stops.
"""

from dataclasses import dataclass

from course_utils.drawn.words import (
    ADJECTIVES,
    COLOUR_NAMES,
    SHAPE_NAMES,
    TEXTURE_NAMES,
)

CAPTION_WORDS = (
    *("a", "an", "left", "of", "above", "below"),
    *(ADJECTIVES[name] for name in TEXTURE_NAMES if ADJECTIVES[name]),
    *COLOUR_NAMES,
    *SHAPE_NAMES,
)
LONGEST_CAPTION = 28  # words: five textured objects and four times "left of"

_TEXTURE_OF = {adjective: name for name, adjective in ADJECTIVES.items() if adjective}


@dataclass(frozen=True)
class Mention:
    """An object as a caption names it: of `SHAPE_NAMES`, `COLOUR_NAMES` and `TEXTURE_NAMES`."""

    shape: str
    colour: str
    texture: str = "plain"


def with_article(words):
    """Return `words` after "a" or "an"."""
    return f"{'an' if words[0] in 'aeiou' else 'a'} {words}"


def write_caption(mentions, relations):
    """Return the caption of objects listed from left to right.

    Parameters
    ----------
    mentions : sequence of Mention
        At least one.
    relations : sequence of str
        Of `RELATIONS`, one fewer than mentions: what each object is to the next.

    Returns
    -------
    str
    """
    parts = []
    for mention, relation in zip(mentions, (*relations, ""), strict=True):
        adjective = ADJECTIVES[mention.texture]
        named = f"{mention.colour} {mention.shape}"
        parts.append(with_article(f"{adjective} {named}" if adjective else named))
        parts.append(relation)
    return " ".join(parts[:-1])


def read_caption(caption):
    """Return what a caption says; the inverse of `write_caption`.

    Parameters
    ----------
    caption : str

    Returns
    -------
    mentions : list of Mention
        The objects from left to right.
    relations : list of str
        What each object is to the next.

    Raises
    ------
    ValueError
        If it is not a sentence of the grammar: as a model's captions often are not.
    """
    mentions, relations, _ = _parse(caption)
    return mentions, relations


def named_objects(caption):
    """Return which object each word of a caption names.

    Parameters
    ----------
    caption : str

    Returns
    -------
    list of int
        As long as ``caption.split(" ")``: 0 for the words that tell the leftmost object's
        texture, colour and shape, 1 for those of the next, and so on; -1 for articles and
        relations, which name no object.

    Raises
    ------
    ValueError
        If it is not a sentence of the grammar.
    """
    return _parse(caption)[2]


def _parse(caption):
    words = caption.split(" ")
    mentions, relations, named = [], [], []
    at = 0

    def take(kind, *allowed):
        nonlocal at
        word = words[at] if at < len(words) else "the end"
        if word not in allowed:
            raise ValueError(
                f"Expected {kind} as word {at + 1} of a caption. Received: {word!r} in {caption!r}"
            )
        at += 1
        return word

    while True:
        article = take("an article", "a", "an")
        start = at
        texture = "plain"
        if at < len(words) and words[at] in _TEXTURE_OF:
            texture = _TEXTURE_OF[take("a texture", *_TEXTURE_OF)]
        colour = take("a colour", *COLOUR_NAMES)
        shape = take("a shape", *SHAPE_NAMES)
        if with_article(words[start]).split(" ")[0] != article:
            raise ValueError(
                f"Expected {with_article(words[start])!r}. "
                f"Received: '{article} {words[start]}' in {caption!r}"
            )
        named += [-1] + [len(mentions)] * (at - start)
        mentions.append(Mention(shape, colour, texture))
        if at == len(words):
            return mentions, relations, named
        start = at
        if take("a relation", "left", "above", "below") == "left":
            take("'of'", "of")
        relations.append(" ".join(words[start:at]))
        named += [-1] * (at - start)
