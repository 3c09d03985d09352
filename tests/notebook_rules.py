"""The form of a chapter, rule by rule. A rule takes a `Chapter` and returns its faults, as text."""

import ast
import json
import re
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

import addresses
import chapters
from nbformat import NotebookNode

TAGS = {"setup", "parameters", "exercise", "solution", "nbval-ignore-output"}
MAX_BYTES = 1_500_000
MAX_LINES = 30

# The set-up cell of every chapter. They differ in the seed; some say what a hosted GPU means.
SETUP = """try:
    import course_utils as cu
except ModuleNotFoundError:  # on Colab or Kaggle: fetch the course's helper package
    %pip install -q "git+{address}"
    import course_utils as cu

SEED = cu.setup(seed={seed})"""

# A word or a number each; a random id mixes digits and letters.
_CELL_ID = re.compile(r"[a-z]+(-([a-z]+|\d+))+|[a-z]{3,}")
_BACKENDS = re.compile(r"^\s*(?:import|from)\s+(?:tensorflow|torch|jax)\b", re.MULTILINE)
_IMAGE_LINK = re.compile(r"!\[([^\]]*)\]\(")


@dataclass(frozen=True)
class Chapter:
    """A notebook of the course, and what its form depends on."""

    path: Path
    notebook: NotebookNode
    address: str

    @classmethod
    def read(cls, path):
        """Read the chapter of a file in this repository."""
        return cls(path, chapters.read(path), addresses.read_address())

    @property
    def number(self):
        """Number of the chapter, as in its exercises: 3 for 03_first_cnn."""
        return int(self.path.stem[:2])

    def tagged(self, tag):
        """Cells with a tag, in order."""
        return [cell for cell in self.notebook.cells if tag in chapters.tags(cell)]

    def markdown(self):
        """Markdown cells, in order."""
        return [cell for cell in self.notebook.cells if cell.cell_type == "markdown"]


def title_cell(chapter):
    """Demand title, buttons, objectives, minutes and what to know before, in the first cell."""
    first = chapter.notebook.cells[0]
    if first.cell_type != "markdown" or not first.source.startswith("# "):
        return ["the first cell is not Markdown that begins with a title"]
    file = f"{chapter.address}/blob/main/notebooks/{chapter.path.name}"
    buttons = (
        f"(https://colab.research.google.com/github/{file.removeprefix(addresses.GITHUB)})",
        f"(https://kaggle.com/kernels/welcome?src={file})",
    )
    faults = [f"has no button {link}" for link in buttons if link not in first.source]
    objectives = len(re.findall(r"^[-*] ", first.source, re.MULTILINE))
    if not 3 <= objectives <= 5:
        faults.append(f"has {objectives} objectives in its first cell, expected 3 to 5")
    faults += [
        f"does not mention {words!r} in its first cell"
        for words in ("minutes", "Before you start")
        if words not in first.source
    ]
    return faults


def setup_cell(chapter):
    """Demand the one set-up cell, before all other code, alike in every chapter but the seed."""
    code = chapters.code_cells(chapter.notebook)
    tagged = chapter.tagged("setup")
    # Chapter 0 begins with a cell for those who have never run one.
    if len(tagged) != 1 or (chapter.number > 0 and tagged != code[:1]):
        return ["the first code cell, and no other, should be tagged setup"]
    pattern = re.escape(SETUP.format(address=chapter.address, seed="N"))
    if not re.fullmatch(pattern.replace("seed=N", r"seed=\d+"), tagged[0].source):
        expected = SETUP.format(address=chapter.address, seed=chapter.number)
        return [f"{tagged[0].id}: the set-up cell differs from the course's:\n{expected}"]
    return []


def parameters_cell(chapter):
    """Demand one cell of parameters, before the first exercise, with a comment at each line."""
    cells = chapter.tagged("parameters")
    if len(cells) != 1 or cells[0].cell_type != "code":
        return [f"has {len(cells)} cells tagged parameters, expected one code cell"]
    order = [cell.id for cell in chapter.notebook.cells]
    exercises = chapter.tagged("exercise")
    if exercises and order.index(exercises[0].id) < order.index(cells[0].id):
        return ["the cell tagged parameters stands after an exercise"]
    return []


def known_tags(chapter):
    """Demand that tags mean something here; a misspelt one would be passed over in silence."""
    return [
        f"{cell.id}: unknown tag {tag!r}"
        for cell in chapter.notebook.cells
        for tag in chapters.tags(cell)
        if tag not in TAGS
    ]


def exercises(chapter):
    """Demand four to six exercises, each a stub that ends in its check, then its solution."""
    stubs = chapter.tagged("exercise")
    least, most = (2, 6) if chapter.number == 0 else (4, 6)
    faults = []
    if not least <= len(stubs) <= most:
        faults.append(f"has {len(stubs)} exercises, expected {least} to {most}")
    if len(stubs) != len(chapter.tagged("solution")):
        faults.append("has not as many cells tagged solution as tagged exercise")
    for place, stub in enumerate(stubs, 1):
        name = f"{chapter.number}.{place}"
        call = chapters.final_check(stub.source)
        if stub.cell_type != "code" or call is None or call.args[0].value != name:
            faults.append(f'{stub.id}: the last statement is not check("{name}", ...)')
            continue
        solution = chapters.solution_of(chapter.notebook, stub)
        if solution is None:
            faults.append(f"{stub.id}: no cell tagged solution follows")
            continue
        opened = f"<details><summary>Solution {name}</summary>"
        if opened not in solution.source or "</details>" not in solution.source:
            faults.append(f"{solution.id}: no {opened}")
        code = chapters.published_solution(solution)
        answer = chapters.final_check(code) if code is not None else None
        if answer is None or ast.dump(answer) != ast.dump(call):
            faults.append(f"{solution.id}: no python fence that ends in the exercise's own check")
    return faults


