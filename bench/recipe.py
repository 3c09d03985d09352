"""Train a well-known first CNN and chapter 04's recipe for the same time, on the same images.

The reference is the network that first tutorials build: three convolutions of 32, 64 and 64
filters, 2 x 2 max-pooling between them, a dense layer of 64, Adam, batches of 32, 10 epochs. The
recipe is the cells of chapter 04 themselves. It gets the reference's wall time, compiling
included, and then shares of it: the smallest share after which it is at least as accurate tells
how much faster it gets there. One training after the other, in one run on one machine.

CIFAR-10 is used where it lies in ``COURSE_DATA_DIR``; else Fashion-MNIST where that is; and drawn
objects in any case. For photographs some constants of the recipe differ from those for drawings.
They were first compared on Fashion-MNIST's test images, which favours the recipe a little, and then
confirmed on 10,000 training images held out. Then: what a training costs by number of images and
by image size, and how many images a second can be fed beside how many the network can take.
"""

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
os.environ.setdefault("KERAS_BACKEND", "tensorflow")
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["COURSE_OFFLINE"] = "1"  # what is not staged is not measured
os.environ["COURSE_PROFILE"] = "quick"

import keras  # noqa: E402 - after its settings
from chapters import definitions, find_chapters  # noqa: E402
from keras import layers  # noqa: E402

from course_utils import data, drawn  # noqa: E402
from course_utils.backend import stop_autotuning  # noqa: E402

SHARES = (1, 1 / 3, 1 / 5, 1 / 8)
EPOCHS = 10
PHOTOGRAPHS = {"FLIPS": ("horizontal",), "PEAK": 5e-3, "WEIGHT_DECAY": 0.05, "SHIFT": 0}
DRAWINGS = {"FLIPS": ("horizontal", "vertical")}
CELLS = (
    "imports",
    "parameters",
    "build-the-pieces",
    "build-the-network",
    "train-functions",
    "one-cycle-schedule",
    "augment",
    "recipe-function",
)


class ByTheClock(keras.optimizers.schedules.LearningRateSchedule):
    """A schedule whose steps are seconds: the share of the time that has passed."""

    def __init__(self, schedule):
        self.schedule = schedule  # of one step
        self.passed = keras.Variable(0.0, trainable=False, name="passed")

    def __call__(self, step):
        """Return the learning rate for now, whatever the step."""
        return self.schedule(self.passed)


class Stop(keras.callbacks.Callback):
    """Tell the schedule the time, and stop the training when it is up."""

    def __init__(self, clock, began, seconds):
        super().__init__()
        self.clock, self.began, self.seconds, self.steps = clock, began, seconds, 0

    def on_train_batch_end(self, batch, logs=None):
        """Count the step and look at the clock."""
        self.steps += 1
        passed = (time.perf_counter() - self.began) / self.seconds
        self.clock.passed.assign(min(passed, 1.0))
        self.model.stop_training = passed >= 1


def reference(shape, classes):
    """Build and compile the well-known first CNN."""
    model = keras.Sequential([keras.Input(shape), layers.Rescaling(1 / 255)])
    for filters in (32, 64):
        model.add(layers.Conv2D(filters, 3, activation="relu"))
        model.add(layers.MaxPooling2D(2))
    model.add(layers.Conv2D(64, 3, activation="relu"))
    model.add(layers.Flatten())
    model.add(layers.Dense(64, activation="relu"))
    model.add(layers.Dense(classes, activation="softmax"))
    model.compile("adam", "sparse_categorical_crossentropy", metrics=["accuracy"])
    return model


def train_for(seconds, chapter, train):
    """Train a network by the chapter's recipe for so long.

    Returns
    -------
    model : keras.Model
    images : int
        How many were seen, repetitions counted.
    took : float
        Seconds from before the network was built to its last step.
    """
    keras.utils.set_random_seed(0)
    began = time.perf_counter()
    model = chapter["build"](train.images.shape[1:], len(train.class_names), chapter["WIDTHS"])
    clock = ByTheClock(chapter["OneCycle"](chapter["PEAK"], 1.0))
    stop = Stop(clock, began, seconds)
    chapter["train_by_recipe"](
        model, train.images, train.labels, epochs=1_000_000, rate=clock, callbacks=[stop]
    )
    return model, stop.steps * chapter["RECIPE_BATCH"], time.perf_counter() - began


