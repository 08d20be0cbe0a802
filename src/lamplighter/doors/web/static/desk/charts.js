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

// Stretches of a day whose values are not as measured: first slot, last slot, code of their quality.
function stretches(quality) {
  const found = [];
  [...quality].forEach((code, slot) => {
    const last = found[found.length - 1];
    if (last && last[2] === code && last[1] === slot - 1) last[1] = slot;
    else if (code > "1") found.push([slot, slot, code]);
  });
  return found;
}

const kinds = {
  flow(data) {
    // Steps from top to bottom; what skips steps or goes back bends out to the side.
    // Drawn at one scale: two corners that nobody sees keep the width, or boxes would be squeezed.
    const [gap, side] = [56, 150];
    const nodes = data.nodes.map((each, at) => ({ id: each.id, x: 0, y: at * gap, symbol: "roundRect", symbolSize: [128, 34], said: [each.name, each.under].filter(Boolean).join("\n"), itemStyle: { color: isDark() ? "#243044" : "#e8f0fb", borderColor: hues.supplied, borderWidth: 1 }, label: { show: true, color: ink(), fontSize: 11, lineHeight: 14, formatter: [each.name, each.under].filter(Boolean).join("\n") } }));
    for (const x of [-side, side]) nodes.push({ id: `corner${x}`, x, y: 0, symbolSize: 0, silent: true });
    // No arrowheads: the library would shorten each line by half a box. What goes back bends to the other side, dashed.
    const links = data.links.filter((each) => each.span).map((each) => ({ source: each.source, target: each.target, said: `${each.count} × · ${each.hours}`, lineStyle: { width: each.width, opacity: 0.75, type: each.is_back ? "dashed" : "solid", color: each.is_back ? hues.unexplained : hues.supplied, curveness: each.span === 1 ? 0 : -3.8 / Math.abs(each.span) } }));
    return {
      tooltip: tip({ formatter: (point) => point.data.said ?? "" }),
      series: [{ type: "graph", layout: "none", roam: false, left: "center", top: 30, width: 2 * side, height: gap * (data.nodes.length - 1), data: nodes, links, emphasis: { disabled: true } }],
    };
  },
  spark(data) {
    const known = data.values.filter((value) => value !== null);
    const span = [...known, ...(data.target === null ? [] : [data.target])];
    const [least, most] = [Math.min(...span), Math.max(...span)];
    const room = (most - least || 1) * 0.15;
    return {
      tooltip: tip({ trigger: "axis", formatter: ([point]) => `${point.axisValue}  ${number(point.value)}${data.unit}` }),
      grid: { left: 2, right: 2, top: 4, bottom: 4 },
      xAxis: { type: "category", data: data.months, show: false, boundaryGap: false },
      yAxis: { type: "value", show: false, min: least - room, max: most + room },
      series: [{ type: "line", data: data.values, symbol: "circle", symbolSize: 5, lineStyle: { width: 1.6 }, itemStyle: { color: hues.supplied }, markLine: data.target === null ? undefined : { silent: true, symbol: "none", label: { show: false }, lineStyle: { color: hues.unexplained, type: "dashed", width: 1 }, data: [{ yAxis: data.target }] } }],
    };
  },
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
  waterfall(data) {
    const { words } = data;
    // Invisible bars carry the visible ones: from nought for the bills, from the level reached for each cause.
    let level = data.before;
    const floors = [0], bars = [data.before];
    for (const delta of data.deltas) { floors.push(Math.min(level, level + delta)); bars.push(Math.abs(delta)); level += delta; }
    floors.push(0); bars.push(data.now);
    const least = Math.min(...floors.slice(1, -1), data.before, data.now);
    const colour = (place) => (place === 0 || place === bars.length - 1 ? hues.supplied : data.deltas[place - 1] > 0 ? hues.unexplained : hues.sold);
    const said = (place) => (place === 0 || place === bars.length - 1 ? number(bars[place]) : `${data.deltas[place - 1] > 0 ? "+" : "−"}${number(bars[place])}`);
    return {
      tooltip: tip({ trigger: "item", formatter: (point) => `${data.labels[point.dataIndex]}\n${said(point.dataIndex)} ${words.unit}` }),
      grid: { left: 96, right: 64, top: 8, bottom: 24 },
      xAxis: valueAxis("", { min: Math.max(0, Math.floor(least * 0.8)), splitNumber: 3 }),
      yAxis: { type: "category", inverse: true, data: data.labels, axisTick: { show: false }, axisLine: { lineStyle: { color: grid() } }, axisLabel: { color: ink(), fontSize: 12, width: 88, overflow: "break" } },
      series: [
        { type: "bar", stack: "all", silent: true, itemStyle: { color: "transparent" }, data: floors },
        { type: "bar", stack: "all", barMaxWidth: 22, data: bars.map((value, place) => ({ value, itemStyle: { color: colour(place) } })), label: { show: true, position: "right", color: ink(), fontSize: 12, formatter: (point) => said(point.dataIndex) } },
      ],
    };
  },
  month(data) {
    const { words } = data;
    return {
      legend: legend([words.now, words.before]),
      tooltip: tip({ trigger: "axis", formatter: (points) => [points[0].axisValue, ...points.map((point) => `${point.seriesName}  ${number(point.value)} ${words.unit}`)].join("\n") }),
      grid: { left: 50, right: 12, top: 34, bottom: 26 },
      xAxis: { ...dayAxis(data.days), axisLabel: { color: faint(), fontSize: 11, hideOverlap: true } },
      yAxis: valueAxis(words.unit),
      series: [
        { name: words.now, type: "bar", data: data.now, itemStyle: { color: hues.supplied } },
        { name: words.before, type: "line", symbol: "none", data: data.before, lineStyle: { width: 1.6, type: "dashed" }, itemStyle: { color: hues.unexplained } },
      ],
    };
  },
  slots(data) {
    const { words } = data;
    const filled = new Set(data.filled);
    return {
      legend: legend([words.trusted, words.received]),
      tooltip: tip({ trigger: "axis", formatter: (points) => [points[0].axisValue, ...points.map((point) => `${point.seriesName}  ${number(point.value)} ${words.unit}`), words.quality[data.quality[points[0].dataIndex]]].join("\n") }),
      grid: { left: 50, right: 12, top: 34, bottom: 26 },
      xAxis: { ...dayAxis(data.at), axisLabel: { color: faint(), fontSize: 11, hideOverlap: true } },
      yAxis: valueAxis(words.unit),
      series: [
        { name: words.trusted, type: "line", step: "end", symbol: (value, point) => (filled.has(point.dataIndex) ? "circle" : "none"), symbolSize: 5, data: data.trusted, lineStyle: { width: 1.8 }, itemStyle: { color: hues.supplied }, areaStyle: { opacity: 0.12 }, markArea: { silent: true, data: stretches(data.quality).map(([first, last, code]) => [{ xAxis: first, itemStyle: { color: { 2: hues.unexplained, 3: "#8c6bb1", 4: faint() }[code], opacity: 0.16 } }, { xAxis: last }]) } },
        { name: words.received, type: "line", step: "end", symbol: "none", data: data.received, lineStyle: { width: 1.2, type: "dashed" }, itemStyle: { color: faint() } },
      ],
    };
  },
  electric(data) {
    const hue = ["#d9a400", "#3a9d6e", "#b3261e", "#7c8794"];
    const count = Math.max(...[...data.volts, ...data.amperes].map(([, values]) => values.length));
    const at = Array.from({ length: count }, (_, slot) => { const minutes = Math.round((slot * 1440) / count); return `${String(Math.floor(minutes / 60)).padStart(2, "0")}:${String(minutes % 60).padStart(2, "0")}`; });
    const rows = [[data.volts, "V"], [data.amperes, "A"]].filter(([lines]) => lines.length);
    const height = rows.length > 1 ? "34%" : "74%";
    return {
      legend: { ...legend(rows.flatMap(([lines]) => lines.map(([name]) => name))), type: "scroll", left: 0 },
      tooltip: tip({ trigger: "axis", formatter: (points) => [points[0].axisValue, ...points.map((point) => `${point.seriesName}  ${number(point.value)}`)].join("\n") }),
      axisPointer: { link: [{ xAxisIndex: "all" }] },
      grid: rows.map((_, place) => ({ left: 50, right: 12, height, top: place ? "60%" : 44 })),
      xAxis: rows.map((_, place) => ({ ...dayAxis(at), gridIndex: place, axisLabel: { color: faint(), fontSize: 11, hideOverlap: true } })),
      yAxis: rows.map(([, unit], place) => valueAxis(unit, { gridIndex: place, scale: unit === "V", splitNumber: 3 })),
      series: rows.flatMap(([lines], place) => lines.map(([name, values], line) => ({ name, type: "line", symbol: "none", xAxisIndex: place, yAxisIndex: place, data: values, lineStyle: { width: 1.4, type: ["solid", "dashed", "dotted", "solid"][line] }, itemStyle: { color: hue[line] } }))),
    };
  },
  heat(data) {
    const first = new Date(`${data.first}T00:00:00Z`);
    const days = data.tens.map((_, place) => new Date(first.getTime() + place * 86400000).toISOString().slice(0, 10));
    const cells = data.tens.flatMap((hours, day) => hours.map((tens, hour) => [day, hour, tens === null ? null : tens / 100])).filter(([, , value]) => value !== null);
    const ordered = cells.map(([, , value]) => value).sort((one, other) => one - other);
    const most = ordered[Math.floor(0.99 * (ordered.length - 1))] || 1;
    const marks = { 0: hues.sold, 1: hues.sold, 2: hues.unexplained, 3: "#8c6bb1", 4: "transparent" };
    return {
      tooltip: tip({ formatter: (point) => (point.seriesIndex ? `${days[point.value[0]]}\n${data.words.quality[data.quality[point.value[0]]]}` : `${days[point.value[0]]} ${String(point.value[1]).padStart(2, "0")}:00\n${number(point.value[2])} kW\n${data.words.quality[data.quality[point.value[0]]]}`) }),
      visualMap: { seriesIndex: 0, min: 0, max: most, orient: "horizontal", left: "center", bottom: 0, itemHeight: 120, itemWidth: 10, text: [`${number(most)} kW`, "0"], textStyle: { color: faint(), fontSize: 11 }, inRange: { color: isDark() ? ["#1d2634", "#2f6bbf", "#7fb0ea", "#f3c48f", "#ffb267"] : ["#f2f5f9", "#a9c6ec", "#2f6bbf", "#d9822b", "#a63d12"] } },
      grid: [{ left: 50, right: 12, top: 10, bottom: 76 }, { left: 50, right: 12, height: 6, bottom: 62 }],
      xAxis: [{ ...dayAxis(days), gridIndex: 0, axisLabel: { show: false } }, { ...dayAxis(days), gridIndex: 1 }],
      yAxis: [{ type: "category", data: Array.from({ length: 24 }, (_, hour) => `${String(hour).padStart(2, "0")}:00`), inverse: true, axisTick: { show: false }, axisLine: { show: false }, axisLabel: { color: faint(), fontSize: 11, interval: 5 } }, { type: "category", gridIndex: 1, data: [""], show: false }],
      series: [{ type: "heatmap", data: cells, progressive: 0 }, { type: "heatmap", xAxisIndex: 1, yAxisIndex: 1, data: days.map((_, day) => ({ value: [day, 0, 0], itemStyle: { color: marks[data.quality[day]] } })) }],
    };
  },
  peers(data) {
    const { words } = data;
    const gap = data.high.map((value, place) => (value === null || data.low[place] === null ? null : value - data.low[place]));
    const plain = { type: "line", symbol: "none", lineStyle: { opacity: 0 }, stack: "band", silent: true };
    return {
      legend: legend([words.own, words.mid, words.band]),
      tooltip: tip({ trigger: "axis", formatter: ([{ dataIndex }]) => [data.days[dataIndex], `${words.own}  ${number(data.own[dataIndex])} ${words.unit}`, `${words.mid}  ${number(data.mid[dataIndex])} ${words.unit}`, `${words.band}  ${number(data.low[dataIndex])} … ${number(data.high[dataIndex])} ${words.unit}`].join("\n") }),
      grid: { left: 50, right: 12, top: 34, bottom: 26 },
      xAxis: dayAxis(data.days),
      yAxis: valueAxis(words.unit),
      series: [
        { ...plain, name: "", data: data.low },
        { ...plain, name: words.band, data: gap, itemStyle: { color: faint() }, areaStyle: { color: faint(), opacity: 0.25 } },
        { name: words.mid, type: "line", symbol: "none", data: data.mid, lineStyle: { width: 1.4, type: "dashed" }, itemStyle: { color: faint() } },
        { name: words.own, type: "line", symbol: "none", data: data.own, lineStyle: { width: 1.8 }, itemStyle: { color: hues.unexplained } },
      ],
    };
  },
  feeder(data) {
    const leaf = (each, depth) => ({ name: each.name, value: each.said, url: each.url, symbolSize: [16, 12, 9][depth], itemStyle: { color: depth < 2 ? hues.supplied : { good: hues.sold, bad: hues.unexplained }[each.mark] ?? faint() }, children: each.children?.map((child) => leaf(child, depth + 1)) });
    const isNarrow = innerWidth < 600;
    return {
      tooltip: tip({ formatter: (point) => `${point.name}\n${point.value ?? ""}` }),
      series: [{ type: "tree", data: [leaf(data.tree, 0)], left: isNarrow ? 24 : 90, right: isNarrow ? 150 : 260, top: 12, bottom: 12, orient: "LR", roam: false, expandAndCollapse: false, symbol: "circle", lineStyle: { color: faint(), width: 1.2, curveness: 0.4 }, label: { position: isNarrow ? "top" : "left", color: ink(), fontSize: 12 }, leaves: { label: { position: "right", align: "left", color: ink(), formatter: (point) => (isNarrow ? point.name : `${point.name}  ${point.value}`) } } }],
    };
  },
  wiring(data) {
    // Lanes run down from the transformer; each box is a row, each meter a dot on the lane of its phase.
    const [left, lane, row, dot] = [96, 150, 24, 13];
    const ink_ = ink();
    const seen = { red: isDark() ? "#ff8a80" : "#b3261e", orange: isDark() ? "#ffb267" : "#b45309", yellow: isDark() ? "#f2d45c" : "#7a6200", none: hues.supplied };
    const x = (place) => left + place * lane;
    const foot = 74 + row * (data.boxes.length - 0.5);
    const outside = x(data.lanes.length) + 40;
    const nodes = [{ id: "t", name: data.transformer, x: x(0), y: 0, symbol: "rect", symbolSize: [26, 14], itemStyle: { color: ink_ }, label: { show: true, position: [32, 0], color: ink_, fontWeight: 600 } }];
    const links = [];
    data.lanes.forEach((each, place) => {
      nodes.push({ id: `p${place}`, name: each.name, x: x(place), y: 40, symbolSize: 8, itemStyle: { color: faint() }, label: { show: true, position: "right", color: ink_, fontWeight: 600 } });
      nodes.push({ id: `f${place}`, name: "", x: x(place), y: foot, symbolSize: 1, silent: true });
      links.push({ source: "t", target: `p${place}` }, { source: `p${place}`, target: `f${place}` });
    });
    data.boxes.forEach((box, at) => {
      const y = 74 + row * at;
      nodes.push({ id: `b${at}`, name: box.name, x: 8, y, symbol: "rect", symbolSize: [10, 10], itemStyle: { color: faint() }, label: { show: true, position: "right", color: ink_, fontSize: 11 } });
      const taken = {};
      for (const meter of box.meters) {
        const place = (taken[meter.lane] = (taken[meter.lane] ?? -1) + 1);
        const id = meter.name;
        nodes.push({ id, name: id, url: meter.url, said: [meter.role, data.words[`colour_${meter.colour}`], meter.phase_to !== null ? `→ ${data.lanes[meter.phase_to].name}` : "", meter.area_to ? `→ ${meter.area_to}` : ""].filter(Boolean).join(" · "), x: x(meter.lane) + place * dot, y, symbol: meter.solar ? "diamond" : meter.colour === "none" ? "circle" : meter.colour === "red" ? "circle" : meter.colour === "orange" ? "triangle" : "rect", symbolSize: meter.colour === "none" ? 8 : 11, itemStyle: { color: seen[meter.colour], borderColor: meter.phase_to !== null || meter.area_to ? ink_ : "transparent", borderWidth: 2 } });
        if (meter.phase_to !== null) {
          nodes.push({ id: `${id}>`, name: "", x: x(meter.phase_to) - 7, y: y + 8, symbolSize: 1, silent: true });
          links.push({ source: id, target: `${id}>`, symbol: ["none", "arrow"], symbolSize: 6, lineStyle: { type: "dashed", width: 1.4, color: hues.unexplained, curveness: 0.25 } });
        }
        if (meter.area_to) {
          nodes.push({ id: `${id}>>`, name: meter.area_to, x: outside, y, symbol: "rect", symbolSize: [6, 6], itemStyle: { color: hues.unexplained }, label: { show: true, position: "right", color: ink_, fontSize: 11 } });
          links.push({ source: id, target: `${id}>>`, symbol: ["none", "arrow"], symbolSize: 6, lineStyle: { type: "dashed", width: 1.4, color: hues.unexplained } });
        }
      }
    });
    data.incoming.forEach((each, at) => nodes.push({ id: `i${at}`, name: each.name, url: each.url, x: outside, y: 14 * at, symbol: "diamond", symbolSize: 9, itemStyle: { color: hues.unexplained }, label: { show: true, position: "right", color: ink_, fontSize: 11 } }));
    return {
      tooltip: tip({ formatter: (point) => (point.dataType === "node" ? [point.data.name, point.data.said].filter(Boolean).join("\n") : "") }),
      series: [{ type: "graph", layout: "none", roam: false, left: 16, top: 16, width: outside - 8, height: Math.max(foot, 74 + row * (data.boxes.length - 1)), data: nodes, links, lineStyle: { color: faint(), width: 1, opacity: 0.8 }, emphasis: { disabled: true } }],
    };
  },
};

