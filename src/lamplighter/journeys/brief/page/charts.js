// Charts: each is asked for when its place is made and started once that place stands in the page.

const started = new Map();

function plot(css, label, options, onStart = null) {
  const place = h("div", { class: `plot ${css}`, role: "img", "aria-label": label });
  place.startChart = () => {
    const chart = echarts.init(place, null, { renderer: "svg", locale: state.language === "zh" ? "ZH" : "EN" });
    chart.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily, color: colour("ink") }, ...options() });
    if (onStart) onStart(chart);
    started.set(place, chart);
  };
  return place;
}

function startCharts(root) {
  for (const place of root.querySelectorAll(".plot")) if (!started.has(place) && place.startChart) place.startChart();
}

function disposeCharts(root) {
  for (const [place, chart] of started) if (root.contains(place)) { chart.dispose(); started.delete(place); }
}

new ResizeObserver(() => { for (const chart of started.values()) chart.resize(); }).observe(document.body);

const escaped = (value) => String(value).replace(/[&<>"']/g, (sign) => `&#${sign.charCodeAt(0)};`);

function tooltip(extra = {}) {
  return { confine: true, backgroundColor: colour("card"), borderColor: colour("line"), padding: [6, 10], textStyle: { color: colour("ink"), fontSize: 12 }, extraCssText: "max-width:20rem;white-space:normal;", ...extra };
}

function tipLines(title, lines) {
  return `<b>${escaped(title)}</b>${lines.map(([name, said]) => `<br>${escaped(name)} ${escaped(said)}`).join("")}`;
}

function dayAxis(dates, extra = {}) {
  return {
    type: "category", data: dates, boundaryGap: false, axisTick: { show: false }, axisLine: { lineStyle: { color: colour("line") } },
    axisLabel: { color: colour("faint"), fontSize: 11, hideOverlap: true, showMaxLabel: true, formatter: (day) => day.slice(5) }, ...extra,
  };
}

function valueAxis(extra = {}) {
  return {
    type: "value", splitNumber: 3, axisLabel: { color: colour("faint"), fontSize: 11, formatter: (value) => number(value, Number.isInteger(value) ? 0 : 1) },
    splitLine: { lineStyle: { color: colour("rule") } }, nameTextStyle: { color: colour("faint"), fontSize: 11, align: "left" }, ...extra,
  };
}

// Where the areas lie. Outlines are given by the company, or sketched around the areas.
function lossMap(placed, onArea) {
  const middle = placed.reduce((sum, area) => sum + area.place[1], 0) / placed.length;
  const largest = Math.max(1, ...placed.map((area) => Math.abs(area.unexplained || 0)));
  echarts.registerMap("units", data.outlines);
  const options = () => ({
    tooltip: tooltip({ formatter: ({ data: point }) => (point && point.area ? areaTip(point.area) : "") }),
    geo: {
      map: "units", aspectScale: Math.cos((middle * Math.PI) / 180), roam: window.matchMedia("(pointer: fine)").matches ? "move" : false,
      silent: true, top: 18, bottom: 14, left: 14, right: 14, preserveAspect: "contain",
      itemStyle: { areaColor: colour("land"), borderColor: colour("coast"), borderWidth: 1 },
      label: { show: data.outlines.features.length <= 24, color: colour("faint"), fontSize: 11, textBorderColor: colour("card"), textBorderWidth: 2 },
    },
    series: [...CLASSES].reverse().map((name) => ({
      type: "scatter", coordinateSystem: "geo", name, symbol: `path://${SHAPES[name]}`, symbolKeepAspect: true, cursor: "pointer",
      itemStyle: { color: isHollow(name) ? colour("card") : colour(name), borderColor: isHollow(name) ? colour(name) : colour("card"), borderWidth: isHollow(name) ? 1.75 : 1 },
      emphasis: { scale: 1.35 },
      data: placed.filter((area) => area.class === name).map((area) => ({
        value: area.place, area, symbolSize: 8 + 14 * Math.sqrt(Math.max(0, Math.abs(area.unexplained || 0)) / largest),
      })),
    })),
  });
  return plot("", t("map.alt", { count: placed.length }), options, (chart) => chart.on("click", ({ data: point }) => point && point.area && onArea(point.area)));
}

function areaTip(area) {
  const lines = [[t("areas.class"), say("class", area.class)]];
  if (area.computable) lines.push([t("areas.rate"), percent(area.rate)], [t("figure.unexplained"), energy(area.unexplained)]);
  else lines.push([t("blocked.reason"), area.why.map((code) => say("why", code)).join("、")]);
  lines.push([t("areas.coverage"), percent(area.coverage, 1)]);
  if (area.suspicions) lines.push([t("areas.suspicions"), number(area.suspicions)]);
  return tipLines(area.name, lines);
}

function heat(rate, most) {
  if (!isKnown(rate)) return colour("rule");
  if (rate < -0.005) return colour("cold");
  return colour(`heat${Math.min(4, Math.max(0, Math.round((rate / most) * 4)))}`);
}

// Days as a calendar; a click shows the day's figures below it.
function lossCalendar(dates, rates, most, onDay) {
  const options = () => ({
    tooltip: tooltip({ formatter: ({ data: point }) => tipLines(point.value[0], [[t("figure.unexplained"), isKnown(point.rate) ? percent(point.rate) : t("calendar.empty_day")]]) }),
    calendar: {
      range: [dates[0], dates[dates.length - 1]], orient: "horizontal", cellSize: ["auto", "auto"], top: 30, left: 34, right: 12, bottom: 8,
      itemStyle: { color: "transparent", borderColor: colour("card"), borderWidth: 2 }, splitLine: { lineStyle: { color: colour("faint"), width: 1 } },
      yearLabel: { show: false }, monthLabel: { color: colour("faint"), fontSize: 11, nameMap: state.language === "zh" ? "ZH" : "EN" },
      dayLabel: { firstDay: 1, color: colour("faint"), fontSize: 11, nameMap: weekdayNames() },
    },
    series: [{
      type: "heatmap", coordinateSystem: "calendar",
      data: dates.map((day, place) => ({
        value: [day, isKnown(rates[place]) ? rates[place] : 0], rate: rates[place], place,
        itemStyle: { color: heat(rates[place], most), borderColor: place === state.calendarDay ? colour("ink") : colour("card"), borderWidth: place === state.calendarDay ? 2 : 2 },
      })),
      emphasis: { itemStyle: { borderColor: colour("ink") } },
    }],
    visualMap: { show: false, min: 0, max: 1, dimension: 1, inRange: {}, seriesIndex: [] },
  });
  return plot("low", t("calendar.alt", { days: dates.length }), options, (chart) => chart.on("click", ({ data: point }) => onDay(point.place)));
}

// ECharts wants Sunday first, whatever day the week begins with.
function weekdayNames() {
  const names = t("calendar.weekdays").split(",");
  return [names[6], ...names.slice(0, 6)];
}

// An area day by day: unexplained energy as bars, warm where lost and cold where too much was sold.
function areaDays(id) {
  const days = data.area_days[id];
  const options = () => ({
    tooltip: tooltip({ trigger: "axis", formatter: ([bar]) => tipLines(bar.name, [[t("figure.unexplained"), energy(days.unexplained[bar.dataIndex])], [t("areas.rate"), percent(days.rate[bar.dataIndex])]]) }),
    grid: { left: 8, right: 8, top: 26, bottom: 4, containLabel: true },
    xAxis: dayAxis(data.days.dates, { boundaryGap: true }),
    yAxis: valueAxis({ name: `${t("figure.unexplained")} (${t("unit.kwh")})` }),
    series: [unexplainedBars(days.unexplained)],
  });
  return plot("days", `${t("figure.unexplained")} ${id}`, options);
}

function unexplainedBars(values, extra = {}) {
  return {
    type: "bar", barCategoryGap: "25%", ...extra,
    data: values.map((value) => ({ value: isKnown(value) ? value : "-", itemStyle: { color: value < 0 ? colour("cold") : colour("unexplained") } })),
  };
}

// A suspicion: the customer beside its peers above, the area's unexplained energy below, on one axis of days.
function suspicionCurves(row) {
  const { curve } = row, dates = data.days.dates, area = data.area_days[row.area];
  const options = () => {
    const onset = row.onset > dates[0] ? row.onset : null;
    const ownName = `${t("list.curve")} (${t("unit.kwh")})`;
    const top = { xAxisIndex: 0, yAxisIndex: 0, symbol: "none", connectNulls: false };
    const series = [
      { ...top, type: "line", name: ownName, data: curve.kwh, z: 4, lineStyle: { color: colour("link"), width: 2 }, itemStyle: { color: colour("link") },
        markLine: onset ? { symbol: "none", silent: true, lineStyle: { color: colour("faint"), type: "dashed" }, label: { formatter: t("list.since", { on: onset }), color: colour("soft"), fontSize: 11 }, data: [{ xAxis: onset }] } : undefined },
      { ...top, type: "scatter", name: t("list.estimated_day"), symbol: "circle", symbolSize: 4, z: 5, itemStyle: { color: colour("card"), borderColor: colour("link") }, data: curve.estimated.map((place) => [dates[place], curve.kwh[place]]) },
    ];
    if (curve.peers) {
      const quiet = { ...top, type: "line", stack: "band", stackStrategy: "all", lineStyle: { opacity: 0 }, silent: true };
      series.push(
        { ...quiet, name: "low", data: curve.low },
        { ...quiet, name: t("list.peer_band"), areaStyle: { color: colour("band"), opacity: 0.35 }, itemStyle: { color: colour("band") }, data: curve.high.map((high, place) => (isKnown(high) ? high - curve.low[place] : null)) },
        { ...top, type: "line", name: t("list.peers"), lineStyle: { color: colour("soft"), width: 1.25, type: "dashed" }, itemStyle: { color: colour("soft") }, data: curve.mid });
    }
    if (area) series.push(unexplainedBars(area.unexplained, { name: t("list.area_curve"), xAxisIndex: 1, yAxisIndex: 1, itemStyle: { color: colour("unexplained") } }));
    // On a telephone and on paper the names under the chart's head take two lines.
    const head = state.isPrinting || window.innerWidth < 640 ? 66 : 44;
    const shown = series.map((one) => one.name).filter((name) => name !== "low" && (name !== t("list.estimated_day") || curve.estimated.length));
    return {
      legend: { data: shown.map((name) => (name === t("list.peer_band") ? { name, icon: "roundRect" } : name)), top: 0, left: 0, itemWidth: 16, itemHeight: 8, textStyle: { color: colour("soft"), fontSize: 11 }, selectedMode: false },
      tooltip: tooltip({ trigger: "axis", formatter: (points) => curveTip(row, points[0].dataIndex, points[0].name) }),
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      grid: area
        ? [{ left: 44, right: 12, top: head, height: head > 50 ? "36%" : "42%" }, { left: 44, right: 12, bottom: 24, height: "20%" }]
        : [{ left: 44, right: 12, top: head, bottom: 24 }],
      xAxis: area
        ? [dayAxis(dates, { gridIndex: 0, axisLabel: { show: false }, boundaryGap: true }), dayAxis(dates, { gridIndex: 1, boundaryGap: true })]
        : [dayAxis(dates, { boundaryGap: true })],
      yAxis: area ? [valueAxis({ gridIndex: 0, min: 0 }), valueAxis({ gridIndex: 1, splitNumber: 2 })] : [valueAxis({ min: 0 })],
      series,
    };
  };
  return plot("curve", `${t("list.curve")} ${row.account}`, options);
}

function curveTip(row, place, day) {
  const { curve } = row, area = data.area_days[row.area];
  const at = data.days.dates.indexOf(day) >= 0 ? data.days.dates.indexOf(day) : place;
  const lines = [[t("list.curve"), energy(curve.kwh[at])]];
  if (curve.peers && isKnown(curve.mid[at])) lines.push([t("list.peers"), `${plain(curve.mid[at])} (${plain(curve.low[at])}–${plain(curve.high[at])})`]);
  if (area) lines.push([t("list.area_curve"), energy(area.unexplained[at])]);
  return tipLines(day, lines);
}
