#!/usr/bin/env python3
"""Checks the four tables of this folder: header, columns, order, no row twice, closed sets."""
import pathlib
import sys

HERE = pathlib.Path(__file__).parents[2] / "src/pipeline/sides"
PEOPLE_KINDS = {"head_of_state", "head_of_government", "minister", "head_of_organisation", "other"}
INSTITUTION_KINDS = {"head_of_state", "head_of_government", "government", "foreign_ministry", "defence",
                     "finance", "trade", "security", "parliament", "other"}


def read(name, n_columns, n_key=1):
    lines = (HERE / name).read_text(encoding="utf-8").splitlines()
    header = [line for line in lines if line.startswith("#")]
    body = lines[len(header):]
    assert header and "Origin:" in "".join(header), f"{name}: no origin in the header"
    assert len(header[-1].lstrip("# ").split("\t")) == n_columns, f"{name}: column names"
    rows = [line.split("\t") for line in body]
    for row in rows:
        assert len(row) == n_columns, f"{name}: {row}"
        for cell in row:
            assert cell == cell.strip() and "||" not in cell, f"{name}: {row}"
            assert len(set(cell.split("|"))) == len(cell.split("|")), f"{name}: twice in {row}"
    keys = [row[:n_key] for row in rows]
    assert keys == sorted(keys), f"{name}: not sorted"
    assert len({tuple(key) for key in keys}) == len(keys), f"{name}: a key twice"
    return rows


def main():
    countries = read("countries.tsv", 8)
    organisations = read("organisations.tsv", 6)
    titles = read("titles.tsv", 3, n_key=2)
    institutions = read("institutions.tsv", 3)
    codes = {row[0] for row in countries}
    assert len(codes) == 250
    assert {row[2] for row in titles} <= PEOPLE_KINDS
    assert {row[0] for row in titles} == {"en", "zh-Hans", "zh-Hant"}
    assert {row[1] for row in institutions} <= codes | {"-"}
    assert {row[2] for row in institutions} <= INSTITUTION_KINDS
    names = {form for row in countries for form in [row[1]] + row[2].split("|") if form}
    for row in organisations:
        clash = names & set([row[1]] + row[2].split("|"))
        assert not clash, f"organisations.tsv: {clash} is a country"
    print(f"{len(countries)} countries, {len(organisations)} organisations, "
          f"{len(titles)} titles, {len(institutions)} institutions")


if __name__ == "__main__":
    sys.exit(main())
