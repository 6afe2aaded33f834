"""Numpy forward pass of models/contextual.bin: what the Rust inference must give (f32, weights dequantised).

usage: parity.py --words thorough.bin --model contextual.bin --tokenizer tokenizer.json --parity OUT.json
reference.py, whose layers these are, is that of ../thorough, features.py and semicrf.py are those of ../position_spans: both
folders have to be on PYTHONPATH. The word embeddings are those of thorough.bin.

Layout of contextual.bin, little-endian:
  "PLXCTXT2", u32 x 12: version 1, layers, hidden, heads, inner, vocabulary, positions, segments, 0, 0, 0, 0
  f32 position[positions][hidden]; f32 segment[segments][hidden]; f32 norm weight, bias [hidden]; layers as in thorough.bin
  f32 of SpanHead in contextual.py: state weight[7][hidden], bias[7]; kind[26][5]; length[80]
Input: see spans.py.
"""
import argparse
import json

import numpy as np

import reference
from features import Document
from semicrf import length_bins, marginals, segment_scores
from spans import MAX_TEXT, MAX_TOKENS, Windows

LONG = "The Minister spoke of the river, the bridge and the 14 villages on its banks; he asked that grain be let through. " * 24

REMARKS = "Thank you all for coming. I told the Minister that we will not sign before the census is done, and we want the road open by May; I thank him for the mills. But let me say that I am ready to meet again in Holm, while he knows what our people want."

TEXTS = [  # ours: a text of an invented readout, and spans of it by what they begin and end with
    ("The two leaders spoke today. The Prime Minister urged Karesh to publish the flow figures for the Dhal dam; he noted that the situation there remains difficult.", ["urged Karesh to publish the flow figures for the Dhal dam", "the situation there remains difficult", "the Dhal dam"]),
    ("Norland opposes any filling of the Lena reservoir.\nNorland considers the 1962 water treaty to be in force.", ["Norland opposes any filling of the Lena reservoir.", "Norland considers the 1962 water treaty to be in force."]),
    ("Le président a réaffirmé son soutien à la Norlande. 双方同意加强合作。 😀", ["réaffirmé son soutien", "双方同意加强合作。", "😀", "mé son"]),
    (REMARKS, ["we will not sign before the census is done", "we want the road open by May", "I am ready to meet again in Holm"]),
    (LONG, [LONG[:113], LONG[1130:1243], LONG[2000:2100], LONG[-114:-1], LONG[:1500], LONG]),
]


class Contextual(reference.Encoder):
    """contextual.bin, dequantised, with the word embeddings of thorough.bin."""

    def __init__(self, words, path):
        super().__init__(path, b"PLXCTXT2")
        self.word = reference.Model(words).word
        self.read_layers()
        self.scores, self.biases = self.f32(7, self.hidden), self.f32(7)
        self.kinds, self.lengths = self.f32(26, 5), self.f32(80)
        assert self.positions == MAX_TOKENS and self.at == len(self.data)


def log_z(model, document, means):
    """The logarithm of the normaliser of the semi-Markov CRF of the states alone, from the mean state of every unit."""
    scores = means @ model.scores.T + model.biases
    kinds = model.kinds[2 * np.array(document.boundaries) + int(document.is_first_person)]
    inside = scores[:, 0] + kinds[:-1, 3] + kinds[1:, 4]
    edges = kinds[:, :3].astype(float)
    edges[1:] += scores[:, 1:4]
    edges[:-1] += scores[:, 4:]
    return marginals(segment_scores(inside, *edges.T, model.lengths, length_bins(document)))[0]


def main():
    from tokenizers import Tokenizer

    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("words", "model", "tokenizer", "parity"):
        ap.add_argument("--" + name, required=True)
    a = ap.parse_args()
    tok = Tokenizer.from_file(a.tokenizer)
    tok.no_padding()
    tok.no_truncation()
    model = Contextual(a.words, a.model)
    unit = lambda v: v / np.linalg.norm(v)
    cases = []
    for text, parts in TEXTS:
        spans = [(text.index(part), text.index(part) + len(part)) for part in parts]
        windows = Windows(tok, text)
        states = [model.states(ids, segments) for ids, segments in windows.rows()]
        means = [states[window][a:b].mean(0) for window, a, b in map(windows.place, spans)]
        vectors = [unit(mean) for mean in means]
        scores = [model.scores @ mean + model.biases for mean in means]
        alone = [unit(model.states(row, [0] * len(row)).sum(0)) for row in ([101, *tok.encode(part, add_special_tokens=False).ids[:MAX_TEXT], 102] for part in parts)]
        bytes_at = lambda n: len(text[:n].encode())
        document = Document(text, lambda word: False)
        units = [states[window][a:b].mean(0) for window, a, b in map(windows.place, zip(document.starts, document.ends))]
        crf = {"is_first_person": document.is_first_person, "log_z": round(float(log_z(model, document, np.array(units))), 4)}
        cases.append({**crf, "text": text, "spans": [[bytes_at(n) for n in span] for span in spans], "ids": windows.ids, "vectors": [[round(float(x), 6) for x in v[:16]] for v in vectors], "cosines": np.round(np.array(vectors) @ np.array(vectors).T, 6).tolist(), "scores": np.round(scores, 6).tolist(), "alone": np.round(np.array(alone) @ np.array(alone).T, 6).tolist()})
    with open(a.parity, "w", encoding="utf-8") as f:
        json.dump({"cases": cases}, f, ensure_ascii=False)


if __name__ == "__main__":
    main()
