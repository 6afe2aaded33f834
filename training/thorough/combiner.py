"""Fits the combiners that turn scores and context into link and divergence probabilities, given gold spans.

usage: combiner.py --corpus DIR --cache DIR --models DIR --out FILE [--teacher DIR] [--runs NAME,NAME]

FAST: static cosine, lexical and context features. THOROUGH: the same and the cross-encoder's out-of-fold logits
(CACHE/oof.npz of thorough.py folds, CACHE/dev.npz of thorough.py final).
Every feature of a pair of positions is unchanged when the two readouts are swapped, so the answer mirrors exactly.
Regularisation and thresholds come from cross-validation by document over the training pairs; dev is only measured.
"""
import argparse
import collections
import json
import math
import os
import re
import struct

import numpy as np
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import average_precision_score

import corpora
import minilm
import thorough

DIM = 256
STOP = set("a an the of to in on and or for with by at from as is are was were be been being it its this that these those we i you he she they our your their his her my me us them not no do does did have has had will would can could should must may might also very so but if than then there here what which who whom how when where all more most much many s t re ve ll d m”“".split())
WORD = re.compile(r"[^\W_]+(?:[’'][^\W_]+)?")
NUM = re.compile(r"\d[\d,]*(?:\.\d+)?")


def load_static(models):
    with open(os.path.join(models, "static.bin"), "rb") as f:
        data = f.read()
    assert data[:8] == b"PLXSTAT1"
    _, n, dim, _ = struct.unpack_from("<4I", data, 8)
    scale = np.frombuffer(data, "<f4", n, 24)
    rows = np.frombuffer(data, np.int8, n * dim, 24 + 4 * n).reshape(n, dim)
    return rows.astype(np.float32) * scale[:, None]


def stem(w):
    w = w.lower().replace("’", "'")
    w = re.sub(r"'s$|'$", "", w)
    for e in ("ingly", "edly", "ing", "ies", "ed", "es", "ly", "s"):
        if w.endswith(e) and len(w) - len(e) >= 3:
            return w[: -len(e)] + ("y" if e == "ies" else "")
    return w


def words(text):
    return {stem(w) for w in WORD.findall(text)} - STOP


def idf_table(texts):
    """Inverse document frequency of stems over readout sentences."""
    df = collections.Counter(w for t in texts for w in words(t))
    n = len(texts)
    return collections.defaultdict(lambda: math.log(n / 0.5), {w: math.log(n / (c + 0.5)) for w, c in df.items()})


def names(text):
    """Capitalised words that do not open a sentence."""
    return {stem(m.group()) for m in re.finditer(r"(?<=[a-z,;] )[A-Z][\w’'-]+", text)} - STOP


def context(name, s):
    """Symmetric context features of a score matrix: value, ranks, margins, z-score."""
    n, m = s.shape
    out = {}
    rank = lambda x, axis: np.argsort(np.argsort(-x, axis=axis), axis=axis)
    row, col = rank(s, 1), rank(s, 0)
    a, b = np.log1p(row), np.log1p(col)
    out["value"] = s
    out["rank min"], out["rank max"] = np.minimum(a, b), np.maximum(a, b)
    out["best of both"] = ((row == 0) & (col == 0)).astype(float)
    z = (s - s.mean()) / (s.std() + 1e-6)
    out["z"] = z
    rm, cm = s - s.mean(1, keepdims=True), s - s.mean(0, keepdims=True)
    out["over mean, min"], out["over mean, max"] = np.minimum(rm, cm), np.maximum(rm, cm)
    def margin(x):
        top = -np.sort(-x, axis=1)
        second = top[:, 1:2] if x.shape[1] > 1 else np.full((len(x), 1), x.min())
        return x - np.where(x == top[:, :1], second, top[:, :1])
    r, c = margin(s), margin(s.T).T
    out["margin min"], out["margin max"] = np.minimum(r, c), np.maximum(r, c)
    return {f"{name}: {k}": v for k, v in out.items()}


