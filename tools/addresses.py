"""Write the repository's address wherever the course names it: ``make address ADDRESS=...``.

The address stands in one place, ``[project.urls] Repository`` of pyproject.toml. Everything else
that names it - the Colab and Kaggle buttons, the set-up cells, the README, the citation - is
written from there.
"""

import argparse
import re
import sys
import tomllib
from pathlib import Path

from chapters import ROOT, code_cells, digest, parse, read, stored_digest, write_atomically

# The set-up cell of every chapter. They differ in the seed; some say what a hosted GPU means.
SETUP = """try:
    import course_utils as cu
except ModuleNotFoundError:  # on Colab or Kaggle: fetch the course's helper package
    %pip install -q "git+{address}"
    import course_utils as cu

SEED = cu.setup(seed={seed})"""
GITHUB = "https://github.com/"

_ADDRESS = re.compile(r"https://github\.com/[\w.-]+/[\w.-]+")
_FILES = (
    "pyproject.toml *.md docs/*.md data/*.md *.cff *.yml *.txt notebooks/*.ipynb "
    "course_utils/**/*.py"
)


def read_address(root=ROOT):
    """Read the address, ``"https://github.com/owner/repository"``, from pyproject.toml."""
    project = tomllib.loads((Path(root) / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["urls"]["Repository"]


def find_disagreements(root=ROOT):
    """List what notebooks lack of the places that name their own address."""
    return [
        f"{path.name}: has no {place}"
        for path in sorted((root / "notebooks").glob("*.ipynb"))
        for place in missing_places(path, read(path), read_address(root))
    ]


def write_address(address, root=ROOT):
    """Write another address wherever the course names its own, and return the files that changed.

    A ValueError says that an address is of another form.
    """
    old = read_address(root).removeprefix(GITHUB)
    address = address.rstrip("/").removesuffix(".git")
    if not _ADDRESS.fullmatch(address):
        raise ValueError(
            f"Expected an address like {GITHUB}owner/repository. Received: ADDRESS={address!r}"
        )
    changed = []
    for path in sorted(path for pattern in _FILES.split() for path in root.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        new = address.removeprefix(GITHUB)
        written = re.sub(rf"(?<=/){re.escape(old)}(?![\w-]|\.(?!git\b)\w)", new, text)
        if written == text:
            continue
        if path.suffix == ".ipynb":
            # Another address makes no output stale; what was stale before stays so.
            before, after = parse(text.encode()), parse(written.encode())
            if stored_digest(before) == digest(before):
                written = written.replace(digest(before), digest(after))
        write_atomically(path, written)
        changed.append(path)
    return changed


def missing_places(path, notebook, address):
    """List what a notebook lacks of the places that name its own address."""
    first = notebook.cells[0].source if notebook.cells else ""
    code = "\n".join(cell.source for cell in code_cells(notebook))
    file = f"{address.removeprefix(GITHUB)}/blob/main/notebooks/{path.name})"
    places = {
        "Colab button to itself": f"https://colab.research.google.com/github/{file}" in first,
        "Kaggle button to itself": f"kaggle.com/kernels/welcome?src={GITHUB}{file}" in first,
        "set-up cell that installs from the address": f'%pip install -q "git+{address}"' in code,
    }
    return [place for place, there in places.items() if not there]


def main(arguments=None, root=ROOT):
    """Write the address; return 1 when some places lack it even then, 2 for a wrong one, else 0."""
    parser = argparse.ArgumentParser(prog="make address", description=__doc__)
    parser.add_argument("address", help="https://github.com/owner/repository")
    try:
        changed = write_address(parser.parse_args(arguments).address, root)
    except ValueError as error:
        print(f"make address: {error}", file=sys.stderr)
        return 2
    for path in changed:
        print(f"written {path.relative_to(root)}")
    print(f"The course's address is {read_address(root)}.")
    faults = find_disagreements(root)
    for fault in faults:
        print(fault, file=sys.stderr)
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main())
