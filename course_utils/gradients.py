"""The gradient of any function of arrays, on whichever backend Keras runs."""

import numpy as np


def gradient(function, x):
    """Differentiate a number with respect to the arrays that it is computed from.

    Keras itself has no call for this that works on every backend.

    Parameters
    ----------
    function : callable
        Takes a tensor like `x` (or a list of tensors, if `x` is a list) and returns a tensor of
        shape (): a single number. It computes with ``keras.ops`` and Keras models, and must not
        change them: call a model with ``training=False``, or through ``stateless_call``.
    x : array or list of arrays
        Where to differentiate. Numbers of any type; they are converted to ``float32``.

    Returns
    -------
    ndarray of float32, or list of ndarray of float32
        For each array the gradient, of the array's shape; zeros where the number does not depend
        on it.

    Raises
    ------
    ValueError
        If `function` returns something else than a single number.

    Examples
    --------
    >>> gradient(lambda x: keras.ops.sum(x**2), np.array([1.0, 2.0]))
    array([2., 4.], dtype=float32)
    """
    import keras

    several = isinstance(x, list | tuple)
    arrays = [np.asarray(keras.ops.convert_to_numpy(a), "float32") for a in (x if several else [x])]

    def number(tensors):
        value = function(list(tensors) if several else tensors[0])
        shape = getattr(value, "shape", None)
        if shape is None or tuple(shape) != ():
            raise ValueError(
                "Expected `function` to return a tensor of shape (), a single number such as "
                f"keras.ops.sum(...). Received: {value!r}"
            )
        return value

    gradients = _DIFFERENTIATE[keras.backend.backend()](number, arrays)
    gradients = [np.array(keras.ops.convert_to_numpy(g)) for g in gradients]
    return gradients if several else gradients[0]


def _tensorflow(number, arrays):
    import tensorflow as tf

    tensors = [tf.convert_to_tensor(array) for array in arrays]
    with tf.GradientTape() as tape:
        tape.watch(tensors)
        value = number(tensors)
    return tape.gradient(value, tensors, unconnected_gradients=tf.UnconnectedGradients.ZERO)


def _jax(number, arrays):
    import jax

    return jax.grad(number)([jax.numpy.asarray(array) for array in arrays])


def _torch(number, arrays):
    import keras
    import torch

    tensors = [keras.ops.convert_to_tensor(array).requires_grad_() for array in arrays]
    gradients = torch.autograd.grad(number(tensors), tensors, allow_unused=True)
    return [
        torch.zeros_like(t) if g is None else g for t, g in zip(tensors, gradients, strict=True)
    ]


_DIFFERENTIATE = {"tensorflow": _tensorflow, "jax": _jax, "torch": _torch}
