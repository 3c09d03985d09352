"""What the tools and the tests share about notebook files: finding, reading, digesting, writing."""

import ast
import builtins
import dis
import hashlib
import json
import re
from pathlib import Path
from types import CodeType

import nbformat
from nbformat.v4 import new_code_cell

ROOT = Path(__file__).resolve().parents[1]
NOTEBOOKS = ROOT / "notebooks"

_FENCE = re.compile(r"^```python\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_ANSI = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


def find_chapters(selection=None, folder=NOTEBOOKS):
    """Return the paths of notebooks of the course, in the order of their numbers.

    They are selected by number or by name, separated by commas or spaces: ``"03"``, ``"0,3"``,
    ``"03_first_cnn"``; all of them when nothing is. A ValueError names what is not there.
    """
    every = sorted(Path(folder).glob("[0-9][0-9]_*.ipynb"))
    known = {path.stem: path for path in every} | {path.stem[:2]: path for path in every}
    asked = re.findall(r"[^,\s]+", selection or "")
    names = [name.removesuffix(".ipynb").zfill(2) for name in asked]
    for name in names:
        if name not in known:
            raise ValueError(
                f"NB must be numbers of chapters: {', '.join(p.stem[:2] for p in every)}. "
                f"Received: {name!r}. Write for example NB=03 or NB=00,03."
            )
    return sorted({known[name] for name in names}) or every


def read(path):
    """Read the notebook of a file, in the current minor version of format 4."""
    return parse(Path(path).read_bytes())


def parse(content):
    """Read a notebook from bytes; some editors put a byte-order mark before it."""
    return nbformat.reads(content.decode("utf-8-sig"), as_version=4)


def write_atomically(path, content):
    """Write a file, text or bytes, so that a reader, or a crash, never sees half of it."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    draft = path.with_name(f".{path.name}.draft")
    try:
        draft.write_bytes(content.encode() if isinstance(content, str) else content)
        draft.replace(path)
    finally:
        draft.unlink(missing_ok=True)


def write(notebook, path):
    """Write a notebook in the form in which Jupyter saves it."""
    write_atomically(path, nbformat.writes(notebook).rstrip("\n") + "\n")


def tags(cell):
    """Return the tags of a cell, a list of strings."""
    return cell.get("metadata", {}).get("tags", [])


def code_cells(notebook):
    """Return the code cells of a notebook that hold code, in order."""
    return [cell for cell in notebook.cells if cell.cell_type == "code" and cell.source.strip()]


def solution_of(notebook, stub):
    """Find the solution of an exercise: the one that follows before the next exercise, or None."""
    for cell in notebook.cells[notebook.cells.index(stub) + 1 :]:
        if "solution" in tags(cell):
            return cell
        if "exercise" in tags(cell):
            return None
    return None


def final_check(source):
    """Return the call of ``check`` that ends a cell, as ast.Call, or None where there is none."""
    try:
        body = ast.parse(source).body
    except SyntaxError:
        return None
    last = body[-1].value if body and isinstance(body[-1], ast.Expr) else None
    named = isinstance(last, ast.Call) and isinstance(last.func, ast.Name) and last.args
    if named and last.func.id == "check" and isinstance(last.args[0], ast.Constant):
        return last
    return None


def published_solution(cell):
    """Return the code in a solution's fence, or None when there is not exactly one fence."""
    fences = _FENCE.findall(cell.source)
    return fences[0].rstrip() if len(fences) == 1 else None


def names_of(source):
    """Return two sets: the names that a cell reads from cells before it, and those that it binds.

    Lines with magic commands count for nothing, and so does a cell that is no Python.
    """
    try:
        module = compile(re.sub(r"(?m)^( *)[%!].*$", r"\1pass", source), "cell", "exec")
    except SyntaxError:
        return set(), set()
    read, bound, inner = set(), set(), set()
    for step in dis.get_instructions(module):
        if step.opname == "STORE_NAME":
            bound.add(step.argval)
        elif step.opname in ("LOAD_NAME", "LOAD_GLOBAL") and step.argval not in bound:
            read.add(step.argval)
    functions = [part for part in module.co_consts if isinstance(part, CodeType)]
    for function in functions:  # these run later, when all of the cell's names are bound
        steps = dis.get_instructions(function)
        # A class's body and a comprehension may use LOAD_NAME as well.
        inner |= {step.argval for step in steps if step.opname in ("LOAD_GLOBAL", "LOAD_NAME")}
        functions += [part for part in function.co_consts if isinstance(part, CodeType)]
    return (read | (inner - bound)) - set(dir(builtins)), bound


def exercises_of(notebook, answer, sources=()):
    """Derive a notebook of a chapter's exercises, with cells of your own in their place.

    Of the chapter's other cells it has the set-up, those that define what stubs, solutions and
    `sources` read, and after an exercise those that read what it binds. ``answer(number, stub,
    solution)`` is called with an exercise's number, its cell and the source of its published
    solution, and returns the list of code cells to run there. The chapter's own cells keep their
    ids, so that a failure names them; it is itself not changed.
    """
    cells = code_cells(notebook)
    solved = {
        cell.id: published_solution(solution_of(notebook, cell))
        for cell in cells
        if "exercise" in tags(cell)
    }
    names = {cell.id: names_of(cell.source) for cell in cells}
    kept = {cell.id for cell in cells if "setup" in tags(cell)} | set(solved)
    answered, wanted = set(), set().union(*(names_of(source)[0] for source in sources))
    for cell in cells:
        if cell.id in solved:
            reads, binds = names_of(f"{cell.source}\n{solved[cell.id]}")
            wanted |= reads
            answered |= binds
        elif answered & names[cell.id][0]:
            kept.add(cell.id)
            wanted |= names[cell.id][0]
    while more := {cell.id for cell in cells if cell.id not in kept and wanted & names[cell.id][1]}:
        kept |= more
        wanted |= set().union(*(names[each][0] for each in more))
    derived = notebook.copy()
    derived.cells = []
    for cell in cells:
        if cell.id in solved:
            number = final_check(cell.source).args[0].value
            derived.cells += answer(number, cell, solved[cell.id])
        elif cell.id in kept:
            derived.cells.append(new_code_cell(cell.source, id=cell.id))
    return derived


def definitions(path, ids):
    """Execute some cells of a chapter here, and return the names that they define.

    So its functions serve elsewhere without a copy. The cells, by their ids in the order of the
    notebook, must need no other cell.
    """
    import course_utils

    sources = {cell.id: cell.source for cell in code_cells(read(path))}
    names = {"cu": course_utils}
    for name in ids:
        exec(compile(sources[name], f"{Path(path).name}:{name}", "exec"), names)
    return names


def digest(notebook):
    """Return the sha256 (hex) of all code in a notebook; outputs of other code are stale."""
    sources = [cell.source for cell in notebook.cells if cell.cell_type == "code"]
    return hashlib.sha256(json.dumps(sources).encode()).hexdigest()


def stored_digest(notebook):
    """Return the fingerprint stored with a notebook's outputs, None where there is none."""
    return notebook.metadata.get("course", {}).get("digest")


def alternative_texts(output):
    """Return the alternative text, perhaps empty, of each picture in an output.

    Figures of the course are HTML, the form whose alternative text reaches the page. A bare image
    has none: JupyterLab does not read what stands in its metadata.
    """
    data = output.get("data", {})
    images = re.findall(r"<img\b[^>]*>", data.get("text/html", ""))
    described = [re.search(r"""\balt=(["'])(.*?)\1""", image) for image in images]
    bare = ["" for kind in data if kind.startswith("image/")]
    return [found[2] if found else "" for found in described] + bare


def is_picture(output):
    """Tell whether an output shows a picture: the tests count these and do not compare them."""
    return bool(alternative_texts(output))


def output_text(cell):
    """Collect all text that a code cell shows beside its pictures, without colours."""
    parts = []
    for output in cell.get("outputs", []):
        if output.output_type == "stream":
            parts.append(output.text)
        elif output.output_type == "error":
            parts.append("\n".join(output.traceback))
        elif not is_picture(output):
            parts.extend(value for value in output.data.values() if isinstance(value, str))
    return without_colours("\n".join(parts))


def without_colours(text):
    """Strip terminal escape sequences."""
    return _ANSI.sub("", text)


# Folders in which a machine keeps homes, packages and temporary files; a path into the course,
# such as data/cache, is relative and fine. The lookbehind leaves addresses and dates alone.
_PATH = re.compile(
    r"(?<![\w.:/~-])/(?:home|root|Users|tmp|var|usr|opt|mnt|srv|work|private|workspace)/[\w.+@/-]+"
    r"|\b[A-Z]:\\(?:Users|Windows|Program)[^\s\"']*"
    r"|\bsite-packages\b[\w./\\-]*"
)
# Package indexes by the beginning of their names, and any index's usual address.
_REGISTRY = re.compile(
    r"\b(?:py[p]i|python[h]osted|ana[c]onda)\.(?:org|com|io)\b\S*"
    r"|https?://[^\s\"')]+/simple\b/?|--(?:extra-)?index-url\b",
    re.IGNORECASE,
)


def revealing(text):
    """List what a published notebook should not show: paths of a machine, package registries."""
    found = [match.group() for pattern in (_PATH, _REGISTRY) for match in pattern.finditer(text)]
    # Wherever this checkout lies, its path is one as well.
    found += [str(ROOT)] if str(ROOT) in text else []
    return list(dict.fromkeys(found))


def output_faults(notebook):
    """List outputs that must not be stored: errors, standard error, paths, registries."""
    faults = []
    for cell in code_cells(notebook):
        shown = output_text(cell)
        for output in cell.outputs:
            if output.output_type == "error":
                faults.append(f"{cell.id}: raised {output.ename}: {output.evalue}")
            elif output.output_type == "stream" and output.name == "stderr":
                faults.append(f"{cell.id}: wrote to standard error: {output.text.strip()[-500:]}")
            shown += "\n".join(["", *alternative_texts(output)])
        faults += [f"{cell.id}: shows {piece}" for piece in revealing(shown)]
    return faults
