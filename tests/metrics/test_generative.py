"""Comparing sets of pictures: closed forms, SciPy and scikit-learn say the same."""

import itertools

import numpy as np
import pytest
from scipy.linalg import sqrtm
from scipy.stats import binomtest, entropy
from sklearn.dummy import DummyClassifier
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import KNeighborsClassifier, NearestNeighbors

from course_utils.metrics.generative import (
    class_coverage,
    frechet_distance,
    gaussian_frechet_distance,
    kernel_distance,
    nearest,
    precision_recall,
    share_interval,
    two_sample_test,
)

RNG = np.random.default_rng(11)


def rows(n, features=6, shift=0.0, seed=0):
    rng = np.random.default_rng(seed)
    mix = np.random.default_rng(99).normal(size=(features, features))
    return rng.normal(size=(n, features)) @ mix + shift


def covariance(features, seed):
    root = np.random.default_rng(seed).normal(size=(features, features + 2))
    return root @ root.T


# Frechet distance


def test_frechet_of_gaussians_that_differ_in_their_means_is_the_squared_distance():
    same = covariance(4, 1)
    distance = gaussian_frechet_distance(np.zeros(4), same, [1.0, 2.0, 0.0, -2.0], same)
    assert distance == pytest.approx(9.0)


def test_frechet_of_independent_features_adds_up_squared_differences_of_deviations():
    one, two = np.array([1.0, 2.0, 0.0]), np.array([3.0, 0.5, 4.0])
    distance = gaussian_frechet_distance(np.zeros(3), np.diag(one**2), np.zeros(3), np.diag(two**2))
    assert distance == pytest.approx(np.sum((one - two) ** 2))


def test_frechet_agrees_with_the_matrix_root_of_scipy():
    a, b = covariance(5, 2), covariance(5, 3)
    shift = RNG.normal(size=5)
    expected = shift @ shift + np.trace(a + b - 2 * sqrtm(a @ b).real)
    assert gaussian_frechet_distance(shift, a, np.zeros(5), b) == pytest.approx(expected)


def test_frechet_of_many_rows_comes_near_that_of_the_gaussians_they_are_drawn_from():
    a, b = covariance(3, 4), covariance(3, 5)
    one = RNG.multivariate_normal([0, 0, 0], a, 200_000)
    two = RNG.multivariate_normal([1, 0, 2], b, 200_000)
    expected = gaussian_frechet_distance(np.zeros(3), a, [1, 0, 2], b)
    assert frechet_distance(one, two) == pytest.approx(expected, rel=0.02)


def test_frechet_is_zero_for_the_same_rows_and_symmetric():
    one, two = rows(50), rows(70, shift=1, seed=1)
    assert frechet_distance(one, one) == pytest.approx(0, abs=1e-9)
    assert frechet_distance(one, two) == pytest.approx(frechet_distance(two, one))


def test_frechet_bears_features_that_never_change_and_fewer_rows_than_features():
    one = np.pad(rows(4, seed=1), [(0, 0), (0, 5)])
    two = np.pad(rows(5, seed=2), [(0, 0), (0, 5)])
    distance = frechet_distance(one, two)
    assert distance == pytest.approx(frechet_distance(one[:, :6], two[:, :6]), rel=1e-5)
    assert distance > 0


def test_frechet_of_one_feature():
    one, two = np.array([[0.0], [2.0]]), np.array([[5.0], [5.0]])
    assert frechet_distance(one, two) == pytest.approx(16 + 2)  # variance 2 against 0


# Kernel distance


def test_kernel_distance_agrees_with_the_sum_over_all_pairs():
    one, two = rows(7), rows(9, shift=0.5, seed=1)

    def kernel(x, y):
        return (x @ y / 6 + 1) ** 3

    within = [
        np.mean([kernel(x, y) for x, y in itertools.permutations(some, 2)]) for some in (one, two)
    ]
    across = np.mean([kernel(x, y) for x in one for y in two])
    assert kernel_distance(one, two) == pytest.approx(sum(within) - 2 * across)


def test_kernel_distance_agrees_with_the_kernel_of_scikit_learn():
    one, two = rows(40), rows(30, shift=0.5, seed=1)
    table = polynomial_kernel(np.concatenate([one, two]), degree=3, gamma=1 / 6, coef0=1)
    np.fill_diagonal(table, 0)
    expected = (
        table[:40, :40].sum() / (40 * 39)
        + table[40:, 40:].sum() / (30 * 29)
        - 2 * table[:40, 40:].mean()
    )
    assert kernel_distance(one, two) == pytest.approx(expected)


