// Two charts: total spent month by month, and where the money goes. Names stand at the lines, totals at their marks.

import { colour, dollars, drawing, element, monthText, shape, shortAmount, shortDollars, ticks } from "./dom.js";

const DASHES = { solid: "", dash: "7 5", dot: "2 4" };
const DASH_PX = 8, HIDES_PX = 1;
const GROUP_COLOURS = ["#5b7fa6", "#bf8016", "#b0578d", "#2f9e77", "#7a828c"];
const LABEL_GAP = 17, LETTER_PX = 6.4;
const SAMPLE = { width: 26, height: 10 };
const MOST_NAMES = 0.42, AMOUNT_PX = 56, TICK_PX = 16;

/** Total spent by the end of each month, one line per option that can do the job. */
export function paintLines(box, frame, page) {
  const phone = page.isPhone();
  const rows = frame.rows.filter((row) => row.by_month);
  if (!rows.length) return void box.replaceChildren();
  const room = phone ? 0 : nameRoom(rows, page.mainWidth());
  const edge = { left: 50, right: phone ? 74 : 10 + room + AMOUNT_PX, top: 14, bottom: 26 };
  const labels = edge.top + edge.bottom + LABEL_GAP * (rows.length - 1); // each line's amount stands at its end
  const width = page.mainWidth(), height = Math.max(phone ? 260 : 320, labels);
  const amounts = [...rows.flatMap((row) => [...row.by_month, ...(row.band ?? []).flat()]), ...kept(rows, page)];
  const high = Math.max(1, ...amounts) * 1.04, low = Math.min(0, ...amounts);
  const x = (month) => edge.left + ((width - edge.left - edge.right) * month) / frame.months;
  const y = (usd) => height - edge.bottom - ((height - edge.top - edge.bottom) * (usd - low)) / (high - low);
  const onTop = dashesOnTop(rows, y);
  const dash = (row) => onTop[rows.indexOf(row)] || DASHES[row.dash];
  const ends = rows.map((row) => `${row.name} ${dollars(row.by_month.at(-1))}`).join(", ");
  const svg = drawing(width, height, `Total spent by month. At the end: ${ends}.`);
  for (const usd of ticks(low, high, 4)) {
    svg.append(shape("line", { x1: edge.left, x2: width - edge.right, y1: y(usd), y2: y(usd), class: "grid" }));
    svg.append(shape("text", { x: edge.left - 8, y: y(usd) + 4, "text-anchor": "end", class: "tick" }, shortDollars(usd)));
  }
  const step = frame.months > 48 ? 24 : 12;
  for (let month = 0; month <= frame.months; month += step) {
    const anchor = month === 0 ? "start" : month === frame.months ? "end" : "middle";
    svg.append(shape("text", { x: x(month), y: height - 6, "text-anchor": anchor, class: "tick" }, monthText(month)));
  }
  for (const row of rows.filter((one) => one.band)) svg.append(band(row, x, y));
  rows.forEach((row, place) => {
    const points = row.by_month.map((usd, month) => `${x(month).toFixed(1)},${y(usd).toFixed(1)}`).join(" ");
    const style = `stroke:${colour(row.hue)};stroke-dasharray:${dash(row)}`;
    svg.append(shape("polyline", { points, class: place === 0 ? "line first" : "line", style }));
    svg.append(shape("circle", { cx: x(frame.months), cy: y(row.by_month.at(-1)), r: 3.5, style: `fill:${colour(row.hue)}` }));
  });
  for (const label of spreadLabels(rows.map((row) => ({ row, at: y(row.by_month.at(-1)) })), edge.top, height - edge.bottom)) {
    const text = shape("text", { x: width - edge.right + 10, y: label.y + 4, class: "end" });
    const amount = shape("tspan", { class: "end-amount" }, shortAmount(label.row.by_month.at(-1)));
    if (!phone) text.append(shape("tspan", { style: `fill:${colour(label.row.hue)}` }, `${shortened(label.row.name, room)}  `));
    else amount.setAttribute("style", `fill:${colour(label.row.hue)}`);
    text.append(amount);
    svg.append(text);
  }
  const drawn = (id) => rows.find((row) => row.id === id);
  const paid = frame.paid && drawn(frame.paid.than) && drawn(frame.paid.id);
  if (paid) markPaid(svg, paid, frame, x, y, edge, width);
  page.root.classList.toggle("shaded", rows.some((row) => row.band));
  box.replaceChildren(svg, phone ? legend(rows, dash) : "");
}

/**
 * The dash of each line that lies on earlier ones; the earliest is whole, and "" is one that runs alone. Of lines that are one all along, each is seen
 * as long as the others. Else each covers half as much as the one before, so that the later ones never cover an earlier one.
 */
