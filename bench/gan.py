"""Train a widely copied first DCGAN and chapter 11's for the same time, on the same pictures.

The reference is the one of the first tutorials: a generator with a dense layer of 7 x 7 x 256 and
transposed convolutions of 128, 64 and 1 filters of 5 x 5, a discriminator with convolutions of 64
and 128 and a dropout of 0.3, Adam with a rate of 1e-4 for each, batches of 256. Ours is the cells
of chapter 11 with the constants of its profile full. Both get the same wall time, compiling
included, on Fashion-MNIST, with the same seeds, one training after the other on one machine. Then
the chapter's eye, a classifier trained once, measures the Fréchet distance between 5,000 pictures
of either and 5,000 test pictures; the floor is that between two sets of test pictures.

Fashion-MNIST is read from ``COURSE_DATA_DIR``; where it is not there, nothing is measured.
"""

import argparse
import os
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path[:0] = [str(ROOT), str(ROOT / "tools")]
os.environ["KERAS_BACKEND"] = "tensorflow"  # the reference is written for it
os.environ.setdefault("TF_CPP_MIN_LOG_LEVEL", "2")
os.environ["COURSE_OFFLINE"] = "1"  # what is not staged is not measured
os.environ["COURSE_PROFILE"] = "full"

import keras  # noqa: E402 - after its settings
import numpy as np  # noqa: E402
import tensorflow as tf  # noqa: E402
from chapters import definitions, find_chapters  # noqa: E402
from keras import layers  # noqa: E402
from recipe import ByTheClock, Stop  # noqa: E402

from course_utils import data, metrics  # noqa: E402
from course_utils.backend import stop_autotuning  # noqa: E402

BAR = 0.5
NOISE, BATCH = 100, 256  # of the reference
SAMPLES = 5_000
CELLS = (
    "imports",
    "parameters",
    "build-the-generator",
    "build-the-discriminator",
    "two-losses",
    "gan-class",
    "two-paces",
    "train-an-eye",
)


def reference_networks():
    """Build the tutorial's generator and discriminator."""
    generator = keras.Sequential([keras.Input((NOISE,)), layers.Dense(7 * 7 * 256, use_bias=False)])
    generator.add(layers.Reshape((7, 7, 256)))
    for filters, stride in ((128, 1), (64, 2)):
        generator.add(layers.BatchNormalization())
        generator.add(layers.LeakyReLU())
        generator.add(
            layers.Conv2DTranspose(filters, 5, strides=stride, padding="same", use_bias=False)
        )
    generator.add(layers.BatchNormalization())
    generator.add(layers.LeakyReLU())
    generator.add(layers.Conv2DTranspose(1, 5, strides=2, padding="same", activation="tanh"))
    discriminator = keras.Sequential([keras.Input((28, 28, 1))])
    for filters in (64, 128):
        discriminator.add(layers.Conv2D(filters, 5, strides=2, padding="same"))
        discriminator.add(layers.LeakyReLU())
        discriminator.add(layers.Dropout(0.3))
    discriminator.add(layers.Flatten())
    discriminator.add(layers.Dense(1))
    return generator, discriminator


def train_reference(pictures, seconds, seed):
    """Train the tutorial's way, by two tapes, for so long; return the generator and its steps."""
    keras.utils.set_random_seed(seed)
    began = time.perf_counter()
    generator, discriminator = reference_networks()
    players = (generator, keras.optimizers.Adam(1e-4)), (discriminator, keras.optimizers.Adam(1e-4))
    entropy = keras.losses.BinaryCrossentropy(from_logits=True)
    for network, optimizer in players:
        optimizer.build(network.trainable_variables)

    @tf.function
    def step(real):
        noise = tf.random.normal((BATCH, NOISE))
        with tf.GradientTape() as first, tf.GradientTape() as second:
            fake = generator(noise, training=True)
            on_real = discriminator(real, training=True)
            on_fake = discriminator(fake, training=True)
            losses = (
                entropy(tf.ones_like(on_fake), on_fake),
                entropy(tf.ones_like(on_real), on_real) + entropy(tf.zeros_like(on_fake), on_fake),
            )
        for tape, (network, optimizer), loss in zip((first, second), players, losses, strict=True):
            weights = network.trainable_variables
            optimizer.apply_gradients(zip(tape.gradient(loss, weights), weights, strict=True))

    batches = tf.data.Dataset.from_tensor_slices(pictures).shuffle(60_000, seed=seed)
    batches = batches.batch(BATCH, drop_remainder=True).repeat()
    for steps, real in enumerate(batches, 1):
        step(real)
        if time.perf_counter() - began >= seconds:
            return generator, steps, time.perf_counter() - began
    return None


