"""Keep what runs over several seeds measured, and show it on pages: ``make results``.

``make run SEEDS="0 1 2"`` leaves one file a seed in ``build/``. This gathers them into
``results/<profile>-<device>-<backend>.json`` and writes the tables of ``results/README.md`` and of
the README from those files and from the notebooks, and the table of the model card from the records
of the weights, so that no number in them is typed by hand.
"""

import json
import re
import statistics
import sys

from chapters import ROOT, find_chapters, read, write_atomically
from run import BUILD, limit

from course_utils.data.sources import own_weights
from course_utils.measures import number

RESULTS = ROOT / "results"
README = ROOT / "README.md"
RESULTS_PAGE = RESULTS / "README.md"
MODEL_CARD = ROOT / "data" / "weights" / "README.md"

_MARK = "<!-- {name}: written by `make results` -->"
_END = "<!-- end of {name} -->"


def gather(files):
    """Join the reports of several seeds, given by seed as files that ``make run`` wrote.

    Of each chapter the joined report has the fingerprint of its "code", the "seeds", "seconds" and
    "peak_mb" of its runs, "measures" with a value for each seed, and "bands". A SystemExit says
    that a chapter failed, or that the runs were made of different code or under different
    conditions.
    """
    joined = {}
    for seed, file in sorted(files.items()):
        report = json.loads(file.read_text(encoding="utf-8"))
        chapters = report.pop("chapters")
        if not joined:
            joined = report | {"chapters": {}}
        elif any(joined[key] != value for key, value in report.items()):
            raise SystemExit(
                f"Expected all seeds to be run on one machine with one set of versions. "
                f"Received another in {file.name}. Run them again: make run SEEDS=..."
            )
        for name, chapter in chapters.items():
            if not chapter["ok"]:
                raise SystemExit(f"{file.name}: {name} failed: {chapter['error']}")
            empty = {"code": chapter["code"], "seeds": [], "seconds": [], "peak_mb": []}
            kept = joined["chapters"].setdefault(name, {**empty, "measures": {}, "bands": []})
            if kept["code"] != chapter["code"]:
                raise SystemExit(
                    f"Expected all seeds of {name} to be run with the same code. Received other "
                    f"code in {file.name}. Delete what is out of date, or run it again."
                )
            kept["seeds"].append(seed)
            for key in ("seconds", "peak_mb"):
                kept[key].append(chapter[key])
            for measure, value in chapter["measures"].items():
                kept["measures"].setdefault(measure, []).append(value)
            kept["bands"] = [
                {key: band[key] for key in ("name", "at_least", "at_most") if key in band}
                for band in chapter["bands"]
            ]
    return joined


