// The upper half of the page: who and when, trust, the night in figures, map and calendar.

function masthead() {
  const { company, on, written, worked, received } = data.meta;
  const lamp = draw("svg", { viewBox: "0 0 32 32", "aria-hidden": "true" },
    draw("path", { d: "M12 6h8l3 5H9zM10 12h12l-3 14h-6zM13 27h6v2h-6zM15 2h2v3h-2z", fill: "currentColor" }));
  const fact = (name, said) => h("div", {}, h("dt", {}, name), h("dd", {}, said));
  return h("header", { class: "mast" }, h("div", { class: "wrap" },
    h("div", { class: "name" },
      h("p", { class: "brand" }, lamp, h("span", {}, t("product")), h("span", {}, t("tagline"))),
      h("h1", {}, `${company} ${t("title")}`, h("time", { datetime: on }, longDay(on))),
      h("dl", { class: "facts" },
        fact(t("worked"), worked || t("never")), fact(t("written"), written), fact(t("received"), received || t("never")),
        fact(t("areas.coverage"), percent(data.days.coverage[data.days.coverage.length - 1], 1)))),
    h("div", { class: "tools" },
      h("button", { type: "button", id: "language", lang: state.language === "zh" ? "en" : "zh-CN", "aria-label": t("language_label"), onclick: switchLanguage }, t("language_other")),
      h("button", { type: "button", id: "theme", "aria-label": t("theme_label"), onclick: switchTheme }, t("theme")),
      h("button", { type: "button", onclick: () => window.print() }, t("print")))));
}

function longDay(day) {
  return new Intl.DateTimeFormat(locale(), { dateStyle: "full", timeZone: "UTC" }).format(new Date(`${day}T00:00:00Z`));
}

function contents() {
  const blocked = data.area_count - data.computable_count;
  const links = [["trust", t("trust.heading")], ["figures", t("figure.heading")], ["map", t("map.heading")], ["list", t("list.heading"), coloured()], ["areas", t("areas.heading")], ["blocked", t("blocked.heading"), blocked], ["units", t("units.heading")]];
  return h("nav", { class: "nav", "aria-label": t("contents") }, h("div", { class: "wrap" },
    links.map(([id, label, count]) => h("a", { href: `#${id}` }, label, isKnown(count) ? h("b", {}, number(count)) : null))));
}

const coloured = () => COLOURS.reduce((sum, name) => sum + (data.list.counts[name] || 0), 0);

function head(title, sub) {
  return h("div", { class: "head" }, h("h2", {}, title), sub ? h("p", { class: "sub" }, sub) : null);
}

function trust() {
  const { verdict, checks } = data.trust;
  const shares = { computable: percent, measured: percent, silent: percent, set_aside: percent };
  const one = (check) => {
    const value = check.grade === "unknown" ? "—" : check.code === "fresh" ? `${number(check.value, 0)} ${t("unit.hours")}` : check.code === "late" ? "" : shares[check.code](check.value, 1);
    const atMost = check.code === "computable" || check.code === "measured" ? "≥ " : "≤ ";
    const limit = isKnown(check.limit) ? t("trust.limit", { limit: atMost + (check.code === "fresh" ? `${number(check.limit)} ${t("unit.hours")}` : percent(check.limit, 1)) }) : null;
    const shown = { ...check.fields };
    for (const name of ["count", "of"]) if (isKnown(shown[name])) shown[name] = number(shown[name]);
    if (isKnown(shown.estimated)) shown.estimated = percent(shown.estimated, 1);
    const words = check.grade === "unknown" ? t("check_text.unknown") : check.code === "late" ? t(`check_text.late_${check.grade}`) : t(`check_text.${check.code}`, shown);
    return h("div", { class: "check" },
      h("div", { class: "top" }, h("span", { class: "label" }, t(`check.${check.code}`)), h("span", { class: `grade ${check.grade}` }, t(`grade.${check.grade}`))),
      h("p", { class: "value" }, value, limit ? h("small", {}, limit, check.confirm ? ` (${t("confirm")})` : "") : null),
      h("p", {}, words));
  };
  return h("section", { id: "trust" }, h("div", { class: "card trust" },
    h("div", { class: `verdict ${verdict}` }, h("h2", {}, t("trust.heading")), h("strong", {}, t(`trust.${verdict}`)), h("p", { class: "sub" }, t(`trust.${verdict}_text`)),
      h("button", { type: "button", class: "quiet", onclick: openFlags }, t("trust.flags"))),
    h("div", { class: "checks" }, checks.map(one))));
}

