#!/usr/bin/env python3
"""Counts the instructions of the inputs of benches/instructions/main.rs by callgrind, and compares them to those of the
last release, in released.json beside this file.

usage: count.py [--record]

Needs cargo and valgrind. --record writes released.json anew: for a release, and for nothing else.
What is counted is built as the tests are, by the dev profile, so that it costs them no second build of everything. Such
counts say what a change did to the same build; they are not those of the released binary.
"""
import argparse
import json
import os
import pathlib
import platform
import statistics
import subprocess
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
RELEASED = pathlib.Path(__file__).resolve().parent / "released.json"
# Runs of each input. Hash tables have another seed in each run, from the clock, which shakes the counts of FAST: nine runs
# lay within 0.03 % for the short pair and 0.08 % for the page. Those of THOROUGH lie within 0.001 % and take eight times as long.
RUNS = {"short-fast": 3, "page-fast": 3, "paragraph-thorough": 1}


def output(*command):
    return subprocess.run(command, cwd=ROOT, check=True, stdout=subprocess.PIPE, text=True).stdout


def build():
    """Returns the path of the program from the root."""
    messages = output("cargo", "build", "--locked", "--quiet", "--bench", "instructions", "--message-format", "json")
    made = (json.loads(line) for line in messages.splitlines())
    executable = next(message["executable"] for message in made
                      if message["reason"] == "compiler-artifact" and message["target"]["name"] == "instructions")
    # Arguments lie on the stack too: the place of the clone is kept out of them.
    return os.path.relpath(executable, ROOT)


def count(program, case):
    """Returns the instructions of one run."""
    with tempfile.TemporaryDirectory() as folder:
        profile = pathlib.Path(folder) / "callgrind.out"
        command = ["valgrind", "--tool=callgrind", "--toggle-collect=*instructions*::measured*",
                   f"--callgrind-out-file={profile}", program, case]
        # The environment lies on the stack: without it all addresses there are the same.
        done = subprocess.run(command, cwd=ROOT, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True)
        if done.returncode:
            sys.exit(f"{' '.join(command)}: {done.stderr}")
        lines = profile.read_text(encoding="utf-8").splitlines()
    total = int(next(line.split()[1] for line in lines if line.startswith("totals: ")))
    if total == 0:
        sys.exit(f"{case}: callgrind did not see the function that is measured")
    return total


def built_with():
    """What counts depend on besides our code."""
    return {
        "rustc": output("rustc", "--version").strip(),
        "valgrind": output("valgrind", "--version").strip(),
        "machine": platform.machine(),
        "libc": " ".join(platform.libc_ver()),
    }


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--record", action="store_true")
    args = parser.parse_args()
    program = build()
    runs = {case: [count(program, case) for _ in range(n)] for case, n in RUNS.items()}
    counts = {case: statistics.median_low(of) for case, of in runs.items()}
    if args.record:
        packages = json.loads(output("cargo", "metadata", "--no-deps", "--format-version", "1"))["packages"]
        version = next(package["version"] for package in packages if package["name"] == "parallax")
        stored = {"version": version, "built_with": built_with(), "instructions": counts}
        RELEASED.write_text(json.dumps(stored, indent=2) + "\n", encoding="utf-8")
    released = json.loads(RELEASED.read_text(encoding="utf-8"))
    print(f"{'instructions':20}{'now':>16}{'range of runs':>16}{released['version']:>16}{'change':>10}")
    for case, now in counts.items():
        before = released["instructions"].get(case)
        spread = f"{(max(runs[case]) - min(runs[case])) / now:.3%}" if len(runs[case]) > 1 else "one run"
        change = f"{now / before - 1:+.2%}" if before else "new"
        print(f"{case:20}{now:>16,}{spread:>16}{before or 0:>16,}{change:>10}")
    for what, now in built_with().items():
        before = released["built_with"][what]
        if now != before:
            print(f"not comparable without more: {what} is {now}, and was {before}")


if __name__ == "__main__":
    main()
