#!/usr/bin/env python3
"""Fits the logistic regressions that score pairs of positions and tell whether linked positions diverge.

usage:
  parallax evaluate GOLD --candidates fast.jsonl
  parallax evaluate GOLD --engine thorough --candidates thorough.jsonl --readings oof.jsonl
  fit.py --gold GOLD --candidates fast.jsonl --candidates thorough.jsonl --out src/pipeline [--keep-links fast]

GOLD is a folder of annotated pairs for training. Candidates are the pairs of gold positions that an engine scores, with
its inputs, computed by the engine itself. The cosines and logits (../thorough/readings.py) must be out of fold: a
transformer is far surer of pairs that it was trained on. The thorough engine scores all candidates by the cosines
(READ), and the likeliest of them again by the logits, too (THOROUGH). Which these are depends on the weights of READ: when
they are new, write the candidates again and fit again.

For each of the three two regressions give the probability of a link, over all inputs for pairs inside a comparison and over
those that two bare statements have; a third one looks at the pairs inside a comparison again, at the first scores around
each; and two the probability that linked positions diverge, for FAST a third one that looks at the other links again.
Regularisation and thresholds come from eight-fold
cross-validation by document. The second look is fitted on first scores out of fold, which exist here alone, so that its
inputs are computed here, too, and held to those of the engine. Deterministic: lbfgs on fixed folds, no seeds.
The threshold of links is printed, not written: it stands in src/pipeline/alignment.
"""
import argparse
import glob
import json
import os
import re

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score
from sklearn.model_selection import GroupKFold

INVERSE_REGULARISATION = [0.003, 0.01, 0.03, 0.1, 0.3, 1.0]  # over inputs of variance 1; the best is taken
N_FOLDS = 8

# Least probability of a divergence in a comparison: likelier than not. The best sum of F1 of divergences and of links with
# their kind is at .51 for FAST and at .34 for THOROUGH, and a divergence that is none harms a reader more than one that is
# called an overlap.
CAUTIOUS = 0.50
WHY = {"CAUTIOUS": "A divergence that is none harms more than one that is missed", "BEST": "Where F1 of divergences plus F1 of links with their kind is best"}


def gold_links(folder):
    """{pair id: {(a, b): kind}}"""
    links = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        pair = json.load(open(path, encoding="utf-8"))
        links[pair["pair_id"]] = {
            (a, b): point["kind"]
            for point in pair["points"]
            if point["scope"] == "cross" and not point["kind"].startswith("only")
            for a in point["members"] if a[0] == "a"
            for b in point["members"] if b[0] == "b"
        }
    return links


def gold_places(folder):
    """{pair id: ({a: place}, {b: place})}, places in reading order from 0."""
    places = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        pair = json.load(open(path, encoding="utf-8"))
        order = lambda side: sorted(pair[f"positions_{side}"], key=lambda position: (position["start"], position["end"]))
        places[pair["pair_id"]] = tuple({position["id"]: n for n, position in enumerate(order(side))} for side in "ab")
    return places


SECOND = ["LinkRank", "LinkMargin", "Neighbours", "LinkDensity"]
CERTAIN, NO_CANDIDATE = 8.0, -7.0  # as in src/pipeline/similarity/second_look.rs


def scaled(logit):
    return logit / (2 * CERTAIN) + 0.5


def logit(probability):
    return np.log(probability / (1 - probability))


