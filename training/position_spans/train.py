#!/usr/bin/env python3
"""Trains, measures and exports the position span model.

usage: train.py --train DIR [DIR ...] --out models/position_spans.bin
       train.py --train DIR [DIR ...] --cv
       train.py --weights models/position_spans.bin --evaluate DIR [DIR ...]
       train.py --weights models/position_spans.bin --parity TEXT_DIR --out src/pipeline/position/spans/parity.json

A folder holds annotated readouts as JSON, one file a pair ("texts", "positions_a", "positions_b") or a document
("text", "positions"); a position has "start" and "end" in code points. Training has no randomness; the split into
folds has SEED. About 30 seconds on one core, two and a half minutes with --cv.
"""
import argparse
import collections
import hashlib
import json
import pathlib
import random
import re

from features import Document
from semicrf import Model
from units import tokenize

SEED, N_FOLDS = 7, 5
REPORTED_THRESHOLDS = (None, 0.05, 0.10, 0.15, 0.20, 0.25, 0.30, 0.35, 0.40, 0.45, 0.50)


def load(folders):
    """The annotated documents; the two texts of a pair are in one group."""
    documents = []
    for folder in folders:
        for path in sorted(pathlib.Path(folder).glob("*.json")):
            item = json.loads(path.read_text(encoding="utf-8"))
            if "texts" in item:
                parts = [(item["texts"][q], item["positions_" + q]) for q in "ab"]
            else:
                parts = [(item["text"], item["positions"])]
            for text, positions in parts:
                gold = sorted((position["start"], position["end"]) for position in positions)
                documents.append({"group": path.stem, "set": pathlib.Path(folder).name, "text": text, "gold": gold})
    return documents


def known_words(texts):
    """Lower-case words of at least two texts: what a capitalised word at a sentence start may be."""
    counts = collections.Counter()
    for text in texts:
        counts.update(set(re.findall(r"(?<![A-Za-z’'])[a-z]+\b", text)))
    return {word for word, n in counts.items() if n >= 2}


def train(documents):
    """The model, its weights as the file holds them, and the known words."""
    known = known_words(document["text"] for document in documents)
    read = [Document(document["text"], known.__contains__) for document in documents]
    model = Model().fit(read, [document["gold"] for document in documents])
    model.quantize()
    return model, known


def matches(gold, span):
    """The rule of the gold set: at least half the characters of each are shared."""
    shared = max(0, min(gold[1], span[1]) - max(gold[0], span[0]))
    return 2 * shared >= gold[1] - gold[0] and 2 * shared >= span[1] - span[0]


def measure(documents, predictions):
    right = found = n_spans = n_gold = 0
    for document, spans in zip(documents, predictions):
        gold = document["gold"]
        right += sum(any(matches(g, span) for g in gold) for span in spans)
        found += sum(any(matches(g, span) for span in spans) for g in gold)
        n_spans += len(spans)
        n_gold += len(gold)
    precision, recall = right / max(n_spans, 1), found / max(n_gold, 1)
    f1 = 2 * precision * recall / max(precision + recall, 1e-9)
    return f"P {precision:.3f} R {recall:.3f} F {f1:.3f} ({n_spans}/{n_gold})"


def report(documents, predict):
    """Prints precision, recall and F1 by threshold, for all, by folder and by genre."""
    rows = [("all", lambda d: True)]
    rows += [(name, lambda d, name=name: d["set"] == name) for name in sorted({d["set"] for d in documents})]
    rows += [("first person", lambda d: d["read"].is_first_person)]
    rows += [("third person", lambda d: not d["read"].is_first_person)]
    for threshold in REPORTED_THRESHOLDS:
        spans = [predict(document, threshold) for document in documents]
        parts = []
        for name, keep in rows:
            kept = [(d, s) for d, s in zip(documents, spans) if keep(d)]
            if kept:
                parts.append(f"{name} {measure(*zip(*kept))}")
        print("threshold", threshold or "default", "|", " | ".join(parts), flush=True)


def cross_validate(documents):
    """Every document read by a model that has not seen its group."""
    groups = sorted({document["group"] for document in documents})
    random.Random(SEED).shuffle(groups)
    fold_of = {group: at % N_FOLDS for at, group in enumerate(groups)}
    for fold in range(N_FOLDS):
        model, known = train([d for d in documents if fold_of[d["group"]] != fold])
        for document in documents:
            if fold_of[document["group"]] == fold:
                document["read"] = Document(document["text"], known.__contains__)
                document["model"] = model
    report(documents, lambda d, threshold: d["model"].predict(d["read"], threshold))


def parity(weights, folder):
    """What the reference makes of every text under `folder`, for the test in Rust."""
    model, is_known = Model.from_bytes(weights)
    cases = []
    for path in sorted(pathlib.Path(folder).rglob("*.txt")):
        text = path.read_text(encoding="utf-8")
        document = Document(text, is_known)
        log_z, _ = model.marginals(document)
        cases.append(
            {
                "path": path.relative_to(folder).as_posix(),
                "is_first_person": document.is_first_person,
                "n_tokens": len(tokenize(text)),
                "units": [list(unit) for unit in zip(document.starts, document.ends)],
                "boundaries": document.boundaries,
                "log_z": round(float(log_z), 6),
                "spans": [[start, end, round(q, 6)] for start, end, q in model.predict(document)],
            }
        )
    return cases


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--train", nargs="+", metavar="DIR")
    parser.add_argument("--cv", action="store_true")
    parser.add_argument("--weights", type=pathlib.Path)
    parser.add_argument("--evaluate", nargs="+", metavar="DIR")
    parser.add_argument("--parity", type=pathlib.Path, metavar="TEXT_DIR")
    parser.add_argument("--out", type=pathlib.Path)
    args = parser.parse_args()
    if args.train and args.cv:
        cross_validate(load(args.train))
    elif args.train:
        model, known = train(load(args.train))
        data = model.to_bytes(known)
        args.out.write_bytes(data)
        print(len(data), "bytes, SHA-256", hashlib.sha256(data).hexdigest())
    elif args.evaluate:
        model, is_known = Model.from_bytes(args.weights.read_bytes())
        documents = load(args.evaluate)
        for document in documents:
            document["read"] = Document(document["text"], is_known)
        report(documents, lambda d, threshold: model.predict(d["read"], threshold))
    elif args.parity:
        cases = parity(args.weights.read_bytes(), args.parity)
        lines = ",\n".join(json.dumps(case, separators=(",", ":")) for case in cases)
        args.out.write_text(f"[\n{lines}\n]\n", encoding="utf-8")
    else:
        parser.error("give --train, --evaluate or --parity")


if __name__ == "__main__":
    main()
