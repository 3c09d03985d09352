"""The names of what is drawn: shapes, colours, textures, and where one object is from another.

An object's label is a name's place in these tuples.
"""

SHAPE_NAMES = (
    *("disc", "ring", "triangle", "square", "star", "cross"),
    *("crescent", "heart", "arrow", "semicircle", "drop", "flower"),
)
NEW_SHAPE_NAMES = ("leaf", "house", "bolt", "key", "bow", "fish", "cloud", "mug")
"""Kept back, so that a network can meet what it has never seen."""
ALL_SHAPE_NAMES = (*SHAPE_NAMES, *NEW_SHAPE_NAMES)

COLOUR_NAMES = ("navy", "purple", "green", "red", "blue", "orange", "pink", "yellow")
"""From dark to light."""

TEXTURE_NAMES = ("plain", "stripes", "dots", "checks")
ADJECTIVES = {"plain": "", "stripes": "striped", "dots": "dotted", "checks": "checked"}

RELATIONS = ("left of", "above", "below")
