#!/usr/bin/env python3
"""Draws the plots of docs/performance.md and fills its tables.

usage: plots.py [--results FOLDER] [--page FILE]

FOLDER, target/benches unless said otherwise, holds what the benchmarks wrote:
- load.json: `cargo bench --bench load -- compare --json FILE`
- startup.json: `cargo bench --bench load -- startup --json FILE`
- stages.json: a list of {"stage", "engine", "words", "median_ns", "allocations"}, of the bench of the stages
A table or plot whose file is missing stays as it is, and that is said. Pictures go beside the page. benches/plots/run.sh
does all of it.
"""
import argparse
import datetime
import json
import math
import pathlib
import re

import matplotlib

matplotlib.use("svg")
import matplotlib.pyplot as plt  # noqa: E402
from matplotlib import ticker  # noqa: E402

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
PEERS = ROOT / "benchmarks/peers/results.json"

# Colours of light and dark mode. The page behind a picture may have either, so that each brings its own background.
PAPER, INK, GRID = ("#ffffff", "#0d1117"), ("#1f2328", "#e6edf3"), ("#d1d9e0", "#3d444d")
# Told apart by those who do not see red and green, and on both backgrounds (after Okabe and Ito).
ECHO, FAST, THOROUGH = "#8b949e", "#2f81c8", "#d9660f"
SERIES = ["#2f81c8", "#d9660f", "#129b74", "#b3609c", "#a98600", "#8b949e", "#4bb0e0", "#c0453f", "#6b78d6", "#7a9a2e"]
MARKERS = "osD^vPX*<>"
STYLES = {
    "echo": (ECHO, "-", "o"),
    "Compare FAST": (FAST, "-", "o"),
    "CompareStream FAST": (FAST, "--", "D"),
    "Compare THOROUGH": (THOROUGH, "-", "o"),
    "CompareStream THOROUGH": (THOROUGH, "--", "D"),
}
PERCENTILES = [("p50_ms", "50"), ("p90_ms", "90"), ("p99_ms", "99"), ("p999_ms", "99.9")]

# The whole comparison among the stages, and that of ready-made statements, whose size is their number a side.
WHOLE, STATEMENTS = "whole/compare", "statements/compare"
# Words a side, and statements a side, for which times are asked.
WORDS, N_STATEMENTS = 200, 200


def number(value):
    """Three digits, and none lost to the left of the point; thousands apart."""
    if value is None:
        return "–"
    if value == 0:
        return "0"
    digits = max(0, 2 - math.floor(math.log10(abs(value))))
    text = f"{value:,.{digits}f}"
    return text.rstrip("0").rstrip(".") if "." in text else text


def time(nanoseconds):
    """With the unit that leaves few digits."""
    for unit, size in [("s", 1e9), ("ms", 1e6), ("µs", 1e3)]:
        if nanoseconds >= size:
            return f"{number(nanoseconds / size)} {unit}"
    return f"{number(nanoseconds)} ns"


def times(ratio):
    return "–" if ratio is None else f"{number(ratio)} ×"


def machine_line(report):
    """When, where and by what the figures were had, and what speaks against them."""
    machine, rounds = report["machine"], report["rounds"]
    when = datetime.datetime.fromtimestamp(report["unix_seconds"], datetime.UTC).date().isoformat()
    memory = machine["memory"] and f"{number(float(machine['memory'].split()[0]) / 2**20)} GiB of memory"
    parts = [machine["processor"] or "an unknown processor", f"{machine['processors']} processors", memory, machine["system"]]
    line = (
        f"{when}, Parallax {report['version']} ({report['build']}); {', '.join(filter(None, parts))}. Median of {rounds} "
        f"rounds. `{report['command']}`")
    return f"{line}\n\n**Measure them again: {reasons}.**" if (reasons := "; ".join(faults(report))) else line


