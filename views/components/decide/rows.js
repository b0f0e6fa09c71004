// The table: one row per option on a common cost axis, those that cannot do the job below a line.

import { colour, dollars, drawing, element, shape, shortDollars, ticks } from "./dom.js";
import { quoteForm } from "./quote.js";

const BASIS = {
  "measured here": "measured here",
  imported: "measured elsewhere",
  published: "measured, published",
  fitted: "estimated",
  claim: "a claim",
};
const GETS = {
  "measured here": "Each person gets # tokens/s, as measured here.",
  imported: "Each person gets # tokens/s, as measured elsewhere.",
  published: "Each person gets # tokens/s, as others measured and published.",
  fitted: "Each person gets an estimated # tokens/s.",
  claim: "Each person gets # tokens/s, if a claim that nobody measured is true.",
};
const LOOKS = { yes: "ok", tight: "warn", unsure: "warn" };
const FAR = 2.5; // times the next farthest: beyond that one bar would leave the others no room
const COLUMNS = [
  ["Option", ""],
  ["Can it do the job?", ""],
  ["First word", "busy hour, 19 of 20 wait less"],
  ["Tokens/s", "per person, busy hour, on average"],
];

/** Draw all rows; `page` holds which drawer is open and sends what a person enters. */
export function paintRows(table, frame, page) {
  const phone = page.isPhone();
  const width = phone ? page.width() : Math.max(220, Math.round(page.mainWidth() * 0.36));
  const axis = costAxis(frame.rows, width, phone);
  const body = element("tbody");
  if (phone) body.append(element("tr", { class: "axis-row" }, element("td", {}, axis.head())));
  let below = false;
  for (const row of frame.rows) {
    if (row.state === "no" && !below) {
      below = true;
      const text = "Cannot do the job as asked";
      body.append(element("tr", { class: "cut" }, element("td", { colspan: 5, text })));
    }
    body.append(row.state === "no" ? rowBelow(row, page) : rowAbove(row, axis, page));
    if (page.open === row.id) body.append(drawer(row, page));
  }
  body.append(element("tr", { class: "add" }, element("td", { colspan: 5 }, adder(frame, page))));
  const kept = focusWithin(table);
  page.isDrawing = true; // a box that is taken away loses the focus, and nobody has left it
  table.replaceChildren(head(axis), body);
  kept?.();
  page.isDrawing = false;
}

/** Gives the focus back after the table was drawn anew, with what was typed so far; null where it is elsewhere. */
function focusWithin(table) {
  const active = table.getRootNode().activeElement; // the document's own is the host of this shadow tree
  if (!active || !table.contains(active)) return null;
  const { id, value } = active, row = active.closest("[data-row]")?.dataset.row;
  const isTyped = value !== active.defaultValue; // a box that one only stands in shows what is drawn
  return () => {
    const again = table.querySelector(id ? `#${CSS.escape(id)}` : `[data-row="${CSS.escape(row ?? "")}"]`);
    again?.focus();
    if (!again) return;
    if (!isTyped) again.select?.(); // as when one tabs into it: the next key replaces the figure, and never a part of it
    else if (again.value !== value) again.value = value;
  };
}

function head(axis) {
  const cells = COLUMNS.map(([title, under]) =>
    element("th", { scope: "col" }, title, under ? element("small", { text: under }) : ""),
  );
  const cost = element("th", { scope: "col", class: "cost" }, element("span", { class: "hidden", text: "Cost" }), axis.head());
  return element("thead", {}, element("tr", {}, ...cells, cost));
}

function nameCell(row, page) {
  const dot = element("span", { class: `swatch ${row.dash}`, style: `--hue:${colour(row.hue)}` });
  const open = element("button", {
    type: "button",
    class: "name",
    "data-row": row.id,
    "aria-expanded": String(page.open === row.id),
    on: { click: () => page.toggle(row.id) },
  }, row.name);
  const text = element("span", {}, open, element("small", { text: row.kind }));
  return element("td", { class: "named" }, element("div", { class: "option" }, dot, text));
}

function rowAbove(row, axis, page) {
  const [wait, range] = row.wait.length ? row.wait : ["the host's", ""];
  return element(
    "tr",
    {},
    nameCell(row, page),
    element("td", { class: "state" }, element("span", { class: LOOKS[row.state], text: row.can }), element("small", { text: row.spare })),
    element("td", { class: "speed" }, wait, element("small", { text: range })),
    element("td", { class: "speed" }, row.stream || "the host's", element("small", { text: BASIS[row.basis] ?? row.basis })),
    element("td", { class: "cost" }, axis.bar(row)),
  );
}

function rowBelow(row, page) {
  const why = row.reasons.map(([text, mend, change]) =>
    element(
      "p",
      {},
      text,
      " ",
      change
        ? element("button", { type: "button", class: "mend", on: { click: () => page.send({ put: change.put }) }, text: change.label })
        : mend
          ? element("span", { class: "mute", text: `What would change that: ${mend}` })
          : "",
    ),
  );
  return element("tr", { class: "below" }, nameCell(row, page), element("td", { colspan: 4, class: "why" }, ...why, wholeMend(row, page)));
}

