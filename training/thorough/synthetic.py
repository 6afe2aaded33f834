"""Synthetic pairs from real readout sentences: flips, figures, modality, scope, paraphrased frames, shared items, neutrals.

A pair is a dict: a, b, kind, and the targets link, div (divergence), nli (0 entailment, 1 neutral, 2 contradiction);
a target that the rule does not settle is None.
"""
import functools
import random
import re

W = r"\b"
FLIPS = [  # either side of a row may be found; it becomes a word of the other side
    (("supports", "backs"), ("opposes", "rejects")), (("supported",), ("opposed", "rejected")), (("support for",), ("opposition to", "objections to")),
    (("support",), ("oppose", "reject")), (("agreed to",), ("refused to", "declined to")), (("agreed on",), ("disagreed on", "could not agree on")), (("agreed that",), ("denied that", "disputed that")),
    (("welcomed", "applauded", "praised", "commended"), ("condemned", "criticized", "denounced", "deplored")), (("condemned", "denounced"), ("defended", "justified", "welcomed")),
    (("increase", "raise", "boost"), ("reduce", "cut", "decrease")), (("increasing", "raising"), ("reducing", "cutting")), (("increased",), ("reduced", "decreased")),
    (("strengthen", "bolster", "reinforce"), ("weaken", "undermine")), (("strengthening", "bolstering"), ("weakening", "undermining")), (("expand",), ("scale back", "limit")), (("expanding",), ("scaling back", "limiting")),
    (("accelerate", "speed up"), ("delay", "slow")), (("accelerating",), ("delaying", "slowing")), (("continue",), ("stop", "end")), (("continued",), ("suspended", "ended")), (("begin", "start", "launch", "resume"), ("end", "suspend", "halt")),
    (("accept",), ("reject",)), (("accepted",), ("rejected", "turned down")), (("allow", "permit", "enable"), ("prevent", "block", "forbid")), (("protect", "defend", "safeguard"), ("attack", "threaten")), (("protecting", "safeguarding"), ("threatening",)),
    (("committed to",), ("not committed to", "opposed to")), (("commitment to",), ("rejection of", "withdrawal from")), (("reaffirmed", "reiterated"), ("withdrew", "abandoned", "called into question")),
    (("urged", "called on"), ("advised against", "warned against")), (("called for",), ("rejected calls for", "opposed")), (("lift", "ease", "remove"), ("impose", "tighten", "keep")), (("join",), ("leave", "withdraw from")), (("provide", "supply", "send"), ("withhold", "deny")),
    (("providing", "supplying"), ("withholding", "denying")), (("progress",), ("no progress", "setbacks")), (("importance of",), ("futility of", "irrelevance of")), (("important", "essential", "vital", "critical"), ("unnecessary", "unimportant")),
    (("possible",), ("impossible",)), (("peaceful",), ("military", "forcible")), (("open",), ("closed",)), (("deepen", "deepening"), ("downgrade", "downgrading")), (("improve", "improving"), ("worsen", "worsening")), (("advance", "promote"), ("hinder", "obstruct")),
    (("advancing", "promoting"), ("hindering", "obstructing")), (("succeeded", "successful"), ("failed", "unsuccessful")), (("confidence in",), ("doubts about",)), (("welcomes",), ("condemns", "regrets")), (("optimistic about",), ("pessimistic about",)), (("in favor of",), ("against",)),
    (("ready to", "prepared to", "willing to"), ("unwilling to", "not ready to")), (("respect for",), ("disregard for",)), (("respect",), ("violate", "ignore")), (("before",), ("after",)), (("more",), ("less", "fewer")), (("legitimate",), ("illegitimate",)), (("pledged to", "promised to"), ("refused to", "ruled out plans to")),
    (("expressed appreciation for", "expressed gratitude for"), ("expressed disappointment at", "protested against")), (("thanked",), ("blamed", "criticized")), (("stable",), ("unstable",)), (("prevent", "avoid"), ("provoke", "risk")), (("de-escalation",), ("escalation",)),
]
NEGATIONS = [("will not", "will"), ("will", "will not"), ("should not", "should"), ("should", "should not"), ("must not", "must"), ("must", "must not"), ("cannot", "can"), ("can", "cannot"), ("would", "would not"), ("are not", "are"), ("are", "are not"), ("is not", "is"), ("is", "is not"),
             ("was", "was not"), ("were", "were not"), ("do not", "do"), ("did not", "did"), ("has", "has not"), ("have", "have not"), ("never", "always"), ("no longer", "still")]