def faults(report):
    """Why figures do not stand for this version."""
    load, found = report["machine"]["load_before"], []
    # Of an idle machine it is next to nothing.
    # The mean of a minute: the benchmark that ran before this one leaves up to two a processor in it.
    if load is not None and load > 2 * report["machine"]["processors"]:
        found.append(f"other programs were running (load {load} before the run)")
    if report["build"] != "release":
        found.append("it was no release build")
    if report["rounds"] < 5:
        found.append("there were fewer than five rounds")
    return found


def load_table(report):
    requests, lines = report["requests"], []
    head = "calls/s | of the echo | CPU a call, µs | echo = 1 | p50, ms | p90 | p99 | p99.9 | failed"
    for kind, title in [("closed", f"{report['callers']} callers, each with the next call after the answer to the last"),
                        ("open", "At half as many calls a second; latency from the time at which a call was due")]:
        lines += [f"{title}:", "", f"| | {head} |", "|---" * 10 + "|"]
        for row in report["rows"]:
            figures = row[kind]
            cells = [number(figures[name]) for name in ["per_second", "per_second_of_echo", "processor_us", "processor_of_echo"]]
            for name, _ in PERCENTILES:
                together = figures[name] is not None and figures[f"{name[:-3]}_of_rounds_together"]
                cells.append(number(figures[name]) + ("*" if together else ""))
            lines.append(f"| {row['name']} | " + " | ".join([*cells, number(figures["failed"])]) + " |")
        lines.append("")
    lines += [
        f"{requests['distinct']} distinct requests of 2 × {requests['words_a_side']} words, "
        f"{number(requests['request_bytes_mean'])} bytes on average, answers {number(requests['answer_bytes_mean'])} bytes; turns of "
        f"{number(report['seconds'])} s, THOROUGH {number(report['thorough_seconds'])} s, over {report['connections']} connections. "
        "\\*: of all rounds together, since one alone has too few calls; –: those, too, are too few.",
        "", machine_line(report)]
    return "\n".join(lines)


def startup_table(report):
    mib = 1024
    rows = [
        ("start to listening", f"{number(report['listening_ms'])} ms"),
        ("start to the first answer, FAST", f"{number(report['first_answer_fast_ms'])} ms"),
        ("start to the first answer, THOROUGH", f"{number(report['first_answer_thorough_ms'])} ms"),
        ("resident memory, idle", f"{number(report['resident_idle_kib'] / mib)} MiB"),
        ("resident memory after 8 comparisons, FAST", f"{number(report['resident_after_fast_kib'] / mib)} MiB"),
        ("resident memory after 8 more, THOROUGH", f"{number(report['resident_after_both_kib'] / mib)} MiB"),
        ("binary, models in it", f"{number(report['binary_bytes'] / mib / mib)} MiB"),
    ]
    lines = ["| what | figure |", "|---|---|", *(f"| {what} | {figure} |" for what, figure in rows)]
    return "\n".join([*lines, "", machine_line(report)])


def rows_of_stages(found):
    """Rows of {"stage", "engine", "words", "median_ns", "allocations"}. Also of what is kept by name and size, in seconds, where
    the engine is the end of the name."""
    if isinstance(found, list):
        return found
    rows = []
    for name, of in found.items():
        engine = "thorough" if name.endswith("_thorough") else "fast"
        for words, figures in of["by_size"].items():
            rows.append({"stage": name.removesuffix("_thorough"), "engine": engine, "words": int(words),
                         "median_ns": figures["seconds"] * 1e9, "allocations": figures["allocations"]})
    return rows


def series_of(stages, engine):
    """Points by stage, (words, ns, allocations), in order of size; stages in the order of the file."""
    series = {}
    for row in stages:
        if row["engine"] == engine and not row["stage"].startswith(STATEMENTS.split("/")[0]):
            series.setdefault(row["stage"].removeprefix("stage/"), []).append((row["words"], row["median_ns"], row.get("allocations")))
    return {stage: sorted(points) for stage, points in series.items()}