THANKS = re.compile(r"\b(thank|grateful|gratitude|appreciat|welcom)", re.I)
NEG = re.compile(r"\b(not|no|never|cannot|refus|reject|oppos|deni|against|without|fail|condemn|concern|violat|threat|provocat|sanction|aggress)|n[’']t\b", re.I)


def pair_features(p, table, tok, idf, extra):
    """(names, array [n*m, features]) of one pair; extra: {name: matrix} of further scores, each with its context."""
    A, B = p["positions_a"], p["positions_b"]
    n, m = len(A), len(B)
    ta, tb = ([thorough.clean(x["text"]) for x in q] for q in (A, B))
    def vec(ts):
        out = []
        for t in ts:
            v = table[tok.encode(t, add_special_tokens=False).ids].sum(0)
            out.append(v / (np.linalg.norm(v) + 1e-9))
        return np.array(out).reshape(len(ts), DIM)
    cos = vec(ta) @ vec(tb).T
    wa, wb = [words(t) for t in ta], [words(t) for t in tb]
    # words that many positions of this contact share say little about one pair
    local = collections.Counter(w for x in wa + wb for w in x)
    here = lambda w: idf[w] * (1 - 0.7 * (local[w] - 1) / max(1, n + m - 1))
    ma, mb = [sum(idf[w] for w in x) or 1 for x in wa], [sum(idf[w] for w in x) or 1 for x in wb]
    shared = np.array([[sum(idf[w] for w in x & y) for y in wb] for x in wa]).reshape(n, m)
    weighted = np.array([[sum(here(w) for w in x & y) for y in wb] for x in wa]).reshape(n, m)
    rare = np.array([[max([here(w) for w in x & y], default=0) for y in wb] for x in wa]).reshape(n, m)
    dice = 2 * shared / (np.array(ma)[:, None] + np.array(mb)[None])
    least = shared / np.minimum(np.array(ma)[:, None], np.array(mb)[None])
    na, nb = [names(t) for t in ta], [names(t) for t in tb]
    fa, fb = [set(NUM.findall(t)) for t in ta], [set(NUM.findall(t)) for t in tb]
    f = {}
    f.update(context("static", cos))
    f.update(context("idf", weighted / 10))
    f["dice"], f["least"], f["rare"] = dice, least, rare / 10
    f["names shared"] = np.array([[len(x & y) for y in nb] for x in na], float).reshape(n, m).clip(max=3)
    f["figures shared"] = np.array([[float(bool(x & y)) for y in fb] for x in fa]).reshape(n, m)
    f["figures differ"] = np.array([[float(bool(x and y and not x & y)) for y in fb] for x in fa]).reshape(n, m)
    la, lb = np.log([len(t) for t in ta] or [1])[:n], np.log([len(t) for t in tb] or [1])[:m]
    f["shorter"], f["longer"] = np.minimum(la[:, None], lb[None]), np.maximum(la[:, None], lb[None])
    f["small side"], f["large side"] = np.full((n, m), math.log(min(n, m) or 1)), np.full((n, m), math.log(max(n, m) or 1))
    f["place"] = np.abs(np.arange(n)[:, None] / max(1, n - 1) - np.arange(m)[None] / max(1, m - 1))
    ha, hb = [x["side"] for x in A], [x["side"] for x in B]
    f["same holder"] = np.array([[float(x == y and x in "AB") for y in hb] for x in ha]).reshape(n, m)
    f["joint"] = np.array([[(x == "joint") + (y == "joint") for y in hb] for x in ha], float).reshape(n, m)
    f["other's view"] = np.array([[(x == "B") + (y == "A") for y in hb] for x in ha], float).reshape(n, m)
    f["third party"] = np.array([[(x == "other") + (y == "other") for y in hb] for x in ha], float).reshape(n, m)
    th = [[bool(THANKS.search(t)) for t in ts] for ts in (ta, tb)]
    f["one thanks"] = np.array([[float(x != y) for y in th[1]] for x in th[0]]).reshape(n, m)
    ng = [[bool(NEG.search(t)) for t in ts] for ts in (ta, tb)]
    f["one negative"] = np.array([[float(x != y) for y in ng[1]] for x in ng[0]]).reshape(n, m)
    f["both negative"] = np.array([[float(x and y) for y in ng[1]] for x in ng[0]]).reshape(n, m)
    f["document negative"] = np.full((n, m), np.mean(ng[0] + ng[1]) if n + m else 0)
    f["document static"] = np.full((n, m), cos.mean() if cos.size else 0)
    for k, s in extra.items():
        f.update(context(k, s))
    return list(f), np.stack([v.reshape(-1) for v in f.values()], 1)


