// Charts: each [data-chart] names a JSON block of the page; its kind says how it is drawn. Numbers and words come ready.

const drawn = new Map();
// Written out: the charts do not read the colour functions of the stylesheet.
const isDark = () => document.documentElement.dataset.bsTheme === "dark";
const ink = () => (isDark() ? "#e5e7eb" : "#1f2937");
const faint = () => (isDark() ? "#a3acb9" : "#5b6472");
const grid = () => (isDark() ? "rgba(255,255,255,.14)" : "rgba(0,0,0,.09)");
const hues = { supplied: "#4682d4", sold: "#3a9d6e", unexplained: "#d9822b", estimated: "#9aa5b1", filled: "#d9822b" };

// Rich text instead of HTML: the page's policy allows no inline style.
function tip(extra) {
  return { renderMode: "richText", confine: true, backgroundColor: isDark() ? "#1f2430" : "#ffffff", borderColor: grid(), textStyle: { color: ink(), fontSize: 12 }, ...extra };
}
const number = (value) => (value === null || value === undefined ? "—" : Number(value).toLocaleString(document.documentElement.lang, { maximumFractionDigits: 2 }));

function dayAxis(days) {
  return { type: "category", data: days, axisTick: { show: false }, axisLine: { lineStyle: { color: grid() } }, axisLabel: { color: faint(), fontSize: 11, hideOverlap: true, formatter: (day) => day.slice(5) } };
}
function valueAxis(name, extra) {
  return { type: "value", name, nameTextStyle: { color: faint(), fontSize: 11 }, axisLabel: { color: faint(), fontSize: 11 }, splitLine: { lineStyle: { color: grid() } }, splitNumber: 4, ...extra };
}
function legend(names) {
  return { top: 0, right: 0, itemWidth: 14, itemHeight: 8, textStyle: { color: ink(), fontSize: 12 }, data: names };
}

