"""Draw the picture at the top of the README: ``make picture``."""

import sys

import matplotlib.pyplot as plt
import numpy as np
from chapters import ROOT

from course_utils import drawn, plots

PICTURE = ROOT / "results" / "picture.png"


def draw():
    """Draw rows of objects above one scene and what the course knows about it."""
    plots.use_style()
    figure = plt.figure(figsize=(9.6, 6.4), layout="none")
    shown = drawn.make_objects(48, seed=7, size=64, noise=2.0)
    rows, columns = 4, 12
    mosaic = np.full((rows * 68 - 4, columns * 68 - 4, 3), 255, np.uint8)
    for place, image in enumerate(shown.images):
        top, left = 68 * (place // columns), 68 * (place % columns)
        mosaic[top : top + 64, left : left + 64] = image
    above = figure.add_axes((0.01, 0.495, 0.98, 0.495))
    above.imshow(mosaic, aspect="auto")
    above.axis("off")

    scenes = drawn.make_scenes(300, seed=4, size=128, objects=(5, 5))
    chosen = min(range(len(scenes)), key=lambda i: _dullness(scenes, i))
    known = scenes.counts[chosen]
    image = scenes.images[chosen]
    names = [scenes.class_names[label] for label in scenes.labels[chosen, :known]]
    titles = ("a scene, as scenes", "every visible pixel known", "every box known")
    for place, title in enumerate(titles):
        ax = figure.add_axes((0.01 + 0.3333 * place, 0.055, 0.3133, 0.40))
        if place == 0:
            ax.imshow(image)
            ax.axis("off")
        elif place == 1:
            plots.masks(image, scenes.instances[chosen], ax=ax)
        else:
            plots.boxes(image, scenes.boxes[chosen, :known], labels=names, ax=ax)
        ax.set_title(title, fontsize=9, loc="left", pad=3)
    figure.text(0.01, 0.018, f"every word known: “{scenes.captions[chosen]}”", fontsize=9)
    return figure


def _dullness(scenes, i):
    """Rank a scene: many shapes, colours and textures first, then the most hidden object."""
    kinds = sum(len(set(ids[i])) for ids in (scenes.labels, scenes.colours, scenes.textures))
    return -kinds, scenes.visibility[i].min()


def main():
    """Draw it and write it."""
    PICTURE.parent.mkdir(exist_ok=True)
    draw().savefig(PICTURE, dpi=160)
    print(f"written: {PICTURE.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
