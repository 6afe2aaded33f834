#!/usr/bin/env python3
"""Runs the bench of the stages and says how each grows with the text.

usage: growth.py [FILE]

FILE is what `cargo bench --bench stages` printed; without it the bench runs. Prints two tables in Markdown: the median time
at each size with the exponents between sizes (1: twice the text takes twice the time; 2: four times), and the memory asked
for. Writes the same to target/benches/stages.json: seconds, exponents, allocations and bytes, by name and words a side.
"""
import json
import math
import os
import pathlib
import re
import subprocess
import sys

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
JSON = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "benches" / "stages.json"
SECONDS = {"ps": 1e-12, "ns": 1e-9, "µs": 1e-6, "ms": 1e-3, "s": 1.0, "m": 60.0, "h": 3600.0}
BYTES = {"B": 1, "KB": 1e3, "MB": 1e6, "GB": 1e9}
LEAST_SAMPLES = 5
MEDIAN, SAMPLES = 2, 4


def run():
    command = ["cargo", "bench", "--locked", "--bench", "stages", "--",
               "--sort", "location", "--bytes-format", "decimal", "--color", "never"]
    lines = []
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        for line in process.stdout:
            sys.stderr.write(line)
            lines.append(line)
    if process.returncode:
        sys.exit(f"the bench failed: {process.returncode}")
    return lines


def number(text, units):
    value, unit = text.split(" ")
    return float(value) * units[unit]


def read(lines):
    """Returns for each bench, as `group/name`, its figures by size.

    A tree with six columns: the row of a size has times, those below it what was allocated, a count over a size."""
    found, path, figures, rows = {}, [], None, None
    for line in lines:
        columns = [column.strip() for column in line.rstrip("\n").split(" │ ")]
        branch = re.match(r"^((?:[│ ]  )*)[├╰]─ (\S+)\s*(.*)$", line)
        if branch:
            depth = len(branch[1]) // 3
            path[depth:] = [branch[2]]
            times = [column.strip() for column in branch[3].split("│")]
            if not times[0]:
                continue
            assert int(times[SAMPLES]) >= LEAST_SAMPLES, line
            figures = {"seconds": number(times[MEDIAN], SECONDS), "samples": int(times[SAMPLES]),
                       "allocations": 0.0, "bytes": 0.0}
            found.setdefault("/".join(path[:-1]), {})[int(path[-1])] = figures
            rows = None
            continue
        heading = re.search(r"(max alloc|alloc|grow|dealloc|shrink):", line)
        if heading:
            # What is grown is asked for anew. Counts are the same in each sample but for warm caches: the median.
            rows = ["allocations", "bytes"] if heading[1] in ("alloc", "grow") else []
        elif rows:
            # The tree's own lines stand before the columns.
            cells = re.split(r"\s*│\s*", re.sub(r"^[│ ]*", "", line.rstrip("\n")))
            what = rows.pop(0)
            cell = cells[MEDIAN]
            figures[what] += float(cell) if what == "allocations" else number(cell, BYTES)
    return found


def exponents(by_size):
    """Slopes between neighbouring sizes, both on a logarithmic scale."""
    sizes = sorted(by_size)
    return [math.log(by_size[b]["seconds"] / by_size[a]["seconds"]) / math.log(b / a) for a, b in zip(sizes, sizes[1:])]


def scaled(value, units):
    """The value in the largest of the units that leaves 1 or more, to three digits."""
    fitting = [unit for unit, size in units.items() if value >= size] or [next(iter(units))]
    digits = value / units[fitting[-1]]
    return f"{digits:,.{max(0, 2 - math.floor(math.log10(digits)) if digits else 0)}f} {fitting[-1]}"


def table(head, rows):
    print(f"\n| {' | '.join(head)} |\n|{'---|' * len(head)}")
    for row in rows:
        print(f"| {' | '.join(row)} |")


def main():
    arguments = sys.argv[1:]
    if any(argument.startswith("-") for argument in arguments) or len(arguments) > 1:
        sys.exit(__doc__)
    lines = pathlib.Path(arguments[0]).read_text(encoding="utf-8").splitlines() if arguments else run()
    found = read(lines)
    if not found:
        sys.exit("no bench was found in the output")
    result = {name: {"by_size": by_size, "exponents": exponents(by_size)} for name, by_size in found.items()}
    JSON.parent.mkdir(parents=True, exist_ok=True)
    JSON.write_text(json.dumps(result, indent=1) + "\n", encoding="utf-8")
    sizes = sorted({size for of in found.values() if len(of) > 1 for size in of})
    between = [f"{a:,} → {b:,}" for a, b in zip(sizes, sizes[1:])]
    grown = {name: of for name, of in result.items() if sorted(of["by_size"]) == sizes}
    seconds = {unit: SECONDS[unit] for unit in ("ns", "µs", "ms", "s")}
    table(["median time, words a side", *(f"{size:,}" for size in sizes), *between],
          [[name, *(scaled(of["by_size"][size]["seconds"], seconds) for size in sizes),
            *(f"{slope:.2f}" for slope in of["exponents"])] for name, of in grown.items()])
    allocated = lambda of: f"{of['allocations']:,.0f}, {scaled(of['bytes'], BYTES)}"
    table(["allocations and bytes, words a side", *(f"{size:,}" for size in sizes)],
          [[name, *(allocated(of["by_size"][size]) for size in sizes)] for name, of in grown.items()])
    table(["one size", "median time", "allocations and bytes"],
          [[f"{name}, {size}", scaled(figures["seconds"], seconds), allocated(figures)]
           for name, of in result.items() if name not in grown for size, figures in of["by_size"].items()])
    print(f"\n{JSON.relative_to(ROOT) if JSON.is_relative_to(ROOT) else JSON} has the same.", file=sys.stderr)


if __name__ == "__main__":
    main()