function dashesOnTop(rows, y) {
  const turns = [];
  for (const row of rows) {
    const under = turns.filter((_, place) => 2 * nearMonths(row, rows[place], y) > row.by_month.length);
    turns.push(under.length ? Math.max(...under) + 1 : 0);
  }
  return rows.map((row, place) => {
    const turn = turns[place];
    if (!turn) return rows.some((other) => other !== row && 2 * nearMonths(row, other, y) > row.by_month.length) ? "none" : "";
    const same = rows.map((_, other) => other).filter((other) => nearMonths(row, rows[other], y) === row.by_month.length);
    const areAlone = same.every((other, number) => turns[other] === number) && Math.max(...turns) < same.length;
    if (!areAlone) return `${DASH_PX} ${DASH_PX * (2 ** turn - 1)}`;
    const before = turn > 1 ? `0 ${DASH_PX * (turn - 1)} ` : ""; // a dash of no length shifts the pattern
    return `${before}${DASH_PX} ${DASH_PX * (same.length - turn)}`;
  });
}

/** In how many months a line is so near to another that it would hide it. */
const nearMonths = (row, other, y) =>
  row.by_month.filter((usd, month) => Math.abs(y(usd) - y(other.by_month[month])) < HIDES_PX).length;

/** Ends of the last bands: the axis keeps them until the next are drawn, at rest and in sight. */
function kept(rows, page) {
  const bands = rows.flatMap((row) => row.band ?? []).flat();
  if (bands.length) page.bandEnds = [Math.min(...bands), Math.max(...bands)];
  return bands.length ? [] : page.bandEnds ?? [];
}

/** What the option has spent by each month in 8 of 10 futures, as a shade behind all lines. */
function band(row, x, y) {
  const [low, high] = row.band.map((edge) => edge.map((usd, month) => `${x(month).toFixed(1)},${y(usd).toFixed(1)}`));
  return shape("polygon", { points: [...low, ...high.toReversed()].join(" "), class: "band", style: `fill:${colour(row.hue)}` });
}

function markPaid(svg, row, frame, x, y, edge, width) {
  const at = { x: x(frame.paid.month), y: y(row.by_month[frame.paid.month]) };
  svg.append(shape("circle", { cx: at.x, cy: at.y, r: 7.5, class: "ring", style: `stroke:${colour(row.hue)}` }));
  const text = `cheaper than renting from month ${frame.paid.month}`, room = text.length * LETTER_PX;
  const isRight = at.x + 12 + room > width - edge.right;
  const least = Math.max(2, Math.min(edge.left + 4, width - room - 2)); // whole on a phone, too, and right of the axis
  const start = Math.min(Math.max(least, isRight ? at.x - 12 - room : at.x + 12), width - room - 2);
  svg.append(shape("text", { x: start, y: at.y + 20, class: "mark" }, text));
}

/** Width for the options' names: of the longest one, and at most MOST_NAMES of the chart. */
const nameRoom = (rows, width) => Math.min(Math.max(...rows.map((row) => textPx(row.name))) + 4, MOST_NAMES * width);

/** The name, cut only where it is wider than its room. */
function shortened(name, room) {
  if (textPx(name) <= room) return name;
  let kept = name;
  while (kept && textPx(`${kept.trimEnd()}\u2026`) > room) kept = kept.slice(0, -1);
  return `${kept.trimEnd()}\u2026`;
}

let pen = null;

function textPx(text) {
  pen ??= document.createElement("canvas").getContext("2d");
  pen.font = `13px ${getComputedStyle(document.body).fontFamily}`;
  return pen.measureText(text).width;
}

/** Labels moved apart so that none covers another. */
function spreadLabels(labels, top, bottom) {
  const sorted = labels.sort((one, other) => one.at - other.at);
  let above = top - LABEL_GAP;
  for (const label of sorted) {
    label.y = Math.max(label.at, above + LABEL_GAP);
    above = label.y;
  }
  let under = bottom + LABEL_GAP;
  for (const label of sorted.toReversed()) {
    label.y = Math.min(label.y, under - LABEL_GAP);
    under = label.y;
  }
  return sorted;
}

/** Where names find no room at their lines: each with a piece of its line and what it comes to. */
function legend(rows, dash) {
  return element("p", { class: "legend lines" }, ...rows.map((row) =>
    element("span", {}, sample(row, dash(row)), `${row.name} `, element("b", { text: shortAmount(row.by_month.at(-1)) }))));
}

function sample(row, dash) {
  const svg = drawing(SAMPLE.width, SAMPLE.height, "");
  svg.setAttribute("aria-hidden", "true");
  const style = `stroke:${colour(row.hue)};stroke-dasharray:${dash}`;
  svg.append(shape("line", { x1: 0, x2: SAMPLE.width, y1: SAMPLE.height / 2, y2: SAMPLE.height / 2, class: "line", style }));
  return svg;
}

