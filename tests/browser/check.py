#!/usr/bin/env python3
"""Opens reports and the page in Chromium and uses them as a person does.

usage: check.py BINARY

Prints 'N passed, N failed'. Any script error, any message on the console and any request but for the document itself (and, from
the page, for the API of its own server) is a failure of its own.
"""
import collections
import json
import pathlib
import sys
import tempfile

import browser as under_test
import texts
from playwright.sync_api import expect

# A comparison by the thorough engine takes its time where a build without optimisation meets a busy machine.
expect.set_options(timeout=30_000)

KINDS = {"divergence": "POINT_KIND_DIVERGENCE", "overlap": "POINT_KIND_OVERLAP", "one-sided": "POINT_KIND_ONE_SIDED"}

# Of each text that is shown: its colour, that of what is under it, by the formula of WCAG 2.
CONTRAST = """() => {
  const canvas = new OffscreenCanvas(1, 1).getContext('2d', { willReadFrequently: true });
  const rgb = (colour) => { canvas.clearRect(0, 0, 1, 1); canvas.fillStyle = colour; canvas.fillRect(0, 0, 1, 1); return [...canvas.getImageData(0, 0, 1, 1).data]; };
  const light = ([r, g, b]) => [r, g, b].map((v) => v / 255).map((v) => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4)
    .reduce((sum, v, i) => sum + v * [0.2126, 0.7152, 0.0722][i], 0);
  const under = (element) => { for (let e = element; e; e = e.parentElement) { const c = rgb(getComputedStyle(e).backgroundColor); if (c[3] === 255) return c; } return [255, 255, 255]; };
  const worst = {};
  for (const element of document.querySelectorAll('main *')) {
    const hasText = [...element.childNodes].some((node) => node.nodeType === Node.TEXT_NODE && node.data.trim());
    if (!hasText || !element.checkVisibility() || element.closest('.badge, .tag, svg, caption')) continue;
    const [a, b] = [light(rgb(getComputedStyle(element).color)), light(under(element))];
    const ratio = (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
    if (ratio < 4.5) worst[`${element.tagName}.${element.className}`] = ratio.toFixed(2);
  }
  return worst;
}"""


class Watched:
    """A page of the browser whose errors and requests are kept."""

    def __init__(self, browser, address, scheme="light", width=1440):
        self.page = browser.new_page(viewport={"width": width, "height": 900}, color_scheme=scheme)
        self.errors, self.requests = [], []
        self.page.on("pageerror", lambda error: self.errors.append(str(error)))
        self.page.on("console", lambda message: self.errors.append(message.text))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(str(address) if "://" in str(address) else pathlib.Path(address).as_uri())

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.page.close()

    def is_quiet(self, n_requests=1):
        if self.errors or len(self.requests) != n_requests:
            print("  ", self.errors, self.requests)
        return not self.errors and len(self.requests) == n_requests


def shown(page):
    """Ids of the points in the list that can be seen, in their order."""
    return page.locator(".card:not([hidden])").evaluate_all("cards => cards.map(card => card.dataset.point)")


def counts(page):
    return {kind: int(page.locator(f".kind.{kind} .count").inner_text()) for kind in KINDS}


def expected_counts(comparison):
    found = collections.Counter(point["kind"] for point in comparison["points"])
    return {kind: found[name] for kind, name in KINDS.items()}


def is_as_the_json(page, comparison, given):
    """True when what is shown is what the JSON says: texts, positions, points, quotes."""
    positions = {position["id"]: position for position in comparison["positions"]}
    texts_shown = page.locator(".text").evaluate_all("texts => texts.map(text => text.textContent)")
    marked = page.evaluate("""() => {
      const marked = {};
      for (const piece of document.querySelectorAll('.mark')) for (const id of piece.dataset.positions.split(' ')) marked[id] = (marked[id] ?? '') + piece.textContent;
      return marked; }""")
    quotes = page.locator(".card").evaluate_all(
        "cards => cards.map(card => [card.dataset.point, [...card.querySelectorAll('.said')].map(said => said.textContent)])")
    facts = [
        ("texts", texts_shown, list(given)),
        ("marks", marked, {id: position["text"] for id, position in positions.items()}),
        ("counts", counts(page), expected_counts(comparison)),
        ("points", shown(page), [point["id"] for point in comparison["points"]]),
        ("quotes", dict(quotes), {
            point["id"]: [positions[member["positionId"]]["text"] for member in point["members"]] for point in comparison["points"]}),
        ("status", page.locator(".status").inner_text(), f"{len(comparison['points'])} of {len(comparison['points'])} points shown"),
        ("coverage", page.locator(".facts tr:has(th:text-is('Coverage')) .figure").all_inner_texts(),
         [f"{readout.get('coverage', 0) * 100:.0f} % linked" for readout in comparison["readouts"]]),
        ("segments", page.locator(".segment").count(), sum(len(readout.get("topics", [])) for readout in comparison["readouts"])),
        ("warnings", page.locator(".warnings li").count(), len(comparison.get("warnings", []))),
    ]
    for name, found, expected in facts:
        if found != expected:
            print("  ", name, found, "is not", expected)
    return all(found == expected for _, found, expected in facts)


