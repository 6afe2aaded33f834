"""The THOROUGH cross-encoder: model, pair encoding, training loop, scoring, metrics of the public sets."""
import collections
import random

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from scipy.stats import spearmanr
from sklearn.metrics import average_precision_score

import corpora
import minilm

HEADS = ["link", "divergence", "entailment", "neutral", "contradiction", "similarity", "keypoint"]
INNER = 128
LIMIT = 128


class CrossEncoder(nn.Module):
    """Six MiniLM layers over "[CLS] a [SEP] b [SEP]"; seven logits.

    u, v: mean hidden state of a's and b's tokens (each with its [SEP]), scaled to length sqrt(384).
    logits = W2 gelu(W1 [h_CLS ; u * v ; |u - v|] + b1) + b2
    """

    def __init__(self, encoder):
        super().__init__()
        self.encoder = encoder
        self.inner = nn.Linear(3 * minilm.HIDDEN, INNER)
        self.outer = nn.Linear(INNER, len(HEADS))

    def forward(self, ids, segments, mask):
        h = self.encoder(ids, segments, mask).float()
        one = (mask & (segments == 0)).float()
        one[:, 0] = 0
        two = (mask & (segments == 1)).float()
        scale = minilm.HIDDEN ** 0.5
        u = F.normalize(torch.einsum("bth,bt->bh", h, one), dim=1) * scale
        v = F.normalize(torch.einsum("bth,bt->bh", h, two), dim=1) * scale
        z = torch.cat([h[:, 0], u * v, (u - v).abs()], dim=1)
        z = F.gelu(self.inner(F.dropout(z, 0.1, self.training)))
        return self.outer(z)


def canonical(a, b):
    """The order in which a pair is scored: the smaller UTF-8 string first, so that (a, b) and (b, a) score alike."""
    return (a, b) if a.encode() <= b.encode() else (b, a)


def encode_pair(a, b, limit=LIMIT):
    """Token ids (no specials) of two texts -> (ids, segments); the longer text is cut first, the second on a tie."""
    a, b = list(a), list(b)
    while len(a) + len(b) + 3 > limit:
        (a if len(a) > len(b) else b).pop()
    return [101, *a, 102, *b, 102], [0] * (len(a) + 2) + [1] * (len(b) + 1)


class Texts:
    """Token ids by text, computed once."""

    def __init__(self, tok):
        self.tok, self.known = tok, {}

    def __call__(self, text):
        if text not in self.known:
            self.known[text] = self.tok.encode(text, add_special_tokens=False).ids
        return self.known[text]


def batches(lengths, size, rng, mega=20):
    """Index batches of similar length in random order."""
    order = list(range(len(lengths)))
    rng.shuffle(order)
    out = []
    for i in range(0, len(order), size * mega):
        part = sorted(order[i : i + size * mega], key=lambda k: lengths[k])
        out += [part[j : j + size] for j in range(0, len(part), size)]
    rng.shuffle(out)
    return out


def loss_of(logits, items):
    """Sum of the losses of the targets that each item has, each with the item's weight; mean over the batch."""
    total = logits.new_zeros(())
    for name in ("link", "div", "sim", "kp"):
        k = {"link": 0, "div": 1, "sim": 5, "kp": 6}[name]
        rows = [i for i, x in enumerate(items) if x.get(name) is not None]
        if rows:
            y = torch.tensor([float(items[i][name]) for i in rows])
            w = torch.tensor([items[i].get("weight", 1.0) * items[i].get("weight_" + name, 1.0) for i in rows])
            total = total + (w * F.binary_cross_entropy_with_logits(logits[rows, k], y, reduction="none")).sum()
    rows = [i for i, x in enumerate(items) if x.get("nli") is not None]
    if rows:
        y = torch.tensor([items[i]["nli"] for i in rows])
        w = torch.tensor([items[i].get("weight", 1.0) * items[i].get("weight_nli", 1.0) for i in rows])
        total = total + (w * F.cross_entropy(logits[rows, 2:5], y, reduction="none")).sum()
    return total / len(items)


