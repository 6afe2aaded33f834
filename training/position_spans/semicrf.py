"""The semi-Markov conditional random field (Sarawagi and Cohen, NIPS 2004): scores, marginals, decoding, training.

A segment of units i..=i+k scores: unit weights inside + join weights of the inner edges + start weight of the edge
before + end weight of the edge after + a weight of its length. A unit outside every segment scores 0.
src/pipeline/position/spans/lattice.rs is the same in Rust.
"""
import collections
import math
import re
import struct

import numpy as np
import scipy.sparse
from scipy.optimize import minimize

from features import key

MAX_UNITS, MAX_CHARS, N_LENGTHS = 8, 700, 80
# Fewest times that a feature stands in the training texts, strength of the Gaussian prior, steps of L-BFGS.
MIN_COUNT, L2, ITERATIONS = 5, 30.0, 60
# Weights are stored times this, as bytes.
SCALE = 64
# Least expected matches of a span that is returned; chosen on cross-validation.
THRESHOLDS = {True: 0.30, False: 0.20}
MIN_PROBABILITY, MIN_CANDIDATE, TIE = 1e-3, 4e-3, 0.02
MAGIC = b"PXSPANS1"


def fnv_key(word):
    return key((word,))


def length_bins(document):
    """bins[i, k]: index of the length weight of the segment i..=i+k; -1 where it is too long."""
    bins = np.full((document.n, MAX_UNITS), -1, int)
    for i in range(document.n):
        for k in range(min(MAX_UNITS, document.n - i)):
            chars = document.ends[i + k] - document.starts[i]
            if chars <= MAX_CHARS:
                bins[i, k] = max(0, min(19, math.floor(4 * math.log(max(chars, 1))) - 10)) + 20 * min(k, 3)
    return bins


def segment_scores(unit, join, start, end, length, bins):
    n = len(unit)
    units_to, joins_to = np.concatenate([[0], np.cumsum(unit)]), np.cumsum(join)
    length = np.append(length, -1e9)
    scores = np.full((n, MAX_UNITS), -1e9)
    for k in range(min(MAX_UNITS, n)):
        i = np.arange(n - k)
        inner = units_to[i + k + 1] - units_to[i] + joins_to[i + k] - joins_to[i]
        scores[i, k] = inner + start[i] + end[i + k + 1] + length[bins[i, k]]
    return scores


def log_sum(values):
    most = values.max()
    return most + np.log(np.exp(values - most).sum())


def marginals(scores):
    """log Z, and the probability of every segment."""
    n = len(scores)
    forward, backward = np.full(n + 1, -1e18), np.full(n + 1, -1e18)
    forward[0] = backward[n] = 0
    probabilities = np.zeros_like(scores)
    for e in range(1, n + 1):
        k = np.arange(min(MAX_UNITS, e))
        forward[e] = np.logaddexp(forward[e - 1], log_sum(forward[e - 1 - k] + scores[e - 1 - k, k]))
    for b in range(n - 1, -1, -1):
        k = np.arange(min(MAX_UNITS, n - b))
        backward[b] = np.logaddexp(backward[b + 1], log_sum(backward[b + 1 + k] + scores[b, k]))
    for k in range(min(MAX_UNITS, n)):
        i = np.arange(n - k)
        probabilities[i, k] = np.exp(np.minimum(0, forward[i] + scores[i, k] + backward[i + k + 1] - forward[n]))
    return forward[n], probabilities


def decode(document, probabilities, threshold):
    """The segments that do not overlap and have the largest sum of expected matches less the threshold."""
    segments = [
        (i, i + k, document.starts[i], document.ends[i + k], probabilities[i, k])
        for i, k in zip(*np.nonzero(probabilities > MIN_PROBABILITY))
    ]
    ending_at = collections.defaultdict(list)
    if segments:
        starts, ends, likely = (np.array([segment[q] for segment in segments]) for q in (2, 3, 4))
        for i, j, a, b, probability in segments:
            if probability >= MIN_CANDIDATE:
                shared = np.minimum(b, ends) - np.maximum(a, starts)
                matches = (2 * shared >= b - a) & (2 * shared >= ends - starts)
                expected = float(likely[matches].sum()) + TIE * probability
                if expected > threshold:
                    ending_at[j].append((i, min(expected, 1 + TIE), a, b))
    best, back = [0.0] * (document.n + 1), [None] * (document.n + 1)
    for k in range(1, document.n + 1):
        best[k] = best[k - 1]
        for i, expected, a, b in ending_at[k - 1]:
            if best[i] + expected - threshold > best[k] + 1e-12:
                best[k] = best[i] + expected - threshold
                back[k] = (i, a, b, min(expected, 1.0))
    out, k = [], document.n
    while k > 0:
        if back[k]:
            out.append((*trim(document.text, back[k][1], back[k][2]), back[k][3]))
            k = back[k][0]
        else:
            k -= 1
    return out[::-1]