def exponent(points):
    """The slope of log time over log size, by least squares; None of a single size."""
    logs = [(math.log(words), math.log(ns)) for words, ns, _ in points if ns > 0]
    if len({x for x, _ in logs}) < 2:
        return None
    mean_x, mean_y = (sum(values) / len(logs) for values in zip(*logs))
    return sum((x - mean_x) * (y - mean_y) for x, y in logs) / sum((x - mean_x) ** 2 for x, _ in logs)


def stages_table(stages):
    lines = []
    for engine in ("fast", "thorough"):
        series = series_of(stages, engine)
        sizes = sorted({words for points in series.values() for words, *_ in points})
        if not series:
            continue
        lines += [
            f"{engine.upper()}, by words of each text:", "",
            "| stage | " + " | ".join(f"{size:,}" for size in sizes) + f" | allocations at {WORDS} | exponent | of the last two sizes |",
            "|---" * (len(sizes) + 4) + "|"]
        for stage, points in series.items():
            by_size = {words: (ns, allocations) for words, ns, allocations in points}
            cells = [time(by_size[size][0]) if size in by_size else "–" for size in sizes]
            cells += [number(by_size.get(WORDS, (None, None))[1])]
            cells += ["–" if slope is None else f"{slope:.2f}" for slope in (exponent(points), exponent(points[-2:]))]
            lines.append(f"| {stage} | " + " | ".join(cells) + " |")
        lines.append("")
    lines.append(
        "An exponent is the slope of log time over log size: 1 is linear, 2 quadratic. Small texts pay for what does not grow, "
        "which is why that of the last two sizes is there beside that of all.")
    lines += ["", "![Time of each stage by the size of the text](performance-stages.svg)"]
    return "\n".join(lines)


def is_whole(stage):
    return stage in (WHOLE, WHOLE.split("/")[1])


def stage_time(stages, engine, is_it, size):
    """Nanoseconds of the stage that `is_it` tells; None where it was not measured."""
    found = [row["median_ns"] for row in stages or [] if
             row["engine"] == engine and is_it(row["stage"]) and row["words"] == size]
    return found[0] if found else None


