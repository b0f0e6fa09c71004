// "Use my quote": a person's own price, that he owns the machine already, or leases it.

import { element } from "./dom.js";

/** The form of one option; what is entered goes into the scenario, an emptied field goes back to ours. */
export function quoteForm(row, quote, page) {
  const fields = quote.fields.map((field) => quoteField(row, field, page));
  const facts = quote.facts.map((text) => element("p", { class: "mute", text }));
  return element("fieldset", { class: "quote" }, element("legend", { text: "Use my quote" }), ...facts, element("div", { class: "quote-fields" }, ...fields));
}

function quoteField(row, field, page) {
  const times = field.times ?? 1; // a price with tax is entered as so many times the one that counts
  const id = `quote-${row.id}-${field.figure}`.replace(/[^\w-]/g, "-");
  const input = element("input", {
    id,
    type: "number",
    step: "any",
    min: field.min,
    max: field.max,
    inputmode: "decimal",
    placeholder: field.placeholder,
    value: field.value == null ? "" : times === 1 ? field.value : Math.round(field.value * times * 100) / 100,
  });
  let sent = input.value;
  const send = () => {
    if (page.isDrawing || !input.isConnected || input.value === sent) return;
    const typed = Number(input.value) / times, value = input.value === "" ? null : Math.min(field.max, Math.max(field.min, typed));
    if (value !== null && value !== typed) input.value = Math.round(value * times * 100) / 100; // the box says what counts
    sent = input.value;
    page.send({ table: { name: field.table, key: field.key, value } });
  };
  for (const end of ["change", "blur"]) input.addEventListener(end, send); // a box drawn anew while one types has no change
  return element("label", { for: id }, element("span", { text: field.label }), input);
}
