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

import re
from dataclasses import dataclass

from course_utils.drawn.words import ADJECTIVES, ALL_SHAPE_NAMES, COLOUR_NAMES, RELATIONS

_TEXTURE_OF = {adjective: name for name, adjective in ADJECTIVES.items() if adjective}
_RELATION = re.compile(f" ({'|'.join(RELATIONS)}) ")
_OBJECT = re.compile(
    rf"an? (?:({'|'.join(_TEXTURE_OF)}) )?({'|'.join(COLOUR_NAMES)}) ({'|'.join(ALL_SHAPE_NAMES)})"
)


@dataclass(frozen=True)
class Mention:
    """An object as a caption names it: a shape, and of `COLOUR_NAMES` and `TEXTURE_NAMES`."""

    shape: str
    colour: str
    texture: str = "plain"

    def __str__(self):
        """Return it in words: "a striped blue ring"."""
        words = f"{ADJECTIVES[self.texture]} {self.colour} {self.shape}".lstrip()
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
    parts = [str(mentions[0])]
    for relation, mention in zip(relations, mentions[1:], strict=True):
        parts += [relation, str(mention)]
    return " ".join(parts)


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
    parts = _RELATION.split(caption)  # object, relation, object, ...
    mentions = []
    for part in parts[::2]:
        found = _OBJECT.fullmatch(part)
        if found:
            texture, colour, shape = found.groups()
            mentions.append(Mention(shape, colour, _TEXTURE_OF.get(texture, "plain")))
        if not found or str(mentions[-1]) != part:
            raise ValueError(
                "Each object of a caption must be named like 'a striped red star'. "
                f"Received: {part!r} in {caption!r}"
            )
    return mentions, parts[1::2]


def named_objects(caption):
    """Return which object each word of a caption names; refuse what `read_caption` refuses.

    Parameters
    ----------
    caption : str

    Returns
    -------
    list of int
        As long as ``caption.split(" ")``: 0 for the words that tell the leftmost object's
        texture, colour and shape, 1 for those of the next, and so on; -1 for articles and
        relations, which name no object.
    """
    mentions, relations = read_caption(caption)
    named = []
    for number, (mention, relation) in enumerate(zip(mentions, [*relations, ""], strict=True)):
        named += [-1] + [number] * str(mention).count(" ") + [-1] * len(relation.split())
    return named
