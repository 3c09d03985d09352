"""Multiply-adds: equal to counts by hand, layer by layer."""

import keras
import pytest
from keras import layers

from course_utils import metrics


def count(build, shape):
    inputs = keras.Input(shape)
    return metrics.multiply_adds(keras.Model(inputs, build(inputs)))


def test_a_convolution_uses_each_weight_at_each_place_of_its_output():
    build = layers.Conv2D(5, kernel_size=3, strides=2, padding="same")
    assert count(build, (8, 6, 2)) == (4 * 3) * (3 * 3 * 2 * 5)


@pytest.mark.parametrize(("shape", "places"), [((7,), 1), ((4, 7), 4)], ids=["one", "tokens"])
def test_a_dense_layer_treats_each_token(shape, places):
    assert count(layers.Dense(3), shape) == places * 7 * 3


def test_a_gate_multiplies_each_number_once_and_the_rest_is_free():
    def gate(x):
        y = layers.ReLU()(layers.BatchNormalization()(x))
        return layers.Multiply()([x, y])

    assert count(gate, (4, 5, 6)) == 4 * 5 * 6


@pytest.mark.parametrize("return_scores", [False, True])
def test_self_attention_has_four_matrices_and_two_tables(return_scores):
    n, d = 10, 8

    def attend(x):
        answer = layers.MultiHeadAttention(2, key_dim=4)(
            x, x, return_attention_scores=return_scores
        )
        return answer[0] if return_scores else answer

    assert count(attend, (n, d)) == 4 * n * d**2 + 2 * n**2 * d


def test_models_inside_of_models_are_counted():
    inner = keras.Sequential([keras.Input((7,)), layers.Dense(3)])
    assert count(lambda x: layers.Dense(2)(inner(x)), (7,)) == 7 * 3 + 3 * 2


def test_sizes_that_are_not_known_are_refused():
    with pytest.raises(ValueError, match=r"must be of known size\. Received: .*None"):
        count(layers.Conv2D(1, kernel_size=3), (None, None, 3))
