#!/usr/bin/env python3
"""Fits the logistic regressions that score pairs of positions and tell whether linked positions diverge.

usage:
  parallax evaluate GOLD --candidates fast.jsonl
  parallax evaluate GOLD --engine thorough --candidates thorough.jsonl --logits oof.jsonl
  fit.py --gold GOLD --candidates fast.jsonl --candidates thorough.jsonl --out src/pipeline [--keep-links fast]

GOLD is a folder of annotated pairs for training. Candidates are the pairs of gold positions that an engine scores, with
its inputs, computed by the engine itself. The logits (../thorough/logits.py) must be out of fold: a cross-encoder is far
surer of pairs that it was trained on. The shortlist of the thorough engine depends on the FAST weights: fit these first.

For each engine two regressions give the probability of a link, over all inputs for pairs inside a comparison and over
those that two bare statements have; and two the probability that linked positions diverge. Regularisation and
thresholds come from eight-fold cross-validation by document. Deterministic: lbfgs on fixed folds, no seeds.
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

# Least probability of a divergence in a comparison. From the best sum of F1 of divergences and of links with their kind (.37
# fast, .46 thorough) to here the links with their kind lose little over the training pairs, and a divergence that is none
# harms a reader more than one that is called an overlap. FAST is right in one of four at .60.
CAUTIOUS = {"fast": 0.80, "thorough": 0.60}
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


def fit_engine(path, links):
    """(engine, Rust of the link weights, Rust of the divergence weights)"""
    with open(path, encoding="utf-8") as lines:
        header = json.loads(next(lines))
        rows = [json.loads(line) for line in lines]
    engine, names, alone, in_context = header["engine"], header["inputs"], np.array(header["alone"]), np.array(header["in_context"])
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

    out, link_probability = [], None
    for place, columns in (("IN_CONTEXT", np.flatnonzero(in_context)), ("ALONE", np.flatnonzero(alone))):
        precision, c, found = cross_validate(inputs[scored][:, columns], label[scored], groups[scored])
        probability = np.ones(len(rows))
        probability[scored] = found
        threshold, value = best_threshold(lambda t: f1((label & (probability >= t)).sum(), (probability >= t).sum(), n_gold))
        print(f"  {place}: C {c}, average precision {precision:.3f}, F1 {value:.3f} at {threshold}")
        doc = f"For {'pairs inside a comparison' if place == 'IN_CONTEXT' else 'bare statements'}; given gold spans, cross-validated F1 {value:.3f} at {threshold}."
        model = Model(inputs[scored][:, columns], label[scored], c)
        out.append(rust(f"{engine.upper()}_{place}", doc, model, columns, len(names)))
        if link_probability is None:
            link_probability, link_threshold = probability, threshold

    every = np.column_stack([inputs, evidence])
    linked = label & scored
    divergence = ""
    # The last of the evidence is the opposition of the two texts, which bare statements do not have.
    for place, columns in (("IN_CONTEXT", np.arange(every.shape[1])), ("ALONE", np.flatnonzero([*alone, *[True] * (evidence.shape[1] - 1), False]))):
        precision, c, _ = cross_validate(every[linked][:, columns], diverges[linked], groups[linked])
        # Each pair by the model that has not seen its document, unlinked ones too.
        probability = np.zeros(len(rows))
        for train, test in GroupKFold(N_FOLDS).split(every, label, groups):
            train = train[linked[train]]
            probability[test] = Model(every[train][:, columns], diverges[train], c)(every[test][:, columns])
        probability[identical] = 0
        kept = link_probability >= link_threshold
        of_divergences = lambda t: f1((diverges & kept & (probability >= t)).sum(), (kept & (probability >= t)).sum(), n_divergences)
        of_kinds = lambda t: f1((label & kept & (diverges == (probability >= t))).sum(), kept.sum(), n_gold)
        threshold, _ = best_threshold(lambda t: of_divergences(t) + of_kinds(t))
        print(f"  divergence {place}: C {c}, average precision {precision:.3f} ({diverges[linked].mean():.3f} by chance); with the links of the scorer F1 {of_divergences(threshold):.3f} at {threshold}, links with kind {of_kinds(threshold):.3f}")
        model = Model(every[linked][:, columns], diverges[linked], c)
        by_weight = sorted(zip(np.array(names + header["evidence"])[columns], model.weights * every[linked][:, columns].std(0)), key=lambda x: -abs(x[1]))
        print("   ", ", ".join(f"{name} {weight:+.2f}" for name, weight in by_weight[:8]), "a standard deviation")
        name = f"{engine.upper()}_{place}"
        doc = f"For {'pairs inside a comparison' if place == 'IN_CONTEXT' else 'bare statements'}; cross-validated average precision {precision:.3f} over linked pairs."
        divergence += rust(name, doc, model, columns, every.shape[1])
        cautious = CAUTIOUS[engine] if place == "IN_CONTEXT" else 0.0
        why = WHY["CAUTIOUS" if cautious > threshold else "BEST"]
        threshold = max(threshold, cautious)
        divergence += f"\n/// {why}; cross-validated F1 of divergences {of_divergences(threshold):.3f}, of links with their kind {of_kinds(threshold):.3f}.\npub const {name}_THRESHOLD: f64 = {threshold};\n"
    return engine, "".join(out), divergence


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", required=True)
    parser.add_argument("--candidates", required=True, action="append", help="once for each engine; engines not given keep their weights")
    parser.add_argument("--out", required=True, help="src/pipeline")
    parser.add_argument("--keep-links", action="append", default=[], metavar="ENGINE", help="write the divergence of this engine only")
    args = parser.parse_args()
    links = gold_links(args.gold)
    files = {part: os.path.join(args.out, part, "weights.rs") for part in ("similarity", "relation")}
    text = {part: open(path, encoding="utf-8").read() for part, path in files.items()}
    for path in args.candidates:
        engine, link, divergence = fit_engine(path, links)
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
