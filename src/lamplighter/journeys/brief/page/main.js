// The page is drawn from data and state; whatever changes the state asks for it to be drawn again.

function notes() {
  const { on, policy, model, version, generation, missing } = data.meta;
  return h("footer", { class: "card pad", id: "method" }, h("h2", {}, t("method.heading")), h("ul", {},
    [t("method.score"), t("method.personal"), t("method.limits"), missing.length ? t("method.missing", { tables: missing.join(", ") }) : null,
      t("method.again", { on }), t("method.made", { version, policy, model: model || t("none"), generation })].filter(Boolean).map((line) => h("li", {}, line))));
}

function refresh() {
  const root = document.documentElement, page = document.getElementById("page");
  root.lang = state.language === "zh" ? "zh-CN" : "en";
  root.dataset.theme = state.isPrinting ? "light" : state.theme;
  root.toggleAttribute("data-paper", state.isPrinting);
  document.title = t("title_full", { company: data.meta.company, on: data.meta.on });
  const held = document.activeElement && (document.activeElement.dataset.focus || document.activeElement.id);
  const caret = document.activeElement && document.activeElement.selectionStart;
  const scroll = window.scrollY;
  disposeCharts(page);
  page.replaceChildren(
    h("a", { class: "skip", href: "#figures" }, t("skip")),
    masthead(), contents(),
    h("main", {}, h("div", { class: "wrap" }, trust(), figures(), mapAndCalendar(), suspicionList(), worst(), blocked(), unitsAndFeeders(), notes())));
  startCharts(page);
  window.scrollTo({ top: scroll, behavior: "instant" });
  refocus(held, caret);
}

// Drawing again must not take the keyboard away from where it was.
function refocus(held, caret) {
  if (!held) return;
  const element = document.querySelector(`[data-focus="${CSS.escape(held)}"]`) || document.getElementById(held);
  if (!element) return;
  element.focus({ preventScroll: true });
  if (element.type === "search" && isKnown(caret)) element.setSelectionRange(caret, caret);
}

function switchLanguage() {
  state.language = state.language === "zh" ? "en" : "zh";
  history.replaceState(null, "", `#${state.language}`);
  refresh();
  fillDrawer();
}

function switchTheme() {
  state.isThemeChosen = true;
  state.theme = state.theme === "dark" ? "light" : "dark";
  refresh();
}

darkness.addEventListener("change", (event) => { if (!state.isThemeChosen) { state.theme = event.matches ? "dark" : "light"; refresh(); } });
window.addEventListener("beforeprint", () => { state.isPrinting = true; refresh(); });
window.addEventListener("afterprint", () => { state.isPrinting = false; refresh(); });

// Fonts and the width of the first layout change sizes of charts: the first drawing waits for the document.
refresh();
if (location.hash.length > 1) document.getElementById(decodeURIComponent(location.hash.slice(1)))?.scrollIntoView();
