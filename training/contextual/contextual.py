"""Trains the contextual embeddings of the THOROUGH engine.

usage: contextual.py STAGE --datasets DIR --corpus DIR --contacts DIR --cache DIR [--teacher DIR]
corpora.py and minilm.py are those of ../static_embeddings, thorough.py and crossencoder.py those of ../thorough: put both
folders on PYTHONPATH. CONTACTS is what ../contacts/read_contacts.py --out writes; those in English are trained on.

folds    cross-validation by document over the annotated training pairs    -> CACHE/contextual_oof.npz (cosines of all pairs)
final    the same recipe on all training pairs                              -> CACHE/contextual.pt
measure  figures of CACHE/contextual.pt on the public dev sets
export   CACHE/contextual.pt as int8                                        -> --out FILE (layout: parity.py)
Nothing of corpus/dev or corpus/single is trained or tuned on.
"""
import argparse
import collections
import os
import random
import struct
import time

import numpy as np
import torch
import torch.nn.functional as F
from scipy.stats import spearmanr

import corpora
import crossencoder as ce
import minilm
import thorough
from spans import MAX_TEXT, MAX_TOKENS, WINDOW, windows

SEED = 20261129
EPOCHS, PAIRS, RATE, HEAD_RATE = 4, 4, 5e-5, 2e-2  # pairs of readouts in a batch; AdamW
PUBLIC = 10  # pairs of STS-B and of ArgKP in a batch
TEMPERATURE = 0.05
JOINED = 0.4  # share of the documents that are read as their positions alone, as statements are


def joined(rows):
    """The positions as a text, a line each, and their spans."""
    text, spans = "", []
    for q in rows:
        text += "\n" if text else ""
        spans.append((len(text), len(text) + len(q["text"])))
        text += q["text"]
    return text, spans


def document(pair, side, is_joined):
    rows = pair["positions_" + side]
    return joined(rows) if is_joined else (pair["texts"][side], [(q["start"], q["end"]) for q in rows])


def in_context(model, tok, text, spans, limit=WINDOW):
    """Unit vectors [spans, 384], each the mean state of the span in its window; None without spans."""
    if not spans:
        return None
    ids, found = windows(tok, text, spans, limit)
    rows = [([101, *ids[start:end], 102], [0] * (end - start + 2)) for (start, end), _ in found]
    states = model(*minilm.collate(rows))
    out = [None] * len(spans)
    for row, ((start, end), inside) in enumerate(found):
        for k, (first, last) in inside:
            a, b = (1 + min(max(t, start), end) - start for t in (first, last))
            out[k] = states[row, a : max(b, a + 1)].mean(0)
    return F.normalize(torch.stack(out), dim=1)


def by_themselves(model, tok, texts):
    """Unit vectors [texts, 384], the mean of all states."""
    rows = [[101, *tok.encode(t, add_special_tokens=False).ids[:MAX_TEXT], 102] for t in texts]
    ids, segments, mask = minilm.collate([(r, [0] * len(r)) for r in rows])
    states = model(ids, segments, mask) * mask[..., None]
    return F.normalize(states.sum(1), dim=1)


def contrast(cosines, links):
    """InfoNCE of every link among the unlinked pairs of its row, and of its column: sum of both means, number of links."""
    if not links.any():
        return cosines.sum() * 0, 0
    logits = cosines / TEMPERATURE
    unlinked = logits.masked_fill(links, -1e4)
    i, j = torch.nonzero(links, as_tuple=True)
    own = logits[i, j]
    row = torch.logaddexp(own, torch.logsumexp(unlinked[i], 1)) - own
    column = torch.logaddexp(own, torch.logsumexp(unlinked[:, j], 0)) - own
    return (row + column).sum() / 2, len(i)


