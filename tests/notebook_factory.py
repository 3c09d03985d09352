"""Small notebooks for the tests of what runs notebooks."""

import nbformat
from nbformat.v4 import new_code_cell, new_markdown_cell, new_notebook, new_output


def code(cell_id, source, text=None, tags=()):
    """Make a code cell; with a text, one that was run and printed it."""
    cell = new_code_cell(source, id=cell_id, metadata={"tags": list(tags)} if tags else {})
    if text is not None:
        cell.execution_count = 1
        cell.outputs = [new_output("stream", name="stdout", text=text)] if text else []
    return cell


def markdown(cell_id, source, tags=()):
    """Make a Markdown cell."""
    return new_markdown_cell(source, id=cell_id, metadata={"tags": list(tags)} if tags else {})


def notebook(*cells):
    """Make a notebook of cells."""
    return new_notebook(cells=list(cells))


def write(path, *cells):
    """Write a notebook of cells and return its path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    nbformat.write(notebook(*cells), path)
    return path


def write_code(path, /, **sources):
    """Write a notebook of code cells, given by their ids, and return its path."""
    return write(path, *(code(cell_id, source) for cell_id, source in sources.items()))