def asked_table(load, startup, stages, peers):
    """What is asked beside what is had."""
    rows = []

    def add(what, asked, had, is_met):
        rows.append((what, asked, had if had is not None else "not measured", "" if is_met is None else "yes" if is_met else "**no**"))

    def at_most(what, value, most, unit, show, note=""):
        add(what, f"≤ {number(most)}{unit}", value if value is None else show(value) + note, None if value is None else value <= most)

    subject = {row["name"]: row for row in load["rows"]} if load else {}

    def figure(name, kind, key):
        return subject[name][kind][key] if name in subject else None

    ns = stage_time(stages, "fast", is_whole, WORDS)
    at_most("FAST, 2 × 200 words, CPU in the pipeline", ns, 300e3, " ns", time)
    rows[-1] = (rows[-1][0], "≤ 300 µs", *rows[-1][2:])
    for kind, title in [("closed", "at full load"), ("open", "at half load")]:
        at_most(f"FAST, 2 × 200 words, CPU of the server beside the echo's, {title}",
                figure("Compare FAST", kind, "processor_of_echo"), 12, " ×", times)
    for name in ("Compare FAST", "CompareStream FAST"):
        value = figure(name, "closed", "per_second")
        add(f"{name}, 2 × 200 words, through gRPC", "≥ 5,000/s", value and f"{number(value)}/s", value and value >= 5000)
    for name in ("Compare FAST", "CompareStream FAST"):
        at_most(f"{name}, 99th percentile at half load", figure(name, "open", "p99_ms"), 5, " ms", lambda ms: f"{number(ms)} ms")
    ns = stage_time(stages, "thorough", is_whole, WORDS)
    add("THOROUGH, 2 × 200 words, one core, in the pipeline", "≤ 100 ms", ns and time(ns), ns and ns <= 100e6)
    microseconds = figure("Compare THOROUGH", "closed", "processor_us")
    add("the same, CPU of the server a call", "≤ 100 ms", microseconds and time(microseconds * 1e3),
        microseconds and microseconds <= 100e3)
    clock = {system["name"]: system["milliseconds"]["clock"] for system in peers["systems"]}
    for engine in ("FAST", "THOROUGH"):
        f32, int8 = (clock[f"MiniLM {kind}"] / clock[f"Parallax {engine}"] for kind in ("f32", "int8"))
        add(f"{engine}, throughput beside [MiniLM](alternatives.md#measured), one thread each", "≥ 5 ×",
            f"{times(f32)} its f32 form, {times(int8)} int8", min(f32, int8) >= 5)
    ns = stage_time(stages, "fast", STATEMENTS.__eq__, N_STATEMENTS)
    add("FAST, 200 × 200 positions", "≤ 15 ms", ns and time(ns), ns and ns <= 15e6)
    for engine in ("fast", "thorough"):
        whole = next((points for stage, points in series_of(stages or [], engine).items() if is_whole(stage)), [])
        slope = exponent(whole)
        add(f"{engine.upper()}, growth with the size of the texts, exponent", "told", slope and f"{slope:.2f}", None)
    startup = startup or {}
    at_most("start to the first answer, FAST", startup.get("first_answer_fast_ms"), 200, " ms", lambda ms: f"{number(ms)} ms")
    at_most("start to the first answer, THOROUGH", startup.get("first_answer_thorough_ms"), 200, " ms", lambda ms: f"{number(ms)} ms")
    for what, name in [("idle", "resident_idle_kib"), ("after both engines", "resident_after_both_kib")]:
        kib = startup.get(name)
        add(f"resident memory, {what}", "told", kib and f"{number(kib / 1024)} MiB", None)
    size = startup.get("binary_bytes")
    add("binary", "told", size and f"{number(size / 2**20)} MiB", None)
    lines = ["| what | asked | had | met |", "|---|---|---|---|", *("| " + " | ".join(row) + " |" for row in rows)]
    if any(report and faults(report) for report in (load, startup)):
        lines += ["", "**Not final: the tables below say why they have to be measured again.**"]
    return "\n".join(lines)


def filled(page, name, table):
    """The page with the table between the markers of this name."""
    place = re.compile(rf"(<!-- {name} -->\n).*?(<!-- /{name} -->)", re.DOTALL)
    page, n_places = place.subn(lambda found: found[1] + "\n" + table + "\n\n" + found[2], page)
    if n_places != 1:
        raise SystemExit(f"the page has {n_places} places for the table {name}")
    return page


def set_style():
    plt.rcParams.update({
        "figure.facecolor": PAPER[0], "axes.facecolor": PAPER[0], "savefig.facecolor": PAPER[0], "text.color": INK[0],
        "axes.labelcolor": INK[0], "axes.edgecolor": INK[0], "axes.titlecolor": INK[0], "xtick.color": INK[0],
        "ytick.color": INK[0], "grid.color": GRID[0], "legend.frameon": False, "axes.grid": True, "axes.axisbelow": True,
        "axes.spines.top": False, "axes.spines.right": False, "font.size": 10, "font.family": "DejaVu Sans",
        # The same figures make the same file.
        "svg.hashsalt": "parallax",
    })


def save(figure, path):
    """Writes the picture, with a rule that turns its colours in dark mode. Colours stand in style attributes, which a
    renderer without the rule shows as in light mode."""
    figure.savefig(path, metadata={"Date": None, "Creator": None})
    plt.close(figure)
    svg = path.read_text(encoding="utf-8")
    rules = "".join(
        f'[style*="{what}: {light}"]{{{what}:{dark} !important}}'
        for light, dark in (PAPER, INK, GRID) for what in ("fill", "stroke"))
    svg = svg.replace("<defs>", f"<style>@media (prefers-color-scheme: dark) {{{rules}}}</style>\n <defs>", 1)
    svg = "\n".join(line.rstrip() for line in svg.splitlines()) + "\n"
    path.write_text(svg, encoding="utf-8")
    print(f"{path.name}: drawn")


