"""The pretrained networks of chapter 9: built as published, and loaded from files."""

import urllib.error

import chapters
import keras
import numpy as np
import pytest

(CHAPTER,) = chapters.find_chapters("09")
CELLS = ("imports", "squeezenet-code", "efficientnet-code")
PICTURES = np.random.default_rng(9).integers(0, 256, (2, 64, 64, 3)).astype("float32")


@pytest.fixture(scope="module")
def names():
    return chapters.definitions(CHAPTER, CELLS)


def answers(network):
    return keras.ops.convert_to_numpy(network(PICTURES, training=False))


def test_squeezenet_has_the_published_number_of_weights(names):
    # 1,235,496 weights of SqueezeNet 1.1 less those of its last convolution, 512 to 1,000.
    assert names["build_squeezenet"](64).count_params() == 1_235_496 - 513_000


def test_squeezenet_swaps_colours_and_subtracts_the_mean(names):
    network = names["build_squeezenet"](64)
    prepared = keras.Model(network.input, network.get_layer("prepared").output)
    expected = PICTURES[..., ::-1] - np.array([103.939, 116.779, 123.68])
    np.testing.assert_allclose(answers(prepared), expected, atol=1e-3)


def test_squeezenet_reads_a_file_of_the_published_kind(names, tmp_path):
    keras.utils.set_random_seed(1)
    saved = names["build_squeezenet"](64)
    _write_as_published(saved, tmp_path / "squeezenet_notop.h5")
    keras.utils.set_random_seed(2)
    network = names["build_squeezenet"](64)
    assert not np.allclose(answers(network), answers(saved))
    network.load_weights(tmp_path / "squeezenet_notop.h5")
    np.testing.assert_array_equal(answers(network), answers(saved))


def test_squeezenet_survives_saving_with_its_preparation(names, tmp_path):
    network = names["build_squeezenet"](64)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(answers(again), answers(network), rtol=1e-5, atol=1e-4)


@pytest.mark.slow
def test_efficientnet_loads_a_file_of_the_right_shape(names, tmp_path):
    keras.utils.set_random_seed(1)
    random = keras.applications.EfficientNetV2B0(weights=None, include_top=False)
    path = tmp_path / "efficientnet.weights.h5"
    random.save_weights(path)
    network = names["build_efficientnet"](64, weights=str(path))
    assert network.output.shape == (None, 1280)
    for ours, theirs in zip(network.get_weights(), random.get_weights(), strict=True):
        np.testing.assert_array_equal(ours, theirs)
    maps = keras.ops.convert_to_numpy(random(PICTURES, training=False))
    np.testing.assert_allclose(answers(network), maps.mean(axis=(1, 2)), rtol=1e-4, atol=1e-4)
    assert network.get_layer("block4c_add").output.shape == (None, 4, 4, 96)


def test_where_efficientnet_cannot_be_fetched_that_is_said(names, monkeypatch, capsys):
    def fails(side, weights="imagenet"):
        try:
            raise urllib.error.URLError("no route")
        except urllib.error.URLError:
            raise Exception("URL fetch failure") from None

    monkeypatch.setitem(names, "build_efficientnet", fails)
    assert names["fetched_efficientnet"](64) is None
    assert "could not be fetched: <urlopen error no route>" in capsys.readouterr().out


def test_any_other_error_of_efficientnet_is_passed_on(names, monkeypatch):
    def fails(side, weights="imagenet"):
        raise ValueError("wrong shape")

    monkeypatch.setitem(names, "build_efficientnet", fails)
    with pytest.raises(ValueError, match="wrong shape"):
        names["fetched_efficientnet"](64)


def _write_as_published(network, path):
    """Write weights as Keras 2 did: layer by layer, in the order of the names' list."""
    import h5py

    with h5py.File(path, "w") as file:
        layers = [layer for layer in network.layers if layer.weights]
        file.attrs["layer_names"] = [layer.name.encode() for layer in layers]
        for layer in layers:
            group = file.create_group(layer.name)
            group.attrs["weight_names"] = [b"kernel", b"bias"]
            for name, value in zip(("kernel", "bias"), layer.get_weights(), strict=True):
                group[name] = value
