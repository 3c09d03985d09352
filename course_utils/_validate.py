"""Checks of settings, and of the arguments of the functions that draw data."""

from numbers import Integral, Real

import numpy as np


def _is(value, kind):
    """Return whether a value is a number of a kind; True and False are not, unlike in Python."""
    return isinstance(value, kind) and not isinstance(value, bool)


def whole(name, value, least, greatest=None):
    """Return `value` as an int, or raise ValueError if it is not one from least to greatest."""
    limit = f"at least {least}" if greatest is None else f"from {least} to {greatest}"
    if not _is(value, Integral) or value < least or (greatest is not None and value > greatest):
        raise ValueError(f"`{name}` must be a whole number {limit}. Received: {value!r}")
    return int(value)


def number(name, value, least, greatest):
    """Return `value` as a float, or raise ValueError if it is not one from least to greatest."""
    if not _is(value, Real) or not least <= value <= greatest:
        raise ValueError(
            f"`{name}` must be a number from {least} to {greatest}. Received: {value!r}"
        )
    return float(value)


def pair(name, value, least=0, greatest=1):
    """Return `value` as a tuple of two floats, or raise ValueError if it is no such pair."""
    if not isinstance(value, (tuple, list)) or len(value) != 2:
        raise ValueError(f"`{name}` must be a pair of numbers. Received: {value!r}")
    return tuple(number(name, part, least, greatest) for part in value)


def interval(name, value, least, greatest, kind=Real):
    """Return `value` as a tuple, or raise ValueError unless least <= low <= high <= greatest."""
    is_pair = isinstance(value, (tuple, list)) and len(value) == 2
    numbers = is_pair and all(_is(part, kind) for part in value)
    if not numbers or not least <= value[0] <= value[1] <= greatest:
        whole_numbers = " of whole numbers" if kind is Integral else ""
        raise ValueError(
            f"`{name}` must be a pair (low, high){whole_numbers} with "
            f"{least} <= low <= high <= {greatest}. Received: {value!r}"
        )
    return tuple(value)


def chosen(name, value, known, default=None):
    """Return the chosen names and their indices among the known ones, an array of int64.

    None chooses the default, or all known ones where there is none.
    """
    names = (default or known) if value is None else value
    differ = isinstance(names, (tuple, list)) and 0 < len(names) == len(set(names))
    if not differ or not set(names) <= set(known):
        raise ValueError(
            f"`{name}` must be a list of different names out of {', '.join(known)}. "
            f"Received: {value!r}"
        )
    return tuple(names), np.array([known.index(each) for each in names], np.int64)


def one_of(name, value, known):
    """Return the index of one known name, as an array of int64 of shape (1,)."""
    if value not in known:
        raise ValueError(f"`{name}` must be one of {', '.join(known)}. Received: {value!r}")
    return np.array([known.index(value)], np.int64)