def reports(browser, binary, folder):
    cases = [
        ("English", texts.ENGLISH, texts.ENGLISH_SIDES), ("Chinese", texts.CHINESE, texts.CHINESE_SIDES), ("Arabic", texts.ARABIC, []),
        ("hostile", texts.HOSTILE, texts.HOSTILE_SIDES), ("one text", texts.ENGLISH[:1], texts.ENGLISH_SIDES[:4]),
        ("three texts", (*texts.ENGLISH, texts.ENGLISH[0].replace("reaffirmed", "denied")), texts.ENGLISH_SIDES[:4])]
    for name, given, sides in cases:
        report, comparison = under_test.compare(binary, folder, given, sides)
        with Watched(browser, report) as watched:
            yield f"report {name}: as the JSON", is_as_the_json(watched.page, comparison, given) and comparison["points"]
            for head in watched.page.locator(".card .head").all():
                head.click()
            yield f"report {name}: quiet", watched.is_quiet()
            if name == "hostile":
                yield "hostile text runs nothing", watched.page.evaluate("top.owned") is None and watched.page.title().startswith("Parallax: <b>Norland</b>, Sudria<U+202E>")
                tags = watched.page.evaluate("[...document.querySelectorAll('main img, main script, main style, main b b, main svg:not([class])')].length")
                labels = watched.page.locator(".text .control").evaluate_all("all => all.map(one => one.dataset.label)")
                yield "a short form is made of letters", watched.page.locator(".pane .badge").all_inner_texts() == ["B", "S"]
                yield "hostile text makes no elements", tags == 0
                yield "hidden controls are shown", sorted(labels) == ["U+0007", "U+202C", "U+202E", "U+2066"]
            if name == "Chinese":
                pane = watched.page.locator(".text").first
                yield "Chinese has its language", pane.get_attribute("lang").startswith("zh") and counts(watched.page)["overlap"] > 0
            if name == "Arabic":
                directions = watched.page.locator(".text, .said").evaluate_all("all => all.map(one => getComputedStyle(one).direction)")
                yield "Arabic runs from right to left", set(directions) == {"rtl"}
                yield "Arabic is no box of an unknown letter", watched.page.locator(".text").first.evaluate("one => one.lang") == "ar"
                yield "no sides, no table of them", watched.page.locator("table.sides").count() == 0
            if name == "three texts":
                yield "three texts stand side by side", watched.page.locator(".pane").count() == 3 and watched.page.locator(".bar").count() == 3


