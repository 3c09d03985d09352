"""What the course downloads: one immutable record a file, with all that is needed to check it.

The form follows scikit-learn's ``datasets/_base.py``. Nothing here touches the network; see
`course_utils.data.fetch` for that.
"""

import csv
import hashlib
import importlib.metadata
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

from course_utils.data.fetch import CHECKOUT

DISTRIBUTION = "keras-vision-course"
OWN_WEIGHTS = Path(__file__).with_name("weights.json")


@dataclass(frozen=True)
class FolderContents:
    """What an archive unpacks to.

    A folder that differs is accepted only where a table named by `manifest` says who made each of
    its files (see `read_attribution`).

    Parameters
    ----------
    name : str
        Name of the folder inside the archive.
    pattern : str
        The files that count, as a glob below the folder; others beside them are ignored.
    count : int
        How many there are.
    names_sha256 : str
        sha256 (hex) of their names, see `names_digest`.
    manifest : str
        Name of the table that describes a folder which differs; "" where none may.
    """

    name: str
    pattern: str
    count: int
    names_sha256: str
    manifest: str = ""

    def described(self, folder):
        """Tell whether a folder says itself what it holds."""
        return bool(self.manifest) and (folder / self.manifest).is_file()

    def problem(self, folder):
        """Say what is wrong with a folder's files; None if nothing is."""
        names = files_below(folder, self.pattern)
        empty = [name for name in names if (folder / name).stat().st_size == 0]
        if empty:
            return f"{empty[0]} is empty"
        if self.described(folder):
            return None if names else f"no file matches {self.pattern}"
        if len(names) != self.count:
            advice = f", and no {self.manifest} says why" if self.manifest else ""
            return (
                f"{len(names):,} files match {self.pattern} where {self.count:,} are recorded"
                f"{advice}"
            )
        if names_digest(names) != self.names_sha256:
            return "the files' names are not those recorded"
        return None


@dataclass(frozen=True)
class Record:
    """One file that the course may download.

    Parameters
    ----------
    title : str
        The data set or model it belongs to.
    name : str
        File name, the final one.
    urls : tuple of str
        Mirrors, in the order in which they are tried.
    size : int
        Bytes.
    sha256 : str
        Hex digest of the file.
    licence : str
        Under what terms it may be used.
    source : str
        Who made it, and how to cite it.
    folder : str
        Folder in which it is kept, below ``COURSE_DATA_DIR`` and below the cache; "" for none.
    contents : FolderContents or None
        What an archive unpacks to.
    """

    title: str
    name: str
    urls: tuple[str, ...]
    size: int
    sha256: str
    licence: str
    source: str
    folder: str = ""
    contents: FolderContents | None = None

    @property
    def relative(self):
        """Where the file is kept, as a POSIX path below a data folder."""
        return f"{self.folder}/{self.name}" if self.folder else self.name


