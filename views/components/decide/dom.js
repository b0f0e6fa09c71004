// Elements, SVG shapes and the notation of money and time: what every part of the page uses.

const SVG = "http://www.w3.org/2000/svg";

/** An HTML element with attributes, listeners (`on: {click: f}`), text, and children. */
export function element(tag, attributes = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (name === "text") made.textContent = value;
    else if (name === "on") for (const [event, listener] of Object.entries(value)) made.addEventListener(event, listener);
    else if (value === true) made.setAttribute(name, "");
    else if (value !== false && value != null) made.setAttribute(name, value);
  }
  made.append(...children.filter((child) => child != null && child !== ""));
  return made;
}

/** An SVG element. */
export function shape(tag, attributes = {}, text) {
  const made = document.createElementNS(SVG, tag);
  for (const [name, value] of Object.entries(attributes)) made.setAttribute(name, value);
  if (text != null) made.textContent = text;
  return made;
}

/** A drawing of that size with a text alternative. */
export function drawing(width, height, alt) {
  return shape("svg", { width, height, viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": alt });
}

/** Whole dollars: $12,345, or -$1,200. */
export function dollars(amount) {
  const sign = Math.round(amount) < 0 ? "-" : "";
  return `${sign}$${Math.abs(Math.round(amount)).toLocaleString("en-US")}`;
}

/** Dollars in few letters: $820, $9.5k, $14k. */
export function shortDollars(amount) {
  const size = Math.abs(amount), sign = amount < 0 ? "-" : "";
  if (size >= 999_500) return `${sign}$${+(size / 1e6).toFixed(1)}M`;
  if (size >= 99_950) return `${sign}$${Math.round(size / 1e3)}k`;
  if (size >= 1_000) return `${sign}$${+(size / 1e3).toFixed(1)}k`;
  return `${sign}$${Math.round(size)}`;
}

/** The same beside a mark: its decimal stays, so that amounts under each other have as many digits. */
export function shortAmount(amount) {
  return shortDollars(amount).replace(/^(-?\$\d{1,2})([kM])$/, "$1.0$2");
}

/** Round values between two ends, about `count` of them. */
export function ticks(low, high, count) {
  const raw = (high - low) / count, power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 2.5, 5, 10].map((factor) => factor * power).find((size) => size >= raw);
  const found = [];
  for (let value = Math.ceil(low / step) * step; value <= high + step * 1e-9; value += step) found.push(value);
  return found;
}

/** The colour of an option, as the theme has it. */
export const colour = (hue) => `var(--hue-${hue})`;

/** The time axis: "start", "1 year", "18 months". */
export function monthText(month) {
  if (month === 0) return "start";
  if (month % 12 === 0) return month === 12 ? "1 year" : `${month / 12} years`;
  return `${month} months`;
}
