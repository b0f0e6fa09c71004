// "Your case": a typed box beside each slider, examples to start from, the money switch, and what was changed.

import { element } from "./dom.js";

const KEY_REST_MS = 220, TYPE_REST_MS = 400;
const CHIPS = 6;

/** The case form; `page.moving(name, value)` while a thumb moves, `page.rest(name, value)` when it has come to rest. */
export function buildCase(form, page) {
  const fields = {};
  const body = element("div", { class: "case-body" });
  const sheet = element(
    "button",
    { type: "button", class: "sheet", "aria-expanded": "false" },
    element("span", { class: "sheet-text" }),
    element("span", { class: "sheet-action", text: "Change my case" }),
  );
  sheet.addEventListener("click", () => {
    const open = form.classList.toggle("open");
    sheet.setAttribute("aria-expanded", String(open));
    sheet.lastChild.textContent = open ? "Done" : "Change my case";
  });
  for (const field of page.lists.fields) {
    const built = field.choices ? choice(field, page) : slider(field, page);
    fields[field.name] = built;
    body.append(built.box);
  }
  const changes = element("div", { class: "changes" });
  body.append(changes);
  form.replaceChildren(sheet, element("h3", { text: "Your case" }), body);
  return { fields, changes, sheet };
}

/** A control's label; what stands in brackets stays on one line. */
function labelOf(field, id) {
  const parts = field.label.split(/(\([^)]*\))/).filter(Boolean);
  return element("label", { for: id }, ...parts.map((part) => (part.startsWith("(") ? element("span", { class: "whole", text: part }) : part)));
}

function choice(field, page) {
  const id = `case-${field.name}`;
  const select = element("select", { id }, ...field.choices.map(([value, text]) => element("option", { value, text })));
  select.addEventListener("change", () => page.rest(field.name, select.value));
  const box = element("div", { class: "field" }, labelOf(field, id), select);
  return {
    box,
    set(value) {
      if (![...select.options].some((option) => option.value === String(value))) {
        select.append(element("option", { value: String(value), text: String(value) }));
      }
      select.value = String(value);
    },
    flip() {},
  };
}

function slider(field, page) {
  const id = `case-${field.name}`;
  const box = element("input", { type: "number", id, min: field.min, max: field.max, step: "any", inputmode: "decimal" });
  const range = element("input", { type: "range", min: field.low, max: field.high, step: field.step, "aria-label": `${field.label}, slider` });
  const mark = element("i", { class: "flip-mark", "aria-hidden": "true", hidden: true });
  const note = element("p", { class: "flip-note" });
  const fill = () => {
    range.style.setProperty("--filled", `${(100 * (range.value - field.low)) / (field.high - field.low)}%`);
    range.setAttribute("aria-valuetext", `${field.before}${Number(range.value).toLocaleString("en-US")}${field.after}`);
  };
  const round = (value) => +Number(value).toFixed(4);
  let timer = 0, held = false;
  const settle = () => {
    clearTimeout(timer);
    page.rest(field.name, round(box.value / field.scale));
  };
  const move = (delay) => {
    fill();
    page.moving(field.name, round(box.value / field.scale));
    clearTimeout(timer);
    if (!held) timer = setTimeout(settle, delay);
  };
  range.addEventListener("input", () => {
    box.value = round(range.value);
    move(KEY_REST_MS);
  });
  range.addEventListener("pointerdown", () => (held = true));
  for (const end of ["pointerup", "pointercancel"]) {
    range.addEventListener(end, () => {
      held = false;
      if (page.isMoving()) settle();
    });
  }
  box.addEventListener("input", () => {
    if (box.value === "" || !box.checkValidity()) return;
    range.value = box.value;
    move(TYPE_REST_MS);
  });
  box.addEventListener("change", () => {
    const value = Math.min(field.max, Math.max(field.min, Number(box.value) || 0));
    box.value = round(value);
    range.value = value;
    fill();
    settle();
  });
  const typed = element("span", { class: "typed" }, field.before ? element("span", { text: field.before }) : "", box, field.after ? element("span", { text: field.after }) : "");
  return {
    box: element("div", { class: "field" }, element("div", { class: "field-head" }, labelOf(field, id), typed), element("div", { class: "track" }, range, mark), note),
    set(value) {
      box.value = round(value * field.scale);
      range.value = value * field.scale;
      fill();
    },
    flip(at) {
      mark.hidden = true;
      note.textContent = "";
      if (at == null) return;
      const shown = at * field.scale;
      if (shown >= field.low && shown <= field.high) {
        mark.hidden = false;
        mark.style.left = `calc(9px + (100% - 18px) * ${(shown - field.low) / (field.high - field.low)})`;
      }
      note.textContent = `The answer changes at ${field.before}${+shown.toPrecision(3)}${field.after}`;
    },
  };
}