class Recipe:
    """What all folds share."""

    def __init__(self, a, folder):
        self.folder, self.tok = folder, minilm.load_tokenizer(folder)
        self.contacts = [p for p in corpora.pairs(a.contacts) if not p["pair_id"].startswith("chinese-")]
        self.stsb = corpora.stsb(a.datasets, "train")
        self.arguments, self.points, labels = corpora.argkp(a.datasets, "train")
        self.matched = [k for k, y in labels.items() if y]
        self.unmatched = [k for k, y in labels.items() if not y]

    def of_readouts(self, model, pairs, head, rng):
        """Loss over pairs of readouts: which positions are linked."""
        near, n_links, linked, n = 0, 0, 0, 0
        for p in pairs:
            limit, is_joined = rng.choice([126, WINDOW, WINDOW]), rng.random() < JOINED
            left, right = (in_context(model, self.tok, *document(p, s, is_joined), limit) for s in "ab")
            if left is None or right is None:
                continue
            links = torch.zeros(len(left), len(right), dtype=torch.bool)
            for ij in thorough.gold(p):
                links[ij] = True
            cosines = left @ right.T
            loss, count = contrast(cosines, links)
            near, n_links, n = near + loss, n_links + count, n + 1
            logits = head[0] * cosines + head[1]
            each = F.binary_cross_entropy_with_logits(logits, links.float(), pos_weight=torch.tensor(2.0), reduction="sum")
            linked = linked + each / ((len(left) + len(right)) / 2)
        return near / max(n_links, 1) + linked / max(n, 1)

    def of_public(self, model, head, rng):
        """Loss over STS-B and ArgKP, so that texts by themselves keep their meaning."""
        rows = rng.sample(self.stsb, PUBLIC)
        a, b = (by_themselves(model, self.tok, [r[k] for r in rows]) for k in (0, 1))
        likeness = ((a * b).sum(1) - torch.tensor([r[2] / 5 for r in rows])).square().mean()
        keys = rng.sample(self.matched, PUBLIC // 2) + rng.sample(self.unmatched, PUBLIC // 2)
        a = by_themselves(model, self.tok, [self.arguments[x]["argument"] for x, _ in keys])
        b = by_themselves(model, self.tok, [self.points[y]["key_point"] for _, y in keys])
        labels = torch.tensor([1.0] * (PUBLIC // 2) + [0.0] * (PUBLIC // 2))
        return 10 * likeness + F.binary_cross_entropy_with_logits(head[2] * (a * b).sum(1) + head[3], labels)

    def train(self, pairs, seed, log):
        rng = random.Random(seed)
        torch.manual_seed(seed)
        model = minilm.Encoder.pretrained(self.folder, drop=0.1)
        model.word.requires_grad_(False)
        body = [p for p in model.parameters() if p.requires_grad]
        head = torch.nn.Parameter(torch.tensor([12.0, -7.0, 10.0, -5.0]))  # cosine to logit: links, key points
        opt = torch.optim.AdamW([{"params": body, "lr": RATE}, {"params": [head], "lr": HEAD_RATE, "weight_decay": 0}], weight_decay=0.01, fused=True)
        documents = pairs + self.contacts
        steps = EPOCHS * -(-len(documents) // PAIRS)
        sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min((s + 1) / (steps / 10), max(0.02, (steps - s) / steps)))
        model.train()
        recent, step = collections.deque(maxlen=40), 0
        for _ in range(EPOCHS):
            order = rng.sample(documents, len(documents))
            for at in range(0, len(order), PAIRS):
                loss = self.of_readouts(model, order[at : at + PAIRS], head, rng) + self.of_public(model, head, rng)
                loss.backward()
                torch.nn.utils.clip_grad_norm_(body, 1.0)
                opt.step()
                sched.step()
                opt.zero_grad(set_to_none=True)
                recent.append(loss.item())
                step += 1
                if step % 40 == 0:
                    log(f"step {step}/{steps} loss {np.mean(recent):.4f}")
        return model.eval()

    def cosines(self, model, pair):
        """[positions of a, positions of b, 2]: read in the positions put together, as evaluation has them; by themselves."""
        with torch.inference_mode():
            sides = [in_context(model, self.tok, *document(pair, s, True)) for s in "ab"]
            alone = [by_themselves(model, self.tok, [thorough.clean(q["text"]) for q in pair["positions_" + s]]) if pair["positions_" + s] else None for s in "ab"]
        if sides[0] is None or sides[1] is None:
            return np.zeros((len(pair["positions_a"]), len(pair["positions_b"]), 2))
        return np.stack([(x @ y.T).numpy() for x, y in (sides, alone)], axis=2)


def each(recipe, model, texts):
    with torch.inference_mode():
        return np.concatenate([by_themselves(model, recipe.tok, texts[k : k + 32]).numpy() for k in range(0, len(texts), 32)])


def measure(recipe, model, datasets, log):
    likeness = lambda rows: spearmanr((each(recipe, model, [r[0] for r in rows]) * each(recipe, model, [r[1] for r in rows])).sum(1), [r[2] for r in rows])[0]
    log(f"STS-B dev Spearman {likeness(corpora.stsb(datasets, 'dev')):.4f}, SICK trial {likeness(corpora.sick(datasets, 'trial')):.4f}")
    arguments, points, labels = corpora.argkp(datasets, "dev")
    x = dict(zip(arguments, each(recipe, model, [r["argument"] for r in arguments.values()])))
    y = dict(zip(points, each(recipe, model, [r["key_point"] for r in points.values()])))
    scores = {(a, k): float(x[a] @ y[k]) for a, k in ce.argkp_pairs(arguments, points)}
    log("ArgKP dev mAP strict {:.4f}, relaxed {:.4f}".format(*ce.keypoint_map(arguments, points, labels, scores)))


def export(state, out):
    """Writes the int8 file."""
    with open(out, "wb") as f:
        f.write(b"PLXCTXT1" + struct.pack("<12I", 1, minilm.LAYERS, minilm.HIDDEN, minilm.HEADS, minilm.INNER, 30522, MAX_TOKENS, 2, 0, 0, 0, 0))

        def f32(name, rows=None):
            f.write(state[name][:rows].float().contiguous().numpy().astype("<f4").tobytes())

        def q8(name):
            w = state[name].float()
            scale = (w.abs().amax(1) / 127).clamp(min=1e-12)
            q = (w / scale[:, None]).round().clamp(-127, 127).to(torch.int8)
            # the Rust inference adds up to 32768 times a row in 31 bits
            assert q.abs().to(torch.int32).sum(1).max() < 65535, name
            f.write(scale.numpy().astype("<f4").tobytes() + q.numpy().tobytes())

        f32("position.weight", MAX_TOKENS)
        for name in ("segment.weight", "norm.weight", "norm.bias"):
            f32(name)
        for k in range(minilm.LAYERS):
            for name in ("qkv", "out", "norm1", "up", "down", "norm2"):
                (f32 if name.startswith("norm") else q8)(f"layers.{k}.{name}.weight")
                f32(f"layers.{k}.{name}.bias")


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("stage", choices=["folds", "final", "measure", "export"])
    for name in ("datasets", "corpus", "contacts", "cache"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--teacher")
    ap.add_argument("--folds", type=int, default=4)
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--out")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    begin = time.time()
    log = lambda *m: print(f"{time.time() - begin:7.1f}s", *m, flush=True)
    path = lambda name: os.path.join(a.cache, name)
    if a.stage == "export":
        export(torch.load(path("contextual.pt")), a.out)
        return
    recipe = Recipe(a, minilm.teacher_dir(a.teacher))
    pairs = corpora.pairs(os.path.join(a.corpus, "train", "pairs"))
    if a.stage == "folds":
        fold = thorough.document_folds(pairs, a.folds)
        cosines = [None] * len(pairs)
        for f in range(a.folds):
            model = recipe.train([p for p, g in zip(pairs, fold) if g != f], SEED + f, log)
            for k, p in enumerate(pairs):
                if fold[k] == f:
                    cosines[k] = recipe.cosines(model, p)
            log("fold", f)
            measure(recipe, model, a.datasets, log)
        np.savez(path("contextual_oof.npz"), cosines=np.concatenate([c.reshape(-1, 2) for c in cosines]))
    if a.stage == "final":
        model = recipe.train(pairs, SEED + 99, log)
        torch.save(model.state_dict(), path("contextual.pt"))
    if a.stage == "measure":
        model = minilm.Encoder()
        model.load_state_dict(torch.load(path("contextual.pt")))
        measure(recipe, model.eval(), a.datasets, log)


if __name__ == "__main__":
    main()
