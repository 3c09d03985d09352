"""All that knows a backend by name: gradients, device, 32 bits, log chatter, settings."""

import ctypes
import logging
import os
import re
import sys
import tempfile
from contextlib import contextmanager, suppress
from functools import cache

import numpy as np

NAMES = {"tensorflow": "TensorFlow", "jax": "JAX", "torch": "PyTorch"}

# Options of glibc's mallopt, and sizes in bytes. Only the three together help: to set one of them
# keeps the first at 128 KB, and then each larger array is asked of the system.
_GLIBC_MEMORY = {
    -3: 32 * 2**20,  # M_MMAP_THRESHOLD, the largest that glibc allows
    -1: 2**30,  # M_TRIM_THRESHOLD
    -2: 64 * 2**20,  # M_TOP_PAD
}


def check_name(setting, name):
    """Raise ValueError unless a setting, such as "KERAS_BACKEND", names a backend."""
    if name not in NAMES:
        known = {"pytorch": "torch", "tf": "tensorflow"}.get(name.lower(), name.lower())
        advice = f" Write {setting}={known}." if known in NAMES else ""
        raise ValueError(
            f"{setting} must be one of {', '.join(NAMES)}, or not set at all. "
            f"Received: {name!r}.{advice}"
        )


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
                "`function` must return a tensor of shape (), a single number such as "
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