def f1(h, p, g):
    return 2 * h / (p + g) if p + g else 0.0


def link_figures(y, kind, prob, div, t, tdiv):
    """Links F1, with kind, divergences, at given thresholds. kind: 1 divergence, 0 overlap (where y)."""
    pred = prob >= t
    d = div >= tdiv
    hits = (pred & (y == 1)).sum()
    both = (pred & (y == 1) & (d == (kind == 1))).sum()
    dv = (pred & d & (y == 1) & (kind == 1)).sum()
    return {"links": f1(hits, pred.sum(), y.sum()), "precision": hits / max(1, pred.sum()), "recall": hits / max(1, y.sum()), "with kind": f1(both, pred.sum(), y.sum()),
            "divergences": f1(dv, (pred & d).sum(), ((y == 1) & (kind == 1)).sum()), "divergences strict p/g": [int((pred & d).sum()), int(((y == 1) & (kind == 1)).sum())]}


def best_threshold(y, prob):
    order = np.argsort(-prob)
    hits = np.cumsum(y[order])
    f = 2 * hits / (np.arange(1, len(y) + 1) + y.sum())
    f = np.convolve(f, np.ones(15) / 15, "same")  # the middle of a plateau, not a lucky peak
    k = int(f.argmax())
    return float(prob[order[k]])


def standard(x):
    mu, sd = x.mean(0), x.std(0)
    return mu, np.where(sd < 1e-6, 1, sd)


def fit(x, y, c, w=None):
    mu, sd = standard(x)
    m = LogisticRegression(C=c, max_iter=2000).fit((x - mu) / sd, y, sample_weight=w)
    coef = m.coef_[0] / sd
    return coef, float(m.intercept_[0] - (coef * mu).sum())


def prob(model, x):
    return 1 / (1 + np.exp(-(x @ model[0] + model[1])))


UNSEEN = [-6.0, 0.0, 0.0, 0.0, 0.0, -3.0, -6.0]  # logits of a candidate outside the shortlist


def shortlist(pairs, p, times):
    """The times * max(n, m) most probable candidates of each pair of readouts, by the FAST probability p."""
    out, at = np.zeros(len(p), bool), 0
    for x in pairs:
        n, m = len(x["positions_a"]), len(x["positions_b"])
        k = min(n * m, times * max(n, m))
        out[at + np.argsort(-p[at : at + n * m], kind="stable")[:k]] = True
        at += n * m
    return out


