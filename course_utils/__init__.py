"""Helper package of "Deep Learning for Image Recognition, Measured".

Importing it loads neither Keras nor a backend, so ``KERAS_BACKEND`` can still be set afterwards.
The shelves and the functions that notebooks use most are loaded when first touched.
"""

from importlib import import_module

_SHELVES = frozenset({"data", "drawn", "exercises", "metrics", "plots"})
_FUNCTIONS = {
    "all_devices": "backend",
    "by_profile": "session",
    "check": "exercises.check",
    "expect": "measures",
    "gradient": "backend",
    "hint": "exercises.check",
    "measure": "measures",
    "measured": "measures",
    "profile": "session",
    "progress": "measures",
    "setup": "session",
}
__all__ = sorted(_FUNCTIONS)


def __getattr__(name):
    if name in _SHELVES:
        return import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        return getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_SHELVES, *_FUNCTIONS})
