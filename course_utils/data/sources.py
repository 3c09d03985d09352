"""What the course downloads, as sources.toml lists it: one immutable record a file.

The form follows scikit-learn's ``datasets/_base.py``. Nothing here touches the network; see
`course_utils.data.fetch` for that.
"""

import hashlib
import importlib.metadata
import json
import tomllib
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

# `make address` writes it, from pyproject.toml.
ADDRESS = "https://github.com/your-organisation/keras-vision-course"
DISTRIBUTION = "keras-vision-course"
OWN_WEIGHTS = Path(__file__).with_name("weights.json")


@dataclass(frozen=True)
class FolderContents:
    """What an archive unpacks to.

    A folder that differs is accepted only where a table named by `manifest` is in it, which says
    who made each of its files.
    """

    name: str  # of the folder
    pattern: str  # the files that count, as globs below the folder, with blanks between them
    count: int  # how many there are
    digest: str = ""  # sha256 (hex) over the names and bytes of all that count; "" where unchecked
    inside: str = ""  # where the archive holds the folder; "" for its name
    manifest: str = ""  # "" where no folder that differs is accepted
    members: tuple[str, ...] = ()  # of a zip: all that is unpacked; () for everything

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
                f"{len(names):,} files match {self.pattern}, not the {self.count:,} recorded"
                f"{advice}"
            )
        if self.digest and digest_of(folder, names) != self.digest:
            return f"the sha256 over its {self.count:,} files is not the recorded one"
        return None


@dataclass(frozen=True)
class Record:
    """One file that the course may download."""

    title: str  # of the data set or model it belongs to
    name: str  # of the file
    urls: tuple[str, ...]  # mirrors, in the order in which they are tried
    size: int  # bytes
    sha256: str  # hex; "" for an archive packed on demand: size is about right, contents.digest is
    licence: str
    source: str  # who made it, and how to cite it
    folder: str = ""  # where it is kept below COURSE_DATA_DIR and below the cache; "" for the top
    contents: FolderContents | None = None  # what it unpacks to, if it is an archive

    @property
    def relative(self):
        """Where the file is kept, as a POSIX path below a data folder."""
        return f"{self.folder}/{self.name}" if self.folder else self.name

    @property
    def length(self):
        """How many bytes the file has, in words."""
        return f"{'' if self.sha256 else 'about '}{self.size:,} bytes"

    def describe(self, what):
        """Compose `DESCR` of a set: what of it there is, who made it, and its licence."""
        return f"{self.title}, {what}. Source: {self.source}. Licence: {self.licence}."


def files_below(folder, pattern):
    """List the POSIX paths of the plain files that match a pattern below a folder, sorted."""
    paths = (path for glob in pattern.split() for path in folder.glob(glob) if path.is_file())
    return sorted(path.relative_to(folder).as_posix() for path in paths)


def digest_of(folder, names):
    """Return one sha256 over files of a folder: that of the lines sha256sum prints for them."""
    lines = []
    for name in names:
        sha256 = hashlib.sha256((folder / name).read_bytes()).hexdigest()
        lines.append(f"{sha256}  {name}\n")
    return hashlib.sha256("".join(lines).encode()).hexdigest()


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
COCO = MappingProxyType({part: _record(entry) for part, entry in _TABLE["coco"].items()})
BCCD = _record(_TABLE["bccd"])
NUCLEI = _record(_TABLE["nuclei"])
SQUEEZENET = _record(_TABLE["squeezenet"])


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
    address = ADDRESS.replace("https://github.com", "https://raw.githubusercontent.com")
    # The commit that was installed fits its records; the branch may have moved on.
    revisions = [revision for revision in (_installed_commit(), "main") if revision]
    return {
        Path(name).stem: Record(
            title="The course's own weights",
            name=name,
            urls=tuple(f"{address}/{revision}/data/weights/{name}" for revision in revisions),
            licence="MIT",
            folder="weights",
            **entry,
        )
        for name, entry in entries.items()
    }
