// The drawer behind every number: what it means, what it covers, how fresh it is, and the rows it was made from.

const drawer = document.getElementById("drawer");
let refill = null;

function openDrawer(fill) {
  refill = fill;
  fillDrawer();
  if (!drawer.open) drawer.showModal();
  drawer.querySelector(".body").scrollTop = 0;
}

function fillDrawer() {
  if (!refill) return;
  disposeCharts(drawer);
  const { title, body } = refill();
  drawer.replaceChildren(
    h("div", { class: "sheet" },
      h("header", {}, h("h2", { id: "drawer-title" }, title), h("button", { type: "button", class: "quiet", onclick: () => drawer.close() }, t("close"))),
      h("div", { class: "body" }, body)));
  startCharts(drawer);
}

drawer.addEventListener("close", () => { refill = null; disposeCharts(drawer); });
drawer.addEventListener("click", (event) => { if (event.target === drawer) drawer.close(); });

function meaning(pairs) {
  return h("dl", { class: "meaning" }, pairs.filter(([, said]) => isKnown(said) && said !== "").map(([name, said]) => [h("dt", {}, name), h("dd", {}, said)]));
}

function freshness() {
  const { on, worked, received } = data.meta;
  return `${t("night")} ${on} · ${t("worked")} ${worked || t("never")} · ${t("received")} ${received || t("never")}`;
}

function computableWords() {
  return `${t("computable_only")}: ${t("of_total", { count: number(data.computable_count), of: number(data.area_count) })} · ${t("figure.supplied_all", { share: percent(suppliedShare(), 1) })}`;
}

function suppliedShare() {
  return data.all_supplied ? (data.night.supplied || 0) / data.all_supplied : null;
}

function rowsOf({ id, columns, rows, total = null, command = "", open = null, firstSort = null }) {
  const count = total === null ? rows.length : total;
  return h("section", {},
    h("div", { class: "head" }, h("h3", {}, t("rows")),
      h("span", { class: "sub" }, count > rows.length ? t("rows_cut", { shown: number(rows.length), count: number(count), command }) : t("rows_count", { count: number(count) })),
      downloadButton(id, columns, rows)),
    h("div", { class: "card" }, table({ id, label: t("rows"), columns, rows, open, firstSort })));
}