def files_below(folder, pattern):
    """List the POSIX paths of the plain files that match a pattern below a folder, sorted."""
    paths = (path for path in folder.glob(pattern) if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def names_digest(names):
    """Return the sha256 (hex) of names, sorted and each ended by a newline, in UTF-8."""
    return hashlib.sha256("".join(f"{name}\n" for name in sorted(names)).encode()).hexdigest()


def read_attribution(path):
    """Read who made each file of a folder.

    Parameters
    ----------
    path : pathlib.Path
        A CSV table in UTF-8 with the columns path, author and url.

    Returns
    -------
    dict[str, tuple[str, str]]
        (author, address) by the file's POSIX path.

    Raises
    ------
    ValueError
        When it is no such table.
    """
    with open(path, encoding="utf-8", newline="") as file:
        rows = csv.DictReader(file)
        if not {"path", "author", "url"} <= set(rows.fieldnames or ()):
            raise ValueError(
                f"{path.name} must be a table with the columns path, author and url. "
                f"Received: {rows.fieldnames}"
            )
        return {row["path"]: (row["author"], row["url"]) for row in rows}


def _fashion_mnist(name, size, sha256):
    return Record(
        title="Fashion-MNIST",
        name=f"{name}.gz",
        urls=(
            f"http://fashion-mnist.s3-website.eu-central-1.amazonaws.com/{name}.gz",
            f"https://raw.githubusercontent.com/zalandoresearch/fashion-mnist/master/data/fashion/{name}.gz",
        ),
        size=size,
        sha256=sha256,
        licence="MIT",
        source="Zalando SE; H. Xiao, K. Rasul and R. Vollgraf, 2017, arXiv:1708.07747",
        folder="fashion-mnist",
    )


FASHION_MNIST = MappingProxyType(
    {
        "train images": _fashion_mnist(
            "train-images-idx3-ubyte",
            26_421_880,
            "3aede38d61863908ad78613f6a32ed271626dd12800ba2636569512369268a84",
        ),
        "train labels": _fashion_mnist(
            "train-labels-idx1-ubyte",
            29_515,
            "a04f17134ac03560a47e3764e11b92fc97de4d1bfaf8ba1a3aa29af54cc90845",
        ),
        "test images": _fashion_mnist(
            "t10k-images-idx3-ubyte",
            4_422_102,
            "346e55b948d973a97e58d2351dde16a484bd415d4595297633bb08f03db6a073",
        ),
        "test labels": _fashion_mnist(
            "t10k-labels-idx1-ubyte",
            5_148,
            "67da17c76eaffca5446c3361aaab5c3cd6d1c2608764d35dfb1850b086bf8dd5",
        ),
    }
)

CIFAR10 = Record(
    title="CIFAR-10",
    name="cifar-10-binary.tar.gz",
    urls=("https://www.cs.toronto.edu/~kriz/cifar-10-binary.tar.gz",),
    size=170_052_171,
    sha256="c4a38c50a1bc5f3a1c5537f2155ab9d68f9f25eb1ed8d9ddda3db29a59bca1dd",
    licence="none stated; for research, to be cited",
    source="A. Krizhevsky, Learning Multiple Layers of Features from Tiny Images, 2009",
    contents=FolderContents(
        name="cifar-10-batches-bin",
        pattern="*.bin",
        count=6,
        names_sha256="a8d51fc4f20a531ebb8cff66fa5db335ccd04f883bfa12b47e84c47bba18e51a",
    ),
)

FLOWERS = Record(
    title="Flowers",
    name="flower_photos.tgz",
    urls=(
        "https://download.tensorflow.org/example_images/flower_photos.tgz",
        "https://storage.googleapis.com/download.tensorflow.org/example_images/flower_photos.tgz",
    ),
    size=228_813_984,
    sha256="4c54ace7911aaffe13a365c34f650e71dd5bf1be0a58b464e5a7183e3e595d9c",
    licence="CC BY 2.0, each photographer named in LICENSE.txt",
    source="The TensorFlow Team, Flowers, 2019; the photographers of LICENSE.txt",
    contents=FolderContents(
        name="flower_photos",
        pattern="*/*.jpg",
        count=3_670,
        # The names that the set's own LICENSE.txt credits.
        names_sha256="7ec2813130f8fac20cc4bfec2878528360cb255c183b61c88a2b358ac5539577",
        manifest="ATTRIBUTION.csv",
    ),
)

SQUEEZENET = Record(
    title="SqueezeNet 1.1, ImageNet weights without top",
    name="squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5",
    urls=tuple(
        f"{site}/a73d4339aa4d37c51a0b3ba044bed55477abec73/"
        "squeezenet_weights_tf_dim_ordering_tf_kernels_notop.h5"
        for site in (
            "https://github.com/DeepCognition/keras-squeezenet/raw",
            "https://raw.githubusercontent.com/DeepCognition/keras-squeezenet",
        )
    ),
    size=3_002_560,
    sha256="17154246284f555591549ac2c83e127abfbf4307dc4b0060fdaa2931d0fa38da",
    licence="MIT",
    source=(
        "F. Iandola et al., SqueezeNet, 2016, arXiv:1602.07360; Keras port by "
        "R. C. Malli and DeepCognition"
    ),
    folder="weights",
)


def repository_address():
    """Return the address in pyproject.toml, as the installed package or the checkout has it."""
    try:
        urls = importlib.metadata.metadata(DISTRIBUTION).get_all("Project-URL") or []
    except importlib.metadata.PackageNotFoundError:
        with open(CHECKOUT / "pyproject.toml", "rb") as file:
            return tomllib.load(file)["project"]["urls"]["Repository"]
    return dict(url.split(", ", 1) for url in urls)["Repository"]


def _installed_commit():
    """Commit that pip installed the package from, or None where it was not installed from git."""
    try:
        text = importlib.metadata.distribution(DISTRIBUTION).read_text("direct_url.json")
    except importlib.metadata.PackageNotFoundError:
        return None
    return json.loads(text or "{}").get("vcs_info", {}).get("commit_id")


def own_weights(listing=OWN_WEIGHTS):
    """List the weights that the course trained itself and keeps in ``data/weights``.

    Parameters
    ----------
    listing : pathlib.Path
        The JSON file that holds size, sha256 and source by file name.

    Returns
    -------
    dict[str, Record]
        By the file's name without its suffix.
    """
    entries = json.loads(listing.read_text(encoding="utf-8"))
    address = repository_address().replace(
        "https://github.com", "https://raw.githubusercontent.com"
    )
    # The commit that was installed fits its records; the branch may have moved on.
    revisions = [revision for revision in (_installed_commit(), "main") if revision]
    return {
        Path(name).stem: Record(
            title="The course's own weights",
            name=name,
            urls=tuple(f"{address}/{revision}/data/weights/{name}" for revision in revisions),
            size=entry["size"],
            sha256=entry["sha256"],
            licence="MIT",
            source=entry["source"],
            folder="weights",
        )
        for name, entry in entries.items()
    }


def record_own_weights(path, source, listing=OWN_WEIGHTS):
    """Add or renew the record of a file of weights that the course trained.

    Parameters
    ----------
    path : pathlib.Path
        The file, normally in ``data/weights``.
    source : str
        What made it: chapter, data, profile, seed.
    listing : pathlib.Path
        The JSON file to write.
    """
    path = Path(path)
    entries = json.loads(listing.read_text(encoding="utf-8")) if listing.exists() else {}
    content = path.read_bytes()
    entries[path.name] = {
        "size": len(content),
        "sha256": hashlib.sha256(content).hexdigest(),
        "source": source,
    }
    text = json.dumps(dict(sorted(entries.items())), indent=2) + "\n"
    listing.write_text(text, encoding="utf-8")