class Data:
    """Features and labels of a list of pairs."""

    def __init__(self, pairs, table, tok, idf, logits, kept=None):
        """kept: candidates that the cross-encoder sees (by the shortlist); the others get fixed low logits."""
        self.pairs, at, xs, ys, ks, doc = pairs, 0, [], [], [], []
        if logits is not None and kept is not None:
            logits = np.where(kept[:, None], logits, np.array(UNSEEN, np.float32))
        self.kept = kept
        for d, p in enumerate(pairs):
            n, m = len(p["positions_a"]), len(p["positions_b"])
            extra = {}
            if logits is not None:
                x = logits[at : at + n * m].reshape(n, m, -1)
                extra = {"cross link": x[..., 0], "cross similarity": x[..., 5], "cross keypoint": x[..., 6]}
            self.names, f = pair_features(p, table, tok, idf, extra)
            if logits is not None:
                flat = x.reshape(n * m, -1)
                linked = 1 / (1 + np.exp(-flat[:, 0]))
                mean_div = float((linked * flat[:, 1]).sum() / (linked.sum() + 1e-6)) if len(flat) else 0.0
                f = np.column_stack([f, flat[:, 1], flat[:, 4] - flat[:, 2], flat[:, 3] - flat[:, 2], np.full(n * m, mean_div)])
                self.names = self.names + ["cross divergence", "cross contradiction - entailment", "cross neutral - entailment", "document divergence"]
            at += n * m
            g = thorough.gold(p)
            xs.append(f)
            ys += [(i, j) in g for i in range(n) for j in range(m)]
            ks += [g.get((i, j)) == "divergence" for i in range(n) for j in range(m)]
            doc += [d] * (n * m)
        self.x, self.y, self.kind, self.doc = np.concatenate(xs), np.array(ys, int), np.array(ks, int), np.array(doc)


def columns(names, keep):
    return [i for i, n in enumerate(names) if keep(n)]


KIND = ("cross divergence", "cross contradiction - entailment", "cross neutral - entailment", "document divergence", "cross link: value", "cross similarity: value", "static: value", "dice", "one negative", "both negative", "document negative",
        "one thanks", "figures differ", "figures shared", "same holder", "joint", "other's view", "third party", "document static", "shorter", "longer")