/** One click for all that the option misses, or the reason that is left once its clicks are made. */
function wholeMend({ whole }, page) {
  if (!whole) return "";
  if (whole.then) return element("p", { class: "mute", text: `Then this is left: ${whole.then}` });
  const button = { type: "button", class: "mend", on: { click: () => page.send({ put: whole.put }) }, text: whole.label };
  return element("p", {}, "All that it takes: ", element("button", button));
}

/** The opened row: why so many machines, prices with their dates, and the person's own. */
function drawer(row, page) {
  const quote = page.quotes[row.id];
  return element(
    "tr",
    { class: "drawer" },
    element(
      "td",
      { colspan: 5 },
      page.isPhone() ? speeds(row) : "",
      row.count ? element("p", { text: row.count }) : "",
      row.per_mtok ? element("p", { text: row.per_mtok }) : "",
      quote ? quoteForm(row, quote, page) : "",
      element("button", {
        type: "button",
        class: "plain",
        text: "Leave this option out",
        on: { click: () => page.send({ put: { options: page.frame.rows.map((one) => one.id).filter((id) => id !== row.id) } }) },
      }),
    ),
  );
}

/** The speeds for which a phone has no columns; nothing of a hosted option, whose speeds are the host's. */
function speeds(row) {
  const [wait, range] = row.wait;
  const first = wait ? `First word in the busiest hour: ${wait}${range ? ` (${range})` : ""}. ` : "";
  const each = row.stream ? (GETS[row.basis] ?? "Each person gets # tokens/s.").replace("#", row.stream) : "";
  return first || each ? element("p", { text: first + each }) : "";
}

/** A choice of all options that are not compared yet. */
function adder(frame, page) {
  const there = new Set(frame.rows.map((row) => row.id));
  const select = element("select", { "aria-label": "Add an option", class: "adder", id: "add-an-option" }, element("option", { value: "", text: "+ Add an option" }));
  for (const [group, options] of page.lists.options) {
    const rest = options.filter(([id]) => !there.has(id));
    if (rest.length) {
      select.append(element("optgroup", { label: group }, ...rest.map(([value, text]) => element("option", { value, text }))));
    }
  }
  select.addEventListener("change", () => {
    if (select.value) page.send({ put: { options: [...there, select.value] } });
  });
  return there.size < page.lists.most ? select : "";
}

/** Where the axis ends: at the farthest amount, unless one option alone lies far beyond all others and is cut off. */
function axisEnd(costs) {
  const ends = costs.map((cost) => Math.max(...cost)).sort((one, other) => other - one);
  return ends.length > 2 && ends[0] > FAR * ends[1] ? ends[1] * 1.15 : ends[0] ?? 0;
}

/** The common axis of all rows: a head with round amounts, and one bar per row. */
function costAxis(rows, width, phone) {
  const costs = rows.filter((row) => row.usd).map((row) => row.usd);
  const room = phone ? 66 : 76, left = 8;
  const most = Math.max(1, axisEnd(costs)) * 1.02;
  const least = Math.min(0, ...costs.flat().filter((usd) => usd != null));
  const x = (usd) => left + ((width - left - room) * (usd - least)) / (most - least);
  const round = costs.length ? ticks(least, most, phone ? 3 : 4) : []; // no scale where nothing has a cost
  return {
    head() {
      const svg = drawing(width, 18, "");
      svg.setAttribute("aria-hidden", "true");
      for (const usd of round) {
        svg.append(shape("text", { x: x(usd), y: 13, class: "tick", "text-anchor": usd === round[0] ? "start" : "middle" }, shortDollars(usd)));
      }
      if (costs.some((cost) => Math.max(...cost) > most)) {
        svg.append(shape("text", { x: width - 2, y: 13, class: "tick", "text-anchor": "end" }, "\u00bb beyond"));
      }
      return svg;
    },
    bar(row) {
      const height = phone ? 30 : 56, middle = height / 2;
      const [low, usd, high] = row.usd;
      const range = low == null ? "" : `, ${dollars(low)} to ${dollars(high)} in 8 of 10 futures`;
      const svg = drawing(width, height, `${row.name}: ${dollars(usd)}${range}`);
      for (const at of round) svg.append(shape("line", { x1: x(at), x2: x(at), y1: 0, y2: height, class: "grid" }));
      const end = x(most), isBeyond = usd > most;
      if (low != null && low < most) {
        svg.append(shape("rect", { x: x(low), width: Math.max(2, Math.min(x(high), end) - x(low)), y: middle - 4, height: 8, rx: 4, class: "spread", style: `fill:${colour(row.hue)}` }));
      }
      if (!isBeyond) svg.append(shape("circle", { cx: x(usd), cy: middle, r: 6.5, class: "dot", style: `fill:${colour(row.hue)}` }));
      const farthest = Math.max(x(high ?? usd), x(usd)), mark = farthest > end ? "\u00bb " : "";
      svg.append(shape("text", { x: Math.min(farthest, end) + 11, y: middle + 5, class: mark ? "amount beyond" : "amount" }, `${mark}${dollars(usd)}`));
      return svg;
    },
  };
}
