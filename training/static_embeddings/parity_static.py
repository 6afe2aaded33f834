"""Writes src/models/parity_static.json: the reference's token ids and vectors, for the tests of the Rust side.

usage: parity_static.py --weights FILE --out FILE [--teacher DIR]

The texts are our own: written below, and made from code points and pieces by a seeded generator. Beside them stands one
SHA-256 over the ids of "a" + character + "b" for every character there is.
"""
import argparse
import hashlib
import json
import random
import struct

import torch
import torch.nn.functional as F

import minilm

SEED = 20261124
N_RANDOM = 120

WRITTEN = [
    "", " ", "Hello, world!", "The United States supports Ukraine's sovereignty.", "President Xi stressed that the two sides should respect each other.",
    "unaffable", "antidisestablishmentarianism", "AI, counternarcotics & climate", "U.S.-China", "U.S.–China relations — a review", "10.5 percent", "$60 million",
    "€1,250.75", "2.2 million vaccines", "ASEAN's", "don't can't won’t", "“quoted” ‘single’", "café résumé naïve", "CAFÉ RÉSUMÉ", "Łódź, Kraków, Gdańsk",
    "Erdoğan İstanbul ığüşöç", "São Paulo", "Nauseda Nausėda", "Niinistö", "Ångström Åland", "Straße STRASSE ß", "ﬁnance ﬂow", "e\u0301le\u0300ve", "Президент Путин и Зеленський",
    "Україна їжак й ё", "Πρόεδρος της Ελλάδας", "中国国家主席习近平同美国总统拜登举行会晤", "中美关系 China-U.S. 关系", "双方同意, 加强合作。", "日本の首相は述べた", "カタカナ ひらがな", "대한민국 대통령", "ประเทศไทย",
    "हिन्दी भारत", "שלום ירושלים", "السلام عليكم", "𠀀𠮷 rare ideographs", "😀 smile 🇺🇦 flag 👩‍👩‍👧", "a\u200bb zero width", "tab\tnew\nline\r\nend", "nbsp\u00a0here\u3000wide", "soft\u00adhyphen", "null\u0000byte \ufffd replacement",
    "...!!!???", "`~@#$%^&*()_+-={}[]|\\:;\"'<>,.?/", "¿Qué? ¡Sí!", "x" * 100, "x" * 101, "pneumonoultramicroscopicsilicovolcanoconiosis " * 2,
    "[CLS] and [SEP] [MASK] in text", "1234567890", "3,000,000", "G7 G20 COP26 COVID-19", "№5 ½ ² ™ ©", "Ｆｕｌｌｗｉｄｔｈ １２３", "Việt Nam Nguyễn Phú Trọng", "ǅ Ǆ ŉ ﬀ", "İ", "ΣΊΣΥΦΟΣ ς",
    "Ukraine/Russia: 25% vs. 10%?", "up 3.5-fold", "1st 2nd 3rd 21st", "2021-01-21T10:00:00Z", "AUKUS/Quad+", "he/she", "e-mail: someone@example.org", "https://example.org/a?b=c&d=e#f",
    "\u00a0", "\ufeffBOM first", "\u202eright to left\u202c", "e\u0323\u0301 and e\u0301\u0323", "q\u0307\u0323", "a\u034f\u0301b", "\u0301starts with a mark", "x\u20dd enclosed", "Z\u0351\u036b\u0343algo",
    "\u212bngstr\u00f6m \u2126 \u212a", "\u2260\u226e\u226f", "\u037e\u0387\u1fef", "\uf900\ufa0e\U0002f800", "\U0001d15e\U0001d160", "\u3099か\u3099が", "각\u11a8 \u1100\u1161", "\ud7a3\uac00",
    "\u1c89 \ua7cb \u2c2f", "\u1e9e \u00df \u017f", "\U00010400\U00010428", "\ue000private\U0010fffd", "\x01\x1f\x7f\x80\x9f", "a\x0bb\x0cc\x85d", "a\u2028b\u2029c", "\u1680\u2003\u3000", "\u180e\u200d\u2060",
    "\u061c\u061d\u061e", "\u166d\U000111c9", "\u2e52\u2e53\u2e5d", "𝐁𝐨𝐥𝐝 𝔉𝔯𝔞𝔨𝔱𝔲𝔯", "ⅠⅣ ⅷ ①", "кон\u0438\u0306ец", "ἈΧΙΛΛΕΎΣ ᾳ ᾼ", "ქართული ᲥᲐᲠᲗᲣᲚᲘ", "Ꭰꭰ", "בְּרֵאשִׁית", "اَلسَّلَامُ", "नि\u0902 क्षि", "ไทย กำลัง",
    "[cls] [ CLS ] [CLS [MASK]] x[SEP]y [UNK][PAD]", "[C\u200bLS]", "[Mask]", "##ing ## # ing", "é" * 100, "é" * 101, "e\u0301" * 100, "中" * 120, "한" * 34, "a" * 99 + "\u0301" * 5, "😀" * 101, "supercalifragilistic" * 5, "zzzz" * 25 + "q",
]


