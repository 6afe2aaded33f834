"""Features of units and of the edges between them, as tuples: a template's name, then words and small numbers.

src/pipeline/position/spans/features.rs is the same in Rust. A feature's key in the weight file is `key(feature)`.
"""
import collections
import math

from units import CLASSES, NAME, NUMBER, PARAGRAPH, SENTENCE, TITLE, normalize, tokenize, units

MASK = (1 << 64) - 1
# Share of "I" and "we" outside quotation marks from which a text counts as first person; the rule of
# attribution::is_first_person.
FIRST_PERSON_SHARE = 0.01


def fnv1a(text):
    """64-bit FNV-1a of the UTF-8 bytes."""
    state = 0xCBF29CE484222325
    for byte in text.encode():
        state = ((state ^ byte) * 0x100000001B3) & MASK
    return state


def key(feature, cache={}):
    """The 32-bit key of a feature: its parts, words as their FNV-1a, turned in one after the other."""
    state = 0
    for at, part in enumerate(feature):
        if isinstance(part, str):
            if part not in cache:
                cache[part] = fnv1a(part)
            part = cache[part]
        if at == 0:
            state = part
        else:
            turned = (state << 5 | state >> 59) & MASK
            state = ((turned ^ part) * 0x9E3779B97F4A7C15) & MASK
            state ^= state >> 32
    return state & 0xFFFFFFFF


def log_bin(n):
    """Three bins for every factor of e."""
    return math.floor(3 * math.log(max(n, 1)) + 0.5)


def is_class(word):
    return word in (NAME, NUMBER, TITLE)


def stem(word):
    return word[:5]


def letters(words):
    """Characters of the words, with one after each."""
    return sum(len(word) + 1 for word in words)


def stems(words):
    return [stem(word) for word in words if len(word) > 5 and not is_class(word)]


def content(words, more_than):
    """The words longer than `more_than` that have content of their own."""
    return [word for word in words if len(word) > more_than and not is_class(word) and word not in CLASSES["stop"]]


def count(words, name, cap):
    """How many different words are of the class, `cap` at most."""
    return min(cap, len(set(words) & CLASSES[name]))


def any_of(words, name):
    return int(bool(set(words) & CLASSES[name]))


def is_first_person(tokens):
    """True when the author speaks as "I" or "we" outside quotation marks."""
    n_words = n_first = 0
    is_quoted = False
    for token in tokens:
        if token.text in "“”\"":
            is_quoted = token.text == "“" or (token.text == '"' and not is_quoted)
        elif token.kind in ("word", "number") and not is_quoted:
            n_words += 1
            n_first += token.text.lower() in ("i", "we")
    return n_first > 1 and n_first >= FIRST_PERSON_SHARE * n_words