// A day of the chart opens by itself, in the part of the page that shows one day.
function openDays(chart, data) {
  const { url, name, target } = data.opens;
  const open = (day) => htmx.ajax("GET", `${url}${url.includes("?") ? "&" : "?"}${name}=${day}`, { target, swap: "outerHTML" });
  chart.getZr().on("click", (event) => {
    const at = [event.offsetX, event.offsetY];
    if (data.kind === "days") {
      const grid = [0, 1].find((number) => chart.containPixel({ gridIndex: number }, at));
      if (grid !== undefined) open(data.days[chart.convertFromPixel({ xAxisIndex: grid }, event.offsetX)]);
    }
  });
  if (data.kind === "calendar") chart.on("click", (point) => open(point.value[0]));
}

// What is too heavy for the page is fetched when it is looked at; a place that waits, or that failed, says so.
async function fetchInto(place) {
  place.dataset.begun = "yes";
  try {
    const answer = await fetch(place.dataset.fetch, { headers: { Accept: "application/json" } });
    if (!answer.ok) throw new Error(String(answer.status));
    const data = await answer.json();
    if (!place.isConnected) return;
    fetched.set(place, data);
    drawFetched(place, data);
  } catch {
    place.dataset.wait = place.dataset.failed;
  }
}
const fetched = new WeakMap();
const looked = new IntersectionObserver((entries) => {
  for (const { target, isIntersecting } of entries) if (isIntersecting) { looked.unobserve(target); if (!target.dataset.begun) fetchInto(target); }
});
function drawFetched(place, data) {
  const chart = echarts.init(place, null, { renderer: "canvas" });
  chart.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...kinds[place.dataset.kind](data) });
  const first = new Date(`${data.first}T00:00:00Z`).getTime();
  chart.on("click", (point) => htmx.ajax("GET", `${place.dataset.dayUrl}&day=${new Date(first + point.value[0] * 86400000).toISOString().slice(0, 10)}`, { target: "#curve", swap: "outerHTML" }));
  drawn.set(place, chart);
}

