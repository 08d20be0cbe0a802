"use strict";
// Words, numbers and elements: everything a person reads goes through here, as text, never as markup.

const data = JSON.parse(document.getElementById("data").textContent);
const words = JSON.parse(document.getElementById("words").textContent);
const darkness = window.matchMedia("(prefers-color-scheme: dark)");
const state = {
  language: location.hash === "#en" ? "en" : location.hash === "#zh" ? "zh" : document.documentElement.lang.slice(0, 2),
  theme: darkness.matches ? "dark" : "light",
  isThemeChosen: false,
  isPrinting: false,
  showsAllAreas: false,
  opened: new Set(),
  sorts: {},
  searches: {},
  colour: "",
  layer: "",
  onlyNew: false,
  order: "rank",
  calendarArea: "",
  calendarDay: data.days.dates.length - 1,
};

function t(name, fields = {}) {
  const said = words[state.language][name];
  if (said === undefined) throw new Error(`no words for ${name}`);
  return said.replace(/\{(\w+)\}/g, (_, field) => (fields[field] === undefined ? `{${field}}` : fields[field]));
}

// Words of a code that another room owns: a class, a cause, a reason.
function say(kind, code) {
  const said = (data.vocabulary[kind] || {})[code];
  if (said) return said[state.language];
  return code;
}

function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    if (name.startsWith("on")) element.addEventListener(name.slice(2), value);
    else if (name === "class") element.className = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  put(element, children);
  return element;
}

function put(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child === null || child === undefined || child === false) continue;
    // Commands stand in backticks in the words.
    if (typeof child === "string" && child.includes("`")) child.split("`").forEach((part, place) => element.append(place % 2 ? h("code", {}, part) : part));
    else element.append(child);
  }
}

function draw(tag, attributes = {}, ...children) {
  const element = document.createElementNS("http://www.w3.org/2000/svg", tag);
  for (const [name, value] of Object.entries(attributes)) element.setAttribute(name, value);
  element.append(...children);
  return element;
}

const isKnown = (value) => value !== null && value !== undefined;
const locale = () => (state.language === "zh" ? "zh-CN" : "en-GB");
const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

function number(value, digits = 0) {
  if (!isKnown(value)) return "—";
  const shown = new Intl.NumberFormat(locale(), { minimumFractionDigits: digits, maximumFractionDigits: digits }).format(value);
  return shown.replace(/^-/, "−").replace(/^−(0(\.0+)?)$/, "$1");
}

// A figure in a table: whole from 100 on, one place below.
const plain = (value) => number(value, isKnown(value) && Math.abs(value) >= 100 ? 0 : 1);
// No ranking is certain, and rounding must not say so.
const chance = (value) => (value > 0.99 ? `> ${percent(0.99, 0)}` : percent(value, 0));
const percent = (value, digits = 2) => (isKnown(value) ? `${number(value * 100, digits)}%` : "—");

function scaled(value, unit) {
  if (!isKnown(value)) return { shown: "—", unit: "" };
  const [ten, hundred] = state.language === "zh" ? [1e4, 1e8] : [1e3, 1e6];
  const size = Math.abs(value);
  if (size >= hundred * (state.language === "zh" ? 1 : 10)) return { shown: number(value / hundred, 2), unit: t(`unit.hundred_million_${unit}`) };
  if (size >= 1e4) return { shown: number(value / ten, size >= ten * 100 ? 1 : 2), unit: t(`unit.ten_thousand_${unit}`) };
  return { shown: number(value, size >= 100 ? 0 : 1), unit: t(`unit.${unit}`) };
}

function energy(value, per = "") {
  const { shown, unit } = scaled(value, "kwh");
  return unit ? `${shown} ${unit}${per}` : shown;
}

function money(value) {
  const { shown, unit } = scaled(value, "yuan");
  return unit ? `${shown} ${unit}` : shown;
}

