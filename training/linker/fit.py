#!/usr/bin/env python3
"""Fits the logistic regressions that score pairs of positions, and the link threshold.

usage:
  parallax evaluate GOLD --candidates candidates.jsonl
  fit.py --gold GOLD --candidates candidates.jsonl --out src/pipeline/similarity/weights.rs

GOLD is a folder of annotated pairs for training. Candidates are the pairs of gold positions that the scorer sees, with
its inputs. Two regressions are fitted: one over all inputs, for pairs inside a comparison, and one over the inputs that
two bare statements have. The threshold is the one at which F1 of links is best in eight-fold cross-validation by
document. Deterministic: lbfgs on fixed folds, no seeds.
"""
import argparse
import glob
import json
import os

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GroupKFold

# In the order of `similarity::inputs`; True where a bare statement has it.
INPUTS = [
    ("term_overlap", True), ("containment", True), ("rare_term", True), ("character_dice", True),
    ("levenshtein", True), ("figures", True), ("names", True), ("mutual_rank", False), ("background", False),
    ("margin", False), ("meaning", True), ("meaning_rank", False), ("meaning_background", False),
    ("meaning_margin", False), ("place", False), ("roles", False),
]
INVERSE_REGULARISATION = 1.0  # best of .1, 1, 10 in cross-validation
N_FOLDS = 8


def gold_links(folder):
    links = {}
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        pair = json.load(open(path, encoding="utf-8"))
        links[pair["pair_id"]] = {
            (a, b)
            for point in pair["points"]
            if point["scope"] == "cross" and not point["kind"].startswith("only")
            for a in point["members"] if a[0] == "a"
            for b in point["members"] if b[0] == "b"
        }
    return links


def f1_at(probability, label, n_gold, threshold):
    kept = probability >= threshold
    hits = (kept & label).sum()
    return 2 * hits / (kept.sum() + n_gold)


def fit(inputs, label):
    return LogisticRegression(C=INVERSE_REGULARISATION, max_iter=2000).fit(inputs, label)


def cross_validate(inputs, label, groups, n_gold):
    probability = np.zeros(len(label))
    for train, test in GroupKFold(N_FOLDS).split(inputs, label, groups):
        probability[test] = fit(inputs[train], label[train]).predict_proba(inputs[test])[:, 1]
    thresholds = np.linspace(0.05, 0.95, 91)
    f1s = np.array([f1_at(probability, label, n_gold, t) for t in thresholds])
    smooth = np.convolve(f1s, np.ones(5) / 5, "same")  # the middle of a plateau, not a lucky peak
    best = int(smooth.argmax())
    return round(float(thresholds[best]), 2), float(f1s[best])


def rust(name, doc, model, columns):
    weights = np.zeros(len(INPUTS))
    weights[columns] = model.coef_[0]
    numbers = ", ".join(f"{w:.4f}" for w in weights)
    return f"/// {doc}\npub const {name}: Weights = Weights {{ bias: {model.intercept_[0]:.4f}, weights: [{numbers}] }};\n"


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--gold", required=True)
    parser.add_argument("--candidates", required=True)
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    links = gold_links(args.gold)
    rows = [json.loads(line) for line in open(args.candidates, encoding="utf-8")]
    inputs = np.array([row["inputs"] for row in rows])
    label = np.array([(row["a"], row["b"]) in links[row["pair_id"]] for row in rows])
    groups = np.array([row["pair_id"] for row in rows])
    n_gold = sum(len(pairs) for pairs in links.values())
    columns = {"IN_CONTEXT": list(range(len(INPUTS))), "ALONE": [i for i, (_, alone) in enumerate(INPUTS) if alone]}
    found = {name: cross_validate(inputs[:, c], label, groups, n_gold) for name, c in columns.items()}
    for name, (threshold, f1) in found.items():
        print(f"{name}: {len(label)} candidates, {label.sum()} of {n_gold} links among them; cross-validated F1 {f1:.3f} at {threshold}")
    models = {name: fit(inputs[:, c], label) for name, c in columns.items()}
    with open(args.out, "w", encoding="utf-8") as out:
        out.write(
            "//! Weights of the pair scorers. Made by `training/linker/fit.py`; do not edit.\n\n"
            f"/// Inputs of a pair.\npub const N_INPUTS: usize = {len(INPUTS)};\n\n"
            "/// A logistic regression over the inputs of a pair, in the order of `inputs`.\npub struct Weights {\n"
            "    /// Added to every pair.\n    pub bias: f64,\n    /// One an input.\n    pub weights: [f64; N_INPUTS],\n}\n\n"
            + rust("IN_CONTEXT", f"For pairs inside a comparison; given gold spans, cross-validated F1 {found['IN_CONTEXT'][1]:.3f} at {found['IN_CONTEXT'][0]}.", models["IN_CONTEXT"], columns["IN_CONTEXT"])
            + "\n"
            + rust("ALONE", f"For bare statements; cross-validated F1 {found['ALONE'][1]:.3f}.", models["ALONE"], columns["ALONE"])
        )


if __name__ == "__main__":
    main()
