"""Numpy forward pass of models/thorough.bin: what the Rust inference must give (f32, weights dequantised).

usage: reference.py --model thorough.bin --tokenizer tokenizer.json --parity OUT.json    writes the parity file
       reference.py --model thorough.bin --tokenizer tokenizer.json --check FILE.json    compares with a parity file

Layout of thorough.bin, little-endian:
  "PLXCROS1", u32 x 12: version 1, layers, hidden, heads, inner, vocabulary, positions, segments, head inner, outputs, 0, 0
  matrices q8 = f32 scale[rows], i8 [rows][columns]; value = scale[row] * i8; a row is an output channel (or a token)
  q8 word[vocabulary][hidden]; f32 position[positions][hidden]; f32 segment[segments][hidden]; f32 norm weight, bias [hidden]
  each layer: q8 qkv[3 * hidden][hidden], f32 bias; q8 out[hidden][hidden], f32 bias; f32 norm1 weight, bias;
              q8 up[inner][hidden], f32 bias; q8 down[hidden][inner], f32 bias; f32 norm2 weight, bias
  f32 W1[head inner][3 * hidden], b1; f32 W2[outputs][head inner], b2
Forward: x = norm(word + position + segment); a layer: x = norm1(x + out(attention(x))), x = norm2(x + down(gelu(up(x))));
attention: 12 heads of 32, scale 32^-1/2; gelu by erf; norm epsilon 1e-12. Head: see crossencoder.CrossEncoder.
Input: ids of a and b without special tokens; while len(a) + len(b) + 3 > 128 drop the last of the longer (of b when equal);
[CLS] a [SEP] b [SEP], segments 0 for [CLS] a [SEP], 1 for b [SEP]. To score a pair of positions put the text with the
smaller UTF-8 bytes first, so that the order of the two readouts does not matter.
"""
import argparse
import json
import struct

import numpy as np
from scipy.special import erf

HEADS = ["link", "divergence", "entailment", "neutral", "contradiction", "similarity", "keypoint"]

TEXTS = [  # ours: sentences of invented readouts, most of them from tests/parallax/gold_cases
    ("Norland opposes any filling of the Lena reservoir before a joint study of the river is finished.", "The filling of the Lena reservoir will begin in May as planned, as electricity for two million Karvian homes cannot wait for further studies."),
    ("She insisted on a guaranteed flow of 900 cubic metres per second at the border all year round.", "The President offered a minimum release of 600 cubic metres per second in the dry months."),
    ("President Rezek acknowledged that the lower spillway had cracked in two places.", "He dismissed reports of damage to the spillway as fabrications."),
    ("The two leaders agreed to exchange 120 detainees before the harvest festival.", "The parties reached an understanding on the exchange of 85 detainees."),
    ("Norland considers the 1962 water treaty to be in force.", "He recalled that the water treaty of 1962 lapsed when the Federation was dissolved."),
    ("She voiced support for a greater role of the United Nations mission along the river.", "The President spoke against any widening of the mandate of the United Nations mission."),
    ("The two Ministers concurred on resuming the dialogue between fisheries authorities.", "China is ready to resume the dialogue of fisheries officials."),
    ("Licences are not aimed at any particular country.", "Turning trade into a weapon harms the supply chain of both sides."),
    ("The Minister backed a ceasefire of sixty days along the Tarn line.", "She spoke in favour of a cessation of hostilities of thirty days, which could be prolonged."),
    ("He ruled out any discussion of the status of the Upper Valley.", "Delmark insists that the status of the Upper Valley be part of the agenda."),
    ("The Minister expressed alarm at the fate of the Orivan villagers expelled from Senn.", "Nobody was expelled from Senn, the State Secretary said; the villagers left of their own will."),
    ("Minister Ferro thanked the Emirate of Sahrane for hosting the negotiations.", "She conveyed her gratitude to Sahrane for its patience."),
    ("Sahrane pledged 15 million dollars for the repair of the water plant at Tarn.", "Oriva will report on the talks to the Security Council next week."),
    ("My government has nothing to hide at Holm and never has had.", "My government has nothing to hide at Holm and never has had."),
    ("We will increase aid to the islands.", "We will reduce aid to the islands."),
    ("Tariffs will rise by 10 percent.", "Tariffs will rise by 25 percent."),
    ("All detainees must be released at once.", "Some detainees may be released in time."),
    ("Karvia will join the pact.", "Karvia will not join the pact."),
    ("They urged all parties to return to the table.", "They called on all parties to return to the table."),
    ("", ""), ("", "Only one of the two texts has words."), ("peace", "peace"), ("peace", "war"),
    ("Le président a réaffirmé son soutien à la Norlande.", "The President reaffirmed his support for Norland."),
    ("双边关系 Norland-Karvia relations", "双方同意加强合作。"), ("😀 flag 🏳", "€1,250.75 – “quoted” [SEP] it"),
    ("word " * 90, "token " * 20), ("one two three " * 30, "four five six seven " * 30), ("alpha beta " * 10, "gamma delta " * 70), ("many " * 300, "few " * 62),
]


