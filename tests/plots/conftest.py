"""What a page gets to see: fixtures of all tests of figures."""

import io
from base64 import b64decode
from types import SimpleNamespace

import matplotlib as mpl
import matplotlib.pyplot as plt
import numpy as np
import pytest
from bs4 import BeautifulSoup
from IPython.core.interactiveshell import InteractiveShell
from IPython.utils.capture import capture_output
from PIL import Image

from course_utils import plots


@pytest.fixture(autouse=True)
def _clean():
    """Draw in the course's style, leave no figure behind."""
    with mpl.rc_context():
        plots.use_style()
        yield
    plt.close("all")


@pytest.fixture
def shown():
    """Return a function that calls another in IPython, and returns the picture on the page."""

    def call(function, *arguments, **options):
        with capture_output() as captured:
            function(*arguments, **options)
        (output,) = captured.outputs
        assert captured.stdout == ""
        assert set(output.data) == {"text/html", "text/plain"}, "the picture is stored once"
        (tag,) = BeautifulSoup(output.data["text/html"], "html.parser").find_all("img")
        png = b64decode(tag["src"].removeprefix("data:image/png;base64,"))
        image = Image.open(io.BytesIO(png))
        return SimpleNamespace(
            alt=tag["alt"],
            size=(int(tag["width"]), int(tag["height"])),
            n_bytes=len(png),
            image=image,
            pixels=np.asarray(image.convert("RGB")),
        )

    InteractiveShell.instance()
    yield call
    InteractiveShell.clear_instance()
