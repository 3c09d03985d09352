"""How alike two sets of pictures are: distances, a judge, coverage, copies, precision and recall.

Each function compares numbers that describe pictures, one row a picture: the features that a
trained network computes, or the pixels themselves. What such a comparison means depends on the
network, so a notebook names it.
"""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances_chunked
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler


def frechet_distance(a, b):
    """Return the Fréchet distance between two sets, each taken as a Gaussian.

    This is the Fréchet inception distance, FID, where the features are those of an Inception
    network; here they are those of whatever network computed them. Small sets look further apart
    than they are: compare only distances between sets of the same sizes.

    Parameters
    ----------
    a, b : array of shape (n, features) and (m, features)
        At least two rows each.

    Returns
    -------
    float
        At least 0, in squared units of the features; 0 if means and covariances are equal.

    Raises
    ------
    ValueError
        If the arrays do not fit one another.

    References
    ----------
    M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter, GANs trained by a two
    time-scale update rule converge to a local Nash equilibrium, 2017.
    """
    a, b = _pair(a, b, least=2)
    return gaussian_frechet_distance(a.mean(axis=0), _covariance(a), b.mean(axis=0), _covariance(b))


def gaussian_frechet_distance(mean_a, covariance_a, mean_b, covariance_b):
    """Return the squared Fréchet distance between two Gaussians.

    ``|mean_a - mean_b|^2 + trace(A + B - 2 (A B)^(1/2))``, with the covariances A and B.

    Parameters
    ----------
    mean_a, mean_b : array of shape (features,)
    covariance_a, covariance_b : array of shape (features, features)
        Symmetric, no eigenvalue below 0.

    Returns
    -------
    float
        At least 0.

    References
    ----------
    D. Dowson, B. Landau, The Fréchet distance between multivariate normal distributions, 1982.
    """
    shift = np.asarray(mean_a, float) - np.asarray(mean_b, float)
    covariance_a = np.asarray(covariance_a, float)
    covariance_b = np.asarray(covariance_b, float)
    # A B has the eigenvalues of the symmetric matrix A^(1/2) B A^(1/2), which are safe to compute
    # where A is singular: a layer behind ReLU has units that never fire.
    values, vectors = np.linalg.eigh(covariance_a)
    root = (vectors * np.sqrt(np.maximum(values, 0))) @ vectors.T
    product = np.linalg.eigvalsh(root @ covariance_b @ root)
    overlap = np.sqrt(np.maximum(product, 0)).sum()
    distance = shift @ shift + np.trace(covariance_a) + np.trace(covariance_b) - 2 * overlap
    return max(0.0, float(distance))


def kernel_distance(a, b):
    """Return the kernel distance between two sets, which makes no assumption about their form.

    The unbiased estimate of the squared maximum mean discrepancy with the kernel
    ``(x . y / features + 1)^3``: the kernel inception distance, KID, where the features are those
    of an Inception network. It does not depend on the size of the sets in the mean, so that it is
    as often below 0 as above for two sets of one origin.

    Parameters
    ----------
    a, b : array of shape (n, features) and (m, features)
        At least two rows each.

    Returns
    -------
    float

    Raises
    ------
    ValueError
        If the arrays do not fit one another.

    References
    ----------
    M. Binkowski, D. Sutherland, M. Arbel, A. Gretton, Demystifying MMD GANs, 2018.
    """
    a, b = _pair(a, b, least=2)
    return _mean_of_pairs(a) + _mean_of_pairs(b) - 2 * float(polynomial_kernel(a, b).mean())


@dataclass(frozen=True)
class Judgement:
    """What a judge achieved who was to tell two kinds of pictures apart.

    Attributes
    ----------
    accuracy : float
        Share of the judged rows whose kind was named rightly; 0.5 is guessing.
    low, high : float
        Ends of the interval of 95 % around it.
    right : ndarray of bool, shape (judged,)
        Which were named rightly.
    rows : ndarray of int64, shape (judged,)
        Which rows of `real` (from 0) and of `fake` (from ``len(real)``) were judged.
    """

    accuracy: float
    low: float
    high: float
    right: np.ndarray
    rows: np.ndarray


