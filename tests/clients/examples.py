#!/usr/bin/env python3
"""Runs the example clients, the commands of their READMEs and of docs/clients.md, and parallax-client, against BINARY.

usage: examples.py BINARY

Every command in a README is run as written, but for the address. Each client then meets a server that is full, and one
that is away twice before it answers, and must finish all the same. Prints 'N passed, N failed'. Needs cargo, node, npm
and jq, and installs what the READMEs say beside them.
"""
import concurrent.futures
import filecmp
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile
import threading
import time

import grpc

from server import Server

ROOT = pathlib.Path(__file__).resolve().parent.parent.parent
DEFAULT_ADDRESS = "127.0.0.1:50051"
STREAM = "/parallax.v1.ComparisonService/CompareStream"
COMPARE = "/parallax.v1.ComparisonService/Compare"
WATCH = "/grpc.health.v1.Health/Watch"
# The programs, by folder, and how each is started once its README has installed what it needs.
PROGRAMS = {
    "grpcurl": ("examples/grpcurl/compare.sh", ["sh", "examples/grpcurl/compare.sh"]),
    "python": ("examples/python/compare.py", ["examples/python/.venv/bin/python", "examples/python/compare.py"]),
    "node": ("examples/node/compare.js", ["node", "examples/node/compare.js"]),
    "rust": ("examples/rust/src/main.rs", ["target/debug/parallax-example"]),
}
FULL = ["--set", "limits.calls=1", "--set", "admission.permits=1", "--set", "admission.queue=0"]
PACKAGE = ROOT / "clients/python"
PACKAGE_PYTHON = PACKAGE / ".venv/bin/python"
# The last line that each program prints, and how each says that it waits.
DONE, WAITS = "100 of 100 comparisons answered", "again in "


class Front(grpc.GenericRpcHandler):
    """A server that hands every call on to another one, and is away for the first `n_away` tries of each method.

    With `cut_after` it breaks the first stream after so many answers. `is_serving` is what its health says; None: it has no
    health service.
    """

    def __init__(self, address, n_away=0, cut_after=None, is_serving=None):
        self.n_away, self.cut_after, self.is_serving = n_away, cut_after, is_serving
        self.tries = {}
        self.changed = threading.Condition()
        self.channel = grpc.insecure_channel(address, [("grpc.max_receive_message_length", 64 << 20)])
        self.server = grpc.server(concurrent.futures.ThreadPoolExecutor(16), [self])
        self.address = f"127.0.0.1:{self.server.add_insecure_port('127.0.0.1:0')}"
        self.server.start()

    def service(self, details):
        method = details.method
        if method == WATCH:
            return grpc.unary_stream_rpc_method_handler(self.watch) if self.is_serving is not None else None
        # On the wire a unary call is a stream of one message.
        return grpc.stream_stream_rpc_method_handler(lambda requests, context: self.hand_on(method, requests, context))

    def hand_on(self, method, requests, context):
        with self.changed:
            n_tries = self.tries[method] = self.tries.get(method, 0) + 1
        if n_tries <= self.n_away and "reflection" not in method:
            context.abort(grpc.StatusCode.UNAVAILABLE, "away")
        answers = self.channel.stream_stream(method)(requests, timeout=context.time_remaining())
        try:
            for n, answer in enumerate(answers, 1):
                yield answer
                if n == self.cut_after and n_tries == 1 and method == STREAM:
                    context.abort(grpc.StatusCode.UNAVAILABLE, "cut")
        except grpc.RpcError as error:
            context.set_trailing_metadata(error.trailing_metadata() or ())
            context.abort(error.code(), error.details())

    def watch(self, _request, context):
        context.add_callback(self.tell)
        while context.is_active():
            with self.changed:
                told = self.is_serving
            # grpc.health.v1.HealthCheckResponse: field 1 is 1 for SERVING, 2 for NOT_SERVING.
            yield b"\x08\x01" if told else b"\x08\x02"
            with self.changed:
                self.changed.wait_for(lambda: self.is_serving != told or not context.is_active(), timeout=60)

    def tell(self, is_serving=None):
        with self.changed:
            self.is_serving = self.is_serving if is_serving is None else is_serving
            self.changed.notify_all()

    def stop(self):
        self.server.stop(0).wait(10)
        self.channel.close()


def run(command, address=DEFAULT_ADDRESS, **arguments):
    """What a command does with a server at `address`: (exit status, stdout, stderr)."""
    environment = {**os.environ, "SERVER": address}
    # Beside what the main package has compiled, of which it can use a part, and without what only a debugger reads.
    environment |= {"CARGO_TARGET_DIR": str(ROOT / "target"), "CARGO_PROFILE_DEV_DEBUG": "0"}
    environment.pop("VIRTUAL_ENV", None)
    limits = {"cwd": ROOT, "capture_output": True, "text": True, "timeout": 400}
    done = subprocess.run(command, env=environment, **{**limits, **arguments})
    return done.returncode, done.stdout, done.stderr