def keep_freed_memory():
    """Have the C library keep memory that was freed, for the next step of a training.

    Where the memory of a step is given back to the system and asked for again, as glibc does by
    default, a training on a virtual machine can take twice as long. Other C libraries are left
    alone.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):  # not glibc: macOS, musl, Windows
        return
    for option, size in _GLIBC_MEMORY.items():
        mallopt(option, size)


def device(backend):
    """Return the name of the device that trains."""
    name = None
    if backend == "tensorflow":
        import tensorflow as tf

        gpus = tf.config.list_physical_devices("GPU")
        if gpus:
            name = tf.config.experimental.get_device_details(gpus[0]).get("device_name", "GPU")
    elif backend == "jax":
        import jax

        device = jax.devices()[0]
        if device.platform != "cpu":
            name = device.device_kind
    else:
        import torch

        if torch.cuda.is_available():
            name = torch.cuda.get_device_name(0)
        elif torch.backends.mps.is_available():
            name = "Apple GPU"
    return name or f"CPU, {_cores()} core{'s' if _cores() > 1 else ''}"


def keep_float32(backend):
    """Have 32 bits mean 32 bits on a GPU, too.

    Since NVIDIA's Ampere, most libraries round the factors of products to 10 bits (TensorFloat-32)
    unless told otherwise. Then what this course proves to 1e-5 would hold to 1e-3 only. Mixed
    precision, asked for by name, is not touched.
    """
    if backend == "tensorflow":
        import tensorflow as tf

        tf.config.experimental.enable_tensor_float_32_execution(False)
    elif backend == "jax":
        import jax

        jax.config.update("jax_default_matmul_precision", "float32")
    else:
        import torch

        if hasattr(torch.backends, "fp32_precision"):  # from 2.9 on; the older names then warn
            torch.backends.cuda.matmul.fp32_precision = "ieee"
            torch.backends.cudnn.conv.fp32_precision = "ieee"
            torch.backends.cudnn.rnn.fp32_precision = "ieee"
        else:
            torch.backends.cuda.matmul.allow_tf32 = False
            torch.backends.cudnn.allow_tf32 = False


def keep_compiled(folder):
    """Have JAX keep what it compiles in a folder, so that a second run need not compile it again.

    Where the folder cannot be written, nothing is kept.
    """
    import jax

    with suppress(OSError):
        folder.mkdir(parents=True, exist_ok=True)
    if os.access(folder, os.W_OK):
        jax.config.update("jax_compilation_cache_dir", str(folder))
        jax.config.update("jax_persistent_cache_min_compile_time_secs", 0)
        jax.config.update("jax_persistent_cache_min_entry_size_bytes", 0)


@cache
def compile_less():
    """Have JAX compile one program where it would compile hundreds.

    Keras says of layers that shift, turn or zoom pictures that they cannot be compiled, as is true
    of TensorFlow. On JAX a training with one of them would run operation by operation: three
    hundred programs in place of one, and more than twice the time for each step.

    Weights that begin as zeros or ones are filled by NumPy, and not by a program for each shape.
    """
    import jax
    from keras import initializers, layers

    for layer in (layers.RandomTranslation, layers.RandomRotation, layers.RandomZoom):
        layer.supports_jit = property(lambda layer: True, lambda layer, value: None)

    def filled_with(value):
        def fill(initializer, shape, dtype="float32", layout=None):
            return jax.device_put(np.full(shape, value, jax.numpy.dtype(dtype or "float32")))

        return fill

    initializers.Zeros.__call__ = filled_with(0)
    initializers.Ones.__call__ = filled_with(1)


def forget_gradients():
    """Have PyTorch forget the gradients of all weights before each step.

    Keras looks weights up by their paths. A model that holds another, say a new head on a body
    that was trained before, can have two layers called "conv2d"; it finds one of the two, and the
    gradients of the other would be added up from step to step.
    """
    import keras

    def zero_grad(model, set_to_none=True):
        for variable in model.trainable_variables:
            variable.value.grad = None

    keras.Model.zero_grad = zero_grad


@contextmanager
def all_devices():
    """Split each batch evenly over all devices, for models that are built and trained inside.

    Every device holds a copy of the weights, computes the gradient of its part of the batch, and
    all take the same step with the mean. The engines are Keras' own for JAX,
    ``keras.distribution.DataParallel``, and TensorFlow's, ``tf.distribute.MirroredStrategy``.

    Yields
    ------
    int
        How many devices share the work; 1 on PyTorch, which Keras does not split.

    Examples
    --------
    >>> with all_devices() as devices:
    ...     model = build()
    ...     model.compile(...)
    ...     model.fit(images, labels, batch_size=devices * 64)
    """
    import keras

    backend = keras.backend.backend()
    if backend == "tensorflow":
        import tensorflow as tf

        logging.getLogger("tensorflow").setLevel(logging.WARNING)  # or it lists the devices
        strategy = tf.distribute.MirroredStrategy()
        with strategy.scope():
            yield strategy.num_replicas_in_sync
    elif backend == "jax":
        devices = keras.distribution.list_devices()
        with keras.distribution.DataParallel(devices=devices).scope():
            yield len(devices)
    else:
        yield 1


def _cores():
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


@contextmanager
def without_log_chatter():
    """Hold back the lines of information that TensorFlow's C++ code writes when it loads.

    They are written before any log level is read, straight to file descriptor 2, and would open
    every notebook with a red box. Everything else written there is passed on.
    """
    sys.stderr.flush()
    stderr = os.dup(2)
    with tempfile.TemporaryFile() as held:
        os.dup2(held.fileno(), 2)
        try:
            yield
        finally:
            os.dup2(stderr, 2)
            os.close(stderr)
            held.seek(0)
            for line in held:
                if not re.match(rb"I\d{4} |WARNING: All log messages before absl", line):
                    os.write(2, line)


@cache
def stop_autotuning():
    """Let every ``tf.data`` pipeline of this process run without autotuning.

    Keras feeds arrays to TensorFlow through such a pipeline, started anew in each epoch, and on two
    cores TensorFlow 2.21 often waits for its tuning thread to wake: up to the length of the epoch
    once more. Without tuning the waits are gone and the losses are equal to the last digit;
    ``bench/autotuning.py`` measures both.

    A pipeline whose own options say whether it is to be tuned is left alone.
    """
    import tensorflow as tf

    untuned = tf.data.Options()
    untuned.autotune.enabled = False
    # There is no public switch for all pipelines, and Keras builds its own out of reach.
    iterate = tf.data.Dataset.__iter__

    def iterate_untuned(dataset):
        if dataset.options().autotune.enabled is None:
            dataset = dataset.with_options(untuned)
        return iterate(dataset)

    tf.data.Dataset.__iter__ = iterate_untuned


@cache
def hide_retracing_warnings():
    """Keep TensorFlow from warning when several models, each traced once, predict in turn."""
    logging.getLogger("tensorflow").addFilter(
        lambda record: "triggered tf.function retracing" not in record.getMessage()
    )
