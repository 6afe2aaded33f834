"""Tokens and elementary units: from a text to the pieces that a position span is made of.

src/pipeline/position/spans/tokens.rs and units.rs are the same in Rust; whoever changes one changes the other and runs
`train.py --parity`. Offsets are Unicode code points.
"""
import collections
import pathlib
import re

CRATE = pathlib.Path(__file__).resolve().parents[2]
WORDS = CRATE / "src/pipeline/position/spans/words.tsv"

Token = collections.namedtuple("Token", "start end text kind")
KINDS = ("newline", "word", "clitic", "number", "dash", "ellipsis", "symbol")
TOKEN = re.compile(
    r"(\n+)"
    r"|([^\W\d_]+(?:[.](?=[A-Za-z][.])[A-Za-z])*(?:-[^\W\d_]+)*)"
    r"|([’'](?:s|re|ve|ll|d|m|t)\b)"
    r"|([0-9][0-9,.]*[0-9]|[0-9])"
    r"|(–\s?-|—|–|--)"
    r"|(\.\.\.|…)"
    r"|([^\w\s])"
)
CLOSING = frozenset("”\"’')]»")
NAME, NUMBER, TITLE = "<NAME>", "<NUM>", "<T>"
# Kinds of a boundary before a unit; at one place the first in this list wins.
BOUNDARIES = "paragraph sentence semicolon colon quote dash comma_and comma_word comma_verb comma word and that".split()
PARAGRAPH, SENTENCE, SEMICOLON, COLON, QUOTE, DASH, COMMA_AND, COMMA_WORD, COMMA_VERB, COMMA, WORD, AND, THAT = range(13)


def load_classes():
    """The table of word classes: class -> words."""
    classes = collections.defaultdict(set)
    for line in WORDS.read_text(encoding="utf-8").splitlines():
        if not line.startswith("#"):
            word, names = line.split("\t")
            for name in names.split():
                classes[name].add(word)
    return classes


CLASSES = load_classes()
MAY_OPEN = CLASSES["subject"] | CLASSES["conjunction"] | CLASSES["opener"]


def tokenize(text):
    """The tokens of `text`; what is no token is skipped."""
    return [Token(m.start(), m.end(), m.group(), KINDS[m.lastindex - 1]) for m in TOKEN.finditer(text)]


def normalize(tokens, is_known):
    """One string a token: the class of names, numbers and titles, else lower case.

    No name gets through: a capitalised word stays itself only at a sentence start and only where `is_known`.
    """
    out, is_start = [], True
    for token in tokens:
        lower = token.text.lower()
        is_capital = token.kind == "word" and token.text[0].isupper() and token.text != "I"
        if token.kind == "number":
            out.append(NUMBER)
        elif is_capital and lower in CLASSES["title"]:
            out.append(TITLE)
        elif is_capital and not (is_start and is_known(lower)):
            out.append(NAME)
        else:
            out.append(lower)
        opens = token.kind == "newline" or token.text in (".", "!", "?", ":", "“", '"')
        is_start = opens or (is_start and token.kind not in ("word", "number"))
    return out


def units(tokens):
    """The units as (first token, token after the last), and the kind of boundary before each and at the text's end."""
    n = len(tokens)
    lower = [token.text.lower() if token.kind == "word" else "" for token in tokens]
    cuts = {}

    def cut(at, kind):
        if 0 < at < n:
            cuts[at] = min(kind, cuts.get(at, kind))

    def is_newline(at):
        return at < n and tokens[at].kind == "newline"

    for i, token in enumerate(tokens):
        following = lower[i + 1] if i + 1 < n else ""
        if token.kind == "newline":
            cut(i, PARAGRAPH)
            cut(i + 1, PARAGRAPH)
        elif token.kind == "ellipsis" or token.text in (".", "!", "?"):
            if token.text == "." and i and lower[i - 1] in CLASSES["abbreviation"] and not is_newline(i + 1):
                is_country = lower[i - 1] in ("u.s", "u.n", "u.k")
                if not (is_country and following in MAY_OPEN and tokens[i + 1].text[0].isupper()):
                    continue
            j = i + 1
            while j < n and tokens[j].start == tokens[j - 1].end and (
                tokens[j].text in CLOSING or tokens[j].text in (".", "!", "?")
            ):
                j += 1
            if j < n and (tokens[j].start > tokens[j - 1].end or is_newline(j)):
                cut(j, SENTENCE)
        elif token.text == ";":
            cut(i + 1, SEMICOLON)
        elif token.text == ":":
            cut(i + 1, COLON)
        elif token.kind == "dash":
            if i and (token.start > tokens[i - 1].end or token.text in ("—", "--")):
                cut(i + 1, DASH)
        elif token.text == ",":
            if i + 1 < n and tokens[i + 1].text in CLOSING and tokens[i + 1].start == token.end:
                cut(i + 2, QUOTE)
            elif following in ("and", "or"):
                cut(i + 1, COMMA_AND)
            elif following in CLASSES["conjunction"]:
                cut(i + 1, COMMA_WORD)
            elif following.endswith("ing") and len(following) > 4:
                cut(i + 1, COMMA_VERB)
            else:
                cut(i + 1, COMMA)
        elif lower[i] in ("and", "or", "but", "because", "while", "including"):
            if i and tokens[i - 1].text not in (",", "—", "–", ".", ";"):
                cut(i, AND if lower[i] in ("and", "or") else WORD)
        elif lower[i] == "as" and lower[i + 1 : i + 3] == ["well", "as"]:
            cut(i, WORD)
        elif lower[i] == "that" and i and lower[i - 1] in CLASSES["that"]:
            cut(i + 1, THAT)
    out, boundaries, previous = [], [PARAGRAPH], 0
    for end in sorted(cuts) + [n]:
        first, after = previous, end
        while first < after and is_newline(first):
            first += 1
        while after > first and is_newline(after - 1):
            after -= 1
        if first < after:
            out.append((first, after))
            boundaries.append(cuts.get(end, PARAGRAPH))
        elif end > previous and out:
            boundaries[-1] = PARAGRAPH
        previous = end
    return out, boundaries
