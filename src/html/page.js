"use strict";
// The page: texts in, one call of POST /v1/compare, and the report by report.js. The texts go to the server that the
// page is from and nowhere else; nothing of them is kept.
{
  const { draw, el } = Parallax;
  const ASK_AGAIN = 4; // Times that a busy server is asked again before a person is.
  const LONGEST_WAIT_S = 10; // What a person waits for without being asked.
  const limits = { readouts: 8, readoutBytes: 1_000_000, messageBytes: 1_048_576 };
  const inputs = [];
  const bytes = (text) => new TextEncoder().encode(text).length;

  const ask = document.getElementById("ask");
  const answer = document.getElementById("answer");
  const boxes = el("div", { class: "inputs" });
  const message = el("div", { class: "message", role: "alert", hidden: true });
  const sides = el("textarea", { rows: 3, spellcheck: "false", placeholder: "Norland = Norlandic, Port Vey; President Ada Lind, Minister Aro", "aria-describedby": "wrong-sides" });
  const sidesWrong = el("p", { class: "wrong", id: "wrong-sides" });
  const sidesBox = el("details", {}, el("summary", {}, "Sides that you know (optional)"),
    el("label", {}, "One a line: name = further names; persons who speak for it. Countries of the world need none.", sides), sidesWrong);
  const key = el("input", { type: "password", autocomplete: "off" });
  const keyBox = el("label", { hidden: true }, "Key of this server (kept in this page only)", key);
  const engines = el("fieldset", { class: "engines" },
    engine("ENGINE_FAST", "Fast", "milliseconds", true), engine("ENGINE_THOROUGH", "Thorough", "a transformer reads the likeliest pairs; English", false));
  const go = el("button", { class: "go" }, "Compare");
  const stop = el("button", { type: "button", class: "quiet", hidden: true }, "Cancel");
  const add = el("button", { type: "button", class: "quiet", on: { click: () => { addInput().text.focus(); } } }, "Add a text");
  const example = el("button", { type: "button", class: "link", on: { click: fillExample } }, "Use an example");

  const form = el("form", { novalidate: true, on: { submit: (event) => { event.preventDefault(); compare(); } } },
    boxes, el("div", { class: "row" }, engines, add, example), sidesBox, keyBox, message, el("div", { class: "row" }, go, stop));
  form.addEventListener("keydown", (event) => { if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) compare(); });
  ask.className = "ask";
  ask.replaceChildren(
    el("header", {}, el("p", { class: "mark-name" }, "Parallax"), el("h1", {}, "Compare official statements"),
      el("p", { class: "muted" }, "Two readouts of one contact, as two sides published them: who holds which position, where they agree, where they differ, and what only one of them tells. The texts go to this server alone, which keeps none of them.")), form);
  addInput();
  addInput();
  describe();

  function engine(value, name, what, checked) {
    return el("label", {}, el("input", { type: "radio", name: "engine", value, checked }), el("span", {}, name, el("span", { class: "muted" }, ` ${what}`)));
  }

  function addInput() {
    const place = inputs.length;
    const text = el("textarea", { rows: 14, dir: "auto", spellcheck: "false", placeholder: "Paste the text here, or drop a file", "aria-describedby": `wrong-${place}` });
    const author = el("input", { maxlength: 200, dir: "auto", placeholder: "found in the text when empty" });
    const date = el("input", { type: "date" });
    const file = el("input", { type: "file", accept: ".txt,.md,text/plain", tabindex: -1, "aria-label": `File of text ${place + 1}` });
    const wrong = el("p", { class: "wrong", id: `wrong-${place}`, role: "alert" });
    const count = el("span", { class: "count" });
    const show = () => {
      const size = bytes(text.value);
      count.textContent = size ? `${size.toLocaleString("en")} bytes${size > limits.readoutBytes ? `, at most ${limits.readoutBytes.toLocaleString("en")} are taken` : ""}` : "";
    };
    const box = el("fieldset", { class: "input" }, el("legend", {}, `Text ${place + 1}`),
      el("div", { class: "fields" }, el("label", {}, "Published by", author), el("label", {}, "Date", date)),
      el("label", {}, "Text", text), wrong,
      el("div", { class: "row" }, el("button", { type: "button", class: "quiet", on: { click: () => file.click() } }, "Choose a file"), file, count));
    const input = { box, text, author, date, wrong, show };
    text.addEventListener("input", show);
    file.addEventListener("change", () => { if (file.files[0]) read(input, file.files[0]); file.value = ""; });
    box.addEventListener("dragover", (event) => { event.preventDefault(); box.classList.add("over"); });
    box.addEventListener("dragleave", () => box.classList.remove("over"));
    box.addEventListener("drop", (event) => {
      box.classList.remove("over");
      const [dropped] = event.dataTransfer.files;
      if (!dropped) return;
      event.preventDefault();
      read(input, dropped);
    });
    inputs.push(input);
    boxes.append(box);
    add.hidden = inputs.length >= limits.readouts;
    return input;
  }

  async function read(input, file) {
    problem(input, "");
    if (file.size > limits.readoutBytes) {
      problem(input, `${file.name} has ${file.size.toLocaleString("en")} bytes; at most ${limits.readoutBytes.toLocaleString("en")} are taken.`);
      return;
    }
    try {
      input.text.value = new TextDecoder("utf-8", { fatal: true }).decode(await file.arrayBuffer());
      input.show();
    } catch (error) {
      problem(input, error instanceof TypeError ? `${file.name} is no text in UTF-8. Open it and paste its text here.` : `${file.name} cannot be read.`);
    }
  }

  function problem(input, text, field = input.text) {
    input.wrong.textContent = text;
    for (const each of [input.text, input.author, input.date]) each.toggleAttribute("aria-invalid", false);
    if (text) field.setAttribute("aria-invalid", "true");
  }

  function fillExample() {
    clear();
    const { texts, authors, sides: known } = JSON.parse(document.getElementById("example").textContent);
    texts.forEach((text, place) => {
      const input = inputs[place] ?? addInput();
      [input.text.value, input.author.value] = [text, authors[place]];
      input.show();
    });
    sides.value = known;
    sidesBox.open = true;
    go.focus();
  }

  /** The sides as typed, in the syntax of the command line. */
  function typedSides() {
    const parts = (text) => (text ?? "").split(",").map((part) => part.trim()).filter(Boolean);
    return sides.value.split("\n").filter((line) => line.trim()).map((line, place) => {
      const [naming, principals] = split(line, ";");
      const [name, aliases] = split(naming, "=");
      return { id: `s${place + 1}`, displayName: name.trim(), aliases: parts(aliases), principals: parts(principals) };
    });
  }

  function split(text, at) {
    const found = text.indexOf(at);
    return found < 0 ? [text, ""] : [text.slice(0, found), text.slice(found + 1)];
  }

  function request() {
    const known = typedSides();
    const side = (name) => known.find((one) => [one.displayName, ...one.aliases].some((other) => other.toLowerCase() === name.toLowerCase()))?.id ?? name;
    // A text box that nobody has touched is no text, but for the first two.
    const used = inputs.filter((input, place) => place < 2 || input.text.value.trim() || input.author.value.trim());
    const readouts = used.map((input) => ({
      text: input.text.value.toWellFormed(), ...(input.date.value && { date: input.date.value }),
      ...(input.author.value.trim() && { authorSide: side(input.author.value.trim().toWellFormed()) }),
    }));
    return { used, body: { readouts, sides: known, options: { engine: new FormData(form).get("engine") ?? "ENGINE_FAST", offsetUnit: "OFFSET_UNIT_UTF16" } } };
  }

  function headers() {
    const secret = key.value.trim();
    return { "content-type": "application/json", ...(secret && { authorization: `Bearer ${secret}` }) };
  }

  /** What this server can do: engines, limits, and whether it wants a key. */
  async function describe() {
    try {
      const response = await fetch("v1/engine", { headers: headers(), credentials: "omit" });
      if (response.status === 401) keyBox.hidden = false;
      if (!response.ok) return;
      const described = await response.json();
      Object.assign(limits, described.limits);
      for (const radio of engines.querySelectorAll("input")) radio.disabled = !(described.engines ?? []).includes(radio.value);
    } catch {
      // Compare says it if the server is not there.
    }
  }

  let running;
  async function compare() {
    if (running) return;
    clear();
    const { used, body } = request();
    running = new AbortController();
    stop.onclick = () => running.abort();
    [go.disabled, stop.hidden] = [true, false];
    go.textContent = "Comparing…";
    try {
      for (let times = 0; ; times += 1) {
        const { ok, status, value } = await call(body, running.signal);
        if (ok) {
          show(value.comparison ?? {}, body.readouts.map((readout) => readout.text));
          return;
        }
        const seconds = retryAfter(value);
        if (seconds === undefined || seconds > LONGEST_WAIT_S || times >= ASK_AGAIN) {
          refuse(status, value, used);
          return;
        }
        say(`The server is busy. Asking again in ${Math.ceil(seconds)} s …`, false);
        await wait(seconds * 1000, running.signal);
      }
    } catch (error) {
      if (error.name === "AbortError") say("Cancelled.", false);
      else say("The server does not answer. Is it still running, and can this computer reach it?");
    } finally {
      running = undefined;
      [go.disabled, stop.hidden] = [false, true];
      go.textContent = "Compare";
    }
  }

  async function call(body, signal) {
    const options = { method: "POST", headers: headers(), body: JSON.stringify(body), signal, credentials: "omit", cache: "no-store" };
    const response = await fetch("v1/compare", options);
    const id = response.headers.get("x-request-id");
    const value = await response.json().catch(() => ({}));
    return { ok: response.ok, status: response.status, value: { ...value, id } };
  }

  function wait(milliseconds, signal) {
    return new Promise((resolve, reject) => {
      const timer = setTimeout(resolve, milliseconds);
      signal.addEventListener("abort", () => { clearTimeout(timer); reject(new DOMException("", "AbortError")); }, { once: true });
    });
  }

  const detail = (value, name) => (value.details ?? []).find((found) => String(found["@type"]).endsWith(name));

  /** Seconds after which a server that is busy wants to be asked again. */
  function retryAfter(value) {
    const delay = detail(value, "google.rpc.RetryInfo")?.retryDelay;
    return delay === undefined ? undefined : Number.parseFloat(delay);
  }

  const WORDS = {
    OVERLOADED: "The server is busy with the texts of others. Try again in a while.",
    RATE_LIMITED: "This key has asked too often. Try again in a while.",
    SHUTTING_DOWN: "The server is being stopped. Try again in a while.",
    MESSAGE_TOO_LARGE: "The texts are longer together than this server takes. Shorten them, or compare parts of them.",
    ANSWER_TOO_LARGE: "The answer would be larger than this server sends. Compare shorter texts.",
    DEADLINE_EXCEEDED: "It took longer than this server allows. The fast engine, or shorter texts, will do.",
    UNAUTHENTICATED: "This server asks for a key. Enter it above and compare again.",
  };

  /** Says why there is no answer, at the fields that are at fault where there are any. */
  function refuse(status, value, used) {
    const violations = detail(value, "google.rpc.BadRequest")?.fieldViolations ?? [];
    const others = violations.filter((violation) => !atField(violation, used)).map((violation) => `${violation.field}: ${violation.description}`);
    const reason = detail(value, "google.rpc.ErrorInfo")?.reason;
    if (status === 401) keyBox.hidden = false;
    if (violations.length) say(["Some of it cannot be compared as it is: see above.", ...others].join("\n"));
    else say(WORDS[reason] ?? `The server could not do it (${value.message ?? `status ${status}`}${value.id ? `; request ${value.id}` : ""}).`);
    (form.querySelector('[aria-invalid="true"]') ?? (status === 401 ? key : go)).focus();
  }

  function atField({ field, description }, used) {
    const [, place, name] = /^readouts\[(\d+)\]\.(\w+)/u.exec(field ?? "") ?? [];
    const input = used[place];
    if (input) {
      const [label, element] = { author_side: ["The publisher", input.author], date: ["The date", input.date] }[name] ?? ["The text", input.text];
      const isEmpty = element === input.text && !input.text.value.trim();
      problem(input, isEmpty ? "The text is empty: paste it, or choose a file." : `${label} ${description}.`, element);
      return true;
    }
    const side = /^sides\[(\d+)\]/u.exec(field ?? "");
    if (!side) return false;
    sidesBox.open = true;
    sides.setAttribute("aria-invalid", "true");
    sidesWrong.textContent = `Line ${Number(side[1]) + 1} ${description}.`;
    return true;
  }

  function say(text, isBad = true) {
    message.textContent = text;
    message.classList.toggle("bad", isBad);
    message.hidden = false;
  }

  function clear() {
    message.hidden = true;
    for (const input of inputs) problem(input, "");
    sides.removeAttribute("aria-invalid");
    sidesWrong.textContent = "";
  }

  function show(comparison, texts) {
    clear();
    const data = { comparison, texts };
    const tool = (name, click) => el("button", { type: "button", class: "quiet", on: { click } }, name);
    answer.hidden = false;
    ask.hidden = true;
    const drawn = draw(answer, data, [
      tool("Change the texts", () => { answer.hidden = true; ask.hidden = false; inputs[0].text.focus(); }),
      tool("Save the report", () => save("parallax-report.html", "text/html", file(data))),
      tool("Save as JSON", () => save("parallax.json", "application/json", JSON.stringify(comparison, null, 2)))]);
    document.title = `Parallax: ${drawn.sides.map((side) => side.name).join(", ")}`;
    scrollTo(0, 0);
    const title = answer.querySelector("h1");
    title.tabIndex = -1;
    title.focus();
  }

  /** The report as one file: what `parallax compare --html` writes, from the parts of this page. */
  function file(data) {
    const text = (value) => value.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll('"', "&quot;");
    const inside = (id) => document.getElementById(id).textContent;
    const json = JSON.stringify(data).replaceAll("<", "\\u003c").replaceAll(">", "\\u003e").replaceAll("&", "\\u0026");
    const policy = document.querySelector('meta[name="report-policy"]').content;
    return `<!doctype html>\n<html lang="en">\n<head>\n<meta charset="utf-8">\n<meta http-equiv="Content-Security-Policy" content="${text(policy)}">\n`
      + `<meta name="viewport" content="width=device-width, initial-scale=1">\n<title>${text(document.title)}</title>\n<style>${inside("report-style")}<\/style>\n</head>\n<body>\n<main></main>\n`
      + `<script type="application/json" id="comparison-data">${json}<\/script>\n<script>${inside("report-script")}<\/script>\n</body>\n</html>\n`;
  }

  function save(name, type, content) {
    const address = URL.createObjectURL(new Blob([content], { type: `${type};charset=utf-8` }));
    el("a", { href: address, download: name }).click();
    setTimeout(() => URL.revokeObjectURL(address), 10_000);
  }
}
