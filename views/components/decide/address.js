// The address with a change in it, as the server would write it (views/address.py): for a server that has started anew.

/** The query of an address, as text, with one change of the component. */
export function withChange(address, change) {
  if ("preset" in change) return change.preset ? `preset=${encodeURIComponent(change.preset)}` : "";
  const query = new URLSearchParams(address);
  for (const name of change.reset || []) {
    const [table, key] = name.split(/:(.*)/s);
    if (key) setRow(query, table, key, null);
    else query.delete(name);
  }
  for (const [name, value] of Object.entries(change.put || {})) {
    query.delete(name);
    if (name === "options") value.forEach((one) => query.append(name, one));
    else query.set(name, value !== null && typeof value === "object" ? JSON.stringify(value) : value);
    if (query.has("typed")) query.set("typed", `${query.get("typed")},${name}`);
  }
  if (change.table) setRow(query, change.table.name, change.table.key, change.table.value);
  return query.toString();
}

/** One row of a table: set, or taken out where it is null. */
function setRow(query, table, key, value) {
  const rows = JSON.parse(query.get(table) || "{}");
  if (value === null || value === undefined) delete rows[key];
  else rows[key] = value;
  if (Object.keys(rows).length || query.has("preset")) query.set(table, JSON.stringify(rows));
  else query.delete(table);
}