def test_kernel_distance_is_unbiased():
    distances = [
        kernel_distance(rows(20, 2, seed=s), rows(20, 2, seed=1000 + s)) for s in range(400)
    ]
    assert np.mean(distances) == pytest.approx(0, abs=3 * np.std(distances) / 20)
    assert np.min(distances) < 0 < np.max(distances)


def test_kernel_distance_sees_what_mean_and_covariance_do_not():
    two_points = np.where(RNG.random((4000, 1)) < 0.2, 2.0, -0.5)  # mean 0, variance 1, skewed
    bell = RNG.normal(size=(4000, 1))
    assert frechet_distance(two_points, bell) < 0.02
    assert kernel_distance(two_points, bell) > 1


# The judge


def test_judge_cannot_tell_one_source_and_can_tell_two():
    same = two_sample_test(rows(1000), rows(1000, seed=1), seed=0)
    assert same.low < 0.5 < same.high
    other = two_sample_test(rows(1000), rows(1000, shift=9, seed=1), seed=0)
    assert other.accuracy > 0.95
    assert other.low <= other.accuracy <= other.high


def test_judge_is_as_often_right_as_the_best_that_there_can_be():
    # Two bells of deviation 1, two apart: the best judge is right in 84.13 of 100 cases.
    one, two = RNG.normal(size=(8000, 1)), RNG.normal(2, 1, size=(8000, 1))
    judged = two_sample_test(one, two, seed=0)
    assert judged.low < 0.8413 < judged.high


def test_judge_is_tested_on_rows_that_did_not_teach_it_half_of_each_kind():
    class Remembers(KNeighborsClassifier):
        def fit(self, x, y):
            self.known = set(map(tuple, x))
            assert np.mean(y) == 0.5
            return super().fit(x, y)

        def predict(self, x):
            assert not self.known & set(map(tuple, x))
            return super().predict(x)

    real, fake = rows(40), rows(25, seed=1)
    judged = two_sample_test(real, fake, seed=3, judge=Remembers(n_neighbors=1))
    assert judged.rows.shape == judged.right.shape == (26,)
    assert np.count_nonzero(judged.rows < 40) == 13
    assert len(set(judged.rows)) == 26
    assert judged.rows.max() < 65
    assert judged.accuracy == pytest.approx(judged.right.mean())
    again = two_sample_test(real, fake, seed=3, judge=Remembers(n_neighbors=1))
    np.testing.assert_array_equal(judged.rows, again.rows)


def test_judge_who_always_says_the_same_is_right_half_of_the_time():
    judge = DummyClassifier(strategy="constant", constant=True)
    judged = two_sample_test(rows(30), rows(90, seed=1), seed=0, judge=judge)
    assert judged.accuracy == 0.5
    np.testing.assert_array_equal(judged.right, judged.rows >= 30)


@pytest.mark.parametrize(("count", "n"), [(0, 10), (3, 10), (10, 10), (517, 1000), (1, 1)])
def test_interval_agrees_with_scipy(count, n):
    expected = binomtest(count, n).proportion_ci(method="wilson")
    assert share_interval(count, n) == pytest.approx((expected.low, expected.high), abs=1e-12)


@pytest.mark.parametrize(("count", "n"), [(0, 0), (-1, 5), (6, 5)])
def test_interval_of_nonsense_is_refused(count, n):
    with pytest.raises(ValueError, match="must"):
        share_interval(count, n)


# Coverage


def certain(answers, outputs=4, sure=0.9):
    rest = (1 - sure) / (outputs - 1)
    return np.where(np.arange(outputs) == np.asarray(answers)[:, None], sure, rest)


def test_coverage_counts_shares():
    seen = class_coverage(certain([0] * 50 + [1] * 30 + [2] * 14 + [3] * 6))
    np.testing.assert_allclose(seen.shares, [0.5, 0.3, 0.14, 0.06])
    assert seen.covered == 3  # a quarter of an even share is 6.25 of 100
    assert seen.balance == pytest.approx(entropy([50, 30, 14, 6]) / np.log(4))
    assert seen.clear == 1


def test_coverage_of_an_even_spread_and_of_a_single_class():
    even = class_coverage(certain([0, 1, 2, 3] * 5))
    assert (even.covered, even.balance) == (4, pytest.approx(1))
    single = class_coverage(certain([2] * 20))
    assert (single.covered, single.balance) == (1, 0)