def second_look(probability, rows, places):
    """The inputs of the second look at each row, from the probabilities of the first: see second_look.rs."""
    out = np.zeros((len(rows), len(SECOND)))
    by_pair = {}
    for at, row in enumerate(rows):
        by_pair.setdefault(row["pair_id"], []).append(at)
    for pair_id, at in by_pair.items():
        at, (lefts, rights) = np.array(at), places[pair_id]
        i, j = (np.array([place[rows[k][side]] for k in at]) for side, place in (("a", lefts), ("b", rights)))
        n, m = len(lefts), len(rights)
        identical = np.array([rows[k]["identical"] for k in at])
        first = np.full((n, m), scaled(NO_CANDIDATE))
        first[i, j] = np.clip(scaled(np.where(identical, CERTAIN, logit(np.where(identical, 0.5, probability[at])))), 0, 1)
        likely = np.zeros((n + 2, m + 2))
        likely[i + 1, j + 1] = np.where(identical, 1, probability[at])
        # The greatest and the next one of each row, and of each column; 0 where there is none.
        order = [np.sort(np.hstack([matrix, np.zeros((len(matrix), 2))]), 1)[:, ::-1] for matrix in (first, first.T)]
        value = first[i, j]
        margins = [value - np.where(value == best[place, 0], best[place, 1], best[place, 0]) for best, place in zip(order, (i, j))]
        rank = lambda line, place: 1 + (line > line[place]).sum() + (line[:place] == line[place]).sum()
        out[at, 0] = [(1 / rank(first[a], b) + 1 / rank(first[:, b], a)) / 2 for a, b in zip(i, j)]
        out[at, 1] = np.clip((np.minimum(*margins) + 1) / 2, 0, 1)
        out[at, 2] = [(likely[a : a + 3, b : b + 3].sum() - likely[a + 1, b + 1]) / 8 for a, b in zip(i, j)]
        out[at, 3] = min(likely.sum() / max(n, m), 1)
    return out


class Model:
    """A logistic regression over inputs made of mean 0 and variance 1, given in terms of the inputs themselves."""

    def __init__(self, inputs, label, c):
        mean, deviation = inputs.mean(0), inputs.std(0)
        deviation = np.where(deviation < 1e-6, 1.0, deviation)
        model = LogisticRegression(C=c, max_iter=5000).fit((inputs - mean) / deviation, label)
        self.weights = model.coef_[0] / deviation
        self.bias = float(model.intercept_[0] - (self.weights * mean).sum())

    def __call__(self, inputs):
        return 1 / (1 + np.exp(-(inputs @ self.weights + self.bias)))


def cross_validate(inputs, label, groups):
    """The regularisation of the best average precision, and the probabilities out of fold."""
    best = None
    for c in INVERSE_REGULARISATION:
        probability = np.zeros(len(label))
        for train, test in GroupKFold(N_FOLDS).split(inputs, label, groups):
            probability[test] = Model(inputs[train], label[train], c)(inputs[test])
        precision = average_precision_score(label, probability)
        if best is None or precision > best[0] + 5e-4:
            best = precision, c, probability
    return best


THRESHOLDS = np.linspace(0.05, 0.95, 91)


def best_threshold(f1_at):
    """The middle of a plateau, not a lucky peak; and the value there."""
    values = np.array([f1_at(threshold) for threshold in THRESHOLDS])
    best = int(np.convolve(np.pad(values, 3, "edge"), np.ones(7) / 7, "valid").argmax())
    return round(float(THRESHOLDS[best]), 2), float(values[best])


def f1(hits, predicted, gold):
    return 2 * hits / (predicted + gold) if predicted + gold else 0.0


def rust(name, doc, model, columns, n_inputs):
    weights = np.zeros(n_inputs)
    weights[columns] = model.weights
    numbers = ", ".join(f"{w:.4f}" for w in weights)
    return f"\n/// {doc}\npub static {name}: Weights = Weights {{ bias: {model.bias:.4f}, weights: &[{numbers}] }};\n"


def out_of_fold(inputs, label, groups, c, n_folds=N_FOLDS):
    probability = np.zeros(len(label))
    for train, test in GroupKFold(n_folds).split(inputs, label, groups):
        probability[test] = Model(inputs[train], label[train], c)(inputs[test])
    return probability


