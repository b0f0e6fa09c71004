// Which models fit: a table whose heads wrap, so that its machines stand beside each other; a row is chosen by a click.

const drawn = new WeakMap();

export default function ({ data, parentElement, setStateValue }) {
  const before = drawn.get(parentElement);
  if (before?.said !== JSON.stringify(data)) {
    const focused = before?.root.getRootNode().activeElement?.dataset?.model;
    const scrolled = before ? [before.root.scrollLeft, before.root.scrollTop] : [0, 0];
    before?.root.remove();
    const root = table(data, (model) => setStateValue("model", model));
    parentElement.append(root);
    [root.scrollLeft, root.scrollTop] = scrolled;
    drawn.set(parentElement, { root, said: JSON.stringify(data) });
    if (focused) [...root.querySelectorAll("button")].find((one) => one.dataset.model === focused)?.focus({ preventScroll: true });
  }
  return () => {
    drawn.get(parentElement)?.root.remove();
    drawn.delete(parentElement);
  };
}

function table(data, choose) {
  const head = made("tr", { children: data.heads.map((name) => made("th", { scope: "col", children: [made("span", { text: name })] })) });
  const rows = data.rows.map((row) => {
    const button = made("button", { type: "button", text: row.name, "data-model": row.model, "aria-pressed": row.model === data.chosen });
    const line = made("tr", { class: row.model === data.chosen ? "chosen" : "" });
    line.append(made("th", { scope: "row", children: [button] }));
    line.append(...row.cells.map((text) => made("td", { class: text.startsWith("no") ? "no" : "", text })));
    line.addEventListener("click", () => choose(row.model === data.chosen ? "" : row.model));
    return line;
  });
  const whole = made("table", { "aria-label": data.alt, children: [made("thead", { children: [head] }), made("tbody", { children: rows })] });
  return made("div", { class: "matrix", role: "region", "aria-label": data.alt, tabindex: "0", children: [whole] });
}

function made(tag, { text, children = [], ...attributes }) {
  const one = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) one.setAttribute(name, value);
  if (text != null) one.textContent = text;
  one.append(...children);
  return one;
}