const kinds = {
  days(data) {
    const { words } = data;
    const line = (key) => ({ name: words[key], type: "line", data: data[key], symbol: "none", lineStyle: { width: 1.8 }, itemStyle: { color: hues[key] } });
    return {
      legend: legend([words.supplied, words.sold, words.unexplained]),
      tooltip: tip({ trigger: "axis", formatter: (points) => [points[0].axisValue, ...points.map((point) => `${point.seriesName}  ${number(point.value)} ${words.unit}`)].join("\n") }),
      grid: [{ left: 62, right: 12, top: 34, height: "48%" }, { left: 62, right: 12, bottom: 26, height: "22%" }],
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      xAxis: [{ ...dayAxis(data.days), gridIndex: 0, axisLabel: { show: false } }, { ...dayAxis(data.days), gridIndex: 1 }],
      yAxis: [valueAxis(words.unit, { gridIndex: 0, scale: true }), valueAxis("", { gridIndex: 1, splitNumber: 2 })],
      series: [line("supplied"), line("sold"), { name: words.unexplained, type: "bar", xAxisIndex: 1, yAxisIndex: 1, data: data.unexplained, itemStyle: { color: hues.unexplained } }],
    };
  },
  calendar(data) {
    const { words } = data;
    const known = data.days.filter(([, value]) => value !== null);
    const most = Math.max(5, ...known.map(([, value]) => Math.abs(value)));
    const months = { zh: { dayLabel: { nameMap: ["日", "一", "二", "三", "四", "五", "六"] }, monthLabel: { nameMap: "ZH" } }, en: { dayLabel: { nameMap: "EN" }, monthLabel: { nameMap: "EN" } } }[data.language];
    return {
      tooltip: tip({ formatter: (point) => `${point.value[0]}\n${words.value}  ${number(point.value[1])} ${words.unit}` }),
      visualMap: { min: -most, max: most, calculable: false, orient: "horizontal", left: "center", bottom: 0, itemHeight: 120, itemWidth: 10, text: [`${number(most)} %`, `${number(-most)} %`], textStyle: { color: faint(), fontSize: 11 }, inRange: { color: ["#2f6bbf", "#a9c6ec", "#eef1f4", "#f3c48f", "#d9822b", "#a63d12"] } },
      calendar: { range: [data.days[0][0], data.days[data.days.length - 1][0]], orient: "horizontal", top: 34, left: 36, right: 8, cellSize: ["auto", 20], itemStyle: { color: "transparent", borderColor: grid() }, splitLine: { lineStyle: { color: faint(), width: 1 } }, yearLabel: { show: false }, dayLabel: { firstDay: 1, color: faint(), fontSize: 11, ...months.dayLabel }, monthLabel: { color: faint(), fontSize: 11, ...months.monthLabel } },
      series: [{ type: "heatmap", coordinateSystem: "calendar", data: known }],
    };
  },
  calibration(data) {
    const { words } = data;
    const share = (value) => `${Math.round(value * 100)} %`;
    const axis = (name) => ({ ...valueAxis(name, { min: 0, max: 1, interval: 0.2, nameLocation: "middle", nameGap: name === words.predicted ? 26 : 38 }), axisLabel: { color: faint(), fontSize: 11, formatter: share } });
    const colours = [hues.supplied, hues.sold, hues.unexplained, hues.estimated];
    // The line is the interval of the share that was found, the point the share.
    const bar = (params, api) => {
      const [x, low] = api.coord([api.value(0), api.value(2)]);
      const high = api.coord([api.value(0), api.value(3)])[1];
      return { type: "line", shape: { x1: x, y1: low, x2: x, y2: high }, style: { stroke: api.visual("color"), lineWidth: 1.6 } };
    };
    const series = data.models.flatMap((model, place) => {
      const rows = model.points.map((point) => [point.predicted, point.found, point.low, point.high, point.visits]);
      const itemStyle = { color: colours[place % colours.length] };
      return [
        { name: model.name, type: "custom", renderItem: bar, encode: { x: 0, y: [1, 2, 3] }, data: rows, itemStyle, silent: true },
        { name: model.name, type: "scatter", encode: { x: 0, y: 1 }, data: rows, itemStyle, symbolSize: (row) => Math.min(22, 6 + Math.sqrt(row[4])) },
      ];
    });
    const diagonal = { name: words.as_said, type: "line", symbol: "none", silent: true, data: [[0, 0], [1, 1]], lineStyle: { type: "dashed", color: faint(), width: 1 }, itemStyle: { color: faint() } };
    return {
      legend: { ...legend([words.as_said, ...data.models.map((model) => model.name)]), type: "scroll", left: 0, textStyle: { color: ink(), fontSize: 11, width: 180, overflow: "truncate" } },
      tooltip: tip({ formatter: (point) => `${point.seriesName}\n${words.predicted}  ${share(point.value[0])}\n${words.found}  ${share(point.value[1])} (${share(point.value[2])}–${share(point.value[3])})\n${words.visits}  ${number(point.value[4])}` }),
      grid: { left: 56, right: 16, top: 40, bottom: 44 },
      xAxis: axis(words.predicted),
      yAxis: axis(words.found),
      series: [diagonal, ...series],
    };
  },
  glance(data) {
    const { words } = data;
    const estimated = new Set(data.estimated);
    return {
      tooltip: tip({ trigger: "axis", formatter: ([point]) => `${point.axisValue}\n${estimated.has(point.dataIndex) ? words.estimated : words.measured}  ${number(point.value)} ${words.unit}` }),
      grid: { left: 50, right: 12, top: 24, bottom: 26 },
      xAxis: dayAxis(data.days),
      yAxis: valueAxis(words.unit),
      series: [{ type: "bar", data: data.kwh.map((value, place) => ({ value, itemStyle: { color: estimated.has(place) ? hues.estimated : hues.supplied } })) }],
    };
  },
  slots(data) {
    const { words } = data;
    const filled = new Set(data.filled);
    return {
      legend: legend([words.trusted, words.received]),
      tooltip: tip({ trigger: "axis", formatter: (points) => [points[0].axisValue, ...points.map((point) => `${point.seriesName}  ${number(point.value)} ${words.unit}${point.seriesIndex === 0 && filled.has(point.dataIndex) ? `  ${words.filled}` : ""}`)].join("\n") }),
      grid: { left: 50, right: 12, top: 34, bottom: 26 },
      xAxis: { ...dayAxis(data.at), axisLabel: { color: faint(), fontSize: 11, hideOverlap: true } },
      yAxis: valueAxis(words.unit),
      series: [
        { name: words.trusted, type: "line", step: "end", symbol: (value, point) => (filled.has(point.dataIndex) ? "circle" : "none"), symbolSize: 5, data: data.trusted, lineStyle: { width: 1.8 }, itemStyle: { color: hues.supplied }, areaStyle: { opacity: 0.12 } },
        { name: words.received, type: "line", step: "end", symbol: "none", data: data.received, lineStyle: { width: 1.2, type: "dashed" }, itemStyle: { color: faint() } },
      ],
    };
  },
};

function draw(root = document) {
  for (const [place, chart] of drawn) if (!place.isConnected) { chart.dispose(); drawn.delete(place); }
  for (const place of root.querySelectorAll("[data-chart]")) {
    if (drawn.has(place)) continue;
    const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...kinds[data.kind](data) });
    // A day of the glance opens it slot by slot.
    if (data.kind === "glance") chart.on("click", (point) => htmx.ajax("GET", `${data.url}?meter=${encodeURIComponent(data.meter)}&day=${point.name}`, { target: "#curve", swap: "outerHTML" }));
    drawn.set(place, chart);
  }
}

function redraw() {
  for (const [, chart] of drawn) chart.dispose();
  drawn.clear();
  draw();
}

draw();
addEventListener("resize", () => { for (const chart of drawn.values()) chart.resize(); });
document.addEventListener("lamplighter:theme", redraw);
for (const name of ["htmx:after:swap", "htmx:afterSwap"]) document.addEventListener(name, () => draw());
