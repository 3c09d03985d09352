"""How alike two sets of pictures are: distances, a judge, coverage, copies, precision and recall.

Each function compares numbers that describe pictures, one row a picture: the features that a
trained network computes, or the pixels themselves. What such a comparison means depends on the
network, so a notebook names it.
"""

from typing import NamedTuple

import numpy as np
from scipy.stats import binomtest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import pairwise_distances_chunked
from sklearn.metrics.pairwise import polynomial_kernel
from sklearn.neighbors import NearestNeighbors
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

_NEIGHBOURS = 3  # a ball of `precision_recall` reaches to this one


def frechet_distance(a, b):
    """Return the Fréchet distance between two sets, each taken as a Gaussian.

    ``|mean_a - mean_b|^2 + trace(A + B - 2 (A B)^(1/2))``, with the covariances A and B. This is
    the Fréchet inception distance, FID, where the features are those of an Inception network; here
    they are those of whatever network computed them. Small sets look further apart than they are:
    compare only distances between sets of the same sizes.

    Parameters
    ----------
    a, b : array of shape (n, features) and (m, features)
        At least two rows each. ValueError if they do not fit one another.

    Returns
    -------
    float
        At least 0, in squared units of the features; 0 if means and covariances are equal.

    References
    ----------
    D. Dowson, B. Landau, The Fréchet distance between multivariate normal distributions, 1982.
    M. Heusel, H. Ramsauer, T. Unterthiner, B. Nessler, S. Hochreiter, GANs trained by a two
    time-scale update rule converge to a local Nash equilibrium, 2017.
    """
    a, b = _pair(a, b, least=2)
    shift = a.mean(axis=0) - b.mean(axis=0)
    covariance_a, covariance_b = (np.atleast_2d(np.cov(rows, rowvar=False)) for rows in (a, b))
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
        At least two rows each. ValueError if they do not fit one another.

    Returns
    -------
    float

    References
    ----------
    M. Binkowski, D. Sutherland, M. Arbel, A. Gretton, Demystifying MMD GANs, 2018.
    """
    a, b = _pair(a, b, least=2)
    return _mean_of_pairs(a) + _mean_of_pairs(b) - 2 * float(polynomial_kernel(a, b).mean())


def _mean_of_pairs(rows):
    """Return the mean kernel of all pairs of different rows."""
    table = polynomial_kernel(rows, rows)
    n = len(rows)
    return float((table.sum() - np.trace(table)) / (n * (n - 1)))


class Judgement(NamedTuple):
    """What a judge achieved who was to tell two kinds of pictures apart."""

    accuracy: float  # share of the judged rows whose kind was named rightly; 0.5 is guessing
    low: float  # ends of the interval of 95 % around it, by Wilson's formula (1927)
    high: float


def two_sample_test(real, fake, *, seed):
    """Let a judge learn to tell two sets apart, and test it on rows that it has not seen.

    As many rows are taken of the larger set as the smaller one has, half of each teach the judge, a
    logistic regression on standardised features, and the other half test it. If the two sets come
    from one source, no judge can be right more often than half of the time. A judge who is not, may
    be a bad judge.

    Parameters
    ----------
    real, fake : array of shape (n, features) and (m, features)
        At least four rows each. ValueError if they do not fit one another.
    seed : int
        Decides which rows teach and which test.

    Returns
    -------
    Judgement

    References
    ----------
    D. Lopez-Paz, M. Oquab, Revisiting classifier two-sample tests, 2017.
    """
    real, fake = _pair(real, fake, least=4)
    rng = np.random.default_rng(seed)
    each = min(len(real), len(fake))
    real, fake = rng.permutation(real)[:each], rng.permutation(fake)[:each]
    half = each // 2
    judge = make_pipeline(StandardScaler(), LogisticRegression(C=0.1, max_iter=1000))
    judge.fit(np.concatenate([real[:half], fake[:half]]), np.repeat([False, True], half))
    right = np.concatenate([~judge.predict(real[half:]), judge.predict(fake[half:])])
    interval = binomtest(int(right.sum()), len(right)).proportion_ci(0.95, method="wilson")
    return Judgement(float(right.mean()), float(interval.low), float(interval.high))


class Coverage(NamedTuple):
    """Which classes a set of pictures shows, and how evenly."""

    shares: np.ndarray  # float (classes,): share of all pictures that clearly show each class
    covered: int  # classes that get at least a quarter of an even share


def class_coverage(probabilities, *, classes=None):
    """Count which classes are there among pictures that a classifier has looked at.

    A picture clearly shows a class if the largest of its probabilities is at least one half.

    Parameters
    ----------
    probabilities : array of shape (n, outputs)
        What the classifier says of each picture, in [0, 1].
    classes : sequence of int, optional
        The outputs that count as classes of these pictures; all of them unless given. A picture
        for which another output is the largest shows none of them.

    Returns
    -------
    Coverage
    """
    probabilities = np.asarray(probabilities, float)
    classes = np.arange(probabilities.shape[1]) if classes is None else np.asarray(classes)
    answers = probabilities.argmax(axis=1)[probabilities.max(axis=1) >= 0.5]
    shares = (answers[:, np.newaxis] == classes).sum(axis=0) / len(probabilities)
    return Coverage(shares, int(np.count_nonzero(shares >= 0.25 / len(classes))))


def nearest(queries, references):
    """Find the nearest reference of each query, by Euclidean distance.

    Parameters
    ----------
    queries, references : array of shape (n, ...) and (m, ...)
        Features, or pictures: these are compared pixel by pixel. ValueError if they do not fit.

    Returns
    -------
    distances : ndarray of float, shape (n,)
        To the nearest reference.
    indices : ndarray of int64, shape (n,)
        Which one it is.
    """
    queries, references = _pair(queries, references, least=1)
    found = NearestNeighbors(n_neighbors=1).fit(references)
    distances, indices = found.kneighbors(queries)
    return distances[:, 0], indices[:, 0]


def precision_recall(real, fake):
    """Return how much of the fake is like the real, and how much of the real is among the fake.

    Each set is taken as the union of balls around its rows, each ball reaching to its row's third
    nearest neighbour in the same set. Precision is the share of fake rows inside the real union,
    recall the share of real rows inside the fake one.

    Parameters
    ----------
    real, fake : array of shape (n, features) and (m, features)
        At least four rows each. ValueError if they do not fit one another.

    Returns
    -------
    precision, recall : float
        In [0, 1].

    References
    ----------
    T. Kynkaanniemi, T. Karras, S. Laine, J. Lehtinen, T. Aila, Improved precision and recall
    metric for assessing generative models, 2019.
    """
    real, fake = _pair(real, fake, least=_NEIGHBOURS + 1)
    return _share_inside(fake, real), _share_inside(real, fake)


def _share_inside(queries, references):
    # Of a row that was fitted, the nearest neighbour is the row itself, at 0.
    known = NearestNeighbors(n_neighbors=_NEIGHBOURS + 1).fit(references)
    reach = known.kneighbors(references)[0][:, -1]
    distances = pairwise_distances_chunked(queries, references)
    return sum(np.count_nonzero((some <= reach).any(axis=1)) for some in distances) / len(queries)


def _pair(a, b, *, least):
    """Return two sets as float64 of shape (n, features), or say why they cannot be compared."""
    a, b = (np.asarray(rows, np.float64) for rows in (a, b))
    if a.ndim < 2 or b.ndim < 2 or a.shape[1:] != b.shape[1:]:
        raise ValueError(
            "The two sets must have rows of one shape, one row a picture. "
            f"Received: shapes {a.shape} and {b.shape}."
        )
    if min(len(a), len(b)) < least:
        raise ValueError(
            f"Each set must have at least {least} rows. Received: {len(a)} and {len(b)}."
        )
    if not (np.isfinite(a).all() and np.isfinite(b).all()):
        raise ValueError("The numbers must be finite. Received: some that are NaN or infinite.")
    return a.reshape(len(a), -1), b.reshape(len(b), -1)
