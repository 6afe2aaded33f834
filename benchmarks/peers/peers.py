"""What is written instead of Parallax: cut sentences, score all pairs of them, keep those above a threshold.

Two rules make links of scores: "all" keeps every pair from the threshold on; "mutual" of these only the ones that are the
best of both of their sentences. Rule, threshold, scorer and size of batches are chosen on training pairs.
"""
import numpy as np
import rapidfuzz
import sentencex

import pairs as annotated

RULES = ("all", "mutual")


def sentences(text):
    """The ranges of the sentences in code points, without the white space around them."""
    ranges = []
    for found in sentencex.get_sentence_boundaries("en", text):
        start, end = found["start_index"], found["end_index"]
        words = text[start:end].strip()
        if words:
            start += text[start:end].index(words[0])
            ranges.append((start, start + len(words)))
    return ranges


class MiniLM:
    """Cosines of sentence embeddings."""

    def __init__(self, encoder, name):
        self.encoder, self.name, self.batch = encoder, name, 8

    def scores(self, left, right, _least=None):
        vectors = self.encoder.encode(left + right, self.batch)
        return vectors[:len(left)] @ vectors[len(left):].T


class RapidFuzz:
    """A ratio of characters or tokens, 0 to 1, lower-cased and without punctuation."""

    def __init__(self, scorer):
        self.scorer, self.name = getattr(rapidfuzz.fuzz, scorer), f"rapidfuzz {scorer}"

    def scores(self, left, right, least=0.0):
        # Below the least score that matters it may stop early and say 0.
        return rapidfuzz.process.cdist(
            left, right, scorer=self.scorer, processor=rapidfuzz.utils.default_process, workers=1, dtype=np.float32,
            score_cutoff=100 * least) / 100


def chosen(scores, rule, threshold):
    """The pairs that are links, as a matrix of truth values."""
    links = scores >= threshold
    if rule == "mutual" and scores.size:
        links &= (scores == scores.max(1, keepdims=True)) & (scores == scores.max(0, keepdims=True))
    return links


def predict(pair, peer, rule, threshold):
    """The whole way of a script: from two texts to a prediction. All is overlap, and the author holds all."""
    ranges = {x: sentences(pair.texts[x]) for x in "ab"}
    texts = {x: [pair.texts[x][start:end] for start, end in ranges[x]] for x in "ab"}
    links = chosen(peer.scores(texts["a"], texts["b"], threshold), rule, threshold)
    return annotated.Prediction(
        {x: [(place, side) for place in ranges[x]] for x, side in zip("ab", annotated.SIDES)},
        [("overlap", ranges["a"][i], ranges["b"][j]) for i, j in np.argwhere(links)],
        {x: [place for place, linked in zip(ranges[x], links.any(1 - axis)) if not linked] for axis, x in enumerate("ab")})


class Measured:
    """Scores of all sentence pairs of some contacts, and which of them hit annotated links: made once, asked often."""

    def __init__(self, all_pairs, peer):
        self.pairs = []
        for pair in all_pairs:
            ranges = {x: sentences(pair.texts[x]) for x in "ab"}
            scores = peer.scores(*([pair.texts[x][start:end] for start, end in ranges[x]] for x in "ab"), 0.0)
            hits = np.zeros((len(pair.links), *scores.shape), dtype=bool)
            for i, (_, a, b) in enumerate(pair.links):
                hits[i] = np.outer([annotated.matches(a, place) for place in ranges["a"]],
                                   [annotated.matches(b, place) for place in ranges["b"]])
            self.pairs.append((scores, hits))

    def f1(self, rule, threshold):
        counts = np.zeros(4, dtype=int)
        for scores, hits in self.pairs:
            links = chosen(scores, rule, threshold)
            counts += ((links & hits.any(0)).sum(), links.sum(), (links & hits).any((1, 2)).sum(), len(hits))
        return annotated.f1(*map(int, counts))["f1"]

    def best(self):
        """The best F1 with its rule and threshold; of equals the highest threshold."""
        grid = [(rule, round(step / 100, 2)) for rule in RULES for step in range(10, 100)]
        return max((self.f1(rule, threshold), rule, threshold) for rule, threshold in grid)