MODALITY = [("will", "may"), ("will", "hopes to"), ("must", "could"), ("should", "might"), ("can", "could perhaps"), ("committed to", "considering"), ("agreed to", "discussed whether to"), ("pledged to", "said it might"), ("demanded", "suggested"), ("urged", "invited"), ("intends to", "may one day")]
SCOPE = [("all", "some"), ("every", "some"), ("both countries", "one of the countries"), ("global", "local"), ("fully", "partly"), ("immediate", "eventual"), ("immediately", "in time"), ("full", "limited"), ("permanent", "temporary"), ("nationwide", "in the capital"), ("always", "sometimes"), ("unconditional", "conditional")]
SYNONYMS = [("reaffirmed", "reiterated", "restated", "confirmed once more", "affirmed again"), ("emphasized", "stressed", "underscored", "highlighted", "underlined"), ("discussed", "talked about", "exchanged views on", "reviewed", "addressed"), ("welcomed", "applauded", "hailed", "praised"),
            ("noted", "pointed out", "observed"), ("expressed concern about", "voiced concern over", "said they were worried about"), ("condemned", "denounced", "deplored"), ("agreed to", "decided together to", "undertook to", "committed to"), ("pledged", "promised", "vowed"), ("urged", "called on", "appealed to"),
            ("thanked", "expressed gratitude to", "conveyed appreciation to"), ("support for", "backing of", "solidarity with"), ("strengthen", "deepen", "reinforce", "bolster"), ("strengthening", "deepening", "reinforcing"), ("strong", "firm", "robust"), ("ongoing", "continuing"), ("efforts to", "work to", "steps to"),
            ("importance of", "need for", "significance of"), ("important", "essential", "vital", "crucial"), ("cooperation", "collaboration", "joint work"), ("relationship", "ties", "relations"), ("including", "among them"), ("challenges", "problems", "difficulties"), ("ensure", "make sure of", "guarantee"), ("assistance", "aid", "help"),
            ("advance", "promote", "further"), ("address", "tackle", "deal with"), ("commitment to", "dedication to", "resolve on"), ("war", "conflict"), ("opportunities", "ways", "possibilities"), ("increase", "raise", "step up"), ("shared", "common"), ("humanitarian", "relief"), ("also", "in addition"),
            ("leaders", "heads of state"), ("bilateral", "two-way"), ("trade", "commerce"), ("consult", "confer"), ("close", "intimate"), ("immediately", "without delay", "at once"), ("help", "assist"), ("use", "employ"), ("attack", "assault"), ("invasion of", "aggression against")]
NAMES = [("The President", "President Biden", "The American leader", "The United States", "The U.S. side", "Washington", "Mr. Biden"), ("The Vice President", "Vice President Harris", "Kamala Harris", "The U.S. side"), ("the United States", "the U.S.", "America", "the American side", "Washington"),
         ("The two leaders", "The leaders", "Both sides", "The two presidents", "They", "The two sides"), ("The leaders", "Both sides", "They"), ("They", "The two sides", "The leaders"), ("Russia", "the Russian side", "Moscow"), ("China", "the Chinese side", "Beijing", "the PRC"), ("Ukraine", "the Ukrainian side", "Kyiv"), ("Israel", "the Israeli side"),
         ("India", "the Indian side", "New Delhi"), ("Japan", "the Japanese side", "Tokyo"), ("France", "the French side", "Paris"), ("Germany", "the German side", "Berlin"), ("the European Union", "the EU", "Brussels"), ("the United Kingdom", "the UK", "Britain", "London"), ("Mr. Sullivan", "Sullivan", "The U.S. side"), ("the Administration", "the U.S. government")]
