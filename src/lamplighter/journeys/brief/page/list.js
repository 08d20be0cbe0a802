// The list of suspicions: who first, with what speaks for and against, and what to check on site.

function suspicionList() {
  const { list } = data;
  const section = (...inside) => h("section", { id: "list" }, head(t("list.heading"), t("list.sub")), inside);
  if (list.state === "not_run") return section(h("p", { class: "card words" }, t("list.not_run")));
  const depth = h("p", { class: "note", id: "depth" }, list.depth_words[state.language] || "");
  const older = list.as_of !== data.meta.on ? h("p", { class: "note" }, t("list.older", { on: list.as_of })) : null;
  if (list.state === "none_found") return section(depth, older, h("p", { class: "card words" }, t("list.empty", { count: number(list.accounts) })));
  const found = list.rows.filter(isAsked);
  const orders = { rank: (row) => row.rank, kwh: (row) => -(row.kwh ?? -1), probability: (row) => -row.probability };
  found.sort((one, other) => orders[state.order](one) - orders[state.order](other));
  const cut = coloured() > list.rows.length ? h("p", { class: "note" }, t("list.cut", { count: number(coloured()), shown: number(list.rows.length) })) : null;
  return section(depth, older, h("div", { class: "card long" }, filters(found.length), found.map(suspect), found.length ? null : h("p", { class: "words" }, t("nothing_matches"))), cut, h("p", { class: "note" }, t("list.explain")));
}

function isAsked(row) {
  const area = areaById.get(row.area) || {};
  const said = row.evidence.map((piece) => piece.words[state.language]).join(" ");
  return (!state.colour || row.colour === state.colour) && (!state.onlyNew || row.new)
    && (!state.layer || row.evidence.some((piece) => piece.for && piece.layer === state.layer))
    && matches("list", row.account, row.meter, areaName(row.area), area.station, area.county, area.feeder, said);
}

function filters(count) {
  const choose = (name, label, options) =>
    h("label", {}, label, h("select", { "data-focus": `filter:${name}`, onchange: (event) => { state[name] = event.target.value; refresh(); } },
      options.map(([value, said]) => h("option", { value, selected: state[name] === value }, said))));
  const layers = [...new Set(data.list.rows.flatMap((row) => row.evidence.filter((piece) => piece.for).map((piece) => piece.layer)))];
  return h("div", { class: "bar" },
    searchBox("list", t("search_list")),
    choose("colour", t("list.filter_colour"), [["", t("all")], ...COLOURS.filter((name) => data.list.counts[name]).map((name) => [name, `${t(`colour.${name}`)} ${data.list.counts[name]}`])]),
    choose("layer", t("list.filter_layer"), [["", t("all")], ...layers.map((name) => [name, layerName(name)])]),
    choose("order", t("list.sort"), [["rank", t("list.yuan")], ["kwh", t("list.kwh")], ["probability", t("list.probability")]]),
    h("label", {}, h("input", { type: "checkbox", checked: state.onlyNew, "data-focus": "filter:new", onchange: (event) => { state.onlyNew = event.target.checked; refresh(); } }), t("list.filter_new")),
    h("span", { class: "push", role: "status" }, t("list.shown", { shown: number(count), count: number(coloured()) })));
}

const layerName = (name) => words[state.language][`layer.${name}`] || name;

function suspect(row) {
  const isOpen = state.opened.has(row.rank) || state.isPrinting;
  const strongest = (isFor, count) => row.evidence.filter((piece) => piece.for === isFor).slice(0, count);
  const line = (piece) => h("li", { class: piece.for ? null : "against" }, piece.words[state.language]);
  return h("article", { class: "suspect", id: `suspect-${row.rank}`, "aria-label": `${t("list.rank")} ${row.rank}` },
    h("span", { class: "rank", title: t("list.rank") }, row.rank),
    h("div", { class: "who" },
      h("div", { class: "tags" }, colourTag(row.colour), row.new ? h("span", { class: "tag plain" }, t("list.new")) : null, row.protected ? h("span", { class: "tag protected" }, t("list.protected")) : null),
      h("strong", {}, row.account), h("p", { class: "under" }, [row.customer ? say("customer", row.customer) : null, areaName(row.area)].filter(Boolean).join(" · "))),
    h("div", { class: "stake" },
      h("strong", {}, isKnown(row.kwh) ? energy(row.kwh, t("unit.per_month")) : `${t("list.kwh")} ${t("list.kwh_unknown")}`),
      h("p", { class: "under" }, `${t("list.yuan")} ${money(row.yuan)}`),
      h("p", { class: "under" }, `${t("list.probability")} ${chance(row.probability)}`)),
    h("ul", { class: "reason" }, strongest(true, 2).map(line), strongest(false, 1).map(line)),
    row.curve ? spark(row.curve.kwh, { ink: "var(--supply)", css: "spark row", fromZero: true, label: t("list.curve"), from: row.onset ? data.days.dates.indexOf(row.onset) : null, strong: "var(--unexplained)" }) : h("span", {}),
    h("button", { type: "button", class: "more", "aria-expanded": String(isOpen), "data-focus": `suspect:${row.rank}`, onclick: () => toggle(row.rank) }, isOpen ? t("less") : t("more")),
    isOpen ? card(row) : null);
}