def train(model, texts, epochs, seed, log, rate=1e-4, head_rate=5e-4, size=24, limit=96):
    """Trains on `epochs`, a list of item lists; AdamW, warm-up, linear decay, word embeddings frozen."""
    rng = random.Random(seed)
    torch.manual_seed(seed)
    model.encoder.word.requires_grad_(False)
    head = list(model.inner.parameters()) + list(model.outer.parameters())
    body = [p for p in model.encoder.parameters() if p.requires_grad]
    opt = torch.optim.AdamW([{"params": body, "lr": rate}, {"params": head, "lr": head_rate}], weight_decay=0.01, fused=True)
    plan = []
    for items in epochs:
        rows = []
        for x in items:
            a, b = (x["a"], x["b"]) if rng.random() < 0.5 else (x["b"], x["a"])
            if x.get("ordered"):
                a, b = x["a"], x["b"]
            rows.append(encode_pair(texts(a), texts(b), limit))
        plan += [([rows[k] for k in part], [items[k] for k in part]) for part in batches([len(r[0]) for r in rows], size, rng)]
    steps = len(plan)
    warm = max(1, steps // 16)
    sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min((s + 1) / warm, max(0.02, (steps - s) / steps)))
    model.train()
    recent = collections.deque(maxlen=100)
    for step, (rows, items) in enumerate(plan):
        with minilm.quick():
            logits = model(*minilm.collate(rows))
        loss = loss_of(logits.float(), items)
        loss.backward()
        nn.utils.clip_grad_norm_(body + head, 1.0)
        opt.step()
        sched.step()
        opt.zero_grad(set_to_none=True)
        recent.append(loss.item())
        if (step + 1) % 100 == 0:
            log(f"step {step + 1}/{steps} loss {np.mean(recent):.4f}")
    model.eval()


def score(model, texts, pairs, limit=LIMIT, budget=3072, order=canonical):
    """Logits [n, 7] of text pairs in canonical order."""
    rows = [encode_pair(*(texts(t) for t in order(a, b)), limit) for a, b in pairs]
    by = sorted(range(len(rows)), key=lambda i: len(rows[i][0]))
    out = np.zeros((len(rows), len(HEADS)), np.float32)
    model.eval()
    i = 0
    with torch.inference_mode():
        while i < len(by):
            j = i + 1
            while j < len(by) and (j - i + 1) * len(rows[by[j]][0]) <= budget:
                j += 1
            out[by[i:j]] = model(*minilm.collate([rows[k] for k in by[i:j]])).float().numpy()
            i = j
    return out


def keypoint_map(args, points, labels, scores):
    """ArgKP-2021 track 1: best key point per argument of its topic and stance, top half kept; (strict, relaxed) mAP.

    scores: {(arg, key point): score} for every argument and key point of equal topic and stance.
    """
    groups = collections.defaultdict(dict)
    for (a, k), s in scores.items():
        best = groups[args[a]["topic"], args[a]["stance"]]
        if a not in best or s > best[a][0]:
            best[a] = (s, k)
    out = []
    for unknown in (0, 1):
        aps = []
        for best in groups.values():
            kept = sorted(((s, a, k) for a, (s, k) in best.items()), reverse=True)[: len(best) // 2]
            y = [labels.get((a, k), unknown) for _, a, k in kept]
            aps.append(average_precision_score(y, [s for s, _, _ in kept]) if any(y) else 0.0)
        out.append(float(np.mean(aps)))
    return tuple(out)


def argkp_pairs(args, points):
    return [(a, k) for a, ra in args.items() for k, rk in points.items() if (ra["topic"], ra["stance"]) == (rk["topic"], rk["stance"])]


def public_metrics(model, texts, datasets, snli_rows=3000):
    """Figures on the public dev sets."""
    out = {}
    d = corpora.stsb(datasets, "dev")
    x = score(model, texts, [r[:2] for r in d])
    out["stsb_dev_spearman"] = float(spearmanr(x[:, 5], [r[2] for r in d])[0])
    d = corpora.snli(datasets, "dev")[:snli_rows]
    x = score(model, texts, [r[:2] for r in d], order=lambda a, b: (a, b))
    out["snli_dev_accuracy"] = float(np.mean(x[:, 2:5].argmax(1) == np.array([r[2] for r in d])))
    out["snli_dev_rows"] = len(d)
    args, points, labels = corpora.argkp(datasets, "dev")
    keys = argkp_pairs(args, points)
    x = score(model, texts, [(args[a]["argument"], points[k]["key_point"]) for a, k in keys])
    out["argkp_dev_map_strict"], out["argkp_dev_map_relaxed"] = keypoint_map(args, points, labels, dict(zip(keys, x[:, 6].tolist())))
    d = corpora.sick(datasets, "trial")
    x = score(model, texts, [r[:2] for r in d], order=lambda a, b: (a, b))
    out["sick_trial_spearman"] = float(spearmanr(x[:, 5], [r[2] for r in d])[0])
    out["sick_trial_accuracy"] = float(np.mean(x[:, 2:5].argmax(1) == np.array([r[3] for r in d])))
    return out