def train_ours(pictures, seconds, seed, chapter):
    """Train the chapter's GAN for so long; return the generator, its steps and its time."""
    keras.utils.set_random_seed(seed)
    chapter["SEED"] = seed  # in place: the names are the globals of the chapter's functions
    began = time.perf_counter()
    gan = chapter["GAN"](
        chapter["build_generator"](chapter["GENERATOR_FILTERS"]),
        chapter["build_discriminator"](chapter["DISCRIMINATOR_FILTERS"]),
    )
    clock = ByTheClock(keras.optimizers.schedules.CosineDecay(chapter["RATE"], 1.0, alpha=0.05))
    gan.compile(optimizer=chapter["TwoPaces"](clock, gan.discriminator, chapter["PACE"]))
    gan.optimizer.build(gan.trainable_variables)
    stop = Stop(clock, began, seconds)
    whole = len(pictures) // chapter["BATCH"] * chapter["BATCH"]
    gan.fit(
        pictures[:whole],
        batch_size=chapter["BATCH"],
        epochs=1_000_000,
        verbose=0,
        callbacks=[stop],
    )
    return gan.generator, stop.steps, time.perf_counter() - began


def measure(generator, look, reference, floor, seed):
    """Return the Fréchet distance over the floor, and how many classes are covered."""
    rng = np.random.default_rng(seed)
    noise = rng.normal(size=(SAMPLES, generator.input_shape[1])).astype("float32")
    pictures = [generator(noise[i : i + 500], training=False) for i in range(0, SAMPLES, 500)]
    pixels = np.rint(127.5 * (np.concatenate([np.asarray(part) for part in pictures]) + 1))
    features, probabilities = look(pixels)
    distance = metrics.frechet_distance(features, reference)
    return distance / floor, metrics.class_coverage(probabilities).covered


def main():
    """Race with each seed and print a table; exit with 1 when the mean ratio is over the bar."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=60, help="of each training")
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    stop_autotuning()  # for both sides, as in the chapter
    try:
        train, test = data.load_fashion_mnist()
    except data.DataError:
        print("Fashion-MNIST is not in COURSE_DATA_DIR, so the GANs are not measured.")
        return 0
    (path,) = find_chapters("11")
    chapter = definitions(path, CELLS)
    chapter.update(SHAPE=(28, 28, 1), SEED=0, CLASS_NAMES=train.class_names)
    chapter.update(train_images=train.images, train_labels=train.labels)
    keras.utils.set_random_seed(0)
    named = chapter["train_eye"]()
    eye = keras.Model(named.input, [named.get_layer("features").output, named.output])

    def look(pictures):
        parts = [
            eye(pictures[i : i + 500].astype("float32"), training=False)
            for i in range(0, len(pictures), 500)
        ]
        return [np.concatenate([np.asarray(part[place]) for part in parts]) for place in (0, 1)]

    reference = look(test.images[:SAMPLES])[0]
    floor = metrics.frechet_distance(look(test.images[SAMPLES:])[0], reference)
    pictures = train.images.astype("float32") / 127.5 - 1
    print(
        f"Fashion-MNIST: {len(pictures):,} pictures, {options.seconds:g} s each, floor {floor:.4g}"
    )
    print(f"{'':10}{'seed':>5}{'seconds':>9}{'steps':>8}{'Fréchet / floor':>17}{'classes':>9}")
    distances = {"tutorial": [], "chapter": []}
    for seed in options.seeds:
        for name, trained in (
            ("tutorial", lambda s: train_reference(pictures, options.seconds, s)),
            ("chapter", lambda s: train_ours(pictures, options.seconds, s, chapter)),
        ):
            generator, steps, took = trained(seed)
            distance, covered = measure(generator, look, reference, floor, seed)
            distances[name].append(distance)
            print(f"{name:10}{seed:5}{took:9.1f}{steps:8,}{distance:17.1f}{covered:9}", flush=True)
    ratios = np.divide(distances["chapter"], distances["tutorial"])
    holds = ratios.mean() <= BAR
    print(
        f"Fréchet distance, chapter over tutorial: {ratios.mean():.3f} "
        f"({ratios.min():.3f} to {ratios.max():.3f}), bar {BAR}: {'holds' if holds else 'NO'}"
    )
    return 0 if holds else 1


if __name__ == "__main__":
    sys.exit(main())
