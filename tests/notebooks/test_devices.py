"""Chapter 04's cells train on two devices as on one, here two halves of a processor."""

import importlib.util
import os
import subprocess
import sys

import pytest
from chapters import ROOT

TWO = {
    "tensorflow": """
import tensorflow as tf
(cpu,) = tf.config.list_physical_devices("CPU")
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
""",
    "jax": """
import jax
jax.config.update("jax_num_cpu_devices", 2)
""",
}
PROGRAM = """
import chapters
import course_utils as cu
from course_utils import drawn

cu.setup(seed=4)
(path,) = chapters.find_chapters("04")
before = "imports parameters build-the-pieces build-the-network train-functions".split()
names = chapters.definitions(path, before)
names |= {"SEED": 4, "many": drawn.make_objects(640, seed=1)}
for cell in chapters.code_cells(chapters.read(path)):
    if cell.id in ("split-the-batch", "compare-the-losses"):
        exec(cell.source, names)
assert names["devices"] == 2
assert len(names["alone"]) == 10
assert names["alone"][0] > names["alone"][-1]
assert names["split_difference"] < 1e-4, names["split_difference"]
"""


@pytest.mark.slow
@pytest.mark.parametrize("backend", TWO)
def test_ten_losses_are_those_of_one_device(backend):
    if importlib.util.find_spec(backend) is None:
        pytest.skip(f"{backend} is not installed")
    search = [str(ROOT / "tools"), os.environ["PYTHONPATH"]]
    done = subprocess.run(
        [sys.executable, "-c", TWO[backend] + PROGRAM],
        env={**os.environ, "KERAS_BACKEND": backend, "PYTHONPATH": os.pathsep.join(search)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
