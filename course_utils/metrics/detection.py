"""How well boxes that a detector gives fit those that are true: overlap, average precision."""

from typing import NamedTuple

import numpy as np

_RECALLS = np.linspace(0, 1, 101)  # at which COCO reads the curve
_MOST = 100  # boxes of a picture and class that COCO looks at


class Detections(NamedTuple):
    """What a detector says of one picture: k boxes.

    Attributes
    ----------
    boxes : ndarray of float, shape (k, 4)
        x0, y0, x1, y1 in pixels, as pixel edges.
    labels : ndarray of int, shape (k,)
        The class of each.
    scores : ndarray of float, shape (k,)
        How sure the detector is; only their order counts.
    """

    boxes: np.ndarray
    labels: np.ndarray
    scores: np.ndarray

    def take(self, rows):
        """Return those boxes, with their labels and scores, that NumPy's index `rows` picks."""
        return Detections(*(np.asarray(each)[rows] for each in self))


def intersection_over_union(a, b):
    """Return how much each box of one list overlaps each of another.

    Parameters
    ----------
    a, b : array of shape (n, 4) and (m, 4)
        x0, y0, x1, y1 with x0 <= x1 and y0 <= y1. n or m may be 0.

    Returns
    -------
    ndarray of float64, shape (n, m)
        From 0, they do not touch, to 1, they are the same.
    """
    a, b = (_checked(name, boxes) for name, boxes in (("a", a), ("b", b)))
    low = np.maximum(a[:, None, :2], b[:, :2])
    high = np.minimum(a[:, None, 2:], b[:, 2:])
    shared = np.clip(high - low, 0, None).prod(axis=2)
    area_a, area_b = ((boxes[:, 2:] - boxes[:, :2]).prod(axis=1) for boxes in (a, b))
    union = area_a[:, None] + area_b - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def average_precision(detections, boxes, labels, *, classes, thresholds=(0.5,)):
    """Return the average precision of a detector, class by class, as the COCO challenge counts it.

    In each picture the surest box chooses first: of the true boxes of its class that are still
    free it takes the one that it overlaps most, if by the threshold at least; else it is a false
    alarm. Over all pictures, sorted by score, precision is then read at 101 values of recall, each
    time the best that is reached at this recall or beyond, and averaged.

    Parameters
    ----------
    detections : sequence of Detections
        One a picture. Of each class, only the 100 surest boxes count.
    boxes : sequence of array of shape (k, 4)
        The true boxes, one array a picture.
    labels : sequence of array of int, shape (k,)
        Their classes.
    classes : int
        How many classes there are.
    thresholds : sequence of float
        Values of the intersection over union, each in 0..1, from which on a box counts as found.

    Returns
    -------
    ndarray of float64, shape (classes, thresholds)
        0 to 1; NaN for a class that is in no picture. Its mean over classes is the mean average
        precision, mAP.

    Raises
    ------
    ValueError
        When the three lists differ in length.

    References
    ----------
    M. Everingham and others, The Pascal visual object classes (VOC) challenge, 2010.
    T.-Y. Lin and others, Microsoft COCO: common objects in context, 2014.
    """
    if not len(detections) == len(boxes) == len(labels):
        raise ValueError(
            "`detections`, `boxes` and `labels` must have one entry a picture. "
            f"Received: {len(detections)}, {len(boxes)} and {len(labels)}"
        )
    result = np.full((classes, len(thresholds)), np.nan)
    for kind in range(classes):
        scores, found = [np.zeros(0)], [np.zeros((len(thresholds), 0), bool)]
        wanted = 0
        for detected, true_boxes, true_labels in zip(detections, boxes, labels, strict=True):
            true = np.asarray(true_boxes).reshape(-1, 4)[np.asarray(true_labels) == kind]
            own = detected.take(np.asarray(detected.labels) == kind)
            own = own.take(np.argsort(-own.scores, kind="stable")[:_MOST])
            overlap = intersection_over_union(own.boxes, true)
            scores.append(own.scores)
            found.append(np.stack([_take_in_turn(overlap, least) for least in thresholds]))
            wanted += len(true)
        if wanted:
            order = np.argsort(-np.concatenate(scores), kind="stable")
            right = np.concatenate(found, axis=1)[:, order]
            result[kind] = [_mean_precision(each, wanted) for each in right]
    return result


def _checked(name, boxes):
    boxes = np.asarray(boxes, dtype=float)
    boxes = boxes if boxes.size else boxes.reshape(0, 4)
    if boxes.ndim != 2 or boxes.shape[1] != 4 or (boxes[:, 2:] < boxes[:, :2]).any():
        raise ValueError(
            f"`{name}` must be boxes x0, y0, x1, y1 of shape (k, 4) with x0 <= x1 and y0 <= y1. "
            f"Received: shape {boxes.shape}" + (f", {boxes[0].tolist()}" if boxes.size else "")
        )
    return boxes


def _take_in_turn(overlap, least):
    """Return which boxes, surest first, get a true one of their own: bool (boxes,)."""
    free = overlap.copy()
    found = np.zeros(len(free), bool)
    if free.shape[1]:
        for place, row in enumerate(free):
            best = row.argmax()
            if row[best] >= least:
                found[place] = True
                free[:, best] = -1
    return found


def _mean_precision(right, wanted):
    hits = np.cumsum(right)
    precision = hits / np.arange(1, len(hits) + 1)
    best_beyond = np.maximum.accumulate(precision[::-1])[::-1]
    place = np.searchsorted(hits / wanted, _RECALLS)
    return np.append(best_beyond, 0)[np.minimum(place, len(hits))].mean()