def plain_logs(axis):
    axis.set_major_formatter(ticker.FuncFormatter(lambda value, _: number(value)))
    axis.set_minor_formatter(ticker.NullFormatter())


def draw_echo(report, path):
    rows = report["rows"][::-1]
    figure, axes = plt.subplots(1, 2, figsize=(10, 3.4), sharey=True, layout="constrained")
    for axis, key, ratio, title, unit in [
        (axes[0], "per_second", "per_second_of_echo", f"Calls answered, {report['callers']} callers", "calls a second, log scale"),
        (axes[1], "processor_us", "processor_of_echo", "CPU time of the server a call", "µs, log scale"),
    ]:
        values = [row["closed"][key] for row in rows]
        if not all(values):
            # Processor time is not known on every system.
            axis.set_title(f"{title}: not known", fontsize=11)
            continue
        first, last = math.floor(math.log10(min(values))), math.ceil(math.log10(max(values)))
        low, high = 10 ** first, 10 ** last
        for y, (row, value) in enumerate(zip(rows, values)):
            colour = STYLES[row["name"]][0]
            axis.plot([low, value], [y, y], color=colour, linewidth=2, alpha=0.5)
            axis.plot([value], [y], "o", color=colour, markersize=8)
            beside = row["closed"][ratio]
            share = f"{times(beside)} echo" if beside > 1 else f"1/{number(1 / beside)} of the echo"
            # On paper, so that no line of the grid goes through it.
            axis.annotate(
                f"{number(value)}" if row["name"] == "echo" else f"{number(value)}, {share}", (value, y), (9, 0),
                textcoords="offset points", va="center", fontsize=9, bbox={"facecolor": PAPER[0], "edgecolor": "none", "pad": 1})
        axis.set_xscale("log")
        # Room for the numbers beside the outermost points.
        axis.set_xlim(low, max(values) * (high / low) ** 0.6)
        axis.set_ylim(-0.5, len(rows) - 0.5)
        # No number where only writing is, and few enough that they stand apart.
        axis.set_xticks([10 ** power for power in range(first, last, 1 if last - first < 5 else 2)])
        axis.xaxis.set_minor_locator(ticker.NullLocator())
        axis.set_yticks(range(len(rows)), [row["name"] for row in rows])
        axis.tick_params(axis="y", length=0)
        axis.grid(axis="y", visible=False)
        axis.set_title(title, fontsize=11)
        axis.set_xlabel(unit)
        plain_logs(axis.xaxis)
    save(figure, path)


def draw_latency(report, path):
    figure, axis = plt.subplots(figsize=(8.5, 4.4), layout="constrained")
    for row in report["rows"]:
        colour, line, marker = STYLES[row["name"]]
        points = [(x, row["open"][key]) for x, (key, _) in enumerate(PERCENTILES) if row["open"][key] is not None]
        if not points:
            continue
        label = f"{row['name']}, {number(row['open']['per_second'])}/s"
        axis.plot(*zip(*points), color=colour, linestyle=line, marker=marker, markersize=6, linewidth=2, label=label,
                  markerfacecolor=PAPER[0] if line == "--" else colour)
    x = [key for key, _ in PERCENTILES].index("p99_ms")
    axis.plot([x - 0.12, x + 0.12], [5, 5], color=INK[0], linewidth=2, label="asked of FAST, 99 %: ≤ 5 ms")
    axis.set_yscale("log")
    axis.set_xticks(range(len(PERCENTILES)), [label for _, label in PERCENTILES])
    axis.set_xlim(-0.2, len(PERCENTILES) - 0.8)
    axis.set_xlabel("percentile of calls, %")
    axis.set_ylabel("latency from when a call was due, ms, log scale")
    axis.set_title("Latency at half of the calls a second of the closed loop", fontsize=11)
    plain_logs(axis.yaxis)
    axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9, handlelength=4)
    save(figure, path)