/** Chips of the first examples and a list of the others; the one that the values start from is pressed. */
export function paintPresets(box, page, chosen) {
  const [chips, others] = [page.lists.presets.slice(0, CHIPS), page.lists.presets.slice(CHIPS)];
  const more = element(
    "select",
    { "aria-label": "More examples" },
    element("option", { value: "", text: "More examples" }),
    ...others.map(([value, text, purpose]) => element("option", { value, text, title: purpose, selected: value === chosen })),
  );
  more.addEventListener("change", () => more.value && page.send({ preset: more.value }));
  box.replaceChildren(
    ...chips.map(([name, title, purpose]) =>
      element("button", {
        type: "button",
        title: purpose,
        "aria-pressed": String(name === chosen),
        text: title,
        on: { click: () => page.send({ preset: name }) },
      }),
    ),
    more,
  );
}

/** How many values differ from where one started, each with its own way back. */
export function paintChanges(box, page, data) {
  const count = data.changes.length;
  const title = startTitle(data);
  if (!count) return void box.replaceChildren(element("p", { text: title }));
  const wayBack = (name) => data.resets[name] || [name]; // a model goes with its size
  const rows = data.changes.map(([name, label, now, was]) =>
    element(
      "li",
      {},
      element("span", { text: `${label}: ${now}` }),
      element("small", { text: was ? `, was ${was}` : "" }),
      element("button", { type: "button", class: "plain", "aria-label": `Reset ${label}`, text: "reset", on: { click: () => page.send({ reset: wayBack(name) }) } }),
    ),
  );
  const all = element("button", { type: "button", class: "plain", text: "Reset all", on: { click: () => page.send({ reset: data.changes.flatMap(([name]) => wayBack(name)) }) } });
  const open = box.querySelector("details")?.open ?? false;
  box.replaceChildren(element("details", { open }, element("summary", { text: title }), element("ul", {}, ...rows), all));
}

function startTitle({ changes, start }) {
  const count = changes.length;
  return count === 0 ? `Example \u201c${start}\u201d, unchanged` : `${count} change${count > 1 ? "s" : ""} from \u201c${start}\u201d`;
}

/** Where the values come from, in a line: the example, and each change with what was there before. */
export function askedFrom(data) {
  const told = data.changes.map(([, label, now, was]) => `${label}: ${now}${was ? ` (was ${was})` : ""}`);
  return told.length ? `${startTitle(data)}: ${told.join("; ")}` : startTitle(data);
}

/** The one switch for all money: today's money or cash, staff hours counted or not. */
export function buildSwitch(box, page) {
  const amounts = element("span", { class: "segment", role: "radiogroup", "aria-label": "Amounts" });
  const radios = [["present-value", "Today's money"], ["cash", "Cash"]].map(([value, text]) => {
    const radio = element("input", { type: "radio", name: "decide-money", value, on: { change: () => page.rest("money", value) } });
    amounts.append(element("label", {}, radio, text));
    return radio;
  });
  const staff = element("input", { type: "checkbox", on: { change: () => page.rest("labour", staff.checked ? "with" : "without") } });
  box.replaceChildren(amounts, element("label", { class: "check" }, staff, "Count staff hours"));
  return (frame) => {
    for (const radio of radios) radio.checked = radio.value === frame.money;
    staff.checked = frame.labour === "with";
  };
}
