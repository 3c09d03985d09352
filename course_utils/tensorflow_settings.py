"""What the course changes in TensorFlow, which has no settings of its own for it."""

import logging
from functools import cache


@cache
def stop_autotuning():
    """Let every ``tf.data`` pipeline of this process run without autotuning.

    Keras feeds arrays to TensorFlow through such a pipeline, started anew in each epoch. On two
    cores, TensorFlow 2.21 waits after every second to sixth epoch until the total since its start
    is 0.6, 1.3, 2.6, 5.1, ... seconds: up to the length of the epoch once more. Those are the
    moments at which the tuning thread wakes, whose sleep doubles from 10 ms on. Without tuning the
    waits are gone and the losses are equal to the last digit; ``bench/autotuning.py`` measures
    both. The course's pipelines hand out arrays in memory, so there is nothing to tune.

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
    """Keep TensorFlow from warning that functions are traced again.

    It warns when several models predict one after the other, as they must in a notebook that
    compares them: each is traced once, as it should be, and the learner has nothing to mend.
    """
    logging.getLogger("tensorflow").addFilter(
        lambda record: "triggered tf.function retracing" not in record.getMessage()
    )
