"""How a text is read: in windows, whose states make the vectors of its spans and what they score as positions.

Input: the token ids of the text, without special tokens. Windows of 254 ids begin every 190 ids until one ends with the text;
each is read as [CLS] ids [SEP], segment 0. A span has the mean of the states of the tokens whose words begin in it, in the
window that has most of them, of those the one whose middle is nearest, of those the first. A text by itself: its first 94 ids, the
mean of all states, [CLS] and [SEP] too.
"""
import bisect

MAX_TOKENS = 256
WINDOW = MAX_TOKENS - 2
MAX_TEXT = 94


class Windows:
    """A text as token ids, and the windows of them."""

    def __init__(self, tok, text, limit=WINDOW):
        encoding = tok.encode(text, add_special_tokens=False)
        self.ids, self.starts, words = encoding.ids, [], {}
        for word, (start, _) in zip(encoding.word_ids, encoding.offsets):
            self.starts.append(words.setdefault(word, start))
        self.windows = []
        for start in range(0, max(len(self.ids), 1), limit * 3 // 4):
            self.windows.append((start, min(len(self.ids), start + limit)))
            if start + limit >= len(self.ids):
                break

    def rows(self):
        """Ids and segments of every window."""
        return [([101, *self.ids[start:end], 102], [0] * (end - start + 2)) for start, end in self.windows]

    def place(self, span):
        """The window that a span is read in, and its states there."""
        first, after = (bisect.bisect_left(self.starts, bound) for bound in span)
        suits = lambda w: (max(0, min(w[1], after) - max(w[0], first)), -abs(w[0] + w[1] - first - after))
        best = max(range(len(self.windows)), key=lambda n: suits(self.windows[n]))
        start, end = self.windows[best]
        a, b = (1 + min(max(t, start), end) - start for t in (first, after))
        return best, a, max(b, a + 1)