def draw_stages(stages, path):
    engines = [engine for engine in ("fast", "thorough") if series_of(stages, engine)]
    figure, axes = plt.subplots(
        len(engines), 1, figsize=(9, 4.6 * len(engines)), squeeze=False, sharex=True, sharey=True, layout="constrained")
    # A stage looks the same in both.
    names = list(dict.fromkeys(stage for engine in engines for stage in series_of(stages, engine)))
    sizes = sorted({point[0] for engine in engines for points in series_of(stages, engine).values() for point in points})
    # A size beside its neighbour would be written over it.
    shown = [size for at, size in enumerate(sizes) if at == 0 or size >= 1.8 * sizes[at - 1]]
    for axis, engine in zip(axes[:, 0], engines):
        series = series_of(stages, engine)
        # The legend stands in the order of the ends of the lines.
        order = sorted(series, key=lambda stage: -series[stage][-1][1])
        for stage in order:
            at, points, is_bold = names.index(stage), series[stage], is_whole(stage)
            colour = INK[0] if is_bold else SERIES[at % len(SERIES)]
            slope = exponent(points)
            label = stage if slope is None else f"{stage}, exponent {slope:.2f}"
            axis.plot([point[0] for point in points], [point[1] / 1e6 for point in points], color=colour,
                      linewidth=2.4 if is_bold else 1.6, marker=MARKERS[at % len(MARKERS)], markersize=5, label=label)
        axis.set_xscale("log")
        axis.set_yscale("log")
        axis.set_xticks(shown, [f"{size:,}" for size in shown])
        axis.xaxis.set_minor_locator(ticker.NullLocator())
        axis.tick_params(labelbottom=True)
        axis.set_title(f"Time of each stage, {engine.upper()}", fontsize=11)
        axis.set_xlabel("words of each text, log scale")
        axis.set_ylabel("median time, ms, log scale")
        plain_logs(axis.yaxis)
        axis.legend(loc="center left", bbox_to_anchor=(1.01, 0.5), fontsize=9)
    save(figure, path)


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--results", type=pathlib.Path, default=ROOT / "target/benches", help="folder of the JSON files")
    parser.add_argument("--page", type=pathlib.Path, default=ROOT / "docs/performance.md", help="the page that is filled")
    given = parser.parse_args()
    set_style()
    page, results = given.page.read_text(encoding="utf-8"), {}
    for name, table, drawings in [
        ("load", load_table, {"echo": draw_echo, "latency": draw_latency}),
        ("startup", startup_table, {}),
        ("stages", stages_table, {"stages": draw_stages}),
    ]:
        file = given.results / f"{name}.json"
        if not file.exists():
            kept = ["its table", *(f"performance-{picture}.svg" for picture in drawings)]
            print(f"{file} is missing: {' and '.join(kept)} not made anew, and what is asked of it is not measured")
            continue
        results[name] = json.loads(file.read_text(encoding="utf-8"))
        if name == "stages":
            results[name] = rows_of_stages(results[name])
        page = filled(page, name, table(results[name]))
        for picture, draw in drawings.items():
            draw(results[name], given.page.parent / f"performance-{picture}.svg")
    peers = json.loads(PEERS.read_text(encoding="utf-8"))
    page = filled(page, "asked", asked_table(results.get("load"), results.get("startup"), results.get("stages"), peers))
    given.page.write_text(page, encoding="utf-8")
    print(f"{given.page.name}: {', '.join(['asked', *results])} filled")


if __name__ == "__main__":
    main()
