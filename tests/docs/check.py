#!/usr/bin/env python3
"""Runs what the documents tell a reader to run, and holds them to what is there.

usage: check.py BINARY [DOCUMENT...]

Of README.md and docs/*.md, or of the documents given:
- every command of a ```sh block runs, each document in a folder of its own that looks like a clone. BINARY stands in for
  `parallax` and for `cargo run --release --`. `… serve` runs in the background; who calls 127.0.0.1:50051 before that gets a
  server with defaults. Ports are replaced by free ones. What is not run is in SKIPS, with the reason, and is listed.
- a ```json or ```text block that directly follows such a block is its output, as is one that follows after a paragraph
  with the word "output" or "prints". Numbers are compared to three digits; "…" stands for anything.
- every relative link with its heading, every path in `code` that begins at the root, every subcommand, `--flag`, setting
  and PARALLAX_ variable must exist.
Prints 'N passed, N failed, N skipped'. The first check of all is that this one can fail.
"""
import glob
import json
import math
import os
import pathlib
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
HERE = pathlib.Path(__file__).resolve().parent
TOOLS = pathlib.Path(sys.executable).parent
# Links and paths alone are checked here: these pages tell of builds, loads and measurements that take long.
ONLY_NAMED = ["ARCHITECTURE.md", "benches/load/README.md", "benchmarks/peers/README.md"]

# What is not run, by the beginning of the command, and why.
SKIPS = [
    (r"\./test\.sh", "runs this check"),
    (r"(sudo |apt-get |dpkg |systemctl |useradd |install |journalctl )", "changes the machine"),
    (r"(docker|podman|kubectl|helm) ", "needs a container engine or a cluster"),
    (r"git clone ", "needs the network"),
    (r"(python3? -m )?pip3? install |python3? -m venv |npm (ci|install)|pnpm |cargo install ", "installs packages"),
    (r"cargo (build|bench|test|doc|deb|cyclonedx|add|run .*--manifest-path)", "compiles"),
    (r"deploy/(debian/build|sbom)\.sh", "compiles; tests/operate has what is checked of it"),
    (r"(checkov|kubernetes-validate|lintian) ", "slow, and of tools that ./test.sh does not install"),
    (r"curl .*:8080/", "asks the proxy that the container engine runs"),
    (r"parallax serve .*=server\.key$", "needs a certificate; what follows in the document makes one and serves with it"),
    (r"benchmarks/peers/run\.sh ", "takes minutes and annotated texts"),
    (r"benches/(load|plots)/", "takes minutes"),
    (r"\.tools/bin/python docs/make_screenshots\.py ", "needs fonts; the pictures are looked at, not compared"),
]

SECONDS_A_COMMAND = 30
SECONDS_TO_SERVE = 20
# Texts under the names that documents give to files of a reader's own.
READERS_FILES = {
    "ours.txt": "examples/skerry-bank-call/valmere.txt",
    "theirs.txt": "examples/skerry-bank-call/tarsk.txt",
}
PAIRS = "ours.txt,theirs.txt,Norland,Sudria\n"
DEFAULT_PORT = "50051"

PROGRAM = r"(?:(?:\./)?(?:target/(?:release|debug)/)?parallax|cargo run --release --)"
SERVE = re.compile(rf"^((?:\w+=\S+ )*){PROGRAM} serve\b(?!.*--help)(.*?)&?\s*$", re.DOTALL)
PORT = re.compile(r"(127\.0\.0\.1|localhost|0\.0\.0\.0|\[::1?\]):(\d{4,5})\b")
FENCE = re.compile(r"^(`{3,}|~{3,})(\w*)[^\n]*\n(.*?)^\1[ \t]*$", re.DOTALL | re.MULTILINE)
SPAN = re.compile(r"(?<!`)`([^`\n]+)`(?!`)")
LINK = re.compile(r"\]\(([^)\s]+)\)")
FLAG = re.compile(r"(?<![\w-])--[a-z][a-z-]+")
# "admin.rs" is a file and no setting.
SUFFIXES = {"json", "md", "py", "rs", "sh", "toml", "txt"}
CARGO_FLAGS = {"--locked", "--release"}
# Variables that are no setting of the file.
OTHER_VARIABLES = {"PARALLAX_CONFIG", "PARALLAX_LOG"}


