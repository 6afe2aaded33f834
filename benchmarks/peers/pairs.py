"""Annotated pairs of texts, and the counting of `parallax evaluate`: predictions against annotations, in whole numbers.

A predicted range matches an annotated one when they share at least half of the characters of each. A link is hit when
both of its ends match. Links are counted from both ends: predicted ones that hit (precision), annotated ones that are hit
(recall). `run.py` ends with an error unless this counts for Parallax what `parallax evaluate` prints.
"""
import json
import pathlib
from dataclasses import dataclass, field

SIDES = "AB"


@dataclass
class Pair:
    """Two texts of one contact, with what a person has marked in them. Offsets are code points, ends exclusive."""

    id: str
    date: str
    # "Country or body (principal)", by A and B.
    sides: dict
    # By "a" and "b".
    texts: dict
    # By "a" and "b": (start, end), holder.
    positions: dict
    # Kind, range in a, range in b.
    links: list
    # By "a" and "b": ranges that one text alone has.
    one_sided: dict

    def principal(self, side):
        """The name and the principal of a side, None when there is none; cut where `parallax evaluate` cuts them."""
        text = self.sides[side].strip()
        name, bracket, principal = text.removesuffix(")").rpartition("(")
        if text.endswith(")") and bracket and principal.strip():
            return name.strip(), principal.strip()
        return text, None


@dataclass
class Prediction:
    """What is answered for one pair."""

    # By "a" and "b": (start, end), holder.
    positions: dict = field(default_factory=lambda: {"a": [], "b": []})
    # Kind, range in a, range in b.
    links: list = field(default_factory=list)
    # By "a" and "b".
    one_sided: dict = field(default_factory=lambda: {"a": [], "b": []})

    def line(self, pair_id):
        """A line of a file of predictions, as `parallax evaluate --predictions` writes it."""
        return json.dumps({
            "pair_id": pair_id,
            "positions": {
                x: [{"start": start, "end": end, "holder": holder} for (start, end), holder in self.positions[x]] for x in "ab"
            },
            "links": [{"a": a, "b": b, "kind": kind} for kind, a, b in self.links],
            "one_sided": self.one_sided,
        })


def read(folder):
    """The pairs of a folder, in the order of the files."""
    pairs = []
    for path in sorted(pathlib.Path(folder).glob("*.json")):
        data = json.loads(path.read_text(encoding="utf-8"))
        if "pair_id" not in data:
            continue
        ranges = {p["id"]: (p["start"], p["end"]) for x in "ab" for p in data[f"positions_{x}"]}
        links, one_sided = [], {"a": [], "b": []}
        for point in data["points"]:
            if point["scope"] != "cross":
                continue
            if point["kind"].startswith("only"):
                for member in point["members"]:
                    one_sided[member[0]].append(ranges[member])
                continue
            members = {x: [ranges[member] for member in point["members"] if member[0] == x] for x in "ab"}
            links += [(point["kind"], a, b) for a in members["a"] for b in members["b"]]
        pairs.append(Pair(
            data["pair_id"], data.get("date", ""), data["sides"], data["texts"],
            {x: [((p["start"], p["end"]), p["side"]) for p in data[f"positions_{x}"]] for x in "ab"}, links, one_sided))
    if not pairs:
        raise SystemExit(f"{folder}: no annotated pairs (*.json) in it")
    return pairs


def matches(left, right):
    """True when two ranges share at least half of the characters of each."""
    shared = max(0, min(left[1], right[1]) - max(left[0], right[0]))
    return 2 * shared >= left[1] - left[0] and 2 * shared >= right[1] - right[0]


def f1(hits, n_predicted, hit, n_annotated):
    """Predicted ones that hit, of how many; annotated ones that are hit, of how many."""
    precision, recall = hits / n_predicted if n_predicted else 0.0, hit / n_annotated if n_annotated else 0.0
    both = precision + recall
    return {
        "precision": precision, "recall": recall, "f1": 2 * precision * recall / both if both else 0.0,
        "hits": hits, "predicted": n_predicted, "hit": hit, "annotated": n_annotated,
    }


def score(pairs, predictions):
    """The figures over all pairs."""
    rows = {name: [0, 0, 0, 0] for name in ("positions", "links", "links with kind", "divergences")}
    holder, one_sided = [0, 0], [0, 0]

    def add(name, annotated, predicted, hit):
        row = rows[name]
        row[0] += sum(any(hit(a, p) for a in annotated) for p in predicted)
        row[1] += len(predicted)
        row[2] += sum(any(hit(a, p) for p in predicted) for a in annotated)
        row[3] += len(annotated)

    def same_ends(a, p):
        return matches(a[1], p[1]) and matches(a[2], p[2])

    for pair, prediction in zip(pairs, predictions, strict=True):
        add("links", pair.links, prediction.links, same_ends)
        add("links with kind", pair.links, prediction.links, lambda a, p: a[0] == p[0] and same_ends(a, p))
        divergences = [[link for link in links if link[0] == "divergence"] for links in (pair.links, prediction.links)]
        add("divergences", *divergences, same_ends)
        for x in "ab":
            add("positions", pair.positions[x], prediction.positions[x], lambda a, p: matches(a[0], p[0]))
            for place, side in pair.positions[x]:
                holders = [held_by for found, held_by in prediction.positions[x] if matches(place, found)]
                holder[0] += side in holders
                holder[1] += bool(holders)
            one_sided[0] += sum(any(matches(place, found) for found in prediction.one_sided[x]) for place in pair.one_sided[x])
            one_sided[1] += len(pair.one_sided[x])
    figures = {name: f1(*row) for name, row in rows.items()}
    for name, (right, of) in (("holder", holder), ("one-sided", one_sided)):
        figures[name] = {"share": right / of if of else 0.0, "right": right, "of": of}
    return figures