def fit_second(inputs, label, groups, c, rows, places):
    """The model of the second look over [first score, *SECOND], and its probabilities out of fold.

    `inputs` are of the first look, for every row, `c` is its regularisation. A fold is scored by models of both looks that
    have not seen it; the second of them was fitted on first scores by models that had not seen their document.
    """
    look = lambda probability: np.column_stack([scaled(logit(probability)), second_look(probability, rows, places)])
    best = None
    parts = []
    for train, test in GroupKFold(N_FOLDS).split(inputs, label, groups):
        probability = np.zeros(len(label))
        probability[train] = out_of_fold(inputs[train], label[train], groups[train], c, N_FOLDS - 2)
        probability[test] = Model(inputs[train], label[train], c)(inputs[test])
        parts.append((train, test, look(probability)))
    for second_c in INVERSE_REGULARISATION:
        probability = np.zeros(len(label))
        for train, test, seen in parts:
            probability[test] = Model(seen[train], label[train], second_c)(seen[test])
        precision = average_precision_score(label, probability)
        if best is None or precision > best[0] + 5e-4:
            best = precision, second_c, probability
    precision, second_c, probability = best
    model = Model(look(out_of_fold(inputs, label, groups, c)), label, second_c)
    return model, precision, second_c, probability


USUAL = 0.25, 1.0  # as in src/pipeline/relation/evidence.rs
LINK_THRESHOLD = 0.30  # as in src/pipeline/alignment


def elsewhere(probability, link_probability, threshold, groups, identical):
    """How much the other links of the two texts diverge: see evidence.rs."""
    out = np.zeros(len(probability))
    weight = np.where(link_probability >= threshold, link_probability, 0)
    diverging = weight * np.where(identical, 0, probability)
    for group in np.unique(groups):
        at = np.flatnonzero(groups == group)
        out[at] = (diverging[at].sum() - diverging[at] + USUAL[0] * USUAL[1]) / (weight[at].sum() - weight[at] + USUAL[1])
    return np.clip(out, 0, 1)


def fit_elsewhere(every, linked, diverges, groups, c, identical, link_probability, threshold):
    """The model of a second look over (*every, elsewhere), its average precision, and its probabilities out of fold."""
    probability = np.zeros(len(diverges))

    def seen(first):
        return np.column_stack([every, elsewhere(first, link_probability, threshold, groups, identical)])

    def first_looks(rows, n_folds):
        """Of each of the rows, by models that have not seen its document."""
        first = np.zeros(len(diverges))
        for train, test in GroupKFold(n_folds).split(rows, diverges[rows], groups[rows]):
            train = rows[train][linked[rows[train]]]
            first[rows[test]] = Model(every[train], diverges[train], c)(every[rows[test]])
        return first

    for train, test in GroupKFold(N_FOLDS).split(every, diverges, groups):
        first = first_looks(train, N_FOLDS - 2)
        train = train[linked[train]]
        first[test] = Model(every[train], diverges[train], c)(every[test])
        inputs = seen(first)
        probability[test] = Model(inputs[train], diverges[train], c)(inputs[test])
    probability[identical] = 0
    inputs = seen(first_looks(np.arange(len(diverges)), N_FOLDS))
    model = Model(inputs[linked], diverges[linked], c)
    return model, average_precision_score(diverges[linked], probability[linked]), probability


def read_candidates(path):
    """[(scorer, header, rows inside a comparison, rows as bare statements)] of the file of an engine."""
    with open(path, encoding="utf-8") as lines:
        header = json.loads(next(lines))
        rows = [json.loads(line) for line in lines]
    if header["engine"] == "fast":
        return [("fast", header, rows, rows)]
    # The inputs of the cross-encoder come last, and pairs that a comparison does not judge have them of the pair alone.
    n_read = header["inputs"].index("JudgedLink")
    read = {key: value[:n_read] if key in ("inputs", "alone", "in_context") else value for key, value in header.items()}
    of_read = [{**row, "inputs": row["inputs"][:n_read]} for row in rows]
    return [("read", read, of_read, of_read), ("thorough", header, [row for row in rows if row["likely"]], rows)]