function openFlags() {
  openDrawer(() => {
    const rows = data.trust.flags.map(([rule, severity, meters]) => ({ rule, words: say("rule", rule), severity: t(`severity.${severity}`), meters }));
    const columns = fields([["rule", t("trust.flag_rule"), "text"], ["words", "", "text"], ["severity", t("trust.flag_severity"), "text"], ["meters", t("trust.flag_meters"), "count"]]);
    return { title: t("trust.flags"), body: [meaning([[t("freshness"), freshness()]]), rows.length ? rowsOf({ id: "flags", columns, rows }) : h("p", { class: "words" }, t("trust.flags_none"))] };
  });
}

function figures() {
  const { night, days } = data, list = data.list;
  const month = (values) => values.slice(-30);
  const week = (values) => { const known = values.slice(-7).filter(isKnown); return known.length ? known.reduce((sum, value) => sum + value, 0) / known.length : null; };
  const tile = (name, { shown, unit }, under, picture) =>
    h("button", { type: "button", class: "tile", "data-focus": `tile:${name}`, "aria-label": `${t(`figure.${name}`)} ${shown} ${unit}. ${t("open_rows")}`, onclick: () => openFigure(name) },
      h("span", { class: "label" }, t(`figure.${name}`), h("i", { "aria-hidden": "true" }, t("open_rows"))),
      h("span", { class: "value" }, shown, unit ? h("small", {}, unit) : null),
      under.filter(Boolean).map((line) => h("span", { class: "under" }, line)), picture);
  const line = (name, ink) => spark(month(days[name]), { ink, label: t("figure.trend", { days: 30 }) });
  const bar = h("span", { class: "classes", role: "img", "aria-label": CLASSES.map((name) => `${say("class", name)} ${data.class_counts[name] || 0}`).join(", ") },
    CLASSES.filter((name) => data.class_counts[name]).map((name) => { const part = h("span", {}); part.style.flex = data.class_counts[name]; part.style.background = `var(--${name})`; return part; }));
  const ran = list.state !== "not_run";
  const fresh = COLOURS.reduce((sum, name) => sum + (list.new[name] || 0), 0);
  const since = !ran ? null : list.previous ? t("figure.since", { on: list.previous }) : t("figure.first_list");
  return h("section", { id: "figures" }, head(t("figure.heading")), h("div", { class: "tiles" },
    tile("supplied", scaled(night.supplied, "kwh"), [t("figure.supplied_all", { share: percent(suppliedShare(), 1) })], line("supplied", "var(--supply)")),
    tile("sold", scaled(night.sold, "kwh"), [t("figure.week", { value: energy(week(days.sold)) })], line("sold", "var(--supply)")),
    tile("loss", scaled(night.loss, "kwh"), [t("figure.rate", { rate: percent(night.rate) })], line("loss", "var(--accent-mark)")),
    tile("technical", scaled(night.technical, "kwh"), [t("figure.technical_rate", { rate: percent(night.supplied ? night.technical / night.supplied : null) })], line("technical", "var(--technical)")),
    tile("unexplained", scaled(night.unexplained, "kwh"), [t("figure.interval_wide", { low: energy(night.unexplained_low), high: energy(night.unexplained_high) }), data.deficit < 0 ? t("figure.signs", { surplus: energy(data.surplus), deficit: energy(data.deficit) }) : t("figure.technical_rate", { rate: percent(night.unexplained_rate) })], line("unexplained", "var(--unexplained)")),
    tile("areas", { shown: number(data.computable_count), unit: `/ ${number(data.area_count)}` }, [t("figure.areas_sub", { count: number(data.area_count - data.computable_count) })], bar),
    tile("suspicions", { shown: ran ? number(fresh) : "—", unit: ran ? "" : t("figure.not_run") },
      [ran ? t("figure.total_suspicions", { count: number(coloured()), accounts: number(list.accounts) }) : null, ran && list.as_of !== data.meta.on ? t("figure.older_list", { on: list.as_of }) : since, list.depth_words[state.language] || null],
      h("span", { class: "colours" }, COLOURS.filter((name) => list.new[name]).map((name) => colourTag(name, list.new[name])))),
    tile("stake", ran ? { ...scaled(list.kwh, "kwh"), unit: scaled(list.kwh, "kwh").unit + t("unit.per_month") } : { shown: "—", unit: "" },
      [ran ? t("figure.stake_yuan", { yuan: money(list.yuan) }) : t("figure.not_run"), list.unknown ? t("figure.stake_unknown", { count: number(list.unknown) }) : null], null)));
}

