"""Trains the THOROUGH cross-encoder.

usage: thorough.py STAGE --datasets DIR --corpus DIR --cache DIR [--teacher DIR] [--start FILE]
corpora.py and minilm.py are those of ../static_embeddings: put that folder on PYTHONPATH, for every script here.

pretrain  SNLI, STS-B, ArgKP and synthetic readout pairs                     -> CACHE/pre.pt
folds     cross-validation by document over the annotated training pairs    -> CACHE/oof.npz (out-of-fold logits)
final     the same recipe on all training pairs; logits of dev pairs        -> CACHE/final.pt, CACHE/dev.npz
zero      link F1 of the stage 1 weights on the training pairs, for information
measure   figures of CACHE/NAME.pt on the public dev sets
Nothing of corpus/dev or corpus/single is trained or tuned on.
"""
import argparse
import collections
import json
import os
import random
import time

import numpy as np
import torch

import corpora
import crossencoder as ce
import minilm
import synthetic

SEED = 20261124


def public_items(a, rng):
    """Stage 1 items."""
    items = []
    for x, y, label in corpora.snli(a.datasets, "train"):
        items.append({"a": x, "b": y, "nli": label, "ordered": True})
    for x, y, s in corpora.stsb(a.datasets, "train"):
        items.append({"a": x, "b": y, "sim": s / 5, "weight_sim": 2.0, "link": 1 if s >= 4 else 0 if s <= 2 else None, "weight_link": 0.3})
    args, points, labels = corpora.argkp(a.datasets, "train")
    negatives = []
    for (x, k), y in labels.items():
        item = {"a": args[x]["argument"], "b": points[k]["key_point"], "kp": y, "link": y, "weight_link": 0.3}
        (items if y else negatives).append(item)
    items += rng.sample(negatives, min(len(negatives), a.argkp_negatives))
    made = synthetic.make(corpora.readout_sentences(a.corpus), a.synthetic, SEED)
    for p in made:
        items.append({**p, "weight_div": 1.0, "weight_link": 0.7, "weight_nli": 0.7, "ordered": False})
    return items


def gold(pair):
    """{(i, j): kind} of a pair's links, by index of its a and b positions."""
    ia = {p["id"]: i for i, p in enumerate(pair["positions_a"])}
    ib = {p["id"]: i for i, p in enumerate(pair["positions_b"])}
    out = {}
    for t in pair["points"]:
        if t["scope"] == "cross" and not t["kind"].startswith("only"):
            for x in t["members"]:
                for y in t["members"]:
                    if x[0] == "a" and y[0] == "b":
                        out[ia[x], ib[y]] = t["kind"]
    return out


def clean(text):
    return " ".join(text.split())


