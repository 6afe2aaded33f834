#!/usr/bin/env python3
"""Fits the weights by which the THOROUGH engine scores two bare statements (STATEMENTS in similarity/weights.rs).

usage: parallax serve --address 127.0.0.1:50051
       PYTHONPATH=../static_embeddings statements.py --server http://127.0.0.1:50051 --datasets DIR --weights ../../src/pipeline/similarity/weights.rs

THOROUGH_ALONE is fitted on annotated readouts, whose 626 links are few and all of one kind. Its weights are moved, as far as
MOVE allows, to where they tell the graded likeness of 1,500 pairs of STS-B train best; then all are scaled so that the logits of
these pairs keep their scale, and with it what a threshold means. The inputs are the parts that the server returns, so the
weights that it has do not matter, unless one is zero: such an input is no part. After fit.py or with new transformers run this
again. Of STS-B the train part alone is read.
"""
import argparse
import http.client
import json
import random
import re
import urllib.parse

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit

import corpora

SEED, PAIRS = 20261130, 1500
MOVE = 0.01  # cost of a weight's square distance from THOROUGH_ALONE, of inputs of variance 1, beside the mean loss of a pair
PREFIX = "SCORE_PART_KIND_"
# The inputs that two bare statements have, by their place in the order of the weights.
PLACES = {"TERM_OVERLAP": 0, "CONTAINMENT": 1, "RARE_TERM": 2, "CHARACTER_DICE": 3, "LEVENSHTEIN": 4, "FIGURES": 5, "NAMES": 6, "MEANING": 10, "SENTENCE_MEANING": 20,
          "JUDGED_LINK": 24, "JUDGED_SIMILARITY": 28, "JUDGED_KEY_POINT": 32, "JUDGED_DIVERGENCE": 36, "JUDGED_CONTRADICTION": 37, "JUDGED_NEUTRALITY": 38}


def inputs(server, pairs):
    """The parts of the scores of pairs, [pairs, PLACES]; of identical texts, which no weight decides, nothing."""
    connection = http.client.HTTPConnection(urllib.parse.urlparse(server).netloc, timeout=60)
    rows, seen = [], set()
    for a, b in pairs:
        body = json.dumps({"left": [a], "right": [b], "engine": "ENGINE_THOROUGH", "withParts": True})
        connection.request("POST", "/v1/scores", body, {"content-type": "application/json"})
        parts = json.load(connection.getresponse())["rows"][0]["parts"][0]["parts"]
        values = {part["kind"].removeprefix(PREFIX): part.get("value", 0.0) for part in parts}
        seen.update(values)
        rows.append(None if "IDENTITY" in values else [values.get(name, 0.0) for name in PLACES])
    assert seen >= PLACES.keys(), f"the server has no parts for {PLACES.keys() - seen}"
    return rows


def read(weights):
    """(bias, weights) of THOROUGH_ALONE."""
    found = re.search(r"pub static THOROUGH_ALONE: Weights = Weights \{\s*bias: ([^,]*),\s*weights: &\[(.*?)\]", weights, re.DOTALL)
    return float(found[1]), np.array([float(number) for number in found[2].split(",") if number.strip()])


def fit(x, y, bias, start):
    deviation = np.maximum(x.std(0), 1e-6)

    def loss(at):
        moved, b = at[:-1] / deviation, at[-1]
        error = x @ (start + moved) + b
        value = np.mean(np.logaddexp(0, error) - y * error) + MOVE * (at[:-1] ** 2).sum()
        slope = (expit(error) - y) / len(y)
        return value, np.append((x.T @ slope) / deviation + 2 * MOVE * at[:-1], slope.sum())

    best = minimize(loss, np.append(np.zeros_like(start), bias), jac=True, method="L-BFGS-B", options={"maxiter": 2000}).x
    return best[-1], start + best[:-1] / deviation


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("server", "datasets", "weights"):
        ap.add_argument("--" + name, required=True)
    a = ap.parse_args()
    with open(a.weights, encoding="utf-8") as f:
        source = f.read()
    bias, every = read(source)
    start = every[list(PLACES.values())]
    sample = random.Random(SEED).sample(corpora.stsb(a.datasets, "train"), PAIRS)
    rows = inputs(a.server, [row[:2] for row in sample])
    x = np.array([row for row in rows if row])
    y = np.array([row[2] / 5 for row, values in zip(sample, rows) if values])
    b, weights = fit(x, y, bias, start)
    slope, offset = np.polyfit(x @ weights + b, x @ start + bias, 1)
    out = np.zeros_like(every)
    out[list(PLACES.values())] = slope * weights
    print(f"{len(x)} pairs; correlation with the logits before {np.corrcoef(x @ weights, x @ start)[0, 1]:.3f}")
    numbers = ", ".join(f"{number:.4f}" for number in out)
    doc = "/// For two bare statements that are compared with no others: THOROUGH_ALONE moved by STS-B train, see `training/public_sets/statements.py`."
    item = f"\n{doc}\npub static STATEMENTS: Weights = Weights {{ bias: {slope * b + offset:.4f}, weights: &[{numbers}] }};\n"
    source = re.sub(r"\n///[^\n]*\npub static STATEMENTS:.*?;\n(?=\n|$)", "", source, flags=re.DOTALL) + item
    with open(a.weights, "w", encoding="utf-8") as f:
        f.write(source)


if __name__ == "__main__":
    main()
