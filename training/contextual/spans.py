"""How a text is cut into windows for its spans to be read.

Input: the text between the bounds of spans is made token ids piece by piece, without special tokens. Windows of 254 ids
begin every 190 ids until one ends with the text; each is read as [CLS] ids [SEP], segment 0. A span has the mean of its
states, as a unit vector, in the window that has most of its tokens, of those the one whose middle is nearest, of those the
first. A text by itself: its first 94 ids, the mean of all states, [CLS] and [SEP] too.
"""

MAX_TOKENS = 256
WINDOW = MAX_TOKENS - 2
MAX_TEXT = 94


def windows(tok, text, spans, limit=WINDOW):
    """Ids of a text, and the windows that spans are read in: [((start, end), [(span, (start, end))])], in tokens."""
    bounds = sorted({0, len(text), *(b for span in spans for b in span)})
    ids, first = [], {}
    for bound, end in zip(bounds, bounds[1:] + bounds[-1:]):
        first[bound] = len(ids)
        ids += tok.encode(text[bound:end], add_special_tokens=False).ids
    every, stride = [], limit * 3 // 4
    for start in range(0, max(len(ids), 1), stride):
        every.append((start, min(len(ids), start + limit)))
        if start + limit >= len(ids):
            break
    inside = [[] for _ in every]
    for k, (a, b) in enumerate(spans):
        a, b = first[a], first[b]
        suits = lambda w: (max(0, min(w[1], b) - max(w[0], a)), -abs(w[0] + w[1] - a - b))
        best = max(range(len(every)), key=lambda n: suits(every[n]))
        inside[best].append((k, (a, b)))
    return ids, [(w, i) for w, i in zip(every, inside) if i]
