"""Chromium without a window, and reports and servers of the binary under test."""
import contextlib
import json
import os
import pathlib
import re
import shutil
import subprocess
import threading

from playwright.sync_api import sync_playwright

NAMES = ["chromium-headless-shell", "chromium", "chromium-browser", "google-chrome"]


def chromium():
    """The path of a Chromium; CHROMIUM names another one."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, NAMES)), None)
    if not found:
        raise SystemExit("no Chromium is installed (Debian: apt-get install chromium-headless-shell); CHROMIUM can name one")
    return found


@contextlib.contextmanager
def browser():
    # Chromium refuses to start its sandbox as root.
    arguments = ["--no-sandbox"] if os.geteuid() == 0 else []
    with sync_playwright() as playwright:
        launched = playwright.chromium.launch(executable_path=chromium(), args=arguments)
        try:
            yield launched
        finally:
            launched.close()


def compare(binary, folder, texts, arguments=(), names=None):
    """The report on these texts, a path, and the comparison that it must show."""
    folder = pathlib.Path(folder)
    files = []
    for place, text in enumerate(texts):
        files.append(folder / (names[place] if names else f"text-{place + 1}.txt"))
        files[-1].write_text(text, encoding="utf-8", newline="")
    report = folder / "report.html"
    command = [binary, "compare", *map(str, files), *arguments, "--html", str(report), "--format", "json", "--offsets", "utf16"]
    done = subprocess.run(command, capture_output=True, text=True, encoding="utf-8", check=True, timeout=60)
    return report, json.loads(done.stdout)


class Server:
    """A server on a free port; `log` holds the lines of its log."""

    def __init__(self, binary, *arguments, environment=()):
        self.process = subprocess.Popen(
            [binary, "serve", "--address", "127.0.0.1:0", "--health-wait", "0", *arguments],
            stderr=subprocess.PIPE, text=True, encoding="utf-8", env={**os.environ, **dict(environment)})
        self.log = []
        for line in self.process.stderr:
            self.log.append(line)
            found = re.search(r"address=(\S+)", re.sub(r"\x1b\[[0-9;]*m", "", line))
            if found:
                self.address = f"http://{found.group(1)}/"
                break
        else:
            raise SystemExit("the server ended before it served: " + "".join(self.log))
        self.reader = threading.Thread(target=lambda: self.log.extend(self.process.stderr), daemon=True)
        self.reader.start()

    def stop(self):
        """The exit code; the log is whole then."""
        self.process.terminate()
        code = self.process.wait(timeout=30)
        self.reader.join(timeout=10)
        return code

    def __enter__(self):
        return self

    def __exit__(self, *_):
        if self.process.poll() is None:
            self.stop()