// A figure of evidence with its unit: shares as percent, units in the reader's words.
function quantity(value, unit) {
  if (unit === "share") return percent(value, 1);
  const said = words[state.language][`quantity.${unit.replace("/", "_")}`] || unit;
  return `${number(value, Math.abs(value) >= 100 ? 0 : 2)}${said ? ` ${said}` : ""}`;
}

const CLASSES = ["very_high", "high", "negative", "not_computable", "slightly_negative", "small_load", "qualified", "economic"];
const COLOURS = ["red", "orange", "yellow"];
// A shape for each class, so that none is told by its colour alone.
const SHAPES = {
  very_high: "M6 0 L12 6 L6 12 L0 6 Z",
  high: "M6 1 L12 11.5 L0 11.5 Z",
  negative: "M6 11 L12 .5 L0 .5 Z",
  slightly_negative: "M6 10 L10 3 L2 3 Z",
  not_computable: "M1.5 1.5 H10.5 V10.5 H1.5 Z",
  small_load: "M6 2 A4 4 0 1 1 5.99 2 Z",
  qualified: "M6 2 A4 4 0 1 1 5.99 2 Z",
  economic: "M6 2 A4 4 0 1 1 5.99 2 Z",
};
const isHollow = (name) => name === "not_computable" || name === "small_load";

function mark(name) {
  const ink = `var(--${name in SHAPES ? name : "not_computable"})`;
  const path = draw("path", { d: SHAPES[name] || SHAPES.small_load, stroke: ink, "stroke-width": 1.5 });
  path.style.fill = isHollow(name) ? "none" : ink;
  return draw("svg", { class: "mark", viewBox: "-1 -1 14 14", "aria-hidden": "true" }, path);
}

function classTag(name) {
  return h("span", { class: "class" }, mark(name), say("class", name));
}

function colourTag(name, count) {
  const sign = { red: "●●●", orange: "●●", yellow: "●" }[name];
  return h("span", { class: `tag ${name}` }, h("span", { "aria-hidden": "true" }, sign), t(`colour.${name}`), isKnown(count) ? ` ${count}` : null);
}

// A small line of a series; gaps stay gaps.
function spark(series, { ink = "var(--supply)", css = "spark", label = "", from = null, strong = null, fromZero = false } = {}) {
  const known = series.filter(isKnown);
  const svg = draw("svg", { class: css, viewBox: "0 0 100 28", preserveAspectRatio: "none", role: "img", "aria-label": label });
  if (known.length < 2) return svg;
  // A line without an axis shows its movement, but never less than a fifth of its level as if it were the whole.
  const most = Math.max(...known), least = Math.min(...known), span = Math.max(most - least, Math.abs(most) / 5, 1e-9);
  const low = fromZero ? Math.min(0, least) : (most + least - span) / 2, high = fromZero ? Math.max(most, low + 1e-9) : low + span;
  const x = (place) => (series.length > 1 ? (place / (series.length - 1)) * 98 + 1 : 50);
  const y = (value) => 26 - ((value - low) / (high - low)) * 24;
  const line = (values, start) => {
    let path = "", isDown = false;
    values.forEach((value, place) => {
      if (!isKnown(value)) { isDown = false; return; }
      path += `${isDown ? "L" : "M"}${x(place + start).toFixed(1)} ${y(value).toFixed(1)}`;
      isDown = true;
    });
    return path;
  };
  const stroke = (path, style) => svg.append(draw("path", { d: path, fill: "none", "vector-effect": "non-scaling-stroke", "stroke-width": 1.4, "stroke-linejoin": "round", style }));
  if (low <= 0 && high >= 0) svg.append(draw("line", { x1: 0, x2: 100, y1: y(0), y2: y(0), "vector-effect": "non-scaling-stroke", style: "stroke:var(--line)" }));
  stroke(line(series, 0), `stroke:${ink}`);
  if (isKnown(from) && from >= 0) stroke(line(series.slice(from), from), `stroke:${strong}`);
  return svg;
}
