"""What a network computes for one input, whatever the machine."""

import math


def multiply_adds(model):
    """Count the multiply-adds of a Keras model for one input: products added to a sum.

    Convolutions, dense layers, products of two layers (gates) and self-attention are counted;
    biases, activations, normalisation and pooling, which cost little beside them, are not.

    Parameters
    ----------
    model : keras.Model
        Functional or sequential, and built. Models inside of it are counted as well. ValueError if
        a size of an output is not known before the model is called.

    Returns
    -------
    int
    """
    from keras import Model, layers

    total = 0
    for layer in model.layers:
        if isinstance(layer, Model):
            total += multiply_adds(layer)
        elif isinstance(layer, layers.Conv2D | layers.Dense):
            places = _product(layer, layer.output.shape[1:-1])  # where each weight is used once
            total += places * math.prod(layer.kernel.shape)
        elif isinstance(layer, layers.Multiply):
            total += _product(layer, layer.output.shape[1:])
        elif isinstance(layer, layers.MultiHeadAttention):
            total += _self_attention(layer)
    return total


def _self_attention(layer):
    """Count four products of tokens and a matrix, the scores, and the sums that they weight."""
    output = layer.output[0] if isinstance(layer.output, list | tuple) else layer.output
    tokens = _product(layer, output.shape[1:-1])
    dense = (layer.query_dense, layer.key_dense, layer.value_dense, layer.output_dense)
    matrices = sum(math.prod(part.kernel.shape) for part in dense)
    scores = math.prod(layer.query_dense.kernel.shape[1:])  # heads x numbers in each
    sums = math.prod(layer.value_dense.kernel.shape[1:])
    return tokens * matrices + tokens**2 * (scores + sums)


def _product(layer, sizes):
    if None in sizes:
        raise ValueError(
            "Outputs of the model's layers must be of known size. Received: "
            f"{layer.name!r} with output sizes {tuple(sizes)}. Give keras.Input the full shape."
        )
    return math.prod(sizes)