function toggle(rank) {
  if (!state.opened.delete(rank)) state.opened.add(rank);
  refresh();
}

function card(row) {
  const side = (isFor) => row.evidence.filter((piece) => piece.for === isFor);
  const pieces = (isFor, none) => (side(isFor).length ? h("div", { class: "pieces" }, side(isFor).map(pieceOf)) : h("p", { class: "sub" }, none));
  return h("div", { class: "opened" },
    h("div", {},
      h("p", { class: "sub" }, row.curve ? (row.curve.peers ? t("list.curve_sub", { peers: number(row.curve.peers) }) : t("list.curve_alone")) : t("list.no_curve")),
      row.curve ? suspicionCurves(row) : null,
      row.curve ? h("p", {}, h("button", { type: "button", class: "quiet", "data-focus": `curve:${row.rank}`, onclick: () => openCurve(row) }, t("open_rows"))) : null,
      h("p", { class: "note" }, `${t("list.meter")} ${row.meter} · ${row.depth_words[state.language]} · ${t("list.layers")} ${row.layers.map(layerName).join("、")}`)),
    h("div", { class: "evidence" },
      h("section", {}, h("h3", {}, t("list.for")), pieces(true, t("list.no_for"))),
      h("section", {}, h("h3", {}, t("list.against")), pieces(false, t("list.no_against"))),
      Object.keys(row.worth).length ? h("section", {}, h("h3", {}, t("list.worth")), worthOf(row.worth)) : null,
      h("section", {}, h("h3", {}, t("list.checks")), row.checks.length ? h("ul", { class: "checklist" }, row.checks.map((code) => h("li", {}, say("check", code)))) : h("p", { class: "sub" }, t("list.no_checks")))));
}

function pieceOf(piece) {
  const figure = (value) => quantity(value, piece.unit);
  const span = piece.first ? (piece.last && piece.last !== data.list.as_of ? t("list.span", { first: piece.first, last: piece.last }) : t("list.since", { on: piece.first })) : null;
  const figures = [layerName(piece.layer), isKnown(piece.value) ? t("list.found", { value: figure(piece.value) }) : null, isKnown(piece.expected) ? t("list.usual", { value: figure(piece.expected) }) : null, span, `${t("list.strength")} ${number(piece.strength, 2)}`];
  return h("div", { class: piece.for ? "piece" : "piece against" }, h("p", {}, piece.words[state.language]), h("p", { class: "figures" }, figures.filter(Boolean).join(" · ")));
}

// What each layer adds to the log-odds: bars to the right speak for, to the left against.
function worthOf(worth) {
  const most = Math.max(1, ...Object.values(worth).map(Math.abs));
  const bar = (added) => h("span", { class: added < 0 ? "bar-of against" : "bar-of", style: `--share:${Math.abs(added) / most}` });
  const sign = (added) => `${added < 0 ? "\u2212" : "+"}${number(Math.abs(added), 1)}`;
  return h("dl", { class: "worth" }, Object.entries(worth).sort(([, one], [, other]) => other - one).map(([layer, added]) => [h("dt", {}, layerName(layer)), h("dd", {}, bar(added), sign(added))]));
}

function openCurve(row) {
  openDrawer(() => {
    const { curve } = row, area = data.area_days[row.area];
    const rows = data.days.dates.map((day, place) => ({
      day, kwh: curve.kwh[place], estimated: curve.estimated.includes(place) ? t("yes") : t("no"),
      low: curve.low[place], mid: curve.mid[place], high: curve.high[place], area: area ? area.unexplained[place] : null,
    }));
    const columns = fields([["day", t("night"), "text"], ["kwh", `${t("list.curve")} (${t("unit.kwh")})`, "energy"], ["estimated", t("list.estimated_day"), "text"], ["low", `${t("list.peer_band")} 25 %`, "energy"], ["mid", t("list.peers"), "energy"], ["high", `${t("list.peer_band")} 75 %`, "energy"], ["area", t("list.area_curve"), "energy"]]);
    const sub = curve.peers ? t("list.curve_sub", { peers: number(curve.peers) }) : t("list.curve_alone");
    return { title: `${row.rank} · ${row.account}`, body: [meaning([[t("definition"), sub], [t("freshness"), freshness()]]), rowsOf({ id: `curve-${row.rank}`, columns, rows, firstSort: { key: "day", way: -1 } })] };
  });
}