class Document:
    """A text with its units, their features, and the features of the edges; edge k stands before unit k."""

    def __init__(self, text, is_known, first_person=None):
        self.text = text
        tokens = tokenize(text)
        norms = normalize(tokens, is_known)
        self.units, self.boundaries = units(tokens)
        self.n = len(self.units)
        self.starts = [tokens[first].start for first, _ in self.units]
        self.ends = [tokens[after - 1].end for _, after in self.units]
        self.is_first_person = is_first_person(tokens) if first_person is None else first_person
        self.describe(tokens, norms)

    def describe(self, tokens, norms):
        n, g, kinds = self.n, int(self.is_first_person), self.boundaries
        words = [[norms[k] for k in range(a, b) if tokens[k].kind in ("word", "number")] for a, b in self.units]
        sentence_of, paragraph_of = [], []
        for k in range(n):
            sentence_of.append(sentence_of[-1] + (kinds[k] <= SENTENCE) if k else 0)
            paragraph_of.append(paragraph_of[-1] + (kinds[k] == PARAGRAPH) if k else 0)
        sentences = collections.defaultdict(list)
        for k in range(n):
            sentences[sentence_of[k]] += words[k]
        n_sentences_with = collections.Counter(w[:6] for s in sentences.values() for w in set(content(s, 4)))
        paragraph_sizes = collections.Counter(paragraph_of)
        n_sentences, n_paragraphs = len(sentences), len(paragraph_sizes)
        self.unit_features = []
        for k in range(n):
            ws, (a, b), s, p = words[k], self.units[k], sentence_of[k], paragraph_of[k]
            sw, before, after = sentences[s], sentences.get(s - 1, []), sentences.get(s + 1, [])
            long_words = content(ws, 3)
            f = [("bias", g), ("left", kinds[k], g), ("right", kinds[k + 1], g)]
            f += [("chars", log_bin(self.ends[k] - self.starts[k]), g)]
            f += [("word", w) for w in ws]
            f += [("pair", v, w) for v, w in zip(ws, ws[1:])]
            f += [("stem", w) for w in stems(ws)]
            if ws:
                f += [("first", *ws[:1]), ("first two", *ws[:2]), ("first three", *ws[:3]), ("last", ws[-1])]
            # Of the sentence.
            f += [("s chars", log_bin(letters(sw)), g)]
            f += [("s stem", w) for w in stems(sw)]
            f += [("s first", *sw[:m]) for m in (1, 2, 3)]
            f += [("before", *before[:2]), ("after", *after[:2])]
            f += [("s from start", min(s, 4), g), ("s from end", min(n_sentences - 1 - s, 4), g)]
            f += [("s stance", count(sw, "stance", 3)), ("s greeting", count(sw, "greeting", 3))]
            f += [("s content", min(12, len(content(sw, 3)))), ("s names", min(3, sw.count(NAME)))]
            # Of the unit again.
            f += [("fifth", 5 * k // n, g), ("stance", count(ws, "stance", 3))]
            f += [("content", min(8, len(long_words)), g)]
            f += [("repeated", min(3, sum(n_sentences_with[w] > 1 for w in {w[:6] for w in long_words})))]
            f += [("names", min(3, ws.count(NAME))), ("numbers", min(2, ws.count(NUMBER)))]
            f += [("paragraph size", min(6, paragraph_sizes[p]), g)]
            f += [("opens paragraph", int(not k or p != paragraph_of[k - 1]), g)]
            f += [("p from start", min(p, 3), g), ("p from end", min(n_paragraphs - 1 - p, 3), g)]
            texts = [tokens[i].text for i in range(a, b)]
            opened = a > 0 and tokens[a - 1].text in ("“", '"')
            f += [("quote", int("“" in texts or '"' in texts), int(opened))]
            f += [("laughter", any_of(ws, "laughter")), ("bracket", int("(" in texts))]
            f += [("question", int(any(token.text == "?" for token in tokens[a : b + 1])))]
            f += [("dashes", min(2, sum(tokens[i].kind == "dash" for i in range(a, b))))]
            self.unit_features.append(set(f))
        self.edge_features = [{("end",)}]
        for k in range(1, n):
            kind, left, right = kinds[k], words[k - 1], words[k]
            s_left, s_right = sentences[sentence_of[k - 1]], sentences[sentence_of[k]]
            f = [("kind", kind), ("kind", kind, g)]
            f += [("left chars", kind, log_bin(self.ends[k - 1] - self.starts[k - 1]))]
            f += [("right chars", kind, log_bin(self.ends[k] - self.starts[k]))]
            if kind <= SENTENCE:
                x, y = log_bin(letters(s_left)), log_bin(letters(s_right))
                f += [("s left", x), ("s right", y), ("s left", x, g), ("s right", y, g)]
                f += [("s both", x // 3, y // 3, g)]
            # For a boundary between sentences these stand for the two units.
            lw, rw = (s_left, s_right) if kind <= SENTENCE else (left, right)
            f += [("right", kind, *rw[:m]) for m in (1, 2, 3)] + [("right any", *rw[:m]) for m in (1, 2)]
            f += [("right second", kind, *rw[1:2]), ("right second two", kind, *rw[1:3])]
            f += [("left", kind, *lw[:m]) for m in (1, 2)] + [("left last", kind, *lw[-1:])]
            if lw and rw:
                f += [("firsts", kind, lw[0], rw[0])]
            f += [("same first", int(lw[:1] == rw[:1] != []))]
            group = group_of(kind)
            f += [("bag right", group, w) for w in rw] + [("bag left", group, w) for w in lw]
            shared = {w for w in set(s_left) & set(s_right) if len(w) > 5 and not is_class(w)}
            f += [("shared", kind, min(3, len(shared)))]
            f += [("left stance", kind, count(lw, "stance", 2)), ("right stance", kind, count(rw, "stance", 2))]
            f += [("both stance", kind, any_of(lw, "stance"), any_of(rw, "stance"))]
            f += [("s from start", min(sentence_of[k], 3), g)]
            f += [("right stem", kind, w) for w in stems(right[:2])]
            f += [("right suffix", kind, suffix(w)) for w in right[:1] if has_suffix(w)]
            f += [("right second suffix", kind, suffix(w)) for w in right[1:2] if has_suffix(w)]
            f += [("left last suffix", kind, suffix(w)) for w in left[-1:] if has_suffix(w)]
            is_subject = bool(right) and (right[0] in CLASSES["subject"] or right[0] in (NAME, TITLE))
            f += [("verbs", kind, any_of(right[:4], "reporting"), any_of(right[:5], "modal"), int(is_subject))]
            x = log_bin(sum(letters(words[q]) for q in range(k) if sentence_of[q] == sentence_of[k - 1]))
            y = log_bin(sum(letters(words[q]) for q in range(k, n) if sentence_of[q] == sentence_of[k]))
            f += [("chars before", kind, x), ("chars after", kind, y), ("chars around", kind, x // 3, y // 3)]
            self.edge_features.append(set(f))
        self.edge_features.append({("end",)})


def has_suffix(word):
    return len(word) > 4 and not is_class(word)


def suffix(word):
    return word[-3:]


def group_of(kind):
    """Boundaries whose bags of words share their weights: all after a comma, and the bare words."""
    return {6: 6, 7: 6, 8: 6, 9: 6, 10: 10, 11: 10}.get(kind, kind)
