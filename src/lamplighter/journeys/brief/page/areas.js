// Areas: the worst, those that cannot be computed, one of them in the drawer; and stations and lines.

function worst() {
  const computable = data.areas.filter((area) => area.computable);
  if (!computable.length) return h("section", { id: "areas" }, head(t("areas.heading")), h("p", { class: "card words" }, t("areas.empty")));
  const found = (state.showsAllAreas ? computable : computable.slice(0, data.meta.worst_count)).filter((area) => matches("areas", area.name, area.id, area.feeder, area.station, area.county));
  const range = Math.max(1, ...found.map((area) => Math.max(Math.abs(area.unexplained_low || 0), Math.abs(area.unexplained_high || 0))));
  const under = (said) => h("span", { class: "under" }, said);
  const columns = [
    { key: "name", label: t("areas.area"), css: "mid", whole: true, value: (area) => area.name, cell: (area) => [h("button", { type: "button", class: "linkish", "data-focus": `area:${area.id}`, onclick: () => openArea(area) }, area.name), under([area.station, area.feeder].filter(Boolean).join(" · "))] },
    { key: "class", label: t("areas.class"), value: (area) => CLASSES.indexOf(area.class), cell: (area) => classTag(area.class) },
    { key: "certain", label: t("areas.certain"), css: "n", value: (area) => area.certain, cell: (area) => (area.certain > 0 ? plain(area.certain) : "—") },
    { key: "supplied", label: `${t("areas.supplied")} / ${t("areas.sold")}`, css: "n", value: (area) => area.supplied, cell: (area) => [plain(area.supplied), under(plain(area.sold))] },
    { key: "rate", label: `${t("areas.rate")} / ${t("areas.loss")}`, css: "n", value: (area) => area.rate, cell: (area) => [percent(area.rate), under(plain(area.loss))] },
    { key: "technical", label: t("areas.technical"), css: "n", value: (area) => area.technical, cell: (area) => plain(area.technical) },
    { key: "unexplained", label: t("areas.unexplained"), css: "n", value: (area) => area.unexplained, cell: (area) => [plain(area.unexplained), under(`${plain(area.unexplained_low)} ${t("to")} ${plain(area.unexplained_high)}`), interval(area, range)] },
    { key: "coverage", label: t("areas.coverage"), css: "n", value: (area) => area.coverage, cell: (area) => percent(area.coverage, 1) },
    { key: "days", label: t("areas.days", { days: 30 }), cell: (area) => (data.area_days[area.id] ? spark(data.area_days[area.id].unexplained.slice(-30), { ink: "var(--unexplained)", css: "spark row", fromZero: true, label: t("areas.days", { days: 30 }) }) : "") },
    { key: "suspicions", label: t("areas.suspicions"), css: "n", value: (area) => area.suspicions, cell: (area) => (area.suspicions ? number(area.suspicions) : "—") },
    { key: "why", label: t("areas.why"), css: "wide", whole: true, cell: (area) => (area.hints.length ? area.hints.map((code) => say("hint", code)).join("；") : t("areas.no_signature")) },
  ];
  const total = data.computable_count;
  const toggle = total > data.meta.worst_count ? h("button", { type: "button", class: "quiet", "data-focus": "all-areas", onclick: () => { state.showsAllAreas = !state.showsAllAreas; refresh(); } }, state.showsAllAreas ? t("areas.show_worst", { count: data.meta.worst_count }) : t("areas.show_all", { count: number(total) })) : null;
  return h("section", { id: "areas" }, head(state.showsAllAreas ? t("areas.all_heading") : t("areas.heading"), t("areas.sub")),
    h("div", { class: "card long" },
      h("div", { class: "bar" }, searchBox("areas", t("search")), toggle, downloadButton("areas", areaFields(["name", "station", "class", "supplied", "sold", "loss", "rate", "technical", "unexplained", "unexplained_low", "unexplained_high", "coverage"]), found), h("span", { class: "push" }, `${t("areas.unit")} · ${t("list.shown", { shown: number(found.length), count: number(total) })}`)),
      table({ id: "areas", label: t("areas.heading"), columns, rows: found, open: openArea, stacks: true })));
}