class Tally:
    """What was found. Failures are printed at once, skips at the end."""

    def __init__(self, quiet=False):
        self.passed, self.failures, self.skips, self.quiet = 0, [], [], quiet

    def expect(self, is_good, where, problem):
        if is_good:
            self.passed += 1
            return
        self.failures.append(f"{where}: {problem}")
        if not self.quiet:
            print(f"FAILED {where}: {problem}", flush=True)

    def skip(self, where, command, reason):
        self.skips.append(f"skipped {where}: {command.splitlines()[0][:70]}: {reason}")


class Program:
    """What the binary has: subcommands, flags, settings."""

    def __init__(self, binary):
        self.binary = binary
        self.helps = {None: self.run("--help")}
        self.subcommands = set(re.findall(r"^  ([a-z]+) {2,}", self.helps[None], re.MULTILINE))
        for name in self.subcommands - {"help"}:
            self.helps[name] = self.run(name, "--help")
        self.all_flags = set(FLAG.findall("\n".join(self.helps.values())))
        self.settings, section = set(), None
        for line in self.run("config", "--defaults").splitlines():
            if found := re.match(r"\[(\w+)\]", line):
                section = found[1]
            elif section and (found := re.match(r"#? ?(\w+) = ", line)):
                self.settings.add(f"{section}.{found[1]}")
        self.sections = {setting.split(".")[0] for setting in self.settings}
        self.variables = {"PARALLAX_" + setting.upper().replace(".", "_") for setting in self.settings} | OTHER_VARIABLES

    def run(self, *args):
        return subprocess.run([self.binary, *args], check=True, capture_output=True, text=True, timeout=SECONDS_A_COMMAND).stdout

    def problems(self, text):
        """What a command or a code span names that the binary has not; None for each thing that it has."""
        unquoted = re.sub(r"\"[^\"]*\"|'[^']*'", "_", text)
        # Where a command begins: "kubectl -n parallax create" is none of ours.
        for found in re.finditer(rf"(?:^|[|;&(]) *(?:\w+=\S+ )*{PROGRAM} ([a-z]+)\b([^|;&\n]*)", unquoted, re.MULTILINE):
            name, rest = found[1], found[2]
            if name not in self.subcommands:
                yield f"parallax has no subcommand {name}"
                continue
            for flag in FLAG.findall(rest):
                yield None if flag in FLAG.findall(self.helps.get(name, "")) else f"parallax {name} has no {flag}"
        for setting in re.findall(r"--set[ =]['\"]?([a-z_.]+)=", text):
            yield None if setting in self.settings else f"there is no setting {setting}"
        for variable in re.findall(r"\bPARALLAX_[A-Z_]+[A-Z]\b", text):
            yield None if variable in self.variables else f"there is no variable {variable}"


class Document:
    """A Markdown file: fenced blocks, and the prose without them."""

    def __init__(self, name, text):
        self.name, self.text = name, text
        # (language, content, line, what stands between it and the block before it)
        self.blocks, end = [], 0
        for found in FENCE.finditer(text):
            self.blocks.append((found[2], found[3], text.count("\n", 0, found.start()) + 1, text[end:found.start()]))
            end = found.end()
        # Lines stay where they are.
        self.prose = FENCE.sub(lambda found: "\n" * found[0].count("\n"), text)

    def line_of(self, offset):
        return self.prose.count("\n", 0, offset) + 1

    def headings(self):
        """The anchors of the headings, as GitHub makes them."""
        anchors = set()
        for title in re.findall(r"^#+ +(.*?) *#*$", self.prose, re.MULTILINE):
            title = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
            anchor = re.sub(r"[^\w\- ]", "", title).replace(" ", "-")
            number = 0
            while (unique := f"{anchor}-{number}" if number else anchor) in anchors:
                number += 1
            anchors.add(unique)
        return anchors


