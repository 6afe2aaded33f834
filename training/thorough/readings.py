"""Writes what the transformers make of the training pairs out of fold, as lines for `parallax evaluate --candidates --readings`.

usage: readings.py --gold DIR --logits CACHE/oof.npz [--logits MORE.npz ...] --cosines CACHE/contextual_oof.npz --out oof.jsonl

DIR is the folder of annotated training pairs that the folds were made of. The files have one row for each pair of a position
of text a and one of text b, pairs of texts in the order of corpora.pairs: logits of thorough.py, of several files the
mean; cosines of ../contextual/contextual.py. Their context is computed by the engine, as in a comparison.
"""
import argparse
import json

import numpy as np

import corpora


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--gold", required=True)
    ap.add_argument("--logits", required=True, action="append")
    ap.add_argument("--cosines", required=True)
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    logits = np.mean([np.load(path)["logits"] for path in a.logits], axis=0)
    cosines = np.load(a.cosines)["cosines"]
    keys = [(p["pair_id"], x["id"], y["id"]) for p in corpora.pairs(a.gold) for x in p["positions_a"] for y in p["positions_b"]]
    assert len(keys) == len(logits) == len(cosines), (len(keys), len(logits), len(cosines))
    short = lambda row: [round(float(v), 5) for v in row]
    with open(a.out, "w", encoding="utf-8") as f:
        for (pair_id, x, y), cosine, logit in zip(keys, cosines, logits):
            f.write(json.dumps({"pair_id": pair_id, "a": x, "b": y, "cosines": short(cosine), "logits": short(logit)}) + "\n")


if __name__ == "__main__":
    main()