def spans(browser, report):
    """Nested, overlapping and joint positions, a third party, and one that is in no point."""
    text = "Both ministers agreed to talk, and Aro warned of war."
    sides = [{"id": "a", "displayName": "Norland"}, {"id": "b", "displayName": "Sudria"}]
    rows = [(0, 53, ["a", "b"]), (5, 14, ["a"]), (25, 40, ["b"]), (35, 53, [])]
    positions = [{"id": f"r.{i}", "readoutId": "r", "span": {"start": start, "end": end}, "text": text[start:end], "holders": holders,
                  "holderName": "" if holders else "the UN"} for i, (start, end, holders) in enumerate(rows)]
    points = [{"id": f"p{i + 1}", "kind": kind, "members": [{"positionId": f"r.{member}"} for member in members]} for i, (kind, members) in enumerate(
        [("POINT_KIND_ONE_SIDED", [0]), ("POINT_KIND_DIVERGENCE", [1, 2])])]
    data = {"comparison": {"sides": sides, "readouts": [{"id": "r"}], "positions": positions, "points": points}, "texts": [text]}
    with Watched(browser, report) as watched:
        page = watched.page
        page.evaluate("data => void Parallax.draw(document.querySelector('main'), data)", data)
        marks = page.locator(".mark").evaluate_all("all => all.map(one => [one.textContent, one.dataset.positions, one.className.split(' ')[1]])")
        yield "pieces of overlapping positions", marks == [
            [text[0:5], "r.0", "one-sided"], [text[5:14], "r.0 r.1", "divergence"], [text[14:25], "r.0", "one-sided"],
            [text[25:35], "r.0 r.2", "divergence"], [text[35:40], "r.0 r.2 r.3", "divergence"], [text[40:53], "r.0 r.3", "one-sided"]]
        lines = page.locator(".mark").evaluate_all("all => all.map(one => getComputedStyle(one).backgroundPosition.split(',').length + ' ' + new Set(getComputedStyle(one).backgroundPosition.split(',').map(p => p.trim())).size)")
        yield "each has its own line", lines == ["1 1", "2 2", "1 1", "2 2", "3 3", "2 2"]
        tags = page.locator(".tag").evaluate_all("all => all.map(one => [one.dataset.holder, one.dataset.points ?? '', one.getAttribute('aria-label')])")
        yield "tags name holders and points", tags == [
            ["N+S", "◐1", "Held by Norland and Sudria: one-sided 1"], ["N", "≠2", "Held by Norland: divergence 2"],
            ["S", "≠2", "Held by Sudria: divergence 2"], ["…", "", "Held by the UN: no point"]]
        page.locator(".mark").nth(4).click()
        yield "the innermost one is selected", page.locator(".card.active").get_attribute("data-point") == "p2"
        lit = page.locator(".mark.lit").evaluate_all("all => all.map(one => one.dataset.positions)")
        yield "its partner is lit", lit == ["r.0 r.1", "r.0 r.2", "r.0 r.2 r.3"]
        yield "spans: quiet", watched.is_quiet()


