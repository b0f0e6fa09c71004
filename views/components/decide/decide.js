// The Decide page: draws one frame (views/decide_frame.py), owns the controls, and asks for new frames while a thumb moves.
//
// While it moves, frames come from GET /api/decide.json, one request at a time, the newest wins. At rest one state change
// goes to the server, whose frame is the truth: all futures, what flips the answer, and the address. The shade of the
// first chart follows where somebody can see it (shade.js).

import { askedFrom, buildCase, buildSwitch, paintChanges, paintPresets } from "./controls.js";
import { paintLines, paintParts } from "./charts.js";
import { withChange } from "./address.js";
import { element } from "./dom.js";
import { paintRows } from "./rows.js";
import { Shade } from "./shade.js";
import { paintVerdicts, verdictLine } from "./verdicts.js";

const HUES = ["blue", "violet", "orange", "green", "yellow", "gray", "pink", "teal", "brown", "indigo"]; // as in the theme
const GAP_MS = 60, SAY_AFTER_MS = 500, PHONE_PX = 760, AGAIN_MS = 4000;
const pages = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  let page = pages.get(parentElement);
  if (!page) {
    if (!data.lists) return;
    page = new Page(parentElement);
    pages.set(parentElement, page);
  }
  page.change = (value) => setStateValue("now", value);
  page.take(data);
  return () => {
    page.leave();
    pages.delete(parentElement);
  };
}

/** What the shades of the first chart cover: they stand behind the two cheapest of the options that have a cost. */
const shadeText = (count) =>
  count === 1
    ? "The shaded area covers 8 of 10 futures of this option"
    : `The shaded areas cover 8 of 10 futures of ${count === 2 ? "both options" : "the two cheapest options"}`;

class Page {
  constructor(root) {
    this.sequence = 0;
    this.pending = {};
    this.unsaid = []; // changes that no answer of the server has named yet
    this.open = null;
    this.root = element("div", { class: "decide" });
    const main = element("section", { class: "main", "aria-label": "Answer" });
    const form = element("form", { class: "case", "aria-label": "Your case", on: { submit: (event) => event.preventDefault() } });
    this.presets = element("div", { class: "presets", role: "group", "aria-label": "Start from an example" });
    this.verdicts = [element("div", { class: "verdict" }), element("div", { class: "verdict" })];
    this.switch = element("div", { class: "switch" });
    this.table = element("table", { class: "options", "aria-label": "Options, cheapest first" });
    this.say = element("div", { class: "hidden", role: "status", "aria-live": "polite" });
    this.lines = element("div", { class: "chart" });
    this.parts = element("div", { class: "chart" });
    this.sign = element("ol", { class: "sign" });
    this.signTitle = element("h3", { text: "Before you sign" });
    this.convention = element("p", { class: "caption" });
    this.ringSaid = element("span", { text: "A ring marks when buying has become cheaper than renting. " });
    this.shadeOf = element("span");
    this.asked = element("p", { class: "asked" }); // on paper, where the form is not
    main.append(
      this.presets,
      this.asked,
      element("div", { class: "verdicts" }, ...this.verdicts),
      this.switch,
      this.table,
      this.say,
      element("h3", { text: "Total spent, month by month" }),
      element(
        "p",
        { class: "caption" },
        "The drop at the end is the resale. ",
        this.ringSaid,
        element("span", { class: "shade-said" }, this.shadeOf, element("span", { class: "on-screen", text: "; the shade appears once you stop moving a slider" }), "."),
        element("span", { class: "shade-missing", text: "The areas that cover 8 of 10 futures are missing: they were not drawn when this page was printed." }),
      ),
      this.lines,
      element("h3", { text: "Where the money goes" }),
      element("p", { class: "caption", text: "What you pay is to the right of the line, what comes back to the left." }),
      this.parts,
      this.signTitle,
      this.sign,
      this.convention,
    );
    this.main = main;
    this.form = form;
    this.root.append(element("div", { class: "layout" }, main, form));
    root.append(this.root);
    this.watcher = new ResizeObserver(() => {
      if (this.frame && Math.abs(this.root.clientWidth - this.drawnAt) > 2) this.paint(this.frame);
    });
    this.watcher.observe(this.root);
    this.shade = new Shade(this);
  }

  /** What the server says: a frame, the values behind it, and (on a full run) the lists. */
  take(data) {
    if (data.lists) {
      this.lists = data.lists;
      this.case = buildCase(this.form, this);
      this.showMoney = buildSwitch(this.switch, this);
    }
    this.address = data.address;
    this.asks = data.asks ?? data.address; // what a route takes where the page had to replace a value of the address
    this.quotes = data.quotes;
    if (this.isMoving()) return; // the thumb has moved on; the frame at rest comes
    this.unsaid = this.unsaid.filter((one) => !(data.taken || []).includes(one.id));
    if (this.unsaid.length) return; // said again until the server has taken it; then its frame comes
    this.values = { ...data.values };
    for (const [name, field] of Object.entries(this.case.fields)) {
      field.set(this.values[name]);
      field.flip(data.frame.flips[name]);
    }
    if (this.preset !== data.preset) this.bandEnds = null; // another firm, another scale
    this.preset = data.preset;
    paintPresets(this.presets, this, data.preset);
    paintChanges(this.case.changes, this, data);
    this.asked.textContent = `${data.asked} ${askedFrom(data)}.`;
    this.shade.rest(data.frame, this.asks);
    this.paint(data.frame);
  }

