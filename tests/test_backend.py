"""Gradients agree with calculus; JAX compiles once, and keeps it; freed memory is kept."""

import ctypes
import os
import subprocess
import sys
from types import SimpleNamespace

import keras
import numpy as np
import pytest
from keras import ops

import course_utils as cu
from course_utils import backend
from course_utils.backend import gradient


def test_of_one_array():
    x = np.array([[1.0, 2.0], [3.0, -4.0]])
    slope = gradient(lambda t: ops.sum(t**3), x)
    np.testing.assert_allclose(slope, 3 * x**2, rtol=1e-6)
    assert slope.dtype == np.float32


def test_of_several_arrays_with_one_that_does_not_matter():
    a, b, idle = [1.0, 2.0], [[3.0]], [5.0, 6.0, 7.0]
    slopes = gradient(lambda t: ops.sum(t[0] ** 2) * ops.sum(t[1]), [a, b, idle])
    np.testing.assert_allclose(slopes[0], [6.0, 12.0])
    np.testing.assert_allclose(slopes[1], [[5.0]])
    np.testing.assert_allclose(slopes[2], np.zeros(3))


def test_of_images_of_bytes_through_a_model():
    model = keras.Sequential([keras.Input((4, 4, 1)), keras.layers.Flatten()])
    model.add(keras.layers.Dense(2))
    images = np.arange(32, dtype="uint8").reshape(2, 4, 4, 1)
    slope = gradient(lambda x: ops.sum(model(x, training=False)[:, 1]), images)
    kernel = ops.convert_to_numpy(model.layers[-1].kernel)
    np.testing.assert_allclose(slope, np.stack([kernel[:, 1].reshape(4, 4, 1)] * 2), rtol=1e-6)


def test_of_weights_while_batch_normalisation_measures_and_stays_as_it_was():
    model = keras.Sequential([keras.Input((3,)), keras.layers.Dense(1, use_bias=False)])
    model.add(keras.layers.BatchNormalization())
    x = np.random.default_rng(0).normal(scale=10, size=(8, 3)).astype("float32")
    before = [w.copy() for w in model.get_weights()]

    def loss(weights):
        outputs, _ = model.stateless_call(
            weights, [v.value for v in model.non_trainable_variables], x, training=True
        )
        return ops.mean((outputs - 1.0) ** 2)

    weights = [v.value for v in model.trainable_variables]
    slopes = gradient(loss, weights)
    # Normalised, an output z has mean 0 and mean square 1, whatever the kernel: the loss is
    # the mean of (gamma z + beta - 1)^2, with gamma of 1 and beta of 0.
    for slope, expected in zip(slopes, (0, 2, -2), strict=True):
        np.testing.assert_allclose(slope, np.full(slope.shape, expected), atol=0.02)
    for weight, was in zip(model.get_weights(), before, strict=True):
        np.testing.assert_array_equal(weight, was)


@pytest.mark.parametrize("function", [lambda x: x, lambda x: None, lambda x: 3.0])
def test_wants_a_single_number(function):
    with pytest.raises(ValueError, match="a single number"):
        gradient(function, [1.0, 2.0])


SHIFTED = """
import course_utils as cu
cu.setup(seed=1)
import keras, numpy as np
model = keras.Sequential([keras.Input((8, 8, 1)), keras.layers.RandomTranslation(0.2, 0.2)])
model.add(keras.layers.Flatten())
model.add(keras.layers.Dense(1))
model.compile("sgd", "mse")
model.fit(np.ones((4, 8, 8, 1)), np.ones(4), verbose=0)
assert model.jit_compile
"""


@pytest.mark.slow
@pytest.mark.parametrize(("setting", "kept"), [("", True), ("0", False)])
def test_jax_compiles_shifts_and_keeps_what_it_compiled(tmp_path, setting, kept):
    environment = {"KERAS_BACKEND": "jax", "COURSE_CACHE_DIR": str(tmp_path)}
    done = subprocess.run(
        [sys.executable, "-W", "error::UserWarning", "-c", SHIFTED],
        env={**os.environ, **environment, "COURSE_COMPILED": setting},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    assert any(tmp_path.glob("compiled/*train_step*")) == kept


def test_glibc_accepts_each_setting_of_memory():
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is None:
        pytest.skip("not glibc")
    assert [mallopt(*setting) for setting in backend._GLIBC_MEMORY.items()] == [1, 1, 1]


def test_other_c_libraries_keep_their_memory_as_they_like(monkeypatch):
    monkeypatch.setattr(ctypes, "CDLL", lambda name: SimpleNamespace())
    backend.keep_freed_memory()


def test_layers_of_one_name_inside_another_model_are_trained_like_any_others():
    cu.setup(seed=1)

    def trained(inner_name):
        inputs = keras.Input((4,))
        inner = keras.Model(inputs, keras.layers.Dense(3, name=inner_name)(inputs))
        outputs = keras.layers.Dense(1, name="dense")(inner(inputs))
        model = keras.Model(inputs, outputs)
        model.set_weights(
            [np.linspace(-1, 1, w.size).reshape(w.shape) for w in model.get_weights()]
        )
        model.compile(optimizer=keras.optimizers.SGD(0.1), loss="mse")
        x = np.random.default_rng(0).normal(size=(16, 4))
        model.fit(x, x[:, :1], batch_size=4, epochs=2, shuffle=False, verbose=0)
        return model.get_weights()

    for one, other in zip(trained("dense"), trained("another"), strict=True):
        np.testing.assert_allclose(one, other, rtol=1e-5, atol=1e-6)
