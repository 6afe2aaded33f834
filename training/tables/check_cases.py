#!/usr/bin/env python3
"""Checks every expected.toml of tests/parallax/gold_cases against its README.md, and that the texts are our own.

  python3 check_cases.py [FOLDER_OF_JSON_TEXTS]

With a folder: no run of 8 words (or 16 Han characters) of a case may stand in any string of its
.json and .jsonl files.
"""
import json
import pathlib
import re
import sys
import tomllib

HERE = pathlib.Path(__file__).parents[2] / "tests/parallax/gold_cases"
ACTS = set("""state reaffirm welcome support agree commit offer concede consult request urge demand
express_concern criticise condemn oppose reject warn threaten thank inform""".split())
OVERLAP = {"agreement", "partial"}
DIVERGENCE = {"conflicting_position", "differing_figure", "differing_strength",
              "differing_emphasis", "differing_attribution"}
ALLOWED = {
    "": {"description", "sides", "readouts", "positions", "links", "one_sided"},
    "sides": {"id", "name", "aliases", "principals"},
    "readouts": {"id", "file", "author", "language"},
    "positions": {"readout", "quote", "holders", "act", "cue", "carried_over"},
    "links": {"left_readout", "left", "right_readout", "right", "kind", "relation"},
    "one_sided": {"readout", "quote", "silent"},
}
N_WORDS = 8
N_HAN = 16


def words(text):
    return re.findall(r"[a-z0-9]+(?:['’][a-z]+)?", text.lower().replace("’", "'"))


def runs(text):
    tokens = words(text)
    yield from (" ".join(tokens[i:i + N_WORDS]) for i in range(len(tokens) - N_WORDS + 1))
    for stretch in re.findall(r"[\u4e00-\u9fff]+", text):
        yield from (stretch[i:i + N_HAN] for i in range(len(stretch) - N_HAN + 1))


def strings(value):
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for item in value.values():
            yield from strings(item)
    elif isinstance(value, list):
        for item in value:
            yield from strings(item)


def corpus_runs(folder):
    found = set()
    for path in pathlib.Path(folder).rglob("*.json*"):
        text = path.read_text(encoding="utf-8")
        documents = [json.loads(line) for line in text.splitlines() if line.strip()] \
            if path.suffix == ".jsonl" else [json.loads(text)]
        for string in strings(documents):
            found.update(runs(string))
    return found


def check(path, foreign):
    gold = tomllib.loads(path.read_text(encoding="utf-8"))
    assert set(gold) <= ALLOWED[""], set(gold)
    for table in list(ALLOWED)[1:]:
        for row in gold.get(table, []):
            assert set(row) <= ALLOWED[table], (table, row)
    sides = {side["id"] for side in gold["sides"]}
    texts = {}
    for readout in gold["readouts"]:
        assert readout["author"] in sides
        texts[readout["id"]] = (path.parent / readout["file"]).read_text(encoding="utf-8")
    assert sorted(f.name for f in path.parent.glob("*.txt")) == sorted(r["file"] for r in gold["readouts"])

    by_readout, end = {}, {}
    for position in gold["positions"]:
        text, quote = texts[position["readout"]], position["quote"]
        assert text.count(quote) == 1, f"{text.count(quote)} times: {quote}"
        assert quote == quote.strip() and quote
        assert position["act"] in ACTS, position["act"]
        assert position["holders"] and set(position["holders"]) <= sides | {"other"}
        assert "cue" not in position or position["cue"] in text, position.get("cue")
        start = text.index(quote)
        assert start >= end.get(position["readout"], 0), f"out of order or overlapping: {quote}"
        end[position["readout"]] = start + len(quote)
        by_readout.setdefault(position["readout"], []).append(position)

    def find(readout, prefix):
        hits = [p for p in by_readout[readout] if p["quote"].startswith(prefix)]
        assert len(hits) == 1, f"{len(hits)} positions start with {prefix!r}"
        assert texts[readout].count(prefix) == 1, f"not once in the text: {prefix!r}"
        return (readout, hits[0]["quote"])

    linked, pairs = set(), set()
    for link in gold.get("links", []):
        ends = (find(link.get("left_readout", "left"), link["left"]),
                find(link.get("right_readout", "right"), link["right"]))
        assert ends[0] != ends[1] and frozenset(ends) not in pairs, f"twice: {ends}"
        pairs.add(frozenset(ends))
        assert link["relation"] in {"overlap": OVERLAP, "divergence": DIVERGENCE}[link["kind"]], link
        linked.update(ends)
    one_sided = set()
    for row in gold.get("one_sided", []):
        found = find(row["readout"], row["quote"])
        assert found not in linked and found not in one_sided, f"linked, or twice: {row}"
        assert row["silent"] and set(row["silent"]) <= sides
        one_sided.add(found)

    n_foreign = 0
    for text in texts.values():
        for run in runs(text):
            if run in foreign:
                n_foreign += 1
                print(f"{path.parent.relative_to(HERE)}: not our own: {run}")
    assert n_foreign == 0, f"{n_foreign} runs of {N_WORDS} words stand elsewhere"
    return len(gold["positions"]), len(gold.get("links", [])), len(one_sided)


def main():
    foreign = corpus_runs(sys.argv[1]) if len(sys.argv) > 1 else set()
    total, n_cases, n_failed = [0, 0, 0], 0, 0
    for path in sorted(HERE.glob("*/*/expected.toml")):
        try:
            counts = check(path, foreign)
        except (AssertionError, KeyError) as error:
            print(f"{path.parent.relative_to(HERE)}: {error}")
            n_failed += 1
            continue
        total = [a + b for a, b in zip(total, counts)]
        n_cases += 1
    print(f"{n_cases} cases, {total[0]} positions, {total[1]} links, {total[2]} one-sided; "
          f"{len(foreign)} foreign runs looked up; {n_failed} cases failed")
    sys.exit(n_failed > 0)


if __name__ == "__main__":
    main()