def race(name, train, test, chapter, epochs):
    """Train the reference, then the recipe for shares of its time, and print a table."""
    keras.utils.set_random_seed(0)
    began = time.perf_counter()
    model = reference(train.images.shape[1:], len(train.class_names))
    model.fit(train.images, train.labels, batch_size=32, epochs=epochs, verbose=0)
    limit = time.perf_counter() - began
    goal = chapter["accuracy"](model, test.images, test.labels)
    print(f"\n{name}: {len(train):,} training images, {len(test):,} test images")
    print(f"{'':12}{'share of time':>14}{'seconds':>9}{'images seen':>13}{'accuracy':>10}")
    seen = epochs * len(train)
    print(f"{'reference':12}{'1':>14}{limit:9.1f}{seen:13,}{goal:10.4f}", flush=True)
    reached, at_equal_time = None, None
    for share in SHARES:
        model, seen, took = train_for(share * limit, chapter, train)
        value = chapter["accuracy"](model, test.images, test.labels)
        text = "1" if share == 1 else f"1/{1 / share:.0f}"
        print(f"{'recipe':12}{text:>14}{took:9.1f}{seen:13,}{value:10.4f}", flush=True)
        at_equal_time = value if share == 1 else at_equal_time
        reached = text if value >= goal else reached
    points = 100 * (at_equal_time - goal)
    errors = (1 - at_equal_time) / (1 - goal)
    print(f"at equal time {points:+.1f} points, {errors:.2f} times the errors")
    print(f"smallest share of the time with the reference's accuracy: {reached or 'none'}")


def rate_of(model, images, labels, batch):
    """Return images a second of a compiled model's training, compiling left out."""
    model.fit(images[: 2 * batch], labels[: 2 * batch], batch_size=batch, verbose=0)
    began = time.perf_counter()
    model.fit(images, labels, batch_size=batch, verbose=0)
    return len(images) / (time.perf_counter() - began)


def costs(chapter):
    """Print what a pass costs by number of images and image size, and who waits for whom."""
    batch = chapter["RECIPE_BATCH"]

    def compiled(network):
        model = chapter["augmented"](network, ("horizontal", "vertical"))
        chapter["prepare"](model, 1e-3)
        return model

    def network(size):
        return chapter["build"]((size, size, 3), 12, chapter["WIDTHS"])

    many = drawn.make_objects(8192, seed=0)
    print("\na pass over the training images, by their number (32 x 32 pixels)")
    model = compiled(network(32))
    for n in (1024, 2048, 4096, 8192):
        rate = rate_of(model, many.images[:n], many.labels[:n], batch)
        print(f"{n:8,} images {n / rate:8.2f} s {rate:8,.0f} images/s", flush=True)
    print("and by image size (1,024 images)")
    for size in (24, 32, 48, 64):
        some = drawn.make_objects(1024, seed=0, size=size)
        rate = rate_of(compiled(network(size)), some.images, some.labels, batch)
        print(f"{size:4} pixels {1024 / rate:8.2f} s {rate:8,.0f} images/s", flush=True)
    inputs = keras.Input((32, 32, 3))
    outputs = layers.Dense(12, activation="softmax")(layers.GlobalAveragePooling2D()(inputs))
    fed = rate_of(compiled(keras.Model(inputs, outputs)), many.images, many.labels, batch)
    taken = rate_of(model, many.images, many.labels, batch)
    print("fed (shuffled, batched, augmented) against taken by the network")
    print(f"{fed:,.0f} images/s against {taken:,.0f}: {fed / taken:.1f} times as many")


def data_sets():
    """Yield name, training set, test set and the recipe's constants for each set that is there."""
    for name, load in (("CIFAR-10", data.load_cifar10), ("Fashion-MNIST", data.load_fashion_mnist)):
        try:
            train, test = load()
        except data.DataError:
            print(f"{name} is not in COURSE_DATA_DIR, so it is not measured.")
        else:
            yield name, train, test, PHOTOGRAPHS
            break
    hard = {"rotation": 180, "shift": 1, "noise": 20, "clutter": 12}
    train = drawn.make_objects(20_000, seed=100, **hard)
    test = drawn.make_objects(5_000, seed=101, **hard)
    yield "Drawn objects", train, test, DRAWINGS


def main():
    """Race on each data set, then print the costs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--epochs", type=int, default=EPOCHS, help="of the reference")
    options = parser.parse_args()
    if keras.backend.backend() == "tensorflow":
        stop_autotuning()  # for both sides, as in every chapter
    (path,) = find_chapters("04")
    for name, train, test, constants in data_sets():
        chapter = definitions(path, CELLS)
        chapter.update(constants)  # in place: these names are the globals of its functions
        race(name, train, test, chapter, options.epochs)
    costs(definitions(path, CELLS))
    return 0


if __name__ == "__main__":
    sys.exit(main())