def fit_scorer(engine, header, in_context, alone, links, places):
    """(Rust of the link weights, Rust of the divergence weights)"""
    parts = fit_looks(engine, header, in_context, links, places, "IN_CONTEXT"), fit_looks(engine, header, alone, links, places, "ALONE")
    return tuple("".join(part) for part in zip(*parts))


def fit_looks(engine, header, rows, links, places, place):
    names, alone, in_context = header["inputs"], np.array(header["alone"]), np.array(header["in_context"])
    find = lambda row: links[row["pair_id"]].get((row["a"], row["b"]))
    kind = np.array([find(row) or "" for row in rows])
    label, diverges = kind != "", kind == "divergence"
    identical = np.array([row["identical"] for row in rows])
    groups = np.array([row["pair_id"] for row in rows])
    n_gold = sum(len(pairs) for pairs in links.values())
    n_divergences = sum(k == "divergence" for pairs in links.values() for k in pairs.values())
    print(f"{engine}: {len(rows)} candidates, {label.sum()} of {n_gold} links and {diverges.sum()} of {n_divergences} divergences among them")
    inputs = np.zeros((len(rows), len(names)))
    for at, row in enumerate(rows):
        inputs[at, : len(row["inputs"])] = row["inputs"]
    evidence = np.array([row["evidence"] for row in rows])
    scored = ~identical
    # The engine's first scores of read pairs are not in the file where it judged them later.
    if place == "IN_CONTEXT" and engine != "read":
        engine_first = np.array([row["first"] for row in rows])
        difference = np.abs(second_look(engine_first, rows, places)[: len(rows)] - np.array([row["second"] or [np.nan] * 4 for row in rows]))
        print(f"  inputs of the second look: those of the engine within {np.nanmax(difference):.1e}")
        assert np.nanmax(difference) < 1e-9

    out = []
    columns = np.flatnonzero(in_context if place == "IN_CONTEXT" else alone)
    precision, c, found = cross_validate(inputs[scored][:, columns], label[scored], groups[scored])
    link_probability = np.ones(len(rows))
    link_probability[scored] = found
    f1_at = lambda t: f1((label & (link_probability >= t)).sum(), (link_probability >= t).sum(), n_gold)
    link_threshold, value = best_threshold(f1_at)
    print(f"  {place}: C {c}, average precision {precision:.3f}, F1 {value:.3f} at {link_threshold}")
    what = "pairs inside a comparison" if place == "IN_CONTEXT" else "bare statements"
    doc = f"For {what}; given gold spans, cross-validated F1 {value:.3f} at {link_threshold}."
    model = Model(inputs[scored][:, columns], label[scored], c)
    out.append(rust(f"{engine.upper()}_{place}", doc, model, columns, len(names)))
    if place == "IN_CONTEXT":
        second, precision, second_c, link_probability = fit_second(inputs[:, columns], label, groups, c, rows, places)
        link_probability[identical] = 1
        link_threshold, value = best_threshold(f1_at)
        print(f"  second look: C {second_c}, average precision {precision:.3f}, F1 {value:.3f} at {link_threshold}")
        print("   ", ", ".join(f"{name} {weight:+.2f}" for name, weight in zip(["first", *SECOND], second.weights)))
        doc = f"For a second look at pairs inside a comparison; given gold spans, cross-validated F1 {value:.3f} at {link_threshold}."
        out.append(rust(f"{engine.upper()}_SECOND", doc, second, np.arange(len(second.weights)), len(second.weights)))

    def write_divergence(name, doc, model, columns, n_inputs, probability, threshold, cautious):
        kept = link_probability >= link_threshold
        of_divergences = lambda t: f1((diverges & kept & (probability >= t)).sum(), (kept & (probability >= t)).sum(), n_divergences)
        of_kinds = lambda t: f1((label & kept & (diverges == (probability >= t))).sum(), kept.sum(), n_gold)
        if threshold is None:
            threshold, _ = best_threshold(lambda t: of_divergences(t) + of_kinds(t))
        print(f"  {name}: {doc}; with the links of the scorer F1 {of_divergences(threshold):.3f} at {threshold}, links with kind {of_kinds(threshold):.3f}")
        why = WHY["CAUTIOUS" if cautious > threshold else "BEST"]
        threshold = max(threshold, cautious)
        return rust(name, doc + ".", model, columns, n_inputs) + (
            f"\n/// {why}; cross-validated F1 of divergences {of_divergences(threshold):.3f}, of links with their kind {of_kinds(threshold):.3f}.\n"
            f"pub const {name}_THRESHOLD: f64 = {threshold};\n")

    if engine == "read":
        return "".join(out), ""
    every = np.column_stack([inputs, evidence])
    linked = label & scored
    # The last of the evidence is the opposition of the two texts, which bare statements do not have.
    of_evidence = [True] * (evidence.shape[1] - 1)
    columns = np.arange(every.shape[1]) if place == "IN_CONTEXT" else np.flatnonzero([*alone, *of_evidence, False])
    precision, c, _ = cross_validate(every[linked][:, columns], diverges[linked], groups[linked])
    # Each pair by the model that has not seen its document, unlinked ones too.
    probability = np.zeros(len(rows))
    for train, test in GroupKFold(N_FOLDS).split(every, label, groups):
        train = train[linked[train]]
        probability[test] = Model(every[train][:, columns], diverges[train], c)(every[test][:, columns])
    probability[identical] = 0
    model = Model(every[linked][:, columns], diverges[linked], c)
    doc = f"For {what}; cross-validated average precision {precision:.3f} over linked pairs"
    divergence = write_divergence(f"{engine.upper()}_{place}", doc, model, columns, every.shape[1], probability, None, CAUTIOUS if place == "IN_CONTEXT" else 0.0)
    if place == "IN_CONTEXT":
        model, precision, probability = fit_elsewhere(every, linked, diverges, groups, c, identical, link_probability, LINK_THRESHOLD)
        doc = f"For a second look at pairs inside a comparison; cross-validated average precision {precision:.3f} over linked pairs"
        n = every.shape[1] + 1
        divergence += write_divergence(f"{engine.upper()}_SECOND", doc, model, np.arange(n), n, probability, None, CAUTIOUS)
    return "".join(out), divergence


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", required=True)
    parser.add_argument("--candidates", required=True, action="append", help="once for each engine; engines not given keep their weights")
    parser.add_argument("--out", required=True, help="src/pipeline")
    parser.add_argument("--keep-links", action="append", default=[], metavar="ENGINE", help="write the divergence of this engine only")
    args = parser.parse_args()
    links, places = gold_links(args.gold), gold_places(args.gold)
    files = {part: os.path.join(args.out, part, "weights.rs") for part in ("similarity", "relation")}
    text = {part: open(path, encoding="utf-8").read() for part, path in files.items()}
    for engine, *scorer in [scorer for path in args.candidates for scorer in read_candidates(path)]:
        link, divergence = fit_scorer(engine, *scorer, links, places)
        for part, new in (("similarity", link), ("relation", divergence)):
            if part == "similarity" and engine in args.keep_links:
                continue
            # An item is its comment, its first line and what follows until an empty line.
            item = rf"\n///[^\n]*\npub (static|const) {engine.upper()}\w*:.*?;\n(?=\n|$)"
            text[part] = re.sub(item, "", text[part], flags=re.DOTALL) + new
    for part, path in files.items():
        with open(path, "w", encoding="utf-8") as out:
            out.write(text[part])


if __name__ == "__main__":
    main()
