#!/usr/bin/env python3
"""Makes the pictures of the report in docs/.

usage: .tools/bin/python docs/make_screenshots.py BINARY

Needs Chromium, as ./test.sh does, and fonts: on Debian fonts-noto-core and fonts-noto-cjk.
"""
import pathlib
import sys
import tempfile

DOCS = pathlib.Path(__file__).resolve().parent
sys.path.insert(0, str(DOCS.parent / "tests/browser"))

import browser as chromium  # noqa: E402
import texts  # noqa: E402

EXAMPLE = DOCS.parent / "examples/skerry-bank-call"
SIDES = ["--side", "Valmere=Valmeran;Prime Minister Elin Marsh", "--side", "Tarsk=Tarskan;President Davit Orlan",
         "--author", "Valmere", "--author", "Tarsk"]
MOST_BYTES = 300_000


def main():
    english = [(EXAMPLE / name).read_text(encoding="utf-8") for name in ["valmere.txt", "tarsk.txt"]]
    shots = [
        ("report-light.png", english, SIDES, ["valmere.txt", "tarsk.txt"], "light", "p1"),
        ("report-dark.png", english, SIDES, ["valmere.txt", "tarsk.txt"], "dark", "p2"),
        ("report-chinese.png", texts.CHINESE, texts.CHINESE_SIDES, ["洛芬.txt", "维塔.txt"], "light", "p1"),
    ]
    with tempfile.TemporaryDirectory() as folder, chromium.browser() as browser:
        for name, given, sides, names, scheme, point in shots:
            report, _ = chromium.compare(sys.argv[1], folder, given, sides, names)
            page = browser.new_page(viewport={"width": 1360, "height": 900}, color_scheme=scheme, reduced_motion="reduce")
            page.goto(report.as_uri())
            page.locator(f".card[data-point={point}] .head").click()
            # Off the card: what is hovered looks otherwise.
            page.mouse.move(700, 20)
            page.wait_for_timeout(200)
            page.screenshot(path=DOCS / name)
            page.close()
            n_bytes = (DOCS / name).stat().st_size
            print(f"{name}: {n_bytes:,} bytes")
            if n_bytes > MOST_BYTES:
                raise SystemExit(f"{name} is over {MOST_BYTES:,} bytes")


if __name__ == "__main__":
    main()
