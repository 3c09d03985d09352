"""Real data: downloaded, staged by hand, or a folder of your own photographs; words as numbers."""

from course_utils.data.cells import load_bccd, load_nuclei
from course_utils.data.coco import CaptionDataset, load_coco_captions
from course_utils.data.dataset import (
    DetectionDataset,
    ImageDataset,
    PhotoDataset,
    SegmentationDataset,
)
from course_utils.data.fetch import DataError, fetch_folder
from course_utils.data.folder import FolderDataset, load_folder
from course_utils.data.loaders import (
    load_cifar10,
    load_fashion_mnist,
    load_flowers,
    read_idx,
    weights_path,
)
from course_utils.data.photograph import load_photograph
from course_utils.data.pretrained import imagenet_classes, load_pretrained
from course_utils.data.sources import BCCD, CIFAR10, FASHION_MNIST, FLOWERS, NUCLEI, SQUEEZENET
from course_utils.data.vocabulary import END, PAD, START, UNKNOWN, Vocabulary, named_kinds, tokenise

__all__ = [
    "BCCD",
    "CIFAR10",
    "END",
    "FASHION_MNIST",
    "FLOWERS",
    "NUCLEI",
    "PAD",
    "SQUEEZENET",
    "START",
    "UNKNOWN",
    "CaptionDataset",
    "DataError",
    "DetectionDataset",
    "FolderDataset",
    "ImageDataset",
    "PhotoDataset",
    "SegmentationDataset",
    "Vocabulary",
    "fetch_folder",
    "imagenet_classes",
    "load_bccd",
    "load_cifar10",
    "load_coco_captions",
    "load_fashion_mnist",
    "load_flowers",
    "load_folder",
    "load_nuclei",
    "load_photograph",
    "load_pretrained",
    "named_kinds",
    "read_idx",
    "tokenise",
    "weights_path",
]