def use(browser, report, comparison):
    points = comparison["points"]
    of_kind = lambda *kinds: [point["id"] for point in points if point["kind"] in [KINDS[kind] for kind in kinds]]
    with Watched(browser, report) as watched:
        page = watched.page
        active = lambda: page.locator(".card.active").evaluate_all("cards => cards.map(card => card.dataset.point)")
        page.locator(".kind.one-sided").click()
        yield "a kind is hidden", shown(page) == of_kind("divergence", "overlap") and page.locator(".kind.one-sided").get_attribute("aria-pressed") == "false"
        page.keyboard.press("3")
        page.keyboard.press("1")
        yield "keys hide and show kinds", shown(page) == of_kind("overlap", "one-sided")
        page.keyboard.press("1")
        page.keyboard.press("/")
        page.keyboard.type("WATER commissioners")
        found = shown(page)
        yield "the search finds words", 0 < len(found) < len(points) and all("commissioners" in page.locator(f".card[data-point={id}]").text_content() for id in found) or print("  ", found)
        page.keyboard.press("Escape")
        yield "escape empties the search", len(shown(page)) == len(points)
        page.locator(".filters select").first.select_option("+")
        joint = [point["id"] for point in points if any(len(member["holders"]) > 1 for member in point["members"])]
        yield "joint positions are found", shown(page) == joint != []
        page.locator(".filters select").first.select_option("")
        page.locator(".filters select").nth(1).select_option("0")
        starts = {p["id"]: p["span"].get("start", 0) for p in comparison["positions"] if p["readoutId"] == "text-1"}
        first = lambda id: min((starts[m["positionId"]] for p in points if p["id"] == id for m in p["members"] if m["positionId"] in starts), default=10**9)
        order = shown(page)
        yield "points in the order of a text", [first(id) for id in order] == sorted(map(first, order)) and order != [p["id"] for p in points]
        page.locator(".filters select").nth(1).select_option("weight")

        page.evaluate("document.activeElement.blur()")
        page.keyboard.press("ArrowDown")
        focused = lambda: page.evaluate("document.activeElement.closest('.card')?.dataset.point")
        yield "an arrow selects the first point", active() == [points[0]["id"]] and focused() == points[0]["id"]
        page.keyboard.press("ArrowDown")
        page.keyboard.press("j")
        page.keyboard.press("ArrowUp")
        yield "arrows go on and back", active() == [points[1]["id"]] == [focused()]
        head = page.locator(".card.active .head")
        yield "it is open and says why", head.get_attribute("aria-expanded") == "true" and page.locator(".card.active .reasons li").count() == len(points[1].get("reasons", []))
        ids = {member["positionId"] for member in points[1]["members"]}
        lit = set(page.locator(".mark.lit").evaluate_all("all => all.flatMap(one => one.dataset.positions.split(' '))"))
        yield "its positions are lit", ids <= lit
        page.keyboard.press("Enter")
        yield "enter closes it", active() == [] and page.locator(".detail:not([hidden])").count() == 0
        page.keyboard.press("Enter")
        page.keyboard.press("Escape")
        yield "escape selects nothing", active() == []
        page.keyboard.press("?")
        yield "the keys are told", page.locator("dialog[open] dt").count() == 7
        page.keyboard.press("Escape")

        page.evaluate("document.activeElement.blur(); scrollTo(0, 0)")
        stops = []
        for _ in range(40):
            page.keyboard.press("Tab")
            stop = page.evaluate("(document.activeElement.closest('.tools, .bar, .scroller, .filters, .cards') ?? document.activeElement).className.split(' ')[0]")
            if not stops or stops[-1] != stop:
                stops.append(stop)
        yield "focus goes from top to end", stops[stops.index("tools"):][:6] == ["tools", "bar", "scroller", "filters", "cards", ""] or print("  ", stops)
        tag = page.locator(".pane").nth(1).locator(".tag").first
        tag.focus()
        page.keyboard.press("ArrowRight")
        page.keyboard.press("Enter")
        pressed = page.evaluate("document.activeElement.dataset.position")
        members = [member["positionId"] for point in points if point["id"] in active() for member in point["members"]]
        yield "tags by keyboard", pressed in members
        # One whose reasons quote words, not whole positions.
        linked = next(point for point in points if point["kind"] == KINDS["divergence"])
        page.locator(f".segment[data-point={linked['id']}]").first.click()
        lines = page.locator(f".link.lit[data-point={linked['id']}]").count()
        yield "a topic selects its point", active() == [linked["id"]] and lines == 3 or print("  ", active(), linked["id"], lines)
        evidence = page.evaluate("[...CSS.highlights.get('parallax-evidence')].map(range => range.toString())")
        whole = {position["text"] for position in comparison["positions"]}
        quoted = [found["text"] for reason in linked["reasons"] for found in reason["evidence"] if found["text"] not in whole]
        yield "evidence is marked in the texts", evidence == quoted != [] or print("  ", evidence, quoted)
        page.get_by_role("button", name="Theme").click()
        page.get_by_role("button", name="Theme").click()
        yield "the theme is chosen", page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "dark"
        yield "use: quiet", watched.is_quiet()

    for scheme in ["light", "dark"]:
        with Watched(browser, report, scheme) as watched:
            watched.page.locator(".card .head").first.click()
            low = watched.page.evaluate(CONTRAST)
            yield f"contrast, {scheme}", low == {} or print("  ", low)
    with Watched(browser, report, "dark", width=390) as watched:
        wide = watched.page.evaluate("document.documentElement.scrollWidth > innerWidth")
        yield "it fits a telephone", not wide
        watched.page.emulate_media(media="print")
        watched.page.evaluate("dispatchEvent(new Event('beforeprint'))")
        details = watched.page.locator(".detail").evaluate_all("all => all.every(one => one.checkVisibility() && one.textContent)")
        hidden = watched.page.locator(".tools, .filters").evaluate_all("all => all.every(one => !one.checkVisibility())")
        paper = watched.page.evaluate("getComputedStyle(document.documentElement).backgroundColor")
        yield "all is printed, dark on white", details and hidden and paper == "rgb(255, 255, 255)"
        yield "it prints", watched.page.pdf().startswith(b"%PDF")


