#!/usr/bin/env python3
"""Measures the scores of a running server on public sets: the scores that callers get, int8 weights and all.

usage: parallax serve --address 127.0.0.1:50051
       PYTHONPATH=../static_embeddings:../thorough measure.py --server http://127.0.0.1:50051 --datasets DIR

Prints a row for each engine: Spearman's correlation on STS-B dev; mean average precision, strict and relaxed, on the dev
part of ArgKP-2021 by the rules of its track 1; Spearman's correlation of relatedness on SICK trial. Reads dev parts alone.
"""
import argparse
import http.client
import json
import urllib.parse

from scipy.stats import spearmanr

import corpora
from crossencoder import argkp_pairs, keypoint_map


class Scorer:
    """Scores of pairs of texts, by POST /v1/scores."""

    def __init__(self, server, engine):
        self.connection, self.engine = http.client.HTTPConnection(urllib.parse.urlparse(server).netloc, timeout=60), engine

    def matrix(self, left, right):
        body = json.dumps({"left": left, "right": right, "engine": self.engine}).encode()
        self.connection.request("POST", "/v1/scores", body, {"content-type": "application/json"})
        return [row["scores"] for row in json.load(self.connection.getresponse())["rows"]]

    def pairs(self, pairs):
        """One request a left text, with all right texts that it meets."""
        met = {}
        for a, b in pairs:
            met.setdefault(a, {}).setdefault(b)
        score = {(a, b): s for a, rights in met.items() for b, s in zip(rights, self.matrix([a], list(rights))[0])}
        return [score[pair] for pair in pairs]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", required=True)
    parser.add_argument("--datasets", required=True)
    args = parser.parse_args()
    stsb, sick = corpora.stsb(args.datasets, "dev"), corpora.sick(args.datasets, "trial")
    arguments, points, labels = corpora.argkp(args.datasets, "dev")
    keys = argkp_pairs(arguments, points)
    print("| engine | STS-B dev | ArgKP dev, strict / relaxed | SICK trial |\n|---|---|---|---|")
    for engine in ("ENGINE_FAST", "ENGINE_THOROUGH"):
        scorer = Scorer(args.server, engine)
        correlation = lambda rows: spearmanr(scorer.pairs([row[:2] for row in rows]), [row[2] for row in rows]).statistic
        scores = scorer.pairs([(arguments[a]["argument"], points[k]["key_point"]) for a, k in keys])
        strict, relaxed = keypoint_map(arguments, points, labels, dict(zip(keys, scores)))
        print(f"| {engine} | {correlation(stsb):.3f} | {strict:.3f} / {relaxed:.3f} | {correlation(sick):.3f} |", flush=True)


if __name__ == "__main__":
    main()
