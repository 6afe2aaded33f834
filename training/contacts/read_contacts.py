#!/usr/bin/env python3
"""Turns annotated contacts (texts/*.txt) into JSON pairs, or checks them.

  python3 read_contacts.py FILE...              checks, prints counts
  python3 read_contacts.py --out FOLDER FILE... writes one JSON file a contact
"""
import argparse
import collections
import json
import pathlib
import re
import sys

ACTS = set("""state reaffirm welcome support agree commit offer concede consult request urge demand
express_concern criticise condemn oppose reject warn threaten thank inform""".split())
RELATIONS = {"overlap": {"agreement", "partial"},
             "divergence": {"conflicting_position", "differing_figure", "differing_strength",
                            "differing_emphasis", "differing_attribution"}}
GENRES = {"third_person", "first_person", "mixed"}
MARK = re.compile(r"\[([ab]\d+) (A|B|joint|other) ([a-z_]+)\| ")


def parse_text(source, letter):
    """Returns the plain text and its positions, offsets in code points."""
    text, positions, at = "", [], 0
    while True:
        mark = MARK.search(source, at)
        if mark is None:
            rest = source[at:]
            assert "[" not in rest and "]" not in rest, f"stray bracket near {rest[:80]!r}"
            return text + rest, positions
        before = source[at:mark.start()]
        assert "[" not in before and "]" not in before, f"stray bracket near {before[-80:]!r}"
        text += before
        end = source.find("]", mark.end())
        assert end > 0, f"{mark[1]} is not closed"
        quote = source[mark.end():end]
        assert "[" not in quote and "\n\n" not in quote, f"{mark[1]} nests or spans paragraphs"
        assert quote == quote.strip() and quote, f"{mark[1]} has spaces at its ends"
        assert mark[1][0] == letter, f"{mark[1]} in text {letter}"
        assert mark[3] in ACTS, f"{mark[1]}: act {mark[3]}"
        positions.append({"id": mark[1], "start": len(text), "end": len(text) + len(quote),
                          "text": quote, "side": mark[2], "act": mark[3],
                          "topic": "", "cue": "", "stance": mark[3], "first_words": quote[:40]})
        text += quote
        at = end + 1


def parse(path):
    content = path.read_text(encoding="utf-8")
    head, rest = content.split("\n## a\n", 1)
    a, rest = rest.split("\n## b\n", 1)
    b, links = rest.split("\n## links\n", 1)
    fields = dict(line.split(": ", 1) for line in head.strip().splitlines())
    assert set(fields) == {"event", "genre", "A", "B"}, set(fields)
    assert fields["genre"] in GENRES
    text_a, positions_a = parse_text(a.strip(), "a")
    text_b, positions_b = parse_text(b.strip(), "b")
    ids = collections.Counter(p["id"] for p in positions_a + positions_b)
    assert max(ids.values()) == 1, ids.most_common(1)
    points, linked, pairs = [], set(), set()
    for line in links.strip().splitlines():
        kind, relation, *members = line.split("|")[0].split()
        assert relation in RELATIONS[kind], line
        for member in members:
            assert member in ids, f"{line}: no {member}"
        left = [m for m in members if m[0] == "a"]
        right = [m for m in members if m[0] == "b"]
        assert left and right, line
        for x in left:
            for y in right:
                assert (x, y) not in pairs, f"{line}: linked twice"
                pairs.add((x, y))
        linked.update(members)
        points.append({"kind": kind, "scope": "cross", "relation": relation, "members": members, "reason": ""})
    for letter, positions in (("a", positions_a), ("b", positions_b)):
        for position in positions:
            if position["id"] not in linked:
                points.append({"kind": f"only_{letter}", "scope": "cross",
                               "relation": None, "members": [position["id"]], "reason": ""})
    assert len(positions_a) >= 4 and len(positions_b) >= 4
    sides = {}
    for key in "AB":
        parts = [part.strip() for part in fields[key].split("|")]
        assert len(parts) == 3, f"{key}: name | aliases | principals"
        sides[key] = f"{parts[0]} ({parts[2]})"
    return {"pair_id": path.stem, "split": "train", "event": fields["event"], "date": "", "sources": [],
            "genre": fields["genre"], "sides": sides,
            "aliases": {k: fields[k] for k in "AB"},
            "texts": {"a": text_a, "b": text_b},
            "positions_a": positions_a, "positions_b": positions_b, "points": points}, pairs


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=pathlib.Path)
    parser.add_argument("files", nargs="+", type=pathlib.Path)
    args = parser.parse_args()
    n_failed, n_positions, n_links, kinds = 0, 0, 0, collections.Counter()
    for path in args.files:
        try:
            pair, links = parse(path)
        except (AssertionError, ValueError, KeyError) as error:
            print(f"{path.name}: {error}")
            n_failed += 1
            continue
        n = len(pair["positions_a"]) + len(pair["positions_b"])
        n_positions += n
        n_links += len(links)
        for point in pair["points"]:
            if point["relation"]:
                kinds[point["kind"], point["relation"]] += 1
            else:
                kinds["only"] += 1
        if args.out:
            args.out.mkdir(parents=True, exist_ok=True)
            (args.out / f"{path.stem}.json").write_text(json.dumps(pair, ensure_ascii=False, indent=1))
    print(f"{len(args.files)} contacts, {n_positions} positions, {n_links} links, {dict(kinds)}; {n_failed} failed")
    sys.exit(n_failed > 0)


if __name__ == "__main__":
    main()
