"""Write the repository's address wherever the course names it: ``make address ADDRESS=...``.

The address stands in one place, ``[project.urls] Repository`` of pyproject.toml. Everything else
that names it - the Colab and Kaggle buttons, the set-up cells, the README, the citation - is
written from there.
"""

import argparse
import re
import tomllib
from pathlib import Path

from chapters import ROOT, digest, parse, write_atomically

GITHUB = "https://github.com/"

_FILES = (
    "pyproject.toml *.md docs/*.md data/*.md *.cff *.yml *.txt notebooks/*.ipynb "
    "course_utils/**/*.py"
)


def read_address(root=ROOT):
    """Read the address, ``"https://github.com/owner/repository"``, from pyproject.toml."""
    project = tomllib.loads((Path(root) / "pyproject.toml").read_text(encoding="utf-8"))
    return project["project"]["urls"]["Repository"]


def write_address(address, root=ROOT):
    """Write another address wherever the course names its own; return the changed files."""
    old = read_address(root).removeprefix(GITHUB)
    address = address.rstrip("/").removesuffix(".git")
    if not re.fullmatch(rf"{re.escape(GITHUB)}[\w.-]+/[\w.-]+", address):
        raise ValueError(f"ADDRESS must be like {GITHUB}owner/repository. Received: {address!r}")
    changed = []
    for path in sorted(path for pattern in _FILES.split() for path in root.glob(pattern)):
        text = path.read_text(encoding="utf-8")
        new = address.removeprefix(GITHUB)
        written = re.sub(rf"(?<=/){re.escape(old)}(?![\w-]|\.(?!git\b)\w)", new, text)
        if written == text:
            continue
        if path.suffix == ".ipynb":
            # Another address makes no output stale; what was stale before stays so.
            before, after = (digest(parse(each.encode())) for each in (text, written))
            written = written.replace(before, after)
        write_atomically(path, written)
        changed.append(path)
    return changed


def main(arguments=None, root=ROOT):
    """Write the address and say where."""
    parser = argparse.ArgumentParser(prog="make address", description=__doc__)
    parser.add_argument("address", help="https://github.com/owner/repository")
    try:
        changed = write_address(parser.parse_args(arguments).address, root)
    except ValueError as error:
        parser.error(str(error))
    for path in changed:
        print(f"written {path.relative_to(root)}")
    print(f"The course's address is {read_address(root)}.")


if __name__ == "__main__":
    main()