def store(build=BUILD, results=RESULTS):
    """Write a result file for each profile and backend that was run over seeds; return the files.

    A chapter that was not run again keeps the results it has, if they come from the same device
    and versions. One that was run again with the same code gains seeds; with other code, what it
    had is out of date and goes.
    """
    runs = {}
    for file in build.glob("run-*-seed*.json"):
        profile, backend, seed = re.fullmatch(r"run-(\w+)-(\w+)-seed(-?\d+)", file.stem).groups()
        runs.setdefault((profile, backend), {})[int(seed)] = file
    written = []
    for (profile, backend), files in sorted(runs.items()):
        report = gather(files)
        device = re.sub(r"[^a-z0-9]+", "-", report["device"].lower()).strip("-")
        path = results / f"{profile}-{device}-{backend}.json"
        if path.exists():
            before = json.loads(path.read_text(encoding="utf-8"))
            if before["versions"] == report["versions"]:
                for name, chapter in report["chapters"].items():
                    report["chapters"][name] = _more_seeds(before["chapters"].get(name), chapter)
                report["chapters"] = before["chapters"] | report["chapters"]
        report["chapters"] = dict(sorted(report["chapters"].items()))
        results.mkdir(exist_ok=True)
        write_atomically(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
        written.append(path)
    return written


def _more_seeds(before, now):
    """Add the seeds of earlier runs to a chapter's, unless its code has changed since."""
    if before is None or before.get("code") != now["code"]:
        return now
    places = {seed: (runs, i) for runs in (before, now) for i, seed in enumerate(runs["seeds"])}
    each = [places[seed] for seed in sorted(places)]
    measures = {
        name: [runs["measures"][name][i] for runs, i in each]
        for name in now["measures"]
        if name in before["measures"]
    }
    cost = {key: [runs[key][i] for runs, i in each] for key in ("seconds", "peak_mb")}
    return now | cost | {"seeds": sorted(places), "measures": measures}


def results_table(results=RESULTS):
    """Make the tables of results: each band of each chapter, with its spread over seeds."""
    tables = []
    for path in sorted(results.glob("*.json")):
        report = json.loads(path.read_text(encoding="utf-8"))
        versions = report["versions"]
        lines = [
            f"**Profile {report['profile']}** on {report['device']}, "
            f"Keras {versions['keras']} on {report['backend']} {versions[report['backend']]}, "
            f"Python {versions['python']}:",
            "",
            "| chapter | measure | mean | range over seeds | band | seeds | seconds | memory, MB |",
            "| --- | --- | ---: | --- | --- | ---: | ---: | ---: |",
        ]
        for name, chapter in report["chapters"].items():
            run = (
                f"{len(chapter['seeds'])} | {statistics.mean(chapter['seconds']):.0f} "
                f"| {max(chapter['peak_mb']):,.0f}"
            )
            for band in chapter["bands"]:
                values = chapter["measures"][band["name"]]
                at_least = "at_least" in band
                holds = (
                    min(values) >= band["at_least"] if at_least else max(values) <= band["at_most"]
                )
                lines.append(
                    f"| {name} | {band['name']} | {number(statistics.mean(values))} "
                    f"| {number(min(values))} to {number(max(values))} "
                    f"| {limit(band)}{'' if holds else ', **missed**'} | {run} |"
                )
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


def chapters_table(folder=ROOT / "notebooks", results=RESULTS):
    """Make the table of chapters: the sentence each tests, and how long it takes.

    The seconds to run come from the results of the quick profile.
    """
    seconds = {}
    for path in sorted(results.glob("quick-*-tensorflow.json")):
        for name, chapter in json.loads(path.read_text(encoding="utf-8"))["chapters"].items():
            seconds[name] = statistics.mean(chapter["seconds"])
    lines = [
        "| chapter | the sentence it tests | minutes to work through | seconds to run (quick) |",
        "| --- | --- | ---: | ---: |",
    ]
    for path in find_chapters(folder=folder):
        title = read(path).cells[0].source
        sentence = re.search(r'\*\*The sentence this chapter tests:\*\* (".+")', title)[1]
        minutes = sum(int(number) for number in re.findall(r"(?m)^\|.*\| (\d+) \|$", title))
        ran = f"{seconds[path.stem]:.0f}" if path.stem in seconds else "not measured"
        lines.append(f"| [{path.stem}](notebooks/{path.name}) | {sentence} | {minutes} | {ran} |")
    return "\n".join(lines)


def weights_table():
    """Make the table of the weights that the course trained itself."""
    lines = ["| file | bytes | sha256 | made by |", "| --- | ---: | --- | --- |"]
    for record in own_weights().values():
        lines.append(f"| {record.name} | {record.size:,} | {record.sha256} | {record.source} |")
    return "\n".join(lines)


def with_tables(text, tables):
    """Put tables, by the names in their marks, between these marks in the text of a page."""
    for name, table in tables.items():
        begin, end = _MARK.format(name=name), _END.format(name=name)
        before, found, rest = text.partition(begin)
        _, closed, after = rest.partition(end)
        if not (found and closed):
            raise ValueError(f"Expected the marks {begin!r} and {end!r}. Received: a text without.")
        text = f"{before}{begin}\n{table}\n{end}{after}"
    return text


def renewed():
    """Return the text that each page with tables should have now, by path."""
    tables = {
        README: {"chapters": chapters_table()},
        RESULTS_PAGE: {"results": results_table()},
        MODEL_CARD: {"weights": weights_table()},
    }
    return {page: with_tables(page.read_text("utf-8"), made) for page, made in tables.items()}


def main():
    """Store what ``build/`` holds and renew the tables."""
    written = store()
    for page, text in renewed().items():
        write_atomically(page, text)
        written.append(page)
    for path in written:
        print(f"written: {path.relative_to(ROOT)}")
    return 0


if __name__ == "__main__":
    sys.exit(main())