def commands(block):
    """The commands of a block: lines, joined as long as the shell wants more."""
    pending = ""
    for line in block.splitlines():
        if not pending and (not line.strip() or line.lstrip().startswith("#")):
            continue
        pending += line + "\n"
        if re.search(r"(\\|&&|\|)\s*$", line):
            continue
        # An open quote is an error of -n, an open here-document only a warning.
        if "\n" in pending.rstrip("\n") or re.search(r"['\"(]|<<|\b(do|then)\b|\{", pending):
            if subprocess.run(["bash", "-n", "-c", pending], capture_output=True).stderr:
                continue
        yield pending.rstrip("\n")
        pending = ""
    if pending:
        yield pending.rstrip("\n")


def is_output(language, between):
    """True when a block is the output of the sh block before it."""
    paragraphs = [part for part in between.split("\n\n") if part.strip()]
    return language in ("json", "text") and (
        not paragraphs or (len(paragraphs) == 1 and re.search(r"\b(output|prints?)\b", paragraphs[0], re.IGNORECASE)))


def alike(expected, found):
    """True when two JSON values are equal, numbers to three digits."""
    if isinstance(expected, dict) and isinstance(found, dict):
        return expected.keys() == found.keys() and all(alike(value, found[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(found, list):
        return len(expected) == len(found) and all(map(alike, expected, found))
    if isinstance(expected, float) or isinstance(found, float):
        return isinstance(found, (int, float)) and isinstance(expected, (int, float)) and same_number(expected, found)
    return expected == found


def same_number(expected, found):
    return math.isclose(expected, found, rel_tol=2e-3, abs_tol=1e-9)


def same_line(expected, found):
    """True when two lines are equal, numbers to three digits; "…" in the expected one stands for anything."""
    number = r"\d+(?:\.\d+)?"
    wanted = [float(value) for value in re.findall(number, expected)]
    literal = [re.escape(" ".join(part.split())) for part in re.split(number, expected)]
    pattern = literal[0] + "".join(f"({number})" + part for part in literal[1:])
    # Columns may move when a number has another length.
    pattern = pattern.replace(re.escape("…"), ".*").replace(r"\ ", r"\s+")
    seen = re.fullmatch(r"\s*" + pattern + r"\s*", found)
    if seen is None:
        squeezed = re.compile(r"\s*" + pattern.replace(f"({number})", rf"\s*({number})\s*") + r"\s*")
        seen = squeezed.fullmatch(found)
    return seen is not None and all(same_number(value, float(got)) for value, got in zip(wanted, seen.groups()))


def stands_in(expected, found):
    """True when the lines stand in the output one after the other; a line "…" stands for any number of lines."""
    wanted = [line for line in expected.splitlines() if line.strip()]
    lines = [line for line in found.splitlines() if line.strip()]

    def from_here(i, j):
        if i == len(wanted):
            return True
        if wanted[i].strip() in ("…", "..."):
            return any(from_here(i + 1, k) for k in range(j, len(lines) + 1))
        return j < len(lines) and same_line(wanted[i], lines[j]) and from_here(i + 1, j + 1)

    return any(from_here(0, j) for j in range(len(lines) + 1))


def is_expected(language, expected, standard_output, all_output):
    if language == "json":
        try:
            wanted = json.loads(expected)
        except ValueError:
            return stands_in(expected, all_output)
        try:
            return alike(wanted, json.loads(standard_output))
        except ValueError:
            return False
    return stands_in(expected, all_output)


def free_port():
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        return str(listener.getsockname()[1])


def files(*which):
    """Paths of the repository's files."""
    return subprocess.run(["git", "ls-files", *which], cwd=ROOT, check=True, capture_output=True, text=True).stdout.splitlines()


class Clone:
    """A folder that looks like a clone, in which the commands of one document run, with the servers that they started."""

    def __init__(self, folder, binary):
        self.folder, self.ports, self.servers = folder, {}, {}
        for name in files("--cached", "--others", "--exclude-standard"):
            top = name.split("/")[0]
            # Where commands write, they get files of their own.
            if top in ("examples", "docs") and (ROOT / name).is_file():
                (folder / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy2(ROOT / name, folder / name)
            elif not (folder / top).exists():
                (folder / top).symlink_to(ROOT / top)
        (folder / ".tools").symlink_to(ROOT / ".tools")
        for name, source in READERS_FILES.items():
            shutil.copy2(ROOT / source, folder / name)
        (folder / "pairs.csv").write_text(PAIRS, encoding="utf-8")
        programs = folder / ".programs"
        programs.mkdir()
        (programs / "parallax").symlink_to(binary)
        (programs / "cargo").write_text(
            '#!/bin/sh\n'
            '[ "$1 $2 $3" = "run --release --" ] || { echo "cargo $1 is not run here: put it in SKIPS" >&2; exit 99; }\n'
            'shift 3\nexec parallax "$@"\n', encoding="utf-8")
        (programs / "cargo").chmod(0o755)
        for build in ("release", "debug"):
            (folder / "target" / build).mkdir(parents=True)
            (folder / "target" / build / "parallax").symlink_to(binary)
        self.state = folder / ".state"
        self.environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PARALLAX_")
        } | {"PATH": f"{programs}:{TOOLS}:{os.environ['PATH']}", "NO_COLOR": "1"}

    def with_ports(self, command):
        """The command with a free port for each that the document names."""
        return PORT.sub(lambda found: f"{found[1]}:{self.ports.setdefault(found[2], free_port())}", command)

    def as_written(self, output):
        for written, port in self.ports.items():
            output = re.sub(rf"\b{port}\b", written, output)
        return output.replace(str(self.folder), ".")

    def shell(self, command):
        """A shell that goes on where the last command left: folder, variables."""
        script = (
            f"set -a; [ -e '{self.state}' ] && . '{self.state}'; set +a; cd \"${{OLD_FOLDER:-.}}\"; set -euo pipefail; set -a\n"
            f"trap 'code=$?; OLD_FOLDER=$PWD; export -p > \"{self.state}\"; exit $code' EXIT\n{command}\n")
        return ["bash", "-c", script]

    def run(self, command):
        """The status, standard output, and all output in order."""
        command = self.with_ports(command)
        port = self.ports.get(DEFAULT_PORT)
        if port and port not in self.servers and f":{port}" in command:
            if problem := self.serve(f"parallax serve --address 127.0.0.1:{DEFAULT_PORT}"):
                return None, "", f"the server for it: {problem}"
        with tempfile.TemporaryFile("w+") as errors:
            # In a group of its own, so that nothing of it is left behind.
            process = subprocess.Popen(
                self.shell(command), cwd=self.folder, env=self.environment, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=errors, text=True, start_new_session=True)
            try:
                output = process.communicate(timeout=SECONDS_A_COMMAND)[0]
            except subprocess.TimeoutExpired:
                os.killpg(process.pid, 9)
                return None, "", f"it took more than {SECONDS_A_COMMAND} s"
            errors.seek(0)
            return process.returncode, self.as_written(output), self.as_written(output + errors.read())

    def serve(self, command):
        """Starts a server in the background; the problem when it does not serve."""
        before, rest = SERVE.match(self.with_ports(command)).groups()
        config = re.search(r"--config[ =](\S+)", rest)
        text = before + rest
        if config and (self.folder / config[1]).exists():
            text += (self.folder / config[1]).read_text(encoding="utf-8")
        address = re.search(r"--address[ =]\S+?:(\d+)|\[listen\]\s+address = \"\S+?:(\d+)\"|listen\.address=\S+?:(\d+)", text)
        port = next(filter(None, address.groups())) if address else self.ports.setdefault(DEFAULT_PORT, free_port())
        if not address:
            rest += f" --address 127.0.0.1:{port}"
        if port in self.servers:
            self.end(port)
        # The shell becomes the server, so that the one to be ended is the one that is waited for.
        process = subprocess.Popen(
            self.shell(f"{before}exec parallax serve{rest}"), cwd=self.folder, env=self.environment,
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE, text=True, start_new_session=True)
        self.servers[port] = process
        # One that neither serves nor ends must not hold us.
        guard = threading.Timer(SECONDS_TO_SERVE, lambda: os.killpg(process.pid, 9))
        guard.start()
        said = ""
        for line in process.stderr:
            said += line
            if "address=" in line or '"address"' in line:
                guard.cancel()
                threading.Thread(target=lambda: [None for _ in process.stderr], daemon=True).start()
                return None
        guard.cancel()
        self.end(port)
        return f"it did not serve: {self.as_written(said).strip()[-300:]}"

    def end(self, port):
        process = self.servers.pop(port)
        try:
            os.killpg(process.pid, 9)
        except ProcessLookupError:
            pass
        process.wait()

    def close(self):
        for port in list(self.servers):
            self.end(port)


def run_blocks(document, binary, tally):
    """Runs the commands of a document, and compares what they print with what it says that they do."""
    if not any(language == "sh" for language, *_ in document.blocks):
        return
    with tempfile.TemporaryDirectory() as folder:
        clone = Clone(pathlib.Path(folder), binary)
        try:
            for i_block, (language, content, line, _) in enumerate(document.blocks):
                if language == "sh":
                    following = document.blocks[i_block + 1] if i_block + 1 < len(document.blocks) else None
                    expected = following if following and is_output(following[0], following[3]) else None
                    run_block(clone, f"{document.name}:{line}", content, expected, tally)
        finally:
            clone.close()


def run_block(clone, where, content, expected, tally):
    standard_output, all_output, is_whole = "", "", True
    shows_error = expected is not None and re.search(r"\berror:", expected[1], re.IGNORECASE)
    for command in commands(content):
        first = command.splitlines()[0]
        reason = next((reason for beginning, reason in SKIPS if re.match(beginning, command)), None)
        if reason:
            tally.skip(where, command, reason)
            is_whole = False
            continue
        if SERVE.match(command):
            problem = clone.serve(command)
            tally.expect(problem is None, where, f"{first}: {problem}")
            continue
        status, output, both = clone.run(command)
        standard_output, all_output = standard_output + output, all_output + both
        tally.expect(
            status == 0 or (shows_error and status is not None), where,
            f"{first}: ended with {status}: {both.strip()[-400:]}")
    if expected is None:
        return
    language, text, line, _ = expected
    if is_whole:
        tally.expect(
            is_expected(language, text, standard_output, all_output), where,
            f"the output is not what stands at line {line}:\n{all_output.strip()[:2000]}")
    else:
        tally.skip(where, text, "output of a command that is not run")


def check_names(document, program, tops, tally):
    """Links, paths, subcommands, flags, settings and variables."""
    base = (ROOT / document.name).parent
    for found in LINK.finditer(document.prose):
        target, _, anchor = found[1].partition("#")
        if re.match(r"[a-z]+:", target):
            continue
        where, path = f"{document.name}:{document.line_of(found.start())}", (base / target if target else ROOT / document.name)
        tally.expect(path.exists(), where, f"the link leads nowhere: {found[1]}")
        if anchor and path.suffix == ".md" and (path.exists() or not target):
            there = document if not target else Document(target, path.read_text(encoding="utf-8"))
            tally.expect(anchor in there.headings(), where, f"there is no such heading: {found[1]}")
    for found in SPAN.finditer(document.prose):
        span, where = found[1], f"{document.name}:{document.line_of(found.start())}"
        # A path that begins at the root; upper-case words in it stand for something else.
        path = re.fullmatch(r"((?:[\w.*-]+/)+[\w.*-]*|[\w-]+\.(?:md|sh|toml|txt|yaml))(?::\d+)?", span)
        if path and path[1].split("/")[0] in tops and not re.search(r"\b[A-Z]{3,}\b(?!\.md)", path[1]):
            tally.expect(glob.glob(str(ROOT / path[1])), where, f"there is no such path: {span}")
        # Pages of the measurements name flags of their own programs.
        if re.match(r"--[a-z-]+", span) and document.name not in ONLY_NAMED:
            for flag in set(FLAG.findall(span)) - CARGO_FLAGS:
                tally.expect(flag in program.all_flags, where, f"parallax has no {flag}")
        setting = re.match(r"([a-z]+\.[a-z_]+)(?: ?= ?.*)?$", span)
        if setting and setting[1].split(".")[0] in program.sections and setting[1].split(".")[1] not in SUFFIXES:
            tally.expect(setting[1] in program.settings, where, f"there is no setting {setting[1]}")
        for problem in program.problems(span):
            tally.expect(problem is None, where, problem)
    for language, content, line, _ in document.blocks:
        if language == "sh":
            for problem in program.problems(content.replace("\\\n", " ")):
                tally.expect(problem is None, f"{document.name}:{line}", problem)


def check_peers_table(tally):
    """The figures of docs/alternatives.md are those of the last recorded run."""
    sys.path.insert(0, str(ROOT / "benchmarks/peers"))
    import table  # noqa: PLC0415

    page = (ROOT / "docs/alternatives.md").read_text(encoding="utf-8")
    results = json.loads((ROOT / "benchmarks/peers/results.json").read_text(encoding="utf-8"))
    tally.expect(
        table.placed(page, results) == page, "docs/alternatives.md",
        "the table is not that of benchmarks/peers/results.json: benchmarks/peers/run.sh with --record writes both")


# A document in which everything is wrong once, and as many things right.
BROKEN = """\
# Title

[gone](gone.md) [here](README.md) [no such heading](#none) [heading](#title) `docs/none.md` `docs/api.md`
`--no-such-flag` `--html` `deadline.none` `deadline.max` `PARALLAX_NONE` `PARALLAX_LOG`
`parallax none` `parallax compare --no-flag` `parallax compare --format json`

```sh
false
```

```sh
true
```

```sh
echo '{"score": 0.331}'
```

```json
{"score": 0.341}
```

```sh
echo '{"score": 0.3312}'
```

```json
{"score": 0.331}
```

```sh
printf 'one 0.5\\ntwo\\nthree\\n'
```

This is the output:

```text
one 0.6
```

```sh
printf 'one 0.5\\ntwo\\nthree\\n'
```

It prints

```text
one 0.5
…
three
```

```sh
parallax serve --set no.such=1
```

```sh
curl -s 127.0.0.1:50051/no/such/path --fail
```

```sh
curl -s 127.0.0.1:50051/v1/engine --fail
```
"""
# Dead link, heading, path, flag, setting, variable, subcommand, its flag, the setting of the server; and of what runs a command,
# two outputs, the server, a call.
N_BROKEN = 9 + 5


def check_that_it_can_fail(program, tops, tally):
    inner = Tally(quiet=True)
    document = Document("README.md", BROKEN)
    check_names(document, program, tops, inner)
    run_blocks(document, program.binary, inner)
    found = "\n".join(inner.failures)
    tally.expect(len(inner.failures) == N_BROKEN, "this check", f"finds {len(inner.failures)} of {N_BROKEN} faults:\n{found}")


def main():
    if len(sys.argv) < 2:
        raise SystemExit(__doc__)
    if not shutil.which("curl"):
        raise SystemExit("curl is missing, which the documents call: install it (Debian: apt-get install curl)")
    begun, tally = time.monotonic(), Tally()
    program = Program(str(pathlib.Path(sys.argv[1]).resolve()))
    given = [str(pathlib.Path(name).resolve().relative_to(ROOT)) for name in sys.argv[2:]]
    run = given or ["README.md", *sorted(f"docs/{path.name}" for path in (ROOT / "docs").glob("*.md"))]
    tops = {name.split("/")[0] for name in files("--cached", "--others", "--exclude-standard")}
    check_that_it_can_fail(program, tops, tally)
    for name in [*run, *([] if given else ONLY_NAMED)]:
        document = Document(name, (ROOT / name).read_text(encoding="utf-8"))
        check_names(document, program, tops, tally)
        if name in run:
            run_blocks(document, program.binary, tally)
    if not given:
        check_peers_table(tally)
    print("\n".join(tally.skips))
    print(f"{tally.passed} passed, {len(tally.failures)} failed, {len(tally.skips)} skipped, {time.monotonic() - begun:.0f} s")
    return 1 if tally.failures else 0


if __name__ == "__main__":
    sys.exit(main())