function openFigure(name) {
  openDrawer(() => {
    const what = [[t("definition"), t(`define.${name}`)], [t("coverage"), computableWords()], [t("freshness"), freshness()]];
    if (name === "suspicions" || name === "stake") return { title: t(`figure.${name}`), body: [meaning(what), suspicionRows()] };
    const columns = areaFields(["name", "station", "class", "supplied", "sold", "loss", "rate", "technical", "unexplained", "unexplained_low", "unexplained_high", "coverage"]);
    const key = { areas: "coverage", unexplained: "unexplained" }[name] || name;
    return {
      title: t(`figure.${name}`),
      body: [meaning(what), rowsOf({ id: `figure-${name}`, columns, rows: data.areas, total: data.area_count, command: "lamplighter line_loss show --out FILE", open: openArea, firstSort: { key, way: name === "areas" ? 1 : -1 } })],
    };
  });
}

function areaFields(names) {
  const kinds = { name: "text", station: "text", class: "text", rate: "share", coverage: "share" };
  const labels = { name: t("areas.area"), station: t("units.station"), unexplained: t("figure.unexplained"), unexplained_low: t("areas.low"), unexplained_high: t("areas.high") };
  const columns = fields(names.map((name) => [name, labels[name] || t(`areas.${name}`), kinds[name] || "energy"]));
  for (const column of columns) {
    if (column.key === "class") Object.assign(column, { cell: (row) => classTag(row.class), csv: (row) => say("class", row.class) });
    if (column.key === "name") column.cell = (row) => h("button", { type: "button", class: "linkish", onclick: () => openArea(row) }, row.name);
  }
  return columns;
}

function suspicionRows() {
  const columns = fields([["rank", t("list.rank"), "count"], ["account", t("list.account"), "text"], ["colour_words", t("list.colour"), "text"], ["area_name", t("areas.area"), "text"], ["probability", t("list.probability"), "chance"], ["kwh", `${t("list.kwh")} (${t("unit.kwh")})`, "energy"], ["yuan", `${t("list.yuan")} (${t("unit.yuan")})`, "energy"]]);
  const rows = data.list.rows.map((row) => ({ ...row, colour_words: t(`colour.${row.colour}`), area_name: areaName(row.area) }));
  return rowsOf({ id: "suspicion-rows", columns, rows, total: coloured(), command: "lamplighter detection rank --out FILE" });
}

const areaById = new Map(data.areas.map((area) => [area.id, area]));
const areaName = (id) => (areaById.get(id) || { name: id || "" }).name;

function mapAndCalendar() {
  const known = data.areas.filter((area) => area.place), drawn = known.filter(isOnLand);
  const said = [data.meta.is_sketch ? t("map.sketch") : null,
    data.areas.length < data.area_count ? t("map.cut", { shown: number(data.areas.length), count: number(data.area_count) }) : null,
    known.length < data.areas.length ? t("map.missing_places", { count: number(data.areas.length - known.length) }) : null,
    drawn.length < known.length ? t("map.off_land", { count: number(known.length - drawn.length) }) : null];
  const used = CLASSES.filter((name) => data.class_counts[name]);
  return h("section", { id: "map", class: "two" },
    h("div", { class: "card panel" }, head(t("map.heading"), t("map.sub")),
      drawn.length ? [h("p", { class: "legend" }, used.map((name) => h("span", {}, mark(name), `${say("class", name)} ${number(data.class_counts[name])}`))),
        lossMap(drawn, openArea),
        h("p", { class: "note foot" }, said.filter(Boolean).join(" "))]
        : h("p", { class: "words" }, t("map.no_places"))),
    calendar());
}