LEAD = re.compile(r"(?:(?:[Aa]nd|[Bb]ut|[Ss]o|[Oo]r|[Ww]ell|[Aa]lso|[Nn]ow)(?![\w’'-]),?|[—–,;:-])\s*")
TAIL = re.compile(r"(?:[\s,;:—–-]+|(?<!\w)(?:[Aa]nd|[Bb]ut|[Ss]o|[Oo]r))\Z")


def trim(text, start, end):
    """The span without leading conjunctions and dashes, trailing commas and conjunctions; never empty."""
    while (match := LEAD.match(text, start, end)) and match.end() < end:
        start = match.end()
    while (match := TAIL.search(text[start:end])) and match.start() > 0:
        end = start + match.start()
    return start, end


class Model:
    """One weight for every unit feature, three for every edge feature (join, start, end), and those of the lengths."""

    def __init__(self, name=lambda feature: feature):
        # A feature's name in the tables: itself while training, its key when read from a weight file.
        self.name = name

    def look_up(self, document):
        def matrix(rows, index):
            starts, columns = [0], []
            for row in rows:
                columns += [index[name] for name in map(self.name, row) if name in index]
                starts.append(len(columns))
            return scipy.sparse.csr_matrix((np.ones(len(columns)), columns, starts), shape=(len(rows), len(index)))

        document.unit_matrix = matrix(document.unit_features, self.unit_index)
        document.edge_matrix = matrix(document.edge_features, self.edge_index)
        document.bins = length_bins(document)

    def split(self, weights):
        n_unit, n_edge = len(self.unit_index), len(self.edge_index)
        return np.split(weights, np.cumsum([n_unit, n_edge, n_edge, n_edge]))

    def scores(self, document, weights):
        unit, join, start, end, length = self.split(weights)
        edges = document.edge_matrix
        return segment_scores(
            document.unit_matrix @ unit, edges @ join, edges @ start, edges @ end, length, document.bins
        )

    def marginals(self, document):
        self.look_up(document)
        return marginals(self.scores(document, self.weights))

    def predict(self, document, threshold=None):
        if not document.n:
            return []
        probabilities = self.marginals(document)[1]
        return decode(document, probabilities, THRESHOLDS[document.is_first_person] if threshold is None else threshold)

    def fit(self, documents, golds):
        """Maximum likelihood with a Gaussian prior; no chance in it."""

        def index(rows_of):
            counts = collections.Counter(f for d in documents for row in rows_of(d) for f in row)
            kept = sorted((f for f, n in counts.items() if n >= MIN_COUNT), key=lambda f: tuple(map(str, f)))
            return {feature: at for at, feature in enumerate(kept)}

        self.unit_index = index(lambda d: d.unit_features)
        self.edge_index = index(lambda d: d.edge_features)
        for document in documents:
            self.look_up(document)
        truths = [gold_segments(d, gold) for d, gold in zip(documents, golds)]
        unit_rows = scipy.sparse.vstack([d.unit_matrix for d in documents]).T.tocsr()
        edge_rows = scipy.sparse.vstack([d.edge_matrix for d in documents]).T.tocsr()

        def gather(counts):
            inside, join, start, end = (np.concatenate([c[q] for c in counts]) for q in range(4))
            lengths = sum(c[4] for c in counts)
            return np.concatenate([unit_rows @ inside, edge_rows @ join, edge_rows @ start, edge_rows @ end, lengths])

        observed = gather([expected_counts(d, truth) for d, truth in zip(documents, truths)])

        def objective(weights):
            loss, counts = 0, []
            for document, truth in zip(documents, truths):
                scores = self.scores(document, weights)
                log_z, probabilities = marginals(scores)
                loss += log_z - (scores * truth).sum()
                counts.append(expected_counts(document, probabilities))
            return loss + L2 / 2 * (weights @ weights), gather(counts) - observed + L2 * weights

        zeros = np.zeros(len(self.unit_index) + 3 * len(self.edge_index) + N_LENGTHS)
        options = {"maxiter": ITERATIONS}
        self.weights = minimize(objective, zeros, jac=True, method="L-BFGS-B", options=options).x
        return self

    def quantize(self):
        """Rounds the weights to what the file can hold."""
        self.weights = np.clip(np.round(self.weights * SCALE), -127, 127) / SCALE

    def to_bytes(self, known):
        """The weight file; its layout is documented in src/models/position_spans.rs."""
        unit, join, start, end, length = (np.round(part * SCALE).astype(int) for part in self.split(self.weights))
        units = {key(f): (int(unit[at]),) for f, at in self.unit_index.items() if unit[at]}
        edges = {
            key(f): (int(join[at]), int(start[at]), int(end[at]))
            for f, at in self.edge_index.items()
            if join[at] or start[at] or end[at]
        }
        words = {fnv_key(word) for word in known}
        n_edges = sum(bool(join[at] or start[at] or end[at]) for at in range(len(join)))
        assert len(units) == np.count_nonzero(unit) and len(edges) == n_edges, "two features share a key: rename one"
        assert 0 not in units and 0 not in edges, "0 marks a free slot"
        out = MAGIC + struct.pack("<5I", SCALE, len(words), len(units), len(edges), N_LENGTHS)
        out += struct.pack(f"<{len(words)}I", *sorted(words))
        for table in (units, edges):
            out += struct.pack(f"<{len(table)}I", *sorted(table))
            for name in sorted(table):
                out += struct.pack(f"<{len(table[name])}b", *table[name])
        return out + struct.pack(f"<{N_LENGTHS}b", *map(int, length))

    @classmethod
    def from_bytes(cls, data):
        """The model of a weight file, and which lower-case words it knows."""
        assert data[: len(MAGIC)] == MAGIC
        at = len(MAGIC)

        def read(form, n):
            nonlocal at
            values = struct.unpack_from(f"<{n}{form}", data, at)
            at += struct.calcsize(f"<{n}{form}")
            return values

        scale, n_words, n_units, n_edges, n_lengths = read("I", 5)
        words = set(read("I", n_words))
        model = cls(key)
        model.unit_index = {name: i for i, name in enumerate(read("I", n_units))}
        unit = np.array(read("b", n_units), float)
        model.edge_index = {name: i for i, name in enumerate(read("I", n_edges))}
        edge = np.array(read("b", 3 * n_edges), float).reshape(-1, 3).T
        length = np.array(read("b", n_lengths), float)
        assert at == len(data)
        model.weights = np.concatenate([unit, *edge, length]) / scale
        return model, lambda word: fnv_key(word) in words