def page(browser, binary, folder):
    with under_test.Server(binary) as server:
        with Watched(browser, server.address) as watched:
            page = watched.page
            compare = page.get_by_role("button", name="Compare")
            box = lambda place: page.locator(".input textarea").nth(place)
            box(0).fill(texts.ENGLISH[0])
            compare.click()
            expect(page.locator(".wrong").nth(1)).to_have_text("The text is empty: paste it, or choose a file.")
            yield "an empty text is told at its place", page.locator(".wrong").first.inner_text() == "" and page.evaluate(
                "document.activeElement === document.querySelectorAll('.input textarea')[1]")
            # Chromium writes each answer that is an error to the console.
            yield "refused with 400", len(watched.errors) == 1 and "400" in watched.errors.pop()
            name = folder / "theirs.txt"
            name.write_bytes(b"\xff\xfe\x00 \xe9")
            page.locator("input[type=file]").nth(1).set_input_files(str(name))
            expect(page.locator(".wrong").nth(1)).to_have_text("theirs.txt is no text in UTF-8. Open it and paste its text here.")
            name.write_text(texts.ENGLISH[1], encoding="utf-8")
            page.locator("input[type=file]").nth(1).set_input_files(str(name))
            expect(box(1)).to_have_value(texts.ENGLISH[1])
            for place, author in enumerate(["Velmora", "Karesh"]):
                page.get_by_label("Published by").nth(place).fill(author)
            page.locator("summary").click()
            page.locator("details textarea").fill("Velmora; President Ilse Marrin\n\nKaresh; Prime Minister Tomas Khadrel")
            # A server that is busy once.
            busy = {"code": 8, "message": "busy", "details": [{"@type": "type.googleapis.com/google.rpc.RetryInfo", "retryDelay": "0.100s"},
                    {"@type": "type.googleapis.com/google.rpc.ErrorInfo", "reason": "OVERLOADED"}]}
            page.route("**/v1/compare", lambda route: route.fulfill(status=429, json=busy), times=1)
            compare.click()
            expect(page.locator("#answer .card").first).to_be_visible()
            yield "a busy server is asked again", len(watched.errors) == 1 and "429" in watched.errors.pop()
            report, comparison = under_test.compare(binary, folder, texts.ENGLISH, texts.ENGLISH_SIDES, names=["r1", "r2"])
            yield "the page shows the same report", is_as_the_json(page, comparison, texts.ENGLISH)
            with page.expect_download() as download:
                page.get_by_role("button", name="Save the report").click()
            saved = folder / "saved.html"
            download.value.save_as(saved)
            with Watched(browser, saved) as kept:
                yield "the saved report stands alone", is_as_the_json(kept.page, comparison, texts.ENGLISH) and kept.is_quiet()
            page.get_by_role("button", name="Change the texts").click()
            yield "the texts can be changed", box(0).is_visible() and not page.locator("#answer").is_visible()
            box(0).fill(texts.HOSTILE[0])
            page.locator("input[value=ENGINE_THOROUGH]").check()
            compare.click()
            expect(page.locator("#answer .text").first).to_have_text(texts.HOSTILE[0], use_inner_text=False)
            yield "hostile text on the page, thorough engine", "thorough engine" in page.locator(".top").inner_text() and page.evaluate("top.owned") is None
            page.get_by_role("button", name="Change the texts").click()
            box(0).fill("x" * 1_200_000)
            compare.click()
            expect(page.locator(".message")).to_contain_text("longer together than this server takes")
            yield "too long a text is told", "429" in watched.errors.pop()
            others = [url for url in watched.requests if not url.startswith(server.address) and not url.startswith("blob:")]
            yield "the page calls its own server only", not others and not watched.errors or print("  ", others, watched.errors)
            page.context.set_offline(True)
            compare.click()
            expect(page.locator(".message")).to_contain_text("The server does not answer")
            yield "a server that is gone is told", page.get_by_role("button", name="Compare").is_enabled()
        yield "the server ends well", server.stop() == 0
        log = "".join(server.log)
        yield "no text in the log", "Compare" in log and not any(word in log for word in ["Marrin", "Velmora", "levy", "owned"])
    with under_test.Server(binary, environment={"PARALLAX_AUTH_API_KEYS": "a-key-of-the-analyst"}) as server:
        with Watched(browser, server.address) as watched:
            page = watched.page
            key = page.locator("input[type=password]")
            expect(key).to_be_visible()
            page.get_by_role("button", name="Use an example").click()
            page.get_by_role("button", name="Compare").click()
            expect(page.locator(".message")).to_contain_text("asks for a key")
            key.fill("a-key-of-the-analyst")
            page.get_by_role("button", name="Compare").click()
            expect(page.locator("#answer .card").first).to_be_visible()
            yield "a server with keys asks for one", counts(page)["divergence"] == 2


def checks(binary):
    with tempfile.TemporaryDirectory() as folder, under_test.browser() as browser:
        folder = pathlib.Path(folder)
        yield from reports(browser, binary, folder)
        report, comparison = under_test.compare(binary, folder, texts.ENGLISH, texts.ENGLISH_SIDES)
        yield from spans(browser, report)
        yield from use(browser, report, comparison)
        yield from page(browser, binary, folder)


def main():
    counted = collections.Counter()
    for name, is_good in checks(sys.argv[1]):
        counted[bool(is_good)] += 1
        if not is_good:
            print(f"FAILED {name}")
    print(f"{counted[True]} passed, {counted[False]} failed")
    return 1 if counted[False] else 0


if __name__ == "__main__":
    sys.exit(main())