// The interval as a bar on a scale that all rows share, with nought marked.
function interval(area, range) {
  if (!isKnown(area.unexplained_low) || !isKnown(area.unexplained_high)) return null;
  const x = (value) => 60 + (value / range) * 58;
  const warm = area.unexplained < 0 ? "var(--cold)" : "var(--unexplained)";
  return draw("svg", { class: "interval", viewBox: "0 0 120 14", preserveAspectRatio: "none", "aria-hidden": "true" },
    draw("line", { x1: 60, x2: 60, y1: 1, y2: 13, style: "stroke:var(--faint);stroke-width:1" }),
    draw("rect", { x: x(area.unexplained_low), width: Math.max(1, x(area.unexplained_high) - x(area.unexplained_low)), y: 5, height: 4, rx: 2, style: `fill:${warm};opacity:.4` }),
    draw("rect", { x: x(area.unexplained) - 1.25, width: 2.5, y: 3, height: 8, rx: 1, style: `fill:${warm}` }));
}

// What the loss over the window consists of, on one scale, and what to look at next.
function explained(found) {
  const range = Math.max(1, ...found.causes.map((cause) => Math.max(Math.abs(cause.unexplained_low), Math.abs(cause.unexplained_high))));
  const rows = found.causes.map((cause) => h("li", {}, h("span", {}, say("cause", cause.code)), h("b", {}, energy(cause.unexplained)), interval(cause, range), h("span", { class: "under" }, t("figure.interval", { low: energy(cause.unexplained_low), high: energy(cause.unexplained_high) }))));
  return [
    [t("areas.causes"), h("ul", { class: "causes" }, rows)],
    [t("areas.target"), t("areas.target_text", { target: percent(found.target), rate: percent(found.rate) })],
    [t("areas.next"), found.next.length ? h("ol", {}, found.next.map((check) => h("li", {}, check[state.language]))) : null]];
}

const sentences = (kind, codes) => h("ul", {}, codes.map((code) => h("li", {}, say(kind, code))));

function openArea(area) {
  openDrawer(() => {
    const { period } = area;
    const facts = [
      [t("areas.place"), [area.county, area.station, area.feeder].filter(Boolean).join(" · ")],
      [t("areas.class"), classTag(area.class)],
      [t("areas.coverage"), percent(area.coverage, 1)],
    ];
    if (area.computable) {
      facts.push(
        [t("figure.supplied"), energy(area.supplied)], [t("figure.sold"), energy(area.sold)],
        [t("figure.loss"), `${energy(area.loss)} · ${percent(area.rate)}`],
        [t("figure.technical"), `${energy(area.technical)} · ${t("areas.source")} ${say("source", area.source)}`],
        [t("figure.unexplained"), `${energy(area.unexplained)} · ${t("figure.interval", { low: energy(area.unexplained_low), high: energy(area.unexplained_high) })}`],
        [t("areas.estimated"), percent(area.estimated, 1)],
        [t("areas.why"), area.hints.length ? sentences("hint", area.hints) : t("areas.no_signature")],
        [t("areas.action"), area.hints.length ? sentences("action", area.hints) : null]);
    } else {
      facts.push([t("blocked.reason"), sentences("why", area.why)], [t("blocked.advice"), sentences("advice", area.why)]);
    }
    if (period) {
      facts.push([t("areas.window"), t("areas.window_text", { days: number(period.days), rate: percent(period.rate), value: energy(period.unexplained), low: energy(period.low), high: energy(period.high) })]);
      if (area.explained) facts.push(...explained(area.explained));
      if (period.change_on) facts.push([t("areas.change"), t("areas.change_text", { on: period.change_on, value: energy(period.change) })]);
    }
    facts.push([t("freshness"), freshness()]);
    const own = data.list.rows.filter((row) => row.area === area.id);
    return {
      title: `${area.name} (${area.id})`,
      body: [meaning(facts), data.area_days[area.id] ? areaDays(area.id) : null,
        own.length ? h("section", {}, h("h3", {}, t("areas.own_suspicions")), h("ul", {}, own.map((row) => h("li", {}, h("a", { href: `#suspect-${row.rank}`, onclick: () => { state.opened.add(row.rank); drawer.close(); refresh(); } }, `${row.rank} · ${row.account} · ${t(`colour.${row.colour}`)}`))))) : null,
        data.area_days[area.id] ? areaDayRows(area.id) : null],
    };
  });
}

function areaDayRows(id) {
  const days = data.area_days[id];
  const rows = data.days.dates.map((day, place) => ({ day, rate: days.rate[place], unexplained: days.unexplained[place], share: days.share[place] }));
  const columns = fields([["day", t("night"), "text"], ["unexplained", `${t("figure.unexplained")} (${t("unit.kwh")})`, "energy"], ["share", `${t("figure.unexplained")} %`, "share"], ["rate", t("areas.rate"), "share"]]);
  return rowsOf({ id: `days-${id}`, columns, rows, firstSort: { key: "day", way: -1 } });
}