def expected_counts(document, probabilities):
    """How often each weight is used: per unit inside, per edge joined, started, ended, per length."""
    n = document.n
    inside, joined = np.zeros(n + 1), np.zeros(n + 2)
    started, ended, lengths = np.zeros(n + 1), np.zeros(n + 1), np.zeros(N_LENGTHS)
    for k in range(min(MAX_UNITS, n)):
        i = np.arange(n - k)
        p, bins = probabilities[i, k], document.bins[i, k]
        fits = bins >= 0
        inside[i] += p
        inside[i + k + 1] -= p
        joined[i + 1] += p
        joined[i + k + 1] -= p
        started[i] += p
        ended[i + k + 1] += p
        np.add.at(lengths, bins[fits], p[fits])
    return np.cumsum(inside)[:n], np.cumsum(joined)[: n + 1], started, ended, lengths


def gold_segments(document, gold):
    """The annotated spans as segments: a unit belongs to the span that covers at least half of it."""
    owners = []
    for a, b in zip(document.starts, document.ends):
        shares = [(min(b, end) - max(a, start), -q) for q, (start, end) in enumerate(gold)]
        share, q = max(shares, default=(-1, 0))
        owners.append(-q if 2 * share >= b - a else None)
    truth = np.zeros((document.n, MAX_UNITS))
    i = 0
    while i < document.n:
        j = i
        if owners[i] is not None:
            while (
                j + 1 < document.n
                and owners[j + 1] == owners[i]
                and j + 1 - i < MAX_UNITS
                and document.bins[i, j + 1 - i] >= 0
            ):
                j += 1
            if document.bins[i, j - i] >= 0:
                truth[i, j - i] = 1
        i = j + 1
    return truth
