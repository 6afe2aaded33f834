"""Writes the out-of-fold logits of thorough.py's folds as lines for `parallax evaluate --candidates --logits`.

usage: logits.py --gold DIR --oof CACHE/oof.npz [--oof MORE.npz ...] --out oof.jsonl

DIR is the folder of annotated training pairs that the folds were made of. The file has one row for each pair of a position
of text a and one of text b, pairs of texts in the order of corpora.pairs; of several files the mean is taken. Only the
logits are written: their context is computed by the engine, as in a comparison.
"""
import argparse
import json

import numpy as np

import corpora


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--gold", required=True)
    ap.add_argument("--oof", required=True, action="append")
    ap.add_argument("--out", required=True)
    a = ap.parse_args()
    logits = np.mean([np.load(path)["logits"] for path in a.oof], axis=0)
    keys = [(p["pair_id"], x["id"], y["id"]) for p in corpora.pairs(a.gold) for x in p["positions_a"] for y in p["positions_b"]]
    assert len(keys) == len(logits), (len(keys), len(logits))
    with open(a.out, "w", encoding="utf-8") as f:
        for (pair_id, x, y), row in zip(keys, logits):
            f.write(json.dumps({"pair_id": pair_id, "a": x, "b": y, "logits": [round(float(v), 5) for v in row]}) + "\n")


if __name__ == "__main__":
    main()