// The picture ends where the outlines end: an area beyond them has a wrong place, or the outlines are another company's.
function isOnLand({ place: [x, y] }) {
  const [west, south, east, north] = landEdges;
  return x >= west && x <= east && y >= south && y <= north;
}

const landEdges = (() => {
  const points = data.outlines.features.flatMap((land) => land.geometry.coordinates.flat(land.geometry.type === "MultiPolygon" ? 2 : 1));
  const [xs, ys] = [points.map((point) => point[0]), points.map((point) => point[1])];
  const least = (values) => values.reduce((one, other) => Math.min(one, other), Infinity);
  return [least(xs), least(ys), -least(xs.map((x) => -x)), -least(ys.map((y) => -y))];
})();

function calendar() {
  const { days } = data, id = state.calendarArea, own = data.area_days[id];
  const rates = own ? own.share : days.unexplained.map((value, place) => (isKnown(value) && days.supplied[place] ? value / days.supplied[place] : null));
  const most = Math.max(0.02, ...rates.filter(isKnown));
  const at = state.calendarDay;
  const choice = h("select", { "aria-label": t("calendar.area"), "data-focus": "calendar-area", onchange: (event) => { state.calendarArea = event.target.value; refresh(); } },
    h("option", { value: "" }, t("calendar.company")),
    data.areas.filter((area) => data.area_days[area.id]).map((area) => h("option", { value: area.id, selected: area.id === id }, area.name)));
  const pair = (name, said) => h("div", {}, h("dt", {}, name), h("dd", {}, said));
  const facts = own
    ? [pair(days.dates[at], percent(rates[at])), pair(t("areas.rate"), percent(own.rate[at])), pair(t("figure.unexplained"), energy(own.unexplained[at]))]
    : [pair(days.dates[at], percent(rates[at])), pair(t("figure.loss"), energy(days.loss[at])), pair(t("figure.technical"), energy(days.technical[at])), pair(t("figure.unexplained"), energy(days.unexplained[at])), pair(t("figure.areas"), t("of_total", { count: number(days.computable[at]), of: number(days.areas[at]) })), pair(t("areas.coverage"), percent(days.coverage[at], 1))];
  const swatch = (name) => { const box = h("span", { "aria-hidden": "true" }); box.style.cssText = `display:inline-block;width:1rem;height:.625rem;background:var(--${name})`; return box; };
  const rows = h("button", { type: "button", class: "quiet", "data-focus": "calendar-rows", onclick: () => (own ? openArea(areaById.get(id)) : openDays()) }, t("open_rows"));
  return h("div", { class: "card panel" }, head(t("calendar.heading"), t("calendar.sub")),
    h("p", { class: "legend" }, choice, rows, h("span", {}, swatch("cold"), say("class", "negative")), h("span", {}, t("calendar.less"), ["heat0", "heat1", "heat2", "heat3", "heat4"].map(swatch), `${percent(most, 1)}`), h("span", {}, swatch("rule"), t("calendar.empty_day"))),
    lossCalendar(days.dates, rates, most, (place) => { state.calendarDay = place; refresh(); }),
    h("dl", { class: "dayline" }, facts));
}

function openDays() {
  openDrawer(() => {
    const { days } = data;
    const names = ["supplied", "sold", "loss", "technical", "unexplained", "unexplained_low", "unexplained_high", "computable", "areas", "coverage"];
    const rows = days.dates.map((day, place) => ({ day, ...Object.fromEntries(names.map((name) => [name, days[name][place]])) }));
    const columns = fields([["day", t("night"), "text"], ["supplied", t("areas.supplied"), "energy"], ["loss", t("areas.loss"), "energy"], ["technical", t("areas.technical"), "energy"], ["unexplained", t("figure.unexplained"), "energy"], ["unexplained_low", t("areas.low"), "energy"], ["unexplained_high", t("areas.high"), "energy"], ["computable", t("figure.areas"), "count"], ["areas", t("areas.area"), "count"], ["coverage", t("areas.coverage"), "share"]]);
    return {
      title: t("calendar.heading"),
      body: [meaning([[t("definition"), t("define.unexplained")], [t("coverage"), t("computable_only")], [t("freshness"), freshness()]]), rowsOf({ id: "days", columns, rows, firstSort: { key: "day", way: -1 } })],
    };
  });
}
