"""Writes src/models/wordpiece_fold.tsv: what the reference tokenizer does to each character before WordPiece.

usage: tokenizer_table.py --out FILE [--teacher DIR]

Every code point is put through the reference's normalizer and pre-tokenizer, so the table holds what they do and not
what a Unicode version says: the reference mixes old categories with newer decompositions and case pairs.
Left out, as the reader has them as code: ASCII, and the algorithmic decomposition of Hangul syllables.

One character at a time is enough because context reaches the reference in one way only, the canonical order of
combining marks, and no vocabulary entry holds a mark with a combining class that survives. Both are checked here.
Deterministic: no seeds.
"""
import argparse
import unicodedata

import minilm

HEADER = """\
# What the reference tokenizer (BertNormalizer, BertPreTokenizer) does to each character before WordPiece.
# Written by training/static_embeddings/tokenizer_table.py from tokenizers {version}; do not edit.
# Columns: first and last code point, then a rule: drop, space, punctuation (a word by itself), ideograph (the same),
# or the code points that take its place. A character without a row is part of a word as it is.
"""
HANGUL = range(0xAC00, 0xD7A4)


def hangul(c):
    """The jamo of a Hangul syllable, The Unicode Standard 3.12."""
    s = c - HANGUL.start
    return "".join(map(chr, (0x1100 + s // 588, 0x1161 + s % 588 // 28, 0x11A7 + s % 28)))[: 3 if s % 28 else 2]


def ascii_rule(c):
    ch = chr(c)
    if ch in "\t\n\r ":
        return "space"
    if c < 32 or c == 127:
        return "drop"
    return "punctuation" if not ch.isalnum() else ch.lower()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--out", required=True)
    parser.add_argument("--teacher")
    args = parser.parse_args()
    import tokenizers

    tok = minilm.load_tokenizer(minilm.teacher_dir(args.teacher))
    normal, split = tok.normalizer.normalize_str, tok.pre_tokenizer.pre_tokenize_str
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]

    def shape(ch):
        """What the pre-tokenizer makes of a normalized character: word, space, or punctuation."""
        return {1: "word", 2: "space", 3: "punctuation"}[len(split("a" + ch + "b"))]

    rules = {}
    for c in scalars:
        ch = chr(c)
        out = normal(ch)
        if out == "":
            rules[c] = "drop"
        elif out == " ":
            rules[c] = "space"
        elif out == f" {ch} ":
            rules[c] = "ideograph"
        elif out == ch:
            rules[c] = shape(ch)
        else:
            rules[c] = out.strip(" ")

    # The reader looks up the characters of a replacement again, for their kind alone.
    for c in scalars:
        rule, ch = rules[c], chr(c)
        if c < 128:
            assert ascii_rule(c) == (ch if rule == "word" else rule), hex(c)
        if rule in ("drop", "space", "word", "punctuation", "ideograph"):
            continue
        kinds = [rules[ord(x)] for x in rule]
        padded = "".join(f" {x} " if k == "ideograph" else x for x, k in zip(rule, kinds))
        assert padded == normal(ch), hex(c)
        for x, k in zip(rule, kinds):
            assert (k if k in ("space", "punctuation") else "word") == shape(x), hex(c)
        if c in HANGUL:
            assert rule == hangul(c), hex(c)
    for c in {ord(x) for w in tok.get_vocab() for x in w}:
        assert rules[c] == "drop" or not unicodedata.combining(chr(c)), hex(c)

    rows = []
    for c in scalars:
        rule = rules[c]
        if c < 128 or c in HANGUL or rule == "word":
            continue
        if rule in ("drop", "space", "punctuation", "ideograph"):
            if rows and rows[-1][1] == c - 1 and rows[-1][2] == rule:
                rows[-1][1] = c
                continue
        else:
            rule = " ".join(f"{ord(x):04X}" for x in rule)
        rows.append([c, c, rule])
    with open(args.out, "w", encoding="utf-8", newline="\n") as f:
        f.write(HEADER.format(version=tokenizers.__version__))
        f.writelines(f"{a:04X}\t{b:04X}\t{rule}\n" for a, b, rule in rows)
    print(len(rows), "rows")


if __name__ == "__main__":
    main()