function draw(root = document) {
  for (const [place, chart] of drawn) if (!place.isConnected) { chart.dispose(); drawn.delete(place); }
  for (const place of root.querySelectorAll("[data-chart]")) {
    if (drawn.has(place)) continue;
    const data = JSON.parse(document.getElementById(place.dataset.chart).textContent);
    if (data.kind === "wiring") place.style.height = `${100 + 24 * data.boxes.length}px`;
    if (data.rows) place.style.height = `${Math.max(160, 28 * data.rows + 30)}px`;
    const chart = echarts.init(place, null, { renderer: "canvas" });
    chart.setOption({ animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily }, ...kinds[data.kind](data) });
    // A day of the glance opens it slot by slot.
    if (data.kind === "glance") chart.on("click", (point) => htmx.ajax("GET", `${data.url}?meter=${encodeURIComponent(data.meter)}&day=${point.name}`, { target: "#curve", swap: "outerHTML" }));
    if (data.opens) openDays(chart, data);
    if (data.kind === "feeder" || data.kind === "wiring") chart.on("click", (point) => { if (point.data?.url) location.assign(point.data.url); });
    drawn.set(place, chart);
  }
  for (const place of root.querySelectorAll("[data-fetch]")) {
    if (drawn.has(place)) continue;
    if (fetched.has(place)) drawFetched(place, fetched.get(place));
    else if (!place.dataset.begun) looked.observe(place);
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
