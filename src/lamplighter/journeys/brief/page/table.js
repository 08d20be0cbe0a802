// A table that sorts by its headings, filters by words, and hands its rows out as CSV.

function table({ id, label, columns, rows, open = null, firstSort = null, stacks = false, limit = 500 }) {
  const sort = state.sorts[id] || firstSort;
  const column = sort && columns.find((one) => one.key === sort.key);
  const ordered = column ? [...rows].sort((one, other) => compare(column.value(one), column.value(other)) * sort.way) : rows;
  const heading = (one) => {
    const isSorted = sort && sort.key === one.key;
    const label = one.value
      ? h("button", { type: "button", "data-focus": `${id}:${one.key}`, title: t("sort_by", { column: one.label }), onclick: () => sortBy(id, one, isSorted ? -sort.way : one.css === "n" ? -1 : 1) }, one.label)
      : one.label;
    return h("th", { scope: "col", class: one.css, "aria-sort": isSorted ? (sort.way > 0 ? "ascending" : "descending") : null }, label);
  };
  const line = (row) =>
    h("tr", { class: open ? "opens" : null, onclick: open && ((event) => event.target.closest("button, a") || open(row)) },
      columns.map((one) => h("td", { class: [one.css, one.whole && "whole"].filter(Boolean).join(" ") || null, "data-label": one.label }, one.cell(row))));
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": label },
    h("table", { class: stacks ? "stack" : null },
      h("thead", {}, h("tr", {}, columns.map(heading))),
      h("tbody", {}, ordered.slice(0, limit).map(line))),
    ordered.length ? null : h("p", { class: "words" }, t("nothing_matches")),
    ordered.length > limit ? h("p", { class: "note foot" }, t("rows_first", { shown: number(limit), count: number(ordered.length) })) : null);
}

// What is not known comes last, whichever way.
function compare(one, other) {
  if (!isKnown(one) || !isKnown(other)) return isKnown(one) ? -1e9 : isKnown(other) ? 1e9 : 0;
  if (typeof one === "number" && typeof other === "number") return one - other;
  return String(one).localeCompare(String(other), locale());
}

function sortBy(id, column, way) {
  state.sorts[id] = { key: column.key, way };
  refresh();
}

function searchBox(id, label) {
  return h("input", {
    type: "search", placeholder: label, "aria-label": label, value: state.searches[id] || "", "data-focus": `search:${id}`,
    oninput: (event) => { state.searches[id] = event.target.value; refresh(); },
  });
}

function matches(id, ...parts) {
  const asked = (state.searches[id] || "").trim().toLowerCase();
  return !asked || asked.split(/\s+/).every((word) => parts.join(" ").toLowerCase().includes(word));
}

// Columns of a table of rows by name, label and kind: the shape in which the drawer shows what is behind a figure.
function fields(list) {
  return list.map(([key, label, kind]) => {
    const show = { energy: plain, share: percent, chance, count: (value) => number(value), text: (value) => value || "" }[kind];
    return { key, label, css: kind === "text" ? null : "n", value: (row) => row[key], cell: (row) => show(row[key]), csv: (row) => row[key] };
  });
}

function downloadButton(name, columns, rows) {
  return h("button", { type: "button", class: "quiet", onclick: () => download(name, columns, rows) }, t("download"));
}

function download(name, columns, rows) {
  const cell = (value) => {
    if (!isKnown(value)) return "";
    const shown = String(value);
    // A spreadsheet runs a cell that begins like a formula; a quote before it keeps it words.
    const safe = typeof value === "string" && /^[=+@\t\r-]/.test(shown) ? `'${shown}` : shown;
    return /[",\n]/.test(safe) ? `"${safe.replace(/"/g, '""')}"` : safe;
  };
  const kept = columns.filter((one) => one.csv);
  const lines = [kept.map((one) => cell(one.label)), ...rows.map((row) => kept.map((one) => cell(one.csv(row))))];
  // Excel takes a file for UTF-8 only with the mark in front.
  const file = new Blob(["\ufeff", lines.map((line) => line.join(",")).join("\r\n")], { type: "text/csv" });
  const link = h("a", { href: URL.createObjectURL(file), download: `${name}-${data.meta.on}.csv` });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 1000);
}