def test_unclear_pictures_show_no_class():
    unclear = np.concatenate([certain([0] * 5), certain([1] * 15, sure=0.4)])
    seen = class_coverage(unclear)
    np.testing.assert_allclose(seen.shares, [0.25, 0, 0, 0])
    assert (seen.covered, seen.clear) == (1, 0.25)
    lenient = class_coverage(unclear, threshold=0.4)
    np.testing.assert_allclose(lenient.shares, [0.25, 0.75, 0, 0])
    none = class_coverage(certain([1] * 15, sure=0.4))
    assert (none.covered, none.balance, none.clear) == (0, 0, 0)


def test_outputs_that_are_no_class_of_these_pictures_count_as_none():
    seen = class_coverage(certain([0] * 4 + [1] * 4 + [3] * 2), classes=[3, 1])
    np.testing.assert_allclose(seen.shares, [0.2, 0.4])
    assert seen.covered == 2
    assert seen.clear == pytest.approx(0.6)
    assert seen.balance == pytest.approx(entropy([2, 4]) / np.log(2))


@pytest.mark.parametrize("classes", [[0, 4], [1, 1], [-1]])
def test_classes_that_are_no_outputs_are_refused(classes):
    with pytest.raises(ValueError, match="different outputs from 0 to 3"):
        class_coverage(certain([0, 1]), classes=classes)


def test_coverage_of_nothing_is_refused():
    with pytest.raises(ValueError, match="n of at least 1"):
        class_coverage(np.empty((0, 4)))


# Nearest


def test_nearest_agrees_with_scikit_learn():
    queries, references = rows(20), rows(50, seed=1)
    distances, indices = nearest(queries, references)
    expected = NearestNeighbors(n_neighbors=1).fit(references).kneighbors(queries)
    np.testing.assert_allclose(distances, expected[0][:, 0])
    np.testing.assert_array_equal(indices, expected[1][:, 0])


def test_a_copy_is_found_at_distance_zero_among_pictures_of_bytes():
    pictures = RNG.integers(0, 256, (30, 8, 8, 3)).astype("uint8")
    distances, indices = nearest(pictures[[4, 9]], pictures)
    np.testing.assert_array_equal(distances, [0, 0])
    np.testing.assert_array_equal(indices, [4, 9])
    brighter = np.clip(pictures[[4]].astype(int) + 1, 0, 255).astype("uint8")
    assert nearest(brighter, pictures)[0][0] <= np.sqrt(8 * 8 * 3)


# Precision and recall


def by_neighbours(queries, references, k):
    """Share of the queries within the k-th neighbour's distance of some reference."""
    reach = NearestNeighbors(n_neighbors=k + 1).fit(references).kneighbors(references)[0][:, k]
    table = np.linalg.norm(queries[:, None] - references[None], axis=2)
    return np.mean((table <= reach).any(axis=1))


@pytest.mark.parametrize("k", [1, 3, 5])
def test_precision_and_recall_agree_with_neighbours_of_scikit_learn(k):
    real, fake = rows(60), rows(50, shift=0.8, seed=1)
    precision, recall = precision_recall(real, fake, k=k)
    assert precision == by_neighbours(fake, real, k)
    assert recall == by_neighbours(real, fake, k)
    assert 0 < precision < 1


def test_precision_and_recall_of_the_same_of_a_part_and_of_something_else():
    real = np.concatenate([rows(200), rows(200, shift=100, seed=1)])
    assert precision_recall(real, real) == (1, 1)
    precision, recall = precision_recall(real, rows(200, seed=2))  # one of the two heaps
    assert precision > 0.8
    assert 0.3 < recall <= 0.5
    assert precision_recall(real, rows(200, shift=1000, seed=2)) == (0, 0)


def test_precision_and_recall_change_places_with_the_sets():
    real, fake = rows(60), rows(50, shift=0.8, seed=1)
    assert precision_recall(real, fake) == precision_recall(fake, real)[::-1]


# What is refused


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
    with pytest.raises(ValueError, match="rows in each set"):
        compare(rows(9), rows(9)[:0])


def test_precision_and_recall_need_more_rows_than_neighbours():
    with pytest.raises(ValueError, match="at least 4 rows"):
        precision_recall(rows(9), rows(3))
    with pytest.raises(ValueError, match="`k` of at least 1"):
        precision_recall(rows(9), rows(9), k=0)