def run(name, train, dev, fold, keep, report, use=None):
    """Cross-validates, fits, measures one combiner; returns its weights and the probabilities of train (out of fold) and dev.

    use: training candidates that count (documents with out-of-fold logits). Links outside a shortlist count as missed.
    """
    cols = columns(train.names, keep)
    kcols = columns(train.names, lambda n: n in KIND and keep(n))
    use = np.ones(len(train.y), bool) if use is None else use
    x, kx, y, kind, f = train.x[use][:, cols], train.x[use][:, kcols], train.y[use], train.kind[use], fold[train.doc][use]
    seen = np.ones(len(y), bool) if train.kept is None else train.kept[use]
    dseen = np.ones(len(dev.y), bool) if dev.kept is None else dev.kept
    linked = (y == 1) & seen
    folds = sorted(set(f.tolist()))
    best = None
    for c in (0.003, 0.01, 0.03, 0.1, 0.3):
        oof = np.zeros(len(x))
        for k in folds:
            oof[f == k] = prob(fit(x[(f != k) & seen], y[(f != k) & seen], c), x[f == k]) * seen[f == k]
        s = average_precision_score(y, oof)
        if best is None or s > best[0] + 5e-4:
            best = (s, c, best_threshold(y, oof), oof)
    ap, c, t, oof = best
    bk = None
    for ck in (0.003, 0.01, 0.03, 0.1):
        kd = np.zeros(len(x))
        for k in folds:
            kd[f == k] = prob(fit(kx[linked & (f != k)], kind[linked & (f != k)], ck), kx[f == k])
        for td in np.arange(0.2, 0.7, 0.025):
            fig = link_figures(y, kind, oof, kd, t, td)
            s = fig["with kind"] + 0.5 * fig["divergences"]
            if bk is None or s > bk[0] + 1e-4:
                bk = (s, ck, td, kd)
    _, ck, td, kd = bk
    cv = link_figures(y, kind, oof, kd, t, td)
    link, kindm = fit(x[seen], y[seen], c), fit(kx[linked], kind[linked], ck)
    pd, kdv = prob(link, dev.x[:, cols]) * dseen, prob(kindm, dev.x[:, kcols])
    dv = link_figures(dev.y, dev.kind, pd, kdv, t, td)
    own = link_figures(dev.y, dev.kind, pd, kdv, best_threshold(dev.y, pd), td)["links"]
    dap = average_precision_score(dev.y, pd)
    line = lambda d: " ".join(f"{k} {v:.3f}" for k, v in d.items() if isinstance(v, float)) + f" {d['divergences strict p/g']}"
    print(f"== {name}: {len(cols)} features, C {c} threshold {t:.3f}; kind C {ck} threshold {td:.3f}\n   cv  ap {ap:.3f} {line(cv)}\n   dev ap {dap:.3f} {line(dv)}   (links at dev's own best threshold {own:.3f})", flush=True)
    figures = lambda d: {k: float(v) for k, v in d.items() if not isinstance(v, list)}
    report[name] = {"cv": {"ap": float(ap), **figures(cv)}, "dev": {"ap": float(dap), **figures(dv)}}
    bins = []
    for lo in np.arange(0, 1, 0.1):
        m = (oof >= lo) & (oof < lo + 0.1) & seen
        if m.sum():
            bins.append([round(float(lo), 1), int(m.sum()), round(float(oof[m].mean()), 3), round(float(y[m].mean()), 3)])
    weights = {"link": {"names": [train.names[i] for i in cols], "weights": [float(v) for v in link[0]], "bias": link[1], "threshold": t},
               "divergence": {"names": [train.names[i] for i in kcols], "weights": [float(v) for v in kindm[0]], "bias": kindm[1], "threshold": float(td)},
               "figures": report[name], "reliability [from, candidates, mean probability, share linked]": bins}
    whole = np.zeros(len(train.y))
    whole[use] = oof
    return weights, whole, pd


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("corpus", "cache", "models", "out"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--teacher")
    ap.add_argument("--runs", default="", help="comma-separated names of cross-encoder runs, averaged; '-' for FAST only")
    ap.add_argument("--folds", type=int, default=4)
    a = ap.parse_args()
    tok = minilm.load_tokenizer(minilm.teacher_dir(a.teacher))
    table = load_static(a.models)
    idf = idf_table(corpora.readout_sentences(a.corpus))
    pairs, dev = corpora.pairs(os.path.join(a.corpus, "train", "pairs")), corpora.pairs(os.path.join(a.corpus, "dev"))
    fold = np.array(thorough.document_folds(pairs, a.folds))
    base, base_dev = Data(pairs, table, tok, idf, None), Data(dev, table, tok, idf, None)
    report, out = {}, {}
    out["fast"], p, pd = run("fast", base, base_dev, fold, lambda n: True, report)
    if a.runs != "-":
        runs = a.runs.split(",")
        load = lambda kind: np.mean([np.load(os.path.join(a.cache, f"{kind}{r}.npz"))["logits"] for r in runs], axis=0)
        oof, devl = load("oof"), load("dev")
        use = np.abs(oof).sum(1) > 0
        if not use.all():
            print("folds with logits:", sorted(set(fold[base.doc][use].tolist())))
            run("fast, these folds", base, base_dev, fold, lambda n: True, report, use)
        cross = lambda n: n.startswith("cross") or n == "document divergence"
        for times in (0, 3, 2):
            label = f"shortlist {times} x max(n, m)" if times else "all candidates"
            kept = [shortlist(q, x, times) if times else None for q, x in ((pairs, p), (dev, pd))]
            t, d = Data(pairs, table, tok, idf, oof, kept[0]), Data(dev, table, tok, idf, devl, kept[1])
            if not times:
                run("cross link logit alone, " + label, t, d, fold, lambda n: n in ("cross link: value", "cross divergence"), report, use)
                run("cross with context, " + label, t, d, fold, cross, report, use)
            name = "thorough" + (f" {times}" if times else "")
            out[name] = run(f"{name}, {label}", t, d, fold, lambda n: True, report, use)[0]
    with open(a.out, "w", encoding="utf-8") as f:
        json.dump(out, f, indent=1)


if __name__ == "__main__":
    main()