VERBS = r"(?:discussed|underscored|reaffirmed|reiterated|thanked|agreed|emphasized|welcomed|noted|highlighted|affirmed|committed|stressed|conveyed|reviewed|condemned|announced|commended|raised|called|recognized|applauded|pledged|outlined|praised|urged|confirmed|expressed|shared|encouraged|consulted|acknowledged|explained|voiced|pledged)"
FRAME = re.compile(r"^(?P<who>[^,;:]{2,70}?)\s+(?:also\s+|further\s+|both\s+)?(?P<verb>" + VERBS + r")\s+(?P<what>.{15,})$")
THAT = re.compile(r"^[^,]{3,80}\b" + VERBS + r" that\s+(?P<content>.{25,})$")
ITEMS = re.compile(r",\s+(?:and\s+)?|\s+and\s+|;\s+")
NUMBER = re.compile(r"(?<![-\w])\d[\d,]*(?:\.\d+)?\b")
MONTHS = "January February March April May June July August September October November December".split()
SUBJECTS = ["President Xi", "The Chinese side", "President Zelenskyy", "The Prime Minister", "The Russian side", "The Indian side", "The foreign minister", "The King", "Our country", "The government", "The two sides", "The Kremlin", "The President", "The delegation", "The Secretary"]
SAYS = ["stressed that", "noted that", "said that", "reaffirmed that", "pointed out that", "underlined that", "made clear that", "believes that", "is convinced that", "reiterated that"]
FIRST = [(r"^(?:The |Vice )?(?:President|Prime Minister|leaders?|two leaders|They|He|She)\b[^,;:]{0,40}? (?:also )?reaffirmed (?:his|her|their|the United States’|our) (?:\w+ )?commitment to ", ["We remain committed to ", "I am committed to ", "Let me repeat our commitment to "]),
         (r"^[^,;:]{2,50}? (?:also )?(?:expressed|reiterated|reaffirmed) (?:his |her |their |our )?(?:\w+ )?support for ", ["We support ", "I want to say that we stand behind ", "You have our full support for "]), (r"^[^,;:]{2,50}? (?:also )?(?:discussed|reviewed|consulted on) ", ["We are going to talk about ", "I want to discuss ", "On our agenda is ", "We talked about "]),
         (r"^[^,;:]{2,50}? (?:also )?(?:welcomed|applauded|praised|commended) ", ["We are very glad about ", "I want to thank you for ", "We greatly appreciate "]), (r"^[^,;:]{2,50}? (?:also )?(?:underscored|emphasized|stressed|highlighted) the importance of ", ["It is very important for us to see ", "We need ", "What matters most is "]),
         (r"^[^,;:]{2,50}? (?:also )?condemned ", ["We strongly condemn ", "I am outraged by ", "We will never accept "]), (r"^[^,;:]{2,50}? (?:also )?agreed to ", ["We will ", "We have decided to ", "Together we’re going to "])]


@functools.cache
def whole(w):
    """The pattern of a phrase as whole words."""
    return re.compile(W + re.escape(w) + W)


def usable(s):
    n = len(s.split())
    return 8 <= n <= 45 and s[0].isupper() and s[-1] in ".”" and "http" not in s and "**" not in s and " – " not in s


def case_like(new, old):
    return new[0].upper() + new[1:] if old[0].isupper() else new


def swap(rng, s, rows, both=True):
    """Replaces one phrase found in s by the other side of a row; None when nothing is found."""
    found = []
    for left, right in rows:
        for x, y in ((left, right), (right, left)) if both else ((left, right),):
            for w in (x,) if isinstance(x, str) else x:
                m = whole(w).search(s)
                if m:
                    found.append((m, (y,) if isinstance(y, str) else y))
    if not found:
        return None
    m, ys = rng.choice(found)
    return s[: m.start()] + case_like(rng.choice(ys), m.group()) + s[m.end() :]


def figure(rng, s):
    """Another number, year or month in place of one."""
    ms = [m for m in NUMBER.finditer(s)]
    if ms:
        m = rng.choice(ms)
        t = m.group()
        if re.fullmatch(r"(19|20)\d\d", t):
            new = str(int(t) + rng.choice([-5, -3, -2, -1, 1, 2, 3, 5]))
        else:
            v = float(t.replace(",", ""))
            v = v * rng.choice([0.2, 0.5, 1.5, 2, 3, 10]) + rng.choice([0, 1])
            new = f"{v:,.1f}" if "." in t and v < 100 else f"{max(1, round(v)):,}" if "," in t or v >= 1000 else str(max(1, round(v)))
        if new != t:
            return s[: m.start()] + new + s[m.end() :]
    for mo in MONTHS[:4] + MONTHS[5:]:
        if whole(mo).search(s):
            return whole(mo).sub(rng.choice([x for x in MONTHS if x != mo]), s, count=1)
    return None


def paraphrase(rng, s, n):
    """Up to n synonym or name replacements; None when none applies."""
    done = 0
    rows = SYNONYMS + NAMES
    for k in rng.sample(range(len(rows)), len(rows)):
        row = rows[k]
        hits = [w for w in row if whole(w).search(s)]
        if hits and done < n:
            w = max(hits, key=len)
            other = rng.choice([x for x in row if x != w and w not in x and x not in w] or [w])
            if other != w:
                s = whole(w).sub(lambda m: case_like(other, m.group()), s, count=1)
                done += 1
    return s if done else None


