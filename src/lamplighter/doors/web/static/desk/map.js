// The map of a place: land, bars and table show the same selection, and the address keeps it, so that back works.

(() => {
  const data = JSON.parse(document.getElementById("map-data").textContent);
  const table = document.getElementById("map-table");
  const [by, only, clear, said] = ["map-by", "map-only", "map-clear", "map-said"].map((id) => document.getElementById(id));
  const land = document.getElementById("map-land");
  const bars = document.getElementById("map-bars");
  const key = document.getElementById("map-key");
  const place = new Map(data.places.map((each) => [each.code, each]));
  // One ramp, light to dark, told apart by lightness alone; what is not known is hatched grey.
  const ramp = ["#dbe7f6", "#a9c6ec", "#f3c48f", "#d9822b", "#a63d12"];
  const unknown = () => (isDark() ? "#4b5563" : "#c3cad3");
  const state = { picks: new Set(), by: by.value, only: false, at: -1 };
  const charts = {};

  function read() {
    const asked = new URLSearchParams(location.search);
    state.picks = new Set((asked.get("pick") || "").split(",").filter((code) => place.has(code)));
    state.by = [...by.options].some((option) => option.value === asked.get("by")) ? asked.get("by") : by.options[0].value;
    state.only = asked.get("only") === "1" && state.picks.size > 0;
  }
  function keep() {
    const asked = new URLSearchParams();
    if (state.picks.size) asked.set("pick", [...state.picks].join(","));
    if (state.by !== by.options[0].value) asked.set("by", state.by);
    if (state.only) asked.set("only", "1");
    const query = asked.toString();
    history.pushState(null, "", query ? `?${query}` : location.pathname);
  }
  const shown = () => data.places.filter((each) => !state.only || state.picks.has(each.code));
  const most = () => Math.max(...data.places.map((each) => each.values[state.by] ?? 0), state.by === "loss_rate" ? 0.02 : 1);
  function colour(each) {
    const value = each.values[state.by];
    if (value === null || value === undefined) return unknown();
    return ramp[Math.min(ramp.length - 1, Math.floor((Math.max(0, value) / most()) * ramp.length))];
  }
  const faded = (each) => state.picks.size > 0 && !state.picks.has(each.code);
  const words = (each) => `${each.name}\n${data.words[state.by]}  ${each.said[state.by]}`;

  function pick(code, narrows) {
    if (state.picks.has(code)) state.picks.delete(code); else state.picks.add(code);
    state.only = state.picks.size > 0 && (narrows || state.only);
    keep();
    show();
    const each = place.get(code);
    said.textContent = `${words(each).replace("\n", " · ")}${state.picks.has(code) ? ` · ${data.words.picked}` : ""}`;
  }

  function shape(each) {
    return { type: "Feature", properties: { name: each.code }, geometry: { type: "MultiPolygon", coordinates: each.rings.map((ring) => [ring]) } };
  }
  function extent(each) {
    const [xs, ys] = [0, 1].map((axis) => each.rings.flat().map((corner) => corner[axis]));
    return (Math.max(...xs) - Math.min(...xs)) * (Math.max(...ys) - Math.min(...ys));
  }
  function look(each) {
    const isHere = data.places[state.at]?.code === each.code;
    const isPicked = state.picks.has(each.code);
    return { color: colour(each), areaColor: colour(each), opacity: faded(each) ? 0.3 : 0.92, borderColor: isPicked || isHere ? ink() : isDark() ? "#1f2430" : "#ffffff", borderWidth: isPicked ? 3 : isHere ? 2.5 : 1.2, borderType: isHere && !isPicked ? "dashed" : "solid" };
  }
  const caption = (each) => ({ show: true, formatter: each.name, color: ink(), fontSize: 12, fontWeight: 600, textBorderColor: isDark() ? "#151a24" : "#ffffff", textBorderWidth: 3 });
  function drawKey() {
    const [low, high] = key.querySelectorAll("b");
    const percents = state.by === "loss_rate";
    low.textContent = percents ? "0 %" : "0";
    high.textContent = percents ? `${number(100 * most())} %` : number(most());
  }
  function drawLand() {
    if (!land) return;
    drawKey();
    // Drawn over, not anew: what somebody has zoomed into stays. The largest first: a small one inside it is drawn, and clicked, on top.
    const outlined = data.places.filter((each) => each.rings.length).sort((one, other) => extent(other) - extent(one));
    const points = data.places.filter((each) => each.at);
    const corners = [...outlined.flatMap((each) => each.rings.flat()), ...points.map((each) => each.at)];
    const north = corners.reduce((sum, [, y]) => sum + y, 0) / corners.length;
    const tools = { tooltip: tip({ trigger: "item", formatter: (point) => (place.has(point.name) ? words(place.get(point.name)) : "") }), animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily } };
    if (outlined.length) {
      if (!charts.land) echarts.registerMap("land", { type: "FeatureCollection", features: outlined.map(shape) });
      charts.land ??= start(land);
      // A degree of longitude is shorter than one of latitude by the cosine of the latitude.
      charts.land.setOption({ ...tools, series: [{ type: "map", map: "land", roam: true, scaleLimit: { min: 0.8, max: 12 }, aspectScale: Math.cos((north * Math.PI) / 180), selectedMode: false, data: outlined.map((each) => ({ name: each.code, value: each.values[state.by], itemStyle: look(each), label: caption(each), emphasis: { itemStyle: look(each), label: caption(each) } })) }] });
    } else {
      charts.land ??= start(land);
      const largest = Math.max(...points.map((each) => each.size || 1));
      const [xs, ys] = [points.map((each) => each.at[0]), points.map((each) => each.at[1])];
      const margin = 0.08 * Math.max(Math.max(...xs) - Math.min(...xs), Math.max(...ys) - Math.min(...ys), 0.004);
      const axis = (values) => ({ type: "value", min: Math.min(...values) - margin, max: Math.max(...values) + margin, show: false });
      charts.land.setOption({ ...tools, grid: { left: 30, right: 30, top: 24, bottom: 24 }, xAxis: axis(xs), yAxis: axis(ys), series: [{ type: "scatter", labelLayout: { hideOverlap: true }, data: points.map((each) => ({ name: each.code, value: each.at, symbolSize: 14 + 20 * Math.sqrt((each.size || 1) / largest), itemStyle: look(each), label: { ...caption(each), position: "bottom" } })) }] });
    }
  }
  function drawBars() {
    const ordered = shown().filter((each) => each.values[state.by] !== null && each.values[state.by] !== undefined).sort((one, other) => one.values[state.by] - other.values[state.by]);
    bars.style.height = `${Math.max(160, 40 + 26 * ordered.length)}px`;
    charts.bars ??= start(bars);
    charts.bars.resize();
    const percents = state.by === "loss_rate";
    charts.bars.setOption({
      animation: false, textStyle: { fontFamily: getComputedStyle(document.body).fontFamily },
      tooltip: tip({ trigger: "item", formatter: (point) => words(place.get(ordered[point.dataIndex].code)) }),
      grid: { left: 8, right: 24, top: 8, bottom: 26, containLabel: true },
      xAxis: { ...valueAxis("", {}), axisLabel: { color: faint(), fontSize: 11, hideOverlap: true, formatter: (value) => (percents ? `${number(100 * value)}%` : number(value)) } },
      yAxis: { type: "category", data: ordered.map((each) => each.name), axisTick: { show: false }, axisLine: { lineStyle: { color: grid() } }, axisLabel: { color: ink(), fontSize: 11, width: 120, overflow: "truncate" } },
      series: [{ type: "bar", barMaxWidth: 18, data: ordered.map((each) => ({ name: each.code, value: each.values[state.by], itemStyle: { ...look(each), borderWidth: state.picks.has(each.code) ? 2 : 0 } })) }],
    }, true);
  }
  function showTable() {
    for (const row of table.querySelectorAll("tr[data-place]")) {
      const isPicked = state.picks.has(row.dataset.place);
      row.classList.toggle("picked", isPicked);
      row.hidden = state.only && !isPicked;
      row.querySelector(".pick").setAttribute("aria-pressed", String(isPicked));
    }
    by.value = state.by;
    only.checked = state.only;
    only.disabled = clear.disabled = state.picks.size === 0;
  }
  function show() {
    showTable();
    drawLand();
    drawBars();
  }
  function start(where) {
    const chart = echarts.init(where, null, { renderer: "canvas" });
    chart.on("click", (point) => { if (place.has(point.name) || point.data?.name) pick(point.data?.name ?? point.name, true); });
    chart.on("dblclick", (point) => { const each = place.get(point.data?.name ?? point.name); if (each) location.assign(each.url); });
    return chart;
  }

  table.addEventListener("click", (event) => {
    const button = event.target.closest(".pick");
    if (button) pick(button.closest("tr").dataset.place, false);
  });
  by.addEventListener("change", () => { state.by = by.value; keep(); show(); });
  only.addEventListener("change", () => { state.only = only.checked; keep(); show(); });
  clear.addEventListener("click", () => { state.picks.clear(); state.only = false; keep(); show(); said.textContent = ""; });
  land?.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
    if (step) {
      state.at = (state.at + step + data.places.length + (state.at < 0 && step < 0 ? 1 : 0)) % data.places.length;
      said.textContent = words(data.places[state.at]).replace("\n", " · ");
      drawLand();
    } else if (event.key === " " && state.at >= 0) pick(data.places[state.at].code, true);
    else if (event.key === "Enter" && state.at >= 0) location.assign(data.places[state.at].url);
    else if (event.key === "Escape") clear.click();
    else return;
    event.preventDefault();
  });
  addEventListener("popstate", () => { read(); show(); });
  addEventListener("resize", () => { for (const chart of Object.values(charts)) chart.resize(); });
  document.addEventListener("lamplighter:theme", show);

  read();
  showTable();
  if (!window.echarts) { for (const chart of [land, bars]) if (chart) chart.dataset.wait = data.words.failed; return; }
  show();
})();
