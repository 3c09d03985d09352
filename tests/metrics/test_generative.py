"""Comparing sets of pictures: closed forms, SciPy and scikit-learn say the same."""

import itertools

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import binomtest

from course_utils.metrics import (
    class_coverage,
    frechet_distance,
    kernel_distance,
    nearest,
    precision_recall,
    two_sample_test,
)

RNG = np.random.default_rng(11)


def rows(n, features=6, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(features, features))
    return rng.normal(size=(n, features)) @ mix + shift


def apart(queries, references):
    return np.linalg.norm(queries[:, None] - references, axis=2)


def test_frechet_agrees_with_the_matrix_root_of_scipy_and_is_symmetric():
    one, two = rows(50), rows(70, shift=1, seed=1) @ np.diag([1, 2, 3, 1, 2, 3])
    a, b = np.cov(one.T), np.cov(two.T)
    shift = one.mean(axis=0) - two.mean(axis=0)
    expected = shift @ shift + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert frechet_distance(one, two) == pytest.approx(expected)
    assert frechet_distance(two, one) == pytest.approx(expected)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)


def test_frechet_bears_features_that_never_change_and_fewer_rows_than_features():
    one = np.pad(rows(4, seed=1), [(0, 0), (0, 5)])
    two = np.pad(rows(5, seed=2), [(0, 0), (0, 5)])
    distance = frechet_distance(one, two)
    assert distance == pytest.approx(frechet_distance(one[:, :6], two[:, :6]), rel=1e-5)
    assert distance > 0


def test_frechet_of_one_feature():
    one, two = np.array([[0.0], [2.0]]), np.array([[5.0], [5.0]])
    assert frechet_distance(one, two) == pytest.approx(16 + 2)  # variance 2 against 0


def test_kernel_distance_agrees_with_the_sum_over_all_pairs():
    one, two = rows(7), rows(9, shift=0.5, seed=1)

    def kernel(x, y):
        return (x @ y / 6 + 1) ** 3

    within = [
        np.mean([kernel(x, y) for x, y in itertools.permutations(some, 2)]) for some in (one, two)
    ]
    across = np.mean([kernel(x, y) for x in one for y in two])
    assert kernel_distance(one, two) == pytest.approx(sum(within) - 2 * across)


def test_kernel_distance_sees_what_mean_and_covariance_do_not():
    two_points = np.where(RNG.random((4000, 1)) < 0.2, 2.0, -0.5)  # mean 0, variance 1, skewed
    bell = RNG.normal(size=(4000, 1))
    assert frechet_distance(two_points, bell) < 0.02
    assert kernel_distance(two_points, bell) > 1


def test_judge_cannot_tell_one_source_and_can_tell_two():
    same = two_sample_test(rows(1000), rows(1000, seed=1), seed=0)
    assert same.low < 0.5 < same.high
    assert same == two_sample_test(rows(1000), rows(1000, seed=1), seed=0)
    interval = binomtest(round(1000 * same.accuracy), 1000).proportion_ci(method="wilson")
    assert (same.low, same.high) == pytest.approx((interval.low, interval.high))
    assert two_sample_test(rows(1000), rows(1000, shift=9, seed=1), seed=0).accuracy > 0.95


def test_judge_learns_nothing_of_the_rows_that_test_it():
    """With more features than rows the rows that teach could be learned by heart."""
    judged = two_sample_test(rows(100, 400), rows(350, 400, seed=1), seed=3)
    assert judged.low < 0.5 < judged.high


def certain(answers, outputs=4, sure=0.9):
    rest = (1 - sure) / (outputs - 1)
    return np.where(np.arange(outputs) == np.asarray(answers)[:, None], sure, rest)


@pytest.mark.parametrize(
    ("probabilities", "classes", "shares", "covered"),
    [
        # a quarter of an even share is 6.25 of 100
        (certain([0] * 50 + [1] * 30 + [2] * 14 + [3] * 6), None, [0.5, 0.3, 0.14, 0.06], 3),
        (certain([0, 1, 2, 3] * 5), None, [0.25] * 4, 4),
        (certain([2] * 20), None, [0, 0, 1, 0], 1),
        (np.concatenate([certain([0] * 5), certain([1] * 15, sure=0.4)]), None, [0.25, 0, 0, 0], 1),
        (certain([1] * 15, sure=0.5), None, [0, 1, 0, 0], 1),
        (certain([0] * 4 + [1] * 4 + [3] * 2), [3, 1], [0.2, 0.4], 2),
    ],
    ids=["uneven", "even", "single", "unclear", "just clear", "chosen classes"],
)
def test_coverage_counts_what_is_clearly_shown(probabilities, classes, shares, covered):
    seen = class_coverage(probabilities, classes=classes)
    np.testing.assert_allclose(seen.shares, shares)
    assert seen.covered == covered


def test_nearest_is_the_smallest_of_all_distances_and_zero_for_a_copy():
    queries, references = rows(20), rows(50, seed=1)
    distances, indices = nearest(queries, references)
    table = apart(queries, references)
    np.testing.assert_allclose(distances, table.min(axis=1))
    np.testing.assert_array_equal(indices, table.argmin(axis=1))
    pictures = RNG.integers(0, 256, (30, 8, 8, 3)).astype("uint8")
    distances, indices = nearest(pictures[[4, 9]], pictures)
    np.testing.assert_array_equal(distances, [0, 0])
    np.testing.assert_array_equal(indices, [4, 9])


def by_hand(queries, references):
    """Return the share of queries no farther from a reference than its third neighbour."""
    reach = np.sort(apart(references, references))[:, 3]  # the first is the row itself
    return np.mean((apart(queries, references) <= reach).any(axis=1))


def test_precision_and_recall_agree_with_the_table_of_distances():
    real, fake = rows(60), rows(50, shift=0.8, seed=1)
    assert precision_recall(real, fake) == (by_hand(fake, real), by_hand(real, fake))
    assert 0 < by_hand(fake, real) < 1


def test_precision_and_recall_of_the_same_of_a_part_and_of_something_else():
    real = np.concatenate([rows(200), rows(200, shift=100, seed=1)])
    assert precision_recall(real, real) == (1, 1)
    precision, recall = precision_recall(real, rows(200, seed=2))  # one of the two heaps
    assert precision > 0.8
    assert 0.3 < recall <= 0.5
    assert precision_recall(real, rows(200, shift=1000, seed=2)) == (0, 0)


@pytest.mark.parametrize(
    "compare",
    [
        frechet_distance,
        kernel_distance,
        nearest,
        precision_recall,
        lambda a, b: two_sample_test(a, b, seed=0),
    ],
)
def test_sets_that_do_not_fit_one_another_are_refused(compare):
    with pytest.raises(ValueError, match=r"shapes \(9, 6\) and \(9, 5\)"):
        compare(rows(9), rows(9, 5))
    with pytest.raises(ValueError, match="one row a picture"):
        compare(np.zeros(9), np.zeros(9))
    with pytest.raises(ValueError, match="NaN or infinite"):
        compare(rows(9), rows(9) * np.nan)
    with pytest.raises(ValueError, match=r"rows\. Received: 9 and 0"):
        compare(rows(9), rows(9)[:0])
