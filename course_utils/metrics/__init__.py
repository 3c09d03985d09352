"""Figures of merit that several chapters use; one that a chapter teaches is written there."""

from course_utils.metrics.cost import multiply_adds
from course_utils.metrics.detection import (
    Detections,
    average_precision,
    intersection_over_union,
)
from course_utils.metrics.generative import (
    Coverage,
    Judgement,
    class_coverage,
    frechet_distance,
    kernel_distance,
    nearest,
    precision_recall,
    two_sample_test,
)

__all__ = [
    "Coverage",
    "Detections",
    "Judgement",
    "average_precision",
    "class_coverage",
    "frechet_distance",
    "intersection_over_union",
    "kernel_distance",
    "multiply_adds",
    "nearest",
    "precision_recall",
    "two_sample_test",
]