  paint(frame) {
    this.frame = frame;
    this.drawnAt = this.root.clientWidth;
    this.takeColours();
    paintVerdicts(this.verdicts, frame);
    this.showMoney(frame);
    paintRows(this.table, frame, this);
    paintLines(this.lines, frame, this);
    this.ringSaid.hidden = !frame.paid;
    this.shadeOf.textContent = shadeText(frame.rows.filter((row) => row.by_month).length);
    paintParts(this.parts, frame, this);
    this.paintSigns(frame);
    const line = verdictLine(frame);
    this.case.sheet.firstChild.replaceChildren(element("b", { text: line.first }), element("small", { text: line.second }));
    this.convention.textContent = `${frame.convention} Prices as of ${frame.as_of}.`;
    clearTimeout(this.saying);
    this.saying = setTimeout(() => (this.say.textContent = `${line.first}. ${line.second}`), SAY_AFTER_MS);
  }

  /** The theme's chart colours, light or dark, as names that the style sheet and the drawings use. */
  takeColours() {
    const colours = getComputedStyle(this.root).getPropertyValue("--st-chart-categorical-colors").split(",");
    HUES.forEach((hue, place) => colours[place] && this.root.style.setProperty(`--hue-${hue}`, colours[place].trim()));
  }

  paintSigns(frame) {
    this.signTitle.hidden = !frame.notes;
    this.sign.replaceChildren(
      ...frame.sign.map((sign) => element("li", { class: sign.level }, sign.about ? element("b", { text: `${sign.about}. ` }) : "", sign.text)),
      frame.notes ? element("li", { class: "info" }, this.notesLink(frame.notes)) : "",
    );
  }

  /** The way to every note: the Sources page of the same case, opened where the notes stand. */
  notesLink(count) {
    const query = new URLSearchParams(this.address);
    query.set("view", "notes");
    const text = count === 1 ? "See the one note on Sources" : `See all ${count} notes on Sources`;
    return element("a", { href: `sources?${query}`, target: "_self", text });
  }

  isMoving() {
    return Object.keys(this.pending).length > 0;
  }

  isPhone() {
    return this.root.clientWidth <= PHONE_PX;
  }

  width() {
    return this.root.clientWidth;
  }

  mainWidth() {
    return this.main.clientWidth || 800;
  }

  toggle(id) {
    this.open = this.open === id ? null : id;
    paintRows(this.table, this.frame, this);
  }

  /** A control moves: ask for a live frame. */
  moving(name, value) {
    this.pending[name] = value;
    this.wanted = true;
    if (!this.asking) this.ask();
  }

  async ask() {
    this.wanted = false;
    this.asking = true;
    const began = performance.now();
    const query = new URLSearchParams(this.asks);
    for (const [name, value] of Object.entries(this.pending)) {
      query.set(name, value);
      if (query.has("typed")) query.set("typed", `${query.get("typed")},${name}`);
    }
    try {
      const answer = await fetch(`/api/decide.json?${query}`);
      const text = await answer.text(); // read to its end, or it stays open
      if (answer.ok && this.isMoving()) this.paint(JSON.parse(text));
    } catch {
      // the frame at rest follows
    }
    const wait = Math.max(0, GAP_MS - (performance.now() - began));
    setTimeout(() => {
      this.asking = false;
      if (this.wanted && this.isMoving()) this.ask();
    }, wait);
  }

  /** A control has come to rest: all that moved goes to the server. */
  rest(name, value) {
    const put = { ...this.pending, [name]: value };
    this.pending = {};
    this.send({ put });
  }

  send(change) {
    this.unsaid.push({ id: this.name(), change });
    this.tell();
    clearTimeout(this.again);
    this.tries = 0;
    this.again = setTimeout(() => this.tellAgain(), AGAIN_MS);
  }

  /** All that the server has not named yet, oldest first: a change that is lost on its way comes with the next. */
  tell() {
    const told = this.unsaid.map(({ id, change }) => ({ id, ...change }));
    const last = told.pop();
    this.change({ sequence: this.name(), ...last, earlier: told });
  }

  /** Say again what no answer has named. A server that has started anew knows no part of this page: open it anew there. */
  async tellAgain() {
    this.again = setTimeout(() => this.tellAgain(), AGAIN_MS);
    if (document.querySelector("[data-testid=stApp]")?.dataset.testScriptState === "running") return; // it is at work
    this.tries += 1;
    const isThere = this.tries > 1 && (await fetch("/api/live").then((answer) => answer.text().then(() => answer.ok)).catch(() => false));
    if (!this.unsaid.length) clearTimeout(this.again);
    else if (isThere) location.search = this.unsaid.reduce((query, one) => withChange(query, one.change), this.address);
    else this.tell();
  }

  name() {
    this.sequence += 1;
    return `${Date.now()}-${this.sequence}`;
  }

  leave() {
    this.watcher.disconnect();
    this.shade.leave();
    clearTimeout(this.saying);
    clearTimeout(this.again);
  }
}
