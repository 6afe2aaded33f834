"""Readers of the training data: public pair sets and annotated readouts. Every folder is given by the caller."""
import csv
import glob
import json
import os
import re

SENTENCE_END = re.compile(r"(?<=[.!?”])\s+(?=[A-Z“\"(])|\n+")


def stsb(folder, split):
    """[(sentence1, sentence2, score 0..5)]"""
    with open(os.path.join(folder, "stsb", f"stsb-en-{split}.csv"), encoding="utf-8") as f:
        return [(r[0], r[1], float(r[2])) for r in csv.reader(f)]


def snli(folder, split):
    """[(premise, hypothesis, label)], label 0 entailment, 1 neutral, 2 contradiction. split: train or dev."""
    names = {"train": ("s1.train10k", "s2.train10k", "labels.train10k"), "dev": ("SNLI_s1.dev", "SNLI_s2.dev", "SNLI_labels.dev")}
    cols = []
    for n in names[split]:
        with open(os.path.join(folder, "snli", n), encoding="utf-8") as f:
            cols.append([line.strip() for line in f])
    labels = {"entailment": 0, "neutral": 1, "contradiction": 2}
    return [(a, b, labels[y]) for a, b, y in zip(*cols) if y in labels]


def argkp(folder, split):
    """Arguments, key points (id -> row) and labels {(arg, key point): 0 or 1}."""
    def rows(name):
        with open(os.path.join(folder, "argkp", f"{name}_{split}.csv"), encoding="utf-8") as f:
            return list(csv.DictReader(f))
    args = {r["arg_id"]: r for r in rows("arguments")}
    points = {r["key_point_id"]: r for r in rows("key_points")}
    labels = {(r["arg_id"], r["key_point_id"]): int(r["label"]) for r in rows("labels")}
    return args, points, labels


def sick(folder, split):
    """[(a, b, relatedness 1..5, label)]; its licence allows measuring only."""
    with open(os.path.join(folder, "sick", f"SICK_SICK_{split}.txt"), encoding="utf-8") as f:
        rows = list(csv.DictReader(f, delimiter="\t", quoting=csv.QUOTE_NONE))
    labels = {"ENTAILMENT": 0, "NEUTRAL": 1, "CONTRADICTION": 2}
    return [(r["sentence_A"], r["sentence_B"], float(r["relatedness_score"]), labels[r["entailment_judgment"].upper()]) for r in rows]


def pairs(folder):
    """Annotated pair files of a folder, sorted by name."""
    out = []
    for path in sorted(glob.glob(os.path.join(folder, "*.json"))):
        with open(path, encoding="utf-8") as f:
            out.append(json.load(f))
    return out


def sentences(text):
    """A plain splitter, good enough for training text."""
    return [s.strip() for s in SENTENCE_END.split(text) if len(s.strip()) >= 15]


def held_out_sentences(folder):
    """Sentences of the measuring sets (dev and single); used only to keep their documents out of training."""
    seen = set()
    for p in pairs(os.path.join(folder, "dev")) + pairs(os.path.join(folder, "single")):
        for t in p["texts"].values() if "texts" in p else [p["text"]]:
            seen.update(s for s in sentences(t) if len(s) >= 60)
    return seen


def readout_sentences(folder):
    """Distinct sentences of the unlabelled readouts, less every document that shares a sentence with dev or single."""
    held, seen = held_out_sentences(folder), {}
    with open(os.path.join(folder, "plain", "readouts.jsonl"), encoding="utf-8") as f:
        for line in f:
            doc = sentences(json.loads(line)["text"])
            if not held.intersection(doc):
                for s in doc:
                    seen.setdefault(s)
    return list(seen)


def train_sentences(folder):
    """Distinct sentences of the annotated training texts (pairs and single documents)."""
    held, seen = held_out_sentences(folder), {}
    for p in pairs(os.path.join(folder, "train", "pairs")):
        for t in p["texts"].values():
            for s in sentences(t):
                if s not in held:
                    seen.setdefault(s)
    for p in pairs(os.path.join(folder, "train", "single")):
        for s in sentences(p["text"]):
            if s not in held:
                seen.setdefault(s)
    return list(seen)