def reframe(rng, s):
    """The content under another frame: bare, first person, or another side's indirect speech."""
    for pattern, starts in FIRST:
        m = re.match(pattern, s)
        if m and rng.random() < 0.7:
            return rng.choice(starts) + s[m.end() :]
    m = THAT.search(s)
    if m:
        c = m["content"]
        return case_like(c, "A") if rng.random() < 0.5 else f"{rng.choice(SUBJECTS)} {rng.choice(SAYS)} {c}"
    m = FRAME.match(s)
    if m:
        verb = next((rng.choice([x for x in r if x != m["verb"]]) for r in SYNONYMS if m["verb"] in r), m["verb"])
        return f"{rng.choice(SUBJECTS)} {verb} {m['what']}"
    return None


def item(rng, s):
    """One listed item of the sentence, said on its own: shares a part."""
    m = FRAME.match(s)
    if not m:
        return None
    parts = [p.strip(" .”") for p in ITEMS.split(m["what"])]
    parts = [p for p in parts if 3 <= len(p.split()) <= 14]
    if len(parts) < 2:
        return None
    p = rng.choice(parts)
    p = re.sub(r"^(including|as well as|and|on|about|to|that|the importance of|for)\s+", "", p)
    return rng.choice(["The two sides discussed {}.", "We have to talk about {}.", "{} is a priority for us.", "The minister spoke about {}.", "I want to thank you for your help with {}.", "They also exchanged views on {}.", "Our position on {} is well known.", "The President raised {}.", "We attach great importance to {}."]).format(p)


def make(texts, count, seed):
    """About `count` pairs from the sentences `texts`."""
    rng = random.Random(seed)
    pool = [s for s in texts if usable(s)]
    pool = [s for s in pool if FRAME.match(s) or re.search(r"\b(will|must|should|can|is|are|supports?|agreed|reaffirmed|continue)\b", s)]
    numbers = [s for s in pool if NUMBER.search(s)]
    opening = {}
    for s in pool:
        opening.setdefault(" ".join(s.split()[:3]), []).append(s)
    out = []

    def add(a, b, kind, link, div, nli):
        if a and b and a != b:
            if rng.random() < 0.5:
                a, b = b, a
            out.append({"a": a, "b": b, "kind": kind, "link": link, "div": div, "nli": nli})

    while len(out) < count:
        s = rng.choice(pool)
        # the other account is told in other words most of the time, so that equal words alone decide nothing
        other = lambda t: (rng.random() < 0.45 and reframe(rng, t)) or (rng.random() < 0.75 and paraphrase(rng, t, rng.randint(1, 5))) or t
        k = rng.random()
        if k < 0.20:
            t = swap(rng, s, FLIPS)
            t and add(s, other(t), "flip", 1, 1, 2)
        elif k < 0.26:
            t = swap(rng, s, NEGATIONS, False)
            t and add(s, other(t), "negation", 1, 1, 2)
        elif k < 0.33:
            s = rng.choice(numbers)
            t = figure(rng, s)
            t and add(s, other(t), "figure", 1, 1, 2)
        elif k < 0.37:
            t = swap(rng, s, MODALITY, False)
            t and add(s, other(t), "modality", 1, None, 1)
        elif k < 0.40:
            t = swap(rng, s, SCOPE)
            t and add(s, other(t), "scope", 1, None, 1)
        elif k < 0.58:
            t = reframe(rng, s) or paraphrase(rng, s, 5)
            t = (t and rng.random() < 0.6 and paraphrase(rng, t, rng.randint(1, 5))) or t
            add(s, t, "paraphrase", 1, 0, 0)
        elif k < 0.70:
            add(s, item(rng, s), "item", 1, 0, None)
        elif k < 0.86:
            same = opening[" ".join(s.split()[:3])]
            t = rng.choice(same)
            if len(same) > 3 and t != s:
                shared = {w for w in re.findall(r"[a-z]{5,}", s.lower())} & {w for w in re.findall(r"[a-z]{5,}", t.lower())}
                if len(shared) <= 3:
                    add(s, other(t), "same opening", 0, None, 1)
        elif k < 0.93:
            t = item(rng, s)
            u = item(rng, rng.choice(pool))
            t and u and add(t, u, "other items", 0, None, 1)
        else:
            add(s, other(rng.choice(pool)), "random", 0, None, 1)
    return out


if __name__ == "__main__":
    import collections
    import sys

    import corpora

    made = make(corpora.readout_sentences(sys.argv[1]), 2000, 1)
    print(collections.Counter(p["kind"] for p in made))
    for p in made[:40]:
        print(p["kind"], "|", p["a"], "|", p["b"])
