"""Write the repository's address wherever the course names it: ``make stamp ADDRESS=...``.

The address stands in one place, ``[project.urls] Repository`` of pyproject.toml. Everything else
that names it - the Colab and Kaggle buttons, the set-up cells, the README's badges, the citation -
is stamped from there.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

import nbformat
from chapters import ROOT, digest, stored_digest, write_atomically

# The set-up cell of every chapter. They differ in the seed; some say what a hosted GPU means.
SETUP = """try:
    import course_utils as cu
except ModuleNotFoundError:  # on Colab or Kaggle: fetch the course's helper package
    %pip install -q "git+{address}"
    import course_utils as cu

SEED = cu.setup(seed={seed})"""

_ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")
_SLUG = r"(?P<slug>[\w.-]+/[\w-]+(?:\.[\w-]+)*?)"
# Places that can only mean this repository. What follows the slug is asserted, not taken.
_PLACES = [
    re.compile(prefix + _SLUG + suffix)
    for prefix, suffix in [
        (r"colab\.research\.google\.com/github/", r"(?=/)"),
        (r"kaggle\.com/kernels/welcome\?src=https://github\.com/", r"(?=/)"),
        (r"git\+https://github\.com/", r"(?=\.git\b|[\"'\s@#)`]|\\|$)"),
        (r"mybinder\.org/v2/gh/", r"(?=/)"),
        (r"repository-code: *[\"']?https://github\.com/", r"(?=[\"'\s]|$)"),
        (r"git clone https://github\.com/", r"(?=\.git\b|[\"'\s`]|\\|$)"),
    ]
]
_TEXTS = (
    "*.md",
    "*.cff",
    "*.yml",
    "*.txt",
    "data/*.md",
    "notebooks/*.ipynb",
    "course_utils/**/*.py",
)


def read_address(root=ROOT):
    """Read the address from the one place where it stands.

    Parameters
    ----------
    root : Path
        Of the repository.

    Returns
    -------
    str
        ``"https://github.com/owner/repository"``.
    """
    project = tomllib.loads((Path(root) / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["urls"]["Repository"]


def find_disagreements(root=ROOT):
    """List where the course names another address than pyproject.toml, or none.

    Parameters
    ----------
    root : Path
        Of the repository.

    Returns
    -------
    list of str
        One line each; empty when all agree.
    """
    address = read_address(root)
    slug = slug_of(address)
    faults = []
    for path in _texts(root):
        name = path.relative_to(root).as_posix()
        text = path.read_text(encoding="utf-8")
        for line, content in enumerate(text.splitlines(), 1):
            faults += [
                f"{name}:{line}: names {other}, expected {slug}"
                for other in _named(content, slug)
                if other != slug
            ]
        if path.suffix == ".ipynb":
            faults += [f"{name}: has no {place}" for place in missing_places(path, text, slug)]
    return faults


def stamp(address=None, root=ROOT):
    """Write an address wherever the course names its own.

    Parameters
    ----------
    address : str, optional
        ``"https://github.com/owner/repository"``; the present one when absent, which mends files
        that disagree.
    root : Path
        Of the repository.

    Returns
    -------
    list of Path
        Files that changed.

    Raises
    ------
    ValueError
        If the address is of another form.
    """
    root = Path(root)
    present = read_address(root)
    address = present if address is None else address.rstrip("/").removesuffix(".git")
    if not _ADDRESS.fullmatch(address):
        raise ValueError(
            "Expected an address like https://github.com/owner/repository. "
            f"Received: ADDRESS={address!r}"
        )
    changed = []
    project = root / "pyproject.toml"
    text = project.read_text(encoding="utf-8")
    # Only the line of the table: the address may stand in a comment as well.
    stamped = re.sub(
        r'^(Repository\s*=\s*")[^"]*(")', rf"\g<1>{address}\g<2>", text, count=1, flags=re.MULTILINE
    )
    if stamped != text:
        write_atomically(project, stamped)
        changed.append(project)
    for path in _texts(root):
        text = path.read_text(encoding="utf-8")
        stamped = _restamp(text, slug_of(present), slug_of(address))
        if stamped != text:
            if path.suffix == ".ipynb":
                stamped = _renew_digest(text, stamped)
            write_atomically(path, stamped)
            changed.append(path)
    return changed


def slug_of(address):
    """Return ``"owner/repository"`` of an address."""
    return address.removeprefix("https://github.com/")


def _texts(root):
    return sorted(path for pattern in _TEXTS for path in Path(root).glob(pattern))


def _plain(slug):
    """Pattern of a plain link to a repository of this name, whoever owns it."""
    name = re.escape(slug.split("/")[1])
    return re.compile(rf"github\.com/(?P<slug>[\w.-]+/{name})(?![\w-]|\.\w)")


def _named(text, slug):
    """Repositories that a text names as the course's own, each once."""
    patterns = [*_PLACES, _plain(slug)]
    return sorted({match["slug"] for pattern in patterns for match in pattern.finditer(text)})


def _restamp(text, old, new):
    for pattern in [*_PLACES, _plain(old), _plain(new)]:
        text = pattern.sub(lambda match: match.group().replace(match["slug"], new), text)
    return text


def missing_places(path, text, slug):
    """Find the places in a notebook that should name its own address and do not.

    Parameters
    ----------
    path : Path
        Of the notebook; its name is part of the buttons' links.
    text : str
        Of the file.
    slug : str
        ``"owner/repository"``.

    Returns
    -------
    list of str
    """
    notebook = nbformat.reads(text, as_version=4)
    first = notebook.cells[0].source if notebook.cells else ""
    code = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")
    file = f"{slug}/blob/main/notebooks/{path.name}"
    places = {
        "Colab button to itself": f"https://colab.research.google.com/github/{file})" in first,
        "Kaggle button to itself": (
            f"https://kaggle.com/kernels/welcome?src=https://github.com/{file})" in first
            or f"https://www.kaggle.com/kernels/welcome?src=https://github.com/{file})" in first
        ),
        "set-up cell that installs from the address": (
            f'%pip install -q "git+https://github.com/{slug}"' in code
        ),
    }
    return [place for place, there in places.items() if not there]


def _renew_digest(before, after):
    """Carry the digest over a change of address, if it was fresh.

    Another address in the set-up cell makes no output stale; any other change does, and a digest
    that was stale before stays so.
    """
    old = nbformat.reads(before, as_version=4)
    stored = stored_digest(old)
    if stored is None or stored != digest(old):
        return after
    return after.replace(stored, digest(nbformat.reads(after, as_version=4)))


def main(arguments=None, root=ROOT):
    """Stamp or check, and return the exit status.

    Parameters
    ----------
    arguments : list of str, optional
        Of the command line when absent.
    root : Path
        Of the repository.

    Returns
    -------
    int
        0 when all agree, 1 when some do not, 2 when the address is of another form.
    """
    parser = argparse.ArgumentParser(prog="make stamp", description=__doc__)
    parser.add_argument("address", nargs="?", help="https://github.com/owner/repository")
    parser.add_argument("--check", action="store_true", help="only list what disagrees")
    options = parser.parse_args(arguments)
    if not options.check:
        try:
            changed = stamp(options.address, root)
        except ValueError as error:
            print(f"make stamp: {error}", file=sys.stderr)
            return 2
        for path in changed:
            print(f"stamped {path.relative_to(root)}")
        print(f"The course's address is {read_address(root)}.")
    faults = find_disagreements(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