def random_texts(rng, vocabulary):
    """Texts of single code points of every plane, of the scripts people write in, and of pieces with marks between."""
    scalars = [c for c in range(0x110000) if not 0xD800 <= c < 0xE000]
    scripts = [(0, 0x7F), (0x80, 0x24F), (0x300, 0x36F), (0x370, 0x52F), (0x590, 0x6FF), (0x900, 0xDFF), (0xE00, 0x11FF), (0x1E00, 0x1FFF),
               (0x2000, 0x2BFF), (0x3000, 0x30FF), (0x4E00, 0x9FFF), (0xA640, 0xABFF), (0xAC00, 0xD7FF), (0xF900, 0xFFFD), (0x10000, 0x11FFF), (0x1D000, 0x1FAFF)]
    pieces = [w.removeprefix("##") for w in vocabulary]
    for i in range(N_RANDOM):
        n = rng.randrange(1, 24)
        if i % 4 == 0:
            yield "".join(chr(rng.choice(scalars)) for _ in range(n))
        elif i % 4 == 1:
            yield "".join(chr(rng.randint(*rng.choice(scripts))) for _ in range(n))
        elif i % 4 == 2:
            yield "".join(rng.choice([str.upper, str.lower, str.title])(rng.choice(pieces)) + rng.choice(["", "", " ", "\u0301", "\u200b", "-", "’", "\u00ad"]) for _ in range(n))
        else:
            yield "".join(chr(rng.randint(32, 126)) for _ in range(4 * n))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--weights", required=True)
    parser.add_argument("--out", required=True)
    parser.add_argument("--teacher")
    args = parser.parse_args()
    tok = minilm.load_tokenizer(minilm.teacher_dir(args.teacher))

    with open(args.weights, "rb") as f:
        data = f.read()
    magic, version, n_rows, dim, _ = struct.unpack_from("<8s4I", data)
    assert (magic, version) == (b"PLXSTAT1", 1)
    scale = torch.frombuffer(bytearray(data[24 : 24 + 4 * n_rows]), dtype=torch.float32)
    table = torch.frombuffer(bytearray(data[24 + 4 * n_rows :]), dtype=torch.int8).view(n_rows, dim).float() * scale[:, None]

    def ids_of(text):
        return tok.encode(text, add_special_tokens=False).ids

    vocabulary = [w for w, _ in sorted(tok.get_vocab().items(), key=lambda x: x[1])]
    cases = []
    for text in WRITTEN + list(random_texts(random.Random(SEED), vocabulary)):
        ids = ids_of(text)
        vector = F.normalize(table[ids].sum(0), dim=0)[:8].tolist()
        cases.append({"text": text, "ids": ids, "vector8": [round(x, 7) for x in vector]})

    digest = hashlib.sha256()
    for c in range(0x110000):
        if not 0xD800 <= c < 0xE000:
            ids = ids_of("a" + chr(c) + "b")
            digest.update(struct.pack(f"<{1 + len(ids)}I", len(ids), *ids))
    with open(args.out, "w", encoding="ascii", newline="\n") as f:
        f.write(f'{{"every_character_sha256": "{digest.hexdigest()}",\n"cases": [\n')
        f.write(",\n".join(map(json.dumps, cases)))
        f.write("\n]}\n")
    print(len(cases), "texts")


if __name__ == "__main__":
    main()