def quiz(chapter):
    """Demand five questions with an answer each."""
    if chapter.number == 0:
        return []
    text = "\n\n".join(cell.source for cell in chapter.markdown())
    section = re.search(r"(?msi)^#+ [^\n]*\bquiz\b.*?(?=^#+ |\Z)", text)
    section = section[0] if section else ""
    questions = re.findall(r"^\*\*(\d+)\.\*\*", section, re.MULTILINE)
    answers = section.count("<details>")
    if questions != list("12345") or answers != 5:
        return [f"the quiz has questions {questions} with {answers} answers, expected five each"]
    return []


def what_you_measured(chapter):
    """Demand the section in which the run's own table stands, with the bands it is held to."""
    if chapter.number == 0:
        return []
    for cell, following in pairwise(chapter.notebook.cells):
        if re.search(r"(?mi)^##+ .*what you measured", cell.source):
            bands = following.cell_type == "code" and "expect(" in following.source
            return [] if bands else ["no cell with expect(...) follows What you measured"]
    return ["has no section What you measured"]


def short_cells(chapter):
    """Demand cells that fit a screen."""
    return [
        f"{cell.id}: {len(cell.source.splitlines())} lines, expected at most {MAX_LINES}"
        for cell in chapters.code_cells(chapter.notebook)
        if len(cell.source.splitlines()) > MAX_LINES
    ]


def cell_ids(chapter):
    """Demand ids that say what the cell is, each once."""
    # From the file: nbformat gives cells new ids as it reads them where two are alike.
    cells = json.loads(chapter.path.read_text(encoding="utf-8"))["cells"]
    ids = [cell.get("id", "") for cell in cells]
    faults = [f"{name!r} is no id of words: load-the-data" for name in ids if not _named(name)]
    return faults + [
        f"id {name!r} is there twice" for name in sorted(set(ids)) if ids.count(name) > 1
    ]


def _named(name):
    return _CELL_ID.fullmatch(name) and not re.fullmatch(r"[0-9a-f]{8}(-[0-9a-f]+)*", name)


def fresh_outputs(chapter):
    """Demand outputs of one clean run of the code beside them."""
    stored = chapters.stored_digest(chapter.notebook)
    if stored != chapters.digest(chapter.notebook):
        return ["code has changed since the outputs were made: run `make outputs`"]
    counts = [cell.execution_count for cell in chapters.code_cells(chapter.notebook)]
    if counts != list(range(1, len(counts) + 1)):
        return [f"the execution counts are not those of one run from the top: {counts}"]
    return []


def clean_outputs(chapter):
    """Demand outputs without errors, warnings, paths of a machine and registries."""
    return chapters.output_faults(chapter.notebook)


def clean_sources(chapter):
    """Demand text and code without paths of a machine and registries."""
    return [
        f"{cell.id}: names {piece}"
        for cell in chapter.notebook.cells
        for piece in chapters.revealing(cell.source)
    ]


def described_images(chapter):
    """Demand an alternative text that says what an image shows, on every one."""
    faults = []
    for cell in chapter.notebook.cells:
        for output in cell.get("outputs", []):
            faults += [
                f"{cell.id}: an image without alternative text: {alt!r}"
                for alt in chapters.alternative_texts(output)
                if len(alt.strip()) < 20
            ]
        if cell.cell_type == "markdown":
            faults += [
                f"{cell.id}: an image in the text without a description"
                for alt in _IMAGE_LINK.findall(cell.source)
                if not alt.strip()
            ]
    return faults


def small_file(chapter):
    """Demand a file that GitHub still shows."""
    size = chapter.path.stat().st_size
    return [f"{size:,} bytes, expected under {MAX_BYTES:,}"] if size >= MAX_BYTES else []


def backend_neutral(chapter):
    """Demand Keras alone, so that the chapter runs on every backend."""
    return [
        f"{cell.id}: {match.strip()}"
        for cell in chapters.code_cells(chapter.notebook)
        for match in _BACKENDS.findall(cell.source)
    ]


def length_of_prose(chapter):
    """Demand 1,500 to 3,000 words outside exercises' solutions and the quiz's answers."""
    words = count_words(chapter)
    least = 500 if chapter.number == 0 else 1500
    if not least <= words <= 3000:
        return [f"{words:,} words of prose, expected {least:,} to 3,000"]
    return []


def count_words(chapter):
    """Count words of the text: without code, formulas, links, tables and folded answers."""
    text = "\n\n".join(cell.source for cell in chapter.markdown())
    for pattern in (
        r"(?s)```.*?```",
        r"(?s)<details>.*?</details>",
        r"(?s)\$\$.*?\$\$",
        r"\]\([^)]*\)",
        r"<[^>]+>",
        r"(?m)^\|.*$",
    ):
        text = re.sub(pattern, " ", text)
    return len(re.findall(r"[^\W\d_][\w'-]*", text))


def colab_metadata(chapter):
    """Demand Colab's table of contents, and a GPU where a chapter gains from one."""
    metadata = chapter.notebook.metadata
    faults = []
    if metadata.get("colab", {}).get("toc_visible") is not True:
        faults.append("metadata.colab.toc_visible is not true")
    if chapter.number >= 3 and metadata.get("accelerator") != "GPU":  # those before train seconds
        faults.append("metadata.accelerator is not GPU")
    return faults


RULES = (
    title_cell,
    setup_cell,
    parameters_cell,
    known_tags,
    exercises,
    quiz,
    what_you_measured,
    short_cells,
    cell_ids,
    fresh_outputs,
    clean_outputs,
    clean_sources,
    described_images,
    small_file,
    backend_neutral,
    length_of_prose,
    colab_metadata,
)
