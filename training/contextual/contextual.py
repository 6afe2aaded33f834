"""Trains the contextual embeddings of the THOROUGH engine.

usage: contextual.py STAGE --datasets DIR --corpus DIR --contacts DIR --cache DIR [--teacher DIR]
corpora.py and minilm.py are those of ../static_embeddings, thorough.py and crossencoder.py those of ../thorough, semicrf.py and
features.py those of ../position_spans: put the three folders on PYTHONPATH. CONTACTS is what ../contacts/read_contacts.py
--out writes; those in English are trained on.

folds    cross-validation by document over the annotated training texts     -> CACHE/contextual_FOLD.pt, .pkl: cosines of all
         pairs of positions, scores of the segments of the texts
gather   the first two cosines of all folds, which comparisons have         -> CACHE/contextual_oof.npz
final    the same recipe on all training pairs                              -> CACHE/contextual.pt
measure  figures of CACHE/contextual.pt on the public dev sets
export   CACHE/contextual.pt as int8                                        -> --out FILE (layout: parity.py)
Nothing of corpus/dev or corpus/single is trained or tuned on.
"""
import argparse
import collections
import os
import pickle
import random
import struct
import time

import numpy as np
import torch
import torch.nn as nn
import torch.nn.functional as F
from scipy.stats import spearmanr

import corpora
import crossencoder as ce
import minilm
import thorough
from features import Document
from semicrf import MAX_UNITS, N_LENGTHS, gold_segments, length_bins, marginals
from spans import MAX_TEXT, MAX_TOKENS, WINDOW, Windows
from units import BOUNDARIES

SEED = 20261129
EPOCHS, PAIRS, RATE = 5, 4, 5e-5  # pairs of readouts, or single documents, in a batch; AdamW
HEAD_RATE, SPAN_RATE = 2e-2, 5e-3
PUBLIC = 10  # pairs of STS-B and of ArgKP in a batch
TEMPERATURE = 0.05
JOINED = 0.4  # share of the pairs that are read as their positions alone, as statements are
SPANS = 6  # weight of the loss of position spans


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


class Units:
    """The units of a text that positions are made of, and which of their segments are annotated."""

    def __init__(self, text, gold):
        self.document = Document(text, lambda word: False)
        self.n = self.document.n
        self.spans = list(zip(self.document.starts, self.document.ends))
        self.document.bins = length_bins(self.document)
        self.bins = torch.tensor(self.document.bins).reshape(self.n, MAX_UNITS)
        self.truth = gold_segments(self.document, gold)
        # The kind of the boundary before each unit and at the end, apart for both persons.
        self.kinds = torch.tensor(self.document.boundaries) * 2 + int(self.document.is_first_person)


class SpanHead(nn.Module):
    """Scores of a semi-Markov CRF from the states of units: as ../position_spans/semicrf.py, of other inputs.

    The mean state of a unit scores it inside a segment, and as the left and the right unit of an edge that joins, starts or
    ends one; so does the kind of a boundary, and a segment's length."""

    def __init__(self):
        super().__init__()
        self.state = nn.Linear(minilm.HIDDEN, 7)  # inside; join, start, end to the right of it; the same to the left of it
        self.kind = nn.Parameter(torch.zeros(2 * len(BOUNDARIES), 5))  # join, start, end; inside of the unit after, before
        self.length = nn.Parameter(torch.zeros(N_LENGTHS))
        nn.init.normal_(self.state.weight, std=0.02)
        nn.init.zeros_(self.state.bias)

    def forward(self, states, units):
        """The score of every segment [units, MAX_UNITS], -1e9 where it is too long."""
        numbers, kinds = self.state(states), self.kind[units.kinds]
        inside = numbers[:, 0] + kinds[:-1, 3] + kinds[1:, 4]
        none = numbers.new_zeros(1, 3)
        edges = kinds[:, :3] + torch.cat([none, numbers[:, 1:4]]) + torch.cat([numbers[:, 4:], none])
        insides, joins = torch.cat([none[0, :1], inside.cumsum(0)]), edges[:, 0].cumsum(0)
        first = torch.arange(units.n)[:, None]
        last = (first + torch.arange(MAX_UNITS)).clamp(max=units.n - 1)
        scores = insides[last + 1] - insides[first] + joins[last] - joins[first] + edges[first, 1] + edges[last + 1, 2]
        return (scores + self.length[units.bins.clamp(min=0)]).masked_fill(units.bins < 0, -1e9)