class Encoder:
    """An encoder file, dequantised."""

    def __init__(self, path, magic):
        with open(path, "rb") as f:
            self.data = f.read()
        assert self.data[:8] == magic
        v, self.layers, self.hidden, self.heads, self.inner, self.vocab, self.positions, self.segments, self.head, self.outputs, _, _ = struct.unpack_from("<12I", self.data, 8)
        assert v == 1
        self.at = 56

    def read_layers(self):
        """Positions, segments, norm and layers; the word embeddings are the caller's."""
        h, inner = self.hidden, self.inner
        self.position, self.segment, self.norm = self.f32(self.positions, h), self.f32(self.segments, h), (self.f32(h), self.f32(h))
        self.blocks = []
        for _ in range(self.layers):
            qkv = self.q8(3 * h, h), self.f32(3 * h)
            out = self.q8(h, h), self.f32(h)
            n1 = self.f32(h), self.f32(h)
            up = self.q8(inner, h), self.f32(inner)
            down = self.q8(h, inner), self.f32(h)
            self.blocks.append((qkv, out, n1, up, down, (self.f32(h), self.f32(h))))

    def f32(self, *shape):
        n = int(np.prod(shape))
        x = np.frombuffer(self.data, "<f4", n, self.at).reshape(shape)
        self.at += 4 * n
        return x

    def q8(self, rows, columns):
        scale = self.f32(rows)
        x = np.frombuffer(self.data, np.int8, rows * columns, self.at).reshape(rows, columns)
        self.at += rows * columns
        return x.astype(np.float32) * scale[:, None]

    def states(self, ids, segments):
        """The last state of each token."""
        n, h = len(ids), self.hidden
        x = norm(self.word[ids] + self.position[:n] + self.segment[segments], self.norm)
        for qkv, out, n1, up, down, n2 in self.blocks:
            q, k, v = (x @ qkv[0].T + qkv[1]).reshape(n, 3, self.heads, h // self.heads).transpose(1, 2, 0, 3)
            w = q @ k.transpose(0, 2, 1) / np.float32(np.sqrt(h // self.heads))
            w = np.exp(w - w.max(-1, keepdims=True))
            y = (w / w.sum(-1, keepdims=True) @ v).transpose(1, 0, 2).reshape(n, h)
            x = norm(x + y @ out[0].T + out[1], n1)
            y = gelu(x @ up[0].T + up[1])
            x = norm(x + y @ down[0].T + down[1], n2)
        return x


class Model(Encoder):
    """thorough.bin, dequantised."""

    def __init__(self, path):
        super().__init__(path, b"PLXCROS1")
        h = self.hidden
        self.word = self.q8(self.vocab, h)
        self.read_layers()
        self.w1, self.b1, self.w2, self.b2 = self.f32(self.head, 3 * h), self.f32(self.head), self.f32(self.outputs, self.head), self.f32(self.outputs)
        assert self.at == len(self.data)

    def logits(self, ids, segments):
        """Seven logits of one encoded pair."""
        x = self.states(ids, segments)
        s = np.array(segments)
        one, two = s == 0, s == 1
        one[0] = False
        u, v = (x[m].sum(0) for m in (one, two))
        u, v = (y / max(np.linalg.norm(y), 1e-12) * np.float32(np.sqrt(self.hidden)) for y in (u, v))
        z = gelu(self.w1 @ np.concatenate([x[0], u * v, np.abs(u - v)]) + self.b1)
        return self.w2 @ z + self.b2


def norm(x, p):
    m = x.mean(-1, keepdims=True)
    v = ((x - m) ** 2).mean(-1, keepdims=True)
    return (x - m) / np.sqrt(v + 1e-12) * p[0] + p[1]


def gelu(x):
    return (0.5 * x * (1 + erf(x / np.sqrt(2)))).astype(np.float32)


def encode(tok, a, b, limit=128):
    a, b = (list(tok.encode(t, add_special_tokens=False).ids) for t in (a, b))
    while len(a) + len(b) + 3 > limit:
        (a if len(a) > len(b) else b).pop()
    return [101, *a, 102, *b, 102], [0] * (len(a) + 2) + [1] * (len(b) + 1)


def main():
    from tokenizers import Tokenizer

    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--tokenizer", required=True)
    ap.add_argument("--parity")
    ap.add_argument("--check")
    a = ap.parse_args()
    tok = Tokenizer.from_file(a.tokenizer)
    tok.no_padding()
    tok.no_truncation()
    model = Model(a.model)
    if a.parity:
        rows = []
        for x, y in TEXTS:
            ids, segments = encode(tok, x, y)
            rows.append({"a": x, "b": y, "ids": ids, "segments": segments, "logits": [round(float(v), 6) for v in model.logits(ids, segments)]})
        with open(a.parity, "w", encoding="utf-8") as f:
            json.dump({"heads": HEADS, "pairs": rows}, f, indent=1)
    if a.check:
        with open(a.check, encoding="utf-8") as f:
            rows = json.load(f)["pairs"]
        worst = 0.0
        for r in rows:
            assert encode(tok, r["a"], r["b"]) == (r["ids"], r["segments"]), r["a"]
            worst = max(worst, float(np.abs(model.logits(r["ids"], r["segments"]) - np.array(r["logits"])).max()))
        print(f"{len(rows)} pairs, largest difference {worst:.2e}")


if __name__ == "__main__":
    main()