function blocked() {
  const rows = data.areas.filter((area) => !area.computable);
  const total = data.area_count - data.computable_count;
  const section = (...inside) => h("section", { id: "blocked" }, head(t("blocked.heading"), t("blocked.sub")), inside);
  if (!total) return section(h("p", { class: "card words" }, t("blocked.empty")));
  const columns = [
    { key: "name", label: t("areas.area"), css: "mid", whole: true, value: (area) => area.name, cell: (area) => [h("button", { type: "button", class: "linkish", "data-focus": `blocked:${area.id}`, onclick: () => openArea(area) }, area.name), h("span", { class: "under" }, [area.station, area.feeder].filter(Boolean).join(" · "))] },
    { key: "coverage", label: t("areas.coverage"), css: "n", value: (area) => area.coverage, cell: (area) => percent(area.coverage, 1) },
    { key: "supplied", label: `${t("areas.supplied")} (${t("unit.kwh")})`, css: "n", value: (area) => area.supplied, cell: (area) => plain(area.supplied) },
    { key: "why", label: t("blocked.reason"), css: "mid", whole: true, value: (area) => area.why.join(), cell: (area) => sentences("why", area.why) },
    { key: "advice", label: t("blocked.advice"), css: "wide", whole: true, cell: (area) => sentences("advice", area.why) },
  ];
  return section(
    total > rows.length ? h("p", { class: "note" }, t("rows_cut", { shown: number(rows.length), count: number(total), command: "lamplighter line_loss show --out FILE" })) : null,
    h("div", { class: "card long" }, table({ id: "blocked", label: t("blocked.heading"), columns, rows, open: openArea, stacks: true, firstSort: { key: "supplied", way: -1 } })));
}

function unitsAndFeeders() {
  const unit = `(${t("unit.kwh")})`;
  const energies = (extra) => [["supplied", `${t("areas.supplied")} ${unit}`, "energy"], ["loss", `${t("areas.loss")} ${unit}`, "energy"], ["rate", t("areas.rate"), "share"], ["technical", `${t("areas.technical")} ${unit}`, "energy"], ["unexplained", `${t("figure.unexplained")} ${unit}`, "energy"], ...extra];
  const stations = fields([["station", t("units.station"), "text"], ["county", t("units.county"), "text"], ["computable", t("units.areas"), "count"], ...energies([["suspicions", t("areas.suspicions"), "count"]])]);
  stations[2].cell = (row) => t("of_total", { count: number(row.computable), of: number(row.areas) });
  const lines = fields([["name", t("units.feeder"), "text"], ["class", t("areas.class"), "text"], ...energies([["coverage", t("areas.coverage"), "share"]])]);
  Object.assign(lines[1], { cell: (row) => classTag(row.class), csv: (row) => say("class", row.class) });
  for (const column of [stations[0], lines[0]]) column.whole = true;
  stations[0].cell = (row) => h("button", { type: "button", class: "linkish", "data-focus": `unit:${row.station}`, onclick: () => openUnit(row) }, row.station);
  return h("section", { id: "units" }, head(t("units.heading"), t("units.sub")),
    h("div", { class: "card long" }, table({ id: "units", label: t("units.station"), columns: stations, rows: data.units, stacks: true, open: openUnit })),
    h("div", { class: "card long", style: "margin-top:.75rem" }, data.feeders.length ? table({ id: "feeders", label: t("units.feeder"), columns: lines, rows: data.feeders, stacks: true }) : h("p", { class: "words" }, t("units.no_feeders"))));
}

function openUnit(unit) {
  openDrawer(() => ({
    title: unit.station,
    body: [meaning([[t("definition"), t("define.loss")], [t("coverage"), `${t("computable_only")}: ${t("of_total", { count: number(unit.computable), of: number(unit.areas) })}`], [t("freshness"), freshness()]]),
      rowsOf({ id: "unit-areas", columns: areaFields(["name", "class", "supplied", "sold", "loss", "rate", "technical", "unexplained", "coverage"]), rows: data.areas.filter((area) => area.station === unit.station), total: unit.areas, command: "lamplighter line_loss show --out FILE", open: openArea })],
  }));
}
