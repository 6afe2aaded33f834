#!/usr/bin/env python3
"""Writes currencies.tsv: names, signs and codes of the currencies of ISO 4217, each with its code.

Inputs, by name and version, taken with `npm pack NAME@VERSION` or from a folder that holds the .tgz files (--npm-dir):
  npm  cldr-numbers-full 48.2.0  Unicode-3.0  names and signs in English
  npm  cldr-core         48.2.0  Unicode-3.0  which currencies are legal tender today

  python3 training/tables/make_currencies.py           # writes src/pipeline/position/figures/currencies.tsv
  python3 training/tables/make_currencies.py --check   # fails if it would change
"""

import argparse
import collections
import json
import pathlib
import subprocess
import sys
import tarfile
import tempfile

CLDR_VERSION = "48.2.0"
# A noun or a sign that several currencies share means the one that official statements mean by it alone.
COMMON = {"dollar": "USD", "dollars": "USD", "pound": "GBP", "pounds": "GBP", "$": "USD", "£": "GBP", "¥": "JPY"}
# Names in use that CLDR lacks.
MORE = {
    "renminbi": "CNY", "rmb": "CNY", "RMB": "CNY", "rouble": "RUB", "roubles": "RUB", "ruble": "RUB", "rubles": "RUB",
    "sterling": "GBP", "greenback": "USD", "US$": "USD", "美元": "USD", "美金": "USD", "欧元": "EUR", "歐元": "EUR",
    "英镑": "GBP", "英鎊": "GBP", "日元": "JPY", "日圆": "JPY", "日圓": "JPY", "人民币": "CNY", "人民幣": "CNY",
    "元": "CNY", "卢布": "RUB", "盧布": "RUB", "韩元": "KRW", "韓元": "KRW", "港元": "HKD", "港币": "HKD", "港幣": "HKD",
    "澳元": "AUD", "加元": "CAD", "卢比": "INR", "盧比": "INR",
}
HEADER = """\
# Currencies by name, sign and code. Origin: CLDR {version} (Unicode-3.0), by training/tables/make_currencies.py; do not edit.
# A noun that several currencies share stands for itself ("peso"), but for dollar and pound. Sorted. Columns: name, unit.
"""


def read_npm(name, path, npm_dir):
    archive = pathlib.Path(npm_dir) / f"{name}-{CLDR_VERSION}.tgz"
    if not archive.exists():
        subprocess.run(["npm", "pack", "--silent", f"{name}@{CLDR_VERSION}"], cwd=npm_dir, check=True,
                       stdout=subprocess.DEVNULL)
    with tarfile.open(archive) as tar:
        assert json.load(tar.extractfile("package/package.json"))["license"] == "Unicode-3.0"
        return json.load(tar.extractfile(f"package/{path}"))


def build(npm_dir):
    supplemental = read_npm("cldr-core", "supplemental/currencyData.json", npm_dir)
    names = read_npm("cldr-numbers-full", "main/en/currencies.json", npm_dir)["main"]["en"]["numbers"]["currencies"]
    tender = set()
    for rows in supplemental["supplemental"]["currencyData"]["region"].values():
        for row in rows:
            for code, use in row.items():
                if "_to" not in use and use.get("_tender") != "false":
                    tender.add(code)
    units, nouns, signs = {}, collections.defaultdict(set), collections.defaultdict(set)
    for code in sorted(tender & set(names)):
        entry = names[code]
        units[code] = code
        for key in ("displayName-count-one", "displayName-count-other"):
            name = entry.get(key, "").lower()
            # "Bosnia-Herzegovina convertible mark": longer than a reader of figures looks ahead.
            if name and len(name.split()) <= 4:
                units[name] = code
                nouns[name.split()[-1]].add((code, entry["displayName-count-one"].lower().split()[-1]))
        for key in ("symbol", "symbol-alt-narrow"):
            sign = entry.get(key, "")
            if sign and not sign.isalpha():
                signs[sign].add(code)
    for noun, bearers in nouns.items():
        codes = {code for code, _ in bearers}
        units.setdefault(noun, codes.pop() if len(codes) == 1 else min(singular for _, singular in bearers))
    for sign, codes in signs.items():
        if len(codes) == 1:
            units.setdefault(sign, min(codes))
    units.update(COMMON)
    units.update(MORE)
    # Also common words of other meanings.
    for word in ("all", "real", "right", "units", "unit", "rights", "colon", "leu", "lei", "mark", "marks", "lev", "gold"):
        units.pop(word, None)
    return sorted(units.items())


def main():
    parser = argparse.ArgumentParser(description="Writes currencies.tsv.")
    parser.add_argument("--check", action="store_true", help="fail if currencies.tsv would change")
    parser.add_argument("--npm-dir", help="folder that holds or receives the npm packages")
    args = parser.parse_args()
    target = pathlib.Path(__file__).parents[2] / "src/pipeline/position/figures/currencies.tsv"
    with tempfile.TemporaryDirectory() as temporary:
        rows = build(args.npm_dir or temporary)
    text = HEADER.format(version=CLDR_VERSION) + "".join(f"{name}\t{unit}\n" for name, unit in rows)
    if args.check:
        if not target.exists() or target.read_text(encoding="utf-8") != text:
            sys.exit("currencies.tsv is not what make_currencies.py makes")
        return
    target.parent.mkdir(exist_ok=True)
    target.write_text(text, encoding="utf-8")
    print(f"{len(rows)} rows")


if __name__ == "__main__":
    main()
