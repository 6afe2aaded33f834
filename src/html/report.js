"use strict";
// Draws a report from the API's message Comparison (proto3 JSON, spans in UTF-16 code units) and the texts.
// Text of a readout only ever becomes a text node or the value of an attribute that is no code: nothing here parses HTML.
const Parallax = (() => {
  const KINDS = {
    POINT_KIND_DIVERGENCE: { key: "divergence", name: "Divergence", plural: "Divergences", sign: "≠" },
    POINT_KIND_OVERLAP: { key: "overlap", name: "Overlap", plural: "Overlaps", sign: "=" },
    POINT_KIND_ONE_SIDED: { key: "one-sided", name: "One-sided", plural: "One-sided", sign: "◐" },
  };
  // What the names of the API do not say by themselves.
  const NAMES = {
    RELATION_PARTIAL: "partial agreement", RELATION_CONFLICTING_POSITION: "conflicting positions",
    RELATION_DIFFERING_FIGURE: "differing figures",
    REASON_CODE_DIFFERENT_FIGURE: "different figures", REASON_CODE_NEGATION: "one is negated",
    REASON_CODE_DIFFERENT_HOLDER: "different holders", REASON_CODE_GIVEN_AND_THANKED: "one gives, the other thanks",
    REASON_CODE_NARROWER: "one says more", REASON_CODE_JUDGED_DIVERGENCE: "judged to diverge",
    REASON_CODE_JUDGED_CONTRADICTION: "judged to rule each other out",
    ATTRIBUTION_KIND_INDIRECT: "reported", ATTRIBUTION_KIND_DIRECT: "quoted", ATTRIBUTION_KIND_MIXED: "partly quoted",
    ATTRIBUTION_KIND_CARRIED_OVER: "speaker carried over", ATTRIBUTION_KIND_NARRATOR: "the author speaks",
    STANCE_SUPPORT: "in favour", STANCE_OPPOSE: "against",
  };
  const PREFIXES = ["RELATION_", "REASON_CODE_", "SPEECH_ACT_", "STANCE_", "MODALITY_", "CONTACT_KIND_", "ENGINE_",
    "SCORE_PART_KIND_", "WARNING_CODE_", "ATTRIBUTION_KIND_"];
  // Controls that reorder text or cannot be seen (CVE-2021-42574): shown by their number, and kept from their effect.
  const CONTROLS = /[\u0000-\u0008\u000B\u000C\u000E-\u001F\u007F-\u009F\u202A-\u202E\u2066-\u2069\uFFF9-\uFFFB]/u;
  const SIDE_COLOURS = 6;

  /** The word for a value of an enum of the API; "" for an unset one. */
  function word(value) {
    if (!value || value.endsWith("_UNSPECIFIED")) return "";
    const prefix = PREFIXES.find((start) => value.startsWith(start)) ?? "";
    return NAMES[value] ?? value.slice(prefix.length).toLowerCase().replaceAll("_", " ");
  }

  const percent = (share) => `${Math.round((share ?? 0) * 100)} %`;
  const counted = (n, noun) => `${n.toLocaleString("en")} ${noun}${n === 1 ? "" : "s"}`;
  const capital = (text) => text.charAt(0).toUpperCase() + text.slice(1);

  /** An element. Children are elements or text; an attribute that is undefined or false is left out. */
  function el(name, attributes = {}, ...children) {
    const element = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (key === "on") {
        for (const [event, listener] of Object.entries(value)) element.addEventListener(event, listener);
      } else if (value !== undefined && value !== false && value !== null) {
        element.setAttribute(key, value === true ? "" : String(value));
      }
    }
    element.append(...children.flat(Infinity).filter((child) => child !== undefined && child !== null && child !== ""));
    return element;
  }

  function svg(name, attributes = {}, ...children) {
    const element = document.createElementNS("http://www.w3.org/2000/svg", name);
    for (const [key, value] of Object.entries(attributes)) element.setAttribute(key, String(value));
    element.append(...children);
    return element;
  }

  /** Text as nodes, its hidden controls shown and without effect. Their characters stay in it, as does every other. */
  function safe(text) {
    const nodes = [];
    let rest = text;
    for (let found; (found = CONTROLS.exec(rest)); rest = rest.slice(found.index + 1)) {
      if (found.index) nodes.push(rest.slice(0, found.index));
      const code = found[0].codePointAt(0).toString(16).toUpperCase().padStart(4, "0");
      nodes.push(el("span", { class: "control", "data-label": `U+${code}` }, found[0]));
    }
    if (rest) nodes.push(rest);
    return nodes;
  }

  const bdi = (text, attributes = {}) => el("bdi", attributes, safe(text));

  /** Short forms of the names of sides, all different: "US" for United States, "V" for Valmere. */
  function shortForms(names) {
    const taken = new Set();
    return names.map((name) => {
      const words = name.split(/[\s-]+/u).filter((part) => /^\p{Lu}/u.test(part));
      const letters = [...name].filter((letter) => /[\p{L}\p{N}]/u.test(letter));
      const initials = words.length > 1 ? words.map((part) => [...part][0]).join("").slice(0, 3) : letters[0] ?? "?";
      let form = initials.toUpperCase();
      for (let n = 2; taken.has(form); n += 1) form = n <= letters.length ? letters.slice(0, n).join("") : `${initials}${n}`;
      taken.add(form);
      return form;
    });
  }

  /** The comparison with its ids resolved and what proto3 JSON leaves out filled in. */
  function model({ comparison, texts }) {
    const shorts = shortForms((comparison.sides ?? []).map((side) => side.displayName ?? side.id));
    const sides = (comparison.sides ?? []).map((side, place) => ({
      ...side, place, name: side.displayName ?? side.id, short: shorts[place], colour: place % SIDE_COLOURS,
    }));
    const sideById = new Map(sides.map((side) => [side.id, side]));
    const readouts = (comparison.readouts ?? []).map((readout, place) => ({
      ...readout, place, text: texts[place] ?? "", author: sideById.get(readout.authorSide), positions: [],
      lang: readout.language || undefined,
    }));
    for (const readout of readouts) readout.name = readout.author?.name ?? readout.title ?? readout.id;
    const readoutById = new Map(readouts.map((readout) => [readout.id, readout]));
    const positions = (comparison.positions ?? []).map((position) => {
      const readout = readoutById.get(position.readoutId);
      const resolved = {
        ...position, readout, start: position.span?.start ?? 0, end: position.span?.end ?? 0, points: [], pieces: [],
        sides: (position.holders ?? []).map((id) => sideById.get(id)).filter(Boolean),
      };
      readout.positions.push(resolved);
      return resolved;
    });
    const positionById = new Map(positions.map((position) => [position.id, position]));
    const points = (comparison.points ?? []).map((point, weightPlace) => {
      const members = (point.members ?? []).map((member) => positionById.get(member.positionId)).filter(Boolean);
      const resolved = {
        ...point, weightPlace, members, type: KINDS[point.kind], number: point.id.replace(/^p/u, ""),
        silent: (point.silentSides ?? []).map((id) => sideById.get(id)).filter(Boolean),
        isWithin: point.scope === "POINT_SCOPE_WITHIN_READOUT",
      };
      for (const member of members) member.points.push(resolved);
      const quotes = members.map((member) => [member.text, ...member.sides.map((side) => side.name), member.holderName]);
      const reasons = (point.reasons ?? []).map((reason) => [word(reason.code), reason.detail]);
      resolved.haystack = [point.id, word(point.relation), quotes, reasons].flat(3).filter(Boolean).join("\n").toLowerCase();
      return resolved;
    });
    return {
      comparison, sides, sideById, readouts, readoutById, positions, points,
      pointById: new Map(points.map((point) => [point.id, point])), warnings: comparison.warnings ?? [],
    };
  }

  const sign = (point) => `${point.type.sign}${point.number}`;

  function holderNames(position) {
    if (position.sides.length) return position.sides.map((side) => side.name);
    return [position.holderName?.trim() || "a third party"];
  }

  /** The names with commas and "and", each isolated from the direction of the others. */
  function list(names) {
    return names.flatMap((name, i) => [i === 0 ? "" : i === names.length - 1 ? " and " : ", ", bdi(name)]);
  }

  const englishList = (names) => names.join(", ").replace(/, ([^,]*)$/u, " and $1");

  /** The colours of the holders as a CSS image: one colour, or stripes of several for a joint position. */
  function holderImage(position) {
    const colours = position.sides.length ? position.sides.map((side) => `var(--side-${side.colour})`) : ["var(--other)"];
    const stops = colours.map((colour, i) => `${colour} ${i * 9}px ${(i + 1) * 9}px`);
    return `repeating-linear-gradient(90deg, ${stops.join(", ")})`;
  }

  function badge(position) {
    const short = position.sides.length ? position.sides.map((side) => side.short).join("+") : "…";
    const shown = el("span", { class: "badge", "aria-hidden": "true" }, short);
    shown.style.setProperty("--holders", holderFill(position));
    return shown;
  }

  function holderFill(position) {
    const sides = position.sides;
    if (!sides.length) return "linear-gradient(var(--other), var(--other))";
    const step = 100 / sides.length;
    const stops = sides.map((side, i) => `var(--side-${side.colour}) ${i * step}% ${(i + 1) * step}%`);
    return `linear-gradient(90deg, ${stops.join(", ")})`;
  }

  // ---- the facts -------------------------------------------------------------------------------------------------

  function meter(share, label) {
    const bar = el("span", { class: "meter", "aria-hidden": "true" }, el("span", {}));
    bar.firstChild.style.setProperty("width", `${Math.round((share ?? 0) * 100)}%`);
    return [bar, el("span", { class: "figure" }, percent(share), label ? ` ${label}` : "")];
  }

  const quoted = (texts, lang) => texts.flatMap((text, i) => [i ? ", " : "", el("q", { lang, dir: "auto" }, safe(text))]);

  function facts(m) {
    const rows = [
      ["Published by", (r) => (r.author ? [badge({ sides: [r.author] }), " ", bdi(r.author.name)] : "")],
      ["Title", (r) => (r.title ? bdi(r.title, { lang: r.lang }) : "")],
      ["Date", (r) => r.date ?? ""],
      ["Source", (r) => (r.sourceUri ? bdi(r.sourceUri) : "")],
      ["Language", (r) => r.language ?? ""],
      ["Length", (r) => `${counted(r.words ?? 0, "word")}, ${counted(r.positionCount ?? 0, "position")}`],
      ["Coverage", (r) => meter(r.coverage, "linked")],
      ["Contact", (r) => word(r.contact?.kind), true],
      ["At whose request", (r) => (r.contact?.requestedBy ? bdi(m.sideById.get(r.contact.requestedBy)?.name ?? r.contact.requestedBy) : ""), true],
      ["Duration", (r) => (r.contact?.durationMinutes ? counted(r.contact.durationMinutes, "minute") : ""), true],
      ["Dates in the text", (r) => quoted((r.contact?.dates ?? []).map((date) => date.text), r.lang)],
      ["Tone", (r) => quoted((r.contact?.toneTerms ?? []).map((term) => term.text), r.lang), true],
    ];
    const head = el("tr", {}, el("td", {}), m.readouts.map((r) => el("th", { scope: "col" }, bdi(r.id))));
    const body = rows.map(([name, cell, isCompared]) => {
      const cells = m.readouts.map((readout) => el("td", {}, cell(readout)));
      const contents = cells.map((td) => td.textContent);
      if (contents.every((content) => !content)) return undefined;
      for (const td of cells) if (!td.textContent) td.append(el("span", { class: "muted" }, "not told"));
      const differs = isCompared && m.readouts.length > 1 && new Set(contents).size > 1;
      const mark = differs ? el("span", { class: "differs", title: "The accounts differ" }, " ≠") : "";
      return el("tr", {}, el("th", { scope: "row" }, name, mark), cells);
    });
    return el("table", { class: "facts" }, el("caption", {}, "The texts"), el("thead", {}, head), el("tbody", {}, body.filter(Boolean)));
  }

  function sidesTable(m) {
    if (!m.sides.length) return "";
    const head = ["Side", "Holds", "Linked", "Space"].map((name) => el("th", { scope: "col" }, name));
    const rows = m.sides.map((side) => el("tr", {},
      el("th", { scope: "row" }, badge({ sides: [side] }), " ", bdi(side.name),
        side.aliases?.length ? el("span", { class: "aliases" }, list(side.aliases)) : ""),
      el("td", {}, counted(side.positionsHeld ?? 0, "position")),
      el("td", {}, meter(side.coverage)),
      el("td", {}, meter(side.spaceShare))));
    return el("table", { class: "facts sides" }, el("caption", {}, "The sides"), el("thead", {}, el("tr", {}, head)), el("tbody", {}, rows));
  }

  function names(m) {
    const differences = m.comparison.nameDifferences ?? [];
    if (!differences.length) return "";
    const items = differences.map((difference) => el("li", {}, pointButton(m, m.pointById.get(difference.pointId)), " ",
      (difference.names ?? []).flatMap((name, i) => {
        const readout = m.readoutById.get(name.readoutId);
        return [i ? " / " : "", el("q", { lang: readout?.lang, dir: "auto" }, safe(name.text ?? "")), " in ", bdi(name.readoutId)];
      })));
    return el("section", { class: "names" }, el("h2", {}, "Different names for the same"), el("ul", {}, items));
  }

  function pointButton(m, point) {
    if (!point) return "";
    return el("button", { type: "button", class: `ref ${point.type.key}`, "aria-label": `Point ${point.number}`,
      on: { click: () => m.view.select(point) } }, sign(point));
  }

  function warnings(m) {
    if (!m.warnings.length) return "";
    const items = m.warnings.map((warning) => el("li", {},
      warning.readoutId ? [bdi(warning.readoutId), ": "] : "", safe(warning.message ?? word(warning.code))));
    return el("section", { class: "warnings" }, el("h2", {}, counted(items.length, "warning")), el("ul", {}, items));
  }

  // ---- the plot: one bar a text, its topics in their order, as wide as the space that they take --------------------

  function plot(m) {
    const bars = m.readouts.map((readout) => {
      const topics = (readout.topics ?? []).map((topic) => ({ ...topic, share: topic.spaceShare ?? 0, point: m.pointById.get(topic.pointId) }));
      const shown = topics.filter((topic) => topic.point);
      const sum = Math.max(1, shown.reduce((total, topic) => total + topic.share, 0));
      let at = 0;
      for (const topic of shown) {
        topic.from = at / sum;
        at += topic.share;
        topic.to = at / sum;
      }
      return { readout, topics: shown };
    });
    const rows = bars.flatMap(({ readout, topics }, i) => {
      const segments = topics.map((topic) => {
        const say = `${capital(topic.point.type.name.toLowerCase())} ${topic.point.number}, ${ordinal(topic.order)} in ${readout.id}, ${percent(topic.share)} of its positions: ${excerpt(topic.point, readout)}`;
        const segment = el("button", { type: "button", class: `segment ${topic.point.type.key}`, title: say, "aria-label": say, tabindex: -1,
          "data-point": topic.point.id, on: { click: () => m.view.select(topic.point) } }, el("span", {}, sign(topic.point)));
        segment.style.setProperty("left", `${topic.from * 100}%`);
        segment.style.setProperty("width", `${(topic.to - topic.from) * 100}%`);
        return segment;
      });
      if (segments[0]) segments[0].tabIndex = 0;
      const bar = el("div", { class: "bar", role: "toolbar", "aria-label": `Topics of ${readout.id} in their order`,
        on: { keydown: (event) => roving(event, segments, ["ArrowLeft", "ArrowRight"]) } }, segments);
      const label = el("div", { class: "bar-name" }, readout.author ? badge({ sides: [readout.author] }) : "", " ", bdi(readout.name));
      const ribbons = bars[i + 1] ? [el("div", {}), ribbonsBetween(bars[i].topics, bars[i + 1].topics)] : [];
      return [label, bar, ...ribbons];
    });
    return el("figure", { class: "plot" },
      el("figcaption", {}, el("strong", {}, "Order and space of topics"), " Width is the share of a text’s positions; ribbons join what both tell."), rows);
  }

  function ribbonsBetween(above, below) {
    const drawn = svg("svg", { viewBox: "0 0 100 40", preserveAspectRatio: "none", class: "ribbons", "aria-hidden": "true" });
    for (const top of above) {
      const bottom = below.find((topic) => topic.pointId === top.pointId);
      if (!bottom) continue;
      const [a, b, c, d] = [top.from, top.to, bottom.to, bottom.from].map((x) => (x * 100).toFixed(2));
      drawn.append(svg("path", { class: `ribbon ${top.point.type.key}`, "data-point": top.pointId,
        d: `M${a} 0 C${a} 20 ${d} 20 ${d} 40 L${c} 40 C${c} 20 ${b} 20 ${b} 0 Z` }));
    }
    return drawn;
  }

  function ordinal(n) {
    const tens = n % 100;
    const ending = tens > 10 && tens < 14 ? "th" : ["th", "st", "nd", "rd"][n % 10] ?? "th";
    return `${n}${ending}`;
  }

  function excerpt(point, readout) {
    const text = (point.members.find((member) => member.readout === readout) ?? point.members[0])?.text ?? "";
    const letters = [...text.replace(/\s+/gu, " ")];
    return letters.length > 90 ? `${letters.slice(0, 90).join("")}…` : letters.join("");
  }

  // ---- the texts -------------------------------------------------------------------------------------------------

  /** Gives each position a lane, such that two that share text are underlined one below the other. */
  function lanes(positions) {
    const ends = [];
    for (const position of [...positions].sort((a, b) => a.start - b.start || b.end - a.end)) {
      const free = ends.findIndex((end) => end <= position.start);
      position.lane = free < 0 ? ends.length : free;
      ends[position.lane] = position.end;
    }
    return ends.length;
  }

  /** The text of a readout in pieces that lie in the same positions, and the pieces of each position. */
  function paneText(m, readout) {
    const content = el("div", { class: "text", lang: readout.lang, dir: "auto" });
    content.style.setProperty("--lanes", lanes(readout.positions));
    const cuts = [...new Set([0, readout.text.length, ...readout.positions.flatMap((p) => [p.start, p.end])])].sort((a, b) => a - b);
    const queue = [...readout.positions].sort((a, b) => a.start - b.start || b.end - a.end);
    readout.runs = [];
    let open = [];
    for (let i = 0; i + 1 < cuts.length; i += 1) {
      const [from, to] = [cuts[i], cuts[i + 1]];
      open = open.filter((position) => position.end > from);
      while (queue.length && queue[0].start <= from) {
        const position = queue.shift();
        if (position.end <= position.start) continue;
        open.push(position);
        content.append(tag(m, position));
      }
      const nodes = safe(readout.text.slice(from, to));
      const piece = open.length ? mark(m, open, nodes) : nodes;
      content.append(...[piece].flat());
      readout.runs.push({ from, nodes: piece });
    }
    return content;
  }

  function mark(m, open, nodes) {
    const strongest = Object.values(KINDS).find((type) => open.some((p) => p.points.some((point) => point.type === type)));
    const piece = el("span", { class: `mark ${strongest?.key ?? "none"}`, "data-positions": open.map((p) => p.id).join(" "),
      on: {
        mouseenter: () => m.view.hover(innermost(open).points), mouseleave: () => m.view.hover([]),
        click: () => { if (document.getSelection()?.isCollapsed ?? true) selectNext(m, innermost(open)); },
      } }, nodes);
    piece.style.setProperty("background-image", open.map(holderImage).join(", "));
    piece.style.setProperty("background-position", open.map((p) => `0 calc(100% - ${p.lane * 4}px)`).join(", "));
    piece.style.setProperty("background-size", open.map(() => "100% 2px").join(", "));
    for (const position of open) position.pieces.push(piece);
    return piece;
  }

  /** Of positions that lie in each other, the one that a click means. */
  const innermost = (open) => open.reduce((best, position) => (position.end - position.start < best.end - best.start ? position : best));

  /** Selects the first point of a position, or the next one when it is selected already. */
  function selectNext(m, position) {
    if (!position.points.length) return;
    const now = position.points.indexOf(m.view.active);
    m.view.select(position.points[(now + 1) % position.points.length], position);
  }

  /** The button before a position. Its label is made by CSS, so that copied text is the readout's alone. */
  function tag(m, position) {
    const points = position.points.map(sign).join(" ");
    const kinds = position.points.map((point) => `${point.type.name.toLowerCase()} ${point.number}`).join(", ");
    const short = position.sides.length ? position.sides.map((side) => side.short).join("+") : "…";
    const strongest = Object.values(KINDS).find((type) => position.points.some((point) => point.type === type));
    const button = el("button", { type: "button", class: `tag ${strongest?.key ?? "none"}`, tabindex: -1, "data-position": position.id,
      "data-holder": short, "data-points": points || undefined,
      "aria-label": `Held by ${englishList(holderNames(position))}: ${kinds || "no point"}`,
      title: `${englishList(holderNames(position))}${position.sides.length > 1 ? ", jointly" : ""}; ${word(position.speechAct)}${kinds ? `; ${kinds}` : ""}`,
      on: { click: () => selectNext(m, position), mouseenter: () => m.view.hover(position.points), mouseleave: () => m.view.hover([]) } });
    button.style.setProperty("--holders", holderFill(position));
    position.tag = button;
    return button;
  }

  function pane(m, readout) {
    const content = paneText(m, readout);
    const tags = [...content.querySelectorAll(".tag")];
    if (tags[0]) tags[0].tabIndex = 0;
    const scroller = el("div", { class: "scroller", tabindex: 0, role: "region", "aria-label": `Text of ${readout.id}`,
      on: { keydown: (event) => roving(event, tags, ["ArrowLeft", "ArrowRight"]) } }, content);
    const by = readout.author ? [badge({ sides: [readout.author] }), " ", bdi(readout.author.name)] : el("span", { class: "muted" }, "author unknown ");
    const name = readout.id.toLowerCase() !== readout.author?.name.toLowerCase() ? el("span", { class: "muted" }, " ", bdi(readout.id)) : "";
    readout.scroller = scroller;
    readout.content = content;
    return el("article", { class: "pane" },
      el("header", {}, el("h3", {}, by, name), readout.date ? el("span", { class: "muted" }, readout.date) : ""), scroller);
  }

  /** Moves the focus along a row of buttons of which one can be reached by Tab. */
  function roving(event, buttons, [back, on]) {
    const now = buttons.indexOf(document.activeElement);
    const to = event.key === back ? now - 1 : event.key === on ? now + 1 : event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : NaN;
    if (now < 0 || !buttons[to]) return;
    event.preventDefault();
    buttons[now].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  }

  /** A range over the text of a readout, from one offset to another. */
  function rangeOf(readout, from, to) {
    const walker = document.createTreeWalker(readout.content, NodeFilter.SHOW_TEXT);
    const range = document.createRange();
    let at = 0;
    for (let node; (node = walker.nextNode()); at += node.data.length) {
      if (from >= at && from <= at + node.data.length) range.setStart(node, from - at);
      if (to <= at + node.data.length) {
        range.setEnd(node, to - at);
        return range;
      }
    }
    return undefined;
  }

  // ---- the points ------------------------------------------------------------------------------------------------

  function card(m, point) {
    const detail = el("div", { class: "detail", hidden: true, id: `detail-${point.id}` });
    const relation = word(point.relation);
    const within = point.isWithin && m.readouts.length > 1 ? el("span", { class: "muted" }, " inside ", bdi(point.members[0]?.readout.id ?? "")) : "";
    const head = el("button", { type: "button", class: "head", tabindex: -1, "aria-expanded": "false", "aria-controls": detail.id,
      on: { click: () => (m.view.active === point && !detail.hidden ? m.view.select(undefined) : m.view.select(point)) } },
      el("span", { class: "sign" }, sign(point)),
      el("span", { class: "what" }, relation ? capital(relation) : silence(point), within),
      el("span", { class: "sure", title: "Confidence: the calibrated probability that the kind is right" }, `${percent(point.confidence)} sure`));
    const quotes = el("div", { class: "quotes" }, point.members.map((member) => quote(m, point, member)));
    const item = el("li", { class: `card ${point.type.key}`, "data-point": point.id,
      on: { mouseenter: () => m.view.hover([point]), mouseleave: () => m.view.hover([]) } }, head, quotes, detail);
    Object.assign(point, { item, head, detail });
    return item;
  }

  function silence(point) {
    if (!point.silent.length) return "One-sided";
    const verb = point.silence === "SILENCE_DENIED" ? "Denied by " : "Not in the account of ";
    return [verb, list(point.silent.map((side) => side.name))];
  }

  function quote(m, point, member) {
    const evidence = (point.reasons ?? []).flatMap((reason) => reason.evidence ?? []).filter((found) => found.positionId === member.id);
    const spans = evidence.map((found) => [(found.span?.start ?? 0) - member.start, (found.span?.end ?? 0) - member.start])
      .filter(([from, to]) => from >= 0 && to <= member.text.length && to - from < member.text.length);
    const cuts = [...new Set([0, member.text.length, ...spans.flat()])].sort((a, b) => a - b);
    const pieces = cuts.slice(1).map((to, i) => {
      const nodes = safe(member.text.slice(cuts[i], to));
      return spans.some(([from, end]) => from <= cuts[i] && end >= to) ? el("em", {}, nodes) : nodes;
    });
    const author = member.readout.author;
    const told = author && !member.sides.includes(author) ? [", as told by ", bdi(author.name)] : m.readouts.length > 1 && !author ? [" in ", bdi(member.readout.id)] : "";
    const joint = member.sides.length > 1 ? ", jointly" : "";
    return el("blockquote", { "data-position": member.id },
      el("p", { class: "who" }, badge(member), " ", list(holderNames(member)), joint, told, el("span", { class: "muted" }, ` · ${word(member.speechAct)}`)),
      el("p", { class: "said", lang: member.readout.lang, dir: "auto" }, pieces));
  }

  /** What a card holds once it is opened: why, then how sure, then what was read in each position. */
  function fill(m, point) {
    if (point.detail.childElementCount) return;
    const reasons = (point.reasons ?? []).map((reason) => {
      const byReadout = new Map();
      for (const found of reason.evidence ?? []) {
        const member = m.positions.find((position) => position.id === found.positionId);
        if (!member || (found.text ?? "").length === member.text.length) continue;
        byReadout.set(member, [...(byReadout.get(member) ?? []), found.text ?? ""]);
      }
      const quotes = [...byReadout].flatMap(([member, texts], i) => [i ? "; " : " ", quoted(texts, member.readout.lang), m.readouts.length > 1 ? [" in ", bdi(member.readout.id)] : [" ", badge(member)]]);
      return el("li", {}, el("strong", {}, capital(word(reason.code))), quotes.length ? quotes : reason.detail ? [": ", bdi(reason.detail)] : "");
    });
    const read = point.members.map((member) => {
      const said = member.attribution ?? {};
      const figures = (member.figures ?? []).map((figure) => figure.text);
      const told = [
        said.cueText ? ["cue ", el("q", { lang: member.readout.lang, dir: "auto" }, safe(said.cueText))] : word(said.kind),
        said.sourceText ? ["source ", el("q", { lang: member.readout.lang, dir: "auto" }, safe(said.sourceText))] : "",
        member.negated ? "negated" : "", word(member.stance), word(member.modality), `strength ${(member.strength ?? 0).toFixed(2)}`,
        figures.length ? ["figures ", quoted(figures, member.readout.lang)] : "",
        `confidence ${(member.confidence ?? 0).toFixed(2)}`,
      ].filter((part) => part !== "");
      return el("li", {}, badge(member), " ", el("span", { class: "muted" }, bdi(member.id), " · "), told.flatMap((part, i) => [i ? " · " : "", part]));
    });
    const parts = (point.scoreParts ?? []).filter((part) => Math.abs(part.contribution ?? 0) >= 0.005)
      .sort((a, b) => Math.abs(b.contribution) - Math.abs(a.contribution));
    const most = Math.max(...parts.map((part) => Math.abs(part.contribution)), 0.01);
    const bars = parts.map((part) => {
      const bar = el("span", { class: `part ${part.contribution < 0 ? "down" : "up"}` });
      bar.style.setProperty("width", `${(Math.abs(part.contribution) / most) * 100}%`);
      return el("tr", {}, el("th", { scope: "row" }, word(part.kind)), el("td", {}, bar),
        el("td", { class: "figure" }, `${part.contribution < 0 ? "−" : "+"}${Math.abs(part.contribution).toFixed(2)}`));
    });
    const score = el("p", { class: "muted" },
      `Score ${(point.score ?? 0).toFixed(2)}, confidence ${(point.confidence ?? 0).toFixed(2)}, weight ${(point.weight ?? 0).toFixed(2)}`);
    point.detail.append(
      ...[reasons.length ? el("h4", {}, "Why") : "", reasons.length ? el("ul", { class: "reasons" }, reasons) : "",
        el("h4", {}, "As read"), el("ul", { class: "read" }, read), score,
        bars.length ? el("details", {}, el("summary", {}, "Parts of the score"), el("table", { class: "parts" }, el("tbody", {}, bars))) : ""].filter(Boolean));
  }

  function controls(m, apply) {
    const counts = new Map(Object.values(KINDS).map((type) => [type.key, 0]));
    for (const point of m.points) counts.set(point.type.key, counts.get(point.type.key) + 1);
    const kinds = Object.values(KINDS).map((type, i) => el("button", { type: "button", class: `kind ${type.key}`, "aria-pressed": "true", "data-kind": type.key,
      title: `Show or hide (key ${i + 1})`, on: { click: (event) => { const button = event.currentTarget; button.setAttribute("aria-pressed", button.getAttribute("aria-pressed") !== "true"); apply(); } } },
      el("span", { class: "sign", "aria-hidden": "true" }, type.sign), el("b", { class: "count" }, String(counts.get(type.key))), " ", counts.get(type.key) === 1 ? type.name.toLowerCase() : type.plural.toLowerCase()));
    const search = el("input", { type: "search", placeholder: "Find in points", "aria-label": "Find in points: words, names, reasons", title: "Key /", spellcheck: "false", on: { input: apply } });
    const holders = el("select", { "aria-label": "Holder", on: { change: apply } }, el("option", { value: "" }, "Any holder"),
      m.sides.map((side) => el("option", { value: side.id }, `Held by ${side.name}`)),
      el("option", { value: "+" }, "Held jointly"),
      m.positions.some((position) => !position.sides.length) ? el("option", { value: "-" }, "Held by others") : "");
    const order = el("select", { "aria-label": "Order", on: { change: apply } }, el("option", { value: "weight" }, "By weight"),
      m.readouts.map((readout) => el("option", { value: readout.place }, `As in ${readout.id}`)),
      el("option", { value: "confidence" }, "By confidence"));
    const status = el("p", { class: "status", role: "status" });
    return { kinds, search, holders, order, status, box: el("div", { class: "filters", role: "search" },
      el("div", { class: "kinds", role: "group", "aria-label": "Kinds of points" }, kinds), el("div", { class: "row" }, search), el("div", { class: "row" }, holders, order), status) };
  }

  /** What keeps the parts together: which point is selected, which ones are hovered and shown. */
  function view(m, root) {
    const state = { active: undefined, hovered: new Set(), shown: new Set(m.points) };
    const all = (selector) => [...root.querySelectorAll(selector)];
    const isSmooth = !matchMedia("(prefers-reduced-motion: reduce)").matches;

    function paint() {
      const lit = state.hovered.size ? state.hovered : new Set(state.active ? [state.active] : []);
      root.classList.toggle("has-lit", lit.size > 0);
      for (const position of m.positions) {
        const isLit = position.points.some((point) => lit.has(point));
        const isShown = !position.points.length || position.points.some((point) => state.shown.has(point));
        for (const element of [...position.pieces, position.tag]) {
          if (!element) continue;
          element.classList.remove("lit", "out");
          element.classList.toggle("out", !isShown);
        }
        position.isLit = isLit;
      }
      // After all, since a piece can lie in several positions.
      for (const position of m.positions) {
        if (position.isLit) for (const element of [...position.pieces, position.tag]) element?.classList.add("lit");
      }
      for (const element of all(".segment, .ribbon")) {
        const point = m.pointById.get(element.dataset.point);
        element.classList.toggle("lit", lit.has(point));
        element.classList.toggle("out", !state.shown.has(point));
      }
      for (const point of m.points) {
        point.item.classList.toggle("lit", lit.has(point));
        point.item.classList.toggle("active", point === state.active);
      }
      showEvidence();
      links();
    }

    function showEvidence() {
      if (!globalThis.CSS?.highlights) return;
      const ranges = (state.active?.reasons ?? []).flatMap((reason) => reason.evidence ?? []).map((found) => {
        const member = m.positions.find((position) => position.id === found.positionId);
        const length = (found.span?.end ?? 0) - (found.span?.start ?? 0);
        return member && length < member.end - member.start ? rangeOf(member.readout, found.span?.start ?? 0, found.span?.end ?? 0) : undefined;
      });
      CSS.highlights.set("parallax-evidence", new Highlight(...ranges.filter(Boolean)));
    }

    /** Lines between the positions of a point, over the texts. */
    function links() {
      const texts = root.querySelector(".texts");
      const overlay = texts.querySelector(".overlay");
      // A long text can be scrolled on, so that its last position comes to the height of another.
      for (const { scroller, content } of m.readouts) scroller.classList.toggle("long", content.offsetHeight > texts.clientHeight - 80);
      const frame = texts.getBoundingClientRect();
      overlay.setAttribute("width", texts.scrollWidth);
      overlay.setAttribute("height", texts.clientHeight);
      const lit = state.hovered.size ? state.hovered : new Set(state.active ? [state.active] : []);
      const paths = [];
      for (const point of m.points) {
        if (!state.shown.has(point) || point.members.length < 2) continue;
        const ends = point.members.map((member) => end(member, frame, texts.scrollLeft)).filter(Boolean);
        for (let i = 1; i < ends.length; i += 1) {
          const [a, b] = [ends[i - 1], ends[i]];
          if (a.isOut && b.isOut) continue;
          const [left, right] = a.left <= b.left ? [a, b] : [b, a];
          const middle = (left.right + right.left) / 2;
          const isStacked = right.left < left.right;
          const d = isStacked ? `M${left.right} ${left.y} C${left.right + 26} ${left.y} ${right.right + 26} ${right.y} ${right.right} ${right.y}`
            : `M${left.right} ${left.y} C${middle} ${left.y} ${middle} ${right.y} ${right.left} ${right.y}`;
          const classes = ["link", point.type.key, lit.has(point) ? "lit" : "", a.isOut || b.isOut ? "far" : ""].join(" ");
          paths.push(svg("path", { d, class: classes, "data-point": point.id }));
          for (const side of [left, right]) {
            if (side.isOut) continue;
            const x = side === left || isStacked ? side.right : side.left;
            paths.push(svg("path", { d: `M${x} ${side.top} V${side.bottom}`, class: `${classes} edge`, "data-point": point.id }));
          }
        }
      }
      overlay.replaceChildren(...paths);
    }

    /** Where a position meets its lines; cut to what is seen of its text. */
    function end(position, frame, scrollLeft) {
      if (!position.pieces.length) return undefined;
      const seen = position.readout.scroller.getBoundingClientRect();
      const top = position.pieces[0].getBoundingClientRect().top;
      const bottom = position.pieces.at(-1).getBoundingClientRect().bottom;
      const isOut = bottom < seen.top + 4 || top > seen.bottom - 4;
      const cut = (y) => Math.min(Math.max(y, seen.top + 3), seen.bottom - 3) - frame.top;
      return { isOut, top: cut(top), bottom: cut(bottom), y: (cut(top) + cut(bottom)) / 2, left: seen.left - frame.left + scrollLeft, right: seen.right - frame.left + scrollLeft };
    }

    function scroll(scroller, by) {
      if (Math.abs(by) > 1) scroller.scrollBy({ top: by, behavior: isSmooth ? "smooth" : "instant" });
    }

    /** Brings the positions of a point to one height: that of `from` where it was asked for in a text. */
    function align(point, from) {
      const top = (member) => member.pieces[0].getBoundingClientRect().top - member.readout.scroller.getBoundingClientRect().top;
      const seen = new Set();
      const height = from?.pieces.length ? top(from) : undefined;
      for (const member of point.members) {
        if (!member.pieces.length || seen.has(member.readout) || (from && member.readout === from.readout)) continue;
        seen.add(member.readout);
        scroll(member.readout.scroller, top(member) - (height ?? member.readout.scroller.clientHeight * 0.3));
      }
    }

    function select(point, from) {
      if (state.active && state.active !== point) fold(state.active);
      state.active = point;
      if (point) {
        fill(m, point);
        point.detail.hidden = false;
        point.head.setAttribute("aria-expanded", "true");
        if (!state.shown.has(point)) reset();
        align(point, from);
        const box = root.querySelector(".cards");
        const [item, seen] = [point.item.getBoundingClientRect(), box.getBoundingClientRect()];
        if (item.top < seen.top || item.bottom > seen.bottom) scroll(box, item.top - seen.top - 8);
        tabStop(point);
      }
      paint();
    }

    function fold(point) {
      point.detail.hidden = true;
      point.head.setAttribute("aria-expanded", "false");
    }

    function tabStop(point) {
      for (const other of m.points) other.head.tabIndex = other === point ? 0 : -1;
    }

    const filter = controls(m, apply);

    function reset() {
      for (const button of filter.kinds) button.setAttribute("aria-pressed", "true");
      filter.search.value = "";
      filter.holders.value = "";
      apply();
    }

    function apply() {
      const kinds = new Set(filter.kinds.filter((button) => button.getAttribute("aria-pressed") === "true").map((button) => button.dataset.kind));
      const words = filter.search.value.toLowerCase().split(/\s+/u).filter(Boolean);
      const holder = filter.holders.value;
      const isHeld = (position) => holder === "" || (holder === "+" ? position.sides.length > 1 : holder === "-" ? !position.sides.length : position.sides.some((side) => side.id === holder));
      state.shown = new Set(m.points.filter((point) => kinds.has(point.type.key) && words.every((part) => point.haystack.includes(part)) && point.members.some(isHeld)));
      if (state.active && !state.shown.has(state.active)) {
        fold(state.active);
        state.active = undefined;
      }
      const sorted = [...m.points].sort(comparer(filter.order.value));
      root.querySelector(".cards").replaceChildren(...sorted.map((point) => point.item));
      for (const point of m.points) point.item.hidden = !state.shown.has(point);
      filter.status.textContent = `${state.shown.size} of ${counted(m.points.length, "point")} shown`;
      const first = sorted.find((point) => state.shown.has(point));
      if (!state.active && first) tabStop(first);
      paint();
    }

    function comparer(order) {
      if (order === "weight") return (a, b) => a.weightPlace - b.weightPlace;
      if (order === "confidence") return (a, b) => (b.confidence ?? 0) - (a.confidence ?? 0) || a.weightPlace - b.weightPlace;
      const place = (point) => Math.min(...point.members.filter((member) => member.readout.place === Number(order)).map((member) => member.start), Infinity);
      return (a, b) => { const [x, y] = [place(a), place(b)]; return x === y ? a.weightPlace - b.weightPlace : x - y; };
    }

    function step(by) {
      const shown = all(".card").filter((item) => !item.hidden).map((item) => m.pointById.get(item.dataset.point));
      if (!shown.length) return;
      const now = shown.indexOf(state.active);
      const to = by === Infinity ? shown.length - 1 : by === -Infinity ? 0 : now < 0 ? (by > 0 ? 0 : shown.length - 1) : Math.min(Math.max(now + by, 0), shown.length - 1);
      select(shown[to]);
      shown[to].head.focus({ preventScroll: true });
    }

    function keys(event) {
      if (!root.isConnected || root.hidden) return;
      if (event.ctrlKey || event.metaKey || event.altKey || event.target.closest("dialog, form, textarea")) return;
      const isTyping = event.target.closest("input, select");
      const inCards = event.target.closest(".cards, .filters") || event.target === document.body;
      if (event.key === "Escape") {
        if (event.target === filter.search && filter.search.value) { filter.search.value = ""; apply(); } else select(undefined);
      } else if (isTyping) {
        if (event.target !== filter.search || event.key !== "ArrowDown") return;
        step(1);
      } else if (event.key === "j" || (event.key === "ArrowDown" && inCards)) step(1);
      else if (event.key === "k" || (event.key === "ArrowUp" && inCards)) step(-1);
      else if (event.key === "Home" && event.target.closest(".cards")) step(-Infinity);
      else if (event.key === "End" && event.target.closest(".cards")) step(Infinity);
      else if (event.key === "/") filter.search.focus();
      else if (event.key === "?") root.querySelector("dialog").showModal();
      else if (filter.kinds[Number(event.key) - 1]) filter.kinds[Number(event.key) - 1].click();
      else return;
      event.preventDefault();
    }

    let isQueued = false;
    function redraw() {
      if (isQueued) return;
      isQueued = true;
      requestAnimationFrame(() => { isQueued = false; if (root.isConnected) links(); });
    }

    function hover(points) {
      state.hovered = new Set(points.filter((point) => state.shown.has(point)));
      paint();
    }

    return { select, hover, apply, keys, redraw, filter, get active() { return state.active; } };
  }

  // ---- the whole -------------------------------------------------------------------------------------------------

  function legend(m) {
    const holders = m.sides.map((side) => el("span", {}, badge({ sides: [side] }), " ", bdi(side.name)));
    const jointSides = m.sides.slice(0, 2);
    const joint = jointSides.length > 1 ? el("span", {}, badge({ sides: jointSides }), " jointly") : "";
    const kinds = Object.values(KINDS).map((type) => el("span", { class: `swatch ${type.key}` }, el("i", {}, type.sign), ` ${type.name.toLowerCase()}`));
    return el("p", { class: "legend" }, m.sides.length ? el("b", {}, "Held by") : "", holders, joint, el("b", {}, "Kind of point"), kinds);
  }

  function themeButton() {
    const themes = ["auto", "light", "dark"];
    const keep = (value) => { try { if (value) localStorage.setItem("parallax-theme", value); return localStorage.getItem("parallax-theme"); } catch { return undefined; } };
    const button = el("button", { type: "button", class: "quiet" });
    const set = (theme) => {
      document.documentElement.dataset.theme = theme;
      button.textContent = `Theme: ${theme}`;
    };
    button.addEventListener("click", () => { const next = themes[(themes.indexOf(document.documentElement.dataset.theme) + 1) % themes.length]; keep(next); set(next); });
    set(themes.includes(keep()) ? keep() : "auto");
    return button;
  }

  function help() {
    const keys = [["↓ ↑  or  j k", "next and previous point"], ["Enter", "open or close the point that has the focus"], ["Esc", "select nothing; empty the search"],
      ["/", "find in the points"], ["1  2  3", "show or hide divergences, overlaps, one-sided points"], ["← →", "along the tags of a text or the topics of a bar"], ["?", "this list"]];
    return el("dialog", { "aria-label": "Keys" }, el("h2", {}, "Keys"), el("dl", {}, keys.flatMap(([key, what]) => [el("dt", {}, key), el("dd", {}, what)])),
      el("form", { method: "dialog" }, el("button", { class: "quiet" }, "Close")));
  }

  /** Draws the report into `root`, in place of what is there. */
  function draw(root, data, buttons = []) {
    const m = model(data);
    const isPlural = m.readouts.length > 1;
    root.className = "report";
    m.view = view(m, root);
    const authors = m.readouts.map((readout) => readout.name);
    const title = m.sides.length ? list(m.sides.slice(0, 4).map((side) => side.name)) : list(authors);
    const dialog = help();
    const engine = word(m.comparison.engine);
    root.replaceChildren(
      el("header", { class: "top" },
        el("div", {}, el("p", { class: "mark-name" }, "Parallax"), el("h1", {}, title),
          el("p", { class: "muted" }, `${counted(m.readouts.length, isPlural ? "readout" : "readout")}, ${counted(m.positions.length, "position")}, ${counted(m.points.length, "point")}`,
            engine ? ` · ${engine} engine` : "", m.comparison.engineVersion ? ` · version ${m.comparison.engineVersion}` : "")),
        el("div", { class: "tools" }, buttons, el("button", { type: "button", class: "quiet", on: { click: () => dialog.showModal() } }, "Keys"),
          el("button", { type: "button", class: "quiet", on: { click: () => print() } }, "Print"), themeButton())),
      warnings(m),
      el("div", { class: "overview" }, el("div", {}, facts(m), names(m)), el("div", {}, plot(m), sidesTable(m))),
      legend(m),
      el("div", { class: "workspace" },
        el("section", { class: "texts", "aria-label": "Texts" }, m.readouts.map((readout) => pane(m, readout)),
          svg("svg", { class: "overlay", "aria-hidden": "true" })),
        el("section", { class: "points", "aria-label": "Points" }, m.view.filter.box, el("ol", { class: "cards" }, m.points.map((point) => card(m, point))))),
      dialog);
    root.querySelector(".texts").style.setProperty("--texts", m.readouts.length);
    m.view.apply();
    for (const readout of m.readouts) readout.scroller.addEventListener("scroll", m.view.redraw, { passive: true });
    new ResizeObserver(m.view.redraw).observe(root.querySelector(".texts"));
    document.removeEventListener("keydown", draw.keys);
    draw.keys = m.view.keys;
    document.addEventListener("keydown", draw.keys);
    draw.before && removeEventListener("beforeprint", draw.before);
    draw.before = () => { for (const point of m.points) fill(m, point); };
    addEventListener("beforeprint", draw.before);
    return m;
  }

  return { draw, el, safe, word };
})();

{
  const embedded = document.getElementById("comparison-data");
  if (embedded) Parallax.draw(document.querySelector("main"), JSON.parse(embedded.textContent));
}
