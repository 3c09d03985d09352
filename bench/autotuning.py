"""Measure what TensorFlow's autotuning of data pipelines costs a training with short epochs.

The same network is trained on the same arrays in fresh processes, by turns with the pipelines as
TensorFlow runs them and as the course does (``course_utils/backend.py``). Prints the
seconds of both, how many epochs began with a wait, and whether the losses are equal to the last
digit. Should the first two lines one day be alike, the course's own setting has become needless.
"""

import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
os.environ["KERAS_BACKEND"] = "tensorflow"
os.environ["TF_CPP_MIN_LOG_LEVEL"] = "2"

EPOCHS = 15
PAIRS = 2
WAIT = 0.3  # seconds from the begin of an epoch to its first batch that count as a wait


def train(tuned):
    """Train once in this process; return the seconds, the waits and the last loss."""
    import keras
    import numpy as np

    from course_utils.backend import stop_autotuning

    if not tuned:
        stop_autotuning()

    waits = []

    class Watch(keras.callbacks.Callback):
        def on_epoch_begin(self, epoch, logs=None):
            self.began = time.perf_counter()

        def on_train_batch_begin(self, batch, logs=None):
            waited = time.perf_counter() - self.began
            if batch == 0 and waited > WAIT:
                waits.append(waited)

    keras.utils.set_random_seed(0)
    draw = np.random.default_rng(0)
    images = draw.random((9_856, 2_560), dtype="float32")
    labels = draw.integers(0, 10, len(images))
    layers = [keras.layers.Dense(1_200, "relu"), keras.layers.Dense(10, "softmax")]
    model = keras.Sequential([keras.Input((2_560,)), *layers])
    model.compile("adam", "sparse_categorical_crossentropy")
    began = time.perf_counter()
    history = model.fit(
        images, labels, batch_size=128, epochs=EPOCHS, verbose=0, callbacks=[Watch()]
    ).history
    seconds = time.perf_counter() - began
    return {"seconds": seconds, "waits": waits, "loss": history["loss"][-1]}


def main():
    """Train by turns and print the comparison; return whether the losses are equal."""
    runs = {"autotuned": [], "as the course": []}
    for _ in range(PAIRS):
        for name, found in runs.items():
            command = [sys.executable, __file__, name]
            done = subprocess.run(command, capture_output=True, text=True, check=True)
            found.append(json.loads(done.stdout))
    print(f"{EPOCHS} epochs, {PAIRS} trainings each")
    for name, found in runs.items():
        seconds = statistics.mean(run["seconds"] for run in found)
        waits = [wait for run in found for wait in run["waits"]]
        print(f"{name:15}{seconds:6.1f} s, {len(waits)} waits, together {sum(waits):.1f} s")
    ratio = [sum(run["seconds"] for run in found) for found in runs.values()]
    equal = len({run["loss"] for found in runs.values() for run in found}) == 1
    print(f"autotuned over as the course: {ratio[0] / ratio[1]:.2f}; same losses: {equal}")
    return equal


if __name__ == "__main__":
    if len(sys.argv) == 2:
        print(json.dumps(train(tuned=sys.argv[1] == "autotuned")))
    else:
        sys.exit(not main())
