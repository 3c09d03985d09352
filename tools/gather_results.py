"""Keep what runs over several seeds measured, and show it on pages: ``make results``.

``make run SEEDS="0 1 2"`` leaves one file a seed in ``build/``. This gathers them into
``results/<profile>-<device>-<backend>.json`` and writes the tables of ``results/README.md`` and of
the README from those files and from the notebooks, and the table of the model card from the records
of the weights, so that no number in them is typed by hand.
"""

import json
import re
import statistics
from bisect import bisect_left

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
OTHERS = """\
All runs in build/ must be of the same {what}. Received: others in {file}.
Delete what is out of date, or run it again: make run SEEDS=..."""


def store(build=BUILD, results=RESULTS):
    """Add the runs over seeds that ``build/`` holds to the results; return the files written.

    There is a file for each profile, device and backend. What it holds of other versions, or of
    other code of a chapter that was run again, goes. A SystemExit says that a chapter failed, or
    that runs in ``build/`` do not belong together.
    """
    written, begun = {}, set()
    for file in sorted(build.glob("run-*-seed*.json")):
        profile, backend, seed = re.fullmatch(r"run-(\w+)-(\w+)-seed(-?\d+)", file.stem).groups()
        report = json.loads(file.read_text(encoding="utf-8"))
        chapters = report.pop("chapters")
        for name, chapter in chapters.items():
            if not chapter["ok"]:
                raise SystemExit(f"{file.name}: {name} failed: {chapter['error']}")
        device = re.sub(r"[^a-z0-9]+", "-", report["device"].lower()).strip("-")
        path = results / f"{profile}-{device}-{backend}.json"
        kept = written.get(path) or (json.loads(path.read_text("utf-8")) if path.exists() else {})
        if kept.get("versions") != report["versions"]:
            if path in written:
                raise SystemExit(OTHERS.format(what="versions", file=file.name))
            kept = {**report, "chapters": {}}
        written[path] = kept
        for name, chapter in chapters.items():
            other = kept["chapters"].get(name, {}).get("code") != chapter["code"]
            if other and (path, name) in begun:
                raise SystemExit(OTHERS.format(what=f"code of {name}", file=file.name))
            begun.add((path, name))
            _add(kept["chapters"], name, chapter, int(seed))
    for path, report in written.items():
        report["chapters"] = dict(sorted(report["chapters"].items()))
        write_atomically(path, json.dumps(report, indent=1, ensure_ascii=False) + "\n")
    return list(written)


def _add(chapters, name, chapter, seed):
    """Put one run among those of a chapter, by its seed; with other code the chapter begins anew.

    Of each chapter there are the fingerprint of its "code", the "seeds", "seconds" and "peak_mb" of
    its runs, "measures" with a value for each seed, and "bands".
    """
    if chapters.get(name, {}).get("code") != chapter["code"]:
        measures = {measure: [] for measure in chapter["measures"]}
        empty = {"seeds": [], "seconds": [], "peak_mb": [], "measures": measures}
        chapters[name] = {"code": chapter["code"], **empty}
    kept = chapters[name]
    kept["bands"] = [
        {key: band[key] for key in ("name", "at_least", "at_most") if key in band}
        for band in chapter["bands"]
    ]
    place = bisect_left(kept["seeds"], seed)
    end = place + kept["seeds"].count(seed)  # a seed that was run before is replaced
    kept["seeds"][place:end] = [seed]
    for key in ("seconds", "peak_mb"):
        kept[key][place:end] = [chapter[key]]
    for measure, values in kept["measures"].items():
        values[place:end] = [chapter["measures"][measure]]


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
                least, most = min(values), max(values)
                holds = least >= band.get("at_least", least) and most <= band.get("at_most", most)
                lines.append(
                    f"| {name} | {band['name']} | {number(statistics.mean(values))} "
                    f"| {number(least)} to {number(most)} "
                    f"| {limit(band)}{'' if holds else ', **missed**'} | {run} |"
                )
        tables.append("\n".join(lines))
    return "\n\n".join(tables)


def chapters_table():
    """Make the table of chapters: the sentence each tests, and how long it takes.

    The seconds to run come from the results of the quick profile.
    """
    seconds = {}
    for path in sorted(RESULTS.glob("quick-*-tensorflow.json")):
        for name, chapter in json.loads(path.read_text(encoding="utf-8"))["chapters"].items():
            seconds[name] = statistics.mean(chapter["seconds"])
    lines = [
        "| chapter | the sentence it tests | minutes to work through | seconds to run (quick) |",
        "| --- | --- | ---: | ---: |",
    ]
    for path in find_chapters():
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
            raise ValueError(f"A page must have the marks {begin!r} and {end!r}. Received: none.")
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


if __name__ == "__main__":
    main()
