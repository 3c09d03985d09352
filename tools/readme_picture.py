"""Draw the picture at the top of the README: ``make picture``."""

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
    tiles = np.pad(shown.images, ((0, 0), (0, 4), (0, 4), (0, 0)), constant_values=255)
    mosaic = tiles.reshape(4, 12, 68, 68, 3).swapaxes(1, 2).reshape(4 * 68, 12 * 68, 3)
    above = figure.add_axes((0.01, 0.495, 0.98, 0.495))
    above.imshow(mosaic[:-4, :-4], aspect="auto")

    chosen = 52  # many shapes, colours and textures, and none of them nearly hidden
    scenes = drawn.make_scenes(chosen + 1, seed=4, size=128, objects=(5, 5))
    known = scenes.counts[chosen]
    image = scenes.images[chosen]
    names = [scenes.class_names[label] for label in scenes.labels[chosen, :known]]
    places = [(0.01 + 0.3333 * place, 0.055, 0.3133, 0.40) for place in range(3)]
    plain, tinted, boxed = (figure.add_axes(place) for place in places)
    plain.imshow(image)
    plots.masks(image, scenes.instances[chosen], ax=tinted)
    plots.boxes(image, scenes.boxes[chosen, :known], labels=names, ax=boxed)
    above.axis("off")
    plain.axis("off")
    for ax, title in (
        (plain, "a scene, as drawn"),
        (tinted, "every visible pixel known"),
        (boxed, "every box known"),
    ):
        ax.set_title(title, fontsize=9, loc="left", pad=3)
    figure.text(0.01, 0.018, f"every word known: “{scenes.captions[chosen]}”", fontsize=9)
    return figure


def main():
    """Draw it and write it."""
    draw().savefig(PICTURE, dpi=160)
    print(f"written: {PICTURE.relative_to(ROOT)}")


if __name__ == "__main__":
    main()