def commands(page):
    """The commands of a Markdown page: its blocks marked sh. A server that they start is ours already."""
    blocks = re.findall(r"^```sh\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.MULTILINE | re.DOTALL)
    return [block for block in blocks if " serve" not in block]


def run_as_written(block, address):
    return run(["bash", "-ec", block.replace(DEFAULT_ADDRESS, address)], address)


def finishes(answer, waits=False):
    """True when a program has printed points with quotes and a hundred answers, and has waited, if it had to."""
    code, out, err = answer
    is_good = code == 0 and out.endswith(DONE + "\n") and "POINT_KIND_DIVERGENCE" in out and "“" in out
    if is_good and (WAITS in err) == waits:
        return True
    print(f"status {code}\n{out[-600:]}\n{err[-1500:]}")
    return False


def on_full_server(command, address):
    """Runs a program while the only call that the server takes is taken, until the program has had to wait."""
    release = threading.Event()

    def never_sends():
        release.wait(60)
        yield from ()

    with grpc.insecure_channel(address) as channel:
        held = channel.stream_stream(STREAM)(never_sends(), timeout=90)
        held.initial_metadata()  # It is there: the server has answered with its head.
        process = subprocess.Popen(command, cwd=ROOT, env={**os.environ, "SERVER": address}, text=True,
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        lines = []

        def read_errors():
            for line in process.stderr:
                lines.append(line)
                if WAITS in line:
                    release.set()
            release.set()

        reader = threading.Thread(target=read_errors, daemon=True)
        reader.start()
        try:
            out = process.stdout.read() if release.wait(30) else ""
            code = process.wait(timeout=60)
        finally:
            release.set()
            process.kill()
        reader.join(10)
        list(held)
    return code, out, "".join(lines)


def build_package(folder):
    """A wheel and a source distribution, the wheel made of the latter."""
    return run([sys.executable, "-m", "build", "--outdir", folder, "clients/python"])


def generated_is_the_same():
    """True when what is checked in is what generate.py makes of proto/."""
    environment = ROOT / ".tools/generate"
    wanted, has = PACKAGE / "generate.txt", environment / "generate.txt"
    python = environment / "bin/python"
    if not (has.exists() and filecmp.cmp(wanted, has, shallow=False)):
        shutil.rmtree(environment, ignore_errors=True)
        subprocess.run([sys.executable, "-m", "venv", environment], check=True, timeout=120)
        subprocess.run([python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", wanted],
                       check=True, timeout=300)
        shutil.copyfile(wanted, has)
    with tempfile.TemporaryDirectory() as folder:
        code, out, err = run([python, PACKAGE / "generate.py", folder])
        if code != 0:
            print(out, err)
            return False
        made = {path.relative_to(folder): path for path in pathlib.Path(folder).rglob("*") if path.is_file()}
        source = PACKAGE / "src"
        kept = {path.relative_to(source) for path in (source / "parallax_client/v1").rglob("*") if path.suffix != ".pyc"
                and path.is_file()}
        wrong = [name for name, path in made.items()
                 if not (source / name).is_file() or not filecmp.cmp(path, source / name, shallow=False)]
        wrong += kept - made.keys()
    if wrong:
        print("run clients/python/generate.py: not up to date are", ", ".join(map(str, wrong)))
    return not wrong


def package_checks(address, binary):
    """Has tests/clients/package.py, which runs where the package is installed, say what holds."""
    full, keys = Server(binary, *FULL), Server(binary, "--set", "auth.api_keys=0123456789abcdef")
    fronts = [Front(address, n_away=2), Front(address, cut_after=40), Front(address, is_serving=False),
              Front(address, is_serving=True)]
    try:
        addresses = [address, full.address, keys.address, *(front.address for front in fronts)]
        code, out, err = run([PACKAGE_PYTHON, "tests/clients/package.py", *addresses], timeout=120)
    finally:
        for server in [full, keys, *fronts]:
            server.stop()
    if code != 0 or not out:
        print(out, err)
        yield "package.py ends", False
    for line in out.splitlines():
        is_good, _, name = line.partition(" ")
        yield f"parallax-client {name}", is_good == "good"
    away, cut, not_serving, serving = fronts
    yield "parallax-client tries three times by the service config", away.tries.get(COMPARE) == 3
    yield "parallax-client takes a broken stream up twice", cut.tries.get(STREAM) == 2
    yield "parallax-client avoids a server that is not serving", not not_serving.tries and sum(serving.tries.values()) == 10


def checks(binary, folder):
    for name, (path, _) in PROGRAMS.items():
        yield f"{name} has less than 60 lines", len((ROOT / path).read_text("utf-8").splitlines()) < 60
    server = Server(binary)
    written = {page: commands(page) for page in [
        *(f"examples/{name}/README.md" for name in PROGRAMS), "clients/python/README.md", "docs/clients.md"]}
    try:
        # Mostly installing: what waits for the network or compiles goes side by side.
        with concurrent.futures.ThreadPoolExecutor(4) as pool:
            firsts = {name: pool.submit(run_as_written, written[f"examples/{name}/README.md"][0], server.address)
                      for name in ["rust", "python", "node", "grpcurl"]}
            installed = pool.submit(run_as_written, written["clients/python/README.md"][0], server.address)
            built = pool.submit(build_package, folder)
            generated = pool.submit(generated_is_the_same)
        for name, first in firsts.items():
            yield f"{name} README, as written", finishes(first.result())
        # Before the first point there may be what an installation says.
        outs = {first.result()[1].partition("p1 ")[2] for first in firsts.values()}
        yield "all programs print the same", len(outs) == 1
        code, out, err = installed.result()
        yield "parallax-client README, as written", code == 0 and "100 on the stream" in out or print(out, err)
        yield "parallax-client generated code is up to date", generated.result()

        code, out, err = built.result()
        wheels, sources = list(pathlib.Path(folder).glob("*.whl")), list(pathlib.Path(folder).glob("*.tar.gz"))
        yield "parallax-client is built", code == 0 and len(wheels) == 1 and len(sources) == 1 or print(out, err)
        # The wheel instead of what the README has installed; what it depends on is there but for the types.
        code, out, err = run([PACKAGE_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                              "--force-reinstall", "--no-deps", *wheels])
        yield "parallax-client wheel is installed", code == 0 or print(out, err)
        code, out, err = run([PACKAGE_PYTHON, "-m", "pip", "install", "--quiet", "--disable-pip-version-check",
                              f"parallax-client[types] @ {wheels[0].as_uri()}"])
        yield "parallax-client types are installed", code == 0 or print(out, err)
        code, out, err = run([sys.executable, "-m", "mypy", "--strict", "--python-executable", PACKAGE_PYTHON,
                              "clients/python/example.py", "tests/clients/package.py"])
        yield "parallax-client is typed: mypy --strict", code == 0 or print(out, err)
        # And it does see types: with a wrong one it complains.
        wrong = pathlib.Path(folder) / "wrong.py"
        wrong.write_text("import parallax_client\nparallax_client.Client('a').compare([]).points[0].score.upper()\n")
        code, out, err = run([sys.executable, "-m", "mypy", "--strict", "--python-executable", PACKAGE_PYTHON, wrong])
        yield "parallax-client has types that mypy sees", code == 1 and '"float" has no attribute "upper"' in out or print(out, err)
        yield from package_checks(server.address, binary)

        for name, (_, command) in PROGRAMS.items():
            front = Front(server.address, n_away=2)
            try:
                # Python and Node have it from the service config for a call, unseen, but not for a stream.
                yield f"{name} tries again", finishes(run(command, front.address, timeout=60), waits=True)
                yield f"{name} tried three times", front.tries.get(COMPARE) == front.tries.get(STREAM) == 3
            finally:
                front.stop()
        full = Server(binary, *FULL)
        try:
            for name, (_, command) in PROGRAMS.items():
                answer = on_full_server(command, full.address)
                yield f"{name} waits for a full server", finishes(answer, waits=True) and answer[1].partition("p1 ")[2] in outs
        finally:
            yield "the full server ends", full.stop() == 0

        done = {block for page, blocks in written.items() if page != "docs/clients.md" for block in blocks}
        for block in written["docs/clients.md"]:
            if block not in done:
                code, out, err = run_as_written(block, server.address)
                yield f"docs/clients.md: {block.splitlines()[0]}", code == 0 and out.strip() or print(code, out, err)
    finally:
        yield "the server ends", server.stop() == 0


def main():
    missing = [name for name in ("cargo", "node", "npm", "jq") if not shutil.which(name)]
    if missing:
        raise SystemExit(f"missing: {', '.join(missing)}")
    counts = {True: 0, False: 0}
    started = time.monotonic()
    with tempfile.TemporaryDirectory() as folder:
        for name, is_good in checks(str(pathlib.Path(sys.argv[1]).resolve()), folder):
            counts[bool(is_good)] += 1
            print(f"{time.monotonic() - started:6.1f} s {'' if is_good else 'FAILED '}{name}", flush=True)
    print(f"{counts[True]} passed, {counts[False]} failed")
    return 1 if counts[False] else 0


if __name__ == "__main__":
    sys.exit(main())