/** What each option's cost is made of; resale to the left, the total as a mark with its amount. */
export function paintParts(box, frame, page) {
  const rows = frame.rows.filter((row) => row.parts);
  if (!rows.length) return void box.replaceChildren();
  const phone = page.isPhone(), width = page.mainWidth();
  const room = phone ? 0 : nameRoom(rows, width);
  const name = phone ? 0 : room + 14, right = phone ? 58 : 30, rowHeight = phone ? 62 : 46, top = 8, bottom = 24;
  const height = top + bottom + rowHeight * rows.length;
  const back = (row) => row.parts.at(-1), paid = (row) => row.parts.slice(0, -1).filter((usd) => usd > 0).reduce((sum, usd) => sum + usd, 0);
  const got = (row) => row.parts.filter((usd) => usd < 0).reduce((sum, usd) => sum + usd, 0);
  const high = Math.max(1, ...rows.map(paid)) * 1.04, low = Math.min(0, ...rows.map(got)) * 1.04;
  const x = (usd) => name + ((width - name - right) * (usd - low)) / (high - low);
  const sums = rows.map((row) => `${row.name} ${dollars(row.usd[1])}`).join(", ");
  const svg = drawing(width, height, `Where the money goes. Totals: ${sums}.`);
  svg.append(hatch());
  for (const usd of ticks(low, high, phone ? 4 : 6)) {
    svg.append(shape("line", { x1: x(usd), x2: x(usd), y1: top, y2: height - bottom, class: "grid" }));
    svg.append(shape("text", { x: x(usd), y: height - 6, "text-anchor": x(usd) < TICK_PX ? "start" : "middle", class: "tick" }, shortDollars(usd)));
  }
  rows.forEach((row, place) => {
    const y = top + place * rowHeight + (phone ? 24 : 14), bar = 20;
    svg.append(shape("text", phone ? { x: 0, y: y - 6, class: "bar-name" } : { x: 0, y: y + 15, class: "bar-name" }, shortened(row.name, phone ? width : room)));
    let from = 0, minus = 0;
    row.parts.slice(0, -1).forEach((usd, group) => {
      if (usd > 0) {
        svg.append(shape("rect", { x: x(from), width: Math.max(0, x(from + usd) - x(from)), y, height: bar, fill: GROUP_COLOURS[group] }));
        from += usd;
      } else if (usd < 0) {
        svg.append(shape("rect", { x: x(minus + usd), width: x(minus) - x(minus + usd), y, height: bar, fill: GROUP_COLOURS[group], opacity: 0.55 }));
        minus += usd;
      }
    });
    if (back(row) < 0) {
      svg.append(shape("rect", { x: x(minus + back(row)), width: x(minus) - x(minus + back(row)), y, height: bar, class: "hatched" }));
    }
    const total = x(row.usd[1]);
    svg.append(shape("path", { d: `M${total} ${y - 3}l7 13l-7 13l-7 -13z`, class: "total" }));
    const end = Math.max(x(from), total + 7), amount = phone // at the bar's end, where no name stands above it
      ? { x: end + 4, y: y + 15, "text-anchor": "start" }
      : { x: total, y: y - 6, "text-anchor": "middle" };
    svg.append(shape("text", { ...amount, class: "amount small" }, shortAmount(row.usd[1])));
  });
  for (const place of phone ? rows.keys() : [0]) { // on a phone beside each bar, so that it runs through no name
    const ends = phone ? { y1: top + place * rowHeight + 22, y2: top + place * rowHeight + 46 } : { y1: top, y2: height - bottom };
    svg.append(shape("line", { x1: x(0), x2: x(0), ...ends, class: "zero" }));
  }
  box.replaceChildren(groupLegend(frame), svg);
}

function hatch() {
  const defs = shape("defs");
  const pattern = shape("pattern", { id: "decide-hatch", width: 6, height: 6, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" });
  pattern.append(shape("rect", { width: 6, height: 6, fill: GROUP_COLOURS[0], opacity: 0.25 }), shape("line", { x1: 0, y1: 0, x2: 0, y2: 6, stroke: GROUP_COLOURS[0], "stroke-width": 3 }));
  defs.append(pattern);
  return defs;
}

function groupLegend(frame) {
  const names = frame.groups.map((text, group) =>
    element("span", {}, element("i", group === frame.groups.length - 1 ? { class: "hatch" } : { style: `background:${GROUP_COLOURS[group]}` }), group === frame.groups.length - 1 ? `${text}, comes back` : text));
  return element("p", { class: "legend" }, ...names, element("span", {}, element("i", { class: "diamond" }), "Total"));
}
