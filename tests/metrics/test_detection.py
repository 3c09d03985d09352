"""Boxes against truth: closed cases by hand, and random detections as pycocotools scores them."""

import contextlib
import io

import numpy as np
import pytest

from course_utils.metrics import Detections, average_precision, intersection_over_union

COCO_THRESHOLDS = np.linspace(0.5, 0.95, 10)


def random_boxes(rng, n):
    corner = rng.uniform(0, 60, (n, 2))
    return np.concatenate([corner, corner + rng.uniform(4, 30, (n, 2))], axis=1)


def random_case(seed, pictures=30, classes=4):
    """Return truth and a detector that finds some boxes, shifted, and invents others."""
    rng = np.random.default_rng(seed)
    boxes, labels, detections = [], [], []
    for _ in range(pictures):
        n, false_alarms = rng.integers(0, 7), rng.integers(0, 6)
        boxes.append(random_boxes(rng, n))
        labels.append(rng.integers(0, classes, n))
        seen = rng.choice(n, rng.integers(0, n + 1), replace=False)
        seen = np.concatenate([seen, seen[: len(seen) // 2]])  # some of them twice
        near = boxes[-1][seen] + rng.normal(0, 1.5, (len(seen), 4))
        near[:, 2:] = np.maximum(near[:, 2:], near[:, :2] + 1)
        detections.append(
            Detections(
                np.concatenate([near, random_boxes(rng, false_alarms)]),
                np.concatenate([labels[-1][seen], rng.integers(0, classes, false_alarms)]),
                rng.uniform(size=len(seen) + false_alarms),
            )
        )
    return detections, boxes, labels


def by_pycocotools(detections, boxes, labels, classes):
    """Return the average precision at COCO's thresholds, shape (classes, 10)."""
    coco = pytest.importorskip("pycocotools.coco")
    evaluation = pytest.importorskip("pycocotools.cocoeval")

    def listed(boxes, labels, picture):
        for (x0, y0, x1, y1), label in zip(boxes, labels, strict=True):
            size = [x0, y0, x1 - x0, y1 - y0]
            yield {"image_id": picture, "category_id": int(label), "bbox": size}

    true, said = [], []
    for picture, (detected, *truth) in enumerate(zip(detections, boxes, labels, strict=True)):
        for entry in listed(*truth, picture):
            area = entry["bbox"][2] * entry["bbox"][3]
            true.append(entry | {"id": len(true) + 1, "area": area, "iscrowd": 0})
        entries = listed(detected.boxes, detected.labels, picture)
        said += [e | {"score": s} for e, s in zip(entries, detected.scores, strict=True)]
    with contextlib.redirect_stdout(io.StringIO()):
        reference = coco.COCO()
        reference.dataset = {
            "images": [{"id": k} for k in range(len(boxes))],
            "categories": [{"id": k} for k in range(classes)],
            "annotations": true,
        }
        reference.createIndex()
        judge = evaluation.COCOeval(reference, reference.loadRes(said), "bbox")
        judge.evaluate()
        judge.accumulate()
    precision = judge.eval["precision"][:, :, :, 0, -1]  # thresholds, recalls, classes
    return np.where(precision < 0, np.nan, precision).mean(axis=1).T


@pytest.mark.parametrize("seed", range(5))
def test_average_precision_is_that_of_pycocotools(seed):
    case = random_case(seed)
    expected = by_pycocotools(*case, classes=4)
    found = average_precision(*case, classes=4, thresholds=COCO_THRESHOLDS)
    np.testing.assert_allclose(found, expected, atol=1e-6)
    assert 0.05 < np.nanmean(expected) < 0.95


def test_more_than_a_hundred_boxes_of_a_picture_are_cut_as_by_pycocotools():
    rng = np.random.default_rng(9)
    true = random_boxes(rng, 150)
    case = [Detections(true, np.zeros(150, int), rng.uniform(size=150))], [true], [np.zeros(150)]
    found = average_precision(*case, classes=1, thresholds=COCO_THRESHOLDS)
    np.testing.assert_allclose(found, by_pycocotools(*case, classes=1), atol=1e-6)


def test_overlap_by_hand():
    a = [[0, 0, 4, 4], [10, 10, 12, 12]]
    b = [[2, 2, 6, 6], [0, 0, 4, 4], [4, 0, 8, 4]]
    np.testing.assert_allclose(
        intersection_over_union(a, b), [[4 / 28, 1, 0], [0, 0, 0]], atol=1e-12
    )
    assert intersection_over_union([], b).shape == (0, 3)
    assert intersection_over_union([[1, 1, 1, 1]], [[1, 1, 1, 1]]) == 0  # boxes without an area


def test_take_picks_boxes_with_all_that_belongs_to_them():
    found = Detections([[0, 0, 1, 1], [2, 2, 4, 4], [5, 5, 9, 9]], [3, 4, 5], [0.2, 0.9, 0.5])
    for rows in ([2, 1], np.array([False, True, True])):
        some = found.take(rows)
        np.testing.assert_array_equal(some.boxes, np.asarray(found.boxes)[rows])
        assert some.labels.tolist() == np.asarray(found.labels)[rows].tolist()
        assert some.scores.tolist() == np.asarray(found.scores)[rows].tolist()
    assert found.take([]).boxes.shape == (0, 4)


def test_a_second_box_on_one_object_is_a_false_alarm():
    box = np.array([[0, 0, 10, 10.0]])
    twice = Detections(np.repeat(box, 2, axis=0), np.zeros(2, int), np.array([0.9, 0.8]))
    other = Detections(box, np.zeros(1, int), np.array([0.5]))
    case = [twice, other], [box, box], [np.zeros(1, int)] * 2
    # Recall up to a half at precision 1, the rest at two of three.
    expected = (51 + 50 * 2 / 3) / 101
    assert average_precision(*case, classes=1)[0, 0] == pytest.approx(expected)


def test_class_that_is_nowhere_is_nan_and_one_that_is_never_found_zero():
    nothing = Detections(np.zeros((0, 4)), np.zeros(0, int), np.zeros(0))
    found = average_precision([nothing], [[[0, 0, 2, 2]]], [[0]], classes=2)
    assert found[0, 0] == 0
    assert np.isnan(found[1, 0])


def test_errors_say_what_was_expected():
    with pytest.raises(ValueError, match=r"x0 <= x1 .* Received: shape \(1, 4\), \[5\.0"):
        intersection_over_union([[5, 5, 2, 2]], [[0, 0, 1, 1]])
    with pytest.raises(ValueError, match=r"`b` must be boxes .* Received: shape \(4,\)"):
        intersection_over_union([[0, 0, 1, 1]], [0, 0, 1, 1])
    with pytest.raises(ValueError, match=r"one entry a picture\. Received: 0, 1 and 1"):
        average_precision([], [[]], [[]], classes=1)