class Model(nn.Module):
    """The encoder and what reads positions off its states."""

    def __init__(self, encoder):
        super().__init__()
        self.encoder, self.spans = encoder, SpanHead()


class Reading:
    """The states of a text, read in windows."""

    def __init__(self, encoder, tok, text, limit=WINDOW):
        self.windows = Windows(tok, text, limit)
        with minilm.quick():
            self.states = encoder(*minilm.collate(self.windows.rows())).float()

    def means(self, spans):
        """The mean state of every span [spans, 384]."""
        places = [self.windows.place(span) for span in spans]
        return torch.stack([self.states[window, a:b].mean(0) for window, a, b in places])


def in_context(encoder, tok, text, spans):
    """Unit vectors [spans, 384], each the mean state of the span in its window; None without spans."""
    return F.normalize(Reading(encoder, tok, text).means(spans), dim=1) if spans else None


def span_loss(scores, truth):
    """Negative log-likelihood of the annotated segments; its gradient is that of the expected less the annotated ones."""
    known = scores.detach().double().numpy()
    log_z, probabilities = marginals(known)
    pull = (scores * torch.tensor(probabilities - truth, dtype=torch.float32)).sum()
    return pull + (log_z - (known * truth).sum() - pull.item())


def by_themselves(encoder, tok, texts):
    """Unit vectors [texts, 384], the mean of all states."""
    rows = [[101, *tok.encode(t, add_special_tokens=False).ids[:MAX_TEXT], 102] for t in texts]
    ids, segments, mask = minilm.collate([(r, [0] * len(r)) for r in rows])
    with minilm.quick():
        states = encoder(ids, segments, mask).float()
    return F.normalize((states * mask[..., None]).sum(1), dim=1)


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
        self.units_of = {}  # by text
        self.contacts = [p for p in corpora.pairs(a.contacts) if not p["pair_id"].startswith("chinese-")]
        self.own = {p["pair_id"] for p in self.contacts}
        self.stsb = corpora.stsb(a.datasets, "train")
        self.arguments, self.points, labels = corpora.argkp(a.datasets, "train")
        self.matched = [k for k, y in labels.items() if y]
        self.unmatched = [k for k, y in labels.items() if not y]

    def units(self, text, gold):
        """Units of a text, made once."""
        if text not in self.units_of:
            self.units_of[text] = Units(text, sorted(gold))
        return self.units_of[text]

    def of_readouts(self, model, documents, head, rng):
        """Loss over pairs of readouts and single documents: which positions are linked, and where they are.

        Of our own contacts nearly every clause is a position, so real texts alone say where positions are."""
        near, n_links, linked, n, spans, n_units = 0, 0, 0, 0, 0, 0
        for p in documents:
            limit, is_joined = rng.choice([126, WINDOW, WINDOW]), rng.random() < JOINED
            is_pair, is_own = "texts" in p, p.get("pair_id") in self.own
            sides = [document(p, s, False) for s in "ab"] if is_pair else [(p["text"], [(q["start"], q["end"]) for q in p["positions"]])]
            readings = []
            if not (is_own and is_joined):
                readings = [Reading(model.encoder, self.tok, text, limit) for text, _ in sides]
            for (text, found), reading in zip(sides, readings):
                units = None if is_own else self.units(text, found)
                if units and units.n:
                    spans = spans + span_loss(model.spans(reading.means(units.spans), units), units.truth)
                    n_units += units.n
            if not is_pair or not (sides[0][1] and sides[1][1]):
                continue
            if is_joined:
                sides = [document(p, s, True) for s in "ab"]
                readings = [Reading(model.encoder, self.tok, text, limit) for text, _ in sides]
            left, right = (F.normalize(reading.means(found), dim=1) for reading, (_, found) in zip(readings, sides))
            links = torch.zeros(len(left), len(right), dtype=torch.bool)
            for ij in thorough.gold(p):
                links[ij] = True
            cosines = left @ right.T
            loss, count = contrast(cosines, links)
            near, n_links, n = near + loss, n_links + count, n + 1
            logits = head[0] * cosines + head[1]
            each = F.binary_cross_entropy_with_logits(logits, links.float(), pos_weight=torch.tensor(2.0), reduction="sum")
            linked = linked + each / ((len(left) + len(right)) / 2)
        return near / max(n_links, 1) + linked / max(n, 1), spans / max(n_units, 1)

    def of_public(self, encoder, head, rng):
        """Loss over STS-B and ArgKP, so that texts by themselves keep their meaning."""
        rows = rng.sample(self.stsb, PUBLIC)
        a, b = (by_themselves(encoder, self.tok, [r[k] for r in rows]) for k in (0, 1))
        likeness = ((a * b).sum(1) - torch.tensor([r[2] / 5 for r in rows])).square().mean()
        keys = rng.sample(self.matched, PUBLIC // 2) + rng.sample(self.unmatched, PUBLIC // 2)
        a = by_themselves(encoder, self.tok, [self.arguments[x]["argument"] for x, _ in keys])
        b = by_themselves(encoder, self.tok, [self.points[y]["key_point"] for _, y in keys])
        labels = torch.tensor([1.0] * (PUBLIC // 2) + [0.0] * (PUBLIC // 2))
        return 10 * likeness + F.binary_cross_entropy_with_logits(head[2] * (a * b).sum(1) + head[3], labels)

    def train(self, documents, seed, log):
        rng = random.Random(seed)
        torch.manual_seed(seed)
        model = Model(minilm.Encoder.pretrained(self.folder, drop=0.1))
        model.encoder.word.requires_grad_(False)
        body = [p for p in model.encoder.parameters() if p.requires_grad]
        head = nn.Parameter(torch.tensor([12.0, -7.0, 10.0, -5.0]))  # cosine to logit: links, key points
        groups = [{"params": body, "lr": RATE}, {"params": [head], "lr": HEAD_RATE, "weight_decay": 0}, {"params": model.spans.parameters(), "lr": SPAN_RATE}]
        opt = torch.optim.AdamW(groups, weight_decay=0.01, fused=True)
        documents = documents + self.contacts
        steps = EPOCHS * -(-len(documents) // PAIRS)
        sched = torch.optim.lr_scheduler.LambdaLR(opt, lambda s: min((s + 1) / (steps / 10), max(0.02, (steps - s) / steps)))
        model.train()
        recent, step = collections.deque(maxlen=40), 0
        for _ in range(EPOCHS):
            order = rng.sample(documents, len(documents))
            for at in range(0, len(order), PAIRS):
                links, spans = self.of_readouts(model, order[at : at + PAIRS], head, rng)
                public = self.of_public(model.encoder, head, rng)
                loss = links + SPANS * spans + public
                loss.backward()
                torch.nn.utils.clip_grad_norm_(body, 1.0)
                opt.step()
                sched.step()
                opt.zero_grad(set_to_none=True)
                recent.append([float(links), float(spans), public.item()])
                step += 1
                if step % 40 == 0:
                    log(f"step {step}/{steps} loss of links {{:.4f}}, spans {{:.4f}} a unit, public {{:.4f}}".format(*np.mean(recent, axis=0)))
        return model.eval()

    def cosines(self, encoder, pair):
        """[positions of a, positions of b, 3]: read in the positions put together, as evaluation has them; by themselves; in
        their texts."""
        with torch.inference_mode():
            sides, full = ([in_context(encoder, self.tok, *document(pair, s, j)) for s in "ab"] for j in (True, False))
            alone = [by_themselves(encoder, self.tok, [thorough.clean(q["text"]) for q in pair["positions_" + s]]) if pair["positions_" + s] else None for s in "ab"]
        if sides[0] is None or sides[1] is None:
            return np.zeros((len(pair["positions_a"]), len(pair["positions_b"]), 3))
        return np.stack([(x @ y.T).numpy() for x, y in (sides, alone, full)], axis=2)

    def scores(self, model, text):
        """Scores of the segments of a text."""
        units = Units(text, [])  # not kept: another fold learns from its annotations
        with torch.inference_mode():
            return model.spans(Reading(model.encoder, self.tok, text).means(units.spans), units).numpy() if units.n else np.zeros((0, MAX_UNITS))


def each(recipe, encoder, texts):
    with torch.inference_mode():
        return np.concatenate([by_themselves(encoder, recipe.tok, texts[k : k + 32]).numpy() for k in range(0, len(texts), 32)])


def measure(recipe, encoder, datasets, log):
    likeness = lambda rows: spearmanr((each(recipe, encoder, [r[0] for r in rows]) * each(recipe, encoder, [r[1] for r in rows])).sum(1), [r[2] for r in rows])[0]
    log(f"STS-B dev Spearman {likeness(corpora.stsb(datasets, 'dev')):.4f}, SICK trial {likeness(corpora.sick(datasets, 'trial')):.4f}")
    arguments, points, labels = corpora.argkp(datasets, "dev")
    x = dict(zip(arguments, each(recipe, encoder, [r["argument"] for r in arguments.values()])))
    y = dict(zip(points, each(recipe, encoder, [r["key_point"] for r in points.values()])))
    scores = {(a, k): float(x[a] @ y[k]) for a, k in ce.argkp_pairs(arguments, points)}
    log("ArgKP dev mAP strict {:.4f}, relaxed {:.4f}".format(*ce.keypoint_map(arguments, points, labels, scores)))


def export(model, out):
    """Writes the int8 file."""
    state, spans = model.encoder.state_dict(), model.spans.state_dict()
    with open(out, "wb") as f:
        f.write(b"PLXCTXT2" + struct.pack("<12I", 1, minilm.LAYERS, minilm.HIDDEN, minilm.HEADS, minilm.INNER, 30522, MAX_TOKENS, 2, 0, 0, 0, 0))

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
        for name in ("state.weight", "state.bias", "kind", "length"):
            f.write(spans[name].contiguous().numpy().astype("<f4").tobytes())


def load(path):
    model = Model(minilm.Encoder())
    model.load_state_dict(torch.load(path))
    return model.eval()


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("stage", choices=["folds", "gather", "final", "measure", "export"])
    for name in ("datasets", "corpus", "contacts", "cache"):
        ap.add_argument("--" + name, required=True)
    ap.add_argument("--teacher")
    ap.add_argument("--folds", type=int, default=4)
    ap.add_argument("--only", type=int, help="one fold only, so that several run side by side")
    ap.add_argument("--threads", type=int, default=2)
    ap.add_argument("--out")
    a = ap.parse_args()
    torch.set_num_threads(a.threads)
    begin = time.time()
    log = lambda *m: print(f"{time.time() - begin:7.1f}s", *m, flush=True)
    path = lambda name: os.path.join(a.cache, name)
    if a.stage == "export":
        export(load(path("contextual.pt")), a.out)
        return
    recipe = Recipe(a, minilm.teacher_dir(a.teacher))
    pairs = corpora.pairs(os.path.join(a.corpus, "train", "pairs"))
    shared = {t for p in pairs for t in p["texts"].values()}
    singles = [p for p in corpora.pairs(os.path.join(a.corpus, "train", "single")) if p["text"] not in shared]
    if a.stage == "folds":
        fold = thorough.document_folds(pairs, a.folds)
        for f in range(a.folds) if a.only is None else [a.only]:
            inside = lambda k: k % a.folds != f
            model = recipe.train([p for p, g in zip(pairs, fold) if g != f] + [p for k, p in enumerate(singles) if inside(k)], SEED + f, log)
            torch.save(model.state_dict(), path(f"contextual_{f}.pt"))
            held = [p for p, g in zip(pairs, fold) if g == f]
            texts = [t for p in held for t in p["texts"].values()] + [p["text"] for k, p in enumerate(singles) if not inside(k)]
            scores = {t: recipe.scores(model, t) for t in texts}
            with open(path(f"contextual_{f}.pkl"), "wb") as out:
                pickle.dump({"cosines": {p["pair_id"]: recipe.cosines(model.encoder, p) for p in held}, "scores": scores}, out)
            log("fold", f)
            measure(recipe, model.encoder, a.datasets, log)
    if a.stage == "gather":
        held = [pickle.load(open(path(f"contextual_{f}.pkl"), "rb")) for f in range(a.folds)]
        cosines = {k: v for part in held for k, v in part["cosines"].items()}
        np.savez(path("contextual_oof.npz"), cosines=np.concatenate([cosines[p["pair_id"]].reshape(-1, 3)[:, :2] for p in pairs]))
    if a.stage == "final":
        model = recipe.train(pairs + singles, SEED + 99, log)
        torch.save(model.state_dict(), path("contextual.pt"))
    if a.stage == "measure":
        measure(recipe, load(path("contextual.pt")).encoder, a.datasets, log)


if __name__ == "__main__":
    main()
