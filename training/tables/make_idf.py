"""Writes src/pipeline/features/idf.tsv: document frequencies of stems in readouts and plain English.

usage: make_idf.py --readouts readouts.jsonl --sentences snli.tsv stsb.tsv ... --out idf.tsv

A document is one paragraph of a readout (JSON lines with a "text") or one line of a sentence file. Frequencies are
facts about the texts; no text goes into the table. Deterministic: no seeds.
"""
import argparse
import collections
import json
import re

import snowballstemmer

WORD = re.compile(r"[^\W_]+(?:[.’'][^\W_]+)*")
MIN_COUNT = 2


def stems(text, stemmer, cache={}):
    for word in WORD.findall(text):
        lower = word.lower().replace("’", "'")
        bare = lower[:-2] if lower.endswith("'s") else lower
        if bare not in cache:
            cache[bare] = stemmer.stemWord(bare) if bare.isascii() else bare
        yield cache[bare]


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--readouts", required=True)
    parser.add_argument("--sentences", nargs="*", default=[])
    parser.add_argument("--out", required=True)
    args = parser.parse_args()
    stemmer = snowballstemmer.stemmer("english")
    counts, documents = collections.Counter(), 0
    for line in open(args.readouts, encoding="utf-8"):
        for paragraph in json.loads(line)["text"].split("\n"):
            if len(paragraph) > 40:
                documents += 1
                counts.update(set(stems(paragraph, stemmer)))
    for path in args.sentences:
        for line in open(path, encoding="utf-8"):
            documents += 1
            counts.update(set(stems(line, stemmer)))
    rows = sorted((stem, n) for stem, n in counts.items() if n >= MIN_COUNT and stem.isascii() and not stem.isdigit())
    with open(args.out, "w", encoding="utf-8") as out:
        out.write("# Document frequencies of English stems (Snowball English), made by training/make_idf.py.\n")
        out.write("# Sources: 1,388 White House readouts (US government work), one document a paragraph; sentences of\n")
        out.write("# STS-B and SNLI (CC BY-SA 4.0), one document a sentence. Counts only.\n")
        out.write(f"# documents: {documents}\n")
        for stem, n in rows:
            out.write(f"{stem}\t{n}\n")


if __name__ == "__main__":
    main()