def two_sample_test(real, fake, *, seed, judge=None):
    """Let a judge learn to tell two sets apart, and test it on rows that it has not seen.

    As many rows are taken of the larger set as the smaller one has, half of each teach the judge,
    and the other half test it. If the two sets come from one source, no judge can be right more
    often than half of the time. A judge who is not, may be a bad judge.

    Parameters
    ----------
    real, fake : array of shape (n, features) and (m, features)
        At least four rows each.
    seed : int
        Decides which rows teach and which test.
    judge : scikit-learn classifier, optional
        By default logistic regression on standardised features.

    Returns
    -------
    Judgement

    Raises
    ------
    ValueError
        If the arrays do not fit one another.

    References
    ----------
    D. Lopez-Paz, M. Oquab, Revisiting classifier two-sample tests, 2017.
    """
    real, fake = _pair(real, fake, least=4)
    if judge is None:
        judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    rng = np.random.default_rng(seed)
    each = min(len(real), len(fake))
    rows = np.stack([rng.permutation(len(real))[:each], rng.permutation(len(fake))[:each]])
    rows[1] += len(real)
    teach, test = rows[:, : each // 2].ravel(), rows[:, each // 2 :].ravel()
    together = np.concatenate([real, fake])
    is_fake = np.arange(len(together)) >= len(real)
    judge.fit(together[teach], is_fake[teach])
    right = judge.predict(together[test]) == is_fake[test]
    low, high = share_interval(np.count_nonzero(right), len(right))
    return Judgement(float(right.mean()), low, high, right, test)


def share_interval(count, n):
    """Return the interval of 95 % around a share, by Wilson's formula.

    Parameters
    ----------
    count : int
        How many of the n, 0 to n.
    n : int
        At least 1.

    Returns
    -------
    low, high : float
        Within [0, 1].

    References
    ----------
    E. Wilson, Probable inference, the law of succession, and statistical inference, 1927.
    """
    interval = binomtest(count, n).proportion_ci(0.95, method="wilson")
    return float(interval.low), float(interval.high)


@dataclass(frozen=True)
class Coverage:
    """Which classes a set of pictures shows, and how evenly.

    Attributes
    ----------
    shares : ndarray of float, shape (classes,)
        Share of all pictures that clearly show each class. With those that show none clearly,
        they add up to 1.
    covered : int
        Classes that get at least a quarter of an even share.
    balance : float
        Entropy of the clear pictures' classes over that of an even spread: 1 if all classes are
        equally frequent, 0 if there is only one (or none).
    clear : float
        Share of the pictures that clearly show one of the classes.
    """

    shares: np.ndarray
    covered: int
    balance: float
    clear: float


def class_coverage(probabilities, *, classes=None, threshold=0.5):
    """Count which classes are there among pictures that a classifier has looked at.

    Parameters
    ----------
    probabilities : array of shape (n, outputs)
        What the classifier says of each picture, in [0, 1].
    classes : sequence of int, optional
        The outputs that count as classes of these pictures; all of them unless given. A picture
        for which another output is the largest shows none of them.
    threshold : float
        A picture shows a class clearly if the largest of its probabilities is at least this.

    Returns
    -------
    Coverage

    Raises
    ------
    ValueError
        If there is no picture, or a class is no output.
    """
    probabilities = np.asarray(probabilities, float)
    if probabilities.ndim != 2 or not len(probabilities):
        raise ValueError(
            "Expected `probabilities` of shape (n, outputs), with n of at least 1. "
            f"Received: shape {probabilities.shape}."
        )
    outputs = probabilities.shape[1]
    classes = np.arange(outputs) if classes is None else np.asarray(classes)
    if len(np.unique(classes)) != classes.size or not np.isin(classes, np.arange(outputs)).all():
        raise ValueError(
            f"Expected `classes` to be different outputs from 0 to {outputs - 1}. "
            f"Received: {classes}."
        )
    answers = probabilities.argmax(axis=1)[probabilities.max(axis=1) >= threshold]
    counts = (answers[:, np.newaxis] == classes).sum(axis=0)
    shares = counts / len(probabilities)
    among = counts[counts > 0] / max(1, counts.sum())
    entropy = -np.sum(among * np.log(among))
    return Coverage(
        shares=shares,
        covered=int(np.count_nonzero(shares >= 0.25 / len(classes))),
        balance=float(entropy / np.log(len(classes))) if len(classes) > 1 else 1.0,
        clear=float(shares.sum()),
    )


def nearest(queries, references):
    """Find the nearest reference of each query, by Euclidean distance.

    Parameters
    ----------
    queries : array of shape (n, ...)
        Features, or pictures: these are compared pixel by pixel.
    references : array of shape (m, ...)

    Returns
    -------
    distances : ndarray of float, shape (n,)
        To the nearest reference.
    indices : ndarray of int64, shape (n,)
        Which one it is.

    Raises
    ------
    ValueError
        If the arrays do not fit one another.
    """
    queries, references = _pair(queries, references, least=1)
    found = NearestNeighbors(n_neighbors=1).fit(references)
    distances, indices = found.kneighbors(queries)
    return distances[:, 0], indices[:, 0]


def precision_recall(real, fake, *, k=3):
    """Return how much of the fake is like the real, and how much of the real is among the fake.

    Each set is taken as the union of balls around its rows, each ball reaching to its row's k-th
    nearest neighbour in the same set. Precision is the share of fake rows inside the real union,
    recall the share of real rows inside the fake one.

    Parameters
    ----------
    real, fake : array of shape (n, features) and (m, features)
        More than k rows each.
    k : int
        At least 1. A larger one makes larger balls, and both numbers higher.

    Returns
    -------
    precision, recall : float
        In [0, 1].

    Raises
    ------
    ValueError
        If the arrays do not fit one another, or have too few rows.

    References
    ----------
    T. Kynkaanniemi, T. Karras, S. Laine, J. Lehtinen, T. Aila, Improved precision and recall
    metric for assessing generative models, 2019.
    """
    if k < 1:
        raise ValueError(f"Expected `k` of at least 1. Received: {k}.")
    real, fake = _pair(real, fake, least=k + 1)
    return _share_inside(fake, real, k), _share_inside(real, fake, k)


def _share_inside(queries, references, k):
    # Of a row that was fitted, the nearest neighbour is the row itself, at 0.
    reach = NearestNeighbors(n_neighbors=k + 1).fit(references).kneighbors(references)[0][:, k]
    distances = pairwise_distances_chunked(queries, references)
    return sum(np.count_nonzero((some <= reach).any(axis=1)) for some in distances) / len(queries)


def _covariance(rows):
    return np.atleast_2d(np.cov(rows, rowvar=False))


def _mean_of_pairs(rows):
    """Return the mean kernel of all pairs of different rows."""
    table = polynomial_kernel(rows, rows)
    n = len(rows)
    return float((table.sum() - np.trace(table)) / (n * (n - 1)))


def _pair(a, b, *, least):
    """Return two sets as float64 of shape (n, features), or say why they cannot be compared."""
    a, b = (np.asarray(rows, np.float64) for rows in (a, b))
    if a.ndim < 2 or b.ndim < 2 or a.shape[1:] != b.shape[1:]:
        raise ValueError(
            "Expected two sets of rows of one shape, one row a picture. "
            f"Received: shapes {a.shape} and {b.shape}."
        )
    if min(len(a), len(b)) < least:
        raise ValueError(
            f"Expected at least {least} rows in each set. Received: {len(a)} and {len(b)}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("Expected finite numbers. Received: some that are NaN or infinite.")
    return a.reshape(len(a), -1), b.reshape(len(b), -1)