def readout_items(pairs, cosines, rng):
    """Stage 2 items of one epoch: every link, the hardest negatives of each row and column, some others."""
    items = []
    for p, cos in zip(pairs, cosines):
        links = gold(p)
        n, m = cos.shape
        chosen = set()
        masked = cos.copy()
        for ij in links:
            masked[ij] = -9
        if n and m:
            for i in range(n):
                chosen.update((i, j) for j in np.argsort(-masked[i])[:2])
            for j in range(m):
                chosen.add((int(np.argsort(-masked[:, j])[0]), j))
            for _ in range((n * m) // 12):
                chosen.add((rng.randrange(n), rng.randrange(m)))
        for i, j in sorted((int(i), int(j)) for i, j in chosen):
            if (i, j) not in links:
                items.append({"a": clean(p["positions_a"][i]["text"]), "b": clean(p["positions_b"][j]["text"]), "link": 0})
        for (i, j), kind in links.items():
            items.append({"a": clean(p["positions_a"][i]["text"]), "b": clean(p["positions_b"][j]["text"]), "link": 1, "weight_link": 2.0,
                          "div": int(kind == "divergence"), "weight_div": 2.0 if kind == "divergence" else 1.0})
    return items


def topic_items(docs, rng, share):
    """A position and the annotator's short topic of it (same thing), and of another position of the document (not)."""
    items = []
    for p in docs:
        rows = p["positions"] if "positions" in p else p["positions_a"] + p["positions_b"]
        for k, q in enumerate(rows):
            if rng.random() < share and len(rows) > 1 and q["topic"]:
                other = rows[(k + rng.randrange(1, len(rows))) % len(rows)]
                items.append({"a": clean(q["text"]), "b": q["topic"], "link": 1, "weight_link": 0.4})
                if other["topic"] != q["topic"]:
                    items.append({"a": clean(q["text"]), "b": other["topic"], "link": 0, "weight_link": 0.4})
    return items


def rehearsal(public, rng, count):
    """A few stage 1 items, so that the public heads stay."""
    return [dict(x, weight=0.7) for x in rng.sample(public, count)]


def candidates(pairs):
    return [(clean(x["text"]), clean(y["text"])) for p in pairs for x in p["positions_a"] for y in p["positions_b"]]


def cosine_matrices(pairs, folder, tok):
    """Teacher cosines of every pair's positions, for choosing hard negatives."""
    model = minilm.Encoder.pretrained(folder).bfloat16()
    texts = sorted({clean(x["text"]) for p in pairs for s in "ab" for x in p["positions_" + s]})
    v = minilm.sentence_vectors(model, tok, texts, limit=96).numpy()
    at = {t: i for i, t in enumerate(texts)}
    out = []
    for p in pairs:
        x, y = (np.array([v[at[clean(q["text"])]] for q in p["positions_" + s]]).reshape(-1, v.shape[1]) for s in "ab")
        out.append(x @ y.T)
    return out


def document_folds(pairs, k):
    """Fold of each pair; pairs that share a text or a document stay together, large groups are dealt first."""
    parent = list(range(len(pairs)))
    def root(i):
        while parent[i] != i:
            i = parent[i]
        return i
    seen = {}
    for i, p in enumerate(pairs):
        for key in list(p["texts"].values()) + [s.get("path") for s in p["sources"] if s.get("path")]:
            parent[root(i)] = root(seen.setdefault(key, i))
    groups = collections.defaultdict(list)
    for i in range(len(pairs)):
        groups[root(i)].append(i)
    weight = lambda g: sum(len(pairs[i]["positions_a"]) * len(pairs[i]["positions_b"]) for i in g)
    fold, load = [0] * len(pairs), [0] * k
    for g in sorted(groups.values(), key=weight, reverse=True):
        f = load.index(min(load))
        load[f] += weight(g)
        for i in g:
            fold[i] = f
    return fold


def load_start(path):
    model = ce.CrossEncoder(minilm.Encoder(drop=0.1))
    model.load_state_dict(torch.load(path))
    return model


def tune(a, pairs, singles, cosines, public, texts, seed, log):
    """Stage 2 from the stage 1 weights."""
    rng = random.Random(seed)
    model = load_start(os.path.join(a.cache, a.start))
    epochs = [readout_items(pairs, cosines, rng) + topic_items(pairs + singles, rng, a.topics) + rehearsal(public, rng, a.rehearsal) for _ in range(a.epochs)]
    log("items", [len(e) for e in epochs])
    ce.train(model, texts, epochs, seed, log, rate=a.rate, head_rate=a.rate * 4)
    return model


def quick_f1(pairs, logits):
    """Best F1 of a threshold on the link logit, over these pairs (a progress figure, tuned on itself)."""
    y, at = [], 0
    for p in pairs:
        g = gold(p)
        y += [(i, j) in g for i in range(len(p["positions_a"])) for j in range(len(p["positions_b"]))]
    y = np.array(y)
    order = np.argsort(-logits[:, 0])
    hits = np.cumsum(y[order])
    f = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    return round(float(f.max()), 3)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("stage", choices=["pretrain", "folds", "final", "measure", "zero"])
    for name in ("datasets", "corpus", "cache"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--teacher")
    ap.add_argument("--start", default="pre.pt")
    ap.add_argument("--name", default="")
    ap.add_argument("--synthetic", type=int, default=8000)
    ap.add_argument("--argkp-negatives", type=int, default=8000)
    ap.add_argument("--rehearsal", type=int, default=500)
    ap.add_argument("--topics", type=float, default=0.35)
    ap.add_argument("--epochs", type=int, default=2)
    ap.add_argument("--folds", type=int, default=4)
    ap.add_argument("--only", type=int, help="one fold only (a trial); the logits of the others stay 0")
    ap.add_argument("--rate", type=float, default=8e-5)
    ap.add_argument("--seed", type=int, default=SEED)
    a = ap.parse_args()
    torch.set_num_threads(2)
    begin = time.time()
    log = lambda *m: print(f"{time.time() - begin:7.1f}s", *m, flush=True)
    folder = minilm.teacher_dir(a.teacher)
    tok = minilm.load_tokenizer(folder)
    texts = ce.Texts(tok)
    os.makedirs(a.cache, exist_ok=True)
    path = lambda name: os.path.join(a.cache, name)

    if a.stage == "measure":
        log(json.dumps(ce.public_metrics(load_start(path(a.start)), texts, a.datasets)))
        return
    public = public_items(a, random.Random(a.seed))
    if a.stage == "pretrain":
        torch.manual_seed(a.seed)
        model = ce.CrossEncoder(minilm.Encoder.pretrained(folder))
        log("items", len(public))
        ce.train(model, texts, [public], a.seed, log, rate=1e-4, head_rate=5e-4, size=32)
        torch.save(model.state_dict(), path(a.start))
        log(json.dumps(ce.public_metrics(model, texts, a.datasets, snli_rows=1500)))
        return
    pairs = corpora.pairs(os.path.join(a.corpus, "train", "pairs"))
    if a.stage == "zero":
        x = ce.score(load_start(path(a.start)), texts, candidates(pairs))
        np.savez(path("zero.npz"), logits=x)
        y = np.array([(i, j) in gold(p) for p in pairs for i in range(len(p["positions_a"])) for j in range(len(p["positions_b"]))])
        from sklearn.metrics import average_precision_score
        log({h: round(float(average_precision_score(y, x[:, k])), 3) for k, h in enumerate(ce.HEADS)})
        return
    cosines = cosine_matrices(pairs, folder, tok)
    shared = {t for p in pairs for t in p["texts"].values()}
    singles = [p for p in corpora.pairs(os.path.join(a.corpus, "train", "single")) if p["text"] not in shared]
    if a.stage == "folds":
        fold = document_folds(pairs, a.folds)
        counts = [len(p["positions_a"]) * len(p["positions_b"]) for p in pairs]
        starts = np.cumsum([0] + counts)
        out = np.zeros((starts[-1], len(ce.HEADS)), np.float32)
        for f in range(a.folds) if a.only is None else [a.only]:
            inside = [i for i in range(len(pairs)) if fold[i] != f]
            model = tune(a, [pairs[i] for i in inside], singles, [cosines[i] for i in inside], public, texts, a.seed + f, log)
            if a.only is not None:
                torch.save(model.state_dict(), path(f"fold{f}{a.name}.pt"))
            held = [i for i in range(len(pairs)) if fold[i] == f]
            x = ce.score(model, texts, candidates([pairs[i] for i in held]))
            at = 0
            for i in held:
                out[starts[i] : starts[i + 1]] = x[at : at + counts[i]]
                at += counts[i]
            at = quick_f1([pairs[i] for i in held], x)
            log(f"fold {f}: {len(held)} pairs, best F1 {at}")
            np.savez(path(f"oof{a.name}.npz"), logits=out, fold=np.array(fold))
        log("all folds: best F1", quick_f1(pairs, out))
    if a.stage == "final":
        model = tune(a, pairs, singles, cosines, public, texts, a.seed + 99, log)
        torch.save(model.state_dict(), path(f"final{a.name}.pt"))
        dev = corpora.pairs(os.path.join(a.corpus, "dev"))
        x = ce.score(model, texts, candidates(dev))
        np.savez(path(f"dev{a.name}.npz"), logits=x)
        log("dev: best F1 (threshold of dev itself, for information)", quick_f1(dev, x))
        log(json.dumps(ce.public_metrics(model, texts, a.datasets, snli_rows=1500)))


if __name__ == "__main__":
    main()
