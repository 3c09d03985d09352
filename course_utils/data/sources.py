"""What the course downloads, as sources.toml lists it: one immutable record a file.

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


def _record(entry):
    """Make a record of a table of sources.toml."""
    contents = FolderContents(**entry["contents"]) if "contents" in entry else None
    return Record(**entry | {"urls": tuple(entry["urls"]), "contents": contents})


_TABLE = tomllib.loads(Path(__file__).with_name("sources.toml").read_text(encoding="utf-8"))
FASHION_MNIST = MappingProxyType(
    {part: _record(entry) for part, entry in _TABLE["fashion-mnist"].items()}
)
CIFAR10 = _record(_TABLE["cifar-10"])
FLOWERS = _record(_TABLE["flowers"])
SQUEEZENET = _record(_TABLE["squeezenet"])


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
