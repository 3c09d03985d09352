"""Helper package of "Deep Learning for Image Recognition, Measured".

Importing it loads neither Keras nor a backend, so ``KERAS_BACKEND`` can still be set afterwards.
Submodules and the functions that notebooks use most are loaded when first touched.
"""

from importlib import import_module

__all__ = [
    "by_profile",
    "check",
    "expect",
    "gradient",
    "hint",
    "measure",
    "measured",
    "profile",
    "progress",
    "setup",
]

_SUBMODULES = frozenset(
    {
        "captions",
        "checks",
        "data",
        "distributions",
        "objects",
        "photos",
        "plots",
        "runtime",
        "scene_language",
        "scene_questions",
        "scenes",
        "vocabulary",
    }
)
_FUNCTIONS = {
    "by_profile": "runtime",
    "check": "checks",
    "expect": "runtime",
    "gradient": "gradients",
    "hint": "checks",
    "measure": "runtime",
    "measured": "runtime",
    "profile": "runtime",
    "progress": "runtime",
    "setup": "runtime",
}


def __getattr__(name):
    if name in _SUBMODULES:
        return import_module(f"{__name__}.{name}")
    if name in _FUNCTIONS:
        return getattr(import_module(f"{__name__}.{_FUNCTIONS[name]}"), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__():
    return sorted({*globals(), *_SUBMODULES, *_FUNCTIONS})
